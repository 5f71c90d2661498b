"""What single texts mean: dates, times of day, and numbers with marks and units."""

from array import array

import pytest

from chainrule.data.written import (
    ColumnReading,
    hours_of,
    iso_date,
    parts_of,
    says_of_marks,
)
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


@pytest.mark.parametrize(
    ("text", "order", "iso"),
    [
        ("1/1/68", "dmy", "2068-01-01"),
        ("1/1/69", "dmy", "1969-01-01"),
        ("Jan 68", "ymd", "2068-01-01"),
        ("Jan 69", "ymd", "1969-01-01"),
        ("2020Q1", "ymd", "2020-01-01"),
        ("Q4 2020", "ymd", "2020-10-01"),
        ("1/2020", "ymd", "2020-01-01"),
        ("Dec 2020", "ymd", "2020-12-01"),
        ("01JAN2020:10:30:00", "ymd", "2020-01-01T10:30:00"),
        ("01JAN20", "ymd", None),
        ("2020年1月31日", "ymd", "2020-01-31"),
        ("2020. 01. 31.", "ymd", "2020-01-31"),
        ("2020.01.31.", "ymd", "2020-01-31"),
        ("1/31/2020, 9:30:05 AM", "mdy", "2020-01-31T09:30:05"),
        ("March 5, 2020 " + " " * 21 + "9:30", "ymd", "2020-03-05T09:30:00"),
        ("March 5, 2020 " + " " * 22 + "9:30", "ymd", None),  # of 40 letters
        ("2020-01-31 00:00", "ymd", "2020-01-31"),
        ("2020-01-31 0:00:01", "ymd", "2020-01-31T00:00:01"),
        ("2020-01-31 24:00", "ymd", None),
        ("20200131T103005Z", "ymd", "2020-01-31T10:30:05"),
        ("20200131T1030", "ymd", "2020-01-31T10:30:00"),
        ("2020-01-31T10:30+0200", "ymd", "2020-01-31T10:30:00"),
        ("2020-01-31 10:30+0200", "ymd", None),  # perhaps to 2 o'clock
        ("20201331T103005Z", "ymd", None),
        ("31/1/2020", "mdy", None),
        ("2020-1-2", "dmy", "2020-01-02"),
        ("soon", "dmy", None),
    ],
)
def test_a_date_is_written_as_iso_8601_has_it(text, order, iso):
    assert iso_date(text, order) == iso


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("0:00", 0),
        ("23:59", 23 + 59 / 60),
        ("24:00", None),
        ("1:00:36", 1.01),
        ("1:00 am", 1),
        ("12:00 am", 0),
        ("12:30 PM", 12.5),
        ("1:30 pm", 13.5),
        ("0:30 am", None),
        ("13:30 pm", None),
        ("12:60", None),
        ("9 am", 9),
        ("12 A.M.", 0),
        ("1:30 p.m.", 13.5),
        ("9.30pm", 21.5),
        ("13 pm", None),
        ("14:30 Uhr", 14.5),
        ("14.30 Uhr", 14.5),
        ("8 Uhr", 8),
        ("14h30", 14.5),
        ("14 h 30", 14.5),
        ("14 h", None),
        ("25h30", None),
        ("24 Uhr", None),
        ("14.30", None),
    ],
)
def test_a_time_of_day_is_hours_since_midnight(text, hours):
    assert hours_of(text) == hours


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("12", ("", "")),
        ("1.234", ("?", ".")),
        ("123.456", ("?", ".")),
        ("1234.567", (".", "")),
        (".234", (".", "")),
        ("0.234", (".", "")),
        ("1.23", (".", "")),
        ("1.2345", (".", "")),
        ("1,234e5", (",", "")),
        ("1 234", ("", " ")),
        ("1 23", None),
        ("1'234'567", ("", "'")),
        ("1.234.56", None),
        ("1,234.5", (".", ",")),
        ("1 234,5", (",", " ")),
        ("1,23.5", None),
        ("1,5'000", None),
        ("1.2,3.4", None),
        ("1 234,567.8", None),
        ("1,234.567,8", None),
        ("1.234'5", None),
        ("1'234 567,8", None),
        ("1.234.567,8", (",", ".")),
        ("12,34,567", ("", ",")),
        ("1,23,456.5", (".", ",")),
        ("123,45,678", None),
        ("12,345,67", None),
        ("12.34.567", None),
        ("5,-", (",", "")),
    ],
)
def test_what_the_marks_of_one_number_prove(text, marks):
    assert says_of_marks(parts_of(text)) == marks


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("-5", "-5"),
        ("+5", "5"),
        ("(5)", "-5"),
        ("(-5)", "-5"),
        ("$-5", "-5"),
        ("-$5", "-5"),
        ("5 kg", "5"),
        ("5e\u22123", "5e-3"),
        ("+-5", None),
        ("-$-5", None),
        ("(5", None),
        ("5)", None),
        ("$5 kg", None),
        ("5 kilometres", None),  # of more than 8 letters
        ("5 kilomete", "5"),
        ("5.5-", "-5.5"),
        ("5.5 - \u20ac", "-5.5"),
        ("(5.5-)", "-5.5"),
        ("5.5--", None),
        ("-5.5-", None),
        ("5-", None),  # a grade
        ("5.5-inch", None),
        ("CHF 5.-", "5."),
        ("5.\u2013 \u20ac", "5."),
        ("5.--", "5."),
        ("R$ 5", "5"),
        ("Rs. 5", "5"),
        ("5\u2030", "5"),
        ("5 Mio.", "5"),
        ("5 Mio. \u20ac", "5"),
        ("5M\u20ac", "5"),
        ("\u200b5\u2060.\ufeff5", "5.5"),
        ("5\u2007", "5"),
    ],
)
def test_signs_brackets_and_units_of_a_number(text, plain):
    parts = parts_of(text)
    assert (None if parts is None else parts.plain(".", "")) == plain


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
