"""Records as a data frame."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from chainrule.errors import KindError, missing, unknown

LIBRARIES = ("pandas", "polars")


class HasParts(Protocol):
    """What says its parts by name."""

    def to_dict(self) -> dict[str, Any]:
        """Every part by name."""


Rows = Mapping[str, Sequence[Any]] | Iterable[Mapping[str, Any]] | Iterable[HasParts]


def to_frame(records: Rows, library: str = "pandas") -> Any:
    """Records as a data frame: one row each, one column for each of their parts.

    Args:
        records: Any list of records, such as `ex.examples`; or columns by name.
        library: "pandas" or "polars".

    Returns:
        The frame. A column that no record fills is left out; a part of a record that is a list
        stays one.

    Raises:
        OptionError: If the library is another one.
        KindError: If it is no list of records.
        MissingExtraError: If it is not installed.
    """
    if library not in LIBRARIES:
        raise unknown("data-frame library", library, LIBRARIES)
    columns = _columns(records)
    try:
        if library == "polars":
            import polars as pl

            return pl.DataFrame(columns, strict=False)
        import pandas as pd

        return pd.DataFrame(columns)
    except ImportError as error:
        raise missing(library, "frames", error) from None


def _columns(records: Rows) -> dict[str, list[Any]]:
    if isinstance(records, Mapping):
        columns = {name: list(values) for name, values in records.items()}
    else:
        try:
            rows = [r if isinstance(r, Mapping) else r.to_dict() for r in records]
        except (AttributeError, TypeError):
            raise KindError(
                f"a data frame is made of a list of records; found {records!r:.60}: give such a "
                "list, as ex.examples, or a dictionary of columns"
            ) from None
        names = dict.fromkeys(name for row in rows for name in row)
        columns = {name: [row.get(name) for row in rows] for name in names}
    return {
        name: [_cell(value) for value in values]
        for name, values in columns.items()
        if not values or any(value is not None for value in values)
    }


def _cell(value: Any) -> Any:
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
