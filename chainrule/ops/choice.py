"""Comparing and choosing: the branches of a computation.

Comparisons have no derivative: a nudge too small to change their answer changes nothing.
"""

from chainrule.autodiff import primitive

_PAIRS = [(2.0, 3.0), (-1.5, -2.5), ([[1.0, -2.0], [0.5, 4.0]], [3.0, -0.25])]


@primitive("a = x == y", samples=_PAIRS)
def equal(xp, x, y):
    """Ask entry by entry whether two arrays are the same."""
    return xp.equal(x, y)


@primitive("a = x != y", samples=_PAIRS)
def not_equal(xp, x, y):
    """Ask entry by entry whether two arrays differ."""
    return xp.not_equal(x, y)


@primitive("a = x < y", samples=_PAIRS)
def less(xp, x, y):
    """Ask entry by entry whether x is below y."""
    return x < y


@primitive("a = x <= y", samples=_PAIRS)
def less_equal(xp, x, y):
    """Ask entry by entry whether x is at most y."""
    return x <= y


@primitive("a = x > y", samples=_PAIRS)
def greater(xp, x, y):
    """Ask entry by entry whether x is above y."""
    return x > y


@primitive("a = x >= y", samples=_PAIRS)
def greater_equal(xp, x, y):
    """Ask entry by entry whether x is at least y."""
    return x >= y


@primitive(
    "a = 1 at the first largest entry along the axis, 0 elsewhere",
    samples=[([[1.0, 3.0, 3.0], [-2.0, -5.0, 0.5]],)],
    sample_options=[{"axis": -1}, {"axis": 0}],
)
def first_maximum(xp, x, *, axis):
    """Point out the largest entry; a tie goes to the first."""
    axis = axis % len(x.shape)
    places = [1] * len(x.shape)
    places[axis] = x.shape[axis]
    return xp.equal(
        xp.reshape(xp.arange(x.shape[axis]), tuple(places)),
        xp.expand_dims(xp.argmax(x, axis=axis), axis=axis),
    )


def _not_less(xp, a, x, y):
    """Where x may have been taken; a tie, which is a corner, leaves both open, and so does NaN."""
    return xp.where(xp.less(x, y), False, True)


def _not_greater(xp, a, x, y):
    """Where y may have been taken."""
    return xp.where(xp.greater(x, y), False, True)


@primitive("a = max(x, y)", samples=_PAIRS, corner=lambda xp, x, y: x - y, steepest=1)
def maximum(xp, x, y):
    """Keep the larger of two numbers."""
    return xp.maximum(x, y)


@maximum.vjp("x", "da/dx = 1 if x >= y else 0", taken=_not_less)
def maximum_wrt_x(xp, g, a, x, y):
    """The larger one takes all of the gradient; a tie goes to the first."""
    return xp.where(xp.less(x, y), 0, g)  # asked this way round, NaN passes


@maximum.vjp("y", "da/dy = 1 if y > x else 0", taken=_not_greater)
def maximum_wrt_y(xp, g, a, x, y):
    """The larger one takes all of the gradient; a tie goes to the first."""
    return xp.where(xp.greater_equal(x, y), 0, g)


@primitive("a = min(x, y)", samples=_PAIRS, corner=lambda xp, x, y: x - y, steepest=1)
def minimum(xp, x, y):
    """Keep the smaller of two numbers."""
    return xp.minimum(x, y)


@minimum.vjp("x", "da/dx = 1 if x <= y else 0", taken=_not_greater)
def minimum_wrt_x(xp, g, a, x, y):
    """The smaller one takes all of the gradient; a tie goes to the first."""
    return xp.where(xp.greater(x, y), 0, g)  # asked this way round, NaN passes


@minimum.vjp("y", "da/dy = 1 if y < x else 0", taken=_not_less)
def minimum_wrt_y(xp, g, a, x, y):
    """The smaller one takes all of the gradient; a tie goes to the first."""
    return xp.where(xp.less_equal(x, y), 0, g)


@primitive(
    "a = x if condition else y",
    samples=[(True, 2.0, 3.0), ([[True, False], [False, True]], [[1.0, -2.0], [0.5, 4.0]], 3.0)],
)
def where(xp, condition, x, y):
    """Choose entry by entry between two arrays."""
    return xp.where(condition, x, y)


@where.vjp(
    "x",
    "da/dx = 1 if condition else 0",
    taken=lambda xp, a, condition, x, y: xp.where(condition, True, False),
)
def where_wrt_x(xp, g, a, condition, x, y):
    """Only what was chosen had a part in the result."""
    return xp.where(condition, g, 0)


@where.vjp(
    "y",
    "da/dy = 0 if condition else 1",
    taken=lambda xp, a, condition, x, y: xp.where(condition, False, True),
)
def where_wrt_y(xp, g, a, condition, x, y):
    """Only what was chosen had a part in the result."""
    return xp.where(condition, 0, g)
