"""Columns that the header has no name for are left out, or go by their place, and it is said."""

import pytest

from chainrule.data.builtin import load
from chainrule.data.csv_file import read_csv
from chainrule.data.stream import Stream
from chainrule.errors import DataError
from tests.data.texts import learned


def told(csv, header, row, rows=40):
    text = header + "\n" + "".join(row(n) + "\n" for n in range(rows))
    return learned(load(csv(text)), target="y").describe()[1:]


def test_empty_columns_at_the_end_are_left_out_in_one_sentence(csv):
    said = told(csv, "a,b,y,,", lambda n: f"{n % 7},{n % 5},{'pq'[n % 2]},,")
    assert said == [
        "2 number columns standardised: a, b.",
        "column4, column5: left out, because each holds no values.",
    ]


def test_a_column_with_values_goes_by_its_place(csv):
    said = told(csv, "a,b,y,,", lambda n: f"{n % 7},{n % 5},{'pq'[n % 2]},{n % 3},")
    assert said == [
        "column4: it goes by its place, as the header has no name for it.",
        "3 number columns standardised: a, b, column4.",
        "column5: left out, because it holds no values.",
    ]


def test_it_is_not_what_is_predicted_when_nobody_says_so(csv, tmp_path):
    path = csv("a,y,\n" + "".join(f"{n % 7},{'pq'[n % 2]},{n % 3}\n" for n in range(40)))
    assert learned(load(path)).target.column == "y"
    assert Stream(path).recipe.target.column == "y"
    assert Stream(path).recipe.feature_names == ("a", "column3")


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        (lambda n: n + 5, "it only counts the rows"),
        (lambda n: n * n % 41, "it most likely labels the rows"),
        (lambda n: f"car {n}", "it most likely labels the rows"),
    ],
)
def test_a_first_column_without_a_name_is_said_to_count_where_it_does(csv, cell, why):
    said = told(csv, ",a,y", lambda n: f"{cell(n)},{n % 7},{'pq'[n % 2]}")
    assert said[-1] == (
        f"a column without a name: left out, because {why}; give it a name to use it."
    )


def test_the_first_stays_without_a_name_beside_others_at_the_end(csv):
    table = read_csv(csv(",a,y,,\n0,1,p,,\n1,2,q,,\n"))
    assert table.names == ("", "a", "y", "column4", "column5")
    assert table.predicted == "y"


@pytest.mark.parametrize("header", ["Sales 2024,,,", "Sales,2024,,\nof,May,,", ",,,"])
def test_where_half_have_no_name_and_hold_something_the_line_is_no_header(csv, header):
    path = csv(f"\n{header}\n,,,\na,b,c,y\n1,2,3,p\n")
    with pytest.raises(
        DataError, match=r"line 2: the header has [012] names? for 4 columns: .* titles"
    ):
        read_csv(path)


def test_half_of_the_columns_may_lack_a_name_where_they_hold_nothing_at_first(csv):
    rows = "1,p,,\n" * 20
    assert read_csv(csv(f"a,y,,\n{rows}2,q,,x\n")).names == ("a", "y", "column3", "column4")
    said = "more than one column named column3"
    with pytest.raises(DataError, match=said):
        read_csv(csv("a,column3,,y\n1,2,3,p\n"))
