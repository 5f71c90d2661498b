"""Names of single weights, such as `dense1.weight[3,2]`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches

from chainrule.errors import OptionError

_NAME = re.compile(r"^\s*([\w.]+)\s*\[\s*(\d{1,18}(?:\s*,\s*\d{1,18})*)\s*\]\s*$")


def entry_name(name: str, shape: tuple[int, ...], index: int) -> str:
    """The name of the entry of that number, such as `dense1.weight[3,2]`.

    Example:
        >>> entry_name("dense1.weight", (4, 3), 11)
        'dense1.weight[3,2]'
    """
    return weight_name(name, place_of(index, shape))


def place_of(index: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Where the entry of that number stands, counted in row-major order.

    Example:
        >>> place_of(11, (4, 3))
        (3, 2)
    """
    places = []
    for size in reversed(shape):
        index, place = divmod(index, size)
        places.append(place)
    return tuple(reversed(places))


def weight_name(parameter: str, index: tuple[int, ...]) -> str:
    """The name of one entry, such as `dense1.weight[3,2]`; a number alone needs no brackets."""
    return f"{parameter}[{','.join(map(str, index))}]" if index else parameter


def find_weight(name: str, shapes: Mapping[str, tuple[int, ...]]) -> tuple[str, tuple[int, ...]]:
    """The parameter and the index that a name such as `dense1.weight[3,2]` stands for.

    Raises:
        OptionError: If there is no such weight; says which there are.

    Example:
        >>> find_weight("dense1.weight[3,2]", {"dense1.weight": (4, 3)})
        ('dense1.weight', (3, 2))
    """
    if not isinstance(name, str):
        raise OptionError(
            f"a weight is called by its name, such as 'dense1.weight[3,2]'; found {name!r}"
        )
    match = _NAME.match(name)
    parameter = match.group(1) if match else name.split("[")[0].strip()
    if parameter not in shapes:
        near = get_close_matches(parameter, shapes, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(shapes)}"
        raise OptionError(f"no parameter is called {parameter!r}; {hint}")
    shape = shapes[parameter]
    if not shape:
        if match is None and name.strip() == parameter:
            return parameter, ()
        raise OptionError(f"there is no weight {name!r}; {parameter} is one number: leave [] out")
    ranges = ", ".join(f"0 to {size - 1}" for size in shape)
    wanted = f"{parameter} takes {len(shape)} numbers in brackets: {ranges}"
    if match is None:
        raise OptionError(f"{name!r} does not name one weight; {wanted}")
    index = tuple(int(part) for part in match.group(2).split(","))
    if len(index) != len(shape) or any(i >= n for i, n in zip(index, shape, strict=False)):
        raise OptionError(f"there is no weight {name!r}; {wanted}")
    return parameter, index
