"""Small classification problems made from a seed: XOR, moons, circles, spiral."""

from __future__ import annotations

import math
import random
from array import array
from collections.abc import Callable, Iterable

from chainrule.data.table import Table, from_columns

Point = tuple[float, float, int]

XOR: list[Point] = [(0.0, 0.0, 0), (0.0, 1.0, 1), (1.0, 0.0, 1), (1.0, 1.0, 0)]
"""The corners of the unit square: no straight line parts the two classes, so no neuron does."""


def moons(each: int) -> list[Point]:
    """Two half circles of so many points each that reach into each other.

    Formula:
        class 0: (cos t, sin t), class 1: (1 − cos t, ½ − sin t), t from 0 to π

    Source:
        the shape of scikit-learn's `make_moons`.
    """
    angles = [math.pi * step / (each - 1) for step in range(each)]
    outer = [(math.cos(t), math.sin(t), 0) for t in angles]
    return outer + [(1 - math.cos(t), 0.5 - math.sin(t), 1) for t in angles]


def circles(each: int) -> list[Point]:
    """A circle of radius 1 (class 0) around one half as large (class 1), so many points each.

    Source:
        the shape of scikit-learn's `make_circles`.
    """
    angles = [2 * math.pi * step / each for step in range(each)]
    outer = [(math.cos(t), math.sin(t), 0) for t in angles]
    return outer + [(0.5 * math.cos(t), 0.5 * math.sin(t), 1) for t in angles]


def spiral(each: int, noise: float) -> list[Point]:
    """Three arms of so many points that wind around the origin, one class each.

    Formula:
        arm j: (r sin t, r cos t), r from 0 to 1, t from 4j to 4(j + 1) plus noise

    Source:
        Karpathy and others, CS231n, "Putting it together: minimal neural network case study".
    """
    noises, points = random.Random(0), []
    for arm in range(3):
        for step in range(each):
            radius = step / (each - 1)
            angle = 4 * (arm + radius) + noises.gauss(0, noise)
            points.append((radius * math.sin(angle), radius * math.cos(angle), arm))
    return points


def _table(name: str, points: Iterable[Point], noise: float = 0.0) -> Table:
    """The points as `x0` and `x1`, each moved by noise of that standard deviation, and `label`."""
    noises = random.Random(0)
    x0, x1, labels = array("d"), array("d"), array("d")
    for first, second, kind in points:
        x0.append(first + noises.gauss(0, 1) * noise)
        x1.append(second + noises.gauss(0, 1) * noise)
        labels.append(kind)
    return from_columns({"x0": x0, "x1": x1, "label": labels}, source=name, target="label")


GENERATED: dict[str, Callable[[], Table]] = {
    "xor": lambda: _table("xor", XOR),
    "moons": lambda: _table("moons", moons(100), noise=0.1),
    "circles": lambda: _table("circles", circles(100), noise=0.05),
    "spiral": lambda: _table("spiral", spiral(100, noise=0.2)),
}
