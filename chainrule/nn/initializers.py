"""Weights to start from: small enough not to saturate, large enough not to vanish.

Each draws uniformly from `±limit`, and the limit is chosen so that signals keep their size on the
way through a layer.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

from chainrule.arrays import Generator, ListArray, asarray
from chainrule.autodiff import Primitive
from chainrule.errors import unknown

INITIALIZERS: dict[str, Callable[[int, int], float]] = {
    "glorot": lambda fan_in, fan_out: sqrt(6 / (fan_in + fan_out)),
    "he": lambda fan_in, fan_out: sqrt(6 / fan_in),
    "lecun": lambda fan_in, fan_out: sqrt(3 / fan_in),
    "uniform": lambda fan_in, fan_out: 1 / sqrt(fan_in),
    "zeros": lambda fan_in, fan_out: 0.0,
}
"""The limit of each initializer, from the number of inputs and outputs of the layer."""

_FAR = 3.0
"""Where a neuron's gate is clearly open or shut: no signal of unit size reaches further often."""


def suited_initializer(activation: Primitive) -> str:
    """The initializer that suits an activation: He for the ReLU family, Glorot for the others.

    The family lets through what is positive and next to nothing of the rest, so that half of the
    signal is lost, for which He makes up.
    """
    z = asarray([[-_FAR], [_FAR]])
    slopes = activation.pull(0, asarray([[1.0], [1.0]]), activation(z), (z,), {})
    shut, open_ = (abs(slope) for (slope,) in slopes.tolist())
    return "he" if shut < 0.5 < open_ else "glorot"


def initial_weights(
    out_features: int,
    in_features: int,
    generator: Generator,
    *,
    initializer: str = "glorot",
) -> ListArray:
    """Draw a layer's first weights, uniform in `±limit`.

    Formula: glorot √(6/(in+out)), he √(6/in), lecun √(3/in), uniform 1/√in, zeros 0.

    Args:
        out_features: Number of neurons.
        in_features: Number of inputs of each.
        generator: Where the random numbers come from.
        initializer: One of `INITIALIZERS`.

    Returns:
        Weights of shape `(out_features, in_features)`.

    Raises:
        OptionError: If the initializer is not known.

    Example:
        >>> initial_weights(1, 2, Generator(0), initializer="zeros").tolist()
        [[0.0, 0.0]]

    Source: Glorot & Bengio (2010), equation 16; He et al. (2015), equation 10, as a uniform;
    LeCun et al., "Efficient BackProp" (1998), equation 16, as a uniform.
    """
    if initializer not in INITIALIZERS:
        raise unknown("initializer", initializer, INITIALIZERS)
    limit = INITIALIZERS[initializer](in_features, out_features)
    return generator.uniform(-limit, limit, (out_features, in_features))
