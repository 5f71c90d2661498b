"""A server of this machine alone: the page's files, and the session's calls behind a token."""

from __future__ import annotations

import json
import sys
from functools import cache
from hmac import compare_digest
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from secrets import token_urlsafe
from threading import Lock, Thread
from typing import Any, final

from chainrule.errors import OptionError
from chainrule.playground.session import Session
from chainrule.report import MODULES, page_part

HERE = "127.0.0.1"
"""The only address that is listened on."""

MOST_BYTES = 32 * 1024 * 1024
"""The longest request that is read: an own table, or a model file."""

TOKEN = "X-Chainrule-Token"
"""The header that carries the token of the run."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""What a browser lets the page do: nothing but its own files and calls."""

_KINDS = {"js": "text/javascript", "css": "text/css", "html": "text/html", "svg": "image/svg+xml"}
OWN = tuple(sorted(part.name for part in (files("chainrule.playground") / "page").iterdir()))
SHARED = ("page.css", *(f"{name}.js" for name in MODULES if name not in ("page", "waterfall")))


@cache
def page_file(name: str) -> str | None:
    """The text of one of the page's files; None where there is none of that name."""
    if name in OWN:
        return (files("chainrule.playground") / "page" / name).read_text(encoding="utf-8")
    return page_part(name) if name in SHARED else None


@final
class Playground:
    """A session and the server that a page reaches it by.

    Args:
        session: What answers the calls.
        port: Where to listen; any free port if 0.

    Raises:
        OptionError: If the port cannot be had.

    Attributes:
        token: What every call of the page must carry; it stands in `url`, behind the `#`, which a
            browser sends to nobody.
        url: What to open.

    Example:
        >>> playground = Playground(Session())
        >>> playground.url.startswith("http://127.0.0.1:")
        True
        >>> playground.close()
    """

    def __init__(self, session: Session, port: int = 0) -> None:
        self.session = session
        self.token = token_urlsafe(24)
        self._lock = Lock()
        handler = type("Handler", (_Handler,), {"playground": self})
        try:
            self._server = _Server((HERE, port), handler)
        except (OSError, OverflowError) as error:
            raise OptionError(
                f"port {port} cannot be had ({error}); give another, or 0 for any"
            ) from None
        self.host = f"{HERE}:{self._server.server_address[1]}"
        self.url = f"http://{self.host}/#token={self.token}"

    def run(self) -> None:
        """Answer until `stop`, a page's "stop", or Ctrl-C."""
        try:
            self._server.serve_forever(poll_interval=0.1)
        finally:
            self.close()

    def stop(self) -> None:
        """End `run`, from any thread."""
        Thread(target=self._server.shutdown, daemon=True).start()

    def close(self) -> None:
        """Give the port back."""
        self._server.server_close()

    def answer(self, name: str, arguments: Any) -> dict[str, Any]:
        """One call of the page, one at a time."""
        if name == "stop":
            self.stop()
            return {"stopped": True}
        with self._lock:
            return self.session.call(name, arguments)


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A page that was closed before its answer came is no error."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    playground: Playground
    protocol_version = "HTTP/1.1"
    server_version = "chainrule"
    sys_version = ""
    wbufsize = -1  # head and body leave together: a second packet would wait for the first
    disable_nagle_algorithm = True
    timeout = 60

    def do_GET(self) -> None:
        """A file of the page."""
        if not self._is_for_us():
            return
        name = self.path.partition("?")[0].removeprefix("/") or "index.html"
        text = page_file(name)
        if text is None:
            self._refuse(HTTPStatus.NOT_FOUND, "there is no such file")
        else:
            self._send(HTTPStatus.OK, text, _KINDS[name.rpartition(".")[2]])

    def do_POST(self) -> None:
        """A call of the page."""
        if not self._is_for_us():
            return
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            self._refuse(HTTPStatus.LENGTH_REQUIRED, "a call says how long it is")
        elif int(length) > MOST_BYTES:
            most = MOST_BYTES // 1024 // 1024
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a call has at most {most} MiB")
        elif self.path != "/call":
            self._refuse(HTTPStatus.NOT_FOUND, "calls go to /call")
        elif not compare_digest(
            self.headers.get(TOKEN, "").encode(), self.playground.token.encode()
        ):
            self._refuse(
                HTTPStatus.FORBIDDEN,
                "the call does not carry the token of this run: open the address that "
                "`chainrule play` has printed",
            )
        elif self.headers.get_content_type() != "application/json":
            self._refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "a call is JSON")
        else:
            self._call(self.rfile.read(int(length)))

    def _call(self, body: bytes) -> None:
        try:
            asked = json.loads(body)
            name, arguments = str(asked["name"]), dict(asked.get("arguments") or {})
        except (LookupError, TypeError, ValueError, RecursionError, AttributeError):
            self._refuse(HTTPStatus.BAD_REQUEST, "a call is a name and its arguments, as JSON")
            return
        found = self.playground.answer(name, arguments)
        written = json.dumps(found, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        self._send(HTTPStatus.OK, written, "application/json")

    def _is_for_us(self) -> bool:
        """Whether it is sent to this server by its own page; says so if not.

        Another name in Host is how a page elsewhere reaches a server here; its Origin tells too.
        """
        here = self.playground.host
        if self.headers.get("Host") != here:
            self._refuse(HTTPStatus.MISDIRECTED_REQUEST, f"this is {here}, and no other host")
            return False
        if self.headers.get("Origin", f"http://{here}") != f"http://{here}":
            self._refuse(HTTPStatus.FORBIDDEN, "another page cannot call this one")
            return False
        return True

    def _refuse(self, status: HTTPStatus, sentence: str) -> None:
        self.close_connection = True  # what is left of the request stays unread
        self._send(status, json.dumps({"error": sentence}), "application/json")

    def _send(self, status: HTTPStatus, text: str, kind: str) -> None:
        body = text.encode("utf-8", "replace")
        self.send_response(status)
        headers = {
            "Content-Type": f"{kind}; charset=utf-8",
            "Content-Length": str(len(body)),
            "Content-Security-Policy": POLICY,
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
        }
        for name, value in headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: a person reads the terminal."""
