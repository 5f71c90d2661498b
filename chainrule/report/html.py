"""The report as one HTML file that needs nothing else: no network, no other file."""

from __future__ import annotations

import json
import os
import re
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from chainrule.errors import DataError
from chainrule.files import exists, real_path, why_unwritable, write_text
from chainrule.words import escaped

MODULES = (
    *("dom", "figures", "mathml", "network", "table", "curve", "waterfall", "receipt", "why"),
    *("passes", "timeline", "screen", "weight", "page"),
)
"""The ES modules in `page/`, each after those that it imports."""

_IMPORT = re.compile(r'^import (?:\* as \w+|(\{[^}]*\})) from "\./(\w+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export function (\w+)", re.MULTILINE)
_PAGE_STARTS_WITHIN = 4096
_PAGE = re.compile(
    rb"(\xef\xbb\xbf)?(?>\s|<\?xml[^>]*>|<!--.*?-->)*+<(!doctype\s+)?html[\s>]",
    re.DOTALL | re.IGNORECASE,
)
_START = 'page.draw(document.getElementById("page"), '
_START += 'JSON.parse(document.getElementById("data").textContent));'
# Inside a script element `<` could end it, and the line separators end a line of JavaScript.
_INERT = str.maketrans({c: f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"})


def page(data: Mapping[str, Any], *, plain: str = "") -> str:
    """The report as HTML, safe with whatever names the data hold.

    Nothing but the page's own style and script, told by their hashes, is allowed to take effect.

    Args:
        data: What `page_data` gives.
        plain: The report as text, for readers without scripts.

    Example:
        >>> html = page({"title": "</script><script>alert(1)</script>"})
        >>> html.count("<script"), "alert(1)</script>" in html
        (2, False)
    """
    style, script = page_part("page.css"), program()
    allowed = {"default-src": "'none'", "script-src": _hashed(script), "style-src": _hashed(style)}
    allowed |= {"base-uri": "'none'", "form-action": "'none'"}
    return Template(page_part("page.html")).substitute(
        policy="; ".join(f"{what} {who}" for what, who in allowed.items()),
        title=escape(f"{data.get('title', '')} · chainrule"),
        style=style,
        script=script,
        plain=f"<pre>{escape(escaped(plain))}</pre>",
        data=inert_json(data),
    )


def write_page(path: str | Path, html: str) -> None:
    """Write the page into a file: all of it, or nothing.

    Args:
        path: The file, in a folder that exists; a page that was there is replaced.
        html: The page.

    Raises:
        DataError: If it cannot be written; what was there stays as it was.
    """
    check_path(path)
    write_text(path, html, "the page")


def check_path(path: str | Path) -> None:
    """Refuse a path to which no page can be written, which is better known before it is made.

    Raises:
        DataError: If there is anything but a page, or no file can be put there.
    """
    target = real_path(path)
    if why := why_unwritable(target):
        raise DataError(f"the page cannot be written to {path}: {why}")
    if exists(target) and not (os.access(target, os.R_OK) and _may_be_replaced(target)):
        raise DataError(
            f"{path} exists and is not an HTML page that can be read, so it is not overwritten; "
            "give another name"
        )


def _may_be_replaced(target: Path) -> bool:
    """Whether a file is empty or a page: somebody's data and model lie beside a report."""
    with target.open("rb") as file:
        start = file.read(_PAGE_STARTS_WITHIN)
    return bool(_PAGE.match(start)) or (len(start) < _PAGE_STARTS_WITHIN and not start.strip())


def inert_json(data: Any) -> str:
    r"""Plain data as JSON that can stand inside a script element.

    Example:
        >>> inert_json({"name": "</script>"})
        '{"name":"\\u003c/script\\u003e"}'
    """
    written = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return written.translate(_INERT)


@cache
def program() -> str:
    """The page's modules as one script: each in a function of its own, exports handed out."""
    wrapped = []
    for name in MODULES:
        source = _IMPORT.sub(_taken, page_part(f"{name}.js"))
        exports = ", ".join(_EXPORT.findall(source))
        body = _EXPORT.sub(r"function \1", source)
        wrapped.append(f"const {name} = (() => {{\n{body}return {{ {exports} }};\n}})();")
    return "\n".join(['(() => {\n"use strict";', *wrapped, _START, "})();"])


def _taken(match: re.Match[str]) -> str:
    """What an import becomes where every earlier module is a value of the same name."""
    names, module = match.groups()
    return f"const {names} = {module};" if names else ""


def page_part(name: str) -> str:
    """The text of one of the page's files: a module, the style, or the frame around them."""
    return (files("chainrule.report") / "page" / name).read_text(encoding="utf-8")


def _hashed(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
