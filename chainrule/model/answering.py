"""What a network says of new rows, row by row, in the words and units of its table."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import final

from chainrule.data import (
    Categories,
    Encoder,
    Examples,
    LeftOut,
    Numbers,
    Recipe,
    Table,
    levels_of,
    read_table,
)
from chainrule.errors import DataError
from chainrule.model.network import Network
from chainrule.model.prediction import answers_of
from chainrule.model.rows import recipe_of
from chainrule.words import percent, quantity


@final
@dataclass(frozen=True)
class Answered:
    """Answers to some rows.

    Attributes:
        table: The rows as they were written; it tells of notes below them.
        answers: A class's name, or a value in the target's unit, for each row.
        probabilities: Of each class, for each row; None where they were not asked for.
        because: For each row the column without which the answer would change most, and how; None
            where it was not asked for.
        notes: Sentences on single rows: unknown categories, missing values.
    """

    table: Table
    answers: Sequence[str | float]
    probabilities: list[list[float]] | None
    because: list[str] | None
    notes: list[str]


def answer_rows(
    net: Network, rows: Table, *, proba: bool = False, explain: bool = False
) -> Answered:
    """What a network that was trained on a table says of new rows of it.

    Args:
        net: The network.
        rows: A table with the columns of training, read or as it was written; the target may be
            absent.
        proba: Whether to give the probability of each class, too.
        explain: Whether to say which column each answer depends on most.

    Raises:
        DataError: If the network was not trained on a table, a column is absent, a cell does not
            fit, or probabilities are asked for where there are no classes.
    """
    recipe = recipe_of(net)
    if proba and not recipe.class_names:
        raise DataError(
            f"{recipe.target.column} is a number, which has no probabilities: leave --proba out"
        )
    # A recipe that was learned before it could say how texts are read leaves it to the rows.
    own_names = rows.names
    rows = recipe.read(rows, recipe.columns)
    rows = read_table(rows) if recipe.readings is None else rows
    examples = recipe.features_only(rows)
    answers, outputs = answers_of(net, examples)
    with net.engine.scope():
        probabilities = net.predict_proba(examples).tolist() if proba else None
    return Answered(
        rows.with_capitals_of(own_names),
        answers,
        probabilities,
        _because(net, recipe, examples, outputs) if explain else None,
        list(_unusual(recipe, rows, examples)),
    )


def _because(
    net: Network, recipe: Recipe, examples: Examples, outputs: list[list[float]]
) -> list[str]:
    """For each row, the column whose absence changes the answer most: run again without it."""
    count, width = examples.shape
    places = [max(range(len(row)), key=row.__getitem__) for row in outputs]
    before = _said_of(recipe, outputs, places, outputs)
    largest, said = [-1.0] * count, [""] * count
    start, show = 0, percent if recipe.class_names else quantity
    for encoder in recipe.encoders:
        features = range(start, start + len(encoder.names))
        start = features.stop
        if not features:
            continue
        without = array("d", examples.x)
        for feature in features:
            without[feature::width] = array("d", bytes(8 * count))
        _, changed = answers_of(net, replace(examples, x=without))
        after = _said_of(recipe, changed, places, outputs)
        for row, (own, other) in enumerate(zip(before, after, strict=True)):
            if abs(other - own) > largest[row]:
                largest[row] = abs(other - own)
                with_it, without_it = show(own), show(other)
                change = f"{with_it} becomes {without_it} without it"
                said[row] = (
                    f"{encoder.column}: "
                    f"{change if with_it != without_it else f'{with_it} with it and without it'}"
                )
    return said


def _said_of(
    recipe: Recipe, outputs: list[list[float]], places: list[int], answered: list[list[float]]
) -> list[float]:
    """The output for each row's own answer: its class's, or the value in the target's unit."""
    if not recipe.class_names:
        return recipe.restore([row[0] for row in outputs])
    if len(outputs[0]) > 1:
        return [row[place] for row, place in zip(outputs, places, strict=True)]
    yes = [row[0] > 1 - row[0] for row in answered]
    return [row[0] if said else 1 - row[0] for row, said in zip(outputs, yes, strict=True)]


def _unusual(recipe: Recipe, rows: Table, examples: Examples) -> Iterator[str]:
    """A sentence for each cell that training has not shown the network."""
    places, width = rows.places(range(rows.rows)), len(examples.feature_names)
    first = {name: place for place, name in enumerate(examples.feature_names)}
    told: list[tuple[int, str]] = []
    for encoder in recipe.encoders:
        if isinstance(encoder, LeftOut):
            continue
        scaled = examples.x[first[encoder.names[0]] :: width]
        unusual = [*_unprepared(encoder, rows), *recipe.unlike(encoder, rows, scaled)]
        told += ((n, f"{encoder.column} {what}") for n, what in unusual)
    for row, what in sorted(told, key=itemgetter(0)):
        yield f"{places[row]}: {what}."


def _unprepared(encoder: Encoder, table: Table) -> Iterator[tuple[int, str]]:
    values = table.column(encoder.column)
    if isinstance(encoder, Categories):
        levels = levels_of(encoder.levels)
        cells = levels_of(values, numeric=encoder.numeric)
        for row, cell in enumerate(cells):
            if cell not in levels:
                shown = "is missing" if cell is None else f"is {cell!r}"
                yield row, f"{shown}, which training never had; it counts as none of its categories"
    elif not getattr(encoder, "missing", True):  # of texts they are not counted
        usual = f"the mean {quantity(encoder.mean)}" if isinstance(encoder, Numbers) else "usual"
        for row, value in enumerate(values):
            if value is None:
                yield row, f"is missing, which training never had; it counts as {usual}"
