"""One unit beside all numbers of a column is theirs, whether a sign or a word."""

import pytest

from chainrule.data.reading_options import ReadingOptions
from chainrule.data.written_numbers import parts_of, says_of_marks
from chainrule.errors import DataError
from tests.data.texts import learned, read


def test_numbers_of_two_units_stay_as_they_are():
    assert read(["€5", "€7"]).column("c") == ["5", "7"]
    assert read(["€5", "$7"]).column("c") == ["€5", "$7"]
    assert read(["5 kg", "7 lb"]).column("c") == ["5 kg", "7 lb"]


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (["72 kg", "80 kg", "NA"], ["72", "80", None]),
        (["1.75m", "2m"], ["1.75", "2"]),
        (["75 m2", "1.5 m2"], ["75", "1.5"]),
        (["-3,5 °C", "12,25 °C"], ["-3.5", "12.25"]),
        (["40 km/h", "55 km/h"], ["40", "55"]),
        (["1.200 EUR", "950 EUR", "2,5 EUR"], ["1200", "950", "2.5"]),
        (["CHF 1'234.50", "CHF 950"], ["1234.50", "950"]),
        (["-USD 1,234.5", "USD 7"], ["-1234.5", "7"]),
        (["A$1,200.50", "A$950"], ["1200.50", "950"]),
        (["kr 1 234,5", "kr 950"], ["1234.5", "950"]),
        (["1 234,5 ₽", "950 ₽"], ["1234.5", "950"]),
        (["₩1,234.5", "₩950"], ["1234.5", "950"]),
        (["Rs. 1,234.5", "Rs 950/-"], ["1234.5", "950"]),
        (["5.5 m²", "7 m2"], ["5.5", "7"]),
        (["5.5 m²", "7 M²"], ["5.5", "7"]),
        (["5.5 Mio.", "7 Mio"], ["5.5", "7"]),
        (["5.5 kg", "7 KG"], ["5.5", "7"]),
        (["€ 5.5", "7 EUR"], ["5.5", "7"]),
    ],
)
def test_a_word_that_stands_behind_every_number_is_their_unit(texts, numbers):
    assert read(texts).column("c") == numbers


@pytest.mark.parametrize(
    "texts",
    [
        ["72 kg", "80"],
        ["EUR 5", "7"],
        ["EUR 5", "7 EUR EUR"],
        ["1st", "2nd"],
        ["007 kg", "12 kg"],
        ["4x3", "5x3"],
        ["4x2", "5x2"],
        ["5 m2", "7 m3"],
        ["3 room2", "4 room2"],
        ["Q1", "Q2"],
        ["3/5"],
    ],
)
def test_what_is_no_number_with_the_unit_of_all_others_stays_as_it_is(texts):
    assert read(texts).column("c") == texts


def test_a_currency_beside_some_of_the_numbers_is_told_with_how_many_lack_it():
    recipe = learned(read([f"${n}" if n % 4 else f"{n}" for n in range(40)], y=["a", "b"] * 20))
    assert recipe.describe()[2] == (
        "c: numbers with the unit $ (such as '$1'; 10 of 40 stand without it)."
    )


@pytest.mark.parametrize(
    ("unit", "other"),
    [
        ("m²", "m2"),
        ("m2", "m²"),
        ("Mio", "Mio."),
        ("Mio. €", "mio €"),
        ("kg", "KG"),
        ("KG", "Kg"),
        ("€", "EUR"),
        ("EUR", "€"),
        ("euro", "€"),
        ("Euro", "€"),
        ("Jahre", "JAHRE"),
    ],
)
def test_a_unit_in_another_spelling_than_training_had_is_that_unit(unit, other):
    recipe = learned(read([f"{n} {unit}" for n in range(40)], y=["a", "b"] * 20), "y")
    assert f"c: numbers with the unit {unit} (such as '0 {unit}')." in recipe.describe()
    new = recipe.features_only(read([f"3 {unit}", f"3 {other}"]))
    assert new.x[0] == new.x[len(new.x) // 2]
    assert new.notes == ()


@pytest.mark.parametrize(
    ("unit", "other"),
    [
        ("mg", "Mg"),
        ("kN", "kn"),
        ("kB", "kb"),
        ("$", "USD"),
        ("¥", "JPY"),
        ("g", "G"),
        ("mbar", "Mbar"),
    ],
)
def test_a_unit_that_capitals_or_a_shared_sign_may_make_another_is_refused(unit, other):
    recipe = learned(read([f"{n} {unit}" for n in range(40)], y=["a", "b"] * 20), "y")
    with pytest.raises(DataError, match="column c holds numbers"):
        recipe.features_only(read([f"3 {other}"]))


def test_nought_is_a_dash_in_the_way_of_accounts():
    accounts = ["$1,200.50", "$(350.25)", "$-", "$ -", "$ (1,000.00)", ""]
    assert read(accounts).column("c") == ["1200.50", "-350.25", "0", "0", "-1000.00", None]
    bare = ["1,200.50", "(350.25)", "-", "(1,000.00)", ""]
    table = read(bare)
    assert table.column("c") == ["1200.50", "-350.25", "0", "-1000.00", None]
    said = table.readings["c"].describe("c")
    assert said.endswith("'(350.25)' is read as below zero; '-' is read as 0).")
    assert read(["1,200.50", "-", "350.25"]).column("c") == ["1200.50", None, "350.25"]
    assert read(bare, ReadingOptions(missing=("-",))).column("c")[2] is None


def test_an_exponent_of_fortran_is_one():
    assert read(["1.5D+03", "2.25D-01"]).column("c") == ["1.5e+03", "2.25e-01"]
    assert read(["1D3", "2D5"]).column("c") == ["1D3", "2D5"]


def test_a_number_of_another_unit_than_training_had_is_refused():
    recipe = learned(read([f"{n} kg" for n in range(40)], y=["a", "b"] * 20), "y")
    said = "c: numbers with the unit kg (such as '0 kg')."
    assert said in recipe.describe()
    assert recipe.features_only(read(["12 kg", "30"], y=["a", "b"])).x
    with pytest.raises(DataError, match="'12 lb'"):
        recipe.features_only(read(["12 lb"], y=["a"]))


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


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (["823-", "24,360-", "1,042", "7"], ["-823", "-24360", "1042", "7"]),
        (["2-", "1.50-", "3", "4-"], ["-2", "-1.50", "3", "-4"]),
        (["5-", "7.5"], ["5-", "7.5"]),
    ],
)
def test_a_minus_behind_whole_numbers_is_one_where_the_column_shows_it(texts, numbers):
    assert read(texts).column("c") == numbers


def test_a_minus_behind_is_known_in_new_rows():
    reading = read(["24,360-", "1,042.5"]).readings["c"]
    assert reading.read(["823-", "7"], frozenset()) == ["-823", "7"]
