"""Pure Python: one training step on the moons, beside its bare multiplications and micrograd.

The network is 2-16-16-1 with ReLU, 100 examples in one batch, hinge loss with L2 1e-4, plain
gradient descent: the task of micrograd's demo.
"""

from __future__ import annotations

import gc
import random
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from operator import mul
from typing import Any

from benchmarks.networks import again_and_again
from benchmarks.timing import Result, Row, compare, without_collector
from chainrule.data import Recipe, load
from chainrule.engines.engine import PythonEngine
from chainrule.nn import LOSSES, Architecture, Dense, encode_targets
from chainrule.train import SGD
from chainrule.train.step import initial_state, training_step

try:
    from math import sumprod
except ImportError:  # before CPython 3.12

    def sumprod(p: Any, q: Any) -> float:
        return sum(map(mul, p, q))


BARE, QUIET = "bare multiplications", "micrograd, collector off"
PRODUCTS = (
    ("z1 = x·w1ᵀ", 100, 2, 16),
    ("z2 = a1·w2ᵀ", 100, 16, 16),
    ("z3 = a2·w3ᵀ", 100, 16, 1),
    ("dL/dw3", 1, 100, 16),
    ("dL/da2", 100, 1, 16),
    ("dL/dw2", 16, 100, 16),
    ("dL/da1", 100, 16, 16),
    ("dL/dw1", 16, 100, 2),
)
"""The matrix products of one step: rows, length of the dot products, columns."""


def run(*, quick: bool = False) -> Result:
    """Time one step of each."""
    rows = load("moons").rows
    examples = Recipe.learn(load("moons")).apply(load("moons"), range(100))
    contenders = {BARE: _bare(), "chainrule": _ours(examples)}
    notes = {
        BARE: "the same shapes by "
        + ("math.sumprod" if sumprod.__module__ == "math" else "sum(map(mul, row, column))")
    }
    result = list(
        compare(contenders, control=BARE, rounds=200, warm_up=20, notes=notes, quick=quick)
    )
    remarks = [f"moons has {rows} rows, of which 100 are used; data preparation is not timed"]
    if find_spec("micrograd"):
        step = _micrograd(examples)
        peers = {"chainrule": contenders["chainrule"], "micrograd": step}
        peers[QUIET] = without_collector(step)
        found = compare(
            peers,
            control="chainrule",
            rounds=9,
            warm_up=1,
            after={QUIET: gc.collect},  # its graphs are rings, which nobody else would take away
            quick=quick,
        )[1:]
        remarks += [f"{row.name}: {row.ratio:.0f} times chainrule's step" for row in found]
        result += [beside(row, result[1].ratio) for row in found]
    else:
        remarks.append("micrograd is not installed, so it is left out")
    return Result(
        "moons, 2-16-16-1, 100 examples, pure Python", BARE, tuple(result), tuple(remarks)
    )


def beside(row: Row, ratio: float) -> Row:
    """A row whose control was itself timed beside another, as beside that other."""
    low, high = row.quartiles
    return replace(row, ratio=row.ratio * ratio, quartiles=(low * ratio, high * ratio))


def _bare() -> Callable[[], Any]:
    generator = random.Random(0)

    def table(rows: int, columns: int) -> list[list[float]]:
        return [[generator.random() for _ in range(columns)] for _ in range(rows)]

    pairs = [(table(n, k), table(m, k)) for _, n, k, m in PRODUCTS]

    def multiply() -> None:
        for left, right in pairs:
            if sumprod.__module__ == "math":
                [sumprod(row, column) for row in left for column in right]
            else:
                [sum(map(mul, row, column)) for row in left for column in right]

    return multiply


def _ours(examples: Any) -> Callable[[], Any]:
    engine = PythonEngine()
    architecture = Architecture([Dense(2, 16, "relu"), Dense(16, 16, "relu"), Dense(16, 1)])
    x = engine.asarray(examples.x, shape=examples.shape)
    t = encode_targets(engine.asarray(examples.y), LOSSES["hinge"], 1, x)
    flat = architecture.layout.join(engine.xp, architecture.initial(seed=0))
    step = engine.compile(training_step(architecture, LOSSES["hinge"], SGD(), l2=1e-4))
    batch = {"x": x, "t": t, "learning_rate": 0.5}
    return again_and_again(step, initial_state(SGD(), flat), batch)


def _micrograd(examples: Any) -> Callable[[], Any]:
    """micrograd's own demo, as its user runs it."""
    from micrograd.engine import Value
    from micrograd.nn import MLP

    random.seed(0)
    model = MLP(2, [16, 16, 1])
    inputs = [examples.row(n) for n in range(len(examples))]
    signs = [2 * y - 1 for y in examples.y]

    def take() -> None:
        scores = [model(list(map(Value, row))) for row in inputs]
        losses = [(1 + -y * score).relu() for y, score in zip(signs, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        total = data_loss + 1e-4 * sum(p * p for p in model.parameters())
        model.zero_grad()
        total.backward()
        for p in model.parameters():
            p.data -= 0.5 * p.grad

    return take
