"""What is said of a table counts in all of its columns, and what is said for nothing is told."""

import pytest

from chainrule.data.csv_file import read_csv
from chainrule.data.reading_options import ReadingOptions
from tests.data.texts import read


@pytest.mark.parametrize(("cells", "count"), [(["-999.0", "lost"], 2), ([-999.0, "5"], 1)])
def test_a_word_for_missing_values_is_found_in_another_form_or_said_to_be_nowhere(cells, count):
    options = ReadingOptions(missing=("-999", "lost"), ignored=("?!",))
    table = read([*cells, "0999"], options)
    assert table.column("c").count(None) == count
    nowhere = [] if count == 2 else ["--na: rows has no cell that is 'lost'."]
    assert [*table.notes] == [*nowhere, "--ignore-target: rows has no c that is '?!'."]


def test_a_word_for_missing_values_is_found_in_any_part_of_a_long_file(csv, monkeypatch):
    monkeypatch.setattr("chainrule.data.csv_file._CELLS_AT_ONCE", 4)
    path = csv("x,y\n" + "1,a\n" * 5 + "7.0,b\n")
    table = read_csv(path, options=ReadingOptions(missing=("7", "b", "c")))
    assert (table.column("x")[-1], table.column("y")[-1]) == (None, None)
    assert table.notes == ("--na: small.csv has no cell that is 'c'.",)
