"""A table is columns of equal length with a name each."""

import pytest

from chainrule.data import Table, read_table
from chainrule.data.table import check_names, from_columns
from chainrule.errors import DataError


@pytest.fixture
def table():
    return Table(("bill_length", "species"), ([1.0, 2.0], ["a", "b"]), "penguins")


def test_an_unknown_column_gets_the_closest_name_and_all_names(table):
    with pytest.raises(DataError) as raised:
        table.column("bill_lenght")
    assert "no column 'bill_lenght' (did you mean 'bill_length'?)" in str(raised.value)
    assert "it has bill_length, species" in str(raised.value)


def test_nothing_is_suggested_when_nothing_is_close(table):
    with pytest.raises(DataError, match=r"no column 'weight'; it has"):
        table.column("weight")


def test_rows_of_a_column_are_taken_in_the_order_asked(table):
    assert table.take("species", [1, 0, 1]) == ["b", "a", "b"]
    assert table.take("species", [1, 0]) == ["b", "a"]


def test_two_columns_of_one_name_are_refused():
    with pytest.raises(DataError, match="more than one column named x"):
        Table(("x", "y", "x"), ([1.0], [1.0], [1.0]), "twins")


def test_columns_of_different_length_are_refused_with_their_lengths():
    with pytest.raises(DataError, match=r"'x': 1, 'y': 2"):
        Table(("x", "y"), ([1.0], [1.0, 2.0]), "steps")


def test_a_table_without_columns_is_refused():
    with pytest.raises(DataError, match="no columns"):
        Table((), (), "nothing")


def test_the_fingerprint_follows_the_values():
    first = from_columns({"x": [1.0]}, source="a").sha256
    assert first == from_columns({"x": [1.0]}, source="b").sha256
    assert first != from_columns({"x": [2.0]}, source="a").sha256
    assert first != from_columns({"z": [1.0]}, source="a").sha256


def test_codes_and_columns_with_gaps_stay_texts_where_numbers_become_flat_buffers():
    columns = (["02134", "00501"], ["1,5", "2,25"], ["1", ""], ["7", "8"])
    table = read_table(Table(("zip", "size", "gap", "n"), columns, "two rows")).in_numbers()
    kinds = [type(column).__name__ for column in table.columns]
    assert kinds == ["list", "array", "list", "array"]
    assert table.take("size", [1]).tolist() == [2.25]
    assert table.take("zip", [0]) == ["02134"]


@pytest.mark.parametrize(
    ("weights", "held"),
    [([1.0, None, -1.0], "nothing"), ([1.0, -2.5, None], "-2.5"), ([1.0, -3.0, -4.0], "-3")],
)
def test_the_first_row_whose_weight_is_none_is_told_with_what_it_holds(weights, held):
    table = from_columns({"w": weights, "y": ["a", "b", "a"]}, source="rows")
    with pytest.raises(DataError, match=rf"has {held} there"):
        table.weights("w")


def test_a_name_has_300_characters_at_most():
    check_names(["n" * 300], "t")
    with pytest.raises(DataError, match="301 characters long: give it one of at most 300"):
        check_names(["n" * 301], "t")
