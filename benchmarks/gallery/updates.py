"""Optimizer steps written by hand, in plain Python and with slips."""

import math
from collections.abc import Iterator
from typing import Any

import chainrule as cr
from benchmarks.gallery.entry import Entry, Slip, changed, compiled

MOMENTUM = """
def update(w, g, state, step):
    length = math.sqrt(sum(x * x for x in g))
    if length > 1.0:
        g = [x * 1.0 / length for x in g]
    v = state.get("v", [0.0] * len(w))
    v = [0.9 * a + b for a, b in zip(v, g)]
    state["v"] = v
    return [a - 0.1 * b for a, b in zip(w, v)]
"""
MOMENTUM_SLIPS: tuple[Slip, ...] = (
    ("0.9 * a + b", "-0.9 * a + b", "velocity enters with the wrong sign"),
    ("0.9 * a + b", "0.9 * a + 0.1 * b", "times 1 - momentum"),
    ("0.9 * a + b", "b", "momentum is left out"),
    ('state["v"] = v', "pass", "momentum is left out"),
    ("a - 0.1 * b", "a + 0.1 * b", "uphill"),
    ("a - 0.1 * b", "a - b", "learning rate is left out"),
    ("zip(w, v)]", "zip(w, [0.9 * a + b for a, b in zip(v, g)])]", "Nesterov"),
    (
        "g = [x * 1.0 / length for x in g]",
        "g = [max(-1.0, min(1.0, x)) for x in g]",
        "clipped by value",
    ),
    ("g = [x * 1.0 / length for x in g]", "pass", "not clipped"),
    ("if length > 1.0:", "if True:", "even where it is shorter"),
)

ADAM = """
def update(w, g, state, step):
    m, v = state.get("m", [0.0] * len(w)), state.get("v", [0.0] * len(w))
    m = [0.9 * a + (1 - 0.9) * x for a, x in zip(m, g)]
    v = [0.999 * a + (1 - 0.999) * x * x for a, x in zip(v, g)]
    state["m"], state["v"] = m, v
    c1, c2 = 1 - 0.9**step, 1 - 0.999**step
    moved = []
    for i in range(len(w)):
        denominator = math.sqrt(v[i] / c2) + 1e-8
        moved.append(w[i] - 0.01 * (m[i] / c1) / denominator)
    return moved
"""
ADAM_SLIPS: tuple[Slip, ...] = (
    ("1 - 0.9**step, 1 - 0.999**step", "1.0, 1.0", "the bias correction is missing"),
    ("1 - 0.9**step, 1 -", "1.0, 1 -", "correction of the mean gradient m is missing"),
    ("1 - 0.999**step", "1.0", "correction of the mean square v is missing"),
    ("**step", "**(step + 1)", "step number is one too high"),
    ("**step", "**1", "step number stays at 1"),
    ("math.sqrt(v[i] / c2) + 1e-8", "math.sqrt(v[i] / c2 + 1e-8)", "inside the root"),
    ("math.sqrt(v[i] / c2) + 1e-8", "math.sqrt(v[i] / c2)", "epsilon is left out"),
    (
        "math.sqrt(v[i] / c2) + 1e-8",
        "(math.sqrt(v[i]) + 1e-8) / math.sqrt(c2)",
        "before the bias correction",
    ),
    ("math.sqrt(v[i] / c2) + 1e-8", "v[i] / c2 + 1e-8", "root of the squares is left out"),
    ("0.9 * a + (1 - 0.9) * x", "0.9 * a + x", "1 - beta1 is left out"),
    ("0.999 * a + (1 - 0.999) * x * x", "0.999 * a + x * x", "1 - beta2 is left out"),
    ("(m[i] / c1)", "g[i]", "gradient itself stands"),
    ("w[i] - 0.01", "w[i] + 0.01", "uphill"),
    ("w[i] - 0.01 *", "w[i] -", "learning rate is left out"),
    ('state["m"], state["v"] = m, v', "pass", "memory is not kept"),
)

