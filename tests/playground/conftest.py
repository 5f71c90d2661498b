"""The page's own Python: the folder that `make site` writes, in a real browser."""

import runpy
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from subprocess import run
from sys import executable

import pytest

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
