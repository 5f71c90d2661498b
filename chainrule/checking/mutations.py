"""The classic mistakes of backpropagation, each as a walk that makes it on purpose.

A mutation replaces how one edge of the tape pulls a gradient back. If the whole walk then gives the
very numbers that somebody's backward pass gave, the mistake is found. What is known about a mistake
stands in one row of a table: where it can happen, what it does, and how to say it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from chainrule import ops
from chainrule.arrays import namespace_of
from chainrule.autodiff import Primitive, Tensor, origin_of
from chainrule.checking import faulty_pulls as faulty
from chainrule.checking.checked_function import CheckedFunction
from chainrule.checking.expressions import label
from chainrule.checking.loops import made_alike, words_for
from chainrule.checking.tape_mutations import (
    GROUP,
    PLACE,
    Mutation,
    edges,
    made_by,
    mutation,
    tape_mutations,
)

AT_ACTIVATIONS: tuple[tuple[str, faulty.Share], ...] = (
    ("the derivative of the activation is missing at {where}", faulty.unchanged),
    ("the derivative of the activation is multiplied in twice at {where}", faulty.twice),
    ("the derivative at {where} is taken at the activation a where z belongs", faulty.at_output),
    ("the derivative at {where} is taken at the weighted sum z where a belongs", faulty.at_input),
    ("a stands for z at {where}, and is activated once more", faulty.at_second_output),
    ("the mask at {where} is taken on the gradient that came back, not on z", faulty.at_gradient),
)
"""What can go wrong at one activation, or at all of them."""

ENTRY_BY_ENTRY = (
    "softmax is differentiated entry by entry, as a·(1 - a): the shares compete, and each moves "
    "all the others"
)
ONCE_MORE = (
    "a·(1 - a) is multiplied in once more: p - t is already the derivative of {} and cross-entropy "
    "together"
)
NO_SIGMOID = "the derivative of sigmoid is left out: the slope by a is handed on as that by z"
NO_SOFTMAX = "the derivative of softmax is left out: -t/p is handed on as it is"
YES, NO = ("the term -t/a of the cross-entropy", "the term (1 - t)/(1 - a) of the cross-entropy")
POWER_KEPT = "the exponent comes down as a factor but is not lowered"
POWER_LOST = "the exponent is lowered but does not come down as a factor"

AT_OPS: dict[Primitive, tuple[tuple[str, faulty.Share], ...]] = {
    ops.softmax: (
        (ENTRY_BY_ENTRY, faulty.softmax_alone),
        ("of the derivative of softmax, a·(g - Σ a·g), the sum is left out", faulty.only_a),
    ),
    ops.softmax_cross_entropy: (
        (ENTRY_BY_ENTRY, faulty.softmax_loss_alone),
        (ONCE_MORE.format("softmax"), faulty.link_again),
        (NO_SOFTMAX, faulty.only_softmax_left_out),
        ("the target is left out: p stands for p - t", faulty.without_target),
    ),
    ops.sigmoid_cross_entropy: (
        (ONCE_MORE.format("sigmoid"), faulty.link_again),
        (NO_SIGMOID, faulty.only_sigmoid_left_out),
        ("the target is left out: a stands for a - t", faulty.without_target),
        (f"{NO} is missing", partial(faulty.one_term, yes=1, no=0)),
        (f"{YES} is missing", partial(faulty.one_term, yes=0, no=1)),
        (f"{NO} has the wrong sign", partial(faulty.one_term, yes=1, no=-1)),
    ),
    ops.squared_error: (("the target is left out: a stands for a - y", faulty.without_target),),
    ops.mean: (
        *(
            (
                f"forgotten accumulation: only the {which} example's {what} arrived",
                partial(faulty.arriving, row=row, whole=what == "gradient"),
            )
            for which, row in (("last", -1), ("first", 0))
            for what in ("gradient", "part of the mean")
        ),
        ("the last example is left out", partial(faulty.arriving, row=-1, alone=False)),
        ("the first example is left out", partial(faulty.arriving, row=0, alone=False)),
    ),
    ops.max: (("the maximum passes its gradient to every entry", faulty.to_every_entry),),
    ops.pow: ((POWER_KEPT, faulty.exponent_kept), (POWER_LOST, faulty.exponent_left_out)),
}
"""What can go wrong at one kind of op."""

MOST_OUTPUTS = 10
"""Paths through single outputs are forgotten one by one up to so many outputs."""

MOST_INNER = 12
"""So many values stand between an array and what is made of it in one line, whose derivative is
forgotten; counted with the array."""


def mutations(checked: CheckedFunction) -> Iterator[Mutation]:
    """Every mistake that can be made on a checked's tape."""
    yield from tape_mutations(checked)
    yield from _at_ops(checked)
    yield from _at_every_op(checked)
    yield from _at_activations(checked)
    yield from _at_layers(checked)
    yield from _at_products(checked)
    yield from _spread_over_rows(checked)
    yield from _inner_derivatives(checked)
    yield from _one_example(checked)


