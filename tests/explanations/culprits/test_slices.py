"""Which rows are asked whether they carry the loss, and how far one of them stands out."""

import re
from math import log
from random import Random

import pytest

import chainrule as cr
import chainrule.arrays as xp
from chainrule.explanations.culprits import answer_for_rows, heaviest_slice, losses_of_classes
from chainrule.explanations.culprits.totals import Slice


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
        assert (named.label, named.places) == ("sick at 1", tuple(range(size)))
        assert named.share == pytest.approx(2 * size / (rows + size))


def test_what_any_five_rows_may_hold_stands_out_no_more_than_chance():
    # Of twelve rows one costs something: in five of twelve deals it is among the five.
    assert heaviest_slice([1.0] + [0.0] * 11, None, flags(12, range(5)), ["a"]) is None


def test_many_rows_that_cost_more_stand_out_further_than_few_that_cost_a_little_more():
    # The mean is 1: (1.9 - 1) · √16 is more than (2 - 1) · √5.
    losses = [2.0] * 5 + [1.9 + (1.9 - 2.0) * 5 / 11] * 11
    losses += [(32 - sum(losses)) / 16] * 16
    found = heaviest_slice(losses, None, flags(32, range(5), range(16)), ["few", "many"])
    assert found.label == "many at 1"
    # Beside what is usual for them, they cost no more than the others.
    usual = [2.0] * 5 + [30.0] * 11 + [0.5] * 16
    found = heaviest_slice(losses, None, flags(32, range(5), range(16)), ["few", "many"], usual)
    assert found.label == "few at 1"


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


def test_a_stretch_of_a_column_is_not_halved_beside_the_column_itself():
    losses = [2.0 if row < 5 else 1.0 for row in range(19)]
    x = xp.asarray([[row / 7, min(row, 5) / 5] for row in range(19)])
    found = heaviest_slice(losses, None, x, ["age", "age from 0 to 5"])
    assert found is None or found.label == "age in the lower half"
    assert heaviest_slice(losses, None, x, ["age", "weight from 0 to 5"]).label.startswith("weight")
    of_home = ["way from home", "way from home from 0 to -1.5e-07"]
    found = heaviest_slice(losses, None, x, of_home)
    assert found is None or found.label == "way from home in the lower half"


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("price from shop=yes", "price from shop=yes"),
        ("price from 1 to 2=yes", "price from 1 to 2=yes"),
        ("price from shop", "price from shop at 1"),
        ("title has price", "title has price"),
        ("price is missing", "price missing"),
    ],
)
def test_a_column_of_zeros_and_ones_is_asked_and_named_by_what_it_says(name, label):
    losses = [2.0] * 20 + [1.0] * 20
    x = xp.asarray([[row % 7 / 3, float(row < 20)] for row in range(40)])
    assert heaviest_slice(losses, None, x, ["price", name]).label == label


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


def test_rows_that_only_count_more_carry_their_part_and_no_more():
    generator = Random(2)
    losses = [generator.expovariate(1.0) for _ in range(60)]
    own, weights = range(0, 60, 3), [1.0 + 9.0 * (row % 3 == 0) for row in range(60)]
    assert heaviest_slice(losses, None, flags(60, own), ["a"], weights=weights) is None
    worse = [loss * (1 + 3 * (row in own)) for row, loss in enumerate(losses)]
    found = heaviest_slice(worse, None, flags(60, own), ["a"], weights=weights)
    carried = [loss * weight for loss, weight in zip(worse, weights, strict=True)]
    assert found.places == tuple(own)
    assert found.share == pytest.approx(sum(carried[row] for row in own) / sum(carried))
    # Rows of which one counts more than all the others have a mean as unsteady as its own loss.
    uneven = [500.0 * (row == 1) + 1.0 for row in range(60)]
    unsteady = flags(60, own, range(1, 60, 3))
    worse = [generator.random() + (row in own) - (row == 1) for row in range(60)]
    assert heaviest_slice(worse, None, unsteady, ["a", "b"], weights=uneven).label == "a at 1"


