"""The mistakes that need no tape: factors, signs, entries left at 0, tables turned, rows swapped.

They are read off the right gradient and the given one alone, and so they are named for losses
written with NumPy or `math` as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from math import fsum, isclose, prod

from chainrule import ops
from chainrule.autodiff import Tensor, origin_of
from chainrule.checking.checked_function import Flat
from chainrule.checking.comparison import (
    Comparison,
    KnownMistake,
    combined,
    difference,
    ratio,
    scaled,
)
from chainrule.nn import entry_name
from chainrule.words import plural

WHOLE, TENSOR, ENTRY, SEVERAL_ENTRIES, FITTED = 10, 20, 25, 75, 80
"""Ranks: the whole gradient, one array's, one entry's, some entries', a number that was fitted."""

PLAUSIBLE = 10.0
"""Learning rates and penalties above this are not believed."""

NOTHING = 1e-12
"""A smaller part of the right gradient is none of it; one of a million examples is more."""

MOST_ROWS = 64
"""Arrays of up to so many rows are searched for two that are swapped."""


def plain_mistakes(here: Comparison, wrong: Sequence[str]) -> Iterator[KnownMistake]:
    """What the numbers themselves suggest, each made on purpose.

    Args:
        here: The wrong gradient and the right one.
        wrong: The arrays whose gradients were found wrong.
    """
    factor = ratio(here.given, here.right, list(here.given))
    if said := phrase(factor, here):
        yield KnownMistake(
            WHOLE, f"every gradient {said}", lambda there: scaled(there.right, factor)
        )
    for name in wrong:
        yield from _factor(here, name)
        yield from _entries(here, name)
        yield from _rearranged(here, name)
        yield from _one_sum(here, name)
    cleared = not any(here.given[name][i] for name in wrong for i in _off(here, name))
    for sentence in () if cleared else here.known.partial:  # any number is 0 for many reasons
        yield KnownMistake(
            TENSOR, sentence, partial(Comparison.with_some_examples, sentence=sentence)
        )
    yield from _exchanged(here, wrong)
    yield from _rounded(here, wrong)
    yield from _penalty(here, wrong)


def _factor(here: Comparison, name: str) -> Iterator[KnownMistake]:
    factor = ratio(here.given, here.right, [name])
    if said := phrase(factor, here, one_slip=True):
        sentence = f"the gradient of {name} {said}"
        yield KnownMistake(
            TENSOR, sentence, lambda there: scaled({name: there.right[name]}, factor)
        )


def phrase(factor: float, here: Comparison, *, one_slip: bool = False) -> str:
    """What people do to end up with a factor; empty for 1 or unknown.

    Args:
        factor: The given gradient over the right one.
        here: Where that is so.
        one_slip: Leave out a factor together with a sign.
    """
    here.factors[:] = known = here.factors or _known_factors(here)
    if abs(factor) < NOTHING:
        return "is missing"
    for sign, also in ((1, ""), (-1, " and has the wrong sign"))[: 1 if one_slip else 2]:
        said = [text for k, text in known if isclose(sign * factor, k, rel_tol=here.same_factor)]
        if said:
            return " or ".join(dict.fromkeys(said)) + also
    return "has the wrong sign" if isclose(factor, -1, rel_tol=here.same_factor) else ""


def _known_factors(here: Comparison) -> list[tuple[float, str]]:
    known = [(2.0, "is counted twice"), (0.5, "is half of what it should be")]
    forgotten: list[tuple[float, str]] = []
    twice: list[tuple[float, str]] = []
    for n, outputs, averaged in average_sizes(here):
        sizes = [(n, f"the {n} examples"), (outputs, f"the {outputs} outputs")]
        twice += sizes
        forgotten += sizes if averaged else sizes[:1]
        if averaged and min(n, outputs) > 1:
            forgotten.append((n * outputs, f"the {n} examples and {outputs} outputs"))
    others = [(k, f"{k:.6g}") for k in _divisors(here) if k not in {size for size, _ in twice}]
    known += [(k, f"is not divided by {what}") for k, what in forgotten + others if k > 1]
    known += [
        (1 / k, f"is divided by {what} once too often") for k, what in twice + others if k > 1
    ]
    return known


