"""The count of lines: what a person would count as code, room by room."""

import doctest
from pathlib import Path

import pytest

from benchmarks import size

PROJECT = Path(size.__file__).parent.parent


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", 0),
        ("\n\n# A remark.\n", 0),
        ('"""A docstring\nof two lines."""\n', 0),
        ("x = 1  # a remark\n", 1),
        ("x = [\n    1,\n\n    # between\n    2,\n]\n", 4),
        ('text = """one\n\nthree"""\n', 3),
        ('class A:\n    """A."""\n\n    def f(self):\n        """F."""\n        return 1\n', 3),
        ('x = 1\n"""What x is."""\n', 1),
        ('x = f"""{1}\n{2}"""\n', 2),
    ],
)
def test_lines_of_code_are_counted_without_words_about_them(text, lines):
    assert size.lines_of_code(text) == lines


def test_rooms_are_folders_and_what_lies_beside_them(tmp_path):
    for name, text in {
        "__init__": "a = 1\n",
        "ops/a": "b = 1\nc = 1\n",
        "ops/deep/b": "d = 1\n",
    }.items():
        path = tmp_path / "house" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert size.rooms(tmp_path / "house") == {"ops": (2, 3), "house": (1, 1)}


def test_the_examples_print_what_they_show():
    assert doctest.testmod(size).attempted == 2
    assert doctest.testmod(size).failed == 0


def test_every_room_of_this_project_is_counted():
    sizes = size.rooms(PROJECT / "chainrule")
    folders = {path.parent.name for path in (PROJECT / "chainrule").glob("*/__init__.py")}
    assert sizes.keys() == folders | {"chainrule"}
    assert min(lines for _, lines in sizes.values()) > 0
