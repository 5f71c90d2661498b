"""Calls that go over the same table become one kernel, where that saves work."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chainrule.engines.numpy.kernel import Kernel, opened_by
from chainrule.engines.program import NUMBER, Instruction, Program, Variable

_WORTH = 2  # calls from which on a kernel is quicker than they are


def fuse(program: Program) -> Program:
    """The program with kernels in the place of calls that go well together.

    The order of calls is free as long as each comes after what it reads. While a kernel is open,
    calls that fit it are taken before all others; when none is left it closes.
    """
    waiting = list(program.instructions)
    made: set[Variable] = set(program.input_variables)
    ordered: list[Any] = []
    while waiting:
        for quiet in [i for i in waiting if _is_quiet(i)]:
            if made.issuperset(quiet.reads):
                waiting.remove(quiet)
                ordered.append(quiet)
                made.add(quiet.result)
        first = next((i for i in waiting if made.issuperset(i.reads)), None)
        if first is None:
            continue
        waiting.remove(first)
        kernel = opened_by(first)
        taken = [first] if kernel is None else _filled(kernel, waiting, made)
        waiting = [i for i in waiting if i not in taken]
        ordered += taken if kernel is None else _closed(kernel, program)
        made.update(i.result for i in taken)
    return replace(program, instructions=tuple(ordered))


def _filled(kernel: Kernel, waiting: list[Instruction], made: set[Variable]) -> list[Instruction]:
    """Give a kernel every waiting call that fits; what it has then."""
    while True:
        known = made | kernel.kinds.keys()
        ready = (i for i in waiting if i not in kernel.instructions and known.issuperset(i.reads))
        if not any(kernel.take(i) for i in ready):
            return kernel.instructions


def _closed(kernel: Kernel, program: Program) -> list[Any]:
    """The kernel with what is read outside as its outputs; or its calls, if they are too few."""
    inside = set(kernel.instructions)
    needed = set(program.output_variables)
    for instruction in program.instructions:
        if instruction not in inside:
            needed.update(instruction.reads)
    kernel.outputs = tuple(x for x in kernel.kinds if x in needed)
    work = sum(2 if i.function == "where" else 1 for i in inside if i.family != "view")
    has_table = any(x.shape == kernel.shape for x in (*kernel.operands, *kernel.outputs))
    return [kernel] if work >= _WORTH and has_table else kernel.instructions


def _is_quiet(instruction: Instruction) -> bool:
    """Whether a call makes no work on arrays."""
    quiet = instruction.family in ("view", "creation")
    return quiet or instruction.result.dtype == NUMBER