def _divisors(here: Comparison) -> Iterator[float]:
    """The whole numbers by which the function divides, itself or in a mean of single numbers."""
    for tensor in here.checked.tape:
        if tensor.origin and tensor.origin.primitive.acts_as(ops.divide):
            divisor = tensor.origin.inputs[1]
            if isinstance(divisor, int | float) and divisor > 1 and divisor == int(divisor):
                yield float(divisor)
        if tensor.origin and tensor.origin.primitive.acts_as(ops.mean):
            shape = tensor.origin.inputs[0].shape
            if len(shape) != 2 and (count := prod(shape) // (prod(tensor.shape) or 1)) > 1:
                yield float(count)


def average_sizes(here: Comparison) -> Iterator[tuple[int, int, bool]]:
    """How many examples and outputs each average has, and whether it is over the outputs, too."""
    yield from ((rows, 1, False) for rows in here.known.row_counts)
    for tensor in here.checked.tape:
        if tensor.origin and tensor.origin.primitive.acts_as(ops.mean):
            of = tensor.origin.inputs[0]
            if len(of.shape) == 2:
                axes = tensor.origin.options.get("axis")
                axes = axes if isinstance(axes, tuple) else (axes,)
                over = {0, 1} if axes == (None,) else {axis % 2 for axis in axes}
                rows, outputs = (n if axis in over else 1 for axis, n in enumerate(of.shape))
                yield rows, outputs, True
            elif len(of.shape) == 1 and of.origin:
                yield from _losses(of)


def _losses(of: Tensor) -> Iterator[tuple[int, int, bool]]:
    """The same where losses, one a row, are made of tables."""
    first, *others = [tuple(getattr(x, "shape", ())) for x in origin_of(of).inputs]
    primitive = origin_of(of).primitive
    if len(first) == 2 and first[:1] == of.shape and not primitive.acts_as(ops.matmul):
        averaged = others == [first] and not primitive.acts_as(ops.softmax_cross_entropy)
        yield (*first, averaged or primitive.acts_as(ops.mean))


def _entries(here: Comparison, name: str) -> Iterator[KnownMistake]:
    """Some entries of an array are left at 0."""
    off = _off(here, name)
    if not off or len(off) == len(here.right[name]) or any(here.given[name][i] for i in off):
        return
    where = entry_name(name, here.checked.shapes[name], off[0])
    if len(off) > 1:
        where += f" and {len(off) - 1} more of its entries" if len(off) > 2 else " and one more"

    yield KnownMistake(
        ENTRY if len(off) == 1 else SEVERAL_ENTRIES,
        f"the gradient of {where} is missing",
        lambda there: {name: [0.0 if i in off else g for i, g in enumerate(there.right[name])]},
    )


def _off(here: Comparison, name: str) -> list[int]:
    """The entries of an array that are wrong."""
    given, right = here.given[name], here.right[name]
    most = 10 * here.same * max(map(abs, right))
    return [i for i, (a, b) in enumerate(zip(given, right, strict=True)) if abs(a - b) > most]


def _rearranged(here: Comparison, name: str) -> Iterator[KnownMistake]:
    """The right numbers in other places: a table turned, two rows swapped."""
    shape = here.checked.shapes[name]
    if len(shape) == 2 and min(shape) > 1:

        def turned(there: Comparison) -> Flat:
            rows, columns = shape
            numbers = there.right[name]
            in_columns = [numbers[r * columns + c] for c in range(columns) for r in range(rows)]
            return {name: in_columns}

        yield KnownMistake(TENSOR, f"the gradient of {name} is transposed", turned)
    if not shape or not 1 < shape[0] <= MOST_ROWS:
        return
    given, right = (_rows(g[name], shape[0]) for g in (here.given, here.right))
    moved = [i for i, (a, b) in enumerate(zip(given, right, strict=True)) if not _near(a, b)]
    what = "neurons" if name.endswith((".weight", ".bias")) else "rows"
    what = "entries" if len(shape) == 1 and what == "rows" else what
    if len(moved) == 2 and _near(given[moved[0]], right[moved[1]]):
        first, second = moved

        def swapped(there: Comparison) -> Flat:
            rows = _rows(there.right[name], shape[0])
            rows[first], rows[second] = rows[second], rows[first]
            return {name: [x for row in rows for x in row]}

        sentence = f"the gradients of {what} {first} and {second} of {name} are swapped"
        yield KnownMistake(TENSOR, sentence, swapped)


def _rows(numbers: Sequence[float], count: int) -> list[list[float]]:
    width = len(numbers) // count
    return [list(numbers[i * width : (i + 1) * width]) for i in range(count)]


def _near(one: Sequence[float], other: Sequence[float]) -> bool:
    largest = max(map(abs, (*one, *other)), default=0.0)
    return all(abs(a - b) <= 1e-5 * largest for a, b in zip(one, other, strict=True))


def _one_sum(here: Comparison, name: str) -> Iterator[KnownMistake]:
    """Every bias of a layer gets the sum, or the mean, of all of them.

    Slopes by other arrays add up to numbers that have more causes, as where a softmax weighs them.
    """
    count = len(here.given[name])
    if len(here.checked.shapes[name]) != 1 or count < 2 or len(set(here.given[name])) > 1:
        return
    rank, what = (TENSOR, "neurons") if name.endswith(".bias") else (SEVERAL_ENTRIES, "entries")
    over = f"over all {what} stands in every entry of {name}"
    total = f"one sum {over}"
    yield KnownMistake(rank, total, lambda there: {name: [fsum(there.right[name])] * count})
    mean = f"one mean {over}"
    yield KnownMistake(rank, mean, lambda there: {name: [fsum(there.right[name]) / count] * count})


def _exchanged(here: Comparison, wrong: Sequence[str]) -> Iterator[KnownMistake]:
    shapes = here.checked.shapes
    if len(wrong) == 2 and shapes[wrong[0]] == shapes[wrong[1]]:
        one, other = wrong
        sentence = f"the gradients of {one} and {other} are exchanged"
        yield KnownMistake(
            TENSOR, sentence, lambda there: {one: there.right[other], other: there.right[one]}
        )


_ROUNDED_PLACES = 8
"""As many decimals, over all different numbers, prove that they were rounded by hand."""


def _rounded(here: Comparison, wrong: Sequence[str]) -> Iterator[KnownMistake]:
    """Hand-written numbers with a few decimals: with one, round numbers alone look so, too."""
    numbers = [g for name in wrong for g in here.given[name]]
    decimals = next((k for k in range(1, 9) if all(round(g, k) == g for g in numbers)), None)
    if decimals is not None and decimals * len(set(numbers)) >= _ROUNDED_PLACES:
        yield KnownMistake(
            TENSOR,
            f"its numbers are rounded to {plural(decimals, 'decimal')}",
            lambda there: {n: [round(g, decimals) for g in there.right[n]] for n in wrong},
        )


def _penalty(here: Comparison, wrong: Sequence[str]) -> Iterator[KnownMistake]:
    """A multiple of the weights themselves, too much or too little.

    Where the right gradient is itself a multiple of them, any factor of it would look so.
    """
    weights = here.checked.numbers
    alike = scaled(weights, ratio(here.right, weights, wrong))
    if all(
        isclose(g, w, rel_tol=10 * here.same)
        for name in wrong
        for g, w in zip(here.right[name], alike[name], strict=True)
    ):
        return
    amount = ratio(difference(here.given, here.right), weights, wrong)
    if not plausible(abs(amount)):
        return
    amount = rounded(amount)
    sentence = _of_penalty(amount / 2, left_out=_holds_no_penalty(here, wrong))
    yield KnownMistake(
        FITTED,
        sentence,
        lambda there: combined({n: there.right[n] for n in wrong}, there.checked.numbers, amount),
        fitted=True,
    )


def _of_penalty(excess: float, *, left_out: bool) -> str:
    """What all have in common that come down to so much λ too much, or too little.

    The loss's own penalty does not show in a difference: half of one is lacking just as all of
    another is.

    Args:
        excess: The λ of the given gradient less that of the loss.
        left_out: Whether the loss is known to hold none.
    """
    amount = f"λ = {abs(excess):.6g}"
    if left_out:
        sign = " and the wrong sign" if excess < 0 else ""
        return f"it holds a penalty with {amount}{sign}, which this loss leaves out"
    if excess < 0:
        return (
            f"it lacks 2·λ·w with {amount}, as where the penalty λ·Σw² is left out, too small, or "
            "of the wrong sign"
        )
    return (
        f"it holds 2·λ·w too much with {amount}, as where the penalty λ·Σw² is too large, or left "
        "out of this loss"
    )


def _holds_no_penalty(here: Comparison, wrong: Sequence[str]) -> bool:
    """Whether no term of the recorded loss has a multiple of the weights for its gradient."""
    terms = [key for key, m in here.mutations.items() if m.of_a_term]
    tables = [n for n in wrong if len(here.right[n]) > 1] or wrong  # one number proves nothing

    def is_multiple(share: Flat, name: str) -> bool:
        weights = here.checked.numbers
        return any(share[name]) and here.agrees(
            share, scaled(weights, ratio(share, weights, [name])), name
        )

    shares = [here.share(term) or {} for term in terms]
    return here.own is not None and not any(
        is_multiple(share, name) for share in shares for name in tables
    )


def plausible(number: float) -> bool:
    """Whether a person may have written a number: above 0, not large, of few digits."""
    return 0 < number <= PLAUSIBLE and isclose(number, rounded(number), rel_tol=1e-6)


def rounded(number: float) -> float:
    """A number with the few digits that a person writes."""
    return float(f"{number:.3g}")


def described(here: Comparison, name: str) -> str:
    """What a single wrong number is of the right one, where that is easily said."""
    pairs = zip(here.given[name], here.right[name], strict=True)
    given, right = max(pairs, key=lambda pair: abs(pair[0] - pair[1]))
    if abs(given) <= here.same * abs(right):
        return "it is 0"
    if not right:
        return "it should be 0"
    factor = given / right
    for k, text in ((2.0, "twice"), (0.5, "half of"), (-1.0, "the negative of")):
        if isclose(factor, k, rel_tol=10 * here.same):
            return f"it is {text} what it should be"
    times = f"{factor:.4g}"
    return "it is nearly right" if times == "1" else f"it is {times} times what it should be"
