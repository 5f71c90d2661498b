"""The classic mistakes of backpropagation, each as a walk that makes it on purpose.

A mutation replaces how one edge of the tape pulls a gradient back. If the whole walk then gives the
very numbers that somebody's backward pass gave, the mistake is found. What is known about a mistake
stands in one row of a table: where it can happen, what it does, and how to say it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from chainrule import ops
from chainrule.arrays import namespace_of
from chainrule.autodiff import Tensor
from chainrule.checking import faulty_pulls as faulty
from chainrule.checking.checked_function import CheckedFunction
from chainrule.checking.expressions import label
from chainrule.checking.faulty_pulls import origin_of, plain
from chainrule.checking.tape_mutations import (
    GROUP,
    PLACE,
    Mutation,
    made_by,
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

AT_OPS: tuple[tuple[str, str, faulty.Share], ...] = (
    (
        "softmax",
        (
            "softmax is differentiated entry by entry, as a·(1 - a): the shares compete, and each "
            "moves all the others"
        ),
        faulty.softmax_alone,
    ),
    (
        "softmax_cross_entropy",
        (
            "softmax is differentiated entry by entry, as a·(1 - a): the shares compete, and each "
            "moves all the others"
        ),
        faulty.softmax_loss_alone,
    ),
    (
        "softmax_cross_entropy",
        (
            "a·(1 - a) is multiplied in once more: p - t is already the derivative of softmax and "
            "cross-entropy together"
        ),
        faulty.link_again,
    ),
    (
        "sigmoid_cross_entropy",
        (
            "a·(1 - a) is multiplied in once more: p - t is already the derivative of sigmoid and "
            "cross-entropy together"
        ),
        faulty.link_again,
    ),
    (
        "mean",
        "forgotten accumulation: only the last example's gradient arrived",
        faulty.one_row(-1, whole=True),
    ),
    (
        "mean",
        "forgotten accumulation: only the last example's part of the mean arrived",
        faulty.one_row(-1, whole=False),
    ),
    (
        "mean",
        "forgotten accumulation: only the first example's gradient arrived",
        faulty.one_row(0, whole=True),
    ),
    (
        "mean",
        "forgotten accumulation: only the first example's part of the mean arrived",
        faulty.one_row(0, whole=False),
    ),
    (
        "mean",
        "the last example is left out",
        faulty.without_rows(lambda row, count: row < count - 1),
    ),
    ("mean", "the first example is left out", faulty.without_rows(lambda row, count: row > 0)),
    (
        "softmax_cross_entropy",
        "the derivative of softmax is left out: -t/p is handed on as it is",
        faulty.only_softmax_left_out,
    ),
    ("softmax_cross_entropy", "the target is left out: p stands for p - t", faulty.without_target),
    ("squared_error", "the target is left out: a stands for a - y", faulty.without_target),
    (
        "sigmoid_cross_entropy",
        "the derivative of sigmoid is left out: the slope by a is handed on as that by z",
        faulty.only_sigmoid_left_out,
    ),
    ("sigmoid_cross_entropy", "the target is left out: a stands for a - t", faulty.without_target),
    (
        "sigmoid_cross_entropy",
        "the term (1 - t)/(1 - a) of the cross-entropy is missing",
        faulty.one_term(yes=1, no=0),
    ),
    (
        "sigmoid_cross_entropy",
        "the term -t/a of the cross-entropy is missing",
        faulty.one_term(yes=0, no=1),
    ),
    (
        "sigmoid_cross_entropy",
        "the term (1 - t)/(1 - a) of the cross-entropy has the wrong sign",
        faulty.one_term(yes=1, no=-1),
    ),
    ("max", "the maximum passes its gradient to every entry", faulty.to_every_entry),
    ("pow", "the exponent comes down as a factor but is not lowered", faulty.exponent_kept),
    (
        "pow",
        "the exponent is lowered but does not come down as a factor",
        faulty.exponent_left_out,
    ),
)
"""What can go wrong at one kind of op."""


ROWS_ARRIVING: tuple[tuple[str, Callable[[int, int], bool]], ...] = (
    ("only the last example's part arrived", lambda row, count: row == count - 1),
    ("only the first example's part arrived", lambda row, count: row == 0),
)
"""Which examples one array may hear of."""

MOST_OUTPUTS = 10
"""Paths through single outputs are forgotten one by one up to so many outputs."""

_PASSING_ON = (ops.reshape, ops.identity, ops.add, ops.expand_dims, ops.broadcast_to, ops.take)
"""Ops whose own derivative is 1, so that nothing in them can be left out."""


def mutations(checked: CheckedFunction) -> Iterator[Mutation]:
    """Every mistake that can be made on a checked's tape."""
    yield from tape_mutations(checked)
    yield from _at_ops(checked)
    yield from _at_every_op(checked)
    yield from _at_activations(checked)
    yield from _at_layers(checked)
    yield from _one_example(checked)


