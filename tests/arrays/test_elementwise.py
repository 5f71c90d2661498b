"""Elementwise functions: IEEE results for floats, and agreement with NumPy."""

import math
from math import inf, isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

import chainrule.arrays as xp
from chainrule.errors import KindError

# IEEE 754-2019, sections 6.2, 7 and 9.2; entries are arguments and the result.
UNARY_SPECIALS = {
    "sqrt": [(-1.0, nan), (inf, inf), (-0.0, -0.0)],
    "exp": [(1000.0, inf), (-1000.0, 0.0), (inf, inf), (-inf, 0.0), (nan, nan)],
    "expm1": [(1000.0, inf), (-1000.0, -1.0), (1e-20, 1e-20)],
    "log": [(0.0, -inf), (-0.0, -inf), (-1.0, nan), (inf, inf), (nan, nan)],
    "log1p": [(-1.0, -inf), (-2.0, nan), (1e-20, 1e-20), (inf, inf)],
    "sin": [(inf, nan), (-0.0, -0.0)],
    "cos": [(-inf, nan), (0.0, 1.0)],
    "tan": [(inf, nan)],
    "sinh": [(1000.0, inf), (-1000.0, -inf)],
    "cosh": [(1000.0, inf), (-1000.0, inf)],
    "tanh": [(1000.0, 1.0), (-inf, -1.0)],
    "floor": [(-0.5, -1.0), (inf, inf), (-0.0, -0.0), (nan, nan)],
    "ceil": [(-0.5, -0.0), (1.2, 2.0)],
    "trunc": [(-1.7, -1.0), (-0.3, -0.0)],
    "round": [(0.5, 0.0), (1.5, 2.0), (-0.5, -0.0), (2.5, 2.0)],
    "abs": [(-0.0, 0.0), (-inf, inf), (nan, nan)],
    "sign": [(-3.0, -1.0), (0.0, 0.0), (nan, nan)],
    "square": [(1e200, inf), (-3.0, 9.0)],
}
PAIR_SPECIALS = {
    "divide": [(1.0, 0.0, inf), (-1.0, 0.0, -inf), (1.0, -0.0, -inf), (0.0, 0.0, nan)],
    "multiply": [(0.0, inf, nan), (1e200, 1e200, inf)],
    "subtract": [(inf, inf, nan)],
    "pow": [
        (0.0, -1.0, inf),
        (-0.0, -1.0, -inf),
        (-8.0, 1 / 3, nan),
        (10.0, 400.0, inf),
        (-10.0, 401.0, -inf),
        (nan, 0.0, 1.0),
        (1.0, nan, 1.0),
    ],
    "remainder": [(5.0, -3.0, -1.0), (5.0, 0.0, nan)],
    "floor_divide": [(5.0, 0.0, inf), (0.0, 0.0, nan), (-5.0, 3.0, -2.0)],
    "maximum": [(nan, 1.0, nan), (1.0, nan, nan), (0.0, -0.0, 0.0), (-0.0, 0.0, -0.0)],
    "minimum": [(nan, 1.0, nan), (1.0, nan, nan), (0.0, -0.0, 0.0), (-0.0, 0.0, -0.0)],
    "less": [(nan, 1.0, False), (1.0, inf, True)],
    "equal": [(nan, nan, False), (0.0, -0.0, True)],
}
HARMLESS = 1.5
NUMPY_UNARY = [
    *("negative", "positive", "abs", "square", "sqrt", "exp", "expm1", "log", "log1p"),
    *("sin", "cos", "tan", "sinh", "cosh", "tanh", "floor", "ceil", "trunc", "round"),
    *("isnan", "isinf", "isfinite", "logical_not"),
]
NUMPY_PAIRS = [
    *("add", "subtract", "multiply", "divide", "floor_divide", "remainder", "equal"),
    *("not_equal", "less", "less_equal", "greater", "greater_equal", "logical_and", "logical_or"),
]
NUMBERS = [
    *(0.0, -0.0, 1.0, -1.0, 2.5, -2.5, 0.5, 3.0, 800.0, -800.0),
    *(1e308, -1e308, 1e-320, inf, -inf, nan),
]


def same(number, other):
    """Whether two numbers are the same to the last bit, signs of zero included."""
    return repr(number) == repr(other)


def unary_cases():
    return [(name, *case) for name, cases in UNARY_SPECIALS.items() for case in cases]


def pair_cases():
    return [(name, *case) for name, cases in PAIR_SPECIALS.items() for case in cases]


@pytest.mark.parametrize(("name", "x", "expected"), unary_cases())
def test_special_values_are_ieee_and_leave_their_neighbours_alone(name, x, expected):
    function = getattr(xp, name)
    result = function(xp.asarray([HARMLESS, x]))
    assert same(result[1].item(), expected)
    assert same(result[0].item(), function(HARMLESS).item())
    assert result.dtype is xp.float64


@pytest.mark.parametrize(("name", "x", "y", "expected"), pair_cases())
def test_special_pairs_are_ieee_for_lists_and_for_single_numbers(name, x, y, expected):
    function = getattr(xp, name)
    assert same(function(xp.asarray([x, 1.0]), xp.asarray([y, 1.0]))[0].item(), expected)
    assert same(function(xp.asarray([x, 1.0]), y)[0].item(), expected)
    assert same(function(x, xp.asarray([y, 1.0]))[0].item(), expected)


