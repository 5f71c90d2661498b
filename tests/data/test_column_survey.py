"""How a column's texts are read follows from all of its rows, or a sentence says why not."""

from array import array

import pytest

from chainrule.data.cells import MISSING
from chainrule.data.column_reading import ColumnReading
from chainrule.data.column_survey import ColumnSurvey
from chainrule.data.csv_file import read_csv
from chainrule.data.frames import read_frame
from chainrule.data.reading_options import ReadingOptions
from chainrule.data.recipe import Recipe
from chainrule.data.table import Table
from chainrule.data.table_survey import read_table
from chainrule.errors import DataError, OptionError
from tests.data.texts import learned, read


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (["1.234", "950", "12,5", "2.500", "87,25"], [1234, 950, 12.5, 2500, 87.25]),
        (["1,234", "950", "12.5"], [1234, 950, 12.5]),
        (["1.234,5", "7"], [1234.5, 7]),
        (["1,200,000", "7"], [1200000, 7]),
        (["1.200.000", "950"], [1200000, 950]),
        (["45,166", "424", "798"], [45166, 424, 798]),
        (["$1,000", "$1,007"], [1000, 1007]),
        (["-$1,000", "($7.50)"], [-1000, -7.5]),
        (["12 %", "7.5%"], [12, 7.5]),
        (["0,5", "1,25"], [0.5, 1.25]),
        (["1 234", "10 234", "7"], [1234, 10234, 7]),
        (["1\u202f234,5", "7"], [1234.5, 7]),
        (["1'234.5", "1\u2019000"], [1234.5, 1000]),
        (["\u22120.5", "\u22123", "2"], [-0.5, -3, 2]),
        (["0.234", "1.234"], [0.234, 1.234]),
        (["1e-05", "2.5"], [1e-05, 2.5]),
        (["0:30", "12:15", "1:00 pm"], [0.5, 12.25, 13]),
        (["12:30 am", "11:15 am", "12:00 pm", "11:45 pm"], [0.5, 11.25, 12, 23.75]),
        (["1 234 €", "2 341 €"], [1234, 2341]),
        (["1'234", "1.234"], [1234, 1.234]),
        (["1 234", "12.34"], [1234, 12.34]),
        (["12,34,567", "950", "12,345"], [1234567, 950, 12345]),
        (["1.50-", "2.50"], [-1.5, 2.5]),
        (["1.234,50-", "1,5"], [-1234.5, 1.5]),
        (["5,- €", "7,50 €"], [5, 7.5]),
        (["5‰", "7 ‰"], [5, 7]),
        (["9 am", "9 p.m.", "12:30 pm"], [9, 21, 12.5]),
        (["\uff11\uff0e\uff15", "\uff12\uff0c\uff13\uff10\uff10"], [1.5, 2300]),
        (["\u0661\u066c\u0662\u0660\u0660\u066b\u0665", "\u0663"], [1200.5, 3]),
    ],
)
def test_numbers_are_read_as_their_column_proves(texts, numbers):
    assert [float(cell) for cell in read(texts).column("c")] == numbers


def test_what_another_column_proves_counts():
    texts = ["1.234", "2.341"]
    assert read(texts).column("c") == texts
    assert read(texts, d=["0,5", "0,75"]).column("c") == ["1234", "2341"]
    assert read(texts, d=["0.5", "0.75"]).column("c") == texts


