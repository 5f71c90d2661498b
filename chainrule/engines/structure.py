"""Arguments and results that hold arrays inside dicts, tuples and lists."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

KeyPath: TypeAlias = tuple[str | int, ...]


def leaves(structure: Any) -> Iterator[Any]:
    """What a structure holds, from left to right.

    Example:
        >>> list(leaves({"x": 1, "masks": (2, [3])}))
        [1, 2, 3]
    """
    return (leaf for _, leaf in paths(structure))


def paths(structure: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """What a structure holds, each with the keys that lead to it.

    Example:
        >>> list(paths({"x": 1, "masks": (2, [3])}))
        [(('x',), 1), (('masks', 0), 2), (('masks', 1, 0), 3)]
    """
    if isinstance(structure, dict):
        for key, value in structure.items():
            yield from paths(value, (*path, key))
    elif isinstance(structure, tuple | list):
        for number, value in enumerate(structure):
            yield from paths(value, (*path, number))
    else:
        yield path, structure


def rebuild(structure: Any, change: Callable[[Any], Any]) -> Any:
    """The same structure with every leaf changed.

    Example:
        >>> rebuild({"x": 1, "masks": (2, [3])}, str)
        {'x': '1', 'masks': ('2', ['3'])}
    """
    if isinstance(structure, dict):
        return {key: rebuild(value, change) for key, value in structure.items()}
    if isinstance(structure, tuple | list):
        return type(structure)(rebuild(value, change) for value in structure)
    return change(structure)


def quoted(key: Any) -> str:
    """The key of a dict as Python source.

    Example:
        >>> quoted("w"), quoted(0)
        ('"w"', '0')
    """
    return json.dumps(key, ensure_ascii=False) if isinstance(key, str) else repr(key)


def written(structure: Any, write: Callable[[Any], str]) -> str:
    """A structure as Python source, each leaf as `write` has it.

    Example:
        >>> written({"x": 1, "masks": (2,)}, "v{}".format)
        '{"x": v1, "masks": (v2,)}'
    """
    if isinstance(structure, dict):
        entries = (f"{quoted(key)}: {written(value, write)}" for key, value in structure.items())
        return f"{{{', '.join(entries)}}}"
    if isinstance(structure, list):
        return f"[{', '.join(written(value, write) for value in structure)}]"
    if isinstance(structure, tuple):
        inside = ", ".join(written(value, write) for value in structure)
        return f"({inside},)" if len(structure) == 1 else f"({inside})"
    return write(structure)
