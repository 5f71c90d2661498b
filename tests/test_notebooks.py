"""The chapters as notebooks: those of today, and every cell prints what it shows."""

import os
import re
import sys

import pytest

from tests.source_files import PROJECT, script
from tests.test_docs import pages

NOTEBOOKS = PROJECT / "docs" / "notebooks"
CHAPTERS = sorted((PROJECT / "docs").glob("[0-9][0-9]-*.md"))
COMMAND = f"""#!{sys.executable}
import sys
sys.modules["numpy"] = None
sys.path.insert(0, {str(PROJECT)!r})
from chainrule.cli import main
sys.exit(main())
"""

pytestmark = pytest.mark.extra("ipykernel", "jupytext", "nbclient")


@pytest.fixture(scope="module")
def writer():
    """The script that writes them."""
    return script("notebooks.py")


def test_the_notebooks_are_what_the_chapters_make(writer, tmp_path):
    writer.main(tmp_path)
    assert [path.stem for path in sorted(tmp_path.iterdir())] == [path.stem for path in CHAPTERS]
    outdated = [
        path.name
        for path in tmp_path.iterdir()
        if path.read_bytes() != (NOTEBOOKS / path.name).read_bytes()
    ]
    assert not outdated, "run python docs/notebooks.py"


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_every_cell_prints_what_it_shows_in(chapter, tmp_path, monkeypatch):
    import nbformat
    from nbclient import NotebookClient

    (tmp_path / "chainrule").write_text(COMMAND)
    (tmp_path / "chainrule").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    book = nbformat.read(NOTEBOOKS / f"{chapter.stem}.ipynb", 4)
    nbformat.validate(book)
    shown = [printed(cell) for cell in book.cells]
    here = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(book, resources=here, startup_timeout=600).execute()
    for cell, expected in zip(book.cells, shown, strict=True):
        if expected and cell.source.startswith("!"):
            pages.compare(pages.words(expected), pages.words(printed(cell)), cell.source)
        elif expected:
            pages.compare(expected, printed(cell), cell.source)


def printed(cell):
    """What stands below a cell, without the lines that a command wiped out again."""
    text = "".join(output.text for output in cell.get("outputs", []) if "text" in output)
    return re.sub(r".*\x1b\[K", "", text)


def test_what_a_notebook_leads_to_is_there():
    import nbformat

    for path in NOTEBOOKS.glob("*.ipynb"):
        text = "\n".join(
            cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "markdown"
        )
        assert "```" not in text
        assert "details>" not in text
        links = re.findall(r"\]\(([^)#:]+)\)", text)
        assert links
        assert not [link for link in links if not (NOTEBOOKS / link).exists()]


@pytest.mark.extra("marimo")
def test_the_receipt_with_sliders_is_that_of_the_neuron_they_say():
    app = script("notebooks/receipt.py").app
    _, names = app.run()
    # z = 1.5·2 - 0.5·1 + 0.5 = 3, and L = (3 - 4)², so dL/dw = 2·(3 - 4)·1·2
    assert [float(factor.value) for factor in names["receipt"].chain] == [-2, 1, 2]
    at = {**names["at"], "weight[0]": 1.0, "target": 1.0}
    _, names = app.run(defs={"at": at, "activation": "relu", "name": "weight[1]"})
    assert [float(factor.value) for factor in names["receipt"].chain] == [2, 1, 1]
    assert names["explanation"].loss == 1
