"""Arithmetic of plain numbers comes first, so that work on arrays stands together."""

from __future__ import annotations

from dataclasses import replace

from chainrule.engines.program import NUMBER, Program


def numbers_first(program: Program) -> Program:
    """The program with all calls on plain numbers at its start; they need nothing else."""
    ordered = sorted(program.instructions, key=lambda i: i.result.dtype != NUMBER)
    return replace(program, instructions=tuple(ordered))
