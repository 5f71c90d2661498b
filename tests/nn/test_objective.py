"""The number that learning makes smaller: data loss and penalty."""

import pytest

from chainrule import arrays
from chainrule.autodiff import Tensor, backward
from chainrule.errors import KindError
from chainrule.nn import LOSSES, Architecture, Dense, FunctionStudy, mean_loss, objective, penalty

W1, W2 = [[1.0, -2.0], [0.5, 3.0]], [[-1.5, 0.25]]
NETWORK = Architecture(
    [Dense(2, 2, "tanh", weight=W1, bias=[7.0, 8.0]), Dense(2, 1, weight=W2, bias=[9.0])]
)
X, Y = arrays.asarray([[1.0, 2.0], [0.5, -1.0]]), arrays.asarray([[1.0], [0.0]])


def test_a_penalty_counts_weights_and_leaves_biases_out():
    weights = NETWORK.initial(0)
    absolute = 1 + 2 + 0.5 + 3 + 1.5 + 0.25
    squares = 1 + 4 + 0.25 + 9 + 2.25 + 0.0625
    assert penalty(weights, l1=0.1).item() == pytest.approx(0.1 * absolute, rel=1e-15)
    assert penalty(weights, l2=0.1).item() == pytest.approx(0.1 * squares, rel=1e-15)
    both = penalty(weights, l1=0.1, l2=0.01).item()
    assert both == pytest.approx(0.1 * absolute + 0.01 * squares, rel=1e-15)
    assert penalty(weights) == 0


def test_the_penalty_pulls_every_weight_towards_zero_and_no_bias():
    """d/dw (λ₁|w| + λ₂w²) = λ₁ sign w + 2 λ₂ w."""
    weights = {name: Tensor(w) for name, w in NETWORK.initial(0).items()}
    pull = backward(penalty(weights, l1=0.5, l2=0.25), list(weights.values()))
    found = dict(zip(weights, (g.tolist() for g in pull), strict=True))
    assert found["dense1.weight"] == [[1.0, -1.5], [0.75, 2.0]]
    assert found["dense2.weight"] == [[-1.25, 0.625]]
    assert found["dense1.bias"] == [0.0, 0.0]
    assert found["dense2.bias"] == [0.0]


def test_the_objective_is_the_data_loss_plus_the_penalty():
    weights, loss = NETWORK.initial(0), LOSSES["mean_squared_error"]
    plain = objective(NETWORK, loss, weights, X, Y).item()
    together = objective(NETWORK, loss, weights, X, Y, l1=0.1, l2=0.01).item()
    assert together == pytest.approx(plain + penalty(weights, l1=0.1, l2=0.01).item(), rel=1e-15)


def test_masks_reach_the_dropout_layers():
    from chainrule.nn import Dropout

    network = Architecture([Dropout(0.5), *NETWORK.layers.values()])
    weights, loss = network.initial(0), LOSSES["mean_squared_error"]
    silenced = objective(network, loss, weights, X, Y, masks={"dropout1": X * 0}).item()
    assert silenced == objective(network, loss, weights, X * 0, Y).item()
    assert objective(network, loss, weights, X, Y).item() != silenced


def test_a_row_counts_by_its_weight_and_rows_of_no_weight_lose_nothing():
    losses = arrays.asarray([1.0, 2.0, 4.0])
    assert mean_loss(losses, arrays.asarray([1.0, 0.0, 3.0])).item() == 13 / 4
    assert mean_loss(losses, arrays.asarray([1.0, 0.0, 3.0]), 8.0).item() == 13 / 8
    assert mean_loss(losses, arrays.asarray([0.0, 0.0, 0.0])).item() == 0.0


def test_a_function_may_give_a_plain_number_for_its_loss():
    study = FunctionStudy(lambda p: 2.5, {"w": [1.0, 2.0]})
    assert (study.losses().tolist(), study.rows) == ([2.5], (0,))
    with pytest.raises(KindError, match="do not depend on w"):
        study.gradients  # noqa: B018
    several = FunctionStudy(lambda p: 2.5, {name: [1.0] for name in "abcde"})
    with pytest.raises(KindError, match="do not depend on a, b, c and 2 more by"):
        several.gradients  # noqa: B018
