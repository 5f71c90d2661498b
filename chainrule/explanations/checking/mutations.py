"""The classic mistakes of backpropagation, each as a walk that makes it on purpose.

A mutation replaces how one edge of the tape pulls a gradient back. If the whole walk then gives the
very numbers that somebody's backward pass gave, the mistake is found. What is known about a mistake
stands in one row of a table: where it can happen, what it does, and how to say it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from chainrule import ops
from chainrule.arrays import namespace_of
from chainrule.autodiff import Tensor, pull_back
from chainrule.autodiff.walk import Pull
from chainrule.explanations.checking import faulty_pulls as faulty
from chainrule.explanations.checking.expressions import label
from chainrule.explanations.checking.faulty_pulls import origin_of, plain
from chainrule.explanations.checking.subject import Subject, flat

ACTIVATIONS = {"relu", "leaky_relu", "elu", "sigmoid", "tanh", "softplus", "gelu", "silu"}
"""The activations that work entry by entry."""

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


ROWS_KEPT: tuple[tuple[str, Callable[[int, int], bool]], ...] = (
    ("only the last example's part arrived", lambda row, count: row == count - 1),
    ("only the first example's part arrived", lambda row, count: row == 0),
)
"""Which examples one array may hear of."""

MOST_OUTPUTS = 10
"""Paths through single outputs are forgotten one by one up to so many outputs."""

MOST_PAIRED = 4
"""So many averages and so many scales are left off the tape in pairs."""

MOST_TERMS = 50
"""In sums of up to so many terms, each is tried as the only one."""

_LINEAR = (ops.add, ops.subtract, ops.multiply, ops.divide, ops.sum, ops.mean, ops.reshape)
"""Ops that a sum goes through as a sum, if only one of their inputs is a tensor."""

_PASSING_ON = (ops.reshape, ops.identity, ops.add, ops.expand_dims, ops.broadcast_to, ops.take)
"""Ops whose own derivative is 1, so that nothing in them can be left out."""


class Mutation(NamedTuple):
    """A walk that makes one mistake.

    Attributes:
        rank: How simple it is: single places before groups, see the ranks below.
        sentence: What was done wrong, and where.
        pull: The step of the walk that does it.
        places: The results at which the walk goes wrong; None if it may be anywhere.
        scalable: The mistake is a share lost, so that a multiple of it is one gained: an edge cut
            is the share times 0, an edge counted twice the share times 2.
        only: The arrays whose gradients are taken from that walk; empty for all.
    """

    rank: int
    sentence: str
    pull: Pull
    places: Sequence[Tensor] | None = None
    scalable: str = ""
    only: tuple[str, ...] = ()


TERM, EDGE, SHARED_EDGE, PLACE, GROUP, EVERYWHERE = 30, 35, 36, 40, 50, 60
"""Ranks: a whole term, one edge, one to a value with several uses, one op, several ops at once, and
all of the tape."""


def mutations(subject: Subject) -> Iterator[Mutation]:
    """Every mistake that can be made on a subject's tape."""
    yield from _edges_cut(subject)
    yield from _single_terms(subject)
    yield from _constants(subject)
    yield from _writes_lost(subject)
    yield from _overwritten(subject)
    yield from _at_ops(subject)
    yield from _at_every_op(subject)
    yield from _at_activations(subject)
    yield from _at_layers(subject)
    yield from _one_example(subject)


def _edges_cut(subject: Subject) -> Iterator[Mutation]:
    terms = set(_terms(subject.loss))
    sums = {serial for serial, _ in terms}
    uses = Counter(x.serial for _, _, x in _edges(subject))
    for tensor, index, x in reversed(list(_edges(subject))):
        if label(tensor) == label(x):  # on the way to x[0], which is one step for whoever wrote it
            continue
        cut = faulty.at([tensor], faulty.nothing, index=index)
        rank, what = EDGE, f"the edge from {label(tensor)} back to {label(x)}"
        missing = f"{what} is missing"
        if (tensor.serial, index) in terms:
            rank, what = TERM, f"the term {label(x)}"
            missing = f"{what} is missing"
            if x.serial in sums:
                rank, missing = GROUP, f"the terms in {label(x)} are missing"
        elif uses[x.serial] > 1:
            rank = SHARED_EDGE
            missing += ", as where gradients are not accumulated (`=` for `+=`)"
        elif x.origin is not None:
            missing += f", as if {label(x)} were a constant"
        yield Mutation(rank, missing, cut, [tensor], scalable=what)


