"""Functions with hand-written gradients: from a calculus sheet, with `math`, and custom ops."""

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import chainrule as cr
from benchmarks.gallery.entry import NAMELESS, Entry, function_entries
from chainrule.arrays import asarray

OUT = asarray([1.0, -2.0, 0.5, 3.0])
LOOKED_UP = asarray([[1.0, 2.0], [3.0, -1.0], [0.5, 4.0]])
COEFFICIENTS = (1.0, 2.0, -0.5, 1.5, 3.0)
X = [[0.5, -1.0], [1.5, 0.25], [-0.75, 2.0]]
Y = [1.0, -0.5, 2.0]

Gradient = Callable[..., Any]
Slips = tuple[tuple[str, dict[str, Any] | Gradient, str], ...]
"""What is wrong; the right gradient's options that make it so, or a gradient; a pattern."""

OVERWRITTEN = r"`=` .*`\+=`"


def known(w):
    return (2 * w[0] + w[1] - 1.5) ** 2 + 0.1 * w[0] * w[0]


def known_slopes(w, inner=2, tail=0.2, outer=2):
    r = 2 * w[0] + w[1] - 1.5
    return [outer * r * inner + tail * w[0], outer * r]


KNOWN_SLIPS: Slips = (
    ("the last term is forgotten", {"tail": 0}, r"0\.1·x\[0\]·x\[0\] is missing"),
    ("the inner factor 2 is forgotten", {"inner": 1}, r"factor 2 is left out"),
    (
        "the 2 of the square is forgotten",
        {"outer": 1},
        r"exponent is lowered but does not come down|\^.*half",
    ),
    ("0.1·w0 for 0.2·w0", {"tail": 0.1}, r"0\.1·x\[0\].*(half|missing)"),
)


def squares(w):
    return w[0] ** 2 + w[1] ** 2


def squares_slopes(w, *, first=2, second=2):
    return [first * w[0], second * w[1]]


SQUARES_SLIPS: Slips = (
    ("the second entry is left at 0", {"second": 0}, r"x\[1\]"),
    ("w for 2w", {"first": 1, "second": 1}, "every gradient is half"),
    ("the two entries are exchanged", lambda w: [2 * w[1], 2 * w[0]], r"0 and 1 of x are swapped"),
)


def product(w):
    return cr.tanh(w[0]) * cr.exp(w[1])


def product_slopes(w, *, right=True, inner=True):
    t, e = math.tanh(w[0]), math.exp(w[1])
    return [e * ((1 - t * t) if inner else 1), right * t * e]


PRODUCT_SLIPS: Slips = (
    ("the derivative of tanh is forgotten", {"inner": False}, r"tanh"),
    ("the second factor counts as a constant", {"right": False}, r"exp\(x\[1\]\)|x\[1\]"),
)


def quotient(w):
    return w[0] / (w[1] ** 2 + 1)


def quotient_slopes(w, sign=-1, inner=True):
    d = w[1] ** 2 + 1
    return [1 / d, sign * w[0] / d**2 * (2 * w[1] if inner else 1)]


QUOTIENT_SLIPS: Slips = (
    ("the quotient rule without its minus", {"sign": 1}, r"wrong sign"),
    ("the inner derivative 2·w1 is forgotten", {"inner": False}, r"x\[1\]\^2"),
)


def normalised(x):
    centred = x - cr.mean(x)
    scaled = centred / cr.sqrt(cr.mean(centred**2) + 0.01)
    return cr.sum(scaled * OUT)


def normalised_slopes(x, *, scale=True, mean=True):
    """Backward of a layer norm as in a custom autograd function."""
    n, middle, out = len(x), sum(x) / len(x), OUT.tolist()
    centred = [v - middle for v in x]
    std = math.sqrt(sum(c * c for c in centred) / n + 0.01)
    g = [o / std for o in out]
    if scale:
        along = sum(o * c for o, c in zip(out, centred, strict=True)) / (n * std**3)
        g = [v - along * c for v, c in zip(g, centred, strict=True)]
    return [v - sum(g) / n for v in g] if mean else g


