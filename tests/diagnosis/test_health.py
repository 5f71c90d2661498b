"""Every illness is brought about for real and found; healthy networks give no finding."""

import json
from math import inf, nan

import pytest

import chainrule as cr
from chainrule.diagnosis.step import TrialStep, learning_rate
from chainrule.errors import DataError
from chainrule.model import health
from chainrule.model.rows import rows_for
from chainrule.model.table import train_on_table


def network(*layers, **options):
    return cr.Network(list(layers), engine="python", **options)


def checks(found):
    return [finding.check for finding in found.findings]


def one(found, check):
    matching = [finding for finding in found.findings if finding.check == check]
    assert matching, f"{check} was not found; found were {checks(found)}"
    return matching[0]


X = [[n / 10 - 1, (7 * n % 20) / 10 - 1] for n in range(20)]
Y = [[x[0] - 0.5 * x[1]] for x in X]
CLASSES = [int(x[0] > x[1]) for x in X]


@pytest.fixture(scope="module")
def trained():
    net = network(cr.Dense(2, 6, "tanh"), cr.Dense(6, 1), seed=1)
    net.fit(X, Y, epochs=60, batch_size=5, learning_rate=0.01, progress=False, validation=None)
    return net


def test_a_healthy_network_gives_no_finding_and_says_what_was_looked_at(trained):
    found = health(trained, X, Y, optimizer="adam")
    assert found.healthy, str(found)
    text = str(found)
    assert text.startswith("nothing found")
    for check in (
        "dead units",
        "saturated units",
        "symmetric twins",
        "weights that never moved",
        "loss beside chance",
        "learning rate",
        "inputs",
        "loss curve",
    ):
        assert check in " ".join(text.split())


@pytest.mark.parametrize("name", ["iris", "penguins"])
def test_networks_trained_on_the_tables_are_healthy(name):
    net = train_on_table(
        name, epochs=20, engine="python", progress=False, seed=1, activation="tanh"
    ).net
    rows = rows_for(net)
    found = health(net, rows.x, rows.y, optimizer="adam")
    assert found.healthy, str(found)


def test_dead_relus_are_named():
    biases = [0.0, -9.0, 0.0, -9.0]
    net = network(cr.Dense(2, 4, "relu", bias=biases), cr.Dense(4, 1), seed=1)
    finding = one(health(net, X, Y), "dead units")
    assert finding.units == ("dense1[1]", "dense1[3]")
    assert finding.value == 0.5
    assert "2 of 4 relu units are dead" in finding.sentence
    assert "dead units: 50% of the layer's units, threshold 0%\n" in str(finding)


@pytest.mark.parametrize(("bias", "learned"), [(0.0, True), (3.0, False)])
def test_dead_units_of_a_network_that_has_learned_are_told_to_do_no_harm(bias, learned):
    dead = cr.Dense(1, 2, "relu", weight=[[1.0], [1.0]], bias=[0.0, -99.0])
    net = network(dead, cr.Dense(2, 1, weight=[[1.0, 1.0]], bias=[bias]))
    x = [[float(n)] for n in range(10)]
    finding = one(health(net, x, [[n + 0.01] for (n,) in x]), "dead units")
    assert ("(unit 1); the loss is under 0.1% of that of chance without them" in str(finding)) is (
        learned
    )
    assert finding.advice.startswith("nothing if the answers are good enough" if learned else "a s")


