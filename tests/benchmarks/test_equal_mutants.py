"""What is said to change nothing is a change of lines that still stand in the package."""

import tomllib

from tests.source_files import PROJECT


def removed(change):
    """The lines that a change takes away, without the spaces around them."""
    return [line[1:].strip() for line in change.splitlines() if line.startswith("-")]


def lost(equal):
    """The lines that stand in their file no more, each with the file."""
    for each in equal:
        path = PROJECT / each["file"]
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        standing = [line.strip() for line in lines]
        yield from (
            (each["file"], line) for line in removed(each["change"]) if line not in standing
        )


def test_every_line_of_an_equal_mutant_still_stands_in_its_file():
    equal = tomllib.loads((PROJECT / "benchmarks" / "equal_mutants.toml").read_text("utf-8"))[
        "equal"
    ]
    assert all(removed(each["change"]) for each in equal)
    assert len({(each["file"], each["change"]) for each in equal}) == len(equal)
    assert list(lost(equal)) == []


def test_a_line_that_is_gone_is_found():
    gone = {"file": "chainrule/errors.py", "change": "-import nothing\n+import something\n"}
    assert list(lost([gone])) == [("chainrule/errors.py", "import nothing")]
    assert list(lost([gone | {"file": "chainrule/gone.py"}])) == [
        ("chainrule/gone.py", "import nothing")
    ]
