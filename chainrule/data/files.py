"""Files of data as bytes: told apart, opened plain or unpacked, fingerprinted."""

from __future__ import annotations

import gzip
import hashlib
import re
import tempfile
import weakref
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO, Literal, cast

from chainrule.errors import DataError
from chainrule.files import opened

_GZIP = b"\x1f\x8b"
_BLOCK = 1 << 16

_OTHERS = {
    b"PK\x03\x04": "a workbook or another zip archive",
    b"\xd0\xcf\x11\xe0": "a workbook as Excel wrote them before 2007",
    **dict.fromkeys((b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd"), "packed by another than gzip"),
    **dict.fromkeys((b"\xff\xfe[", b"\xff\xfe{", b"\xfe\xff\0[", b"\xfe\xff\0{"), "JSON in UTF-16"),
}

Opener = Callable[[Path], AbstractContextManager[BinaryIO]]
"""What opens a file for reading bytes, as `open_bytes` does."""

Format = Literal["csv", "json", "parquet", "idx"]


@contextmanager
def open_bytes(path: Path) -> Iterator[BinaryIO]:
    """Open a file of data for reading bytes, unpacked where it is gzip.

    Raises:
        DataError: As `opened`, and if the file is empty, or a damaged gzip file.
    """
    with opened(path, DataError, "file") as raw:
        start = raw.read(2)
        raw.seek(0)
        if not start:
            raise DataError(f"{path} is empty: give a file with a header and rows")
        if start != _GZIP:
            yield raw
            return
        try:
            with gzip.open(raw) as unpacked:
                yield cast(BinaryIO, unpacked)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise DataError(
                f"{path} is a gzip file that is cut short or damaged: copy it again"
            ) from None


def unpacked_once() -> Opener:
    """What opens files as `open_bytes` does, but unpacks a gzip file on the disk first, and once.

    For files that are read in any order: going back in a gzip file means reading it from its
    beginning. Unpacked bytes have one place to be read at: end one reading before the next.

    Raises:
        DataError: When a file is opened: as `open_bytes`, or there is no room to unpack it.
    """
    unpacked: dict[Path, Opener] = {}

    @contextmanager
    def opened(path: Path) -> Iterator[BinaryIO]:
        if path not in unpacked:
            with open_bytes(path) as file:
                if not isinstance(file, gzip.GzipFile):
                    yield file
                    return
                what = f"{path} is unpacked to be read in any order"
                unpacked[path] = on_disk(blocks(file), what)
        with unpacked[path](path) as file:
            yield file

    return opened


def blocks(file: BinaryIO) -> Iterator[bytes]:
    """Yield a file's bytes from here on, a piece at a time."""
    return iter(partial(file.read, _BLOCK), b"")


def on_disk(pieces: Iterable[bytes], what: str) -> Opener:
    """What opens a file on the disk that holds these bytes and has no name there.

    The file goes with its opener.

    Raises:
        DataError: If there is no room for it; begins with what is done, as half a sentence.
    """
    file = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115  # the opener's end closes it

    @contextmanager
    def opener(_path: Path) -> Iterator[BinaryIO]:
        file.seek(0)
        yield file

    weakref.finalize(opener, file.close)
    for piece in pieces:
        try:
            file.write(piece)
            file.flush()
        except OSError as error:
            raise DataError(
                f"{what}, and {tempfile.gettempdir()} does not take it ({error.strerror or error}):"
                " make room there, or name another folder in TMPDIR"
            ) from None
    return opener


def format_of(path: Path, opener: Opener = open_bytes) -> Format:
    """The format of a file, or of what stands in its place.

    Parquet begins with `PAR1`, IDX with two zero bytes and JSON, within 64 bytes and apart from
    blanks, with `{`, `[{` or `[]`; everything else is taken for CSV. A name that says IDX is
    believed, so that a damaged file is reported as what it was meant to be.

    Raises:
        DataError: If the file is missing or empty, a saved model, or a workbook.
    """
    with opener(path) as file:
        start = file.read(64)
    for beginning, kind in _OTHERS.items():
        if start.startswith(beginning):
            raise DataError(f"{path} is {kind}: save its table as CSV and give that")
    if start[8:9] == b"{" and b"\0" in start[:8]:
        raise DataError(f"{path} is a saved model, where data were asked for: give a table")
    if start.startswith(b"PAR1") or path.suffix == ".parquet":
        return "parquet"
    if start.startswith(b"\0\0") or path.name.removesuffix(".gz").endswith(("ubyte", ".idx")):
        return "idx"
    return "json" if re.match(rb"(?:\xef\xbb\xbf)?\s*(\{|\[\s*[{\]])", start) else "csv"


def sha256(*paths: Path) -> str:
    """The SHA-256 of the bytes of the files, one after the other, as 64 hex digits."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            hashlib.file_digest(file, lambda: digest)
    return digest.hexdigest()
