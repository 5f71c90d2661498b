"""Gradients that shrink or grow from layer to layer on their way back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import sqrt

from chainrule.arrays import namespace_of
from chainrule.diagnosis.finding import Finding
from chainrule.nn import LayerUse

VANISHING = 1e-3
"""The part of the last layer's gradient below which a layer counts as cut off."""

EXPLODING = 1e3
"""The multiple of the last layer's gradient above which every step changes a layer too much.

Bengio, Simard & Frasconi, "Learning long-term dependencies with gradient descent is difficult"
(1994) show that both grow with every layer that is crossed; the two numbers, a factor of a thousand
between the first and the last layer, are ours."""


def gradient_flow(uses: Sequence[LayerUse]) -> Iterator[Finding]:
    """Layers whose `dL/dz` is far smaller or far larger than the last layer's.

    Compared is the root mean square over examples and units, so that width plays no part.
    """
    sizes = {use.layer: root_mean_square(use.g) for use in uses}
    *hidden, last = sizes
    if not sizes[last]:
        return
    for layer in hidden:
        ratio = sizes[layer] / sizes[last]
        if ratio < VANISHING:
            yield Finding(
                "vanishing gradients",
                layer,
                f"dL/dz is {ratio:.2g} times that of {last}: almost nothing of the error "
                "arrives here",
                ratio,
                VANISHING,
                f"of the gradient at {last}",
                "relu or tanh in place of sigmoid, fewer layers, initial weights that suit the "
                "activation, or inputs scaled to mean 0 and deviation 1",
                cure={"activation": "relu"},
            )
        elif not ratio <= EXPLODING:
            yield Finding(
                "exploding gradients",
                layer,
                f"dL/dz is {ratio:.2g} times that of {last}: every step changes this layer "
                "far too much",
                ratio,
                EXPLODING,
                f"times the gradient at {last}",
                "smaller initial weights (he or glorot), clip_norm=1, or a smaller learning rate",
                cure={"seed": 0, "clip_norm": 1.0},
            )


def root_mean_square(array: object) -> float:
    """The typical size of an array's entries."""
    xp = namespace_of(array)
    return sqrt(float(xp.mean(array * array)))  # type: ignore[operator]  # arrays multiply
