"""One training step: a pure function of the weights and a batch.

The functions of a run are kept for the next run that needs the same ones. What an engine compiles
belongs to the function that it was given, and goes with it: a run that makes its own waits for a
second, one that is given the function of an earlier run finds it compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any, TypeAlias

from chainrule.arrays import Generator, namespace_of
from chainrule.autodiff import PRIMITIVES, Tensor, backward
from chainrule.engines import Engine, leaves, rebuild
from chainrule.nn import ACTIVATIONS, Architecture, Dense, Loss, example_losses, mean_loss, penalty
from chainrule.train.clipping import clip_by_norm
from chainrule.train.metrics import Metric
from chainrule.train.optimizer import Optimizer
from chainrule.train.plan import Plan
from chainrule.train.source import Source

State: TypeAlias = dict[str, Any]
Batch: TypeAlias = dict[str, Any]
Step: TypeAlias = Callable[[State, Batch], tuple[State, dict[str, Any]]]


def initial_state(optimizer: Optimizer, parameters: Any) -> State:
    """The state that training starts from: flat parameters, the optimizer's memory, no steps."""
    return {"parameters": parameters, "optimizer": optimizer.init(parameters), "steps": 0}


def dropout_masks(plan: Plan, engine: Engine, generator: Generator, rows: int) -> dict[str, Any]:
    """What a batch's activations are multiplied with at each dropout: 0, or 1 / (1 - rate)."""
    xp, masks = engine.xp, {}
    for name, (rate, width) in plan.architecture.dropouts.items():
        u = engine.random(generator, rows * width, dtype=plan.dtype)
        scale = xp.where(u >= rate, xp.ones_like(u) / (1 - rate), 0)
        masks[name] = xp.reshape(scale, (rows, width))
    return masks


def training_step(
    architecture: Architecture,
    loss: Loss,
    optimizer: Optimizer,
    *,
    metric: Metric | None = None,
    l1: float = 0,
    l2: float = 0,
    clip_norm: float | None = None,
    dtype: str | None = None,
) -> Step:
    """Make the function that takes one step: forward, loss, backward, update.

    Args:
        architecture: The network.
        loss: What being wrong costs.
        optimizer: How a gradient becomes a change of the weights.
        metric: What is counted beside the loss, if anything.
        l1: λ of `λ Σ |w|`.
        l2: λ of `λ Σ w²`.
        clip_norm: The greatest length of a gradient; None for any.
        dtype: The number kind of the passes, if it is narrower than that of the weights; metrics
            are counted and weights updated in the wider one.

    Returns:
        A function `(state, batch) -> (state, results)`. The state is `initial_state`, or the same
        with a tuple of arrays in the layout's order in place of each flat one; the batch holds
        inputs `x` and encoded targets `t`, the `learning_rate` as a number, `masks` by dropout
        layer, and, if not all rows count alike, `weights`, and their sum `rows` where adding them
        up would be an exchange of its own. The results hold `loss`, the mean data loss of the batch
        without penalty, `gradient_norm` if clipping measures it, `count` of the metric, and `rows`,
        the sum of the weights, if there are any.
    """
    layout = architecture.layout

    def step(state: State, batch: Batch) -> tuple[State, dict[str, Any]]:
        parameters = state["parameters"]
        xp, narrow, wide = _kinds(parameters, dtype)
        named = layout.split(xp, _in_kind(parameters, narrow))
        weights = {name: Tensor(w, name=name) for name, w in named.items()}
        losses = example_losses(
            architecture, loss, weights, batch["x"], batch["t"], masks=batch.get("masks")
        )
        share = batch.get("weights")
        rows = _counted(batch)
        data_loss = mean_loss(losses, share, rows.get("rows"))
        total = data_loss + penalty(weights, l1=l1, l2=l2) if l1 or l2 else data_loss
        gradients = dict(zip(weights, backward(total, list(weights.values())), strict=True))
        apart = isinstance(parameters, tuple)
        gradient = tuple(gradients.values()) if apart else layout.join(xp, gradients)
        gradient = _in_kind(gradient, wide)

        results = {"loss": data_loss.value, **rows}
        if clip_norm is not None:
            gradient, results["gradient_norm"] = clip_by_norm(gradient, clip_norm)
        if metric is not None:
            output = _in_kind(losses.origin.inputs[0].value, wide)
            results["count"] = metric.count(output, batch["t"], share)
        steps = state["steps"] + 1
        scalars = {"learning_rate": batch["learning_rate"], "step": steps}
        parameters, memory = _updated(
            optimizer, gradient, state["optimizer"], parameters, **scalars
        )
        return {"parameters": parameters, "optimizer": memory, "steps": steps}, results

    return step


