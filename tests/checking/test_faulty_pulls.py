"""Each deliberate mistake about a logistic or softmax output is the formula it is named for."""

import math
from functools import partial

import pytest

from chainrule import arrays, ops
from chainrule.autodiff import Tensor
from chainrule.checking import faulty_pulls as faulty

Z, T, G = [0.75, -1.5], [1.0, 0.25], [2.0, -3.0]
A = [1 / (1 + math.exp(-z)) for z in Z]


@pytest.mark.parametrize(
    ("share", "formula"),
    [
        (faulty.only_a, lambda a: a),
        (faulty.only_one_less_a, lambda a: 1 - a),
        (faulty.softmax_alone, lambda a: a * (1 - a)),
    ],
)
def test_a_wrong_derivative_of_the_logistic(share, formula):
    expected = [g * formula(a) for g, a in zip(G, A, strict=True)]
    tensor = ops.sigmoid(Tensor(arrays.asarray(Z)))
    assert share(tensor, 0, arrays.asarray(G)).tolist() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("share", "formula"),
    [
        (faulty.link_again, lambda a, t: (a - t) * a * (1 - a)),
        (faulty.only_sigmoid_left_out, lambda a, t: (a - t) / (a * (1 - a))),
        (partial(faulty.one_term, yes=1, no=0), lambda a, t: -t * (1 - a)),
        (partial(faulty.one_term, yes=0, no=1), lambda a, t: (1 - t) * a),
    ],
)
def test_a_wrong_derivative_of_the_fused_binary_cross_entropy(share, formula):
    expected = [g * formula(a, t) for g, a, t in zip(G, A, T, strict=True)]
    z, t = (arrays.asarray([[value] for value in values]) for values in (Z, T))
    tensor = ops.sigmoid_cross_entropy(Tensor(z), t)
    slopes = share(tensor, 0, arrays.asarray(G)).tolist()
    assert [row[0] for row in slopes] == pytest.approx(expected)


def test_a_softmax_that_is_differentiated_share_by_share():
    shares = [math.exp(z) / sum(map(math.exp, Z)) for z in Z]
    tensor = ops.softmax_cross_entropy(Tensor(arrays.asarray([Z])), arrays.asarray([T]))
    seed = arrays.asarray([2.0])
    alone = faulty.softmax_loss_alone(tensor, 0, seed).tolist()[0]
    assert alone == pytest.approx([-2 * t * (1 - p) for t, p in zip(T, shares, strict=True)])
    handed_on = faulty.only_softmax_left_out(tensor, 0, seed).tolist()[0]
    assert handed_on == pytest.approx([-2 * t / p for t, p in zip(T, shares, strict=True)])
    again = faulty.link_again(tensor, 0, seed).tolist()[0]
    expected = [2 * (p * sum(T) - t) * p * (1 - p) for t, p in zip(T, shares, strict=True)]
    assert again == pytest.approx(expected)


@pytest.mark.parametrize("axis", [{}, {"axis": None}, {"axis": 0}, {"axis": -1}, {"axis": 1}])
def test_of_rows_taken_twice_the_last_share_stands_along_every_axis(axis):
    of_rows, table = axis.get("axis") in (None, 0), axis.get("axis", 0) is not None
    shares, last = [[1.0, 2.0], [3.0, -1.0], [2.0, 6.0]], [[3.0, -1.0], [2.0, 6.0]]
    if not table:
        shares, last = [row[0] for row in shares], [row[0] for row in last]
    elif not of_rows:
        shares, last = (
            [*map(list, zip(*shares, strict=True))],
            [*map(list, zip(*last, strict=True))],
        )

    def taken(w):
        return ops.take(w, indices=[0, 0, 1], **axis)

    start = arrays.asarray([[0.5, -1.0], [1.5, 2.0]] if table else [0.5, -1.0])
    node = taken(Tensor(start))
    assert faulty.last_row_taken(node, 0, arrays.asarray(shares)).tolist() == last


@pytest.mark.parametrize("shape", [(2,), (1, 2), (2, 1)])
def test_what_came_back_to_all_neurons_is_handed_to_each_input(shape):
    w, b = arrays.asarray([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), arrays.asarray([0.5, -0.5])
    x, g = (arrays.reshape(arrays.asarray(v), (*shape, -1)) for v in ([0.5] * 6, [*G, 7.0, 8.0]))
    handed = faulty.without_weights(ops.weighted_sum(Tensor(x), w, b), 0, g)
    assert arrays.reshape(handed, (2, 3)).tolist() == [[-1.0] * 3, [15.0] * 3]
