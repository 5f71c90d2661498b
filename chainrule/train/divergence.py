"""Where a computation left the finite numbers."""

from __future__ import annotations

from typing import Any

from chainrule.arrays import namespace_of
from chainrule.autodiff import NaNBirth, Tensor, first_nan, tape
from chainrule.nn import Architecture, Loss, example_losses, place_of
from chainrule.ops import mean
from chainrule.words import number


def birthplace(
    architecture: Architecture,
    loss: Loss,
    flat: Any,
    batch: dict[str, Any],
    *,
    after: str | None = None,
) -> str:
    """Say which value of a batch was the first that is not a finite number.

    The values on the way to the loss are looked at first, then the gradients on the way back.

    Args:
        architecture: The network.
        loss: What being wrong costs.
        flat: The flat parameters.
        batch: Inputs `x`, encoded targets `t`, and `masks` if there were any.
        after: Which weight is not finite after the step, where the loss before it is; only the way
            back is then looked at.

    Returns:
        Half a sentence that names the layer, the unit and the row of the batch, or the op and the
        entry.
    """
    xp = namespace_of(flat)
    weights = architecture.layout.split(xp, flat)
    traced = {name: Tensor(w, name=name) for name, w in weights.items()}
    losses = example_losses(
        architecture, loss, traced, batch["x"], batch["t"], masks=batch.get("masks")
    )
    if after is None:
        for name, w in {**weights, "the batch's x": batch["x"], "the targets": batch["t"]}.items():
            if said := unsound(name, w):
                return f"{said} before the step began"
        if said := _first_unsound_value(losses):
            return said
    birth = first_nan(mean(losses), list(traced.values()))
    born = "" if birth is None else described(birth)
    if after is not None:
        return f"its step leaves the finite numbers: {after}{born and f'; {born}'}"
    return (
        born or "every example's loss is finite, and only a sum over examples or the penalty is not"
    )


def _first_unsound_value(losses: Tensor) -> str:
    """The first value on the way to the losses that is not finite; empty if all are."""
    for tensor in tape(losses):
        if bad_entry := _first_unsound(tensor.value):
            (row, *unit), value = bad_entry
            op = f"op {tensor.origin.primitive.name}, forward" if tensor.origin else "forward"
            if not unit:
                return f"the loss of the batch's row {row} is the first value to be {value} ({op})"
            layer, _, what = (tensor.name or f"{tensor.origin}").partition(".")
            place = f"{layer} unit {unit[0]}"
            return f"{place} is the first to give {what} = {value} (row {row}, {op})"
    return ""


def described(birth: NaNBirth) -> str:
    """A birth as half a sentence: op, entry, value, direction and the numbers that met there.

    Example:
        >>> from chainrule import ops
        >>> x = Tensor([4.0, 0.0], name="x")
        >>> print(described(first_nan(ops.sum(ops.sqrt(x) * ops.sqrt(x)), [x])))
        op sqrt gives x[1] the gradient nan (backward, from x = 0, a = 0, g = 0)
        >>> guarded = ops.where(x > -1, ops.sqrt(x) * ops.sqrt(x), 0.0)
        >>> print(described(first_nan(ops.sum(guarded), [x])).partition("; ")[2])
        where does not guard against it: the branch that it takes leads there)
    """
    operands = ", ".join(f"{name} = {number(value)}" for name, value in birth.operands.items())
    what = "the gradient nan" if birth.direction == "backward" else "the value nan"
    met = f", from {operands}" if operands else ""
    if birth.guard:
        met += f"; {birth.guard} does not guard against it: the branch that it takes leads there"
    name = birth.tensor or birth.input or "its result"
    return f"op {birth.op} gives {name}{list(birth.entry)} {what} ({birth.direction}{met})"


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
    place = int(xp.argmin(sound))
    return place_of(place, array.shape), float(xp.reshape(array, (-1,))[place])
