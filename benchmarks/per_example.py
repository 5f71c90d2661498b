"""Every example's own gradient, and its length, beside `vmap(grad)` of the frameworks."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.networks import Sizes, drawn, layers_of, name_of
from benchmarks.timing import Result, Row, compare, left_out
from chainrule.engines.numpy import NumpyEngine
from chainrule.nn import (
    Architecture,
    NetworkStudy,
    choose_loss,
    per_example_gradients,
    per_example_norms,
)

OURS = "numpy engine"
NETWORKS = (((64, 128, 64, 10), 32, 20), ((784, 128, 10), 64, 3))
"""Sizes, batch, and calls in a row at each turn."""


def run(*, quick: bool = False) -> Result:
    """Time gradients and norms of each."""
    rows: list[Row] = []
    for sizes, batch, calls in NETWORKS:
        for what, norms in (("gradients", False), ("norms", True)):
            contenders = _contenders(sizes, batch, norms=norms)
            rows += compare(
                contenders,
                control=OURS,
                rounds=50,
                calls=calls,
                group=f"{name_of(sizes, batch)} {what}",
                quick=quick,
            )
    notes = left_out("torch", "jax")
    return Result("per-example gradients in float32, batch in brackets", OURS, tuple(rows), notes)


def _contenders(sizes: Sizes, batch: int, *, norms: bool) -> dict[str, Callable[[], Any]]:
    found = {OURS: _ours(sizes, batch, norms=norms, accelerate=False)}
    if find_spec("numba"):
        found["numpy engine, numba"] = _ours(sizes, batch, norms=norms, accelerate=True)
    if find_spec("torch"):
        found["torch.func.vmap(grad)"] = _torch(sizes, batch, norms=norms)
    if find_spec("jax"):
        found["jax.vmap(grad), jit"] = _jax(sizes, batch, norms=norms)
    return found


def _data(sizes: Sizes, batch: int) -> tuple[Any, Any, list[Any]]:
    """Inputs, class indices, and weights and biases layer by layer."""
    (x, classes), weights = drawn(sizes, batch), []
    stream = np.random.default_rng(1)
    for inputs, outputs in pairwise(sizes):
        weights.append((stream.standard_normal((outputs, inputs)) / inputs**0.5).astype("float32"))
        weights.append(np.zeros(outputs, "float32"))
    return x, classes, weights


def _ours(sizes: Sizes, batch: int, *, norms: bool, accelerate: bool) -> Callable[[], Any]:
    architecture = Architecture(layers_of(sizes))
    loss = choose_loss(None, "softmax", sizes[-1])
    x, classes, weights = _data(sizes, batch)
    t = np.eye(sizes[-1], dtype="float32")[classes]
    parameters = dict(zip(architecture.layout.shapes, weights, strict=True))
    wanted = per_example_norms if norms else per_example_gradients

    def measure(parameters: Any, x: Any, t: Any) -> Any:
        return wanted(NetworkStudy(architecture, loss, parameters, x, t))

    compiled = NumpyEngine(accelerate=accelerate).compile(measure)
    return lambda: compiled(parameters, x, t)


def _torch(sizes: Sizes, batch: int, *, norms: bool) -> Callable[[], Any]:
    import torch
    from torch.func import grad, vmap

    x, classes, arrays = _data(sizes, batch)
    inputs, labels = torch.from_numpy(x), torch.from_numpy(classes)
    weights = tuple(torch.from_numpy(array) for array in arrays)

    def loss(weights: Any, row: Any, label: Any) -> Any:
        for number in range(0, len(weights) - 2, 2):
            row = torch.relu(row @ weights[number].T + weights[number + 1])
        scores = row @ weights[-2].T + weights[-1]
        return torch.nn.functional.cross_entropy(scores[None], label[None])

    each = vmap(grad(loss), in_dims=(None, 0, 0))
    if not norms:
        return lambda: each(weights, inputs, labels)
    return lambda: sum(g.flatten(1).square().sum(1) for g in each(weights, inputs, labels)).sqrt()


def _jax(sizes: Sizes, batch: int, *, norms: bool) -> Callable[[], Any]:
    import jax
    import jax.numpy as jnp

    x, classes, arrays = _data(sizes, batch)
    weights = tuple(jnp.asarray(array) for array in arrays)
    inputs, labels = jnp.asarray(x), jnp.asarray(classes)

    def loss(weights: Any, row: Any, label: Any) -> Any:
        for number in range(0, len(weights) - 2, 2):
            row = jax.nn.relu(row @ weights[number].T + weights[number + 1])
        scores = row @ weights[-2].T + weights[-1]
        return -jax.nn.log_softmax(scores)[label]

    each = jax.vmap(jax.grad(loss), in_axes=(None, 0, 0))

    def lengths(weights: Any, inputs: Any, labels: Any) -> Any:
        found = each(weights, inputs, labels)
        return jnp.sqrt(sum((g.reshape(len(g), -1) ** 2).sum(1) for g in found))

    compiled = jax.jit(lengths if norms else each)
    return lambda: jax.block_until_ready(compiled(weights, inputs, labels))
