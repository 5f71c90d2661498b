"""Every example runs: the doctests of the package, and the code blocks of the README and the docs.

The blocks of one page run in their order, share their names, and stand in a folder of their own.

- A `python` block runs; one that starts with `>>>` is a doctest and must print what it shows.
- A `text` block straight after a `python` block is what that block prints, `...` being anything.
- In a `console` block every line that starts with `$ chainrule` runs, and must end with status 0,
  or with the status that a comment names: `$ chainrule check wrong.json  # exit status 1`.
- A block marked `file=NAME`, such as `csv file=rows.csv`, is written to that file.
"""

import ast
import doctest
import importlib.util
import io
import re
import shlex
import subprocess
import sys
from contextlib import contextmanager, redirect_stdout
from itertools import zip_longest
from pathlib import Path
from unittest.mock import patch

import pytest
from markdown_it import MarkdownIt

from chainrule.autodiff import PRIMITIVES, namespace
from chainrule.errors import MissingExtraError

PROJECT = Path(__file__).parent.parent
PAGES = [PROJECT / "CONTRIBUTING.md", *PROJECT.glob("README.md"), *PROJECT.glob("docs/**/*.md")]
MODULES = [
    ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")
    for path in sorted((PROJECT / "chainrule").rglob("*.py"))
    if path.name != "__main__.py"
]
DESCRIBED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
SHOWN = doctest.ELLIPSIS
COMMAND = [
    sys.executable,
    "-c",
    """import sys
sys.argv[0] = 'chainrule'
sys.path.insert(0, sys.argv.pop(1))
from chainrule.cli import main
sys.exit(main())""",
    str(PROJECT),
]


def run_page(page):
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
                compare(follower.content, printed, place)
        elif language == "console":
            run_commands(block.content, place)


def run_doctest(text, names, path, line):
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


def compare(shown, printed, place):
    checker, example = doctest.OutputChecker(), doctest.Example("", shown)
    difference = checker.output_difference(example, printed, SHOWN | doctest.REPORT_NDIFF)
    assert checker.check_output(example.want, printed, SHOWN), f"{place}: {difference}"


def run_commands(text, place):
    for line in text.replace("\\\n", " ").splitlines():
        if not line.startswith("$ chainrule"):
            continue
        expected = re.search(r"# exit status (\d+)", line)
        done = subprocess.run(
            [*COMMAND, *shlex.split(line, comments=True)[2:]],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        status = int(expected[1]) if expected else 0
        assert done.returncode == status, f"{place}: {line}\n{done.stdout}{done.stderr}"


def run_docstrings(module):
    """Runs every docstring as it stands in the source, whatever a decorator made of its owner."""
    path = Path(importlib.util.find_spec(module).origin)
    names = vars(importlib.import_module(module))
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, DESCRIBED) and (text := ast.get_docstring(node, False)):
            run_doctest(text, dict(names), path, node.body[0].lineno - 1)


@contextmanager
def skipping_what_is_not_installed(extras):
    try:
        yield
    except MissingExtraError as missing:
        pytest.skip(str(missing))
    except ModuleNotFoundError as missing:
        library = (missing.name or "").partition(".")[0]
        if library not in extras:
            raise
        pytest.skip(f"needs {library}")


@contextmanager
def forgetting_its_ops():
    """Lets an example declare an op under a name that is free again afterwards."""
    importlib.import_module("chainrule.ops")  # declared before, and so remembered
    with patch.dict(PRIMITIVES), patch.dict(vars(namespace)):
        yield


@pytest.mark.parametrize("page", sorted(PAGES), ids=lambda path: path.name)
def test_every_block_runs_on(page, tmp_path, monkeypatch, extras):
    monkeypatch.chdir(tmp_path)
    with skipping_what_is_not_installed(extras), forgetting_its_ops():
        run_page(page)


@pytest.mark.parametrize("module", MODULES)
def test_every_example_prints_what_it_shows_in(module, extras):
    with skipping_what_is_not_installed(extras), forgetting_its_ops():
        run_docstrings(module)


