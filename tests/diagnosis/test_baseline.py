"""Chance is the best answer that never looks at the input."""

import pytest

import chainrule.arrays as xp
from chainrule.diagnosis.baseline import CHANCE, better_than_chance, chance_loss
from chainrule.nn import LOSSES, Architecture, Dense, NetworkStudy


@pytest.mark.parametrize(
    ("loss", "activation", "t", "chance"),
    [
        # -(0.25·ln 0.25 + 0.75·ln 0.75)
        ("binary_cross_entropy", "sigmoid", [[1.0], [0.0], [0.0], [0.0]], 0.5623351446188083),
        ("mean_squared_error", "identity", [[1.0], [2.0], [6.0]], (4 + 1 + 9) / 3),
        ("mean_absolute_error", "identity", [[1.0], [2.0], [6.0]], (1 + 0 + 4) / 3),
        ("hinge", "identity", [[1.0], [1.0], [-1.0], [1.0]], 2 / 4),
        # The slope 2·a - 1 is 0 at 1/2: of 0, 0 and 10 neither the mean nor the median.
        ("huber", "identity", [[0.0], [0.0], [10.0]], (1 / 8 + 1 / 8 + 9) / 3),
    ],
)
def test_chance_is_the_best_constant_answer(loss, activation, t, chance):
    table = xp.asarray(t)
    layers = Architecture([Dense(1, 1, activation)])
    assert chance_loss(NetworkStudy(layers, LOSSES[loss], {}, table, table)) == pytest.approx(
        chance
    )


def test_class_frequencies_cost_their_entropy():
    table = xp.asarray([[1.0, 0.0, 0.0]] * 2 + [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    layers = Architecture([Dense(3, 3, "softmax")])
    found = chance_loss(NetworkStudy(layers, LOSSES["cross_entropy"], {}, table, table))
    assert found == pytest.approx(1.5 * 0.6931471805599453)  # 1.5 bits


@pytest.mark.parametrize(("loss", "told"), [(1.2, True), (0.96, True), (0.94, False)])
def test_only_a_loss_well_below_chance_is_learning(loss, told):
    assert bool(list(better_than_chance(loss, 1.0))) is told
    assert CHANCE == 0.95


def test_targets_that_never_vary_have_no_chance_to_beat():
    assert list(better_than_chance(0.3, 0.0)) == []


@pytest.mark.parametrize("loss", ["cross_entropy", "binary_cross_entropy"])
def test_examples_of_one_class_leave_nothing_to_chance(loss):
    table = xp.asarray([[1.0, 0.0]] * 4)
    layers = Architecture([Dense(2, 2, "softmax")])
    assert chance_loss(NetworkStudy(layers, LOSSES[loss], {}, table, table)) == 0
