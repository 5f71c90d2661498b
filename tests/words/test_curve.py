"""A curve between its points is straight, and goes on as it ends."""

from math import nan

import pytest

from chainrule.words import on_screen
from chainrule.words.curve import _interpolated, draw_curve


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


def test_the_columns_are_evenly_spaced_from_the_first_point_to_the_last():
    # From 3 to 5, where the curve falls from 4 to 0: a fifth of the way stands at a fifth.
    lines = draw_curve([(3.0, 4.0), (5.0, 0.0)], at=3.4, loss=3.2, slope=nan, best=5.0)
    sheet = [line.split("|")[1] for line in lines if "|" in line]
    assert len(sheet) == 12
    assert [row.index("O") for row in sheet if "O" in row] == [12]  # from 0 to 60
    assert sheet[0].startswith("*")
    assert sheet[-1].rstrip().endswith("v")
    assert len(sheet[-1].rstrip()) == 61
    assert lines[-1].split() == ["3", "5"]
    assert len(lines[-1]) == len(lines[-2]) == 13 + 61
    marked = {column for row in sheet for column, mark in enumerate(row) if mark != " "}
    assert marked == set(range(61))


def test_a_curve_takes_all_of_a_narrow_screen_and_says_where_it_begins_and_ends():
    with on_screen(60):
        lines = draw_curve([(1 / 3, 4.0), (20 / 3, 0.0)], at=4.0, loss=2.0, slope=nan)
    assert max(map(len, lines)) == 60
    assert lines[-1].split() == ["0.3333", "6.667"]


def test_a_tangent_goes_through_the_point_and_leaves_the_sheet_where_it_is_too_high():
    lines = draw_curve([(0.0, 0.0), (10.0, 0.0), (20.0, 11.0)], at=10.0, loss=5.0, slope=1.0)
    sheet = [line.split("|")[1] for line in lines if "|" in line]
    # One line a unit, three columns a unit: from 10.5 at 15.5 to 11 at 16 in the first line.
    assert [column for column, mark in enumerate(sheet[0]) if mark == "."] == [47, 48]
    assert sheet[5].index(".") == 32  # from 6.5 at 11.5 to 5.5 at 10.5, which rounds away
    assert sheet[6][30] == "O"


@pytest.mark.parametrize(("points", "lines"), [(1, 1), (2, 14)])
def test_a_curve_has_two_points(points, lines):
    curve = [*[(0.0, 1.0), (1.0, 1.0), (2.0, nan)][:points], (3.0, nan)]
    drawn = draw_curve(curve, at=0.0, loss=1.0, slope=0.0)
    assert len(drawn) == lines
    if points == 2:  # level, and drawn in the first line
        assert drawn[0].split("|")[1].startswith("O***")
