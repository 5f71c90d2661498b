"""What is printed can be read: by people at 80 columns, and by any JSON parser."""

import json
from math import inf, nan

import pytest

from chainrule.arrays import asarray
from chainrule.cli.output import say, show_json, suggest


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


def test_a_command_to_type_is_never_broken(capsys):
    command = "chainrule explain " + "a-long-name-" * 10
    suggest(command)
    assert capsys.readouterr().out == f"next      {command}\n"


@pytest.mark.parametrize(
    ("terminal", "no_color", "coloured"), [(1, "", 1), (1, "1", 0), (0, "", 0)]
)
def test_colour_is_for_terminals_that_want_it(terminal, no_color, coloured, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: bool(terminal))
    monkeypatch.setenv("NO_COLOR", no_color)
    say("text", label="data")
    assert ("\x1b[1m" in capsys.readouterr().out) == bool(coloured)
