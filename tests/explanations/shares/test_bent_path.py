"""Along a long way the change of the loss is shared out, however often the gradient jumps."""

from math import cos, exp, inf, nan, pi, sin
from random import Random

import pytest

import chainrule as cr
import chainrule.arrays as xp
from chainrule.arrays.random import Generator
from chainrule.data import load, prepare
from chainrule.explanations.shares.bent_path import MOST_GRADIENTS, RULES, bent_path_integral


def along(loss, slope, *, distances=lambda w: [], start=0.0, end=1.0):
    """The integral over one weight, and the points at which its gradient was asked for."""
    points = []

    def evaluate(w):
        points.append(float(w[0]))
        return loss(points[-1]), xp.asarray([slope(points[-1])])

    def look(w):
        return loss(float(w[0])), distances(float(w[0]))

    return bent_path_integral(evaluate, look, xp.asarray([start]), xp.asarray([end])), points


@pytest.mark.parametrize(("rule", "degree"), [(0, 1), (1, 5), (2, 11), (3, 23)])
def test_each_rule_is_exact_for_polynomials_of_its_degree(rule, degree):
    for power in range(0, degree + 1, 2):
        total = sum(
            weights[rule - level] * place**power * (2 if place else 1)
            for level in range(rule + 1)
            for place, weights in RULES[level]
        )
        assert total == pytest.approx(2 / (power + 1), rel=1e-14)


def test_three_gradients_are_enough_where_the_gradient_is_straight():
    shared, points = along(lambda w: w * w, lambda w: 2 * w, start=1.0, end=3.0)
    assert shared.entries.tolist() == pytest.approx([8], rel=1e-14)
    assert (len(points), shared.splits, shared.trusted) == (3, 1, True)


@pytest.mark.parametrize("corner", [0.001, 0.3, 0.9999])
def test_a_known_corner_costs_a_few_gradients(corner):
    shared, points = along(
        lambda w: max(0.0, w - corner),
        lambda w: float(w > corner),
        distances=lambda w: [w - corner],
    )
    assert shared.entries.tolist() == pytest.approx([1 - corner], rel=1e-6)
    assert (len(points), shared.splits, shared.trusted) == (6, 2, True)


def test_a_corner_that_nobody_told_of_is_closed_in_upon():
    shared, points = along(lambda w: max(0.0, w - 0.3), lambda w: float(w > 0.3))
    assert shared.trusted
    assert shared.entries.tolist() == pytest.approx([0.7], rel=1e-3)
    assert len(points) == shared.gradients < 250


def test_a_unit_that_opens_and_shuts_between_two_looks_is_closed_in_upon():
    def bump(w):
        return max(0.0, 0.02**2 - (w - 0.31) ** 2)

    def slope(w):
        return -2 * (w - 0.31) if bump(w) else 0.0

    shared, _ = along(
        lambda w: w + 1000 * bump(w),
        lambda w: 1 + 1000 * slope(w),
        distances=lambda w: [0.02**2 - (w - 0.31) ** 2],
    )
    assert shared.trusted
    assert shared.entries.tolist() == pytest.approx([1], rel=1e-3)


def test_with_very_many_corners_the_whole_way_is_halved():
    # L = ∫ of a staircase of 200 steps, each 1/200 high.
    def slope(w):
        return int(200 * w) / 200

    def loss(w):
        steps = int(200 * w)
        return steps * (steps - 1) / 2 / 200**2 + (w - steps / 200) * steps / 200

    shared, points = along(
        loss, slope, distances=lambda w: [w - (step + 0.5) / 200 for step in range(200)]
    )
    assert shared.trusted
    assert shared.entries.tolist() == pytest.approx([199 / 400], rel=1e-3)
    assert len(points) == shared.splits + 1


def test_bends_of_a_curved_unit_are_found():
    # sin 3πw changes sign at 1/3 and 2/3: L' = |sin 3πw|, and ∫₀¹ |sin 3πw| dw = 2/π.
    def loss(w):
        whole, rest = divmod(3 * w, 1)
        return (2 * whole + 1 - cos(pi * rest)) / (3 * pi)

    shared, points = along(
        loss, lambda w: abs(sin(3 * pi * w)), distances=lambda w: [sin(3 * pi * w)]
    )
    assert shared.entries.tolist() == pytest.approx([2 / pi], rel=1e-5)
    assert (shared.splits, shared.trusted) == (3, True)
    assert len(points) <= 45


def test_a_gradient_that_is_one_percent_too_long_is_not_trusted():
    shared, _ = along(lambda w: exp(w), lambda w: 1.01 * exp(w))
    assert not shared.trusted
    assert shared.gradients >= MOST_GRADIENTS
    assert shared.residual == pytest.approx(-0.01 * (exp(1) - 1), rel=1e-6)


def test_entries_that_cancel_are_not_taken_for_accuracy():
    ends = xp.asarray([0.0, 0.0]), xp.asarray([1.0, 1.0])
    shared = bent_path_integral(
        lambda w: (None, xp.asarray([30 * exp(30 * float(w[0])), -30 * exp(30 * float(w[1]))])),
        lambda w: (exp(30 * float(w[0])) - exp(30 * float(w[1])), []),
        *ends,
    )
    assert shared.measured == 0
    assert shared.entries.tolist() == pytest.approx([exp(30) - 1, 1 - exp(30)], rel=0.01)


@pytest.mark.parametrize("bad", [nan, inf])
def test_a_loss_that_is_no_finite_number_is_given_up_at_once(bad):
    shared, points = along(lambda w: bad if w == 1 else w, lambda w: 1.0)
    assert not shared.trusted
    assert len(points) == 3


@pytest.mark.extra("numpy")
@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
@pytest.mark.parametrize("reference", ["initial", "zero"])
def test_single_rows_of_trained_networks_are_trusted_at_a_tenth_of_a_thousand_gradients(
    activation, reference
):
    rows = prepare(load("moons"), validation=0, generator=Generator(0)).train
    x, y = [rows.row(i) for i in range(len(rows))], list(rows.y)
    layers = [cr.Dense(2, 16, activation), cr.Dense(16, 16, activation), cr.Dense(16, 1, "sigmoid")]
    net = cr.Network(layers, seed=1, engine="numpy")
    net.fit(x, y, epochs=60, learning_rate=0.01, validation=None, progress=False)
    shares = [
        cr.explain(net, x[row : row + 1], y[row : row + 1], reference=reference).blame
        for row in Random(3).sample(range(len(x)), 20)
    ]
    assert all(blame.trusted for blame in shares)
    assert sorted(blame.points for blame in shares)[10] <= 60
    for blame in shares:
        assert blame.explained == pytest.approx(blame.measured, rel=1e-3)
