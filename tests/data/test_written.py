"""What a column's own texts decide at the bounds, and the reason that is given for it."""

from array import array

import pytest

from chainrule.data.cells import MISSING
from chainrule.data.survey import ReadingOptions, Survey, read_table
from chainrule.data.table import Table
from chainrule.data.written import (
    ColumnReading,
    hours_of,
    iso_date,
    parts_of,
    says_of_marks,
)
from chainrule.errors import DataError, OptionError


def read(texts, options=None, **others):
    columns = {"c": texts, **others}
    table = Table(tuple(columns), tuple(columns.values()), "rows", words=MISSING)
    return read_table(table, options)


@pytest.mark.parametrize(("digits", "numbers"), [("123 456", True), ("1 234 567", False)])
def test_of_one_length_groups_of_up_to_six_digits_are_numbers_where_the_mark_is_known(
    digits, numbers
):
    other = digits.replace("2", "8")
    found = read([digits, other], d=["1 410.5", "7"]).column("c")
    assert found == [text.replace(" ", "") if numbers else text for text in (digits, other)]


@pytest.mark.parametrize(
    ("texts", "options", "why"),
    [
        (["a", "b", "c"], {"keep": ("None",)}, ""),
        (
            ["a", "b", "None"],
            {"keep": ("None",)},
            "None is a value of its own, in 1 row; --na None",
        ),
        (["a", "b", "None"], {}, "None is a value of its own, in 1 row; --na None"),
        (
            ["a", "b", "None"],
            {"missing": ("None",)},
            "None means a missing value, in 1 row; --keep",
        ),
        (["a", "1", "None"], {}, ""),  # half are numbers
        (["1", "2", "None"], {}, ""),
        (
            ["a", "b", "1", "NA"],
            {},
            "NA means a missing value, in 1 row; --keep NA makes it a value",
        ),
        (["a", "1", "NA"], {}, ""),
        (["a", "b", "?", "?"], {}, ""),
        (
            ["a", "b", "", "?"],
            {},
            "both blank cells and '?' are missing values; --keep makes a word",
        ),
        (
            ["1", "2", "", "?"],
            {},
            "both blank cells and '?' are missing values; --keep makes a word",
        ),
        (["a", "b", "", ""], {}, ""),
        (
            ["a", "b", "NA", "?"],
            {},
            "NA means a missing value, in 1 row; --keep NA makes it a value",
        ),
    ],
)
def test_words_for_missing_values_are_told_where_they_may_be_values(texts, options, why):
    told = Survey("c", options.get("missing", ()))
    told.update(texts, MISSING)
    assert told.reading(ReadingOptions(**options)).why.startswith(why or "nothing") == bool(why)
    assert bool(told.reading(ReadingOptions(**options)).why) == bool(why)


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        (["02134"] * 19 + ["1-2"], "code"),
        (["02134"] * 18 + ["1-2"], "plain"),  # of 19, 18 are less than 95 %
        (["02134"] * 19 + ["x"], "code"),
        (["1,5"] * 19 + ["x"], "number"),
        (["1,5"] * 18 + ["x"], "plain"),
        (["02134", "1.5"], "plain"),
        (["02134", "1,5"], "number"),
        (["02134", "5 %"], "plain"),
        (["-01", "2"], "code"),
        (["+1234567890123456", "2"], "code"),
        (["123456789012345", "2"], "plain"),
        (["0", "2"], "plain"),
        (["12:30", "11:00"], "time"),
        (["12:30", "late"], "plain"),
    ],
)
def test_what_a_column_holds_is_what_95_of_100_texts_are(texts, kind):
    assert read(texts).readings.get("c", ColumnReading()).kind == kind


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1e5", "1e5 is an exponent without a point"),
        ("1E2345678901234567", "is an exponent without a point"),
        ("-0123", "-0123 is written with a leading zero"),
        ("0123456789012345", "is longer than the 15 digits that a number keeps"),
        ("+123456789012345", None),
        ("-012345678901234", "is written with a leading zero"),
    ],
)
def test_why_a_text_is_a_code(text, why):
    reading = read([text, "7"]).readings.get("c")
    assert reading is None if why is None else reading.why.endswith(why)


