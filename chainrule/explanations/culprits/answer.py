"""The answer in a sentence: which weights caused the error, and by how much; all of it measured."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from math import isclose, isfinite
from typing import Any, Self, final

from chainrule.diagnosis import chance_loss
from chainrule.explanations.culprits.culprits import REACH, STEEPEST, Culprit, FirstLook, best_alone
from chainrule.explanations.culprits.groups import Group, people_name
from chainrule.explanations.culprits.mend import Mend
from chainrule.explanations.culprits.standing_out import (
    LOOKED_AT,
    StandingOut,
    standing_out,
    unlike,
)
from chainrule.explanations.culprits.totals import COLUMNS, LEAST, Slice
from chainrule.explanations.what_if import reach_of
from chainrule.nn import NetworkStudy, Standing
from chainrule.words import (
    answer_text,
    apart,
    cell,
    in_a_row,
    listed,
    number,
    percent,
    plural,
    safe,
    wrong_of,
)


@final
class Answer(str):
    """The sentence; a paragraph in a notebook.

    Attributes:
        weights: The names of the weights that it says it of.
        moves: By how much those are moved that lower the loss of what is explained when moved so.

    Example:
        >>> import chainrule as cr
        >>> dense = cr.Dense(1, 1, "sigmoid", weight=[[2.0]], bias=[0.5])
        >>> net = cr.Network([dense], engine="python")
        >>> ex = cr.explain(net, [[0.0], [1.0], [2.0]], [0, 0, 1])
        >>> ex.answer.partition(".")[0], ex.answer.weights
        ('2 of 3 rows are wrong', ['dense1.bias[0]'])
    """

    __slots__ = ("moves", "weights")
    weights: Sequence[str]
    moves: Mapping[str, float]

    def __new__(
        cls, text: str, weights: Sequence[str] = (), moves: Mapping[str, float] | None = None
    ) -> Self:
        """A sentence about some weights."""
        answer = super().__new__(cls, text)
        answer.moves = moves or {}
        answer.weights = weights or list(answer.moves)
        return answer

    def _repr_html_(self) -> str:
        return cell(f"<p><b>{safe(self)}</b></p>")


LEAST_OF_IT = 0.01
"""The part of the loss that a weight or a cut must give back to be named, unless it mends; a value
of which a cut leaves less is as good as right."""

NEXT_TO_NONE = 1e-12
"""The loss of right answers below which naming a weight for it says nothing."""

NOT_ALONE = (
    "More than a sixth of the gradient stays then, so the fault may lie in other weights, too, or "
    "in the rows."
)

PROVE_LITTLE = "prove little: other weights may do as much."

MEAN = "the mean loss of all rows"

TOLD = 3
"""How many changes of a mend are named; the others are counted."""

MOST_OF_IT = 0.5
"""The part of the loss that a cut must give back to be called the cause of a value's error."""


def words_for(study: NetworkStudy, group: Group) -> str:
    """Which weights a group holds, as people say it; one alone by its name, too."""
    if len(group.weights) == 1:
        return _named(study, group.weights[0])
    source = group.name.partition(" → ")[0]
    if group.kind == "inputs":
        name, _, many = source.removeprefix("out of ").partition(" ×")
        return f'those that read the {many} "{name}" inputs' if many else f"those that read {name}"
    before = {"neuron": "those that go ", "biases": "the "}.get(group.kind, "")
    return f"{before}{group.name}"


def then_says(answer: Any, probability: float | None) -> str:
    """What a network says, and how sure it is."""
    text = answer_text(answer)
    if probability is None or not isfinite(probability):
        return text
    return f"{text}, {percent(probability, 0)}"


