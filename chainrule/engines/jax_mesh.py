"""The devices of all processes that train together, and how a batch is shared out among them.

Every process runs the same program over the same batches. Of a batch of rows, process `p` of `P`
gives its devices rows `p, p + P, ...`; weights lie on every device alike. XLA sees one array of all
rows and one mean over them, and puts the sums over processes where they are needed.
"""

from __future__ import annotations

from typing import Any, final

import jax
import jax.numpy as jnp
from jax.experimental import multihost_utils
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from chainrule.engines.numpy import NumpyEngine

_ROWS = "rows"


@final
class RowMesh:
    """All devices in a row, those of process 0 first.

    Attributes:
        index: Which of the processes this is, from 0.
        count: How many there are.
        devices: How many devices they have together.
        alike: The placement of what lies on every device alike.
    """

    def __init__(self) -> None:
        self.index: int = jax.process_index()
        self.count: int = jax.process_count()
        self.devices: int = jax.device_count()
        self._host = NumpyEngine()
        self._devices_here = jax.local_device_count()
        self._weights: dict[tuple[int, int | None, Any], Any] = {}
        mesh = Mesh(jax.devices(), (_ROWS,))
        self.alike = NamedSharding(mesh, PartitionSpec())
        self._by_rows = NamedSharding(mesh, PartitionSpec(_ROWS))

    def share_out(self, batch: dict[str, Any], even: int | None) -> dict[str, Any]:
        """The batch as arrays over all devices, with a weight for every row and their sum.

        Where the rows do not divide evenly, some devices get a row more than there is for them: a
        copy of the first one, of weight 0.

        Args:
            batch: The whole batch; every array in it has a row per example.
            even: How many rows it gets in all, if it has fewer.
        """
        rows = batch["x"].shape[0]
        room = -(-(even or rows) // self.count)
        room += -room % self._devices_here
        mine, ones = filled_up(self._host.xp, range(self.index, rows, self.count), room)
        placed = jax.tree.map(lambda leaf: self._place(leaf, mine), batch)
        kind = jnp.promote_types(batch["x"].dtype, jnp.float32)
        key = rows, even, kind
        if key not in self._weights:
            self._weights[key] = self._join(jnp.asarray(ones, kind))
        own = batch.get("weights")
        total = float(rows if own is None else jax.device_get(own).sum())
        weights = placed.get("weights", 1) * self._weights[key]
        return {**placed, "weights": weights, "rows": total}

    def _place(self, leaf: Any, mine: Any) -> Any:
        if not getattr(leaf, "shape", ()):
            return leaf
        return self._join(jax.device_get(leaf)[mine])

    def _join(self, rows: Any) -> Any:
        return jax.make_array_from_process_local_data(self._by_rows, rows)

    def connect(self) -> None:
        """Let every device meet every other, as the first step would."""
        ones = self._join(jnp.ones(self._devices_here))
        jax.block_until_ready(jax.jit(jnp.sum, out_shardings=self.alike)(ones))

    def hand_out(self, data: bytes) -> bytes:
        """The bytes that process 0 gave, on every process; in a scope of 64-bit numbers."""
        length = int(multihost_utils.broadcast_one_to_all(jnp.asarray(len(data), jnp.int64)))
        if self.index == 0:
            sent = jnp.frombuffer(data, jnp.uint8) if length else jnp.zeros(0, jnp.uint8)
        else:
            sent = jnp.zeros(length, jnp.uint8)
        return bytes(jax.device_get(multihost_utils.broadcast_one_to_all(sent))) if length else b""


def filled_up(xp: Any, rows: range, room: int) -> tuple[Any, Any]:
    """So many numbers, the first row's in place of those that lack, and the weight of each."""
    counts = xp.arange(room) < len(rows)
    return xp.where(counts, rows.start + rows.step * xp.arange(room), 0), counts * 1.0
