"""Values of Python are cells: numbers, texts, or nothing."""

import math
from array import array
from datetime import timedelta
from fractions import Fraction

import pytest

from chainrule.data.cells import Places, as_numbers
from chainrule.data.python_values import cell, column_of
from chainrule.errors import DataError


def test_values_of_data_frames_become_cells():
    values = [None, math.nan, 3, 2.5, True, " red ", "NA"]
    assert [cell(value) for value in values] == [None, None, 3.0, 2.5, "True", "red", "NA"]


@pytest.mark.extra("pandas")
def test_every_missing_value_of_pandas_is_missing_and_its_texts_are_not():
    import pandas as pd

    values = pd.Series([pd.NA, pd.NaT, None, "NaT", "None"], dtype=object)
    assert [cell(value) for value in values] == [None, None, None, "NaT", "None"]


def test_numbers_beyond_the_floats_are_infinite_and_refused_as_such():
    assert [cell(Fraction(10**400)), cell(-Fraction(10**400))] == [math.inf, -math.inf]
    with pytest.raises(DataError, match="column width, row 1 is inf"):
        as_numbers("width", column_of([1, Fraction(10**400)]), Places([0, 1]))


def test_whole_numbers_of_more_digits_than_a_float_holds_stay_what_they_are():
    assert cell(10**15 - 1) == 999999999999999.0
    assert column_of([2**60, 2**60 + 1]) == ["1152921504606846976", "1152921504606846977"]
    assert (cell(-(10**400)), cell(10**5000)) == (str(-(10**400)), math.inf)


def test_a_column_of_numbers_becomes_a_flat_buffer_and_a_mixed_one_a_list():
    assert memoryview(column_of([1, 2])).format == "d"
    assert column_of([1, None]) == [1.0, None]


def test_numbers_of_sixteen_digits_are_codes():
    most = 10**15 - 1
    assert column_of([most, 1]) == array("d", [most, 1])
    assert column_of([most + 1, 1]) == [str(most + 1), 1.0]
    assert column_of([-most - 1, 1.5]) == [str(-most - 1), 1.5]
    assert column_of([1e15, 1e16]) == array("d", [1e15, 1e16])
    assert (cell(most), cell(most + 1), cell(-most - 1)) == (most, str(most + 1), str(-most - 1))
    assert column_of([1.5, math.nan]) == [1.5, None]
    assert column_of([]) == array("d")
    assert column_of([True, 1, 1.0, [2]]) == ["True", 1.0, 1.0, "[2]"]
    assert cell(timedelta(hours=1, milliseconds=500)) == "3600.5 s"
    assert cell("  ") is None
