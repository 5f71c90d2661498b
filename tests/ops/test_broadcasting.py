"""An input that was stretched collects the gradient of every place it was stretched to."""

from math import inf, isfinite

import pytest

from chainrule import arrays, ops
from chainrule.arrays.random import Generator
from chainrule.autodiff import Tensor, backward
from chainrule.errors import ShapeError
from chainrule.nn import LOSSES

SHAPES = [
    ((2, 3), (3,)),
    ((2, 3), (1, 3)),
    ((2, 3), (2, 1)),
    ((2, 1), (1, 3)),
    ((2, 3), (1, 1)),
    ((2, 3), ()),
    ((4, 2, 3), (2, 1)),
    ((1,), (2, 3)),
    ((), (2,)),
]
PAIRS = [ops.add, ops.subtract, ops.multiply, ops.divide, ops.pow, ops.maximum, ops.minimum]


def drawn(shape, number):
    return Generator(number).uniform(0.5, 2.0, shape)


def gradients(op, x, y, xp):
    tensors = [Tensor(xp.asarray(v.tolist())) for v in (x, y)]
    output = op(*tensors)
    return output.shape, backward(output, tensors, seed=xp.ones_like(output.value))


@pytest.mark.parametrize(("left", "right"), SHAPES)
@pytest.mark.parametrize("op", PAIRS, ids=lambda op: op.name)
def test_a_stretched_input_collects_what_its_copies_would_have_got(op, left, right, xp):
    x, y = drawn(left, 1), drawn(right, 2)
    shape, found = gradients(op, x, y, xp)
    full = [arrays.broadcast_to(v, shape) for v in (x, y)]
    _, apart = gradients(op, *full, xp)
    for g, one_by_one, v in zip(found, apart, (x, y), strict=True):
        assert tuple(g.shape) == v.shape
        assert total_of_copies(one_by_one, v.shape) == pytest.approx(
            g.reshape(-1).tolist(), rel=1e-13
        )


def total_of_copies(gradient, shape):
    """Which entry each copy came from is found by stretching the entries' own numbers."""
    size = 1
    for n in shape:
        size *= n
    numbers = arrays.reshape(arrays.arange(size), shape)
    origins = arrays.broadcast_to(numbers, tuple(gradient.shape)).reshape(-1).tolist()
    totals = [0.0] * size
    for origin, g in zip(origins, gradient.reshape(-1).tolist(), strict=True):
        totals[origin] += g
    return totals


@pytest.mark.parametrize(("left", "right"), SHAPES)
def test_a_choice_spreads_over_the_condition_too(left, right, xp):
    x, y = drawn(left, 1), drawn(right, 2)
    condition = xp.asarray([True, False, True]) if 3 in (*left, *right)[-1:] else xp.asarray(True)
    shape, found = gradients(lambda a, b: ops.where(condition, a, b), x, y, xp)
    assert [tuple(g.shape) for g in found] == [left, right]
    size = 1
    for n in shape:
        size *= n
    assert sum(sum(g.reshape(-1).tolist()) for g in found) == size


@pytest.mark.parametrize("op", PAIRS, ids=lambda op: op.name)
def test_a_plain_number_takes_part_on_either_side(op, xp):
    x = Tensor(xp.asarray([0.5, 2.0]))
    for output in (op(x, 3.0), op(3.0, x)):
        (g,) = backward(output, [x], seed=xp.ones_like(x.value))
        assert g.shape == (2,)


def test_a_bias_collects_over_the_rows(xp):
    b = Tensor(xp.asarray([0.5, -0.5]))
    x, w = xp.asarray([[1.0, 2.0]] * 5), xp.asarray([[1.0, 0.0], [0.0, 1.0]])
    z = ops.weighted_sum(x, w, b)
    assert backward(z.sum(), [b])[0].tolist() == [5.0, 5.0]


def test_weights_collect_over_every_axis_before_the_inputs(xp):
    x = xp.asarray([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]])
    w = Tensor(xp.asarray([[1.0, -1.0]]))
    z = ops.weighted_sum(x, w, xp.asarray([0.0]))
    assert backward(z.sum(), [w])[0].tolist() == [[16.0, 20.0]]


@pytest.mark.parametrize("loss", [ops.squared_error, ops.huber, ops.softmax_cross_entropy])
def test_a_loss_never_stretches_its_targets(loss, xp):
    with pytest.raises(ShapeError, match=r"\(3, 2\) and the targets \(3, 1\)"):
        loss(xp.zeros((3, 2)), xp.zeros((3, 1)))


@pytest.mark.parametrize(
    "op", [*(loss.op for loss in LOSSES.values()), ops.softmax, ops.log_softmax], ids=str
)
def test_one_of_several_tables_is_treated_as_it_is_alone(op, xp):
    """What is added up is added up over the last axis, however many stand before it."""
    rows, targets = [[0.5, -2.0, 3.0], [1.0, 0.25, -0.5]], [[1.0, 0.5, -1.0], [0.0, 0.25, 1.0]]
    alone = [xp.asarray(table) for table in (rows, targets)[: len(op.inputs)]]
    among = [xp.asarray([table]) for table in (rows, targets)[: len(op.inputs)]]
    assert op(*among).tolist() == [op(*alone).tolist()]
    for rule in op.rules.values():
        for function in filter(None, (rule.function, rule.sizes)):
            of_one = function(xp, op(*alone) - 2, op(*alone), *alone)
            assert function(xp, op(*among) - 2, op(*among), *among).tolist() == [of_one.tolist()]


@pytest.mark.parametrize("loss", [ops.softmax_cross_entropy, ops.sigmoid_cross_entropy], ids=str)
def test_so_it_is_where_a_class_is_ruled_out(loss):
    z, t = [[0.5, -inf, 3.0], [1.0, 0.25, -inf]], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    of_each = loss(arrays.asarray(z), arrays.asarray(t)).tolist()
    assert all(map(isfinite, of_each))
    assert loss(arrays.asarray([z]), arrays.asarray([t])).tolist() == [of_each]


def test_a_layer_says_which_sizes_do_not_fit(xp):
    w, b = xp.zeros((1, 3)), xp.zeros((1,))
    for shape in ((4, 2), (4, 3, 2)):
        with pytest.raises(ShapeError, match="takes 3 inputs and was given 2"):
            ops.weighted_sum(xp.zeros(shape), w, b)
    with pytest.raises(ShapeError, match=r"table of shape \(rows, 3\)"):
        ops.weighted_sum(xp.zeros((3,)), w, b)
