"""The share of the peak is one of the same arithmetic, on whatever device there is."""

import pytest

pytestmark = pytest.mark.extra("jax")
jax = pytest.importorskip("jax")

from benchmarks.jax_step import batch_of  # noqa: E402 - needs JAX
from benchmarks.wide import GPU, LAYERS, PROCESSOR, QUICK  # noqa: E402


@pytest.mark.parametrize("size", [GPU, PROCESSOR, QUICK])
def test_square_products_hold_as_many_operations_as_the_step(size):
    forward = LAYERS * 2 * size.rows * size.width**2
    towards_weights, towards_inputs = forward, forward * (LAYERS - 1) // LAYERS
    assert size.products * 2 * size.side**3 == forward + towards_weights + towards_inputs


def test_a_batch_has_examples_from_0_to_1_and_one_class_each():
    x, t = batch_of((3, 5, 4), 200)
    assert (x.shape, t.shape) == ((200, 3), (200, 4))
    assert (str(x.dtype), str(t.dtype)) == ("float32", "float32")
    assert 0 <= float(x.min()) < 0.1 < 0.9 < float(x.max()) <= 1
    assert t.sum(axis=1).tolist() == [1.0] * 200
    assert (t.sum(axis=0) > 20).all()
