"""A curve between its points is straight, and goes on as it ends."""

import pytest

from chainrule.explanations.what_if.curve import _interpolated


@pytest.mark.parametrize(
    ("x", "value"), [(0.0, 1.0), (0.5, 2.0), (1.0, 3.0), (2.0, 1.0), (9.0, -1.0)]
)
def test_a_curve_is_read_between_its_points(x, value):
    assert _interpolated([(0.0, 1.0), (1.0, 3.0), (3.0, -1.0)], x) == value
