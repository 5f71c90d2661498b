"""A table is columns of equal length with a name each."""

from array import array

import pytest

from chainrule.data import Table, read_table
from chainrule.data.table import check_names, from_columns, like_a_row
from chainrule.errors import DataError
from tests.data.texts import learned


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


@pytest.mark.parametrize(
    ("names", "row"),
    [
        (["1", "2", "4"], True),
        (["1", "2", "3"], False),
        (["1", "3", "5", "a"], False),
        (["1.5", "2.5"], True),
        (["1", "1"], True),
        (["7"], False),
        (["7.5"], True),
        (["7.5", "a"], True),
        (["7.5", "a", "b"], False),
        (["a", "b"], False),
    ],
)
def test_names_are_like_a_row_where_half_are_numbers_that_do_not_count(names, row):
    assert like_a_row(names) == row


def test_weights_are_numbers_from_0_on(table):
    weighed = from_columns({"w": [0.0, 2.5], "y": ["a", "b"]}, source="rows")
    assert weighed.weights("w") == [0.0, 2.5]
    assert weighed.where_it_counts("y", [0.0, 2.5]).column("y") == [None, "b"]
    assert weighed.where_it_counts("y", [1.0, 2.5]) is weighed
    with pytest.raises(DataError, match="column species holds numbers, but row 0 has 'a'"):
        table.weights("species")


def test_places_are_counted_in_the_source():
    part = Table(("x",), ([1.0, 2.0, 3.0],), "rows", first_row=5)
    assert [part.places([0, 2])[n] for n in (0, 1)] == ["row 5", "row 7"]
    part = Table(("x",), ([1.0, 2.0],), "rows", numbers=[4, 9], lines=[6, 11])
    assert part.places([1])[0] == "line 11 (row 9)"
    assert Table(("x",), ([1.0],), "rows").places([0])[0] == "row 0"


@pytest.mark.parametrize("rows", [[], [1], [2, 0], [0, 1, 2], range(3), range(1, 2)])
def test_cells_are_taken_however_many(rows):
    table = Table(("x", "y"), (array("d", [1, 2, 3]), ["a", "b", "c"]), "rows")
    assert list(table.take("x", rows)) == [1.0 + row for row in rows]
    assert list(table.take("y", rows)) == ["abc"[row] for row in rows]
    assert isinstance(table.take("x", rows), array)


def test_names_that_come_twice_are_told_with_what_may_be_the_cause():
    def said(*names):
        with pytest.raises(DataError) as raised:
            check_names(names, "t")
        return str(raised.value)

    assert said("", "", "a").endswith("named (no name): give each column its own name")
    assert said("x", "x", "a").endswith("named x: give each column its own name")
    assert said("1.5", "1.5").endswith("if its first line is a row, put a header above it")
    assert "named (no name), x:" in said("", "x", "", "x")


def test_names_that_hold_commas_or_quotes_are_set_apart_where_names_are_listed():
    columns = {'a "x"': ["p", "q"] * 20, "size, m": ["p", "q"] * 20, "y": ["Rome, It", "Rome"] * 20}
    table = read_table(Table(tuple(columns), tuple(columns.values()), "rows"))
    with pytest.raises(DataError, match=r"it has 'a \"x\"', 'size, m', y$"):
        table.index("z")
    more = {f"c{n}": column for n, column in enumerate([["p", "q"] * 20] * 4)}
    table = Table((*more, *columns), (*more.values(), *columns.values()), "rows")
    first, *_, last = learned(table).describe()
    assert first == "target y: 2 classes (Rome 20, 'Rome, It' 20)."
    assert last.endswith("c3 (2), 'a \"x\"' (2), 'size, m' (2).")


def test_a_column_of_a_wide_table_is_found_without_looking_through_all():
    class Name(str):
        __slots__ = ()
        looks = 0
        __hash__ = str.__hash__

        def __eq__(self, other):
            Name.looks += 1
            return super().__eq__(other)

    names = tuple(Name(f"c{n}") for n in range(300))
    table = Table(names, ([1.0],) * 300, "a wide table")
    Name.looks = 0
    assert all(table.column(name) == [1.0] and table.predicted == "c299" for name in names)
    assert Name.looks < 10 * len(names)
