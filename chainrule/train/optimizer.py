"""The optimizer: how a gradient becomes a change of the weights.

A gradient only describes; the step that follows from it is made here. Every rule has one shape:

    change = -rate · direction - decay
    weights = weights + change

The *direction* is linear in this gradient and the remembered ones, the *rate* is the learning rate
of every single weight (the learning rate times the preconditioner), and the *decay* belongs to
AdamW alone. That is why a step can be taken apart without writing any rule twice: `Optimizer.terms`
asks for the direction of the gradient with an empty memory, then for that of the memory with a
gradient of zero.

Nothing is changed in place and no value is looked at, so the same rule runs on every array kind
and can be recorded or compiled. Learning rate and step number are inputs of a compiled step: Python
numbers, or 0-d arrays of the weights' own dtype.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, TypeAlias

Array: TypeAlias = Any
Scalar: TypeAlias = Any
State: TypeAlias = dict[str, Array]


OPTIMIZERS: dict[str, type[Optimizer]] = {}
"""Every optimizer by its name; each enters itself when its class is written."""


@dataclass(frozen=True)
class Optimizer(ABC):
    """What all share; a new one gives its memory and rate, and its direction if not the gradient's.

    If every option has a default, it can be asked for by its name.

    Attributes:
        name: The word by which the optimizer is asked for.
        default_learning_rate: A sensible start where none is given, per step.
    """

    name: ClassVar[str]
    default_learning_rate: ClassVar[float]

    def __init_subclass__(cls) -> None:
        if "name" in vars(cls):
            OPTIMIZERS[cls.name] = cls

    @abstractmethod
    def init(self, parameters: Array, /) -> State:
        """The empty memory for weights of this shape.

        Args:
            parameters: The weights, any shape.

        Returns:
            Arrays of zeros in the shape of the weights, under the names of the paper.
        """

    def update(
        self,
        gradient: Array,
        state: Mapping[str, Array],
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
        return change if decay is None else change - decay, directed | scaled

    def terms(
        self,
        gradient: Array,
        state: Mapping[str, Array],
        parameters: Array,
        /,
        *,
        learning_rate: Scalar,
        step: Scalar,
    ) -> dict[str, Array]:
        """The same step taken apart: where the change of each weight came from.

        `gradient + momentum + weight_decay = change`, up to rounding.

        Args:
            gradient: dL/dw, in the shape of the weights.
            state: The memory, from `init` or from the step before.
            parameters: The weights before the step.
            learning_rate: The learning rate of this step.
            step: The number of this step, counted from 1.

        Returns:
            Four arrays in the shape of the weights: what this gradient added ("gradient"), what
            remembered gradients added ("momentum"), what pulled the weights to zero
            ("weight_decay"), and the factor on the first two, the learning rate of every weight
            ("preconditioner").

        Example:
            A weight that moves uphill because of momentum:

            >>> import chainrule.arrays as xp
            >>> from chainrule.train import SGD
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

    def _direction(self, gradient: Array, _state: Mapping[str, Array], /) -> tuple[Array, State]:
        """Where to go, linear in gradient and memory, and the memory that it leaves."""
        return gradient, {}

    @abstractmethod
    def _rate(
        self, gradient: Array, state: Mapping[str, Array], learning_rate: Scalar, step: Scalar, /
    ) -> tuple[Array, State]:
        """The learning rate of every weight, and the memory that it leaves."""

    def _decay(self, _parameters: Array, _learning_rate: Scalar, /) -> Array | None:
        """What is taken off the weights whatever the gradient says; None for nothing."""
        return None


def zeros(parameters: Array, /, *names: str) -> State:
    """An empty memory: under each name, zeros of the shape and kind of the weights."""
    xp = parameters.__array_namespace__()
    return {name: xp.zeros_like(parameters) for name in names}


def running_mean(share: float, mean: Array, value: Array, /) -> Array:
    """The exponential moving average: `kept · mean + (1 - kept) · value`."""
    return share * mean + (1 - share) * value
