"""Columns whose values are handed round among the rows."""

import random
from importlib import import_module

import pytest

import chainrule as cr
from chainrule.explanations.culprits.columns import row_parts
from chainrule.model import explain
from chainrule.nn import NetworkStudy

ROWS = 60
COLUMNS = import_module("chainrule.explanations.culprits.columns")  # not the function of its name


@pytest.fixture(scope="module")
def twice():
    """The first input twice, one that is not read, and the answer exactly."""
    draw = random.Random(0)
    x = [[a, a, draw.random(), draw.random()] for a in (draw.random() for _ in range(ROWS))]
    net = cr.Network([cr.Dense(4, 1, weight=[[1.0, 1.0, 0.0, 3.0]], bias=[0.0])], engine="python")
    return net, x, [[2 * row[0] + 3 * row[3]] for row in x]


def test_a_column_that_nobody_reads_loses_nothing_and_the_others_are_in_order(twice):
    net, x, y = twice
    columns = explain(net, x, y).columns()
    rises = {column.names[0]: column.rise for column in columns.shuffled}
    assert rises["x[2]"] == 0.0
    assert columns.shuffled[0].names == ("x[3]",)
    assert [*rises.values()] == sorted(rises.values(), reverse=True)


def test_the_rise_counts_from_the_loss_that_there_is(twice):
    # Half beside the answer everywhere: the loss is 1/4 before anything is shuffled.
    net, x, y = twice
    columns = explain(net, x, [[value[0] + 0.5] for value in y]).columns()
    rises = {column.names[0]: column.rise for column in columns.shuffled}
    assert rises["x[2]"] == 0.0
    assert rises["x[3]"] > 0


def test_the_rise_is_what_shuffling_costs_in_the_mean(twice):
    # For a linear answer w·x that is exact, a shuffled input adds w²·(x - x')², of which the mean
    # over all pairs is 2 w² var(x).
    net, x, y = twice
    columns = explain(net, x, y).columns(repeats=200)
    values = [row[3] for row in x]
    mean = sum(values) / ROWS
    variance = sum((value - mean) ** 2 for value in values) / ROWS
    (last,) = (column for column in columns.shuffled if column.names == ("x[3]",))
    assert last.rise == pytest.approx(2 * 9 * variance, rel=0.03)


def test_columns_that_say_the_same_are_shuffled_together(twice):
    net, x, y = twice
    columns = explain(net, x, y).columns()
    (alike,) = columns.alike
    assert alike.names == ("x[0]", "x[1]")
    assert alike.correlation == pytest.approx(1.0)
    alone = next(column.rise for column in columns.shuffled if column.names == ("x[0]",))
    # Both together move the answer twice as far as one, and squares four times.
    assert alike.rise == pytest.approx(4 * alone)
    assert "x[0] and x[1] say nearly the same (correlation 1.00)" in " ".join(str(columns).split())


def test_the_seed_decides_and_one_row_has_nothing_to_shuffle(twice):
    net, x, y = twice
    first, again, other = (explain(net, x, y).columns(seed=seed) for seed in (0, 0, 1))
    assert first.shuffled == again.shuffled != other.shuffled
    assert explain(net, x[:1], y[:1]).columns().shuffled == ()


def test_the_features_of_a_column_are_shuffled_together():
    net = cr.train_on_table("penguins", engine="python", epochs=5, progress=False).net
    columns = explain(net, cr.rows_for(net)).columns(repeats=1)
    names = {column.names[0] for column in columns.shuffled}
    assert names == {column.name for column in columns.columns} == set(net.recipe.columns)


def test_three_columns_that_say_the_same_are_one_group():
    draw = random.Random(0)
    x = [[a, a + draw.gauss(0, 0.01), -a] for a in (draw.random() for _ in range(ROWS))]
    net = cr.Network([cr.Dense(3, 1)], engine="python")
    (alike,) = explain(net, x, [[row[0]] for row in x]).columns(repeats=1).alike
    assert alike.names == ("x[0]", "x[1]", "x[2]")
    assert alike.correlation == pytest.approx(1.0)


