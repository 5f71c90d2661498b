"""From a gradient to all verdicts on it: rounding, kinks, every tensor, causes, a second method."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import isfinite, isnan
from operator import or_
from typing import Any, NamedTuple

from chainrule import arrays
from chainrule.autodiff import first_nan
from chainrule.checking.cause import Cause, CauseFinder, with_causes
from chainrule.checking.check import Checker
from chainrule.checking.checked_function import (
    COMPLEX_STEP,
    SWEEP,
    CheckedFunction,
    Flat,
    each_number,
    flat,
    of_largest,
)
from chainrule.checking.comparison import SAME_BY_DIFFERENCES, Comparison, Known
from chainrule.checking.kinks import Corners, find_kinks
from chainrule.checking.precision import FLOAT32, ROUNDINGS, Precision, seen_precision
from chainrule.checking.rounding import crossing, rounding_errors
from chainrule.checking.second_point import GivenAt, second_point
from chainrule.checking.sweep_verdict import sweep_verdict
from chainrule.checking.verdict import Verdict
from chainrule.errors import ShapeError

KINKS = ", kinks"
"""What the name of a verdict on the entries of an array ends with that a kink touches."""

OtherData = Callable[[], tuple[CheckedFunction, GivenAt] | None]
"""Gives the function with other data in it, and the given gradient there, if it can be had."""


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
    own: Flat | None,
    given: Flat,
    *,
    entrywise: bool,
    precision: Precision | None = None,
    hidden: bool = False,
    given_at: GivenAt | None = None,
    other_data: OtherData | None = None,
    known: Known | None = None,
) -> GradientVerdicts:
    """Compare a gradient with slopes that are measured without any derivative rule.

    Args:
        checked: The function at its point.
        own: Its gradient by chainrule's own walk; None for one that can only be called.
        given: The gradient to check, of some or all of the arrays.
        entrywise: Look at every entry.
        precision: How closely the gradient has to agree; read from its numbers if left out.
        hidden: Look for corners and jumps that no op declares, such as those of a condition.
        given_at: The gradient to check at other points, where it was given as a function.
        other_data: Asked for only where a cause is looked for.
        known: What else is known of the function, for its causes.
    """
    value = checked.value() if own is None else checked.loss.item()
    if not isfinite(value):
        text = f"wrong: the function itself is {value} at this point, and has no slope"
        verdict = Verdict("value", "wrong", "inspection", value, value, 0.0, text)
        return GradientVerdicts([verdict], {}, Corners([], {}, {}))
    exact, corners = _exact(checked, own, given, hidden=hidden)
    if precision is None and own is not None and given is not own:
        precision = seen_precision(given, own)
    checker = Checker(checked, given, exact, corners, entrywise, precision, hidden)
    verdicts = checker.verdicts()
    if not all(isfinite(g) for numbers in given.values() for g in numbers):
        causes = _born(checked) if own and repr(given) == repr(own) else {}  # NaN equals nothing
        return GradientVerdicts(with_causes(verdicts, causes), checker.leeway, corners)
    if own is None and precision is None and _wrong(verdicts):
        checker, verdicts = _as_rounded(checker, verdicts)
    if own is not None or entrywise:
        right = _right(checker, given, own)
        like, touched = _likeness(checker), corners.touched
        more = known or Known()
        here = Comparison(checked, given, right, own, like, touched, more)
        verdicts = _explained(here, checker, verdicts, given_at, other_data)
    if checked.method == COMPLEX_STEP:
        verdicts.append(sweep_verdict(checker))
    return GradientVerdicts(verdicts, checker.leeway, corners)


def _exact(
    checked: CheckedFunction, own: Flat | None, given: Flat, *, hidden: bool
) -> tuple[Flat, Corners]:
    """What rounding may do to each entry, and the corners at the point; nothing without a tape."""
    if own is None:
        return each_number(lambda _: 0.0, given), Corners([], {}, {})
    errors = rounding_errors(checked, own)
    corners = find_kinks(checked, errors.relative)
    crossed = crossing(checked, own, errors) if hidden else corners.touched
    touched = each_number(or_, corners.touched, crossed)
    return each_number(_beside_corner, errors.entries, errors.sums, touched), corners


def _as_rounded(checker: Checker, verdicts: list[Verdict]) -> tuple[Checker, list[Verdict]]:
    """The same once more where the numbers are the right ones but for how they were rounded."""
    given, measured = checker.given, checker.measured
    if not all(len(measured.get(name, ())) == len(g) for name, g in given.items()):
        return checker, verdicts
    if precision := seen_precision(given, _right(checker, given)):
        checker = replace(checker, precision=precision)
        verdicts = checker.verdicts()
    return checker, verdicts


def _likeness(checker: Checker) -> Flat:
    """How far a given gradient may be from a mistake's own: not as far as was asked to let pass."""
    if not (checker.precision and checker.precision.asked):
        return checker.rounding
    most = of_largest(checker.given, dict.fromkeys(checker.given, ROUNDINGS * FLOAT32))
    return each_number(min, most, checker.rounding)


