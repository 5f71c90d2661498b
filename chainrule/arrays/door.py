"""What a file hands to the door of the room: the functions that it defines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any, TypeVar

_Function = TypeVar("_Function", bound=Callable[..., Any])


def named(function: _Function, name: str, text: str) -> _Function:
    """A function that was made by another, under its own name and with what it says of itself."""
    function.__name__ = function.__qualname__ = name
    function.__doc__ = text
    return function


def functions_of(file: dict[str, Any]) -> Iterator[str]:
    """The names of the functions that a file defines for others, from its `globals()`."""
    for name, value in file.items():
        own = isinstance(value, FunctionType) and value.__module__ == file["__name__"]
        if own and not name.startswith("_"):
            yield name
