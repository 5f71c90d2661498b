"""The steps of a walk that goes wrong: what a mistake does to one edge of the tape."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chainrule import ops
from chainrule.arrays import namespace_of
from chainrule.autodiff import Tensor, pull_back
from chainrule.autodiff.tensor import Origin
from chainrule.autodiff.walk import Pull

Share = Callable[[Tensor, int, Any], Any]
"""What an edge passes back, from its result, the place of its input, and `g = dL/da`."""


def origin_of(tensor: Tensor) -> Origin:
    """How a tensor was made; for tensors that are known to be results."""
    assert tensor.origin is not None
    return tensor.origin


def plain(x: Any) -> Any:
    """The value of a tensor, or the plain array that was given in its place."""
    return x.value if type(x) is Tensor else x


def pulled(
    tensor: Tensor, index: int, g: Any, *, output: Any = None, inputs: Sequence[Any] | None = None
) -> Any:
    """What the rule gives when other values stand where the recorded ones were.

    Args:
        tensor: The result whose gradient `g` is pulled back.
        index: To which of its inputs.
        g: The gradient, an array.
        output: In place of the recorded result.
        inputs: In place of the recorded inputs.
    """
    origin = origin_of(tensor)
    values = origin.values if inputs is None else inputs
    a = tensor.value if output is None else output
    return origin.primitive.pull(index, g, a, values, origin.options)


def at(nodes: Sequence[Tensor], share: Share, *, index: int | None = None) -> Pull:
    """A walk that goes wrong at some results, on the way to one of their inputs or to all."""
    serials = {node.serial for node in nodes}

    def pull(tensor: Tensor, place: int, g: Any, _: bool = False) -> Any:
        if tensor.serial in serials and index in (None, place):
            return share(tensor, place, g)
        return pull_back(tensor, place, g)

    return pull


def along_only(kept: Mapping[int, tuple[int, int]]) -> Pull:
    """A walk in which each tensor hears from one of its uses, `(result, place)`, and no other."""

    def pull(tensor: Tensor, index: int, g: Any, _: bool = False) -> Any:
        x = origin_of(tensor).inputs[index]
        kept_here = kept[x.serial] == (tensor.serial, index)
        return pull_back(tensor, index, g) if kept_here else nothing(tensor, index, g)

    return pull


def nothing(tensor: Tensor, index: int, g: Any) -> Any:  # noqa: ARG001 - a share like the others
    """The edge is cut."""
    value = origin_of(tensor).inputs[index].value
    return namespace_of(value).zeros_like(value)


def unchanged(tensor: Tensor, index: int, g: Any) -> Any:  # noqa: ARG001 - a share like the others
    """The rule is left out."""
    return g


def twice(tensor: Tensor, index: int, g: Any) -> Any:
    """The rule is applied twice."""
    return pull_back(tensor, index, pull_back(tensor, index, g))


def at_output(tensor: Tensor, index: int, g: Any) -> Any:
    """The derivative is taken at the result, where the input belongs."""
    return pulled(tensor, index, g, inputs=[tensor.value])


def at_input(tensor: Tensor, index: int, g: Any) -> Any:
    """The derivative is written with the result, and the input is put there."""
    return pulled(tensor, index, g, output=plain(origin_of(tensor).inputs[0]))


def at_second_output(tensor: Tensor, index: int, g: Any) -> Any:
    """The result is run through the function again before the derivative is taken."""
    origin = origin_of(tensor)
    again = origin.primitive(tensor.value, **origin.options)
    return pulled(tensor, index, g, output=again, inputs=[tensor.value])


def at_gradient(tensor: Tensor, index: int, g: Any) -> Any:
    """The derivative is taken at the gradient that came back."""
    return pulled(tensor, index, g, inputs=[g])


def at_values(values: Any) -> Share:
    """The derivative is taken at the values of another array."""
    return lambda tensor, index, g: pulled(tensor, index, g, output=values, inputs=[values])


def at_layer_input(tensor: Tensor, index: int, g: Any) -> Any:
    """The derivative is taken at what went into the layer, one place too early in the list."""
    z = origin_of(tensor).inputs[index]
    early = plain(origin_of(z).inputs[0])
    if tuple(early.shape) != z.shape:
        return pull_back(tensor, index, g)
    return pulled(tensor, index, g, output=early, inputs=[early])


def with_input(place: int, value: Any) -> Share:
    """One input is mistaken for another."""

    def share(tensor: Tensor, index: int, g: Any) -> Any:
        values = [plain(x) for x in origin_of(tensor).inputs]
        values[place] = value
        return pulled(tensor, index, g, inputs=values)

    return share


def transposed(tensor: Tensor, index: int, g: Any) -> Any:
    """The columns are written down as rows; row-major, in the shape that the walk expects."""
    share = pull_back(tensor, index, g)
    xp = namespace_of(share)
    return xp.reshape(xp.matrix_transpose(share), share.shape)


def one_row(row: int, *, whole: bool) -> Share:
    """Of the gradients of all examples, one arrives; as it is, or as its part of the mean."""

    def share(tensor: Tensor, index: int, g: Any) -> Any:
        all_rows = pull_back(tensor, index, g)
        xp, count = namespace_of(all_rows), all_rows.shape[0]
        places = xp.reshape(xp.arange(count), (count,) + (1,) * (len(all_rows.shape) - 1))
        arrived = all_rows * count if whole else all_rows
        return xp.where(places == row % count, arrived, 0.0)

    return share


def softmax_alone(tensor: Tensor, index: int, g: Any) -> Any:  # noqa: ARG001 - a share like the others
    """Each share of a softmax is differentiated by its own score and by no other."""
    return g * tensor.value * (1 - tensor.value)


def softmax_loss_alone(tensor: Tensor, index: int, g: Any) -> Any:  # noqa: ARG001 - as above
    """The same before a cross-entropy: `-t/p · p·(1 - p)`."""
    z, target = (plain(x) for x in origin_of(tensor).inputs)
    return -namespace_of(g).expand_dims(g, axis=-1) * target * (1 - ops.softmax(z))


def link_again(tensor: Tensor, index: int, g: Any) -> Any:
    """The derivative of the output's activation is multiplied into a fused loss once more."""
    origin = origin_of(tensor)
    link = ops.softmax if origin.primitive is ops.softmax_cross_entropy else ops.sigmoid
    p = link(plain(origin.inputs[0]))
    return pull_back(tensor, index, g) * p * (1 - p)
