"""The classic mistakes of a hand-written optimizer step, each made on purpose.

None of them writes an optimizer down again: each asks the right one with another memory, another
gradient or another option, and so makes the mistake with the very formulas it is a mistake in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

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
Step = Callable[[Array, Array, State, int], tuple[Array, State]]
"""From gradient, weights, memory and the step's number to new weights and memory."""

NEVER_CORRECTED = 10**9
"""A step so late that no bias is left to be corrected."""

NO_EPSILON = 1e-300
"""An epsilon that is lost in every sum."""


@dataclass(frozen=True)
class Rule:
    """What the right step is made with.

    Attributes:
        optimizer: The optimizer.
        learning_rate: Its learning rate.
        clip_norm: The greatest length of a gradient; None for any.
    """

    optimizer: Optimizer
    learning_rate: float
    clip_norm: float | None = None

    def clipped(self, gradient: Array) -> Array:
        """The gradient, shortened where it is too long."""
        if self.clip_norm is None:
            return gradient
        return clip_by_norm(gradient, self.clip_norm)[0]

    def change(self, g: Array, w: Array, state: State, step: int, **other: Any) -> Any:
        """The change and the new memory, with another optimizer or learning rate if asked for."""
        optimizer = other.get("optimizer", self.optimizer)
        rate = other.get("learning_rate", self.learning_rate)
        return optimizer.update(g, state, w, learning_rate=rate, step=step)

    def step(self, g: Array, w: Array, state: State, step: int) -> tuple[Array, State]:
        """The right step."""
        change, state = self.change(self.clipped(g), w, state, step)
        return w + change, state


class UpdateMistake(NamedTuple):
    """A step that goes wrong on purpose, and how to say it."""

    sentence: str
    step: Step


def update_mistakes(rule: Rule) -> Iterator[UpdateMistake]:
    """Every mistake that can be made with an optimizer."""
    yield from _anywhere(rule)
    if rule.clip_norm is not None:
        yield from _in_clipping(rule, rule.clip_norm)
    if isinstance(rule.optimizer, SGD) and rule.optimizer.momentum:
        yield from _in_momentum(rule, rule.optimizer)
    if isinstance(rule.optimizer, RMSProp | Adagrad | Adam | AdamW):
        yield from _in_epsilon(rule, rule.optimizer)
    if isinstance(rule.optimizer, Adam | AdamW):
        yield from _in_corrections(rule, rule.optimizer)
        yield from _in_means(rule, rule.optimizer)
    if isinstance(rule.optimizer, AdamW):
        yield from _in_decay(rule, rule.optimizer)
    yield from _other_optimizers(rule)


def _changed(rule: Rule, after: Callable[[Array], Array], **other: Any) -> Step:
    """The right step, with something done to its change."""

    def step(g: Array, w: Array, state: State, number: int) -> tuple[Array, State]:
        change, state = rule.change(rule.clipped(g), w, state, number, **other)
        return w + after(change), state

    return step


def _with_gradient(rule: Rule, before: Callable[[Array, Array], Array], **other: Any) -> Step:
    """The right step, with something done to its gradient."""

    def step(g: Array, w: Array, state: State, number: int) -> tuple[Array, State]:
        change, state = rule.change(before(g, w), w, state, number, **other)
        return w + change, state

    return step


def _with_memory(rule: Rule, before: Callable[[State, int], State]) -> Step:
    """The right step, with something done to the memory that its change is made with."""

    def step(g: Array, w: Array, state: State, number: int) -> tuple[Array, State]:
        g = rule.clipped(g)
        change, _ = rule.change(g, w, before(state, number), number)
        return w + change, rule.change(g, w, state, number)[1]

    return step


def _with_options(
    rule: Rule, *, number: Callable[[int], int] | None = None, **options: Any
) -> Step:
    """The right step, with other options or another number."""
    other = replace(rule, optimizer=replace(rule.optimizer, **options))
    return lambda g, w, state, k: other.step(g, w, state, number(k) if number else k)


def _anywhere(rule: Rule) -> Iterator[UpdateMistake]:
    uphill = _changed(rule, lambda change: -change)
    yield UpdateMistake("the step goes uphill: + stands for -", uphill)
    bare = _changed(rule, lambda change: change, learning_rate=1.0)
    yield UpdateMistake("the learning rate is left out", bare)
    twice = _changed(rule, lambda change: change * rule.learning_rate)
    yield UpdateMistake("the learning rate is multiplied in twice", twice)

    def forgetful(g: Array, w: Array, state: State, number: int) -> tuple[Array, State]:
        moved, _ = rule.step(g, w, rule.optimizer.init(w), number)
        return moved, state

    if not isinstance(rule.optimizer, SGD):
        yield UpdateMistake("the memory is not kept from step to step", forgetful)


