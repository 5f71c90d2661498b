from itertools import product
from math import cos, exp, fabs, inf, isfinite, nan, sin, sqrt, tanh
from operator import mul

import pytest

from chainrule import ops
from chainrule.arrays import asarray
from chainrule.checking.sweep import h_sweep, rounding_of
from chainrule.model.check import check_gradients


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


@pytest.mark.parametrize(
    ("function", "slope"),
    [
        (lambda t: 1 / (1 + exp(-1e4 * (1e-4 + t))), 1966.119332414819),
        (lambda t: sin(1e6 * (0.3e-6 + t)), 1e6 * cos(0.3)),
        (lambda t: fabs(1e-8 + t) ** 1.5 + 0.25, 1.5e-4),
        (lambda t: (0.3 + 1e6 * t) ** 2 + sin(0.3 + 1e6 * t), 1e6 * (0.6 + cos(0.3))),
    ],
    ids=["steep", "waves", "sharp bend", "waves on a parabola"],
)
def test_what_bends_within_the_larger_steps_is_measured_by_the_smaller_ones(function, slope):
    """The bend is not taken for rounding, nor the slope beyond it for that at the point."""
    found = h_sweep(function, rounding_of(function))
    assert abs(found.slope - slope) <= found.error < 0.5 * slope


@pytest.mark.parametrize("noise", [1e-12, 1e-9, 1e-6])
def test_noise_is_no_curve_at_any_step(noise):
    """The smallest steps find a slope of the noise, a thousand times too steep and more."""

    def rough(t):
        return sin(0.3 + t) + noise * sin(1e15 * (0.3 + t))

    found = h_sweep(rough, rounding_of(rough))
    assert abs(found.slope - cos(0.3)) <= found.error < 0.1


@pytest.mark.parametrize("size", [1e-6, 1e-12, 1e-30])
@pytest.mark.parametrize("x", [0.3, 0.0])
def test_beside_a_tiny_point_the_steps_are_as_small(size, x):
    """Larger ones see the parabola alone, or that tanh stands still."""
    waves = h_sweep(lambda t: (x + t / size) ** 2 + sin(x + t / size), size=size)
    assert abs(waves.slope * size - 2 * x - cos(x)) <= waves.error * size < 1e-4
    flat = h_sweep(lambda t: tanh(x + t / size), size=size)
    assert abs(flat.slope * size - (1 - tanh(x) ** 2)) <= flat.error * size < 1e-4
    assert not flat.kink
    assert not flat.jump


def test_beside_a_jump_the_slope_is_that_of_the_calm_side_at_the_smallest_steps():
    found = h_sweep(lambda t: exp(t) + 3 * (t > 0))
    assert found.jump == pytest.approx(3)
    assert found.left == pytest.approx(1, rel=1e-6)
    assert abs(found.slope - 1) <= found.error < 1e-6
    both = h_sweep(lambda t: exp(t) + 3 * (t > 0) - 5 * (t < 0))
    assert both.jump == pytest.approx(5)
    assert both.error == inf
    assert both.left * both.h == pytest.approx(5)
    assert both.right * both.h == pytest.approx(3)


def test_rounding_is_asked_for_as_far_to_one_side_as_to_the_other_and_not_at_the_point():
    asked = []
    rounding_of(lambda t: asked.append(t) or sin(t))
    assert sorted(asked) == sorted(-t for t in asked)
    assert max(asked) == 9 * 1.7e-3
    assert 0.0 not in asked
    assert len(asked) == len(set(asked)) == 2 * 3 * 9


def test_the_whole_gradient_is_measured_along_a_direction_of_length_1():
    powers = [3.0**k for k in range(4)]
    function, point = lambda p: ops.sum(p["w"] * asarray(powers)), {"w": [0.1, 0.2, 0.3, 0.4]}
    check = check_gradients(function, point, gradient={"w": powers})
    along = 2 * check.verdicts[-1].given  # of signs of a half each
    assert check.verdicts[-1].name == "all together"
    assert along in {sum(map(mul, signs, powers)) for signs in product((-1, 1), repeat=4)}


def test_ten_steps_are_taken_each_about_a_tenth_of_the_one_before_to_both_sides():
    asked = []
    h_sweep(lambda t: asked.append(t) or exp(t))
    steps = sorted({t for t in asked if t > 0}, reverse=True)
    assert steps == [2.0**-n for n in (4, 7, 11, 14, 18, 21, 25, 28, 32, 35)]
    assert {-t for t in asked if t < 0} == set(steps)
