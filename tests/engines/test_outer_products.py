"""Stacks of outer products, which per-example gradients are made of, go through einsum."""

import pytest

np = pytest.importorskip("numpy")

from chainrule.arrays import namespace_of  # noqa: E402 - after the look for NumPy
from chainrule.engines.numpy import NumpyEngine  # noqa: E402


def product(x, y):
    return namespace_of(x).matmul(x, y)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_column_times_a_row_many_times_over_is_the_outer_product_of_each(dtype):
    stream = np.random.default_rng(0)
    column = stream.standard_normal((5, 3, 1)).astype(dtype)
    row = stream.standard_normal((5, 1, 4)).astype(dtype)
    compiled = NumpyEngine().compile(product)
    found = compiled(column, row)
    assert "einsum" in str(NumpyEngine().program(product, column, row))
    assert found.dtype == dtype
    assert np.array_equal(found, column * row)


@pytest.mark.parametrize(
    ("left", "right"), [((5, 3, 2), (5, 2, 4)), ((1, 3, 1), (5, 1, 4)), ((3, 1), (1, 4))]
)
def test_other_products_stay_matrix_products(left, right):
    stream = np.random.default_rng(0)
    x, y = stream.standard_normal(left), stream.standard_normal(right)
    assert "einsum" not in str(NumpyEngine().program(product, x, y))
    assert np.allclose(NumpyEngine().compile(product)(x, y), np.matmul(x, y), rtol=1e-14)


@pytest.mark.extra("numba")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_accelerated_engine_has_a_kernel_for_them(dtype):
    stream = np.random.default_rng(0)
    column = stream.standard_normal((5, 3, 1)).astype(dtype)
    row = stream.standard_normal((5, 1, 4)).astype(dtype)
    engine = NumpyEngine(accelerate=True)
    assert "einsum" not in str(engine.program(product, column, row))
    found = engine.compile(product)(column, row)
    assert found.dtype == dtype
    assert np.array_equal(found, column * row)


@pytest.mark.extra("numba")
def test_the_kernel_takes_what_lies_in_another_order():
    stream = np.random.default_rng(0)
    column = stream.standard_normal((3, 5, 1)).transpose(1, 0, 2)
    row = stream.standard_normal((5, 4, 1)).transpose(0, 2, 1)
    found = NumpyEngine(accelerate=True).compile(product)(column, row)
    assert np.array_equal(found, column * row)
