"""Codes and versions look like numbers, and lose digits where they are read as such."""

import pytest

from chainrule.data.cells import MISSING
from chainrule.data.column_survey import ColumnSurvey
from tests.data.texts import learned, read


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        (["02134", "10001"], "02134 is written with a leading zero"),
        (["101E01", "101E02"], "101E01 is an exponent without a point"),
        (["1234567890123456", "1"], "1234567890123456 is longer than the 15 digits"),
        (["\uff10\uff16", "\uff11\uff12"], "\uff10\uff16 is written with a leading zero"),
    ],
)
def test_codes_are_categories_and_said(texts, why):
    recipe = learned(read(texts * 20, y=["a", "b"] * 20), "y")
    assert recipe.feature_names == tuple(f"c={text}" for text in sorted(texts))
    assert f"c: codes rather than numbers, because {why}" in " ".join(recipe.describe())
    target = learned(read(texts * 20, x=list(range(40))), "c").target
    assert target.levels == tuple(sorted(texts))


def test_codes_that_differ_by_a_zero_alone_are_two_classes():
    target = learned(read(["01", "02", "10", "1"] * 15, x=list(range(60))), "c").target
    assert target.levels == ("01", "02", "1", "10")


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
    ("texts", "told"),
    [
        (["3.8", "3.9", "3.10"], "3.10 is read as 3.1; if it is a version, write v3.10"),
        (["1.5", "1.50", "1.100"], ""),  # prices
        (["1.19", "1.20"], ""),
        (["1.5", "1.20", "1.29"], "1.20 is read as 1.2; if it is a version, write v1.20"),
        (["1.5", "1.20", "2.50"], ""),
        (["1.5", "1.20", "2.05"], ""),
        (["1.9", "1.20"], "1.20 is read as 1.2; if it is a version, write v1.20"),
        (["0.0", "0.10"], "0.10 is read as 0.1; if it is a version, write v0.10"),
        (["0.00", "1.1", "1.10"], ""),  # a price
        (["3.8", "3.9", "3.11"], ""),
        (["2.50", "2.25", "2"], ""),
        (["1.0", "1.00"], ""),
        (["62.01", "01.11", "02.90"], "01.11 is read as 1.11; for a code give --types c=category"),
        (["0.11", "00.5", "-01.5"], ""),
        (["1.5e-10", "2.5"], ""),
        ([f"1.{n}" for n in range(1, 21)], "1.10 is read as 1.1; if it is a version, write v1.10"),
        ([f"1.{n}" for n in range(1, 22)], ""),
        ([f"{n}.5" for n in range(300)] + ["1.50"], ""),
    ],
)
def test_a_last_zero_that_gets_lost_is_told_where_there_are_few_numbers(texts, told):
    readings = read(texts * 2).readings
    assert (readings["c"].why if "c" in readings else "") == told
    in_parts = ColumnSurvey("c")
    for text in texts:
        in_parts.update([text], MISSING)
    assert in_parts.reading().why == told
