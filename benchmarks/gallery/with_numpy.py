"""Networks differentiated by hand with NumPy, a batch at a time."""

from collections.abc import Iterator
from typing import Any

import numpy as np

import chainrule as cr
from benchmarks.gallery.entry import NAMELESS, Entry, Slip, backward_entries

CLASSES = """
def backward(net, x, y):
    w1, b1, w2, b2, w3, b3 = [np.array(w.tolist()) for w in net.parameters.values()]
    x, t = np.array(x), np.eye(3)[y]
    z1 = x @ w1.T + b1
    a1 = np.tanh(z1)
    z2 = a1 @ w2.T + b2
    a2 = np.maximum(z2, 0)
    z3 = a2 @ w3.T + b3
    p = np.exp(z3) / np.exp(z3).sum(axis=1, keepdims=True)
    d3 = (p - t) / len(x)
    dw3, db3 = d3.T @ a2, d3.sum(axis=0)
    d2 = (d3 @ w3) * (z2 > 0)
    dw2, db2 = d2.T @ a1, d2.sum(axis=0)
    d1 = (d2 @ w2) * (1 - a1**2)
    dw1, db1 = d1.T @ x, d1.sum(axis=0)
    return dict(zip(net.parameters, (dw1, db1, dw2, db2, dw3, db3)))
"""

CLASS_SLIPS: tuple[Slip, ...] = (
    ("* (1 - a1**2)", "* (1 - a1**3)", NAMELESS),
    ("* (z2 > 0)", "* np.where(z2 > 0, 1, 0.01)", NAMELESS),
    ("d2.T @ a1, d2", "d2.T @ a1[::-1], d2", NAMELESS),
    ("(p - t) / len(x)", "(p - t)", "not divided by the 4 examples"),
    ("(p - t) / len(x)", "(t - p) / len(x)", "every gradient has the wrong sign"),
    ("(p - t) / len(x)", "(p - t) / len(x) / 3", "divided by the 3 outputs once too often"),
    (
        "(p - t) / len(x)",
        "(p - t) * p * (1 - p) / len(x)",
        r"a·\(1 - a\) is multiplied in once more",
    ),
    (
        "(p - t) / len(x)",
        "-t / p * p * (1 - p) / len(x)",
        "softmax is differentiated entry by entry",
    ),
    ("(p - t) / len(x)", "-t / p / len(x)", "derivative of softmax is left out"),
    ("(p - t) / len(x)", "p / len(x)", "target is left out|targets? .*subtracted"),
    ("d3.T @ a2, d3", "d3.T @ z2, d3", r"dense3\.weight is taken with dense2\.z"),
    ("d3.T @ a2, d3", "d3.T @ a1, d3", r"dense3\.weight is taken with dense1\.a"),
    ("(d3 @ w3) * (z2 > 0)", "d3 @ w3", r"activation is missing at dense2\.a"),
    ("* (z2 > 0)", "* (z1 > 0)", r"dense2\.a is taken from the wrong array"),
    ("* (z2 > 0)", "* (a1 > 0)", r"dense2\.a is taken from the wrong array"),
    (
        "(d3 @ w3) * (z2 > 0)",
        "np.maximum(d3 @ w3, 0)",
        r"mask at dense2\.a is taken on the gradient",
    ),
    ("* (z2 > 0)", "* (1 - a2**2)", r"derivative of tanh .*dense2\.a"),
    ("(d2 @ w2)", "(d2 @ w2.T)", r"uses dense2\.weight transposed"),
    ("(d2 @ w2)", "d2", r"weights are left out on the way back through dense2\.z"),
    ("(d3 @ w3)", "(d3 @ (w3 - 0.1 * dw3))", r"updated already .*learning rate of 0\.1$"),
    ("* (1 - a1**2)", "", r"activation is missing at dense1\.a"),
    ("* (1 - a1**2)", "* (1 - z1**2)", r"dense1\.a .*weighted sum z"),
    ("* (1 - a1**2)", "* (1 - np.tanh(a1) ** 2)", r"dense1\.a.* activated once more"),
    ("* (1 - a1**2)", "* a1 * (1 - a1)", r"derivative of sigmoid .*dense1\.a"),
    ("d1.T @ x, d1.sum(axis=0)", "d1.T @ x, d1.mean(axis=0)", r"dense1\.bias is divided by the 4"),
    ("d1.T @ x, d1.sum(axis=0)", "d1.T @ x, np.full(4, d1.sum())", r"one sum .*dense1\.bias"),
    ("d2.T @ a1, d2.sum(axis=0)", "d2.T @ a1, d2[-1]", r"dense2\.bias.*last example"),
    ("dw2, db2 = d2.T @ a1", "dw2, db2 = (d2.T @ a1).T", r"dense2\.weight is transposed"),
    ("dw3, db3 = d3.T @ a2", "dw3, db3 = a2.T @ d3", r"dense3\.weight is transposed"),
    ("dw2, db2 = d2.T @ a1", "dw2, db2 = d2.T @ a1 + 0.02 * w2", r"penalty with λ = 0\.01"),
    ("dw1, db1 = d1.T @ x", "dw1, db1 = (d1.T @ x)[[1, 0, 2, 3]]", r"neurons 0 and 1 of dense1"),
    (
        "d1 = (d2 @ w2)",
        "d1 = 0 * (d2 @ w2)",
        r"dense1.*missing|dense[12]\.[az] back to dense1\.[az] is missing",
    ),
    ("d1 = (d2 @ w2)", "d1 = -(d2 @ w2)", r"wrong sign"),
    ("d1 = (d2 @ w2)", "d1 = 2 * (d2 @ w2)", r"counted twice"),
    ("dw1, db1, dw2", "dw1.round(4), db1.round(4), dw2", r"rounded to 4 decimals"),
)

