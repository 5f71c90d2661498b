"""An op that stands for several equals them: in value, first and second derivative."""

from decimal import Decimal

import pytest

from chainrule import arrays, ops
from chainrule.autodiff import grad, hessian

X = arrays.asarray([[1.0, -2.0, 0.5], [3.0, 0.25, -1.0]])
W = arrays.asarray([[0.5, 1.5, -0.25], [-1.0, 2.0, 0.75]])
B = arrays.asarray([0.1, -0.2])
Z = arrays.asarray([[1.5, -2.0, 0.25], [0.5, 0.3, -1.0]])
A = arrays.asarray([[0.5, 2.0, -1.0], [0.25, -0.5, 3.5]])
T = arrays.asarray([[1.0, 0.0, 0.0], [0.25, 0.5, 0.5]])
SIGNS = arrays.asarray([[1.0, -1.0, 1.0], [-1.0, 1.0, 1.0]])


def log_of_shares(z):
    return ops.log(ops.softmax(z))


def gelu(z):
    return z / 2 * (1 + ops.tanh((2 / 3.141592653589793) ** 0.5 * (z + 0.044715 * z**3)))


def surprise(z, t):
    p = ops.sigmoid(z)
    return -ops.mean(t * ops.log(p) + (1 - t) * ops.log(1 - p), axis=-1)


def huber(a, y):
    d = a - y
    size = ops.abs(d)
    return ops.mean(ops.where(size <= 1, d * d / 2, size - 0.5), axis=-1)


PAIRS = {
    "relu": (ops.relu, lambda z: ops.maximum(z, 0), Z),
    "leaky_relu": (ops.leaky_relu, lambda z: ops.maximum(z, z * 0.01), Z),
    "elu": (ops.elu, lambda z: ops.where(z > 0, z, ops.exp(z) - 1), Z),
    "sigmoid": (ops.sigmoid, lambda z: 1 / (1 + ops.exp(-z)), Z),
    "tanh": (ops.tanh, lambda z: 1 - 2 / (ops.exp(2 * z) + 1), Z),
    "softplus": (ops.softplus, lambda z: ops.log(1 + ops.exp(z)), Z),
    "gelu": (ops.gelu, gelu, Z),
    "silu": (ops.silu, lambda z: z * ops.sigmoid(z), Z),
    "softmax": (ops.softmax, lambda z: ops.exp(z) / ops.sum(ops.exp(z), axis=-1, keepdims=True), Z),
    "log_softmax": (ops.log_softmax, log_of_shares, Z),
    "mean": (ops.mean, lambda z: ops.sum(z) / 6, Z),
    "sqrt": (lambda z: ops.sqrt(z * z + 1), lambda z: (z * z + 1) ** 0.5, Z),
    "weighted_sum by x": (
        lambda x: ops.weighted_sum(x, W, B),
        lambda x: ops.matmul(x, ops.matrix_transpose(W)) + B,
        X,
    ),
    "weighted_sum by w": (
        lambda w: ops.weighted_sum(X, w, B),
        lambda w: ops.matmul(X, ops.matrix_transpose(w)) + B,
        W,
    ),
    "weighted_sum by b": (
        lambda b: ops.weighted_sum(X, W, b * b),
        lambda b: ops.matmul(X, ops.matrix_transpose(W)) + b * b,
        B,
    ),
    "squared_error": (
        lambda a: ops.squared_error(a, T),
        lambda a: ops.mean((a - T) ** 2, axis=-1),
        A,
    ),
    "absolute_error": (
        lambda a: ops.absolute_error(a, T),
        lambda a: ops.mean(ops.abs(a - T), axis=-1),
        A,
    ),
    "huber": (lambda a: ops.huber(a, T), lambda a: huber(a, T), A),
    "hinge": (
        lambda a: ops.hinge(a, SIGNS),
        lambda a: ops.mean(ops.relu(1 - SIGNS * a), axis=-1),
        A,
    ),
    "softmax_cross_entropy": (
        lambda z: ops.softmax_cross_entropy(z, T),
        lambda z: -ops.sum(T * log_of_shares(z), axis=-1),
        Z,
    ),
    "softmax_cross_entropy by its targets": (
        lambda t: ops.softmax_cross_entropy(Z * t, t),
        lambda t: -ops.sum(t * log_of_shares(Z * t), axis=-1),
        T,
    ),
    "sigmoid_cross_entropy": (
        lambda z: ops.sigmoid_cross_entropy(z, T),
        lambda z: surprise(z, T),
        Z,
    ),
    "sigmoid_cross_entropy by its targets": (
        lambda t: ops.sigmoid_cross_entropy(Z * t, t),
        lambda t: surprise(Z * t, t),
        T,
    ),
}


def weighed(function):
    """A single number that feels every entry of the result, and its curvature, differently."""

    def total(x):
        result = function(x)
        count = 1
        for size in result.shape:
            count *= size
        ramp = arrays.reshape(arrays.linspace(0.5, 1.5, count), result.shape)
        return (result * result * ramp + result * ramp).sum()

    return total


@pytest.mark.parametrize("name", PAIRS)
def test_a_fused_op_equals_its_composition(name):
    fused, composed, x = PAIRS[name]
    assert fused(x).shape == composed(x).shape
    same(fused(x), composed(x))
    same(grad(weighed(fused))(x), grad(weighed(composed))(x))
    same(hessian(weighed(fused))(x), hessian(weighed(composed))(x))


def same(one, other):
    first, second = one.reshape(-1).tolist(), other.reshape(-1).tolist()
    assert first == pytest.approx(second, rel=1e-11, abs=1e-12)


def test_a_composition_that_is_not_the_op_is_told_apart():
    with pytest.raises(AssertionError):
        same(hessian(weighed(ops.silu))(Z), hessian(weighed(ops.gelu))(Z))


def test_the_fused_loss_keeps_digits_where_the_composition_loses_them():
    """At a score of 40 the share of no is 4e-18: the composition computes the logarithm of 0."""
    z, t = arrays.asarray([[40.0]]), arrays.asarray([[0.0]])
    assert ops.sigmoid_cross_entropy(z, t).item() == pytest.approx(40, rel=1e-15)
    assert surprise(z, t).item() == float("inf")


def test_the_composition_agrees_to_fifty_digits_as_well():
    z, t = (arrays.asarray([[Decimal(x) for x in row]]) for row in (("0.3", "-1"), ("1", "0")))
    fused, composed = ops.sigmoid_cross_entropy(z, t).item(), surprise(z, t).item()
    assert abs(fused - composed) < Decimal("1e-26")
