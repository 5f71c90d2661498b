"""Data frames come in without their libraries being imported."""

import json
from array import array
from datetime import datetime, timedelta

import pytest

from chainrule.data import Stream, load, python_values, read_frame
from chainrule.data.frames import is_frame, read_column
from chainrule.data.leaks import leaks
from chainrule.errors import DataError
from chainrule.model import train_on_table
from tests.data.texts import learned

COLUMNS = {"size": [1, 2, None], "city": ["Oslo", None, "Rome"], "new": [True, False, True]}
CELLS = ([1.0, 2.0, None], ["Oslo", None, "Rome"], ["True", "False", "True"])


def test_a_dictionary_of_columns_is_a_table():
    table = read_frame(COLUMNS, target="new")
    assert (table.names, table.columns, table.target) == (("size", "city", "new"), CELLS, "new")


@pytest.mark.extra("pandas")
def test_pandas_frames_are_read():
    import pandas as pd

    table = read_frame(pd.DataFrame(COLUMNS))
    assert table.columns == CELLS
    assert read_frame(pd.DataFrame({"x": [1, 2]})).columns == (array("d", [1, 2]),)
    with pytest.raises(DataError, match="more than one column named x"):
        read_frame(pd.DataFrame([[1, 2]], columns=["x", "x"]))


@pytest.mark.extra("pandas")
@pytest.mark.parametrize("values", [[1, 2], ["a", "b"]])
def test_a_series_of_pandas_is_no_frame(values):
    import pandas as pd

    with pytest.raises(DataError, match="a Series is not a data frame"):
        read_frame(pd.Series(values))


@pytest.mark.extra("polars")
def test_polars_frames_are_read():
    import polars as pl

    assert read_frame(pl.DataFrame(COLUMNS)).columns == CELLS


@pytest.mark.extra("pyarrow")
def test_arrow_tables_are_read():
    import pyarrow as pa

    assert read_frame(pa.table(COLUMNS)).columns == CELLS
    with pytest.raises(DataError, match="data frame has more than one column named x"):
        read_frame(pa.table([[1], [2]], names=["x", "x"]))


def test_the_index_that_pandas_stores_is_no_column():
    assert read_frame({"x": [1], "__index_level_0__": [7]}).names == ("x",)


@pytest.mark.extra("numpy")
def test_columns_of_numpy_are_read():
    import numpy as np

    columns = {"x": np.array([1, 2], dtype=np.int32), "y": np.array(["a", "b"])}
    for frame in (columns, {name: column[:, None] for name, column in columns.items()}):
        assert read_frame(frame).columns == (array("d", [1, 2]), ["a", "b"])


def test_a_frame_is_learnt_from_like_a_file():
    recipe = learned(read_frame({"x": [1.0, 2.0], "y": ["a", "b"]}))
    assert (recipe.feature_names, recipe.class_names) == (("x",), ("a", "b"))


KINDS = {
    "length": [round(0.37 * n % 5, 2) for n in range(40)],
    "gaps": [None if n % 9 == 0 else n / 4 for n in range(40)],
    "count": [n * n % 7 for n in range(40)],
    "new": [n % 3 == 0 for n in range(40)],
    "perhaps": [None if n % 8 == 0 else n % 3 == 0 for n in range(40)],
    "city": [("Oslo", "Rome", None)[n * n % 5 % 3] for n in range(40)],
    "account": [1234567890123456 + n % 4 for n in range(40)],
    "day": [datetime.fromisoformat(f"2024-02-{1 + n % 28:02}") for n in range(40)],
    "moment": [
        None if n == 3 else datetime.fromisoformat(f"2024-02-03T{n % 24:02}:{n:02}")
        for n in range(40)
    ],
    "label": [("yes", "no")[n * n % 7 % 2] for n in range(40)],
}
"""What frames have types of their own for: each must be what its text in a file is."""


@pytest.mark.extra("pandas")
@pytest.mark.parametrize(
    ("unit", "second"), [("M", "2020-02-01"), ("Q", "2020-04-01"), ("W", "2020-01-06")]
)
def test_a_period_of_pandas_is_the_date_on_which_it_begins(unit, second):
    import pandas as pd

    periods = pd.period_range("2020-01-02", periods=3, freq=unit)
    assert read_frame(pd.DataFrame({"when": periods})).column("when")[1] == second