def _at_ops(checked: CheckedFunction) -> Iterator[Mutation]:
    for op, sentence, share in AT_OPS:
        nodes = list(made_by(checked, {op}))
        for node in nodes:
            where = f" at {label(node)}" if len(nodes) > 1 else ""
            yield Mutation(PLACE, sentence + where, faulty.at([node], share), [node])
        if len(nodes) > 1:
            yield Mutation(GROUP, sentence, faulty.at(nodes, share), nodes)
    for op in ("squared_error", "sigmoid_cross_entropy", "absolute_error"):
        for node in made_by(checked, {op}):
            rows = origin_of(node).inputs[0].shape[0] if origin_of(node).inputs[0].shape else 1
            for factor, also in ((1, ""), (rows, f", and the sum is not divided by the {rows}")):
                yield Mutation(
                    PLACE,
                    "targets of shape (n,) meet answers of shape (n, 1), and every answer is held "
                    f"against every target{also}",
                    faulty.at([node], faulty.with_mean_target(factor)),
                    [node],
                )


def _at_every_op(checked: CheckedFunction) -> Iterator[Mutation]:
    """What can go wrong at any op: its own derivative, or the incoming one, left out."""
    for node in checked.tape:
        if node.origin is None:
            continue
        primitive, inputs = node.origin.primitive, node.origin.inputs
        for index, x in enumerate(inputs):
            if type(x) is not Tensor or primitive in _PASSING_ON:
                continue
            if node is not checked.loss:
                yield Mutation(
                    PLACE + 1,
                    f"the incoming gradient is left out on the way back through {label(node)}",
                    faulty.at([node], faulty.without_incoming, index=index),
                    [node],
                )
            if (
                x.shape != node.shape
                or (primitive.activation and primitive.entrywise)
                or node is checked.loss
            ):
                continue
            if primitive is ops.multiply:
                what = f"the factor {label(inputs[1 - index])} is left out"
            elif primitive in (ops.add, ops.subtract, ops.weighted_sum, ops.matmul):
                continue
            else:
                what = f"the derivative of {primitive.name} is left out"
            yield Mutation(
                PLACE + 1,
                f"{what} on the way back from {label(node)} to {label(x)}",
                faulty.at([node], faulty.unchanged, index=index),
                [node],
            )
    yield from _factors_left_out(checked)


def _factors_left_out(checked: CheckedFunction) -> Iterator[Mutation]:
    """Every product passes on what came back as it is."""
    products = list(made_by(checked, {"multiply"}))
    if len(products) == 1 and all(type(x) is Tensor for x in origin_of(products[0]).inputs):
        both = " and ".join(label(x) for x in origin_of(products[0]).inputs)
        yield Mutation(
            GROUP,
            f"the factors {both} are left out on the way back through their product",
            faulty.at(products, faulty.unchanged),
            products,
        )


def _at_activations(checked: CheckedFunction) -> Iterator[Mutation]:
    nodes = list(_activated(checked))
    for group in [[node] for node in nodes] + ([nodes] if len(nodes) > 1 else []):
        where = " and ".join(map(label, group))
        rank = GROUP if len(group) > 1 else PLACE
        for sentence, share in AT_ACTIVATIONS:
            yield Mutation(rank, sentence.format(where=where), faulty.at(group, share), group)
        for other in (ops.relu, ops.sigmoid, ops.tanh):
            if all(origin_of(node).primitive is not other for node in group):
                sentence = f"the derivative of {other.name} is taken at {where}"
                pull = faulty.at(group, faulty.by_rule_of(other))
                yield Mutation(rank + 1, sentence, pull, group)
    for node in nodes:
        z = origin_of(node).inputs[0]
        if _is_weighted_sum(z):
            for array in origin_of(z).inputs[1:]:
                for what, share in (
                    ("missing", faulty.unchanged),
                    ("multiplied in twice", faulty.twice),
                ):
                    yield Mutation(
                        PLACE + 2,
                        f"in the gradient of {label(array)} the derivative of the activation is "
                        f"{what} at {label(node)}",
                        faulty.at([node], share),
                        only=(label(array),),
                    )
    for node in made_by(checked, {"sigmoid"}):
        for left_out, first in (("1 - a", True), ("a", False)):
            sentence = f"of the derivative a·(1 - a) at {label(node)} the factor {left_out} is"
            pull = faulty.at([node], faulty.half_of_logistic(first=first))
            yield Mutation(PLACE + 1, f"{sentence} left out", pull, [node])
    for node in made_by(checked, {"tanh"}):
        sentence = f"1 - a stands for 1 - a² at {label(node)}"
        yield Mutation(PLACE + 1, sentence, faulty.at([node], faulty.without_square), [node])
    layered = [node for node in nodes if _is_weighted_sum(origin_of(node).inputs[0])]
    for group in [[node] for node in layered] + ([layered] if len(layered) > 1 else []):
        yield Mutation(
            GROUP if len(group) > 1 else PLACE,
            f"the derivative at {' and '.join(map(label, group))} is taken from the wrong array: "
            "from what went into the layer, not from its z",
            faulty.at(group, faulty.at_layer_input),
            group,
        )
    yield from _at_other_values(checked, nodes)