def _terms(tensor: Tensor) -> Iterator[tuple[int, int]]:
    """The places where a loss that is a sum, or a multiple of one, gets its terms."""
    waiting = [tensor]
    while waiting:
        made = waiting.pop()
        if made.origin is None or made.origin.primitive not in _LINEAR:
            continue
        tensors = [i for i, x in enumerate(made.origin.inputs) if type(x) is Tensor]
        if made.origin.primitive in (ops.add, ops.subtract):
            for i in tensors:
                yield made.serial, i
        if len(tensors) == 1 or made.origin.primitive in (ops.add, ops.subtract):
            waiting += [made.origin.inputs[i] for i in tensors]


def _single_terms(subject: Subject) -> Iterator[Mutation]:
    """Of all terms of a sum, one arrives."""
    places = set(_terms(subject.loss))
    edges = [(t, i, x) for t, i, x in _edges(subject) if (t.serial, i) in places]
    sums = {t.serial for t, _, _ in edges}
    terms = [(t, i, x) for t, i, x in edges if x.serial not in sums]
    for kept in terms if 2 < len(terms) <= MOST_TERMS else ():
        lost = {(t.serial, i) for t, i, x in terms if x is not kept[2]}

        def pull(
            tensor: Tensor,
            index: int,
            g: Any,
            _: bool = False,
            lost: set[tuple[int, int]] = lost,
        ) -> Any:
            if (tensor.serial, index) in lost:
                return faulty.nothing(tensor, index, g)
            return pull_back(tensor, index, g)

        yield Mutation(PLACE, f"only the term {label(kept[2])} arrived", pull)


def _constants(subject: Subject) -> Iterator[Mutation]:
    """Values that are left off the tape: what leads back to them is cut wherever they are used."""
    uses = Counter(x.serial for _, _, x in _edges(subject))
    made = [t for t in subject.tape if t.origin and t is not subject.loss]
    for node in made:
        if uses[node.serial] > 1:
            yield Mutation(
                PLACE, f"{label(node)} is treated as a constant", _cut_off([node]), [node]
            )
    averages = [t for t in made if t.origin and t.origin.primitive in (ops.mean, ops.sum)]
    scales = [t for t in made if t.origin and t.origin.primitive in (ops.sqrt, ops.pow, ops.max)]
    for one in averages[:MOST_PAIRED]:
        for other in scales[: -MOST_PAIRED - 1 : -1]:
            sentence = f"{label(one)} and {label(other)} are treated as constants"
            yield Mutation(GROUP, sentence, _cut_off([one, other]), [one, other])


def _cut_off(nodes: Sequence[Tensor]) -> Pull:
    serials = {node.serial for node in nodes}

    def pull(tensor: Tensor, index: int, g: Any, _: bool = False) -> Any:
        x = origin_of(tensor).inputs[index]
        if x.serial in serials:
            return faulty.nothing(tensor, index, g)
        return pull_back(tensor, index, g)

    return pull


def _writes_lost(subject: Subject) -> Iterator[Mutation]:
    """Where values are used several times, one share of each overwrites the others.

    The walk meets the uses from the end of the tape, so the use made first writes last.
    """
    edges = list(_edges(subject))
    if max(Counter(x.serial for _, _, x in edges).values(), default=0) < 2:
        return
    for word, order in (("last", edges[::-1]), ("first", edges)):
        kept = {x.serial: (tensor.serial, index) for tensor, index, x in order}
        yield Mutation(
            EVERYWHERE,
            "gradients are not accumulated: where a value is used more than once, the share "
            f"written {word} stands in place of the sum",
            faulty.along_only(kept),
        )


