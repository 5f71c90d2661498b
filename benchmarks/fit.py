"""Whole trainings of the step benchmark's networks: `fit` beside its bare step, and beside others.

A training goes over its rows several times, in a new order each time, batch by batch, with Adam in
float32. All begin with the same NumPy arrays, and everything is timed but what is compiled at the
very first call: taking the arrays in, making batches, the step, history. Ours counts right answers
in every batch, too, which the loops of the others leave out.

Bare steps count and keep nothing. They are taken on one batch that stays in a cache, and once more
on all batches of an epoch as they lie ready in memory, which no training can but read.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

from benchmarks.networks import drawn, layers_of, name_of
from benchmarks.publish import READY, STEP
from benchmarks.steps import JAX, JAX_ENGINE, SKLEARN, first_weights, torch_parts
from benchmarks.timing import Result, Row, compare
from chainrule import Network
from chainrule.engines import choose_engine
from chainrule.engines.numpy import NumpyEngine
from chainrule.nn import LOSSES
from chainrule.train import Adam
from chainrule.train.step import initial_state, training_step


class Training(NamedTuple):
    """A task: sizes of the layers, rows of a batch, batches of an epoch, and epochs."""

    sizes: tuple[int, ...]
    batch: int
    batches: int
    epochs: int

    @property
    def steps(self) -> int:
        """In all epochs together."""
        return self.batches * self.epochs


TRAININGS = (
    Training((2, 16, 16, 2), 100, 200, 20),
    Training((64, 128, 64, 10), 32, 100, 10),
    Training((784, 128, 10), 64, 50, 4),
    Training((784, 512, 512, 10), 256, 20, 4),
)
QUICK = Training((2, 16, 16, 2), 100, 2, 1)


def run(*, quick: bool = False) -> Result:
    """Time all trainings in turn, network by network; microseconds are those of one step."""
    rows: list[Row] = []
    for training in (QUICK,) if quick else TRAININGS:
        contenders = _contenders(training)
        rows += compare(
            contenders,
            control="numpy engine",
            rounds=25,
            warm_up=1,
            repeats=dict.fromkeys(contenders, training.steps),
            group=name_of(training.sizes, training.batch),
            quick=quick,
        )
    return Result(
        "a step of a whole training in float32, batch in brackets", "numpy engine", tuple(rows)
    )


def _contenders(training: Training) -> dict[str, Callable[[], Any]]:
    x, y = drawn(training.sizes, training.batch * training.batches)
    engines: dict[str, Any] = {"numpy engine": NumpyEngine(accelerate=False)}
    if find_spec("numba"):
        engines["numpy engine, numba"] = NumpyEngine(accelerate=True)
    if find_spec("jax"):
        engines[JAX_ENGINE] = choose_engine("jax")
    contenders: dict[str, Callable[[], Any]] = {}
    ready = _batches(training, x, np.eye(training.sizes[-1], dtype="float32")[y])
    for name, engine in engines.items():
        contenders[name + STEP] = _bare(training, engine, ready[:1])
        contenders[name + READY] = _bare(training, engine, ready)
        contenders[name] = _fit(training, engine, x, y)
    if find_spec("jax"):
        contenders[JAX] = _jax(training, x, y)
    if find_spec("torch"):
        contenders["PyTorch, fused Adam"] = _torch(training, x, y)
    if find_spec("sklearn"):
        contenders[SKLEARN] = _sklearn(training, x, y)
    return contenders


def _batches(training: Training, *tables: Any) -> list[tuple[Any, ...]]:
    """Those of an epoch, unshuffled, each in memory of its own."""
    parts = [np.split(table, training.batches) for table in tables]
    return [tuple(part.copy() for part in batch) for batch in zip(*parts, strict=True)]


def _bare(training: Training, engine: Any, batches: list[tuple[Any, ...]]) -> Callable[[], None]:
    """As many steps as the training takes, over these batches again and again."""
    architecture = _network(training, engine).architecture
    step = training_step(architecture, LOSSES["cross_entropy"], Adam())
    compiled, layout = engine.compile(step, donate=(0,)), architecture.layout
    with engine.scope():
        flat = engine.asarray(first_weights(layout.size))
        state = engine.distribute(initial_state(Adam(), flat), layout)
        tables = [dict(zip("xt", map(engine.asarray, batch), strict=True)) for batch in batches]
        tables = [{**batch, "learning_rate": 0.001} for batch in tables]
        engine.place(tables[0])  # from the second time on, a rate may wait on the device
        placed = [engine.place(batch) for batch in tables]

    def take() -> None:
        nonlocal state
        with engine.scope():
            for _ in range(training.steps // len(placed)):
                for batch in placed:
                    state, results = compiled(state, batch)
            engine.as_float(results["loss"])  # waits for it, where steps are only handed over

    return take


def _network(training: Training, engine: Any) -> Network:
    return Network(layers_of(training.sizes), engine=engine, dtype="float32", seed=0)


def _fit(training: Training, engine: Any, x: Any, y: Any) -> Callable[[], Any]:
    net = _network(training, engine)
    options: dict[str, Any] = {"optimizer": "adam", "progress": False}
    return lambda: net.fit(x, y, epochs=training.epochs, batch_size=training.batch, **options)


def _torch(training: Training, x: Any, y: Any) -> Callable[[], Any]:
    """Tensors in memory, indexed batch by batch."""
    import torch

    net, optimizer, loss = torch_parts(training.sizes, fused=True)
    x, y = torch.from_numpy(x), torch.from_numpy(y)

    def train() -> list[float]:
        losses = []
        for _ in range(training.epochs):
            total = torch.zeros(())
            for rows in torch.randperm(len(x)).split(training.batch):
                optimizer.zero_grad()
                value = loss(net(x[rows]), y[rows])
                value.backward()
                optimizer.step()
                total += value.detach()
            losses.append(total.item() / training.batches)
        return losses

    return train


def _jax(training: Training, x: Any, y: Any) -> Callable[[], Any]:
    """Compiled steps on batches that another compiled function cuts out of the shuffled rows."""
    import jax
    import jax.numpy as jnp

    from benchmarks.jax_step import native_parts

    state, step = native_parts(training.sizes)
    stream = np.random.default_rng(1)

    @jax.jit
    def shuffled(tables: Any, order: Any) -> Any:
        return tuple(table[order].reshape(training.batches, training.batch, -1) for table in tables)

    @jax.jit
    def batch(tables: Any, number: Any) -> Any:
        return tuple(table[number] for table in tables)

    def train() -> list[float]:
        nonlocal state
        losses = []
        whole = jnp.asarray(x), jnp.eye(training.sizes[-1])[y]
        for _ in range(training.epochs):
            tables = shuffled(whole, stream.permutation(len(x)))
            values = []
            for number in range(training.batches):
                state, loss = step(state, *batch(tables, number))
                values.append(loss)
            losses.append(float(sum(jax.device_get(values))) / training.batches)
        return losses

    return train


def _sklearn(training: Training, x: Any, y: Any) -> Callable[[], Any]:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    warnings.simplefilter("ignore", ConvergenceWarning)  # so few epochs are not meant to converge
    epochs = {"max_iter": training.epochs, "n_iter_no_change": training.epochs + 1}
    options = {"solver": "adam", "alpha": 0, "batch_size": training.batch, **epochs}
    model = MLPClassifier(training.sizes[1:-1], **options)
    return lambda: model.fit(x, y)
