"""Corners of a function: where they are, which unit stands on one, whose slope it touches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import cycle
from math import fsum, isfinite
from typing import Any, NamedTuple

from chainrule.arrays import namespace_of
from chainrule.autodiff import Pull, Tensor, origin_of, pull_back, tape, unbroadcast
from chainrule.checking.checked_function import (
    CANNOT,
    CheckedFunction,
    Flat,
    Place,
    each_number,
    flat,
)
from chainrule.checking.expressions import label
from chainrule.checking.mixtures import Mixture
from chainrule.checking.rounding import magnitude_pull
from chainrule.nn import place_of, weight_name
from chainrule.words import printed

SHIFT = 2.0**-500
"""How far to go off a corner where all numbers are 0."""

MOST_TIED = 64
"""Up to so many tied entries are moved one by one."""

EVEN = 1e-9
"""What adds up to so much, relative to its size, adds up but for rounding."""

MOST_SUSPECTS, MOST_TOLD = 24, 3
"""So many entries of a large array are looked at by themselves, and so many kinks told of."""


class Kink(NamedTuple):
    """An op of the recorded run, some of whose inputs stand on its corner.

    Attributes:
        op: The name of the op.
        at: The name of the input, `dense1.z`.
        entries: The places of those inputs: `(row, unit)`, or as many numbers as there are axes.
    """

    op: str
    at: str
    entries: list[tuple[int, ...]]

    @property
    def where(self) -> str:
        """The first of the places, in words."""
        first = self.entries[0]
        if not self.at.endswith((".z", ".a")) or len(first) != 2:
            return weight_name(self.at, first)
        return f"{self.at.rpartition('.')[0]} unit {first[1]} in row {first[0]}"

    def _repr_html_(self) -> str:
        return printed(str(self))

    def __str__(self) -> str:
        others = len(self.entries) - 1
        return f"{self.where}{f' and {others} more' if others else ''} on the corner of {self.op}"


class Corners(NamedTuple):
    """The kinks at a point, and what they do to the slope of every entry of every array.

    Attributes:
        kinks: The kinks.
        touched: Whether one of them touches the slope.
        slopes: The lowest and the highest slope that is right on some side of the kinks.
        shifts: How far to go off the corner, for the entries of a tensor's first input that stand
            on it, by the tensor's serial; zero for the others.
    """

    kinks: Sequence[Kink]
    touched: Mapping[str, Sequence[bool]]
    slopes: Mapping[str, Sequence[tuple[float, float]]]
    shifts: Mapping[int, Any] = {}

    @property
    def told(self) -> str:
        """The first of the kinks, in words."""
        kinks = [*dict.fromkeys(map(str, self.kinks))]
        more = [f"{len(kinks) - MOST_TOLD} more"] if len(kinks) > MOST_TOLD else []
        return "; ".join(kinks[:MOST_TOLD] + more)

    def between(self, name: str, d: Sequence[float]) -> tuple[float, float] | None:
        """The lowest and the highest slope along a direction that they touch; None elsewhere.

        Each of them may take either side.
        """
        slopes, touched = self.slopes.get(name), self.touched.get(name, ())
        if not slopes or not any(t and s for t, s in zip(touched, d, strict=True)):
            return None
        ends = [(s * low, s * high) for s, (low, high) in zip(d, slopes, strict=True) if s]
        if not all(isfinite(low) and isfinite(high) for low, high in ends):
            return None
        return fsum(map(min, ends)), fsum(map(max, ends))

    def suspects(self, name: str, entries: Sequence[int], given: Sequence[float]) -> list[int]:
        """Of some entries those whose given slopes lie furthest beyond theirs; else the largest."""
        slopes = self.slopes.get(name) or [(0.0, 0.0)] * len(given)

        def beyond(i: int) -> float:
            return max(slopes[i][0] - given[i], given[i] - slopes[i][1])

        return [i for i in sorted(entries, key=beyond)[-MOST_SUSPECTS:] if beyond(i) > 0]


def find_kinks(checked: CheckedFunction, relative: float) -> Corners:
    """Which inputs stand on a corner, to rounding, and which entries can move them off it.

    Args:
        checked: The function at its point.
        relative: The relative error that rounding can make in a sum.
    """
    kinks: list[Kink] = []
    on: dict[int, Any] = {}
    touched = {name: [False] * len(numbers) for name, numbers in checked.numbers.items()}
    for tensor, distance in _distances(checked.tape):
        xp = namespace_of(tensor.value)
        first, *others = (_sizes(xp, x) for x in origin_of(tensor).inputs)
        terms = sum(others, first)  # of all that was added up: what rounding acts on
        near = xp.abs(distance) <= relative * terms
        entries = _marked(near)
        if not entries:
            continue
        kinks.append(_kink(tensor, entries))
        shift = xp.where(near, 4 * relative * terms + SHIFT, 0.0)
        before = on.get(tensor.serial)
        on[tensor.serial] = shift if before is None else xp.maximum(before, shift)
        for x in origin_of(tensor).inputs:
            if type(x) is Tensor:
                same = x.shape == tuple(near.shape)
                seed = xp.where(near, 1.0, 0.0) if same else xp.ones_like(x.value)
                reach = checked.walk(magnitude_pull, start=x, seed=seed)
                for name, sizes in reach.items():
                    touched[name] = [t or s > 0 for t, s in zip(touched[name], sizes, strict=True)]
    return Corners(kinks, touched, _slopes(checked, on), on)


def _slopes(
    checked: CheckedFunction, on: Mapping[int, Any]
) -> dict[str, list[tuple[float, float]]]:
    """The lowest and the highest slope of each entry, over all sides of all corners.

    Every corner passes back anything between what its rule gives a little below it and a little
    above. One walk takes the middle of the two, a second one adds up how far the ends lie from it.

    Args:
        checked: The function at its point.
        on: The shifts off the corners; see `Corners`.
    """
    if not on:
        return {}
    walked = partial(_walked, checked, on)
    if sum(sum(map(bool, flat(shift))) for shift in on.values()) == 1:
        below, above = (walked(lambda _, *sides, k=k: sides[k]) for k in (0, 1))
        return each_number(lambda *sides: (min(sides), max(sides)), below, above)
    xp, halves = namespace_of(checked.loss.value), dict[tuple[int, int], Any]()

    def middle(edge: tuple[int, int], below: Any, above: Any) -> Any:
        halves[edge] = xp.abs(above - below) / 2
        return (below + above) / 2

    def reach(edge: tuple[int, int], below: Any, above: Any) -> Any:
        return xp.maximum(xp.abs(below), xp.abs(above)) + halves[edge]

    middles = walked(middle)
    reaches = walked(reach, magnitude_pull, xp.zeros_like(checked.loss.value))
    return each_number(lambda m, r: (m - r, m + r), middles, reaches)


def _walked(
    checked: CheckedFunction,
    on: Mapping[int, Any],
    meet: Callable[..., Any],
    beyond: Pull = pull_back,
    seed: Any = None,
) -> Flat:
    """The walk in which corners pass back what `meet` makes of their two sides."""

    def pull(tensor: Tensor, index: int, g: Any, _: bool = False) -> Any:
        if tensor.serial not in on:
            return beyond(tensor, index, g, False)
        share = meet((tensor.serial, index), *_beside(tensor, index, g, on[tensor.serial]))
        return unbroadcast(share, origin_of(tensor).inputs[index].shape)

    return checked.walk(pull, seed=seed)


def mixture_at(
    checked: CheckedFunction, shifts: Mapping[int, Any], places: Sequence[Place]
) -> Mixture | None:
    """All gradients that the rules may give, each corner taking any of its sides.

    None where there are too many, or where what one lets through depends on another.

    Args:
        checked: The function at its point.
        shifts: The shifts off the corners; see `Corners`.
        places: The entries that are looked at.
    """
    alone = [
        {serial: xp.where(xp.reshape(xp.arange(shift.size), shift.shape) == i, shift, 0.0)}
        for serial, shift in shifts.items()
        for xp in [namespace_of(shift)]
        for i, s in enumerate(flat(shift))
        if s
    ]
    if len(alone) > MOST_TIED:
        return None

    def slopes(on: Mapping[int, Any], side: int) -> list[float]:
        gradient = _walked(checked, on, lambda _, *sides: sides[side])
        return [gradient[name][i] for name, i in places]

    own = slopes({}, 0)
    halves: list[list[float]] = []
    for side in (0, 1):
        shares = [[a - b for a, b in zip(slopes(on, side), own, strict=True)] for on in alone]
        together = [fsum(parts) for parts in zip(own, *shares, strict=True)]
        most = EVEN * max(map(abs, (*together, *own)))
        if not all(abs(a - b) <= most for a, b in zip(slopes(shifts, side), together, strict=True)):
            return None
        halves += [[s / 2 for s in share] for share in shares if any(share)]
    return Mixture([fsum(parts) for parts in zip(own, *halves, strict=True)], halves)


def _beside(tensor: Tensor, index: int, g: Any, shift: Any) -> tuple[Any, Any]:
    """What comes back through an op a little below its corner and a little above.

    Where moving all entries off the corner together changes nothing, as in a tie, each is moved
    alone; from many tied entries, all of what arrives may come back, or nothing.
    """
    xp = namespace_of(tensor.value)
    if not bool(xp.any(xp.abs(g) > 0)):
        nothing = _share_at(tensor, index, g, shift)
        return nothing, nothing
    below, above = (_share_at(tensor, index, g, shift * sign) for sign in (-1.0, 1.0))
    if bool(xp.any(xp.abs(below - above) > 0)):
        return below, above
    tied = [i for i, s in enumerate(flat(shift)) if s]
    if len(tied) > MOST_TIED:
        arrives = [0.0, *flat(g)]
        return xp.full_like(below, min(arrives)), xp.full_like(above, max(arrives))
    places = xp.reshape(xp.arange(shift.size), shift.shape)
    for i in tied:
        for sign in (-1.0, 1.0):
            moved = _share_at(tensor, index, g, xp.where(places == i, shift * sign, 0.0))
            below, above = xp.minimum(below, moved), xp.maximum(above, moved)
    return below, above


def _share_at(tensor: Tensor, index: int, g: Any, shift: Any) -> Any:
    """What the rule gives for a first input that is moved, before broadcasting is undone."""
    origin = origin_of(tensor)
    first, *others = origin.values
    inputs = [first + shift, *others]
    output = origin.primitive(*inputs, **origin.options)
    return origin.primitive.share(index, g, output, inputs, origin.options)


def crossed(checked: CheckedFunction, direction: Flat, h: float) -> str | None:
    """The first corner that lies between the two ends of a step of `±h`, in words.

    Where a condition leads to other ops at one of them, none of theirs is the same.
    """
    try:
        ends = [checked.moved(direction, step).tape for step in (-h, h)]
    except CANNOT:  # or to what takes no tensors
        return None
    ops_of = [[tensor.origin and tensor.origin.primitive for tensor in end] for end in ends]
    if ops_of[0] != ops_of[1]:
        return None
    for (tensor, below), (_, above) in zip(*map(_distances, ends), strict=True):
        if across := _marked(below * above < 0):
            kink = _kink(tensor, across)
            return f"{kink.where} crosses the corner of {kink.op}"
    return None


def kinks_on(loss: Tensor) -> list[str]:
    """Where the recorded run of a loss passes exactly over a corner, in words."""
    return [
        str(_kink(tensor, _marked(distance == 0)))
        for tensor, distance in _distances(tape(loss))
        if not bool(namespace_of(distance).all(distance))
    ]


def _distances(tensors: Iterable[Tensor]) -> Iterator[tuple[Tensor, Any]]:
    """How far each of some results stands from the corners of its op."""
    for tensor in tensors:
        if (origin := tensor.origin) is not None:
            xp = namespace_of(tensor.value)
            for distance in origin.primitive.corners(xp, origin.values, origin.options):
                yield tensor, distance


def _sizes(xp: Any, x: Any) -> Any:
    if type(x) is not Tensor or x.origin is None:
        return xp.abs(xp.asarray(x.value if type(x) is Tensor else x))
    op = x.origin.primitive
    if op.signs == (1,) and op.entrywise:
        return _sizes(xp, x.origin.inputs[0])
    if not (op.signs or op.traits.multilinear):
        return xp.abs(x.value)
    signed = zip(cycle(op.signs or (1,)), x.origin.values)
    sizes = [sign * xp.abs(xp.asarray(value)) for sign, value in signed]
    return op.value(xp, sizes, x.origin.options)


def _marked(mask: Any) -> list[tuple[int, ...]]:
    if not bool(namespace_of(mask).any(mask)):
        return []
    return [place_of(i, tuple(mask.shape)) for i, mark in enumerate(flat(mask)) if mark]


def _kink(tensor: Tensor, entries: list[tuple[int, ...]]) -> Kink:
    inputs = [x for x in origin_of(tensor).inputs if type(x) is Tensor]
    name = next((x.name for x in inputs if x.name), "")
    written = label(inputs[0])
    at = f"({written})" if entries[0] and not written.startswith("the ") else written
    return Kink(origin_of(tensor).primitive.name, name or at, entries)