def answer_for_row(
    study: NetworkStudy,
    now: Standing,
    groups: Sequence[Group],
    find_mend: Callable[[], Mend],
    initial: dict[str, Any] | None,
    odd: StandingOut | None = None,
    count: int = 1,
) -> Answer:
    """The answer for one example.

    Many changes mend one example alone. So a weight that stands out over many examples goes first
    where this one's loss falls with it, too; then what lowers this one's more, when cut or moved,
    if the move leaves most of it, or leaves the answer wrong where a cut puts it right.

    Args:
        study: The network and the example.
        now: How it does.
        groups: Groups of weights, the one to name first.
        find_mend: Finds a mend, if it comes to that.
        initial: The weights that training began with, where they are known.
        odd: The weight that stands out over all examples that the one is of, if there are others.
        count: How many these are.
    """
    if odd is None:
        return _of_one_row(study, now, groups, find_mend, initial, own=count == 1)
    then = study.standing(_mended(study, odd.culprit))
    all_rows = f"the mean loss of all {count:,} rows"
    before, after = odd.culprit.recovered + odd.culprit.loss_after, odd.culprit.loss_after
    own = _beside("this row's", now.loss, then.loss)
    moves = f"{_moving(study, odd, all_rows, before, after)}{own}"
    says = f"{moves}: {_says(now, then.answers[0])}."
    if not then.loss < now.loss:
        alone = _of_one_row(study, now, groups, find_mend, initial)
        return Answer(f"{alone} {says}", [*alone.weights, *odd.names], alone.moves)
    is_right = "The network is right here. " * (now.right == (True,))
    first = groups[0] if groups and groups[0].loss_if_cut < then.loss else None
    still_wrong = first is not None and first.mends and then.right == (False,)
    gain = 0.0 if first is None else then.loss - first.loss_if_cut
    more = then.loss > (1 - MOST_OF_IT) * now.loss and gain >= LEAST_OF_IT * now.loss
    if first is None or not (more or still_wrong):
        return Answer(f"{is_right}{says}", odd.names, _move(odd.culprit))
    what = f"without {_count(study, first)}: {words_for(study, first)}"
    if list(first.weights) == list(odd.names):
        what = "with it at 0"
    cut, end = f"falls more, to {number(first.loss_if_cut, 3)}, {what}", ""
    if first.answer == then.answers[0]:
        says, end = f"{moves}.", f"either way {_says(now, first.answer)}"
    end = end or _says(now, first.answer, first.probability)
    says = f"{is_right}{says} This row's loss {cut}; {end}."
    return Answer(says, [*odd.names, *first.weights], _move(odd.culprit))


def _of_one_row(
    study: NetworkStudy,
    now: Standing,
    groups: Sequence[Group],
    find_mend: Callable[[], Mend],
    initial: dict[str, Any] | None,
    *,
    own: bool = True,
) -> Answer:
    """The answer for one example by itself: what mends it, or does most, when cut or moved.

    Its own likeliest weight is looked for unless none stands out over all rows, which prove more.
    """
    if said := _no_error(now):
        return Answer(said)
    first, least = groups[0] if groups else None, LEAST_OF_IT * now.loss
    none = f"o group of weights lowers the loss by {LEAST_OF_IT:.0%} when cut."
    if first is not None and not (first.recovered >= least or first.mends):
        first = None
    if first is not None:
        lead, is_all = _of_a_cut(study, now, first, _most(first, groups))
        if is_all:
            mend, cut = find_mend() if first.mends else None, dict.fromkeys(first.weights, 0.0)
            if mend and mend.right and {each.name: each.after for each in mend.changes} != cut:
                lead += f" {_of_a_mend(study, mend, first, ', too')}"
                return Answer(lead, first.weights, _moves(mend))
            return Answer(lead, first.weights)
    elif now.right == (True,):
        return Answer(f"The network is right here, and n{none}")
    else:
        lead = f"N{none}"
    odd = standing_out(study, initial) if own and study.classifies else None
    if odd is not None and odd.sure:
        then = study.standing(_mended(study, odd.culprit))
        if then.right == (True,):
            likeliest = replace(odd, sure=False)  # one row proves little
            moves = _moving(study, likeliest, "the loss", now.loss, then.loss)
            lead += f" {moves}: {_says(now, then.answers[0])}."
            return Answer(lead, odd.names, _move(odd.culprit))
    mend = find_mend()
    if not mend.changes or not (mend.right or mend.loss_before - mend.loss_after >= least):
        named = first.weights if first else ()
        return Answer(f"{lead} No small change puts it right either.", named)
    return Answer(f"{lead} {_of_a_mend(study, mend, first)}", moves=_moves(mend))


