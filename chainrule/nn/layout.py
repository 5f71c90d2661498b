"""Named arrays in one flat row of numbers, and back; names of weights, as `dense1.weight[3,2]`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from math import prod
from typing import Any, NoReturn, final

from chainrule.arrays import namespace_of
from chainrule.errors import KindError, OptionError, shown, unknown
from chainrule.words import plural


@final
class ReadOnly(dict[str, Any]):
    """Arrays by name to read: putting one in its place would change a copy, and so is refused.

    Raises:
        KindError: If an entry is put in or taken out.

    Example:
        >>> weights = ReadOnly({"w": 1.0})
        >>> weights["w"], {**weights, "b": 2.0}
        (1.0, {'w': 1.0, 'b': 2.0})
    """

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise KindError(
            "these arrays are read, not written: use net.set_parameters({name: array}) to put "
            "others in their place, or dict(...) for a copy of your own"
        )

    __setitem__ = __delitem__ = __ior__ = _refuse
    update = setdefault = pop = popitem = clear = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        return ReadOnly, (dict(self),)


class Layout:
    """Where each named array lies in one flat vector.

    With all parameters in one vector an optimizer step is a handful of array calls however many
    layers there are, and machines exchange one array instead of many.

    Args:
        shapes: The shape of each array by name, in the order in which they lie.

    Example:
        >>> import chainrule.arrays as xp
        >>> layout = Layout({"w": (1, 2), "b": (1,)})
        >>> flat = layout.join(xp, {"w": xp.asarray([[1.0, 2.0]]), "b": xp.asarray([3.0])})
        >>> flat.tolist(), layout.split(xp, flat)["w"].tolist()
        ([1.0, 2.0, 3.0], [[1.0, 2.0]])
    """

    def __init__(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        self.shapes = dict(shapes)
        self.slices: dict[str, slice] = {}
        end = 0
        for name, shape in self.shapes.items():
            self.slices[name] = slice(end, end + prod(shape))
            end += prod(shape)
        self.size = end

    def __eq__(self, other: object) -> bool:
        # What JAX compiled for one network is found again by every other one that is laid out so.
        return isinstance(other, Layout) and [*self.shapes.items()] == [*other.shapes.items()]

    def __hash__(self) -> int:
        return hash(tuple(self.shapes.items()))

    def split(self, xp: Any, flat: Any) -> dict[str, Any]:
        """The named arrays that a flat vector holds, or those of a tuple in this order."""
        if isinstance(flat, tuple):
            return dict(zip(self.shapes, flat, strict=True))
        return {
            name: xp.reshape(flat[self.slices[name]], shape) for name, shape in self.shapes.items()
        }

    def join(self, xp: Any, arrays: Mapping[str, Any]) -> Any:
        """The flat vector that holds the named arrays."""
        return xp.concat([xp.reshape(arrays[name], (-1,)) for name in self.shapes], axis=0)


def sums_by_layer(sums: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Numbers by parameter added up by layer: by what a name says before its first dot.

    Example:
        >>> sums_by_layer([("dense1.weight", 2.0), ("dense1.bias", 1.0), ("scale", 4.0)])
        {'dense1': 3.0, 'scale': 4.0}
    """
    totals: dict[str, float] = {}
    for name, value in sums:
        layer = name.partition(".")[0]
        totals[layer] = totals.get(layer, 0.0) + value
    return totals


def sums_by_neuron(sums: Iterable[tuple[str, list[float]]]) -> dict[str, float]:
    """The `row_sums` of each parameter added up by neuron.

    Example:
        >>> sums_by_neuron([("dense1.weight", [2.0, 3.0]), ("dense1.bias", [1.0, 0.0])])
        {'dense1[0]': 3.0, 'dense1[1]': 3.0}
    """
    return sums_by_layer(
        (f"{name.partition('.')[0]}[{neuron}]", value)
        for name, rows in sums
        for neuron, value in enumerate(rows)
    )


def as_rows(array: Any) -> Any:
    """An array as a table with a row for each entry of its first axis: for each neuron."""
    if len(array.shape) == 2:
        return array
    return namespace_of(array).reshape(array, (array.shape[0] if array.shape else 1, -1))


def entries(array: Any) -> list[Any]:
    """The numbers of an array, of nested lists, or one alone, in row-major order.

    Example:
        >>> entries([[1, 2], [3, 4]]), entries(0.5)
        ([1, 2, 3, 4], [0.5])
    """
    numbers: Any = array.tolist() if hasattr(array, "tolist") else array
    while isinstance(numbers, list | tuple) and numbers and isinstance(numbers[0], list | tuple):
        numbers = [x for row in numbers for x in row]
    return list(numbers) if isinstance(numbers, list | tuple) else [numbers]


def row_sums(array: Any) -> list[float]:
    """The sum of each neuron's entries."""
    return entries(namespace_of(array).sum(as_rows(array), axis=1))


_NAME = re.compile(r"^\s*(.+?)\s*\[\s*(\d{1,18}(?:\s*,\s*\d{1,18})*)\s*\]\s*$")


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
            f"a weight is called by its name, such as 'dense1.weight[3,2]'; found {shown(name)}"
        )
    whole = name.strip()
    if shapes.get(whole) == ():
        return whole, ()
    match = _NAME.match(name)
    parameter = match.group(1) if match else whole
    if parameter not in shapes:
        parameter = parameter.split("[")[0].strip()
    if parameter not in shapes:
        raise unknown("parameter", parameter, shapes)
    shape = shapes[parameter]
    if not shape:
        raise OptionError(
            f"there is no weight {shown(name)}; {parameter} is one number: leave [] out"
        )
    ranges = ", ".join(f"0 to {size - 1}" for size in shape)
    wanted = f"{parameter} takes {plural(len(shape), 'number')} in brackets: {ranges}"
    if match is None:
        raise OptionError(f"{shown(name)} does not name one weight; {wanted}")
    index = tuple(int(part) for part in match.group(2).split(","))
    if len(index) != len(shape) or any(i >= n for i, n in zip(index, shape, strict=False)):
        raise OptionError(f"there is no weight {shown(name)}; {wanted}")
    return parameter, index
