"""Where a computation left the finite numbers."""

from __future__ import annotations

from typing import Any

from chainrule.arrays import namespace_of
from chainrule.autodiff import Tensor, tape
from chainrule.nn import Architecture, Loss, example_losses


def birthplace(architecture: Architecture, loss: Loss, flat: Any, batch: dict[str, Any]) -> str:
    """Say which value of a batch's forward pass was the first that is not a finite number.

    Args:
        architecture: The network.
        loss: What being wrong costs.
        flat: The flat parameters.
        batch: Inputs `x`, encoded targets `t`, and `masks` if there were any.

    Returns:
        Half a sentence that names the layer, the unit and the row of the batch.
    """
    xp = namespace_of(flat)
    weights = architecture.layout.split(xp, flat)
    for name, w in {**weights, "the batch's x": batch["x"], "the targets": batch["t"]}.items():
        if said := unsound(name, w):
            return f"{said} before the step began"
    traced = {name: Tensor(w, name=name) for name, w in weights.items()}
    losses = example_losses(
        architecture, loss, traced, batch["x"], batch["t"], masks=batch.get("masks")
    )
    for tensor in tape(losses):
        bad_entry = _first_unsound(tensor.value)
        if bad_entry:
            place, value = bad_entry
            if len(place) < 2:
                return f"the loss of the batch's row {place[0]} is the first value to be {value}"
            layer, _, what = (tensor.name or f"{tensor.origin}").partition(".")
            return f"{layer} unit {place[1]} is the first to give {what} = {value} (row {place[0]})"
    return "every example's loss is finite, and only their mean or the penalty is not"


def unsound(name: str, array: Any) -> str | None:
    """Which entry of an array is the first that is not a finite number; None if all are.

    Example:
        >>> import chainrule.arrays as xp
        >>> unsound("x", xp.asarray([[1.0, float("inf")]]))
        'x[0, 1] = inf'
    """
    bad_entry = _first_unsound(array)
    return f"{name}{list(bad_entry[0])} = {bad_entry[1]}" if bad_entry else None


def _first_unsound(array: Any) -> tuple[tuple[int, ...], float] | None:
    """Index and value of the first entry that is not finite, in row-major order."""
    xp = namespace_of(array)
    sound = xp.reshape(xp.isfinite(array), (-1,))
    if bool(xp.all(sound)):
        return None
    place = int(xp.argmin(xp.where(sound, 1, 0)))
    value = float(xp.reshape(array, (-1,))[place])
    index: list[int] = []
    for size in reversed(array.shape):
        place, remainder = divmod(place, size)
        index.insert(0, remainder)
    return tuple(index), value