def _in_clipping(rule: Rule, most: float) -> Iterator[UpdateMistake]:
    def by_value(g: Array, _w: Array) -> Array:
        xp = g.__array_namespace__()
        return xp.minimum(xp.maximum(g, -most), most)

    def to_norm(g: Array, _w: Array) -> Array:
        return g * (most / global_norm(g.__array_namespace__(), [g]))

    yield UpdateMistake("the gradient is not clipped", _with_gradient(rule, lambda g, _: g))
    yield UpdateMistake(
        "each entry is clipped by value, where the norm of the whole gradient is to be clipped",
        _with_gradient(rule, by_value),
    )
    yield UpdateMistake(
        "the gradient is brought to the norm even where it is shorter",
        _with_gradient(rule, to_norm),
    )
    unclipped = replace(rule, clip_norm=None)
    yield UpdateMistake(
        "the change is clipped, not the gradient",
        _changed(unclipped, lambda change: clip_by_norm(change, most)[0]),
    )


def _in_momentum(rule: Rule, sgd: SGD) -> Iterator[UpdateMistake]:
    damping = 1 - sgd.momentum

    def negated(g: Array, w: Array, state: State, number: int) -> tuple[Array, State]:
        return rule.step(g, w, {"velocity": -state["velocity"]}, number)

    def late(g: Array, w: Array, state: State, number: int) -> tuple[Array, State]:
        _, after = rule.change(rule.clipped(g), w, state, number)
        return w - rule.learning_rate * state["velocity"], after

    yield UpdateMistake("the velocity enters with the wrong sign", negated)
    yield UpdateMistake(
        "momentum is left out", lambda g, w, state, k: rule.step(g, w, rule.optimizer.init(w), k)
    )
    yield UpdateMistake(
        "the gradient enters the velocity times 1 - momentum",
        _with_gradient(rule, lambda g, _: damping * rule.clipped(g)),
    )
    yield UpdateMistake("the step is made with the velocity of the step before", late)
    if sgd.nesterov:
        yield UpdateMistake("Nesterov's look ahead is missing", _with_options(rule, nesterov=False))
    else:
        yield UpdateMistake(
            "the step looks ahead as Nesterov's does", _with_options(rule, nesterov=True)
        )


def _in_epsilon(rule: Rule, optimizer: RMSProp | Adagrad | Adam | AdamW) -> Iterator[UpdateMistake]:
    epsilon = optimizer.epsilon
    none = replace(rule, optimizer=replace(optimizer, epsilon=NO_EPSILON))

    def inside(state: State, number: int) -> State:
        """What, added to the memory, is epsilon in the new one."""
        if isinstance(optimizer, Adam | AdamW):
            corrected = epsilon * (1 - optimizer.beta2**number) / optimizer.beta2
            return {**state, "v": state["v"] + corrected}
        decay = optimizer.decay if isinstance(optimizer, RMSProp) else 1
        return {"accumulator": state["accumulator"] + epsilon / decay}

    def without_root(g: Array, w: Array, state: State, number: int) -> tuple[Array, State]:
        g = rule.clipped(g)
        change, after = none.change(g, w, state, number)
        squares, correction = after.get("accumulator"), 1.0
        if isinstance(optimizer, Adam | AdamW):
            squares, correction = after["v"], 1 - optimizer.beta2**number
        root = g.__array_namespace__().sqrt(squares / correction)
        return w + change * root / (root * root + epsilon), after

    yield UpdateMistake(
        "epsilon stands inside the root, where it is to be added to the root",
        _with_memory(none, inside),
    )
    yield UpdateMistake("epsilon is left out", none.step)
    yield UpdateMistake("the root of the squares is left out", without_root)
    if isinstance(optimizer, RMSProp):
        first = (1 - optimizer.decay) ** 0.5
        small = replace(rule, optimizer=replace(optimizer, epsilon=epsilon * first))
        sentence = "1 - decay is left out in the mean of the squares"
        yield UpdateMistake(sentence, _changed(small, lambda change: first * change))


