"""A program as text that can be read, run and saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, final

from chainrule.data import write_text
from chainrule.words import record


@final
class ProgramText:
    """The source of a program that gives the gradients of a network.

    Args:
        source: The program.
        run: Runs it and gives the gradient of each parameter, as nested lists.

    Example:
        >>> from chainrule.report.program import ProgramText
        >>> program = ProgramText('gradients = {"dense1.bias": [2 * 3]}')
        >>> program.run()
        {'dense1.bias': [6]}
    """

    def __init__(self, source: str, run: Callable[[], dict[str, Any]] | None = None) -> None:
        self.source = source
        self._run = run

    def run(self) -> dict[str, Any]:
        """The gradient of each parameter, as nested lists, from running the program."""
        return self._run() if self._run else executed(self.source)

    def save(self, path: str | Path) -> None:
        """Write the source into a file: all of it, or nothing.

        Args:
            path: The file, in a folder that exists; what was there is replaced.

        Raises:
            DataError: If it cannot be written; what was there stays as it was.
        """
        write_text(path, self.source, "the program")

    def _repr_html_(self) -> str:
        return record(f"{self!r}\n{self}")

    def __str__(self) -> str:
        return self.source.rstrip("\n")

    def __repr__(self) -> str:
        return f"<program of {self.source.count(chr(10))} lines; print it, run it or save it>"


def executed(source: str) -> dict[str, Any]:
    """The gradients that a printed program leaves behind."""
    scope: dict[str, Any] = {"__name__": "program"}
    exec(compile(source, "<program>", "exec"), scope)
    gradients: dict[str, Any] = scope["gradients"]
    return gradients
