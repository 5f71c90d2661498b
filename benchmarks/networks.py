"""The networks that several benchmarks take: ReLU in the hidden layers, softmax at the end."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from chainrule.nn import Dense, Layer

Sizes = tuple[int, ...]
"""The inputs, and the neurons of each layer."""


def layers_of(sizes: Sizes) -> list[Layer]:
    *hidden, last = pairwise(sizes)
    return [*(Dense(*pair, "relu") for pair in hidden), Dense(*last, "softmax")]


def name_of(sizes: Sizes, batch: int | None = None) -> str:
    """The sizes as they are printed, a batch in brackets."""
    name = "-".join(map(str, sizes))
    return name if batch is None else f"{name} ({batch})"


def drawn(sizes: Sizes, rows: int) -> tuple[Any, Any]:
    """Inputs in float32, and about as many rows of each class, as NumPy arrays."""
    import numpy as np

    stream = np.random.default_rng(0)
    x = stream.standard_normal((rows, sizes[0])).astype("float32")
    return x, stream.permutation(np.arange(rows) % sizes[-1])


def again_and_again(step: Callable[..., Any], state: Any, batch: Any) -> Callable[[], None]:
    """A step to take on one batch, each time from where the last one led."""

    def take() -> None:
        nonlocal state
        state, _ = step(state, batch)

    return take
