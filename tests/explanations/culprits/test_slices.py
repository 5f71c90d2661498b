"""Which rows are asked whether they carry the loss, and how far one of them stands out."""

from math import log

import pytest

import chainrule as cr
import chainrule.arrays as xp
from chainrule.explanations.culprits import heaviest_slice, losses_of_classes


def flags(rows, *slices):
    """One input for each slice, 1 on its rows."""
    return xp.asarray([[float(row in own) for own in slices] for row in range(rows)])


@pytest.mark.parametrize(
    ("size", "rows", "found"), [(4, 30, False), (5, 30, True), (25, 30, True), (26, 30, False)]
)
def test_a_slice_holds_five_rows_and_leaves_five(size, rows, found):
    losses = [1.0 + (row < size) for row in range(rows)]
    named = heaviest_slice(losses, None, flags(rows, range(size)), ["sick"])
    assert (named is not None) is found
    if named:
        assert (named.label, named.places) == ("sick", tuple(range(size)))
        assert named.share == pytest.approx(2 * size / (rows + size))


def test_what_any_five_rows_may_hold_stands_out_no_more_than_chance():
    # Of twelve rows one costs something: in five of twelve deals it is among the five.
    assert heaviest_slice([1.0] + [0.0] * 11, None, flags(12, range(5)), ["a"]) is None


def test_many_rows_that_cost_more_stand_out_further_than_few_that_cost_a_little_more():
    # The mean is 1: (1.9 - 1) · √16 is more than (2 - 1) · √5.
    losses = [2.0] * 5 + [1.9 + (1.9 - 2.0) * 5 / 11] * 11
    losses += [(32 - sum(losses)) / 16] * 16
    found = heaviest_slice(losses, None, flags(32, range(5), range(16)), ["few", "many"])
    assert found.label == "many"
    # Beside what is usual for them, they cost no more than the others.
    usual = [2.0] * 5 + [30.0] * 11 + [0.5] * 16
    found = heaviest_slice(losses, None, flags(32, range(5), range(16)), ["few", "many"], usual)
    assert found is None or found.label == "few"


@pytest.mark.parametrize(("columns", "named"), [(60, True), (61, False)])
def test_of_more_than_sixty_inputs_none_is_asked(columns, named):
    losses = [2.0] * 10 + [1.0] * 20
    x = flags(30, range(10), *[()] * (columns - 1))
    found = heaviest_slice(losses, None, x, [f"x[{n}]" for n in range(columns)])
    assert (found is not None) is named


@pytest.mark.parametrize(
    ("rising", "label", "places"),
    [(1, "age in the upper half", range(9, 19)), (-1, "age in the lower half", range(9))],
)
def test_a_column_of_numbers_is_halved_at_its_middle_value(rising, label, places):
    losses = [2.0 if row in places else 1.0 for row in range(19)]
    found = heaviest_slice(losses, None, xp.asarray([[row / 7] for row in range(19)]), ["age"])
    assert (found.label, found.places) == (label, tuple(places))


def test_what_a_class_costs_where_nothing_tells_it():
    # Whatever is asked, a network without weights says the same: -ln p of each class.
    layer = cr.Dense(1, 2, "softmax", weight=[[0.0], [0.0]], bias=[0.0, log(3)])
    x, y = [[1.0], [2.0], [3.0]], [0, 1, 1]
    study = cr.explain(cr.Network([layer], engine="python"), x, y).network
    assert losses_of_classes(study) == pytest.approx([log(4), log(4 / 3), log(4 / 3)])


@pytest.mark.parametrize("own", [0.5, 1.0])
def test_rows_that_cost_no_more_than_the_others_carry_nothing_though_less_is_usual(own):
    losses, usual = [own] * 10 + [1.0] * 20, [0.1] * 10 + [1.0] * 20
    assert heaviest_slice(losses, None, flags(30, range(10)), ["a"], usual) is None


@pytest.mark.parametrize(
    ("losses", "usual", "own"),
    [
        ([5.0] * 10 + [1.0] * 20, [0.0] * 10 + [2.0] * 20, range(10)),
        ([0.0] * 10 + [1.0] + [0.0] * 19, [0.0] * 10 + [1.0] * 20, range(10, 30)),
    ],
)
def test_a_row_whose_class_costs_nothing_counts_as_nothing(losses, usual, own):
    assert heaviest_slice(losses, None, flags(30, own), ["a"], usual) is None


def test_rows_that_carry_just_their_part_of_the_loss_are_not_named():
    losses, flagged = [0.1 + 0.2, 0.3] * 15, range(0, 30, 2)  # the same but for rounding
    assert heaviest_slice(losses, None, flags(30, flagged), ["a"]) is None
