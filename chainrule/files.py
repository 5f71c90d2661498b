"""Files by their names: opened for reading, and replaced as a whole."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from chainrule.errors import ChainruleError, DataError, OptionError, shown
from chainrule.words import a_or_an


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
        raise error(
            f"{path} cannot be read ({problem.strerror or problem}): give another {wanted}"
        ) from None


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
        OSError: If it cannot be written; it names the file itself.
    """
    target = real_path(path)
    if target.exists() and not target.is_file():
        # Replacing a device by a file would take it away from the whole system.
        raise OSError(errno.EINVAL, "it is a folder, a device or a pipe")
    # Renaming is only whole-or-nothing within one folder.
    temporary = target.with_name(f".{os.urandom(8).hex()}.tmp")
    try:
        with temporary.open("xb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, temporary)
        temporary.replace(target)
    except OSError as error:
        if error.filename is not None and Path(error.filename) == temporary:
            error.filename, error.filename2 = str(path), None
        raise
    finally:
        temporary.unlink(missing_ok=True)
