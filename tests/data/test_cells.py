"""A cell is a number, a text, or nothing."""

import math
import re
from array import array

import pytest

from chainrule.data.cells import (
    MISSING,
    Places,
    as_numbers,
    finite_numbers,
    is_zero,
    label,
    not_a_number,
    parse_number,
    require_scales,
)
from chainrule.errors import DataError


@pytest.mark.parametrize(
    ("text", "number"), [("1", 1.0), (" -2.5e3 ", -2500.0), ("inf", math.inf), (".5", 0.5)]
)
def test_numbers_are_parsed(text, number):
    assert parse_number(text) == number


@pytest.mark.parametrize("text", ["red", "1,5", "1_000", "nan", "12px", ""])
def test_what_is_no_number_is_not_parsed(text):
    assert parse_number(text) is None


@pytest.mark.parametrize("values", [["1", "1_0"], ["1", "red"], ["1", None], ["inf"], ["nan"]])
def test_the_quick_way_takes_nothing_but_finite_numbers(values):
    assert finite_numbers(values) is None


def test_finite_numbers_whose_sum_overflows_are_still_numbers():
    assert finite_numbers(["1e308", "1e308"]).tolist() == [1e308, 1e308]


def test_bytes_are_numbers():
    assert finite_numbers(memoryview(b"\x00\xff")).tolist() == [0.0, 255.0]


def test_a_text_among_numbers_is_named_with_column_row_and_value():
    with pytest.raises(
        DataError, match=r"row 0 has 'cm': take the line out if it holds units or names, else"
    ):
        as_numbers("width", ["cm", "2"], Places([0, 1]))
    with pytest.raises(
        DataError, match=r"column width holds numbers, but row 8 has 'wide': correct"
    ):
        as_numbers("width", ["1", "wide"], Places([7, 8]))


def test_an_infinite_number_is_named_with_column_and_row():
    with pytest.raises(DataError, match=r"column width, row 3 is -inf"):
        as_numbers("width", ["-inf"], Places([3]))


def test_of_a_cell_that_is_a_page_long_only_the_ends_are_named():
    with pytest.raises(DataError, match=r"row 8 has 'x{28}…x{29}': correct it"):
        as_numbers("width", ["1", "x" * 5000], Places([7, 8]))
    with pytest.raises(DataError, match=r"row 0 is 9{29}…9{30}, and a network"):
        as_numbers("width", ["9" * 400], Places([0]))


def test_missing_numbers_are_nan_and_their_places_are_told():
    numbers, missing = as_numbers("width", ["1", None, "3"], Places(range(3)))
    assert [numbers[0], numbers[2], missing] == [1.0, 3.0, [1]]
    assert math.isnan(numbers[1])


@pytest.mark.extra("pandas")
def test_what_pandas_takes_for_missing_is_missing():
    from pandas._libs.parsers import STR_NA_VALUES

    assert STR_NA_VALUES <= MISSING


@pytest.mark.parametrize(
    ("value", "name"),
    [(3.0, "3"), (0.1, "0.1"), (-2.0, "-2"), (1e20, "1" + "0" * 20), ("3.0", "3.0")],
)
def test_a_category_has_the_shortest_name(value, name):
    assert label(value) == name


@pytest.mark.parametrize("scales", [(0.0,), (1.0, 0.0), (math.nan,), (1.0, -1.0)])
def test_nothing_is_scaled_by_what_is_not_above_zero(scales):
    require_scales("size", 1e-300, 5.0)
    with pytest.raises(DataError, match=re.escape(f"size would be divided by {scales[-1]!r}")):
        require_scales("size", *scales)


@pytest.mark.parametrize(
    ("value", "zero"),
    [
        ("0", True),
        ("-0", True),
        ("+0.000", True),
        ("0,00", True),
        ("0 %", True),
        ("00", True),
        (0, True),
        (0.0, True),
        (False, True),
        ("0.01", False),
        ("10", False),
        ("", False),
        (".", False),
        ("zero", False),
        (None, False),
        (1e-9, False),
    ],
)
def test_nought_is_known_however_it_is_written(value, zero):
    assert is_zero(value) == zero


def test_the_advice_for_a_text_is_that_of_units_in_the_first_row_alone():
    for place, text, units in (
        ("row 0", "cm", True),
        ("line 2 (row 0)", "cm", True),
        ("row 0", "m²", True),
        ("row 0", "5 cm", False),
        ("row 10", "cm", False),
        ("line 12 (row 10)", "cm", False),
    ):
        said = str(not_a_number("width", place, text))
        assert ("take the line out if it holds units" in said) == units


@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        (array("f", [0.5]), [0.5]),
        (array("d", [0.5]), [0.5]),
        (array("d", [math.inf]), None),
        (array("d", [1e308, 1e308]), [1e308, 1e308]),
        ([1.0, "2"], [1, 2]),
        (["1e308", "1e308", "inf"], None),
        (["1e308", "1_0", "1e308"], None),
        ([], []),
    ],
)
def test_what_is_finite_through_and_through(values, numbers):
    found = finite_numbers(values)
    assert found is None if numbers is None else found.tolist() == numbers