NORMALISED_SLIPS: Slips = (
    (
        "the scale is left off the tape",
        {"scale": False},
        r"sqrt.*(treated as a constant|were a constant)",
    ),
    (
        "the mean is left off the tape",
        {"mean": False},
        r"mean.*(treated as a constant|were a constant)",
    ),
    (
        "scale and mean are left off the tape",
        {"scale": False, "mean": False},
        r"mean.*sqrt.*treated as constants",
    ),
)


def highest(x):
    return cr.max(x) ** 2


def highest_slopes(x, *, shared=True):
    """The gradient goes in equal shares to the entries at the maximum."""
    equal = x.count(max(x)) if shared else 1
    return [2 * v / equal if v == max(x) else 0.0 for v in x]


HIGHEST_SLIPS: Slips = (
    ("every entry at the maximum gets all", {"shared": False}, NAMELESS),
    ("no entry at the maximum gets any", lambda x: [0.0 for _ in x], NAMELESS),
)


def pooled(x):
    """Max pooling with windows of three that overlap."""
    return sum(c * cr.max(x[i : i + 3]) ** 2 for i, c in enumerate(COEFFICIENTS))


def pooled_slopes(x, *, add=True, everywhere=False):
    dx = [0.0] * len(x)
    for i, c in enumerate(COEFFICIENTS):
        window = x[i : i + 3]
        for j, v in enumerate(window):
            share = 2 * c * max(window) if everywhere or v == max(window) else 0.0
            dx[i + j] = (dx[i + j] if add else 0.0) + share
    return dx


def pooled_by_place(x):
    """Only the place of the maximum is written, with `=`."""
    dx = [0.0] * len(x)
    for i, c in enumerate(COEFFICIENTS):
        window = x[i : i + 3]
        dx[i + window.index(max(window))] = 2 * c * max(window)
    return dx


POOLED_SLIPS: Slips = (
    ("dx[window] = for +=", {"add": False}, OVERWRITTEN),
    ("dx[argmax] = for +=", pooled_by_place, OVERWRITTEN),
    ("every entry of a window gets the gradient", {"everywhere": True}, r"every entry"),
)


def smoothed(x):
    """Average pooling with windows of three that overlap."""
    return sum(cr.mean(x[i : i + 3]) ** 2 for i in range(5))


def smoothed_slopes(x, *, add=True):
    dx = [0.0] * len(x)
    for i in range(5):
        middle = sum(x[i : i + 3]) / 3
        for j in range(3):
            dx[i + j] = (dx[i + j] if add else 0.0) + 2 * middle / 3
    return dx


SMOOTHED_SLIPS: Slips = (("dx[window] = for +=", {"add": False}, OVERWRITTEN),)


def embedded(table):
    """Rows of a table, one of them asked for twice."""
    return cr.sum(cr.tanh(cr.take(table, indices=[0, 2, 0])) * LOOKED_UP)


def embedded_slopes(table, *, add=True):
    slopes = [[0.0, 0.0] for _ in table]
    for row, weights in zip([0, 2, 0], LOOKED_UP.tolist(), strict=True):
        for k, weight in enumerate(weights):
            share = weight * (1 - math.tanh(table[row][k]) ** 2)
            slopes[row][k] = (slopes[row][k] if add else 0.0) + share
    return slopes


EMBEDDED_SLIPS: Slips = (("dtable[row] = for +=", {"add": False}, OVERWRITTEN),)


def gated(p):
    """A custom op in the middle: softplus of w·x, squared afterwards."""
    return cr.sum(cr.softplus(p["w"] * p["x"]) ** 2)


