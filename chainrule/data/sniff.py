"""Which format a file has, told from its first bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from chainrule.data.files import open_bytes

Format = Literal["csv", "parquet", "idx"]


def format_of(path: Path) -> Format:
    """Return the format of a file.

    Parquet begins with `PAR1` and IDX with two zero bytes; everything else is taken for CSV. A name
    that says IDX is believed, so that a damaged file is reported as what it was meant to be.

    Raises:
        DataError: the file is missing or empty.
    """
    with open_bytes(path) as file:
        start = file.read(4)
    if start == b"PAR1" or path.suffix == ".parquet":
        return "parquet"
    if start.startswith(b"\0\0") or path.name.removesuffix(".gz").endswith(("ubyte", ".idx")):
        return "idx"
    return "csv"
