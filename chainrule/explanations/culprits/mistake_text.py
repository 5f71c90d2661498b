"""One mistake as text and as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from chainrule.explanations.culprits.mistake import Effect, Mistake, Pushing
from chainrule.explanations.what_if import off_the_line
from chainrule.words import answer_text, number, plural


def as_dict(found: Mistake) -> dict[str, Any]:
    """Every number by name."""
    return {
        **asdict(found),
        "pushing": [
            {**p.weight.to_dict(), "others": p.others, "contested": p.contested}
            for p in found.pushing
        ],
        "notes": notes(found),
    }


def as_text(found: Mistake) -> str:
    """One mistake for an 80-column screen."""
    state = {True: ", right", False: ", wrong", None: ""}[found.right]
    said, truth = answer_text(found.answer), answer_text(found.truth)
    lines = [
        f"row {found.row}: loss {number(found.loss)}, says {said}, should say {truth}{state}",
        "",
        "the weights that push it wrong, by their slope in its own loss:",
        f"  {'weight':<24} {'value':>10} {'slope':>10} {'share':>6}  the others' slope",
        *map(_pushing, found.pushing),
        "",
        *_effects(found),
    ]
    if found.right is False:
        lines += ["", *_mending(found)]
    return "\n".join([*lines, *(f"note: {note}" for note in notes(found))])


def notes(found: Mistake) -> list[str]:
    """What must be known to read the numbers rightly."""
    if not found.learning_rate:
        return ["its gradient is zero or no number, so no step along it changes anything"]
    if off_the_line(found.measured, found.predicted, found.loss):
        return [
            "even for this small step the slope is off by more than 10 %: go by what was measured"
        ]
    return []


def _pushing(found: Pushing) -> str:
    weight = found.weight
    others = "" if found.others is None else number(found.others, 3)
    line = (
        f"  {weight.name:<24} {number(weight.value, 4):>10} {number(weight.slope, 4):>10} "
        f"{weight.share:>6.1%}  {others:<10}"
    )
    return f"{line}  opposed" if found.contested else line.rstrip()


def _effects(found: Mistake) -> list[str]:
    really, foretold = number(found.measured, 4), number(found.predicted, 4)
    hurt = plural(found.hurt_in_all, "other row")
    tables = _table("most hurt", found.hurt) + _table("most helped", found.helped)
    return [
        f"a small step on this row alone changes its loss by {really} (foretold {foretold});",
        f"it raises the loss of {hurt} and lowers that of {found.helped_in_all}"
        + (":" if tables else ""),
        *tables,
    ]


def _table(title: str, effects: Sequence[Effect]) -> list[str]:
    if not effects:
        return []
    head = f"  {title:<12} {'row':>6} {'measured':>12} {'foretold':>12} {'g · g_row':>12}"
    return [head] + [
        f"  {'':<12} {e.row:>6} {number(e.measured, 4):>12} {number(e.predicted, 4):>12} "
        f"{number(e.product, 4):>12}"
        for e in effects
    ]


def _mending(found: Mistake) -> list[str]:
    mending = found.mending
    if mending is None:
        return ["no step along its gradient that was tried gets it right"]
    rate, loss = number(mending.learning_rate, 3), number(mending.loss, 4)
    mended, change = plural(len(mending.mended), "row"), number(mending.change, 4)
    broken = f"{len(mending.broken)}{_rows(mending.broken)}"
    return [
        f"a step of {rate} per unit of slope gets it right (its loss {loss});",
        f"that mends {mended} and breaks {broken}; the mean loss changes by {change}",
    ]


def _rows(rows: Sequence[int]) -> str:
    """The first rows of a list, in brackets."""
    if not rows:
        return ""
    listed = ", ".join(map(str, rows[:5]))
    return f" ({listed}, …)" if len(rows) > 5 else f" ({listed})"
