"""The screen of the answer."""

from types import SimpleNamespace

from click import unstyle

from chainrule.cli.screen import _answer
from chainrule.words import wrapped


def test_what_did_it_is_bold_and_what_follows_is_not(monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    told = "3 of 9 rows are wrong. The 6 weights that read x1 did it. Cut them, and the loss falls."
    for rows, bold in (1, "3 of 9 rows are wrong."), (9, told[: told.index(" Cut")]):
        lines = _answer(SimpleNamespace(answer=told, rows=[0] * rows), 24)
        assert [*map(unstyle, lines)] == wrapped(told, 24)
        strong = [line.partition("\x1b[0m")[0] for line in lines if line.startswith("\x1b[1m")]
        assert " ".join(line.removeprefix("\x1b[1m") for line in strong) == bold
