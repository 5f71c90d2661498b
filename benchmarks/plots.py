"""Two pictures of the results: how fast beside others, and how the cost grows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from math import ceil, floor, log2, log10
from typing import Any

from docs.figures import BLUE, GREY, INK, ORANGE, PALE, Drawing

OURS = ("numpy engine", "numpy engine, numba", "jax engine")
WIDTH, LEFT, RIGHT, BAR = 760, 190, 160, 20
PANEL, GAP, TOP, HEIGHT = 170, 75, 85, 190

Record = Mapping[str, Any]
"""A benchmark's entry in the file of results."""


def groups_of(record: Record) -> dict[str, list[dict[str, Any]]]:
    """The rows of a result, task by task."""
    rows = groupby(record["rows"], key=lambda row: str(row["group"]))
    return {group: list(found) for group, found in rows}


def beside_best_peer(rows: Sequence[Mapping[str, Any]], control: str) -> dict[str, float]:
    """How many times as long each takes as the fastest of the others; the control is left out.

    Example:
        >>> rows = [
        ...     {"name": n, "ratio": r} for n, r in (("bare", 1), ("numpy engine", 3), ("X", 6))
        ... ]
        >>> beside_best_peer(rows, "bare")
        {'numpy engine': 0.5, 'X': 1.0}
    """
    timed = {row["name"]: row["ratio"] for row in rows if row["name"] != control}
    best = min(ratio for name, ratio in timed.items() if name not in OURS)
    return {name: ratio / best for name, ratio in timed.items()}


