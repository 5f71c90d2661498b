"""Dense and Dropout: what they compute, what they are made of, what they refuse."""

from fractions import Fraction

import pytest

from chainrule import arrays
from chainrule.arrays.random import Generator
from chainrule.autodiff import Tensor, backward
from chainrule.errors import ModelFileError, OptionError, ShapeError
from chainrule.nn import ACTIVATIONS, Dense, Dropout
from chainrule.nn.layers import layer_from_dict

W, B = [[1.0, -2.0], [0.5, 3.0], [-1.0, 0.0]], [0.5, -1.0, 0.0]
X = [[3.0, 1.0], [0.0, -2.0]]


def by_hand(activation):
    z = [
        [sum(w * v for w, v in zip(row, x, strict=True)) + b for row, b in zip(W, B, strict=True)]
        for x in X
    ]
    return ACTIVATIONS[activation](arrays.asarray(z)).tolist()


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_dense_layer_is_its_neurons_side_by_side(activation):
    layer = Dense(2, 3, activation, weight=W, bias=B)
    assert layer.forward(layer.initial(Generator(0)), arrays.asarray(X)).tolist() == by_hand(
        activation
    )


def test_the_scores_are_the_weighted_sums_before_the_activation():
    layer = Dense(2, 3, "relu", weight=W, bias=B)
    z = layer.scores(layer.initial(Generator(0)), arrays.asarray(X))
    assert z.tolist() == [[1.5, 3.5, -3.0], [4.5, -7.0, 0.0]]


def test_a_dense_layer_starts_with_drawn_weights_and_biases_of_zero():
    layer = Dense(4, 3, "relu")
    start = layer.initial(Generator(0))
    assert {name: array.shape for name, array in start.items()} == layer.shapes()
    assert layer.shapes() == {"weight": (3, 4), "bias": (3,)}
    assert start["bias"].tolist() == [0.0, 0.0, 0.0]
    assert layer.initial(Generator(0))["weight"].tolist() == start["weight"].tolist()
    assert layer.initializer == "he"
    assert Dense(4, 3, "relu", initializer="zeros").initial(Generator(0))["weight"].sum() == 0


def test_given_whole_numbers_become_floats():
    start = Dense(2, 1, weight=[[1, -2]], bias=[0]).initial(Generator(0))
    assert {str(array.dtype) for array in start.values()} == {"float64"}


def test_given_exact_numbers_stay_exact():
    from fractions import Fraction

    third = Fraction(1, 3)
    layer = Dense(1, 1, "relu", weight=[[third]], bias=[third])
    x = arrays.asarray([[third]])
    assert layer.forward(layer.initial(Generator(0)), x).tolist() == [[Fraction(4, 9)]]


@pytest.mark.parametrize(
    ("arguments", "options", "error", "sentence"),
    [
        ((2, 1, "rleu"), {}, OptionError, "no activation is called 'rleu'; did you mean 'relu'"),
        ((2, 1, "zzz"), {}, OptionError, "'zzz'; choose from identity, relu"),
        ((2, 1), {"initializer": "glort"}, OptionError, "did you mean 'glorot'"),
        ((0, 1), {}, ShapeError, "whole number of inputs, from 1 on and below 2.63; found 0"),
        ((2, 10**400), {}, ShapeError, "number of neurons, from 1 on and below 2.63; found 1000"),
        ((2, -1), {}, ShapeError, "whole number of neurons, from 1 on and below 2.63; found -1"),
        ((2.0, 1), {}, ShapeError, "whole number of inputs, from 1 on and below 2.63; found 2.0"),
        ((True, 1), {}, ShapeError, "found True"),
        (
            (2, 1),
            {"weight": [[1.0], [2.0]]},
            ShapeError,
            r"weight of shape \(1, 2\); found \(2, 1\)",
        ),
        ((2, 1), {"bias": [1.0, 2.0]}, ShapeError, r"bias of shape \(1,\); found \(2,\)"),
    ],
)
def test_a_dense_layer_refuses_with_a_sentence(arguments, options, error, sentence):
    with pytest.raises(error, match=sentence):
        Dense(*arguments, **options)


def test_dropout_passes_everything_on_in_prediction():
    x = arrays.asarray(X)
    assert Dropout(0.5).forward({}, x) is x


def test_dropout_learns_with_a_mask_that_keeps_the_mean():
    layer, x = Dropout(0.25), Tensor([[1.0] * 4000])
    mask = arrays.asarray([[0.0 if u < 0.25 else 1 / 0.75 for u in Generator(0).random(4000)]])
    out = layer.forward({}, x, mask)
    assert set(out.tolist()[0]) == {0.0, 1 / 0.75}
    assert out.value.mean().item() == pytest.approx(1, abs=0.03)
    assert backward(out.sum(), [x])[0].tolist() == mask.tolist()


@pytest.mark.parametrize("rate", [-0.1, 1, 1.5, float("nan")])
def test_a_dropout_rate_is_a_probability_below_one(rate):
    with pytest.raises(OptionError, match=r"dropout rate is .*: it must be at least 0 and below 1"):
        Dropout(rate)
    assert Dropout(0).rate == 0
    assert type(Dropout(Fraction(1, 4)).rate) is float  # which a file can hold


def test_dropout_has_nothing_to_learn():
    assert Dropout(0.5).shapes() == Dropout(0.5).initial(Generator(0)) == {}


@pytest.mark.parametrize(
    "layer", [Dense(2, 3, "gelu"), Dense(1, 1, initializer="lecun"), Dropout(0.2)], ids=repr
)
def test_a_layer_is_made_again_from_its_description(layer):
    record = layer.to_dict()
    assert layer_from_dict(record).to_dict() == record
    assert repr(layer_from_dict(record)) == repr(layer)


def test_an_unknown_kind_of_layer_is_refused():
    with pytest.raises(ModelFileError, match=r"layer\.kind should be one of dense, dropout and"):
        layer_from_dict({"kind": "conv"})
    record = Dense(2, 1, "tanh").to_dict() | {"activation": "gaussian"}
    with pytest.raises(ModelFileError, match="'gaussian' is not declared here: import the file"):
        layer_from_dict(record)


@pytest.mark.extra("numpy")
def test_sizes_and_seeds_may_be_whole_numbers_of_numpy():
    import numpy as np

    layer = Dense(np.int64(2), np.int32(3))
    assert (type(layer.in_features), layer.shapes()["weight"]) == (int, (3, 2))
    assert Generator(np.int64(7)).random(2) == Generator(7).random(2)


def test_whole_numbers_that_a_layer_is_given_become_floats():
    weight = Dense(2, 1, weight=[[2, -3]]).initial(Generator(0))["weight"]
    assert (weight.tolist(), str(weight.dtype)) == ([[2.0, -3.0]], "float64")


def test_an_activation_is_known_by_what_it_computes():
    assert ACTIVATIONS.known_as("silu", ("identity", "silu")) == "silu"
    assert ACTIVATIONS.known_as("silu", ("identity", "relu")) is None
    with pytest.raises(KeyError):
        ACTIVATIONS["add"]
