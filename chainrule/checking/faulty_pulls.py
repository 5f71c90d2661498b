"""The steps of a walk that goes wrong: what a mistake does to one edge of the tape."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from chainrule import ops
from chainrule.arrays import namespace_of
from chainrule.autodiff import Pull, Tensor, origin_of, pull_back

Share = Callable[[Tensor, int, Any], Any]
"""What an edge passes back, from its result, the place of its input, and `g = dL/da`."""


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


def without_edges(lost: Collection[tuple[int, int]]) -> Pull:
    """A walk in which some edges, `(result, place of its input)`, are cut."""

    def pull(tensor: Tensor, index: int, g: Any, _: bool = False) -> Any:
        return (nothing if (tensor.serial, index) in lost else pull_back)(tensor, index, g)

    return pull


def nothing(tensor: Tensor, index: int, g: Any) -> Any:  # noqa: ARG001 - a share like the others
    """The edge is cut."""
    value = origin_of(tensor).values[index]
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
    return pulled(tensor, index, g, output=origin_of(tensor).values[0])


def at_second_output(tensor: Tensor, index: int, g: Any) -> Any:
    """The result is run through the function again before the derivative is taken."""
    origin = origin_of(tensor)
    again = origin.primitive(tensor.value, **origin.options)
    return pulled(tensor, index, g, output=again, inputs=[tensor.value])


def at_gradient(tensor: Tensor, index: int, g: Any) -> Any:
    """The derivative is taken at the gradient that came back."""
    return pulled(tensor, index, g, inputs=[g])


def at_values(tensor: Tensor, index: int, g: Any, *, values: Any) -> Any:
    """The derivative is taken at the values of another array."""
    return pulled(tensor, index, g, output=values, inputs=[values])


def at_layer_input(tensor: Tensor, index: int, g: Any) -> Any:
    """The derivative is taken at what went into the layer, one place too early in the list."""
    z = origin_of(tensor).inputs[index]
    early = origin_of(z).values[0]
    if tuple(early.shape) != z.shape:
        return pull_back(tensor, index, g)
    return pulled(tensor, index, g, output=early, inputs=[early])


def with_input(tensor: Tensor, index: int, g: Any, *, place: int, value: Any) -> Any:
    """One input is mistaken for another."""
    values = list(origin_of(tensor).values)
    values[place] = value
    return pulled(tensor, index, g, inputs=values)


def transposed(tensor: Tensor, index: int, g: Any) -> Any:
    """The columns are written down as rows; row-major, in the shape that the walk expects."""
    share = pull_back(tensor, index, g)
    xp = namespace_of(share)
    return xp.reshape(xp.matrix_transpose(share), share.shape)


def arriving(
    tensor: Tensor, index: int, g: Any, *, row: int, alone: bool = True, whole: bool = False
) -> Any:
    """Of the parts that all examples have in a mean, one arrives, or the others if not `alone`.

    If `whole`, it arrives as it is, not divided by their number.
    """
    parts = pull_back(tensor, index, g)
    xp, count = namespace_of(parts), parts.shape[0]
    mask = xp.asarray([float((i == row % count) == alone) for i in range(count)])
    arrived = parts * xp.reshape(mask, (count,) + (1,) * (len(parts.shape) - 1))
    return arrived * count if whole else arrived


def softmax_alone(tensor: Tensor, index: int, g: Any) -> Any:  # noqa: ARG001 - a share like the others
    """Each share of a softmax is differentiated by its own score and by no other."""
    return g * tensor.value * (1 - tensor.value)


def softmax_loss_alone(tensor: Tensor, index: int, g: Any) -> Any:  # noqa: ARG001 - as above
    """The same before a cross-entropy: `-t/p · p·(1 - p)`."""
    z, target = origin_of(tensor).values
    return -namespace_of(g).expand_dims(g, axis=-1) * target * (1 - ops.softmax(z))


def link_again(tensor: Tensor, index: int, g: Any) -> Any:
    """The derivative of the output's activation is multiplied into a fused loss once more."""
    origin = origin_of(tensor)
    fused = origin.primitive.acts_as(ops.softmax_cross_entropy)
    link = ops.softmax if fused else ops.sigmoid
    p = link(origin.values[0])
    return pull_back(tensor, index, g) * p * (1 - p)


def only_softmax_left_out(tensor: Tensor, index: int, g: Any) -> Any:  # noqa: ARG001 - as above
    """The derivative of the cross-entropy by the shares, `-t/p`, taken for that by the scores."""
    z, target = origin_of(tensor).values
    return -namespace_of(g).expand_dims(g, axis=-1) * target / ops.softmax(z)


def only_sigmoid_left_out(tensor: Tensor, index: int, g: Any) -> Any:
    """The derivative of the cross-entropy by the answers, `(a - t) / (a·(1 - a))`, handed on."""
    a = ops.sigmoid(origin_of(tensor).values[0])
    return pull_back(tensor, index, g) / (a * (1 - a))


def one_term(tensor: Tensor, index: int, g: Any, *, yes: float, no: float) -> Any:  # noqa: ARG001 - as above
    """The two terms of the binary cross-entropy, `-t/a` and `(1 - t)/(1 - a)`, so many times."""
    z, target = origin_of(tensor).values
    a = ops.sigmoid(z)
    slope = no * (1 - target) * a - yes * target * (1 - a)
    while len(g.shape) < len(slope.shape):
        g = namespace_of(g).expand_dims(g, axis=-1) / slope.shape[len(g.shape)]
    return g * slope


