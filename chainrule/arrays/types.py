"""What any array and any namespace answers, whatever library it comes from."""

from __future__ import annotations

from typing import Any, Protocol


class Array(Protocol):
    """An array of the Python array API standard that can also list its numbers."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The size of each axis."""

    @property
    def dtype(self) -> Any:
        """The kind of its numbers."""

    @property
    def ndim(self) -> int:
        """The number of axes."""

    def tolist(self) -> Any:
        """The numbers as nested lists."""

    def sum(self, axis: Any = None) -> Any:
        """The sum over some axes, or over all."""

    def __getitem__(self, key: Any, /) -> Any:
        """Some entries."""

    def __add__(self, other: Any, /) -> Any:
        """The sum with another array or number."""

    def __radd__(self, other: Any, /) -> Any:
        """The sum with another array or number."""

    def __sub__(self, other: Any, /) -> Any:
        """The difference."""

    def __rsub__(self, other: Any, /) -> Any:
        """The difference."""

    def __mul__(self, other: Any, /) -> Any:
        """The product, entry by entry."""

    def __rmul__(self, other: Any, /) -> Any:
        """The product, entry by entry."""

    def __truediv__(self, other: Any, /) -> Any:
        """The quotient."""

    def __rtruediv__(self, other: Any, /) -> Any:
        """The quotient."""

    def __pow__(self, other: Any, /) -> Any:
        """The power."""

    def __matmul__(self, other: Any, /) -> Any:
        """The matrix product."""

    def __neg__(self) -> Any:
        """The numbers with the other sign."""

    def __lt__(self, other: Any, /) -> Any:
        """Where this is less."""

    def __le__(self, other: Any, /) -> Any:
        """Where this is not greater."""

    def __gt__(self, other: Any, /) -> Any:
        """Where this is greater."""

    def __ge__(self, other: Any, /) -> Any:
        """Where this is not less."""


class Namespace(Protocol):
    """A module with the functions of the Python array API standard, such as `chainrule.arrays`."""

    def __getattr__(self, name: str, /) -> Any:
        """A function, a dtype or a constant by its standard name."""
