"""A kernel: calls that go over the same table together, row by row, in one loop.

Inside a kernel a value is one of three things. A *cell* value has the table's shape, and exists for
one entry at a time. A *row* value is one number per row: a reduction along the row, or what is made
of such. A *sum* is collected while the loop runs, over all rows or over everything, and may be read
only after it. A reduction along a row must be complete before its result can be used, so the cells
of a row are gone through in *phases*.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import prod
from typing import Any, final

from chainrule.engines.program import NUMBER, Instruction, Program, Variable

_SIMPLE = (
    "add subtract multiply divide negative maximum minimum where abs sqrt square positive equal "
    "not_equal less less_equal greater greater_equal logical_and logical_or logical_not "
    "astype"
)
CHEAP = set(_SIMPLE.split())
"""Functions that a compiler turns into a few vector instructions."""

COSTLY = {"exp", "log", "tanh", "log1p", "expm1"}
"""Functions that NumPy vectorises and a compiled loop does not."""

ALIASES = {"reshape", "expand_dims", "squeeze"}
REDUCTIONS = {"sum", "mean", "max", "min", "argmax"}
_SMALL = 4096  # cells up to which a call's overhead weighs more than vectorised reductions
_WORTH = 2  # calls from which on a kernel is quicker than they are


@final
@dataclass(eq=False)
class Kernel:
    """Calls that run as one.

    Attributes:
        shape: The shape of the table, `(rows, columns)`, or `(entries,)`.
        dtype: The number kind of its values.
        instructions: The calls, in order.
        kinds: What each value made inside is: "cell", "row", "column sum" or "total".
        phases: The phase of each cell value, and the first one in which each row value is there.
        results: The values that are read outside.
    """

    shape: tuple[int, ...]
    dtype: str
    instructions: list[Instruction] = field(default_factory=list)
    kinds: dict[Variable, str] = field(default_factory=dict)
    phases: dict[Variable, int] = field(default_factory=dict)
    results: tuple[Variable, ...] = ()

    function = "kernel"
    family = "other"

    @property
    def operands(self) -> tuple[Variable, ...]:
        """The values that it reads, each once."""
        read = {x: None for i in self.instructions for x in i.reads if x not in self.kinds}
        return tuple(read)

    reads = operands

    @property
    def last_phase(self) -> int:
        """The number of the last phase; 0 if each row is gone through once."""
        return max(self.phases.values())

    def take(self, instruction: Instruction) -> bool:
        """Add a call if it goes over the table like the others.

        Returns:
            Whether it was added.
        """
        kind = self._kind(instruction)
        if kind is None:
            return False
        result = instruction.result
        inside = [self.phases[x] for x in instruction.reads if x in self.kinds]
        one_later = instruction.function in REDUCTIONS and kind == "row"
        self.kinds[result] = kind
        self.phases[result] = max(inside, default=0) + one_later
        self.instructions.append(instruction)
        return True

    def _kind(self, instruction: Instruction) -> str | None:
        """What the result of a call would be in this kernel; None if it does not fit."""
        if not self._speaks(instruction):
            return None
        if any(self.kinds.get(x) in ("column sum", "total") for x in instruction.reads):
            return None
        if instruction.function in ALIASES:
            return self._kind_of_alias(instruction)
        if instruction.function in REDUCTIONS:
            return self._kind_of_reduction(instruction)
        result = instruction.result
        kinds = {self._kind_of_operand(x, result.shape) for x in instruction.reads}
        if None in kinds:
            return None
        if result.shape == self.shape and (
            "cell" in kinds or all(x not in self.kinds for x in instruction.reads)
        ):
            return "cell" if instruction.function in CHEAP or self._small() else None
        is_row = result.shape in self._row_shapes() and "cell" not in kinds
        return "row" if is_row and self._small() else None

    def _kind_of_operand(self, x: Variable, shape: tuple[int, ...]) -> str | None:
        """How an operand is read: from inside as what it is there, from outside by its shape."""
        if x in self.kinds:
            kind = self.kinds[x]
            column_of_rows = kind == "row" and shape == self.shape and x.shape == (shape[0], 1)
            return kind if x.shape == shape or column_of_rows else None
        if x.dtype == NUMBER or x.shape == ():
            return "number"
        if x.shape == shape == self.shape:
            return "cell"
        if len(self.shape) == 1:
            return None
        rows, columns = self.shape
        if shape == self.shape:
            known = {(columns,): "column", (1, columns): "column", (rows, 1): "row"}
            return known.get(x.shape)
        ambiguous = x.shape == (columns,)  # it could as well be one number per column
        return "row" if x.shape == shape in self._row_shapes() and not ambiguous else None

    def _kind_of_reduction(self, instruction: Instruction) -> str | None:
        x, result = instruction.operands[0], instruction.result
        axes, rank = instruction.axes, len(x.shape)
        kind = self.kinds.get(x) or ("cell" if x.shape == self.shape else None)
        if kind == "cell" and rank == 2 and axes == (1,) and self._small():
            return "row"
        if kind == "cell" and rank == 2 and axes == (0,) and result.shape == (self.shape[1],):
            return "column sum" if instruction.function in ("sum", "mean") else None
        if result.shape == () and instruction.function in ("sum", "mean") and self._small():
            return "total" if kind == "cell" or (kind == "row" and x in self.kinds) else None
        return None

    def _kind_of_alias(self, instruction: Instruction) -> str | None:
        """One number per row is the same as `(rows,)` and as `(rows, 1)`."""
        x = instruction.operands[0]
        fits = {x.shape, instruction.result.shape} <= set(self._row_shapes())
        return "row" if fits and self.kinds.get(x) == "row" else None

    def _row_shapes(self) -> tuple[tuple[int, ...], ...]:
        return ((self.shape[0], 1), (self.shape[0],)) if len(self.shape) == 2 else ()

    def _small(self) -> bool:
        return prod(self.shape) <= _SMALL

    def _speaks(self, instruction: Instruction) -> bool:
        """Whether a kernel knows the function, for these number kinds."""
        kinds = {x.dtype for x in (*instruction.reads, instruction.result)}
        known = instruction.function in CHEAP | COSTLY | REDUCTIONS | ALIASES
        of_a_row = all(x.dtype != "int64" or self.kinds.get(x) == "row" for x in instruction.reads)
        compares = instruction.function in ("equal", "not_equal")
        if instruction.function == "argmax" or (compares and of_a_row):
            kinds.discard("int64")  # places along a row, which are found and compared, and no more
        return known and kinds <= {self.dtype, "bool", NUMBER}


def fuse(program: Program) -> Program:
    """The program with kernels in the place of calls that go well together.

    The order of calls is free as long as each comes after what it reads. While a kernel is open,
    calls that fit it are taken before all others; when none is left it closes.
    """
    waiting = list(program.instructions)
    computed: set[Variable] = set(program.input_variables)
    ordered: list[Any] = []
    while waiting:
        for quiet in [i for i in waiting if _is_quiet(i)]:
            if computed.issuperset(quiet.reads):
                waiting.remove(quiet)
                ordered.append(quiet)
                computed.add(quiet.result)
        first = next((i for i in waiting if computed.issuperset(i.reads)), None)
        if first is None:
            continue
        kernel = _opened_by(first)
        taken = [first] if kernel is None else _filled(kernel, waiting, computed)
        waiting = [i for i in waiting if i not in taken]
        ordered += taken if kernel is None else _closed(kernel, program)
        computed.update(i.result for i in taken)
    return replace(program, instructions=tuple(ordered))


def _opened_by(instruction: Instruction) -> Kernel | None:
    """A kernel that starts with a call, or None if it is none for a kernel."""
    values = (*instruction.reads, instruction.result)
    shape = max((x.shape for x in values), key=lambda one: (len(one), one))
    floats = [x.dtype for x in values if "float" in x.dtype]
    if len(shape) not in (1, 2) or 0 in shape or not floats:
        return None
    kernel = Kernel(shape, floats[0])
    return kernel if kernel.take(instruction) else None


def _filled(
    kernel: Kernel, waiting: list[Instruction], computed: set[Variable]
) -> list[Instruction]:
    """Give a kernel every waiting call that fits; what it has then."""
    while True:
        known = computed | kernel.kinds.keys()
        ready = (i for i in waiting if i not in kernel.instructions and known.issuperset(i.reads))
        if not any(kernel.take(i) for i in ready):
            return kernel.instructions


def _closed(kernel: Kernel, program: Program) -> list[Any]:
    """The kernel with what is read outside as its results; or its calls, if they are too few."""
    inside = set(kernel.instructions)
    needed = {x for i in program.instructions if i not in inside for x in i.reads}
    needed.update(program.output_variables)
    kernel.results = tuple(x for x in kernel.kinds if x in needed)
    work = sum(2 if i.function == "where" else 1 for i in inside if i.family != "view")
    has_table = any(x.shape == kernel.shape for x in (*kernel.operands, *kernel.results))
    return [kernel] if work >= _WORTH and has_table else kernel.instructions


def _is_quiet(instruction: Instruction) -> bool:
    """Whether a call makes no work on arrays."""
    quiet = instruction.family in ("view", "creation")
    return quiet or instruction.result.dtype == NUMBER