@pytest.mark.extra("pandas", "polars", "pyarrow")
@pytest.mark.parametrize("library", ["pandas", "pandas with its own types", "polars"])
def test_a_frame_and_its_files_give_the_same_recipe_and_the_same_bits(library, tmp_path):
    import pandas as pd
    import polars as pl

    path = tmp_path / "kinds.csv"
    if library == "polars":
        frame = pl.DataFrame(KINDS).with_columns(pl.col("city").cast(pl.Categorical))
        frame.write_csv(path)
        frame.write_parquet(tmp_path / "kinds.parquet")
    else:
        frame = pd.DataFrame(KINDS).astype({"city": "category"})
        frame = frame.convert_dtypes() if "own" in library else frame
        frame.to_csv(path, index=False)
        frame.to_parquet(tmp_path / "kinds.parquet")
    rows = [dict(zip(KINDS, row, strict=True)) for row in zip(*KINDS.values(), strict=True)]
    (tmp_path / "kinds.json").write_text("\n".join(json.dumps(row, default=str) for row in rows))
    table = read_frame(frame)
    recipe = learned(table)
    for ending in ("csv", "parquet", "json"):
        file = load(tmp_path / f"kinds.{ending}")
        from_file = learned(file)
        assert recipe.encoders == from_file.encoders
        assert (recipe.target, recipe.readings) == (from_file.target, from_file.readings)
        assert recipe.describe() == from_file.describe()
        assert recipe.apply(table).x == from_file.apply(file).x
        assert recipe.apply(table).y == from_file.apply(file).y
        if ending != "json":
            stream = Stream(tmp_path / f"kinds.{ending}")
            assert stream.recipe == from_file
            assert [*stream.told] == leaks(from_file, file) == leaks(recipe, table)


def test_spans_of_time_are_numbers_of_seconds():
    spans = [timedelta(hours=n, milliseconds=500) for n in range(40)]
    table = read_frame({"t": [*spans, None], "y": ["a", "b"] * 20 + ["a"]})
    assert table.column("t")[1:2] == ["3600.5"]
    assert table.column("t")[-1] is None
    assert "t: numbers with the unit s" in " ".join(learned(table, "y").describe())


@pytest.mark.extra("numpy")
@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_times_of_numpy_are_times_in_every_unit(unit):
    import numpy as np

    moments = np.array(["2024-01-31T10:30", "NaT"], dtype=f"datetime64[{unit}]")
    table = read_frame({"t": moments, "d": np.array([90, 30], "m8[s]").astype(f"m8[{unit}]")})
    assert (table.column("t"), table.column("d")) == (["2024-01-31T10:30:00", None], ["90", "30"])
    spans = read_frame({"short": np.array([3, 5], "m8[ns]"), "months": np.array([3, 5], "m8[M]")})
    assert (spans.column("short"), list(spans.column("months"))) == (["3e-09", "5e-09"], [3, 5])


@pytest.mark.extra("pandas", "pyarrow")
def test_numbers_that_a_frame_holds_as_categories_are_categories(tmp_path):
    import pandas as pd
    import pyarrow as pa

    codes, sizes = pd.Categorical([10.0, 2, 3] * 10), pd.Categorical([1, 2.5, 1] * 10)
    frame = pd.DataFrame({"code": codes, "x": range(30), "own": pd.Categorical(range(30))})
    frame["size"] = sizes
    frame.to_parquet(tmp_path / "codes.parquet")
    frame.to_csv(tmp_path / "codes.csv")
    tables = [read_frame(frame), read_frame(pa.table(frame)), load(tmp_path / "codes.parquet")]
    for table in tables:
        recipe = learned(table, "x")
        assert recipe.feature_names == (
            *("code=2", "code=3", "code=10"),
            "own",
            "size=1",
            "size=2.5",
        )
        features = [recipe.features_only(each).x for each in (table, load(tmp_path / "codes.csv"))]
        assert features[0] == features[1]
        assert learned(table, "size").target.levels == ("1", "2.5")


def test_a_value_that_comes_back_in_a_frame_is_read_once(monkeypatch):
    looked_at = []
    monkeypatch.setattr(python_values, "cell", lambda value: looked_at.append(value) or str(value))
    assert python_values.column_of(["a", "b", "a", True, 1] * 100)[:5] == [
        "a",
        "b",
        "a",
        "True",
        "1",
    ]
    assert len(looked_at) == 4


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        ([[1, 2]], "a list is not a data frame"),
        ({}, "no columns"),
        ({"x": []}, "no rows"),
        ({"x": [1], "y": [1, 2]}, "different length"),
        ({"x": 1}, "column x has the one value 1, where a value for each row is needed"),
        ({"x": "red"}, "column x has the one value 'red'"),
    ],
)
def test_what_is_no_frame_is_refused(frame, sentence):
    with pytest.raises(DataError, match=sentence):
        read_frame(frame)


