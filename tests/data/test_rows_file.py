"""New rows come a few at a time, each with its number in the source."""

import io
import sys

import pytest

from chainrule.data.rows_file import open_rows_file
from chainrule.errors import DataError


@pytest.fixture
def few(monkeypatch, tmp_path):
    monkeypatch.setattr("chainrule.data.rows_file.ROWS_AT_ONCE", 2)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "text", "form"),
    [
        ("rows.csv", "a,b\n0,x\n1,y\n2,z\n3,x\n4,y\n", "csv"),
        ("rows.jsonl", "".join(f'{{"a": {n}, "b": "x"}}\n' for n in range(5)), "json"),
    ],
)
def test_every_part_knows_the_number_of_its_first_row(name, text, form, few):
    (few / name).write_text(text)
    rows = open_rows_file(name)
    assert rows.form == form
    parts = [(table.first_row, [int(a) for a in table.column("a")]) for table in rows.tables]
    assert parts == [(0, [0, 1]), (2, [2, 3]), (4, [4])]


@pytest.mark.parametrize("rows", ["0,x,1\n", "0,x,1\n1,y,2\n", "0,x,1\n1,y,2\n2,z,3\n"])
def test_the_last_part_tells_of_a_note_below_the_rows(rows, few):
    (few / "rows.csv").write_text(f"a,b,c\n{rows}Source: d\n")
    *parts, last = open_rows_file("rows.csv").tables
    assert len(last.below) == 1
    assert not any(table.below for table in parts)


def test_a_name_is_a_built_in_table_unless_a_file_has_it(few):
    assert [table.rows for table in open_rows_file("xor").tables] == [4]
    (few / "xor").write_text("a,b\n1,2\n")
    assert [table.names for table in open_rows_file("xor").tables] == [("a", "b")]
    with pytest.raises(DataError, match=r"nothing\.csv"):
        open_rows_file("nothing.csv")


def test_standard_input_is_read_from_its_beginning(few, monkeypatch):
    def piped(data):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        return open_rows_file("-")

    assert [table.first_row for table in piped(b"a\n1\n2\n3\n").tables] == [0, 2]
    with pytest.raises(DataError, match="standard input is empty"):
        piped(b"")


def test_json_without_an_object_holds_no_rows(few):
    (few / "rows.json").write_text("[]")
    with pytest.raises(DataError, match="holds no rows"):
        list(open_rows_file("rows.json").tables)


@pytest.mark.parametrize(("spaces", "form"), [(0, "json"), (63, "json"), (64, "csv")])
def test_rows_are_json_where_it_begins_within_64_bytes(few, spaces, form):
    (few / "rows").write_text(" " * spaces + '{"a": 1}\n')
    assert open_rows_file("rows").form == form
    sys_rows = few / "list"
    sys_rows.write_bytes(b"\xef\xbb\xbf" + b" " * (59 if form == "json" else 60) + b"[{}]\n")
    assert open_rows_file("list").form == form


def test_standard_input_that_is_closed_is_said_to_be(few, monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(DataError, match="standard input is closed: give a file, or pipe"):
        open_rows_file("-")
