"""Ops on plain Python numbers give plain Python numbers of the same kind."""

import math
import re
from decimal import Decimal
from fractions import Fraction

import pytest

from chainrule import arrays, ops
from chainrule.autodiff import PRIMITIVES, Tensor, grad
from chainrule.errors import KindError, ShapeError
from chainrule.nn import ACTIVATIONS

SCALAR = [op for op in PRIMITIVES.values() if all(not isinstance(x, list) for x in op.samples[0])]


@pytest.mark.parametrize("op", SCALAR, ids=lambda op: op.name)
def test_floats_give_a_float(op):
    values = op.samples[0]
    result = op(*values, **op.sample_options[0])
    assert type(result) in (float, bool)
    expected = op(*map(arrays.asarray, values), **op.sample_options[0]).item()
    assert result == expected


def test_numbers_that_an_op_gives_axes_become_an_array():
    assert ops.stack([1.0, 2.0]).tolist() == [1.0, 2.0]
    assert ops.reshape(3.0, shape=(1, 1)).tolist() == [[3.0]]
    assert ops.broadcast_to(3.0, shape=(2,)).tolist() == [3.0, 3.0]


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        (lambda: ops.exp(1j * math.pi), complex),
        (lambda: ops.relu(Fraction(-1, 3)), Fraction),
        (lambda: ops.leaky_relu(Fraction(-1, 3)), Fraction),
        (lambda: ops.add(Fraction(1, 3), 1), Fraction),
        (lambda: ops.pow(Fraction(2, 3), 2), Fraction),
        (lambda: ops.exp(Decimal(1)), Decimal),
        (lambda: ops.gelu(Decimal(1)), Decimal),
        (lambda: ops.multiply(2, 3), int),
        (lambda: ops.sqrt(4), float),
        (lambda: ops.less(2, 3), bool),
        (lambda: ops.where(True, Fraction(1, 2), 0), Fraction),
        (lambda: ops.exp(arrays.Symbol("z")), arrays.Symbol),
    ],
)
def test_the_kind_of_a_number_is_kept(result, kind):
    assert type(result()) is kind


def test_leaky_relu_of_a_third_is_exact():
    assert ops.leaky_relu(Fraction(-1, 3)) == Fraction(-1, 300)


def test_a_list_of_numbers_becomes_an_array():
    assert ops.softmax([0.0, 0.0]).tolist() == [0.5, 0.5]
    assert ops.sum([1.0, 2.0]).tolist() == 3.0
    assert ops.matmul([[1.0, 2.0]], [[3.0], [4.0]]).tolist() == [[11.0]]


@pytest.mark.parametrize("op", [*ACTIVATIONS.values(), ops.exp], ids=lambda op: op.name)
def test_a_word_is_refused_with_a_sentence(op):
    with pytest.raises(KindError, match="str"):
        op("a")


def test_what_a_kind_cannot_do_says_so():
    with pytest.raises(KindError, match=r"exp was asked of fraction numbers.*astype"):
        ops.exp(Fraction(1, 2))


def test_options_can_be_given_by_position_as_in_the_array_standard():
    x = arrays.asarray([[1.0, 2.0]])
    assert ops.reshape(x, (2, 1)).tolist() == [[1.0], [2.0]]
    assert ops.permute_dims(x, (1, 0)).tolist() == [[1.0], [2.0]]
    assert ops.concat([x, x], axis=1).tolist() == [[1.0, 2.0, 1.0, 2.0]]


def test_inputs_can_be_given_by_name_and_keep_their_gradients():
    assert grad(lambda w: ops.add(1.0, y=w))(2.0) == 1.0
    assert grad(lambda w: ops.multiply(y=w, x=w))(3.0) == 6.0
    assert grad(lambda w: ops.where(True, y=0.0, x=w))(3.0) == 1.0
    assert grad(lambda w: ops.concat(arrays=[w, w]).sum())([1.0]).tolist() == [2.0]


def test_another_number_of_arguments_is_refused_with_what_the_op_takes():
    with pytest.raises(KindError, match="exp was given 2 arguments; it takes x"):
        ops.exp(1.0, 2.0)
    with pytest.raises(KindError, match="multiply was given 1 argument; it takes x, y"):
        ops.multiply(y=2.0)
    with pytest.raises(KindError, match="sum was given 1 argument; it takes x, axis, keepdims"):
        ops.sum(axis=0)
    with pytest.raises(KindError, match="reshape was given 3 arguments; it takes x, shape"):
        ops.reshape(arrays.asarray([1.0]), (1,), (1,))
    with pytest.raises(KindError, match="add was given `x1`; it takes x, y"):
        ops.add(x1=1.0, x2=2.0)
    with pytest.raises(KindError, match=r"concat takes arrays in a list; found \(3,\)"):
        ops.concat(arrays=3)


def test_axes_that_are_none_of_the_array_are_refused_as_they_were_asked():
    x = [[1.0, 2.0]]
    for axes, said in (((-3, 0), "axis -3 "), ((-1, 1), r"by \(-1, 1\)")):
        with pytest.raises(ShapeError, match=said):
            ops.permute_dims(x, axes=axes)


@pytest.mark.extra("numpy")
@pytest.mark.parametrize("kind", ["list", "array", "tensor"])
@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda x: ops.huber(x, x, delta="a"), "delta='a': give it as in delta=1 or delta=2.0"),
        (lambda x: ops.elu(x, alpha="a"), "alpha='a': give it as in alpha=1 or alpha=0.5"),
        (lambda x: ops.softmax(x, axis=0), "softmax was given `axis`; it takes no options"),
        (lambda x: ops.leaky_relu(x, alpha=0.1), "was given `alpha`; it takes slope"),
    ],
)
def test_an_odd_option_is_named_with_one_that_does(call, said, kind):
    import numpy as np

    x = [[1.0, 2.0]] if kind == "list" else np.asarray([[1.0, 2.0]])
    with pytest.raises(KindError, match=re.escape(said)):
        call(Tensor(x) if kind == "tensor" else x)


@pytest.mark.extra("numpy")
@pytest.mark.parametrize("op", [ops.sum, ops.mean, ops.max, ops.logsumexp])
def test_an_axis_in_a_list_is_named_as_the_odd_option(op):
    import numpy as np

    with pytest.raises(KindError, match=r"axis=\[0\]: give it as in axis=None or axis=0"):
        op(np.ones((2, 2)), axis=[0])
    with pytest.raises(Exception, match="out of bounds"):  # NumPy says it well
        op(np.ones((2, 2)), axis=5)
