"""Functions put together at random have the gradient and the curvature that is measured."""

import random

import pytest

import chainrule.ops as ops
from chainrule import arrays
from chainrule.autodiff import backward, grad
from chainrule.autodiff.tensor import Tensor

ONE = [ops.sigmoid, ops.tanh, ops.softplus, ops.silu, ops.gelu, ops.elu, ops.relu, ops.negative]
TWO = [ops.add, ops.subtract, ops.multiply, ops.maximum, ops.minimum]
START = [[0.7, -0.4, 1.3], [0.2, 0.9, -1.1]]
STEP = 1e-25


def function_number(number):
    """A function of a 2 × 3 table: each step takes earlier results, so that paths part and meet."""
    draw = random.Random(number)
    steps = []
    for count in range(1, 13):
        op = draw.choice(ONE + TWO + [ops.matmul, ops.softmax])
        steps.append((op, draw.randrange(count), draw.randrange(count)))

    def function(x):
        known = [x]
        for op, i, k in steps:
            if op is ops.matmul:
                mixed = ops.matmul(ops.matrix_transpose(known[i]), known[k])
                known.append(ops.matmul(known[i], mixed / 4))
            elif op in TWO:
                known.append(op(known[i], known[k] * 0.5))
            else:
                known.append(op(known[i]))
        return sum((ops.mean(a, axis=0) * a).sum() for a in known[-3:])

    return function


def moved(k):
    data = [complex(x) for row in START for x in row]
    data[k] += STEP * 1j
    return arrays.reshape(arrays.asarray(data), (2, 3))


@pytest.mark.parametrize("number", range(60))
def test_the_gradient_is_the_measured_one(number):
    function = function_number(number)
    ruled = grad(function)(START).reshape(-1).tolist()
    measured = [function(moved(k)).item().imag / STEP for k in range(6)]
    assert ruled == pytest.approx(measured, rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("number", range(60))
def test_the_curvature_along_a_direction_is_the_measured_one(number):
    function = function_number(number)
    ramp = arrays.asarray([[0.5, -1.0, 0.25], [1.0, 0.75, -0.5]])
    x = Tensor(START)
    (slope,) = backward(function(x), [x], differentiable=True)
    ruled = backward((slope * ramp).sum(), [x])[0].reshape(-1).tolist()
    measured = []
    for k in range(6):
        z = Tensor(moved(k))
        (g,) = backward(function(z), [z])
        measured.append((g * ramp).sum().item().imag / STEP)
    assert ruled == pytest.approx(measured, rel=1e-9, abs=1e-11)
