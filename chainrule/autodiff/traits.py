"""What others must know of an op, so that nobody else keeps a table of names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from math import isclose
from typing import TYPE_CHECKING, Any, NamedTuple

from chainrule import arrays
from chainrule.errors import ChainruleError

if TYPE_CHECKING:
    from chainrule.autodiff.primitive import Primitive


class Traits(NamedTuple):
    """What an op says of itself when it is declared; see `primitive` for each."""

    corner: Callable[..., Any] | None = None
    steepest: float | Callable[..., float] | None = None
    homogeneous: bool = False
    multilinear: bool = False
    sizes: Callable[..., Any] | None = None
    plain: Callable[..., Any] | None = None


def keeps_shape(op: Primitive) -> bool:
    """Whether the op turns a table into a table of the same shape, with its options left out."""
    table = arrays.asarray([[0.25, 0.5, 0.75], [1.0, 1.25, 1.5]])
    try:
        return bool(op.value(arrays, [table], {}).shape == table.shape)
    except (ChainruleError, TypeError):
        return False


def keeps_entries_apart(op: Primitive) -> bool:
    """Whether the op, run on all of its samples side by side, gives what each gives alone."""
    if op.sequence:
        return False
    try:
        rows = [row for sample in op.samples for row in _entries(sample)]
        (together,) = _run(op, [[list(column)] for column in zip(*rows, strict=True)]).tolist()
        alone = [_run(op, [[[number]] for number in row]).tolist() for row in rows]
        return len(rows) > 1 and [[[number]] for number in together] == alone
    except (ChainruleError, ValueError, TypeError, IndexError):
        return False


def signs_of_moved(op: Primitive) -> tuple[int, ...]:
    """The sign with which each input of the op comes out, moved but not changed, and added up.

    `(1, 1)` for a sum, `(1, -1)` for a difference, `(1,)` for a table that is transposed: so its
    derivative is 1 or -1. Empty where the op, run on its samples, does more than that.
    """
    try:
        signs = [_signs(op, [arrays.asarray(x) for x in sample]) for sample in op.samples]
    except (ChainruleError, TypeError):
        return ()
    return signs[-1] if all(map(all, signs)) else ()


@cache
def gives_the_same(op: Primitive, other: Primitive) -> bool:
    """Whether the op, run on the samples of another one, gives what that one gives."""
    if op is other:
        return True
    if len(op.inputs) != len(other.inputs) or op.sequence != other.sequence:
        return False
    options = other.sample_options[0]
    try:
        for sample in other.samples:
            inputs = [arrays.asarray(x) for x in sample]
            mine, its = (one.value(arrays, inputs, options) for one in (op, other))
            if mine.shape != its.shape or not all(map(isclose, mine.data, its.data)):
                return False
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return False  # made for other arrays than these
    return True


def needs_result(op: Primitive, index: int) -> bool:
    """Whether the rule of an input, run on the op's samples, fails without the op's result."""
    try:
        for sample in op.samples:
            inputs = [arrays.asarray(x) for x in sample]
            g = arrays.ones_like(op.value(arrays, inputs, op.sample_options[0]))
            op.share(index, g, None, inputs, op.sample_options[0])
    except (ChainruleError, TypeError, AttributeError):
        return True
    return False


def _signs(op: Primitive, inputs: Sequence[Any]) -> tuple[int, ...]:
    """For each input 1 or -1, or 0 if it is changed or the op is no sum of its inputs alone."""
    nothing = [0 * x for x in inputs]
    parts = [_run(op, [*nothing[:i], x, *nothing[i + 1 :]]) for i, x in enumerate(inputs)]
    whole, turned = _run(op, inputs), _run(op, [-x for x in inputs])
    if not whole.tolist() == sum(parts[1:], parts[0]).tolist() == (-turned).tolist():
        return (0,)
    came_out = [{*part.data} - {0} for part in parts]
    return tuple(
        next((sign for sign in (1, -1) if numbers and numbers <= {*(sign * x).data}), 0)
        for numbers, x in zip(came_out, inputs, strict=True)
    )


def _run(op: Primitive, inputs: Sequence[Any]) -> Any:
    return op.value(arrays, [arrays.asarray(x) for x in inputs], op.sample_options[0])


def _entries(sample: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The numbers of a sample that meet one another, one tuple for every place."""
    stretched = arrays.broadcast_arrays(*map(arrays.asarray, sample))
    return list(zip(*(x.data for x in stretched), strict=True))
