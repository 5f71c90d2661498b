"""From a gradient to all verdicts on it: rounding, kinks, every tensor, causes, a second method."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import isfinite
from typing import Any, NamedTuple

from chainrule import arrays
from chainrule.autodiff import first_nan
from chainrule.checking.cause import UNKNOWN, Cause, CauseFinder
from chainrule.checking.check import ENTRYWISE, Checker, sweep_verdict
from chainrule.checking.checked_function import (
    COMPLEX_STEP,
    CalledFunction,
    CheckedFunction,
    Flat,
    flat,
)
from chainrule.checking.comparison import Comparison
from chainrule.checking.kinks import Corners, find_kinks
from chainrule.checking.precision import Precision, seen_precision
from chainrule.checking.rounding import Rounding, rounding_errors
from chainrule.checking.shifted_point import second_points, second_points_by_calls
from chainrule.checking.verdict import Verdict
from chainrule.errors import ShapeError

GivenAt = Callable[[Flat], Flat]
"""From the numbers of another point to the given gradient there."""


class GradientVerdicts(NamedTuple):
    """What checking found.

    Attributes:
        verdicts: The verdicts.
        rounding: What rounding may do to each entry.
        corners: The kinks, and the entries that they touch.
    """

    verdicts: list[Verdict]
    rounding: Flat
    corners: Corners


def compare_gradient(
    checked: CheckedFunction,
    own: Flat,
    given: Flat,
    *,
    entrywise: bool,
    before: Mapping[str, Flat] | None = None,
    precision: Precision | None = None,
    hidden: bool = False,
    given_at: GivenAt | None = None,
    other_data: Callable[[], tuple[CheckedFunction, GivenAt] | None] | None = None,
) -> GradientVerdicts:
    """Check a gradient of a function that can be recorded.

    Args:
        checked: The function at its point.
        own: Its gradient by chainrule's own walk.
        given: The gradient to check, of some or all of the arrays.
        entrywise: Look at every entry.
        before: Earlier points, by name, that may have left their values behind.
        precision: How closely the gradient has to agree; read from its numbers if left out.
        hidden: Look for corners and jumps that no op declares, such as those of a condition.
        given_at: The gradient to check at other points, where it was given as a function.
        other_data: Gives the same function with other data in it, and the given gradient there, if
            it can be had; asked for only where a cause is looked for.
    """
    if not isfinite(value := checked.loss.item()):
        return GradientVerdicts([_no_value(value)], {}, Corners([], {}, {}))
    errors = rounding_errors(checked, own)
    corners = find_kinks(checked, errors.relative)
    if precision is None and given is not own:
        precision = seen_precision(given, own)
    rounding = _with_allowance(_beside_corners(errors, corners), precision)
    checker = Checker(
        checked,
        given,
        rounding,
        corners,
        entrywise=entrywise,
        precision=precision,
        hidden=hidden,
    )
    verdicts = checker.verdicts()
    if not all(isfinite(g) for numbers in given.values() for g in numbers):
        causes = (
            _born(checked) if repr(given) == repr(own) else {}
        )  # NaN equals nothing, as a number
        return GradientVerdicts(_with_causes(verdicts, causes), rounding, corners)
    wrong = [
        v.name
        for v in verdicts
        if v.outcome == "wrong" and v.name in given and v.name not in checker.alone
    ]
    causes = {}
    if wrong:
        right = {
            name: [checker.measured.get(name, {}).get(i, g) for i, g in enumerate(numbers)]
            for name, numbers in own.items()
        }
        right = {name: right[name] for name in given}
        here = Comparison(
            checked,
            given,
            right,
            own,
            rounding=rounding,
            touched=corners.touched,
            before=before,
        )
        other = other_data() if other_data else None
        points = second_points(here, given_at)
        if other:
            points = second_points(here, other[1], other[0])
        causes = CauseFinder(here, **points).causes(wrong)
    verdicts = _with_causes(verdicts, causes)
    if checked.method == COMPLEX_STEP:
        verdicts.append(sweep_verdict(checked, given, rounding, corners, precision))
    return GradientVerdicts(verdicts, rounding, corners)


def compare_called_gradient(
    checked: CalledFunction,
    given: Flat,
    precision: Precision | None = None,
    *,
    row_counts: Sequence[int] = (),
    partial: Mapping[str, tuple[CalledFunction, float]] | None = None,
    given_at: GivenAt | None = None,
) -> list[Verdict]:
    """Check a gradient of a function that can only be called.

    Args:
        checked: The function at its point.
        given: The gradient to check.
        precision: How closely the gradient has to agree; read from its numbers if left out.
        row_counts: How many examples it holds, if that can be seen.
        partial: The function with some of its examples; see `Comparison`.
        given_at: The gradient to check at other points, where it was given as a function.
    """
    if not isfinite(value := checked.value()):
        return [_no_value(value)]
    verdicts, measured = _called_verdicts(checked, given, precision)
    wrong = any(v.outcome == "wrong" for v in verdicts)
    if wrong and precision is None and all(len(measured[n]) == len(given[n]) for n in given):
        right = {name: list(slopes.values()) for name, slopes in measured.items()}
        if precision := seen_precision(given, right):
            verdicts, _ = _called_verdicts(checked, given, precision)
    names = [v.name for v in verdicts if v.outcome == "wrong" and v.name in given]
    causes = {}
    finite = all(isfinite(g) for numbers in given.values() for g in numbers)
    if names and checked.size <= ENTRYWISE and finite:
        right = {
            name: [measured[name].get(i, g) for i, g in enumerate(numbers)]
            for name, numbers in given.items()
        }
        here = Comparison(checked, given, right, None, row_counts=row_counts, partial=partial)
        causes = CauseFinder(here, **second_points_by_calls(here, given_at)).causes(names)
    return _with_causes(verdicts, causes)


def _called_verdicts(
    checked: CalledFunction, given: Flat, precision: Precision | None
) -> tuple[list[Verdict], dict[str, dict[int, float]]]:
    exact = {name: [0.0] * len(numbers) for name, numbers in given.items()}
    checker = Checker(
        checked,
        given,
        _with_allowance(exact, precision),
        Corners([], {}, {}),
        entrywise=checked.size <= ENTRYWISE,
        precision=precision,
    )
    return checker.verdicts(), checker.measured


def _beside_corners(errors: Rounding, corners: Corners) -> Flat:
    """What rounding may do where a corner is touched: what crossing it does is not rounding."""
    return {
        name: [
            4 * s if touched else n
            for n, s, touched in zip(numbers, errors.sums[name], corners.touched[name], strict=True)
        ]
        for name, numbers in errors.entries.items()
    }


def _with_allowance(rounding: Flat, precision: Precision | None) -> Flat:
    """What rounding may do to each entry, that of writing the gradient down included."""
    if precision is None:
        return rounding
    allowed = precision.allowance
    return {
        name: [n + a for n, a in zip(numbers, allowed.get(name, numbers), strict=True)]
        for name, numbers in rounding.items()
    }


def given_numbers(name: str, array: Any, shape: tuple[int, ...]) -> list[float]:
    """A given gradient in row-major order; a transposed table may come in, to be found wrong.

    Raises:
        ShapeError: If it has neither the shape of its array nor that of its transpose.
    """
    table = arrays.asarray(array.tolist() if hasattr(array, "tolist") else array)
    if table.shape not in (shape, shape[::-1]):
        raise ShapeError(f"the gradient of {name} must have shape {shape}; found {table.shape}")
    return flat(table)


def as_floats(array: Any) -> arrays.ListArray:
    """The same numbers as a list array of floats."""
    table = arrays.asarray(array.tolist() if hasattr(array, "tolist") else array)
    return arrays.astype(table, arrays.float64)


def _no_value(value: float) -> Verdict:
    text = f"wrong: the function itself is {value} at this point, and has no slope"
    return Verdict("value", "wrong", "inspection", value, value, 0.0, text)


def _born(checked: CheckedFunction) -> dict[str, Cause]:
    """Where the NaN in the walk's own gradient was born, as the cause for every array."""
    birth = first_nan(checked.loss, list(checked.leaves.values()))
    if birth is None:
        return {}
    numbers = ", ".join(f"{name} = {value:.6g}" for name, value in birth.operands.items())
    place = f" entry {list(birth.entry)}" if birth.entry else ""
    name = f"{birth.op} gives NaN{place}, {birth.direction}"
    words = f"the NaN was born at {birth.op}{place}, {birth.direction}"
    return dict.fromkeys(checked.numbers, Cause(name, f"{words}: {numbers}" if numbers else words))


def _with_causes(verdicts: list[Verdict], causes: Mapping[str, Cause]) -> list[Verdict]:
    return [
        replace(v, cause=cause.name, sentence=f"{v.sentence}; {cause.words}")
        if v.outcome == "wrong" and (cause := causes.get(v.name, UNKNOWN))
        else v
        for v in verdicts
    ]
