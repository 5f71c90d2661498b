"""A column is read in the way that is decided for it, and says so."""

from array import array

import pytest

from chainrule.data.column_reading import ColumnReading
from chainrule.errors import DataError


def test_a_record_holds_no_cell_that_is_no_date_below_others():
    reading = ColumnReading("date", order="ymd", odd="Ann Smith")
    assert reading.to_dict() == {"kind": "date", "order": "ymd"}
    assert reading.unusual() == {**reading.to_dict(), "odd": "Ann Smith"}


@pytest.mark.parametrize(
    ("reading", "plain"),
    [
        (ColumnReading(), True),
        (ColumnReading("number", ","), False),
        (ColumnReading("code"), False),
        (ColumnReading(kept=("none",)), False),
    ],
)
def test_a_plain_column_is_what_it_looks_like(reading, plain):
    assert reading.plain == plain


def test_what_is_decided_is_said():
    said = [
        ColumnReading("number", ",", ".", "€", why="so"),
        ColumnReading("number", thousands="'", why="so"),
        ColumnReading("time", why="so"),
        ColumnReading("code", why="so"),
        ColumnReading(why="so"),
        ColumnReading(),
        ColumnReading("date", order="ymd"),
        ColumnReading("date", order="ymd", why="so"),
        ColumnReading("date", order="mdy", why="so"),
    ]
    assert [reading.describe("c") for reading in said] == [
        "c: numbers with a decimal comma and a point between thousands and the unit € (so).",
        "c: numbers with an apostrophe between thousands (so).",
        "c: times of day, read as hours since midnight (so).",
        "c: codes rather than numbers, because so.",
        "c: so.",
        "",
        "",
        "c: dates (so).",
        "c: dates, read as month, day, year (so).",
    ]
    with pytest.raises(DataError, match="a date's parts are in the order ymd, dmy, mdy"):
        ColumnReading("date")


def test_a_missing_number_is_missing_in_columns_of_numbers_too():
    said = ColumnReading(missing=("-1", "none"))
    assert said.read(array("d", [1.0, -1.0]), frozenset()) == [1.0, None]
    assert said.read(["none", "x", ""], frozenset({""})) == [None, "x", None]
    assert ColumnReading().read(kept := array("d", [1.0]), frozenset()) is kept
    assert ColumnReading(kept=("NA",)).read(["NA", ""], frozenset({"", "NA"})) == ["NA", None]
    read = ColumnReading("number", ",").read(["1,5", "1,5 kg", 2.5, "x"], frozenset())
    assert read == ["1.5", "1,5 kg", 2.5, "x"]
    assert ColumnReading("time").read(["0:20", "late"], frozenset()) == ["0.333333333333", "late"]
