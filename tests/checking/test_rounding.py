"""What rounding can do to a gradient: as much as where its numbers are rounded apart."""

from math import sqrt

import pytest

import chainrule.arrays as xp
from chainrule import ops
from chainrule.autodiff import Tensor
from chainrule.checking.checked_function import CheckedFunction
from chainrule.checking.rounding import relative_rounding, rounding_errors


def test_a_product_errs_by_what_its_factors_are_the_differences_of():
    def f(p):
        return ops.sum(ops.gelu(p["z"]) * p["c"])

    checked = CheckedFunction(f, {"z": xp.asarray([-5.0]), "c": xp.asarray([3.0])})
    found = rounding_errors(checked, checked.walk())
    # z/2 · (1 + tanh(...)) is as good as 0 here, and the terms that cancel are of the size of z.
    assert found.sums["c"] == [pytest.approx(5 * found.relative, rel=1e-3)]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_numbers_are_rounded_each_to_a_side_of_its_own(dtype):
    def f(p):
        return ops.sum(ops.exp(p["a"] - p["b"]))

    checked = CheckedFunction(f, {name: xp.asarray([100.0] * 8) for name in "ab"})
    found = rounding_errors(checked, checked.walk(), dtype)
    # Both rounded up or down leave a - b as it is; apart they move it, and each slope with it.
    moved = [e - s for e, s in zip(found.entries["a"], found.sums["a"], strict=True)]
    assert max(moved) == pytest.approx(200 * found.relative, rel=0.01)


@pytest.mark.parametrize(
    ("dtype", "count", "sure", "roundoff"),
    [
        ("float64", 12 + (2 + 3) + 2, 10, 2.0**-53),
        ("float32", 12 + (2 + 3) + 2, 10, 2.0**-24),
        ("bfloat16", 12, 5, 2.0**-8),  # sums are added up in float32
    ],
)
def test_roundings_are_four_for_each_value_and_one_for_each_number_added_up(
    dtype, count, sure, roundoff
):
    x = Tensor(xp.asarray([[1.0, 2.0, 3.0]] * 2))
    total = ops.sum(x, axis=1)
    tape = [x, total, ops.exp(total)]  # of inputs of shapes (2, 3) and (2,)
    assert relative_rounding(tape, dtype) == sure * sqrt(count) * roundoff
