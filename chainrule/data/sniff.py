"""Which format a file has, told from its first bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from chainrule.data.files import open_bytes
from chainrule.errors import DataError

Format = Literal["csv", "parquet", "idx"]


def format_of(path: Path) -> Format:
    """The format of a file.

    Parquet begins with `PAR1` and IDX with two zero bytes; everything else is taken for CSV. A name
    that says IDX is believed, so that a damaged file is reported as what it was meant to be.

    Raises:
        DataError: If the file is missing or empty, a saved model, or a workbook.
    """
    with open_bytes(path) as file:
        start = file.read(9)
    if start.startswith(b"PK\x03\x04"):
        raise DataError(
            f"{path} is a workbook or another zip archive: save its table as CSV and give that"
        )
    if start[8:] == b"{" and b"\0" in start[:8]:
        raise DataError(f"{path} is a saved model, where data were asked for: give a table")
    if start.startswith(b"PAR1") or path.suffix == ".parquet":
        return "parquet"
    if start.startswith(b"\0\0") or path.name.removesuffix(".gz").endswith(("ubyte", ".idx")):
        return "idx"
    return "csv"