@pytest.mark.parametrize(
    ("texts", "between", "decimal", "why"),
    [
        (["1,234", "999"], ",", ".", "'1,234' stands beside numbers below 1000 without a mark"),
        (["1,234", "1000"], ",", ".", "'1,234' could also be a decimal comma"),
        (["1,234", "999", "1000"], ",", ".", "'1,234' could also be a decimal comma"),
        (["1,234", "1000"], ";", ",", "'1,234' could also mean thousands"),
        (["1.234", "999"], ",", ".", None),
        ([f"{n}.234" for n in range(1, 11)] + ["999"], ",", ",", "stands beside numbers below"),
        ([f"{n}.234" for n in range(1, 10)] + ["999"], ",", ".", None),
    ],
)
def test_a_mark_that_may_mean_two_things_is_decided_by_its_neighbours(texts, between, decimal, why):
    table = Table(("c",), (texts,), "rows", words=MISSING, between=between)
    reading = read_table(table).readings.get("c")
    if why is None:
        assert reading is None
    else:
        assert (reading.decimal, why in reading.why) == (decimal, True)


def test_a_proof_of_the_decimal_mark_is_named_with_what_proves_it():
    why = read(["1,234", "0,5"]).readings["c"].why
    assert why == "'0,5' proves it"
    assert read(["1.234.567", "7"]).readings["c"].why == "'1.234.567' proves it"
    table = read(["1.234", "2.341"], d=["0,5", "0,75"], e=["0,5", "0,75"])
    assert table.readings["c"].why == "as column d proves"
    # Columns that prove different marks prove nothing for others.
    assert read(["1.234", "2.341"], d=["0,5", "0,75"], e=["0.5", "€0.75"]).column("c")[0] == "1.234"
    assert read(["1,5", "2,5"], ReadingOptions(decimal=",")).readings["c"].why == "as you said"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"decimal": ".", "thousands": "."},
            "'.' cannot be decimal and divide thousands: give two",
        ),
        ({"decimal": "'"}, "decimal is \"'\"; it can be '.', ','"),
        ({"thousands": "x"}, "thousands is 'x'; it can be '.', ',', \"'\", ' '"),
    ],
)
def test_two_marks_of_one_number_are_different(options, sentence):
    with pytest.raises(OptionError) as raised:
        ReadingOptions(**options)
    assert str(raised.value).startswith(sentence)
    ReadingOptions(decimal=",", thousands=".")
    assert ReadingOptions().header


def test_marks_that_are_said_are_read_even_in_numbers_written_in_two_ways():
    texts = ["0,5", "12.5"]
    assert read(texts, ReadingOptions(decimal=",")).column("c") == ["0.5", "12.5"]
    assert read(["1.234"], ReadingOptions(thousands=".")).column("c") == ["1234"]
    assert read(["1.234"], ReadingOptions(thousands=".")).readings["c"].decimal == ","
    assert read(["1,234"], ReadingOptions(thousands=",")).readings["c"].decimal == "."


def test_texts_that_are_no_dates_are_none_though_one_is():
    assert read(["2024-01-31", "soon"]).column("c") == ["2024-01-31", "soon"]
    assert read(["soon", "2024-01-31"]).readings == {}
    assert read(["2024-01-31", "1-2"]).readings == {}
    assert read(["2024-01-31", None, "NA"]).readings["c"].kind == "date"
    assert read([None, None]).readings == {}


def test_both_orders_of_days_are_told_by_the_mark_between():
    assert read(["01/02/2021"]).readings["c"].order == "mdy"
    assert read(["01.02.2021"]).readings["c"].order == "dmy"


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
        ("March 5, 2020 " + " " * 21 + "9:30", "ymd", "2020-03-05T09:30:00"),
        ("March 5, 2020 " + " " * 22 + "9:30", "ymd", None),  # of 40 letters
        ("2020-01-31 00:00", "ymd", "2020-01-31"),
        ("2020-01-31 0:00:01", "ymd", "2020-01-31T00:00:01"),
        ("2020-01-31 24:00", "ymd", None),
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
