"""Which array namespace some values belong to."""

from __future__ import annotations

import sys
from typing import Any, Protocol


class Namespace(Protocol):
    """A module with the functions of the Python array API standard, such as `chainrule.arrays`."""

    def __getattr__(self, name: str, /) -> Any:
        """A function, a dtype or a constant by its standard name."""


def namespace_of(*values: Any) -> Namespace:
    """The namespace of the first value that has one, else `chainrule.arrays`.

    Args:
        values: Arrays of one library, and Python numbers.

    Example:
        >>> namespace_of(1.0).__name__
        'chainrule.arrays'
    """
    for value in values:
        ask = getattr(type(value), "__array_namespace__", None)
        if ask is not None:
            namespace: Namespace = ask(value)
            return namespace
    return sys.modules["chainrule.arrays"]
