"""Writes `ops.md`, the table of all ops, from what the ops themselves say.

`python docs/ops_table.py [FOLDER]` writes it.
"""

import sys
from importlib import import_module
from itertools import groupby
from pathlib import Path

import chainrule.ops  # noqa: F401 - ops enter themselves when they are imported
from chainrule.autodiff import PRIMITIVES

INTRODUCTION = """# Every op

A network is made of these and of nothing else. Each is declared in one place, with its formula,
its local derivative and one sentence of why; this page and the receipts are read from there.
`g` is the gradient that arrives on the way back, `dL/da`; `[k = j]` is 1 where k is j, else 0.
How to add an op stands in [CONTRIBUTING](../CONTRIBUTING.md).

*Written by `python docs/ops_table.py`.*
"""


def table():
    """The page."""
    parts = [INTRODUCTION]
    for module, ops in groupby(PRIMITIVES.values(), lambda op: op.function.__module__):
        parts.append(f"## {first_line(module)}\n")
        parts.append("| op | what it computes | derivative | why |\n|---|---|---|---|")
        for op in ops:
            derivatives = [(code(r.formula), sentence(r.why)) for r in op.rules.values()]
            (derivative, why), *others = derivatives or [("", "")]
            said = f"{sentence(op.why)} {why}".rstrip()
            parts.append(row(f"**{op.name}**", code(op.formula), derivative, said))
            parts += [row("", "", *other) for other in others]
        parts.append("")
    return "\n".join(parts)


def first_line(module):
    """The title of a file of ops: its docstring's first line, without the full stop."""
    return import_module(module).__doc__.splitlines()[0].rstrip(".").replace("`", "")


def row(*cells):
    """A row of a table."""
    return f"| {' | '.join(cells)} |"


def code(formula):
    """A formula as it stands; a bar would end the cell."""
    return "`" + formula.replace("|", "\\|") + "`"


def sentence(why):
    """The first sentence: a source that follows it is for readers of the code."""
    return why.partition(" Source: ")[0]


def main(folder):
    """Write the page into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ops.md").write_text(table(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(*sys.argv[1:]) if sys.argv[1:] else Path(__file__).parent)