def _overwritten(subject: Subject) -> Iterator[Mutation]:
    """Windows that overlap, and rows that are taken twice, written with `=`."""
    windows: dict[int, list[tuple[Tensor, int]]] = {}
    for node in _made_by(subject, {"take"}):
        source = origin_of(node).inputs[0]
        numbers = list(origin_of(node).options["indices"])
        if len(set(numbers)) < len(numbers):
            yield Mutation(
                PLACE,
                f"`=` stands for `+=` where rows of {label(source)} are taken more than once: the "
                "last share stands in place of the sum",
                faulty.at([node], faulty.last_row_taken),
                [node],
            )
        flat_source = origin_of(source).inputs[0] if type(source) is Tensor and source.origin else 0
        if type(flat_source) is Tensor and len(numbers) > 1:
            windows.setdefault(flat_source.serial, []).append((node, 0))
    for edges in windows.values():
        if len(edges) > 1:
            yield from _windows_overwritten(subject, edges)


def _windows_overwritten(
    subject: Subject, edges: Sequence[tuple[Tensor, int]]
) -> Iterator[Mutation]:
    shares: dict[int, Any] = {}
    serials = {node.serial for node, _ in edges}

    def listen(tensor: Tensor, index: int, g: Any, _: bool = False) -> Any:
        share = pull_back(tensor, index, g)
        if tensor.serial in serials:
            shares[tensor.serial] = share
        return share

    subject.walk(listen)
    arrived = [shares.get(node.serial) for node, _ in edges]
    if any(share is None for share in arrived):
        return
    xp = namespace_of(arrived[0])
    nodes = [node for node, _ in edges]
    windows = [pull_back(node, 0, xp.ones_like(node.value)) for node in nodes]
    places = [xp.where(share != 0, 1.0, 0.0) for share in arrived]
    of = label(origin_of(origin_of(nodes[0]).inputs[0]).inputs[0])
    kinds = [("windows of", windows)]
    if any(flat(a) != flat(b) for a, b in zip(windows, places, strict=True)):
        kinds.append(("places of the maxima in windows of", places))
    for what, covers in kinds:
        for word, order in (("last", 1), ("first", -1)):
            taken = xp.zeros_like(covers[0])
            masks = []
            for cover in covers[::-order]:
                masks.append(xp.where(taken > 0, 0.0, 1.0))
                taken = taken + cover
            yield Mutation(
                PLACE + (word == "first"),
                f"`=` stands for `+=` where {what} {of} overlap: the {word} window's share stands "
                "in place of the sum",
                faulty.overwritten(edges[::-order], masks),
                nodes,
            )


def _at_ops(subject: Subject) -> Iterator[Mutation]:
    for op, sentence, share in AT_OPS:
        nodes = list(_made_by(subject, {op}))
        for node in nodes:
            where = f" at {label(node)}" if len(nodes) > 1 else ""
            yield Mutation(PLACE, sentence + where, faulty.at([node], share), [node])
        if len(nodes) > 1:
            yield Mutation(GROUP, sentence, faulty.at(nodes, share), nodes)
    for op in ("squared_error", "sigmoid_cross_entropy", "absolute_error"):
        for node in _made_by(subject, {op}):
            rows = origin_of(node).inputs[0].shape[0] if origin_of(node).inputs[0].shape else 1
            for factor, also in ((1, ""), (rows, f", and the sum is not divided by the {rows}")):
                yield Mutation(
                    PLACE,
                    "targets of shape (n,) meet answers of shape (n, 1), and every answer is held "
                    f"against every target{also}",
                    faulty.at([node], faulty.with_mean_target(factor)),
                    [node],
                )


def _at_every_op(subject: Subject) -> Iterator[Mutation]:
    """What can go wrong at any op: its own derivative, or the incoming one, left out."""
    for node in subject.tape:
        if node.origin is None:
            continue
        primitive, inputs = node.origin.primitive, node.origin.inputs
        for index, x in enumerate(inputs):
            if type(x) is not Tensor or primitive in _PASSING_ON:
                continue
            if node is not subject.loss:
                yield Mutation(
                    PLACE + 1,
                    f"the incoming gradient is left out on the way back through {label(node)}",
                    faulty.at([node], faulty.without_incoming, index=index),
                    [node],
                )
            if x.shape != node.shape or primitive.name in ACTIVATIONS or node is subject.loss:
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
    yield from _factors_left_out(subject)


