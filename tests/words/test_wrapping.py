"""A paragraph is broken between its words, and nothing of it is lost."""

import shlex
import textwrap

import pytest

from chainrule.words import fitted, on_screen, quoted, wrapped, wrapping

TEXT = (
    "The walk back hands each weight its share of the loss: cross-entropy and softmax cancel, "
    "so what is left is p - t;  nothing   else."
)


@pytest.mark.parametrize("width", [12, 20, 47, 80, 200])
def test_lines_are_those_of_the_standard_library(width):
    options = {"break_long_words": False, "break_on_hyphens": False}
    expected = textwrap.wrap(TEXT, width, initial_indent="  ", subsequent_indent="    ", **options)
    assert wrapped(TEXT, width, first="  ", rest="    ") == expected


def test_the_screen_decides_where_no_width_is_given():
    with on_screen(30):
        lines = wrapped(TEXT)
    assert max(map(len, lines)) <= 30 < len(TEXT)


def test_a_blank_that_holds_words_together_is_kept():
    assert wrapped("a\N{NO-BREAK SPACE}b c", 3, first="") == ["a\N{NO-BREAK SPACE}b", "c"]


def test_new_lines_are_blanks():
    assert wrapped("one\ntwo\tthree", 80) == ["one two three"]


def test_cells_with_one_blank_between_them_are_parted_where_the_screen_is_narrow():
    rows = [f"{name}  {'x' * 12} {'y' * 12}" for name in ("a", "b")]
    lines = fitted("\n".join(rows), 20).splitlines()
    assert lines == [f"a  {'x' * 12}", f"    {'y' * 12}", f"b  {'x' * 12}", f"    {'y' * 12}"]


WORDS = ["nudge", "my model.safetensors", "dense1.weight[10,4]", "-0.1", 'a "b"', r"C:\data\t.csv"]


def test_a_shell_reads_a_command_as_it_was_meant():
    assert shlex.split(quoted(*WORDS)) == WORDS


def test_on_windows_a_command_has_double_quotes(monkeypatch):
    monkeypatch.setattr(wrapping, "_ON_WINDOWS", True)
    assert quoted(*WORDS) == (
        'nudge "my model.safetensors" "dense1.weight[10,4]" -0.1 "a \\"b\\"" "C:\\data\\t.csv"'
    )
