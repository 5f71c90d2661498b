"""What the network should have said, in the form its loss compares with."""

from __future__ import annotations

from typing import Any

from chainrule.arrays import namespace_of
from chainrule.errors import DataError, ShapeError
from chainrule.nn.losses import Loss


def encode_targets(y: Any, loss: Loss, outputs: int, like: Any) -> Any:
    """Targets as a table of shape `(batch, outputs)`.

    Args:
        y: Class indices `(batch,)`, values `(batch,)` for one output, or a table.
        loss: Whose targets they are.
        outputs: Number of outputs of the network.
        like: An array whose namespace and dtype the table takes on: the batch's inputs.

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
    xp = namespace_of(like)
    if len(y.shape) == 1 and outputs == 1:
        y = xp.reshape(y, (-1, 1))
    elif len(y.shape) == 1:
        y = _one_hot(xp, y, outputs)
    if tuple(y.shape) != (like.shape[0], outputs):
        raise ShapeError(
            f"{like.shape[0]} rows and {outputs} outputs need targets of shape "
            f"({like.shape[0]}, {outputs}); found {tuple(y.shape)}"
        )
    if loss.targets == "values" or y.shape[0] == 0:
        return xp.astype(y, _dtype(xp, like))
    low, high = float(xp.min(y).tolist()), float(xp.max(y).tolist())
    if loss.targets == "shares":
        if not (low >= 0 and high <= 1):
            raise DataError(
                f"{loss.name} takes targets from 0 to 1; these run from {low:g} to {high:g}"
            )
        return xp.astype(y, _dtype(xp, like))
    for least in (0, -1):
        if bool(xp.all(xp.logical_or(xp.equal(y, least), xp.equal(y, 1)))):
            signs = xp.astype(y, _dtype(xp, like))
            return signs if least else 2 * signs - 1
    raise DataError(
        f"{loss.name} takes targets -1 and 1, or 0 and 1; these run from {low:g} to {high:g}"
    )


def is_multi_label(loss: Loss, t: Any) -> bool:
    """Whether each output answers yes or no to a question of its own.

    So it is where a sigmoid stands at every one of several outputs, and not every row of the
    encoded targets says yes to one of them alone.

    Example:
        >>> import chainrule.arrays as xp
        >>> from chainrule.nn import LOSSES
        >>> loss = LOSSES["binary_cross_entropy"]
        >>> is_multi_label(loss, xp.asarray([[0, 1], [1, 1]]))
        True
        >>> is_multi_label(loss, xp.asarray([[0, 1], [1, 0]]))
        False
    """
    if loss.link != "sigmoid" or t.shape[1] == 1:
        return False
    xp = namespace_of(t)
    yes = xp.sum(xp.astype(xp.equal(t, 1), xp.float64), axis=-1)
    no = xp.sum(xp.astype(xp.equal(t, 0), xp.float64), axis=-1)
    names_one = xp.logical_and(xp.equal(yes, 1), xp.equal(no, t.shape[1] - 1))
    return not bool(xp.all(names_one))


def _dtype(xp: Any, like: Any) -> Any:
    """The number kind of the inputs, or floats where these are whole numbers."""
    whole = str(like.dtype).startswith(("bool", "int", "uint"))
    return xp.float64 if whole else like.dtype


def _one_hot(xp: Any, y: Any, outputs: int) -> Any:
    classes = xp.arange(outputs)
    hot = xp.equal(xp.expand_dims(y, axis=-1), classes)
    if not bool(xp.all(xp.any(hot, axis=-1))):
        low, high = xp.min(y).tolist(), xp.max(y).tolist()
        raise DataError(
            f"{outputs} outputs need class indices 0 to {outputs - 1}; these run from {low} to "
            f"{high}, or some are not whole numbers"
        )
    return hot
