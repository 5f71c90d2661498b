"""Parquet files give the same tables as CSV files, where pyarrow is installed."""

import sys

import pytest

from chainrule.data import Stream, load
from chainrule.data.parquet import ParquetFile
from chainrule.data.stream import chunks_of
from chainrule.errors import DataError, MissingExtraError
from tests.data.texts import learned

COLUMNS = {"x": [1.5, None, 3.0, 4.0], "y": ["a", "b", "a", "b"]}


@pytest.fixture
def parquet(tmp_path):
    import pyarrow as pa
    from pyarrow import parquet

    path = tmp_path / "small.parquet"
    parquet.write_table(pa.table(COLUMNS), path, row_group_size=3)
    return path


@pytest.mark.extra("pyarrow")
def test_cells_are_read(parquet):
    assert load(parquet).columns == ([1.5, None, 3.0, 4.0], ["a", "b", "a", "b"])


@pytest.mark.extra("pyarrow")
def test_a_stream_over_row_groups_learns_the_same_recipe(parquet, generator):
    stream = Stream(parquet, memory=4 * 2 * 2 * 112)
    assert stream.recipe.encoders[0].mean == pytest.approx(8.5 / 3)
    assert stream.recipe.class_names == learned(load(parquet)).class_names
    rows = [row for batch in stream.epoch(1, generator) for row in batch.row_numbers]
    assert sorted(rows) == [0, 1, 2, 3]


@pytest.mark.extra("pyarrow")
@pytest.mark.parametrize("reader", [load, Stream])
def test_two_columns_of_one_name_are_refused(tmp_path, reader):
    path = tmp_path / "twins.parquet"
    write(path, [[1, 2], [3, 4], ["a", "b"]], names=["a", "a", "y"])
    with pytest.raises(DataError, match=r"twins\.parquet has more than one column named a"):
        reader(path)


@pytest.mark.extra("pandas", "pyarrow")
def test_the_index_that_pandas_stores_is_no_column(tmp_path):
    import pandas as pd

    frame = pd.DataFrame({"x.y": [1.0, 2.0, 3.0] * 2, "y": ["a", "b"] * 3})
    path = tmp_path / "sample.parquet"
    frame.sample(6, random_state=1).to_parquet(path)
    assert load(path).names == ("x.y", "y")
    assert Stream(path).recipe.feature_names == ("x.y",)


@pytest.mark.extra("pyarrow")
def test_a_damaged_file_is_refused(tmp_path):
    path = tmp_path / "broken.parquet"
    path.write_bytes(b"PAR1 and nothing more")
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        load(path)


def test_without_pyarrow_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    path = tmp_path / "any.parquet"
    path.write_bytes(b"PAR1")
    with pytest.raises(MissingExtraError, match=r"chainrule\[parquet\]"):
        load(path)


@pytest.mark.extra("pyarrow")
def test_a_row_group_is_read_once_an_epoch_and_not_held_whole(tmp_path, generator, monkeypatch):
    """Of its parts each is behind all those before it, and pyarrow would gladly keep them all."""
    from chainrule.data.parquet import ParquetFile

    path = tmp_path / "one.parquet"
    rows = {"x": [float(row) for row in range(900)], "y": ["ab"[row % 2] for row in range(900)]}
    write(path, rows, row_group_size=450)
    stream, begun, own = Stream(path, memory=4 * 2 * 50 * 112), [], ParquetFile._tables

    def counted(self, group, *more):
        begun.append(group)
        return own(self, group, *more)

    monkeypatch.setattr(ParquetFile, "_tables", counted)
    seen = [row for batch in stream.epoch(16, generator) for row in batch.row_numbers]
    assert sorted(seen) == list(range(900))
    assert sorted(begun) == [0, 1]