@pytest.fixture
def page(tmp_path, monkeypatch):
    """Writes a page of blocks, given as (info, text), into a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def write(*blocks):
        path = tmp_path / "page.md"
        path.write_text("".join(f"Text.\n\n```{info}\n{text}\n```\n" for info, text in blocks))
        return path

    return write


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Stands in for the command line: it writes its arguments to a file and ends with the first."""
    script = tmp_path / "command.py"
    script.write_text(
        "import sys\n"
        "with open('arguments', 'a') as file:\n"
        "    file.write(' '.join(sys.argv[1:]) + ';')\n"
        "sys.exit(int(sys.argv[1]))"
    )
    monkeypatch.setattr(sys.modules[__name__], "COMMAND", [sys.executable, str(script)])
    return tmp_path / "arguments"


def test_the_blocks_of_a_page_share_their_names_and_their_files(page):
    first = ("csv file=rows.csv", "x,y")
    second = ("python", "from pathlib import Path\nx = Path('rows.csv').read_text().strip()")
    shown = ("python", ">>> x\n'x,y'\n>>> z = 3")
    run_page(page(first, second, shown, ("python", "assert z == 3"), ("yaml", "not: python")))


def test_a_block_may_show_its_output(page):
    path = page(("python", "print('loss', 0.25)"))
    path.write_text(path.read_text() + "\n```text\nloss ...\n```\n")
    run_page(path)
    path.write_text(path.read_text().replace("loss ...", "gain ..."))
    with pytest.raises(AssertionError, match=r"page.md, line 3"):
        run_page(path)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("1 / 0", ZeroDivisionError),
        ("assert False", AssertionError),
        (">>> 1 + 1\n3", AssertionError),
    ],
)
def test_a_block_that_is_wrong_is_found(page, text, error):
    with pytest.raises(error):
        run_page(page(("python", text)))


def test_an_error_names_its_line_on_the_page(page):
    with pytest.raises(ZeroDivisionError) as caught:
        run_page(page(("python", "x = 0\n1 / x")))
    assert caught.traceback[-1].lineno + 1 == 5


def test_commands_run_in_their_order_and_end_as_they_say(page, command):
    run_page(
        page(
            ("console", "$ chainrule 0 a\nprinted\n$ make x\n$ chainrule 2 \\\n  b # exit status 2")
        )
    )
    assert command.read_text() == "0 a;2 b;"


@pytest.mark.parametrize("line", ["$ chainrule 2", "$ chainrule 0  # exit status 1"])
def test_a_command_that_ends_otherwise_is_found(page, command, line):
    with pytest.raises(AssertionError, match=r"page.md, line 3"):
        run_page(page(("console", line)))


def test_a_docstring_that_is_wrong_is_found(tmp_path, monkeypatch):
    text = (
        'import functools\n@functools.partial\ndef f():\n    """F.\n\n    >>> 1\n    2\n    """\n'
    )
    (tmp_path / "module_with_a_wrong_example.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(AssertionError, match="line 6"):
        run_docstrings("module_with_a_wrong_example")


def test_only_a_known_extra_may_be_missing(page, extras):
    with pytest.raises(ModuleNotFoundError), skipping_what_is_not_installed(extras):
        run_page(page(("python", "import a_name_with_a_slip")))
    with pytest.raises(pytest.skip.Exception), skipping_what_is_not_installed(["not_there"]):
        run_page(page(("python", ">>> import not_there.inside")))


def test_an_op_that_a_page_declares_is_forgotten_afterwards():
    importlib.import_module("chainrule.ops")
    known = set(PRIMITIVES)
    for _ in range(2):
        with forgetting_its_ops():
            run_page(PROJECT / "CONTRIBUTING.md")
            assert PRIMITIVES.keys() - known == {"gaussian"}
    assert not hasattr(namespace, "gaussian")