def _factors_left_out(subject: Subject) -> Iterator[Mutation]:
    """Every product passes on what came back as it is."""
    products = list(_made_by(subject, {"multiply"}))
    if len(products) == 1 and all(type(x) is Tensor for x in origin_of(products[0]).inputs):
        both = " and ".join(label(x) for x in origin_of(products[0]).inputs)
        yield Mutation(
            GROUP,
            f"the factors {both} are left out on the way back through their product",
            faulty.at(products, faulty.unchanged),
            products,
        )


def _at_activations(subject: Subject) -> Iterator[Mutation]:
    nodes = list(_made_by(subject, ACTIVATIONS))
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
        made = origin_of(node).inputs[0]
        if _is_weighted_sum(made):
            for array in origin_of(made).inputs[1:]:
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
    for node in _made_by(subject, {"sigmoid"}):
        for left_out, first in (("1 - a", True), ("a", False)):
            sentence = f"of the derivative a·(1 - a) at {label(node)} the factor {left_out} is"
            pull = faulty.at([node], faulty.half_of_logistic(first=first))
            yield Mutation(PLACE + 1, f"{sentence} left out", pull, [node])
    for node in _made_by(subject, {"tanh"}):
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
    yield from _at_other_values(subject, nodes)


def _at_other_values(subject: Subject, nodes: Sequence[Tensor]) -> Iterator[Mutation]:
    for node in nodes:
        z = origin_of(node).inputs[0]
        into_layer = origin_of(z).inputs[0] if _is_weighted_sum(z) else None
        for other in _of_same_shape(subject, z):
            if other is into_layer:
                continue
            yield Mutation(
                PLACE,
                f"the derivative at {label(node)} is taken from the wrong array: from "
                f"{label(other)}, not from {label(z)}",
                faulty.at([node], faulty.at_values(other.value)),
                [node],
            )


def _at_layers(subject: Subject) -> Iterator[Mutation]:
    for node in _made_by(subject, {"weighted_sum"}):
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
            (f"with {label(other)} {as_input}", other.value) for other in _of_same_shape(subject, x)
        ]
        first = _first_input(subject)
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


def _one_example(subject: Subject) -> Iterator[Mutation]:
    """One array hears of some of the examples only; the others of all of them."""
    names = [name for name in subject.point if len(subject.point) > 1]
    for node in _made_by(subject, {"mean"}):
        for sentence, kept in ROWS_KEPT:
            pull = faulty.at([node], faulty.without_rows(kept))
            for name in names:
                yield Mutation(
                    PLACE,
                    f"in the gradient of {name} {sentence}, as where `=` stands for `+=`",
                    pull,
                    only=(name,),
                )


def _first_input(subject: Subject) -> Any:
    """The table that goes into the first layer."""
    for node in _made_by(subject, {"weighted_sum"}):
        x = origin_of(node).inputs[0]
        return None if type(x) is Tensor else x
    return None


def _edges(subject: Subject) -> Iterator[tuple[Tensor, int, Tensor]]:
    for tensor in subject.tape:
        for index, x in enumerate(tensor.origin.inputs if tensor.origin else ()):
            if type(x) is Tensor:
                yield tensor, index, x


def _made_by(subject: Subject, names: set[str]) -> Iterator[Tensor]:
    for tensor in subject.tape:
        if tensor.origin and tensor.origin.primitive.name in names:
            yield tensor


def _is_weighted_sum(x: Tensor) -> bool:
    return type(x) is Tensor and x.origin is not None and x.origin.primitive is ops.weighted_sum


def _of_same_shape(subject: Subject, like: Any) -> Iterator[Tensor]:
    for tensor in subject.tape:
        if tensor.shape == tuple(like.shape) and tensor is not like and tensor.origin:
            yield tensor
