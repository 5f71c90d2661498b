"""Arithmetic and the elementary functions, entry by entry."""

from math import hypot
from numbers import Number

from chainrule import arrays
from chainrule.autodiff import primitive

_PAIRS = [(2.0, 3.0), (-1.5, 0.5), ([[1.0, -2.0], [0.5, 4.0]], [3.0, -0.25])]
_ANY = [(-2.0,), (0.5,), ([[1.0, -3.0], [0.25, 2.0]],)]
_POSITIVE = [(0.5,), (2.0,), ([[1.0, 3.0], [0.25, 2.0]],)]


@primitive("a = x + y", samples=_PAIRS, multilinear=True)
def add(xp, x, y):
    """Bring two quantities together."""
    return x + y


@add.vjp("x", "da/dx = 1")
def add_wrt_x(xp, g, a, x, y):
    """A sum hands its gradient on to each of its terms unchanged."""
    return g


@add.vjp("y", "da/dy = 1")
def add_wrt_y(xp, g, a, x, y):
    """A sum hands its gradient on to each of its terms unchanged."""
    return g


@primitive("a = x - y", samples=_PAIRS)
def subtract(xp, x, y):
    """Measure how far one quantity is from another."""
    return x - y


@subtract.vjp("x", "da/dx = 1")
def subtract_wrt_x(xp, g, a, x, y):
    """Raising the first term raises the difference as much."""
    return g


@subtract.vjp("y", "da/dy = -1")
def subtract_wrt_y(xp, g, a, x, y):
    """Raising what is taken away lowers the difference as much."""
    return -g


@primitive("a = x · y", samples=_PAIRS, multilinear=True)
def multiply(xp, x, y):
    """Scale one quantity by another."""
    return x * y


@multiply.vjp("x", "da/dx = y")
def multiply_wrt_x(xp, g, a, x, y):
    """Each factor matters as much as the other one is large."""
    return g * y


@multiply.vjp("y", "da/dy = x")
def multiply_wrt_y(xp, g, a, x, y):
    """Each factor matters as much as the other one is large."""
    return g * x


@primitive("a = x / y", samples=_PAIRS)
def divide(xp, x, y):
    """Measure one quantity in units of another."""
    return x / y


@divide.vjp("x", "da/dx = 1 / y")
def divide_wrt_x(xp, g, a, x, y):
    """The larger the unit, the less a change of the measured thing counts."""
    return g / y


@divide.vjp("y", "da/dy = -a / y")
def divide_wrt_y(xp, g, a, x, y):
    """A larger unit makes the measure smaller, the more so the smaller the unit was."""
    return -g * a / y


@primitive("a = -x", samples=_ANY, homogeneous=True)
def negative(xp, x):
    """Turn the sign around."""
    return -x


@negative.vjp("x", "da/dx = -1")
def negative_wrt_x(xp, g, a, x):
    """What raises x lowers its negative."""
    return -g


@primitive("a = x^y", samples=[(2.0, 3.0), (0.5, -1.5), ([[1.0, 2.0], [0.5, 4.0]], [3.0, 0.25])])
def pow(xp, x, y):
    """Multiply a quantity with itself."""
    return x**y


@pow.vjp("x", "da/dx = y · x^(y - 1)")
def pow_wrt_x(xp, g, a, x, y):
    """A power falls by one and its old exponent comes down as a factor."""
    lower = y - 1
    if isinstance(y, Number):
        return g * y * x**lower if y else xp.zeros_like(g)
    # Of an exponent 0 at x = 0, 0 · x^-1 would be nan; elsewhere that tells of the curvature.
    return g * y * xp.where(xp.equal(y, 0), xp.where(xp.equal(x, 0), 1, x), x) ** lower


@pow.vjp("y", "da/dy = a · ln x")
def pow_wrt_y(xp, g, a, x, y):
    """The exponent counts in units of the logarithm of the base; a base of zero stays at zero."""
    base = x + 0 * y  # a constant base takes on the number kind of the exponent
    return g * a * xp.log(xp.where(xp.equal(base, 0), 1, base))


