"""Files as bytes: told apart, opened plain or unpacked, fingerprinted, replaced as a whole."""

from __future__ import annotations

import errno
import gzip
import hashlib
import os
import re
import secrets
import shutil
import tempfile
import weakref
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO, Literal, cast

from chainrule.errors import ChainruleError, DataError, OptionError, shown
from chainrule.words import a_or_an

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


def as_path(name: object) -> Path:
    """The path that a file's name stands for.

    Raises:
        OptionError: If it is not a name.
    """
    if not isinstance(name, str | os.PathLike) or not str(name) or "\0" in str(name):
        raise OptionError(f"a file goes by its name; found {shown(name)}")
    return Path(name)


def real_path(name: object) -> Path:
    """The path that a file's name stands for once all links are followed.

    `Path.resolve` breaks off where links lead round in a circle.

    Raises:
        OptionError: If it is not a name.
    """
    return Path(os.path.realpath(as_path(name)))


def exists(path: Path) -> bool:
    """Whether there is such a file or folder; a name that none can have is a name of none."""
    try:
        return path.exists()
    except OSError:
        return False


@contextmanager
def opened(path: Path, error: type[ChainruleError], wanted: str) -> Iterator[BinaryIO]:
    """Open a file for reading bytes; what is wrong with it is an error of that class.

    Args:
        path: The file.
        error: What is raised if it is missing, a folder, a pipe or unreadable.
        wanted: What to give instead, such as "model file".
    """
    try:
        if path.is_fifo():  # to open it would wait for whoever writes
            raise error(f"{path} is a pipe, which can be read only once: give {a_or_an(wanted)}")
        with path.open("rb") as file:
            yield file
    except FileNotFoundError:
        raise error(f"there is no file {path}: check the name and the folder") from None
    except OSError as problem:
        if exists(path) and path.is_dir():
            raise error(f"{path} is a folder: give one {wanted} in it") from None
        raise error(f"{path} cannot be read ({problem.strerror or problem})") from None


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


def why_unwritable(path: str | Path) -> str:
    """Why no file can be put at a path, and what to do; empty where one can. Links are followed.

    Raises:
        OptionError: If it is not a name that a file can have.
    """
    target = real_path(path)
    try:
        if not target.parent.is_dir():
            return f"there is no folder {target.parent}; make it first"
        if target.is_dir():
            return "it is a folder; give the name of a file"
        if target.exists() and not target.is_file():
            return "it is a device or a pipe; give the name of a file"
        if target.exists() and not os.access(target, os.W_OK):
            return "it is write-protected; choose another name"
    except OSError as error:  # a name can be too long for any folder
        return f"{error.strerror}; choose another name"
    if not os.access(target.parent, os.W_OK):
        return f"the folder {target.parent} is write-protected; choose another"
    return ""


def write_text(path: str | Path, text: str, what: str) -> None:
    """Put a text into a file: all of it, or nothing.

    Args:
        path: The file, in a folder that exists; what was there is replaced.
        text: The text.
        what: What it is, such as "the page", for the message.

    Raises:
        OptionError: If it is no name.
        DataError: If it cannot be written; what was there stays as it was.
    """
    try:
        write_whole(as_path(path), [text.encode()])
    except OSError as error:
        raise DataError(
            f"{what} cannot be written to {path} ({error.strerror or error}); choose another place"
        ) from error


def write_whole(path: str | Path, pieces: Iterable[bytes | bytearray | memoryview]) -> None:
    """Put a file in place of what was there: all of it, or nothing.

    A link stays a link, and what it leads to is replaced; a file that was there keeps its
    permissions, and stays as it was when anything goes wrong.

    Raises:
        OSError: If it cannot be written.
    """
    target = real_path(path)
    if target.exists() and not target.is_file():
        # Replacing a device by a file would take it away from the whole system.
        raise OSError(errno.EINVAL, "it is a folder, a device or a pipe")
    # Renaming is only whole-or-nothing within one folder.
    temporary = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, temporary)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