def _of_a_mend(study: NetworkStudy, mend: Mend, cut: Group | None, too: str = "") -> str:
    """What the changes of a mend do to one example, after what a cut does."""
    said = cut.weights[0] if cut and len(cut.weights) == len(mend.changes) == 1 else None
    told = [
        f"{'it' if change.name == said else _named(study, change.name)} "
        f"{_from(change.before, change.after)}"
        for change in mend.changes
    ]
    if len(told) > TOLD:
        told[TOLD:] = [plural(len(told) - TOLD, "other weight")]
    end, losses = "puts it right", (mend.loss_before, mend.loss_after)
    if mend.error is not None:
        end = f"brings the answer within {answer_text(mend.error)} of the target"
    if not mend.right:
        return f"No small change {end}: moving {in_a_row(told)} takes the loss {_from(*losses)}."
    loss = f"at a loss of {apart(*losses, 3)[1]}" if cut else f"loss {_to(*losses)}"
    return f"Moving {in_a_row(told)} {end}{too}, {loss}."


def _of_a_cut(study: NetworkStudy, now: Standing, first: Group, most: str) -> tuple[str, bool]:
    """What cutting the first group does to one example, and whether that is the whole answer."""
    who, one, is_all = _count(study, first), len(first.weights) == 1, True
    if now.right == (True,):
        lead = f"The network is right here. {who} {'raises' if one else 'raise'} its loss {most}"
    elif first.mends:
        lead = f"{who} did it"
    elif now.right is None and first.recovered >= MOST_OF_IT * now.loss:
        lead = f"{who} did {'most of ' * (first.loss_if_cut > LEAST_OF_IT * now.loss)}it"
    else:
        lead = f"No cut of a group puts it right. {who} {'does' if one else 'do'} {most}"
        is_all = False
    return (
        f"{lead}: {words_for(study, first)}. Cut {'it' if one else 'them'}, and the loss falls "
        f"{_from(now.loss, first.loss_if_cut)}: {_says(now, first.answer, first.probability)}."
    ), is_all


def answer_for_rows(
    study: NetworkStudy,
    now: Standing,
    heaviest: Slice | None,
    initial: dict[str, Any] | None,
    held_out: Collection[int] = (),
) -> Answer:
    """The answer for many examples: which of them carry the loss, and which weight lowers it.

    That is the weight that stands out over all of them, or is the likeliest; else the one that
    gives most back, at any value. What it gives back to those that carry the loss is said, too.

    Args:
        study: The network and all examples.
        now: How it does.
        heaviest: The rows that carry more than chance would give them.
        initial: The weights that training began with, where they are known.
        held_out: The rows that training never saw, where they are known.
    """
    count = len(now.losses)
    wrong = "" if now.right is None else f"{wrong_of(count - sum(now.right), count)}."
    if heaviest is None:
        lead = _no_slice(study, now)
    else:
        by_weight = ""
        if study.weights is not None:
            part = sum(study.weights[n] for n in heaviest.places) / sum(study.weights)
            by_weight = f" ({percent(part, 0)} by weight)"
        lead = (
            f"{percent(heaviest.share, 0).capitalize()} of the loss lies on the "
            f"{len(heaviest.places):,} of {count:,} rows{by_weight} with {heaviest.label}, more "
            "than chance would give them."
        )
    if said := _no_error(now):
        return Answer(f"{wrong} {said}".lstrip())
    worse = _worse_than_constant(study, held_out)
    lead = "".join(f"{said} " for said in (wrong, worse, lead) if said)
    look = FirstLook(study, initial) if count <= LOOKED_AT else None
    odd = standing_out(study, initial, look)
    if odd is not None:
        moves = _moving(study, odd, MEAN, now.loss, odd.culprit.loss_after)
        doubt = f"{odd.few} {PROVE_LITTLE}" if odd.few else NOT_ALONE
        said = f"{lead}{moves}." if odd.sure else f"{lead}{moves}. {doubt}"
        return Answer(said, odd.names, _move(odd.culprit))
    best = best_alone(look or FirstLook(study, initial))
    carrying = study.only(heaviest.places) if heaviest is not None else None
    return _of_the_best(study, now, lead, best, carrying)


