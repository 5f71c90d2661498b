"""What a training step needs in memory, and that 100,000 steps need no more than the first."""

from __future__ import annotations

import gc
import resource
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from functools import partial
from importlib.util import find_spec
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks import growth, jax_step, steps
from benchmarks.networks import Sizes, name_of
from benchmarks.timing import Result
from chainrule.engines.numpy import NumpyEngine
from chainrule.model import Network
from chainrule.nn import Dense
from chainrule.train import Watcher

STEPS, WARM_UP = 100_000, 2_000
MEGABYTE = 1e6


def run(*, quick: bool = False) -> Result:
    """Take steps in fresh processes and look at their memory."""
    figures: dict[str, Any] = {}
    for sizes, batch, _ in steps.NETWORKS[:1] if quick else steps.NETWORKS:
        figures[name_of(sizes, batch)] = _needs(sizes, batch)
    count = WARM_UP if quick else STEPS
    long_runs = {
        "python engine": partial(_growth, _python_steps),
        "numpy engine, fit": partial(_growth, _fitted_steps),
    }
    if find_spec("jax"):
        long_runs["jax engine, in one fit with its history"] = _growth_in_one_run
    for what, look in long_runs.items():
        figures[f"{count:,} more steps, {what}"] = _in_a_fresh_process(look, count)
    notes = (
        "state: weights and the optimizer's memory; buffers: what the numpy engine works in",
        "peaks: what the process gained over its libraries; all in megabytes",
        "long runs: what they left in the process, and Python's live memory blocks",
    )
    return Result("memory of one Adam step in float32", "", notes=notes, figures=figures)


def _needs(sizes: Sizes, batch: int) -> dict[str, float]:
    weights = sum((inputs + 1) * outputs for inputs, outputs in pairwise(sizes))
    found = {
        "state": 3 * 4 * weights / MEGABYTE,
        "buffers": steps.numpy_program(sizes, batch).memory / MEGABYTE,
    }
    makers = {"numpy engine": "numpy", "PyTorch": "torch", "JAX": "jax"}
    for name, library in makers.items():
        if find_spec(library):
            found[f"peak, {name}"] = _in_a_fresh_process(_peak, name, sizes, batch)
    return {what: round(amount, 3) for what, amount in found.items()}


def _in_a_fresh_process(function: Callable[..., Any], *arguments: Any) -> Any:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def _peak(name: str, sizes: Sizes, batch: int) -> float:
    """The megabytes that a process gains over its libraries at the peak of fifty steps.

    A small step is taken first, and one before the peak is looked for: what loading a library and
    compiling a step cost for a moment is not what steps cost.
    """
    _step(name, steps.NETWORKS[0][0], 1)()
    before = _resident_bytes()
    take = _step(name, sizes, batch)
    take()
    _forget_peak()
    for _ in range(50):
        take()
    return (_peak_bytes() - before) / MEGABYTE


def _step(name: str, sizes: Sizes, batch: int) -> Callable[[], Any]:
    if name == "numpy engine":
        return steps.numpy_step(sizes, batch, accelerate=False)
    if name == "PyTorch":
        return steps.torch_step(sizes, batch)
    return jax_step.native_steps(sizes, *jax_step.batch_of(sizes, batch), 1)


def _forget_peak() -> None:
    """Begin the peak anew, where the system can."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak_bytes() -> int:
    """The most that the process has held."""
    try:
        status = Path("/proc/self/status").read_text()
        return 1024 * int(status.partition("VmHWM:")[2].split()[0])
    except (OSError, IndexError):
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else 1024 * most


def _growth(begin: Callable[[], Callable[[int], Any]], count: int) -> dict[str, float]:
    """What many more steps of a training leave behind after some have been taken."""
    train = begin()
    train(WARM_UP)
    before, blocks = _resident_bytes(), _blocks()
    train(count)
    train(WARM_UP)  # what is kept of the last run is as long as it was
    return {
        "megabytes": round((_resident_bytes() - before) / MEGABYTE, 3),
        "blocks": _blocks() - blocks,
    }


def _blocks() -> int:
    gc.collect()
    return sys.getallocatedblocks()


def _resident_bytes() -> int:
    """What the process holds now; where the system does not tell, the most it ever held."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return _peak_bytes()
    return pages * resource.getpagesize()


def _repeat(step: Callable[[], Any], count: int) -> None:
    for _ in range(count):
        step()


def _python_steps() -> Callable[[int], Any]:
    return partial(_repeat, growth.step_of("python", growth.Task(1, 2, 1)))


def _fitted_steps() -> Callable[[int], Any]:
    return _fit_on(NumpyEngine(accelerate=False))


def _fit_on(engine: Any, *watchers: Watcher) -> Callable[[int], Any]:
    """Steps as `fit` takes them, a hundred in an epoch."""
    net = Network([Dense(2, 8, "relu"), Dense(8, 2, "softmax")], engine=engine)
    x = [[(row % 7) / 7, (row % 11) / 11] for row in range(1000)]
    y = [row % 2 for row in range(1000)]
    options = {"batch_size": 10, "progress": False, "watchers": watchers}
    return lambda count: net.fit(x, y, epochs=count // 100, **options)


def _growth_in_one_run(count: int) -> dict[str, float]:
    """What the steps of one run leave; JAX compiles at every `fit`, into memory that it keeps."""
    look = _Look()
    _fit_on("jax", look)(WARM_UP + count)
    return {"megabytes": round((_resident_bytes() - look.before) / MEGABYTE, 3)}


class _Look(Watcher):
    """Remembers what the process held when the steps of the warm-up were taken."""

    def epoch(self, run: Any, record: Any) -> None:
        if record.epoch == WARM_UP // 100:
            self.before = _resident_bytes()
