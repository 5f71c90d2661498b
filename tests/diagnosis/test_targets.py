"""Outputs, targets and layers that do not fit: planted, named, and the cure's measure believed."""

import re
from math import exp

import pytest

import chainrule as cr
from chainrule.model import health
from chainrule.train import Epoch, History
from tests.marked_engines import NUMPY

KINDS = {
    "output out of reach",
    "unscaled targets",
    "identity layers in a row",
    "one class for everything",
}
X = [[n / 20 - 1, (7 * n % 40) / 20 - 1] for n in range(40)]
Y = [[x[0] - 0.5 * x[1]] for x in X]


def fitted(layers, y, loss=None, engine="python", **options):
    net = cr.Network(layers, engine=engine, seed=1)
    options = {"epochs": 5, "validation": None, "progress": False} | options
    net.fit(X, y, loss=loss, **options)
    return net


def misfits(net, x, y, loss=None):
    return [each for each in health(net, x, y, loss).findings if each.check in KINDS]


def tried(finding):
    after, before = re.search(
        r"weights: (\S+) of the loss of chance, (\S+) without", str(finding.advice)
    ).groups()
    return float(before), float(after)


@pytest.mark.parametrize(
    ("activation", "targets"),
    [
        ("sigmoid", [[50 + 20 * y] for [y] in Y]),
        ("relu", [[y - 3] for [y] in Y]),
        ("tanh", [[3 * y] for [y] in Y]),
    ],
)
def test_targets_out_of_the_outputs_reach_are_told(activation, targets):
    layers = [cr.Dense(2, 4, "tanh"), cr.Dense(4, 1, activation)]
    net = fitted(layers, targets, "mean_squared_error")
    (finding,) = misfits(net, X, targets, "mean_squared_error")
    assert finding.check == "output out of reach"
    assert f"a {activation} output lies between" in finding.sentence
    before, after = tried(finding)
    assert after < before / 2


def test_the_floor_of_an_output_out_of_reach_is_the_loss_of_the_nearest_output():
    targets = [[-2.0]] * 20 + [[1.0]] * 20
    net = fitted([cr.Dense(2, 4, "tanh"), cr.Dense(4, 1, "relu")], targets)
    (finding,) = misfits(net, X, targets)
    assert "no weights bring the loss below 2." in finding.sentence + "."  # (2² + 0²) / 2


def test_unscaled_targets_are_told_and_learnt_when_scaled():
    targets = [[180_000 + 75_000 * y] for [y] in Y]
    net = fitted([cr.Dense(2, 8, "relu"), cr.Dense(8, 1)], targets)
    (finding,) = misfits(net, X, targets)
    assert finding.check == "unscaled targets"
    before, after = tried(finding)
    assert after < 0.2 < 0.9 < before


def test_targets_of_a_root_mean_square_of_ten_are_not_large():
    targets = [[8 + 6 * (y > 0.5)] for [y] in Y]
    size = (sum(t * t for [t] in targets) / len(targets)) ** 0.5
    scaled = [[10 * t / size] for [t] in targets]
    net = fitted([cr.Dense(2, 8, "relu"), cr.Dense(8, 1)], scaled)
    assert misfits(net, X, [[0.999 * t] for [t] in scaled]) == []
    assert misfits(net, X, [[1.001 * t] for [t] in scaled])


def test_large_targets_that_were_learnt_are_not_told():
    targets = [[30 + 10 * y] for [y] in Y]
    net = fitted([cr.Dense(2, 1)], targets, epochs=300, learning_rate=0.3)
    assert misfits(net, X, targets) == []


def test_identity_layers_in_a_row_are_told():
    targets = [[x[0] ** 2] for x in X]
    net = fitted([cr.Dense(2, 6), cr.Dense(6, 1)], targets)
    (finding,) = misfits(net, X, targets)
    assert finding.sentence.startswith("nothing bends what passes from dense1 to dense2")
    before, after = tried(finding)
    assert after < before / 2


