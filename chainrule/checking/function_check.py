"""Check the gradient of any function of numbers and arrays."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext, suppress
from copy import deepcopy
from functools import partial
from math import fsum, isclose, isnan
from typing import Any

from chainrule.autodiff import called, grad
from chainrule.checking.asking import (
    asked,
    asked_closely,
    asking_every_backward,
    doubled,
    numbers_of,
    require_takes,
)
from chainrule.checking.check import ENTRYWISE
from chainrule.checking.checked_function import (
    CANNOT,
    CheckedFunction,
    Flat,
    as_floats,
    flat,
    is_fast,
    like,
)
from chainrule.checking.comparison import Known
from chainrule.checking.forms import leaves_of, rebuilt
from chainrule.checking.gradient_verdicts import compare_gradient
from chainrule.checking.held import holds_float32, with_rows
from chainrule.checking.precision import (
    Precision,
    asked_precision,
    float32_precision,
    kind_precision,
)
from chainrule.checking.second_point import GivenAt, second_point, wrong_there
from chainrule.checking.sweep import SAFETY
from chainrule.checking.verdict import Check, Verdict
from chainrule.errors import ChainruleError, KindError, ShapeError
from chainrule.nn import entries
from chainrule.ops import mean
from chainrule.words import plural

Function = Callable[[Any], Any]

_ALONE = (
    "only the {} example's gradient arrived",
    "only the {} example's part of the mean arrived",
)
_WITHOUT = (
    "the {} example is left out, and the mean is over the others",
    "the {} example is left out",
)
SOME_EXAMPLES = (
    ("last", _ALONE, slice(-1, None)),
    ("first", _ALONE, slice(0, 1)),
    ("last", _WITHOUT, slice(0, -1)),
    ("first", _WITHOUT, slice(1, None)),
)
"""Which examples a wrong gradient may be of alone, or without."""

SAME = 1e-3
"""What is less apart, relative to the largest number, may be threads that add in another order."""


def check_function(
    function: Function,
    x: Any,
    gradient: Any = None,
    *,
    digits: int | None = None,
    tolerance: float | None = None,
) -> Check:
    """Check a gradient of a function at a point.

    Written with operators and chainrule's ops, a function is recorded and complex steps prove its
    slopes; one that uses `math` or NumPy's own functions is checked by h-sweeps. A gradient that is
    a function is tried at a second point too, since round numbers agree by chance.

    Args:
        function: Takes a number, an array, or dicts and lists of them; returns one number, or a
            loss for each example, whose mean is meant.
        x: The point, in that form.
        gradient: The gradient in the form of x, or a function that gives it; chainrule's own if
            left out.
        digits: To how many digits it has to agree; to as many as it was given with if left out.
        tolerance: How far it may be off, in place of `digits`.

    Raises:
        ShapeError: If the point holds no number, or the gradient does not have its form.
        KindError: If none is given and the function is not for chainrule to differentiate.

    Example:
        >>> from math import exp
        >>> check_function(exp, 1.0, gradient=exp).passed
        True
    """
    leaves = leaves_of(x)
    if not any(map(entries, leaves.values())):
        raise ShapeError("the point to check at holds no number; give one that does")
    require_takes(function, "the function to check", x)
    rows: set[int] = set()
    loss = _mean_loss(function, rows)
    with asking_every_backward() if gradient is None else nullcontext():
        recorded = _recorded(loss, x, leaves)
    arrays_given, overwritten = ({}, []) if gradient is None else asked_closely(gradient, x, leaves)
    if gradient is not None:
        given = numbers_of(gradient, arrays_given, leaves)
    else:
        given = recorded.walk() if recorded else _flat_gradient(loss, x, leaves)
    title = f"gradient of {plural(sum(map(len, given.values())), 'number')}"
    title = title if gradient is not None else f"chainrule's own {title}"
    checked = recorded or _as_called(loss, x, leaves)
    if random := _differs(checked, 2):
        return Check(title, [random])

    def given_at(numbers: Flat) -> Flat:
        there = {name: like(leaves[name], moved) for name, moved in numbers.items()}
        return numbers_of(gradient, asked(gradient, x, there)[0], leaves)

    ask = given_at if callable(gradient) else None
    precision = asked_precision(given, digits, tolerance) or kind_precision(arrays_given, given)
    known = Known() if recorded else _of_examples(function, checked, x, leaves)
    known = known._replace(row_counts=known.row_counts or [*rows])
    beside = leaves, gradient if ask else function
    compared = partial(_compared, precision=precision, given_at=ask, beside=beside)
    verdicts = compared(checked, given, known=known)
    again = partial(asked_closely, gradient, x, leaves) if ask else None
    if random := _random_after_all(verdicts, checked, given, again):
        return Check(title, [random])
    if ask and all(v.outcome in ("agrees", "kink") for v in verdicts):
        verdicts += wrong_there(second_point(checked, given, ask), compared)
    wrong = any(v.passed is False for v in verdicts)
    return Check(title, verdicts, _caveat(overwritten, rows if wrong else ()))


def _compared(
    checked: CheckedFunction,
    given: Flat,
    *,
    precision: Precision | None,
    given_at: GivenAt | None,
    beside: Sequence[Any],
    known: Known | None = None,
) -> list[Verdict]:
    """The verdicts on a gradient of a function at its point; to float32 if it is right to that.

    It may have been rounded on the way, and be in float64 all the same, where arrays of float32
    meet a few of float64. By how much, where large numbers cancel, a function shows.

    Args:
        checked: The function at its point.
        given: The gradient.
        precision: How closely it has to agree.
        given_at: The gradient at other points, where it was given as a function.
        beside: What it may have been computed with.
        known: What else is known of the function.
    """
    own, entrywise = checked.walk() if checked.recorded else None, checked.size <= ENTRYWISE
    compare = partial(compare_gradient, checked, own, given, entrywise=entrywise, hidden=True)
    verdicts = compare(precision=precision, given_at=given_at, known=known).verdicts
    single = float32_precision(given)
    most = single.unsure * max(map(max, filter(None, single.allowance.values())))
    off = max((v.error for v in verdicts if v.passed is False), default=0.0)
    if precision is None and 0 < off <= most and holds_float32(*beside):
        rounded = compare(precision=single, given_at=given_at, known=known).verdicts
        unclear = any(v.outcome not in ("agrees", "kink") for v in rounded)
        if not unclear or (given_at and off <= SAFETY * _noise(checked, given_at)):
            return rounded
    return verdicts


def _noise(checked: CheckedFunction, given_at: GivenAt) -> float:
    """By how much all numbers of a gradient function together are off, being rounded."""

    def total(moved: Mapping[str, Any]) -> float:
        gradient = given_at({name: flat(array) for name, array in moved.items()})
        return fsum(g for numbers in gradient.values() for g in numbers)

    return CheckedFunction(total, checked.point, recorded=False).value_rounding


def _random_after_all(
    verdicts: Sequence[Verdict],
    checked: CheckedFunction,
    given: Flat,
    again: Callable[[], tuple[Mapping[str, Any], Any]] | None,
) -> Verdict | None:
    """A verdict on what seems wrong, and answers differently when it is asked more often."""
    if any(v.outcome != "agrees" for v in verdicts) and (random := _differs(checked, 8)):
        return random
    wrong = any(v.passed is False for v in verdicts)
    return _given_differs(given, again()[0]) if again and wrong else None


def _caveat(overwritten: Sequence[str], rows: Collection[int]) -> str:
    """What was done that whoever asked may not have meant."""
    said = []
    if overwritten:
        names = ", ".join(overwritten)
        said.append(f"The gradient function overwrites {names}; it was given a copy.")
    said += [
        f"The function returns {count} numbers: they count as the losses of {count} examples, and "
        "what is checked is the gradient of their mean."
        for count in rows
    ]
    return " ".join(said)


def _mean_loss(function: Function, rows: set[int] | None = None) -> Function:
    """The same function; of one that gives a loss for each example, their mean.

    Args:
        function: The function.
        rows: Gets how many examples there are.
    """

    def loss(x: Any) -> Any:
        losses = called(function, x)
        if len(getattr(losses, "shape", ())) != 1:
            return losses
        if rows is not None:
            rows.update(losses.shape)
        return mean(losses)

    return loss


def _as_called(loss: Function, x: Any, leaves: Mapping[str, Any]) -> CheckedFunction:
    """The function as it is; called with arrays if it takes no lists."""

    def on(forms: Mapping[str, Any]) -> CheckedFunction:
        def in_form(name: str, array: Any) -> Any:
            return deepcopy(array) if is_fast(array) else like(forms[name], flat(array))

        return CheckedFunction(
            lambda moved: loss(rebuilt(x, {n: in_form(n, v) for n, v in moved.items()})),
            {name: leaf if is_fast(leaf) else as_floats(leaf) for name, leaf in leaves.items()},
            recorded=False,
        )

    # It may hold others of float32, whose rounding every difference shows, or take arrays alone.
    listed = {n: v if hasattr(v, "shape") else as_floats(v) for n, v in leaves.items()}
    raised: list[Exception] = []
    for forms in (doubled(leaves), leaves, listed):
        in_form = on(forms)
        try:
            in_form.value()
        except CANNOT as error:
            raised.append(error)
        else:
            return in_form
    _, as_it_is, _ = raised
    if not isinstance(as_it_is, ChainruleError) and _answers(loss, x):
        raise KindError(
            f"the function takes the point as it is, and not with floats in it ({as_it_is}): what "
            "counts or points at something has no slope, so leave it out of the point"
        )
    return on(leaves)  # what it says of its own kind of point is to the point


def _answers(function: Function, x: Any) -> bool:
    try:
        function(x)
    except CANNOT:
        return False
    return True


def _flat_gradient(loss: Function, x: Any, leaves: Mapping[str, Any]) -> dict[str, list[float]]:
    """Zeros, for a function whose result depends on no op that has a slope."""
    # What cannot be recorded says why, and what to use instead.
    numbers = leaves_of(grad(loss)(x))
    if numbers.keys() != leaves.keys() or any(map(any, map(entries, numbers.values()))):
        raise KindError("chainrule cannot differentiate this function; give the gradient to check")
    return {name: flat(g) for name, g in numbers.items()}


def _differs(checked: CheckedFunction, times: int) -> Verdict | None:
    """A verdict on a function that does not answer the same each time it is asked."""
    first = checked.value()
    for _ in range(times - 1):
        again = checked.value()
        if again != first and not (isnan(again) and isnan(first)):
            return _random("value", "the function", first, again, "the same point")
    return None


def _floats(name: str, leaf: Any) -> Any:
    """The numbers of one of a point's arrays, which is named if they are none."""
    try:
        return as_floats(leaf)
    except (KindError, ShapeError) as error:
        raise type(error)(error if name == "x" else f"at {name}, {error}") from None


