"""A network of two layers, differentiated by hand in plain Python, one example after another."""

from collections.abc import Iterator
from math import exp

import chainrule as cr
from benchmarks.gallery.entry import NAMELESS, Entry, Slip, backward_entries, compiled

PROGRAM = """
def backward(net, x, y):
    w1, b1, w2, b2 = [w.tolist() for w in net.parameters.values()]
    rows, inputs, units, outputs = len(x), len(x[0]), len(w1), len(w2)
    dw1, db1 = [[0.0] * inputs for _ in range(units)], [0.0] * units
    dw2, db2 = [[0.0] * units for _ in range(outputs)], [0.0] * outputs
    for xs, ts in zip(x, y):
        z1 = [sum(w * v for w, v in zip(ws, xs)) + b for ws, b in zip(w1, b1)]
        a1 = [sigmoid(z) for z in z1]
        z2 = [sum(w * v for w, v in zip(ws, a1)) + b for ws, b in zip(w2, b2)]
        a2 = [sigmoid(z) for z in z2]
        d2 = [2 * (a - t) / outputs / rows * a * (1 - a) for a, t in zip(a2, ts)]
        back = [sum(d2[k] * w2[k][j] for k in range(outputs)) for j in range(units)]
        d1 = [back[j] * a1[j] * (1 - a1[j]) for j in range(units)]
        for k in range(outputs):
            for j in range(units):
                dw2[k][j] += d2[k] * a1[j]
            db2[k] += d2[k]
        for j in range(units):
            for i in range(inputs):
                dw1[j][i] += d1[j] * xs[i]
            db1[j] += d1[j]
    return dict(zip(net.parameters, (dw1, db1, dw2, db2)))
"""


SLIPS: tuple[Slip, ...] = (
    ("* a1[j] * (1 - a1[j])", "* a1[j] * (1 + a1[j])", NAMELESS),
    ("* a1[j] * (1 - a1[j])", "* 1.1 * a1[j] * (1 - a1[j])", NAMELESS),
    ("d2[k] * a1[j]", "d2[k] * a1[j] * a1[j]", NAMELESS),
    ("2 * (a - t)", "2 * (t - a)", "every gradient has the wrong sign"),
    ("2 * (a - t)", "(a - t)", "every gradient is half of what it should be"),
    ("2 * (a - t)", "4 * (a - t)", "every gradient is (counted twice|twice)"),
    ("/ outputs / rows", "/ outputs", r"not divided by the \d examples"),
    ("/ outputs / rows", "/ rows", r"not divided by the \d outputs|counted twice"),
    ("/ outputs / rows", "", r"not divided by the \d examples and \d outputs"),
    ("/ outputs / rows", "/ outputs / rows / rows", r"divided by the \d examples once too often"),
    ("rows * a * (1 - a) for", "rows for", r"activation is missing at dense2\.a"),
    ("* a * (1 - a) for", "* (a * (1 - a)) ** 2 for", r"multiplied in twice at dense2\.a"),
    ("* a * (1 - a) for", "* a for", r"dense2\.a"),
    ("* a1[j] * (1 - a1[j])", "", r"activation is missing at dense1\.a"),
    ("* a1[j] * (1 - a1[j])", "* z1[j] * (1 - z1[j])", r"at dense1\.a .*weighted sum z"),
    ("* a1[j] * (1 - a1[j])", "* (1 - a1[j] ** 2)", r"derivative of tanh .*dense1\.a"),
    (
        "* a1[j] * (1 - a1[j])",
        "* sigmoid(a1[j]) * (1 - sigmoid(a1[j]))",
        r"dense1\.a.* activated once more",
    ),
    ("* a1[j] * (1 - a1[j])", "* (a1[j] * (1 - a1[j])) ** 2", r"multiplied in twice at dense1\.a"),
    ("* a1[j] * (1 - a1[j])", "* xs[j] * (1 - xs[j])", r"dense1\.a.*went into the layer"),
    ("d2[k] * w2[k][j]", "d2[k]", r"weights are left out on the way back through dense2\.z"),
    ("d2[k] * w2[k][j]", "d2[k] * w2[j][k]", r"uses dense2\.weight transposed"),
    (
        "for k in range(outputs)) for j",
        "for k in range(1)) for j",
        r"output 1 of dense2 is forgotten|only output 0 of dense2",
    ),
    ("dw2[k][j] += ", "dw2[k][j] = ", r"dense2\.weight.*last example"),
    ("db1[j] += d1[j]", "db1[j] = d1[j]", r"dense1\.bias.*last example"),
    ("d2[k] * a1[j]", "d2[k] * z1[j]", r"dense2\.weight is taken with dense1\.z"),
    ("d2[k] * a1[j]", "d2[k] * xs[j]", r"dense2\.weight is taken with the input x"),
    ("d2[k] * a1[j]", "d2[k]", r"dense2\.weight.* (without|1s)"),
    ("db2[k] += d2[k]", "db2[k] += 0", r"gradient of dense2\.bias is missing"),
    ("db1[j] += d1[j]", "db1[j] += sum(d1)", r"one sum .*dense1\.bias"),
    ("db1[j] += d1[j]", "db1[j] += back[j]", r"dense1\.a"),
    ("db1[j] += d1[j]", "db1[j] += d1[j] / rows", r"dense1\.bias .*divided by the \d examples"),
    ("d1[j] * xs[i]", "d1[i] * xs[j]", r"dense1\.weight is transposed"),
    ("d1[j] * xs[i]", "d1[-1 - j] * xs[i]", r"neurons 0 and 1 of dense1\.weight are swapped"),
    ("in zip(x, y)", "in zip(x[:-1], y[:-1])", r"last example is left out"),
    ("in zip(x, y)", "in zip(x[-1:], y[-1:])", r"only the last example"),
    (
        "(dw1, db1, dw2, db2)",
        "(dw1, db2, dw2, db1)",
        r"dense1\.bias and dense2\.bias are exchanged",
    ),
)

