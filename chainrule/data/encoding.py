"""Which encoding a text file's bytes are in, and the same text in UTF-8."""

from __future__ import annotations

import codecs
from functools import partial
from pathlib import Path

from chainrule.data.files import Opener, unnamed_file
from chainrule.errors import DataError, OptionError
from chainrule.words import shortened

_BLOCK = 1 << 14
_LATIN = "cp1252"
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r\f\x1a"))
_MOST_BEYOND_ASCII = 0.3
"""A text in Latin letters has fewer of its bytes than this beyond ASCII."""


def encoding_of(path: Path, opener: Opener, said: str | None) -> tuple[str, tuple[str, ...]]:
    """The encoding of a text file, and a sentence where it was recognised and not said.

    Args:
        path: The file.
        opener: What opens it.
        said: The encoding that the user names.

    Raises:
        DataError: If its bytes are not in that encoding, or in none that can be recognised.
        OptionError: If there is no encoding of that name.
    """
    if said is not None:
        try:
            said = codecs.lookup(said).name
        except LookupError:
            raise OptionError(
                f"there is no encoding {said!r}; it can be utf-8, cp1252, utf-16 or another name "
                "that Python knows"
            ) from None
        position = _first_bad_byte(path, opener, said)
        if position is not None:
            raise DataError(
                f"{path.name} is not in the encoding {said}, which you named: byte {position} is "
                "none of its letters; leave --encoding out, or name another"
            )
        return said, ()
    with opener(path) as file:
        start = file.read(_BLOCK)
    if wide := _wide(start):
        return wide, (f"{path.name} is read as {wide.upper()}, as its bytes show.",)
    position = _first_bad_byte(path, opener, "utf-8")
    if position is None:
        return "utf-8", ()
    if _latin(path, opener):
        return _LATIN, (
            f"{path.name} is not UTF-8 and read as Windows-1252 (Latin-1); see --encoding.",
        )
    with opener(path) as file:
        file.seek(position)
        byte = file.read(1)[0]
    raise DataError(
        f"{path.name} is not UTF-8: byte {position} is 0x{byte:02x}; save the file as UTF-8 text, "
        "or name its encoding to `chainrule train` with --encoding"
    )


def in_utf8(path: Path, opener: Opener, encoding: str) -> Opener:
    """An opener of a text file's text in UTF-8, which is put on the disk and has no name there."""
    text, opener_of_text = unnamed_file()
    try:
        with opener(path) as file:
            for part in codecs.iterdecode(iter(partial(file.read, _BLOCK), b""), encoding):
                text.write(part.encode())
    except UnicodeError as error:
        raise DataError(
            f"{path.name} is not a text in {encoding} ({shortened(str(error))}); "
            "save it as UTF-8, or name its encoding to `chainrule train` with --encoding"
        ) from None
    return opener_of_text


def _wide(start: bytes) -> str | None:
    """The kind of UTF-16 or UTF-32: by its mark, or because every other byte is 0."""
    if start.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    pairs = len(start) // 2
    for name, place in (("utf-16-le", 1), ("utf-16-be", 0)):
        if pairs and 2 * start[place::2].count(0) > pairs and 0 not in start[1 - place :: 2]:
            return name
    return None


def _first_bad_byte(path: Path, opener: Opener, encoding: str) -> int | None:
    """The place of the first byte that is not in the encoding; None where all are."""
    decoder = codecs.getincrementaldecoder(encoding)()
    before = 0
    with opener(path) as file:
        while True:
            block = file.read(_BLOCK)
            waiting = len(decoder.getstate()[0])
            try:
                decoder.decode(block, final=not block)
            except UnicodeError as error:
                start = error.start if isinstance(error, UnicodeDecodeError) else 0
                return before - waiting + start
            if not block:
                return None
            before += len(block)


def _latin(path: Path, opener: Opener) -> bool:
    """Whether the bytes can be a text in Latin letters."""
    if _first_bad_byte(path, opener, _LATIN) is not None:
        return False
    beyond = total = 0
    with opener(path) as file:
        while block := file.read(_BLOCK):
            if block.translate(None, _CONTROL) != block:
                return False
            beyond += sum(map(block.count, map(bytes, zip(range(128, 256), strict=True))))
            total += len(block)
    return beyond < _MOST_BEYOND_ASCII * total