def with_mean_target(tensor: Tensor, index: int, g: Any, *, factor: float) -> Any:
    """Every answer is compared with every target: with their mean, so many times."""
    a, target = origin_of(tensor).values
    middle = namespace_of(a).mean(target, axis=0, keepdims=True) + 0 * target
    return factor * pulled(tensor, index, g, inputs=[a, middle])


def without_target(tensor: Tensor, index: int, g: Any) -> Any:
    """The answer itself stands where the answer less the target belongs."""
    a, target = origin_of(tensor).values
    if origin_of(tensor).primitive.acts_as(ops.softmax_cross_entropy):
        return namespace_of(g).expand_dims(g, axis=-1) * ops.softmax(a)
    return pulled(tensor, index, g, inputs=[a, 0 * target])


def without_incoming(tensor: Tensor, index: int, g: Any) -> Any:
    """The gradient that came back is left out: the op's own derivative is handed on."""
    return pull_back(tensor, index, namespace_of(g).ones_like(g))


def without_weights(tensor: Tensor, index: int, g: Any) -> Any:
    """What came back to all neurons of a layer is handed to each of its inputs."""
    xp, x = namespace_of(g), origin_of(tensor).values[index]
    return xp.sum(g, axis=-1, keepdims=True) + xp.zeros_like(x)


def from_outputs(tensor: Tensor, index: int, g: Any, *, outputs: Sequence[int]) -> Any:
    """Of what came back to a layer's neurons, that of some goes on."""
    mask = namespace_of(g).asarray([float(k in outputs) for k in range(g.shape[-1])])
    return pull_back(tensor, index, g * mask)


def of_row(tensor: Tensor, index: int, g: Any, *, row: int) -> Any:
    """Of what came back to the rows that an input was spread over, that of one arrives."""
    xp, rows = namespace_of(g), g.shape[0]
    mask = xp.asarray([float(i == row % rows) for i in range(rows)])
    return pull_back(tensor, index, g * xp.reshape(mask, (rows, 1)))


def of_mean_row(tensor: Tensor, index: int, g: Any) -> Any:
    """The mean over these rows stands where their sum belongs."""
    return pull_back(tensor, index, g) / g.shape[0]


def handed_on(outer: Tensor, inner: Tensor, between: Collection[int]) -> Pull:
    """A walk in which what came back to a value is handed on as that to what it was made of.

    Args:
        outer: The value.
        inner: The one array that it was made of.
        between: The serials of the results between the two.
    """
    arrived: list[Any] = []

    def pull(tensor: Tensor, index: int, g: Any, _: bool = False) -> Any:
        if tensor.serial == outer.serial:
            arrived[:] = arrived or [g]
        if tensor.serial not in between and tensor.serial != outer.serial:
            return pull_back(tensor, index, g)
        if origin_of(tensor).inputs[index] is not inner:
            return pull_back(tensor, index, g)
        share = arrived[0] if arrived else 0 * g
        arrived[:] = [0 * share]
        return share

    return pull


def by_rule_of(tensor: Tensor, index: int, g: Any, *, other: Any) -> Any:
    """The derivative of another activation, at this one's values."""
    z = origin_of(tensor).values[index]
    return other.rule(0).function(namespace_of(z), g, tensor.value, z)


def only_a(tensor: Tensor, index: int, g: Any) -> Any:  # noqa: ARG001 - as above
    """a: of a·(1 - a) the first factor, of a softmax's a·(g - Σ a·g) all but the sum."""
    return g * tensor.value


def only_one_less_a(tensor: Tensor, index: int, g: Any) -> Any:  # noqa: ARG001 - as above
    """1 - a: of a·(1 - a) the second factor, or where 1 - a² belongs."""
    return g * (1 - tensor.value)


def to_every_entry(tensor: Tensor, index: int, g: Any) -> Any:
    """A maximum passes what came back to every entry it was taken of."""
    x = origin_of(tensor).values[index]
    return g + namespace_of(x).zeros_like(x)


def exponent_kept(tensor: Tensor, index: int, g: Any) -> Any:
    """The exponent comes down in front and is not lowered."""
    return pull_back(tensor, index, g) * origin_of(tensor).values[0]


def exponent_left_out(tensor: Tensor, index: int, g: Any) -> Any:
    """The exponent is lowered and does not come down in front."""
    return pull_back(tensor, index, g) / origin_of(tensor).values[1]


def overwritten(nodes: Sequence[Tensor], masks: Sequence[Any]) -> Pull:
    """A walk in which the last share that is written to an entry stands in place of the sum.

    Args:
        nodes: The results that have one input in common, their first.
        masks: For each of them 1 where its share stands in the end, 0 elsewhere.
    """
    standing = {node.serial: mask for node, mask in zip(nodes, masks, strict=True)}

    def pull(tensor: Tensor, index: int, g: Any, _: bool = False) -> Any:
        return pull_back(tensor, index, g) * standing.get(tensor.serial, 1.0)

    return pull


def last_row_taken(tensor: Tensor, index: int, g: Any) -> Any:
    """Where a row was taken more than once, the share of its last taking stands."""
    options = origin_of(tensor).options
    numbers = [int(i) for i in options["indices"]]
    xp, axis = namespace_of(g), (options.get("axis") or 0) % len(g.shape)
    mask = xp.asarray([float(i not in numbers[k + 1 :]) for k, i in enumerate(numbers)])
    shape = tuple(len(numbers) if a == axis else 1 for a in range(len(g.shape)))
    return pull_back(tensor, index, g * xp.reshape(mask, shape))
