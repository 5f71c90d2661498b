"""Shares never round to none or to all; in a list each name is seen to be one."""

import pytest

from chainrule.words import (
    aligned,
    answer_text,
    figure,
    listed,
    number,
    numbered,
    percent,
    percent_in_table,
    set_apart,
    shortened,
)
from chainrule.words.phrases import spaced


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("size, m", "'size, m'"),
        ("a,b", "'a,b'"),
        ('5" nails', "'5\" nails'"),
        (" x", "' x'"),
        ("x\u00a0", repr("x\u00a0")),
        ("", "''"),
    ],
)
def test_a_name_that_would_look_like_two_or_none_stands_in_quotes(name, shown):
    assert set_apart(name) == shown
    assert listed(["a", name, "b"]) == f"a, {shown}, b"


@pytest.mark.parametrize(
    "name",
    [
        "size in m",
        "w[0,1]",
        "shape (3, 4)",
        "1,200 rows",
        "it's",
        "'a, b'",
        "'a, b' 7",
        '"it\'s, x" 7',
    ],
)
def test_any_other_stays_as_it_is(name):
    assert listed([name]) == name


@pytest.mark.parametrize(
    ("share", "digits", "said"),
    [
        (0.0, 1, "0.0%"),
        (4e-5, 1, "under 0.1%"),
        (0.0006, 1, "0.1%"),
        (0.834, 1, "83.4%"),
        (0.9994, 1, "99.9%"),
        (0.99951, 1, "over 99.9%"),
        (1.0, 1, "100.0%"),
        (0.004, 0, "under 1%"),
        (0.006, 0, "1%"),
        (0.994, 0, "99%"),
        (0.996, 0, "over 99%"),
        (1.0, 0, "100%"),
        (float("nan"), 1, "nan (not a number to go by)"),
    ],
)
def test_what_is_not_all_or_nothing_never_rounds_to_it(share, digits, said):
    assert percent(share, digits) == said


def test_shares_that_add_up_to_all_but_for_rounding_are_all():
    assert percent(1 - 2.0**-53) == "100.0%"  # as 0.1 added up ten times


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.0, "0.0%"), (4e-5, "<0.1%"), (0.99951, ">99.9%"), (1.0, "100.0%"), (float("nan"), "nan")],
)
def test_a_share_that_is_not_all_or_nothing_fits_a_column_of_numbers(share, said):
    assert percent_in_table(share) == said


def test_numbers_of_any_length_end_below_one_another_and_words_begin_so():
    rows = [
        ("weight", "value", "share", "to fix"),
        ("transformer.block[12].weight[100,1000]", "-1.23e-05", "<0.1%", "decrease"),
        ("b", "1,615,503", "100.0%", "-"),
        ("c", "nan", "-", "increase"),
    ]
    assert aligned(rows, before="") == [
        "weight                                      value   share  to fix",
        "transformer.block[12].weight[100,1000]  -1.23e-05   <0.1%  decrease",
        "b                                       1,615,503  100.0%  -",
        "c                                             nan       -  increase",
    ]
    assert aligned([("loss", "-1"), ("w", "+0.5")]) == ["  loss    -1", "  w     +0.5"]
    assert aligned([]) == []


def test_numbers_of_a_table_get_four_digits_and_what_is_not_known_a_dash():
    rows = [("row", "loss", "others"), (12345, 2 / 3, None), (7, float("nan"), -0.5)]
    assert aligned(rows, before="") == [
        "  row    loss  others",
        "12345  0.6667       –",
        "    7     nan    -0.5",
    ]


@pytest.mark.parametrize(
    ("text", "most", "shown"),
    [
        ("bill_length_mm is missing", 23, "bill_length…is missing"),
        ("city=Riverside Quarter → dense1[12]", 27, "city=Riverside…→ dense1[12]"),
        ("penguins/tables/of/the/year/all.csv", 30, "penguins…of/the/year/all.csv"),
        ("x" * 12, 8, "xxx…xxxx"),
        ("a b", 2, "…b"),
        ("a b", 3, "a b"),
    ],
)
def test_a_long_text_is_cut_between_words_and_keeps_its_end(text, most, shown):
    assert shortened(text, most=most) == shown
    assert len(shown) <= most


def test_a_list_has_twelve_names_numbers_eight_and_a_name_sixty_letters():
    names = [str(n) for n in range(13)]
    assert listed(names[:12]) == ", ".join(names[:12])
    assert listed(names) == ", ".join(names[:12]) + " and 1 more"
    assert numbered("row", range(8)) == "rows 0, 1, 2, 3, 4, 5, 6 and 7"
    assert numbered("row", range(9)) == "rows 0, 1, 2, 3, 4, 5, 6, 7 and 1 more"
    assert shortened("x" * 60) == "x" * 60
    assert shortened("x" * 61) == "x" * 29 + "…" + "x" * 30
    assert listed(["x" * 61]) == shortened("x" * 61)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (number(-1234567.0), "-1.23457e+06"),
        (figure(0.123456), "0.1235"),
        (figure(True), "True"),
        (answer_text(9999.4), "9999"),
        (answer_text(-9999.6), "-10,000"),
        (answer_text(1e4), "10,000"),
        (answer_text(999_999_999_999.0), "999,999,999,999"),
        (answer_text(1e12), "1e+12"),
        (answer_text(0.123456), "0.1235"),
        (answer_text([1.0, 2.0, 3.0]), "1, 2, 3"),
        (spaced(5, most=5), [0, 1, 2, 3, 4]),
        (spaced(6, most=2), [0, 5]),
    ],
)
def test_a_number_has_as_many_digits_as_its_place_needs(said, shown):
    assert said == shown


@pytest.mark.parametrize(
    ("text", "most", "shown"),
    [
        # The end begins behind a mark that leaves a fifth to two thirds of the room to it.
        ("a long beginning of four lett", 20, "a long…of four lett"),
        ("abc defghij ends", 12, "abc…ends"),
        ("ab cdefghij ends", 12, "ab cdef…ends"),
        ("xxxxxxxxxxxxxxx abcdefghijkl", 19, "xxxxxx…abcdefghijkl"),
        ("xxxxxxxxxxxxxx abcdefghijklm", 19, "xxxxxxxxx…efghijklm"),
        ("xxxxxxxxxxxxxxxxxxxxxxxxx abc", 15, "xxxxxxxxxxx…abc"),
        ("xxxxxxxxxxxxxxxxxxxxxxxxxx ab", 15, "xxxxxxx…xxxx ab"),
    ],
)
def test_the_end_of_a_long_text_begins_with_a_word_where_one_begins_near(text, most, shown):
    assert shortened(text, most=most) == shown
