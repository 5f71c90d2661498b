"""A run whose loss leaves the finite numbers stops, and says where that began."""

import re
from math import isfinite

import pytest

import chainrule as cr
from chainrule.errors import NotANumberError
from tests.marked_engines import ENGINES, NUMPY

X = [[1.0, 2.0], [2.0, -1.0], [0.5, 0.25], [-1.0, 1.5]]
Y = [[3.0], [1.0], [0.75], [0.5]]


def diverging(engine):
    net = cr.Network([cr.Dense(2, 3, "relu"), cr.Dense(3, 1)], seed=1, engine=engine)
    options = {"epochs": 50, "optimizer": "sgd", "validation": None, "progress": False}
    with pytest.raises(NotANumberError) as error:
        net.fit(X, Y, learning_rate=1e30, batch_size=2, **options)
    return net, str(error.value)


@pytest.mark.parametrize("engine", ["python", NUMPY])
def test_the_sentence_names_step_layer_and_first_unit(engine):
    _, sentence = diverging(engine)
    assert re.search(r"stopped at step \d+ \(epoch \d+\): the loss is (nan|inf)", sentence)
    assert re.search(r"dense\d unit \d is the first to give [za] = |the loss of the", sentence)
    assert "Try a learning rate below" in sentence


@pytest.mark.parametrize("engine", ["python", NUMPY])
def test_the_weights_from_before_the_bad_step_are_kept(engine):
    net, _ = diverging(engine)
    entries = [v for array in net.parameters.values() for v in array.reshape(-1).tolist()]
    assert all(map(isfinite, entries))
    assert entries != [v for a in net.initial_parameters.values() for v in a.reshape(-1).tolist()]


@pytest.mark.extra("numpy")
def test_engines_stop_at_the_same_step_with_the_same_words():
    assert diverging("python")[1] == diverging("numpy")[1]


def test_an_input_that_is_no_number_is_named_with_its_place():
    net = cr.Network([cr.Dense(2, 1)], engine="python")
    bad = [*X[:3], [1.0, float("nan")]]
    with pytest.raises(NotANumberError, match=r"^x\[3, 1\] = nan, from which nothing can be"):
        net.fit(bad, Y, epochs=1, batch_size=2, validation=None, progress=False)
    with pytest.raises(NotANumberError, match=r"^y\[1, 0\] = inf, from which nothing can be"):
        net.fit(X, Y, validation=(X[:2], [[1.0], [float("inf")]]), progress=False)
    assert net.fits == 0


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("epochs", [1, 3])
def test_a_step_that_breaks_the_weights_is_found_though_its_loss_was_finite(engine, epochs):
    layers = [cr.Dense(1, 1, weight=[[1e-160]], bias=[0.0])]
    net = cr.Network(layers, seed=1, engine=engine)
    options = {"epochs": epochs, "batch_size": 1, "validation": None, "progress": False}
    with pytest.raises(NotANumberError, match=r"at step 1 .* its step leaves the finite numbers: "):
        net.fit([[1e160]], [[1e150]], optimizer="sgd", learning_rate=1.0, **options)
    assert net.parameters["dense1.weight"].tolist() == [[1e-160]]


@pytest.mark.parametrize("engine", ["python", NUMPY])
def test_a_gradient_that_is_nan_stops_the_run_and_is_named_where_it_was_born(engine):
    steep = [cr.Dense(1, 1, weight=[[1e200]]), cr.Dense(1, 1, weight=[[1e200]])]
    net = cr.Network([cr.Dense(1, 1, "sigmoid", weight=[[-800.0]]), *steep], engine=engine)
    with pytest.raises(NotANumberError) as error:
        net.fit([[1.0]], [[1.0]], epochs=1, validation=None, progress=False)
    assert "its step leaves the finite numbers: the weights[0] = nan; op sigmoid gives" in str(
        error.value
    )
    assert "dense1.z[0, 0] the gradient nan (backward, from z = -800, a = 0" in str(error.value)
