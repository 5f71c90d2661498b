"""Small classification problems made from a seed: XOR, moons, circles, spiral."""

from __future__ import annotations

import math
import random
from array import array
from collections.abc import Callable, Iterable

from chainrule.data.table import Table, from_columns
from chainrule.errors import OptionError

Point = tuple[float, float, int]


def xor(*, rows: int = 4, noise: float = 0.0, seed: int = 0) -> Table:
    """Points at the corners of the unit square, of class 1 where one coordinate is 1.

    No straight line separates the two classes, so one neuron cannot learn them.

    Args:
        rows: The number of points, taken from the four corners in turn.
        noise: The standard deviation added to each coordinate.
        seed: Where the noise starts.

    Returns:
        A table with columns `x0`, `x1` and the target `label`.

    Example:
        >>> xor().column("label")
        array('d', [0.0, 1.0, 1.0, 0.0])
    """
    corners = [(0.0, 0.0, 0), (0.0, 1.0, 1), (1.0, 0.0, 1), (1.0, 1.0, 0)]
    return _table("xor", (corners[row % 4] for row in range(rows)), rows, noise, seed)


def moons(*, rows: int = 200, noise: float = 0.1, seed: int = 0) -> Table:
    """Two half circles that reach into each other.

    Formula:
        class 0: (cos t, sin t), class 1: (1 − cos t, ½ − sin t), t from 0 to π

    Args:
        rows: The number of points; class 0 has half of them, rounded down.
        noise: The standard deviation added to each coordinate.
        seed: Where the noise starts.

    Returns:
        A table with columns `x0`, `x1` and the target `label`.

    Example:
        >>> moons(rows=2, noise=0).column("x0")
        array('d', [1.0, 0.0])

    Source:
        the shape of scikit-learn's `make_moons`.
    """
    outer = rows // 2
    points = [(math.cos(t), math.sin(t), 0) for t in _steps(outer, math.pi)]
    points += [(1 - math.cos(t), 0.5 - math.sin(t), 1) for t in _steps(rows - outer, math.pi)]
    return _table("moons", points, rows, noise, seed)


def circles(*, rows: int = 200, noise: float = 0.05, factor: float = 0.5, seed: int = 0) -> Table:
    """A circle of radius 1 (class 0) around a smaller one (class 1).

    Args:
        rows: The number of points; class 0 has half of them, rounded down.
        noise: The standard deviation added to each coordinate.
        factor: The smaller circle's radius, between 0 and 1.
        seed: Where the noise starts.

    Returns:
        A table with columns `x0`, `x1` and the target `label`.

    Raises:
        OptionError: If the factor lies outside 0 to 1.

    Example:
        >>> circles(rows=2, noise=0).column("x0")
        array('d', [1.0, 0.5])

    Source:
        the shape of scikit-learn's `make_circles`.
    """
    if not 0 <= factor < 1:
        raise OptionError(f"factor is {factor}, and a smaller circle needs one from 0 to below 1")
    points = []
    for kind, (count, radius) in enumerate([(rows // 2, 1.0), (rows - rows // 2, factor)]):
        for step in range(count):
            angle = 2 * math.pi * step / count
            points.append((radius * math.cos(angle), radius * math.sin(angle), kind))
    return _table("circles", points, rows, noise, seed)


def spiral(*, rows: int = 300, noise: float = 0.2, arms: int = 3, seed: int = 0) -> Table:
    """Arms that wind around the origin, one class each.

    Formula:
        arm j: (r sin t, r cos t), r from 0 to 1, t from 4j to 4(j + 1) plus noise

    Args:
        rows: The number of points, shared out evenly among the arms.
        noise: The standard deviation added to the angle, in radians.
        arms: The number of classes.
        seed: Where the noise starts.

    Returns:
        A table with columns `x0`, `x1` and the target `label`.

    Raises:
        OptionError: If there are fewer than two points an arm, or fewer than two arms.

    Example:
        >>> spiral(rows=9).rows
        9

    Source:
        Karpathy and others, CS231n, "Putting it together: minimal neural network case study".
    """
    if arms < 2 or rows < 2 * arms:
        raise OptionError(
            f"a spiral needs 2 arms of 2 points or more, not {arms} arms in {rows} rows"
        )
    noises = random.Random(seed)
    points = []
    for arm in range(arms):
        count = rows // arms + (arm < rows % arms)
        for step in range(count):
            radius = step / (count - 1)
            angle = 4 * (arm + radius) + noises.gauss(0, noise)
            points.append((radius * math.sin(angle), radius * math.cos(angle), arm))
    return _table("spiral", points, rows, 0.0, seed)


GENERATED: dict[str, Callable[[], Table]] = {
    make.__name__: make for make in (xor, moons, circles, spiral)
}


def _steps(count: int, last: float) -> list[float]:
    """`count` evenly spaced numbers from 0 to `last`, both included."""
    return [last * step / max(count - 1, 1) for step in range(count)]


def _table(name: str, points: Iterable[Point], rows: int, noise: float, seed: int) -> Table:
    if rows < 2:
        raise OptionError(f"{name} was asked for {rows} rows, and two classes need 2 or more")
    noises = random.Random(seed)
    x0, x1, labels = array("d"), array("d"), array("d")
    for first, second, kind in points:
        x0.append(first + noises.gauss(0, 1) * noise)
        x1.append(second + noises.gauss(0, 1) * noise)
        labels.append(kind)
    return from_columns({"x0": x0, "x1": x1, "label": labels}, source=name, target="label")
