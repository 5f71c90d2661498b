"""The page's own Python: the folder that `make site` writes, in a real browser."""

import json
import runpy
import threading
from base64 import b64encode
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from subprocess import run
from sys import executable

import pytest

from chainrule.cli.play import tour_stops
from chainrule.playground import Playground, Session
from tests.npm import fetched
from tests.source_files import PROJECT

PINNED = runpy.run_path(str(PROJECT / "docs" / "site.py"))["PYODIDE"]
START = """() => new Promise((resolve, reject) => {
    window.worker = new Worker("/worker.js", { type: "module" });
    worker.onmessage = ({ data }) => (data.ready ? resolve() : reject(data.failed));
})"""
CALL = """(asked) => new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data.answer);
    worker.postMessage(asked);
})"""

# Within the worker, beside the page: the answer goes to the test, not to the page.
ASK_WITHIN = """(asked) => new Promise((resolve) => {
    const post = self.postMessage;
    self.postMessage = ({ answer }) => { self.postMessage = post; resolve(answer); };
    self.dispatchEvent(new MessageEvent("message", { data: asked }));
})"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The address of the folder that the sources make now, held by a plain web server."""
    archive = fetched("pyodide", PINNED)
    folder = tmp_path_factory.mktemp("site")
    run([executable, "docs/site.py", archive, folder], cwd=PROJECT, check=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=folder))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    thread.join()
    server.server_close()


class Worker:
    """A session that lives in the page's worker, and is called as one here is."""

    def __init__(self, page):
        self.page = page

    def call(self, name, arguments=None):
        return self.page.evaluate(CALL, {"name": name, "arguments": arguments or {}})


@pytest.fixture(scope="session")
def worker(browser, site):
    page = browser.new_page()
    page.goto(f"{site}tour.json")
    page.evaluate(START)
    yield Worker(page)
    page.close()


class Engine:
    """The live page with one engine behind it; nothing may be complained of, or asked of elsewhere.

    Attributes:
        url: Where the page is.
        page: The page that was opened last.
    """

    def __init__(self, browser, url):
        self.url, self._browser = url, browser
        self._contexts, self._complaints, self._requests = [], [], []

    def visit(self, link="", **options):
        """Open the page anew, with what a link holds."""
        context = self._browser.new_context(**options)
        self._contexts.append(context)
        self.page = page = context.new_page()
        page.set_default_timeout(120_000)
        page.on("console", lambda message: self._complaints.append(message.text))
        page.on("pageerror", lambda error: self._complaints.append(str(error)))
        page.on("request", lambda request: self._requests.append(request.url))
        page.goto(self.url + ("&" if "#" in self.url else "#") + link.removeprefix("#"))
        return page

    def settled(self, link="", *, options=None, acts=(), **more):
        """The page once its answer and its weight have come."""
        if options:
            held = json.dumps({"options": options, "acts": acts, "row": None})
            link = "link=" + b64encode(held.encode()).decode()
        page = self.visit(link, **more)
        page.wait_for_selector("#why .equation")
        self.cut()
        return page

    def cut(self):
        """Cut the network, where the page needs none any more."""

    def close(self):
        for context in self._contexts:
            context.close()
        assert self._complaints == []
        here = self.url.partition("#")[0]
        assert [url for url in self._requests if not url.startswith((here, "blob:"))] == []


class Served(Engine):
    """With the server of `chainrule play`."""

    def __init__(self, browser):
        self._playground = Playground(Session(tour=tour_stops()))
        self._thread = threading.Thread(target=self._playground.run)
        self._thread.start()
        super().__init__(browser, self._playground.url)

    def call(self, name, arguments=None):
        return self._playground.session.call(name, arguments)

    def close(self):
        self._playground.stop()
        self._thread.join(10)
        super().close()


class Alone(Engine):
    """With Python in a worker: once it has come, nothing is fetched any more."""

    def cut(self):
        self.page.wait_for_selector(".coming", state="hidden")
        self.page.context.set_offline(True)

    def call(self, name, arguments=None):
        asked = {"name": name, "arguments": arguments or {}}
        return self.page.workers[0].evaluate(ASK_WITHIN, asked)


@pytest.fixture
def served(browser):
    engine = Served(browser)
    yield engine
    engine.close()


@pytest.fixture(params=["served", "alone"])
def engine(request, browser):
    if request.param == "served":
        yield request.getfixturevalue("served")
    else:
        alone = Alone(browser, request.getfixturevalue("site"))
        yield alone
        alone.close()
