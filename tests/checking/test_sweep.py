from math import cos, exp, fabs, isfinite, nan, sin, sqrt

import pytest

from chainrule.checking.sweep import h_sweep


def published(x):
    return exp(x) / sqrt(sin(x) ** 3 + cos(x) ** 3)


def test_the_sweep_finds_the_slope_of_the_published_example():
    # Martins, Sturdza & Alonso, ACM TOMS 29 (2003), section 2.2: 4.05342789389862 at 1.5
    found = h_sweep(lambda t: published(1.5 + t))
    assert abs(found.slope - 4.05342789389862) <= found.error < 1e-6


@pytest.mark.parametrize("x", [0.001, 0.3, 2.0, 40.0])
def test_the_sweep_knows_how_far_it_may_be_off(x):
    found = h_sweep(lambda t: sin(x + t) ** 2)
    assert abs(found.slope - 2 * sin(x) * cos(x)) <= found.error < 1e-6


def test_a_corner_at_the_point_has_two_slopes():
    found = h_sweep(lambda t: 3 * fabs(t) + t)
    assert found.kink
    assert (found.left, found.right) == (-2, 4)


@pytest.mark.parametrize("distance", [1e-3, 1e-6, 1e-9])
def test_a_corner_beside_the_point_does_not_mislead(distance):
    found = h_sweep(lambda t: fabs(t + distance) + sin(t))
    assert not found.kink
    assert abs(found.slope - 2) <= found.error < 0.02


def test_a_curve_without_corners_is_not_taken_for_one():
    assert not any(h_sweep(lambda t, x=x: exp(x + t)).kink for x in (-20, -3.0, 0.0, 5.0, 30.0))


def test_a_function_that_is_not_a_number_has_no_slope():
    assert not isfinite(h_sweep(lambda t: nan).error)
