"""Results that nobody reads are not computed."""

from __future__ import annotations

from dataclasses import replace

from chainrule.engines.program import Program


def without_unused(program: Program) -> Program:
    """The program without the calls whose results reach no output."""
    needed = set(program.output_variables)
    needed_calls = []
    for instruction in reversed(program.instructions):
        if instruction.result in needed:
            needed.update(instruction.reads)
            needed_calls.append(instruction)
    return replace(program, instructions=tuple(reversed(needed_calls)))
