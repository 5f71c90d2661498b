"""The jax engine: a step is traced once and compiled by XLA, for a processor, a GPU or many."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import partial
from math import isfinite
from typing import Any, final

import jax
import jax.numpy as jnp

from chainrule.arrays import Generator
from chainrule.engines.engine import Batches, Engine, Step, Steps
from chainrule.engines.jax_cache import keep_compiled
from chainrule.engines.jax_loop import TableRows, rows_in_order, steps_in_a_loop, taken
from chainrule.engines.jax_mesh import RowMesh, filled_up
from chainrule.engines.numpy import NumpyEngine
from chainrule.errors import OptionError, ProcessLostError, missing
from chainrule.nn import Layout, ReadOnly

if jax.__version_info__ < (0, 10, 2):
    raise missing("JAX 0.10.2 or later", "jax", ImportError(f"{jax.__version__} is installed"))

_CUT_AT_ONCE = 4  # batches: a call takes longer than to cut
_SCRATCH = 32 << 20
"""Bytes that products take on a GPU beside arrays: of cuBLAS's manual, `cublasSetWorkspace`."""
_TRIED_OUT = "xla_gpu_enable_triton_gemm"
_computing = set[int]()  # processes: this one, or the one that it was forked from
_BROKEN_OFF = ("ABORTED", "CANCELLED", "DEADLINE_EXCEEDED", "INTERNAL", "UNAVAILABLE", "UNKNOWN")

jax.tree_util.register_pytree_node(
    ReadOnly,
    lambda named: (tuple(named.values()), tuple(named)),
    lambda names, values: ReadOnly(zip(names, values, strict=True)),
)


