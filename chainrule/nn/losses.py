"""Losses by name: which op, on which side of the output's activation, for which targets.

What the network should have said, in the form its loss compares with, and back as names of classes;
and the number that learning makes smaller: the mean loss of a batch, and the penalty on weights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from math import isnan, nan
from operator import add
from typing import Any

from chainrule import ops
from chainrule.arrays import holds_whole, namespace_of
from chainrule.autodiff import Primitive, Tensor, backward
from chainrule.errors import TOO_LARGE, DataError, OptionError, ShapeError, require_known
from chainrule.nn.architecture import Architecture
from chainrule.nn.layers import ACTIVATIONS, named
from chainrule.words import a_or_an, plural


@dataclass(frozen=True)
class Loss:
    """A named loss.

    Attributes:
        name: What users call it.
        op: The loss of each example, from outputs and targets of shape `(batch, outputs)`.
        link: The activation that it is fused with, so that it reads the scores `z`; None if it
            reads the activations `a`.
        targets: The form of its targets: "values", "shares" from 0 to 1, or "signs" -1 and +1.
    """

    name: str
    op: Primitive
    link: str | None = None
    targets: str = "values"

    @property
    def target_threshold(self) -> float:
        """What a target for yes lies above, and one for no below."""
        return 0.0 if self.targets == "signs" else 0.5

    def classifies(self, activation: str) -> bool:
        """Whether an output of this activation, under this loss, answers with a class."""
        link = self.link or ACTIVATIONS.link(activation)
        return link == "softmax" or self.link is not None or self.targets == "signs"


LOSSES: dict[str, Loss] = {
    loss.name: loss
    for loss in (
        Loss("mean_squared_error", ops.squared_error),
        Loss("mean_absolute_error", ops.absolute_error),
        Loss("huber", ops.huber),
        Loss("hinge", ops.hinge, targets="signs"),
        Loss("binary_cross_entropy", ops.sigmoid_cross_entropy, link="sigmoid", targets="shares"),
        Loss("cross_entropy", ops.softmax_cross_entropy, link="softmax", targets="shares"),
    )
}
"""Every loss by its name."""

_SUITED = {
    "softmax": "cross_entropy",
    "log_softmax": "cross_entropy",
    "sigmoid": "binary_cross_entropy",
}


def choose_loss(name: str | None, activation: str, outputs: int) -> Loss:
    """The loss of that name, or the one that suits the output; refused if the two do not fit.

    A softmax or sigmoid output and its cross-entropy are computed as one function of the scores
    `z`; an identity output under these losses means that the outputs are the scores, which
    logarithms of shares are, too: their softmax is those shares.

    Args:
        name: One of `LOSSES`, or None for softmax and log_softmax → cross_entropy, sigmoid →
            binary_cross_entropy, else mean_squared_error.
        activation: The activation of the output layer.
        outputs: The number of outputs.

    Raises:
        OptionError: If there is no such loss or it does not fit the output.

    Example:
        >>> choose_loss(None, "softmax", 3).name
        'cross_entropy'
    """
    link = ACTIVATIONS.link(activation)
    known = ACTIVATIONS.known_as(activation, _SUITED)
    if name is None:
        name = _SUITED[known] if known else "mean_squared_error"
    require_known("loss", LOSSES, name)
    loss = LOSSES[name]
    scores = activation == "identity" or (known == "log_softmax" and loss.link == "softmax")
    if loss.link and not scores and link != loss.link:
        raise OptionError(
            f"{name} needs {a_or_an(loss.link)} output (or identity, for scores), and the output "
            f"layer's activation is {activation}; change one of the two"
        )
    if loss.link == "softmax" and outputs < 2:
        raise OptionError(
            f"{name} shares 1 among classes and needs at least 2 outputs; for a single "
            "output use a sigmoid with binary_cross_entropy"
        )
    if link == "softmax" and outputs < 2:
        raise OptionError(
            "a softmax shares 1 among its outputs, so a single output is always 1: "
            "use sigmoid for a yes or no, identity for a value, or 2 outputs"
        )
    return loss


def encode_targets(y: Any, loss: Loss, outputs: int, like: Any) -> Any:
    """Targets as a table of shape `(batch, outputs)`.

    Args:
        y: Class indices `(batch,)`, values `(batch,)` for one output, or a table.
        loss: Whose targets they are.
        outputs: Number of outputs of the network.
        like: An array whose dtype the table takes on: the batch's inputs.

    Raises:
        ShapeError: If there is not one target per row and output.
        DataError: If a class index is not one of the classes, a share is not between 0 and 1, or a
            sign is neither -1 (or 0 in its place) nor 1.

    Example:
        >>> import chainrule.arrays as xp
        >>> from chainrule.nn.losses import LOSSES
        >>> x = xp.asarray([[0.0], [0.0]])
        >>> encode_targets(xp.asarray([2, 0]), LOSSES["cross_entropy"], 3, x).tolist()
        [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    xp, given = namespace_of(y), tuple(y.shape)
    by_index = len(given) == 1 and outputs > 1
    if by_index:
        y = _one_hot(xp, y, outputs)
    elif len(given) == 1:
        y = xp.reshape(y, (-1, 1))
    rows = like.shape[0]
    if tuple(y.shape) != (rows, outputs):
        raise ShapeError(
            f"targets for {plural(rows, 'row')} and {plural(outputs, 'output')} have shape "
            f"({rows},) or ({rows}, {outputs}); found {given}"
        )
    if loss.targets == "values" or y.shape[0] == 0 or (by_index and loss.targets == "shares"):
        return xp.astype(y, _dtype(xp, like))
    try:
        low, high = (float(end(y)) for end in (xp.min, xp.max))
    except OverflowError:
        raise DataError(TOO_LARGE) from None
    found = "one of them is nan" if isnan(low) else f"these run from {low:g} to {high:g}"
    if loss.targets == "shares":
        if not (low >= 0 and high <= 1):
            raise DataError(f"{loss.name} takes targets from 0 to 1; {found}")
        return xp.astype(y, _dtype(xp, like))
    for least in (0, -1):
        if bool(xp.all(xp.logical_or(xp.equal(y, least), xp.equal(y, 1)))):
            signs = xp.astype(y, _dtype(xp, like))
            return signs if least else 2 * signs - 1
    raise DataError(f"{loss.name} takes targets -1 and 1, or 0 and 1; {found}")


def named_classes(table: Any, threshold: float, names: Sequence[Any]) -> list[Any]:
    """The class of each row of outputs or targets by its name; NaN where an output is NaN.

    Args:
        table: One number for each class, or one for the second of two.
        threshold: Above it, one number alone says the second.
        names: What the classes are called.
    """
    rows = table.tolist()
    if table.shape[1] > 1:
        places: list[int] = namespace_of(table).argmax(table, axis=1).tolist()
    else:
        places = [int(only > threshold) for (only,) in rows]
    # Among outputs that are not numbers none is the largest, whatever an argmax says.
    return [nan if any(map(isnan, row)) else names[k] for row, k in zip(rows, places, strict=True)]


def is_multi_label(loss: Loss, t: Any) -> bool:
    """Whether each output answers yes or no to a question of its own.

    So it is where each of several outputs has a loss of its own, under a sigmoid or a hinge, and
    not every row of the encoded targets says yes to one of them alone.

    Example:
        >>> import chainrule.arrays as xp
        >>> from chainrule.nn import LOSSES
        >>> loss = LOSSES["binary_cross_entropy"]
        >>> is_multi_label(loss, xp.asarray([[0, 1], [1, 1]]))
        True
        >>> is_multi_label(loss, xp.asarray([[0, 1], [1, 0]]))
        False
    """
    signs = loss.targets == "signs"
    if (loss.link != "sigmoid" and not signs) or t.shape[1] == 1:
        return False
    xp = namespace_of(t)
    names_one = xp.astype(_one_hot(xp, xp.argmax(t, axis=1), t.shape[1]), t.dtype)
    return not bool(xp.all(xp.equal(t, 2 * names_one - 1 if signs else names_one)))


def _dtype(xp: Any, like: Any) -> Any:
    """The number kind of the inputs, or floats where these are whole numbers."""
    return xp.float64 if holds_whole(like) else like.dtype


def _one_hot(xp: Any, y: Any, outputs: int) -> Any:
    classes = xp.arange(outputs)
    hot = xp.equal(xp.expand_dims(y, axis=1), classes)
    if int(xp.sum(xp.astype(hot, xp.int64))) != y.shape[0]:  # a row has one class or none
        row, found = next((i, k) for i, k in enumerate(y.tolist()) if k not in range(outputs))
        raise DataError(
            f"{outputs} outputs need class indices, whole numbers from 0 to {outputs - 1}; found "
            f"{found} in row {row}"
        )
    return hot


def losses_from_scores(architecture: Architecture, loss: Loss, z: Any, t: Any) -> Any:
    """The loss of every example, of shape `(batch,)`, from the last layer's weighted sums."""
    return named(loss.op(z if loss.link else architecture.activate(z), t), "loss")


def example_losses(
    architecture: Architecture,
    loss: Loss,
    parameters: Mapping[str, Any],
    x: Any,
    t: Any,
    *,
    masks: Mapping[str, Any] | None = None,
) -> Any:
    """The loss of every example, of shape `(batch,)`, in prediction mode unless masks are given.

    Args:
        architecture: The network.
        loss: What being wrong costs.
        parameters: Every array of the layout, by name; arrays or tensors.
        x: Inputs, of shape `(batch, in_features)`.
        t: Encoded targets, of shape `(batch, out_features)`; see `encode_targets`.
        masks: Dropout masks by layer name.
    """
    return losses_from_scores(architecture, loss, architecture.scores(parameters, x, masks), t)


def objective(
    architecture: Architecture,
    loss: Loss,
    parameters: Mapping[str, Any],
    x: Any,
    t: Any,
    *,
    masks: Mapping[str, Any] | None = None,
    weights: Any = None,
    l1: float = 0,
    l2: float = 0,
) -> Any:
    """The mean loss over the batch plus the penalty: one number.

    It takes what `example_losses`, `mean_loss` and `penalty` take.
    """
    losses = example_losses(architecture, loss, parameters, x, t, masks=masks)
    total = named(mean_loss(losses, weights), "L")
    if l1 or l2:
        total = total + penalty(parameters, l1=l1, l2=l2)
    return total


def mean_loss(losses: Any, weights: Any = None, total: Any = None) -> Any:
    """`Σ w_n L_n / Σ w_n`: a row of weight 0 is as good as absent, one of weight 2 stands twice.

    Args:
        losses: The loss of every example, of shape `(batch,)`.
        weights: How much each counts; all alike if left out. Where all are 0, the loss is 0.
        total: The sum of the weights, where it is known.
    """
    if weights is None:
        return ops.mean(losses)
    xp = namespace_of(weights)
    total = xp.sum(weights) if total is None else total
    return (losses * weights).sum() / xp.where(total > 0, total, 1)


def penalty(parameters: Mapping[str, Any], *, l1: float = 0, l2: float = 0) -> Any:
    """`l1 · Σ |w| + l2 · Σ w²` over all weights; biases are left out.

    A penalty on a bias would pull the whole neuron towards zero output rather than simplify it
    (Goodfellow, Bengio & Courville, "Deep Learning", 2016, section 7.1).
    """
    terms = []
    for name, w in parameters.items():
        if name.endswith(".weight"):
            if l1:
                terms.append(l1 * ops.sum(ops.abs(w)))
            if l2:
                terms.append(l2 * ops.sum(w * w))
    return reduce(add, terms) if terms else 0


def differentiate(
    function: Callable[[dict[str, Any]], Any], parameters: Mapping[str, Any]
) -> tuple[Tensor, dict[str, Any]]:
    """A function of named arrays run on tensors of the same names, and walked back.

    Args:
        function: Takes the arrays by name and returns one number.
        parameters: The arrays.

    Returns:
        The number with its tape, and its gradient by each array.

    Example:
        >>> import chainrule.arrays as xp
        >>> loss, gradients = differentiate(lambda p: p["w"] * p["w"], {"w": xp.asarray(3.0)})
        >>> float(loss.value), float(gradients["w"])
        (9.0, 6.0)
    """
    tensors = {name: Tensor(array, name=name) for name, array in parameters.items()}
    result = function(dict(tensors))
    loss = result if type(result) is Tensor else Tensor(result)
    return loss, dict(zip(tensors, backward(loss, list(tensors.values())), strict=True))


def loss_and_gradient(
    architecture: Architecture, loss: Loss, *, l1: float = 0, l2: float = 0
) -> Callable[[Any, dict[str, Any]], tuple[Any, Any]]:
    """Make the function that measures the `objective` of a batch and differentiates it.

    Returns:
        A pure function of the flat weights and a batch with inputs `x`, encoded targets `t`,
        `masks` if dropout is to act and `weights` if not all rows count alike. It gives the loss, a
        0-d array, and the gradient, flat in the order of the layout. An engine can compile it.

    Example:
        >>> import chainrule.arrays as xp
        >>> from chainrule.nn import Dense, choose_loss
        >>> evaluate = loss_and_gradient(
        ...     Architecture([Dense(1, 1)]), choose_loss("mean_squared_error", "identity", 1)
        ... )
        >>> batch = {"x": xp.asarray([[2.0]]), "t": xp.asarray([[4.0]])}
        >>> loss, gradient = evaluate(xp.asarray([1.5, 0.5]), batch)
        >>> float(loss), gradient.tolist()
        (0.25, [-2.0, -1.0])
    """
    layout = architecture.layout

    def evaluate(flat: Any, batch: dict[str, Any]) -> tuple[Any, Any]:
        xp, x, t = namespace_of(flat), batch["x"], batch["t"]
        rest = {name: batch.get(name) for name in ("masks", "weights")}
        total, gradients = differentiate(
            lambda p: objective(architecture, loss, p, x, t, **rest, l1=l1, l2=l2),
            layout.split(xp, flat),
        )
        return total.value, layout.join(xp, gradients)

    return evaluate
