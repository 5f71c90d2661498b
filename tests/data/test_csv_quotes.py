"""Quotes in CSV files: which belong to a cell, and which only hold it together."""

from __future__ import annotations

import pytest

from chainrule.data.csv_file import read_csv


@pytest.mark.parametrize(
    ("content", "names", "last"),
    [
        ('"a, b" , "c"\n"1, 5" , "x;y" \n"2" ,  z\n', ("a, b", "c"), ["x;y", "z"]),
        ('"a" ; "b" \n1 ; "say ""hi"" ; or" \n', ("a", "b"), ['say "hi" ; or']),
        ('x , "b" \r\n1 , "red" \r\n2 , "blue" \r\n', ("x", "b"), ["red", "blue"]),
        ('  "Height, cm"\n  150.5\n  161\n', ("Height, cm",), ["150.5", "161"]),
        (' "Height, cm" \n 150.5 \n 161 \n', ("Height, cm",), ["150.5", "161"]),
    ],
)
def test_spaces_around_quotes_are_no_part_of_a_cell(csv, content, names, last):
    table = read_csv(csv(content))
    assert (table.names, table.columns[-1]) == (names, last)


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        ('x,b\n1, "Big" Joe\n2, Al\n', ['"Big" Joe', "Al"]),
        ("x,b\n" + "1, Al\n" * 25 + '2, "Big" Joe\n', ["Al"] * 25 + ['"Big" Joe']),
        ("x,b\n" + "1, Al\n" * 25 + '2, "Joe, J"\n3, ""\n', ["Al"] * 25 + ["Joe, J", None]),
        ('x, b\n1, say "A" \n2, C\n', ['say "A"', "C"]),
        ('x, b\n1, "5\n2, 4"\n', ['"5', '4"']),
        ('x;b\n1;5" , big\n', ['5" , big']),
        ('x\tb\n1\t5" | 4"\n', ['5" | 4"']),
        ("'x','b'\n1,'5\" | 4\"'\n", ['5" | 4"']),
        ('x,b\r\n1,"one\r\n\r\ntwo"\r\n', ["one\r\n\r\ntwo"]),
        ("'x','b'\n1,\"Smith, J\"\n2,'tis\n", ["Smith, J", "'tis"]),
        ("'x','b'\n1,'tis\n2,O'Neil\n", ["'tis", "O'Neil"]),
        ("sep= \nx a b\n1  c\n2 d e\n", ["c", "e"]),
    ],
)
def test_a_quote_that_does_not_close_as_one_is_part_of_the_cell(csv, content, texts):
    assert read_csv(csv(content)).columns[-1] == texts