@pytest.mark.extra("numpy", "pyarrow")
def test_a_part_of_a_row_group_takes_the_memory_of_the_part(tmp_path):
    import numpy as np
    import pyarrow as pa

    from chainrule.data.parquet import ParquetFile

    path, numbers = tmp_path / "large.parquet", np.random.default_rng(0).random(500_000)
    write(path, {"x": numbers, "y": -numbers}, compression="none", use_dictionary=False)
    before, chunks = pa.total_allocated_bytes(), ParquetFile(path).chunks(100)
    assert next(chunks)[1].column("x").tolist() == numbers[:100].tolist()
    assert pa.total_allocated_bytes() - before < path.stat().st_size / 8


def write(path, columns, names=None, **options):
    import pyarrow as pa
    from pyarrow import parquet

    parquet.write_table(pa.table(columns, names=names), path, **options)


@pytest.mark.extra("pyarrow")
def test_rows_of_weight_0_are_passed_over_and_the_others_keep_their_numbers(tmp_path):
    path = tmp_path / "weighed.parquet"
    weights = [0, 1, 0, 0, 2, 1, 0, 0, 0, 3, 1]
    write(path, {"x": list(range(11)), "w ": weights}, row_group_size=6)
    chunks = chunks_of(path, labels=None, memory=2 * 2 * 112, weight_column="w")
    tables = list(chunks.scan())
    assert [table.column("x").tolist() for table in tables] == [[1, 4], [5], [9, 10]]
    assert [table.numbers for table in tables] == [[1, 4], [5], [9, 10]]
    assert [chunks.chunk(n).column("x").tolist() for n in (2, 0, 1)] == [[9, 10], [1, 4], [5]]
    assert (chunks.file.rows, list(chunks.runs)) == (11, [range(2), range(2, 3)])


@pytest.mark.extra("pyarrow")
def test_a_later_part_is_read_first(parquet):
    chunks = chunks_of(parquet, labels=None, memory=2 * 2 * 112)
    parts = [table.column("y") for table in chunks.scan()]
    assert len(parts[0]) < 3
    again = chunks_of(parquet, labels=None, memory=2 * 2 * 112)
    list(again.scan())
    assert again.chunk(1).column("y") == parts[1]


@pytest.mark.extra("pyarrow")
@pytest.mark.parametrize(("letters", "whole"), [(200, True), (201, False)])
def test_of_what_pyarrow_says_two_hundred_letters_are_told(parquet, letters, whole):
    file = ParquetFile(parquet)
    with pytest.raises(DataError, match="cannot be read as Parquet") as raised, file._refusing():
        raise ValueError("x" * letters)
    assert ("x" * letters in str(raised.value)) == whole
    assert str(raised.value).count("x") >= 199


@pytest.mark.extra("pyarrow")
def test_parquet_without_rows_is_refused(tmp_path):
    write(tmp_path / "none.parquet", {"x": [], "y": []})
    with pytest.raises(DataError, match=r"none\.parquet has columns and no rows: give some rows"):
        load(tmp_path / "none.parquet")
    with pytest.raises(DataError, match=r"has columns and no rows: give some rows"):
        Stream(tmp_path / "none.parquet")


@pytest.mark.extra("pyarrow")
def test_a_chunk_of_parquet_holds_as_many_rows_as_the_memory(parquet):
    for memory, rows in ((224, [1, 1, 1, 1]), (447, [1, 1, 1, 1]), (448, [2, 1, 1]), (672, [3, 1])):
        chunks = chunks_of(parquet, labels=None, memory=memory)
        assert [table.rows for table in chunks.scan()] == rows
    with pytest.raises(DataError, match="takes about 224 bytes, and a chunk may take 223"):
        chunks_of(parquet, labels=None, memory=223)


@pytest.mark.extra("pyarrow")
def test_lists_objects_and_bytes_are_told_to_be_texts(tmp_path):
    import pyarrow as pa
    from pyarrow import parquet

    path = tmp_path / "nested.parquet"
    columns = {"a": [None, [1, 2]], "b": [{"k": 1}, None], "c": [b"x", b"y"], **COLUMNS}
    parquet.write_table(pa.table({name: cells[:2] for name, cells in columns.items()}), path)
    said = (
        "a, b, c: objects, lists and bytes are read as texts; give each of their values a column."
    )
    assert load(path).notes == (said,)
    assert Stream(path).notes == (said,)
