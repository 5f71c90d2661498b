"""Time several ways of doing the same thing, in turn, so that a busy machine troubles all alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter
from typing import Any


@dataclass(frozen=True)
class Row:
    """One line of a result: what was measured and how it compares.

    Attributes:
        name: Who or what.
        microseconds: The median time of one call.
        ratio: The median, over rounds, of its time divided by the control's of the same round.
        note: What a reader must know.
    """

    name: str
    microseconds: float
    ratio: float
    note: str = ""


@dataclass(frozen=True)
class Result:
    """What one benchmark found.

    Attributes:
        title: What was measured.
        control: The name of the row that ratios are taken to.
        rows: One per contender.
        notes: What a reader must know.
        figures: Other numbers by name.
    """

    title: str
    control: str
    rows: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        width = max([len(row.name) for row in self.rows] + [0])
        lines = [self.title]
        for row in self.rows:
            note = f"  {row.note}" if row.note else ""
            lines.append(
                f"  {row.name:<{width}} {row.microseconds:>12,.1f} µs  x{row.ratio:>8.2f}{note}"
            )
        lines += [f"  {name}: {value}" for name, value in self.figures.items()]
        return "\n".join([*lines, *(f"  {note}" for note in self.notes)])


def compare(
    contenders: Mapping[str, Callable[[], Any]],
    *,
    control: str,
    rounds: int = 50,
    warm_up: int = 5,
    calls: int = 1,
    notes: Mapping[str, str] | None = None,
) -> tuple[Row, ...]:
    """Call every contender in turn, round by round.

    Args:
        contenders: What to time, by name.
        control: The name that ratios are taken to.
        rounds: How often each takes its turn.
        warm_up: Turns that are not counted.
        calls: Calls in a row at each turn, for work too short for the clock.
        notes: What a reader must know, by name.
    """
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(warm_up + rounds):
        for name, call in contenders.items():
            began = perf_counter()
            for _ in range(calls):
                call()
            if turn >= warm_up:
                times[name].append((perf_counter() - began) / calls)
    return tuple(
        Row(
            name,
            median(spent) * 1e6,
            median(own / base for own, base in zip(spent, times[control], strict=True)),
            (notes or {}).get(name, ""),
        )
        for name, spent in times.items()
    )