def evaluation(
    architecture: Architecture,
    loss: Loss,
    metric: Metric | None = None,
    *,
    dtype: str | None = None,
) -> Callable[[State, Batch], dict[str, Any]]:
    """Make the function that measures a batch in prediction mode and changes nothing.

    Args:
        architecture: The network.
        loss: What being wrong costs.
        metric: What is counted beside the loss, if anything.
        dtype: The number kind of the pass, if it is narrower than that of the weights.

    Returns:
        A function of parameters, flat or apart, and a batch with `x`, `t` and perhaps `weights`.
        It gives the sum of the examples' losses as `loss`, the metric's `count`, and the sum of
        the weights as `rows`.
    """

    def evaluate(parameters: Any, batch: Batch) -> dict[str, Any]:
        xp, narrow, wide = _kinds(parameters, dtype)
        named = architecture.layout.split(xp, _in_kind(parameters, narrow))
        z = architecture.scores(named, batch["x"])
        output = _in_kind(z if loss.link else architecture.activate(z), wide)
        share = batch.get("weights")
        losses = loss.op(output, batch["t"])
        results = {"loss": xp.sum(losses if share is None else losses * share), **_counted(batch)}
        if metric is not None:
            results["count"] = metric.count(output, batch["t"], share)
        return results

    return evaluate


def _counted(batch: Batch) -> dict[str, Any]:
    """The sum of the weights of the rows as `rows`; nothing where there are none."""
    share = batch.get("weights")
    if share is None:
        return {}
    return {"rows": batch["rows"] if "rows" in batch else namespace_of(share).sum(share)}


def _kinds(parameters: Any, dtype: str | None) -> tuple[Any, Any, Any]:
    """The weights' namespace, and the kinds of pass and update where these differ, else None."""
    first = next(leaves(parameters))
    xp: Any = namespace_of(first)
    return (xp, None, None) if dtype is None else (xp, getattr(xp, dtype), first.dtype)


def _in_kind(arrays: Any, kind: Any) -> Any:
    """Arrays in a number kind; as they are if there is none."""
    if kind is None:
        return arrays
    return rebuild(arrays, lambda array: namespace_of(array).astype(array, kind))


def _updated(
    optimizer: Optimizer, gradient: Any, memory: Any, parameters: Any, **scalars: Any
) -> tuple[Any, Any]:
    """One optimizer step of a flat array, or of every array that is kept apart."""
    if not isinstance(parameters, tuple):
        change, memory = optimizer.update(gradient, memory, parameters, **scalars)
        return parameters + change, memory
    own = [{kind: arrays[i] for kind, arrays in memory.items()} for i in range(len(parameters))]
    after = [
        _updated(optimizer, *each, **scalars)
        for each in zip(gradient, own, parameters, strict=True)
    ]
    memories = {kind: tuple(arrays[kind] for _, arrays in after) for kind in memory}
    return tuple(w for w, _ in after), memories


Functions: TypeAlias = tuple[Step, Callable[..., dict[str, Any]]]

_MOST = 8
_OWN = "chainrule."
"""Where that is written which reads nothing but its arguments; of the rest nobody knows."""
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
        source: What will be learned from; only how many rows come at a time decides.
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
    if any(type(option) not in _PLAIN for option in options):
        return None
    ops = (plan.loss.op, *(ACTIVATIONS[x.activation] for x in layers if isinstance(x, Dense)))
    used = (*ops, type(plan.optimizer), *map(type, layers))
    if not all(each.__module__.startswith(_OWN) for each in used):
        return None
    # A function is compiled for every number of rows: with the sizes, these are few as well.
    sizes = [(part.batch_size, part.rows % part.batch_size) for part in (source, held_out) if part]
    terms = plan.loss, plan.metric, plan.optimizer, plan.l1, plan.l2, plan.clip_norm
    written = repr((plan.architecture.to_dict(), *terms, plan.dtype, dtype, sizes))
    return written, (used, ops_now())


def ops_now() -> tuple[Any, ...]:
    """What every op computes with at the moment, to keep by it what was made of ops.

    Somebody may put a wrong rule in place of one, to see it found.
    """
    return tuple(
        (op.function, *(rule.function for rule in op.rules.values())) for op in PRIMITIVES.values()
    )
