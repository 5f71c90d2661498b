"""A counterfactual as text and as plain data."""

from __future__ import annotations

from dataclasses import asdict
from math import isclose, isfinite
from typing import Any

from chainrule.explanations.what_if.counterfactual import Alternative, Counterfactual
from chainrule.explanations.what_if.curve_text import draw_curve
from chainrule.words import answer_text, number, plural


def as_dict(found: Counterfactual) -> dict[str, Any]:
    """Every number by name; examples by what people call them."""
    alternatives = {}
    for alternative in found.alternatives:
        record = asdict(alternative)
        record["mended"] = [found.rows[n] for n in alternative.mended]
        record["broken"] = [found.rows[n] for n in alternative.broken]
        record["answers"] = list(alternative.answers) if len(found.rows) == 1 else None
        alternatives[record.pop("label")] = record
    return {
        "weight": found.weight,
        "interval": list(found.interval),
        "slope": found.slope,
        "curve": [list(point) for point in found.curve],
        "alternatives": alternatives,
        "notes": notes(found),
    }


def as_text(found: Counterfactual) -> str:
    """The counterfactual for an 80-column screen: a table, then the loss along the weight."""
    single = len(found.rows) == 1
    what = f"the loss of row {found.rows[0]}" if single else f"mean loss of {len(found.rows)} rows"
    head = f"  {'':<8} {'w':>10} {'loss':>11} {'change':>11} {'mended':>7} {'broken':>7}"
    lines = [f"had {found.weight} been different ({what}, run again):"]
    lines += [head + ("  answer" if single else "")]
    lines += [_row(alternative, single) for alternative in found.alternatives]
    low, high = (number(end, 4) for end in found.interval)
    lines += [f"  best: looked for from {low} to {high}", ""]
    best = found.best.value if any(a.label == "best" for a in found.alternatives) else None
    now = found.now
    lines += draw_curve(found.curve, at=now.value, loss=now.loss, slope=found.slope, best=best)
    lines += ["  loss along the weight *, tangent ., now O, best v"]
    return "\n".join([*lines, *(f"note: {note}" for note in notes(found))])


def notes(found: Counterfactual) -> list[str]:
    """What must be known to read the numbers rightly."""
    said = []
    unsound = sum(not isfinite(loss) for _, loss in found.curve)
    if unsound:
        said.append(f"at {plural(unsound, 'point')} of the curve the loss is no finite number")
    best = next((a for a in found.alternatives if a.label == "best"), None)
    if best and any(isclose(best.value, end) for end in found.interval):
        said.append("the best value is an end of the interval: a lower loss may lie outside")
    return said


def _row(alternative: Alternative, single: bool) -> str:
    cells = (
        f"  {alternative.label:<8} {number(alternative.value, 4):>10} "
        f"{number(alternative.loss):>11} {number(alternative.change, 4):>11} "
        f"{len(alternative.mended):>7} {len(alternative.broken):>7}"
    )
    if not single:
        return cells
    return f"{cells}  {answer_text(alternative.answers[0])}"
