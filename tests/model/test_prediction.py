"""From outputs to an answer: a class, on which side of the threshold, and how probable it is."""

from math import log

import pytest

import chainrule.arrays as xp
from chainrule.errors import OptionError
from chainrule.model.prediction import chosen_classes, probabilities
from chainrule.nn import choose_loss

LITTLE = 2.0**-40


@pytest.mark.parametrize("threshold", [0.5, 0.0])
def test_an_output_says_yes_above_the_threshold_and_no_at_it(threshold):
    outputs = [threshold - LITTLE, threshold, threshold + LITTLE]
    alone = xp.asarray([[output] for output in outputs])
    assert chosen_classes(alone, threshold).tolist() == [0, 0, 1]
    assert chosen_classes(alone, threshold, multi_label=True).tolist() == [0, 0, 1]
    assert chosen_classes(xp.asarray([outputs]), threshold, multi_label=True).tolist() == [
        [0, 0, 1]
    ]


def test_of_several_outputs_the_first_of_the_largest_is_the_class():
    assert chosen_classes(xp.asarray([[0.1, 0.4, 0.4], [0.6, 0.2, 0.2]]), 0.5).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("loss", "activation", "z", "shares"),
    [
        ("cross_entropy", "identity", [0.0, log(3)], [0.25, 0.75]),
        ("binary_cross_entropy", "identity", [log(3)], [0.25, 0.75]),
        ("binary_cross_entropy", "identity", [0.0, log(3)], [0.5, 0.75]),
        ("mean_squared_error", "softmax", [0.0, log(3)], [0.25, 0.75]),
        ("mean_squared_error", "sigmoid", [log(3)], [0.25, 0.75]),
        ("mean_squared_error", "sigmoid", [0.0, log(3)], [0.5, 0.75]),
    ],
)
def test_scores_are_made_probabilities_as_the_loss_or_else_the_activation_says(
    loss, activation, z, shares
):
    found = probabilities(xp.asarray([z]), choose_loss(loss, activation, len(z)), activation)
    assert found.tolist() == [pytest.approx(shares)]


@pytest.mark.parametrize(
    ("loss", "activation"), [("mean_squared_error", "relu"), ("hinge", "identity")]
)
def test_what_neither_makes_probabilities_of_is_refused_by_both_names(loss, activation):
    with pytest.raises(OptionError, match=f"an? {activation} output and {loss}"):
        probabilities(xp.asarray([[1.0, 2.0]]), choose_loss(loss, activation, 2), activation)
