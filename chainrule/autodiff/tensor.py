"""A value that remembers how it was made."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from chainrule.arrays import ArrayMethods, asarray, holds_whole
from chainrule.errors import KindError, require_kind

if TYPE_CHECKING:
    from chainrule.autodiff.primitive import Primitive

namespace = SimpleNamespace()
"""The array namespace of tensors: `namespace.exp` is the op `exp`, as `xp.exp` is elsewhere.

Ops enter themselves when they are declared, so a tensor and the walk find them without importing
them.
"""

_serials = count()

_OPERATORS = {
    **{name: name for name in ("add", "subtract", "multiply", "divide", "matmul", "equal")},
    **{name: name for name in ("not_equal", "less", "less_equal", "greater", "greater_equal")},
    "power": "pow",
}
"""What NumPy calls an operator that stands between one of its arrays and a tensor."""


class Labelled(ABC):
    """An array that wants to know its name; recorded ones do."""

    __slots__ = ()

    @abstractmethod
    def label(self, name: str) -> None:
        """Take a name: that of the tensor it is the value of, `dL/` before it for a gradient."""


@dataclass(slots=True, eq=False)
class Origin:
    """How a tensor was made.

    Attributes:
        primitive: The op.
        inputs: What went in: tensors, arrays and numbers.
        values: The same with every tensor's value in its place.
        options: The op's options.
    """

    primitive: Primitive
    inputs: tuple[Any, ...]
    values: Sequence[Any]
    options: dict[str, Any]


class Tensor(ArrayMethods):
    """An array and its place on the tape.

    Every operator and every op of `chainrule.ops` takes tensors and returns tensors, so a function
    written for arrays is differentiated by handing it one.

    Args:
        value: The array: a number, nested lists, a list array, a NumPy or a JAX array.
        origin: How it was made; None for an input, at which the walk back ends.
        name: Its name (`"dense1.z"`), for receipts and programs.

    Attributes:
        gradient: What the last `backward` from a result found here; never added to.

    Example:
        >>> import chainrule.ops
        >>> w = Tensor(5.0)
        >>> loss = (w - 3) ** 2
        >>> loss.backward()
        >>> w.gradient.item()
        4.0
    """

    __slots__ = ("_name", "gradient", "origin", "serial", "value")

    def __init__(
        self, value: Any, origin: Origin | None = None, *, name: str | None = None
    ) -> None:
        if type(value) is Tensor:
            raise KindError(
                "a tensor was asked to hold a tensor; use it as it is, or its `.value` to cut it "
                "off from its gradient"
            )
        self.value: Any = value if hasattr(value, "__array_namespace__") else asarray(value)
        self.origin = origin
        self._name: str | None = None
        if name is not None:
            self.name = name
        self.serial = next(_serials)
        self.gradient: Any = None

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        return namespace

    def __array_ufunc__(self, ufunc: Any, method: str, /, *inputs: Any, **options: Any) -> Any:
        """Answer for NumPy: an operator beside a NumPy array is ours, a function is refused.

        Raises:
            KindError: If NumPy was asked to compute a function of a tensor.
        """
        name = _OPERATORS.get(ufunc.__name__)
        if name and method == "__call__" and not options:
            return getattr(namespace, name)(*inputs)
        own = {"absolute": "abs", "power": "pow"}.get(ufunc.__name__, ufunc.__name__)
        hint = f"use cr.{own}" if hasattr(namespace, own) else "write it with chainrule's own ops"
        raise KindError(
            f"the NumPy ufunc np.{ufunc.__name__} was asked of a tensor, which would cut it off "
            f"from its gradient: {hint}"
        )

    @property
    def name(self) -> str | None:
        """Its name (`"dense1.z"`), for receipts and programs."""
        return self._name

    @name.setter
    def name(self, name: str) -> None:
        require_kind(name, str, "a tensor's name is a text")
        self._name = name
        if isinstance(self.value, Labelled):
            self.value.label(name)

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of the value's axes."""
        return tuple(self.value.shape)

    @property
    def dtype(self) -> Any:
        """The kind of number it holds."""
        return self.value.dtype

    def _call(self, name: str, *operands: Any, **options: Any) -> Any:
        op = getattr(namespace, name, None)
        return NotImplemented if op is None else op(*operands, **options)

    def tolist(self) -> Any:
        """The value as nested Python lists."""
        return self.value.tolist()

    def item(self) -> Any:
        """The value of a tensor with one entry, as a Python number."""
        return self.value.item()

    def backward(self) -> None:
        """Walk back from here and leave each tensor's derivative of this one in its `gradient`.

        Gradients are replaced, never added up, so that asking twice gives the same answer.

        Raises:
            ShapeError: If this tensor has more than one entry.
        """
        from chainrule.autodiff.walk import backward, tape

        reached = tape(self)
        for tensor, gradient in zip(reached, backward(self, reached), strict=True):
            tensor.gradient = gradient

    # Comparing goes entry by entry; a place in a dict belongs to the tensor itself.
    __hash__ = object.__hash__

    def __getitem__(self, key: Any) -> Any:
        return namespace.getitem(self, key)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __float__(self) -> float:
        raise KindError(
            "a tensor was asked to become a plain float, which would cut it off from its gradient; "
            "use chainrule's own functions (cr.exp for math.exp), or `.item()` if that is meant"
        )

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        raise KindError(
            "a tensor was asked to become an array of NumPy, which would cut it off from its "
            "gradient; use chainrule's own functions (cr.tanh for np.tanh), or `.value` if that is "
            "meant"
        )

    def __repr__(self) -> str:
        how = f", made by {self.origin.primitive.name}" if self.origin else ""
        named = f", {self.name}" if self.name else ""
        return f"Tensor({self.value.tolist()}{named}{how})"


def differentiable(numbers: Any) -> Any:
    """Numbers as an array; whole ones become floats, since a slope between them needs some.

    Example:
        >>> differentiable([1, 2])
        ListArray([1.0, 2.0], dtype=float64)
    """
    array = numbers if hasattr(numbers, "__array_namespace__") else asarray(numbers)
    return array * 1.0 if holds_whole(array) else array


def origin_of(tensor: Tensor) -> Origin:
    """How a tensor was made; for tensors that are known to be results."""
    assert tensor.origin is not None
    return tensor.origin