def _of_the_best(
    study: NetworkStudy,
    now: Standing,
    lead: str,
    best: tuple[Culprit | None, int | None],
    carrying: NetworkStudy | None,
) -> Answer:
    """The answer where no weight stands out: the one that gives most back, if it is enough."""
    first, tried = best
    who = "No single weight" if tried is None else f"None of the {tried:,} weights tried"
    stands = f"{who} stands out; the one"
    if far := unlike(study):
        which = "the weight" if tried is None else f"the one of {tried:,} weights tried"
        are = "is" if len(far) == 1 else "are"
        stands = (
            f"{listed(far, most=3, flowing=True)} {are} far from all that training saw; {which}"
        )
    if first is None or now.loss - first.loss_after < LEAST_OF_IT * now.loss:
        does = f"lowers {MEAN} by {LEAST_OF_IT:.0%}"
        does = does if isfinite(now.loss) else f"was found to make {MEAN} finite"
        return Answer(f"{lead}{who} {does}.")
    own = ""
    if carrying is not None:
        before = float(carrying.loss())
        then = float(carrying.loss(_mended(carrying, first)))
        own = _beside("that of these rows", before, then)
    losses = _from(now.loss, first.loss_after)
    return Answer(
        f"{lead}{stands} that lowers the loss most is "
        f"{_named(study, first.name)}: {_moved(first)}, it takes {MEAN} {losses}{own}.",
        [first.name],
        _move(first),
    )


def answer_for_function(best: Sequence[Culprit], weights: int, rows: Sequence[int]) -> Answer:
    """The answer for a function: which of its weights lowers the loss most, moved alone.

    Args:
        best: The first of its culprits, if there are any.
        weights: How many it has; the steepest `STEEPEST` are tried.
        rows: The numbers of its examples.
    """
    loss = f"the loss of row {rows[0]}" if len(rows) == 1 else MEAN
    who = f"Of the {STEEPEST} steepest of {weights:,} weights, " * (weights > STEEPEST)
    if not best:
        return Answer(f"{who}{'none' if who else 'No weight'} lowers {loss} when moved alone.")
    first, who = best[0], f"{who}the one" if who else "The weight"
    moves = f"{first.name}: {_moved(first, reach_of(first.value))}, it takes {loss}"
    losses = _from(first.recovered + first.loss_after, first.loss_after)
    return Answer(f"{who} that lowers the loss most is {moves} {losses}.", [first.name])


def _no_error(now: Standing) -> str:
    """That there is no error to name a weight for; nothing where there is one."""
    if now.loss and not (now.right and all(now.right) and now.loss < NEXT_TO_NONE):
        return ""
    none = "next to no error" if now.loss else "no error"
    return f"The loss is {number(now.loss, 3)}: there is {none}, and no weight to name for it."


def _worse_than_constant(study: NetworkStudy, held_out: Collection[int]) -> str:
    """That a constant answer does better, on rows that training never saw, if any are known."""
    unseen = [place for place, row in enumerate(study.rows) if row in held_out]
    some = study.only(unseen) if unseen else study
    loss, constant = float(some.loss()), chance_loss(some)
    if len(some.rows) < LEAST or not loss > (1 + LEAST_OF_IT) * constant > 0:
        return ""
    which = f"the {len(unseen):,} rows held out" if unseen else "these rows"
    loss_text, constant_text = apart(loss, constant, 3)
    return (
        f"On {which} the network does worse than the best constant answer: loss {loss_text}, "
        f"against {constant_text}."
    )


