"""What others must know of an op, so that nobody else keeps a table of names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
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
        together = _run(op, [[list(column)] for column in zip(*rows, strict=True)])
        alone = [_run(op, [[[number]] for number in row]) for row in rows]
    except (ChainruleError, TypeError, IndexError):
        return False
    if together.shape != (1, len(rows)) or any(one.shape != (1, 1) for one in alone):
        return False
    return len(rows) > 1 and together.tolist()[0] == [one.item() for one in alone]


def needs_result(op: Primitive, index: int) -> bool:
    """Whether the rule of an input, run on the op's samples, fails without the op's result."""
    try:
        for sample in op.samples:
            inputs = [arrays.asarray(x) for x in (sample[0] if op.sequence else sample)]
            g = arrays.ones_like(op.value(arrays, inputs, op.sample_options[0]))
            op.share(index, g, None, inputs, op.sample_options[0])
    except (ChainruleError, TypeError, AttributeError):
        return True
    return False


def _run(op: Primitive, inputs: Sequence[Any]) -> Any:
    return op.value(arrays, [arrays.asarray(x) for x in inputs], op.sample_options[0])


def _entries(sample: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The numbers of a sample that meet one another, one tuple for every place."""
    stretched = arrays.broadcast_arrays(*map(arrays.asarray, sample))
    return list(zip(*(x.reshape(prod(x.shape)).tolist() for x in stretched), strict=True))
