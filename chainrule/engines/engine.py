"""What every engine can do, and the one that runs Python's own lists."""

from __future__ import annotations

from abc import ABC, abstractmethod
from array import array as DoubleArray
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from math import isfinite
from typing import Any, ClassVar, TypeAlias, final

from chainrule import arrays as list_arrays
from chainrule.arrays import Generator
from chainrule.nn import Layout

Step: TypeAlias = Callable[[Any, Any], tuple[Any, dict[str, Any]]]
Batches: TypeAlias = Iterator[tuple[Any, ...]]
Steps: TypeAlias = Callable[[Any, Sequence[Any]], tuple[Any, list[dict[str, Any]]]]


class Engine(ABC):
    """An array kind, and a way to run functions of such arrays fast.

    Attributes:
        name: What users call it.
        dtypes: The names of the number kinds it trains in, the default first.
        lag: How many steps may be under way before the first one's loss is read: a device that
            works on its own must not be waited for at every step.
        at_once: How many small steps are taken at once, where what lies between them is felt.
        work_at_once: How much work, weights times rows, they are at most: some milliseconds, and
            where their rows are copied beforehand, no more numbers in these.
        processes: How many processes train together.
        devices: On how many devices, each with a memory of its own, the rows of a batch lie.
        leads: Whether this process writes files and reports: one of those that train together does.
    """

    name: ClassVar[str]
    dtypes: ClassVar[tuple[str, ...]]
    lag: ClassVar[int] = 1
    at_once: ClassVar[int] = 1
    work_at_once: ClassVar[int] = 1 << 23
    processes: int = 1
    devices: int = 1
    leads: bool = True

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
    def compile(
        self, function: Callable[..., Any], *, donate: Sequence[int] = (), together: bool = False
    ) -> Any:
        """Make a pure function of arrays fast.

        Args:
            function: Takes and returns arrays, or dicts and tuples of them.
            donate: Positions of arguments that the caller gives away, whose memory the results may
                take.
            together: Whether all processes that train along call it at once, with arguments that
                were distributed and placed; else each works for itself.

        Returns:
            A function that gives the same results to rounding.
        """

    def in_turn(
        self, step: Step, compiled: Step, work: int, rows: int | None = None
    ) -> tuple[Steps, int]:
        """A way to take a training step with one batch after the other.

        Args:
            step: The step, of a state that is given away and a batch.
            compiled: What `compile` made of it.
            work: About how much it computes: the number of weights times the rows of a batch.
            rows: As `place` takes it.

        Returns:
            A function of a state and batches, which gives the state after them and the results of
            each, whose numbers `as_float` reads; and the most batches that it takes at once, so
            few that all their steps take some milliseconds.
        """

        def steps(state: Any, batches: Sequence[Any]) -> tuple[Any, list[dict[str, Any]]]:
            every = []
            for batch in batches:
                state, results = compiled(state, self.place(batch, rows))
                every.append(results)
            return state, every

        return steps, max(1, min(self.at_once, self.work_at_once // max(work, 1)))

    def take_up(self, compiled: Any, earlier: Callable[..., int]) -> None:
        """Let a function that was compiled go on as if it had been called before, to the bit.

        Args:
            compiled: What `compile` gave.
            earlier: Of the arguments of a call, how often it was called with such.
        """
        return

    def rest(self, compiled: Any) -> None:
        """Give back the memory that a compiled function works in until it is called again."""
        return

    @abstractmethod
    def random(self, generator: Generator, count: int, *, dtype: str | None = None) -> Any:
        """The next numbers from 0 to 1 of a stream that is the same on every engine."""

    @property
    def hardware(self) -> str | None:
        """What it computes on, in words; None where that is never in question."""
        return None

    @property
    def memory(self) -> int | None:
        """The bytes of memory that its arrays may take; None for those of the machine."""
        return None

    def whole(self, function: Callable[..., Any], *constants: Any) -> Callable[..., Any]:
        """A function for a few calls: compiled whole where single operations are compiled anyway.

        Args:
            function: Takes the constants, then arrays or dicts of them; the same one in every call.
            constants: What it is compiled for, hashable.
        """
        return partial(function, *constants)

    def split(self, layout: Layout, flat: Any) -> dict[str, Any]:
        """The named arrays that a flat one holds."""
        return layout.split(self.xp, flat)

    def planned_bytes(self, step: Step, state: Any, batch: dict[str, Any]) -> int | None:
        """The bytes that a step takes beyond its state, where a compiler plans them; else None.

        Nothing is computed, and no batch is made.

        Args:
            step: As `compile` takes it, of a state that is given away and a batch.
            state: As the step takes it.
            batch: As the step takes it, with `(shape, dtype)` in place of every array.
        """
        return None

    def number_bytes(self, dtype: str) -> int:
        """What one number takes in an array."""
        return {"float64": 8, "float32": 4, "bfloat16": 2}[dtype]

    def scope(self) -> AbstractContextManager[Any]:
        """What to stand in while this engine's arrays are worked with outside compiled functions.

        One call into the engine needs none.
        """
        return nullcontext()

    def weight_dtype(self, dtype: str) -> str:
        """The number kind that weights are kept in while a network computes in `dtype`."""
        return dtype

    def on_host(self, array: Any) -> Any:
        """An array in its own number kind that is quick to look into, entry by entry."""
        return array

    def for_study(self, array: Any) -> Any:
        """An array in float64 that is quick to look into, entry by entry and op by op."""
        return array if str(array.dtype) == "float64" else self.asarray(array, dtype="float64")

    def doubles(self, array: Any) -> Any:
        """The numbers of an array, row by row, as a buffer of doubles."""
        return DoubleArray("d", self.xp.reshape(array, (-1,)).tolist())

    def sealed(self, array: Any) -> Any:
        """The array as one that whoever holds it cannot change."""
        return array

    def as_float(self, number: Any) -> float:
        """A number that a compiled function gave, as Python's own."""
        return float(number)

    def copy(self, state: Any) -> Any:
        """A copy of arrays, or of a dict of them, that a donated step cannot overwrite."""
        if isinstance(state, dict):
            return {name: self.copy(value) for name, value in state.items()}
        return state if isinstance(state, int) else self.xp.asarray(state, copy=True)

    def distribute(self, state: Any, layout: Layout) -> Any:
        """A copy of flat arrays as compiled steps take them.

        That is flat, or apart as a tuple in the layout's order where a compiler plans the memory
        itself; and on every process that trains along.

        Args:
            state: A flat array or a whole number, or dicts of them.
            layout: Where each named array lies in a flat one.
        """
        return self.copy(state)

    def collect(self, state: Any, layout: Layout) -> Any:
        """What was distributed, as it was before: a copy that this process works with alone."""
        return self.copy(state)

    def look_at(self, state: Any, layout: Layout) -> Any:
        """The same to be read before the next step alone: copied only where it lies apart."""
        return state

    def surely_finite(self, state: Any) -> bool:
        """Whether a quick look at an array, or at what was distributed, finds no NaN or infinity.

        One that finds some may be wrong, where numbers are so large that their sum is infinite.
        """
        return isfinite(self.as_float(self.xp.sum(state)))

    def place(self, batch: dict[str, Any], rows: int | None = None) -> dict[str, Any]:
        """A batch as compiled steps take it: shared out among the processes that train along.

        Args:
            batch: Arrays with a row per example, or dicts of them, and numbers.
            rows: How many rows another batch of the same step has; where a compiler takes long over
                every shape, this one gets as many, with a weight of 0 for those that it lacks.
        """
        return batch

    def hand_out(self, data: bytes) -> bytes:
        """What the leading process gave, on all processes that train along."""
        return data

    def rows(self, array: Any, numbers: Sequence[int]) -> Any:
        """The rows of an array with the given numbers, in that order."""
        return self.xp.take(array, self.xp.asarray(numbers), axis=0)

    def batches(self, arrays: Sequence[Any], size: int, order: Any = None) -> Batches:
        """Several arrays of equally many rows, cut into batches; the last one may be short.

        Args:
            arrays: The arrays.
            size: The rows of a batch.
            order: Row numbers in the order in which they come; as they lie if left out.
        """
        if order is not None:
            arrays = tuple(self.rows(array, order) for array in arrays)
        for start in range(0, arrays[0].shape[0], size):
            yield tuple(array[start : start + size] for array in arrays)

    def step_batches(self, arrays: Sequence[Any], size: int, order: Any = None) -> Batches:
        """The same for `place` and steps alone, which may take the rows out of the arrays."""
        return self.batches(arrays, size, order)

    def gathered(self, batch: dict[str, Any]) -> dict[str, Any]:
        """A batch of such arrays with arrays that hold its rows."""
        return batch

    def permutation(self, generator: Generator, count: int) -> Any:
        """Row numbers in an order that is the same on every engine: sorted by fresh random keys.

        The stream is used up: nobody draws from it again.
        """
        return self.xp.argsort(self.random(generator, count, dtype="float64"), stable=True)


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
        return list_arrays

    def number_bytes(self, dtype: str) -> int:
        """A float object and the place in the list that leads to it."""
        return 32

    def asarray(self, values: Any, *, dtype: str | None = None, shape: Any = None) -> Any:
        """See `Engine.asarray`; number kinds other than float64 pass through unchanged."""
        numbers = list_arrays.asarray(values)
        if shape is not None:
            numbers = list_arrays.reshape(numbers, tuple(shape))
        if dtype is not None and str(numbers.dtype) != dtype:
            numbers = list_arrays.astype(numbers, getattr(list_arrays, dtype))
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
        return list_arrays.asarray(generator.random(count))
