"""The change of a loss along a segment is shared out among the weights that moved."""

import gc
from fractions import Fraction
from math import exp, inf, nan

import pytest

import chainrule.arrays as xp
from chainrule.arrays import ListArray
from chainrule.explanations.shares.path_integral import (
    MOST_SPLITS,
    Price,
    path_integral,
    size_of,
)


def counted(loss, gradient):
    """The function to integrate, and the points at which it was asked."""
    points = []

    def evaluate(w):
        points.append(w.tolist())
        return loss(*points[-1]), xp.asarray(gradient(*points[-1]))

    return evaluate, points


def test_a_product_is_shared_out_by_the_way_both_factors_came():
    # ∫₀¹ 2ts · t ds and ∫₀¹ (ts)² ds for a² b along (t, t), by hand: 2/3 and 1/3.
    evaluate, _ = counted(lambda a, b: a * a * b, lambda a, b: [2 * a * b, a * a])
    found = path_integral(evaluate, xp.asarray([0.0, 0.0]), xp.asarray([1.0, 1.0]))
    assert found.entries.tolist() == pytest.approx([2 / 3, 1 / 3], rel=1e-12)
    assert found.measured == 1


def test_a_loss_of_fourth_degree_leaves_no_residual_at_all_in_fractions():
    # Simpson's rule is exact for gradients up to the third degree.
    evaluate, _ = counted(lambda a, b: a**4 - 3 * b**2, lambda a, b: [4 * a**3, -6 * b])
    start = xp.asarray([Fraction(1, 3), Fraction(2)])
    found = path_integral(evaluate, start, xp.asarray([Fraction(5, 7), Fraction(-1, 2)]))
    shares = [Fraction(5, 7) ** 4 - Fraction(1, 3) ** 4, 3 * (4 - Fraction(1, 4))]
    assert found.entries.tolist() == shares
    assert found.trusted


def test_few_arrays_as_long_as_the_weights_are_held_at_a_time():
    held, length = [], 1009  # as no array of another test

    def evaluate(w):
        gc.collect()
        arrays = [a for a in gc.get_objects() if type(a) is ListArray and a.shape == (length,)]
        held.append(len(arrays))
        return float(w[0]) ** 2, 2 * w * (abs(float(w[0])) > 0.4)  # bent, so that it is split

    shares = path_integral(evaluate, xp.zeros((length,)), xp.ones((length,)))
    assert shares.splits > 2
    # The ends, where it is looked, the last gradient, the mean at the ends and the entries so far,
    # and the sum of gradients since.
    assert max(held) <= 7


def test_two_gradients_are_enough_where_the_start_is_known_and_the_gradient_is_straight():
    evaluate, points = counted(lambda w: w * w, lambda w: [2 * w])
    found = path_integral(
        evaluate, xp.asarray([1.0]), xp.asarray([1.001]), first=(1.0, xp.asarray([2.0]))
    )
    assert [w for (w,) in points] == pytest.approx([1.001, 1.0005])
    assert found.gradients == 2
    assert found.trusted


def test_no_point_is_asked_twice():
    evaluate, points = counted(lambda w: exp(9 * w), lambda w: [9 * exp(9 * w)])
    found = path_integral(evaluate, xp.asarray([0.0]), xp.asarray([1.0]))
    assert found.splits > 4
    assert found.gradients == found.splits + 1 == len(points) == len({w for (w,) in points})
    assert abs(found.residual) <= 1e-3 * size_of(found.entries)


def test_the_end_is_handed_on_as_the_next_start():
    evaluate, _ = counted(lambda w: w * w, lambda w: [2 * w])
    loss, gradient = path_integral(evaluate, xp.asarray([1.0]), xp.asarray([3.0])).end
    assert loss == 9
    assert gradient.tolist() == [6]


def test_errors_that_cancel_in_the_sum_are_not_taken_for_accuracy():
    evaluate, _ = counted(
        lambda a, b: exp(8 * a) - exp(8 * b), lambda a, b: [8 * exp(8 * a), -8 * exp(8 * b)]
    )
    found = path_integral(evaluate, xp.asarray([0.0, 0.0]), xp.asarray([1.0, 1.0]))
    assert found.residual == found.measured == 0
    assert found.entries.tolist() == pytest.approx([exp(8) - 1, 1 - exp(8)], rel=0.01)


def test_a_kink_that_the_splits_do_not_close_in_upon_is_flagged():
    evaluate, _ = counted(lambda w: max(0.0, w), lambda w: [1.0 if w > 0 else 0.0])
    found = path_integral(evaluate, xp.asarray([-1.0]), xp.asarray([2.0]))
    assert found.splits == MOST_SPLITS
    assert not found.trusted
    assert found.entries.tolist() == pytest.approx([2], abs=3 / MOST_SPLITS)


