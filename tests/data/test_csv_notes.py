"""What stands below the rows of a CSV file and is none."""

from __future__ import annotations

import pytest

from chainrule.data import Stream
from chainrule.data.csv_file import CsvFile, read_csv
from chainrule.errors import DataError


@pytest.mark.parametrize(
    ("below", "line", "cell"),
    [
        ("(2 rows affected)\n", 4, "(2 rows affected)"),
        ('\n"Source: a, b"\nread in May', 5, "Source: a, b"),
        ("Summary,,\n", 4, "Summary"),
        (",,\n", 0, ""),
        ("Source: a,,\n,,\nread in May,,\n", 4, "Source: a"),
    ],
)
@pytest.mark.parametrize("cells_at_once", [3, 6, 500_000])
def test_notes_below_a_table_are_told_and_no_rows(
    csv, monkeypatch, below, line, cell, cells_at_once
):
    monkeypatch.setattr("chainrule.data.csv_file._CELLS_AT_ONCE", cells_at_once)
    path = csv("a,b,c\n1,2,x\n3,4,y\n" + below)
    table = read_csv(path)
    if not line:
        assert (table.rows, table.below) == (3, ())
        return
    assert [float(cell) for cell in table.column("a")] == [1, 3]
    said = (f"line {line} holds {cell!r} below the table, and is no row.",)
    assert table.below == said
    assert said[0] in Stream(path, memory=2**20).notes


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ("1,2,x\nSummary,,\n3,4,y\n", ["1", "Summary", "3"]),
        ("1,2,x\n7,,\n", ["1", "7"]),
        ("u,2,x\nNew York,,\n", ["u", "New York"]),
        ("1,2,x\nNew York,,y\n", ["1", "New York"]),
    ],
)
def test_rows_that_may_be_some_are_no_notes(csv, rows, what):
    path = csv("a,b,c\n" + rows)
    table = read_csv(path)
    assert (table.column("a"), table.below) == (what, ())
    assert list(table.lines) == [*range(2, 2 + len(what))]
    file = CsvFile(path)
    starts = [start for start, _ in file.chunks(1)]
    assert [file.chunk_at(start, 1).column("a")[0] for start in starts] == what


def test_a_table_of_two_columns_has_no_note_beside_a_blank(csv):
    assert read_csv(csv("a,b\n1,2\nSource: a,\n")).column("a") == ["1", "Source: a"]
    with pytest.raises(DataError, match="take the line out if it is no row"):
        read_csv(csv("a,b,c\n1,2,3\nSource\n"))
