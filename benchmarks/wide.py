"""What share of a device's peak in matrix products the jax engine's step reaches on a wide network.

Three layers of 4096 with ReLU, softmax and cross-entropy, and Adam; of 1024 where there is no GPU.
In bfloat16 and in float32 nothing differs but the name of the number kind. The peak, which the
others are measured by, is the rate of one square product after the other; beside it stand the same
step's eight matrix products and nothing else, compiled together, one reading what another made. All
of them multiply float32 numbers with all their bits, as the engine does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax

from benchmarks.jax_step import batch_of, chainrule_steps, random_array, whole_products
from benchmarks.timing import Result, Row, compare

BARE, PEAK, OURS = "the step's products", "square products", "chainrule"
LAYERS = 3
STEPS = 5
"""Steps in a row, or as many products as they hold, at each turn."""


def run(*, quick: bool = False) -> Result:
    """Time step, products and peak in turn, in both number kinds."""
    device = jax.devices()[0]
    width, rows = (64, 64) if quick else (4096, 8192) if device.platform == "gpu" else (1024, 1024)
    kinds = ("bfloat16", "float32") if quick or device.platform == "gpu" else ("float32",)
    sizes = (width,) * (LAYERS + 1)
    x, t = batch_of(sizes, rows)
    operations = (3 * LAYERS - 1) * 2 * rows * width**2
    found: list[Row] = []
    for dtype in kinds:
        batch = x.astype(dtype), t.astype(dtype)
        contenders = {
            BARE: _products(batch[0], width),
            PEAK: _square_products(width, dtype, operations // (2 * width**3)),
            OURS: chainrule_steps(sizes, *batch, STEPS, wait=False, dtype=dtype),
        }
        timed = compare(
            contenders,
            control=PEAK,
            rounds=50,
            repeats=dict.fromkeys(contenders, STEPS),
            group=dtype,
            quick=quick,
        )
        found += [replace(row, note=_rate(row, operations)) for row in timed]
    title = f"one Adam step of {'-'.join(map(str, sizes))} ({rows}) on {device.device_kind}"
    return Result(title, PEAK, tuple(found))


def _rate(row: Row, operations: int) -> str:
    return f"{operations / row.microseconds / 1e6:.3g} TFLOP/s, {1 / row.ratio:.0%} of the peak"


def _products(x: Any, width: int) -> Callable[[], None]:
    """The matrix products of a step: forward, then the gradients of weights and activations."""
    weights = [random_array(layer, (width, width)).astype(x.dtype) for layer in range(LAYERS)]

    def multiply(x: Any, weights: list[Any]) -> Any:
        activations = [x]
        for w in weights:
            activations.append(activations[-1] @ w.T)
        g, gradients = activations[-1], []
        for layer in reversed(range(LAYERS)):
            gradients.append(g.T @ activations[layer])
            if layer:
                g = g @ weights[layer]
        return gradients

    return _repeated(jax.jit(multiply), x, weights)


def _square_products(width: int, dtype: str, count: int) -> Callable[[], None]:
    """As much arithmetic as in a step, in products of square matrices."""
    left, right = (random_array(number, (width, width)).astype(dtype) for number in (0, 1))

    def multiply(left: Any, right: Any) -> Any:
        for _ in range(count):
            left = left @ right
        return left

    return _repeated(jax.jit(multiply), left, right)


def _repeated(function: Callable[..., Any], *arguments: Any) -> Callable[[], None]:
    def turn() -> None:
        with whole_products():
            for _ in range(STEPS):
                made = function(*arguments)
            jax.block_until_ready(made)

    return turn
