"""The answers of a network all over the plane of its two inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainrule.arrays import namespace_of
from chainrule.errors import OptionError
from chainrule.nn import NetworkStudy
from chainrule.words import axes, draw_examples, draw_levels, draw_regions, plural

STEPS = 61
"""How many places along each input are answered."""

ROOM = 0.08
"""The room around the examples, as a part of how far they reach."""


def plot_boundary(study: NetworkStudy, ax: Any = None, *, scaled: bool = False) -> Any:
    """Regions of classes, or levels of a value, over two inputs, with the examples in them.

    Args:
        study: The network and the examples.
        ax: Matplotlib's Axes; those of a new figure if left out.
        scaled: Whether the inputs are scaled columns of a table.

    Returns:
        The Axes.

    Raises:
        OptionError: If the network has another number of inputs, or gives several values.
        MissingExtraError: If matplotlib is not installed.
    """
    inputs, outputs = study.x.shape[1], study.t.shape[1]
    if inputs != 2 or study.multi_label or (outputs > 1 and not study.classifies):
        raise OptionError(
            "a decision boundary is drawn over two inputs, for classes or for one value; this "
            f"network has {plural(inputs, 'input')} and {plural(outputs, 'output')}: ask for "
            ".columns() or .groups()"
        )
    sides = [side(study.x[:, n].tolist(), STEPS, ROOM) for n in range(2)]
    xp = namespace_of(study.x)
    plane = xp.asarray([[x, y] for y in sides[1] for x in sides[0]], dtype=study.x.dtype)
    outcome = study.architecture.outputs(study.parameters, plane).tolist()
    labels = study.input_names or ("x[0]", "x[1]")
    unit = ", scaled" if scaled else ""
    what = "decision boundary" if study.classifies else "answer over the two inputs"
    ax = axes(ax, title=what, x=f"{labels[0]} (input{unit})", y=f"{labels[1]} (input{unit})")
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
    draw_examples(ax, study.x.tolist(), groups, names, [not fine for fine in right])
    return ax


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