@primitive("a = e^x", samples=_ANY)
def exp(xp, x):
    """Grow in proportion to what is there."""
    return xp.exp(x)


@exp.vjp("x", "da/dx = a")
def exp_wrt_x(xp, g, a, x):
    """The exponential is its own slope."""
    return g * a


@primitive("a = ln x", samples=_POSITIVE)
def log(xp, x):
    """Count how many times e must be multiplied to reach x."""
    return xp.log(x)


@log.vjp("x", "da/dx = 1 / x")
def log_wrt_x(xp, g, a, x):
    """A logarithm feels relative change: small numbers move it most."""
    return g / x


@primitive("a = ln(1 + x)", samples=_POSITIVE)
def log1p(xp, x):
    """Take the logarithm of a number near 1 without losing the digits that set it apart from 1."""
    return xp.log1p(x)


@log1p.vjp("x", "da/dx = 1 / (1 + x)")
def log1p_wrt_x(xp, g, a, x):
    """The logarithm's slope, one further to the right."""
    return g / (1 + x)


@primitive("a = e^x - 1", samples=_ANY)
def expm1(xp, x):
    """Measure growth from where it starts, with every digit of a small step."""
    return xp.expm1(x)


@expm1.vjp("x", "da/dx = e^x")
def expm1_wrt_x(xp, g, a, x):
    """Shifting the exponential down changes no slope."""
    return g * xp.exp(x)


@primitive("a = √x", samples=_POSITIVE)
def sqrt(xp, x):
    """Find the side of the square."""
    return xp.sqrt(x)


@sqrt.vjp("x", "da/dx = 1 / (2·a)")
def sqrt_wrt_x(xp, g, a, x):
    """Steep near zero and flatter the larger the root already is."""
    return g / (2 * a)


def _distance_from_zero(x):
    """The absolute value of plain numbers, complex ones too."""
    if x.dtype is not arrays.complex128:
        return arrays.abs(x)
    sizes = [hypot(number.real, number.imag) for number in x.data]
    return arrays.reshape(arrays.asarray(sizes), x.shape)


@primitive(
    "a = |x|",
    samples=_ANY,
    corner=lambda xp, x: x,
    steepest=1,
    homogeneous=True,
    plain=_distance_from_zero,
)
def abs(xp, x):
    """Forget the sign; of a plain complex number, say how far from 0 it is.

    In an array, the imaginary part of a complex number carries a derivative, and |x| = ±x.
    """
    return xp.abs(x)


@abs.vjp("x", "da/dx = sign(x)")
def abs_wrt_x(xp, g, a, x):
    """The slope is the sign; at the kink it is taken as 0."""
    return xp.where(xp.equal(x, 0), 0, xp.where(x < 0, -g, g))


@primitive("a = sin x", samples=_ANY)
def sin(xp, x):
    """Say how high a point on the unit circle stands at the angle x, in radians."""
    return xp.sin(x)


@sin.vjp("x", "da/dx = cos x")
def sin_wrt_x(xp, g, a, x):
    """The height grows fastest at the angle 0, and not at all at the top."""
    return g * xp.cos(x)


@primitive("a = cos x", samples=_ANY)
def cos(xp, x):
    """Say how far to the right a point on the unit circle lies at the angle x, in radians."""
    return xp.cos(x)


@cos.vjp("x", "da/dx = -sin x")
def cos_wrt_x(xp, g, a, x):
    """The higher the point stands, the faster it moves to the left."""
    return -g * xp.sin(x)


@primitive("a = tan x", samples=[(-1.2,), (0.5,), ([[1.0, -0.75], [0.25, 3.0]],)])
def tan(xp, x):
    """Say how steep the line from the middle to the point on the unit circle is."""
    return xp.tan(x)


@tan.vjp("x", "da/dx = 1 + a^2")
def tan_wrt_x(xp, g, a, x):
    """Slope 1 through zero, and ever steeper towards the upright line."""
    return g * (1 + a * a)
