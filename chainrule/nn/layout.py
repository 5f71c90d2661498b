"""Named arrays in one flat row of numbers, and back."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any


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
