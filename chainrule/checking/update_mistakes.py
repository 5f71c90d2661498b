"""The classic mistakes of a hand-written optimizer step, each made on purpose.

None of them writes an optimizer down again: each asks the right one with another memory, another
gradient or another option, and so makes the mistake with the very formulas it is a mistake in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from inspect import signature
from typing import Any

from chainrule.train import (
    OPTIMIZERS,
    SGD,
    Adagrad,
    Adam,
    AdamW,
    Optimizer,
    RMSProp,
    clip_by_norm,
    global_norm,
)

Array = Any
State = Mapping[str, Any]
TakeStep = Callable[[Array, Array, State, int], tuple[Array, State]]
"""From gradient, weights, memory and the step's number to new weights and memory."""

NEVER_CORRECTED = 10**9
"""A step so late that no bias is left to be corrected."""

NO_EPSILON = 1e-300
"""An epsilon that is lost in every sum."""


@dataclass(frozen=True)
class StepRule:
    """What a step is made with; the right one, unless something is done to a part of it.

    Attributes:
        optimizer: The optimizer.
        learning_rate: Its learning rate.
        clip_norm: The greatest length of a gradient; None for any.
        gradient: What is done to the gradient and the weights instead of clipping.
        memory: What is done to the memory that the change is made with; the one that is kept is
            the right one.
        after: What is done to the change.
    """

    optimizer: Optimizer
    learning_rate: float
    clip_norm: float | None = None
    gradient: Callable[[Array, Array], Array] | None = None
    memory: Callable[[Array, State, int], State] | None = None
    after: Callable[[Array, Array], Array] | None = None

    def clipped(self, gradient: Array) -> Array:
        """The gradient, shortened where it is too long."""
        if self.clip_norm is None:
            return gradient
        return clip_by_norm(gradient, self.clip_norm)[0]

    def change(self, g: Array, w: Array, state: State, step: int) -> tuple[Array, State]:
        """The change and the new memory."""
        return self.optimizer.update(g, state, w, learning_rate=self.learning_rate, step=step)

    def step(self, g: Array, w: Array, state: State, step: int) -> tuple[Array, State]:
        """The new weights and the new memory."""
        g = self.gradient(g, w) if self.gradient else self.clipped(g)
        change, kept = self.change(g, w, state, step)
        if self.memory:
            change, _ = self.change(g, w, self.memory(g, state, step), step)
        return w + (self.after(change, w) if self.after else change), kept

    def but(self, **changes: Any) -> TakeStep:
        """The same step with something changed."""
        return replace(self, **changes).step

    def of(self, optimizer: Optimizer) -> StepRule:
        """The same with another optimizer."""
        return replace(self, optimizer=optimizer)

    def with_options(self, **options: Any) -> StepRule:
        """The same with other options of the optimizer."""
        return self.of(replace(self.optimizer, **options))


def update_mistakes(rule: StepRule) -> dict[str, TakeStep]:
    """Every mistake that can be made with an optimizer: how to say it, and a step that makes it."""
    optimizer = rule.optimizer
    mistakes = _anywhere(rule)
    if rule.clip_norm is not None:
        mistakes |= _in_clipping(rule, rule.clip_norm)
    if isinstance(optimizer, SGD) and optimizer.momentum:
        mistakes |= _in_momentum(rule, optimizer)
    if isinstance(optimizer, RMSProp | Adagrad | Adam | AdamW):
        mistakes |= _in_epsilon(rule, optimizer)
    if isinstance(optimizer, Adam | AdamW):
        mistakes |= _in_corrections(rule, optimizer) | _in_means(rule, optimizer)
    if isinstance(optimizer, AdamW) and optimizer.weight_decay:
        mistakes |= _in_decay(rule, optimizer)
    return mistakes | _other_optimizers(rule)


def _anywhere(rule: StepRule) -> dict[str, TakeStep]:
    def forgetful(g: Array, w: Array, state: State, number: int) -> tuple[Array, State]:
        return rule.step(g, w, rule.optimizer.init(w), number)[0], state

    rate = rule.learning_rate
    mistakes: dict[str, TakeStep] = {
        "the step goes uphill: + stands for -": rule.but(after=lambda change, _: -change),
        "the learning rate is left out": rule.but(learning_rate=1.0),
        "the learning rate is multiplied in twice": rule.but(after=lambda change, _: change * rate),
    }
    if not isinstance(rule.optimizer, SGD):
        mistakes["the memory is not kept from step to step"] = forgetful
    return mistakes