@final
class JaxEngine(Engine):
    """Runs on JAX arrays, on the device that JAX chooses.

    JAX holds 64-bit numbers only where it is told to. Here that is a matter of the running
    thread, and lasts as long as one call into this engine or one `scope`: the setting that the
    rest of the program sees is never changed.

    In bfloat16 the forward and backward passes are computed in bfloat16; weights and the memory of
    the optimizer stay in float32, where a change of one thousandth is not rounded away. In float32
    products are float32 throughout, as on the other engines: left to itself, JAX multiplies with 10
    bits of each number on the GPUs that are fast at it. Who wants that says so to JAX, by
    `JAX_DEFAULT_MATMUL_PRECISION=tensorfloat32`, and is heard.

    Args:
        mesh: The devices of all processes that train together; None for one process.

    Raises:
        OptionError: If JAX has no device to compute on.

    Example:
        >>> engine = JaxEngine()
        >>> engine.compile(lambda x: x * x)(engine.asarray([1.5, 3.0])).tolist()
        [2.25, 9.0]
    """

    name = "jax"
    dtypes = ("float64", "float32", "bfloat16")
    lag = 64
    at_once = 16
    work_at_once = 1 << 30

    def __init__(self, mesh: RowMesh | None = None) -> None:
        require_devices()
        keep_compiled()
        self.mesh = mesh
        if mesh is not None:
            self.processes, self.devices, self.leads = mesh.count, mesh.devices, mesh.index == 0
        self._host = NumpyEngine()
        self._rate: tuple[float | None, Any] = (None, None)
        self._filling: dict[tuple[int, int, Any], tuple[Any, Any]] = {}
        self._options = _compiler_options()
        self._cut = jax.jit(_cut, static_argnames=("size", "many"))

    def __reduce__(self) -> tuple[Any, ...]:
        """An engine of one process travels as its kind; what it has compiled stays behind."""
        if self.mesh is not None:
            raise TypeError("an engine of several processes belongs to the process that joined")
        return type(self), ()

    @property
    def xp(self) -> Any:
        """`jax.numpy`."""
        return jnp

    @property
    def hardware(self) -> str:
        """See `Engine.hardware`; what JAX chose, such as "cpu" or "1 × NVIDIA H100 80GB HBM3"."""
        device = jax.local_devices()[0]
        return "cpu" if device.platform == "cpu" else f"{self.devices} × {device.device_kind}"

    @property
    def memory(self) -> int | None:
        """See `Engine.memory`; a GPU has its own, of which its vendor's products take some."""
        stated = jax.local_devices()[0].memory_stats() or {}
        limit: int | None = stated.get("bytes_limit")
        return limit and max(limit - _SCRATCH, 1)

    def planned_bytes(self, step: Step, state: Any, batch: dict[str, Any]) -> int | None:
        """See `Engine.planned_bytes`; the first step finds compiled what is compiled here."""
        if self.mesh is not None:
            return None
        shapes = jax.tree.map(_described, batch, is_leaf=lambda node: isinstance(node, tuple))
        plan = None
        # On a GPU, XLA tries products out as it compiles them, and they may not fit.
        with suppress(MemoryError), self.scope():
            jitted = jax.jit(step, donate_argnums=(0,), compiler_options=self._options)
            plan = jitted.lower(state, shapes).compile().memory_analysis()
        if plan is None:
            return None
        kept = sum(leaf.nbytes for leaf in jax.tree.leaves(state) if isinstance(leaf, jax.Array))
        taken = plan.argument_size_in_bytes + plan.output_size_in_bytes - plan.alias_size_in_bytes
        return int(taken + plan.temp_size_in_bytes - kept)

    def scope(self) -> AbstractContextManager[Any]:
        """See `Engine.scope`: 64-bit numbers and whole products, in this thread, until it is left.

        Raises:
            MemoryError: When it is left because the memory of the device is used up.
            ProcessLostError: When it is left because the other processes cannot be reached.
        """
        # The call right after entering takes some microseconds longer: nobody enters twice.
        if self.mesh is None and _inside():
            return nullcontext()
        return _wide(together=self.mesh is not None)

    def asarray(self, values: Any, *, dtype: str | None = None, shape: Any = None) -> Any:
        """See `Engine.asarray`."""
        with self.scope():
            if not isinstance(values, jax.Array):
                values = self._host.asarray(values)
            elif not values.is_fully_addressable:
                values = jax.device_get(values)
            numbers = jnp.asarray(values, dtype=dtype)
            return numbers if shape is None else numbers.reshape(shape)

    def weight_dtype(self, dtype: str) -> str:
        """See `Engine.weight_dtype`."""
        return "float32" if dtype == "bfloat16" else dtype

    def sealed(self, array: Any) -> Any:
        """See `Engine.sealed`; JAX's own arrays never change, those for study might."""
        return self._host.sealed(array)

    def doubles(self, array: Any) -> Any:
        """See `Engine.doubles`."""
        return self._host.doubles(jax.device_get(array))

    def on_host(self, array: Any) -> Any:
        """See `Engine.on_host`: NumPy's, since single calls of JAX are slow."""
        return self._host.asarray(jax.device_get(array))

    def for_study(self, array: Any) -> Any:
        """See `Engine.for_study`."""
        return self._host.for_study(self.on_host(array))

    def compile(
        self, function: Callable[..., Any], *, donate: Sequence[int] = (), together: bool = False
    ) -> Callable[..., Any]:
        """See `Engine.compile`; a new shape compiles again and is kept."""
        more = {"out_shardings": self.mesh.alike} if self.mesh and together else {}
        if jax.config.jax_debug_nans or jax.config.jax_debug_infs:
            # JAX then keeps what is given away, and must not find what it compiled without.
            function = partial(_called, function)
        compiled = jax.jit(
            function, donate_argnums=tuple(donate), compiler_options=self._options, **more
        )

        def run(*arguments: Any) -> Any:
            if self.mesh is None and _inside():  # as `fit` calls it
                return compiled(*arguments)
            with self.scope():
                return compiled(*arguments)

        return run

    def in_turn(
        self, step: Step, compiled: Step, work: int, rows: int | None = None
    ) -> tuple[Steps, int]:
        """See `Engine.in_turn`; on a processor a call takes longer than a small step.

        So they are taken in a compiled loop, which is the same however few there are: a run that
        is taken step by step gives the same bits as a whole one. To enter it copies the state.
        """

        def alone(state: Any, batch: Any) -> Any:
            return compiled(state, self.gathered(batch))

        one_by_one, most = super().in_turn(step, alone, work, rows)
        if most == 1 or not self._loops:
            return one_by_one, most
        return steps_in_a_loop(step, self, rows, most, self._host.xp), most

    @property
    def _loops(self) -> bool:
        """Whether steps are taken in a loop: on one processor, where nobody looks for their NaN."""
        looks = jax.config.jax_debug_nans or jax.config.jax_debug_infs
        return not (looks or self.mesh) and jax.local_devices()[0].platform == "cpu"

    def whole(self, function: Callable[..., Any], *constants: Any) -> Callable[..., Any]:
        """See `Engine.whole`."""
        fixed = tuple(range(len(constants)))
        jitted = jax.jit(function, static_argnums=fixed, compiler_options=self._options)
        return partial(jitted, *constants)

    def split(self, layout: Layout, flat: Any) -> dict[str, Any]:
        """See `Engine.split`; one call, as everything here that takes arrays apart or together."""
        with self.scope():
            return dict(zip(layout.shapes, _split(layout, flat), strict=True))

    def as_float(self, number: Any) -> float:
        """See `Engine.as_float`; `float` takes JAX three times as long."""
        return float(number.item())

    def copy(self, state: Any) -> Any:
        """See `Engine.copy`."""
        with self.scope():
            return _copied(state)

    def distribute(self, state: Any, layout: Layout) -> Any:
        """See `Engine.distribute`; apart, since XLA would only copy what lies in one row."""
        with self.scope():
            apart = _copied_apart(layout, state)
            return apart if self.mesh is None else jax.device_put(apart, self.mesh.alike)

    def collect(self, state: Any, layout: Layout) -> Any:
        """See `Engine.collect`."""

        def join(apart: Any) -> Any:
            whole = isinstance(apart, tuple)
            return _join(layout, tuple(map(self.asarray, apart))) if whole else int(apart)

        with self.scope():
            return jax.tree.map(join, state, is_leaf=lambda node: isinstance(node, tuple))

    def look_at(self, state: Any, layout: Layout) -> Any:
        """See `Engine.look_at`."""
        return self.collect(state, layout)

    def surely_finite(self, state: Any) -> bool:
        """See `Engine.surely_finite`; one call for all arrays."""
        with self.scope():
            return isfinite(self.as_float(_total(state)))

    def place(self, batch: dict[str, Any], rows: int | None = None) -> dict[str, Any]:
        """See `Engine.place`; a batch of fewer rows is filled up, so that one shape compiles."""
        if self.mesh is not None:
            return self.mesh.share_out(batch, rows)
        if rows:
            batch = self._filled(batch, rows)
        rate = batch.get("learning_rate")
        return batch if rate is None else {**batch, "learning_rate": self._waiting(rate)}

    def _filled(self, batch: dict[str, Any], rows: int) -> dict[str, Any]:
        """A batch with a weight for every row, and copies of its first row, of weight 0, behind."""
        held, kind = batch["x"].shape[0], batch["x"].dtype
        if held == rows and "weights" in batch:
            return batch
        if (held, rows, kind) not in self._filling:
            numbers, ones = filled_up(self._host.xp, range(held), rows)
            with self.scope():
                weights = jnp.asarray(ones, jnp.promote_types(kind, jnp.float32))
            self._filling[held, rows, kind] = numbers, weights
        numbers, ones = self._filling[held, rows, kind]
        if held == rows:
            return {**batch, "weights": ones}
        with self.scope():
            batch = jax.tree.map(lambda leaf: _rows_of(leaf, numbers), batch)
            return {**batch, "weights": batch.get("weights", 1) * ones}

    def _waiting(self, rate: float) -> Any:
        """A learning rate that stays the same, as an array that waits on the device.

        To hand over a Python number costs more, and a small step feels it; to make an array costs
        more still, so a rate that changes is handed over as it is.
        """
        last, waiting = self._rate
        if rate != last:
            self._rate = rate, None
            return rate
        if waiting is None:
            with self.scope():
                waiting = jnp.asarray(rate)
            self._rate = rate, waiting
        return waiting

    def hand_out(self, data: bytes) -> bytes:
        """See `Engine.hand_out`."""
        if self.mesh is None:
            return data
        with self.scope():
            return self.mesh.hand_out(data)

    def random(self, generator: Generator, count: int, *, dtype: str | None = None) -> Any:
        """The next `count` numbers of the stream."""
        return self.asarray(self._host.random(generator, count), dtype=dtype)

    def permutation(self, generator: Generator, count: int) -> Any:
        """See `Engine.permutation`; sorted by NumPy, which is faster than XLA at it."""
        return self._host.permutation(generator, count)

    def rows(self, array: Any, numbers: Any) -> Any:
        """See `Engine.rows`; what will be shared out among processes lies on the host."""
        if self.mesh is not None:
            return self._host.rows(jax.device_get(array), self._host.asarray(numbers))
        with self.scope():
            return jnp.take(array, self._host.asarray(numbers), axis=0)

    def batches(self, arrays: Sequence[Any], size: int, order: Any = None) -> Batches:
        """See `Engine.batches`; one compiled call cuts some out of all arrays.

        What will be shared out among processes is cut on the host.
        """
        if self.mesh is not None:
            yield from super().batches(jax.device_get(tuple(arrays)), size, order)
            return
        count, start = arrays[0].shape[0], 0
        order = None if order is None else self.asarray(order)
        while start < count:
            many = _CUT_AT_ONCE if start + _CUT_AT_ONCE * size <= count else 1
            rows = min(size, count - start)
            with self.scope():
                batches = self._cut(tuple(arrays), order, start, size=rows, many=many)
            yield from batches
            start += many * size

    def step_batches(self, arrays: Sequence[Any], size: int, order: Any = None) -> Batches:
        """See `Engine.step_batches`."""
        if order is None or not self._loops:
            return self.batches(arrays, size, order)
        return rows_in_order(arrays, size, self._host.asarray(order))

    def gathered(self, batch: dict[str, Any]) -> dict[str, Any]:
        """See `Engine.gathered`."""
        with self.scope():
            return {
                name: _taken(column.table, column.numbers) if type(column) is TableRows else column
                for name, column in batch.items()
            }


