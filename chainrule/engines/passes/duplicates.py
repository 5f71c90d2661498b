"""What has been computed already is not computed again.

A derivative often needs what the value needed: the exponentials of a softmax, the row maximum
before them. Written down separately in the value and in the rule, they meet here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chainrule.engines.program import Instruction, Program, Variable
from chainrule.engines.structure import rebuild


def without_duplicates(program: Program) -> Program:
    """The program with each call made once; later ones of the same operands use its result."""
    first: dict[Any, Variable] = {}
    same: dict[Variable, Variable] = {}
    instructions = []
    for instruction in program.instructions:
        operands = tuple(same.get(x, x) if type(x) is Variable else x for x in instruction.operands)
        instruction = replace(instruction, operands=operands)
        key = _key(instruction)
        if key in first:
            same[instruction.result] = first[key]
        else:
            first[key] = instruction.result
            instructions.append(instruction)
    outputs = rebuild(program.outputs, lambda x: same.get(x, x) if type(x) is Variable else x)
    return replace(program, instructions=tuple(instructions), outputs=outputs)


def _key(instruction: Instruction) -> Any:
    """What two calls must have in common to be the same; 1 and 1.0 and True are not."""
    if instruction.function == "constant":
        return instruction.result
    operands = tuple(x if type(x) is Variable else repr(x) for x in instruction.operands)
    return instruction.function, operands, repr(sorted(instruction.options.items()))