def _given_differs(given: Flat, again: Mapping[str, Any]) -> Verdict | None:
    """A verdict on a gradient function that does not answer the same each time it is asked."""
    for name, numbers in given.items():
        for i, (first, second) in enumerate(zip(numbers, entries(again[name]), strict=False)):
            if abs(first - second) > SAME * max(map(abs, numbers)):
                where, kept = f"number {i} of {name}", ", such as gradients that add up"
                who = "the gradient function"
                return _random("gradient", who, first, float(second), where, kept)
    return None


def _random(
    name: str, who: str, first: float, second: float, where: str, kept: str = ""
) -> Verdict:
    """The verdict on what answers differently each time."""
    text = (
        f"{who} answers differently each time, {first:.9g} and then {second:.9g} at {where}: fix "
        f"its random numbers (a seed, no dropout), or what it keeps from one call to the next{kept}"
        ", and check again"
    )
    return Verdict(name, "random", "inspection", first, second, 0.0, text)


def _of_examples(
    function: Function, checked: CheckedFunction, x: Any, leaves: Mapping[str, Any]
) -> Known:
    """The function with its last, its first, or all other examples, by the mistake that does so.

    And how many there are, where it is seen to be the mean over them.
    """
    partial: dict[str, tuple[CheckedFunction, float]] = {}
    sums: list[float] = []
    for which, sentences, keep in SOME_EXAMPLES:
        if with_fewer := with_rows(function, keep):
            shortened, rows = with_fewer
            left = len(range(rows)[keep])
            with suppress(CANNOT):  # it may need them all
                fewer = _as_called(_mean_loss(shortened), x, leaves)
                sums.append(left * fewer.value())
                for sentence, factor in zip(sentences, (1.0, left / rows), strict=True):
                    partial[sentence.format(which)] = fewer, factor
    counts = []
    if len(sums) == len(SOME_EXAMPLES):
        total = rows * checked.value()
        last, first, without_last, without_first = sums
        if isclose(last + without_last, total) and isclose(first + without_first, total):
            counts = [rows]
    return Known(row_counts=counts, partial=partial)


def _recorded(loss: Function, x: Any, leaves: dict[str, Any]) -> CheckedFunction | None:
    """The function on list arrays, else on arrays as it was given; None if it takes no tensors."""
    lists = {name: _floats(name, leaf) for name, leaf in leaves.items()}
    as_given = {name: v if hasattr(v, "shape") else lists[name] for name, v in leaves.items()}
    for point in (lists, doubled(as_given), as_given):  # rounding in float32 hides slopes
        checked = CheckedFunction(lambda moved: loss(rebuilt(x, moved)), point)
        with suppress(CANNOT):
            if checked.loss.origin is not None:
                checked.walk()
                return checked
    return None
