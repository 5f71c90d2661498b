"""Folds hold out every row once, each class in equal shares, groups whole, and never the past."""

from collections import Counter

import pytest

from chainrule.arrays import Generator
from chainrule.data import ColumnChoice, folds, load
from chainrule.data.prepare import _in_time
from chainrule.data.table import from_columns
from chainrule.errors import DataError, OptionError


def divided(table, count=5, *, seed=0, group=None, time=None, **said):
    choice = ColumnChoice(table, **said)
    return folds(table, count, Generator(seed), choice, group=group, time=time)


def rows_table(**columns):
    return from_columns(columns, source="rows", target="y")


def test_every_row_is_held_out_once_and_learnt_from_in_all_other_folds():
    parts = divided(load("iris"))
    assert sorted(row for _, held_out in parts for row in held_out) == list(range(150))
    for learn, held_out in parts:
        assert sorted(learn + held_out) == list(range(150))


def test_classes_and_sizes_are_as_even_as_whole_rows_allow():
    ys = ["a"] * 52 + ["b"] * 17 + ["c"] * 6
    table = rows_table(x=[float(i) for i in range(75)], y=ys)
    parts = divided(table)
    assert [len(held_out) for _, held_out in parts] == [15] * 5
    for name, total in Counter(ys).items():
        counts = [sum(ys[row] == name for row in held_out) for _, held_out in parts]
        assert max(counts) - min(counts) <= 1, (name, counts, total)


def test_the_seed_decides_which_rows_come_together():
    table = load("iris")
    assert divided(table) == divided(table)
    assert divided(table) != divided(table, seed=1)


def test_a_group_is_never_parted():
    group = [f"g{row % 13}" for row in range(90)]
    ys = ["ab"[row % 13 % 2] for row in range(90)]
    parts = divided(rows_table(x=[float(i) for i in range(90)], g=group, y=ys), 4, group="g")
    for learn, held_out in parts:
        assert not {group[row] for row in learn} & {group[row] for row in held_out}
        assert {ys[row] for row in held_out} == {"a", "b"}
    assert sorted(row for _, held_out in parts for row in held_out) == list(range(90))


@pytest.mark.parametrize(
    "times",
    [
        [float((row * 7) % 40) for row in range(40)],
        [f"2024-{1 + (row * 7) % 12:02}-{1 + row % 28:02}" for row in range(40)],
        [f"2024-03-01T{(row * 7) % 24:02}:30:00" for row in range(40)],
    ],
    ids=["numbers", "dates", "times of day"],
)
def test_in_the_order_of_time_only_the_past_is_learnt_from(times):
    table = rows_table(when=times, y=[float(i % 7) + i for i in range(40)])
    parts = divided(table, 4, time="when")
    assert len(parts) == 4
    for learn, held_out in parts:
        assert max(times[row] for row in learn) < min(times[row] for row in held_out)
    assert [len(learn) for learn, _ in parts] == sorted(len(learn) for learn, _ in parts)


def test_rows_without_a_target_come_into_no_fold():
    table = rows_table(
        x=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], y=["a", None, "b", "a", "b", "a", "b"]
    )
    assert all(1 not in learn + held_out for learn, held_out in divided(table, 2))


def test_a_row_of_a_class_that_nothing_teaches_is_not_held_out():
    table = rows_table(x=[float(i) for i in range(9)], y=["a"] * 4 + ["b"] * 4 + ["rare"])
    assert all(8 not in held_out for _, held_out in divided(table, 2))
    assert sorted(row for _, held_out in divided(table, 2) for row in held_out) == list(range(8))


@pytest.mark.parametrize(
    ("count", "options", "error", "part"),
    [
        (1, {}, OptionError, "whole number, at least 2"),
        (2.5, {}, OptionError, "whole number, at least 2"),
        (True, {}, OptionError, "folds is True: it must be a whole number, at least 2"),
        (9, {}, DataError, "8 rows cannot make 9 folds"),
        (3, {"group": "g"}, DataError, "2 groups cannot make 3 folds"),
        (3, {"time": "g"}, DataError, "neither a number nor a date, in g: take the row out"),
        (2, {"time": "same"}, DataError, "too few different times for 2 folds"),
        (2, {"group": "gap"}, DataError, "row 3 has no gap"),
        (2, {"time": "then"}, DataError, "row 1 has nothing in then: take the row out"),
        (2, {"group": "who"}, DataError, "no column 'who'"),
        (2, {"group": "g", "time": "same"}, OptionError, "leave one out"),
    ],
)
def test_what_cannot_be_divided_is_refused(count, options, error, part):
    table = rows_table(
        g=["x", "z"] * 4,
        same=[1.0] * 8,
        then=[1.0, None] * 4,
        gap=["p", "q", "r", None, "p", "q", "r", "s"],
        y=["a", "a", "b", "b"] * 2,
    )
    with pytest.raises(error, match=part):
        divided(table, count, **options)


def test_two_times_are_one_fold_too_few_though_the_first_cut_is_fine():
    table = rows_table(when=[1.0] * 3 + [2.0] * 3, y=[float(n) for n in range(6)])
    with pytest.raises(DataError, match="when has too few different times for 2 folds"):
        divided(table, 2, time="when")


def test_blocks_of_time_are_cut_where_they_are_due_and_never_among_equal_times():
    def cuts(moments, count):
        blocks = _in_time(range(len(moments)), moments, count, "when")
        return [(len(learn), len(held_out)) for learn, held_out in blocks]

    assert cuts([1, 2, 3, 4, 5, 6], 2) == [(2, 2), (4, 2)]
    assert cuts([1, 1, 1, 1, 2, 3], 2) == [(4, 1), (5, 1)]
    assert cuts([1, 2, 3], 2) == [(1, 1), (2, 1)]
    for too_few in ([1, 1, 2, 2], [1, 2], [1]):
        with pytest.raises(DataError, match="too few different times for 2 folds"):
            cuts(too_few, 2)