_copied = jax.jit(partial(jax.tree.map, jnp.copy))  # in one call, where each array's takes long
_taken = jax.jit(taken)
_total = jax.jit(lambda state: sum(map(jnp.sum, jax.tree.leaves(state))))


@partial(jax.jit, static_argnums=0)
def _split(layout: Layout, flat: Any) -> tuple[Any, ...]:
    return tuple(layout.split(jnp, flat).values())


@partial(jax.jit, static_argnums=0)
def _copied_apart(layout: Layout, state: Any) -> Any:
    def part(whole: Any) -> Any:
        return jax.tree.map(jnp.copy, _split(layout, whole)) if jnp.ndim(whole) else whole

    return jax.tree.map(part, state)


@partial(jax.jit, static_argnums=0)
def _join(layout: Layout, arrays: tuple[Any, ...]) -> Any:
    flat = jnp.empty(layout.size, arrays[0].dtype)
    for place, part in zip(layout.slices.values(), arrays, strict=True):
        # XLA shares a concatenation out among threads, which a busy machine lets wait.
        flat = jax.lax.dynamic_update_slice(flat, part.reshape(-1), (place.start,))
    return flat


def _cut(arrays: tuple[Any, ...], order: Any, start: Any, size: int, many: int) -> tuple[Any, ...]:
    cut = jax.lax.dynamic_slice_in_dim
    if order is not None:
        order, start = cut(order, start, size * many), 0
        arrays = tuple(taken(array, order) for array in arrays)
    starts = [start + number * size for number in range(many)]
    return tuple(tuple(cut(array, first, size) for array in arrays) for first in starts)


