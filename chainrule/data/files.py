"""Files as bytes: opened plain or unpacked, fingerprinted, replaced as a whole or not at all."""

from __future__ import annotations

import gzip
import hashlib
import os
import secrets
import shutil
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from chainrule.errors import DataError

_GZIP = b"\x1f\x8b"
_BLOCK = 1 << 16
_MOST_PACKED = 1032
"""How many bytes one byte of gzip unpacks to at most (zlib's technical details, "maximum")."""


@contextmanager
def open_bytes(path: Path) -> Iterator[BinaryIO]:
    """Open a file for reading bytes, unpacked where it is gzip, and name what is wrong with it.

    Raises:
        DataError: the file is missing, empty, a folder, unreadable, or a damaged gzip file.
    """
    try:
        with path.open("rb") as raw:
            start = raw.read(2)
            raw.seek(0)
            if not start:
                raise DataError(f"{path} is empty: give a file with a header and rows.")
            if start != _GZIP:
                yield raw
                return
            with gzip.open(raw) as unpacked:
                yield cast(BinaryIO, unpacked)
    except FileNotFoundError:
        raise DataError(f"there is no file {path}: check the name and the folder.") from None
    except IsADirectoryError:
        raise DataError(f"{path} is a folder: give one file in it.") from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise DataError(
            f"{path} is a gzip file that is cut short or damaged: copy it again."
        ) from None
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or error}).") from None


def most_bytes(path: Path) -> int:
    """Return how many bytes `open_bytes` can give of a file at most, without unpacking it."""
    with path.open("rb") as file:
        packed = file.read(len(_GZIP)) == _GZIP
    return path.stat().st_size * (_MOST_PACKED if packed else 1)


def sha256(*paths: Path) -> str:
    """Return the SHA-256 of the bytes of the files, one after the other, as 64 hex digits."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    return digest.hexdigest()


def write_whole(path: str | Path, pieces: Iterable[bytes | bytearray | memoryview]) -> None:
    """Put a file in place of what was there: all of it, or nothing.

    A link stays a link, and what it leads to is replaced; a file that was there keeps its
    permissions, and stays as it was when anything goes wrong.

    Raises:
        OSError: it cannot be written.
    """
    target = Path(os.path.realpath(path))
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
