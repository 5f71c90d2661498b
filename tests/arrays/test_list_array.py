"""The list array as a container: what it answers, and what it leaves to others."""

import copy
from fractions import Fraction
from operator import add, lt, matmul, mul, sub, truediv
from pickle import dumps, loads

import pytest

import chainrule.arrays as xp
from chainrule.errors import ChainruleError, KindError, ShapeError

MATRIX = xp.asarray([[1.0, 2.0], [3.0, 4.0]])


class Stranger:
    """An object of another library that knows how to take over every operator."""

    def answer(self, other):
        return "taken over"

    __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rpow__ = __rmatmul__ = answer


def test_tells_its_shape_size_and_kind():
    assert (MATRIX.shape, MATRIX.ndim, MATRIX.size) == ((2, 2), 2, 4)
    assert MATRIX.dtype is xp.float64
    assert repr(MATRIX.dtype) == "float64"


def test_names_the_namespace_it_belongs_to():
    assert MATRIX.__array_namespace__() is xp
    assert MATRIX.__array_namespace__(api_version="2024.12") is xp


def test_transposes_a_matrix_and_refuses_anything_else():
    assert MATRIX.T.tolist() == MATRIX.mT.tolist() == [[1.0, 3.0], [2.0, 4.0]]
    with pytest.raises(ShapeError, match=r"\.T was asked of shape \(2,\).*permute_dims"):
        _ = MATRIX[0].T


def test_lists_its_numbers_without_handing_out_its_own_list():
    numbers = xp.asarray([1.0, 2.0])
    numbers.tolist().append(3.0)
    assert numbers.tolist() == [1.0, 2.0]
    assert xp.asarray(5).tolist() == 5
    assert xp.zeros((2, 0)).tolist() == [[], []]


def test_the_only_number_becomes_a_python_number():
    x = xp.asarray([[2.5]])
    assert (x.item(), float(x), int(x), complex(x), bool(x)) == (2.5, 2.5, 2, 2.5 + 0j, True)
    assert not bool(xp.asarray(0 + 3j))


def test_several_numbers_are_not_one():
    with pytest.raises(ShapeError, match=r"single number was asked of an array of shape \(2, 2\)"):
        float(MATRIX)
    with pytest.raises(ShapeError):
        bool(MATRIX == MATRIX)


def test_methods_are_the_functions_of_the_namespace():
    assert MATRIX.sum().item() == 10.0
    assert MATRIX.mean(axis=0).tolist() == [2.0, 3.0]
    assert MATRIX.max(axis=1, keepdims=True).tolist() == [[2.0], [4.0]]
    assert MATRIX.min().item() == 1.0
    assert MATRIX.reshape(4, 1).shape == MATRIX.reshape((-1, 1)).shape == (4, 1)


def test_goes_through_its_first_axis():
    assert [row.tolist() for row in MATRIX] == [[1.0, 2.0], [3.0, 4.0]]
    assert len(MATRIX) == 2
    with pytest.raises(ShapeError, match="length of a single number"):
        len(xp.asarray(1.0))


def test_prints_a_row_a_line():
    assert repr(MATRIX) == (
        "ListArray([[1.0, 2.0],\n           [3.0, 4.0]], dtype=float64)"
    )  # fmt: skip
    assert repr(xp.asarray(Fraction(1, 2))) == "ListArray(1/2, dtype=fraction)"


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda x: loads(dumps(x))])
@pytest.mark.parametrize("kind", [xp.float64, xp.bool, xp.fraction])
def test_copies_and_pickles_keep_the_kind(again, kind):
    x = again(xp.ones((2, 1), dtype=kind))
    assert x.dtype is kind
    assert x.tolist() == [[1], [1]]


def test_cannot_be_changed_or_used_as_a_key():
    with pytest.raises(TypeError):
        MATRIX[0] = 1
    with pytest.raises(TypeError):
        hash(MATRIX)


