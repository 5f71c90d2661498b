"""The n-dimensional list array: a flat Python list, a shape, and the kind of its numbers.

Before it stands what it has in common with the tensor: methods and operators, each a function of
the array's namespace.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from math import prod
from types import ModuleType, NoneType
from typing import Any, final

from chainrule.arrays.kinds import Kind, bool_, kind_of, promote
from chainrule.arrays.kinds.kind import Data, PairFunction
from chainrule.arrays.shapes import Shape, as_shape, broadcast_shapes, expand, nested
from chainrule.errors import TOO_LARGE, KindError, ShapeError
from chainrule.words import a_or_an

_CONTAINERS = frozenset((list, tuple, dict, set, str, bytes, NoneType))


def namespace_of(*values: Any) -> Any:
    """The namespace of the first value that has one, else `chainrule.arrays`.

    That is a module with the functions of the Python array API standard.

    Args:
        values: Arrays of one library, and Python numbers.

    Example:
        >>> namespace_of(1.0).__name__
        'chainrule.arrays'
    """
    for value in values:
        ask = getattr(type(value), "__array_namespace__", None)
        if ask is not None:
            return ask(value)
    return sys.modules["chainrule.arrays"]


def _pair_by_call(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
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
        sizes = shape[0] if len(shape) == 1 and isinstance(shape[0], Iterable) else shape
        return self._call("reshape", self, shape=as_shape(sizes))

    def __len__(self) -> int:
        if not self.shape:
            raise ShapeError(
                "the length of a single number was asked for: use .item(), or an op of cr where "
                "another library's function asked, such as cr.tanh for torch.tanh"
            )
        return int(self.shape[0])

    def __iter__(self) -> Iterator[Any]:
        return (self[row] for row in range(len(self)))

    @abstractmethod
    def __getitem__(self, key: Any) -> Any: ...

    __add__, __radd__ = _pair_by_call("add")
    __sub__, __rsub__ = _pair_by_call("subtract")
    __mul__, __rmul__ = _pair_by_call("multiply")
    __truediv__, __rtruediv__ = _pair_by_call("divide")
    __floordiv__, __rfloordiv__ = _pair_by_call("floor_divide")
    __mod__, __rmod__ = _pair_by_call("remainder")
    __and__, __rand__ = _pair_by_call("logical_and")
    __or__, __ror__ = _pair_by_call("logical_or")
    __pow__, __rpow__ = _pair_by_call("pow")
    __matmul__, __rmatmul__ = _pair_by_call("matmul")
    __lt__, __gt__ = _pair_by_call("less")[0], _pair_by_call("greater")[0]
    __le__, __ge__ = _pair_by_call("less_equal")[0], _pair_by_call("greater_equal")[0]
    __eq__, __ne__ = _pair_by_call("equal")[0], _pair_by_call("not_equal")[0]

    def __neg__(self) -> Any:
        return self._call("negative", self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return self._call("abs", self)


def _pair_by_kind(name: str) -> tuple[Callable[..., ListArray], Callable[..., ListArray]]:
    """The same for list arrays alone, straight from the kind of their numbers."""

    def pair(x1: Any, x2: Any) -> ListArray:
        try:
            return combine(name, x1, x2)
        except OverflowError:
            raise KindError(TOO_LARGE) from None

    return pair, lambda self, other: pair(other, self)


@final
class ListArray(ArrayMethods):
    """An immutable n-dimensional array of Python numbers of one kind.

    Make one with `asarray` or another creation function, which find out shape and kind.

    Args:
        data: The numbers in row-major order; the array keeps this very list.
        shape: The size of each axis.
        dtype: The kind of the numbers.

    Example:
        >>> from chainrule.arrays import asarray
        >>> x = asarray([[1.0, 2.0], [3.0, 4.0]])
        >>> x * 2 - x[0]
        ListArray([[1.0, 2.0],
                   [5.0, 6.0]], dtype=float64)
    """

    __slots__ = ("data", "dtype", "shape")
    __array_ufunc__ = None  # NumPy leaves mixed operators to us, and we refuse them

    def __init__(self, data: Data, shape: Shape, dtype: Kind) -> None:
        self.data = data
        self.shape = shape
        self.dtype = dtype

    def __array_namespace__(self, *, api_version: str | None = None) -> ModuleType:
        """The module with the functions for this array: `chainrule.arrays`."""
        return sys.modules["chainrule.arrays"]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        numpy = sys.modules["numpy"]  # loaded, since it is NumPy that calls this
        return numpy.reshape(numpy.asarray(self.data, dtype=dtype), self.shape)

    def _call(self, name: str, *operands: Any, **options: Any) -> Any:
        # The namespace imports this file, and so cannot be imported by it.
        if set(map(type, operands)) != {ListArray}:
            if any(map(_is_foreign, operands)):
                return _beside(name, *operands)
            _refuse_containers(name, operands)
            return NotImplemented
        return getattr(sys.modules["chainrule.arrays"], name)(*operands, **options)

    def tolist(self) -> Any:
        """The numbers as nested lists, or as a bare number without axes."""
        return nested(self.data, self.shape)

    def item(self) -> Any:
        """The only number.

        Raises:
            ShapeError: If there is not exactly one.
        """
        if len(self.data) != 1:
            raise ShapeError(
                f"a single number was asked of an array of shape {self.shape} with "
                f"{len(self.data)} entries: pick one entry or reduce it first"
            )
        return self.data[0]

    def __getitem__(self, key: Any) -> ListArray:
        """The entries that a key picks; see `chainrule.arrays.indexing`."""
        picked: ListArray = sys.modules["chainrule.arrays.indexing"].pick(self, key)
        return picked

    def __float__(self) -> float:
        """The only number as a float."""
        return float(self.item())

    def __complex__(self) -> complex:
        return complex(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __bool__(self) -> bool:
        """Whether the only number is not zero; complex is judged by its real part."""
        return bool(bool_.convert(self.item()))

    def __repr__(self) -> str:
        text = _rows(self.tolist(), "ListArray(")
        return f"ListArray({text}, dtype={self.dtype})"

    # Straight to `combine`: by way of `_call` a product of few numbers takes a third longer.
    __add__, __radd__ = _pair_by_kind("add")
    __sub__, __rsub__ = _pair_by_kind("subtract")
    __mul__, __rmul__ = _pair_by_kind("multiply")
    __truediv__, __rtruediv__ = _pair_by_kind("divide")
    __floordiv__, __rfloordiv__ = _pair_by_kind("floor_divide")
    __mod__, __rmod__ = _pair_by_kind("remainder")
    __pow__, __rpow__ = _pair_by_kind("pow")
    __and__, __or__ = _pair_by_kind("logical_and")[0], _pair_by_kind("logical_or")[0]
    __eq__, __ne__ = _pair_by_kind("equal")[0], _pair_by_kind("not_equal")[0]
    __lt__, __gt__ = _pair_by_kind("less")[0], _pair_by_kind("greater")[0]
    __le__, __ge__ = _pair_by_kind("less_equal")[0], _pair_by_kind("greater_equal")[0]

    def __invert__(self) -> ListArray:
        return apply("logical_not", self)

    def __neg__(self) -> ListArray:
        return apply("negative", self)


def apply(name: str, x: Any) -> ListArray:
    """An elementwise function of one array or Python number, found by name in its kind."""
    if type(x) is not ListArray:
        x = from_number(x, name)
    function, kind = x.dtype.unary[name]
    return ListArray(function(x.data), x.shape, kind)


def combine(name: str, x1: Any, x2: Any) -> ListArray:
    """An elementwise function of two operands, found by name in their common kind.

    Returns:
        The array of results, or `NotImplemented` where an operand is neither array nor number.
    """
    if type(x1) is ListArray:
        kind = x1.dtype
        if type(x2) is ListArray:
            if x2.dtype is not kind:
                kind = promote(kind, x2.dtype)
                x1, x2 = cast(x1, kind), cast(x2, kind)
            function, result = kind.pairs[name]
            if x1.shape == x2.shape:
                return ListArray(function.lists(x1.data, x2.data), x1.shape, result)
            return _broadcast(function, x1, x2, result)
        if (lift := kind.lifts.get(type(x2))) is not None:
            function, result = kind.pairs[name]
            return ListArray(function.right(x1.data, lift(x2)), x1.shape, result)
    elif type(x2) is ListArray and (lift := x2.dtype.lifts.get(type(x1))) is not None:
        function, result = x2.dtype.pairs[name]
        return ListArray(function.left(lift(x1), x2.data), x2.shape, result)
    return _with_number(name, x1, x2)


def from_number(number: Any, asked: str) -> ListArray:
    """A Python number as an array without axes.

    Raises:
        KindError: If it is not a number.
    """
    kind = kind_of(type(number))
    if kind is None:
        raise KindError(
            f"{asked} was asked of {a_or_an(type(number).__name__)}, which is neither a list "
            "array nor a number: make an array of it first with chainrule.arrays.asarray"
        )
    return ListArray([kind.convert(number)], (), kind)


def cast(x: ListArray, kind: Kind) -> ListArray:
    """The array with its numbers in another kind."""
    return x if x.dtype is kind else ListArray(kind.cast(x.data, x.dtype), x.shape, kind)


def _with_number(name: str, x1: Any, x2: Any) -> ListArray:
    """The result where an operand is a number that another kind holds, or of another library."""
    if ListArray in (type(x1), type(x2)) and (_is_foreign(x1) or _is_foreign(x2)):
        return _beside(name, x1, x2)  # type: ignore[no-any-return]  # an array of ours or of the other library
    for operand in (x1, x2):
        if type(operand) is not ListArray and kind_of(type(operand)) is None:
            _refuse_containers(name, (x1, x2))
            return NotImplemented  # type: ignore[no-any-return]  # Python tries the other operand
    return combine(name, *(x if type(x) is ListArray else from_number(x, name) for x in (x1, x2)))


def _refuse_containers(name: str, operands: tuple[Any, ...]) -> None:
    """Refuse what no operator of Python's own takes; asked for equality, it is another thing."""
    for operand in operands:
        if type(operand) in _CONTAINERS and name not in ("equal", "not_equal"):
            from_number(operand, name)


