"""Pictures through matplotlib, which is imported when one is asked for.

Nothing is told by colour alone: lines differ in their dashes, points in their shapes, and bars say
their numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate, cycle
from math import fsum, isfinite, sqrt
from typing import Any

from chainrule.errors import missing, require_kind
from chainrule.words.phrases import number, shortened

BLUE, ORANGE, GREEN, PURPLE, RED = "#1f5fa8", "#c2570c", "#2f6f4f", "#7a3e8e", "#9a2a2a"
INK, QUIET, PALE = "#1c1e21", "#6e7781", "#c9c5bd"
_COLOURS = (BLUE, ORANGE, GREEN, PURPLE, RED)
_DASHES = ("-", "--", ":", "-.")
_SHAPES = ("o", "s", "^", "D", "v", "P", "X", "*")
_WASHES = ("#dbe8f6", "#fbe3d1", "#dcefe5", "#eddff2", "#f6dcdc", "#f3efc8", "#d8eff0", "#e8e6e1")
_DOT = {"edgecolor": "white", "zorder": 3}
_RING = {"facecolor": "none", "edgecolor": INK, "linewidth": 1.2, "zorder": 4}
_MOST_NUMBERS = 25
_MOST_MARKED = 40
_LONGEST = 32


def axes(ax: Any, *, title: str, x: str, y: str) -> Any:
    """The axes to draw on, those of a new figure if none are given, with their words.

    Args:
        ax: Matplotlib's Axes, or None.
        title: What the picture shows.
        x: What the horizontal axis measures, and in which unit.
        y: The same of the vertical one.

    Raises:
        MissingExtraError: If matplotlib is not installed.
        KindError: If something else than Axes is given.
    """
    try:
        from matplotlib import pyplot as plt
        from matplotlib.axes import Axes
    except ImportError as error:
        raise missing("matplotlib", "plot", error) from None
    if ax is None:
        _, ax = plt.subplots(layout="constrained")
    do = "give one, such as fig.add_subplot(), or leave it out"
    require_kind(ax, Axes, "a plot is drawn on one of matplotlib's Axes", do)
    ax.set(title=title, xlabel=x, ylabel=y)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def draw_lines(ax: Any, x: Sequence[float], lines: Mapping[str, Sequence[float | None]]) -> None:
    """Lines over the same places, each with its own dashes; a None leaves a gap."""
    for (name, values), dashes, colour in zip(
        lines.items(), cycle(_DASHES), cycle(_COLOURS), strict=False
    ):
        gaps = [float("nan") if value is None else value for value in values]
        odd = sum(value is not None and not isfinite(value) for value in values)
        said = f"{name} ({odd:,} not finite)" if odd else name
        marker = "." if len(gaps) <= _MOST_MARKED else ""
        ax.plot(x, gaps, linestyle=dashes, color=colour, marker=marker, label=said)
    if all(isinstance(place, int) for place in x):
        ax.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    _name_them(ax)


def draw_mark(ax: Any, x: float, name: str) -> None:
    """A place on the horizontal axis, named in the legend that is drawn next."""
    ax.axvline(x, color=QUIET, linestyle=(0, (1, 3)), label=name)


def draw_points(ax: Any, points: Mapping[str, tuple[float, float]]) -> None:
    """Single points with their names, each of its own shape."""
    for (name, (x, y)), shape, colour in zip(
        points.items(), cycle(_SHAPES), cycle(_COLOURS[1:]), strict=False
    ):
        said = f"{name}: {number(y, 4)}"
        ax.plot([x], [y], shape, color=colour, markersize=9, markeredgecolor="white", label=said)
    _name_them(ax)


def draw_waterfall(
    ax: Any, start: tuple[str, float], steps: Sequence[tuple[str, float]], end: tuple[str, float]
) -> None:
    """Bars from one value to another, each beginning where the one above it ended.

    Args:
        ax: The axes.
        start: The name of the first value, and the value.
        steps: What is added, one after the other, by name.
        end: The name of the last value, and the value.
    """
    places, amounts = range(1, len(steps) + 1), [amount for _, amount in steps]
    *lefts, _ = accumulate(amounts, initial=start[1])
    colours = [ORANGE if amount > 0 else BLUE for amount in amounts]
    totals = ax.barh([0, len(steps) + 1], [start[1], end[1]], color=PALE)
    bars = ax.barh(places, amounts, left=lefts, color=colours)
    for row, x in zip(range(len(steps) + 1), [*lefts, end[1]], strict=True):
        ax.plot([x, x], [row - 0.4, row + 1.4], color=QUIET, linewidth=0.8)
    ax.bar_label(totals, labels=[number(start[1], 4), number(end[1], 4)], padding=4)
    for bar, amount in zip(bars, amounts, strict=True):
        right = max(bar.get_x(), bar.get_x() + bar.get_width())
        said = f"{'+' * (amount > 0)}{number(amount, 3)}"
        middle = right, bar.get_y() + bar.get_height() / 2
        ax.annotate(said, middle, (4, 0), textcoords="offset points", va="center")
    names = [start[0], *(name for name, _ in steps), end[0]]
    ax.set_yticks(range(len(names)), [shortened(name, most=_LONGEST) for name in names])
    ax.invert_yaxis()
    ends = [x for x in (0.0, start[1], end[1], *lefts) if isfinite(x)]
    room = 0.15 * (max(ends) - min(ends)) or 1.0
    ax.set_xlim(min(ends) - room * (min(ends) < 0), max(ends) + room)


def draw_table(ax: Any, names: Sequence[str], counts: Sequence[Sequence[float]]) -> None:
    """Rows counted by class as squares, each shaded by its part of its class, with its count in it.

    Args:
        ax: The axes.
        names: The classes, along both sides.
        counts: The counts, class by class.
    """
    shares = [[count / (sum(row) or 1) for count in row] for row in counts]
    image = ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    ax.figure.colorbar(image, ax=ax, label="share of the class's rows")
    short = [shortened(name, most=_LONGEST // 2) for name in names]
    turned = {"rotation": 45, "ha": "right"} if sum(map(len, short)) > 40 else {}
    ax.set_xticks(range(len(names)), short, **turned)
    ax.set_yticks(range(len(names)), short)
    if len(names) <= _MOST_NUMBERS:
        for row, values in enumerate(counts):
            for column, count in enumerate(values):
                ink = "white" if shares[row][column] > 0.6 else INK
                size = min(10, 110 / len(names))
                ax.text(column, row, f"{count:,}", ha="center", va="center", color=ink, size=size)


def draw_spreads(ax: Any, groups: Mapping[str, Sequence[float]], *, log: bool = False) -> None:
    """The values of each group as a box: least, quartiles and largest; what is left out is said.

    Args:
        ax: The axes.
        groups: The values by the group's name.
        log: Sizes on a logarithmic axis, with a line through their root mean squares.
    """
    kept, labels = [], []
    upright = len(groups) > 12  # beside each other, their names would touch
    for name, values in groups.items():
        sound = [value for value in values if isfinite(value)]
        shown = [value for value in sound if value > 0] if log else sound
        odd, zeros = len(values) - len(sound), len(sound) - len(shown)
        more = {f"{zeros:,} are 0": zeros, f"{odd:,} not finite": odd}
        said = [name, f"{len(values):,}", *(text for text, count in more.items() if count)]
        labels.append(("; " if upright else "\n").join(said))
        kept.append(shown)
    if len(labels) > 6:
        ax.tick_params("x", labelsize="x-small", rotation=90 if upright else 0)
    ax.boxplot(kept, whis=(0, 100), tick_labels=labels, medianprops={"color": ORANGE})
    if log and any(kept):
        ax.set_yscale("log")
        sizes = [sqrt(fsum(v * v for v in g) / len(g)) if g else float("nan") for g in kept]
        ax.plot(range(1, len(sizes) + 1), sizes, "D--", color=BLUE, label="root mean square")
        _name_them(ax)
    else:
        ax.axhline(0, color=PALE, linewidth=0.8, zorder=0)


def draw_reliability(ax: Any, bins: Sequence[tuple[float, float, float]]) -> None:
    """How often answers are right, by how sure they were.

    Args:
        ax: The axes.
        bins: Mean confidence, the share that is right, and how many rows.
    """
    confidences, right, rows = zip(*bins, strict=True)
    ax.plot([0, 1], [0, 1], "--", color=QUIET, label="as often right as it is sure")
    ax.vlines(confidences, confidences, right, color=ORANGE, linewidth=2, label="the gap")
    areas = [30 + 220 * count / max(rows) for count in rows]
    ax.scatter(confidences, right, s=areas, color=BLUE, label="answers, with how many", **_DOT)
    for x, y, count in bins:
        ax.annotate(f"{count:,}", (x, y), (10, 0), textcoords="offset points", size=8, va="center")
    ticks = [n / 5 for n in range(6)]
    ax.set(xlim=(0, 1.12), ylim=(-0.05, 1.45), xticks=ticks, yticks=ticks)
    ax.legend(loc="upper left", frameon=False)  # above all that can be drawn


Grid = Sequence[Sequence[float]]


def draw_levels(ax: Any, sides: tuple[Sequence[float], Sequence[float]], values: Grid) -> None:
    """Lines along which a value is the same all over a plane, with the value on them."""
    if len({value for row in values for value in row}) > 1:
        ax.clabel(ax.contour(*sides, values, levels=10, colors=QUIET, linewidths=0.8), fontsize=8)


def draw_regions(
    ax: Any, sides: tuple[Sequence[float], Sequence[float]], margins: Sequence[Grid]
) -> None:
    """Where in a plane each of some classes is said, with lines between them.

    Args:
        ax: The axes.
        sides: The places along both axes.
        margins: Of each class by how much it leads, above zero where it is said; a row for each
            place upwards.
    """
    for grid, wash in zip(margins, cycle(_WASHES), strict=False):
        low, high = min(map(min, grid)), max(map(max, grid))
        if high > 0:
            ax.contourf(*sides, grid, levels=[0, high], colors=[wash])
        if low < 0 < high:
            ax.contour(*sides, grid, levels=[0], colors=INK, linewidths=1)


def draw_examples(
    ax: Any,
    places: Sequence[tuple[float, float]],
    groups: Sequence[str],
    names: Sequence[str],
    wrong: Sequence[bool],
) -> None:
    """Examples as points, each group of its own shape, a ring around those answered wrongly.

    Args:
        ax: The axes.
        places: Where the examples stand.
        groups: Which group each belongs to.
        names: The groups, in the order of their shapes and colours.
        wrong: Whether each is answered wrongly.
    """
    for name, shape, colour in zip(names, cycle(_SHAPES), cycle(_COLOURS), strict=False):
        own = [place for place, group in zip(places, groups, strict=True) if group == name]
        x, y = zip(*own, strict=True) if own else ((), ())
        said = shortened(name, most=_LONGEST)
        ax.scatter(x, y, s=28, marker=shape, color=colour, linewidth=0.5, label=said, **_DOT)
    ringed = [place for place, is_wrong in zip(places, wrong, strict=True) if is_wrong]
    if ringed:
        ax.scatter(*zip(*ringed, strict=True), s=130, label="answered wrongly", **_RING)
    _name_them(ax)


def _name_them(ax: Any) -> None:
    """A legend, where there is more than one thing to name."""
    if len(ax.get_legend_handles_labels()[1]) > 1:
        ax.legend(framealpha=0.85, edgecolor="none")