def test_many_examples_are_counted_by_thousands():
    net = network(cr.Dense(2, 4, "relu", bias=[-99.0] * 4), cr.Dense(4, 1), seed=1)
    rows = -(-1000 // len(X))
    finding = one(health(net, [*X] * rows, [*Y] * rows), "dead units")
    assert f"on any of the {rows * len(X):,} examples" in finding.sentence


def test_relus_die_of_a_learning_rate_that_is_too_high():
    net = network(cr.Dense(2, 8, "relu"), cr.Dense(8, 1), seed=2)
    assert "dead units" not in checks(health(net, X, Y))
    net.fit(
        X,
        [[y[0] - 50] for y in Y],
        epochs=3,
        optimizer="sgd",
        learning_rate=0.3,
        clip_norm=30,
        progress=False,
        validation=None,
    )
    assert one(health(net, X, Y), "dead units").where == "dense1"


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_saturated_units_are_named(activation):
    weights = [[0.5, 0.5], [0.1, 0.2], [0.3, -0.4]]
    layer = cr.Dense(2, 3, activation, weight=weights, bias=[0.0, 12.0, 0.0])
    finding = one(health(network(layer, cr.Dense(3, 1)), X, Y), "saturated units")
    assert finding.units == ("dense1[1]",)
    assert finding.value == 1.0


def test_an_output_that_is_sure_is_not_called_saturated():
    layer = cr.Dense(2, 1, "sigmoid", weight=[[40.0, -40.0]], bias=[0.0])
    assert "saturated units" not in checks(health(network(layer), X, CLASSES))
    sure = health(network(layer), X, [[c] for c in CLASSES], loss="mean_squared_error")
    assert "dead units" not in checks(sure)


def test_a_few_examples_say_nothing_about_units():
    found = health(network(cr.Dense(2, 4, "relu"), cr.Dense(4, 1)), X[:3], Y[:3])
    assert "dead units" not in found.looked_at
    assert "3 examples are too few" in found.skipped["dead and saturated units"]
    alone = health(network(cr.Dense(2, 4, "relu"), cr.Dense(4, 1)), X[:1], Y[:1])
    assert alone.skipped["dead and saturated units"] == "1 example is too few, give at least 10"


def test_gradients_vanish_through_many_sigmoids():
    layers = [cr.Dense(2, 5, "sigmoid"), *[cr.Dense(5, 5, "sigmoid") for _ in range(8)]]
    finding = one(health(network(*layers, cr.Dense(5, 1), seed=3), X, Y), "vanishing gradients")
    assert finding.where == "dense1"
    assert finding.value < finding.threshold == 1e-3


def test_a_gradient_of_zero_is_nothing_rather_than_almost_nothing():
    zero = network(cr.Dense(2, 3, "tanh"), cr.Dense(3, 1, weight=[[0.0] * 3]))
    assert (
        "times that of dense2: nothing of"
        in one(health(zero, X, Y), "vanishing gradients").sentence
    )


@pytest.mark.parametrize(
    ("activation", "advice", "cure"),
    [
        ("relu", "fewer layers, ", {"seed": 0}),
        ("tanh", "relu in place of tanh, fewer layers, ", {"activation": "relu"}),
        ("sigmoid", "relu in place of sigmoid, fewer layers, ", {"activation": "relu"}),
    ],
)
def test_relu_is_advised_only_in_place_of_what_flattens_gradients(activation, advice, cure):
    zero = network(cr.Dense(2, 4, activation), cr.Dense(4, 1, weight=[[0.0] * 4]))
    finding = one(health(zero, X, Y), "vanishing gradients")
    assert finding.advice.startswith(advice)
    assert finding.cure == cure


def test_gradients_do_not_vanish_through_many_relus_with_he_weights():
    layers = [cr.Dense(2, 32, "relu"), *[cr.Dense(32, 32, "relu") for _ in range(8)]]
    found = checks(health(network(*layers, cr.Dense(32, 1), seed=3), X, Y))
    assert "vanishing gradients" not in found
    assert "exploding gradients" not in found


def test_gradients_explode_through_large_weights():
    big = [[4.0 if i == j else 0.0 for j in range(3)] for i in range(3)]
    layers = [cr.Dense(3, 3, weight=big) for _ in range(8)]
    x = [[*row, 1.0] for row in X]
    finding = one(health(network(*layers, cr.Dense(3, 1), seed=3), x, Y), "exploding gradients")
    assert finding.where == "dense1"
    assert finding.value > finding.threshold == 1e3


def test_weights_that_never_moved_are_counted():
    biases = [0.0, -9.0, 0.0, -9.0]
    net = network(cr.Dense(2, 4, "relu", bias=biases), cr.Dense(4, 1), seed=1)
    assert "not trained yet" in health(net, X, Y).skipped["weights that never moved"]
    net.fit(X, Y, epochs=2, progress=False, validation=None)
    finding = one(health(net, X, Y), "weights that never moved")
    assert finding.where == "dense1"
    assert finding.units == ("dense1[1]", "dense1[3]")
    assert finding.value == 0.5
    assert finding.cure == {"seed": 0}


def test_weights_that_read_zeros_alone_have_no_button_that_would_move_them():
    zeros = [[x[0], 0.0, 0.0, 0.0] for x in X]
    net = network(cr.Dense(4, 4, "tanh"), cr.Dense(4, 1), seed=1)
    net.fit(zeros, Y, epochs=2, progress=False, validation=None)
    finding = one(health(net, zeros, Y), "weights that never moved")
    assert finding.value == 0.75
    assert finding.cure == {}


def test_twins_that_started_alike_are_alike_for_ever():
    same = [[0.3, -0.2]] * 3 + [[0.1, 0.5]]
    out = cr.Dense(4, 1, weight=[[0.4, 0.4, 0.4, -0.3]])
    net = network(cr.Dense(2, 4, "tanh", weight=same), out)
    net.fit(X, Y, epochs=5, progress=False, validation=None)
    finding = one(health(net, X, Y), "symmetric twins")
    assert finding.units == ("dense1[0]", "dense1[1]", "dense1[2]")
    assert finding.value == 3


def test_twins_with_different_outgoing_weights_part_and_are_not_told():
    same = [[0.3, -0.2]] * 2
    net = network(cr.Dense(2, 2, "tanh", weight=same), cr.Dense(2, 1, weight=[[0.4, -0.3]]))
    net.fit(X, Y, epochs=5, progress=False, validation=None)
    assert "symmetric twins" not in checks(health(net, X, Y))


def test_twins_are_found_whatever_stands_between_them():
    same = [[0.3, -0.2]] * 3
    out = cr.Dense(3, 1, weight=[[1.0, -2.0, 1.0]])
    net = network(cr.Dense(2, 3, "tanh", weight=same), out)
    net.fit(X, Y, epochs=5, progress=False, validation=None)
    assert one(health(net, X, Y), "symmetric twins").units == ("dense1[0]", "dense1[2]")


def test_neurons_that_became_alike_did_not_start_as_twins():
    net = network(cr.Dense(2, 3, "tanh"), cr.Dense(3, 1), seed=1)
    net.set_parameters({"dense1.weight": [[0.3, -0.2]] * 3})
    assert "symmetric twins" not in checks(health(net, X, Y))


def test_a_loss_no_better_than_chance_is_told_with_that_of_chance():
    net = network(cr.Dense(2, 2, "softmax", weight=[[0.0, 0.0]] * 2))
    finding = one(health(net, X, CLASSES), "loss no better than chance")
    share = sum(CLASSES) / len(CLASSES)
    entropy = -sum(p * cr.log(p) for p in (share, 1 - share))
    assert finding.value == pytest.approx(cr.log(2.0) / entropy)
    assert f"{entropy:.4g}" in finding.sentence


def test_a_network_that_is_sure_of_the_only_class_is_not_measured_by_chance():
    net = network(cr.Dense(2, 1, "sigmoid", weight=[[0.1, 0.1]], bias=[-7.7]))
    assert "loss no better than chance" not in checks(health(net, X, [0] * 20))
    step = TrialStep(0.1, slope=-1, curvature=1, loss=1, after=2, far=2, ratios={})
    (finding,) = learning_rate(step, chance=0.0)
    assert finding.unit == "times the loss, the rise in one step"


@pytest.mark.parametrize(("size", "word"), [(300.0, "large"), (1e-4, "small")])
def test_inputs_off_scale_are_told(size, word):
    x = [[row[0] * size, row[1] * min(size, 1.0)] for row in X]
    net = network(cr.Dense(2, 4, "tanh"), cr.Dense(4, 1), seed=1)
    finding = one(health(net, x, Y), "unscaled inputs")
    assert word in finding.sentence
    assert "unscaled inputs" not in checks(health(net, X, Y))


def test_a_learning_rate_too_high_is_read_from_one_step():
    net = network(cr.Dense(2, 8, "tanh"), cr.Dense(8, 1), seed=1)
    finding = one(health(net, X, Y, optimizer="sgd", learning_rate=5.0), "learning rate")
    assert "too high" in finding.sentence
    before = net.loss(X, Y)
    net.fit(
        X,
        Y,
        epochs=1,
        batch_size=20,
        optimizer="sgd",
        learning_rate=5.0,
        progress=False,
        validation=None,
    )
    assert net.loss(X, Y) > before


def test_a_learning_rate_too_low_is_read_from_slope_and_curvature():
    net = network(cr.Dense(2, 8, "tanh"), cr.Dense(8, 1), seed=1)
    finding = one(health(net, X, Y, optimizer="sgd", learning_rate=1e-5), "learning rate")
    assert "too low" in finding.sentence
    assert finding.value > finding.threshold == 1000
    assert "learning rate" not in checks(health(net, X, Y, optimizer="sgd", learning_rate=0.05))


def test_the_bottom_of_a_parabola_is_as_many_steps_away_as_it_is():
    # L = (w - 1)², w = 0: a step of rate r goes 2r of the distance 1.
    net = network(cr.Dense(1, 1, weight=[[0.0]]))
    found = health(net, [[1.0]] * 2, [[1.0]] * 2, optimizer="sgd", learning_rate=1e-4)
    # w and b move alike, so L = (2s·2r - 1)² with its bottom at s = 1 / 4r.
    assert one(found, "learning rate").value == pytest.approx(1 / 4e-4)


def test_updates_too_large_for_their_weights_are_told():
    net = network(cr.Dense(2, 8, "tanh"), cr.Dense(8, 1), seed=1)
    found = health(net, X, Y, optimizer="adam", learning_rate=0.5)
    assert one(found, "update-to-weight ratio").value > 0.1
    assert "large" in one(found, "update-to-weight ratio").sentence


def test_updates_too_small_for_their_weights_are_told():
    net = network(cr.Dense(2, 8, "tanh"), cr.Dense(8, 1), seed=1)
    found = health(net, X, Y, optimizer="sgd", learning_rate=1e-5)
    assert "small" in one(found, "update-to-weight ratio").sentence


def test_the_birth_place_of_a_nan_is_named():
    net = network(
        cr.Dense(2, 3, "relu", weight=[[1.0, 1.0], [inf, 0.0], [1.0, 0.0]]), cr.Dense(3, 1)
    )
    found = health(net, X, Y)
    assert "dense1.weight[1, 0] = inf" in one(found, "birth place of NaN").sentence
    assert "everything else" in found.skipped
    rows = [[1.0, 2.0], [nan, 1.0]]
    finding = one(health(network(cr.Dense(2, 1)), rows, Y[:2]), "birth place of NaN")
    assert "x[1, 0] = nan" in finding.sentence


def test_an_overflow_is_traced_to_its_unit():
    net = network(cr.Dense(1, 2, weight=[[1.0], [1e200]]), cr.Dense(2, 1, weight=[[1.0, 1e200]]))
    finding = one(health(net, [[1.0]], [[0.0]]), "birth place of NaN")
    assert "dense2 unit 0 is the first to give z = inf" in finding.sentence


def test_a_network_needs_examples():
    with pytest.raises(DataError, match="give it arrays x and y"):
        health(network(cr.Dense(2, 1)))


def test_looking_changes_nothing(trained):
    before = {name: w.tolist() for name, w in trained.parameters.items()}
    health(trained, X, Y)
    assert {name: w.tolist() for name, w in trained.parameters.items()} == before


def test_text_fits_80_columns_and_json_carries_the_same():
    net = network(cr.Dense(2, 9, "relu", bias=[-9.0] * 9), cr.Dense(9, 1), seed=1)
    found = health(net, X, Y)
    assert not found.healthy
    assert max(map(len, str(found).splitlines())) <= 80
    record = json.loads(json.dumps(found.to_dict()))
    assert record["findings"][0]["sentence"] == found.findings[0].sentence
    assert set(record["findings"][0]) == {
        *("check", "where", "sentence", "value", "threshold", "unit", "advice", "units", "cure"),
        "measured",
    }


@pytest.mark.extra("numpy")
def test_numpy_finds_the_same():
    found = []
    for engine in ("python", "numpy"):
        net = cr.Network(
            [cr.Dense(2, 4, "relu", bias=[0.0, -9.0, 0.0, -9.0]), cr.Dense(4, 1)],
            seed=1,
            engine=engine,
        )
        found.append(health(net, X, Y, learning_rate=1e-6))
    ours, theirs = found
    assert checks(ours) == checks(theirs)
    for a, b in zip(ours.findings, theirs.findings, strict=True):
        assert a.value == pytest.approx(b.value, rel=1e-9)


@pytest.mark.parametrize(("rate", "told"), [(0.1, False), (3.0, True)])
def test_a_rate_that_fell_is_too_high_only_where_the_loss_did_not_come_down_with_it(rate, told):
    options = {"epochs": 30, "learning_rate": rate, "engine": "python", "progress": False}
    net = cr.train_on_table("iris", **options).net
    found = [f for f in cr.health(net).findings if f.check in ("learning rate", "update-to-weight")]
    assert ["from the first weights raises the loss" in f.sentence for f in found] == [True] * told
    # A step as long as that from where the run ended would have raised the loss in both.
    assert "too high" in one(cr.health(net, learning_rate=rate), "learning rate").sentence
