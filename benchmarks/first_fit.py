"""How long the jax engine keeps one waiting in a new program: first fit, first explanations.

The programs start with an empty cache of compiled functions, and then once more with what the last
one left there. Beside them, the same first steps written natively in JAX, which keeps nothing. Not
counted is what JAX itself takes to be loaded and to find its device.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import jax

from benchmarks.jax_step import NATIVE, batch_of, native_parts, whole_products
from benchmarks.networks import Sizes, layers_of, name_of
from benchmarks.timing import Result, Row, row_of
from chainrule import Network, check_gradients
from chainrule.engines import choose_engine

SIZES, BATCH, ROWS = (784, 512, 512, 10), 256, 10_100
SMALL, FEW = (64, 128, 64, 10), 64
"""Of the network and the rows that explanations are asked for."""
FIRST_STEP = "first step, written natively"
ROUNDS = 3


def run(*, quick: bool = False) -> Result:
    """Start programs in turn, each of which times what it calls first.

    This process asks for no device before they are done: it would take the memory that they need.
    """
    spent: dict[str, list[float]] = {}
    for _ in range(1 if quick else ROUNDS):
        with TemporaryDirectory() as folder:
            programs = {
                "": _program("native", folder, quick, keep=False),
                ", empty cache": _program("ours", folder, quick),
                ", second program": _program("ours", folder, quick),
            }
        for when, measured in programs.items():
            for name, seconds in measured.items():
                spent.setdefault(name + when, []).append(seconds)
    rows = tuple(_row(name, seconds, spent[FIRST_STEP]) for name, seconds in spent.items())
    network, device = name_of(SIZES, BATCH), jax.devices()[0].device_kind
    title = f"first calls in a new program, {network}, on {device}"
    return Result(title, NATIVE, rows, (f"explanations: {name_of(SMALL)}, {FEW} rows",))


def _row(name: str, seconds: list[float], control: list[float]) -> Row:
    who = NATIVE if name == FIRST_STEP else "chainrule"
    return row_of(who, seconds, control, group=name)


def _program(whose: str, folder: str, quick: bool, *, keep: bool = True) -> Mapping[str, float]:
    """The seconds that a new program prints, by what it did in them."""
    cache = {"XDG_CACHE_HOME": folder, "JAX_ENABLE_COMPILATION_CACHE": str(keep).lower()}
    command = [sys.executable, "-m", "benchmarks.first_fit", whose, *(["quick"] if quick else [])]
    done = subprocess.run(
        command, env={**os.environ, **cache}, capture_output=True, check=True, text=True
    )
    measured: Mapping[str, float] = json.loads(done.stdout)
    return measured


def main(whose: str, sizes: Sizes, rows: int) -> None:
    """Be the new program: call, and print the seconds."""
    engine = choose_engine("jax")  # loads JAX and finds its device
    jax.block_until_ready(jax.numpy.zeros(()) + 1)
    calls = _native(sizes) if whose == "native" else _ours(engine, sizes, rows)
    measured = {}
    for name, call in calls.items():
        began = perf_counter()
        call()
        measured[name] = perf_counter() - began
    print(json.dumps(measured))


def _ours(engine: Any, sizes: Sizes, rows: int) -> dict[str, Callable[[], Any]]:
    net, (x, t) = _network(engine, sizes), batch_of(sizes, rows)
    small, (few, wanted) = _network(engine, SMALL), batch_of(SMALL, FEW)
    classes = [row.index(max(row)) for row in wanted.tolist()]
    options: dict[str, Any] = {"epochs": 1, "batch_size": BATCH, "progress": False}
    return {
        "first fit": lambda: net.fit(x, t.argmax(axis=1), **options),
        "per-example gradients": lambda: small.per_example_gradients(few, classes),
        "check": lambda: check_gradients(small, few, classes),
        "ledger of a short fit": lambda: small.fit(few, classes, ledger=True, **options),
    }


def _network(engine: Any, sizes: Sizes) -> Network:
    return Network(layers_of(sizes), engine=engine, dtype="float32", seed=0)


def _native(sizes: Sizes) -> dict[str, Callable[[], Any]]:
    state, step = native_parts(sizes)
    x, t = batch_of(sizes, BATCH)

    def take() -> None:
        with whole_products():
            jax.block_until_ready(step(state, x, t))

    return {FIRST_STEP: take}


if __name__ == "__main__":
    quick = sys.argv[2:] == ["quick"]
    main(sys.argv[1], SMALL if quick else SIZES, FEW if quick else ROWS)
