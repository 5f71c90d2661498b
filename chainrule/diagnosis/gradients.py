"""Where gradients are lost on their way back: in dead or saturated units, or between layers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from math import sqrt
from typing import Any

from chainrule.arrays import asarray, namespace_of
from chainrule.diagnosis.baseline import LEARNED
from chainrule.diagnosis.finding import Finding
from chainrule.nn import ACTIVATIONS, Dense, LayerUse, NetworkStudy
from chainrule.words import numbered, percent

FLAT = 0.05
"""A unit is flat on an example where less than this part of its steepest slope is left; for tanh
that is |a| > 0.97. Glorot & Bengio, "Understanding the difficulty of training deep feedforward
neural networks" (2010), section 3, call a unit saturated at its asymptotes."""

SATURATED = 0.95
"""A unit is saturated if it is flat on at least this part of the examples."""

ENOUGH_ROWS = 10
"""Fewer examples say nothing about a unit: on any one of them half of the ReLUs are silent."""

VANISHING = 1e-3
"""The part of the last layer's gradient below which a layer counts as cut off."""

EXPLODING = 1e3
"""The multiple of the last layer's gradient above which every step changes a layer too much.

Bengio, Simard & Frasconi, "Learning long-term dependencies with gradient descent is difficult"
(1994) show that both grow with every layer that is crossed; the two numbers, a factor of a thousand
between the first and the last layer, are ours."""


def dead_units(
    study: NetworkStudy, uses: Sequence[LayerUse], part: float = 1.0
) -> Iterator[Finding]:
    """Units whose activation is exactly flat on every example, so that no weight of theirs learns.

    A network that has learned well by the others alone needs no cure, and is told so.

    Args:
        study: The network and the examples.
        uses: Its layers, run on them.
        part: Its loss, as a part of the loss of chance.

    Source: Lu, Shin, Su & Karniadakis, "Dying ReLU and initialization" (2020).
    """
    well = part < LEARNED
    without = f"; the loss is {percent(part)} of that of chance without them" * well
    harmless = "nothing if the answers are good enough, for they only take up room; else " * well
    for use, layer in _gated(study, uses):
        slopes = local_slopes(layer, use.z)
        xp = namespace_of(slopes)
        dead = [n for n, flat in enumerate(xp.all(slopes == 0, axis=0).tolist()) if flat]
        if not dead:
            continue
        yield Finding(
            "dead units",
            use.layer,
            f"{_of(dead, layer)} dead: no gradient passes on any of the {use.z.shape[0]:,} "
            f"examples ({numbered('unit', dead)}){without}",
            len(dead) / use.z.shape[1],
            0.0,
            "of the layer's units",
            f"{harmless}a smaller learning rate, leaky_relu in place of {layer.activation}, or "
            "weights drawn anew by he, with biases at 0",
            tuple(f"{use.layer}[{n}]" for n in dead),
            {"activation": "leaky_relu"},
        )


def saturated_units(study: NetworkStudy, uses: Sequence[LayerUse]) -> Iterator[Finding]:
    """Sigmoid and tanh units far out on their flat ends, where almost no gradient passes."""
    for use, layer in _gated(study, uses):
        steepest = ACTIVATIONS[layer.activation].steepest({})
        if steepest is None or not _levels_off(layer, FLAT * steepest):
            continue
        slopes = local_slopes(layer, use.z)
        xp = namespace_of(slopes)
        flat = xp.where(slopes < FLAT * steepest, 1.0, 0.0)
        shares = xp.mean(flat, axis=0).tolist()
        far = [n for n, share in enumerate(shares) if share >= SATURATED]
        if not far:
            continue
        yield Finding(
            "saturated units",
            use.layer,
            f"{_of(far, layer)} saturated: less than {FLAT:.0%} of the slope is left on "
            f"nearly every example ({numbered('unit', far)})",
            max(shares),
            SATURATED,
            "of the examples",
            "inputs scaled to mean 0 and deviation 1, smaller initial weights (glorot), a "
            "smaller learning rate, or relu",
            tuple(f"{use.layer}[{n}]" for n in far),
            {"activation": "relu"},
        )


def local_slopes(layer: Dense, z: Any) -> Any:
    """`da/dz` of every unit on every example, from the activation's own rule."""
    op = ACTIVATIONS[layer.activation]
    return op.pull(0, namespace_of(z).ones_like(z), op(z), (z,), {})


def _levels_off(layer: Dense, flat: float) -> bool:
    """Whether the activation is flat far out on both sides."""
    return all(slope < flat for slope in local_slopes(layer, asarray([-20.0, 20.0])).tolist())


def _of(units: Sequence[int], layer: Dense) -> str:
    verb = "is" if len(units) == 1 else "are"
    return f"{len(units)} of {layer.out_features} {layer.activation} units {verb}"


def _gated(study: NetworkStudy, uses: Sequence[LayerUse]) -> list[tuple[LayerUse, Dense]]:
    """The layers whose activations act unit by unit on the way to the loss.

    The output's activation is left out where the loss is fused with it: there, far out means sure.
    """
    fused = study.architecture.output_name if study.loss_function.link else None
    layers = [(use, study.dense[use.layer]) for use in uses if use.layer != fused]
    return [(use, layer) for use, layer in layers if ACTIVATIONS[layer.activation].entrywise]


def gradient_flow(uses: Sequence[LayerUse], activations: Collection[str] = ()) -> Iterator[Finding]:
    """Layers whose `dL/dz` is far smaller or far larger than the last layer's.

    Compared is the root mean square over examples and units, so that width plays no part.

    Args:
        uses: The layers, run on the examples.
        activations: Those of the hidden ones: what flattens gradients is to give way to relu.
    """
    sizes = {use.layer: sqrt(float(namespace_of(use.g).mean(use.g * use.g))) for use in uses}
    *hidden, last = sizes
    if not sizes[last]:
        return
    flat = [name for name in ("sigmoid", "tanh") if name in activations]
    instead = f"relu in place of {' or '.join(flat)}, " if flat else ""
    for layer in hidden:
        ratio = sizes[layer] / sizes[last]
        if ratio < VANISHING:
            yield Finding(
                "vanishing gradients",
                layer,
                f"dL/dz is {ratio:.2g} times that of {last}: {'almost ' * (ratio > 0)}nothing of "
                "the error arrives here",
                ratio,
                VANISHING,
                f"times the gradient at {last}",
                f"{instead}fewer layers, initial "
                "weights that suit the activation and are not all 0, or inputs scaled to mean 0 "
                "and deviation 1",
                cure={"activation": "relu"} if flat else {"seed": 0},
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
