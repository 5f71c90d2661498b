"""Functions that move entries about and change none."""

import pytest

import chainrule.arrays as xp
from chainrule.errors import ShapeError

CUBE = xp.reshape(xp.arange(24), (2, 3, 4))


def test_a_reshape_keeps_the_order_and_works_one_size_out():
    assert xp.reshape(CUBE, (4, -1)).shape == (4, 6)
    assert xp.reshape(CUBE, -1).tolist() == list(range(24))
    assert xp.reshape(xp.asarray(5), (1, 1)).tolist() == [[5]]
    assert xp.reshape(xp.zeros((0, 3)), (3, 0)).shape == (3, 0)


@pytest.mark.parametrize("shape", [(5, 5), (-1, 5), (-1, -1), (-2, -12), ()])
def test_a_reshape_to_another_number_of_entries_is_refused(shape):
    with pytest.raises(ShapeError, match=r"cannot reshape \(2, 3, 4\) with 24 entries"):
        xp.reshape(CUBE, shape)


@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 0, 1), (1, 2, 0), (-1, 1, 0), (0, 2, 1)])
def test_entries_follow_their_axes(axes):
    moved = xp.permute_dims(CUBE, axes)
    assert moved.shape == tuple(CUBE.shape[axis] for axis in axes)
    place = (1, 2, 3)
    assert moved[tuple(place[axis] for axis in axes)].item() == CUBE[place].item()
    assert sorted(moved.data) == CUBE.data


def test_an_order_of_axes_names_each_once():
    with pytest.raises(ShapeError, match="name each axis once"):
        xp.permute_dims(CUBE, (0, 0, 1))
    with pytest.raises(ShapeError, match="it needs two axes"):
        xp.matrix_transpose(xp.arange(3))


def test_stacks_of_matrices_are_transposed_one_by_one():
    assert CUBE.mT.tolist() == [matrix.T.tolist() for matrix in CUBE]


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_what_is_joined_can_be_cut_again(axis):
    joined = xp.concat([CUBE, -CUBE, CUBE], axis=axis)
    size = CUBE.shape[axis]
    middle = xp.take(joined, range(size, 2 * size), axis=axis)
    assert middle.tolist() == (-CUBE).tolist()
    stacked = xp.stack([CUBE, -CUBE], axis=axis)
    assert xp.squeeze(xp.take(stacked, [1], axis=axis), axis).tolist() == (-CUBE).tolist()


def test_the_rows_of_one_array_are_stacked_as_a_list_of_them_is():
    assert xp.stack(CUBE).tolist() == xp.stack(list(CUBE)).tolist() == CUBE.tolist()


def test_joined_arrays_meet_in_one_kind():
    joined = xp.concat([xp.asarray([1]), xp.asarray([0.5])])
    assert joined.dtype is xp.float64
    assert list(map(type, joined.tolist())) == [float, float]
    assert xp.concat([CUBE, xp.asarray([7])], axis=None).shape == (25,)


def test_arrays_that_cannot_be_joined_are_named():
    with pytest.raises(ShapeError, match=r"cannot join \(2, 3, 4\) and \(3, 4\) along axis 0"):
        xp.concat([CUBE, CUBE[0, :, :]])
    with pytest.raises(ShapeError, match=r"cannot stack \(3, 4\) and \(4,\)"):
        xp.stack([CUBE[0], CUBE[0, 0]])
    with pytest.raises(ShapeError, match="no arrays"):
        xp.concat([])


def test_axes_of_size_one_come_and_go():
    assert xp.expand_dims(CUBE, axis=-1).shape == (2, 3, 4, 1)
    assert xp.squeeze(xp.expand_dims(CUBE, axis=1), 1).shape == CUBE.shape
    with pytest.raises(ShapeError, match=r"axis 1 of .* cannot be squeezed: it has size 3"):
        xp.squeeze(CUBE, 1)


def test_stretching():
    assert xp.broadcast_to(xp.asarray([[1], [2]]), (2, 2, 2)).tolist() == [[[1, 1], [2, 2]]] * 2
    assert xp.broadcast_to(xp.asarray([1]), [2]).tolist() == [1, 1]
    x, y = xp.broadcast_arrays(xp.asarray([[1], [2]]), xp.asarray([3, 4]))
    assert (x.tolist(), y.tolist()) == ([[1, 1], [2, 2]], [[3, 4], [3, 4]])
    with pytest.raises(ShapeError, match=r"cannot stretch \(2, 3, 4\) to \(1, 3, 4\)"):
        xp.broadcast_to(CUBE, (1, 3, 4))


def test_nothing_is_stretched_to_nothing():
    assert xp.broadcast_to(xp.asarray([[1]]), (3, 0)).shape == (3, 0)
    assert (xp.zeros((1, 0)) + xp.asarray([[1.0], [2.0]])).tolist() == [[], []]


def test_shapes_that_do_not_fit_are_explained():
    message = (
        r"cannot broadcast \(3, 2\) with \(4,\): counted from the last, axis -1 has sizes 2 and 4; "
        r"sizes must be equal or 1"
    )
    with pytest.raises(ShapeError, match=message):
        xp.ones((3, 2)) + xp.ones(4)


def test_flipping_reverses_axes():
    assert xp.flip(xp.asarray([[1, 2], [3, 4]])).tolist() == [[4, 3], [2, 1]]
    assert xp.flip(xp.asarray([[1, 2], [3, 4]]), axis=1).tolist() == [[2, 1], [4, 3]]