def _rows_of(leaf: Any, numbers: Any) -> Any:
    """Those rows of an array; a number as it is. On the host, where no shape is compiled."""
    if type(leaf) is TableRows:
        return TableRows(leaf.table, leaf.numbers[numbers])
    if not getattr(leaf, "shape", ()):
        return leaf
    return jnp.asarray(jax.device_get(leaf)[numbers])


def _compiler_options() -> dict[str, bool] | None:
    """On a GPU, leave products to its vendor's library, unless `XLA_FLAGS` says otherwise.

    XLA would write kernels of its own for each, compile them in many forms and take the time of
    each: most of the first step's wait. Those that win then keep what stands beside a product from
    being computed along with its neighbours, and the whole step is no faster for them.
    """
    if jax.local_devices()[0].platform != "gpu" or _TRIED_OUT in os.environ.get("XLA_FLAGS", ""):
        return None
    return {_TRIED_OUT: False}


def _called(function: Callable[..., Any], *arguments: Any) -> Any:
    return function(*arguments)


def _described(leaf: Any) -> Any:
    """An array that is not there, from its shape and number kind; anything else as it is."""
    return jax.ShapeDtypeStruct(*leaf) if isinstance(leaf, tuple) else leaf


def _inside() -> bool:
    """Whether this thread is in a scope, or the whole program computes as in one."""
    return bool(jax.config.jax_enable_x64 and jax.config.jax_default_matmul_precision)


