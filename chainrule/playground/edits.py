"""Other numbers in place of a weight, an input or a target."""

from __future__ import annotations

from array import array
from copy import copy
from dataclasses import replace
from statistics import fmean, pstdev
from typing import Any

from chainrule.data import Numbers, Quantity
from chainrule.errors import OptionError
from chainrule.model import Network, Rows
from chainrule.nn import find_weight, with_entry


def with_weight(net: Network, weight: str, value: float) -> dict[str, Any]:
    """The parameter of a weight with another number in its place; the network stays as it is.

    Raises:
        OptionError: If there is no such weight.
    """
    parameter, index = find_weight(weight, net.architecture.layout.shapes)
    return {parameter: with_entry(net.parameters[parameter], index, value)}


def with_number(rows: Rows, place: int, what: str, value: float) -> Rows:
    """Rows with another number in place of the target, or of an input, of one of them.

    Args:
        rows: The rows, which stay as they are.
        place: Which of them.
        what: `target`, or `input[N]`, counted from 0.
        value: The number, in the unit of its column; for a class, its index.

    Raises:
        OptionError: If there is no such input or class.
    """
    examples, width, recipe = rows.examples, rows.examples.shape[1], rows.recipe
    if what == "target":
        assert examples.y is not None
        y: Any = array(examples.y.typecode, examples.y)
        classes = len(examples.class_names)
        if classes and not (value.is_integer() and 0 <= value < classes):
            raise OptionError(f"target is the index of a class, 0 to {classes - 1}")
        if isinstance(recipe.target, Quantity):
            value = (value - recipe.target.mean) / recipe.target.deviation
        y[place] = int(value) if classes else value
        return replace(rows, examples=replace(examples, y=y), whole=None)
    index = what.removeprefix("input[").removesuffix("]")
    if not index.isdecimal() or int(index) >= width:
        raise OptionError(f"there is no {what}; the inputs are input[0] to input[{width - 1}]")
    x = array("d", examples.x)
    factor, offset = recipe.scales[int(index)]
    x[place * width + int(index)] = (value - offset) / factor
    return replace(rows, examples=replace(examples, x=x), whole=None)


def scaled_anew(rows: Rows) -> Rows:
    """The same rows: what they hold of numbers has mean 0 and deviation 1 as it is now."""
    examples, width, recipe = rows.examples, rows.examples.shape[1], rows.recipe
    x, encoders, at = array("d", examples.x), [], 0
    for encoder in recipe.encoders:
        if isinstance(encoder, Numbers):
            column = x[at::width]
            x[at::width], mean, deviation = _standard(column, encoder.mean, encoder.deviation)
            encoder = replace(encoder, mean=mean, deviation=deviation)
        encoders.append(encoder)
        at += len(encoder.names)
    y, target = examples.y, recipe.target
    if isinstance(target, Quantity):
        y, mean, deviation = _standard(array("d", y or ()), target.mean, target.deviation)
        target = replace(target, mean=mean, deviation=deviation)
    net = copy(rows.net)
    net.recipe = replace(recipe, encoders=tuple(encoders), target=target)
    return replace(rows, net=net, examples=replace(examples, x=x, y=y), whole=None)


def _standard(
    values: array[float], mean: float, deviation: float
) -> tuple[array[float], float, float]:
    """Values at mean 0 and deviation 1, and what leads back to their unit."""
    middle, spread = fmean(values), pstdev(values) or 1.0
    scaled = array("d", [(value - middle) / spread for value in values])
    return scaled, mean + deviation * middle, deviation * spread


def own_target(rows: Rows) -> Any:
    """The first row's target as it is edited: a class's index, or a number in its own unit."""
    y = rows.examples.y if rows.examples.class_names else None
    return y[0] if y else rows.truths()[0]
