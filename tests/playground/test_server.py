"""The server: for its own page on this machine, and for nobody else."""

import http.client
import json
import socket
import struct
import threading
import time

import pytest

from chainrule.cli.commands import run
from chainrule.errors import OptionError
from chainrule.playground import Playground, Session
from chainrule.playground.server import HERE, MOST_BYTES, TOKEN

LOOK = json.dumps({"name": "look", "arguments": {}})


@pytest.fixture(scope="module")
def playground():
    served = Playground(Session())
    thread = threading.Thread(target=served.run)
    thread.start()
    yield served
    served.stop()
    thread.join(10)
    assert not thread.is_alive()


@pytest.fixture
def ask(playground):
    """Sends a request as the page does, but for what a test changes; None leaves a header out."""

    def send(method="POST", path="/call", body=LOOK, **changed):
        headers = {"Host": playground.host, "Content-Type": "application/json"}
        headers |= {TOKEN: playground.token, "Content-Length": str(len(body.encode()))}
        headers |= {name.replace("_", "-"): value for name, value in changed.items()}
        link = http.client.HTTPConnection(playground.host, timeout=30)
        link.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            if value is not None:
                link.putheader(name, value)
        link.endheaders(body.encode() if method == "POST" else None)
        answer = link.getresponse()
        text = answer.read().decode()
        link.close()
        return answer, text

    return send


def test_a_call_of_the_page_is_answered(ask):
    answer, text = ask()
    assert answer.status == 200
    assert json.loads(text)["passes"]


@pytest.mark.parametrize("path", ["/", "/play.js", "/dom.js", "/page.css", "/play.css"])
def test_the_page_and_its_files_are_sent_with_a_strict_policy(ask, path):
    answer, text = ask("GET", path)
    assert answer.status == 200
    assert text
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    ("changed", "status", "said"),
    [
        ({"Host": "evil.test"}, 421, "no other host"),
        ({"Host": "localhost"}, 421, "no other host"),
        ({"Host": None}, 421, "no other host"),
        ({"Origin": "http://evil.test"}, 403, "another page"),
        ({"Origin": "null"}, 403, "another page"),
        ({TOKEN: None}, 403, "the token"),
        ({TOKEN: "guess"}, 403, "the token"),
        ({TOKEN: "é"}, 403, "the token"),
        ({"Content-Type": "text/plain"}, 415, "JSON"),
        ({"Content-Length": None}, 411, "how long"),
        ({"Content-Length": "-1"}, 411, "how long"),
        ({"Content-Length": str(MOST_BYTES + 1)}, 413, "at most 32 MiB"),
        ({"path": "/elsewhere"}, 404, "/call"),
        ({"body": "{"}, 400, "a name and its arguments"),
        ({"body": "[]"}, 400, "a name and its arguments"),
        ({"body": '{"name": "look", "arguments": [1]}'}, 400, "a name and its arguments"),
        ({"body": "[" * 100_000}, 400, "a name and its arguments"),
        ({"method": "GET", "path": "/session.py"}, 404, "no such file"),
        ({"method": "GET", "path": "/../session.py"}, 404, "no such file"),
        ({"method": "GET", "path": "/", "Host": "evil.test"}, 421, "no other host"),
    ],
)
def test_what_is_not_the_page_is_refused(ask, changed, status, said):
    answer, text = ask(**changed)
    assert answer.status == status
    assert said in json.loads(text)["error"]


def test_methods_that_the_page_has_no_use_for_are_refused(ask):
    for method in ("PUT", "DELETE", "OPTIONS"):
        assert ask(method)[0].status == 501


def test_a_bad_call_is_an_answer_and_the_next_one_is_heard(ask):
    answer, text = ask(body=json.dumps({"name": "train", "arguments": {"steps": 0}}))
    assert answer.status == 200
    assert "a whole number" in json.loads(text)["error"]
    assert ask()[0].status == 200


def test_a_page_that_is_closed_before_its_answer_is_no_error(playground, capfd):
    for _ in range(20):
        link = socket.create_connection(playground._server.server_address)
        head = f"POST /call HTTP/1.1\r\nHost: {playground.host}\r\n{TOKEN}: {playground.token}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(LOOK)}\r\n\r\n{LOOK}"
        link.sendall(head.encode())
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        link.close()
    time.sleep(1)
    assert capfd.readouterr().err == ""


def test_it_listens_on_this_machine_alone(playground):
    assert playground._server.server_address[0] == HERE == "127.0.0.1"


def test_a_port_that_is_taken_is_said(playground):
    port = int(playground.host.partition(":")[2])
    with pytest.raises(OptionError, match=f"port {port} cannot be had"):
        Playground(playground.session, port)


def test_each_run_has_a_token_of_its_own(playground):
    other = Playground(playground.session)
    assert other.token != playground.token
    assert len(other.token) >= 32
    other.close()


def test_the_command_serves_until_the_page_says_stop(monkeypatch, capsys):
    opened = []

    def visit(url):
        host, token = url.removeprefix("http://").split("/#token=")
        link = http.client.HTTPConnection(host, timeout=30)
        headers = {TOKEN: token, "Content-Type": "application/json"}

        def leave():
            for name in ("tour", "stop"):
                asked = {"name": name, "arguments": {"stop": "loss"} if name == "tour" else {}}
                link.request("POST", "/call", json.dumps(asked), headers)
                opened.append(json.loads(link.getresponse().read()))
            link.close()

        threading.Thread(target=leave).start()

    monkeypatch.setattr("webbrowser.open", visit)
    assert run(["play"]) == 0
    said = capsys.readouterr()
    assert "http://127.0.0.1:" in said.out + said.err
    assert opened[0]["title"] == "The loss"
    assert opened[0]["text"].startswith("A loss is one number")
    assert opened[1] == {"stopped": True}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing.safetensors"], "nothing.safetensors"),
        (["--port", "99999"], "99999"),
        (["--prot", "1"], "--port"),
    ],
)
def test_a_bad_command_gets_a_sentence(words, said, capsys):
    assert run(["play", *words]) == 2
    assert said in capsys.readouterr().err
