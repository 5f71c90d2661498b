"""What every engine can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from chainrule.arrays.random import Generator


class Engine(ABC):
    """An array kind, and a way to run functions of such arrays fast.

    Attributes:
        name: What users call it.
        dtypes: The names of the number kinds it trains in, the default first.
    """

    name: ClassVar[str]
    dtypes: ClassVar[tuple[str, ...]]

    @property
    @abstractmethod
    def xp(self) -> Any:
        """The array namespace."""

    @abstractmethod
    def asarray(self, values: Any, *, dtype: str | None = None, shape: Any = None) -> Any:
        """The values as one of this engine's arrays.

        Args:
            values: Nested lists, an `array.array`, or an array of any engine.
            dtype: The number kind; whole numbers stay whole and floats take the engine's default
                if left out, and an array that holds float32 keeps it where the engine has it.
            shape: The shape of a flat buffer.
        """

    @abstractmethod
    def compile(self, function: Callable[..., Any], *, donate: Sequence[int] = ()) -> Any:
        """Make a pure function of arrays fast.

        Args:
            function: Takes and returns arrays, or dicts and tuples of them.
            donate: Positions of arguments that the caller gives away, whose memory the results may
                take.

        Returns:
            A function that gives the same results to rounding.
        """

    @abstractmethod
    def random(self, generator: Generator, count: int, *, dtype: str | None = None) -> Any:
        """The next numbers from 0 to 1 of a stream that is the same on every engine."""

    def copy(self, state: Any) -> Any:
        """A copy of arrays, or of a dict of them, that a donated step cannot overwrite."""
        if isinstance(state, dict):
            return {name: self.copy(value) for name, value in state.items()}
        return self.xp.asarray(state, copy=True)

    def rows(self, array: Any, numbers: Sequence[int]) -> Any:
        """The rows of an array with the given numbers, in that order."""
        return self.xp.take(array, self.xp.asarray(numbers), axis=0)

    def permutation(self, generator: Generator, count: int) -> Any:
        """Row numbers in an order that is the same on every engine: sorted by fresh random keys."""
        return self.xp.argsort(self.random(generator, count, dtype="float64"), stable=True)