YES_NO = """
def backward(net, x, y):
    w1, b1, w2, b2 = [np.array(w.tolist()) for w in net.parameters.values()]
    x, t = np.array(x), np.array(y)[:, None]
    z1 = x @ w1.T + b1
    a1 = np.maximum(z1, 0)
    a2 = 1 / (1 + np.exp(-(a1 @ w2.T + b2)))
    loss_slope = -t / a2 + (1 - t) / (1 - a2)
    d2 = loss_slope * a2 * (1 - a2) / len(x)
    d1 = d2 @ w2 * (z1 > 0)
    return dict(zip(net.parameters, (d1.T @ x, d1.sum(axis=0), d2.T @ a1, d2.sum(axis=0))))
"""

YES_NO_SLIPS: tuple[Slip, ...] = (
    (" + (1 - t) / (1 - a2)", "", r"\(1 - t\)/\(1 - a\).* is missing"),
    ("-t / a2 + (1 - t)", "(1 - t)", r"t/a.* is missing"),
    ("-t / a2 + (1 - t)", "-t / a2 - (1 - t)", r"\(1 - t\)/\(1 - a\).* wrong sign"),
    ("loss_slope * a2 * (1 - a2)", "loss_slope", "derivative of sigmoid is left out"),
    ("loss_slope * a2 * (1 - a2)", "(a2 - t) * a2 * (1 - a2)", "multiplied in once more"),
    ("np.array(y)[:, None]", "np.array(y).mean()", r"shape \(n,\)"),
    ("d2 @ w2 * (z1 > 0)", "d2 * (z1 > 0)", "weights are left out on the way back"),
    ("d2 @ w2 * (z1 > 0)", "d2 @ w2", r"activation is missing at dense1\.a"),
    ("d2 @ w2 * (z1 > 0)", "d2 @ w2 * (x > 0)", r"dense1\.a.*went into the layer"),
    ("d2.T @ a1", "d2.T @ x", r"dense2\.weight is taken with the input x"),
    ("d2.sum(axis=0)", "d2.mean(axis=0)", r"dense2\.bias is divided by the 4 examples"),
    ("a2) / len(x)", "a2)", "not divided by the 4 examples"),
)

BROADCAST = """
def backward(net, x, y):
    w1, b1 = [np.array(w.tolist()) for w in net.parameters.values()]
    x, t = np.array(x), np.array(y)[:, None]
    error = x @ w1.T + b1 - t
    d1 = 2 * error / error.size
    return {"dense1.weight": d1.T @ x, "dense1.bias": d1.sum(axis=0)}
"""
BROADCAST_SLIPS: tuple[Slip, ...] = (
    (
        "d1 = 2 * error / error.size",
        "d1 = 2 * ((x @ w1.T + b1) - np.array(y)).mean(axis=1, keepdims=True) / len(x)",
        r"shape \(n,\)",
    ),
    (
        "d1 = 2 * error / error.size",
        "d1 = 2 * ((x @ w1.T + b1) - np.array(y)).sum(axis=1, keepdims=True) / len(x)",
        r"shape \(n,\)",
    ),
    ("2 * error / error.size", "error / error.size", "half of what it should be"),
    ("2 * error / error.size", "2 * error", "not divided by the 4 examples"),
    ("2 * error / error.size", "-2 * error / error.size", "every gradient has the wrong sign"),
)


def generic(*shape: int, seed: int) -> list:
    return np.random.default_rng(seed).normal(0.1, 0.7, shape).tolist()


def rounded(*shape: int, seed: int) -> list:
    choice = np.random.default_rng(seed).choice([-1.0, -0.5, 0.5, 1.0, 2.0], shape)
    return choice.tolist()


def network(
    sizes: tuple[int, ...], kinds: tuple[str, ...], numbers: Any, seed: int = 0
) -> cr.Network:
    layers = [
        cr.Dense(
            sizes[i],
            sizes[i + 1],
            kind,
            weight=numbers(sizes[i + 1], sizes[i], seed=seed + i),
            bias=numbers(sizes[i + 1], seed=seed + 10 + i),
        )
        for i, kind in enumerate(kinds)
    ]
    return cr.Network(layers, engine="python")


FAMILIES = (
    ("three layers", CLASSES, CLASS_SLIPS, (4, 4, 4, 3), ("tanh", "relu", "softmax"), [0, 2, 1, 2]),
    ("yes or no", YES_NO, YES_NO_SLIPS, (3, 3, 1), ("relu", "sigmoid"), [0, 1, 1, 0]),
    ("regression", BROADCAST, BROADCAST_SLIPS, (2, 1), ("identity",), [1.5, -0.5, 2.0, 0.25]),
)


def entries() -> Iterator[Entry]:
    for point, numbers in (("generic", generic), ("round", rounded)):
        yield from entries_on(point, numbers)


def entries_on(point: str, numbers: Any, seed: int = 0) -> Iterator[Entry]:
    """Every slip, on networks of numbers that `numbers(*shape, seed=...)` draws."""
    for what, program, slips, sizes, kinds, y in FAMILIES:
        net, x = network(sizes, kinds, numbers, seed), numbers(4, sizes[0], seed=seed + 20)
        yield from backward_entries(f"NumPy, {what}", point, program, slips, net, x, y, np=np)
