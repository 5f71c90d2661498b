"""Time several ways of doing the same thing, in turn, so that a busy machine troubles all alike."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import groupby
from statistics import median, quantiles
from time import perf_counter
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")

LEAST_ROUNDS = 5
"""How many rounds are counted even where they take longer than they may."""

TURN_SECONDS = 0.2
"""How long calls in a row may go on at one turn."""


@dataclass(frozen=True)
class Row:
    """One line of a result: what was measured and how it compares.

    Attributes:
        name: Who or what.
        microseconds: The median time of one call.
        ratio: The median, over rounds, of its time divided by the control's of the same round.
        note: What a reader must know.
        quartiles: Between which two ratios the middle half of the rounds lies.
        group: The task, where one result holds several.
        fastest: The time of the fastest round, in microseconds.
    """

    name: str
    microseconds: float
    ratio: float
    note: str = ""
    quartiles: tuple[float, float] = (1.0, 1.0)
    group: str = ""
    fastest: float = 0.0


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
        for group, rows in groupby(self.rows, key=lambda row: row.group):
            lines += [f"  {group}"] if group else []
            lines += [f"  {_line(row, width)}" for row in rows]
        lines += [f"  {name}: {value}" for name, value in self.figures.items()]
        return "\n".join([*lines, *(f"  {note}" for note in self.notes)])


def _line(row: Row, width: int) -> str:
    low, high = row.quartiles
    text = f"{row.name:<{width}} {row.microseconds:>12,.1f} µs  x{row.ratio:>8.2f}"
    return f"{text}  ({low:.2f} to {high:.2f})  {row.note}".rstrip()


def compare(
    contenders: Mapping[str, Callable[[], Any]],
    *,
    control: str,
    rounds: int = 50,
    seconds: float = 20.0,
    warm_up: int = 5,
    calls: int = 1,
    repeats: Mapping[str, int] | None = None,
    after: Mapping[str, Callable[[], Any]] | None = None,
    notes: Mapping[str, str] | None = None,
    group: str = "",
    quick: bool = False,
) -> tuple[Row, ...]:
    """Call every contender in turn, round by round, every other round the other way about.

    Args:
        contenders: What to time, by name.
        control: The name that ratios are taken to.
        rounds: How often each takes its turn.
        seconds: After how long no further round is begun, once there are five.
        warm_up: Turns that are not counted.
        calls: Calls in a row at each turn, for work too short for the clock; fewer where they
            would go on for longer than a fifth of a second.
        repeats: How often one call does the work, by name, where that is not once.
        after: What to do after a turn, by name; it is not timed.
        notes: What a reader must know, by name.
        group: The task, where one result holds several.
        quick: One call of each, to see that it runs; the figures mean nothing.
    """
    least = LEAST_ROUNDS
    if quick:
        rounds, warm_up, calls, least = 1, 0, 1, 1
    times: dict[str, list[float]] = {name: [] for name in contenders}
    often = {name: (repeats or {}).get(name, 1) for name in contenders}
    turns = {
        name: _Turn(call, max(calls // often[name], 1), (after or {}).get(name))
        for name, call in contenders.items()
    }
    names = list(contenders)
    for number in range(warm_up):
        for name, turn in turns.items():
            spent = (turn if number > 1 else turn._replace(calls=1)).take()
            if number:  # the first call may compile
                turns[name] = turn.shortened(spent)
    stop = perf_counter() + seconds
    for number in range(rounds):
        if number >= least and perf_counter() > stop:
            break
        for name in names[:: -1 if number % 2 else 1]:
            times[name].append(turns[name].take() / often[name])
    return tuple(
        row_of(name, spent, times[control], (notes or {}).get(name, ""), group)
        for name, spent in times.items()
    )


class _Turn(NamedTuple):
    """What a contender does when it is its turn."""

    call: Callable[[], Any]
    calls: int
    after: Callable[[], Any] | None

    def shortened(self, seconds: float) -> _Turn:
        """A turn of fewer calls, if so many that take so long each would go on too long."""
        fitting = int(TURN_SECONDS / seconds) if seconds else self.calls
        return self._replace(calls=max(min(self.calls, fitting), 1))

    def take(self) -> float:
        """The seconds of one call."""
        call = self.call
        began = perf_counter()
        for _ in range(self.calls):
            call()
        spent = perf_counter() - began
        if self.after:
            self.after()
        return spent / self.calls


def row_of(
    name: str, spent: list[float], control: list[float], note: str = "", group: str = ""
) -> Row:
    """The row of somebody who took so many seconds, round by round, beside the control's."""
    ratios = [own / base for own, base in zip(spent, control, strict=True)]
    low, _, high = quantiles(ratios, method="inclusive") if len(ratios) > 1 else ratios * 3
    fastest = min(spent) * 1e6
    return Row(name, median(spent) * 1e6, median(ratios), note, (low, high), group, fastest)


def without_collector(call: Callable[[], T]) -> Callable[[], T]:
    """The call while Python does not look for rings of objects."""

    def quiet() -> T:
        gc.disable()
        try:
            return call()
        finally:
            gc.enable()

    return quiet


def peak_bytes(call: Callable[[], Any]) -> int:
    """What Python holds at the peak of a call, beyond what it held before."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        call()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def left_out(*libraries: str) -> tuple[str, ...]:
    """The note on those that are not installed, if any are not."""
    missing = ", ".join(name for name in libraries if not find_spec(name))
    return (f"not installed, so left out: {missing}",) if missing else ()
