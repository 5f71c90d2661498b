"""Every benchmark runs: one call of everything, in a process of its own, kept nowhere."""

import os

import pytest

from benchmarks.run import BENCHMARKS, RESULTS
from tests.processes import python

NEEDS = {
    "steps": ("numpy", "numba", "torch", "jax", "sklearn"),
    "fit": ("numpy", "numba", "torch", "jax", "sklearn"),
    "jax_step": ("jax",),
    "first_fit": ("numpy", "jax"),
    "microgpt": ("numpy",),
    "wide": ("jax",),
    "per_example": ("numpy", "torch", "jax"),
    "explanations": ("numpy",),
    "growth": ("numpy",),
    "memory": ("numpy", "torch", "jax"),
    "ledger": ("numpy",),
    "planted": ("numpy",),
    "taught": ("numpy",),
    "sklearn_estimators": ("numpy", "sklearn"),
    "tables": ("numpy", "pandas", "sklearn"),
}


def bench(*arguments, **environment):
    return python("-m", "benchmarks", *arguments, env={**os.environ, **environment}, timeout=None)


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.extra(*NEEDS.get(name, ()))) for name in BENCHMARKS],
)
def test_a_quick_run_prints_its_result_and_keeps_nothing(name):
    before = RESULTS.read_bytes()
    done = bench("--quick", name)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) > 1
    assert RESULTS.read_bytes() == before


def test_an_unknown_benchmark_is_refused_by_name():
    done = bench("stepps")
    assert done.returncode == 2
    assert "no benchmark is called 'stepps'; there are imports," in done.stdout


@pytest.mark.extra(*NEEDS["per_example"])
@pytest.mark.parametrize(("name", "status"), [("per_example", 0), ("jax_step", 1)])
def test_only_what_measures_a_gpu_computes_where_jax_is_told_to(name, status):
    done = bench("--quick", name, JAX_PLATFORMS="abacus")
    assert done.returncode == status
    assert ("'abacus'" in done.stderr) == bool(status)