def _in_corrections(rule: Rule, adam: Adam | AdamW) -> Iterator[UpdateMistake]:
    def with_corrections(*, first: bool, second: bool, epsilon_too: bool = True) -> Step:
        def step(g: Array, w: Array, state: State, number: int) -> tuple[Array, State]:
            c1, root = 1 - adam.beta1**number, (1 - adam.beta2**number) ** 0.5
            plain_adam = Adam(adam.beta1, adam.beta2, adam.epsilon)
            if not epsilon_too:
                plain_adam = replace(plain_adam, epsilon=adam.epsilon / root)
            at = number if second else NEVER_CORRECTED
            change, after = rule.change(rule.clipped(g), w, state, at, optimizer=plain_adam)
            if first and not second:
                change = change / c1
            if second and not first:
                change = change * c1
            return w + change + _decay_of(rule, w), after

        return step

    yield UpdateMistake(
        "the bias correction is missing", with_corrections(first=False, second=False)
    )
    yield UpdateMistake(
        "the bias correction of the mean gradient m is missing",
        with_corrections(first=False, second=True),
    )
    yield UpdateMistake(
        "the bias correction of the mean square v is missing",
        with_corrections(first=True, second=False),
    )
    yield UpdateMistake(
        "epsilon is added to the root before the bias correction",
        with_corrections(first=True, second=True, epsilon_too=False),
    )
    for words, number in (
        ("the step number is one too high", lambda k: k + 1),
        ("the step number stays at 1", lambda k: 1),
    ):
        yield UpdateMistake(words, _with_options(rule, number=number))


def _in_means(rule: Rule, adam: Adam | AdamW) -> Iterator[UpdateMistake]:
    swapped = _with_options(rule, beta1=adam.beta2, beta2=adam.beta1)
    yield UpdateMistake("beta1 and beta2 are exchanged", swapped)
    first, second = 1 - adam.beta1, (1 - adam.beta2) ** 0.5
    small = Adam(adam.beta1, adam.beta2, adam.epsilon * second)
    for what, factor, optimizer in (
        (
            "1 - beta1 is left out in the mean gradient m",
            1 / first,
            replace(small, epsilon=adam.epsilon),
        ),
        ("1 - beta2 is left out in the mean square v", second, small),
    ):

        def step(
            g: Array,
            w: Array,
            state: State,
            number: int,
            factor: float = factor,
            optimizer: Adam = optimizer,
        ) -> tuple[Array, State]:
            change, after = rule.change(rule.clipped(g), w, state, number, optimizer=optimizer)
            return w + factor * change + _decay_of(rule, w), after

        yield UpdateMistake(what, step)

    def gradient_itself(g: Array, w: Array, state: State, number: int) -> tuple[Array, State]:
        c1 = 1 - adam.beta1**number
        g = rule.clipped(g)
        only = {**state, "m": (c1 * g - first * g) / adam.beta1} if adam.beta1 else state
        change, _ = rule.change(g, w, only, number)
        return w + change, rule.change(g, w, state, number)[1]

    yield UpdateMistake("the gradient itself stands where its mean m belongs", gradient_itself)


def _decay_of(rule: Rule, w: Array) -> Array:
    """What AdamW takes off the weights: its change for a gradient of zero."""
    nothing = 0 * w
    change, _ = rule.change(nothing, w, rule.optimizer.init(w), 1)
    return change


def _in_decay(rule: Rule, adamw: AdamW) -> Iterator[UpdateMistake]:
    if not adamw.weight_decay:
        return
    adam = Adam(adamw.beta1, adamw.beta2, adamw.epsilon)
    undecayed = replace(rule, optimizer=adam)

    def after(g: Array, w: Array, state: State, number: int) -> tuple[Array, State]:
        moved, memory = undecayed.step(g, w, state, number)
        return moved + _decay_of(rule, moved), memory

    def decayed(times: float) -> Step:
        def step(g: Array, w: Array, state: State, number: int) -> tuple[Array, State]:
            moved, memory = undecayed.step(g, w, state, number)
            return moved + times * _decay_of(rule, w), memory

        return step

    coupled = _with_gradient(undecayed, lambda g, w: rule.clipped(g) + adamw.weight_decay * w)
    yield UpdateMistake(
        "the decay is added to the gradient before the moments, as in Adam with a penalty; AdamW "
        "takes it off the weights",
        coupled,
    )
    yield UpdateMistake(
        "the decay is taken off the weights after the step, where those before it are meant", after
    )
    yield UpdateMistake("the decay is missing", undecayed.step)
    yield UpdateMistake("the decay has the wrong sign", decayed(-1.0))
    yield UpdateMistake(
        "the decay is not multiplied by the learning rate", decayed(1 / rule.learning_rate)
    )
    yield UpdateMistake("the decay is counted twice", decayed(2.0))


def _other_optimizers(rule: Rule) -> Iterator[UpdateMistake]:
    """The formulas of another optimizer, with its usual options."""
    for name, kind in OPTIMIZERS.items():
        if isinstance(rule.optimizer, kind):
            continue
        other = replace(rule, optimizer=kind())

        def step(
            g: Array, w: Array, state: State, number: int, other: Rule = other
        ) -> tuple[Array, State]:
            own = state.get("other") or other.optimizer.init(w)
            moved, own = other.step(g, w, own, number)
            return moved, {**state, "other": own}

        yield UpdateMistake(f"these are the steps of {name}", step)