def _at_other_values(checked: CheckedFunction, nodes: Sequence[Tensor]) -> Iterator[Mutation]:
    for node in nodes:
        z = origin_of(node).inputs[0]
        into_layer = origin_of(z).inputs[0] if _is_weighted_sum(z) else None
        for other in _of_same_shape(checked, z):
            if other is into_layer:
                continue
            yield Mutation(
                PLACE,
                f"the derivative at {label(node)} is taken from the wrong array: from "
                f"{label(other)}, not from {label(z)}",
                faulty.at([node], faulty.at_values(other.value)),
                [node],
            )


def _at_layers(checked: CheckedFunction) -> Iterator[Mutation]:
    for node in made_by(checked, {"weighted_sum"}):
        x, w, _ = origin_of(node).inputs
        if type(x) is Tensor:
            yield from _on_the_way_back(node)
        if type(w) is not Tensor:
            continue
        of = f"the gradient of {label(w)} is"
        turned = faulty.at([node], faulty.transposed, index=1)
        yield Mutation(PLACE, f"{of} transposed", turned, [node])
        ones = namespace_of(node.value).ones_like(plain(x))
        instead = [(f"without {label(x)}, as if it were all 1s", ones)]
        as_input = f"as the layer's input, in place of {label(x)}"
        instead += [
            (f"with {label(other)} {as_input}", other.value) for other in _of_same_shape(checked, x)
        ]
        first = _first_input(checked)
        if first is not None and tuple(first.shape) == tuple(x.shape) and type(x) is Tensor:
            instead.append((f"with the input x {as_input}", first))
        for text, values in instead:
            pull = faulty.at([node], faulty.with_input(0, values), index=1)
            yield Mutation(PLACE, f"{of} taken {text}", pull, [node])


def _on_the_way_back(node: Tensor) -> Iterator[Mutation]:
    _, w, _ = origin_of(node).inputs
    outputs = node.shape[-1]
    left_out = f"the weights are left out on the way back through {label(node)}"
    ways: list[tuple[str, faulty.Share]] = []
    if w.shape[0] == w.shape[1]:
        ways.append((left_out, faulty.unchanged))
        left_out += ", and its outputs are added up"
    ways.append((left_out, faulty.without_weights))
    if w.shape[0] == w.shape[1]:
        turned = namespace_of(node.value).matrix_transpose(plain(w))
        sentence = f"the way back through {label(node)} uses {label(w)} transposed"
        ways.append((sentence, faulty.with_input(1, turned)))
    if 1 < outputs <= MOST_OUTPUTS:
        layer = label(node).removesuffix(".z")
        for k in range(outputs):
            others = [i for i in range(outputs) if i != k]
            sentence = f"the path through output {k} of {layer} is forgotten on the way back"
            ways.append((sentence, faulty.from_outputs(others)))
            if outputs > 2:
                sentence = f"only output {k} of {layer} is taken on the way back"
                ways.append((sentence, faulty.from_outputs([k])))
    for sentence, share in ways:
        yield Mutation(PLACE, sentence, faulty.at([node], share, index=0), [node])


def _one_example(checked: CheckedFunction) -> Iterator[Mutation]:
    """One array hears of some of the examples only; the others of all of them."""
    names = [name for name in checked.point if len(checked.point) > 1]
    for node in made_by(checked, {"mean"}):
        for sentence, arrives in ROWS_ARRIVING:
            pull = faulty.at([node], faulty.without_rows(arrives))
            for name in names:
                yield Mutation(
                    PLACE,
                    f"in the gradient of {name} {sentence}, as where `=` stands for `+=`",
                    pull,
                    only=(name,),
                )


def _first_input(checked: CheckedFunction) -> Any:
    """The table that goes into the first layer."""
    for node in made_by(checked, {"weighted_sum"}):
        x = origin_of(node).inputs[0]
        return None if type(x) is Tensor else x
    return None


def _activated(checked: CheckedFunction) -> Iterator[Tensor]:
    """What an activation made entry by entry; the identity's derivative cannot be got wrong."""
    for tensor in checked.tape:
        op = tensor.origin.primitive if tensor.origin else None
        if op and op.activation and op.entrywise and not op.traits.multilinear:
            yield tensor


def _is_weighted_sum(x: Tensor) -> bool:
    return type(x) is Tensor and x.origin is not None and x.origin.primitive is ops.weighted_sum


def _of_same_shape(checked: CheckedFunction, like: Any) -> Iterator[Tensor]:
    for tensor in checked.tape:
        if tensor.shape == tuple(like.shape) and tensor is not like and tensor.origin:
            yield tensor
