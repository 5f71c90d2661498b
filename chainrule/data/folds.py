"""Rows divided into folds, each of which is held out once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise

from chainrule.data.cells import Cell, parse_number
from chainrule.data.column_choice import ColumnChoice
from chainrule.data.prepare import Division, read_target
from chainrule.data.split import Shuffler
from chainrule.data.table import Table
from chainrule.errors import DataError, OptionError
from chainrule.words import plural


def folds(
    table: Table,
    count: int,
    generator: Shuffler,
    *,
    target: str | None = None,
    task: str | None = None,
    types: Mapping[str, str] | None = None,
    group: str | None = None,
    time: str | None = None,
) -> list[Division]:
    """Divide the rows that have a target into folds: what to learn from, and what to hold out.

    Every class comes in equal shares into every fold. Rows of one group stay together, their
    classes as even as that allows. In the order of time the rows are cut into one block more than
    there are folds; each block but the first is held out once, and what lies before it is learnt
    from. A row of whose class there is nothing to learn from is not held out.

    Args:
        table: The table.
        count: How many folds.
        generator: Draws which rows come into which fold.
        target: The column to predict; without it the table's own, or else the last one.
        task: `"classification"` or `"regression"` overrules what is recognised.
        types: What columns hold, by name.
        group: The column whose equal cells stay together.
        time: The column of numbers or dates by which rows stand in order.

    Returns:
        Of each fold the rows to learn from and those held out, in rising order.

    Raises:
        OptionError: If there are fewer than two folds, or both groups and times.
        DataError: If a column is missing, or there are too few rows, groups or times.

    Example:
        >>> from chainrule.data.builtin import load
        >>> class InOrder:
        ...     def permutation(self, n):
        ...         return list(range(n))
        >>> [(len(learn), held_out[:3]) for learn, held_out in folds(load("iris"), 3, InOrder())]
        [(100, [0, 3, 6]), (100, [1, 4, 7]), (100, [2, 5, 8])]
    """
    if isinstance(count, bool) or not isinstance(count, int) or count < 2:
        raise OptionError(f"folds is {count!r}: it must be a whole number, at least 2")
    if group is not None and time is not None:
        raise OptionError("rows are divided by groups or in the order of time: leave one out")
    _, known, targets = read_target(table, ColumnChoice(table, target, types, task=task))
    classes = dict(zip(known, targets or [0] * len(known), strict=True))
    if time is not None:
        divided = _in_time(known, _moments(table, time, known), count, time)
    else:
        order = [known[place] for place in generator.permutation(len(known))]
        parts = _dealt(order, classes, count, group and table.column(group), group)
        divided = [(sorted(set(known).difference(part)), sorted(part)) for part in parts]
    learnt = [{classes[row] for row in learn} for learn, _ in divided]
    return [
        (learn, [row for row in held_out if classes[row] in seen])
        for (learn, held_out), seen in zip(divided, learnt, strict=True)
    ]


def _dealt(
    order: Sequence[int],
    classes: Mapping[int, int],
    count: int,
    cells: Sequence[Cell] | None,
    column: str | None,
) -> list[list[int]]:
    """Groups of rows, or single rows, dealt out so that each class is spread evenly."""
    groups: dict[Cell, list[int]] = {}
    for row in order:
        name: Cell = row if cells is None else cells[row]
        if name is None:
            raise DataError(f"row {row} has no {column}, so it belongs to no group: fill it in")
        groups.setdefault(name, []).append(row)
    if len(groups) < count:
        there = plural(len(groups), "row" if cells is None else "group")
        raise DataError(f"{there} cannot make {count} folds: ask for fewer folds")
    totals = Counter(classes.values())
    parts: list[list[int]] = [[] for _ in range(count)]
    inside: list[Counter[int]] = [Counter() for _ in range(count)]
    for rows in sorted(groups.values(), key=lambda rows: (-len(rows), totals[classes[rows[0]]])):
        own = Counter(classes[row] for row in rows)

        def crowded(place: int, own: Counter[int] = own) -> tuple[float, int]:
            here = inside[place]
            return sum(n * here[name] / totals[name] for name, n in own.items()), here.total()

        best = min(range(count), key=crowded)
        parts[best] += rows
        inside[best] += own
    return parts


def _in_time(
    known: Sequence[int], moments: Sequence[float], count: int, column: str
) -> list[Division]:
    """Blocks in the order of time; equal times are never parted."""
    order = sorted(range(len(known)), key=moments.__getitem__)
    cuts = [0]
    for block in range(1, count + 1):
        cut = max(block * len(order) // (count + 1), cuts[-1] + 1)
        while cut < len(order) and moments[order[cut]] == moments[order[cut - 1]]:
            cut += 1
        cuts.append(cut)
    if cuts[-1] >= len(order):
        raise DataError(
            f"{column} has too few different times for {count} folds: ask for fewer folds"
        )
    in_order = [known[place] for place in order]
    return [
        (sorted(in_order[:start]), sorted(in_order[start:end]))
        for start, end in pairwise([*cuts[1:], len(order)])
    ]


def _moments(table: Table, column: str, rows: Sequence[int]) -> list[float]:
    """Numbers that stand in the order of a column's times."""
    moments = []
    for row, cell in zip(rows, table.take(column, rows), strict=True):
        moment = parse_number(cell) if isinstance(cell, str) else cell
        if isinstance(cell, str) and moment is None:
            try:
                moment = datetime.fromisoformat(cell).replace(tzinfo=UTC).timestamp()
            except ValueError:
                moment = None
        if moment is None:
            raise DataError(
                f"row {row} has {cell!r} in {column}, which is neither a number nor a date: rows "
                "cannot be put in the order of time"
            )
        moments.append(float(moment))
    return moments
