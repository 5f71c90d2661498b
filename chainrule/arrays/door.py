"""What a file hands to the door of the room: the functions that it defines."""

from __future__ import annotations

from collections.abc import Iterator
from types import FunctionType
from typing import Any


def functions_of(file: dict[str, Any]) -> Iterator[str]:
    """The names of the functions that a file defines for others, from its `globals()`."""
    for name, value in file.items():
        own = isinstance(value, FunctionType) and value.__module__ == file["__name__"]
        if own and not name.startswith("_"):
            yield name
