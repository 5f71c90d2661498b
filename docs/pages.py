"""The code blocks of the README and of these pages run, and print what the pages show.

The blocks of one page run in their order, share their names, and stand in a folder of their own.

- A `python` block runs; one that starts with `>>>` is a doctest and must print what it shows.
- A `text` block straight after a `python` block is what that block prints, `...` being anything.
- In a `console` block every line that starts with `$ chainrule` runs, and must end with status 0,
  or with the status that a comment names: `$ chainrule check wrong.json  # exit status 1`. Where
  the block shows what a command prints, the words must be those; numbers may differ by a quarter,
  as last digits do from one Python to the next, and seconds by more. Commands run as if NumPy were
  not installed; in a block marked `extras`, with all that there is.
- A block marked `file=NAME`, such as `csv file=rows.csv`, is written to that file.

`python docs/pages.py [PAGE ...]` writes what the blocks print into the pages.
"""

import doctest
import importlib
import io
import os
import re
import shlex
import subprocess
import sys
from contextlib import chdir, contextmanager, redirect_stdout
from itertools import zip_longest
from math import isclose
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from markdown_it import MarkdownIt

from chainrule.autodiff import PRIMITIVES, namespace

PROJECT = Path(__file__).parent.parent
PAGES = [
    PROJECT / "CONTRIBUTING.md",
    *(page for name in ("README.md", "benchmarks/README.md") for page in PROJECT.glob(name)),
    *PROJECT.glob("docs/**/*.md"),
]
SHOWN = doctest.ELLIPSIS
NUMBER = re.compile(r"[-+]?\d[\d.,]*(e[-+]?\d+)?")
COMMAND = [
    sys.executable,
    "-c",
    """import os, sys
if 'WITHOUT_NUMPY' in os.environ:
    sys.modules['numpy'] = None
sys.argv[0] = 'chainrule'
sys.path.insert(0, sys.argv.pop(1))
from chainrule.cli import main
sys.exit(main())""",
    str(PROJECT),
]


def compare(shown, printed, place):
    """Refuses what was printed if it is not what is shown."""
    checker, example = doctest.OutputChecker(), doctest.Example("", shown)
    difference = checker.output_difference(example, printed, SHOWN | doctest.REPORT_UDIFF)
    assert checker.check_output(example.want, printed, SHOWN), f"{place}: {difference}"


def check(block, printed, place, *, apart=0.25):
    """Compares a block that shows output with what was printed; of commands, numbers roughly."""
    if block.info.startswith("console"):
        compare(words(block.content), words(printed), place)
        if "..." not in block.content:
            for shown, came in zip(numbers(block.content), numbers(printed), strict=True):
                near = isclose(shown, came, rel_tol=apart, abs_tol=1e-9)
                assert near, f"{place}: {shown} is shown, and {came} was printed"
    else:
        compare(block.content, printed, place)


def words(text):
    """The words of a text, one a line, without its numbers, at whose length lines are broken."""
    return "\n".join(NUMBER.sub("#", text).split()) + "\n"


def numbers(text):
    """The numbers of a text, but for seconds, and for an entry that rounding chose as the worst."""
    lasting = re.sub(r"\S+ s\b|agrees .*", "", text)
    found = re.finditer(r"[-+]?\d+(,\d{3})*(\.\d+)?(e[-+]?\d+)?", lasting)
    return [float(number[0].replace(",", "")) for number in found]


def run_page(page, check=check):
    """Runs the blocks of one page in the current folder; the first that is wrong raises."""
    blocks = [
        token for token in MarkdownIt().parse(page.read_text("utf-8")) if token.type == "fence"
    ]
    names = {"__name__": "__main__"}
    for block, follower in zip_longest(blocks, blocks[1:]):
        language, *marks = block.info.split() or [""]
        place = f"{page.name}, line {block.map[0] + 1}"
        files = [mark.removeprefix("file=") for mark in marks if mark.startswith("file=")]
        if files:
            Path(files[0]).write_text(block.content, encoding="utf-8")
        elif language == "python" and block.content.startswith(">>> "):
            run_doctest(block.content, names, page, block.map[0] + 1)
        elif language == "python":
            printed = run_python(block.content, names, page, block.map[0] + 1)
            if follower and follower.info.strip() == "text" and follower.map[0] <= block.map[1] + 1:
                check(follower, printed, place)
        elif language == "console":
            printed = run_commands(block.content, place, extras="extras" in marks)
            if not is_bare(block.content):
                check(block, printed, place)


def run_doctest(text, names, path, line):
    """Runs the examples of a text that begins on a line of a file."""
    test = doctest.DocTestParser().get_doctest(text, names, path.name, str(path), line)
    try:
        doctest.DebugRunner(optionflags=SHOWN).run(test, clear_globs=False)
    except doctest.DocTestFailure as wrong:
        place = f"{path.name}, line {line + wrong.example.lineno + 1}"
        compare(wrong.example.want, wrong.got, f"{place}: {wrong.example.source}")
    except doctest.UnexpectedException as wrong:
        wrong.exc_info[1].add_note(f"{path.name}, line {line + wrong.example.lineno + 1}")
        raise wrong.exc_info[1] from None
    names.update(test.globs)


def run_python(text, names, page, line):
    """Runs a block under the line numbers of its page and returns what it printed."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile("\n" * line + text, str(page), "exec"), names)
    return printed.getvalue()


def run_commands(text, place, *, extras):
    """Runs the commands of a block and returns the block as a terminal would show it."""
    shown = []
    environment = os.environ | ({} if extras else {"WITHOUT_NUMPY": "1"})
    for line in re.findall(r"^\$ (?:.*\\\n)*.*\n", text, re.MULTILINE):
        shown.append(line)
        if not line.startswith("$ chainrule"):
            continue
        expected = re.search(r"# exit status (\d+)", line)
        done = subprocess.run(
            [*COMMAND, *shlex.split(line.replace("\\\n", " "), comments=True)[2:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
            check=False,
        )
        status = int(expected[1]) if expected else 0
        assert done.returncode == status, f"{place}: {line}{done.stdout}"
        shown.append(done.stdout)
    return "".join(shown)


def is_bare(text):
    """Whether a block has commands only, and shows nothing of what they print."""
    return all(line.startswith("$ ") for line in text.replace("\\\n", " ").splitlines())


def refresh(page):
    """Writes into a page what its blocks print, where that is no longer what it shows."""
    outdated = []

    def note(block, printed, place):
        try:
            check(block, printed, place, apart=0)  # a page's numbers are those of one network
        except AssertionError:
            outdated.append((*block.map, printed))

    with TemporaryDirectory() as folder, chdir(folder), forgetting_its_ops():
        run_page(page, note)
    lines = page.read_text("utf-8").splitlines(keepends=True)
    for first, last, printed in reversed(outdated):
        lines[first + 1 : last - 1] = [printed]
    page.write_text("".join(lines), encoding="utf-8")


@contextmanager
def forgetting_its_ops():
    """Lets an example declare an op under a name that is free again afterwards."""
    importlib.import_module("chainrule.ops")  # declared before, and so remembered
    with patch.dict(PRIMITIVES), patch.dict(vars(namespace)):
        yield


if __name__ == "__main__":
    for name in sys.argv[1:] or PAGES:
        refresh(Path(name).absolute())
