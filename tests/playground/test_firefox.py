"""One journey in Firefox, on both engines, by WebDriver BiDi; Playwright needs its own build."""

import json
import threading
from shutil import which
from subprocess import PIPE, Popen

import pytest

from chainrule.cli.play import tour_stops
from chainrule.playground import Playground, Session

pytestmark = pytest.mark.extra("websockets")

WAIT = """new Promise((resolve, reject) => {
    const began = Date.now();
    const said = () => document.querySelector(".refusal")?.innerText;
    const look = () => {
        if (%s) resolve(true);
        else if (Date.now() - began > 90000) reject(new Error(`late: “${said()}”`));
        else setTimeout(look, 20);
    };
    look();
})"""


class Firefox:
    """What a Firefox is told through its socket; it has one page."""

    def __init__(self, socket):
        self._socket, self._asked = socket, 0
        self._send("session.new", capabilities={})
        self._page = self._send("browsingContext.getTree")["contexts"][0]["context"]

    def _send(self, method, **params):
        self._asked += 1
        self._socket.send(json.dumps({"id": self._asked, "method": method, "params": params}))
        while (answer := json.loads(self._socket.recv(120))).get("id") != self._asked:
            pass
        assert answer["type"] == "success", answer
        return answer["result"]

    def visit(self, url):
        self._send("browsingContext.navigate", context=self._page, url=url, wait="complete")

    def ask(self, expression):
        """What an expression of JavaScript comes to on the page, as plain data."""
        program = f"Promise.resolve({expression}).then(JSON.stringify)"
        target = {"context": self._page}
        answer = self._send("script.evaluate", expression=program, target=target, awaitPromise=True)
        assert answer["type"] == "success", answer["exceptionDetails"]["text"]
        return json.loads(answer["result"].get("value", "null"))

    def wait(self, expression):
        self.ask(WAIT % expression)

    def press(self, *keys):
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        source = {"type": "key", "id": "keyboard", "actions": actions}
        self._send("input.performActions", context=self._page, actions=[source])


@pytest.fixture(scope="module")
def firefox(tmp_path_factory):
    from websockets.sync.client import connect

    program = which("firefox-esr") or which("firefox")
    if not program:
        pytest.skip("needs a firefox on the search path")
    command = [program, "--headless", "--profile", tmp_path_factory.mktemp("firefox")]
    with Popen([*command, "--remote-debugging-port", "0"], stderr=PIPE, text=True) as process:
        said = (
            line.strip().partition("WebDriver BiDi listening on ")[2] for line in process.stderr
        )
        with connect(f"{next(filter(None, said))}/session", max_size=None) as socket:
            yield Firefox(socket)
        process.terminate()


@pytest.fixture(params=["served", "alone"])
def url(request):
    if request.param == "alone":
        yield request.getfixturevalue("site")
        return
    playground = Playground(Session(tour=tour_stops()))
    thread = threading.Thread(target=playground.run)
    thread.start()
    yield playground.url
    playground.stop()
    thread.join(10)


def test_the_page_is_opened_stepped_through_asked_edited_and_stopped(firefox, url):
    here = Session()
    firefox.visit(url)
    text = "document.querySelector('{}').innerText".format
    firefox.wait("document.querySelector('#why .equation')")
    assert firefox.ask(text("h1")) == here.call("answer")["headline"]
    firefox.wait("!document.querySelector('.coming').innerText")
    firefox.press("\ue014")  # along the timeline
    assert firefox.ask(text(".timeline [aria-current=step]")) == "update"
    why = firefox.ask(text("#why h2"))
    firefox.press("\ue015")  # the next weight
    firefox.wait(f"{text('#why h2')} !== {json.dumps(why)}")
    name = firefox.ask("document.querySelector('#why .value span').innerText").rstrip(" =")
    facts = firefox.ask(text(".facts-line"))
    firefox.press("\ue007", *["\ue003"] * 12, *["\ue017"] * 12, "3", "\ue007")  # Enter, 3, Enter
    firefox.wait(f"{text('.facts-line')} !== {json.dumps(facts)}")
    here.call("edit", {"what": name, "value": 3})
    loss = here.call("look")["loss"]
    assert f"loss {loss:.4g}" in firefox.ask(text(".facts-line"))
    firefox.ask("document.activeElement.blur()")
    firefox.press(" ")
    firefox.wait("parseInt(document.querySelector('.steps').innerText.replaceAll(',', '')) > 152")
    firefox.press(" ")
    firefox.wait("document.querySelector('h1').innerText.startsWith('Loss')")
    assert firefox.ask(text(".actions button")) == "▶ play"