def test_a_point_that_may_divide_thousands_in_every_row_is_told():
    texts, said = ["1.234", "2.341"] * 20, "c: '1.234' is read with a decimal point and could also "
    told = learned(read(texts, y=["a", "b"] * 20)).describe()
    assert f"{said}mean thousands." in told
    assert (
        "c: numbers with the unit € ('1.234 €' could also mean thousands)."
        in learned(read([f"{text} €" for text in texts], y=["a", "b"] * 20)).describe()
    )
    for others in ({"d": ["0.5", "0.75"] * 20}, {"options": ReadingOptions(decimal=".")}):
        assert "thousands" not in str(learned(read(texts, **others, y=["a", "b"] * 20)).describe())


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        (["(79)", "12"], "such as '(79)'; '(79)' is read as below zero"),
        (["1.50-", "2.50"], "such as '1.50-'; '1.50-' is read as below zero"),
        (["1.234,5", "1,50-"], "'1.234,5' proves it; '1,50-' is read as below zero"),
        (["-$5", "$7"], "such as '-$5'"),
        (["5\u202f000", "7\xa0000\xa0000"], "such as '5 000'"),
    ],
)
def test_a_sign_that_is_no_minus_before_the_number_is_told(texts, why):
    assert read(texts).readings["c"].why == why


@pytest.mark.parametrize("texts", [["5-", "7"], ["5 %", "7"], ["5 ‰", "7 %"], ["9 am", "13 pm"]])
def test_what_may_be_no_number_in_one_unit_stays_a_text(texts):
    assert read(texts).column("c") == texts


@pytest.mark.parametrize("mark", [" ", "'", "\u202f"])
def test_groups_of_equally_many_digits_are_numbers_where_that_mark_is_known(mark):
    texts, money = [f"1{mark}234", f"2{mark}341"], [f"1{mark}410.5", "7"]
    assert read(texts).column("c") == texts
    assert read(texts, d=money).column("c") == ["1234", "2341"]
    said = ReadingOptions(thousands=mark if mark == "'" else " ")
    assert read(texts, said).column("c") == ["1234", "2341"]
    telephones = [f"601{mark}222{mark}333", f"601{mark}222{mark}334"]
    assert read(telephones, d=money).column("c") == telephones


def test_a_mark_said_to_divide_thousands_leaves_the_decimal_mark_that_is_proved():
    said = ReadingOptions(thousands=" ")
    assert read(["1 234,5", "7"], said).column("c") == ["1234.5", "7"]
    assert read(["1 234", "12 345"], said, d=["0,5", "2,5"]).readings["c"].decimal == ","


def test_a_spreadsheets_errors_are_missing_values():
    assert read(["#DIV/0!", "3", "#VALUE!", "#REF!"]).column("c") == [None, "3", None, None]
    errors = ["#NV", "#WERT!", "#BEZUG!", "#N/D", "#VALEUR!", "#¡VALOR!", "#¿NOMBRE?", "#RIF!"]
    assert read([*errors, "3"]).column("c") == [*[None] * 8, "3"]


def test_many_numbers_in_groups_of_three_beside_short_ones_are_thousands():
    grouped = [f"{n}.{n}00" for n in range(1, 10)]
    assert read([*grouped, "950"]).column("c")[0] == "1.100"
    assert read([*grouped, "9.950", "950"]).column("c")[0] == "1100"
    assert read([*grouped, "9.950", "950", "9500"]).column("c")[0] == "1.100"


def test_numbers_written_in_two_ways_are_refused_unless_the_mark_is_named():
    with pytest.raises(DataError, match=r"column c writes its numbers in two ways.*0,5 and 12\.5"):
        read(["0,5", "12.5"])
    assert read(["0,5", "7,5"], ReadingOptions(decimal=",")).column("c") == ["0.5", "7.5"]
    assert read(["1,234"], ReadingOptions(decimal=",")).column("c") == ["1.234"]
    assert read(["1,234"], ReadingOptions(thousands=",")).column("c") == ["1234"]


@pytest.mark.parametrize("option", [{"decimal": "x"}, {"thousands": ".."}, {"decimal": ""}])
def test_marks_that_are_none_are_refused(option):
    with pytest.raises(OptionError, match="it can be"):
        ReadingOptions(**option)


