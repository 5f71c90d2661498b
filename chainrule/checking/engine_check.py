"""Check the gradient that an engine computes in its own number kind."""

from __future__ import annotations

from math import inf, isfinite

from chainrule.checking.checked_function import CheckedFunction, Flat
from chainrule.checking.kinks import Corners
from chainrule.checking.verdict import Measured, Verdict, shared_digits
from chainrule.nn import entry_name


def engine_verdict(
    label: str,
    dtype: str,
    checked: CheckedFunction,
    gradient: Flat,
    other: Flat,
    rounding: Flat,
    corners: Corners,
) -> Verdict:
    """Judge an engine's gradient by the float64 walk.

    Entries whose slope depends on a value so near to a kink that a rounding in the engine's number
    kind carries it across are passed by.

    Args:
        label: The engine and its number kind.
        dtype: The number kind that it computed in.
        checked: The function at its point.
        gradient: The gradient in float64.
        other: The engine's gradient.
        rounding: What rounding in that number kind may do to each entry.
        corners: The kinks within a rounding in that number kind.
    """
    looked = [
        (Measured(other[name][i], g, rounding[name][i]), name, i)
        for name, numbers in gradient.items()
        for i, g in enumerate(numbers)
        if not corners.touched[name][i] or not isfinite(other[name][i])
    ]
    nothing = Measured(0.0, 0.0, inf), "", 0
    worst, name, i = max(looked, key=lambda entry: entry[0].excess, default=nothing)
    telling = any(abs(m.slope) > m.tolerance for m, *_ in looked)
    method = "float64 walk"
    scale = max(abs(g) for numbers in gradient.values() for g in numbers)
    digits = shared_digits(worst.given, worst.slope, scale)
    if not worst.agrees:
        entry = entry_name(name, checked.shapes[name], i)
        text = (
            f"wrong at {entry}: the engine gives {worst.given:.9g} and the float64 walk "
            f"{worst.slope:.9g}, further apart than {dtype} rounding explains"
        )
        return worst.verdict(label, "wrong", method, text, entry=entry, scale=scale)
    aside = f"; left out, being within a rounding of a kink: {'; '.join(map(str, corners.kinks))}"
    if scale and not telling:
        text = f"cannot tell: {dtype} rounding may change every slope by as much as its own size"
        return worst.verdict(label, "unclear", method, text, scale=scale)
    text = f"agrees to {digits} digits"
    if dtype != "float64":
        text += f", and the rest is {dtype} rounding"
    outcome = "agrees" if dtype == "float64" else "rounded"
    return worst.verdict(
        label, outcome, method, text + (aside if corners.kinks else ""), scale=scale
    )