@pytest.mark.parametrize("weights", [None, [1.0, 2.0, 0.5] * (ROWS // 3)])
def test_a_wide_table_is_worked_on_in_parts_with_the_same_outcome(twice, weights, monkeypatch):
    net, x, y = twice
    ex = explain(net, x, [[value[0] + 0.5] for value in y], sample_weight=weights)
    whole = ex.columns()
    monkeypatch.setitem(row_parts.__globals__, "_NUMBERS_AT_ONCE", 4 * 7)
    parts = ex.columns()
    assert parts.trusted
    assert [c.name for c in parts.columns] == [c.name for c in whole.columns]
    for one, other in zip(parts.columns, whole.columns, strict=True):
        assert one.amount == pytest.approx(other.amount, rel=1e-9, abs=1e-12)
    for one, other in zip(parts.shuffled, whole.shuffled, strict=True):
        assert one.rise == pytest.approx(other.rise, rel=1e-9)
    assert parts.shuffled[-1].rise == 0.0


def test_the_spread_is_the_deviation_among_the_repeats(twice):
    net, x, y = twice
    one, two = (explain(net, x, y).columns(repeats=n).shuffled[0] for n in (1, 2))
    assert one.names == two.names
    assert one.spread == 0.0
    other = 2 * two.rise - one.rise  # the first shuffle is the same
    assert two.spread == pytest.approx(abs(one.rise - other) / 2**0.5)


@pytest.mark.parametrize(
    ("apart", "size", "alike"),
    [(1, 1.0, True), (2, 1.0, False), (0, 0.21, True), (0, 0.19, False)],
)
def test_columns_say_nearly_the_same_from_a_correlation_of_nine_tenths_on(apart, size, alike):
    # Of 30 rows of +1 and -1, of which k differ, the correlation is 1 - 2k / 30.
    one = [size * (-1) ** n for n in range(30)]
    other = [-value if n in range(0, 2 * apart, 2) else value for n, value in enumerate(one)]
    x = [[a, b, 7.0] for a, b in zip(one, other, strict=True)]
    net = cr.Network([cr.Dense(3, 1)], engine="python")
    found = explain(net, x, [[0.0]] * 30).columns(repeats=1).alike
    assert [pair.names for pair in found] == [("x[0]", "x[1]")] * alike
    assert all(pair.correlation <= 1.0 for pair in found)


@pytest.mark.parametrize("most", [ROWS, ROWS + 1])
def test_all_rows_are_measured_on_where_there_are_no_more_than_may_be(twice, most, monkeypatch):
    net, x, y = twice
    every = explain(net, x, y).columns().shuffled
    monkeypatch.setattr(COLUMNS, "_MOST_ROWS", most)
    assert explain(net, x, y).columns().shuffled == every


def test_fewer_rows_are_drawn_where_there_are_more(twice, monkeypatch):
    net, x, y = twice
    seen = []
    monkeypatch.setattr(COLUMNS, "_MOST_ROWS", 20)
    only = NetworkStudy.only
    monkeypatch.setattr(
        NetworkStudy, "only", lambda study, rows: seen.append(rows) or only(study, rows)
    )
    explain(net, x, y).columns(repeats=1)
    drawn = next(rows for rows in seen if isinstance(rows, list))
    assert len(drawn) == len(set(drawn)) == 20
    assert drawn == sorted(drawn) != list(range(20))


def test_a_wide_table_is_worked_on_in_so_many_parts(twice, monkeypatch):
    net, x, y = twice
    weights = [1.0 + n % 3 for n in range(ROWS)]
    study = explain(net, x, y, sample_weight=weights).network
    monkeypatch.setattr(COLUMNS, "_NUMBERS_AT_ONCE", 4 * 25 + 3)
    parts = list(row_parts(study))
    assert [places for places, _ in parts] == [range(25), range(25, 50), range(50, 60)]
    own = [sum(weights[n] for n in places) / sum(weights) for places, _ in parts]
    assert [share for _, share in parts] == pytest.approx(own)
    monkeypatch.setattr(COLUMNS, "_NUMBERS_AT_ONCE", 3)
    assert [places for places, _ in row_parts(study)][:2] == [range(1), range(1, 2)]
