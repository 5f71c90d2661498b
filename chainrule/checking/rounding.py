"""How far rounding can move a gradient: what two correct ways may differ by."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from math import inf, nan, sqrt
from operator import sub
from typing import Any, NamedTuple

from chainrule.arrays import Generator, namespace_of
from chainrule.autodiff import Tensor, origin_of, pull_back, unbroadcast
from chainrule.checking.checked_function import (
    CANNOT,
    CheckedFunction,
    Flat,
    each_number,
    of_largest,
)

UNIT_ROUNDOFF = {"float64": 2.0**-53, "float32": 2.0**-24, "bfloat16": 2.0**-8}
"""The largest relative error of one rounding in each number kind."""

CONFIDENCE = {"float64": 10.0, "float32": 10.0, "bfloat16": 5.0}
"""The λ of the probabilistic bound below: at 10 it fails less often than once in 10^20 sums, at 5
less often than once in 10^5, where 10 would take every slope for rounding."""

_SUMMED_WIDER = {"bfloat16"}
"""The kinds in which products and sums are added up in float32, and rounded once."""

CLEAR, WIDER = 1e-3, 16
"""Nudges that move a slope by more than the one, relative to the largest, are tried so many times
as wide."""

NUDGES = 3
"""How often the sensitivity to rounding is measured; one nudge alone can miss by chance."""


class Rounding(NamedTuple):
    """What rounding can do to a gradient.

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


def rounding_errors(checked: CheckedFunction, gradient: Flat, dtype: str = "float64") -> Rounding:
    """What rounding in the given number kind can do to each entry of a gradient.

    Three things add up. Each entry is a sum over paths and examples, and a sum errs in proportion
    to the sizes of its terms, however small it comes out. So does a rule that takes a difference,
    as 1 - a² is one, and with it every path that goes on from there. And the values along the tape
    are rounded themselves: what that does is measured, by moving every weight by so much as a
    rounding.

    Args:
        checked: The function at its point.
        gradient: Its gradient there, by the walk.
        dtype: The number kind of the computation that may err.
    """
    relative = relative_rounding(checked.tape, dtype)

    def off(of_sums: float, g: float, *moved: float) -> float:
        return of_sums + max((abs(nudged - g) for nudged in moved), default=0.0)

    def with_terms(tensor: Tensor, index: int, g: Any, _: bool = False) -> Any:
        return magnitude_pull(tensor, index, g) + relative * _cancelled(tensor, index, g)

    def of_paths(size: float, rounded: float) -> float:
        return relative * rounded + (rounded - size if rounded < inf else 0.0)

    sums = each_number(of_paths, checked.walk(magnitude_pull), checked.walk(with_terms))
    return Rounding(relative, each_number(off, sums, gradient, *_nudged(checked, relative)), sums)


def _nudged(checked: CheckedFunction, relative: float) -> list[dict[str, list[float]]]:
    """The gradients where every number has been moved by so much, up or down."""
    generator, walks = Generator(0), []
    for _ in range(NUDGES):
        nudge = {
            name: [w if u < 0.5 else -w for w, u in zip(ws, generator.random(len(ws)), strict=True)]
            for name, ws in checked.numbers.items()
        }
        with suppress(CANNOT):  # a function may end right beside its point
            walks.append(checked.moved(nudge, relative).walk())
    return walks


def crossing(checked: CheckedFunction, gradient: Flat, rounding: Rounding) -> dict[str, list[bool]]:
    """Which slopes a nudge moves by as much however small it is: it crosses a corner.

    What rounding does to a slope grows with the nudge. No op declares such a corner, as in a sorted
    list of equal numbers.

    Args:
        checked: The function at its point.
        gradient: Its gradient there, by the walk.
        rounding: What rounding seems to do to it.
    """
    off = each_number(sub, rounding.entries, rounding.sums)
    largest = of_largest(gradient, dict.fromkeys(gradient, CLEAR))
    if not any(o > most for name in off for o, most in zip(off[name], largest[name], strict=True)):
        return each_number(lambda _: False, gradient)
    walks = _nudged(checked, WIDER * rounding.relative)
    wider = each_number(lambda g, *moved: max(abs(m - g) for m in moved or [nan]), gradient, *walks)
    return each_number(lambda o, most, w: o > most and w < WIDER / 4 * o, off, largest, wider)


def magnitude_pull(tensor: Tensor, index: int, g: Any, _: bool = False) -> Any:
    """One step of a walk that adds up the sizes of all paths, so that none cancels another."""
    origin = origin_of(tensor)
    op, xp = origin.primitive, namespace_of(tensor.value)
    if op.traits.multilinear:
        sizes = [_size(xp, x) for x in origin.inputs]
        return xp.abs(op.pull(index, g, xp.abs(tensor.value), sizes, origin.options))
    return xp.abs(pull_back(tensor, index, g))


def _cancelled(tensor: Tensor, index: int, g: Any) -> Any:
    """How large the terms are that a rule takes the difference of; 0 where nothing cancels."""
    origin, xp = origin_of(tensor), namespace_of(tensor.value)
    rule = origin.primitive.rule(index)
    if rule is None or rule.sizes is None or origin.primitive.traits.multilinear:
        return 0.0
    sizes = [_size(xp, x) for x in origin.inputs]
    terms = rule.sizes(xp, g, tensor.value, *sizes, **origin.options)
    return unbroadcast(terms, origin.inputs[index].shape)


def _size(xp: Any, x: Any) -> Any:
    """How large a value is, or what it is the difference of."""
    if type(x) is not Tensor:
        return abs(x)
    terms = x.origin.primitive.traits.sizes if x.origin else None
    if x.origin is None or terms is None:
        return abs(x.value)
    sizes = (_size(xp, i) for i in x.origin.inputs)
    return abs(x.value) + terms(xp, *sizes, **x.origin.options)
