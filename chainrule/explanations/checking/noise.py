"""How far rounding can move a gradient: what two correct ways may differ by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt
from typing import Any, NamedTuple

from chainrule.arrays import namespace_of
from chainrule.arrays.random import Generator
from chainrule.autodiff import Tensor, pull_back, unbroadcast
from chainrule.explanations.checking.subject import Flat, Subject

UNIT_ROUNDOFF = {"float64": 2.0**-53, "float32": 2.0**-24, "bfloat16": 2.0**-8}
"""The largest relative error of one rounding in each number kind."""

CONFIDENCE = {"float64": 10.0, "float32": 10.0, "bfloat16": 5.0}
"""The λ of the probabilistic bound below: at 10 it fails less often than once in 10^20 sums, at 5
less often than once in 10^5, where 10 would call every slope noise."""

_SUMMED_WIDER = {"bfloat16"}
"""The kinds in which products and sums are added up in float32, and rounded once."""

NUDGES = 3
"""How often the sensitivity to rounding is measured; one nudge alone can miss by chance."""

_PRODUCTS = {"weighted_sum", "matmul", "multiply", "divide"}

_SLOPE_TERMS: dict[str, Callable[..., Any]] = {
    "gelu": lambda z: 1 + z + z * z * z,
    "sigmoid": lambda z: 1.0,
    "silu": lambda z: 1 + z,
    "tanh": lambda z: 1.0,
    "squared_error": lambda a, y: 2 * (a + y),
    "huber": lambda a, y: a + y,
    "softmax_cross_entropy": lambda z, t: 1 + t,
    "sigmoid_cross_entropy": lambda z, t: 1 + t,
}
"""The size of the terms in slopes that are differences, by |inputs|: 1 - a² errs as much as 1."""

_VALUE_TERMS: dict[str, Callable[[Any], Any]] = {
    "gelu": lambda z: z,
    "log_softmax": lambda z: 1 + z,
}
"""The same of results that are differences: the 1 + tanh of a GELU, the ln 1 of a log-softmax."""


class Noise(NamedTuple):
    """The rounding noise of a gradient.

    Attributes:
        relative: The relative error that rounding can make in the run's sums.
        entries: The absolute error that it can make in each entry of the gradient.
        sums: The part of it that comes from adding up alone, which no corner nearby makes larger.
    """

    relative: float
    entries: dict[str, list[float]]
    sums: dict[str, list[float]]


def relative_rounding(tape: Sequence[Tensor], dtype: str = "float64") -> float:
    """The relative error that the roundings of a run add up to: `λ · √n · u`.

    `n` counts the roundings that one number can go through on its way along the tape and back: one
    an addition, or one an op where sums are added up in a wider kind.

    Source: Higham & Mary, "A new approach to probabilistic rounding error analysis", SIAM Journal
    on Scientific Computing 41 (2019), theorem 2.4.
    """
    count = 0
    for tensor in tape:
        inputs = tensor.origin.inputs if tensor.origin else ()
        sizes = () if dtype in _SUMMED_WIDER else inputs
        count += 4 + sum(sum(x.shape) for x in sizes if hasattr(x, "shape"))
    return CONFIDENCE[dtype] * sqrt(count) * UNIT_ROUNDOFF[dtype]


def rounding_noise(subject: Subject, gradient: Flat, dtype: str = "float64") -> Noise:
    """What rounding in the given number kind can do to each entry of a gradient.

    Two things add up. Each entry is a sum over paths and examples, and a sum errs in proportion to
    the sizes of its terms, however small it comes out. And the values along the tape are rounded
    themselves: what that does is measured, by moving every weight by so much as a rounding.

    Args:
        subject: The function at its point.
        gradient: Its gradient there, by the walk.
        dtype: The number kind of the computation that may err.
    """
    relative = relative_rounding(subject.tape, dtype)
    sizes = subject.walk(magnitude_pull)
    generator = Generator(0)

    def nudges() -> dict[str, list[float]]:
        return {
            name: [w if u < 0.5 else -w for w, u in zip(ws, generator.random(len(ws)), strict=True)]
            for name, ws in subject.numbers.items()
        }

    sums = {name: [relative * size for size in sizes[name]] for name in sizes}
    entries = {name: list(numbers) for name, numbers in sums.items()}
    moved = [subject.moved(nudges(), relative).walk() for _ in range(NUDGES)]
    for name, own in entries.items():
        for i, g in enumerate(gradient[name]):
            own[i] += max(abs(nudged[name][i] - g) for nudged in moved)
    return Noise(relative, entries, sums)


def magnitude_pull(tensor: Tensor, index: int, g: Any, _: bool = False) -> Any:
    """One step of a walk that adds up the sizes of all paths, so that none cancels another."""
    origin = tensor.origin
    assert origin is not None
    name = origin.primitive.name
    xp = namespace_of(tensor.value)
    x = origin.inputs[index]
    if name in _PRODUCTS:
        rule = origin.primitive.rule(index)
        assert rule is not None
        sizes = (_size(xp, i) for i in origin.inputs)
        share = rule.function(xp, g, xp.abs(tensor.value), *sizes)
        return xp.abs(unbroadcast(xp, share, x.shape))
    if name in ("softmax", "log_softmax"):
        a = tensor.value if name == "softmax" else xp.exp(tensor.value)
        taken = a * xp.sum(g * a if name == "softmax" else g, axis=-1, keepdims=True)
        return taken + (g * a if name == "softmax" else g)
    share = xp.abs(pull_back(tensor, index, g))
    if terms := _SLOPE_TERMS.get(name):
        to_each = g if len(g.shape) == len(x.shape) else xp.expand_dims(g, axis=-1)
        share = share + to_each * terms(*(_size(xp, i) for i in origin.inputs))
    return share


def _size(xp: Any, x: Any) -> Any:
    """How large a value is, or what it is the difference of."""
    if type(x) is not Tensor:
        return xp.abs(x) if hasattr(x, "shape") else abs(x)
    terms = _VALUE_TERMS.get(x.origin.primitive.name) if x.origin else None
    if x.origin is None or terms is None:
        return xp.abs(x.value)
    return xp.abs(x.value) + terms(_size(xp, x.origin.inputs[0]))
