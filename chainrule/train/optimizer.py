"""The optimizers: how a gradient becomes a change of the weights, what all share first.

A gradient only describes; the step that follows from it is made here. Every rule has one shape:

    change = -rate · direction - decay
    weights = weights + change

The *direction* is linear in this gradient and the remembered ones, the *rate* is the learning rate
of every single weight (the learning rate times the preconditioner), and the *decay* belongs to
AdamW alone, which pulls weights to zero beside the moments, so that the pull is the same for every
weight. That is why a step can be taken apart without writing any rule twice: `Optimizer.terms` asks
for the direction of the gradient with an empty memory, then for that of the memory with a gradient
of zero.

Nothing is changed in place and no value is looked at, so the same rule runs on every array kind
and can be recorded or compiled. Learning rate and step number are inputs of a compiled step: Python
numbers, or 0-d arrays of the weights' own dtype.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, TypeAlias, final

from chainrule.errors import (
    OptionError,
    require_above_zero,
    require_at_least_zero,
    require_known,
    require_share,
    require_switch,
    unknown,
)
from chainrule.records import from_options

Array: TypeAlias = Any
Scalar: TypeAlias = Any
State: TypeAlias = Mapping[str, Array]
Part: TypeAlias = tuple[Array, State]
"""A part of a step, for every weight, and the memory that it leaves."""


OPTIMIZERS: dict[str, type[Optimizer]] = {}
"""Every optimizer by its name; each enters itself when its class is written."""


@dataclass(frozen=True)
class Optimizer(ABC):
    """What all share; a new one gives its rate, and memory and direction where they are others.

    If every option has a default, it can be asked for by its name.

    Attributes:
        name: The word by which the optimizer is asked for.
        default_learning_rate: A sensible start where none is given, per step.
        memory: The names of what it remembers of every weight, those of the paper.
    """

    name: ClassVar[str]
    default_learning_rate: ClassVar[float]
    memory: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        if "name" in vars(cls):
            OPTIMIZERS[cls.name] = cls

    def init(self, parameters: Array, /) -> State:
        """The empty memory for weights of this shape.

        Args:
            parameters: The weights, any shape.

        Returns:
            Arrays of zeros in the shape and kind of the weights, under the names of `memory`.
        """
        xp = parameters.__array_namespace__()
        return {name: xp.zeros_like(parameters) for name in self.memory}

    def update(
        self,
        gradient: Array,
        state: State,
        parameters: Array,
        /,
        *,
        learning_rate: Scalar,
        step: Scalar,
    ) -> tuple[Array, State]:
        """One step: what to add to the weights, and the memory for the next step.

        Args:
            gradient: dL/dw, in the shape of the weights.
            state: The memory, from `init` or from the step before.
            parameters: The weights before the step.
            learning_rate: The learning rate of this step.
            step: The number of this step, counted from 1.

        Returns:
            The change, so that `parameters + change` are the new weights, and the new memory.
        """
        direction, directed = self._direction(gradient, state)
        # The sign travels with the scalar, where it costs no pass over the weights.
        descent, scaled = self._rate(gradient, state, -learning_rate, step)
        change = descent * direction
        decay = self._decay(parameters, learning_rate)
        return change if decay is None else change - decay, {**directed, **scaled}

    def terms(
        self,
        gradient: Array,
        state: State,
        parameters: Array,
        /,
        *,
        learning_rate: Scalar,
        step: Scalar,
    ) -> dict[str, Array]:
        """The step that `update` makes, taken apart: where the change of each weight came from.

        `gradient + momentum + weight_decay = change`, up to rounding.

        Returns:
            Four arrays in the shape of the weights: what this gradient added ("gradient"), what
            remembered gradients added ("momentum"), what pulled the weights to zero
            ("weight_decay"), and the factor on the first two, the learning rate of every weight
            ("preconditioner").

        Example:
            A weight that moves uphill because of momentum:

            >>> import chainrule.arrays as xp
            >>> slope, memory = xp.asarray([-1.0]), {"velocity": xp.asarray([4.0])}
            >>> parts = SGD(momentum=0.5).terms(
            ...     slope, memory, xp.asarray([3.0]), learning_rate=0.25, step=2
            ... )
            >>> parts["gradient"].tolist(), parts["momentum"].tolist()
            ([0.25], [-0.5])
        """
        xp = gradient.__array_namespace__()
        nothing = xp.zeros_like(gradient)
        fresh, _ = self._direction(gradient, dict.fromkeys(state, nothing))
        remembered, _ = self._direction(nothing, state)
        descent, _ = self._rate(gradient, state, -learning_rate, step)
        decay = self._decay(parameters, learning_rate)
        return {
            "gradient": descent * fresh,
            "momentum": descent * remembered,
            "weight_decay": nothing if decay is None else -decay,
            "preconditioner": -descent * xp.ones_like(gradient),
        }

    def to_dict(self) -> dict[str, Any]:
        """The name and the options as plain data; `choose_optimizer` reads it back."""
        return {"name": self.name, **asdict(self)}

    def _direction(self, gradient: Array, _state: State, /) -> Part:
        """Where to go, linear in gradient and memory, and the memory that it leaves."""
        return gradient, {}

    @abstractmethod
    def _rate(self, gradient: Array, state: State, learning_rate: Scalar, step: Scalar, /) -> Part:
        """The learning rate of every weight, and the memory that it leaves."""

    def _decay(self, _parameters: Array, _learning_rate: Scalar, /) -> Array | None:
        """What is taken off the weights whatever the gradient says; None for nothing."""
        return None


def _running_mean(share: float, mean: Array, value: Array, /) -> Array:
    """The exponential moving average: `share · mean + (1 - share) · value`."""
    return share * mean + (1 - share) * value


@final
@dataclass(frozen=True, kw_only=True)
class SGD(Optimizer):
    """Gradient descent on batches, with momentum and Nesterov's look ahead where asked for.

    `velocity = momentum · velocity + g`, `change = -learning_rate · velocity`; with `nesterov`,
    `change = -learning_rate · (g + momentum · velocity)`. Exact on `Fraction`.

    Args:
        momentum: The part of the velocity kept from step to step, from 0 up to below 1.
        nesterov: Whether to step along the velocity as it will be one step further on.

    Raises:
        OptionError: Momentum outside 0 to 1, or `nesterov` without momentum.

    Example:
        >>> import chainrule.arrays as xp
        >>> w, gradient = xp.asarray([1.5, 0.5]), xp.asarray([-2.0, -1.0])
        >>> change, _ = SGD().update(gradient, {}, w, learning_rate=0.25, step=1)
        >>> (w + change).tolist()
        [2.0, 0.75]

    Source: Robbins & Monro (1951); momentum Polyak (1964); both forms as in Sutskever, Martens,
    Dahl & Hinton (2013), equations 1-4, with the learning rate outside the velocity and, for
    Nesterov's, `w` for the point looked ahead to, as in PyTorch.
    """

    name: ClassVar[str] = "sgd"
    default_learning_rate: ClassVar[float] = 0.01
    memory: ClassVar[tuple[str, ...]] = ("velocity",)
    momentum: float = 0.0
    nesterov: bool = False

    def __post_init__(self) -> None:
        require_share("momentum", self.momentum)
        require_switch("nesterov", self.nesterov)
        if self.nesterov and self.momentum == 0:
            raise OptionError("nesterov=True needs momentum, which is 0: give momentum=0.9")

    def init(self, parameters: Array, /) -> State:
        """No memory without momentum, else a velocity of zero."""
        return super().init(parameters) if self.momentum else {}

    def _direction(self, gradient: Array, state: State, /) -> Part:
        if not self.momentum:
            return gradient, {}
        velocity = self.momentum * state["velocity"] + gradient
        ahead = gradient + self.momentum * velocity if self.nesterov else velocity
        return ahead, {"velocity": velocity}

    def _rate(
        self, _gradient: Array, _state: State, learning_rate: Scalar, _step: Scalar, /
    ) -> Part:
        return learning_rate, {}


@final
@dataclass(frozen=True, kw_only=True)
class RMSProp(Optimizer):
    """Divides each gradient by the running root mean square of that weight's gradients.

    `accumulator = decay · accumulator + (1 - decay) · g²`,
    `change = -learning_rate · g / (√accumulator + epsilon)`.

    Args:
        decay: The part of the mean square kept from step to step; PyTorch's default is 0.99.
        epsilon: Added to the root, so that a weight without a gradient divides by no zero.

    Raises:
        OptionError: A decay outside 0 to 1, or an epsilon that is not above 0.

    Example:
        >>> import chainrule.arrays as xp
        >>> w, gradient = xp.asarray([1.0, 1.0]), xp.asarray([4.0, -0.25])
        >>> rule = RMSProp(decay=0.75)
        >>> change, _ = rule.update(gradient, rule.init(w), w, learning_rate=0.5, step=1)
        >>> [round(c, 6) for c in change.tolist()]
        [-1.0, 1.0]

    Source: Tieleman & Hinton (2012), Neural Networks for Machine Learning, lecture 6.5.
    """

    name: ClassVar[str] = "rmsprop"
    default_learning_rate: ClassVar[float] = 0.001
    memory: ClassVar[tuple[str, ...]] = ("accumulator",)
    decay: float = 0.9
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        require_share("decay", self.decay)
        require_above_zero("epsilon", self.epsilon)

    def _rate(self, gradient: Array, state: State, learning_rate: Scalar, _step: Scalar, /) -> Part:
        xp = gradient.__array_namespace__()
        accumulator = _running_mean(self.decay, state["accumulator"], gradient * gradient)
        rate = learning_rate / (xp.sqrt(accumulator) + self.epsilon)
        return rate, {"accumulator": accumulator}


@final
@dataclass(frozen=True, kw_only=True)
class Adagrad(Optimizer):
    """Divides each gradient by the root of the sum of all squares that weight has seen.

    `accumulator = accumulator + g²`,
    `change = -learning_rate · g / (√accumulator + epsilon)`.

    Args:
        epsilon: Added to the root, so that a weight without a gradient divides by no zero.

    Raises:
        OptionError: An epsilon that is not above 0.

    Example:
        >>> import chainrule.arrays as xp
        >>> w, gradient = xp.asarray([1.0]), xp.asarray([4.0])
        >>> seen = {"accumulator": xp.asarray([9.0])}
        >>> change, _ = Adagrad().update(gradient, seen, w, learning_rate=0.5, step=2)
        >>> [round(c, 6) for c in change.tolist()]
        [-0.4]

    Source: Duchi, Hazan & Singer (2011), the diagonal form of section 1.1.
    """

    name: ClassVar[str] = "adagrad"
    default_learning_rate: ClassVar[float] = 0.01
    memory: ClassVar[tuple[str, ...]] = ("accumulator",)
    epsilon: float = 1e-10

    def __post_init__(self) -> None:
        require_above_zero("epsilon", self.epsilon)

    def _rate(self, gradient: Array, state: State, learning_rate: Scalar, _step: Scalar, /) -> Part:
        xp = gradient.__array_namespace__()
        accumulator = state["accumulator"] + gradient * gradient
        return learning_rate / (xp.sqrt(accumulator) + self.epsilon), {"accumulator": accumulator}


@dataclass(frozen=True, kw_only=True)
class _AdaptiveMoments(Optimizer):
    """The rule of Adam, which AdamW shares.

    The paper divides `m` and `v` by `c₁ = 1 - beta1^step` and `c₂ = 1 - beta2^step`, because both
    start at zero. Multiplying the fraction through by `√c₂` leaves the same change,

        (m / c₁) / (√(v / c₂) + epsilon)  =  (√c₂ / c₁) · m / (√v + epsilon · √c₂)

    in which the corrections are two numbers and no longer two passes over the weights.
    """

    memory: ClassVar[tuple[str, ...]] = ("m", "v")
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        require_share("beta1", self.beta1)
        require_share("beta2", self.beta2)
        require_above_zero("epsilon", self.epsilon)

    def _direction(self, gradient: Array, state: State, /) -> Part:
        m = _running_mean(self.beta1, state["m"], gradient)
        return m, {"m": m}

    def _rate(self, gradient: Array, state: State, learning_rate: Scalar, step: Scalar, /) -> Part:
        xp = gradient.__array_namespace__()
        v = _running_mean(self.beta2, state["v"], gradient * gradient)
        c1, root_c2 = 1 - self.beta1**step, (1 - self.beta2**step) ** 0.5
        rate = (learning_rate * root_c2 / c1) / (xp.sqrt(v) + self.epsilon * root_c2)
        return rate, {"v": v}


@final
@dataclass(frozen=True, kw_only=True)
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
@dataclass(frozen=True, kw_only=True)
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


def choose_optimizer(
    name_or_optimizer: str | Optimizer | Mapping[str, Any], /, **options: Any
) -> Optimizer:
    """The optimizer that is meant by a name; one that is made already is handed back.

    Args:
        name_or_optimizer: A key of `OPTIMIZERS`, in any case; what `Optimizer.to_dict` gave; or an
            optimizer.
        **options: The options of the optimizer asked for by name.

    Returns:
        The optimizer.

    Raises:
        OptionError: An unknown name, an unknown option, or options beside a made optimizer.

    Example:
        >>> choose_optimizer("SGD", momentum=0.9)
        SGD(momentum=0.9, nesterov=False)
        >>> choose_optimizer(Adagrad(epsilon=1e-6).to_dict())
        Adagrad(epsilon=1e-06)
    """
    if isinstance(name_or_optimizer, Mapping):
        record = dict(name_or_optimizer)
        return from_options(_named(record.pop("name", None)), record, "optimizer")
    if isinstance(name_or_optimizer, Optimizer):
        if options:
            raise OptionError(
                f"{name_or_optimizer!r} is made already and takes no {', '.join(options)}: "
                "give the options where it is made"
            )
        return name_or_optimizer
    kind = _named(name_or_optimizer)
    require_known(f"option of {kind.name}", [field.name for field in fields(kind)], *options)
    return kind(**options)


def _named(name: object) -> type[Optimizer]:
    kind = OPTIMIZERS.get(name.lower()) if isinstance(name, str) else None
    if kind is None:
        raise unknown("optimizer", name, OPTIMIZERS)
    return kind