def _at_ops(checked: CheckedFunction) -> Iterator[Mutation]:
    for op, mistakes in AT_OPS.items():
        nodes = list(made_by(checked, op))
        for sentence, share in mistakes:
            for node in nodes:
                where = f" at {label(node)}" if len(nodes) > 1 else ""
                yield mutation(PLACE, sentence + where, share, [node])
            if len(nodes) > 1:
                yield mutation(GROUP, sentence, share, nodes)
    for node in _comparisons(checked):
        rows = origin_of(node).inputs[0].shape[0]
        sentence = (
            "targets of shape (n,) meet answers of shape (n, 1), and every answer is compared with "
            "every target"
        )
        for factor, also in (
            (1, ""),
            (rows, f", and the sum is not divided by the {rows} examples"),
        ):
            yield mutation(PLACE, sentence + also, faulty.with_mean_target, [node], factor=factor)


def _comparisons(checked: CheckedFunction) -> Iterator[Tensor]:
    """The losses of rows, in which each output has a target of its own; classes share theirs."""
    for tensor in checked.tape:
        values = tensor.origin.values if tensor.origin else ()
        first, *others = [tuple(getattr(value, "shape", ())) for value in values] or [()]
        if first and others == [first] and first[:-1] == tensor.shape:
            op = origin_of(tensor).primitive
            if not op.traits.multilinear and not op.acts_as(ops.softmax_cross_entropy):
                yield tensor


def _at_every_op(checked: CheckedFunction) -> Iterator[Mutation]:
    """What can go wrong at any op: its own derivative, or the incoming one, left out."""
    for node, index, x in edges(checked):
        op = origin_of(node).primitive
        if node is checked.loss or op.signs == (1,):  # what only moves entries, nobody writes
            continue
        sentence = f"the incoming gradient is left out on the way back through {label(node)}"
        if not op.signs:
            yield mutation(PLACE + 1, sentence, faulty.without_incoming, [node], index)
        elif index == 0:  # whoever writes 1 for one term of a sum writes it for all of them
            yield mutation(PLACE + 1, sentence, faulty.without_incoming, [node])
        if x.shape == node.shape and len(op.inputs) == 1 and not op.activation and op.entrywise:
            of, a, b = f"the derivative of {op.name} is taken at", label(node), label(x)
            yield mutation(PLACE, f"{of} {a}, where {b} belongs", faulty.at_output, [node])
            yield mutation(PLACE, f"{of} {b}, where {a} belongs", faulty.at_input, [node])
        if x.shape != node.shape or (op.activation and op.entrywise) or _is_sum(op):
            continue
        what = f"the derivative of {op.name}"
        if op.acts_as(ops.multiply):
            factor = origin_of(node).inputs[1 - index]
            is_array = type(factor) is not Tensor and getattr(factor, "shape", None)
            what = "the constant factor" if is_array else f"the factor {label(factor)}"
        sentence = f"{what} is left out on the way back from {label(node)} to {label(x)}"
        yield mutation(PLACE + 1, sentence, faulty.unchanged, [node], index)
    products = list(made_by(checked, ops.multiply))
    if len(products) == 1 and all(type(x) is Tensor for x in origin_of(products[0]).inputs):
        both = " and ".join(label(x) for x in origin_of(products[0]).inputs)
        sentence = f"the factors {both} are left out on the way back through their product"
        yield mutation(GROUP, sentence, faulty.unchanged, products)


