"""What depends on no input is computed once, when the program is made."""

from __future__ import annotations

from dataclasses import replace
from math import isnan
from typing import Any

from chainrule.engines.functions import function
from chainrule.engines.program import NUMBER, Instruction, Program, Variable


def fold_constants(program: Program, xp: Any) -> Program:
    """The program with constant results as constants.

    The derivative of a mean starts from such a chain: one, divided by the number of examples,
    spread over the batch. An array with the same number everywhere becomes that number where it
    meets an array of its own kind entry by entry.

    Args:
        program: The program.
        xp: The namespace that computes the constants, with the program's number kinds.
    """
    known: dict[Variable, Any] = {}
    changed = []
    for instruction in program.instructions:
        value = _value(instruction, known, xp)
        if value is not None:
            known[instruction.result] = value
            instruction = Instruction("constant", (), {"value": value}, instruction.result)
        elif instruction.family == "elementwise":
            instruction = _with_numbers(instruction, known, xp)
        changed.append(instruction)
    return replace(program, instructions=tuple(changed))


def _value(instruction: Instruction, known: dict[Variable, Any], xp: Any) -> Any:
    """The value of a call that depends on no input, else None."""
    result = instruction.result
    if instruction.function in ("zeros_like", "ones_like") and result.dtype != NUMBER:
        make = xp.zeros if instruction.function == "zeros_like" else xp.ones
        return make(result.shape, dtype=getattr(xp, result.dtype))
    if result.dtype == NUMBER or any(x not in known for x in instruction.reads):
        return None
    operands = [known[x] if type(x) is Variable else x for x in instruction.operands]
    value = function(instruction.function).call(xp, operands, instruction.options)
    return xp.asarray(value)


def _with_numbers(instruction: Instruction, known: dict[Variable, Any], xp: Any) -> Instruction:
    """The call with plain numbers for the constants that are the same everywhere."""
    shape = instruction.result.shape
    if not any(x.shape == shape and x not in known for x in instruction.reads):
        return instruction
    kinds = {x.dtype for x in instruction.reads if x not in known} - {"bool"}
    operands = tuple(
        _number(known[x]) if x in known and x.dtype in kinds and _same(known[x], xp) else x
        for x in instruction.operands
    )
    return replace(instruction, operands=operands)


def _same(value: Any, xp: Any) -> bool:
    """Whether all entries are one number; NaN is not even the same as itself."""
    flat = value.reshape(-1)
    first = flat[0].item() if flat.shape[0] else float("nan")
    return not isnan(first) and bool(xp.all(flat == first))


def _number(value: Any) -> Any:
    return value.reshape(-1)[0].item()
