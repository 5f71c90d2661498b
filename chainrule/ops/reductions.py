"""Many numbers into one: sum, mean, largest, smallest."""

from math import inf, prod
from typing import Any

from chainrule.arrays import normalize_axes
from chainrule.autodiff import primitive
from chainrule.ops.choice import first_maximum

_TABLE = [([[1.0, -2.0, 0.5], [3.0, 0.25, -1.0]],)]
_AXES: list[dict[str, Any]] = [
    {},
    {"axis": 0},
    {"axis": -1},
    {"axis": 1, "keepdims": True},
    {"axis": (0, 1)},
]


@primitive("a = Σ x", samples=_TABLE, sample_options=_AXES, multilinear=True)
def sum(xp, x, *, axis=None, keepdims=False):
    """Add entries up."""
    return xp.sum(x, axis=axis, keepdims=keepdims)


@sum.vjp("x", "da/dx = 1")
def sum_wrt_x(xp, g, a, x, *, axis=None, keepdims=False):
    """Every term of a sum gets the sum's whole gradient."""
    return _spread(xp, g, x, axis, keepdims)


@primitive("a = Σ x / n", samples=_TABLE, sample_options=_AXES, multilinear=True)
def mean(xp, x, *, axis=None, keepdims=False):
    """Average entries."""
    return xp.mean(x, axis=axis, keepdims=keepdims)


@mean.vjp("x", "da/dx = 1 / n")
def mean_wrt_x(xp, g, a, x, *, axis=None, keepdims=False):
    """Each of n entries makes up one n-th of the mean."""
    n = prod(x.shape[i] for i in normalize_axes(axis, len(x.shape)))
    return _spread(xp, g / n, x, axis, keepdims)


def _to_next_largest(xp, x, *, axis=None, keepdims=False):
    """How far each entry is from winning or losing."""
    if not normalize_axes(axis, len(x.shape)):
        return None
    winner = xp.equal(_to_the_first(xp, 1, x, axis), 1)
    behind = xp.where(winner, inf, xp.max(x, axis=axis, keepdims=True) - x)
    return xp.where(winner, xp.min(behind, axis=axis, keepdims=True), behind)


@primitive(
    "a = max x",
    samples=_TABLE,
    sample_options=_AXES,
    corner=_to_next_largest,
    steepest=1,
    homogeneous=True,
)
def max(xp, x, *, axis=None, keepdims=False):
    """Keep the largest entry."""
    return xp.max(x, axis=axis, keepdims=keepdims)


def _not_beaten(xp, a, x, *, axis=None, keepdims=False):
    """The entries that may have been taken: not the ones that another entry beats."""
    return xp.where(xp.less(x, _spread(xp, a, x, axis, keepdims)), False, True)


@max.vjp("x", "da/dx = 1 at the first largest entry, 0 elsewhere", taken=_not_beaten)
def max_wrt_x(xp, g, a, x, *, axis=None, keepdims=False):
    """Only the winner had a part in the result; a tie goes to the first."""
    return _to_the_first(xp, _spread(xp, g, x, axis, keepdims), x, axis)


@primitive(
    "a = min x",
    samples=_TABLE,
    sample_options=_AXES,
    corner=lambda xp, x, **options: _to_next_largest(xp, -x, **options),
    steepest=1,
    homogeneous=True,
)
def min(xp, x, *, axis=None, keepdims=False):
    """Keep the smallest entry."""
    return xp.min(x, axis=axis, keepdims=keepdims)


@min.vjp(
    "x",
    "da/dx = 1 at the first smallest entry, 0 elsewhere",
    taken=lambda xp, a, x, **options: _not_beaten(xp, -a, -x, **options),
)
def min_wrt_x(xp, g, a, x, *, axis=None, keepdims=False):
    """The smallest entry is the largest with the signs turned, and only it had a part."""
    return max_wrt_x(xp, g, -a, -x, axis=axis, keepdims=keepdims)


@primitive("a = ln Σ e^x", samples=_TABLE, sample_options=_AXES)
def logsumexp(xp, x, *, axis=None, keepdims=False):
    """Add up numbers that are given by their logarithms: a largest entry with soft edges."""
    largest = xp.max(x, axis=axis, keepdims=True)
    largest = xp.where(xp.equal(xp.abs(largest), inf), 0, largest)  # inf - inf has no value
    total = xp.log(xp.sum(xp.exp(x - largest), axis=axis, keepdims=True)) + largest
    return total if keepdims else xp.sum(total, axis=axis)


@logsumexp.vjp("x", "da/dx = e^(x - a)")
def logsumexp_wrt_x(xp, g, a, x, *, axis=None, keepdims=False):
    """Each entry gets its share of the softmax."""
    return _spread(xp, g, x, axis, keepdims) * xp.exp(x - _spread(xp, a, x, axis, keepdims))


def _to_the_first(xp, g, x, axis):
    """Leave the gradient to the first largest entry, in the order of rows, and 0 to the others."""
    for one in reversed(normalize_axes(axis, len(x.shape))):
        g = xp.where(first_maximum(x, axis=one), g, 0)
        x = xp.max(x, axis=one, keepdims=True)
    return g


def _spread(xp, g, x, axis, keepdims):
    """Give the gradient of a reduced result to every entry that went into it."""
    if not keepdims:
        reduced = normalize_axes(axis, len(x.shape))
        g = xp.reshape(g, tuple(1 if i in reduced else n for i, n in enumerate(x.shape)))
    return xp.broadcast_to(g, x.shape)
