"""Writes the chapters as Jupyter notebooks, from the same Markdown.

`python docs/notebooks.py [FOLDER]` writes them. A `python` block becomes a cell, and the `text`
below it that cell's output; each command of a `console` block becomes a cell of its own,
`!chainrule ...`.
"""

import re
import sys
from pathlib import Path

import jupytext
import nbformat
from nbformat.v4 import new_output

DOCS = Path(__file__).parent
CHAPTERS = sorted(DOCS.glob("[0-9][0-9]-*.md"))
LINK = re.compile(r"\]\((?!https?:|#)([^)]+)\)")
CONSOLE = re.compile(r"^```console.*\n((?:.*\n)*?)```$", re.MULTILINE)
COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
SHOWN = re.compile(r"```text\n((?:.*\n)*?)```\s*")
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def notebook(chapter):
    """One chapter as a notebook."""
    text = LINK.sub(from_the_folder, chapter.read_text("utf-8"))
    text = CONSOLE.sub(lambda block: COMMAND.sub(as_cell, block[1]).strip(), text)
    text = text.replace("<details><summary>Answer</summary>", "**Answer.**")
    text = text.replace("</details>\n\n", "")
    book = jupytext.reads(text, "md")
    cells = []
    for cell in book.cells:
        if cells and cells[-1].cell_type == "code" and (shown := SHOWN.match(cell.source + "\n")):
            cells[-1].outputs = [new_output("stream", text=shown[1])]
            cell.source = cell.source[shown.end() :]
        if cell.source:
            cell.id = f"cell-{len(cells)}"
            cells.append(cell)
    book.cells, book.metadata = cells, METADATA
    return nbformat.writes(book) + "\n"


def from_the_folder(link):
    """A link of a chapter as its notebook says it: the other chapters are notebooks, too."""
    page, mark, anchor = link[1].partition("#")
    if DOCS / page in CHAPTERS:
        return f"]({page.removesuffix('md')}ipynb{mark}{anchor})"
    return f"](../{link[1]})"


def as_cell(command):
    """A command and what it prints, as the blocks of which a cell and its output are made."""
    shown = f"```text\n{command[2]}```\n\n" if command[2].strip() else ""
    return f"```python\n!{command[1]}\n```\n\n{shown}"


def main(folder):
    """Write every chapter into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for chapter in CHAPTERS:
        (folder / f"{chapter.stem}.ipynb").write_text(notebook(chapter), encoding="utf-8")


if __name__ == "__main__":
    main(Path(*sys.argv[1:]) if sys.argv[1:] else DOCS / "notebooks")
