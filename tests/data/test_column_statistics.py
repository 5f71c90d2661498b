"""Statistics of a column, all at once or chunk by chunk."""

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.data.cells import Places
from chainrule.data.column_reading import ColumnReading
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
    assert Moments().deviation == 0
    assert Moments().constant


def test_numbers_may_count_as_much_as_their_weights_say():
    # The mean of 1, 1, 1, 3 is 1.5, and 3 · 0.5² + 1.5² is 3.
    assert Moments.of([1.0, 3.0], [3.0, 1.0]) == Moments(4.0, 1.5, 3.0, 1.0, 3.0)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("steps", "constant"), [(0, True), (16, True), (17, False)])
def test_sixteen_steps_of_a_float_may_be_rounding(sign, steps, constant):
    for start in (1.5, 1.0):  # one of them whole
        line = sorted([sign * start, sign * (start + steps * math.ulp(start))])
        assert Moments.of(line).constant_but_for_rounding == constant
    assert not Moments.of([1e15, 1e15 + 1]).constant_but_for_rounding


@pytest.mark.parametrize(
    ("values", "blocks"),
    [
        (["a"] * 10 + ["b"] * 10, True),
        (["a"] * 10 + ["b"] * 9, False),
        (["a"] * 20, False),
        (["a"] * 9 + ["b"] * 10 + ["a"], False),
        ([letter for letter in "abcdefghij" for _ in "12"], True),
        ([*(letter for letter in "abcdefghi" for _ in "12"), "j", "k"], False),
        ([None] * 10 + ["b"] * 10, True),
    ],
)
def test_rows_stand_in_blocks_where_no_value_comes_back(values, blocks):
    assert seen(values).in_blocks == blocks
    parts = ColumnStatistics("c")
    for start in range(0, len(values), 3):
        some = values[start : start + 3]
        parts.update(some, Places(range(start, start + len(some))))
    assert parts.in_blocks == blocks


@pytest.mark.parametrize(
    ("values", "counts"),
    [
        (["5", "6", "7"], True),
        (["5", "6"], True),
        (["5"], False),
        (["5", "6", "8"], False),
        (["5", None, "7"], False),
        ([None, "6", "7"], False),
        (["x", "y"], False),
    ],
)
def test_a_column_counts_the_rows_where_each_value_is_one_more(values, counts):
    assert seen(values).counts_rows == counts
    parts = ColumnStatistics("c")
    for row, value in enumerate(values):
        parts.update([value], Places([row]))
    assert parts.counts_rows == counts


@pytest.mark.parametrize(
    ("values", "identifiers"),
    [
        (["a", "b"], True),
        (["a", "b", None], True),
        (["a", "b", "b"], False),
        ([f"t{n % 21}" for n in range(42)], False),
        ([f"t{n % 21}" for n in range(41)], True),
        ([f"t{n % 20}" for n in range(21)], False),
        ([*(f"t{n % 20}" for n in range(21)), None], False),
        ([f"t{n}" for n in range(1002)] * 9, True),
    ],
)
def test_values_are_like_identifiers_where_more_than_half_are_different(values, identifiers):
    assert seen(values).like_identifiers == identifiers


def test_what_a_few_values_show():
    assert seen([f"t{n}" for n in range(20)] + [None]).few_levels
    assert not seen([f"t{n}" for n in range(21)]).few_levels
    assert [seen(["1", text]).mostly_numbers for text in ("x", "2")] == [True, True]
    assert not seen(["1", "x", "y"]).mostly_numbers
    assert not seen([None]).mostly_numbers
    assert seen(["1"]).mostly_numbers
    assert not seen(["1", "inf"]).all_numbers
    assert seen(["1", "a b", "c"]).first_text == "'a b'"
    assert seen(["1"]).first_text == ""
    assert seen(["1", "x", "y"]).texts_among_numbers().startswith("2 of its 3 values are not")
    levels = seen([*(f"t{n}" for n in range(MOST_LEVELS)), None]).levels(as_numbers=False)
    assert len(levels) == MOST_LEVELS


def test_the_first_infinite_number_is_named():
    column = seen(["1", "inf", "-inf"])
    column.update(["-inf"], Places([3]))
    with pytest.raises(DataError, match="column c, row 1 is inf"):
        column.require_numbers()


def test_dates_seen_in_parts_are_those_of_the_whole():
    column = ColumnStatistics("c", ColumnReading("date", order="ymd"))
    column.update(["2020-02-01", None], Places([0, 1]))
    assert (column.timed, column.days_differ) == (False, False)
    column.update(["2020-01-01T10:00:00"], Places([2]))
    column.update([None], Places([3]))
    column.update(["2020-03-02", "2020-01-01"], Places([4, 5]))
    column.update(["2020-01-01"], Places([6]))
    assert (column.low_text, column.high_text) == ("2020-01-01", "2020-03-02")
    assert (column.timed, column.days_differ) == (True, True)


def test_words_are_counted_once_a_row():
    column = ColumnStatistics("c", words=True)
    column.update(["a a b", "B", None, 3.0], Places(range(4)))
    assert column.words == {"a": 1, "b": 2, "3": 1}
    assert ColumnStatistics("c").words is None


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        (["($5)", "(1,200)"], "its numbers are written with marks"),
        (["1.200.000 €"], "its numbers are written with marks"),
        (["1.2K", "3M"], "letters for thousands or millions"),
        (["2024-01-31", "$5"], None),
        (["5 kg"], None),
        (["192.168.100.100"], None),
        (["red"], None),
        (["2009-10"], None),
        (["120/80", "8-89", "3x4", "52.5, 13.4"], "it holds two numbers in one cell: give each a"),
        (["030-1234", "2021-00017"], None),
        (["<0.5", "ca. 12", "~7", "65+", "7*", "'7"], "its numbers have other signs beside them"),
        (["7¹", "7.5 [2]", "8 (p)", "9(12)"], "its numbers have other signs beside them"),
        (
            ["1 234", "123 456"],
            'groups of three: --thousands " " reads them as such (row 0 is \'1 2',
        ),
        (["1'234"], """groups of three: --thousands "'" reads them as such"""),
        (["1 234 567"], None),
        (["51.2769 N", "2.93 W"], "have a direction behind them: write south and west as below"),
        (["54°32'50\"N", "54° 32.5\u2032 O"], "have a direction behind them"),
        (["12E", "12.5 S"], None),
        (["2023-W16", "2023W16-1"], "it holds dates or times"),
        (["KW 3/2023"], "it holds dates or times"),
        (["54\u00ba N"], "have a direction behind them"),
        (["25-Feb", "1-Mai"], "it holds dates or times"),
        (["25-Fee"], None),
        (["2021-01-31", "0000-00-00", "2021-02-30"], "as numbers (row 1 is '0000-00-00')"),
        (["2021-01-31", "31/01/2021"], "as numbers (row 0 is '2021-01-31')"),
        (["10:30", "25:30"], "as numbers (row 1 is '25:30')"),
        (["31.12.2024"] * 20 + ["As of 1/2/2025"], "as numbers (a later row is 'As of 1/2/2025')"),
        (["5 g", "6 kg", "7 kg", "8 g"], "different units (g, kg)"),
        (["5 kg", "6 kg"], None),
        (["0 days 01:00:00"], "it holds dates or times"),
    ],
)
def test_why_texts_stay_unread(texts, why):
    said = seen(texts).unread()
    assert said is None if why is None else why in said