def how_fast(record: Record) -> Drawing:
    """Bars to the left of the line: faster than the best of the others; to the right: slower."""
    groups = groups_of(record)
    ratios = {name: beside_best_peer(rows, record["control"]) for name, rows in groups.items()}
    every = [ratio for found in ratios.values() for ratio in found.values()]
    low, high = floor(log2(min(every))), max(ceil(log2(max(every))), 1)
    height = 70 + sum(40 + BAR * len(found) for found in ratios.values())
    drawing = Drawing(WIDTH, height, "Time of one training step beside the fastest of the others")

    def place(power: float) -> float:
        return LEFT + (power - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    for power in range(low, high + 1):
        x = place(power)
        drawing.line([(x, 44), (x, height - 16)], PALE if power else GREY, 1)
        drawing.text(x, 36, f"{2**power}×" if power >= 0 else f"1/{2**-power}×", GREY)
    drawing.text(20, 18, "chainrule", BLUE, "start")
    drawing.text(WIDTH - 20, 18, "time of one step; 1× is the fastest of the others", GREY, "end")
    y = 44.0
    for group, rows in groups.items():
        drawing.text(20, y + 22, group, INK, "start", halo=True)
        y += 40
        for row in (row for row in rows if row["name"] in ratios[group]):
            _bar(drawing, y, row, ratios[group][row["name"]], place)
            y += BAR
    return drawing


def _bar(drawing: Drawing, y: float, row: Mapping[str, Any], ratio: float, place: Any) -> None:
    colour = BLUE if row["name"] in OURS else GREY
    start, end = place(0), place(log2(ratio))
    drawing.line([(start - 1, y), (end if abs(end - start) > 1 else start + 1, y)], colour, 10)
    drawing.text(LEFT - 20, y + 4, row["name"], colour, "end")
    words = f"{ratio:.2f}×, {amount(row['microseconds'])} µs"
    drawing.text(WIDTH - 20, y + 4, words, colour, "end", halo=True)


def amount(value: float) -> str:
    """A number with the three digits that its measurement bears.

    Example:
        >>> [amount(value) for value in (0.1234, 12.34, 123.4, 12345.6)]
        ['0.123', '12.3', '123', '12,300']
    """
    digits = 2 - floor(log10(abs(value))) if value else 0
    return f"{round(value, digits):,.{max(digits, 0)}f}"


def growth(record: Record) -> Drawing:
    """Time over amount on logarithmic axes, a panel for each of rows, width and depth."""
    groups = groups_of(record)
    names = list(dict.fromkeys(group.rpartition(", ")[2] for group in groups))
    times = [row["microseconds"] for row in record["rows"]]
    low, high = floor(log10(min(times))), ceil(log10(max(times)))
    width = GAP + len(names) * (PANEL + GAP) - 20
    drawing = Drawing(width, TOP + HEIGHT + 60, "Time of one Adam step as the work grows")
    for number, name in enumerate(names):
        panel = _Panel(drawing, GAP + number * (PANEL + GAP), (low, high), name)
        engines = [group for group in groups if group.endswith(f", {name}")]
        series = {group: _series(name, groups[group]) for group in engines}
        panel.axes([value for points in series.values() for value, _ in points])
        for order, (group, points) in enumerate(series.items()):
            fit = record["figures"][group]
            words = f"{group.partition(',')[0]}: {name}^{fit['time']:.2f}"
            panel.curve(points, fit["from"], words, order)
    drawing.text(20, 22, "time of one step", GREY, "start")
    drawing.text(width - 20, 22, "full dots: where the exponent is fitted", GREY, "end")
    return drawing


def _series(name: str, rows: Sequence[Mapping[str, Any]]) -> list[tuple[int, float]]:
    """Pairs of amount and microseconds; a row's name holds rows, width and depth."""
    place = ("rows", "width", "depth").index(name)
    return [(int(row["name"].split("x")[place]), row["microseconds"]) for row in rows]


class _Panel:
    """Logarithmic axes in a corner of a drawing."""

    def __init__(self, drawing: Drawing, left: int, powers: tuple[int, int], name: str) -> None:
        self.drawing, self.left, self.powers, self.name = drawing, left, powers, name
        self.ends = (0.0, 1.0)

    def place(self, value: float, microseconds: float) -> tuple[float, float]:
        (first, last), (low, high) = self.ends, self.powers
        across = (log2(value) - first) / (last - first)
        up = (log10(microseconds) - low) / (high - low)
        return self.left + across * PANEL, TOP + (1 - up) * HEIGHT

    def axes(self, values: Sequence[int]) -> None:
        first, last = log2(min(values)), log2(max(values))
        self.ends = first, last
        for power in range(self.powers[0], self.powers[1] + 1):
            start, end = self.place(2**first, 10**power), self.place(2**last, 10**power)
            self.drawing.line([start, end], PALE, 1)
            self.drawing.text(start[0] - 6, start[1] + 4, _duration(power), GREY, "end")
        step = 2 if last - first < 8 else 3
        for power in range(ceil(first), floor(last) + 1, step):
            x, y = self.place(2**power, 10 ** self.powers[0])
            self.drawing.text(x, y + 18, f"{2**power:,}", GREY)
        self.drawing.text(self.left + PANEL / 2, TOP + HEIGHT + 40, self.name, INK)

    def curve(
        self, points: Sequence[tuple[int, float]], start: int, words: str, order: int
    ) -> None:
        colour, dash = ((BLUE, None), (ORANGE, "5 4"))[order]
        self.drawing.line([self.place(*point) for point in points], colour, 1.5, dash)
        for value, spent in points:
            fill = colour if value >= start else "white"
            self.drawing.circle(*self.place(value, spent), 3.5, colour, fill)
        self.drawing.text(self.left, TOP - 34 + 17 * order, words, colour, "start")


def _duration(power: int) -> str:
    """A power of ten of microseconds.

    Example:
        >>> [_duration(power) for power in (1, 3, 5, 6)]
        ['10 µs', '1 ms', '100 ms', '1 s']
    """
    unit, size = [("µs", 0), ("ms", 3), ("s", 6)][min(power // 3, 2)]
    return f"{10 ** (power - size)} {unit}"
