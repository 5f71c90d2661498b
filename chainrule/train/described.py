"""Arrays in a file with a record beside them that says what they are, and a checksum of both."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from chainrule.errors import ModelFileError
from chainrule.records import from_record, plain_number
from chainrule.train.safetensors import TensorBytes, with_checksum, write_tensors
from chainrule.words import shortened

Made = TypeVar("Made")

FORMAT = 1
"""The version of the record that lies in the file beside the numbers."""


def write_described(
    path: str | Path, arrays: Mapping[str, Any], name: str, record: Mapping[str, Any]
) -> None:
    """Write arrays by name, and as a text of a name what they are: all of it, or nothing.

    Raises:
        ModelFileError: If the file cannot be written; what was there stays as it was.
    """
    tensors = {key: TensorBytes.of_array(array) for key, array in arrays.items()}
    texts = {name: json.dumps({"format": FORMAT, **record}, default=plain_number)}
    write_tensors(path, tensors, with_checksum(tensors, texts))


def read_description(
    kind: type[Made], text: str | None, what: str, *, none: str, otherwise: str
) -> Made:
    """The record that `write_described` has written, as an object of a class.

    Args:
        kind: The class.
        text: The record's text; None where the file has none.
        what: What the record is called in messages.
        none: What is said where it is no such record.
        otherwise: What to do with a file of another version.

    Raises:
        ModelFileError: If it is none, of another version, or damaged.
    """
    try:
        record = json.loads(text or "")
        version = record.pop("format")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise ModelFileError(none) from None
    if version != FORMAT:
        raise ModelFileError(
            f"it is written in format {shortened(repr(version))} and this version reads format "
            f"{FORMAT}; {otherwise}"
        )
    return from_record(kind, record, what)
