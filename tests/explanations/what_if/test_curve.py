"""A curve between its points is straight, and goes on as it ends."""

from math import nan

import pytest

from chainrule.explanations.what_if.counterfactual import _interpolated, draw_curve


@pytest.mark.parametrize(
    ("x", "value"), [(0.0, 1.0), (0.5, 2.0), (1.0, 3.0), (2.0, 1.0), (9.0, -1.0)]
)
def test_a_curve_is_read_between_its_points(x, value):
    assert _interpolated([(0.0, 1.0), (1.0, 3.0), (3.0, -1.0)], x) == value


def test_a_curve_says_its_ends_in_four_digits_above_an_axis_that_meets_it():
    lines = draw_curve([(0.0, 0.123456), (1.0, 2.0)], at=0.0, loss=0.123456, slope=nan)
    ends = [line.split("|")[0].strip() for line in lines if "|" in line]
    assert (ends[0], ends[-1]) == ("2", "0.1235")
    assert {line.index("|") for line in lines if "|" in line} == {lines[-2].index("+")}


def test_a_curve_goes_from_the_first_column_to_the_last_and_from_the_top_to_the_bottom():
    lines = draw_curve([(0.0, 0.0), (1.0, 1.0)], at=0.5, loss=0.5, slope=nan)
    sheet = [line.split("|")[1] for line in lines if "|" in line]
    wide = len(lines[-2].partition("+")[2])
    assert sheet[0].index("*") > sheet[-1].index("*") == 0
    assert sheet[0][wide - 1 :] == "*"
    columns = {k for row in sheet for k, mark in enumerate(row) if mark in "*O"}
    assert columns == set(range(wide))
