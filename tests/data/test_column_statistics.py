"""Statistics of a column, all at once or chunk by chunk."""

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.data.cells import Places
from chainrule.data.column_statistics import MOST_LEVELS, ColumnStatistics, Moments, total_of
from chainrule.errors import DataError

numbers = st.lists(st.floats(-1e6, 1e6), max_size=30)


def seen(values):
    column = ColumnStatistics("c")
    column.update(values, Places(range(len(values))))
    return column


@given(numbers, numbers)
def test_moments_of_parts_put_together_are_those_of_the_whole(first, second):
    whole = Moments.of(first + second)
    joined = Moments.of(first).with_those_of(Moments.of(second))
    assert joined.count == whole.count
    assert joined.mean == pytest.approx(whole.mean, rel=1e-9, abs=1e-9)
    assert joined.squares == pytest.approx(whole.squares, rel=1e-9, abs=1e-6)
    assert (joined.low, joined.high) == (whole.low, whole.high)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
def test_the_deviation_is_that_of_the_numbers_themselves(values):
    assert Moments.of(values).deviation == pytest.approx(statistics.pstdev(values), abs=1e-9)


def test_a_small_spread_far_from_zero_keeps_its_digits():
    assert Moments.of([1e9 + 1, 1e9 + 2, 1e9 + 3]).deviation == pytest.approx(math.sqrt(2 / 3))


@pytest.mark.parametrize("values", [[1e308, 1e308], [-math.inf, math.inf], [math.inf, 1.0]])
def test_a_total_that_is_no_float_is_infinite(values):
    assert total_of(values) == math.inf


@pytest.mark.parametrize(("texts", "numeric"), [(5, True), (6, False)])
def test_a_column_is_numeric_when_95_of_100_values_are_numbers(texts, numeric):
    assert seen(["x"] * texts + ["1"] * (100 - texts)).numeric is numeric


def test_missing_values_do_not_count_for_or_against_numbers():
    assert seen([None] * 99 + ["1"]).numeric
    assert not seen([None] * 3).numeric


def test_the_first_text_among_numbers_is_named():
    column = seen(["1"] * 40 + ["oops", "1", "again"])
    with pytest.raises(DataError, match="column c holds numbers, but row 40 has 'oops'"):
        column.require_numbers()


def test_an_infinite_number_is_named():
    with pytest.raises(DataError, match="column c, row 1 is inf"):
        seen(["1", "inf", "2"]).require_numbers()


@pytest.mark.parametrize(
    ("values", "spread"),
    [
        (["1e200", "-1e200"], "wide"),
        (["1e308", "-1e308", "1.7e308", "1.7e308"], "wide"),
        (["1e153"] * 600 + ["-1e153"] * 600, "wide"),
        (["1e-200", "3e-200"], "narrow"),
        (["5e-324", "1.5e-323"], "narrow"),
    ],
)
def test_numbers_whose_squares_leave_the_floats_are_refused(values, spread):
    with pytest.raises(DataError, match=f"too {spread} to be scaled"):
        seen(values).require_numbers()


def test_levels_of_numbers_are_ordered_by_size_and_those_of_texts_by_letter():
    assert list(seen(["10", "9", "1.0", "1"]).levels(as_numbers=True)) == ["1", "9", "10"]
    assert list(seen(["10", "9", "b", "a"]).levels(as_numbers=False)) == ["10", "9", "a", "b"]


def test_levels_are_counted_up_to_a_bound():
    assert len(seen([f"t{n}" for n in range(MOST_LEVELS)]).levels(as_numbers=False)) == MOST_LEVELS
    assert seen([f"t{n}" for n in range(MOST_LEVELS + 1)]).levels(as_numbers=False) is None


def test_chunks_count_like_the_whole():
    values = ["a", None, "b", "a", "c", None]
    whole, parts = seen(values), ColumnStatistics("c")
    for start in range(0, 6, 2):
        parts.update(values[start : start + 2], Places(range(start, start + 2)))
    assert parts.levels(as_numbers=False) == whole.levels(as_numbers=False)
    assert (parts.rows, parts.missing, parts.numeric) == (whole.rows, whole.missing, whole.numeric)


def test_one_number_makes_a_column_of_numbers():
    seen = ColumnStatistics("x")
    assert not seen.all_numbers
    seen.update(["7"], Places([0]))
    assert seen.all_numbers


def test_nothing_has_the_mean_0():
    assert Moments.of([]) == Moments(0, 0.0, 0.0, math.inf, -math.inf)
