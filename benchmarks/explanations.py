"""What explanations of one example cost, in gradients on the same engine: 784-512-512-10."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.networks import layers_of, name_of
from benchmarks.timing import Result, Row, compare, peak_bytes
from chainrule.arrays.random import Generator
from chainrule.model import Network, explain

SIZES, ROWS = (784, 512, 512, 10), 64
GRADIENT = "one gradient"
ANSWER = "slopes, ranking, roll-ups, ten measured nudges"
NUMBER_BYTES = {"numpy": 8, "python": 32}
"""What one weight takes: in a list, a float and the place that leads to it."""


def run(*, quick: bool = False) -> Result:
    """Time the answers on two engines, and count the copies of the parameters that they need."""
    rows: list[Row] = []
    copies: dict[str, float] = {}
    for engine in NUMBER_BYTES:
        net, x, y = _network(engine)
        rows += compare(
            _contenders(net, x[:1], y[:1]),
            control=GRADIENT,
            rounds=30,
            warm_up=1,
            group=f"{engine} engine",
            quick=quick,
        )
        examples = 8 if engine == "python" else ROWS
        answer = partial(_answer, net, x[:examples], y[:examples])
        copies[f"{engine} engine, {examples} rows"] = _copies(answer, net)
        if engine == "numpy":
            copies["blame of one row"] = _copies(partial(_blame, net, x[:1], y[:1]), net)
    size = net.architecture.layout.size
    title = f"one example of {name_of(SIZES)} explained, {size:,} weights, float64"
    notes = ("every line makes its explanation anew, with all that it needs",)
    figures = {f"most copies of the parameters, {who}": round(n, 2) for who, n in copies.items()}
    return Result(title, GRADIENT, tuple(rows), notes, figures)


def _network(engine: str) -> tuple[Network, Any, list[int]]:
    """A network, and examples; on NumPy it has learned a little, so that blame has a reference."""
    net = Network(layers_of(SIZES), engine=engine)
    numbers = Generator(1).random(ROWS * SIZES[0])
    x = net.engine.asarray(numbers, dtype="float64", shape=(ROWS, SIZES[0]))
    y = [row % SIZES[-1] for row in range(ROWS)]
    if engine == "numpy":
        net.fit(x, y, epochs=5, progress=False)
    return net, x, y


def _contenders(net: Network, x: Any, y: list[int]) -> dict[str, Callable[[], Any]]:
    weight = explain(net, x, y).weights[0].name
    found: dict[str, Callable[[], Any]] = {
        GRADIENT: lambda: net.gradients(x, y),
        ANSWER: lambda: _answer(net, x, y),
    }
    if net.engine.name == "numpy":
        found["slope of one weight"] = lambda: explain(net, x, y).slope(weight)
        found["receipt of one weight"] = lambda: explain(net, x, y).receipt(weight)
        found["counterfactual of one weight"] = lambda: explain(net, x, y).counterfactual(weight)
        found["mistake"] = lambda: explain(net, x, y).mistake()
        wrong = [(explain(net, x, y).network.answers[0] + 1) % SIZES[-1]]
        found["answer"] = lambda: explain(net, x, wrong).answer
        found["culprits"] = lambda: explain(net, x, wrong).culprits()
        found["mend"] = lambda: explain(net, x, wrong).mend()
        found["blame of every weight"] = lambda: _blame(net, x, y)
    return found


def _answer(net: Network, x: Any, y: list[int]) -> None:
    explanation = explain(net, x, y)
    explanation.weights.top(10)
    explanation.weights.by_neuron()
    explanation.weights.by_layer()
    explanation.measured(10)


def _blame(net: Network, x: Any, y: list[int]) -> Any:
    return explain(net, x, y).blame


def _copies(call: Callable[[], Any], net: Network) -> float:
    """The memory that a call needs at its peak, in copies of the parameters."""
    return peak_bytes(call) / (net.architecture.layout.size * NUMBER_BYTES[net.engine.name])
