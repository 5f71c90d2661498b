"""The classic mistakes of backpropagation, each as a walk that makes it on purpose.

A mutation replaces how one edge of the tape pulls a gradient back. If the whole walk then gives the
very numbers that somebody's backward pass gave, the mistake is found. What is known about a mistake
stands in one row of a table: where it can happen, what it does, and how to say it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from chainrule.arrays import namespace_of
from chainrule.autodiff import Tensor
from chainrule.autodiff.walk import Pull
from chainrule.explanations.checking import faulty_pulls as faulty
from chainrule.explanations.checking.faulty_pulls import origin_of, plain
from chainrule.explanations.checking.subject import Subject

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
)
"""What can go wrong at one kind of op."""


class Mutation(NamedTuple):
    """A walk that makes one mistake.

    Attributes:
        sentence: What was done wrong, and where.
        pull: The step of the walk that does it.
        scalable: The mistake is a share lost, so that a multiple of it is one gained: an edge cut
            is the share times 0, an edge counted twice the share times 2.
    """

    sentence: str
    pull: Pull
    scalable: bool = False


def mutations(subject: Subject) -> Iterator[Mutation]:
    """Every mistake that can be made on a subject's tape, the plain ones first."""
    yield from _writes_lost(subject)
    yield from _edges_cut(subject)
    for op, sentence, share in AT_OPS:
        for node in _made_by(subject, {op}):
            yield Mutation(sentence, faulty.at([node], share))
    yield from _at_activations(subject)
    yield from _at_layers(subject)


def _edges_cut(subject: Subject) -> Iterator[Mutation]:
    for tensor, index, x in _edges(subject):
        edge = f"the edge from {label(tensor)} back to {label(x)}"
        yield Mutation(edge, faulty.at([tensor], faulty.nothing, index=index), scalable=True)


def _writes_lost(subject: Subject) -> Iterator[Mutation]:
    """Where a value is used several times, one share overwrites the others.

    The walk meets the uses from the end of the tape, so the use made first writes last.
    """
    edges = list(_edges(subject))
    if max(Counter(x.serial for _, _, x in edges).values(), default=0) < 2:
        return
    for word, order in (("last", edges[::-1]), ("first", edges)):
        kept = {x.serial: (tensor.serial, index) for tensor, index, x in order}
        yield Mutation(
            "gradients are not accumulated: where a value is used more than once, the share "
            f"written {word} stands in place of the sum",
            faulty.along_only(kept),
        )


def _at_activations(subject: Subject) -> Iterator[Mutation]:
    nodes = list(_activated(subject))
    for group in ([nodes] if len(nodes) > 1 else []) + [[node] for node in nodes]:
        where = " and ".join(map(label, group))
        for sentence, share in AT_ACTIVATIONS:
            yield Mutation(sentence.format(where=where), faulty.at(group, share))
    layered = [node for node in nodes if _is_weighted_sum(origin_of(node).inputs[0])]
    for group in ([layered] if len(layered) > 1 else []) + [[node] for node in layered]:
        yield Mutation(
            f"the derivative at {' and '.join(map(label, group))} is taken from the wrong array: "
            "from what went into the layer, not from its z",
            faulty.at(group, faulty.at_layer_input),
        )
    for node in nodes:
        z = origin_of(node).inputs[0]
        for other in _of_same_shape(subject, z):
            yield Mutation(
                f"the derivative at {label(node)} is taken from the wrong array: from "
                f"{label(other)}, not from {label(z)}",
                faulty.at([node], faulty.at_values(other.value)),
            )


def _at_layers(subject: Subject) -> Iterator[Mutation]:
    for node in _made_by(subject, {"weighted_sum"}):
        x, w, _ = origin_of(node).inputs
        if w.shape[0] == w.shape[1]:
            turned = namespace_of(node.value).matrix_transpose(plain(w))
            for what, share in (
                (f"uses {label(w)} transposed", faulty.with_input(1, turned)),
                ("leaves the weights out", faulty.unchanged),
            ):
                sentence = f"the way back through {label(node)} {what}"
                yield Mutation(sentence, faulty.at([node], share, index=0))
        of = f"the gradient of {label(w)} is"
        yield Mutation(f"{of} transposed", faulty.at([node], faulty.transposed, index=1))
        for other in _of_same_shape(subject, x):
            yield Mutation(
                f"{of} taken with {label(other)} as the layer's input, in place of {label(x)}",
                faulty.at([node], faulty.with_input(0, other.value), index=1),
            )


def label(x: Any) -> str:
    """What people call a value on the tape."""
    if type(x) is not Tensor:
        return "the input x"
    if x.name or x.origin is None:
        return x.name or "an input"
    return f"the result of {x.origin.primitive.name}"


def _edges(subject: Subject) -> Iterator[tuple[Tensor, int, Tensor]]:
    for tensor in subject.tape:
        for index, x in enumerate(tensor.origin.inputs if tensor.origin else ()):
            if type(x) is Tensor:
                yield tensor, index, x


def _made_by(subject: Subject, ops: set[str]) -> Iterator[Tensor]:
    for tensor in subject.tape:
        if tensor.origin and tensor.origin.primitive.name in ops:
            yield tensor


def _activated(subject: Subject) -> Iterator[Tensor]:
    """What an activation made entry by entry; the identity's derivative cannot be got wrong."""
    for tensor in subject.tape:
        op = tensor.origin.primitive if tensor.origin else None
        if op and op.activation and op.entrywise and not op.traits.multilinear:
            yield tensor


def _is_weighted_sum(x: Tensor) -> bool:
    return x.origin is not None and x.origin.primitive.name == "weighted_sum"


def _of_same_shape(subject: Subject, like: Any) -> Iterator[Tensor]:
    for tensor in subject.tape:
        if tensor.shape == tuple(like.shape) and tensor is not like and tensor.origin:
            yield tensor
