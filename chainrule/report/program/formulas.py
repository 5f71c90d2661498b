"""One entry of a program's variable as a formula of other entries."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import prod
from typing import Any, final

from chainrule import arrays
from chainrule.arrays import Symbol
from chainrule.engines import OPERATORS, Instruction, Program, Variable, function
from chainrule.errors import KindError
from chainrule.report.program.notation import Index, Notation, Position

_VIEWS = {"matrix_transpose", "expand_dims", "reshape", "broadcast_to", "positive", "astype"}
_FILLED = {"ones_like": 1, "zeros_like": 0}
_GATHERED = {"sum": "sum", "mean": "sum", "max": "max", "min": "min"}


@final
class Formulas:
    """What each entry of a program is made of.

    Args:
        program: The program.
        written: The variables that have a line of their own; the others are put in where they
            are used.
        notation: How entries and sums over them are written.
    """

    def __init__(self, program: Program, written: Collection[Variable], notation: Notation) -> None:
        self.makers = {call.result: call for call in program.instructions}
        self.written = written
        self.notation = notation

    def entry(self, x: Any, index: Index) -> Symbol:
        """An entry by name if it has a line of its own, else what it is made of."""
        if type(x) is not Variable:
            return Symbol(x)
        if x in self.written:
            return self.notation.entry(x.name, x.shape, index)
        return self.made(x, index)

    def made(self, x: Variable, index: Index) -> Symbol:
        """What an entry is made of.

        Raises:
            KindError: If the variable comes from a function that cannot be written out.
        """
        call = self.makers[x]
        if call.function in _FILLED:
            return Symbol(_FILLED[call.function])
        if call.function in _VIEWS:
            return self.entry(call.operands[0], _seen(call, index))
        if call.function in _GATHERED:
            return self._gathered(call, index)
        if call.function == "matmul" and all(len(x.shape) == 2 for x in call.reads):
            return self._product(call, index)
        if call.family == "elementwise":
            operands = [
                arrays.asarray(self.entry(x, _aligned(x, index))) if type(x) is Variable else x
                for x in call.operands
            ]
            formula: Symbol = function(call.function).call(arrays, operands, call.options).item()
            return formula
        raise KindError(
            f"{call.function} was recorded and cannot be written out entry by entry; "
            'print the program of an engine instead: engine="numpy"'
        )

    def _product(self, call: Instruction, index: Index) -> Symbol:
        left, right = call.operands
        row, column = index

        def term(k: Position) -> Symbol:
            return self.entry(left, (row, k)) * self.entry(right, (k, column))

        return self.notation.gathered("sum", left.shape[1], index, term)

    def _gathered(self, call: Instruction, index: Index) -> Symbol:
        """A sum, mean, largest or smallest entry over some axes."""
        (x,) = call.reads
        axes = call.axes
        remaining = list(index)
        if call.options.get("keepdims"):
            remaining = [place for axis, place in enumerate(index) if axis not in axes]

        def over(axes: Sequence[int], places: dict[int, Position]) -> Symbol:
            if not axes:
                rest = iter(remaining)
                whole = tuple(
                    places[axis] if axis in places else next(rest) for axis in range(len(x.shape))
                )
                return self.entry(x, whole)
            first, *others = axes
            return self.notation.gathered(
                _GATHERED[call.function],
                x.shape[first],
                (*remaining, *places.values()),
                lambda place: over(others, places | {first: place}),
            )

        total = over(axes, {})
        return total / prod(x.shape[a] for a in axes) if call.function == "mean" else total


def readings(call: Instruction, x: Variable) -> int:
    """How often a call reads each entry of an operand.

    Example:
        >>> w, v, z = Variable((3, 2), "float64"), Variable((2, 5), "float64"), None
        >>> product = Instruction("matmul", (w, v), {}, Variable((3, 5), "float64"))
        >>> readings(product, w), readings(product, v)
        (5, 3)
    """
    uses = sum(operand is x for operand in call.operands)
    if call.function in _FILLED or not x.size:
        return 0
    if call.function == "matmul":
        products: int = call.result.size * call.operands[0].shape[-1]
        return uses * products // x.size
    if call.family == "elementwise" or call.function == "broadcast_to":
        return uses * call.result.size // x.size
    return uses


def is_plain(call: Instruction) -> bool:
    """Whether its result says nothing new: a view, a constant, or an entry and a number."""
    if call.function in _VIEWS or call.function in _FILLED:
        return True
    return call.function in OPERATORS and len(call.reads) == 1


def _aligned(x: Variable, index: Index) -> Index:
    """The entry of a broadcast operand that meets an entry of the result.

    Axes of length 1 keep the result's place: they have no index when they are written.
    """
    return index[len(index) - len(x.shape) :]


def _seen(call: Instruction, index: Index) -> Index:
    """The entry of the operand that a view shows at an index."""
    (x,) = call.reads
    if call.function == "matrix_transpose":
        *front, row, column = index
        return (*front, column, row)
    if call.function == "broadcast_to":
        return _aligned(x, index)
    long = [place for size, place in zip(call.result.shape, index, strict=True) if size != 1]
    if len(long) != sum(size != 1 for size in x.shape):
        raise KindError(
            f"a reshape from {x.shape} to {call.result.shape} was recorded; only axes of length 1 "
            "can be written out as coming and going"
        )
    places = iter(long)
    return tuple(0 if size == 1 else next(places) for size in x.shape)
