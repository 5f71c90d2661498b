"""Targets in the form their loss compares with; what does not fit is refused."""

from fractions import Fraction

import pytest

from chainrule import arrays
from chainrule.errors import DataError, ShapeError
from chainrule.nn import LOSSES, encode_targets, is_multi_label


@pytest.fixture
def encoded(xp):
    def encode(y, loss, outputs, *, rows=None):
        like = xp.zeros((len(y) if rows is None else rows, 2))
        return encode_targets(xp.asarray(y), LOSSES[loss], outputs, like)

    return encode


def test_a_column_of_values_becomes_a_table_of_one_output(encoded):
    assert encoded([1.5, -2.0], "mean_squared_error", 1).tolist() == [[1.5], [-2.0]]
    assert encoded([1, 0], "binary_cross_entropy", 1).tolist() == [[1.0], [0.0]]


def test_class_indices_become_shares(encoded):
    hot = [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    assert encoded([2, 0], "cross_entropy", 3).tolist() == hot
    assert encoded([2.0, 0.0], "cross_entropy", 3).tolist() == hot
    assert encoded([2, 0], "mean_squared_error", 3).tolist() == hot
    assert encoded([2, 0], "hinge", 3).tolist() == [[-1.0, -1.0, 1.0], [1.0, -1.0, -1.0]]


def test_a_table_of_shares_is_taken_as_it_is(encoded):
    assert encoded([[0.25, 0.75]], "cross_entropy", 2).tolist() == [[0.25, 0.75]]


def test_truth_values_are_ones_and_zeros(encoded):
    assert encoded([True, False], "binary_cross_entropy", 1).tolist() == [[1.0], [0.0]]
    assert encoded([True, False], "hinge", 1).tolist() == [[1.0], [-1.0]]


@pytest.mark.parametrize(
    ("y", "signs"),
    [
        ([1, -1], [[1.0], [-1.0]]),
        ([1, 0], [[1.0], [-1.0]]),
        ([1, 1], [[1.0], [1.0]]),
        ([0, 0], [[-1.0], [-1.0]]),
        ([-1, -1], [[-1.0], [-1.0]]),
    ],
)
def test_hinge_takes_signs_or_zero_and_one(encoded, y, signs):
    assert encoded(y, "hinge", 1).tolist() == signs


@pytest.mark.parametrize("y", [[2, 0], [0.5, 1.0], [-1, 0], [float("nan"), 1.0]])
def test_hinge_refuses_what_is_no_sign(encoded, y):
    with pytest.raises(DataError, match="hinge takes targets -1 and 1, or 0 and 1"):
        encoded(y, "hinge", 1)


@pytest.mark.parametrize("y", [[-0.1, 0.5], [0.5, 1.1], [float("nan"), 0.5]])
def test_a_share_outside_zero_and_one_is_refused(encoded, y):
    with pytest.raises(DataError, match="binary_cross_entropy takes targets from 0 to 1"):
        encoded(y, "binary_cross_entropy", 1)


@pytest.mark.parametrize(
    ("y", "found"),
    [
        ([0, 3], "3 in row 1"),
        ([-1, 0], "-1 in row 0"),
        ([0.0, 0.5], "0.5 in row 1"),
        ([2.0, float("nan")], "nan in row 1"),
    ],
)
def test_a_class_that_does_not_exist_is_refused(encoded, y, found):
    sentence = f"3 outputs need class indices, whole numbers from 0 to 2; found {found}"
    with pytest.raises(DataError, match=sentence):
        encoded(y, "cross_entropy", 3)


@pytest.mark.parametrize(
    ("y", "outputs", "rows"),
    [([[1.0], [2.0]], 2, 2), ([[1.0, 2.0]], 1, 1), ([1.0, 2.0], 1, 3), ([[1.0]], 1, 3)],
)
def test_a_loss_never_broadcasts(encoded, y, outputs, rows):
    with pytest.raises(ShapeError, match=rf"or \({rows}, {outputs}\); found"):
        encoded(y, "mean_squared_error", outputs, rows=rows)


@pytest.mark.parametrize(
    ("t", "questions"),
    [
        ([[0, 0, 1], [1, 0, 0]], False),
        ([[0, 0, 1], [1, 1, 0]], True),
        ([[0, 0, 1], [0, 0, 0]], True),
        ([[0, 0, 1], [1, 0.5, 0]], True),
        ([[1], [0]], False),
    ],
)
def test_outputs_are_questions_unless_every_row_says_yes_to_one_alone(xp, t, questions):
    assert is_multi_label(LOSSES["binary_cross_entropy"], xp.asarray(t)) is questions
    assert is_multi_label(LOSSES["hinge"], 2 * xp.asarray(t) - 1) is questions
    assert is_multi_label(LOSSES["cross_entropy"], xp.asarray(t)) is False


def test_an_empty_batch_has_no_targets(encoded, xp):
    empty = xp.zeros((0, 2))
    assert encode_targets(xp.zeros((0, 1)), LOSSES["hinge"], 1, empty).tolist() == []


def test_targets_take_on_the_number_kind_of_the_inputs():
    like = arrays.asarray([[Fraction(1, 3)]])
    found = encode_targets(arrays.asarray([1]), LOSSES["binary_cross_entropy"], 1, like)
    assert found.tolist() == [[Fraction(1)]]
    assert str(found.dtype) == "fraction"
    like = arrays.asarray([[arrays.Symbol("x")]])
    found = encode_targets(arrays.asarray([1.0]), LOSSES["cross_entropy"], 1, like)
    assert str(found.dtype) == "symbol"


def test_whole_number_inputs_do_not_cut_the_targets_off(xp):
    like = xp.asarray([[1], [2]])
    found = encode_targets(xp.asarray([0.5, 1.5]), LOSSES["mean_squared_error"], 1, like)
    assert found.tolist() == [[0.5], [1.5]]


@pytest.mark.extra("numpy")
def test_float32_inputs_get_float32_targets():
    import numpy as np

    like = np.zeros((2, 1), dtype=np.float32)
    assert encode_targets(np.asarray([1, 0]), LOSSES["cross_entropy"], 2, like).dtype == np.float32
    assert encode_targets(np.asarray([1, 0]), LOSSES["hinge"], 1, like).dtype == np.float32


def test_a_target_that_no_float_holds_is_refused(encoded):
    with pytest.raises(DataError, match="too large for a float"):
        encoded([10**400], "binary_cross_entropy", 1)


def test_targets_that_do_not_fit_are_told_the_shape_that_does(encoded):
    with pytest.raises(ShapeError) as told:
        encoded([[1.0, 2.0]] * 4, "mean_squared_error", 3)
    said = "targets for 4 rows and 3 outputs have shape (4,) or (4, 3); found {}"
    assert str(told.value) == said.format((4, 2))
    with pytest.raises(ShapeError) as told:  # in the words of whoever gave them, not as encoded
        encoded([1, 2, 0], "cross_entropy", 3, rows=4)
    assert str(told.value) == said.format((3,))
