"""Every example runs: the doctests of the package, and the code blocks of the README and the docs.

How the blocks of a page are run is told in `docs/pages.py`.
"""

import ast
import importlib.util
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

import chainrule
from chainrule.autodiff import PRIMITIVES, namespace
from chainrule.errors import MissingExtraError
from tests.source_files import PROJECT, script

MODULES = [
    ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")
    for path in sorted((PROJECT / "chainrule").rglob("*.py"))
    if path.name != "__main__.py"
]
FROM_RESULTS = {"growth.svg", "how-fast.svg"}  # drawn from the benchmarks' results, tested there
PICTURES = {path.name for path in (PROJECT / "docs" / "img").glob("*.svg")}
FIGURES = sorted(PICTURES - FROM_RESULTS)
DESCRIBED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


pages = script("pages.py")
IN_SECTIONS = {PROJECT / "docs" / name for name in ("interop.md", "plots.md")}
SECTIONS = [
    section
    for page in sorted(IN_SECTIONS)
    for section in re.split(r"^(?=## )", page.read_text("utf-8"), flags=re.MULTILINE)
]


def run_docstrings(module):
    """Runs every docstring as it stands in the source, whatever a decorator made of its owner."""
    path = Path(importlib.util.find_spec(module).origin)
    names = vars(importlib.import_module(module))
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, DESCRIBED) and (text := ast.get_docstring(node, False)):
            pages.run_doctest(text, dict(names), path, node.body[0].lineno - 1)


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


@pytest.mark.parametrize("page", sorted({*pages.PAGES} - IN_SECTIONS), ids=lambda path: path.name)
def test_every_block_runs_on(page, tmp_path, monkeypatch, extras):
    monkeypatch.chdir(tmp_path)
    with skipping_what_is_not_installed(extras), pages.forgetting_its_ops():
        pages.run_page(page)


@pytest.mark.parametrize("section", SECTIONS, ids=lambda text: text.partition("\n")[0])
def test_a_section_that_one_is_led_to_stands_by_itself(section, tmp_path, monkeypatch, extras):
    monkeypatch.chdir(tmp_path)
    alone = tmp_path / "section.md"
    alone.write_text(section, encoding="utf-8")
    with skipping_what_is_not_installed(extras):
        pages.run_page(alone)


@pytest.mark.parametrize("page", sorted(pages.PAGES), ids=lambda path: path.name)
def test_every_link_leads_somewhere_on(page):
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8"))
    dead = [link for link in links if not (page.parent / link).exists()]
    assert not dead


def test_every_public_name_stands_on_the_page_of_names():
    page = (PROJECT / "docs" / "python.md").read_text("utf-8")
    missing = [name for name in chainrule._HOME_OF if not re.search(rf"\bcr\.{name}\b", page)]
    assert not missing


@pytest.mark.parametrize("module", MODULES)
def test_every_example_prints_what_it_shows_in(module, extras):
    with skipping_what_is_not_installed(extras), pages.forgetting_its_ops():
        run_docstrings(module)


@pytest.mark.parametrize(
    ("script", "written"), [("ops_table.py", ["ops.md"]), ("figures.py", FIGURES)]
)
def test_what_a_script_has_written_is_up_to_date(script, written, tmp_path):
    docs = PROJECT / "docs"
    subprocess.run([sys.executable, docs / script, tmp_path], cwd=PROJECT, check=True)
    place = docs / "img" if script == "figures.py" else docs
    outdated = [
        name for name in written if (tmp_path / name).read_bytes() != (place / name).read_bytes()
    ]
    assert not outdated, f"run python docs/{script}"
    assert sorted(written) == sorted(path.name for path in tmp_path.iterdir())


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
        "print('loss 0.25, 3.1e-05 s')\n"
        "sys.exit(int(sys.argv[1]))"
    )
    monkeypatch.setattr(pages, "COMMAND", [sys.executable, str(script)])
    monkeypatch.chdir(tmp_path)
    return tmp_path / "arguments"


