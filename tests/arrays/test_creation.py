"""Arrays out of numbers, lists and other libraries' arrays."""

from array import array
from fractions import Fraction

import pytest

import chainrule.arrays as xp
from chainrule.errors import KindError, ShapeError


@pytest.mark.parametrize(
    ("source", "shape", "kind"),
    [
        (1.5, (), xp.float64),
        ([1, 2], (2,), xp.int64),
        ([[1, 2.0], (3, 4)], (2, 2), xp.float64),
        ([True, 2], (2,), xp.int64),
        ([Fraction(1, 2), 1], (2,), xp.fraction),
        ([Fraction(1, 2), 0.5], (2,), xp.float64),
        ([], (0,), xp.float64),
        ([[], []], (2, 0), xp.float64),
        (range(3), (3,), xp.int64),
        ([range(2), [5, 6]], (2, 2), xp.int64),
        (array("d", [1, 2]), (2,), xp.float64),
        ([xp.asarray([1, 2]), [3, 4]], (2, 2), xp.int64),
        ([xp.asarray(1.0), 2], (2,), xp.float64),
    ],
)
def test_shape_and_kind_are_found_out(source, shape, kind):
    x = xp.asarray(source)
    assert (x.shape, x.dtype) == (shape, kind)
    assert all(xp.asarray(number).dtype is kind for number in x.data)


def nested(count):
    """A number within so many lists."""
    return [nested(count - 1)] if count else 1.0


WITHIN_ITSELF: list[list] = []
WITHIN_ITSELF.append(WITHIN_ITSELF)


def test_as_many_axes_as_numpy_has_are_read():
    assert xp.asarray(nested(64)).shape == (1,) * 64


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ([[1, 2], [3]], r"lengths differ on axis 1 \(found 1 and 2\)"),
        ([[1], 2], r"found 1 and a number"),
        ([1, [2]], r"numbers and lists side by side on axis 0"),
        (nested(65), "nested more than 64 deep"),
        (WITHIN_ITSELF, "nested more than 64 deep"),
    ],
)
def test_ragged_lists_are_refused(source, message):
    with pytest.raises(ShapeError, match=message):
        xp.asarray(source)


@pytest.mark.parametrize("stranger", ["text", ["1"], [None], {"a": 1}])
def test_what_is_no_number_is_refused(stranger):
    with pytest.raises(KindError, match="array of numbers was asked for and a"):
        xp.asarray(stranger)
    with pytest.raises(KindError, match="array of numbers was asked for and a"):
        xp.asarray(stranger, dtype=xp.float64)


def test_a_kind_can_be_asked_for():
    assert xp.asarray([1, 2], dtype=xp.float64).tolist() == [1.0, 2.0]
    assert xp.asarray(xp.asarray([1]), dtype=xp.fraction).dtype is xp.fraction
    x = xp.asarray([1.0])
    assert xp.asarray(x) is x


def test_filled_arrays():
    assert xp.zeros(2).tolist() == xp.empty(2).tolist() == [0.0, 0.0]
    assert xp.ones((1, 2), dtype=xp.int64).tolist() == [[1, 1]]
    assert xp.full((2,), Fraction(1, 2)).dtype is xp.fraction
    like = xp.asarray([[1, 2]])
    for make, expected in ((xp.zeros_like, 0), (xp.ones_like, 1), (xp.empty_like, 0)):
        assert make(like).tolist() == [[expected, expected]]
        assert make(like).dtype is xp.int64
    assert xp.full_like(like, 7, dtype=xp.float64).tolist() == [[7.0, 7.0]]


def test_ranges_and_grids():
    assert xp.arange(2, 8, 3).tolist() == [2, 5]
    assert xp.arange(3, 0, -1).tolist() == [3, 2, 1]
    assert xp.arange(3, 0).tolist() == []
    assert xp.arange(0, 1, 0.25).dtype is xp.float64
    assert xp.linspace(0.0, 1.0, 3).tolist() == [0.0, 0.5, 1.0]
    assert xp.linspace(0, 1, 4, endpoint=False).tolist() == [0.0, 0.25, 0.5, 0.75]
    assert xp.linspace(0, 0.1, 8)[-1].item() == 0.1
    assert xp.eye(2, 3, k=1).tolist() == [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]


@pytest.mark.extra("numpy")
def test_numpy_arrays_and_scalars_are_taken_over():
    import numpy as np

    x = xp.asarray(np.arange(6, dtype=np.float32).reshape(2, 3))
    assert (x.shape, x.dtype) == ((2, 3), xp.float64)
    assert xp.asarray([np.int64(3), np.float64(0.5)]).tolist() == [3.0, 0.5]
    assert type(xp.asarray(np.float64(0.5)).item()) is float
