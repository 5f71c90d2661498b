"""Adam and AdamW: the running mean of the gradient over its running size.

Both keep two moments of the gradient for every weight. They differ in how a weight is pulled to
zero: AdamW does it beside the moments, so that the pull is the same for every weight.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

from chainrule.train.optimizer import Array, Optimizer, Scalar, State, running_mean, zeros
from chainrule.train.options import require_above_zero, require_at_least_zero, require_share


@dataclass(frozen=True)
class _AdaptiveMoments(Optimizer):
    """The rule of Adam, which AdamW shares.

    The paper divides `m` and `v` by `c₁ = 1 - beta1^step` and `c₂ = 1 - beta2^step`, because both
    start at zero. Multiplying the fraction through by `√c₂` leaves the same change,

        (m / c₁) / (√(v / c₂) + epsilon)  =  (√c₂ / c₁) · m / (√v + epsilon · √c₂)

    in which the corrections are two numbers and no longer two passes over the weights.
    """

    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        require_share("beta1", self.beta1)
        require_share("beta2", self.beta2)
        require_above_zero("epsilon", self.epsilon)

    def init(self, parameters: Array, /) -> State:
        """Both moments at zero."""
        return zeros(parameters, "m", "v")

    def _direction(self, gradient: Array, state: Mapping[str, Array], /) -> tuple[Array, State]:
        m = running_mean(self.beta1, state["m"], gradient)
        return m, {"m": m}

    def _rate(
        self, gradient: Array, state: Mapping[str, Array], learning_rate: Scalar, step: Scalar, /
    ) -> tuple[Array, State]:
        xp = gradient.__array_namespace__()
        v = running_mean(self.beta2, state["v"], gradient * gradient)
        c1, root_c2 = 1 - self.beta1**step, (1 - self.beta2**step) ** 0.5
        rate = (learning_rate * root_c2 / c1) / (xp.sqrt(v) + self.epsilon * root_c2)
        return rate, {"v": v}


@final
@dataclass(frozen=True)
class Adam(_AdaptiveMoments):
    """Steps along the running mean gradient, divided by its running root mean square.

    `m = beta1 · m + (1 - beta1) · g`, `v = beta2 · v + (1 - beta2) · g²`,
    `m̂ = m / (1 - beta1^step)`, `v̂ = v / (1 - beta2^step)`,
    `change = -learning_rate · m̂ / (√v̂ + epsilon)`.

    Args:
        beta1: The part of the mean gradient kept from step to step.
        beta2: The part of the mean square kept from step to step.
        epsilon: Added to the root, so that a weight without a gradient divides by no zero.

    Raises:
        OptionError: A beta outside 0 to 1, or an epsilon that is not above 0.

    Example:
        The first step has the size of the learning rate, whatever the size of the gradient:

        >>> import chainrule.arrays as xp
        >>> w, gradient = xp.asarray([1.0, 1.0]), xp.asarray([250.0, -0.004])
        >>> change, _ = Adam().update(gradient, Adam().init(w), w, learning_rate=0.5, step=1)
        >>> [round(c, 4) for c in change.tolist()]
        [-0.5, 0.5]

    Source: Kingma & Ba (2015), algorithm 1 and the note on efficiency in section 2.
    """

    name: ClassVar[str] = "adam"
    default_learning_rate: ClassVar[float] = 0.001


@final
@dataclass(frozen=True)
class AdamW(_AdaptiveMoments):
    """Adam with weight decay that does not pass through the moments.

    `change = (the change of Adam) - learning_rate · weight_decay · w`.

    Args:
        beta1: The part of the mean gradient kept from step to step.
        beta2: The part of the mean square kept from step to step.
        epsilon: Added to the root, so that a weight without a gradient divides by no zero.
        weight_decay: The pull to zero, as a part of the weight per unit of learning rate.

    Raises:
        OptionError: A beta outside 0 to 1, an epsilon not above 0, or a weight decay below 0.

    Example:
        >>> import chainrule.arrays as xp
        >>> w, rule = xp.asarray([2.0]), AdamW(weight_decay=0.5)
        >>> rule.update(xp.asarray([0.0]), rule.init(w), w, learning_rate=0.25, step=1)[0].tolist()
        [-0.25]

    Source: Loshchilov & Hutter (2019), algorithm 2; decay multiplied by the learning rate, and its
    default of 0.01, as in PyTorch.
    """

    name: ClassVar[str] = "adamw"
    default_learning_rate: ClassVar[float] = 0.001
    weight_decay: float = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        require_at_least_zero("weight_decay", self.weight_decay)

    def _decay(self, parameters: Array, learning_rate: Scalar, /) -> Array | None:
        return learning_rate * self.weight_decay * parameters
