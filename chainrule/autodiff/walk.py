"""The walk back: from a loss to everything it came from.

Four things happen on it and nowhere else, so that no rule needs to think of them: gradients that
arrive over several paths are added, broadcasting is undone, constants are passed by, and nothing
passes through a branch that was not taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from operator import attrgetter
from typing import Any

from chainrule.arrays import namespace_of
from chainrule.autodiff.taken import Pull, TakenBranches
from chainrule.autodiff.tensor import Labelled, Tensor, origin_of
from chainrule.errors import ShapeError

_serial = attrgetter("serial")


def tape(output: Tensor) -> list[Tensor]:
    """Every tensor that `output` was made from, itself included, in the order they were made."""
    seen = {output.serial}
    tensors = [output]
    for tensor in tensors:  # grows on the way
        if tensor.origin is not None:
            for x in tensor.origin.inputs:
                if type(x) is Tensor and x.serial not in seen:
                    seen.add(x.serial)
                    tensors.append(x)
    tensors.sort(key=_serial)
    return tensors


def backward(
    output: Tensor,
    wrt: Sequence[Tensor],
    seed: Any = None,
    *,
    differentiable: bool = False,
    pull: Pull | None = None,
) -> list[Any]:
    """Derivatives of `output` with respect to tensors it was made from.

    `dL/dx = Σ dL/da · da/dx`, over all ops `a` that `x` went into, taken in reverse order of their
    making: when a tensor's turn comes, everything made from it has already passed its share back.

    Args:
        output: The result; a single number unless `seed` is given.
        wrt: The tensors to differentiate by.
        seed: `dL/doutput`, an array of output's shape; 1 if left out.
        differentiable: Keep the walk itself on a tape, so that it can be differentiated again.
        pull: How one input's share is computed; `pull_back` unless an experiment replaces it.

    Returns:
        One gradient per entry of `wrt`, of its shape; zeros where the output does not depend on it.

    Raises:
        ShapeError: If output is not a single number and no seed of its shape is given.
        KindError: If an op on the way has no derivative with respect to a tensor it was given.

    Source: Rumelhart, Hinton & Williams, "Learning representations by back-propagating errors",
    Nature 323 (1986), equations 4-7.
    """
    seed = _seed(output, seed)
    if differentiable and type(seed) is not Tensor:
        seed = Tensor(seed)
    wanted = {tensor.serial for tensor in wrt}
    path, reached = _path(output, wanted)
    chooses = any(origin_of(tensor).primitive.chooses for tensor in path)

    def walk(pull: Pull) -> list[Any]:
        """Let each tensor take its turn, from the output back, and hand its gradient on."""
        gradients: dict[int, Any] = {output.serial: seed}
        for tensor in reversed(path):
            serial = tensor.serial
            g = gradients[serial] if serial in wanted else gradients.pop(serial)
            _label(g, tensor)
            for index, x in enumerate(origin_of(tensor).inputs):
                if type(x) is Tensor and x.serial in reached:
                    share = pull(tensor, index, g, differentiable)
                    known = gradients.get(x.serial)
                    gradients[x.serial] = share if known is None else known + share
        return [_arrived(tensor, gradients.get(tensor.serial), differentiable) for tensor in wrt]

    if chooses and (differentiable or isinstance(seed, Labelled)):
        return walk(TakenBranches(pull))
    gradients = walk(pull or pull_back)
    return walk(TakenBranches(pull)) if chooses and not _are_numbers(gradients) else gradients


def _arrived(tensor: Tensor, g: Any, differentiable: bool) -> Any:
    """What has come back to a tensor that was asked for; zeros where nothing has."""
    if g is None:
        g = namespace_of(tensor.value).zeros_like(tensor.value)
    _label(g, tensor)
    return Tensor(g) if differentiable and type(g) is not Tensor else g


def _label(g: Any, tensor: Tensor) -> None:
    """Write on a recorded gradient whose it is."""
    if tensor.name and isinstance(g, Labelled):
        g.label(f"dL/{tensor.name}")


def _are_numbers(gradients: Sequence[Any]) -> bool:
    """Whether no entry is NaN; one that has no value yet, as within `jax.jit`, may be."""
    try:
        return all(bool(total == total) for total in (g.sum() for g in gradients))
    except TypeError:
        return False


def _seed(output: Tensor, seed: Any) -> Any:
    """The derivative that the walk starts from."""
    if seed is None:
        if prod(output.shape) != 1:
            raise ShapeError(
                f"a gradient starts from one number and this result has shape {output.shape}; "
                "sum or average it first, give the seed, or ask for the jacobian"
            )
        return namespace_of(output.value).ones_like(output.value)
    if tuple(seed.shape) != output.shape:
        raise ShapeError(
            f"a seed is dL/doutput and has the output's shape {output.shape}; "
            f"found {tuple(seed.shape)}"
        )
    return seed


def pull_back(tensor: Tensor, index: int, g: Any, differentiable: bool = False) -> Any:
    """One step of the walk: from `g = dL/da` of an op's result to `dL/dx` of its input `index`.

    The rule is called on plain arrays, or on tensors if the walk is to be differentiated again.
    """
    origin = origin_of(tensor)
    if differentiable:
        return origin.primitive.pull(index, g, tensor, origin.inputs, origin.options)
    return origin.primitive.pull(index, g, tensor.value, origin.values, origin.options)


def _path(output: Tensor, wanted: set[int]) -> tuple[list[Tensor], set[int]]:
    """The made tensors between `wanted` and the output, and the serials that lie on the way."""
    reached = set(wanted)
    path = []
    for tensor in tape(output):
        if tensor.origin is None:
            continue
        for x in tensor.origin.inputs:
            if type(x) is Tensor and x.serial in reached:
                reached.add(tensor.serial)
                path.append(tensor)
                break
    return path, reached