@pytest.mark.parametrize(
    ("values", "cells"),
    [
        ([[1], [2]], [1, 2]),
        ([(1,), (2,)], [1, 2]),
        ([1, 2], [1, 2]),
        (3, [3]),
        ("red", ["red"]),
        ([[1, 2]], ["[1, 2]"]),
        ({"y": [1, 2]}, [1, 2]),
        ([{"y": 1}, {"y": 2}], [1, 2]),
        (array("d", [1, 2]), [1, 2]),
    ],
)
def test_a_column_is_read_from_rows_values_or_one_value(values, cells):
    assert list(read_column("y", values)) == cells


@pytest.mark.parametrize(
    ("values", "frame"),
    [
        ({}, True),
        ([{"x": 1}], True),
        ([{"x": 1}, 2], False),
        ([], False),
        (({"x": 1},), True),
        (3, False),
    ],
)
def test_rows_of_names_and_values_are_a_frame(values, frame):
    assert is_frame(values) == frame


def test_a_name_that_a_row_lacks_is_a_missing_value():
    table = read_frame([{"x": 1}, {"y": "a"}])
    assert (table.names, table.columns) == (("x", "y"), ([1.0, None], [None, "a"]))
    with pytest.raises(DataError, match="has no column 'z'"):
        read_frame({"x": [1]}, target="z")


def test_lists_objects_and_bytes_are_told_to_be_texts():
    cells = {"a": [None, [1, 2]], "b": [{"k": 1}, None], "c": [b"x", b"y"], "d": [(1,), (2,)]}
    said = "objects, lists and bytes are read as texts; give each of their values a column."
    table = read_frame({**cells, "x": ["red", 2]})
    assert table.notes == (f"a, b, c, d: {said}",)
    assert table.column("a") == [None, "[1, 2]"]


SPACED = {" size": [1.5, 2.0, 0.5, 3.0] * 3, "city ": ["Oslo", "Rome", "Oslo", "Rome"] * 3}
SPACED |= {" due ": ["yes", "no", "no", "yes"] * 3, "weight\t": [1.0, 0, 2, 1] * 3}


@pytest.mark.extra("pandas", "pyarrow")
def test_spaces_around_names_are_no_part_of_them_whatever_a_table_comes_from(tmp_path):
    import pandas as pd

    frame = pd.DataFrame(SPACED)
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame.to_parquet(tmp_path / "t.parquet", index=False)
    (tmp_path / "t.json").write_text(frame.to_json(orient="records"))
    files = [load(tmp_path / name) for name in ("t.csv", "t.parquet", "t.json")]
    tables = [*files, read_frame(frame), read_frame(SPACED), read_frame(SPACED, target=" due ")]
    assert {table.names for table in tables} == {("size", "city", "due", "weight")}
    recipes = [learned(t, " due ", types={" size": "ignore"}) for t in tables]
    assert {(r.target.column, r.feature_names) for r in recipes} == {
        ("due", ("city=Oslo", "city=Rome", "weight"))
    }
    with pytest.raises(DataError, match="more than one column named size"):
        read_frame({"size": [1, 2], " size": [3, 4]})


def test_a_column_of_weights_is_found_again_without_the_spaces_around_its_name():
    done = train_on_table(
        SPACED, " due ", weight_column="weight\t", epochs=1, engine="python", progress=False
    )
    assert done.net.recipe.weight_column == "weight"


@pytest.mark.extra("numpy")
def test_an_array_of_numpy_with_named_fields_is_a_table():
    import numpy as np

    rows = np.array([(1.5, "a"), (2.0, "b")], dtype=[("x", "f8"), (" y", "U1")])
    for frame in (rows, rows.view(np.recarray)):
        assert is_frame(frame)
        table = read_frame(frame)
        assert (table.names, table.columns) == (("x", "y"), (array("d", [1.5, 2.0]), ["a", "b"]))
    assert not is_frame(np.zeros((2, 2)))
    for shape in ((2, 1), (1, 2)):
        assert read_frame(rows.reshape(shape)).columns == table.columns
    with pytest.raises(DataError, match=r"shape \(2, 2\), and each of its entries is a row: give"):
        read_frame(np.resize(rows, (2, 2)))


@pytest.mark.extra("polars")
def test_a_frame_that_is_not_there_yet_is_asked_for():
    import polars as pl

    with pytest.raises(
        DataError, match=r"a LazyFrame is not a data frame: call its \.collect\(\), or"
    ):
        read_frame(pl.DataFrame({"x": [1, 2]}).lazy())
