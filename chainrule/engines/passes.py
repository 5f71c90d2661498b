"""Passes: each takes a program and gives one that computes the same with less.

They are small pure functions of plain data, so each can be read and tested alone. What they have in
common is that they know nothing of derivatives or layers: a recorded training step is to them a
list of calls like any other.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chainrule.engines.functions import function
from chainrule.engines.program import NUMBER, Instruction, Program, Variable
from chainrule.engines.structure import rebuild


def without_unused(program: Program) -> Program:
    """The program without the calls whose results reach no output."""
    needed = set(program.output_variables)
    needed_calls = []
    for instruction in reversed(program.instructions):
        if instruction.result in needed:
            needed.update(instruction.reads)
            needed_calls.append(instruction)
    return replace(program, instructions=tuple(reversed(needed_calls)))


def without_duplicates(program: Program) -> Program:
    """The program with each call made once; later ones of the same operands use its result.

    A derivative often needs what the value needed: the exponentials of a softmax, the row maximum
    before them. Written down separately in the value and in the rule, they meet here.
    """
    first: dict[Any, Variable] = {}
    same: dict[Variable, Variable] = {}
    instructions = []
    for instruction in program.instructions:
        operands = tuple(same.get(x, x) if type(x) is Variable else x for x in instruction.operands)
        instruction = replace(instruction, operands=operands)
        key = _signature(instruction)
        if key in first:
            same[instruction.result] = first[key]
        else:
            first[key] = instruction.result
            instructions.append(instruction)
    outputs = rebuild(program.outputs, lambda x: same.get(x, x) if type(x) is Variable else x)
    return replace(program, instructions=tuple(instructions), outputs=outputs)


def _signature(instruction: Instruction) -> Any:
    """What two calls must have in common to be the same; 1 and 1.0 and True are not."""
    if instruction.function == "constant":
        return instruction.result
    operands = tuple(x if type(x) is Variable else repr(x) for x in instruction.operands)
    return instruction.function, operands, repr(sorted(instruction.options.items()))


def without_broadcasts(program: Program) -> Program:
    """The program with elementwise calls reading what was stretched, where that changes nothing.

    Such a call stretches its operands itself; nothing changes where another of them has the shape
    of the result already.
    """
    source: dict[Variable, Variable] = {}
    changed = []
    for instruction in program.instructions:
        if instruction.function == "broadcast_to":
            before = instruction.operands[0]
            source[instruction.result] = source.get(before, before)
        shape, every = instruction.result.shape, instruction.operands
        full = any(x not in source and x.shape == shape for x in instruction.reads)
        if full and instruction.family == "elementwise":
            operands = tuple(source.get(x, x) if type(x) is Variable else x for x in every)
            instruction = replace(instruction, operands=operands)
        changed.append(instruction)
    return replace(program, instructions=tuple(changed))


def fold_constants(program: Program, xp: Any) -> Program:
    """The program with what depends on no input computed, once and for all.

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
    same = {x: _first(known[x], xp) for x in instruction.reads if x in known and x.dtype in kinds}
    operands = (x if same.get(x) is None else same[x] for x in instruction.operands)
    return replace(instruction, operands=tuple(operands))


def _first(value: Any, xp: Any) -> Any:
    """The number that all entries are, else None; NaN is not even the same as itself."""
    flat = value.reshape(-1)
    return flat[0].item() if flat.shape[0] and bool(xp.all(flat == flat[0])) else None


def numbers_first(program: Program) -> Program:
    """The program with all calls on plain numbers at its start; they need nothing else."""
    ordered = sorted(program.instructions, key=lambda i: i.result.dtype != NUMBER)
    return replace(program, instructions=tuple(ordered))