def _at_activations(checked: CheckedFunction) -> Iterator[Mutation]:
    nodes = list(_activated(checked))
    layered = [node for node in nodes if _is_weighted_sum(_into(node))]
    for rank, where, group in _one_and_all(nodes):
        for sentence, share in AT_ACTIVATIONS:
            yield mutation(rank, sentence.format(where=where), share, group)
        for other in (ops.relu, ops.sigmoid, ops.tanh):
            if not any(origin_of(node).primitive.acts_as(other) for node in group):
                sentence = f"the derivative of {other.name} is taken at {where}"
                yield mutation(rank + 1, sentence, faulty.by_rule_of, group, other=other)
    for node in layered:
        for array in origin_of(_into(node)).inputs[1:]:
            of = f"in the gradient of {label(array)} the derivative of the activation is"
            slips = (("missing", faulty.unchanged), ("multiplied in twice", faulty.twice))
            for what, share in slips:
                pull = faulty.at([node], share)
                sentence = f"{of} {what} at {label(node)}"
                yield Mutation(PLACE + 2, sentence, pull, only=(label(array),))
    for rank, where, group in _one_and_all(list(made_by(checked, ops.sigmoid))):
        for factor, share in (("1 - a", faulty.only_a), ("a", faulty.only_one_less_a)):
            what = f"of the derivative a·(1 - a) at {where} the factor {factor}"
            yield mutation(rank + 1, f"{what} is left out", share, group)
    for rank, where, group in _one_and_all(list(made_by(checked, ops.tanh))):
        sentence = f"1 - a stands for 1 - a² at {where}"
        yield mutation(rank + 1, sentence, faulty.only_one_less_a, group)
    for rank, where, group in _one_and_all(layered):
        sentence = (
            f"the derivative at {where} is taken from the wrong array: from what went into the "
            "layer, not from its z"
        )
        yield mutation(rank, sentence, faulty.at_layer_input, group)
    words = {tensor.serial: label(tensor) for tensor in checked.tape} if nodes else {}
    for node in nodes:
        z = _into(node)
        right = words.get(z.serial) or label(z)
        into_layer = origin_of(z).inputs[0] if _is_weighted_sum(z) else None
        wrong = f"the derivative at {words[node.serial]} is taken from the wrong array: from"
        for array in _of_same_shape(checked, z):
            if array is not into_layer:
                taken = f"{words[array.serial]}, not from {right}"
                taken = f"another {right}" if words[array.serial] == right else taken
                sentence = f"{wrong} {taken}"
                yield mutation(PLACE, sentence, faulty.at_values, [node], values=array.value)


def _one_and_all(nodes: Sequence[Tensor]) -> Iterator[tuple[int, str, Sequence[Tensor]]]:
    """Some results that one line made in a loop, each alone, and all together.

    With the rank of a mistake, and its place.
    """
    yield from ((GROUP, words_for(group), group) for group in made_alike(nodes))
    yield from ((PLACE, label(node), [node]) for node in nodes)
    if len(nodes) > 1:
        yield GROUP, " and ".join(map(label, nodes)), nodes


def _at_layers(checked: CheckedFunction) -> Iterator[Mutation]:
    layers = list(made_by(checked, ops.weighted_sum))
    first: Any = origin_of(layers[0]).inputs[0] if layers else None
    for node in layers:
        x, w, _ = origin_of(node).inputs
        if type(x) is Tensor:
            yield from _on_the_way_back(node)
        if type(w) is not Tensor:
            continue
        of = f"the gradient of {label(w)} is"
        yield mutation(PLACE, f"{of} transposed", faulty.transposed, [node], 1)
        ones = namespace_of(node.value).ones_like(origin_of(node).values[0])
        instead = [(f"without {label(x)}, as if it were all 1s", ones)]
        as_input = f"as the layer's input, in place of {label(x)}"
        instead += [
            (f"with {label(other)} {as_input}", other.value) for other in _of_same_shape(checked, x)
        ]
        if type(x) is Tensor is not type(first) and tuple(first.shape) == tuple(x.shape):
            instead.append((f"with the input x {as_input}", first))
        for text, values in instead:
            sentence = f"{of} taken {text}"
            yield mutation(PLACE, sentence, faulty.with_input, [node], 1, place=0, value=values)


def _at_products(checked: CheckedFunction) -> Iterator[Mutation]:
    """Square tables that are not turned on the way back through a product of tables."""
    for node, index, x in edges(checked):
        if not origin_of(node).primitive.acts_as(ops.matmul):
            continue
        other = origin_of(node).values[1 - index]
        if len(other.shape) == 2 and len({*other.shape}) == 1:
            turned = namespace_of(node.value).matrix_transpose(other)
            sentence = (
                f"on the way back from {label(node)} to {label(x)} the other table is not "
                "transposed"
            )
            slip = {"place": 1 - index, "value": turned}
            yield mutation(PLACE, sentence, faulty.with_input, [node], index, **slip)


def _spread_over_rows(checked: CheckedFunction) -> Iterator[Mutation]:
    """What was added to every row, or multiplied by it, gets the share of one row, or a mean."""
    for node, index, x in edges(checked):
        rows, *columns = node.shape or (0,)
        if len(columns) != 1 or x.shape not in ((*columns,), (1, *columns), ()) or rows < 2:
            continue
        if not origin_of(node).primitive.entrywise:
            continue
        shares = f"of the shares of the {rows} rows that {label(x)} is spread over,"
        for which, row in (("first", 0), ("last", -1)):
            sentence = f"{shares} only the {which} arrived, and not their sum"
            yield mutation(PLACE, sentence, faulty.of_row, [node], index, row=row)
        sentence = f"{shares} the mean is taken, and not the sum"
        yield mutation(PLACE, sentence, faulty.of_mean_row, [node], index)


