"""A cache of steps: the functions of a run, for the next run that needs the same ones.

What JAX compiles belongs to the function that it was given, and goes with it. A run that makes its
own waits for the compiler, for about a second; one that is given the function of an earlier run
finds it compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any, TypeAlias

from chainrule.autodiff import PRIMITIVES, Primitive
from chainrule.nn import ACTIVATIONS, Architecture, Dense, Dropout
from chainrule.train.optimizers import OPTIMIZERS
from chainrule.train.plan import Plan
from chainrule.train.source import Source
from chainrule.train.step import Step, evaluation, training_step

Functions: TypeAlias = tuple[Step, Callable[..., dict[str, Any]]]

_MOST = 8
_OWN = "chainrule.ops."
"""Where ops are that read nothing but their arguments; of others nobody knows."""
_PLAIN = (bool, int, float, type(None))

Key: TypeAlias = tuple[str, tuple[Any, ...]]

_cache: dict[Key, Functions] = {}
_lock = Lock()


def step_and_evaluation(
    plan: Plan, source: Source, held_out: Source | None, *, dtype: str | None
) -> Functions:
    """The training step and the evaluation of a plan: those of a run before, if there was one.

    Only the last few are kept, and nothing of data or weights with them.

    Args:
        plan: How to train.
        source: What will be learnt from; only how many rows come at a time decides.
        held_out: What will be measured on.
        dtype: The number kind of the passes, if it is narrower than that of the weights.
    """
    key = _key(plan, source, held_out, dtype)
    if key is None:
        return _make(plan, plan.architecture, dtype)
    with _lock:
        functions = _cache.pop(key, None)
        if functions is None:
            # Made anew from its description, it does not hold the weights that layers were given.
            functions = _make(plan, Architecture.from_dict(plan.architecture.to_dict()), dtype)
        _cache[key] = functions
        if len(_cache) > _MOST:
            del _cache[next(iter(_cache))]
        return functions


def _make(plan: Plan, architecture: Architecture, dtype: str | None) -> Functions:
    step = training_step(
        architecture,
        plan.loss,
        plan.optimizer,
        metric=plan.metric,
        l1=plan.l1,
        l2=plan.l2,
        clip_norm=plan.clip_norm,
        dtype=dtype,
    )
    return step, evaluation(architecture, plan.loss, plan.metric, dtype=dtype)


def _key(plan: Plan, source: Source, held_out: Source | None, dtype: str | None) -> Key | None:
    """Everything that the functions and their compiled forms depend on: options, written, and ops.

    Written, 1 and 1.0 differ, as they do to a compiler. None where that does not say it all: a
    layer, an op or an optimizer of somebody's own, or an option that is an array's number.
    """
    options = (plan.l1, plan.l2, plan.clip_norm, *vars(plan.optimizer).values())
    layers = plan.architecture.layers.values()
    if type(plan.optimizer) not in OPTIMIZERS.values():
        return None
    if any(type(layer) not in (Dense, Dropout) for layer in layers):
        return None
    if any(type(option) not in _PLAIN for option in options):
        return None
    used = (plan.loss.op, *(ACTIVATIONS[x.activation] for x in layers if isinstance(x, Dense)))
    if not all(op.__module__.startswith(_OWN) for op in used):
        return None
    # A function is compiled for every number of rows: with the sizes, these are few as well.
    sizes = [(part.batch_size, part.rows % part.batch_size) for part in (source, held_out) if part]
    written = repr(
        (
            *(plan.architecture.to_dict(), plan.loss, plan.metric),
            *(plan.optimizer, plan.l1, plan.l2, plan.clip_norm, plan.dtype, dtype, sizes),
        )
    )
    return written, (used, *map(_functions, PRIMITIVES.values()))


def _functions(op: Primitive) -> tuple[Any, ...]:
    """What an op computes with: somebody may put a wrong rule in place of one, to see it found."""
    return op.function, *(rule.function for rule in op.rules.values())
