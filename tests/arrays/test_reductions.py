"""Sums, extremes, orders: along every axis, for floats with NaN, and for nothing at all."""

import math
from math import nan

import pytest

import chainrule.arrays as xp
from chainrule.arrays.random import Generator
from chainrule.errors import ShapeError

CUBE = Generator(3).uniform(-1.0, 1.0, (2, 3, 4))
AXES = [None, 0, 1, 2, -1, (0, 1), (0, 2), (2, 1), (0, 1, 2), ()]


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("name", ["sum", "mean", "prod", "max", "min", "any", "all"])
@pytest.mark.extra("numpy")
def test_reductions_agree_with_numpy(name, axis, keepdims):
    import numpy as np

    found = getattr(xp, name)(CUBE, axis=axis, keepdims=keepdims)
    expected = getattr(np, name)(np.array(CUBE.tolist()), axis=axis, keepdims=keepdims)
    assert found.shape == expected.shape
    assert np.allclose(found.tolist(), expected, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("name", ["argmax", "argmin", "sort", "argsort", "cumulative_sum"])
@pytest.mark.extra("numpy")
def test_orders_agree_with_numpy(name, axis):
    import numpy as np

    found = getattr(xp, name)(CUBE, axis=axis)
    expected = getattr(np, name)(np.array(CUBE.tolist()), axis=axis)
    assert found.shape == expected.shape
    assert np.allclose(found.tolist(), expected, rtol=1e-14)


def test_sums_start_from_their_first_term():
    assert math.copysign(1, xp.sum(xp.asarray([-0.0, -0.0])).item()) == -1


def test_the_sum_of_nothing_is_the_zero_of_its_kind():
    nothing = xp.zeros((2, 0), dtype=xp.fraction)
    assert xp.sum(nothing, axis=1).tolist() == [0, 0]
    assert xp.asarray(xp.sum(nothing).item()).dtype is xp.fraction
    assert xp.prod(xp.zeros(0)).item() == 1.0
    assert xp.all(xp.zeros(0)).item() is True


@pytest.mark.parametrize("name", ["max", "min", "argmax", "argmin"])
def test_nothing_has_no_largest_entry(name):
    with pytest.raises(ShapeError, match=rf"{name} was asked of no entries"):
        getattr(xp, name)(xp.zeros((0,)))


@pytest.mark.parametrize("place", [0, 1, 2])
def test_nan_comes_through_wherever_it_stands(place):
    numbers = [1.0, 3.0, 2.0]
    numbers[place] = nan
    x = xp.asarray([numbers, [4.0, 6.0, 5.0]])
    assert math.isnan(xp.max(x).item())
    low, of_numbers = xp.min(x, axis=1).tolist()
    assert (math.isnan(low), of_numbers) == (True, 4.0)
    assert xp.argmax(x, axis=1).tolist() == [place, 1]
    assert xp.argmin(x, axis=1).tolist() == [place, 0]
    assert math.isnan(xp.sort(x).tolist()[0][-1])


def test_infinities_of_both_signs_are_no_nan():
    x = xp.asarray([math.inf, 0.0, -math.inf])
    assert xp.max(x).item() == math.inf
    assert xp.min(x).item() == -math.inf
    assert xp.sort(x).tolist() == [-math.inf, 0.0, math.inf]


def test_ties_go_to_the_first_and_equals_keep_their_order():
    x = xp.asarray([2, 1, 2, 1])
    assert (xp.argmax(x).item(), xp.argmin(x).item()) == (0, 1)
    assert xp.argsort(x).tolist() == [1, 3, 0, 2]
    assert xp.argsort(x, descending=True).tolist() == [0, 2, 1, 3]


def test_truth_values_are_counted():
    x = xp.asarray([[True, False], [True, True]])
    assert xp.sum(x, axis=0).tolist() == [2, 1]
    assert xp.mean(x).item() == 0.75
    assert xp.any(x, axis=1).tolist() == [True, True]
    assert xp.all(x, axis=1).tolist() == [False, True]


@pytest.mark.parametrize(
    ("axis", "message"),
    [(3, "axis 3 was asked of an array with 3 axes: use -3 to 2"), ((0, -3), "names one axis")],
)
def test_axes_that_are_not_there_are_named(axis, message):
    with pytest.raises(ShapeError, match=message):
        xp.sum(CUBE, axis=axis)


def test_running_sums_want_an_axis():
    with pytest.raises(ShapeError, match="does not say along which axis"):
        xp.cumulative_sum(CUBE)


@pytest.mark.parametrize("rows", [2, 40])
@pytest.mark.parametrize("name", ["sum", "max", "min"])
def test_many_short_lines_give_what_each_gives_alone(name, rows):
    numbers = [nan, math.inf, -math.inf, 0.0, -0.0, 0.25, -1.5]
    table = [[numbers[(row * step) % 7] for step in (1, 2, 5)] for row in range(rows)]
    function = getattr(xp, name)
    together = function(xp.asarray(table), axis=-1)
    alone = [function(xp.asarray(row)).item() for row in table]
    assert list(map(repr, together.tolist())) == list(map(repr, alone))
    assert function(xp.asarray(table), axis=1, keepdims=True).shape == (rows, 1)


def test_the_mean_of_no_rows_along_another_axis_is_as_empty():
    empty = xp.zeros((0, 3))
    assert xp.mean(empty, axis=1).shape == xp.var(empty, axis=1).shape == (0,)
    assert xp.mean(empty, axis=1, keepdims=True).shape == (0, 1)
    assert [math.isnan(x) for x in xp.mean(empty, axis=0).tolist()] == [True] * 3
