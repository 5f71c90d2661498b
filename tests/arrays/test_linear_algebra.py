"""Products: every shape and kind against the definition, whichever loop computes them."""

import math
from fractions import Fraction

import pytest

import chainrule.arrays as xp
from chainrule.arrays.random import Generator
from chainrule.errors import ShapeError

SHAPES = [
    *(((3, n), (n, 5)) for n in (0, 1, 2, 3, 4, 5, 9)),
    *(((3, n), (n, 1)) for n in (1, 2, 3, 7)),
    *(((1, n), (n, 4)) for n in (1, 3, 6)),
    ((4,), (4,)),
    ((4,), (4, 2)),
    ((3, 4), (4,)),
    ((2, 3, 4), (4, 5)),
    ((3, 4), (2, 4, 5)),
    ((2, 3, 4), (2, 4, 5)),
    ((2, 3, 4), (1, 4, 5)),
    ((2, 1, 3, 4), (5, 4, 2)),
    ((2, 3, 4), (4,)),
    ((4,), (2, 4, 3)),
    ((2, 3, 0), (0, 2)),
]


def numbers(shape, seed, kind):
    whole = [int(20 * u) - 10 for u in Generator(seed).random(math.prod(shape))]
    return xp.ListArray([kind.convert(n) for n in whole], shape, kind)


def product_by_definition(a, b):
    """Σ_k a_ik · b_kj for matrices as nested lists."""
    return [
        [sum(a[i][k] * b[k][j] for k in range(len(b))) for j in range(len(b[0]))]
        for i in range(len(a))
    ]


@pytest.mark.parametrize("kind", [xp.float64, xp.int64, xp.fraction, xp.complex128, xp.decimal])
@pytest.mark.parametrize("inner", [1, 2, 3, 4, 5, 8])
@pytest.mark.parametrize("columns", [1, 3])
def test_products_of_matrices_follow_their_definition(kind, inner, columns):
    a, b = numbers((4, inner), 1, kind), numbers((inner, columns), 2, kind)
    product = a @ b
    assert product.dtype is kind
    assert product.tolist() == product_by_definition(a.tolist(), b.tolist())
    assert all(xp.asarray(entry).dtype is kind for entry in product.data)


@pytest.mark.parametrize(("first", "second"), SHAPES)
@pytest.mark.extra("numpy")
def test_every_pair_of_shapes_agrees_with_numpy(first, second):
    import numpy as np

    a, b = numbers(first, 1, xp.float64), numbers(second, 2, xp.float64)
    expected = np.reshape(a.data, first) @ np.reshape(b.data, second)
    product = a @ b
    assert product.shape == expected.shape
    assert np.array_equal(np.reshape(product.data, product.shape), expected)


def test_stacks_of_matrices_are_multiplied_one_by_one():
    a, b = numbers((2, 3, 4), 1, xp.int64), numbers((4, 2), 2, xp.int64)
    assert (a @ b).tolist() == [(matrix @ b).tolist() for matrix in a]


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ((2, 3), (4, 5), r"cannot multiply \(2, 3\) by \(4, 5\).*is 3 and must equal 4"),
        ((3,), (4,), r"is 3 and must equal 4, the only size of the second"),
        ((), (4,), r"a single number has no rows, use \*"),
        ((2, 1, 3), (3, 3, 1), r"cannot broadcast \(2,\) with \(3,\)"),
    ],
)
def test_sizes_that_do_not_fit_are_both_named(first, second, message):
    with pytest.raises(ShapeError, match=message):
        xp.ones(first) @ xp.ones(second)


def test_kinds_meet_in_a_product():
    half = xp.asarray([[Fraction(1, 2)]])
    assert (half @ xp.asarray([[3]])).item() == Fraction(3, 2)
    assert (half @ xp.asarray([[3.0]])).dtype is xp.float64
    assert (xp.asarray([True, True]) @ xp.asarray([True, True])).item() == 2


@pytest.mark.parametrize("inner", [2, 3, 5])
def test_infinite_terms_are_ieee_in_a_product(inner):
    row = xp.asarray([[math.inf] + [1.0] * (inner - 1)])
    assert (row @ xp.ones((inner, 2))).tolist() == [[math.inf, math.inf]]
    assert math.isnan((row @ xp.zeros((inner, 1))).item())
    large = xp.full((1, inner), 1e300)
    assert (large @ large.T).item() == math.inf


def test_vector_products_run_along_an_axis():
    a, b = xp.asarray([[1, 2], [3, 4]]), xp.asarray([10, 1])
    assert xp.vecdot(a, b).tolist() == [12, 34]
    assert xp.vecdot(a, a, axis=0).tolist() == [10, 20]


def test_tensordot_sums_over_the_axes_it_is_given():
    a, b = numbers((2, 3, 4), 1, xp.int64), numbers((3, 4, 5), 2, xp.int64)
    assert xp.tensordot(a, b).tolist() == (a.reshape(2, 12) @ b.reshape(12, 5)).tolist()
    c = numbers((4, 2), 3, xp.int64)
    assert xp.tensordot(a, c, axes=((2,), (0,))).tolist() == (a @ c).tolist()
    assert xp.tensordot(c, a, axes=([1], [0])).shape == (4, 3, 4)
    with pytest.raises(ShapeError, match="cannot sum over axes"):
        xp.tensordot(a, b, axes=1)
