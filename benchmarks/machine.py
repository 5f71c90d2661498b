"""What the figures are taken on: two cores for everyone, and the versions of all who take part."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

CORES = 2
PEERS = ("numpy", "numba", "torch", "jax", "scikit-learn", "micrograd")
POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
"""What libraries read, as they are loaded, for the number of their threads."""


def hold_to_cores(cores: int = CORES) -> None:
    """Give this process and those that it starts the same few cores, and a thread for each.

    It is called before any library is loaded that keeps threads.
    """
    if hasattr(os, "sched_setaffinity"):
        free = sorted(os.sched_getaffinity(0))[:cores]
        os.sched_setaffinity(0, free)
        cores = len(free)
    for name in POOLS:
        os.environ[name] = str(cores)


def release_cores_beside_a_gpu() -> None:
    """Give this process all cores again where JAX finds a GPU, whose compiler takes what it gets.

    It is called before JAX is loaded, which counts them as it starts; another process looks.
    """
    look = [sys.executable, "-c", "import jax; print(jax.devices()[0].platform)"]
    found = subprocess.run(look, capture_output=True, check=False, text=True).stdout
    if found.strip() == "gpu" and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, range(os.cpu_count() or 1))


def describe() -> dict[str, str]:
    """Processor, GPU if JAX took one, cores, system, and the version of all that takes part."""
    found = {
        "processor": _processor(),
        **_gpu(),
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else "?"),
        "threads": os.environ.get(POOLS[0], "as many as each library likes"),
        "system": f"{platform.system()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }
    for package in ("chainrule", *PEERS):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or "unknown")


def _gpu() -> dict[str, str]:
    """The GPU that JAX computes on, if this process has loaded it."""
    if "jax" not in sys.modules:
        return {}
    device = sys.modules["jax"].devices()[0]
    return {"gpu": device.device_kind} if device.platform == "gpu" else {}
