"""One training step: a pure function of the weights and a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from chainrule.arrays import namespace_of
from chainrule.autodiff import Tensor, backward
from chainrule.nn import Architecture, Loss, example_losses, penalty
from chainrule.ops import mean
from chainrule.train.clipping import clip_by_norm
from chainrule.train.metrics import Metric
from chainrule.train.optimizer import Optimizer

State: TypeAlias = dict[str, Any]
Batch: TypeAlias = dict[str, Any]
Step: TypeAlias = Callable[[State, Batch], tuple[State, dict[str, Any]]]


def initial_state(optimizer: Optimizer, parameters: Any) -> State:
    """The state that training starts from: the flat parameters and the optimizer's memory."""
    return {"parameters": parameters, "optimizer": optimizer.init(parameters)}


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
    concat: Callable[[Sequence[Any]], Any] | None = None,
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
        concat: How the gradients are put in a row; see `Engine.concat`.

    Returns:
        A function `(state, batch) -> (state, results)`. The state is `initial_state`; the batch
        holds inputs `x` and encoded targets `t`, `learning_rate` and `step` (from 1) as numbers,
        `masks` by dropout layer, and, if not all rows count alike, `weights` and their sum `rows`.
        The results hold `loss`, the mean data loss of the batch without penalty, `gradient_norm`
        if clipping measures it, and `count` of the metric.
    """
    layout = architecture.layout

    def step(state: State, batch: Batch) -> tuple[State, dict[str, Any]]:
        flat = state["parameters"]
        xp = namespace_of(flat)
        named = layout.split(xp, _narrowed(flat, dtype))
        weights = {name: Tensor(w, name=name) for name, w in named.items()}
        losses = example_losses(
            architecture, loss, weights, batch["x"], batch["t"], masks=batch.get("masks")
        )
        share = batch.get("weights")
        data_loss = mean(losses) if share is None else (losses * share).sum() / batch["rows"]
        total = data_loss + penalty(weights, l1=l1, l2=l2) if l1 or l2 else data_loss
        gradients = backward(total, list(weights.values()))
        gradient = layout.join(xp, dict(zip(weights, gradients, strict=True)), concat)
        gradient = _widened(gradient, like=flat)

        results = {"loss": data_loss.value}
        if clip_norm is not None:
            gradient, results["gradient_norm"] = clip_by_norm(gradient, clip_norm)
        if metric is not None:
            output = _widened(losses.origin.inputs[0].value, like=flat)
            results["count"] = metric.count(output, batch["t"], share)
        change, memory = optimizer.update(
            gradient,
            state["optimizer"],
            flat,
            learning_rate=batch["learning_rate"],
            step=batch["step"],
        )
        return {"parameters": flat + change, "optimizer": memory}, results

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
        A function of flat parameters and a batch with `x`, `t` and perhaps `weights` that gives
        the sum of the examples' losses as `loss`, and the metric's `count`.
    """

    def evaluate(flat: Any, batch: Batch) -> dict[str, Any]:
        xp = namespace_of(flat)
        named = architecture.layout.split(xp, _narrowed(flat, dtype))
        z = architecture.scores(named, batch["x"])
        output = _widened(z if loss.link else architecture.activate(z), like=flat)
        share = batch.get("weights")
        losses = loss.op(output, batch["t"])
        results = {"loss": xp.sum(losses if share is None else losses * share)}
        if metric is not None:
            results["count"] = metric.count(output, batch["t"], share)
        return results

    return evaluate


def _narrowed(weights: Any, dtype: str | None) -> Any:
    """The weights in the number kind that a pass is computed in; None for their own."""
    if dtype is None:
        return weights
    xp: Any = namespace_of(weights)
    return xp.astype(weights, getattr(xp, dtype))


def _widened(result: Any, *, like: Any) -> Any:
    """A result in the number kind of the weights, whose digits sums and small changes need."""
    if result.dtype == like.dtype:
        return result
    xp: Any = namespace_of(result)
    return xp.astype(result, like.dtype)
