"""In which encoding the bytes of a text are, and the text in the one that is read."""

from __future__ import annotations

import codecs
from io import IncrementalNewlineDecoder
from itertools import chain
from pathlib import Path

from chainrule.data.files import Opener, blocks, on_disk
from chainrule.errors import DataError, OptionError

_LATIN = "cp1252"
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r\f\x1a"))
_MOST_BEYOND_ASCII = 0.3
"""A text in Latin letters has fewer of its bytes than this beyond ASCII."""


def in_utf8(path: Path, opener: Opener, said: str | None) -> tuple[Opener, tuple[str, ...]]:
    """An opener of a text file's text in UTF-8, its lines ended in LF or CR LF.

    Where it is not written so, it is put on the disk, and has no name there.

    Args:
        path: The file.
        opener: What opens it.
        said: The encoding that the user names.

    Returns:
        The opener, and a sentence on the encoding where it was recognised and not said.

    Raises:
        DataError: If its bytes are not in that encoding, or in none that can be recognised.
        OptionError: If there is no encoding of that name.
    """
    with opener(path) as file:
        start = next(blocks(file), b"")
    encoding, notes = _encoding_of(path, opener, said, start)
    of_a_macintosh = b"\r" in start and b"\n" not in start  # of old, which Excel still writes
    if encoding == "utf-8" and not of_a_macintosh:
        return opener, notes
    letters = codecs.getincrementaldecoder(encoding)()
    decoder = IncrementalNewlineDecoder(letters, translate=of_a_macintosh)
    try:
        with opener(path) as file:
            texts = (decoder.decode(block, final=not block) for block in chain(blocks(file), [b""]))
            return on_disk(map(str.encode, texts), f"{path} is written in UTF-8"), notes
    except UnicodeEncodeError:
        raise DataError(
            f"{path.name} holds half a letter, as {encoding} lets it: save it as UTF-8, or name "
            "its encoding to `chainrule train` with --encoding"
        ) from None


def _encoding_of(
    path: Path, opener: Opener, said: str | None, start: bytes
) -> tuple[str, tuple[str, ...]]:
    """The encoding that all bytes are in, and a sentence where it was recognised and not said."""
    encoding, notes, name = "utf-8", "", path.name
    if said is not None:
        try:
            "a".encode(said)
            encoding = codecs.lookup(said).name
        except (LookupError, UnicodeError):
            raise OptionError(
                f"there is no encoding {said!r}; it can be utf-8, cp1252, utf-16 or another name "
                "that Python knows"
            ) from None
    elif wide := _wide(start):
        encoding, notes = wide, f"{name} is read as {wide.upper()}, as its bytes show."
    position = _first_bad_byte(path, opener, encoding)
    if position is None:
        return encoding, (notes,) if notes else ()
    if said is not None:
        raise DataError(
            f"{name} is not in the encoding {encoding}, which you named: byte {position} is none "
            "of its letters; leave --encoding out, or name another"
        )
    if encoding == "utf-8" and _latin(path, opener):
        return _LATIN, (f"{name} is not UTF-8 and read as Windows-1252 (Latin-1); see --encoding.",)
    with opener(path) as file:
        file.seek(position)
        bad = file.read(1)
    raise DataError(
        f"{name} is not {encoding.upper()}: byte {position} is 0x{bad.hex()}; save the file as "
        "UTF-8 text, or name its encoding to `chainrule train` with --encoding"
    )


def _wide(start: bytes) -> str | None:
    """The kind of UTF-16 or UTF-32: by its mark, or because every other byte is 0."""
    if start.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    pairs = len(start) // 2
    for name, place in (("utf-16-le", 1), ("utf-16-be", 0)):
        zeros = start[place::2].count(0)  # a byte beside them may be 0 as well, as that of Ā
        if 2 * zeros > pairs and "\0" not in start.decode(name, "ignore"):
            return name
    return None


def _first_bad_byte(path: Path, opener: Opener, encoding: str) -> int | None:
    """The place of the first byte that is not in the encoding; None where all are."""
    decoder, read = codecs.getincrementaldecoder(encoding)(), 0
    with opener(path) as file:
        for block in chain(blocks(file), [b""]):
            start = read - len(decoder.getstate()[0])
            read += len(block)
            try:
                decoder.decode(block, final=not block)
            except UnicodeError as error:
                return start + getattr(error, "start", 0)
    return None


def _latin(path: Path, opener: Opener) -> bool:
    """Whether the bytes can be a text in Latin letters."""
    if _first_bad_byte(path, opener, _LATIN) is not None:
        return False
    beyond = total = 0
    with opener(path) as file:
        for block in blocks(file):
            if block.translate(None, _CONTROL) != block:
                return False
            beyond += len(block) - len(block.decode("ascii", "ignore"))
            total += len(block)
    return beyond < _MOST_BEYOND_ASCII * total
