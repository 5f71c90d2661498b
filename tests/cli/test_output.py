"""What is printed can be read: by people at 80 columns, and by any JSON parser."""

import json
import re
from math import inf, nan

import pytest

from chainrule.arrays import asarray
from chainrule.cli.output import hand_out, say, show, show_json, styled, suggest


def test_what_is_no_finite_number_becomes_null(capsys):
    show_json({"loss": nan, "rows": (1, -inf, [2.5]), 3: asarray([1.0, inf])})
    found = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert found == {"loss": None, "rows": [1, None, [2.5]], "3": [1.0, None]}


def test_a_paragraph_stands_beside_its_label(capsys):
    say("word " * 40, label="data")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("data      word word")
    assert all(line.startswith(" " * 10 + "word") for line in lines[1:])
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_a_sheet_for_people_ends_where_the_screen_does_and_one_for_machines_does_not(form, capsys):
    hand_out("word " * 40, None, form)
    out = capsys.readouterr().out
    assert (out == "word " * 40 + "\n") is (form != "text")
    assert (max(map(len, out.splitlines())) <= 80) is (form == "text")


def test_a_command_to_type_is_never_broken(capsys):
    command = "chainrule explain " + "a-long-name-" * 10
    suggest(command)
    assert capsys.readouterr().out == f"next      {command}\n"


def test_a_command_begins_as_this_one_was_typed_where_no_shell_would_find_it(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", [".venv/bin/chainrule", "train"])
    for found, begins in (None, ".venv/bin/chainrule"), ("/bin/chainrule", "chainrule"):
        monkeypatch.setattr("chainrule.cli.output.which", lambda _, found=found: found)
        suggest("chainrule nudge m")
        assert capsys.readouterr().out == f"next      {begins} nudge m\n"


@pytest.mark.parametrize(
    ("terminal", "no_color", "term", "coloured"),
    [(1, "", "xterm", 1), (1, "1", "xterm", 0), (0, "", "xterm", 0), (1, "", "dumb", 0)],
)
def test_colour_is_for_terminals_that_want_it(
    terminal, no_color, term, coloured, capsys, monkeypatch
):
    monkeypatch.setenv("TERM", term)
    monkeypatch.setattr("sys.stdout.isatty", lambda: bool(terminal))
    monkeypatch.setenv("NO_COLOR", no_color)
    say("text", label="data")
    assert ("\x1b[1m" in capsys.readouterr().out) == bool(coloured)
    assert styled("text", bold=True) == ("\x1b[1mtext\x1b[0m" if coloured else "text")
    assert styled(" ", bold=True) == " "


@pytest.mark.parametrize(
    ("text", "painted"),
    [
        ("67 weights: passed", {"passed": 32}),
        ("f: NOT passed", {"NOT passed": 31}),
        ("dense1.weight  wrong  -0.5", {"wrong": 31, "-0.5": 94}),
        ("w: 1 → 1.1 (+0.1)", {"+0.1": 35}),
        ("of 149 other rows it fixes 2 and breaks 0", {"fixes 2": 32}),
        ("it breaks 12", {"breaks 12": 31}),
        ("species is Adelie, but the network says Gentoo.", {"but the network says Gentoo": 31}),
        ("species is Adelie, and the network says it.", {"and the network says it": 32}),
        ("3 findings", {"3 findings": 33}),
        ("how wrong it is; how sure   right    rows   how often right", {}),
        ("1e-05, 2·(3.5 - 4), w[0,1]-2, 2026-11-27", {}),
    ],
)
@pytest.mark.parametrize("printed", [say, show])
def test_colour_stands_beside_words_and_signs_that_say_the_same(
    text, painted, printed, capsys, monkeypatch
):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    printed(text)
    out = capsys.readouterr().out
    assert dict(re.findall(r"\x1b\[([39]\d)m([^\x1b]+)", out)) == {
        str(colour): words for words, colour in painted.items()
    }
    monkeypatch.setenv("NO_COLOR", "1")
    printed(text)
    assert capsys.readouterr().out == f"{text}\n"
