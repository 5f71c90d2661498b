"""Which loss goes with which output, and what it makes of it."""

import pytest

from chainrule import arrays
from chainrule.autodiff import Tensor, backward
from chainrule.errors import OptionError
from chainrule.nn import (
    LOSSES,
    Architecture,
    Dense,
    choose_loss,
    encode_targets,
    example_losses,
    objective,
)
from chainrule.nn.layers import ACTIVATIONS

FUSED = {"cross_entropy": "softmax", "binary_cross_entropy": "sigmoid"}
SUITED = {link: name for name, link in FUSED.items()} | {"log_softmax": "cross_entropy"}


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_without_a_name_the_output_chooses(activation):
    assert choose_loss(None, activation, 3).name == SUITED.get(activation, "mean_squared_error")


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("name", LOSSES)
def test_a_cross_entropy_takes_its_own_output_or_scores_and_nothing_else(name, activation):
    if name in FUSED and activation != "identity" and SUITED.get(activation) != name:
        with pytest.raises(OptionError, match=f"{name} needs a {FUSED[name]} output"):
            choose_loss(name, activation, 3)
    else:
        assert choose_loss(name, activation, 3) is LOSSES[name]


def test_cross_entropy_of_a_single_output_is_refused_with_the_way_out():
    with pytest.raises(OptionError, match=r"at least 2 outputs.*binary_cross_entropy"):
        choose_loss(None, "softmax", 1)


def test_an_unknown_loss_is_refused_with_the_nearest():
    with pytest.raises(OptionError, match="did you mean 'mean_squared_error'"):
        choose_loss("mean_square_error", "identity", 1)


# torch.nn.functional of PyTorch 2.13.0 in float64 at these scores: the mean over the batch and its
# gradient (cross_entropy, binary_cross_entropy_with_logits, mse_loss, l1_loss, huber_loss).
Z = [[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]]
T = [[0.0, 1.0, 0.0], [0.25, 0.5, 0.25]]
PYTORCH = {
    "cross_entropy": (
        2.3797419530321906,
        [
            [0.08764519607001835, -0.4804437133646563, 0.39279851729463794],
            [0.23422017057553246, -0.1470816980011742, -0.08713847257435825],
        ],
    ),
    "binary_cross_entropy": (
        1.169331731119633,
        [
            [0.10374322186697577, -0.12184309643833414, 0.14679951299631372],
            [0.09459574603227394, 0.010362750147633012, 0.011803550137434504],
        ],
    ),
    "mean_squared_error": (1.8125, [[1 / 6, -2 / 3, 2 / 3], [5 / 12, -1 / 12, -1 / 3]]),
    "mean_absolute_error": (7 / 6, [[1 / 6, -1 / 6, 1 / 6], [1 / 6, -1 / 6, -1 / 6]]),
    "huber": (0.734375, [[1 / 12, -1 / 6, 1 / 6], [1 / 6, -1 / 24, -1 / 6]]),
}


def scores_network(activation):
    """Inputs that come out as the scores: the weights are the unit matrix."""
    unit = [[float(i == k) for k in range(3)] for i in range(3)]
    return Architecture([Dense(3, 3, activation, weight=unit)])


@pytest.mark.parametrize("name", PYTORCH)
def test_the_objective_and_its_gradient_are_those_of_pytorch(name):
    network = scores_network(FUSED.get(name, "identity"))
    z = Tensor(Z)
    total = objective(network, LOSSES[name], network.initial(0), z, arrays.asarray(T))
    value, slopes = PYTORCH[name]
    assert total.item() == pytest.approx(value, rel=1e-14)
    found = backward(total, [z])[0].tolist()
    for row, expected in zip(found, slopes, strict=True):
        assert row == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", FUSED)
def test_an_identity_output_under_a_cross_entropy_means_scores(name):
    x, t = arrays.asarray(Z), arrays.asarray(T)
    losses = [
        example_losses(network, LOSSES[name], network.initial(0), x, t).tolist()
        for network in (scores_network("identity"), scores_network(FUSED[name]))
    ]
    assert losses[0] == losses[1]


def test_hinge_by_hand():
    """max(0, 1 - y·a) with y = ±1: 1 - 0.5 = 0.5, 1 - 2 < 0, 1 + 0.25 = 1.25; mean over outputs."""
    network = scores_network("identity")
    x = arrays.asarray([[0.5, -2.0, -0.25]])
    t = encode_targets(arrays.asarray([[1, 0, 1]]), LOSSES["hinge"], 3, x)
    a = Tensor(x)
    loss = objective(network, LOSSES["hinge"], network.initial(0), a, t)
    assert loss.item() == pytest.approx((0.5 + 1.25) / 3, rel=1e-15)
    assert backward(loss, [a])[0].tolist()[0] == pytest.approx([-1 / 3, 0, -1 / 3])


@pytest.mark.parametrize("name", LOSSES)
def test_a_batch_loss_is_the_mean_of_its_examples(name):
    network = scores_network(FUSED.get(name, "identity"))
    x, t = arrays.asarray(Z), arrays.asarray(T)
    each = example_losses(network, LOSSES[name], network.initial(0), x, t)
    assert each.shape == (2,)
    total = objective(network, LOSSES[name], network.initial(0), x, t)
    assert total.item() == pytest.approx(sum(each.tolist()) / 2, rel=1e-15)