def test_a_type_that_is_said_overrules():
    table = read(["02134", "10001"] * 20, y=["a", "b"] * 20)
    assert learned(table, "y", types={"c": "number"}).feature_names == ("c",)
    table = read(["1", "2"] * 20, y=["a", "b"] * 20)
    assert learned(table, "y", types={"c": "category"}).feature_names == ("c=1", "c=2")
    with pytest.raises(OptionError, match="c is said to be of the type 'nummer'; it can be number"):
        learned(table, "y", types={"c": "nummer"})
    with pytest.raises(DataError, match="column c is said to hold dates, and not all"):
        learned(table, "y", types={"c": "date"})


def test_a_type_that_is_said_of_the_target_decides_on_the_task():
    table = read(["1", "2"] * 20, x=list(range(40)))
    assert learned(table, "c").task == "binary"
    assert learned(table, "c", types={"c": "number"}).task == "regression"
    table = read(["0.5", "1.5"] * 20, x=list(range(40)))
    assert learned(table, "c", types={"c": "category"}).task == "binary"
    with pytest.raises(OptionError, match="c is the target, and said to be of the type 'date'"):
        learned(table, "c", types={"c": "date"})


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        ([f"name {n}" for n in range(60)], "differs from row to row"),
        ([f"2024-01-{n % 30 + 1:02} {n % 24}:00" for n in range(60)], "holds dates"),
        ([f"flat {n}" for n in range(60)], "differs from row to row"),
        ([f"{n}" if n % 3 else f"n{n}" for n in range(60)], "holds numbers and texts"),
    ],
)
def test_a_target_that_would_be_a_class_a_row_is_refused_as_an_input_is(texts, why):
    with pytest.raises(DataError, match=f"target c {why}"):
        learned(read(texts, x=list(range(60))), "c")


@pytest.mark.parametrize(
    ("texts", "mean"),
    [(["$1,200", "$950", "$1,000"], 1050), (["1.234,50", "0,50"], 617.5), (["12%", "14%"], 13)],
)
def test_a_target_is_read_as_inputs_are(texts, mean):
    recipe = learned(read(texts * 20, x=list(range(20 * len(texts)))), "c", "regression")
    assert recipe.target.mean == pytest.approx(mean)
    assert any(said.startswith("c: numbers with") for said in recipe.describe())


def test_the_word_none_among_words_is_a_value_and_told(csv):
    table = read_csv(csv("x,y\n" + "".join(f"{n},{['None', 'Apnea'][n % 2]}\n" for n in range(40))))
    recipe = learned(table)
    assert recipe.class_names == ("Apnea", "None")
    assert any("--na None makes it a missing one" in said for said in recipe.describe())
    options = ReadingOptions(missing=("None", "7"))
    cells = read_csv(csv("x,y\nNone,b\n7,c\n8,None\n"), options=options).columns
    assert cells == ([None, None, "8"], ["b", "c", None])


def test_a_word_may_be_kept_and_what_is_missing_is_told(csv):
    path = csv("x,y\n" + "".join(f"{n},{['NA', 'EU', 'AS'][n % 3]}\n" for n in range(60)))
    told = " ".join(learned(read_csv(path)).describe())
    assert "NA means a missing value, in 20 rows; --keep NA makes it a value" in told
    kept = read_csv(path, options=ReadingOptions(keep=("NA",)))
    assert learned(kept).class_names == ("AS", "EU", "NA")


def test_a_word_to_be_kept_stays_missing_in_numbers_where_texts_have_it(csv):
    path = csv("place,size,y\nNA,1.5,a\nDE,NA,b\nNA,2.5,a\nFR,3.5,b\n")
    kept = read_csv(path, options=ReadingOptions(keep=("NA",)))
    assert kept.columns[:2] == (["NA", "DE", "NA", "FR"], ["1.5", None, "2.5", "3.5"])
    alone = read_csv(csv("size,y\n1.5,a\nNA,b\n"), options=ReadingOptions(keep=("NA",)))
    assert alone.column("size") == ["1.5", "NA"]


