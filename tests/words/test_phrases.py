"""Shares never round to none or to all; in a list each name is seen to be one."""

import pytest

from chainrule.words import aligned, listed, percent, percent_in_table, set_apart, shortened


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