def gated_slopes(p, *, incoming=True, inner=True):
    """`backward(ctx, grad_output)` of a softplus; without grad_output, dL/ds is left out."""
    s = [w * x for w, x in zip(p["w"], p["x"], strict=True)]
    g = [2 * math.log1p(math.exp(v)) if incoming else 1.0 for v in s]
    d = [u / (1 + math.exp(-v)) for u, v in zip(g, s, strict=True)]
    return {
        "w": [u * (x if inner else 1.0) for u, x in zip(d, p["x"], strict=True)],
        "x": [u * (w if inner else 1.0) for u, w in zip(d, p["w"], strict=True)],
    }


GATED_SLIPS: Slips = (
    ("grad_output is left out", {"incoming": False}, r"incoming gradient"),
    ("the inner derivatives are forgotten", {"inner": False}, r"factors? .*left out"),
)


def line_loss(w):
    """Mean squared error of a line with a penalty, with nothing but Python's own numbers."""
    errors = [
        sum(a * b for a, b in zip(w, xs, strict=True)) - y for xs, y in zip(X, Y, strict=True)
    ]
    return sum(e * e for e in errors) / len(errors) + 0.05 * math.fsum(a * a for a in w)


def bare_loss(w):
    """The same without the penalty."""
    total = 0.0
    for xs, y in zip(X, Y, strict=True):
        total += (w[0] * xs[0] + w[1] * xs[1] - y) ** 2
    return total / len(X)


def line_slopes(w, *, factor=2.0, n=3, rows=(0, 1, 2), penalty=0.1):
    slopes = [penalty * a for a in w]
    for r in rows:
        error = sum(a * b for a, b in zip(w, X[r], strict=True)) - Y[r]
        for i, v in enumerate(X[r]):
            slopes[i] += factor * error * v / n
    return slopes


LINE_SLIPS: Slips = (
    (
        "the penalty is forgotten",
        {"penalty": 0.0},
        r"lacks 2·λ·w with λ = 0\.05, as where the penalty λ·Σw² is left out",
    ),
    (
        "half of the penalty: λ·w for 2·λ·w",
        {"penalty": 0.05},
        r"lacks 2·λ·w with λ = 0\.025, as where .* too small",
    ),
    (
        "the penalty twice",
        {"penalty": 0.2},
        r"holds 2·λ·w too much with λ = 0\.05, as where .* too large",
    ),
)
BARE_SLIPS: Slips = (
    ("a penalty that the loss does not hold", {"penalty": 0.1}, r"penalty with λ = 0\.05"),
    ("the 2 of the square is forgotten", {"factor": 1.0}, "every gradient is half"),
    ("not divided by the examples", {"n": 1}, r"3 times|not divided by"),
    ("wrong sign", {"factor": -2.0}, "every gradient has the wrong sign"),
    ("the last example only", {"rows": (2,)}, r"only the (last example|term .*-0\.75)"),
    (
        "the last example is left out",
        {"rows": (0, 1)},
        r"last example is left out|term .*-0\.75.* is missing",
    ),
)


def terms(w):
    """Squares written as products."""
    return cr.sum(cr.exp(w)) + 0.05 * cr.sum(w * w)


def terms_slopes(w, *, penalty=0.1):
    return [math.exp(x) + penalty * x for x in w]


TERMS_SLIPS: Slips = (
    (
        "half of the penalty: λ·w for 2·λ·w",
        {"penalty": 0.05},
        r"half of the gradient of x·x is missing",
    ),
)


def surface(w):
    return math.sin(w[0]) * math.exp(w[1]) + math.atan(w[2])


def surface_slopes(w):
    return [math.cos(w[0]) * math.exp(w[1]), math.sin(w[0]) * math.exp(w[1]), 1 / (1 + w[2] ** 2)]


SURFACE_SLIPS: Slips = (
    ("one entry is left at 0", lambda w: [*surface_slopes(w)[:2], 0.0], r"x\[2\]"),
)