def _no_slice(study: NetworkStudy, now: Standing) -> str:
    """That no rows carry more of the loss, of those that were looked at; nothing if none were."""
    if len(now.losses) < 2 * LEAST or not isfinite(now.loss):
        return ""
    columns: bool = study.x.shape[1] <= COLUMNS
    if study.classifies:
        who = "class and no column's values carry" if columns else "class carries"
        return f"No {who} more of the loss than chance would give {'them' if columns else 'it'}."
    carry = "No column's values carry more of the loss than chance would give them."
    return carry if columns else ""


def _most(first: Group, groups: Sequence[Group]) -> str:
    """The place of the first group: of those that do about as much, the one of fewer weights."""
    most = max((group.recovered for group in groups if group.kind != "layer"), default=0.0)
    return "most" if first.recovered >= most * (1 - 1e-9) else "nearly the most"


def _count(study: NetworkStudy, group: Group) -> str:
    return f"{len(group.weights):,} of the {study.architecture.layout.size:,} weights"


def _moving(study: NetworkStudy, odd: StandingOut, what: str, before: float, after: float) -> str:
    """The weight that stands out, or one of those that are all zero, and what moving it does."""
    named, moves = _named(study, odd.culprit.name), _moved(odd.culprit)
    takes = f"takes {what} {_from(before, after)}"
    if odd.zero:
        all_of = "Both" if len(odd.names) == 2 else f"All {len(odd.names):,}"
        zero = f"{all_of} weights that {odd.zero} are 0"
        return f"{zero}. One of them, {named}, {moves}, {takes}"
    which = "weight that stands out" if odd.sure else "likeliest weight"
    return f"The {which} is {named}: {moves}, it {takes}"


def _mended(study: NetworkStudy, culprit: Culprit) -> dict[str, Any]:
    """The weights of the network with one at its best value."""
    return study.parameters_with({culprit.name: culprit.mended})


def _moves(mend: Mend) -> dict[str, float]:
    return {change.name: change.after - change.before for change in mend.changes}


def _move(culprit: Culprit) -> dict[str, float]:
    return {culprit.name: culprit.mended - culprit.value}


def _moved(culprit: Culprit, reach: float | None = None) -> str:
    """From where to where a weight is moved, and whether that is as far as was tried."""
    far = abs(culprit.mended - culprit.value)
    farthest = REACH * max(1.0, abs(culprit.value)) if reach is None else reach
    end = ", as far as was tried" if isfinite(far) and isclose(far, farthest) else ""
    return f"moved {_from(culprit.value, culprit.mended)}{end}"


def _named(study: NetworkStudy, weight: str) -> str:
    return f"{person(study, weight)} ({weight})"


def _from(before: float, after: float) -> str:
    return f"from {_to(before, after)}"


def _beside(whose: str, before: float, after: float) -> str:
    """What becomes of some rows' own loss, which need not fall with that of all."""
    then = number(after, 3)
    if then == number(before, 3):
        return f", but {whose} stays at {then}"
    return f", {'and' if after < before else 'but'} {whose} {_from(before, after)}"


def _to(before: float, after: float) -> str:
    return " to ".join(apart(before, after, 3))


def _says(now: Standing, answer: Any, probability: float | None = None) -> str:
    adverb = "still" if answer == now.answers[0] else "then"
    return f"the network {adverb} says {then_says(answer, probability)}"


def person(study: NetworkStudy, name: str) -> str:
    """A weight by what it reads and feeds."""
    parameter, index = study.find(name)
    entry = index[1] if len(index) > 1 else None
    return people_name(study, parameter.partition(".")[0], index[0], entry)