def test_leaves_operators_with_strangers_to_them():
    stranger = Stranger()
    results = (
        MATRIX + stranger,
        MATRIX - stranger,
        MATRIX * stranger,
        MATRIX / stranger,
        MATRIX**stranger,
        MATRIX @ stranger,
    )
    assert set(results) == {"taken over"}


def test_functions_say_what_to_do_with_lists():
    with pytest.raises(KindError, match=r"exp was asked of a list.*asarray"):
        xp.exp([1.0])
    with pytest.raises(ChainruleError, match="maximum was asked of a str"):
        xp.maximum(MATRIX, "a")


@pytest.mark.parametrize(
    ("calculated", "expected"),
    [
        (7 + xp.asarray([2]), [9]),
        (7 - xp.asarray([2]), [5]),
        (7 * xp.asarray([2]), [14]),
        (7 / xp.asarray([2]), [3.5]),
        (7 // xp.asarray([2]), [3]),
        (7 % xp.asarray([2]), [1]),
        (7 ** xp.asarray([2]), [49]),
        (xp.asarray([2]) < 7, [True]),
        (xp.asarray([2]) >= 7, [False]),
        (-xp.asarray([2]), [-2]),
        (abs(xp.asarray([-2])), [2]),
        (~xp.asarray([True, False]), [False, True]),
        (xp.asarray([True, False]) & xp.asarray([True, True]), [True, False]),
        (xp.asarray([True, False]) | xp.asarray([False, False]), [True, False]),
    ],
)
def test_python_numbers_stand_on_either_side(calculated, expected):
    assert calculated.tolist() == expected


@pytest.mark.extra("numpy")
def test_numpy_scalars_count_as_numbers_and_arrays_do_not():
    import numpy as np

    assert (np.float64(2.0) * MATRIX).tolist() == [[2.0, 4.0], [6.0, 8.0]]
    assert (MATRIX * np.int64(2)).dtype is xp.float64
    with pytest.raises(TypeError):
        MATRIX * np.ones((2, 2))


@pytest.mark.extra("numpy")
@pytest.mark.parametrize("x", [MATRIX, xp.asarray(1), xp.zeros((0, 3)), xp.asarray([True])])
def test_numpy_takes_it_over_as_an_array_of_numbers(x):
    import numpy as np

    taken = np.asarray(x)
    assert taken.shape == x.shape
    assert taken.tolist() == x.tolist()
    assert taken.dtype.name == x.dtype.name
    assert np.asarray(x, dtype="float32").dtype == np.float32


@pytest.mark.parametrize("other", [[1.0, 2.0], (1.0,), {}, set(), "a", b"a", None])
@pytest.mark.parametrize("by", [add, sub, mul, truediv, pow, matmul, lt])
def test_an_operator_beside_what_is_no_number_is_refused_in_a_sentence(by, other):
    with pytest.raises(KindError, match=r"nor a number: make .* with chainrule\.arrays\.asarray"):
        by(MATRIX, other)
    if not (by is pow and other is None):
        with pytest.raises(KindError, match="which is neither a list array nor a number"):
            by(other, MATRIX)
    assert (other == MATRIX) is False
    assert other != MATRIX


def test_a_number_that_no_float_holds_and_a_shape_of_no_whole_numbers_are_refused():
    for call in (lambda: MATRIX * 10**400, lambda: 10**400 - MATRIX):
        with pytest.raises(KindError, match="too large for a float"):
            call()
    for shape in ((None,), ("a",), (1.5,), ([4, None],)):
        with pytest.raises(KindError, match="a shape is whole numbers; found"):
            MATRIX.reshape(*shape)


@pytest.mark.extra("numpy")
def test_a_product_beside_an_array_of_numpy_is_refused_in_a_sentence():
    np = pytest.importorskip("numpy")
    for call in (lambda: MATRIX @ np.ones((2, 2)), lambda: np.ones((2, 2)) @ MATRIX):
        with pytest.raises(KindError, match="make both arrays of one library"):
            call()
