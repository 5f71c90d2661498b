"""What it costs to begin: `import chainrule` and `chainrule --help` beside bare Python."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

from benchmarks.timing import Result, compare

BARE = "python -c pass"


def run(*, quick: bool = False) -> Result:
    """Time whole processes."""
    contenders = {
        BARE: _process("-c", "pass"),
        "import chainrule": _process("-c", "import chainrule"),
        "chainrule --help": _process("-m", "chainrule", "--help"),
    }
    rows = compare(contenders, control=BARE, rounds=25, warm_up=2, quick=quick)
    bare = rows[0].microseconds
    notes = tuple(
        f"{row.name}: {(row.microseconds - bare) / 1000:.0f} ms above bare Python"
        for row in rows[1:]
    )
    return Result("start-up, whole processes", BARE, rows, notes)


def _process(*arguments: str) -> Callable[[], object]:
    def start() -> object:
        return subprocess.run([sys.executable, *arguments], capture_output=True, check=True)

    return start
