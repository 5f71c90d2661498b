"""From a table to a recipe, examples to train on, and examples held out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from chainrule.data.column_choice import ColumnChoice
from chainrule.data.examples import Examples
from chainrule.data.leaks import leaks
from chainrule.data.recipe import Recipe
from chainrule.data.split import Shuffler, split
from chainrule.data.table import Table
from chainrule.data.target import Classes, Target, learn_target
from chainrule.words import listed

Division: TypeAlias = tuple[Sequence[int], Sequence[int]]
"""The rows to learn from, and those to hold out."""


@dataclass(frozen=True)
class Prepared:
    """A table made ready for training.

    Args:
        recipe: Learnt from the training rows alone.
        train: The examples to train on.
        validation: The examples held out; None where there are none.
        told: Sentences on columns that give the target away, and on classes of which no row is held
            out.
    """

    recipe: Recipe
    train: Examples
    validation: Examples | None
    told: tuple[str, ...] = ()


def prepare(
    table: Table,
    target: str | None = None,
    task: str | None = None,
    *,
    validation: float | Division = 0.2,
    generator: Shuffler,
    types: Mapping[str, str] | None = None,
    parts: int = 0,
    agree: Callable[[Recipe], Recipe] | None = None,
) -> Prepared:
    """Hold out rows, learn the recipe from the others, and apply it to both.

    The task is recognised from all rows; means, spreads and categories come from the training
    rows, so nothing of the held-out rows leaks into them. Classes are divided evenly.

    Args:
        table: The table.
        target: The column to predict; without it the table's own, or else the last one.
        task: `"classification"` or `"regression"` overrides what is recognised.
        validation: The part of the rows to hold out, from 0 to below 1; or the rows to learn from,
            and those to hold out.
        generator: Draws which rows are held out.
        types: What columns hold, by name, as `Recipe.learn`.
        parts: In how many parts to lay out columns of numbers, as `Recipe.learn`.
        agree: Makes the recipe learnt here the one that all use who train together.

    Returns:
        The recipe and both sets of examples.

    Raises:
        DataError: As `Recipe.learn`.
        OptionError: If the part to hold out lies outside 0 to 1.

    Example:
        >>> from chainrule.data.builtin import load
        >>> class InOrder:
        ...     def permutation(self, n):
        ...         return list(range(n))
        >>> ready = prepare(load("iris"), generator=InOrder())
        >>> len(ready.train), len(ready.validation)
        (120, 30)
    """
    choice = ColumnChoice(table, target, types, parts, task)
    predicted, known, classes = read_target(table, choice)
    choice.task = "regression" if classes is None else "classification"
    if isinstance(validation, tuple):
        there = set(known)
        # Rows without a target are counted among those to learn from, and skipped.
        train = sorted({*validation[0], *set(range(table.rows)).difference(there)})
        held_out = [row for row in validation[1] if row in there]
    else:
        _, picked = split(len(known), validation, generator, classes=classes)
        held_out = [known[position] for position in picked]
        # Rows without a target stay with the training rows, where the recipe counts and skips them.
        train = sorted(set(range(table.rows)).difference(held_out))
    recipe = Recipe.of(table, choice, train)
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
    return Prepared(recipe, recipe.apply(table, train), examples, tuple(told))


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
    cells = table.column(choice.target)
    (seen,) = choice.statistics([choice.target])
    seen.update(cells, table.places(range(table.rows)))
    target = learn_target(seen, choice.task)
    known = [row for row, cell in enumerate(cells) if cell is not None]
    if isinstance(target, Classes):
        return target, known, target.encode(table.take(choice.target, known), table.places(known))
    return target, known, None
