"""Docstrings have one style in all rooms, and error messages end in one way.

Examples of both stand at the end: what is asked for, and what must be found.
"""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.source_files import PROJECT, build_house, sources

SECTIONS = ("Args", "Returns", "Yields", "Raises", "Attributes", "Example", "Source")
ENTRIES = {"Args", "Raises", "Attributes"}
ERROR = re.compile(r"(Error|BadParameter|UsageError|ClickException)$")
DESCRIBED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def docstring_faults(project: Path) -> Iterator[str]:
    """Reports what departs from: one line that ends in a full stop, then sections in their order.

    The line says what a thing is or what it does, and never begins with "Return": what comes back
    is what it describes. What an entry says begins with a capital letter, unless it is a formula.
    """
    for path, tree in sources(project, "chainrule"):
        for node in (node for node in ast.walk(tree) if isinstance(node, DESCRIBED)):
            if text := ast.get_docstring(node):
                place = f"{path.relative_to(project)}:{node.body[0].lineno}"
                yield from (f"{place}: {fault}" for fault in faults_of(text))


def faults_of(text: str) -> Iterator[str]:
    first = text.splitlines()[0]
    if not first.endswith((".", "?")):
        yield f"the first line ends without a full stop: {first}"
    if re.match(r"Returns?\b", first):
        yield f"say what it is, without Return: {first}"
    heads = re.findall(rf"^({'|'.join(SECTIONS)}):", text, re.MULTILINE)
    if heads != sorted(heads, key=SECTIONS.index):
        yield f"the sections are {', '.join(heads)}: their order is {', '.join(SECTIONS)}"
    section = ""
    for line in text.splitlines():
        if head := re.match(r"(\w+):$", line):
            section = head[1]
        elif section in ENTRIES and re.match(
            r"    \*{0,2}\w[\w., ]*: (a|[a-z][a-z-]+)\b(?!\()", line
        ):
            yield f"an entry of {section} begins with a small letter: {line.strip()}"


def messages_that_end_in_a_full_stop(project: Path) -> Iterator[str]:
    """Reports error messages that end in a full stop; they have none, since others quote them."""
    for path, tree in sources(project, "chainrule"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args and ERROR.search(ast.unparse(node.func)):
                for end in ends_of(node.args[0]):
                    if end.endswith(".") and not end.endswith("..."):
                        yield f"{path.relative_to(project)}:{node.lineno}: {end}"


def articles_before_any_name(project: Path) -> Iterator[str]:
    """Reports "a" before a name that is filled in, which may begin with a vowel."""
    for path, tree in sources(project, "chainrule"):
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                for before, after in pairwise(node.values):
                    words = before.value if isinstance(before, ast.Constant) else ""
                    if isinstance(after, ast.FormattedValue) and re.search(r"\b[aA] $", words):
                        yield f"{path.relative_to(project)}:{node.lineno}: {words}: say a_or_an"


def percents_set_apart(project: Path) -> Iterator[str]:
    """Reports "48 %", in texts for readers and on the screen, where all others are "48%"."""
    for path, tree in sources(project, "chainrule"):
        for node in ast.walk(tree):
            text = str(node.value) if isinstance(node, ast.Constant) else ""
            if found := re.search(r"\d %(?![\w({])", text):
                yield f"{path.relative_to(project)}:{node.lineno}: {found[0]}"


def ends_of(text: ast.expr) -> Iterator[str]:
    """The last words of a text as it is written, each of them where there is a choice."""
    match text:
        case ast.Constant(value=str(words)):
            yield words
        case ast.JoinedStr(values=[*_, last]):
            yield from ends_of(last)
        case ast.BinOp(right=last):
            yield from ends_of(last)
        case ast.IfExp(body=one, orelse=other):
            yield from ends_of(one)
            yield from ends_of(other)


CHECKS = (
    docstring_faults,
    messages_that_end_in_a_full_stop,
    articles_before_any_name,
    percents_set_apart,
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_this_project_gives_no_cause_for(check):
    complaints = list(check(PROJECT))
    assert not complaints, "\n".join(complaints)


def documented(text):
    return f'"""A."""\ndef f(x):\n    """{text}\n    """\n'


BAD_EXAMPLES = {
    "a line without its full stop": (docstring_faults, documented("Twice x")),
    "a line that begins with Return": (docstring_faults, documented("Return twice x.")),
    "a line in the third person": (docstring_faults, documented("Returns twice x.")),
    "sections in another order": (
        docstring_faults,
        documented("Twice x.\n\n    Example:\n        1\n\n    Args:\n        x: A number."),
    ),
    "an entry in small letters": (
        docstring_faults,
        documented("Twice x.\n\n    Args:\n        x: any number."),
    ),
    "a reason in small letters": (
        docstring_faults,
        documented("Twice x.\n\n    Raises:\n        KindError: the number is none."),
    ),
    "a message with a full stop": (
        messages_that_end_in_a_full_stop,
        "raise OptionError('no such name.')",
    ),
    "a formatted message with one": (
        messages_that_end_in_a_full_stop,
        "raise click.BadParameter(f'no name {x}: choose ' 'another.') from None",
    ),
    "an article before a name": (
        articles_before_any_name,
        "raise OptionError(f'{x} has a ' f'{y} output')",
    ),
    "a percentage set apart": (percents_set_apart, documented("At most 10 % of x.")),
    "a message that may end with one": (
        messages_that_end_in_a_full_stop,
        "error = DataError(f'no {x}' + (', or more' if x else '.'))",
    ),
}


@pytest.mark.parametrize("name", BAD_EXAMPLES)
def test_a_bad_example_is_found(name, tmp_path):
    check, text = BAD_EXAMPLES[name]
    complaints = list(check(build_house(tmp_path, "chainrule/ops/a.py", text)))
    assert len(complaints) == 1
    assert "a.py" in complaints[0]


@pytest.mark.parametrize(
    "text",
    [
        documented("Twice x: `2 · x`."),
        documented("Which weights caused the error?"),
        documented(
            "Twice x.\n\n    Args:\n        x: `w` or 2.\n\n    Source: a book: its page 2."
        ),
        documented("Twice x.\n\n    Args:\n        x: A number,\n            such as: one."),
        "raise OptionError(f'no {x}: pass x=...')",
        "raise OptionError(f'no name {x}')",
        "raise OptionError(message)",
    ],
)
def test_a_good_example_is_no_complaint(text, tmp_path):
    house = build_house(tmp_path, "chainrule/ops/a.py", text)
    assert [said for check in CHECKS for said in check(house)] == []
