"""Where a NaN was born: the first op that makes one from inputs without NaN."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any, NamedTuple

from chainrule.autodiff.taken import TakenBranches, part_of_input
from chainrule.autodiff.tensor import Tensor, origin_of
from chainrule.autodiff.walk import backward, tape


class NaNBirth(NamedTuple):
    """The op, entry and direction at which numbers first gave NaN.

    Attributes:
        op: The op's name; "input" if the NaN was there before anything was computed, "sum of
            gradients" if gradients that arrived over several paths add up to it.
        tensor: The name of the tensor that holds it, or None if it has none.
        entry: The place of the first NaN: in the op's result forward, in its input backward.
        direction: "forward" in the value, "backward" in the gradient.
        operands: The numbers that met there, by name: the op's inputs, and backward its result `a`
            and the gradient `g` that arrived. Left out where they cannot be told for one entry.
        input: Backward, the name of the op's input whose gradient it is.
        guard: Backward, the op nearest to the result that chooses between branches, such as
            `where`; leaving out what it did not choose was tried, and the NaN stayed.
    """

    op: str
    tensor: str | None
    entry: tuple[int, ...]
    direction: str
    operands: dict[str, Any]
    input: str | None = None
    guard: str | None = None


def first_nan(output: Tensor, wrt: Sequence[Tensor] = ()) -> NaNBirth | None:
    """Where the NaN in a result was born, or, if it has none, the one in its gradients.

    A NaN that does no harm is passed over: one in a branch that was not taken.

    Args:
        output: The result.
        wrt: The tensors whose gradients are looked at as well.

    Returns:
        The birth, or None if there is no NaN.

    Example:
        >>> from chainrule import ops
        >>> x = Tensor([4.0, 0.0], name="x")
        >>> birth = first_nan(ops.sum(ops.sqrt(x) * ops.sqrt(x)), [x])
        >>> birth.op, birth.tensor, birth.entry, birth.direction
        ('sqrt', 'x', (1,), 'backward')
        >>> birth.operands
        {'x': 0.0, 'a': 0.0, 'g': 0.0}
    """
    if places := _nans(output.value):
        return _born_forward(output, places)
    return _born_backward(output, wrt) if wrt else None


def _born_forward(tensor: Tensor, places: set[tuple[int, ...]]) -> NaNBirth:
    """Follow NaN from a result to the inputs that it came from, until none of them holds one."""
    while True:
        origin = tensor.origin
        entry = min(places)
        if origin is None:
            return NaNBirth("input", tensor.name, entry, "forward", {})
        for index, (x, value) in enumerate(zip(origin.inputs, origin.values, strict=True)):
            before = _nans(value) & _sources(tensor, index, places)
            if before and type(x) is Tensor:
                tensor, places = x, before
                break
            if before:
                return NaNBirth("input", None, min(before), "forward", {})
        else:
            operands = _operands(tensor, entry, origin.values)
            return NaNBirth(origin.primitive.name, tensor.name, entry, "forward", operands)


def _born_backward(output: Tensor, wrt: Sequence[Tensor]) -> NaNBirth | None:
    births: dict[int, NaNBirth] = {}
    ops = [tensor.origin.primitive for tensor in tape(output) if tensor.origin is not None]
    guard = next((op.name for op in reversed(ops) if op.chooses), None)

    def known(x: Tensor, places: set[tuple[int, ...]]) -> NaNBirth:
        added = NaNBirth("sum of gradients", x.name, min(places), "backward", {})
        return births.get(x.serial) or added

    def watch(tensor: Tensor, index: int, g: Any, differentiable: bool) -> Any:
        share = pull(tensor, index, g, differentiable)
        if not (places := _nans(share)):
            return share
        origin = origin_of(tensor)
        x, op = origin.inputs[index], origin.primitive
        if here := _nans(g):
            birth = known(tensor, here)
        else:
            entry = min(places)
            same = tensor.shape == _shape(origin.values[index])
            operands = _operands(tensor, entry, origin.values, tensor.value, g) if same else {}
            name = op.input_at(index)
            birth = NaNBirth(op.name, x.name, entry, "backward", operands, name, guard)
        births.setdefault(x.serial, birth)
        return share

    pull = TakenBranches()
    gradients = backward(output, wrt, pull=watch)
    for x, gradient in zip(wrt, gradients, strict=True):
        if places := _nans(gradient):
            return known(x, places)
    return None


def _sources(tensor: Tensor, index: int, places: set[tuple[int, ...]]) -> set[tuple[int, ...]]:
    """The entries of an input that can have caused the NaN in marked entries of a result."""
    origin = origin_of(tensor)
    xp = tensor.value.__array_namespace__()
    marks = [place in places for place in _places(tensor.shape)]
    part = part_of_input(tensor, index, xp.reshape(xp.asarray(marks), tensor.shape))
    return {place for place in _places(_shape(origin.values[index])) if bool(_at(part, place))}


def _operands(
    tensor: Tensor, entry: tuple[int, ...], values: Sequence[Any], output: Any = None, g: Any = None
) -> dict[str, Any]:
    """The numbers that met at one entry of an op that works entry by entry."""
    origin = origin_of(tensor)
    if not origin.primitive.entrywise:
        return {}
    named = dict(zip(origin.primitive.inputs, values, strict=True))
    named |= {} if output is None else {"a": output, "g": g}
    xp = tensor.value.__array_namespace__()
    stretched = {n: xp.broadcast_to(xp.asarray(x), tensor.shape) for n, x in named.items()}
    return {name: x[entry].item() for name, x in stretched.items()}


def _nans(x: Any) -> set[tuple[int, ...]]:
    """The places of the entries that are not equal to themselves."""
    if not hasattr(x, "shape"):
        return {()} if bool(x != x) else set()
    flat = x.reshape(-1).tolist()
    if all(number == number for number in flat):
        return set()
    return {place for place, n in zip(_places(_shape(x)), flat, strict=True) if n != n}


def _places(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    return list(product(*map(range, shape)))


def _shape(x: Any) -> tuple[int, ...]:
    return tuple(getattr(x, "shape", ()))


def _at(x: Any, place: tuple[int, ...]) -> Any:
    return x[place] if place and hasattr(x, "shape") else x
