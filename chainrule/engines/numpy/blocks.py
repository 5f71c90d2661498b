"""Long chains of entry-by-entry calls, a stretch at a time.

A chain such as an optimizer's update goes over the same large arrays again and again. Taken a
stretch at a time, what one call leaves is still in the processor's cache when the next one comes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import final

from chainrule.engines.numpy.calls import UFUNCS
from chainrule.engines.numpy.kernel import Kernel
from chainrule.engines.numpy.memory import Memory
from chainrule.engines.program import NUMBER, Instruction, Program, Variable

_LARGE = 1 << 19  # entries from which on a chain is cut; shorter ones stay in the cache anyway
_STRETCH = 1 << 17  # entries of one stretch: long enough that the calls themselves cost nothing


@final
class Block:
    """Consecutive calls with results of one shape.

    Attributes:
        instructions: The calls.
        results: What they make.
        temporaries: Those results that are read by these calls alone.
        names: The names of the stretches, in the order of `stretches`.
    """

    def __init__(self, instructions: list[Instruction], temporaries: set[Variable]) -> None:
        self.instructions = instructions
        self.results = {i.result for i in instructions}
        self.temporaries = temporaries
        self.full = instructions[0].result.shape
        self.rows = max(1, _STRETCH * self.full[0] // instructions[0].result.size)
        self._stretches: dict[str, str] = {}

    @property
    def names(self) -> list[str]:
        """What the stretches are called inside the loop."""
        return [f"{name}_here" for name in self._stretches]

    def shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of a stretch of an array that goes along with the results."""
        return (self.rows, *shape[1:]) if shape == self.full else shape

    def temporary(self, x: Variable) -> tuple[int, ...]:
        """The shape that a buffer needs: a stretch is enough for what stays inside."""
        return self.shape(x.shape) if x in self.temporaries else x.shape

    def part(self, name: str, shape: tuple[int, ...], *, whole: bool = True) -> str:
        """The name of the stretch of an array; smaller arrays meet every stretch as they are."""
        if shape != self.full and whole:
            return name
        inside = not whole or name in {x.name for x in self.temporaries}
        self._stretches[name] = "[: stop - start]" if inside else "[start:stop]"
        return f"{name}_here"

    def stretches(self, name: str) -> list[str]:
        """The lines that make the list of stretches."""
        inside = ", ".join(f"{array}{cut}" for array, cut in self._stretches.items())
        count = self.full[0]
        return [
            f"{name} = [",
            f"    ({inside},)",
            f"    for start in range(0, {count}, {self.rows})",
            f"    for stop in (min(start + {self.rows}, {count}),)",
            "]",
        ]


def find_blocks(
    program: Program, memory: Memory, stays: Callable[[Variable], bool]
) -> dict[Variable, Block]:
    """Every chain that is worth cutting, by the result of its first call."""
    chains: list[list[Instruction]] = [[]]
    for instruction in program.instructions:
        if _passes(instruction, memory):
            continue
        if not _fits(instruction, chains[-1], memory, stays):
            chains.append([])
        if _fits(instruction, chains[-1], memory, stays):
            chains[-1].append(instruction)
    long = [chain for chain in chains if len(chain) > 1]
    return {chain[0].result: Block(chain, _temporaries(chain, program, memory)) for chain in long}


def _passes(instruction: Instruction | Kernel, memory: Memory) -> bool:
    """Whether a call makes no work on arrays, so that a chain may go on after it."""
    if type(instruction) is Kernel:
        return False
    quiet = instruction.result in memory.views or instruction.function == "constant"
    return quiet or instruction.result.dtype == NUMBER


def _fits(
    instruction: Instruction,
    chain: list[Instruction],
    memory: Memory,
    stays: Callable[[Variable], bool],
) -> bool:
    if instruction.function not in UFUNCS:
        return False
    result = instruction.result
    return (
        result.size >= _LARGE
        and memory.root(result) not in memory.fresh
        and (not chain or chain[0].result.shape == result.shape)
        and all(_goes_along(x, result, stays) for x in instruction.reads)
        and _reads_what_stays([*chain, instruction], memory)
    )


def _reads_what_stays(chain: list[Instruction], memory: Memory) -> bool:
    """Whether what is not read entry by entry, where it is written, is not written at all."""
    written = {memory.home(i.result) for i in chain}
    return all(
        memory.home(x) not in written or (x.shape == i.result.shape and memory.in_order(x))
        for i in chain
        for x in i.reads
    )


def _goes_along(x: Variable, result: Variable, stays: Callable[[Variable], bool]) -> bool:
    """Whether an operand can be cut like the result, or need not be."""
    if x.dtype == NUMBER:
        return True
    lower = len(x.shape) < len(result.shape) or x.shape[0] == 1
    return stays(x) and (x.shape == result.shape or lower)


def _temporaries(chain: list[Instruction], program: Program, memory: Memory) -> set[Variable]:
    """The results in buffers that only this chain ever touches."""
    results = {i.result for i in chain}
    outside = {memory.root(x) for x in program.output_variables}
    for instruction in program.instructions:
        if instruction not in chain:
            outside.update(memory.root(x) for x in (*instruction.reads, *instruction.results))
    touched = {memory.buffers[x] for x in outside if x in memory.buffers}
    return {x for x in results if x in memory.buffers and memory.buffers[x] not in touched}
