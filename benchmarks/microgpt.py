"""A transformer's step: arrays with our ops, beside a tape of single numbers in pure Python.

The network, the optimizer and the names are those of `examples/microgpt.py`. The tape of single
numbers goes the way of the published script: every sum, product and power is an object, a name is
read letter by letter, and what a head has seen is kept. Both give the same losses, which is seen
before anything is timed.
"""

from __future__ import annotations

import runpy
from collections.abc import Callable, Sequence
from itertools import cycle, pairwise
from math import exp, isclose, log
from pathlib import Path
from typing import Any

from benchmarks.timing import Result, compare, without_collector

EXAMPLE = Path(__file__).parent.parent / "examples" / "microgpt.py"
OURS, SCALARS = "chainrule, numpy", "scalar tape"
QUIET = "scalar tape, collector off"
LEARNING_RATE, BETA1, BETA2, EPSILON = 0.01, 0.85, 0.99, 1e-8


def run(*, quick: bool = False) -> Result:
    """Time one step on one name, both from the same weights and names."""
    names = EXAMPLE.with_name("names.txt").read_text("utf-8").split()
    ours, scalars = steps_of_ours(names), steps_of_scalars(names)
    for _ in range(1 if quick else 3):
        one, other = ours(), scalars()
        if not isclose(one, other, rel_tol=1e-9):
            raise RuntimeError(f"the losses must be the same, and they are {one} and {other}")
    quiet = without_collector(steps_of_scalars(names))  # whose tape has no rings
    contenders = {OURS: ours, SCALARS: scalars, QUIET: quiet}
    rows = compare(contenders, control=OURS, rounds=15, warm_up=2, quick=quick)
    return Result("One Adam step of microgpt, 4,192 weights, on one name", OURS, rows)


def steps_of_ours(names: Sequence[str]) -> Callable[[], float]:
    """A step of the example, name after name; its loss comes back."""
    example: dict[str, Any] = runpy.run_path(str(EXAMPLE))
    p = example["first_weights"]()
    memory = {part: example["ADAM"].init(w) for part, w in p.items()}
    coming, count = cycle(names), 0

    def step() -> float:
        nonlocal p, memory, count
        count += 1
        loss, p, memory = example["train_step"](p, memory, next(coming), count, LEARNING_RATE)
        return float(loss)

    return step


def steps_of_scalars(names: Sequence[str]) -> Callable[[], float]:
    """The same step, number by number."""
    start = runpy.run_path(str(EXAMPLE))["first_weights"]()
    # A row for each output, as its loops want them; the tables of letters and places have theirs.
    tables = {part: w if part in ("letters", "places") else w.T for part, w in start.items()}
    p = {part: [[Number(v) for v in row] for row in w.tolist()] for part, w in tables.items()}
    weights = [w for table in p.values() for row in table for w in row]
    m, v = [0.0] * len(weights), [0.0] * len(weights)
    coming, count = cycle(names), 0

    def step() -> float:
        nonlocal count
        count += 1
        loss = name_loss(p, next(coming))
        loss.backward()
        for n, w in enumerate(weights):
            m[n] = BETA1 * m[n] + (1 - BETA1) * w.gradient
            v[n] = BETA2 * v[n] + (1 - BETA2) * w.gradient**2
            m_hat, v_hat = m[n] / (1 - BETA1**count), v[n] / (1 - BETA2**count)
            w.value -= LEARNING_RATE * m_hat / (v_hat**0.5 + EPSILON)
            w.gradient = 0.0
        return loss.value

    return step


class Number:
    """One number with what it was made of, and the local slopes towards that."""

    __slots__ = ("gradient", "inputs", "slopes", "value")

    def __init__(
        self, value: float, inputs: tuple[Number, ...] = (), slopes: tuple[float, ...] = ()
    ) -> None:
        self.value, self.gradient, self.inputs, self.slopes = value, 0.0, inputs, slopes

    def __add__(self, other: Number | float) -> Number:
        if isinstance(other, Number):
            return Number(self.value + other.value, (self, other), (1.0, 1.0))
        return Number(self.value + other, (self,), (1.0,))

    def __mul__(self, other: Number | float) -> Number:
        if isinstance(other, Number):
            return Number(self.value * other.value, (self, other), (other.value, self.value))
        return Number(self.value * other, (self,), (other,))

    def __pow__(self, power: float) -> Number:
        return Number(self.value**power, (self,), (power * self.value ** (power - 1),))

    def exp(self) -> Number:
        """`e^x`."""
        return Number(e := exp(self.value), (self,), (e,))

    def log(self) -> Number:
        """`ln x`."""
        return Number(log(self.value), (self,), (1 / self.value,))

    def relu(self) -> Number:
        """What is above zero."""
        return Number(max(self.value, 0.0), (self,), (float(self.value > 0),))

    def backward(self) -> None:
        """Add to every number the gradient of this one by it."""
        order: list[Number] = []
        seen: set[Number] = set()
        waiting = [(self, False)]
        while waiting:
            number, done = waiting.pop()
            if done:
                order.append(number)
            elif number not in seen:
                seen.add(number)
                waiting.append((number, True))
                waiting += [(child, False) for child in number.inputs]
        self.gradient = 1.0
        for number in reversed(order):
            for child, slope in zip(number.inputs, number.slopes, strict=True):
                child.gradient += slope * number.gradient


Vector = list[Number]


def name_loss(p: dict[str, list[Vector]], name: str) -> Number:
    """The mean loss of a name's letters."""
    numbers = [" abcdefghijklmnopqrstuvwxyz".index(letter) for letter in f" {name} "]
    seen: dict[str, tuple[list[Vector], list[Vector]]] = {f"head{n}": ([], []) for n in range(4)}
    losses = []
    for place, (number, due) in enumerate(pairwise(numbers)):
        x = rms_norm(plus(p["letters"][number], p["places"][place]))
        normed = rms_norm(x)
        for head, (keys, values) in seen.items():
            query = times(p[f"{head}.query"], normed)
            keys.append(times(p[f"{head}.key"], normed))
            values.append(times(p[f"{head}.value"], normed))
            shares = softmax([dot(query, key) * (1 / len(query) ** 0.5) for key in keys])
            brought = [dot(shares, list(column)) for column in zip(*values, strict=True)]
            x = plus(x, times(p[f"{head}.out"], brought))
        hidden = [z.relu() for z in times(p["mlp.in"], rms_norm(x))]
        x = plus(x, times(p["mlp.out"], hidden))
        losses.append(softmax(times(p["next"], x))[due].log() * -1.0)
    return total(losses) * (1 / len(losses))


def rms_norm(x: Vector) -> Vector:
    """Scaled so that the mean of the squares is 1."""
    scale = (total([each * each for each in x]) * (1 / len(x)) + 1e-5) ** -0.5
    return [each * scale for each in x]


def softmax(scores: Vector) -> Vector:
    """Shares that add up to 1."""
    most = max(score.value for score in scores)
    powers = [(score + -most).exp() for score in scores]
    scale = total(powers) ** -1.0
    return [power * scale for power in powers]


def times(rows: Sequence[Vector], x: Vector) -> Vector:
    """A table of weights by a vector."""
    return [dot(row, x) for row in rows]


def dot(one: Vector, other: Vector) -> Number:
    """The sum of the products."""
    return total([a * b for a, b in zip(one, other, strict=True)])


def plus(one: Vector, other: Vector) -> Vector:
    """The sums, place by place."""
    return [a + b for a, b in zip(one, other, strict=True)]


def total(numbers: Vector) -> Number:
    """All of them added up."""
    first, *rest = numbers
    for number in rest:
        first = first + number
    return first