def _is_foreign(x: Any) -> bool:
    """Whether a value is an array or a scalar of another library."""
    theirs = not isinstance(x, ArrayMethods) and hasattr(x, "__array__")
    return theirs and hasattr(x, "__array_namespace__")


def _beside(name: str, x1: Any, x2: Any) -> Any:
    """The result beside another library's array: a single number joins, in that library.

    Raises:
        KindError: There are arrays of both libraries.
    """
    ours, theirs = (x1, x2) if type(x1) is ListArray else (x2, x1)
    if not ours.shape:
        xp, number = theirs.__array_namespace__(), ours.item()
        if type(number) is complex:  # beside float32 a bare one would keep 24 binary digits
            number = xp.asarray(number)
        return getattr(xp, name)(*(number if x is ours else x for x in (x1, x2)))
    if kind_of(type(theirs)) is None:
        raise KindError(
            f"{name} was asked of a list array of shape {ours.shape} and "
            f"{a_or_an(type(theirs).__module__.partition('.')[0])} array: make both arrays of one "
            "library, for example with asarray(x.tolist())"
        )
    return combine(name, *(x if x is ours else x.item() for x in (x1, x2)))


def _broadcast(function: PairFunction, x1: ListArray, x2: ListArray, kind: Kind) -> ListArray:
    a, b = x1.shape, x2.shape
    if len(x2.data) == 1 and len(b) <= len(a):
        return ListArray(function.right(x1.data, x2.data[0]), a, kind)
    if len(x1.data) == 1 and len(a) <= len(b):
        return ListArray(function.left(x1.data[0], x2.data), b, kind)
    shape = broadcast_shapes(a, b)
    left = x1.data if a == shape else expand(x1.data, a, shape)
    right = x2.data if b == shape else expand(x2.data, b, shape)
    return ListArray(function.lists(left, right), shape, kind)


def _rows(entries: Any, indent: str) -> str:
    """Nested lists as text, the rows below one another."""
    if not isinstance(entries, list):
        return str(entries)
    gap = ", "
    if entries and isinstance(entries[0], list):
        gap = ",\n" + " " * (len(indent) + 1)
    return f"[{gap.join(_rows(entry, indent + ' ') for entry in entries)}]"
