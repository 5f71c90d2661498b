"""The walk past branches that were not taken.

`where(x > 0, sqrt(x), 0)` is 0 at x = 0 and has slope 0 there: the root has no part in it. Its own
slope is infinite, and a walk that multiplies it with the gradient 0 of the branch not taken finds
0 · ∞, which is not a number. So from the first choice on, the walk notes which entries have a part
in the output, and lets nothing through where none has. A gradient that merely happens to be 0 stays
a number like others: 0 · ∞ there is NaN, as it should be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, final

from chainrule.autodiff.primitive import unbroadcast
from chainrule.autodiff.tensor import Tensor, namespace, origin_of

Pull = Callable[[Tensor, int, Any, bool], Any]


@final
class TakenBranches:
    """One step of a walk after the other, each only where the output depends on what it reaches.

    Args:
        step: Another step that stands in place of an op's own rule, or None.
    """

    def __init__(self, step: Pull | None = None) -> None:
        self.step = step
        self._parts: dict[int, Any] = {}
        """Which entries of a tensor have a part in the output, by serial; None: all of them."""

    def __call__(self, tensor: Tensor, index: int, g: Any, differentiable: bool) -> Any:
        """From `g = dL/da` of an op's result to `dL/dx` of its input `index`."""
        origin = origin_of(tensor)
        part = self._parts.get(tensor.serial)
        reached = part_of_input(tensor, index, part)
        self._note(origin.inputs[index], reached)
        xp = namespace if differentiable else tensor.value.__array_namespace__()
        if self.step is not None:
            share = self.step(tensor, index, g, differentiable)
        else:
            output, inputs = (
                (tensor, origin.inputs) if differentiable else (tensor.value, origin.values)
            )
            share = origin.primitive.share(index, g, output, inputs, origin.options)
            if part is not None and origin.primitive.entrywise:
                share = xp.where(part, share, 0)  # before the entries are added up
            share = unbroadcast(share, origin.values[index].shape)
        return share if part is None else xp.where(reached, share, 0)

    def _note(self, x: Tensor, reached: Any) -> None:
        """Add what one use reaches of a tensor to what its other uses do."""
        known = self._parts.get(x.serial, False)
        if reached is None or known is None:
            self._parts[x.serial] = None
        elif known is False:
            self._parts[x.serial] = reached
        else:
            self._parts[x.serial] = x.value.__array_namespace__().where(known, True, reached)


def part_of_input(tensor: Tensor, index: int, part: Any) -> Any:
    """Which entries of an input have a part in the output, through this op; None: all of them.

    Args:
        tensor: The op's result.
        index: The position of the input.
        part: Which entries of the result have a part; None: all of them.
    """
    origin = origin_of(tensor)
    op, values = origin.primitive, origin.values
    rule = op.rule(index)
    xp = tensor.value.__array_namespace__()
    taken = None
    if rule is not None and rule.taken is not None:
        taken = rule.taken(xp, tensor.value, *values, **origin.options)
    if taken is None and part is None:
        return None
    shape = getattr(values[index], "shape", ())
    if op.entrywise:
        both = part if taken is None else taken if part is None else xp.where(part, taken, False)
        return _folded(xp, xp.broadcast_to(both, tensor.value.shape), shape)
    if taken is not None:
        return taken if part is None else xp.where(taken, _folded(xp, part, ()), False)
    if op.traits.multilinear:
        ones = [xp.ones_like(x) if hasattr(x, "shape") else xp.asarray(1) for x in values]
        paths = xp.where(part, 1.0, 0.0)
        return op.pull(index, paths, xp.ones_like(tensor.value), ones, origin.options) > 0
    return xp.broadcast_to(_folded(xp, part, ()), shape)


def _folded(xp: Any, mask: Any, shape: Sequence[int]) -> Any:
    """Whether any use of an entry that was stretched is marked; of shape (), whether any is."""
    if mask.shape == shape:
        return mask
    return unbroadcast(xp.where(mask, 1.0, 0.0), tuple(shape)) > 0
