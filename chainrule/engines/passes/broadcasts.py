"""Functions that go entry by entry stretch their operands themselves."""

from __future__ import annotations

from dataclasses import replace

from chainrule.engines.program import Instruction, Program, Variable


def without_broadcasts(program: Program) -> Program:
    """The program with elementwise calls reading what was stretched, where that changes nothing.

    It changes nothing where another operand has the shape of the result already.
    """
    source: dict[Variable, Variable] = {}
    changed = []
    for instruction in program.instructions:
        if instruction.function == "broadcast_to":
            before = instruction.operands[0]
            source[instruction.result] = source.get(before, before)
        if instruction.family == "elementwise":
            instruction = _unstretched(instruction, source)
        changed.append(instruction)
    return replace(program, instructions=tuple(changed))


def _unstretched(instruction: Instruction, source: dict[Variable, Variable]) -> Instruction:
    shape = instruction.result.shape
    full = [x for x in instruction.reads if x not in source and x.shape == shape]
    if not full:
        return instruction
    operands = tuple(source.get(x, x) if type(x) is Variable else x for x in instruction.operands)
    return replace(instruction, operands=operands)
