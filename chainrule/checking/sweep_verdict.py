"""The whole gradient along one random direction by differences, which need no complex numbers."""

from __future__ import annotations

from math import fsum, hypot, isfinite, isnan, ulp

from chainrule.arrays import Generator
from chainrule.checking.check import TINY, Checker
from chainrule.checking.checked_function import SWEEP, CheckedFunction, Flat, each_number, products
from chainrule.checking.kinks import crossed
from chainrule.checking.sweep import MeasuredSlope
from chainrule.checking.verdict import Measured, Verdict, shared_digits

VERY_CLOSE = 2.0**-35
"""A corner so close is named where a sweep cannot tell; smaller steps have few digits."""


def sweep_verdict(checker: Checker) -> Verdict:
    """Check the whole gradient once more without complex numbers, by central differences.

    Where they fail and the complex step does not, the difference is rounding inside the function.
    """
    checked, given, precision = checker.checked, checker.given, checker.precision
    part = 1 / checked.size**0.5
    drawn = {n: Generator(0).spawn(f"sweep {n}").random(len(g)) for n, g in given.items()}
    direction = each_number(lambda u: part if u < 0.5 else -part, drawn)
    for name, entries in checker.kinked.items():
        for i in entries:
            direction[name][i] = 0.0
    sweep = checked.sweep(direction)

    along, rounding = products(given, direction), hypot(*products(checker.exact, direction))
    allowed = 0.0
    if precision:
        allowed = precision.unsure * hypot(*products(precision.allowance, direction))
    off = rounding + allowed
    measured = Measured(
        fsum(along), sweep.slope, sweep.error + off, scale=sweep.scale, allowed=allowed
    )
    scale = hypot(*along)
    digits = shared_digits(measured.given, sweep.slope, scale)
    outcome, text = "agrees", f"agrees to {digits} digits by {SWEEP}, step {sweep.h:.0e}"
    if precision and measured.agrees and measured.tells and digits < precision.digits:
        text = f"agrees to {precision.words} by {SWEEP}, step {sweep.h:.0e}"
    elif sweep.jump or not measured.agrees or not measured.promises(scale):
        outcome, text = _doubted(checked, direction, sweep, measured, off)
    return measured.verdict(
        "all together", outcome, SWEEP, text, scale=scale, own_error=measured.own_error
    )


def _doubted(
    checked: CheckedFunction, direction: Flat, sweep: MeasuredSlope, measured: Measured, off: float
) -> tuple[str, str]:
    """What to say where the sweep does not confirm the gradient: the complex step decides."""
    along = measured.given
    if sweep.jump or sweep.kink:  # unless it is the grain of the function's own rounding
        sweep = checked.sweep(direction, checked.value_rounding)
    two = f"{along:.9g} along a random direction, and the {SWEEP} finds {sweep.slope:.9g}"
    if not isfinite(along):
        return "wrong", f"wrong: {two}"
    if isnan(sweep.slope):
        return "unclear", f"the {SWEEP} cannot tell: {checked.no_slope}"
    exact = checked.complex_step(direction)
    right = Measured(along, exact, off + 4 * ulp(along) + TINY).agrees
    h = max(sweep.h, VERY_CLOSE)
    if across := crossed(checked, direction, h):
        return "kink", (
            f"the {SWEEP} cannot tell: within its step {h:.0e} {across}, so it mixes two "
            "slopes; a complex step moves nowhere and does not cross it"
        )
    slopes = sorted([sweep.left, sweep.right]) if sweep.kink else [sweep.slope]
    wide = measured.tolerance + sweep.beside
    if not right and not slopes[0] - wide <= along <= slopes[-1] + wide:
        return "wrong", f"wrong: {two}"
    if sweep.jump:
        return "jump", f"the function jumps here, by {abs(sweep.jump):.6g}: it has no slope there"
    if sweep.kink:
        return "kink", (
            f"the slope changes at once here, from {sweep.left:.6g} to {sweep.right:.6g} along a "
            "random direction: neither right nor wrong"
        )
    return "unclear", (
        f"the {SWEEP} cannot tell: {two}, and the complex step {exact:.9g}; the function rounds "
        "more inside, or bends more beside the point, than differences allow for"
    )