def _in_clipping(rule: StepRule, most: float) -> dict[str, TakeStep]:
    def by_value(g: Array, _w: Array) -> Array:
        xp = g.__array_namespace__()
        return xp.minimum(xp.maximum(g, -most), most)

    def to_norm(g: Array, _w: Array) -> Array:
        return g * (most / global_norm(g.__array_namespace__(), [g]))

    unclipped = replace(rule, clip_norm=None)
    value = "each entry is clipped by value, where the norm of the whole gradient is to be clipped"
    return {
        "the gradient is not clipped": unclipped.step,
        value: rule.but(gradient=by_value),
        "the gradient is brought to the norm even where it is shorter": rule.but(gradient=to_norm),
        "the change is clipped, not the gradient": unclipped.but(
            after=lambda change, _: clip_by_norm(change, most)[0]
        ),
    }


def _in_momentum(rule: StepRule, sgd: SGD) -> dict[str, TakeStep]:
    damping = 1 - sgd.momentum

    def late(g: Array, w: Array, state: State, number: int) -> tuple[Array, State]:
        _, after = rule.change(rule.clipped(g), w, state, number)
        return w - rule.learning_rate * state["velocity"], after

    ahead = "the step looks ahead as Nesterov's does"
    if sgd.nesterov:
        ahead = "Nesterov's look ahead is missing"
    return {
        "the velocity enters with the wrong sign": lambda g, w, state, k: rule.step(
            g, w, {"velocity": -state["velocity"]}, k
        ),
        "momentum is left out": lambda g, w, _, k: rule.step(g, w, sgd.init(w), k),
        "the gradient enters the velocity times 1 - momentum": rule.but(
            gradient=lambda g, _: damping * rule.clipped(g)
        ),
        "the step is made with the velocity of the step before": late,
        ahead: rule.with_options(nesterov=not sgd.nesterov).step,
    }


def _in_epsilon(rule: StepRule, optimizer: RMSProp | Adagrad | Adam | AdamW) -> dict[str, TakeStep]:
    epsilon = optimizer.epsilon
    none = rule.with_options(epsilon=NO_EPSILON)

    def inside(_: Array, state: State, number: int) -> State:
        """What, added to the memory, is epsilon in the new one."""
        if isinstance(optimizer, Adam | AdamW):
            corrected = epsilon * (1 - optimizer.beta2**number) / optimizer.beta2
            return {**state, "v": state["v"] + corrected}
        decay = optimizer.decay if isinstance(optimizer, RMSProp) else 1
        return {"accumulator": state["accumulator"] + epsilon / decay}

    def without_root(g: Array, w: Array, state: State, number: int) -> tuple[Array, State]:
        g = rule.clipped(g)
        change, after = none.change(g, w, state, number)
        if isinstance(optimizer, Adam | AdamW):
            squares = after["v"] / (1 - optimizer.beta2**number)
        else:
            squares = after["accumulator"]
        root = g.__array_namespace__().sqrt(squares)
        decay = _decay_of(rule, w)  # which is divided by no root
        return w + (change - decay) * root / (root * root + epsilon) + decay, after

    mistakes: dict[str, TakeStep] = {
        "epsilon stands inside the root, where it is to be added to the root": none.but(
            memory=inside
        ),
        "epsilon is left out": none.step,
        "the root of the squares is left out": without_root,
    }
    if isinstance(optimizer, RMSProp):
        first = (1 - optimizer.decay) ** 0.5
        small = rule.with_options(epsilon=epsilon * first)
        sentence = "1 - decay is left out in the mean of the squares"
        mistakes[sentence] = small.but(after=lambda change, _: first * change)
    return mistakes


