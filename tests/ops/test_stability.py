"""Far out, every activation and loss has a finite value and a finite gradient, without warning."""

import math

import pytest

from chainrule import arrays, ops
from chainrule.autodiff import PRIMITIVES, Tensor, backward, grad
from chainrule.nn import ACTIVATIONS, LOSSES

FAR = [-1000.0, -709.8, -40.0, 0.0, 40.0, 709.8, 1000.0]
NAMESPACES = ["lists", pytest.param("numpy", marks=pytest.mark.extra("numpy"))]


@pytest.fixture(params=NAMESPACES)
def asarray(request):
    if request.param == "lists":
        return arrays.asarray
    import numpy as np

    return np.asarray


def finite(array):
    return all(map(math.isfinite, array.reshape(-1).tolist()))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_is_finite_far_out(name, asarray):
    z = Tensor(asarray([FAR, FAR[::-1]]))
    a = ACTIVATIONS[name](z)
    (slope,) = backward(a, [z], seed=asarray([[1.0] * len(FAR)] * 2))
    assert finite(a.value)
    assert finite(slope)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_curvature_of_an_activation_is_finite_far_out(name, asarray):
    z = Tensor(asarray([FAR]))
    (slope,) = backward(
        ACTIVATIONS[name](z), [z], seed=asarray([[1.0] * len(FAR)]), differentiable=True
    )
    (bend,) = backward((slope * slope).sum(), [z])
    assert finite(bend)


@pytest.mark.parametrize("target", [-1.0, 0.0, 1.0])
@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_finite_far_out(name, target, asarray):
    a, y = Tensor(asarray([FAR])), asarray([[target] * len(FAR)])
    loss = LOSSES[name].op(a, y)
    (slope,) = backward(loss, [a], seed=asarray([1.0]))
    assert finite(loss.value)
    assert finite(slope)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("sigmoid", 0, 1),
        ("tanh", -1, 1),
        ("relu", 0, 1000),
        ("elu", -1, 1000),
        ("softplus", 0, 1000),
        ("gelu", 0, 1000),
        ("silu", 0, 1000),
        ("leaky_relu", -10, 1000),
    ],
)
def test_far_out_an_activation_takes_its_limit(name, low, high, asarray):
    a = PRIMITIVES[name](asarray([-1000.0, 1000.0])).tolist()
    assert a == pytest.approx([low, high], abs=1e-300)


def test_a_hopeless_score_costs_its_distance(asarray):
    z, t = asarray([[1000.0, -1000.0]]), asarray([[0.0, 1.0]])
    assert PRIMITIVES["softmax_cross_entropy"](z, t).tolist() == [2000.0]
    assert PRIMITIVES["sigmoid_cross_entropy"](z, t).tolist() == [1000.0]


def test_log_softmax_keeps_shares_that_are_too_small_to_hold(asarray):
    assert PRIMITIVES["log_softmax"](asarray([[0.0, -1000.0]])).tolist() == [[0.0, -1000.0]]
    assert PRIMITIVES["softmax"](asarray([[0.0, -1000.0]])).tolist() == [[1.0, 0.0]]


@pytest.mark.parametrize("z", [-1.0, -15.0, -40.0, -300.0])
def test_the_slope_of_elu_keeps_its_digits_far_below_zero(z):
    assert grad(lambda w: ops.elu(w, alpha=0.5))(z) == pytest.approx(0.5 * math.exp(z), rel=1e-15)