def test_a_narrow_identity_layer_is_meant():
    net = fitted([cr.Dense(2, 1), cr.Dense(1, 2)], X)
    assert misfits(net, X, X) == []


def test_one_class_said_for_everything_is_told():
    rare = [int(x[0] > 0.85) for x in X]
    layers = [cr.Dense(2, 6, "tanh"), cr.Dense(6, 2, "softmax", bias=[4.0, 0.0])]
    net = fitted(layers, rare, epochs=1)
    (finding,) = misfits(net, X, rare)
    assert "the answer is 0 for all 40 examples" in finding.sentence
    before, after = re.search(r"accuracy (\S+) before, (\S+) after", finding.advice).groups()
    assert float(before) == 0.5
    assert 0.8 < float(after) <= 1


@pytest.mark.extra("numpy")
@pytest.mark.parametrize("name", ["iris", "penguins", "moons", "circles", "spiral"])
def test_healthy_networks_on_the_built_in_tables_have_no_misfit(name):
    from chainrule.model.rows import rows_for
    from chainrule.model.table import train_on_table

    for seed in (0, 1, 2):
        net = train_on_table(name, engine="numpy", seed=seed, epochs=20, progress=False).net
        rows = rows_for(net)
        assert misfits(net, rows.examples, rows.y) == []


@pytest.mark.extra("numpy")
@pytest.mark.parametrize(
    "target",
    [
        lambda a, b: a - 0.5 * b,
        lambda a, b: 30 + 3 * a,
        lambda a, b: 20 * a * b,
        lambda a, b: exp(3 * a),
        lambda a, b: abs(a),
    ],
    ids=["line", "far from zero", "large", "skewed", "not negative"],
)
def test_regressions_that_learn_have_no_misfit(target):
    values = [[target(*x)] for x in X]
    for seed in (0, 1, 2):
        layers = [cr.Dense(2, 16, "relu"), cr.Dense(16, 1)]
        net = cr.Network(layers, engine="numpy", seed=seed)
        options = {"epochs": 300, "learning_rate": 0.02, "validation": None, "progress": False}
        net.fit(X, values, **options)
        assert misfits(net, X, values) == []


@pytest.mark.parametrize("engine", ["python", NUMPY])
def test_a_gradient_that_is_nan_under_a_finite_loss_is_followed_to_its_birth(engine):
    steep = [cr.Dense(1, 1, weight=[[1e200]]), cr.Dense(1, 1, weight=[[1e200]])]
    net = cr.Network([cr.Dense(1, 1, "sigmoid", weight=[[-800.0]]), *steep], engine=engine)
    (finding,) = health(net, [[1.0]], [[1.0]]).findings
    assert finding.check == "birth place of NaN"
    assert "op sigmoid gives dense1.z[0, 0] the gradient nan (backward" in finding.sentence


@pytest.mark.parametrize("engine", ["python", NUMPY])
def test_infinity_times_the_slope_0_of_a_dead_relu_does_no_harm(engine):
    steep = [cr.Dense(1, 1, weight=[[1e200]]), cr.Dense(1, 1, weight=[[1e200]])]
    net = cr.Network([cr.Dense(1, 1, "relu", weight=[[-800.0]]), *steep], engine=engine)
    findings = health(net, [[1.0]], [[1.0]]).findings
    assert "birth place of NaN" not in [finding.check for finding in findings]


def test_a_history_whose_held_out_loss_was_best_early_is_told_unless_its_weights_are_back():
    history = History(
        [
            Epoch(epoch=n, step=n, loss=1 / n, validation_loss=loss)
            for n, loss in enumerate([0.5, 0.35, 0.297, 0.35, 0.4, 0.434], start=1)
        ]
    )
    (finding,) = health(history).findings
    assert "best at epoch 3 (0.297), and it is 0.434 at the end" in finding.sentence
    assert "--early-stopping" in finding.advice
    history.restored = True
    assert health(history).healthy
