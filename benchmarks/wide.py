"""What share of a device's peak in matrix products the jax engine's step reaches on a wide network.

Three layers of 4096 with ReLU, softmax and cross-entropy, and Adam; of 1024 where there is no GPU.
In bfloat16 and in float32 nothing differs but the name of the number kind. The peak, which the
others are measured by, is the rate of one square product after the other, of the size at which the
device is fastest; beside it stand the same step's eight matrix products and nothing else, compiled
together, one reading what another made. All of them multiply float32 numbers with all their bits,
as the engine does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import jax

from benchmarks.jax_step import batch_of, chainrule_steps, random_array, whole_products
from benchmarks.timing import Result, Row, compare

BARE, PEAK, OURS = "the step's products", "square products", "chainrule"
LAYERS = 3
STEPS = 5
"""Steps in a row, or as many products as they hold, at each turn."""


class Size(NamedTuple):
    """How large a task is.

    Attributes:
        width: Of every layer.
        rows: Of the batch.
        side: Of the square matrices whose product is the peak.
        dtypes: The number kinds.
    """

    width: int
    rows: int
    side: int
    dtypes: tuple[str, ...]

    @property
    def operations(self) -> int:
        """Of the matrix products of a step: forward, and for the gradients of all but the batch."""
        return (3 * LAYERS - 1) * 2 * self.rows * self.width**2

    @property
    def products(self) -> int:
        """How many square products hold as many operations."""
        count, rest = divmod(self.operations, 2 * self.side**3)
        assert not rest
        return count


GPU = Size(4096, 8192, 8192, ("bfloat16", "float32"))
PROCESSOR = Size(1024, 1024, 1024, ("float32",))
QUICK = Size(64, 64, 64, GPU.dtypes)


def run(*, quick: bool = False) -> Result:
    """Time step, products and peak in turn, in every number kind."""
    device = jax.devices()[0]
    size = QUICK if quick else GPU if device.platform == "gpu" else PROCESSOR
    found = [row for dtype in size.dtypes for row in _compared(size, dtype, quick=quick)]
    layers = "-".join([str(size.width)] * (LAYERS + 1))
    title = f"one Adam step of {layers} ({size.rows}) on {device.device_kind}"
    note = f"the peak is taken from products of {size.side} × {size.side}"
    return Result(title, PEAK, tuple(found), (note,))


def _compared(size: Size, dtype: str, *, quick: bool) -> list[Row]:
    sizes = (size.width,) * (LAYERS + 1)
    x, t = (array.astype(dtype) for array in batch_of(sizes, size.rows))
    contenders = {
        BARE: _products(x, size.width),
        PEAK: _square_products(size.side, dtype, size.products),
        OURS: chainrule_steps(sizes, x, t, STEPS, wait=False, dtype=dtype),
    }
    timed = compare(
        contenders,
        control=PEAK,
        rounds=50,
        repeats=dict.fromkeys(contenders, STEPS),
        group=dtype,
        quick=quick,
    )
    return [replace(row, note=_rate(row, size.operations)) for row in timed]


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


def _square_products(side: int, dtype: str, count: int) -> Callable[[], None]:
    """As much arithmetic as in a step, in products of square matrices."""
    left, right = (random_array(number, (side, side)).astype(dtype) for number in (0, 1))

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