def form(w):
    """A quadratic form of a matrix, with `math`."""
    return math.fsum(
        (w[0][0] * a + w[0][1] * b) ** 2 + math.sin(w[1][0] * a + w[1][1] * b) for a, b in X
    )


def form_slopes(w):
    slopes = [[0.0, 0.0], [0.0, 0.0]]
    for a, b in X:
        first, second = 2 * (w[0][0] * a + w[0][1] * b), math.cos(w[1][0] * a + w[1][1] * b)
        slopes = [
            [slopes[0][0] + first * a, slopes[0][1] + first * b],
            [slopes[1][0] + second * a, slopes[1][1] + second * b],
        ]
    return slopes


FORM_SLIPS: Slips = (
    ("transposed", lambda w: [list(c) for c in zip(*form_slopes(w), strict=True)], r"transposed"),
    ("rows exchanged", lambda w: form_slopes(w)[::-1], r"0 and 1 of x are swapped"),
)

TWO = {"generic": [0.7, -0.4], "round": [1.0, 2.0]}
TABLE = {
    "generic": [[0.3, -0.7], [1.1, 0.2], [0.6, -0.9]],
    "round": [[1.0, 0.5], [0.0, 1.0], [2.0, -1.0]],
}
FOUR = {"generic": [0.3, -1.1, 0.8, 1.7], "round": [1.0, 2.0, 0.0, 4.0]}
SEVEN = {
    "generic": [0.4, 1.3, -0.2, 0.9, 1.7, 0.3, 0.6],
    "round": [0.0, 3.0, 1.0, 2.0, 4.0, 0.5, -1.0],
}
TIED = {"generic": [0.37, 1.21, -0.4, 1.21], "round": [1.0, 3.0, 3.0, 2.0]}
GATES = {
    "generic": {"w": [0.3, -0.7], "x": [1.5, 0.4]},
    "round": {"w": [1.0, 2.0], "x": [0.5, -1.0]},
}
THREE = {"generic": [0.3, -0.2, 1.4], "round": [1.0, 0.5, 2.0]}
SQUARE = {"generic": [[0.3, -0.2], [1.4, 0.6]], "round": [[1.0, 0.5], [2.0, -1.0]]}

FAMILIES: tuple[tuple[str, Any, Gradient, dict[str, Any], Slips], ...] = (
    ("(2w0+w1-1.5)²+0.1w0²", known, known_slopes, TWO, KNOWN_SLIPS),
    ("w0²+w1²", squares, squares_slopes, TWO, SQUARES_SLIPS),
    ("tanh(w0)·exp(w1)", product, product_slopes, TWO, PRODUCT_SLIPS),
    ("w0/(w1²+1)", quotient, quotient_slopes, TWO, QUOTIENT_SLIPS),
    ("layer norm", normalised, normalised_slopes, FOUR, NORMALISED_SLIPS),
    ("maximum that is tied", highest, highest_slopes, TIED, HIGHEST_SLIPS),
    ("max pooling that overlaps", pooled, pooled_slopes, SEVEN, POOLED_SLIPS),
    ("mean pooling that overlaps", smoothed, smoothed_slopes, SEVEN, SMOOTHED_SLIPS),
    ("embedding", embedded, embedded_slopes, TABLE, EMBEDDED_SLIPS),
    ("custom softplus", gated, gated_slopes, GATES, GATED_SLIPS),
    ("line with math", line_loss, line_slopes, TWO, LINE_SLIPS),
    ("squares as products", terms, terms_slopes, TWO, TERMS_SLIPS),
    ("line with math", bare_loss, partial(line_slopes, penalty=0.0), TWO, BARE_SLIPS),
    ("three terms with math", surface, surface_slopes, THREE, SURFACE_SLIPS),
    ("quadratic form with math", form, form_slopes, SQUARE, FORM_SLIPS),
)


def entries() -> Iterator[Entry]:
    return function_entries(FAMILIES)
