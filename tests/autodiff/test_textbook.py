"""Worked examples from outside, number by number."""

from math import exp

import pytest

import chainrule.ops as ops
from chainrule import arrays
from chainrule.autodiff import Tensor, backward


def test_one_neuron_on_paper():
    """x = 2, w = 1.5, b = 0.5, y = 4, identity, squared error."""
    w, b = Tensor([[1.5]]), Tensor([0.5])
    x, y = arrays.asarray([[2.0]]), arrays.asarray([[4.0]])
    z = ops.weighted_sum(x, w, b)
    a = ops.identity(z)
    loss = ops.mean(ops.squared_error(a, y))
    assert (z.item(), a.item(), loss.item()) == (3.5, 3.5, 0.25)
    found = backward(loss, [a, z, w, b])
    assert [g.item() for g in found] == [-1.0, -1.0, -2.0, -1.0]


# M. Mazur, "A Step by Step Backpropagation Example" (2015), with his numbers and his rounding.
INPUTS, TARGETS = [[0.05, 0.10]], [[0.01, 0.99]]
HIDDEN, OUTPUT = [[0.15, 0.20], [0.25, 0.30]], [[0.40, 0.45], [0.50, 0.55]]
HIDDEN_BIAS, OUTPUT_BIAS = [0.35, 0.35], [0.60, 0.60]
ERROR = 0.298371109
SLOPES = {("output", 0, 0): 0.082167041, ("hidden", 0, 0): 0.000438568}
AFTER_ONE_STEP = {
    ("hidden", 0, 0): 0.149780716,
    ("hidden", 0, 1): 0.19956143,
    ("hidden", 1, 0): 0.24975114,
    ("hidden", 1, 1): 0.29950229,
    ("output", 0, 0): 0.35891648,
    ("output", 0, 1): 0.408666186,
    ("output", 1, 0): 0.511301270,
    ("output", 1, 1): 0.561370121,
}


def mazur():
    weights = {"hidden": Tensor(HIDDEN), "output": Tensor(OUTPUT)}
    x, y = arrays.asarray(INPUTS), arrays.asarray(TARGETS)
    h = ops.sigmoid(ops.weighted_sum(x, weights["hidden"], arrays.asarray(HIDDEN_BIAS)))
    o = ops.sigmoid(ops.weighted_sum(h, weights["output"], arrays.asarray(OUTPUT_BIAS)))
    loss = ops.mean(ops.squared_error(o, y))
    gradients = dict(zip(weights, backward(loss, list(weights.values())), strict=True))
    return h, o, loss, weights, gradients


def test_mazurs_network_forward():
    """His error, the sum of half squares over two outputs, is the mean square over two outputs."""
    h, o, loss, _, _ = mazur()
    assert h.tolist()[0] == pytest.approx([0.593269992, 0.596884378], abs=5e-10)
    assert o.tolist()[0] == pytest.approx([0.75136507, 0.772928465], abs=5e-9)
    assert loss.item() == pytest.approx(ERROR, abs=5e-10)
    halves = sum((y - a) ** 2 / 2 for a, y in zip(o.tolist()[0], TARGETS[0], strict=True))
    assert halves == pytest.approx(ERROR, abs=5e-10)


@pytest.mark.parametrize(("layer", "neuron", "source"), SLOPES)
def test_mazurs_network_backward(layer, neuron, source):
    gradients = mazur()[-1]
    found = gradients[layer].tolist()[neuron][source]
    assert found == pytest.approx(SLOPES[layer, neuron, source], abs=5e-10)


@pytest.mark.parametrize(("layer", "neuron", "source"), AFTER_ONE_STEP)
def test_mazurs_weights_after_one_step_with_learning_rate_one_half(layer, neuron, source):
    *_, weights, gradients = mazur()
    updated = (weights[layer].value - gradients[layer] * 0.5).tolist()[neuron][source]
    assert updated == pytest.approx(AFTER_ONE_STEP[layer, neuron, source], abs=5e-9)


def test_reverse_mode_on_the_example_of_the_survey():
    """Baydin et al. (2018), table 3: y = ln x1 + x1 x2 - sin x2 at (2, 5), here without the sine.

    ∂y/∂x1 = 1/x1 + x2 = 5.5; ∂y/∂x2 = x1 = 2.
    """
    x1, x2 = Tensor(2.0), Tensor(5.0)
    found = backward(ops.log(x1) + x1 * x2, [x1, x2])
    assert [g.item() for g in found] == [5.5, 2.0]


def test_the_slope_of_the_logistic_function_at_zero_is_a_quarter():
    z = Tensor(0.0)
    assert backward(ops.sigmoid(z), [z])[0].item() == 0.25
    assert backward(ops.sigmoid(Tensor(1.0) * z), [z])[0].item() == 0.25
    far = Tensor(10.0)
    expected = exp(-10) / (1 + exp(-10)) ** 2
    assert backward(ops.sigmoid(far), [far])[0].item() == pytest.approx(expected, rel=1e-11)
