"""The answers of a network all over the plane of its two inputs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, chain
from typing import Any

from chainrule.arrays import namespace_of
from chainrule.data import Numbers, Places, Recipe, own_value
from chainrule.errors import OptionError
from chainrule.nn import NetworkStudy
from chainrule.words import axes, draw_examples, draw_levels, draw_regions, plural

STEPS = 61
"""How many places along each input are answered."""

ROOM = 0.08
"""The room around the examples, as a part of how far they reach."""


def plot_boundary(study: NetworkStudy, ax: Any = None, recipe: Recipe | None = None) -> Any:
    """Regions of classes, or levels of a value, over two inputs, with the examples in them.

    Args:
        study: The network and the examples.
        ax: Matplotlib's Axes; those of a new figure if left out.
        recipe: What made the inputs of a table; its columns of numbers are drawn in their own unit.

    Returns:
        The Axes.

    Raises:
        OptionError: If the network has another number of inputs, or gives several values.
        MissingExtraError: If matplotlib is not installed.
    """
    inputs, outputs = study.x.shape[1], study.t.shape[1]
    columns = numbers_alone(recipe) if recipe else []
    if (len(columns) or inputs) != 2 or study.multi_label or (outputs > 1 and not study.classifies):
        raise OptionError(
            "a decision boundary is drawn over two inputs, for classes or for one value; this "
            f"network has {plural(inputs, 'input')} and {plural(outputs, 'output')}: ask for "
            ".columns() or .groups()"
        )
    points: Any = column_values(columns, study.x.tolist()) if columns else study.x.tolist()
    sides = [side(values, STEPS, ROOM) for values in zip(*points, strict=True)]
    plane: Any = [[x, y] for y in sides[1] for x in sides[0]]
    plane = laid_out(columns, plane) if columns else plane
    plane = namespace_of(study.x).asarray(plane, dtype=study.x.dtype)
    outcome = study.architecture.outputs(study.parameters, plane).tolist()
    names = [each.column for each in columns] or study.input_names or ("x[0]", "x[1]")
    what = "decision boundary" if study.classifies else "answer over the two inputs"
    unit = ", scaled" if recipe and not columns else ""
    ax = axes(ax, title=what, x=f"{names[0]} (input{unit})", y=f"{names[1]} (input{unit})")
    if study.classifies:
        leads = [_leads(row, study.architecture.threshold) for row in outcome]
        draw_regions(ax, (sides[0], sides[1]), [_rows(lead) for lead in zip(*leads, strict=True)])
        names = [f"is {name}" for name in study.class_names or range(max(outputs, 2))]
        groups = [f"is {truth}" for truth in study.truths]
    else:
        restore = study.restore or list
        draw_levels(ax, (sides[0], sides[1]), _rows([restore(row)[0] for row in outcome]))
        names, groups = ["examples"], ["examples"] * len(study.rows)
    right = study.standing().right or (True,) * len(study.rows)
    draw_examples(ax, points, groups, names, [not fine for fine in right])
    return ax


def numbers_alone(recipe: Recipe) -> list[Numbers]:
    """The columns that a recipe reads, where all of them are numbers that no row lacks."""
    read = [encoder for encoder in recipe.encoders if encoder.names]
    numbers = [each for each in read if isinstance(each, Numbers) and not each.missing]
    return numbers if len(numbers) == len(read) else []


def column_values(
    columns: Sequence[Numbers], inputs: Sequence[Sequence[float]]
) -> list[list[float]]:
    """What such columns held, in their own unit, of all the inputs that were made of them."""
    at = [0, *accumulate(len(each.names) for each in columns)]
    spots = [(place, each.deviation, each.mean) for each, place in zip(columns, at, strict=False)]
    return [[own_value(row[place], *scale) for place, *scale in spots] for row in inputs]


def laid_out(columns: Sequence[Numbers], places: Sequence[Sequence[float]]) -> list[list[float]]:
    """The inputs that are made of values of such columns."""
    values = zip(columns, zip(*places, strict=True), strict=True)
    rows = Places(range(len(places)))
    features = chain.from_iterable(each.encode(column, rows)[0] for each, column in values)
    return [[*row] for row in zip(*features, strict=True)]


def _leads(outputs: list[float], threshold: float) -> list[float]:
    """By how much each class is ahead of the best other one; of one output, of its threshold."""
    if len(outputs) == 1:
        return [threshold - outputs[0], outputs[0] - threshold]
    return [z - max(outputs[:k] + outputs[k + 1 :]) for k, z in enumerate(outputs)]


def _rows(values: Sequence[float]) -> list[Sequence[float]]:
    return [values[start : start + STEPS] for start in range(0, len(values), STEPS)]


def side(values: Sequence[float], steps: int, room: float) -> list[float]:
    """Evenly spaced places from just below the least to just above the largest.

    Args:
        values: Of the examples, along one input.
        steps: How many places.
        room: Below and above, as a part of how far the values reach.
    """
    low, high = min(values), max(values)
    beyond = room * (high - low) or 1.0
    width = high - low + 2 * beyond
    return [low - beyond + width * step / (steps - 1) for step in range(steps)]
