"""The python engine: list arrays, and every function as it is."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from typing import Any, final

from chainrule import arrays
from chainrule.arrays import Generator
from chainrule.engines.engine import Engine


@final
class PythonEngine(Engine):
    """Runs on Python's own lists; slower than the others and nothing is hidden.

    Example:
        >>> engine = PythonEngine()
        >>> engine.asarray([[1, 2]], dtype="float64").tolist()
        [[1.0, 2.0]]
    """

    name = "python"
    dtypes = ("float64",)

    @property
    def xp(self) -> Any:
        """The list array's namespace."""
        return arrays

    def number_bytes(self, dtype: str) -> int:
        """A float object and the place in the list that leads to it."""
        return 32

    def asarray(self, values: Any, *, dtype: str | None = None, shape: Any = None) -> Any:
        """See `Engine.asarray`; number kinds other than float64 pass through unchanged."""
        if isinstance(values, array):
            values = values.tolist()
        numbers = arrays.asarray(values)
        if shape is not None:
            numbers = arrays.reshape(numbers, tuple(shape))
        if dtype is not None and str(numbers.dtype) != dtype:
            numbers = arrays.astype(numbers, getattr(arrays, dtype))
        return numbers

    def compile(
        self, function: Callable[..., Any], *, donate: Sequence[int] = (), together: bool = False
    ) -> Callable[..., Any]:
        """The function itself: its loops are C loops already, and there is nothing to fuse."""
        return function

    def copy(self, state: Any) -> Any:
        """The state itself: list arrays are never changed in place."""
        return state

    def random(self, generator: Generator, count: int, *, dtype: str | None = None) -> Any:
        """The next `count` numbers of the stream."""
        return arrays.asarray(generator.random(count))
