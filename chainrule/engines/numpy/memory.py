"""Where the values of a program lie: which share memory, and which are looked at anew each call.

Five thoughts, in this order. A view (a slice, a transpose, another shape) takes no memory. The new
value of something that the caller gave away takes the place of the old one. The parts of a
concatenation are computed where they will stand in the whole. A whole that is handed out is written
over an array that was given away, if nothing of it is read once a part stands there. Everything
else takes over the memory of a value that nothing reads any more: that of its own operand if the
function can write over it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import final

from chainrule.engines.numpy.calls import overwrites, writes
from chainrule.engines.program import NUMBER, Instruction, Program, Variable

NEVER = 1 << 60


@final
@dataclass
class Memory:
    """The plan.

    Attributes:
        views: Of each value that is a view, the value that it looks at.
        buffers: Of each value with memory of its own, the first value that had that memory.
        parts: Of each value that stands inside a concatenation, the whole and the first entry.
        replacing: Of each value that replaces a given-away one, the input whose place it takes.
        over: Of each whole that is written part by part over a given-away input, that input.
        spans: Of each view, the entries of its root that it looks at: first, and one past the last.
        copied: Of each given-away input whose place is still read when its new value is made, that
            value, to be copied there at the end.
        fresh: Values that take new memory in every call: results, single numbers, and what no
            function writes into a given place.
        contiguous: Values whose entries lie in order, one right after the other.
    """

    views: dict[Variable, Variable] = field(default_factory=dict)
    buffers: dict[Variable, Variable] = field(default_factory=dict)
    parts: dict[Variable, tuple[Variable, int]] = field(default_factory=dict)
    replacing: dict[Variable, Variable] = field(default_factory=dict)
    over: dict[Variable, Variable] = field(default_factory=dict)
    spans: dict[Variable, tuple[int, int]] = field(default_factory=dict)
    copied: dict[Variable, Variable] = field(default_factory=dict)
    fresh: set[Variable] = field(default_factory=set)
    contiguous: set[Variable] = field(default_factory=set)

    def root(self, variable: Variable) -> Variable:
        """The value whose memory a view looks at."""
        base = self.base(variable)
        return self.root(self.parts[base][0]) if base in self.parts else base

    def base(self, variable: Variable) -> Variable:
        """The value that a view looks at; a part of a concatenation is one of its own."""
        while variable in self.views:
            variable = self.views[variable]
        return variable

    def home(self, variable: Variable) -> Variable:
        """The value that first had the memory in which a value lies."""
        root = self.root(variable)
        root = self.replacing.get(root, root)
        return self.buffers.get(root, root)

    def in_order(self, variable: Variable) -> bool:
        """Whether a value is all of its base, entry by entry in the same order."""
        return variable in self.contiguous and variable.size == self.base(variable).size

    def whole(self, variable: Variable) -> bool:
        """Whether a value is all of the memory that it lies in, in order."""
        return variable in self.contiguous and variable.size == self.root(variable).size


def plan_memory(
    program: Program, given_away: Mapping[Variable, Variable], spent: Mapping[Variable, Variable]
) -> Memory:
    """Decide where each value lies.

    Args:
        program: The program.
        given_away: Inputs whose memory may be taken, each with the output that replaces it.
        spent: Inputs that may be written over, each with an output that may be handed out in their
            memory.

    Returns:
        The plan.
    """
    memory = Memory()
    _find_views(program, memory)
    _Planner(program, given_away, spent, memory).run()
    return memory


def _find_views(program: Program, memory: Memory) -> None:
    memory.contiguous.update(program.input_variables)
    for instruction in program.instructions:
        if not _is_view(instruction, memory):
            memory.contiguous.update(instruction.results)
            continue
        result = instruction.result
        source = instruction.operands[0]
        memory.views[result] = source
        first, last = memory.spans.get(source, (0, source.size))
        if source in memory.contiguous and _keeps_order(instruction):
            memory.contiguous.add(result)
            key = instruction.options.get("key")
            if isinstance(key, slice) and len(source.shape) == 1:
                start, stop, _ = key.indices(source.size)
                first, last = first + start, first + stop
        memory.spans[result] = first, last


def _is_view(instruction: Instruction, memory: Memory) -> bool:
    if instruction.function == "positive":
        return instruction.result.dtype != NUMBER
    if instruction.family != "view":
        return False
    if instruction.function == "reshape":  # of other orders, reshape makes a copy
        return instruction.operands[0] in memory.contiguous
    if instruction.function == "getitem":
        if instruction.result.shape == ():  # NumPy hands out a copy of a single entry
            return False
        key = instruction.options["key"]
        parts = key if isinstance(key, tuple) else (key,)
        return all(
            part is None or part is Ellipsis or isinstance(part, int | slice) for part in parts
        )
    return True


def _keeps_order(instruction: Instruction) -> bool:
    """Whether a view of ordered entries has its entries in order, one right after the other."""
    if instruction.function in ("reshape", "expand_dims", "squeeze", "positive"):
        return True
    if instruction.function != "getitem":
        return False
    key = instruction.options["key"]
    return isinstance(key, int) or (isinstance(key, slice) and key.step in (None, 1))


@final
@dataclass(eq=False)
class _Planner:
    """One walk along the program, with the buffers that are free at each point."""

    program: Program
    given_away: Mapping[Variable, Variable]
    spent: Mapping[Variable, Variable]
    memory: Memory

    def __post_init__(self) -> None:
        self.makers = {x: i for i in self.program.instructions for x in i.results}
        self.free: dict[tuple[str, int], list[Variable]] = defaultdict(list)
        self.targets: dict[Variable, Variable] = {}
        self._find_targets()
        self._find_fresh()
        self._find_parts()
        self._find_over()
        self.last_read = self._last_reads()

    def _find_targets(self) -> None:
        """Outputs that could be written where the given-away input lies that they replace."""
        replaced = set()
        for before, after in self.given_away.items():
            if after in replaced or not self._stands_alone(after):
                self.memory.copied[before] = after
            else:
                self.targets[after] = before
                replaced.add(after)

    def _stands_alone(self, variable: Variable) -> bool:
        """Whether a value has memory of its own that some call writes into."""
        maker = self.makers.get(variable)
        alone = variable not in self.memory.views and variable.dtype != NUMBER
        return alone and maker is not None and writes(maker) and variable.shape != ()

    def _find_fresh(self) -> None:
        memory, replacing = self.memory, set(self.given_away.values())
        roots = {memory.root(x) for x in self.program.output_variables if x not in replacing}
        memory.fresh |= {x for x in roots - replacing if x in self.makers}
        own = (x for x in self.makers if x not in memory.views)
        memory.fresh |= {x for x in own if not self._stands_alone(x)}

    def _find_parts(self) -> None:
        for instruction in self.program.instructions:
            whole, start = instruction.results[0], 0
            if instruction.function != "concat" or len(whole.shape) != 1 or whole in self.targets:
                continue
            for part in instruction.operands:
                root = self.memory.root(part)
                if self._can_move(root) and self.memory.whole(part):
                    self.memory.parts[root] = (whole, start)
                start += part.size

    def _find_over(self) -> None:
        for before, after in self.spent.items():
            maker = self.makers.get(after)
            joins = maker and maker.function == "concat" and after in self.memory.fresh
            if maker and joins and self._makes_way(before, maker):
                self.memory.over[after] = before

    def _makes_way(self, before: Variable, concat: Instruction) -> bool:
        """Whether each entry of an input is read for the last time before one is written there."""
        root, base = self.memory.root, self.memory.base
        places = {x: place for place, i in enumerate(self.program.instructions) for x in i.results}
        written, start = [], 0
        for part in concat.operands:
            moved = self.memory.parts.get(base(part)) == (concat.result, start)
            made = places[base(part) if moved else concat.result]
            written.append((start, start + part.size, made))
            start += part.size
        return not any(root(x) is before for x in self.program.output_variables) and all(
            place < made or stop <= first or last <= start
            for place, instruction in enumerate(self.program.instructions)
            if instruction.results[0] not in self.memory.views
            for x in instruction.reads
            if root(x) is before
            for first, last in [self.memory.spans.get(x, (0, x.size))]
            for start, stop, made in written
        )

    def _can_move(self, root: Variable) -> bool:
        memory = self.memory
        taken = root in memory.fresh or root in memory.parts or root in self.targets
        is_whole = any(whole is root for whole, _ in memory.parts.values())
        return not taken and not is_whole and self._stands_alone(root)

    def _last_reads(self) -> dict[Variable, int]:
        """The place in the program where each memory is read for the last time."""
        last: dict[Variable, int] = {}
        for place, instruction in enumerate(self.program.instructions):
            for variable in instruction.reads:
                if instruction.results[0] not in self.memory.views:
                    last[self.memory.root(variable)] = place
        for output in self.program.output_variables:
            if output not in self.targets:
                last[self.memory.root(output)] = NEVER
        return last

    def run(self) -> None:
        for place, instruction in enumerate(self.program.instructions):
            if instruction.results[0] in self.memory.views:
                continue
            for result in instruction.results:
                if result not in self.memory.fresh:
                    self._find_place(result, instruction, place)
            self._release(instruction, place)

    def _find_place(self, result: Variable, instruction: Instruction, place: int) -> None:
        before = self.targets.get(result)
        if before is not None:
            last = self.last_read.get(before, -1)
            if last < place or (last == place and self._aligned(result, instruction, before)):
                self.memory.replacing[result] = before
                return
            self.memory.copied[before] = result
            self.last_read[result] = NEVER
        root = self.memory.root(result)
        if root not in self.memory.buffers and root not in self.memory.fresh:
            self._take_buffer(result, instruction, place)

    def _aligned(self, result: Variable, instruction: Instruction, root: Variable) -> bool:
        """Whether a call reads some memory entry by entry where it writes the same entry."""
        allowed = overwrites(instruction)
        return all(
            number in allowed
            and operand.shape == result.shape
            and operand.dtype == result.dtype
            and self.memory.whole(operand)
            for number, operand in enumerate(instruction.operands)
            if type(operand) is Variable and self.memory.root(operand) is root
        )

    def _take_buffer(self, result: Variable, instruction: Instruction, place: int) -> None:
        buffers, root = self.memory.buffers, self.memory.root(result)
        if root is result:
            for operand in instruction.reads:
                old = self.memory.root(operand)
                dies = old in buffers and self.last_read[old] == place
                if dies and old.size == root.size and self._aligned(result, instruction, old):
                    buffers[root] = buffers[old]
                    self.last_read[old] = -1  # it lives on under another name
                    return
        free = self.free[root.dtype, root.size]
        buffers[root] = free.pop() if free else root

    def _release(self, instruction: Instruction, place: int) -> None:
        for old in dict.fromkeys(map(self.memory.root, instruction.reads)):  # a set has no order
            if old in self.memory.buffers and self.last_read[old] == place:
                self.free[old.dtype, old.size].append(self.memory.buffers[old])
