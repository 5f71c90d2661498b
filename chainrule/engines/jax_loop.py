"""Several steps in one call of JAX, each of which takes its rows out of their tables itself.

To hand a step over to XLA takes longer than a small step, and to copy its rows beforehand is felt
by a larger one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, NamedTuple, cast, final
from weakref import WeakKeyDictionary, ref

import jax
import jax.numpy as jnp

from chainrule.engines.engine import Batches, Engine, Step, Steps


@final
class TableRows:
    """Rows of a table that are taken out where they are used.

    Args:
        table: The table.
        numbers: Which rows, as an array of the host's.
    """

    __slots__ = ("numbers", "table")

    def __init__(self, table: Any, numbers: Any) -> None:
        self.table = table
        self.numbers = numbers

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the rows together."""
        return (*self.numbers.shape, *self.table.shape[1:])

    @property
    def dtype(self) -> Any:
        """The table's."""
        return self.table.dtype


def rows_in_order(arrays: Sequence[Any], size: int, order: Any) -> Batches:
    """The batches of tables whose rows come in an order; of single numbers, such as weights, too.

    Args:
        arrays: The tables, all of as many rows.
        size: The rows of a batch.
        order: Their numbers, an array of the host's.
    """
    for start in range(0, len(order), size):
        numbers = order[start : start + size]
        yield tuple(
            TableRows(array, numbers) if len(array.shape) > 1 else jax.device_get(array)[numbers]
            for array in arrays
        )


def taken(table: Any, numbers: Any) -> Any:
    """The rows of a table with these numbers."""
    return jnp.take(table, numbers, axis=0, mode="clip")


_loops: WeakKeyDictionary[Step, Callable[..., Any]] = WeakKeyDictionary()

_FEW = 1 << 18  # numbers: so few are quicker to take out together, before the steps


def steps_in_a_loop(step: Step, engine: Engine, rows: int | None, most: int, host: Any) -> Steps:
    """A way to take a step with one batch after the other, as `Engine.in_turn` gives it.

    Args:
        step: The step.
        engine: What compiles it, and places batches.
        rows: As `Engine.place` takes it.
        most: How many batches there are at most.
        host: The namespace of the arrays that row numbers lie in.
    """
    loop = engine.compile(_loops.setdefault(step, _loop_of(step)), donate=(0,))

    def steps(state: Any, batches: Sequence[Any]) -> tuple[Any, list[dict[str, Any]]]:
        placed = [engine.place(batch, rows) for batch in batches]
        count = len(placed)
        placed += placed[-1:] * (most - count)
        tables = {name: x.table for name, x in placed[0].items() if type(x) is TableRows}
        numbers = host.stack([batch["x"].numbers for batch in placed]) if tables else None
        rest = tuple({n: x for n, x in batch.items() if n not in tables} for batch in placed)
        state, results = loop(state, (tables, numbers, rest), count)
        read = {name: _Column(numbers) for name, numbers in results.items()}
        return state, [{name: _Entry(c, n) for name, c in read.items()} for n in range(count)]

    return steps


def _loop_of(step: Step) -> Callable[..., Any]:
    """A function that takes the first `count` of several steps."""
    kept = ref(step)  # what belongs to a step in `_loops` must not keep it

    def loop(state: Any, batches: tuple[Any, Any, tuple[Any, ...]], count: Any) -> Any:
        tables, numbers, others = batches
        step = jax.jit(cast(Step, kept()), inline=True)  # traced once, for its kinds and the loop
        rest = jax.tree.map(lambda *leaves: jnp.stack([*map(jnp.asarray, leaves)]), *others)
        small = (name for name, x in tables.items() if numbers.size * x.shape[1] < _FEW)
        early = {name: taken(tables[name], numbers) for name in small}

        def batch(number: Any) -> Any:
            picked = {n: taken(x, numbers[number]) for n, x in tables.items() if n not in early}
            return {**jax.tree.map(lambda leaves: leaves[number], {**rest, **early}), **picked}

        def take(number: Any, before: tuple[Any, Any]) -> tuple[Any, Any]:
            state, results = step(before[0], batch(number))
            return state, jax.tree.map(lambda to, x: to.at[number].set(x), before[1], results)

        kinds = jax.eval_shape(step, state, batch(0))[1]
        empty = jax.tree.map(lambda kind: jnp.zeros(len(others), kind.dtype), kinds)
        return jax.lax.fori_loop(0, count, take, (state, empty))

    return loop


class _Column:
    """What the steps of a loop gave under one name, waited for when it is read."""

    def __init__(self, numbers: Any) -> None:
        self._numbers = numbers

    @cached_property
    def read(self) -> list[float]:
        numbers: list[float] = jax.device_get(self._numbers).tolist()
        return numbers


class _Entry(NamedTuple):
    column: _Column
    number: int

    def item(self) -> float:
        return self.column.read[self.number]
