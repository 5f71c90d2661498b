"""Check an optimizer's step that was written by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import inf, isfinite, ulp
from typing import Any

from chainrule import arrays
from chainrule.arrays import Generator
from chainrule.checking.asking import require_takes
from chainrule.checking.cause import MOST_TIES, UNKNOWN, named, with_causes
from chainrule.checking.checked_function import flat, like
from chainrule.checking.precision import FLOAT32, is_float32
from chainrule.checking.update_mistakes import StepRule, TakeStep, update_mistakes
from chainrule.checking.verdict import Check, Verdict, shared_digits
from chainrule.errors import (
    KindError,
    ShapeError,
    require_above_zero,
    require_callable,
    require_whole,
)
from chainrule.train import Optimizer, choose_optimizer

Numbers = Sequence[float]

START = (0.8, -1.3, 0.45, 2.1, -0.6, 1.7)
"""The weights that are stepped from if none are given."""

SINGLE_ROUNDINGS = 512
"""By how many roundings to float32 a change may be off that was computed in it."""


def check_update(
    update: Callable[[Any, Any, dict[str, Any], int], Any],
    optimizer: str | Optimizer,
    parameters: Any = START,
    *,
    learning_rate: float | None = None,
    clip_norm: float | None = None,
    steps: int = 5,
    **options: Any,
) -> Check:
    """Compare a hand-written optimizer step with the right one, over some steps.

    The gradients of the steps are drawn once: some entries large, some as small as the optimizer's
    epsilon, some gradients longer than `clip_norm` and some shorter, so that every part of the rule
    shows. A cause is named only if a step that makes the same mistake on purpose moves the weights
    in the same way at every step. Weights that come back as float32 numbers are compared to the
    digits of float32.

    Args:
        update: `(w, g, state, step) -> new w`: weights and gradient in the form of `parameters`, a
            dict that is empty at first and kept from step to step, and the step's number from 1.
        optimizer: What it is to be: "sgd", "rmsprop", "adagrad", "adam", "adamw", or an optimizer.
        parameters: Weights to start from: a list of numbers, or an array of any library.
        learning_rate: The learning rate that `update` uses; the optimizer's usual one if left out.
        clip_norm: The norm to which `update` clips the gradient; None if it does not.
        steps: How many steps to take.
        **options: The options of an optimizer asked for by name, such as `momentum=0.9`.

    Returns:
        One verdict a step; `.passed`, `.worst`, and a table when printed.

    Raises:
        KindError: If `update` does not take four arguments, or returns nothing.
        ShapeError: If it returns weights of another shape, or there are none.
        OptionError: If the optimizer or an option is not known, or there is no step to take.

    Example:
        >>> def momentum(w, g, state, step):
        ...     v = state.get("v", [0.0] * len(w))
        ...     state["v"] = [0.9 * a - b for a, b in zip(v, g)]
        ...     return [a - 0.1 * b for a, b in zip(w, state["v"])]
        >>> check_update(momentum, "sgd", learning_rate=0.1, momentum=0.9).worst.cause
        'the step goes uphill: + stands for -'

    Source: the optimizers of `chainrule.train`, each with its paper.
    """
    require_callable("update", update)
    require_whole("steps", steps)
    for option, value in (("learning_rate", learning_rate), ("clip_norm", clip_norm)):
        if value is not None:
            require_above_zero(option, value)
    known = choose_optimizer(optimizer, **options)
    rule = StepRule(known, learning_rate or known.default_learning_rate, clip_norm)
    start = flat(parameters)
    if not start:
        raise ShapeError("the weights to update hold no number; give some that do")
    gradients = [flat(_in_kind(parameters, g)) for g in _gradients(rule, len(start), steps)]
    given = _steps_taken(update, parameters, gradients)
    right = _replayed(rule, rule.step, start, gradients)
    single = all(is_float32(w) for weights in given for w in weights)
    verdicts = list(_verdicts(given, right, start, single))
    if any(verdict.outcome == "wrong" for verdict in verdicts):
        fitting = [
            sentence
            for sentence, step in update_mistakes(rule).items()
            for other in [_replayed(rule, step, start, gradients)]
            if all(v.outcome == "agrees" for v in _verdicts(given, other, start, single))
        ]
        cause = named(fitting) if 0 < len(fitting) <= MOST_TIES else UNKNOWN
        verdicts = with_causes(verdicts, {verdict.name: cause for verdict in verdicts})
    return Check(f"{steps} steps of {known.name} on {len(start)} weights", verdicts)


def _gradients(rule: StepRule, size: int, steps: int) -> list[list[float]]:
    """Generic gradients, of which some entries are as small as epsilon."""
    generator = Generator(0)
    epsilon = getattr(rule.optimizer, "epsilon", 1.0)
    drawn = []
    for k in range(steps):
        scale = 1.0 if rule.clip_norm is None else rule.clip_norm * (3.0, 0.2)[k % 2]
        signs, amounts = generator.random(size), generator.random(size)
        drawn.append(
            [
                (-1 if s < 0.3 else 1) * (0.5 + u) * (epsilon if i % 3 == 2 else 1.0) * scale
                for i, (s, u) in enumerate(zip(signs, amounts, strict=True))
            ]
        )
    return drawn


def _steps_taken(
    update: Callable[..., Any], parameters: Any, gradients: Sequence[list[float]]
) -> list[list[float]]:
    """The weights after each step of the function that is checked."""
    state: dict[str, Any] = {}
    numbers, taken = flat(parameters), []
    for k, gradient in enumerate(gradients, 1):
        w, g = (_in_kind(parameters, values) for values in (numbers, gradient))
        require_takes(update, "the update", w, g, state, k)
        moved = update(w, g, state, k)
        if moved is None:
            raise KindError("the update returned None: let it return the new weights")
        if len(flat(moved)) != len(numbers):
            raise ShapeError(
                f"the update must return {len(numbers)} weights, as it was given; "
                f"found {len(flat(moved))}"
            )
        numbers = flat(moved)
        taken.append(numbers)
    return taken


def _replayed(
    rule: StepRule, step: TakeStep, start: Numbers, gradients: Sequence[list[float]]
) -> list[list[float]]:
    """The weights after each step of a rule that we know, right or wrong."""
    w = arrays.asarray(list(start))
    state: Any = rule.optimizer.init(w)
    taken = []
    for k, gradient in enumerate(gradients, 1):
        w, state = step(arrays.asarray(gradient), w, state, k)
        taken.append(flat(w))
    return taken


def _in_kind(form: Any, numbers: Sequence[float]) -> Any:
    """Numbers in the form of the weights, in float32 where those are."""
    weights = like(form, numbers)
    single = "float32" in str(getattr(form, "dtype", ""))
    return arrays.namespace_of(form).astype(weights, form.dtype) if single else weights


def _verdicts(
    given: Sequence[Numbers], right: Sequence[Numbers], start: Numbers, single: bool
) -> Iterator[Verdict]:
    """The verdict on every step."""
    steps = zip([start, *right], given, right, strict=False)
    return (_verdict(k, *weights, single) for k, weights in enumerate(steps, 1))


def _tolerance(right: float, before: float, step: int, single: bool) -> float:
    """What rounding can do to a weight until a step, and to what the step moves it by."""
    size, change = max(abs(right), abs(before), 1e-300), abs(right - before)
    if not isfinite(size):
        return 0.0
    if single:
        return FLOAT32 * (4 * step * size + SINGLE_ROUNDINGS * change)
    return 32 * ulp(size) + 1e-11 * change


def _verdict(number: int, before: Numbers, given: Numbers, right: Numbers, single: bool) -> Verdict:
    """The verdict on one step, at the weight that is furthest off."""
    tolerances = [_tolerance(b, c, number, single) for b, c in zip(right, before, strict=True)]
    excesses = [
        abs(a - b) / t if t and isfinite(a - b) else inf
        for a, b, t in zip(given, right, tolerances, strict=True)
    ]
    worst = max(range(len(right)), key=excesses.__getitem__)
    a, b, tolerance = given[worst], right[worst], tolerances[worst]
    name = f"step {number}"
    if excesses[worst] <= 1:
        kind = ", as far as float32 allows" if single else ""
        text = f"agrees to {shared_digits(a, b)} digits with the step replayed{kind}"
        return Verdict(name, "agrees", "replay", a, b, tolerance, text)
    entry = f"weight {worst}"
    text = f"wrong at {entry}: it is {a:.12g} after {name}, and should be {b:.12g}"
    return Verdict(name, "wrong", "replay", a, b, tolerance, text, entry=entry)
