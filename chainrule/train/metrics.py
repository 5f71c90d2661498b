"""How often, or how nearly, the network is right: numbers for people, and no aim of training.

What the steps of an epoch add up to is read from the device as late as it may be.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal, final

from chainrule.arrays import namespace_of
from chainrule.nn import ACTIVATIONS, Loss


@final
@dataclass(frozen=True)
class Metric:
    """Accuracy for classes, r² for values; counted batch by batch and put together at the end.

    Attributes:
        name: "accuracy", the share of right answers, or "r2", the part of the targets' variance
            that the outputs explain: `1 - Σ(a - y)² / Σ(y - mean y)²`.
        rule: How an answer is read: "largest" output, each output "above" or below its threshold,
            or the "value" itself.
        target_threshold: The target's value between no and yes.
        output_threshold: The output's.

    Example:
        >>> import chainrule.arrays as xp
        >>> metric = Metric("accuracy", "largest")
        >>> hits = metric.count(xp.asarray([[0.2, 0.8], [0.4, 0.1]]), xp.asarray([[0, 1], [0, 1]]))
        >>> float(hits)
        1.0
    """

    name: Literal["accuracy", "r2"]
    rule: Literal["largest", "above", "value"]
    target_threshold: float = 0.0
    output_threshold: float = 0.0

    @property
    def multi_label(self) -> bool:
        """Whether each of several outputs answers yes or no to a question of its own."""
        return self.rule == "above"

    def right(self, output: Any, t: Any) -> Any:
        """How right each example is, from 0 to 1, of shape `(batch,)`; for accuracy only.

        Args:
            output: What the loss reads, of shape `(batch, outputs)`.
            t: Encoded targets of the same shape.
        """
        xp = namespace_of(output)
        if self.rule == "largest":
            same = xp.equal(xp.argmax(output, axis=1), xp.argmax(t, axis=1))
            return xp.astype(same, output.dtype)
        same = xp.equal(output > self.output_threshold, t > self.target_threshold)
        return xp.mean(xp.astype(same, output.dtype), axis=1)

    def count(self, output: Any, t: Any, weights: Any = None) -> Any:
        """What a batch adds to the whole: right answers, or the sum of squared errors.

        Args:
            output: What the loss reads, of shape `(batch, outputs)`.
            t: Encoded targets of the same shape.
            weights: How much each row counts, of shape `(batch,)`; 1 each if left out.
        """
        xp = namespace_of(output)
        if self.rule == "value":
            squares = (output - t) * (output - t)
            return xp.sum(squares if weights is None else squares * weights[:, None])
        right = self.right(output, t)
        return xp.sum(right if weights is None else right * weights)

    def value(self, counted: float, examples: float, spread: float) -> float:
        """The metric over all batches.

        Args:
            counted: The sum of `count` over the batches.
            examples: The number of examples, or the sum of their weights.
            spread: `Σ(y - mean y)²` over all targets; r² only.
        """
        if self.rule == "value":
            return 1 - counted / spread if spread else float("nan")
        return counted / examples if examples else float("nan")


def spread(batches: Iterable[tuple[Any, ...]]) -> float:
    """`Σ(y - mean y)²`, each output around its own mean: what a constant answer leaves unexplained.

    Args:
        batches: Targets of shape `(rows, outputs)`, part by part, each with the weights of its
            rows if they do not count alike.

    Example:
        >>> import chainrule.arrays as xp
        >>> spread([(xp.asarray([[1.0], [2.0]]),), (xp.asarray([[6.0]]),)])
        14.0
        >>> spread([(xp.asarray([[1.0], [9.0], [3.0]]), xp.asarray([1.0, 0.0, 3.0]))])
        3.0

    Source: Chan, Golub & LeVeque, "Updating formulae and a pairwise algorithm for computing sample
    variances" (1979), equation 2.1.
    """
    seen, mean, total = 0.0, None, 0.0
    for t, *weights in batches:
        xp = namespace_of(t)
        share = weights[0][:, None] if weights else xp.ones_like(t[:, :1])
        if not (rows := float(xp.sum(share))):
            continue
        own = xp.sum(t * share, axis=0) / rows
        total += float(xp.sum((t - own) * (t - own) * share))
        if mean is None:
            mean = own
        else:
            apart = own - mean
            total += float(xp.sum(apart * apart)) * seen * rows / (seen + rows)
            mean = mean + apart * (rows / (seen + rows))
        seen += rows
    return total


def suited_metric(loss: Loss, activation: str, outputs: int, *, multi_label: bool) -> Metric:
    """Accuracy where the targets are classes, else r².

    Args:
        loss: What being wrong costs.
        activation: The activation of the output layer.
        outputs: The number of outputs.
        multi_label: Whether each output answers yes or no to a question of its own.
    """
    link = ACTIVATIONS.link(activation)
    if "softmax" in (loss.link, link):
        return Metric("accuracy", "largest")
    rule: Literal["largest", "above"] = "largest" if outputs > 1 and not multi_label else "above"
    if loss.link == "sigmoid":
        return Metric("accuracy", rule, 0.5)
    if loss.targets == "signs":
        threshold = 0.5 if link == "sigmoid" else 0.0
        return Metric("accuracy", rule, output_threshold=threshold)
    return Metric("r2", "value")


@final
@dataclass(eq=False)
class EpochSums:
    """Sums of losses and of what a metric counts, over the steps of an epoch.

    A device that computes on its own is at work on later steps while the loss of an earlier one is
    read; reading the loss of the latest step at once would make it wait for us.

    Args:
        as_float: Reads a number that a step gave.

    Attributes:
        rows: How many examples the steps count for that have been read: the sum of their weights.
        losses: The sum of their losses.
        counted: What the metric counted in them.
        gradient_norm: The length of the gradient of the last of them, where it was measured.

    Example:
        >>> sums = EpochSums()
        >>> sums.add(1, (32, 16), ({"loss": 0.5, "count": 30}, {"loss": 0.25, "count": 16}))
        2
        >>> list(sums.read(keep=1)), list(sums.read()), sums.losses
        ([(1, 0.5)], [(2, 0.25)], 20.0)
    """

    as_float: Callable[[Any], float] = float
    rows: float = 0.0
    losses: float = 0.0
    counted: float = 0.0
    gradient_norm: float | None = None
    _unread: deque[tuple[int, Any, dict[str, Any]]] = field(default_factory=deque, init=False)

    def add(self, first: int, rows: Iterable[int], results: Iterable[dict[str, Any]]) -> int:
        """Take in the results of steps from number `first` on, with their rows, without a look.

        Returns:
            How many steps have not been read.
        """
        self._unread.extend(zip(count(first), rows, results))
        return len(self._unread)

    def read(self, *, keep: int = 0) -> Iterator[tuple[int, float]]:
        """Read all steps but the latest `keep`: the number of each, and its loss."""
        as_float = self.as_float
        while len(self._unread) > keep:
            number, counted, results = self._unread.popleft()
            loss = as_float(results["loss"])
            rows = as_float(results["rows"]) if "rows" in results else counted
            self.rows += rows
            self.losses += loss * rows
            self.counted += as_float(results["count"])
            if "gradient_norm" in results:
                self.gradient_norm = as_float(results["gradient_norm"])
            yield number, loss
