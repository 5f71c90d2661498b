"""The birth of a NaN is told by op, entry and direction; one that does no harm is passed over."""

from math import inf, nan

import pytest

from chainrule import ops
from chainrule.autodiff import Tensor, first_nan

TABLE = [[1.0, 2.0], [3.0, 4.0]]
FORWARD, AT_ZERO = "forward", {"x": 0.0, "a": 0.0, "g": 0.0}


def tensor(numbers, name="x"):
    return Tensor(numbers, name=name)


def beside(numbers):
    """The sum of a tensor times another one, `w`."""
    return lambda x: ops.sum(x * tensor(numbers, "w"))


def guarded(x):
    return ops.where(x > 0, ops.log(x), 0.0)


BIRTHS = {
    "the op that makes it": (
        [1.0, -4.0, -2.0],
        lambda x: ops.mean(ops.exp(ops.log(x * 2))),
        ("log", None, (1,), FORWARD, {"x": -8.0}),
    ),
    "infinity less infinity": (
        [[800.0], [1.0]],
        lambda x: ops.sum(ops.exp(x) - ops.exp(x)),
        ("subtract", None, (0, 0), FORWARD, {"x": inf, "y": inf}),
    ),
    "one that came in": ([1.0, nan], beside(3.0), ("input", "x", (1,), FORWARD)),
    "a stretched input": (TABLE, beside([nan, 1.0]), ("input", "w", (0,), FORWARD)),
    "one stretched along rows": (TABLE, beside([[nan, 1.0]]), ("input", "w", (0, 0), FORWARD)),
    "one stretched along columns": (TABLE, beside([[2.0], [nan]]), ("input", "w", (1, 0), FORWARD)),
    "a plain number": ([1.0, 2.0], lambda x: ops.sum(x * nan), ("input", None, (), FORWARD)),
    "the largest number": ([1.0, nan, 2.0], ops.max, ("input", "x", (1,), FORWARD)),
    "the input chosen": (
        [nan, 1.0],
        lambda x: ops.sum(ops.where([True, True], x, tensor([nan, 2.0], "y"))),
        ("input", "x", (0,), FORWARD),
    ),
    "the other input chosen": (
        [nan, 1.0],
        lambda x: ops.sum(ops.where([False, True], x, tensor([nan, 2.0], "y"))),
        ("input", "y", (0,), FORWARD),
    ),
    "the harmful one of two": (
        [-1.0, 4.0],
        lambda x: ops.sum(guarded(x) + ops.sqrt(x - 3)),
        ("sqrt", None, (0,), FORWARD),
    ),
    "a sum of products, without its numbers": (
        [[inf, 1.0]],
        lambda x: ops.sum(ops.matmul(x, tensor([[0.0], [1.0]], "w"))),
        ("matmul", None, (0, 0), FORWARD, {}),
    ),
    "zero times infinity on the way back": (
        [4.0, 0.0, 0.0],
        lambda x: ops.sum(ops.sqrt(x) * ops.sqrt(x)),
        ("sqrt", "x", (1,), "backward", AT_ZERO, "x", None),
    ),
    "a choice that does not keep it out": (
        [4.0, 0.0],
        lambda x: ops.sum(ops.where(x > -1, ops.sqrt(x) * ops.sqrt(x), 0.0)),
        ("sqrt", "x", (1,), "backward", AT_ZERO, "x", "where"),
    ),
    "the root of a norm squared at zero": (
        [0.0, 0.0],
        lambda x: ops.sqrt(ops.sum(x * x)) ** 2,
        ("sqrt", None, (), "backward", AT_ZERO),
    ),
    "gradients that cancel infinities": (
        [0.0, 0.0],
        lambda x: ops.sum(ops.sqrt(x) - ops.sqrt(x)),
        ("sum of gradients", "x", (0,), "backward"),
    ),
}


@pytest.mark.parametrize(("numbers", "function", "birth"), BIRTHS.values(), ids=BIRTHS)
def test_a_nan_is_told_where_it_was_born(numbers, function, birth):
    x = tensor(numbers)
    assert first_nan(function(x), [x])[: len(birth)] == birth


@pytest.mark.parametrize(
    "function",
    [
        lambda x: ops.sum(ops.sqrt(x + 1)),
        lambda x: ops.sum(x * 3.0),
        lambda x: ops.sum(guarded(x)),
        lambda x: ops.sum(ops.where([True, False], ops.sum(x) / tensor([1.0, 0.0], "w"), 0.0)),
        lambda x: ops.sum(ops.where(x > 0, ops.sqrt(x), x)),
        lambda x: ops.max(ops.where(x < 0, 1.0, ops.sqrt(x))),
    ],
    ids=["none", "a plain number", "log", "one number over many", "sqrt", "max"],
)
def test_no_nan_is_told_of_a_branch_that_was_not_taken_or_where_there_is_none(function):
    x = tensor([-0.75, 0.25])
    assert first_nan(function(x), [x]) is None


@pytest.mark.extra("numpy")
def test_numpy_arrays_are_searched_as_well():
    import numpy as np

    x = tensor(np.asarray([4.0, 0.0]))
    with np.errstate(all="ignore"):
        birth = first_nan(ops.sum(ops.sqrt(x) * ops.sqrt(x)), [x])
    assert birth[:5] == ("sqrt", "x", (1,), "backward", AT_ZERO)
