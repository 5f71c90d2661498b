"""A second, shifted point, at which causes part that coincide at the first by round numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from chainrule.arrays import Generator
from chainrule.checking.comparison import Comparison, measured_gradient
from chainrule.checking.subject import CANNOT, Flat, Opaque, Subject
from chainrule.errors import ChainruleError

SHIFT = 0.1
"""By about so much of itself each number moves, and by so much if it is smaller than 1."""


def shifted_numbers(numbers: Flat) -> dict[str, list[float]]:
    """Other numbers close by, none of them round."""
    generator = Generator(0)
    return {
        name: [
            w + SHIFT * (0.5 + u) * (-1 if k % 3 == 1 else 1) * (abs(w) or 1.0)
            for k, (w, u) in enumerate(zip(ws, generator.spawn(name).random(len(ws)), strict=True))
        ]
        for name, ws in numbers.items()
    }


def second_points(
    here: Comparison,
    given_at: Callable[[Flat], Flat] | None,
    with_other_data: Subject | None = None,
) -> dict[str, Callable[[], Comparison | None]]:
    """How a `CauseFinder` gets to its second point, for a function with a tape.

    Args:
        here: The comparison at the first point.
        given_at: The given gradient at another point, if it was given as a function.
        with_other_data: The function with the data of `given_at`, if that is not the same.
    """
    subject = with_other_data or here.subject
    assert isinstance(subject, Subject)
    assert isinstance(here.subject, Subject)
    length = len(here.subject.tape)
    numbers = shifted_numbers(subject.numbers)

    def shifted() -> Comparison | None:
        try:
            moved = subject.at(numbers)
            own = moved.walk()
            if not isfinite(moved.loss.item()) or len(moved.tape) != length:
                return None
        except CANNOT:
            return None
        right = {name: own[name] for name in here.given}
        return Comparison(moved, right, right, own, before=here.before)

    def elsewhere() -> Comparison | None:
        there, given = shifted(), _asked(given_at, numbers, here)
        if there is None or given is None or not _is_finite(there.right):
            return None
        return Comparison(there.subject, given, there.right, there.own, before=here.before)

    return {"shifted": shifted} | ({"elsewhere": elsewhere} if given_at else {})


def second_points_by_calls(
    here: Comparison, given_at: Callable[[Flat], Flat] | None
) -> dict[str, Callable[[], Comparison | None]]:
    """The same for a function that can only be called."""
    subject = here.subject
    assert isinstance(subject, Opaque)
    numbers = shifted_numbers(subject.numbers)

    def moved(function: Opaque) -> Opaque:
        return Opaque(function.function, numbers, function.shapes)

    def shifted() -> Comparison | None:
        there = moved(subject)
        try:
            right = measured_gradient(there)
        except CANNOT:
            return None
        parts = {id(part): moved(part) for part, _ in here.partial.values()}
        partial = {text: (parts[id(part)], k) for text, (part, k) in here.partial.items()}
        if not _is_finite(right):
            return None
        return Comparison(there, right, right, None, row_counts=here.row_counts, partial=partial)

    def elsewhere() -> Comparison | None:
        there, given = shifted(), _asked(given_at, numbers, here)
        if there is None or given is None:
            return None
        return Comparison(
            there.subject,
            given,
            there.right,
            None,
            row_counts=here.row_counts,
            partial=there.partial,
        )

    return {"shifted": shifted} | ({"elsewhere": elsewhere} if given_at else {})


def _asked(
    given_at: Callable[[Flat], Flat] | None, numbers: Flat, here: Comparison
) -> Mapping[str, list[float]] | None:
    """The given gradient there; None if it is the same as here, or none at all."""
    if given_at is None:
        return None
    try:
        given = given_at(numbers)
    except (*CANNOT, ChainruleError, LookupError):
        return None
    if given.keys() != here.given.keys() or not _is_finite(given):
        return None
    return None if all(given[n] == list(here.given[n]) for n in given) else given


def _is_finite(gradient: Any) -> bool:
    return all(isfinite(g) for numbers in gradient.values() for g in numbers)
