"""The jax engine: a step is traced once and compiled by XLA, for a processor, a GPU or many."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, final

import jax
import jax.numpy as jnp

from chainrule.arrays.random import Generator
from chainrule.engines.engine import Engine
from chainrule.engines.numpy import NumpyEngine


@final
class JaxEngine(Engine):
    """Runs on JAX arrays, on the device that JAX chooses.

    JAX holds 64-bit numbers only where it is told to. Here that is a matter of the running
    thread, and lasts as long as one call into this engine or one `scope`: the setting that the
    rest of the program sees is never changed.

    In bfloat16 the forward and backward passes are computed in bfloat16; weights and the memory of
    the optimizer stay in float32, where a change of one thousandth is not rounded away.

    Example:
        >>> engine = JaxEngine()
        >>> engine.compile(lambda x: x * x)(engine.asarray([1.5, 3.0])).tolist()
        [2.25, 9.0]
    """

    name = "jax"
    dtypes = ("float64", "float32", "bfloat16")
    lag = 64

    def __init__(self) -> None:
        self._host = NumpyEngine()
        self._slice_batch = jax.jit(_slice_batch, static_argnames="size")

    @property
    def xp(self) -> Any:
        """`jax.numpy`."""
        return jnp

    def scope(self) -> AbstractContextManager[Any]:
        """See `Engine.scope`: 64-bit numbers, in this thread, until it is left."""
        entered: AbstractContextManager[Any] = jax.enable_x64(True)
        return entered

    def asarray(self, values: Any, *, dtype: str | None = None, shape: Any = None) -> Any:
        """See `Engine.asarray`."""
        with self.scope():
            if not isinstance(values, jax.Array):
                values = self._host.asarray(values)
            made = jnp.asarray(values, dtype=dtype)
            return made if shape is None else made.reshape(shape)

    def weight_dtype(self, dtype: str) -> str:
        """See `Engine.weight_dtype`."""
        return "float32" if dtype == "bfloat16" else dtype

    def for_study(self, array: Any) -> Any:
        """See `Engine.for_study`: NumPy's, since single calls of JAX are slow."""
        return self._host.asarray(array, dtype="float64")

    def compile(
        self, function: Callable[..., Any], *, donate: Sequence[int] = ()
    ) -> Callable[..., Any]:
        """See `Engine.compile`; a new shape compiles again and is kept."""
        compiled = jax.jit(function, donate_argnums=tuple(donate))

        def run(*arguments: Any) -> Any:
            with self.scope():
                return compiled(*arguments)

        return run

    def concat(self, parts: Sequence[Any]) -> Any:
        """See `Engine.concat`; written part by part.

        On a processor XLA would otherwise merge the sums that a bias gradient is into the loop
        over all entries, and take each of them again for every entry.
        """
        row = jnp.zeros(sum(part.size for part in parts), parts[0].dtype)
        start = 0
        for part in parts:
            row = jax.lax.dynamic_update_slice(row, part, (start,))
            start += part.size
        return row

    def copy(self, state: Any) -> Any:
        """See `Engine.copy`."""
        with self.scope():
            return jax.tree.map(partial(jnp.array, copy=True), state)

    def random(self, generator: Generator, count: int, *, dtype: str | None = None) -> Any:
        """The next `count` numbers of the stream."""
        return self.asarray(self._host.random(generator, count), dtype=dtype)

    def permutation(self, generator: Generator, count: int) -> Any:
        """See `Engine.permutation`; sorted by NumPy, which is faster than XLA at it."""
        return self._host.permutation(generator, count)

    def rows(self, array: Any, numbers: Any) -> Any:
        """See `Engine.rows`."""
        with self.scope():
            return jnp.take(array, self._host.asarray(numbers), axis=0)

    def batches(self, arrays: Sequence[Any], size: int) -> Iterator[tuple[Any, ...]]:
        """See `Engine.batches`; one compiled call cuts a batch out of all arrays."""
        count = arrays[0].shape[0]
        for start in range(0, count, size):
            with self.scope():
                batch = self._slice_batch(tuple(arrays), start, size=min(size, count - start))
            yield batch


def _slice_batch(arrays: tuple[Any, ...], start: Any, size: int) -> tuple[Any, ...]:
    return tuple(jax.lax.dynamic_slice_in_dim(array, start, size) for array in arrays)
