"""Batches of a file that does not fit in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, final

from chainrule.arrays.random import Generator
from chainrule.data import Examples, Stream
from chainrule.engines import Engine
from chainrule.train.options import require_whole
from chainrule.train.source import Source


@final
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

    Raises:
        OptionError: If the batch size is no whole number from 1 on.
    """

    def __init__(
        self,
        engine: Engine,
        stream: Stream,
        encode: Callable[[Any, Any], Any],
        *,
        batch_size: int,
        dtype: str = "float64",
        seed: int = 0,
        held_out: bool = False,
    ) -> None:
        require_whole("batch_size", batch_size)
        self.engine = engine
        self.stream = stream
        self.encode = encode
        self.batch_size = batch_size
        self.dtype = dtype
        self.seed = seed
        self.held_out = held_out
        self.rows = stream.kept_back if held_out else stream.learned

    def batches(self, epoch: int) -> Iterator[tuple[Any, ...]]:
        """See `Source.batches`."""
        for part in self._parts(epoch):
            x = self.engine.asarray(part.x, shape=part.shape, dtype=self.dtype)
            y = self.engine.asarray(part.y, shape=part.y_shape)
            yield x, self.encode(y, x)

    def _digest(self) -> str:
        return self.stream.digest

    def _parts(self, epoch: int) -> Iterator[Examples]:
        if self.held_out:
            return self.stream.in_order(self.batch_size, held_out=True)
        generator = Generator(self.seed).spawn(f"shuffle {epoch}")
        return self.stream.epoch(self.batch_size, generator)