@contextmanager
def _wide(*, together: bool) -> Iterator[None]:
    _require_no_fork()
    precision = jax.config.jax_default_matmul_precision or "highest"
    try:
        with jax.enable_x64(True), jax.default_matmul_precision(precision):
            yield
    except (jax.errors.JaxRuntimeError, ValueError) as error:
        if "RESOURCE_EXHAUSTED" in str(error):
            raise MemoryError(first_line(error)) from error
        # An exchange between processes that breaks off says so in a plain ValueError, too.
        if together and str(error).startswith(_BROKEN_OFF):
            raise ProcessLostError(
                "another process of this training has stopped or cannot be reached, so this one "
                f"stops too ({first_line(error)}); a checkpoint stays as it was last written, and "
                "the same command with --resume goes on from there"
            ) from error
        raise


def require_devices() -> None:
    """Refuse a process that JAX has no device for.

    Raises:
        OptionError: If there is none, or this process was forked from one that computes on JAX.
    """
    _require_no_fork()
    try:
        jax.local_devices()
        _computing.add(os.getpid())
    except (RuntimeError, AssertionError) as error:
        asked = jax.config.jax_platforms
        said = f"JAX_PLATFORMS is {asked!r}, and JAX finds no such" if asked else "JAX finds no"
        why = f" ({first_line(error)})" if str(error) else ""
        raise OptionError(
            f"{said} device for this process{why}; install its package for that device, such as "
            "jax[cuda12], give each of several processes a GPU of its own, or set "
            "JAX_PLATFORMS=cpu to compute on processors"
        ) from None


def _require_no_fork() -> None:
    """Refuse what would wait forever: JAX's threads do not come along into a fork."""
    if _computing and os.getpid() not in _computing:
        raise OptionError(
            "this process was forked from one that computes on JAX, which cannot go on in it: "
            "start processes by multiprocessing's spawn, as joblib does, or take engine='numpy'"
        )


def first_line(error: BaseException) -> str:
    """What JAX says went wrong, without what it says it was doing when it did."""
    text = str(error) or type(error).__name__
    return text.splitlines()[0].replace("Error dispatching computation: ", "")
