"""An array's namespace, and its methods and operators, which are functions of that namespace."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from math import prod
from typing import Any, Protocol

from chainrule.errors import ShapeError


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


def _pair(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The methods of a two-sided operator: from the left and from the right."""

    def left(self: ArrayMethods, other: Any) -> Any:
        return self._call(name, self, other)

    def right(self: ArrayMethods, other: Any) -> Any:
        return self._call(name, other, self)

    return left, right


class ArrayMethods(ABC):
    """The methods and operators that all arrays of chainrule have in common.

    Attributes:
        shape: The sizes of the axes.
    """

    __slots__ = ()

    shape: Any

    @abstractmethod
    def _call(self, name: str, *operands: Any, **options: Any) -> Any:
        """Call a function of the namespace, or `NotImplemented` where an operand does not fit."""

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of entries."""
        return prod(self.shape)

    @property
    def T(self) -> Any:
        """The transpose of a matrix."""
        if len(self.shape) != 2:
            raise ShapeError(
                f".T was asked of shape {self.shape}, which is not a matrix: "
                "use .mT for the last two axes or permute_dims"
            )
        return self.mT

    @property
    def mT(self) -> Any:
        """The transpose of the last two axes."""
        return self._call("matrix_transpose", self)

    def sum(self, axis: Any = None, keepdims: bool = False) -> Any:
        """The sum over some axes, or over all."""
        return self._call("sum", self, axis=axis, keepdims=keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Any:
        """The mean over some axes, or over all."""
        return self._call("mean", self, axis=axis, keepdims=keepdims)

    def max(self, axis: Any = None, keepdims: bool = False) -> Any:
        """The largest entry along some axes, or of all."""
        return self._call("max", self, axis=axis, keepdims=keepdims)

    def min(self, axis: Any = None, keepdims: bool = False) -> Any:
        """The smallest entry along some axes, or of all."""
        return self._call("min", self, axis=axis, keepdims=keepdims)

    def reshape(self, *shape: Any) -> Any:
        """The same entries in another shape."""
        sizes = shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape
        return self._call("reshape", self, shape=tuple(sizes))

    def __len__(self) -> int:
        if not self.shape:
            raise ShapeError("the length of a single number was asked for: use .item()")
        return int(self.shape[0])

    def __iter__(self) -> Iterator[Any]:
        return (self[row] for row in range(len(self)))

    @abstractmethod
    def __getitem__(self, key: Any) -> Any: ...

    __add__, __radd__ = _pair("add")
    __sub__, __rsub__ = _pair("subtract")
    __mul__, __rmul__ = _pair("multiply")
    __truediv__, __rtruediv__ = _pair("divide")
    __floordiv__, __rfloordiv__ = _pair("floor_divide")
    __mod__, __rmod__ = _pair("remainder")
    __and__, __rand__ = _pair("logical_and")
    __or__, __ror__ = _pair("logical_or")
    __pow__, __rpow__ = _pair("pow")
    __matmul__, __rmatmul__ = _pair("matmul")
    __lt__, __gt__ = _pair("less")[0], _pair("greater")[0]
    __le__, __ge__ = _pair("less_equal")[0], _pair("greater_equal")[0]
    __eq__, __ne__ = _pair("equal")[0], _pair("not_equal")[0]

    def __neg__(self) -> Any:
        return self._call("negative", self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return self._call("abs", self)