GENERIC = {
    "dense1.weight": [[0.31, -0.47], [0.83, 0.59]],
    "dense1.bias": [0.13, -0.21],
    "dense2.weight": [[-0.71, 0.37], [0.43, 0.97]],
    "dense2.bias": [0.17, -0.53],
}
ROUND = {
    "dense1.weight": [[1.0, -0.5], [0.5, 2.0]],
    "dense1.bias": [0.0, 0.5],
    "dense2.weight": [[-1.0, 0.5], [1.0, 2.0]],
    "dense2.bias": [0.0, -1.0],
}
POINTS = {
    "generic": (
        GENERIC,
        [[0.7, -1.3], [0.2, 0.9], [-1.1, 0.4]],
        [[0.8, 0.3], [0.1, 0.6], [0.4, 0.9]],
    ),
    "round": (ROUND, [[1.0, 0.5], [0.0, 2.0]], [[1.0, 0.0], [0.0, 1.0]]),
}


def sigmoid(z: float) -> float:
    return 1 / (1 + exp(-z))


def network(weights: dict[str, list]) -> cr.Network:
    layers = [
        cr.Dense(2, 2, "sigmoid", weights[f"dense{i}.weight"], weights[f"dense{i}.bias"])
        for i in (1, 2)
    ]
    return cr.Network(layers, engine="python")


def right_pass():
    """The backward pass without a slip."""
    return compiled(PROGRAM, "backward", sigmoid=sigmoid)


def entries() -> Iterator[Entry]:
    for point, (weights, x, y) in POINTS.items():
        yield from entries_on(point, weights, x, y)


def entries_on(point: str, weights: dict[str, list], x: list, y: list) -> Iterator[Entry]:
    """Every slip, on the network of these weights."""
    run_on = network(weights), x, y
    title, loss = "plain Python, sigmoid", "mean_squared_error"
    return backward_entries(title, point, PROGRAM, SLIPS, *run_on, loss=loss, sigmoid=sigmoid)
