"""What stands below the rows of a CSV file and is none."""

from __future__ import annotations

import pytest

from chainrule.data import ReadingOptions, Stream
from chainrule.data.csv_file import CsvFile, read_csv
from chainrule.errors import DataError


@pytest.mark.parametrize(
    ("below", "line", "cell"),
    [
        ("(2 rows affected)\n", 4, "(2 rows affected)"),
        ('\n"Source: a, b"\n', 5, "Source: a, b"),
        ("Summary,,\n", 4, "Summary"),
        (",,\n", 0, ""),
        ("Source: a,,\n,,\n", 4, "Source: a"),
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
        ("1,2,x\nA7,,\n8,,\n9,,\n", ["1", "A7", "8", "9"]),
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


@pytest.mark.parametrize(
    ("below", "said"),
    [
        ('\n"Source: a, b"\nread in May', "lines 5 to 6 hold 'Source: a, b' and 1 more note"),
        ("one,,\n,,\ntwo,,\nthree,,", "lines 4 to 7 hold 'one' and 2 more notes"),
        ("one,,\n" + "two,,\n" * 3, "lines 4 to 7 hold 'one' and 3 more notes"),
    ],
)
def test_of_several_notes_below_a_table_all_are_told(csv, below, said):
    table = read_csv(csv("a,b,c\n1,2,x\n3,4,y\n" + below))
    assert (table.rows, table.below) == (2, (f"{said} below the table, and are no rows.",))


def test_a_word_that_means_a_missing_value_is_no_note(csv):
    assert read_csv(csv("a,b,c\n1,2,x\nNA,,\n")).column("a") == ["1", None]
    path, lost = csv("a,b,c\n1,2,x\nlost,,\n"), ReadingOptions(missing=("lost",))
    assert read_csv(path).rows == 1
    assert read_csv(path, options=lost).column("a") == ["1", None]
