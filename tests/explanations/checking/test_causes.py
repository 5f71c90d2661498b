"""Classic mistakes in hand-written backward passes are caught, and named where they can be."""

import re
from itertools import pairwise

import pytest

from chainrule.arrays.random import Generator
from chainrule.model import Network
from chainrule.model.check import check_gradients
from chainrule.nn import Dense
from tests.explanations.checking.wrong_passes import (
    CLASSES,
    FEATURES,
    FOR_RELU,
    FOR_TANH,
    KINDS,
    Pass,
    X,
    Y,
    scaled,
)


def network(kind, seed=3):
    """Four layers' worth of numbers with biases away from zero, square in the middle."""
    generator = Generator(seed)
    sizes = (FEATURES, 4, 4, CLASSES)
    layers = [
        Dense(
            wide,
            narrow,
            "softmax" if place == 2 else kind,
            weight=generator.normal(0.0, 0.7, (narrow, wide)).tolist(),
            bias=generator.normal(0.2, 0.3, (narrow,)).tolist(),
        )
        for place, (wide, narrow) in enumerate(pairwise(sizes))
    ]
    return Network(layers, engine="python")


def wrong_tensors(check):
    return [v for v in check.verdicts if v.outcome == "wrong" and v.method == "complex step"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_right_backward_pass_passes(kind):
    net = network(kind)
    check = check_gradients(net, X, Y, gradient=Pass(net, kind).gradients())
    assert check.passed
    assert {v.outcome for v in check.verdicts} == {"agrees"}


@pytest.mark.parametrize("mistake", FOR_RELU, ids=lambda mistake: mistake.__name__)
def test_a_classic_mistake_with_relu_is_caught_and_named(mistake):
    net = network("relu")
    check = check_gradients(net, X, Y, gradient=mistake(net).gradients())
    assert not check.passed
    found = wrong_tensors(check)
    assert found
    assert all(re.search(mistake.cause, str(v.cause)) for v in found), check


@pytest.mark.parametrize("mistake", FOR_TANH, ids=lambda mistake: mistake.__name__)
def test_a_classic_mistake_with_tanh_is_caught_and_named(mistake):
    net = network("tanh")
    check = check_gradients(net, X, Y, gradient=mistake(net, "tanh").gradients())
    assert not check.passed
    assert all(re.search(mistake.cause, str(v.cause)) for v in wrong_tensors(check)), check


def test_a_backward_pass_may_be_given_as_a_function():
    net = network("relu")
    assert check_gradients(net, X, Y, gradient=lambda net, x, y: Pass(net).gradients()).passed


def test_activations_kept_from_before_the_training_are_named():
    net = network("tanh")
    before = Pass(net, "tanh")
    net.set_parameters(
        {n: scaled(1.1, w.tolist()) for n, w in net.parameters.items() if "weight" in n}
    )
    stale = Pass(net, "tanh")
    stale.a = {**before.a, 3: stale.a[3]}
    check = check_gradients(net, X, Y, gradient=stale.gradients())
    assert {v.cause for v in wrong_tensors(check)} == {
        "the hidden activations are stale: they are those of the initial weights"
    }


def test_a_gradient_of_the_initial_weights_is_named():
    net = network("relu")
    before = Pass(net).gradients()
    net.set_parameters(
        {n: scaled(1.1, w.tolist()) for n, w in net.parameters.items() if "weight" in n}
    )
    check = check_gradients(net, X, Y, gradient=before)
    assert {v.cause for v in wrong_tensors(check)} == {
        "activations and weights are stale: they are those of the initial weights"
    }


def test_activations_of_another_batch_are_caught_without_a_guess():
    net = network("tanh")
    mixed = Pass(net, "tanh")
    mixed.a[1] = mixed.a[1][1:] + mixed.a[1][:1]
    check = check_gradients(net, X, Y, gradient=mixed.gradients())
    assert not check.passed
    assert {v.cause for v in wrong_tensors(check)} == {None}
    assert "cause unknown" in check.worst.sentence or check.worst.method != "complex step"


def test_two_mistakes_are_named_each_for_its_own_tensor():
    net = network("relu")
    given = Pass(net).gradients()
    given["dense1.bias"] = [0.0] * 4
    given["dense3.weight"] = scaled(-1, given["dense3.weight"])
    causes = {v.name: v.cause for v in wrong_tensors(check_gradients(net, X, Y, gradient=given))}
    assert causes == {
        "dense1.bias": "the gradient of dense1.bias is missing",
        "dense3.weight": "the gradient of dense3.weight has the wrong sign",
    }


def test_only_the_tensors_that_are_given_are_checked():
    net = network("relu")
    bias = Pass(net).gradients()["dense2.bias"]
    check = check_gradients(net, X, Y, gradient={"dense2.bias": bias})
    assert [v.name for v in check.verdicts] == ["dense2.bias", "all together"]
    assert check.passed
