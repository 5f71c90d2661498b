"""How the cost of one Adam step grows with rows, width and depth, on two engines.

The networks are square: `depth` layers of `width` neurons with `width` inputs, so that a step takes
about `3 · rows · width² · depth` multiplications. An exponent is fitted by least squares to the
logarithms over the upper decade of each sweep, where the work outweighs what a call costs whatever
its size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log
from statistics import linear_regression
from typing import Any, NamedTuple

from benchmarks.networks import again_and_again
from benchmarks.timing import Result, Row, compare, peak_bytes
from chainrule.arrays.random import Generator
from chainrule.engines.engine import PythonEngine
from chainrule.engines.numpy import NumpyEngine
from chainrule.nn import LOSSES, Architecture, Dense
from chainrule.train import Adam
from chainrule.train.step import initial_state, training_step

DTYPES = {"python": "float64", "numpy": "float32"}
ENGINES: dict[str, Callable[[], Any]] = {
    "python": PythonEngine,
    "numpy": lambda: NumpyEngine(accelerate=False),
}


class Task(NamedTuple):
    """What a step has to do."""

    rows: int
    width: int
    depth: int


MIDDLES = {"python": Task(32, 16, 2), "numpy": Task(256, 128, 2)}
"""What is held while one of the three is varied."""

SWEEPS = {
    "python": {"rows": (4, 512), "width": (4, 128), "depth": (1, 32)},
    "numpy": {"rows": (16, 8192), "width": (16, 1024), "depth": (1, 32)},
}
"""The least and the most of each, doubled on the way."""


def run(*, quick: bool = False) -> Result:
    """Vary each of the three on both engines."""
    rows: list[Row] = []
    figures: dict[str, Any] = {}
    for engine, sweeps in SWEEPS.items():
        for name, (least, most) in sweeps.items():
            group = f"{engine} engine, {name}"
            values = _doubled(least, 2 * least if quick else most)
            tasks = [MIDDLES[engine]._replace(**{name: value}) for value in values]
            found = _times(engine, tasks, group, quick=quick)
            rows += found
            needed = [_memory(engine, task) for task in tasks]
            figures[group] = {
                "time": exponent(values, [row.ratio for row in found]),
                "memory": exponent(values, needed),
                "from": next(value for value in values if 10 * value >= values[-1]),
                "to": values[-1],
                "bytes": needed,
            }
    notes = ("bytes: what a step takes as it runs; on the python engine with the new weights",)
    return Result("growth of one Adam step", "the smallest of each", tuple(rows), notes, figures)


def _doubled(least: int, most: int) -> list[int]:
    found = [least]
    while 2 * found[-1] <= most:
        found.append(2 * found[-1])
    return found


def exponent(values: list[int], costs: Sequence[float]) -> float:
    """The slope of log cost over log amount, in the upper decade.

    Example:
        >>> exponent([1, 10, 20, 100], [9.0, 3 * 10.0**2, 3 * 20.0**2, 3 * 100.0**2])
        2.0
    """
    upper = [(log(v), log(c)) for v, c in zip(values, costs, strict=True) if 10 * v >= values[-1]]
    return round(linear_regression(*zip(*upper, strict=True)).slope, 3)


def _times(engine: str, tasks: list[Task], group: str, *, quick: bool) -> tuple[Row, ...]:
    contenders = {"x".join(map(str, task)): step_of(engine, task) for task in tasks}
    return compare(
        contenders,
        control=next(iter(contenders)),
        rounds=25,
        seconds=8,
        warm_up=1,
        group=group,
        quick=quick,
    )


def step_of(engine_name: str, task: Task) -> Callable[[], Any]:
    """A step to take again and again."""
    engine, function, state, batch = _parts(engine_name, task)
    return again_and_again(engine.compile(function, donate=(0,)), state, batch)


def _parts(name: str, task: Task) -> tuple[Any, Any, Any, dict[str, Any]]:
    engine, width = ENGINES[name](), task.width
    hidden = [Dense(width, width, "relu") for _ in range(task.depth - 1)]
    architecture = Architecture([*hidden, Dense(width, width)])
    numbers = Generator(1).random(task.rows * width)
    x = engine.asarray(numbers, dtype=DTYPES[name], shape=(task.rows, width))
    weights = {key: engine.asarray(w.tolist()) for key, w in architecture.initial(0).items()}
    flat = engine.asarray(architecture.layout.join(engine.xp, weights), dtype=DTYPES[name])
    function = training_step(architecture, LOSSES["mean_squared_error"], Adam())
    batch = {"x": x, "t": x, "learning_rate": 0.001}
    return engine, function, initial_state(Adam(), flat), batch


def _memory(name: str, task: Task) -> int:
    """The bytes that a step takes on its way."""
    engine, function, state, batch = _parts(name, task)
    if name == "numpy":
        return int(engine.program(function, state, batch, donate=(0,)).memory)
    function(state, batch)
    return peak_bytes(lambda: function(state, batch))
