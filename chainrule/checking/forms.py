"""The form of a point: numbers and arrays, or dicts and lists of them, each by its name."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Number
from typing import Any

from chainrule import arrays


def leaves_of(tree: Any, name: str = "") -> dict[str, Any]:
    """The numbers and arrays in dicts and lists, by name: `x`, `w`, `layers[0].w`."""
    leaves: dict[str, Any] = {}
    for key, part in parts_of(tree, name):
        leaves |= leaves_of(part, key)
    return leaves or {name or "x": tree}


def rebuilt(tree: Any, leaves: Mapping[str, Any], name: str = "") -> Any:
    """The same dicts and lists with other numbers and arrays in them."""
    parts = parts_of(tree, name)
    if not parts:
        return leaves[name or "x"]
    again = [rebuilt(part, leaves, key) for key, part in parts]
    if isinstance(tree, Mapping):
        return dict(zip(tree, again, strict=True))
    return type(tree)(*again) if hasattr(tree, "_fields") else type(tree)(again)


def parts_of(tree: Any, name: str) -> list[tuple[str, Any]]:
    """What a dict or list holds, by name; nothing for a number, an array, or one written out."""
    if isinstance(tree, Mapping):
        return [(f"{name}.{key}" if name else str(key), part) for key, part in tree.items()]
    if isinstance(tree, list | tuple) and not _is_array(tree):
        return [(f"{name or 'x'}[{place}]", part) for place, part in enumerate(tree)]
    return []


def _is_array(tree: Any) -> bool:
    """Whether nested lists hold nothing but plain numbers."""
    if isinstance(tree, list | tuple):
        return not hasattr(tree, "_fields") and all(map(_is_array, tree))
    own = isinstance(tree, Mapping) or hasattr(tree, "shape")
    return isinstance(tree, Number) or not own  # NumPy's numbers have a shape


def shape_of(leaf: Any) -> tuple[int, ...]:
    """The shape of a number, of nested lists, or of a library's array."""
    return tuple(leaf.shape) if hasattr(leaf, "shape") else arrays.asarray(leaf).shape