def test_a_target_of_one_value_is_refused_with_the_word_that_may_be_another(csv):
    path = csv("x,y\n" + "".join(f"{n},{'+-'[n % 2]}\n" for n in range(40)))
    with pytest.raises(
        DataError, match=r"one value \+ in 20 of 40 rows \(- means a missing value, in 20 "
    ):
        learned(read_csv(path))
    kept = learned(read_csv(path, options=ReadingOptions(keep=("-",))))
    assert kept.class_names == ("+", "-")


def test_blank_and_a_word_for_missing_in_one_column_are_told(csv):
    table = read_csv(csv("x,y\n,a\nNA,b\n3,a\n"))
    assert "both blank cells and 'NA' are missing" in table.readings["x"].describe("x")


def test_new_rows_are_read_as_those_of_training_were(csv):
    rows = "".join(f"{n % 9 + 1}.{100 + n};{n},5;{'ab'[n % 2]}\n" for n in range(40))
    recipe = learned(read_csv(csv("c;d;y\n" + rows)))
    again = Recipe.from_dict(recipe.to_dict())
    assert again == recipe
    alone = read_csv(csv("c;d\n1.234;7\n"))
    assert alone.column("c") == ["1.234"]
    numbers = read_frame({"c": [1234.0], "d": [7.0]})
    assert again.features_only(alone).x == again.features_only(numbers).x


def test_a_column_that_is_constant_but_for_rounding_is_left_out():
    values = {"c": [0.3, 0.1 + 0.2] * 20, "x": [1.5, 2.25] * 20, "y": ["a", "b"] * 20}
    told = learned(read_frame(values)).describe()
    assert "c: left out, because it is 0.3 in every row but for rounding." in told
    whole = {**values, "c": [1e15, 1e15 + 1] * 20}
    assert "c" in learned(read_frame(whole)).feature_names


def test_a_survey_in_parts_is_that_of_the_whole():
    texts = ["1.234", "950", "12,5", "NA", "2.500"]
    whole, parts = ColumnSurvey("c"), ColumnSurvey("c")
    whole.update(texts, MISSING)
    for text in texts:
        parts.update([text], MISSING)
    assert parts.reading() == whole.reading() == read(texts).readings["c"]


def test_a_column_with_one_word_among_ten_is_no_column_of_numbers():
    cells = (["1,5"] * 9 + ["many"], ["a", "b"] * 5)
    assert read_table(Table(("x", "y"), cells, "t")).column("x")[0] == "1,5"


def test_a_few_texts_among_many_different_numbers_are_named_with_what_makes_numbers_of_them():
    texts = [*(str(n) for n in range(10, 70)), *["<5"] * 40, *["> 200"] * 20] * 2
    table = read(texts, y=["a", "b"] * 120)
    (said,) = (s for s in learned(table, "y").describe() if s.startswith("c: "))
    assert said == (
        "c: 62 categories one-hot encoded; all but <5, > 200 are numbers: write the numbers alone, "
        "or --na '<5,> 200' takes them for missing."
    )
    as_numbers = read(texts, ReadingOptions(missing=("<5", "> 200")), y=["a", "b"] * 120)
    assert learned(as_numbers, "y").encoders[0].missing == 120


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
        (["+", "+", "-"], {}, "- means a missing value, in 1 row; --keep=- makes it a value"),
        (["a", "b", "."], {}, ". means a missing value, in 1 row; --keep . makes it a value"),
        (["+", "+", "-"], {"keep": ("-",)}, ""),
        (["1", "2", "-"], {}, ""),
        (
            ["a", "b", "", "?"],
            {},
            "both blank cells and '?' are missing values; --keep makes a word",
        ),
        (
            ["1", "2", "", "?"],
            {},
            "both blank cells and '?' are missing values",
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
    told = ColumnSurvey("c", options.get("missing", ()))
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
    ("texts", "between", "decimal", "why"),
    [
        (["1,234", "999"], ",", ".", "'1,234' stands beside numbers below 1000 without a mark"),
        (["1,234", "1000"], ",", ".", "'1,234' could also be a decimal comma"),
        (["1,234", "999", "1000"], ",", ".", "'1,234' could also be a decimal comma"),
        (["1,234", "1000"], ";", ",", "'1,234' could also mean thousands"),
        (["£1,234", "£5,000"], ";", ".", "such as '£1,234'"),
        (["R$1,234", "R$5,000"], ";", ",", "'R$1,234' could also mean thousands"),
        (["1.234", "999"], ",", ".", "'1.234' is read with a decimal point and could also mean"),
        (["1.2345", "999"], ",", ".", None),
        ([f"{n}.234" for n in range(1, 11)] + ["999"], ",", ",", "stands beside numbers below"),
        ([f"{n}.234" for n in range(1, 10)] + ["999"], ",", ".", "could also mean thousands"),
    ],
)
def test_a_mark_that_may_mean_two_things_is_decided_by_its_neighbours(texts, between, decimal, why):
    table = Table(("c",), (texts,), "rows", words=MISSING, between=between)
    reading = read_table(table).readings.get("c")
    assert (reading is None) == (why is None)
    assert reading is None or (reading.decimal, why in reading.why) == (decimal, True)


