"""Mistakes on the tape itself: shares that are lost, doubled, or written over one another.

And backpropagation with values that are no longer, or not yet, the right ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from chainrule import ops
from chainrule.arrays import namespace_of
from chainrule.autodiff import Primitive, Pull, Tensor, origin_of, pull_back
from chainrule.checking import faulty_pulls as faulty
from chainrule.checking.checked_function import CheckedFunction, Flat, flat, like
from chainrule.checking.expressions import label, picked_from
from chainrule.checking.loops import made_alike

MOST_PAIRED = 4
"""So many averages and so many scales are left off the tape in pairs."""

MOST_TERMS = 50
"""In sums of up to so many terms, each is tried as the only one."""

_A_TERM = "the term"


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

    @property
    def of_a_term(self) -> bool:
        """Whether the share that is lost is that of a term of the loss."""
        return self.scalable.startswith(_A_TERM)


def mutation(
    rank: int,
    sentence: str,
    share: Callable[..., Any],
    nodes: Sequence[Tensor],
    index: int | None = None,
    **given: Any,
) -> Mutation:
    """A walk that goes wrong at some results, on the way to one of their inputs or to all."""
    made = partial(share, **given) if given else share
    return Mutation(rank, sentence, faulty.at(nodes, made, index=index), nodes)


TERM, EDGE, SHARED_EDGE, PLACE, GROUP, EVERYWHERE = 30, 35, 36, 40, 50, 60
"""Ranks: a whole term, one edge, one to a value with several uses, one op, several ops at once, and
all of the tape."""


def tape_mutations(checked: CheckedFunction) -> Iterator[Mutation]:
    """The mistakes that can be made on any tape, whatever its ops."""
    yield from _edges_cut(checked)
    yield from _edges_cut_in_loops(checked)
    yield from _single_terms(checked)
    yield from _constants(checked)
    yield from _writes_lost(checked)
    yield from _overwritten(checked)


def _edges_cut(checked: CheckedFunction) -> Iterator[Mutation]:
    terms = set(_terms(checked.loss))
    sums = {serial for serial, _ in terms}
    uses = Counter(x.serial for _, _, x in edges(checked))
    for tensor, index, x in reversed(list(edges(checked))):
        if label(tensor) == label(x):  # on the way to x[0], which is one step for whoever wrote it
            continue
        cut = faulty.at([tensor], faulty.nothing, index=index)
        rank, what = EDGE, f"the edge from {label(tensor)} back to {label(x)}"
        missing = f"{what} is missing"
        if (tensor.serial, index) in terms:
            rank, what = TERM, f"{_A_TERM} {label(x)}"
            missing = f"{what} is missing"
            if x.serial in sums:
                rank, missing = GROUP, f"the terms in {label(x)} are missing"
        elif uses[x.serial] > 1:
            rank = SHARED_EDGE
            missing += ", as where gradients are not accumulated (`=` for `+=`)"
            if _is_square(tensor):
                missing = (
                    f"half of the gradient of {label(tensor)} is missing: its 2 is left out, or "
                    "gradients are not accumulated (`=` for `+=`)"
                )
                what = ""  # nobody gets one of its two equal shares wrong by a factor
        elif x.origin is not None:
            missing += f", as if {label(x)} were a constant"
        yield Mutation(rank, missing, cut, [tensor], scalable=what)


def _edges_cut_in_loops(checked: CheckedFunction) -> Iterator[Mutation]:
    """The same in every step of a loop, as where a state is not handed back to the step before."""
    for alike in made_alike(tensor for tensor in checked.tape if tensor.origin):
        for index in range(len(origin_of(alike[0]).inputs)):
            back = [(t, x) for t in alike if type(x := origin_of(t).inputs[index]) is Tensor]
            back = [(t, x) for t, x in back if x.origin is not None and not picked_from(x)]
            if len(back) > 1:
                (tensor, x), others = back[0], len(back) - 1
                sentence = (
                    f"the edge from {label(tensor)} back to {label(x)} is missing, and {others} "
                    f"more like it, as if {label(x)} were a constant in every step of a loop"
                )
                lost = faulty.without_edges({(t.serial, index) for t, _ in back})
                yield Mutation(GROUP, sentence, lost, [t for t, _ in back])


def _is_square(tensor: Tensor) -> bool:
    """Whether a value is multiplied by itself, as in `w * w`."""
    inputs = origin_of(tensor).inputs
    return origin_of(tensor).primitive.acts_as(ops.multiply) and inputs[0] is inputs[1]


def _terms(tensor: Tensor) -> Iterator[tuple[int, int]]:
    """The places where a loss that is a sum, or a multiple of one, gets its terms."""
    waiting = [tensor]
    while waiting:
        total = waiting.pop()
        if total.origin is None:
            continue
        inputs = total.origin.inputs
        tensors = [i for i, x in enumerate(inputs) if type(x) is Tensor]
        adds = len(total.origin.primitive.signs) > 1
        if adds:
            yield from ((total.serial, i) for i in tensors)
        if adds or (len(tensors) == 1 and _is_multiple(total, *tensors)):
            waiting += [inputs[i] for i in tensors]


def _is_multiple(tensor: Tensor, index: int) -> bool:
    """Whether a result grows with one of its inputs, sign and all, while the others stay."""
    origin, values = origin_of(tensor), list(origin_of(tensor).values)
    values[index] = -2 * values[index]
    xp = namespace_of(tensor.value)
    grown = origin.primitive.value(xp, values, origin.options)
    return bool(xp.all(grown == -2 * tensor.value))


def _single_terms(checked: CheckedFunction) -> Iterator[Mutation]:
    """Of all terms of a sum, one arrives."""
    places = set(_terms(checked.loss))
    of_sums = [(t, i, x) for t, i, x in edges(checked) if (t.serial, i) in places]
    sums = {t.serial for t, _, _ in of_sums}
    terms = [(t, i, x) for t, i, x in of_sums if x.serial not in sums]
    for arriving in terms if 2 < len(terms) <= MOST_TERMS else ():
        lost = {(t.serial, i) for t, i, x in terms if x is not arriving[2]}
        sentence = f"only the term {label(arriving[2])} arrived"
        yield Mutation(PLACE, sentence, faulty.without_edges(lost))


def _constants(checked: CheckedFunction) -> Iterator[Mutation]:
    """Values that are left off the tape: what leads back to them is cut wherever they are used."""
    uses: dict[int, set[tuple[int, int]]] = {}
    for tensor, index, x in edges(checked):
        uses.setdefault(x.serial, set()).add((tensor.serial, index))
    results = [t for t in checked.tape if t.origin and t is not checked.loss]
    for node in results:
        if len(lost := uses.get(node.serial, ())) > 1:
            pull = faulty.without_edges(lost)
            yield Mutation(PLACE, f"{label(node)} is treated as a constant", pull, [node])
    averages = [t for t in made_by(checked, ops.mean, ops.sum) if t is not checked.loss]
    scales = [t for t in made_by(checked, ops.sqrt, ops.pow, ops.max) if t is not checked.loss]
    for one in averages[:MOST_PAIRED]:
        for other in scales[: -MOST_PAIRED - 1 : -1]:
            sentence = f"{label(one)} and {label(other)} are treated as constants"
            pull = faulty.without_edges({*uses.get(one.serial, ()), *uses.get(other.serial, ())})
            yield Mutation(GROUP, sentence, pull, [one, other])


def _writes_lost(checked: CheckedFunction) -> Iterator[Mutation]:
    """Where values are used several times, one share of each overwrites the others.

    The walk meets the uses from the end of the tape, so the use made first writes last.
    """
    ways = list(edges(checked))
    if max(Counter(x.serial for _, _, x in ways).values(), default=0) < 2:
        return
    arrays = [(tensor, index, x) for tensor, index, x in ways if x.origin is None]
    for what, some in (("an array", arrays), ("a value", ways)):
        for word, order in (("last", some[::-1]), ("first", some)):
            written = {x.serial: (tensor.serial, index) for tensor, index, x in order}
            lost = {(tensor.serial, index) for tensor, index, _ in some} - {*written.values()}
            sentence = (
                f"gradients are not accumulated: where {what} is used more than once, the share "
                f"written {word} stands in place of the sum"
            )
            yield Mutation(EVERYWHERE, sentence, faulty.without_edges(lost))


def _overwritten(checked: CheckedFunction) -> Iterator[Mutation]:
    """Windows that overlap, and rows that are taken twice, written with `=`."""
    windows: dict[int, list[Tensor]] = {}
    for node in made_by(checked, ops.take):
        source = origin_of(node).inputs[0]
        numbers = list(origin_of(node).options["indices"])
        if len(set(numbers)) < len(numbers):
            sentence = (
                f"`=` stands for `+=` where rows of {label(source)} are taken more than once: the "
                "last share stands in place of the sum"
            )
            yield mutation(PLACE, sentence, faulty.last_row_taken, [node])
        flat_source = origin_of(source).inputs[0] if type(source) is Tensor and source.origin else 0
        if type(flat_source) is Tensor and len(numbers) > 1:
            windows.setdefault(flat_source.serial, []).append(node)
    for nodes in windows.values():
        if len(nodes) > 1:
            yield from _windows_overwritten(checked, nodes)


def _windows_overwritten(checked: CheckedFunction, nodes: Sequence[Tensor]) -> Iterator[Mutation]:
    shares: dict[int, Any] = {}
    serials = {node.serial for node in nodes}

    def listen(tensor: Tensor, index: int, g: Any, _: bool = False) -> Any:
        share = pull_back(tensor, index, g)
        if tensor.serial in serials:
            shares[tensor.serial] = share
        return share

    checked.walk(listen)
    arrived = [shares.get(node.serial) for node in nodes]
    if any(share is None for share in arrived):
        return
    xp = namespace_of(arrived[0])
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
                faulty.overwritten(nodes[::-order], masks),
                nodes,
            )


def edges(checked: CheckedFunction) -> Iterator[tuple[Tensor, int, Tensor]]:
    """Every way from a result to a tensor it was made from, and to which of its inputs."""
    for tensor in checked.tape:
        for index, x in enumerate(tensor.origin.inputs if tensor.origin else ()):
            if type(x) is Tensor:
                yield tensor, index, x


def made_by(checked: CheckedFunction, *kinds: Primitive) -> Iterator[Tensor]:
    """Every result of one of these ops, or of one that computes the same under another name."""
    for tensor in checked.tape:
        if tensor.origin and any(map(tensor.origin.primitive.acts_as, kinds)):
            yield tensor


def outdated_mutations(checked: CheckedFunction, before: Mapping[str, Flat]) -> Iterator[Mutation]:
    """Walks over the right tape with values that another point has left behind.

    Args:
        checked: The function at its point.
        before: Earlier points by name.
    """
    for point, numbers in before.items():
        if all(list(numbers[name]) == checked.numbers[name] for name in checked.point):
            continue
        old = checked.at(numbers).tape
        values = {new.serial: tensor.value for new, tensor in zip(checked.tape, old, strict=True)}
        results = [tensor.serial for tensor in checked.tape if tensor.origin]
        sums = [tensor.serial for tensor in made_by(checked, ops.weighted_sum)]
        hidden = [serial for serial in results if sums and serial < sums[-1]]
        weights = values.keys() - set(results)
        for what, outdated in (
            ("the hidden activations are outdated", hidden),
            ("the activations are outdated, and the weights are not", results),
            ("the weights are outdated, and the activations are not", weights),
            ("activations and weights are outdated", values),
        ):
            held = {serial: values[serial] for serial in outdated}
            yield Mutation(GROUP, f"{what}: they are those of {point}", _with_values(held))


def walk_through_updated(
    checked: CheckedFunction, given: Flat, rate: float, weights: Collection[str]
) -> Flat:
    """The walk of someone who updates a layer before going back through it.

    Args:
        checked: The function at its point.
        given: The gradient by which the weights are updated.
        rate: The learning rate of that update.
        weights: The weights that are updated too early.
    """

    def pull(tensor: Tensor, index: int, g: Any, _: bool = False) -> Any:
        origin = origin_of(tensor)
        inputs = list(origin.values)
        if origin.primitive.acts_as(ops.weighted_sum) and index == 0:
            weight = origin.inputs[1]
            if type(weight) is Tensor and weight.name and weight.name in {*weights} & given.keys():
                inputs[1] = inputs[1] - rate * like(weight.value, given[weight.name])
        return faulty.pulled(tensor, index, g, inputs=inputs)

    return checked.walk(pull)


def _with_values(held: Mapping[int, Any]) -> Pull:
    def pull(tensor: Tensor, index: int, g: Any, _: bool = False) -> Any:
        inputs = [
            held.get(x.serial, x.value) if type(x) is Tensor else x
            for x in origin_of(tensor).inputs
        ]
        return faulty.pulled(tensor, index, g, output=held.get(tensor.serial), inputs=inputs)

    return pull
