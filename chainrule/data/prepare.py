"""Rows divided into those to learn from and those held out, once or in folds, and made ready."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from operator import le
from typing import TypeAlias

from chainrule.arrays import Generator
from chainrule.data.cells import Cell, numbers_of
from chainrule.data.column_choice import ColumnChoice
from chainrule.data.column_statistics import FEW_LEVELS
from chainrule.data.examples import Examples
from chainrule.data.leaks import leaks
from chainrule.data.recipe import Recipe
from chainrule.data.table import Table
from chainrule.data.target import Classes, Target, learn_target
from chainrule.errors import DataError, OptionError, require_share, require_whole, shown
from chainrule.words import listed, plural, quoted

_GROUP_NAME = re.compile(
    r"(?i:(?:^|[^a-z])(?:id|customer|client|patient|user|subject|person|student|household)$)"
    r"|[a-z](?:ID|Id)$"
)
"""Names of what rows belong to, of which there may be others later on."""

Division: TypeAlias = tuple[Sequence[int], Sequence[int]]
"""The rows to learn from, and those to hold out."""


@dataclass(frozen=True)
class Prepared:
    """A table made ready for training.

    Args:
        recipe: Learnt from the training rows alone.
        train: The examples to train on.
        validation: The examples held out; None where there are none.
        told: Sentences on columns that give the target away, on classes of which no row is held
            out, and on rows held out that are not new.
    """

    recipe: Recipe
    train: Examples
    validation: Examples | None
    told: tuple[str, ...] = ()


def prepare(
    table: Table,
    choice: ColumnChoice | None = None,
    *,
    validation: float | Division = 0.2,
    generator: Generator,
    agree: Callable[[Recipe], Recipe] | None = None,
) -> Prepared:
    """Hold out rows, learn the recipe from the others, and apply it to both.

    The task is recognised from all rows; means, spreads and categories come from the training
    rows, so nothing of the held-out rows leaks into them. Classes are divided evenly.

    Args:
        table: The table.
        choice: What is said of its columns, if anything is.
        validation: The part of the rows to hold out, from 0 to below 1; or the rows to learn from,
            and those to hold out.
        generator: Draws which rows are held out.
        agree: Makes the recipe learned here the one that all use who train together.

    Returns:
        The recipe and both sets of examples.

    Raises:
        DataError: As `Recipe.learn`.
        OptionError: If the part to hold out lies outside 0 to 1.

    Example:
        >>> from chainrule.data.builtin import load
        >>> ready = prepare(load("iris"), generator=Generator(0))
        >>> len(ready.train), len(ready.validation)
        (120, 30)
    """
    choice = choice or ColumnChoice(table)
    predicted, known, classes = read_target(table, choice)
    choice.task = "regression" if classes is None else "classification"
    if isinstance(validation, tuple):
        if len(validation) != 2 or not all(isinstance(rows, Iterable) for rows in validation):
            raise OptionError(
                f"validation is {shown(validation)}: give the part to hold out, or the rows to "
                "learn from and those to hold out"
            )
        there = set(known)
        # Rows without a target are counted among those to learn from, and skipped.
        train = sorted({*validation[0], *set(range(table.rows)).difference(there)})
        held_out = [row for row in validation[1] if row in there]
    else:
        _, picked = split(len(known), validation, generator, classes=classes)
        held_out = [known[position] for position in picked]
        # Rows without a target stay with the training rows, where the recipe counts and skips them.
        train = sorted(set(range(table.rows)).difference(held_out))
    recipe = Recipe.learn(table, choice, train)
    recipe = agree(recipe) if agree else recipe
    examples = recipe.apply(table, held_out) if held_out else None
    told = leaks(recipe, table)
    if isinstance(predicted, Classes) and classes is not None and held_out:
        class_of = dict(zip(known, classes, strict=True))
        measured = {class_of[row] for row in held_out}
        if rare := [name for place, name in enumerate(predicted.levels) if place not in measured]:
            told.append(
                f"No row of {listed(rare)} is held out, as there are too few: nothing measures "
                "how well it is told from the others."
            )
    told += not_new(table, choice.target, (train, held_out))
    return Prepared(recipe, recipe.apply(table, train), examples, tuple(told))


def not_new(
    table: Table, target: str, rows: Division, out_of_order: Collection[str] = ()
) -> Iterator[str]:
    """That rows held out are not as new as the rows to come: of the same person, or in between.

    Args:
        table: The table, or its first rows.
        target: What is predicted.
        rows: Those to learn from, and those held out.
        out_of_order: Columns of dates in the order of which later rows do not stand.
    """
    (train, held_out), readings = rows, (table.readings or {}).items()
    dates = {name for name, reading in readings if reading.kind == "date"}.difference(out_of_order)
    for name in table.names if held_out else ():
        cells, typed = table.column(name), quoted(name)
        measured = f"{'fill its gaps in, and ' if None in cells else ''}--folds 5"
        if name == target:
            continue
        if _GROUP_NAME.search(name):
            learned = {cells[row] for row in train} - {None}
            known = sum(cells[row] in learned for row in held_out)
            if len(learned) > FEW_LEVELS and 2 * known >= len(held_out):
                which = "All" if known == len(held_out) else f"{known:,} of the"
                yield (
                    f"{which} {len(held_out):,} rows held out share their {name} with rows learned "
                    f"from: if rows to come have others, {measured} --group {typed} measures that."
                )
        elif name in dates:
            times = [str(cell) for cell in cells if cell is not None]
            in_order = len(set(times)) > FEW_LEVELS and all(map(le, times, times[1:]))
            if in_order and min(held_out) < max(train, default=-1):
                yield (
                    f"Rows stand in the order of {name}, and those held out lie between those "
                    f"learned from: if rows to come are later, {measured} --time {typed} measures "
                    "that."
                )


def read_target(
    table: Table, choice: ColumnChoice
) -> tuple[Target, list[int], Sequence[int] | None]:
    """What is predicted, as all rows show it, the rows that have it, and the class of each.

    Args:
        table: The table.
        choice: Which column it is.

    Returns:
        The target, the positions of the rows that have one, and their classes; None for numbers.
    """
    (seen,) = choice.statistics([choice.target])
    seen.update(table.column(choice.target), table.places(range(table.rows)))
    target = learn_target(seen, choice.task)
    known = list(table.that_have(choice.target, range(table.rows)))
    if isinstance(target, Classes):
        return target, known, target.encode(table.take(choice.target, known), table.places(known))
    return target, known, None


def split(
    rows: int, fraction: float, generator: Generator, *, classes: Sequence[Hashable] | None = None
) -> tuple[list[int], list[int]]:
    """Divide row positions at random into those to train on and those held out.

    With classes, each class is divided by itself, and its part rounded to whole rows. A class of
    one row stays in training, and so does one of which half a row or less would be held out: with
    many small classes the whole part is smaller than asked for.

    Args:
        rows: The number of rows.
        fraction: The part to hold out, from 0 to below 1.
        generator: Draws which rows.
        classes: The class of each row.

    Returns:
        The positions to train on and the positions held out, each in rising order.

    Raises:
        OptionError: If the fraction lies outside 0 to 1.

    Example:
        >>> class Reverse:
        ...     def permutation(self, n):
        ...         return list(range(n))[::-1]
        >>> split(4, 0.5, Reverse(), classes=["a", "a", "b", "b"])
        ([0, 2], [1, 3])
    """
    require_share("the part to hold out", fraction)
    order = generator.permutation(rows)
    groups: dict[Hashable, list[int]] = {}
    for row in order:
        groups.setdefault(classes[row] if classes is not None else None, []).append(row)
    held_out: list[int] = []
    for group in groups.values():
        held_out += group[: min(round(fraction * len(group)), len(group) - 1)]
    out = set(held_out)
    return [row for row in range(rows) if row not in out], sorted(held_out)


def folds(
    table: Table,
    count: int,
    generator: Generator,
    choice: ColumnChoice | None = None,
    *,
    group: str | None = None,
    time: str | None = None,
) -> list[Division]:
    """Divide the rows that have a target into folds: what to learn from, and what to hold out.

    Every class comes in equal shares into every fold. Rows of one group stay together, their
    classes as even as that allows. In the order of time the rows are cut into one block more than
    there are folds; each block but the first is held out once, and what lies before it is learned
    from. A row of whose class there is nothing to learn from is not held out.

    Args:
        table: The table.
        count: How many folds.
        generator: Draws which rows come into which fold.
        choice: What is said of its columns, if anything is.
        group: The column whose equal cells stay together.
        time: The column of numbers or dates by which rows stand in order.

    Returns:
        Of each fold the rows to learn from and those held out, in rising order.

    Raises:
        OptionError: If there are fewer than two folds, or both groups and times.
        DataError: If a column is missing, or there are too few rows, groups or times.

    Example:
        >>> from chainrule.data.builtin import load
        >>> divided = folds(load("iris"), 4, Generator(0))
        >>> [(len(learn), len(held_out)) for learn, held_out in divided]
        [(112, 38), (112, 38), (113, 37), (113, 37)]
    """
    require_whole("folds", count, least=2)
    if group is not None and time is not None:
        raise OptionError("rows are divided by groups or in the order of time: leave one out")
    _, known, targets = read_target(table, choice or ColumnChoice(table))
    classes = dict(zip(known, targets or [0] * len(known), strict=True))
    if time is not None:
        divided = _in_time(known, _moments(table, time, known), count, time)
    else:
        order = [known[place] for place in generator.permutation(len(known))]
        parts = _dealt(table, order, classes, count, group)
        divided = [(sorted(set(known).difference(part)), sorted(part)) for part in parts]
    learned = [{classes[row] for row in learn} for learn, _ in divided]
    return [
        (learn, [row for row in held_out if classes[row] in seen])
        for (learn, held_out), seen in zip(divided, learned, strict=True)
    ]


def _dealt(
    table: Table, order: Sequence[int], classes: Mapping[int, int], count: int, group: str | None
) -> list[list[int]]:
    """Groups of rows, or single rows, dealt out so that each class is spread evenly."""
    cells = None if group is None else table.column(group)
    groups: dict[Cell, list[int]] = {}
    for row in order:
        name: Cell = row if cells is None else cells[row]
        if name is None:
            raise DataError(f"row {row} has no {group}, so it belongs to no group: fill it in")
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
    cells = table.take(column, rows)
    for row, cell, moment in zip(rows, cells, numbers_of(cells), strict=True):
        if isinstance(cell, str) and moment != moment:
            with suppress(ValueError):
                moment = datetime.fromisoformat(cell).replace(tzinfo=UTC).timestamp()
        if moment != moment:
            held = "nothing" if cell is None else f"{cell!r}, which is neither a number nor a date,"
            raise DataError(
                f"row {row} has {held} in {column}: take the row out, or order by a column of "
                "numbers or dates"
            )
        moments.append(moment)
    return moments


def batches(n: int, batch_size: int, generator: Generator | None = None) -> Iterator[list[int]]:
    """Yield the positions of each batch of one epoch; the last batch may be short.

    Args:
        n: The number of examples.
        batch_size: The number of examples in a batch.
        generator: Shuffles the examples; None keeps them in order.

    Raises:
        OptionError: If the batch size is below 1.

    Example:
        >>> list(batches(5, 2))
        [[0, 1], [2, 3], [4]]
    """
    require_whole("batch_size", batch_size)
    order = list(range(n)) if generator is None else generator.permutation(n)
    for start in range(0, n, batch_size):
        yield order[start : start + batch_size]