def test_an_answer_about_rows_that_count_unequally_says_their_part_by_weight():
    net = cr.Network([cr.Dense(1, 2, "softmax", weight=[[-3.0], [3.0]])], engine="python")
    x, y = [[-1.0]] * 20 + [[1.0]] * 12 + [[-1.0]] * 8, [0] * 20 + [1] * 20
    fails = cr.explain(net, x, y, sample_weight=[3.0] * 20 + [1.0] * 20).answer
    assert "on the 20 of 40 rows (25% by weight) with true class 1, more than" in fails
    assert "by weight" not in cr.explain(net, x, y).answer


def test_targets_that_answer_many_questions_are_told_apart_by_all_of_them():
    net = cr.Network([cr.Dense(1, 5, "sigmoid", weight=[[0.0]] * 5)], engine="python")
    y = [[1, 0, 0, 0, 0]] * 8 + [[1, 0, 0, 1, 1]] * 4
    ex = cr.explain(net, [[1.0]] * 12, y)
    assert {total.name: total.rows for total in ex.classes} == {
        "1, 0, 0, 0, 0": 8,
        "1, 0, 0, 1, 1": 4,
    }
    net = cr.Network([cr.Dense(1, 40, "sigmoid", weight=[[0.0]] * 40)], engine="python")
    y = [[1] * 30 + [n % 2] + [0] * 9 for n in range(12)]  # the first twelve yeses are the same
    assert [total.rows for total in cr.explain(net, [[1.0]] * 12, y).classes] == [6, 6]
    failing = [0.0] * 8 + [5.0] * 8
    truths = [[1, 0, 0, 0]] * 8 + [[1, 0, 0, 1]] * 8
    found = heaviest_slice(failing, truths, flags(16), [])
    assert (found.label, found.places) == ("true class '1, 0, 0, 1'", tuple(range(8, 16)))


def test_a_move_that_helps_some_rows_and_costs_all_rows_more_is_not_named():
    net = cr.Network([cr.Dense(2, 1, weight=[[0.0, 0.0]], bias=[0.0])], engine="python")
    x = [[2.0, 1.0]] * 5 + [[1.0, 0.0]] * 30  # moved by 0.5, the first weight mends five of them
    study = cr.explain(net, x, [[1.0]] * 5 + [[0.0]] * 30).network
    some = Slice("five of them", tuple(range(5)), 1.0)
    answer = answer_for_rows(study, study.standing(), some, None)
    assert answer.moves == {"dense1.weight[0,1]": 1.0}
    assert answer.endswith(
        "the mean loss of all rows from 0.143 to 0, and that of these rows from 1 to 0."
    )


def test_the_loss_of_rows_that_count_differently_is_that_of_these_rows_before_and_after():
    x = [[float(n % 2), 1.0] for n in range(24)]
    y = [[4.0 * (n % 2)] for n in range(24)]
    counts = [1.0 + n for n in range(24)]
    net = cr.Network([cr.Dense(2, 1, weight=[[1.0, 0.1]], bias=[0.5])], engine="python")
    study = cr.explain(net, x, y, sample_weight=counts).network
    some = Slice("x[0]", tuple(range(1, 24, 2)), 0.9)
    loss = float(study.only(some.places).loss())
    answer = answer_for_rows(study, study.standing(), some, None)
    assert f"and that of these rows from {loss:.3g} to" in answer


@pytest.mark.parametrize(("weight", "end"), [(0.5, "4.5"), (1.25, "6.25"), (2.0, "10")])
def test_a_best_value_at_the_end_of_what_was_tried_is_said_to_be_there(weight, end):
    net = cr.Network([cr.Dense(1, 1, "sigmoid", weight=[[weight]])], engine="python")
    answer = cr.explain(net, [[1.0], [-1.0]], [1, 0]).answer
    assert f"moved from {weight:.3g} to {end}, as far as was tried, it takes" in answer
    soft = cr.explain(net, [[1.0], [-1.0]], [[0.7], [0.3]]).answer
    assert re.search(r"moved from \S+ to \S+, it takes", soft)
