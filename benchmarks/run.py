"""Run a benchmark by itself, and keep what it found."""

from __future__ import annotations

import json
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path

from benchmarks.machine import describe, release_cores_beside_a_gpu
from benchmarks.timing import Result

BENCHMARKS = (
    "imports",
    "moons",
    "steps",
    "fit",
    "jax_step",
    "first_fit",
    "microgpt",
    "wide",
    "per_example",
    "explanations",
    "growth",
    "memory",
    "ledger",
    "planted",
    "taught",
    "tables",
    "sklearn_estimators",
)
TAKE_A_GPU = ("jax_step", "first_fit", "wide")
"""Those that JAX may run on a GPU; the others set JAX beside what has only the processor."""
RESULTS = Path(__file__).with_name("results.json")


def run_alone(name: str, *, quick: bool) -> tuple[Result, dict[str, str]]:
    """Run one benchmark in a process of its own, which others' threads and memory cannot trouble.

    Args:
        name: Which.
        quick: One call of everything, to see that it runs.

    Returns:
        What it found, and the machine's data.
    """
    choose = release_cores_beside_a_gpu if name in TAKE_A_GPU else _keep_to_the_processor
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=choose) as pool:
        return pool.submit(run, name, quick=quick).result()


def _keep_to_the_processor() -> None:
    os.environ["JAX_PLATFORMS"] = "cpu"


def run(name: str, *, quick: bool) -> tuple[Result, dict[str, str]]:
    """Run one benchmark here."""
    found: Result = import_module(f"benchmarks.{name}").run(quick=quick)
    return found, describe()


def keep(name: str, result: Result, machine: dict[str, str]) -> None:
    """Put a result into the file, in place of the one that was there, with the machine's data.

    What a GPU gave stands beside what the processor gave.
    """
    kept = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    key = f"{name} on {machine['gpu']}" if "gpu" in machine else name
    kept[key] = {**asdict(result), "machine": machine}
    keys = sorted(kept, key=lambda key: " on " in key)  # the processor's before a GPU's
    ordered = {
        key: kept[key] for name in BENCHMARKS for key in keys if key.split(" on ")[0] == name
    }
    RESULTS.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", "utf-8")