def _inner_derivatives(checked: CheckedFunction) -> Iterator[Mutation]:
    """What came back to a value made of one array is handed to that array as it is."""
    users: dict[int, set[int]] = {}
    within: dict[int, set[int]] = {}
    for tensor, _, x in edges(checked):
        users.setdefault(x.serial, set()).add(tensor.serial)
        made_of = within.setdefault(tensor.serial, set())
        if len(made_of) <= MOST_INNER:
            made_of |= {x.serial, *within.get(x.serial, ())}
    arrays = {leaf.serial: leaf for leaf in checked.leaves.values()}
    for node in checked.tape:
        made_of = within.get(node.serial, set())
        between = made_of - arrays.keys()
        used_there = all(users[serial] <= between | {node.serial} for serial in between)
        if len(made_of) > MOST_INNER or len(made_of) != len(between) + 1 or not between:
            continue
        (leaf,) = (arrays[serial] for serial in made_of if serial in arrays)
        if used_there and node is not checked.loss and leaf.shape == node.shape:
            sentence = (
                f"the inner derivative is left out: what came back to {label(node)} is handed to "
                f"{label(leaf)} as it is"
            )
            yield Mutation(PLACE + 1, sentence, faulty.handed_on(node, leaf, between), [node])


def _on_the_way_back(node: Tensor) -> Iterator[Mutation]:
    _, w, _ = origin_of(node).inputs
    outputs = node.shape[-1]
    left_out = f"the weights are left out on the way back through {label(node)}"
    ways: list[tuple[str, faulty.Share]] = [(left_out, faulty.without_weights)]
    if w.shape[0] == w.shape[1]:
        turned = namespace_of(node.value).matrix_transpose(origin_of(node).values[1])
        transposed = f"the way back through {label(node)} uses {label(w)} transposed"
        ways = [
            (left_out, faulty.unchanged),
            (f"{left_out}, and its outputs are added up", faulty.without_weights),
            (transposed, partial(faulty.with_input, place=1, value=turned)),
        ]
    if 1 < outputs <= MOST_OUTPUTS:
        layer = label(node).removesuffix(".z")
        for k in range(outputs):
            others = [i for i in range(outputs) if i != k]
            sentence = f"the path through output {k} of {layer} is forgotten on the way back"
            ways.append((sentence, partial(faulty.from_outputs, outputs=others)))
            if outputs > 2:
                sentence = f"only output {k} of {layer} is taken on the way back"
                ways.append((sentence, partial(faulty.from_outputs, outputs=[k])))
    for sentence, share in ways:
        yield mutation(PLACE, sentence, share, [node], 0)


def _one_example(checked: CheckedFunction) -> Iterator[Mutation]:
    """One array gets the gradient of some examples only; the others that of all of them."""
    names = [name for name in checked.point if len(checked.point) > 1]
    for node in made_by(checked, ops.mean):
        for which, row in (("last", -1), ("first", 0)):
            arrived = f"only the {which} example's part arrived, as where `=` stands for `+=`"
            pull = faulty.at([node], partial(faulty.arriving, row=row))
            for name in names:
                sentence = f"in the gradient of {name} {arrived}"
                yield Mutation(PLACE, sentence, pull, only=(name,))


def _activated(checked: CheckedFunction) -> Iterator[Tensor]:
    """What an activation made entry by entry; the identity's derivative cannot be got wrong."""
    for tensor in checked.tape:
        op = tensor.origin.primitive if tensor.origin else None
        if op and op.activation and op.entrywise and op.signs != (1,):
            yield tensor


def _into(activated: Tensor) -> Any:
    """What an activation was made of: its one input."""
    (z,) = origin_of(activated).inputs
    return z


def _is_sum(op: Primitive) -> bool:
    """Whether entries of the result are sums, so that the derivative is not one number an entry."""
    return len(op.signs) > 1 or (op.traits.multilinear and not op.entrywise)


def _is_weighted_sum(x: Tensor) -> bool:
    origin = x.origin if type(x) is Tensor else None
    return origin is not None and origin.primitive.acts_as(ops.weighted_sum)


def _of_same_shape(checked: CheckedFunction, like: Any) -> Iterator[Tensor]:
    for tensor in checked.tape:
        if tensor.shape == tuple(like.shape) and tensor is not like and tensor.origin:
            yield tensor