def _in_corrections(rule: StepRule, adam: Adam | AdamW) -> dict[str, TakeStep]:
    def with_corrections(*, first: bool, second: bool, epsilon_too: bool = True) -> TakeStep:
        def step(g: Array, w: Array, state: State, number: int) -> tuple[Array, State]:
            c1, root = 1 - adam.beta1**number, (1 - adam.beta2**number) ** 0.5
            epsilon = adam.epsilon if epsilon_too else adam.epsilon / root
            plain_adam = rule.of(Adam(beta1=adam.beta1, beta2=adam.beta2, epsilon=epsilon))
            at = number if second else NEVER_CORRECTED
            change, after = plain_adam.change(rule.clipped(g), w, state, at)
            if first != second:
                change = change / c1 if first else change * c1
            return w + change + _decay_of(rule, w), after

        return step

    missing = "the bias correction of the mean {} is missing"
    return {
        "the bias correction is missing": with_corrections(first=False, second=False),
        missing.format("gradient m"): with_corrections(first=False, second=True),
        missing.format("square v"): with_corrections(first=True, second=False),
        "epsilon is added to the root before the bias correction": with_corrections(
            first=True, second=True, epsilon_too=False
        ),
        "the step number is one too high": lambda g, w, state, k: rule.step(g, w, state, k + 1),
        "the step number stays at 1": lambda g, w, state, _: rule.step(g, w, state, 1),
    }


def _in_means(rule: StepRule, adam: Adam | AdamW) -> dict[str, TakeStep]:
    first, second = 1 - adam.beta1, (1 - adam.beta2) ** 0.5

    def rescaled(factor: float, epsilon: float) -> TakeStep:
        undecayed = rule.of(Adam(beta1=adam.beta1, beta2=adam.beta2, epsilon=epsilon))
        return undecayed.but(after=lambda change, w: factor * change + _decay_of(rule, w))

    def of_this_gradient(g: Array, state: State, number: int) -> State:
        """The memory with which the new mean, bias corrected, is the gradient itself."""
        c1 = 1 - adam.beta1**number
        return {**state, "m": (c1 * g - first * g) / adam.beta1} if adam.beta1 else state

    return {
        "beta1 and beta2 are exchanged": rule.with_options(beta1=adam.beta2, beta2=adam.beta1).step,
        "1 - beta1 is left out in the mean gradient m": rescaled(1 / first, adam.epsilon),
        "1 - beta2 is left out in the mean square v": rescaled(second, adam.epsilon * second),
        "the gradient itself stands where its mean m belongs": rule.but(memory=of_this_gradient),
    }


def _decay_of(rule: StepRule, w: Array) -> Array:
    """What AdamW takes off the weights: its change for a gradient of zero."""
    change, _ = rule.change(0 * w, w, rule.optimizer.init(w), 1)
    return change


def _in_decay(rule: StepRule, adamw: AdamW) -> dict[str, TakeStep]:
    undecayed = rule.of(Adam(beta1=adamw.beta1, beta2=adamw.beta2, epsilon=adamw.epsilon))

    def decayed(times: float) -> TakeStep:
        return undecayed.but(after=lambda change, w: change + times * _decay_of(rule, w))

    coupled = (
        "the decay is added to the gradient before the moments, as in Adam with a penalty; AdamW "
        "takes it off the weights"
    )
    late = "the decay is taken off the weights after the step, where those before it are meant"
    return {
        coupled: undecayed.but(gradient=lambda g, w: rule.clipped(g) + adamw.weight_decay * w),
        late: undecayed.but(after=lambda change, w: change + _decay_of(rule, w + change)),
        "the decay is missing": undecayed.step,
        "the decay has the wrong sign": decayed(-1.0),
        "the decay is not multiplied by the learning rate": decayed(1 / rule.learning_rate),
        "the decay is counted twice": decayed(2.0),
    }


def _other_optimizers(rule: StepRule) -> dict[str, TakeStep]:
    """The formulas of another optimizer, with its usual options."""

    def as_if(other: StepRule) -> TakeStep:
        def step(g: Array, w: Array, state: State, number: int) -> tuple[Array, State]:
            own = state.get("other") or other.optimizer.init(w)
            moved, own = other.step(g, w, own, number)
            return moved, {**state, "other": own}

        return step

    return {
        f"these are the steps of {name}": as_if(rule.of(kind()))
        for name, kind in OPTIMIZERS.items()
        if not isinstance(rule.optimizer, kind) and _has_usual_options(kind)
    }


def _has_usual_options(kind: type[Optimizer]) -> bool:
    """Whether it can be made without any; somebody's own may ask for some."""
    return all(p.default is not p.empty for p in signature(kind).parameters.values())
