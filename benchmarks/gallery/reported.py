"""Wrong gradients that were reported of libraries, courses and teaching code, rebuilt in small."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import chainrule as cr
from benchmarks.gallery.entry import NAMELESS, Entry, function_entries
from chainrule.arrays import asarray

Table = list[list[float]]

STEPS = (0.7, -0.4, 1.1, 0.3)
OUT = (1.0, -2.0, 0.5, 3.0)
ROWS = [[0.5, -1.0], [1.5, 0.25], [-0.75, 2.0], [0.3, 0.6]]
MIDDLE = [[1.0, -0.5], [0.25, 2.0]]
LABELS = [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]


def sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def product(one: Table, other: Table) -> Table:
    return [[sum(a * b for a, b in zip(r, c, strict=True)) for c in turned(other)] for r in one]


def turned(table: Table) -> Table:
    return [list(column) for column in zip(*table, strict=True)]


def shares(scores: list[float]) -> list[float]:
    total = sum(map(math.exp, scores))
    return [math.exp(z) / total for z in scores]


def recurrent(p):
    h = loss = 0.0
    for x in STEPS:
        h = cr.tanh(p["x"] * x + p["h"] * h + p["b"])
        loss = loss + (h - 0.3) ** 2
    return loss


def recurrent_slopes(p, *, back=1, add=True, through=lambda h: 1 - h * h):
    hs = [0.0]
    for x in STEPS:
        hs.append(math.tanh(p["x"] * x + p["h"] * hs[-1] + p["b"]))
    slopes, later = dict.fromkeys("xhb", 0.0), 0.0
    for x, before, h in zip(STEPS[::-1], hs[-2::-1], hs[::-1], strict=False):
        d = (2 * (h - 0.3) + back * later) * through(h)
        for name, value in (("x", x), ("h", before), ("b", 1.0)):
            slopes[name] = add * slopes[name] + d * value
        later = d * p["h"]
    return slopes


RECURRENT_SLIPS = (
    ("the state is not handed back: RNN#2", {"back": 0}, r"back to tanh.* in every step of a loop"),
    ("`=` for `+=`: CS231n rnn_backward", {"add": False}, r"not accumulated: where an array"),
    ("1 - h² is forgotten", {"through": lambda _: 1}, r"tanh.* more like it|tanh.* and tanh"),
    ("1 / (1 - h²): dlfs-2#26", {"through": lambda h: 1 / (1 - h * h)}, NAMELESS),
)


def gated(p):
    c = 0.5
    for x in STEPS:
        forget = cr.sigmoid(p["f"][0] * x + p["f"][1] * c)
        c = forget * c + cr.tanh(p["g"] * x)
    return c**2


def gated_slopes(p, *, factor=1, carry=1):
    cs, fs = [0.5], []
    for x in STEPS:
        fs.append(sigmoid(p["f"][0] * x + p["f"][1] * cs[-1]))
        cs.append(fs[-1] * cs[-1] + math.tanh(p["g"] * x))
    slopes, dc = {"f": [0.0, 0.0], "g": 0.0}, 2 * cs[-1]
    for x, c, f in zip(STEPS[::-1], cs[-2::-1], fs[::-1], strict=True):
        df = dc * c * f * (1 - f if factor else 1)
        slopes["f"] = [slopes["f"][0] + df * x, slopes["f"][1] + df * c]
        slopes["g"] += dc * x * (1 - math.tanh(p["g"] * x) ** 2)
        dc = carry * dc * f + df * p["f"][1]
    return slopes


GATED_SLIPS = (
    ("f for f·(1 - f): RNN-LSTM-in-numpy#1", {"factor": 0}, r"more like it the factor 1 - a is le"),
    ("c is not carried on", {"carry": 0}, r"in every step of a loop|missing"),
)


def attending(p):
    scores = cr.matmul(p["q"], cr.matrix_transpose(p["k"])) * 0.5
    return cr.sum(cr.matmul(cr.softmax(scores), p["v"]) * asarray(MIDDLE))


def attending_slopes(p, *, total=1, scale=0.5, turn=True):
    a = [shares([0.5 * z for z in row]) for row in product(p["q"], turned(p["k"]))]
    da = product(MIDDLE, turned(p["v"]))
    dots = [
        total * sum(x * y for x, y in zip(r, d, strict=True)) for r, d in zip(a, da, strict=True)
    ]
    ds = [
        [scale * x * (y - dot) for x, y in zip(r, d, strict=True)]
        for r, d, dot in zip(a, da, dots, strict=True)
    ]
    return {
        "q": product(ds, p["k"]),
        "k": product(turned(ds), p["q"]),
        "v": product(turned(a) if turn else a, MIDDLE),
    }


ATTENDING_SLIPS = (
    ("the sum of the softmax is left out: flash-sparse#109", {"total": 0}, r"the sum is left out"),
    ("the scale is left out: flash-attention#2651", {"scale": 1.0}, r"0\.5 is left out|twice"),
    ("A for its transpose: mxnet#18102", {"turn": False}, r"other table is not transposed"),
)

K = math.sqrt(2 / math.pi)


def gelu(x):
    return cr.sum(0.5 * x * (1 + cr.tanh(K * (x + 0.044715 * x**3))) * asarray(list(OUT)))


def gelu_slopes(x, *, second=1, inner=1, three=3):
    slopes = []
    for out, v in zip(OUT, x, strict=True):
        t = math.tanh(K * (v + 0.044715 * v**3))
        du = K * (1 + three * 0.044715 * v * v) if inner else 1
        slopes.append(out * (0.5 * (1 + t) + second * 0.5 * v * (1 - t * t) * du))
    return slopes


GELU_SLIPS = (
    ("the second term is forgotten", {"second": 0}, r"tanh.* (is missing|were a constant)"),
    ("the inner derivative is forgotten: candle#1160", {"inner": 0}, r"inner derivative is left"),
    ("the 3 is forgotten", {"three": 1}, r"exponent is lowered but does not come down"),
)


def shifted(p):
    return cr.sum(cr.tanh(p["a"] * asarray(ROWS) + p["b"]))


def shifted_slopes(p, *, taken=sum):
    d = [
        [1 - math.tanh(a * x + b) ** 2 for a, x, b in zip(p["a"], row, p["b"], strict=True)]
        for row in ROWS
    ]
    by_row = [[g * x for g, x in zip(*rows, strict=True)] for rows in zip(d, ROWS, strict=True)]
    return {"a": [*map(sum, turned(by_row))], "b": [*map(taken, turned(d))]}


SHIFTED_SLIPS = (
    ("the bias gets one row's share: jax#3056", {"taken": lambda g: g[0]}, r"only the first arr"),
    ("the bias gets the last row's share", {"taken": lambda g: g[-1]}, r"only the last arrived"),
    ("the bias gets the mean", {"taken": lambda g: sum(g) / 4}, r"the mean is taken, and not the"),
)


def chosen(x):
    return cr.sum(cr.softmax(x) * asarray(list(OUT)))


def chosen_slopes(x, *, way="right"):
    a = shares(x)
    along = sum(p * g for p, g in zip(a, OUT, strict=True))
    ways: dict[str, Callable[..., float]] = {
        "right": lambda p, g, _: p * (g - along),
        "copied": lambda p, g, _: g,
        "alone": lambda p, g, _: g * p * (1 - p),
        "added": lambda p, g, _: p * (g + along),
        "by z": lambda p, g, z: g * z * (p - 1),
    }
    return [ways[way](p, g, z) for p, g, z in zip(a, OUT, x, strict=True)]


CHOSEN_SLIPS = (
    ("the gradient is copied: darknet#96", {"way": "copied"}, r"derivative of softmax is left out"),
    ("a·(1 - a): ML-From-Scratch#71", {"way": "alone"}, r"softmax is differentiated entry by"),
    ("the sum is added: mlpack#2360", {"way": "added"}, NAMELESS),
    ("x·(p - 1): ML-From-Scratch#71", {"way": "by z"}, NAMELESS),
)


def grown(x):
    return cr.sum(cr.exp(x) * asarray(list(OUT)))


def grown_slopes(x, *, at=math.exp):
    return [g * at(v) for g, v in zip(OUT, x, strict=True)]


GROWN_SLIPS = (
    ("x for e^x: nn-zero-to-hero#52", {"at": float}, r"exp is taken at x, where exp\(x\)"),
)


def added(p):
    return cr.sum((p["a"] + p["b"]) ** 3)


def added_slopes(p, *, incoming=True):
    d = [3 * (a + b) ** 2 if incoming else 1.0 for a, b in zip(p["a"], p["b"], strict=True)]
    return {"a": d, "b": d}


ADDED_SLIPS = (("filled with 1: tutorials#216", {"incoming": False}, r"through a \+ b"),)


def classified(w):
    losses = cr.softmax_cross_entropy(cr.matmul(asarray(ROWS), w), asarray(LABELS))
    return cr.mean(losses) + 0.05 * cr.sum(w**2)


def classified_slopes(w, *, rows=4, penalty=0.1):
    p = [shares(z) for z in product(ROWS, w)]
    d = [
        [(a - t) / rows for a, t in zip(*pair, strict=True)] for pair in zip(p, LABELS, strict=True)
    ]
    data = product(turned(ROWS), d)
    return [
        [g + penalty * v for g, v in zip(gs, vs, strict=True)]
        for gs, vs in zip(data, w, strict=True)
    ]


CLASSIFIED_SLIPS = (
    ("the data term is not averaged", {"rows": 1}, r"is not divided by the 4 examples"),
    ("λ·w for 2·λ·w: CS231n-Spring-2017#3", {"penalty": 0.05}, r"half|lacks|come down"),
)


def bent(x):
    """The Huber loss, with `math`."""
    return sum(v * v / 2 if abs(v) <= 1 else abs(v) - 0.5 for v in x)


def bent_slopes(x, *, size: Callable[[float], float] = abs):
    return [v if size(v) <= 1 else math.copysign(1.0, v) for v in x]


BENT_SLIPS = (("e ≤ δ for |e| ≤ δ: attorch#13", {"size": float}, NAMELESS),)


def running(x):
    """Products of the first numbers, one of which is 0."""
    return x[0] + x[0] * x[1] + x[0] * x[1] * x[2]


def running_slopes(x, *, zero=None):
    slopes = [1 + x[1] + x[1] * x[2], x[0] + x[0] * x[2], x[0] * x[1]]
    return [zero if v == 0 and zero is not None else g for g, v in zip(slopes, x, strict=True)]


RUNNING_SLIPS = (
    ("0 at the 0: tensorflow#119430", {"zero": 0.0}, r"x\[1\]"),
    ("NaN at the 0: pytensor#1911", {"zero": math.nan}, NAMELESS),
)

CELL = {"generic": {"x": 0.7, "h": -0.4, "b": 0.2}, "round": {"x": 1.0, "h": -0.5, "b": 0.5}}
GATE = {"generic": {"f": [0.3, -0.7], "g": 0.8}, "round": {"f": [1.0, -1.0], "g": 0.5}}
HEAD = {
    "generic": {
        "q": [[0.3, -0.7], [1.1, 0.2]],
        "k": [[0.6, 0.9], [-0.4, 0.8]],
        "v": [[-0.2, 1.3], [0.7, 0.1]],
    },
    "round": {
        "q": [[1.0, 0.5], [0.0, -1.0]],
        "k": [[2.0, 1.0], [0.5, 0.0]],
        "v": [[1.0, 0.0], [-1.0, 2.0]],
    },
}
FOUR = {"generic": [0.3, -1.1, 0.8, 1.7], "round": [1.0, 2.0, 0.0, -0.5]}
SHIFT = {
    "generic": {"a": [0.7, -0.4], "b": [0.2, 0.9]},
    "round": {"a": [1.0, -1.0], "b": [0.5, 0.0]},
}
SQUARE = {"generic": [[0.3, -0.2], [1.4, 0.6]], "round": [[1.0, 0.5], [2.0, -1.0]]}
LARGE = {"generic": [2.4, -0.8, -2.3, 0.1, -1.7], "round": [2.0, -0.5, -2.0, 0.5, -4.0]}
ZERO = {"generic": [1.3, 0.0, 0.7], "round": [2.0, 0.0, 3.0]}

FAMILIES: tuple[tuple[str, Any, Any, dict[str, Any], Any], ...] = (
    ("recurrence", recurrent, recurrent_slopes, CELL, RECURRENT_SLIPS),
    ("gated recurrence", gated, gated_slopes, GATE, GATED_SLIPS),
    ("attention", attending, attending_slopes, HEAD, ATTENDING_SLIPS),
    ("gelu", gelu, gelu_slopes, FOUR, GELU_SLIPS),
    ("rows and a bias", shifted, shifted_slopes, SHIFT, SHIFTED_SLIPS),
    ("softmax", chosen, chosen_slopes, FOUR, CHOSEN_SLIPS),
    ("exp", grown, grown_slopes, FOUR, GROWN_SLIPS),
    ("sum of two", added, added_slopes, SHIFT, ADDED_SLIPS),
    ("classes and a penalty", classified, classified_slopes, SQUARE, CLASSIFIED_SLIPS),
    ("huber with math", bent, bent_slopes, LARGE, BENT_SLIPS),
    ("running product", running, running_slopes, ZERO, RUNNING_SLIPS),
)


def entries() -> Iterator[Entry]:
    return function_entries(FAMILIES)