def same_as_numpy(result, expected):
    import numpy as np

    found = np.asarray(result.tolist())
    close = np.allclose(found, expected, rtol=1e-14, atol=0.0, equal_nan=True)
    signs = np.signbit(found) == np.signbit(expected) if found.dtype == float else np.array(True)
    return found.shape == expected.shape and close and np.all(signs | np.isnan(expected))


@pytest.mark.extra("numpy")
@pytest.mark.parametrize("name", NUMPY_UNARY)
def test_agrees_with_numpy_on_every_special_value(name):
    import numpy as np

    with np.errstate(all="ignore"):
        expected = getattr(np, name)(np.array(NUMBERS))
    assert same_as_numpy(getattr(xp, name)(xp.asarray(NUMBERS)), expected)


@pytest.mark.extra("numpy")
@pytest.mark.parametrize("name", NUMPY_PAIRS)
def test_agrees_with_numpy_on_every_pair_of_special_values(name):
    import numpy as np

    column = [[number] for number in NUMBERS]
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(np.array(column), np.array(NUMBERS))
    assert same_as_numpy(getattr(xp, name)(xp.asarray(column), xp.asarray(NUMBERS)), expected)


@pytest.mark.extra("numpy")
def test_powers_agree_with_numpy():
    import numpy as np

    column = [[number] for number in NUMBERS]
    with np.errstate(all="ignore"):
        expected = np.power(np.array(column), np.array(NUMBERS))
    assert same_as_numpy(xp.pow(xp.asarray(column), xp.asarray(NUMBERS)), expected)


def test_whole_numbers_continue_as_floats_where_they_must():
    x = xp.asarray([1, 2])
    assert (x / 2).tolist() == [0.5, 1.0]
    assert xp.exp(x).dtype is (x / x).dtype is xp.float64
    assert (x + x).dtype is (x**2).dtype is xp.abs(x).dtype is xp.int64


def test_truth_values_count_as_whole_numbers():
    assert (xp.asarray([True]) + xp.asarray([True])).tolist() == [2]
    assert (xp.asarray([True, False]) * 3).tolist() == [3, 0]


def test_clip_keeps_numbers_between_bounds():
    x = xp.asarray([-2.0, 0.5, 9.0])
    assert xp.clip(x, 0, 1).tolist() == [0.0, 0.5, 1.0]
    assert xp.clip(x, None, 1).tolist() == [-2.0, 0.5, 1.0]
    assert xp.clip(x).tolist() == x.tolist()


def test_where_takes_arrays_and_numbers_of_any_broadcastable_shape():
    test = xp.asarray([[True], [False]])
    assert xp.where(test, xp.asarray([1, 2]), 0).tolist() == [[1, 2], [0, 0]]
    assert xp.where(test, 1, xp.asarray([5.0, 6.0])).tolist() == [[1.0, 1.0], [5.0, 6.0]]
    assert xp.where(xp.asarray(True), 1, 2).item() == 1


def test_where_reads_numbers_as_truth_values():
    assert xp.where(xp.asarray([0.0, -2.0]), 1, 0).tolist() == [0, 1]
    assert xp.where(xp.asarray([0 + 1j, -2 + 1j]), 1, 0).tolist() == [0, 1]


def test_real_and_imaginary_parts_of_real_numbers():
    x = xp.asarray([1.5])
    assert xp.real(x).tolist() == [1.5]
    assert xp.imag(x).tolist() == [0.0]


FINITE = st.floats(allow_nan=False, allow_infinity=False, width=32)
SIDES = st.lists(st.sampled_from([1, 2, 3]), max_size=3)


@given(shape=SIDES, cut=st.integers(0, 3), ones=st.sets(st.integers(0, 2)), data=st.data())
def test_broadcasting_follows_its_definition(shape, cut, ones, data):
    other = [1 if i in ones else size for i, size in enumerate(shape)][cut:]
    x = data.draw(st.lists(FINITE, min_size=math.prod(shape), max_size=math.prod(shape)))
    y = data.draw(st.lists(FINITE, min_size=math.prod(other), max_size=math.prod(other)))
    a, b = xp.ListArray(x, tuple(shape), xp.float64), xp.ListArray(y, tuple(other), xp.float64)
    difference, reverse = a - b, b - a
    assert difference.shape == reverse.shape == tuple(shape)
    for place, entry in enumerate(difference.data):
        index, rest = [], place
        for size in reversed(shape):
            rest, position = divmod(rest, size)
            index.insert(0, position)
        aligned = index[len(shape) - len(other) :]
        picked = [p if size > 1 else 0 for p, size in zip(aligned, other, strict=True)]
        expected = x[place] - b[tuple(picked)].item()
        assert entry == expected == -reverse.data[place]


def test_a_tie_goes_to_the_first_in_every_form():
    first, second = xp.asarray([1, 2]), xp.asarray([1.0, 2.0])
    assert isnan(xp.maximum(second, nan)[0].item())
    assert xp.maximum(xp.asarray([-0.0]), 0.0).tolist() == [-0.0]
    assert math.copysign(1, xp.maximum(xp.asarray([-0.0]), 0.0).item()) == -1
    assert math.copysign(1, xp.maximum(-0.0, xp.asarray([0.0])).item()) == -1
    assert xp.maximum(first, second).dtype is xp.float64


@pytest.mark.parametrize("number", [xp.asarray([1.0]), 2.0, 3])
def test_of_two_operands_the_one_that_is_no_number_is_named(number):
    for operands in ((number, "a"), ("a", number)):
        with pytest.raises(KindError, match="add was asked of a str, which is neither"):
            xp.add(*operands)
