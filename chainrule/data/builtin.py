"""The data sets that come along, and one door to those, to files and to data frames: `load`."""

from __future__ import annotations

from dataclasses import replace
from os import PathLike
from pathlib import Path

from chainrule.data.csv_file import read_csv
from chainrule.data.files import format_of
from chainrule.data.frames import read_frame
from chainrule.data.generated import GENERATED
from chainrule.data.idx import read_idx, refuse_labels
from chainrule.data.json_file import read_json
from chainrule.data.parquet import read_parquet
from chainrule.data.reading_options import ReadingOptions, reading_options
from chainrule.data.table import Table
from chainrule.errors import DataError
from chainrule.files import as_path, exists
from chainrule.words import a_or_an, closest, listed

_SHIPPED = {"iris": "species", "penguins": "species", "digits": "digit"}
_PIXEL_MAXIMUM = {"digits": 16.0}

BUILT_IN = (*_SHIPPED, *GENERATED)
"""The names that `load` knows."""


def load(
    data: object,
    *,
    target: str | None = None,
    labels: str | Path | None = None,
    options: ReadingOptions | None = None,
) -> Table:
    """A table from whatever holds one.

    Args:
        data: A file (CSV, Parquet, JSON or IDX, told apart by what it holds), a built-in name (a
            file of that name wins), a data frame, or a table itself.
        target: The column to predict; without it, the built-in's own, or a file's last column.
        labels: For IDX images, the file of their labels when it does not lie beside them.
        options: What the user says of how a file is written.

    Returns:
        The table.

    Raises:
        DataError: If there is no such file or name, the file cannot be used, or it has no column of
            the target's name; else as `read_frame`.

    Example:
        >>> load("penguins").rows, load("penguins").target
        (344, 'species')
    """
    target = None if target is None else str(target)  # a data frame may number its columns
    if not isinstance(data, str | PathLike):
        refuse_labels(labels, "this is a table in memory")
        if not isinstance(data, Table):
            return read_frame(data, target=target, options=options)
        return data if target is None else replace(data, target=target)
    path, name, options = as_path(data), str(data), reading_options(options)
    if exists(path):
        table = _read(path, labels, options)
    elif name in BUILT_IN:
        refuse_labels(labels, f"{name} is built in")
        _require_csv(options, f"{name} is built in", "decimal", "thousands")
        table = GENERATED[name]() if name in GENERATED else _shipped(name, options)
    else:
        raise DataError(
            f"there is no file {name!r} and no built-in data set of that name"
            f"{closest(name, BUILT_IN)}; built in are {listed(BUILT_IN)}"
        )
    return table if target is None else replace(table, target=table.names[table.index(target)])


def _read(path: Path, labels: str | Path | None, options: ReadingOptions) -> Table:
    kind = format_of(path)
    if kind == "idx":
        return read_idx(path, labels=labels)
    refuse_labels(labels, f"{path} is {a_or_an(kind)} file")
    if kind == "csv":
        return read_csv(path, options=options)
    _require_csv(options, f"{path} is {a_or_an(kind)} file")
    return read_json(path, options) if kind == "json" else read_parquet(path, options=options)


def _shipped(name: str, options: ReadingOptions) -> Table:
    table = read_csv(Path(__file__).parent / "builtin" / f"{name}.csv.gz", options=options)
    target, maximum = _SHIPPED[name], _PIXEL_MAXIMUM.get(name)
    return replace(table, source=name, target=target, lines=None, pixel_maximum=maximum)


def _require_csv(options: ReadingOptions, source: str, *more: str) -> None:
    """Refuse what can only be said of a CSV file of one's own."""
    for name in ("encoding", "header", *more):
        if getattr(options, name) != getattr(ReadingOptions(), name):
            option = "--no-header" if name == "header" else f"--{name}"
            raise DataError(f"{option} says how a CSV file is written, and {source}: leave it out")
