"""Named arrays in one flat row of numbers, and back."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any, NoReturn, final

from chainrule.errors import KindError


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