def test_a_small_kink_is_closed_in_upon():
    evaluate, _ = counted(lambda w: w + max(0.0, w) / 10, lambda w: [1.1 if w > 0 else 1.0])
    found = path_integral(evaluate, xp.asarray([-1.0]), xp.asarray([2.0]))
    assert found.trusted
    assert 2 < found.splits <= MOST_SPLITS
    assert abs(found.residual) <= 1e-3 * size_of(found.entries)


def test_a_gradient_that_is_one_percent_too_long_is_not_trusted():
    evaluate, _ = counted(lambda w: w * w, lambda w: [2.02 * w])
    found = path_integral(evaluate, xp.asarray([0.0]), xp.asarray([1.0]))
    assert not found.trusted
    assert found.splits == MOST_SPLITS
    assert found.residual == pytest.approx(-0.01)


def test_the_residual_can_be_measured_against_the_change_itself():
    # Two large shares that nearly cancel; their gradients are 0.01 % too long.
    evaluate, _ = counted(lambda a, b: 1.01 * a - b, lambda a, b: [1.0101, -1.0])
    start, end = xp.asarray([0.0, 0.0]), xp.asarray([1.0, 1.0])
    assert path_integral(evaluate, start, end).trusted
    assert not path_integral(evaluate, start, end, of_measured=True).trusted


def test_weights_that_stay_have_no_share():
    evaluate, _ = counted(lambda a, b: a * b, lambda a, b: [b, a])
    start = xp.asarray([2.0, 3.0])
    found = path_integral(evaluate, start, xp.asarray([2.0, 4.0]))
    assert found.entries.tolist() == [0, 2]
    still = path_integral(evaluate, start, start)
    assert still.entries.tolist() == [0, 0]
    assert still.trusted


def test_a_change_below_rounding_is_not_held_against_the_shares():
    evaluate, _ = counted(lambda w: 1e6 + w, lambda w: [1.0])
    found = path_integral(evaluate, xp.asarray([0.0]), xp.asarray([1e-11]))
    assert found.measured == 0
    assert found.trusted


def test_a_loss_of_zero_that_stays_is_trusted_at_once():
    evaluate, points = counted(lambda w: 0.0, lambda w: [0.0])
    found = path_integral(evaluate, xp.asarray([0.0]), xp.asarray([1.0]))
    assert (found.trusted, found.splits, len(points)) == (True, 2, 3)


@pytest.mark.parametrize(
    ("straight", "splits"), [(True, 2), (False, 4)], ids=["as the ends say", "bent"]
)
def test_shares_that_the_first_halving_moves_have_not_settled(straight, splits):
    # The trapezoid of a² on the way to 1 is 1/2 · 2 = 1; of e^a - 1 it is (1 + e) / 2, and by
    # Simpson's rule 1.7189: moved by 0.14 of 1.72, which is more than a hundredth.
    loss, gradient = (lambda w: w * w, lambda w: [2 * w]) if straight else (exp, lambda w: [exp(w)])
    evaluate, _ = counted(loss, gradient)
    found = path_integral(evaluate, xp.asarray([0.0]), xp.asarray([1.0]))
    assert (found.trusted, found.splits) == (True, splits)


@pytest.mark.parametrize("bad", [nan, inf])
def test_a_loss_that_left_the_finite_numbers_is_given_up_at_once_and_not_trusted(bad):
    evaluate, points = counted(lambda w: bad if w == 1 else w, lambda w: [bad if w == 1 else 1])
    found = path_integral(evaluate, xp.asarray([0.0]), xp.asarray([1.0]))
    assert not found.trusted
    assert len(points) == 3


def test_hours_have_3600_seconds():
    assert str(Price(1, 1, seconds=9179.0)).endswith("about 2.5 h to 2.5 h")


@pytest.mark.parametrize("level", [0.0, 50.0, -50.0])
def test_measured_against_its_change_a_loss_far_from_zero_is_trusted_no_sooner(level):
    def evaluate(w):
        a, b = w.tolist()
        return level + a**6 - b**6 + 0.1 * b, xp.asarray([6 * a**5, 0.1 - 6 * b**5])

    found = path_integral(
        evaluate, xp.asarray([0.0, 0.0]), xp.asarray([1.0, 1.02]), of_measured=True
    )
    assert found.trusted
    assert abs(found.residual) <= 1e-3 * abs(found.measured)
    assert found.splits > 2
