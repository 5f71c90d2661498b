"""Where the batches of an epoch come from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from itertools import repeat
from typing import Any, final

from chainrule.arrays import Generator
from chainrule.data import Examples, Stream
from chainrule.engines import Engine
from chainrule.errors import require_whole

_ROWS_AT_ONCE = 4096


class Source(ABC):
    """Batches of encoded examples, the same for an epoch's number however often they are asked for.

    That makes a run repeatable: the step at which something went wrong can be taken again.

    Attributes:
        rows: The number of examples in an epoch.
        batch_size: The number of examples in a batch; the last one of an epoch may be short.
        shapes: Shape and number kind of each array of a batch; None if not known beforehand.
    """

    rows: int
    batch_size: int
    shapes: tuple[tuple[Any, Any], ...] | None = None

    @property
    def steps(self) -> int:
        """The number of batches in an epoch."""
        return -(-self.rows // self.batch_size)

    @property
    def even_rows(self) -> int | None:
        """The rows of a batch where one batch is shorter than others; None where all are alike."""
        return self.batch_size if self.rows % self.batch_size else None

    def earlier(self, epochs: int, steps: int, _: Any, batch: dict[str, Any]) -> int:
        """How many batches of as many rows come in some epochs and some steps of the next."""
        whole = self.rows // self.batch_size
        return epochs * whole + steps if batch["x"].shape[0] == self.batch_size else epochs

    @abstractmethod
    def batches(self, epoch: int) -> Iterator[tuple[Any, ...]]:
        """Inputs and encoded targets of each batch of an epoch, counted from 1.

        Where rows do not count alike, the weight of each comes third.
        """

    def step_batches(self, epoch: int) -> Iterator[tuple[Any, ...]]:
        """The same for steps, as `Engine.step_batches` has it."""
        return self.batches(epoch)

    @property
    @abstractmethod
    def digest(self) -> str:
        """A fingerprint of all the rows, and of how they are read; the same on every engine."""


@final
@dataclass(eq=False, repr=False)
class ArraySource(Source):
    """Batches from arrays in memory, shuffled anew each epoch.

    Args:
        engine: Whose arrays they are.
        x: Inputs, of shape `(rows, features)`.
        t: Encoded targets, of shape `(rows, outputs)`.
        weights: How much each row counts, of shape `(rows,)`; 1 each if left out.
        batch_size: The number of examples in a batch.
        seed: Where the orders come from; None keeps the rows in order.

    Raises:
        OptionError: If the batch size is not a whole number from 1 on.
    """

    engine: Engine
    x: Any
    t: Any
    weights: Any = None
    _: KW_ONLY
    batch_size: int
    seed: int | None = None

    def __post_init__(self) -> None:
        require_whole("batch_size", self.batch_size)
        self.tables = (self.x, self.t) if self.weights is None else (self.x, self.t, self.weights)
        self.rows = self.x.shape[0]
        self.batch_size = min(int(self.batch_size), self.rows)
        self.shapes = tuple(((self.batch_size, *a.shape[1:]), a.dtype) for a in self.tables)

    def batches(self, epoch: int) -> Iterator[tuple[Any, ...]]:
        """See `Source.batches`; a batch that is all of the rows is left in order."""
        return self.engine.batches(self.tables, self.batch_size, self._order(epoch))

    def step_batches(self, epoch: int) -> Iterator[tuple[Any, ...]]:
        """See `Source.step_batches`."""
        return self.engine.step_batches(self.tables, self.batch_size, self._order(epoch))

    def _order(self, epoch: int) -> Any:
        if self.seed is None or self.batch_size == self.rows:
            return None
        generator = Generator(self.seed).spawn(f"shuffle {epoch}")
        return self.engine.permutation(generator, self.rows)

    @cached_property
    def digest(self) -> str:
        """See `Source.digest`."""
        from hashlib import sha256  # only here, since loading it takes milliseconds

        digest = sha256()
        for tables in self.engine.batches(self.tables, _ROWS_AT_ONCE):
            for table in tables:
                digest.update(self.engine.doubles(table))
        return digest.hexdigest()


@final
@dataclass(eq=False, repr=False)
class StreamSource(Source):
    """Reads the file again every epoch, in another order each time.

    Args:
        engine: Whose arrays to make.
        stream: The file and its recipe.
        encode: Makes encoded targets of `(targets, inputs)`; see `encode_targets`.
        batch_size: The number of examples in a batch.
        dtype: The number kind of the inputs.
        seed: Where the orders come from.
        held_out: Whether to read the rows that are held out, in the order of the file.
        class_factors: What the weight of a row is multiplied with, by its class; 1 if left out.

    Raises:
        OptionError: If the batch size is not a whole number from 1 on.
    """

    engine: Engine
    stream: Stream
    encode: Callable[[Any, Any], Any]
    _: KW_ONLY
    batch_size: int
    dtype: str
    seed: int
    held_out: bool
    class_factors: Mapping[int, float] | None = None

    def __post_init__(self) -> None:
        require_whole("batch_size", self.batch_size)
        self.rows = self.stream.kept_back if self.held_out else self.stream.learned

    def batches(self, epoch: int) -> Iterator[tuple[Any, ...]]:
        """See `Source.batches`."""
        if self.held_out:
            parts = self.stream.in_order(self.batch_size, held_out=True)
        else:
            generator = Generator(self.seed).spawn(f"shuffle {epoch}")
            parts = self.stream.epoch(self.batch_size, generator)
        for part in parts:
            x = self.engine.asarray(part.x, shape=part.shape, dtype=self.dtype)
            y = self.engine.asarray(part.y, shape=part.y_shape)
            yield x, self.encode(y, x), *self._weights(part)

    def _weights(self, part: Examples) -> list[Any]:
        """How much each row counts, in an array, unless all count the same."""
        factors, weights = self.class_factors, part.weights
        if factors is not None and part.y is not None:
            own = weights or repeat(1.0)
            weights = array("d", [w * factors[int(c)] for c, w in zip(part.y, own, strict=False)])
        kind = self.engine.weight_dtype(self.dtype)
        return [] if weights is None else [self.engine.asarray(weights, dtype=kind)]

    @property
    def digest(self) -> str:
        """See `Source.digest`."""
        return f"{self.stream.digest} {self.class_factors or ''}".rstrip()
