"""A function at a point, and the sizes of its steps."""

import pytest

from chainrule import ops
from chainrule.arrays import asarray
from chainrule.checking.checked_function import TINIEST, CheckedFunction
from chainrule.checking.sweep import LEAST


@pytest.mark.parametrize(
    ("w", "b", "moved", "size", "least"),
    [
        ([-3.0, 0.5], [8.0], {"w": [1.0, 1.0]}, 0.5, 0.5 * LEAST),
        ([-3.0, 0.5], [8.0], {"w": [1.0, 0.0]}, 3.0, 3.0 * LEAST),
        ([-3.0, 0.5], [8.0], {"w": [1.0, 0.0], "b": [-1.0]}, 3.0, 3.0 * LEAST),
        ([-3.0, 0.0], [8.0], {"w": [1.0, 1.0]}, 3.0, 3.0 * LEAST),
        ([-3.0, 0.0], [8.0], {"w": [0.0, 1.0]}, 3.0, TINIEST),
        ([0.0, 0.0], [8.0], {"w": [1.0, 1.0]}, 1.0, TINIEST),
        ([0.0, 0.0], [8.0], {"w": [1.0, 1.0], "b": [0.0]}, 8.0, TINIEST),
    ],
)
def test_steps_are_as_large_as_the_smallest_number_that_moves_or_where_all_are_0_stands_beside(
    w, b, moved, size, least
):
    checked = CheckedFunction(lambda p: p["w"][0], {"w": asarray(w), "b": asarray(b)})
    assert checked._size(moved) == (size, least)


@pytest.mark.parametrize("power", [-400, -250, -190, 0, 190, 250])
def test_a_complex_step_is_as_small_as_the_numbers_are(power):
    unit = 2.0**power
    cube = CheckedFunction(lambda p: ops.sum((p["w"] / unit) ** 3), {"w": asarray([1.5 * unit])})
    assert cube.complex_step({"w": [1.0]}) * unit == pytest.approx(6.75, rel=1e-15)


def test_rounding_is_asked_for_where_each_number_is_moved_about_as_far_to_either_side():
    asked = []
    function = CheckedFunction(
        lambda p: asked.append(p["w"].tolist()) or 1.0, {"w": asarray([0.0] * 50)}
    )
    assert function.value_rounding == 0.0
    moved = [point for point in asked if any(point)]
    assert len(moved) > 50
    for point in moved:
        assert min(map(abs, point)) >= 0.5 * max(map(abs, point))
        assert min(point) < 0 < max(point)
