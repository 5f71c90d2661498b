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
        found = _first_unsound(w)
        if found:
            place, value = found
            return f"{name}{list(place)} was {value} before the step began"
    traced = {name: Tensor(w, name=name) for name, w in weights.items()}
    losses = example_losses(
        architecture, loss, traced, batch["x"], batch["t"], masks=batch.get("masks")
    )
    for tensor in tape(losses):
        found = _first_unsound(tensor.value)
        if found:
            place, value = found
            if len(place) < 2:
                return f"the loss of the batch's row {place[0]} is the first value to be {value}"
            layer, _, what = (tensor.name or f"{tensor.origin}").partition(".")
            return f"{layer} unit {place[1]} is the first to give {what} = {value} (row {place[0]})"
    return "every example's loss is finite, and only their mean or the penalty is not"


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