def test_a_proof_of_the_decimal_mark_is_named_with_what_proves_it():
    why = read(["1,234", "0,5"]).readings["c"].why
    assert why == "'0,5' proves it"
    assert read(["1.234.567", "7"]).readings["c"].why == "'1.234.567' proves it"
    table = read(["1.234", "2.341"], d=["0,5", "0,75"], e=["0,5", "0,75"])
    assert table.readings["c"].why == "as in column d"
    votes = [f"{n}.234" for n in range(1, 11)] + ["999"]
    table = read(["45.050"] * 11, votes=votes, more=votes)
    assert (table.column("c")[0], table.column("more")[0]) == ("45050", "1234")
    assert table.readings["c"].why == "as in column votes"
    # Beside semicolons a comma is decimal as likely as not, so that a guess counts for no other.
    columns = (["1,234", "999"], ["45,050", "1,250"])
    table = Table(("votes", "c"), columns, "rows", words=MISSING, between=";")
    assert read_table(table).column("c") == ["45.050", "1.250"]
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
    reading = read(["2024-01-31", "1-2"]).readings["c"]
    assert (reading.kind, reading.odd) == ("plain", "1-2")
    assert read(["2024-01-31", None, "NA"]).readings["c"].kind == "date"
    assert read([None, None]).readings == {}


@pytest.mark.parametrize(
    ("cells", "more", "kind"),
    [
        ([2.0] * 18 + ["1,5", None], 0, "number"),
        ([2.0] * 18 + ["1,5", "x"], 0, "number"),  # 19 of 20
        ([2.0] * 17 + ["1,5", "x"], 0, "plain"),
        (["1,5", "x"], 18, "number"),
        (["1,5", "x"], 17, "plain"),
    ],
)
def test_numbers_count_with_the_texts_that_stand_for_some(cells, more, kind):
    survey = ColumnSurvey("c")
    survey.update(cells, MISSING)
    survey.update(array("d", [2.0] * more), MISSING)
    assert survey.reading().kind == kind


@pytest.mark.parametrize("proof", ["12.5", "0.234", "1234.567", ".5", "-.5", "7.", "1.2345e-3"])
@pytest.mark.parametrize("texts", [["{}"], ["{}", "7"], ["7", "{}"], ["7", "{}", "8", "9.75"]])
def test_the_first_text_that_proves_a_point_is_named_whole(texts, proof):
    survey = ColumnSurvey("c")
    survey.update([text.format(proof) for text in texts], MISSING)
    assert survey.decimals == {".": proof}
