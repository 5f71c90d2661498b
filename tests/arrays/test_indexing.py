"""What a key in square brackets picks."""

import pytest

import chainrule.arrays as xp
from chainrule.errors import KindError, ShapeError

CUBE = xp.reshape(xp.arange(24), (2, 3, 4))
KEYS = [
    1,
    -1,
    slice(None),
    slice(1, None),
    slice(None, None, -1),
    slice(5, 9),
    (0, 1),
    (0, -1, 2),
    (slice(None), 1),
    (slice(None), slice(2, 0, -1), slice(0, 4, 3)),
    (..., 2),
    (1, ..., 0),
    ...,
    (),
    (None, 0),
    (0, None, slice(1, 3)),
    (..., None),
]


@pytest.mark.extra("numpy")
@pytest.mark.parametrize("key", KEYS, ids=str)
def test_keys_pick_what_they_pick_in_numpy(key):
    import numpy as np

    expected = np.arange(24).reshape(2, 3, 4)[key]
    assert CUBE[key].shape == expected.shape
    assert CUBE[key].tolist() == expected.tolist()


def test_integers_slices_and_new_axes():
    x = xp.asarray([[1, 2, 3], [4, 5, 6]])
    assert x[1].tolist() == [4, 5, 6]
    assert x[-1, 0].item() == 4
    assert x[::2].tolist() == [[1, 2, 3]]
    assert x[:, ::2].tolist() == [[1, 3], [4, 6]]
    assert x[..., -1].tolist() == [3, 6]
    assert x[:, None].shape == (2, 1, 3)
    assert x[xp.asarray(1)].tolist() == [4, 5, 6]


def test_lists_and_arrays_of_positions_pick_along_the_first_axis():
    x = xp.asarray([[1, 2], [3, 4], [5, 6]])
    assert x[[2, 0, -1]].tolist() == [[5, 6], [1, 2], [5, 6]]
    assert x[xp.asarray([[0], [1]])].tolist() == [[[1, 2]], [[3, 4]]]
    assert x[[]].shape == (0, 2)


def test_masks_pick_rows_or_entries():
    x = xp.asarray([[1, 2], [3, 4]])
    assert x[[False, True]].tolist() == [[3, 4]]
    assert x[x > 2].tolist() == [3, 4]
    assert x[xp.asarray([False, False])].shape == (0, 2)


@pytest.mark.parametrize(
    ("key", "error", "message"),
    [
        (2, IndexError, r"position 2 was asked on axis 0 of shape \(2, 3, 4\): use -2 to 1"),
        ((0, 3), ShapeError, r"position 3 was asked on axis 1.*use -3 to 2"),
        ([0, -3], IndexError, r"position -3"),
        ((0, 0, 0, 0), ShapeError, r"4 positions and 0 times"),
        ((..., ...), ShapeError, r"at most once"),
        (1.0, KindError, r"entry was asked for by 1\.0, a float"),
        ("a", KindError, r"by 'a', a str"),
        ([0.5], KindError, r"float64 numbers: use integers"),
        ([True, False, True], ShapeError, r"mask of shape \(3,\) was used on shape \(2, 3, 4\)"),
        ((slice(None), [0, 1]), KindError, r"one list of integers or truth values alone"),
    ],
)
def test_keys_that_pick_nothing_are_explained(key, error, message):
    with pytest.raises(error, match=message):
        CUBE[key]


def test_a_single_number_has_no_entries():
    with pytest.raises(ShapeError):
        xp.asarray(1.0)[0]
    with pytest.raises(ShapeError, match="single number"):
        xp.asarray(1.0)[[0]]


def test_take_picks_along_any_axis():
    assert xp.take(CUBE, [1], axis=0).shape == (1, 3, 4)
    assert xp.take(CUBE, xp.asarray([2, -1, 0]), axis=1)[0, :, 0].tolist() == [8, 8, 0]
    assert xp.take(CUBE, [3, 3], axis=-1)[1, 2].tolist() == [23, 23]
    assert xp.take(xp.asarray([5, 6]), [1]).tolist() == [6]
    with pytest.raises(ShapeError, match="does not say along which axis"):
        xp.take(CUBE, [0])
    with pytest.raises(IndexError, match="position 4 was asked on axis 2"):
        xp.take(CUBE, [4], axis=2)
    with pytest.raises(ShapeError, match="one-dimensional"):
        xp.take(CUBE, [[0]], axis=0)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_take_along_axis_undoes_a_sort(axis):
    x = xp.asarray([[[3, 1, 2], [9, 7, 8]], [[5, 6, 4], [0, 2, 1]]])
    order = xp.argsort(x, axis=axis)
    assert xp.take_along_axis(x, order, axis=axis).tolist() == xp.sort(x, axis=axis).tolist()


def test_take_along_axis_wants_the_other_sizes_to_agree():
    with pytest.raises(ShapeError, match="the other sizes must be the same"):
        xp.take_along_axis(CUBE, xp.zeros((3, 3, 4), dtype=xp.int64), axis=1)
