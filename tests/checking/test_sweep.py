from itertools import product
from math import cos, exp, fabs, inf, isfinite, nan, sin, sqrt, tanh, ulp
from operator import mul

import pytest

from chainrule import ops
from chainrule.arrays import asarray
from chainrule.checking.sweep import (
    LEAST,
    MeasuredSlope,
    _all_steps,
    _AtStep,
    _differences,
    _errors,
    _grain,
    _jumps,
    _last_corner,
    _mirrored,
    _one_sided,
    _settled,
    _stand_still,
    h_sweep,
    rounding_of,
    unseen_slope,
)
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


def at(*sides, rounding=0.0, largest=2.0**-10):
    """Slopes to the left and to the right by steps each an eighth of the one before."""
    return [_AtStep(largest / 8**k, *both, rounding) for k, both in enumerate(sides)]


@pytest.mark.parametrize(
    ("first", "last", "at_random"),
    [
        ([1, 1, 1, 10], [1, 1, 1, 1, 1, 1, 1, 1], True),
        ([1, 1, 1, 10.1], [1, 1, 1, 1, 1, 1, 1, 1], False),
        ([0.1, 0.1, 0.1, 10], [0.1, 0.1, 0.1, 1, 1, 1, 1, 1], True),
        ([1, 1, 1, 10], [0.1, 0.1, 0.1, 0.1, 1, 1, 1, 1], False),
        ([0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0], False),
    ],
)
def test_a_function_moves_at_random_that_moves_no_ten_times_as_far_by_large_steps_as_by_small_ones(
    first, last, at_random
):
    moves = {2.0 ** (-7 * k // 2): move for k, move in enumerate([*first, *last], start=1)}
    steps, found = _all_steps(lambda t: float(moves.get(t, 0.0)), 0.0, 1.0, LEAST)
    assert len(steps) == (12 if first[3] else 10)
    assert found is at_random
    assert not _all_steps(lambda t: 2e5 + moves.get(t, 0.0), 0.0, 1.0, LEAST)[1]  # 1e-5 of it


def test_beside_a_tiny_point_steps_shrink_until_the_last_digits_are_all_that_moves():
    size = 1e-12
    clear = _differences(lambda t: t, 0.0, size, size * LEAST)
    assert clear[-1].h <= 2.0**-25 * size < clear[-2].h
    rounded = _differences(lambda t: 1 + t, 0.0, size, size * LEAST)
    assert rounded[-1].h <= 100 * 64 * ulp(1.0) < rounded[-2].h
    for nowhere in nan, inf:  # no number yet: it goes on
        ends = _differences(lambda t, x=nowhere: x if t > 1e-15 else t, 0.0, size, size * LEAST)
        assert [step.h for step in ends] == [step.h for step in clear]


@pytest.mark.parametrize(
    ("sides", "settled"),
    [
        ([(2, 2)] * 4, True),
        ([(9, 9), (2, 2), (2, 2), (2, 2), (2, 2)], True),  # the last four count
        ([(2, 2), (2, 2), (2, 2), (2.002, 2)], True),
        ([(2, 2), (2, 2), (2, 2), (2.003, 2)], False),
        ([(2, 2), (2, 2), (2, 2), (2, 2.003)], False),
        ([(2, 2.003), (2, 2), (2, 2), (2, 2)], False),
        ([(4, 4), (2, 2.003), (2, 2), (2, 2), (2, 2)], True),  # a thousandth of 4
        ([(inf, 4), (2, 2.003), (2, 2), (2, 2), (2, 2)], False),
    ],
)
def test_slopes_have_settled_that_move_by_no_thousandth_to_either_side(sides, settled):
    assert _settled(at(*sides)) is settled


@pytest.mark.parametrize(
    ("sides", "rounding", "still"),
    [
        ([(1, 1)] * 4, 1e-9, True),
        ([(0, 0)] * 4, 1.0, False),  # nothing moves at all
        ([(1, 1)] * 3 + [(0, 0)], 1.0, False),  # nor by the smallest step
        ([(0, 0)] * 3 + [(1, 1)], 1.0, True),
        ([(1, 1)] * 3 + [(2, 2)], 99 * 2.0**-16, False),  # the larger of both steps is 2^-16
        ([(1, 1)] * 3 + [(2, 2)], 101 * 2.0**-16, True),
        ([(9, 9)] + [(1, 1)] * 4, 1e-9, True),  # the last four count
    ],
)
def test_small_steps_that_agree_a_hundred_times_better_than_rounding_lets_them_stand_still(
    sides, rounding, still
):
    assert _stand_still(at(*sides), rounding) is still


def test_the_grain_is_the_least_move_before_the_function_stands_still():
    small = 2.0**-20
    assert _grain(at((4, 4), (2, -3), (0, 0), largest=small)) == 3 * small / 8
    assert _grain(at((4, 4), (2, 3), (0, 1), largest=small)) == 0.0  # it moves to the end
    assert _grain(at((0, 0), (0, 0), largest=small)) == 0.0
    assert _grain(at((4, 4), (0, 0), largest=2.0**-10)) == 0.0  # too large a step to tell


def test_a_slope_is_off_by_ten_times_its_unrest_and_by_what_rounding_hides():
    steps = at((1, 1), (1, 1), (1, 1), rounding=0.5)
    steps[2] = steps[2]._replace(rounding=4.0)
    assert _errors(steps, [1.0, 1.5, 1.75]) == [5 + 0.5 + 0.125, 5 + 0.5 + 1.0, 2.5 + 4.0]


def test_to_one_side_what_grows_with_the_step_is_taken_off():
    steps = at(*((3 + 5 * 8.0**-k, -2 + 7 * 8.0**-k) for k in range(5)))
    for side, slope in ("left", 3.0), ("right", -2.0):
        found = _one_sided(steps, side)
        assert found.slope == pytest.approx(slope)
        assert found.error == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("sides", "corner"),
    [
        ([(0, 1)] * 4, 3),
        ([(0, 1), (0, 1), (0, 0.4), (0, 0.1)], 1),  # a curve's gap shrinks as the step does
        ([(1, 1)] * 4, -1),
        ([(0, 1), (0, 1), (0, inf), (nan, 1)], 1),
        ([(1, 1), (1, 1), (1, 1), (1, 1 + 5e-10)], -1),  # of rounding
    ],
)
def test_a_corner_is_the_smallest_step_at_which_the_sides_stay_apart(sides, corner):
    assert _last_corner(at(*sides)) == corner
    assert _last_corner(at(*sides, rounding=0.02)) == -1


def test_a_function_that_ends_at_the_point_goes_on_as_it_came():
    left = at((1, nan), (2, nan))
    assert [(s.left, s.right) for s in _mirrored(left)] == [(1, 1), (2, 2)]
    right = at((1, 3), (nan, 4))
    assert [(s.left, s.right) for s in _mirrored(right)] == [(3, 3), (4, 4)]
    both = at((1, 3), (2, 4))
    assert _mirrored(both) == both


@pytest.mark.parametrize(
    ("rises", "jump"),
    [
        ([1.0, 1.0, 1.0, 1.0], 1.0),
        ([-1.0, -0.95, -0.92, -0.91], -0.91),
        ([1.0, 0.9, 0.8, 0.7], None),
        ([1.0, 1.0, 1.0, -1.0], None),
        ([5.0, 1.0, 1.0, 1.0, 1.0], 1.0),
        ([0.0, 0.0, 0.0, 0.0], None),
    ],
)
def test_a_jump_is_a_rise_by_the_same_however_small_the_step(rises, jump):
    steps = [_AtStep(8.0**-k, 0.0, rise * 8.0**k, 0.0) for k, rise in enumerate(rises)]
    assert _jumps(steps) == ({} if jump is None else {"right": jump})
    turned = [step._replace(left=step.right, right=0.0) for step in steps]
    assert _jumps(turned) == ({} if jump is None else {"left": jump})
    rounded = [step._replace(rounding=0.02 / step.h) for step in steps]
    assert _jumps(rounded) == {}


def test_stairs_hide_a_slope_as_steep_as_three_of_them_together():
    stairs = unseen_slope(lambda t: 0.01 * (t * 200 // 1), 1.0, 0.0)
    assert 1 < stairs < 8  # 2 on average
    assert unseen_slope(lambda t: 0.01 * (t * 200 // 1), 1.0, 2.0) == 0.0
    assert unseen_slope(lambda t: t * t, 1.0, 0.0) < 1e-300
    hidden = unseen_slope(lambda t: 1 + 1e-16 * t, 1.0, 0.0)
    assert hidden == 8 * 100 * 64 * ulp(1.0)  # digits over an eighth, in which nothing moves


def test_a_slope_in_another_unit_is_as_many_times_as_steep():
    found = MeasuredSlope(8.0, 0.5, 0.25, 6.0, 10.0, 1.0, True, 3.0, 16.0)
    assert found.in_unit(4.0) == MeasuredSlope(2.0, 0.125, 1.0, 1.5, 2.5, 0.25, True, 3.0, 4.0)