def test_the_blocks_of_a_page_share_their_names_and_their_files(page):
    first = ("csv file=rows.csv", "x,y")
    second = ("python", "from pathlib import Path\nx = Path('rows.csv').read_text().strip()")
    shown = ("python", ">>> x\n'x,y'\n>>> z = 3")
    pages.run_page(page(first, second, shown, ("python", "assert z == 3"), ("yaml", "not: python")))


def test_a_block_may_show_its_output(page):
    path = page(("python", "print('loss', 0.25)"))
    path.write_text(path.read_text() + "\n```text\nloss ...\n```\n")
    pages.run_page(path)
    path.write_text(path.read_text().replace("loss ...", "gain ..."))
    with pytest.raises(AssertionError, match=r"page.md, line 3"):
        pages.run_page(path)


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
        pages.run_page(page(("python", text)))


def test_an_error_names_its_line_on_the_page(page):
    with pytest.raises(ZeroDivisionError) as caught:
        pages.run_page(page(("python", "x = 0\n1 / x")))
    assert caught.traceback[-1].lineno + 1 == 5


def test_commands_run_in_their_order_and_end_as_they_say(page, command):
    pages.run_page(
        page(("console", "$ chainrule 0 a\n$ make x\n$ chainrule 2 \\\n  b # exit status 2"))
    )
    assert command.read_text() == "0 a;2 b;"


TRANSCRIPT = """$ chainrule 0 a
loss 0.25, {} s
$ make x
$ chainrule 1  # exit status 1
loss 0.25, 3.1e-05 s"""


def test_the_words_that_a_command_prints_are_compared(page, command):
    pages.run_page(page(("console", TRANSCRIPT.format("12"))))
    with pytest.raises(AssertionError, match=r"page.md, line 3"):
        pages.run_page(page(("console", TRANSCRIPT.format("12 long"))))


@pytest.mark.parametrize("loss", ["0.5", "-0.25", "25.0"])
def test_a_number_that_is_far_from_what_a_command_prints_is_found(loss, page, command):
    pages.run_page(page(("console", TRANSCRIPT.format("12").replace("0.25", "0.24"))))
    with pytest.raises(AssertionError, match=f"line 3: {loss} is shown, and 0.25 was printed"):
        pages.run_page(page(("console", TRANSCRIPT.format("12").replace("0.25", loss, 1))))


def test_a_page_is_brought_up_to_date(page, command):
    shown = ("text", "loss 0.5")
    path = page(("console", TRANSCRIPT.format("some")), ("python", "print('loss', 0.25)"), shown)
    refresh_text = path.read_text().replace("Text.\n\n```text", "```text")
    path.write_text(refresh_text)
    pages.refresh(path)
    pages.run_page(path)
    expected = refresh_text.replace("some", "3.1e-05").replace("0.5\n", "0.25\n")
    assert path.read_text() == expected


@pytest.mark.parametrize("line", ["$ chainrule 2", "$ chainrule 0  # exit status 1"])
def test_a_command_that_ends_otherwise_is_found(page, command, line):
    with pytest.raises(AssertionError, match=r"page.md, line 3"):
        pages.run_page(page(("console", line)))


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
        pages.run_page(page(("python", "import a_name_with_a_slip")))
    with pytest.raises(pytest.skip.Exception), skipping_what_is_not_installed(["not_there"]):
        pages.run_page(page(("python", ">>> import not_there.inside")))


def test_an_op_that_a_page_declares_is_forgotten_afterwards():
    importlib.import_module("chainrule.ops")
    known = set(PRIMITIVES)
    for _ in range(2):
        with pages.forgetting_its_ops():
            pages.run_page(PROJECT / "CONTRIBUTING.md")
            assert PRIMITIVES.keys() - known == {"gaussian"}
    assert not hasattr(namespace, "gaussian")


def test_the_readme_says_where_the_demo_keeps_its_model():
    (place,) = re.findall(r"train penguins --out (\S+)", (PROJECT / "Makefile").read_text())
    assert f"`{place}`" in (PROJECT / "README.md").read_text()
