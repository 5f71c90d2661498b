"""A tensor answers like the array it holds, and keeps its place on the tape."""

import math

import pytest

import chainrule.ops as ops
from chainrule import arrays
from chainrule.autodiff import Tensor, backward
from chainrule.errors import ChainruleError, KindError, ShapeError

X = [[1.0, -2.0], [0.5, 4.0]]


def test_a_tensor_has_the_shape_and_kind_of_its_value():
    x = Tensor(X, name="x")
    assert (x.shape, x.ndim, str(x.dtype), len(x), x.name) == ((2, 2), 2, "float64", 2, "x")
    assert x.tolist() == X
    assert x.size == 4
    assert x.T.tolist() == x.mT.tolist() == [[1.0, 0.5], [-2.0, 4.0]]
    with pytest.raises(ShapeError, match="not a matrix"):
        _ = x[0].T
    assert [row.tolist() for row in x] == X
    assert Tensor(3.0).item() == 3.0


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (lambda x: x + 1, 3.0),
        (lambda x: 1 + x, 3.0),
        (lambda x: x - 1, 1.0),
        (lambda x: 1 - x, -1.0),
        (lambda x: x * 3, 6.0),
        (lambda x: 3 * x, 6.0),
        (lambda x: x / 4, 0.5),
        (lambda x: 4 / x, 2.0),
        (lambda x: x**3, 8.0),
        (lambda x: 3**x, 9.0),
        (lambda x: -x, -2.0),
        (lambda x: +x, 2.0),
        (lambda x: abs(-x), 2.0),
    ],
)
def test_every_operator_works_from_both_sides(operation, expected):
    result = operation(Tensor(2.0))
    assert type(result) is Tensor
    assert result.item() == expected


def test_an_array_and_a_tensor_mix_in_any_order():
    x, array = Tensor(X), arrays.asarray(X)
    for result in (x + array, array + x, array * x, array @ x, x @ array, array - x, array / x):
        assert type(result) is Tensor
    assert (array @ x).tolist() == (array @ array).tolist()
    assert (array - 2 * x).tolist() == (-array).tolist()


@pytest.mark.extra("numpy")
def test_numpy_arrays_and_numbers_leave_mixed_operators_to_the_tensor():
    import numpy as np

    array = np.asarray(X)
    x = Tensor(array)
    for result in (array + x, array @ x, array / x, np.float64(2.0) * x, array - x):
        assert type(result) is Tensor
        assert type(result.value) is np.ndarray
    assert (array < x).tolist() == [[False, False], [False, False]]
    with pytest.raises(KindError, match=r"ufunc np.exp was asked .* use cr.exp"):
        np.exp(x)
    with pytest.raises(KindError, match=r"np.hypot was asked .* chainrule's own ops"):
        np.hypot(x, x)


@pytest.mark.extra("numpy")
@pytest.mark.parametrize("library", ["numpy", "lists"])
def test_masks_and_index_arrays_of_numpy_pick_entries(library):
    import numpy as np

    x = Tensor(np.asarray([2.0, 3.0, 5.0]) if library == "numpy" else [2.0, 3.0, 5.0])
    for key, picked, slope in (
        (np.asarray([False, True, True]), [3.0, 5.0], [0.0, 1.0, 1.0]),
        (np.asarray([0, 0, 2]), [2.0, 2.0, 5.0], [2.0, 0.0, 1.0]),
        (x > 2.5, [3.0, 5.0], [0.0, 1.0, 1.0]),
        (np.int64(1), 3.0, [0.0, 1.0, 0.0]),
        ((np.int64(-1),), 5.0, [0.0, 0.0, 1.0]),
    ):
        assert x[key].tolist() == picked
        assert backward(x[key].sum(), [x])[0].tolist() == slope


def test_comparisons_give_truth_values_without_a_trace():
    x = Tensor([1.0, 2.0, 3.0])
    assert (x < 2).tolist() == [True, False, False]
    assert (x <= 2).tolist() == [True, True, False]
    assert (x > 2).tolist() == [False, False, True]
    assert (x >= 2).tolist() == [False, True, True]
    assert (x == 2).tolist() == [False, True, False]
    assert (x != 2).tolist() == [True, False, True]
    assert (arrays.asarray(2.0) > x).tolist() == [True, False, False]
    assert type(x < 2) is not Tensor


def test_a_branch_on_a_tensor_is_taken_by_its_value():
    w = Tensor(2.0)
    loss = w * 3 if w > 0 else w * 5
    assert backward(loss, [w])[0].item() == 3.0
    assert bool(Tensor(0.0)) is False
    with pytest.raises(ShapeError, match="single number"):
        bool(Tensor(X))


def test_a_tensor_has_a_place_of_its_own_in_a_dict():
    one, other = Tensor(1.0), Tensor(1.0)
    assert {one: "one", other: "other"}[other] == "other"


@pytest.mark.parametrize("function", [math.exp, math.sqrt, float])
def test_a_tensor_does_not_become_a_plain_float_by_accident(function):
    with pytest.raises(KindError, match=r"cr\.exp for math\.exp") as caught:
        function(Tensor(1.0))
    assert isinstance(caught.value, ChainruleError)
    assert isinstance(caught.value, TypeError)


def test_a_tensor_of_a_tensor_is_refused():
    with pytest.raises(KindError, match="asked to hold a tensor"):
        Tensor(Tensor(1.0))


def test_a_tensor_says_what_it_is():
    w = Tensor(2.0, name="w")
    assert repr(w) == "Tensor(2.0, w)"
    assert repr(w * 3) == "Tensor(6.0, made by multiply)"


def test_sums_means_and_shapes_are_ops():
    x = Tensor(X)
    assert x.sum().item() == 3.5
    assert x.sum(axis=0).tolist() == [1.5, 2.0]
    assert x.mean(axis=1, keepdims=True).tolist() == [[-0.5], [2.25]]
    assert x.max().item() == 4.0
    assert x.max(axis=1).tolist() == [1.0, 4.0]
    assert x.reshape(4).tolist() == x.reshape((4,)).tolist() == [1.0, -2.0, 0.5, 4.0]
    assert x.reshape(4, 1).shape == (4, 1)
    assert ops.exp(x).origin.primitive is ops.exp


@pytest.mark.parametrize("name", ["sum", "mean", "max"])
def test_a_method_that_takes_an_axis_together_drops_it_unless_it_is_to_be_kept(name):
    method = getattr(Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), name)
    assert method().shape == ()
    assert method(axis=0).shape == (3,)
    assert method(axis=1, keepdims=True).shape == (2, 1)