def _right(checker: Checker, given: Flat, own: Flat | None = None) -> Flat:
    """The right gradient: as measured where an entry was, else as another way gave it.

    Our own walk's, which has all its digits, where differences found the same but for theirs.
    """
    base = given if own is None else own
    close = SAME_BY_DIFFERENCES if own and checker.checked.method == SWEEP else 0.0
    near = of_largest(base, dict.fromkeys(base, close))

    def nearest(name: str, i: int, g: float) -> float:
        slope = checker.measured.get(name, {}).get(i, g)
        return g if abs(slope - g) <= near[name][i] else slope

    return {name: [nearest(name, i, g) for i, g in enumerate(base[name])] for name in checker.given}


def _wrong(verdicts: Sequence[Verdict]) -> list[Verdict]:
    return [verdict for verdict in verdicts if verdict.outcome == "wrong"]


def _explained(
    here: Comparison,
    checker: Checker,
    verdicts: list[Verdict],
    given_at: GivenAt | None,
    other_data: OtherData | None,
) -> list[Verdict]:
    """The verdicts with what is known about the causes of the wrong ones.

    Where entries that a kink touches are wrong, the walk's own choice among their slopes is held
    against the given one at first; a mistake that fits there as well explains them, too.
    """
    wrong = [v.name for v in _wrong(verdicts) if v.name.removesuffix(KINKS) in here.given]
    wrong = [name for name in wrong if name not in checker.alone]
    if not wrong:
        return verdicts
    other = other_data() if other_data else None
    function, asked = other or (here.checked, given_at)

    def finder(comparison: Comparison) -> CauseFinder:
        return CauseFinder(comparison, lambda: second_point(function, here.given, asked))

    causes: dict[str, Cause] = {}
    if at_kinks := {name.removesuffix(KINKS) for name in wrong if name.endswith(KINKS)}:
        arrays_wrong = [n for n in here.given if n in at_kinks or n in wrong]
        touched = {n: marks for n, marks in here.touched.items() if n not in at_kinks}
        said = finder(replace(here, touched=touched)).causes(arrays_wrong)
        if len(set(said.values())) == 1 and None not in {cause.name for cause in said.values()}:
            causes = {f"{name}{end}": said[name] for name in said for end in ("", KINKS)}
    smooth = [name for name in wrong if not name.endswith(KINKS) and name not in causes]
    return with_causes(verdicts, {**causes, **(finder(here).causes(smooth) if smooth else {})})


def _beside_corner(entry: float, of_sums: float, touched: bool) -> float:
    """What rounding may do where a corner is touched: what crossing it does is not rounding.

    Where the walk has no number, as of √w at 0, it shows no rounding.
    """
    off = 4 * of_sums if touched else entry
    return 0.0 if isnan(off) else off


def given_numbers(name: str, array: Any, shape: tuple[int, ...]) -> list[float]:
    """A given gradient in row-major order; a transposed table may come in, to be found wrong.

    Raises:
        ShapeError: If it has neither the shape of its array nor that of its transpose.
    """
    table = arrays.asarray(array.tolist() if hasattr(array, "tolist") else array)
    if table.shape not in (shape, shape[::-1]):
        raise ShapeError(f"the gradient of {name} must have shape {shape}; found {table.shape}")
    return flat(table)


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
