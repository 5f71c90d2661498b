"""The birth of a NaN is told by op, entry and direction; one that does no harm is passed over."""

from math import inf, nan

import pytest

from chainrule import ops
from chainrule.autodiff import Tensor, first_nan


def tensor(numbers, name="x"):
    return Tensor(numbers, name=name)


def test_a_run_without_nan_has_no_birth():
    x = tensor([1.0, 2.0])
    assert first_nan(ops.sum(ops.sqrt(x)), [x]) is None


def test_a_nan_is_born_in_the_op_that_makes_it():
    x = tensor([1.0, -4.0])
    birth = first_nan(ops.mean(ops.exp(ops.log(x * 2))))
    assert birth[:4] == ("log", None, (1,), "forward")
    assert birth.operands == {"x": -8.0}


def test_infinity_less_infinity_is_where_it_begins():
    x = tensor([[800.0], [1.0]])
    birth = first_nan(ops.sum(ops.exp(x) - ops.exp(x)))
    assert birth[:4] == ("subtract", None, (0, 0), "forward")
    assert birth.operands == {"x": inf, "y": inf}


def test_a_nan_that_came_in_is_the_input_s():
    x, w = tensor([1.0, nan]), tensor(3.0, "w")
    assert first_nan(ops.sum(x * w))[:4] == ("input", "x", (1,), "forward")


def test_a_stretched_input_is_looked_up_at_its_own_entry():
    x, w = tensor([[1.0, 2.0], [3.0, 4.0]]), tensor([nan, 1.0], "w")
    assert first_nan(ops.sum(x * w))[:4] == ("input", "w", (0,), "forward")


def test_zero_times_infinity_on_the_way_back_is_told_with_its_numbers():
    x = tensor([4.0, 0.0])
    birth = first_nan(ops.sum(ops.sqrt(x) * ops.sqrt(x)), [x])
    assert birth == ("sqrt", "x", (1,), "backward", {"x": 0.0, "a": 0.0, "g": 0.0}, "x", None)


def test_a_choice_that_does_not_keep_a_nan_out_is_named():
    x = tensor([4.0, 0.0])
    guarded = ops.where(x > -1, ops.sqrt(x) * ops.sqrt(x), 0.0)
    assert first_nan(ops.sum(guarded), [x]).guard == "where"


def test_the_norm_squared_at_zero_is_told_at_the_root():
    x = tensor([0.0, 0.0])
    birth = first_nan(ops.sqrt(ops.sum(x * x)) ** 2, [x])
    assert (birth.op, birth.entry, birth.direction) == ("sqrt", (), "backward")
    assert birth.operands == {"x": 0.0, "a": 0.0, "g": 0.0}


def test_gradients_that_cancel_infinities_are_told_as_their_sum():
    x = tensor([0.0])
    birth = first_nan(ops.sum(ops.sqrt(x) - ops.sqrt(x)), [x])
    assert birth[:4] == ("sum of gradients", "x", (0,), "backward")


@pytest.mark.parametrize(
    "function",
    [
        lambda x: ops.sum(ops.where(x > 0, ops.log(x), 0.0)),
        lambda x: ops.sum(ops.where(x > 0, ops.sqrt(x), x)),
        lambda x: ops.max(ops.where(x < 0, 1.0, ops.sqrt(x))),
    ],
)
def test_a_nan_in_a_branch_not_taken_is_passed_over(function):
    x = tensor([-1.0, 0.25])
    assert first_nan(function(x), [x]) is None


def test_of_two_nans_the_harmful_one_is_told():
    x = tensor([-1.0, 4.0])
    masked = ops.where(x > 0, ops.log(x), 0.0)
    assert first_nan(ops.sum(masked + ops.sqrt(x - 3)))[:4] == ("sqrt", None, (0,), "forward")


@pytest.mark.extra("numpy")
def test_numpy_arrays_are_searched_as_well():
    import numpy as np

    x = tensor(np.asarray([4.0, 0.0]))
    with np.errstate(all="ignore"):
        birth = first_nan(ops.sum(ops.sqrt(x) * ops.sqrt(x)), [x])
    assert birth[:4] == ("sqrt", "x", (1,), "backward")
    assert birth.operands == {"x": 0.0, "a": 0.0, "g": 0.0}


@pytest.mark.parametrize(("numbers", "place"), [([[nan, 1.0]], (0, 0)), ([[2.0], [nan]], (1, 0))])
def test_an_input_that_is_stretched_along_an_axis_is_looked_up_there(numbers, place):
    x, w = tensor([[1.0, 2.0], [3.0, 4.0]]), tensor(numbers, "w")
    assert first_nan(ops.sum(x * w))[:4] == ("input", "w", place, "forward")


def test_a_plain_number_among_the_inputs_is_looked_at_as_well():
    x = tensor([1.0, 2.0])
    assert first_nan(ops.sum(x * 3.0)) is None
    assert first_nan(ops.sum(x * nan))[:4] == ("input", None, (), "forward")


def test_of_two_inputs_the_one_that_was_chosen_brought_the_nan():
    x, y = tensor([nan, 1.0]), tensor([nan, 2.0], "y")
    chosen = ops.where([False, True], x, y)
    assert first_nan(ops.sum(chosen))[:4] == ("input", "y", (0,), "forward")
    chosen = ops.where([True, True], x, y)
    assert first_nan(ops.sum(chosen))[:4] == ("input", "x", (0,), "forward")


def test_a_nan_that_a_largest_number_brought_is_the_input_s():
    x = tensor([1.0, nan, 2.0])
    assert first_nan(ops.max(x))[:4] == ("input", "x", (1,), "forward")


def test_of_sums_of_products_no_numbers_are_told():
    x, w = tensor([[inf, 1.0]]), tensor([[0.0], [1.0]], "w")
    birth = first_nan(ops.sum(ops.matmul(x, w)))
    assert (birth.op, birth.entry, birth.operands) == ("matmul", (0, 0), {})
