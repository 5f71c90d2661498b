"""The names of the engines that a test runs on; those that stand on a library bear its mark."""

import pytest

NUMPY, JAX = (pytest.param(name, marks=pytest.mark.extra(name)) for name in ("numpy", "jax"))
ENGINES = ["python", NUMPY, JAX]