DECAYED = """
def update(w, g, state, step):
    w, g, decay = np.asarray(w), np.asarray(g), 0.1
    m = 0.9 * state.get("m", np.zeros_like(w)) + 0.1 * g
    v = 0.999 * state.get("v", np.zeros_like(w)) + 0.001 * g * g
    state["m"], state["v"] = m, v
    m_hat, v_hat = m / (1 - 0.9**step), v / (1 - 0.999**step)
    w = w - 0.01 * decay * w
    return w - 0.01 * m_hat / (np.sqrt(v_hat) + 1e-8)
"""
DECAYED_SLIPS: tuple[Slip, ...] = (
    (
        "    w = w - 0.01 * decay * w\n    return w - 0.01 * m_hat / (np.sqrt(v_hat) + 1e-8)",
        "    w = w - 0.01 * m_hat / (np.sqrt(v_hat) + 1e-8)\n    return w - 0.01 * decay * w",
        "after the step",
    ),
    (
        "np.asarray(g), 0.1\n",
        "np.asarray(g), 0.1\n    g, decay = g + decay * w, 0.0\n",
        "before the moments",
    ),
    ("w = w - 0.01 * decay * w", "pass", "the decay is missing"),
    ("w - 0.01 * decay * w", "w - decay * w", "not multiplied by the learning rate"),
    ("w - 0.01 * decay * w", "w + 0.01 * decay * w", "decay has the wrong sign"),
    ("(np.sqrt(v_hat) + 1e-8)", "np.sqrt(v_hat + 1e-8)", "inside the root"),
    ("m / (1 - 0.9**step), v / (1 - 0.999**step)", "m, v", "bias correction is missing"),
)

SQUARES = """
def update(w, g, state, step):
    s = state.get("s", [0.0] * len(w))
    s = [0.9 * a + (1 - 0.9) * x * x for a, x in zip(s, g)]
    state["s"] = s
    return [a - 0.01 * x / (math.sqrt(b) + 1e-8) for a, x, b in zip(w, g, s)]
"""
SQUARES_SLIPS: tuple[Slip, ...] = (
    ("math.sqrt(b) + 1e-8", "math.sqrt(b + 1e-8)", "inside the root"),
    ("math.sqrt(b) + 1e-8", "math.sqrt(b)", "epsilon is left out"),
    ("math.sqrt(b) + 1e-8", "b + 1e-8", "root of the squares is left out"),
    ("0.9 * a + (1 - 0.9) * x * x", "0.9 * a + x * x", "1 - decay is left out"),
    ("a - 0.01", "a + 0.01", "uphill"),
    ('state["s"] = s', "pass", "memory is not kept"),
)

SUMS = """
def update(w, g, state, step):
    s = [a + x * x for a, x in zip(state.get("s", [0.0] * len(w)), g)]
    state["s"] = s
    return [a - 0.01 * x / (math.sqrt(b) + 1e-10) for a, x, b in zip(w, g, s)]
"""
SUMS_SLIPS: tuple[Slip, ...] = (
    ("math.sqrt(b) + 1e-10", "math.sqrt(b + 1e-10)", "inside the root"),
    ("math.sqrt(b) + 1e-10", "math.sqrt(b)", "epsilon is left out"),
    ('state["s"] = s', "pass", "memory is not kept"),
    ("a - 0.01 *", "a -", "learning rate is left out"),
)

FAMILIES: tuple[tuple[str, dict[str, Any], str, tuple[Slip, ...]], ...] = (
    ("sgd", {"momentum": 0.9, "learning_rate": 0.1, "clip_norm": 1.0}, MOMENTUM, MOMENTUM_SLIPS),
    ("adam", {"learning_rate": 0.01}, ADAM, ADAM_SLIPS),
    ("adamw", {"learning_rate": 0.01, "weight_decay": 0.1}, DECAYED, DECAYED_SLIPS),
    ("rmsprop", {"learning_rate": 0.01}, SQUARES, SQUARES_SLIPS),
    ("adagrad", {"learning_rate": 0.01}, SUMS, SUMS_SLIPS),
)


def right_updates() -> Iterator[tuple[str, Any]]:
    """The steps without a slip, each with its check."""
    for name, options, program, _ in FAMILIES:
        if names := _names(program):
            yield name, cr.check_update(compiled(program, "update", **names), name, **options)


def entries() -> Iterator[Entry]:
    for name, options, program, slips in FAMILIES:
        names = _names(program)
        for before, after, truth in slips if names else ():
            update = compiled(changed(program, before, after), "update", **names)

            def check(_, update=update, name=name, options=options):
                return cr.check_update(update, name, **options)

            slip = f"{before.strip()}  ->  {after or '(nothing)'}"
            yield Entry(f"step of {name}", "generic", slip, truth, check)


def _names(program: str) -> dict[str, Any]:
    """The libraries of a program; empty where one is not installed."""
    if "np." not in program:
        return {"math": math}
    try:
        import numpy as np
    except ImportError:
        return {}
    return {"math": math, "np": np}
