"""Few and small changes that put chosen examples right, and what else they do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import factorial
from operator import eq
from random import Random
from typing import Any, final

from chainrule.arrays import namespace_of
from chainrule.errors import (
    OptionError,
    is_whole,
    iterates,
    require_at_least_zero,
    require_whole,
    shown,
)
from chainrule.explanations.culprits.culprits import FirstLook, Rarity, moved, name_of, weight_at
from chainrule.explanations.shares import place_name
from chainrule.nn import Change, NetworkStudy, Place, Replay, Standing, changed
from chainrule.words import (
    Record,
    aligned,
    answer_text,
    apart,
    number,
    numbered,
    paragraph,
    plural,
    printed,
    to_frame,
)

MOST = 8
"""The most weights that are changed: so many can have their amounts worked out exactly."""

WEIGHED = 12
"""How many moves are compared, at every step, by what they do to all other examples."""

STEPS, ROUNDS = 16, 3
"""Into how many parts the space between too small a move and one that is enough is divided, and
how often."""

HALVINGS = 12
"""How often that space is halved, where several weights move at once."""

CONTROLS = 20
"""How many random sets of changes are run beside it."""


@final
@dataclass(frozen=True)
class Changed(Record):
    """One changed weight: its name, before and after, and its part of the loss given back."""

    name: str
    before: float
    after: float
    amount: float

    def __iter__(self) -> Iterator[Any]:
        return iter((self.name, self.before, self.after, self.amount))


@final
@dataclass(frozen=True)
class Mend(Record):
    """Changes of weights that put examples right, measured.

    Attributes:
        rows: The examples that were to be put right.
        changes: The changes: name, before, after, and amount: the weight's Shapley value, the mean
            over all orders of what its change gives back; amounts add up to the loss given back.
        right: Whether all of the examples are right then.
        loss_before: Their mean loss as it is.
        loss_after: Their mean loss with all changes.
        answers_before: What the network says of each of them as it is.
        answers_after: What it says with all changes.
        fixed: Other examples that went from wrong to right.
        broken: Other examples that went from right to wrong; in regression, that got worse.
        others: How many others there are.
        error: In regression, how near an answer must be, in the target's unit; None for classes.
        controls_right: How many of `controls` random sets, as many weights moved as far, put the
            examples right, too.
        controls_broken: How many others such a set breaks in the mean.
        controls: How many random sets were run.
        others_held_out: How many of the others training never saw.
        fixed_held_out: Those of `fixed` that it never saw.
        broken_held_out: Those of `broken` that it never saw.
        controls_broken_held_out: How many of those a random set breaks in the mean.

    Example:
        >>> import chainrule as cr
        >>> dense = cr.Dense(1, 1, "sigmoid", weight=[[2.0]], bias=[0.5])
        >>> net = cr.Network([dense], engine="python")
        >>> ex = cr.explain(net, [[0.0], [1.0], [2.0]], [0, 0, 1])
        >>> mend = ex.mend([0, 1])
        >>> [(change.name, change.before, change.after) for change in mend.changes]
        [('dense1.bias[0]', 0.5, -2.0)]
        >>> mend.right, round(mend.loss_before, 2), round(mend.loss_after, 2), mend.broken
        (True, 1.78, 0.41, ())
    """

    rows: tuple[int, ...]
    changes: tuple[Changed, ...]
    right: bool
    loss_before: float
    loss_after: float
    answers_before: tuple[Any, ...]
    answers_after: tuple[Any, ...]
    fixed: tuple[int, ...]
    broken: tuple[int, ...]
    others: int
    error: float | None
    controls_right: int
    controls_broken: float
    controls: int
    others_held_out: int = 0
    fixed_held_out: tuple[int, ...] = ()
    broken_held_out: tuple[int, ...] = ()
    controls_broken_held_out: float = 0.0

    def to_frame(self, library: str = "pandas") -> Any:
        """One row for each changed weight, in a data frame of "pandas" or "polars"."""
        return to_frame(self.changes, library)

    def _repr_html_(self) -> str:
        titles, *rows = self._table()
        return printed(str(self), "the changes", titles if rows else (), rows)

    def _table(self) -> list[tuple[Any, ...]]:
        """The titles, and a line for each change."""
        rows = [(c.name, *apart(c.before, c.after, 4), c.amount) for c in self.changes]
        return [("weight", "before", "after", "gave back"), *rows]

    def __str__(self) -> str:
        if not self.rows:
            return "no row is wrong: there is nothing to mend"
        which = numbered("row", self.rows)
        if not self.changes:
            they_are = "it is" if len(self.rows) == 1 else "they are"
            no_change = "no change was found that lowers the loss"
            return f"{which}: {f'right as {they_are}' if self.right else no_change}"
        verdict = "right" if self.right else "not right yet"
        answers = self.answers_before + self.answers_after
        lines = [
            f"{which}: {plural(len(self.changes), 'weight')} changed, and {verdict}",
            f"  loss {' → '.join(apart(self.loss_before, self.loss_after, 4))}",
            *([f"  answer {' → '.join(map(answer_text, answers))}"] if len(self.rows) == 1 else ()),
        ]
        return "\n".join([*lines, *aligned(self._table()), *map(paragraph, self._sentences())])

    def _sentences(self) -> Iterator[str]:
        """What the changes do beside what they are for."""
        how = "each weight moves as little as it takes"
        if self.others:
            how += ", and of the changes tried the one that breaks the fewest other rows is kept"
        how = how if self.right else "no change found is enough"
        yield (
            f"{how}; explain asks which weights lower the loss most, put to 0 or moved further, "
            "and may name others"
        )
        if self.error is not None:
            yield (
                f"right is an answer within {answer_text(self.error)} of the target; another row "
                "is fixed or broken where its loss falls or rises by more than 1%"
            )
        if self.others:
            broken = f" ({numbered('row', self.broken)})" if self.broken else ""
            yield (
                f"of {plural(self.others, 'other row')} it fixes {len(self.fixed):,} and breaks "
                f"{len(self.broken):,}{broken}"
            )
        it, broken = "them" if len(self.rows) > 1 else "it", number(self.controls_broken, 3)
        yield (
            f"of {self.controls} random sets of as many weights, moved as far, "
            f"{self.controls_right} put {it} right as well"
            + f"; they break {broken} other{'s' * (broken != '1')} on average"
            * bool(self.others)
        )
        if self.others_held_out:
            yield (
                f"of {plural(self.others_held_out, 'other row')} held out from training it fixes "
                f"{len(self.fixed_held_out):,} and breaks {len(self.broken_held_out):,}; a random "
                f"set breaks {number(self.controls_broken_held_out, 3)}"
            )


def mend(
    study: NetworkStudy,
    to_mend: Sequence[int] | None = None,
    *,
    initial: dict[str, Any] | None = None,
    error: float | None = None,
    held_out: Collection[int] = (),
    seed: int = 0,
    controls: int = CONTROLS,
) -> Mend:
    """Find few and small changes that put examples right, and measure what else they do.

    Step by step the best moves of single weights are run, each as far as `REACH` times its size, or
    `REACH`, if that is more; of those, the one is taken that leaves all examples together best.
    Then each change is exchanged for another where that leaves them better, or left out where the
    others are enough, and all are made as small as they may be.

    Args:
        study: The network and all examples that are to be asked.
        to_mend: Which of the study's rows to put right; all that are wrong if left out.
        initial: The weights that training began with, where they are known.
        error: In regression, how near an answer must come, in the target's unit; a tenth of the
            largest miss among them if left out.
        held_out: Those of its rows that training never saw: what is broken is counted there, too.
        seed: Decides the random sets that are set beside it.
        controls: How many of those to run.

    Raises:
        OptionError: If there is no such row, or an option is not possible.
    """
    require_whole("seed", seed, least=0)
    work = _MendSearch(study, to_mend, initial, error)
    values = work.smaller(work.exchanged(work.greedy())) if work.places else {}
    after, now, changes = work.standing(values), work.now, work.shared(values)
    others = {row for place, row in enumerate(study.rows) if place not in work.places}
    unseen = others.intersection(held_out)
    change = work.changed(after)
    by_chance = [work.standing(one) for one in work.controls(changes, seed, controls)]
    broken_by_chance = [set(work.changed(one).broken) for one in by_chance]

    def mean(rows: set[int]) -> float:
        return sum(len(rows & one) for one in broken_by_chance) / max(controls, 1)

    return Mend(
        rows=tuple(study.rows[place] for place in work.places),
        changes=tuple(changes),
        right=work.right(after),
        loss_before=work.loss(now),
        loss_after=work.loss(after),
        answers_before=tuple(now.answers[place] for place in work.places),
        answers_after=tuple(after.answers[place] for place in work.places),
        fixed=tuple(row for row in change.fixed if row in others),
        broken=tuple(row for row in change.broken if row in others),
        others=len(others),
        error=work.error,
        controls_right=sum(map(work.right, by_chance)),
        controls_broken=mean(others),
        controls=len(by_chance),
        others_held_out=len(unseen),
        fixed_held_out=tuple(row for row in change.fixed if row in unseen),
        broken_held_out=tuple(row for row in change.broken if row in unseen),
        controls_broken_held_out=mean(unseen),
    )


@final
class _MendSearch:
    """The examples to put right, and the runs of the network that it takes."""

    def __init__(
        self,
        study: NetworkStudy,
        to_mend: Sequence[int] | None,
        initial: dict[str, Any] | None,
        error: float | None,
    ) -> None:
        if error is not None:
            require_at_least_zero("error", error)
        self.study, self.initial = study, initial
        self.rarity = Rarity(study.parameters, initial)
        self.now = study.standing()
        if to_mend is None:
            right = self.now.right or (False,) * len(study.rows)
            to_mend = [row for row, fine in zip(study.rows, right, strict=True) if not fine]
        if is_whole(to_mend):
            to_mend = [int(to_mend)]
        if isinstance(to_mend, str) or not iterates(to_mend):
            raise OptionError(
                f"rows is {shown(to_mend)}: give a list of rows, such as [{study.rows[0]}]"
            )
        self.places = [study.place_of_row(row) for row in to_mend]
        self.truths = study.truths
        self.error: float | None = None
        self.is_right: Callable[[Any, Any], bool] = eq
        if not study.classifies:
            misses = [_miss(self.now.answers[n], self.truths[n]) for n in self.places]
            self.error = near = max(misses, default=0.0) / 10 if error is None else error
            self.is_right = lambda answer, truth: _miss(answer, truth) <= near

    @cached_property
    def few(self) -> NetworkStudy:
        """The examples to put right alone."""
        return self.study.only(self.places)

    def standing(self, values: Mapping[str, float]) -> Standing:
        """How the network does on all examples with other values."""
        return self.study.standing(self.study.parameters_with(values))

    def does(self, values: Mapping[str, float]) -> bool:
        """Whether other values put the examples right, from a run of these alone."""
        scores = self.few.scores(self.few.parameters_with(values))
        return self.each_does(namespace_of(scores).expand_dims(scores, axis=0))[0]

    def each_does(self, scores: Any) -> list[bool]:
        """The same of several alternatives, from the last layer's weighted sums of each."""
        rows = namespace_of(scores).reshape(scores, (-1, scores.shape[2]))
        answers, count = self.few.answers_from(rows), len(self.places)
        own = [self.truths[place] for place in self.places]
        right = [self.is_right(answer, own[n % count]) for n, answer in enumerate(answers)]
        return [all(right[start : start + count]) for start in range(0, len(right), count)]

    def few_loss(self, values: Mapping[str, float]) -> float:
        """Their mean loss with other values, from a run of these alone."""
        return float(self.few.loss(self.few.parameters_with(values)))

    def loss(self, standing: Standing) -> float:
        """The mean loss of the examples to put right."""
        losses = [standing.losses[place] for place in self.places]
        return sum(losses) / len(losses) if losses else 0.0

    def right(self, standing: Standing) -> bool:
        """Whether they are all right."""
        return all(self.is_right(standing.answers[n], self.truths[n]) for n in self.places)

    def changed(self, after: Standing) -> Change:
        """The rows that go from wrong to right, and those that go from right to wrong."""
        return changed(self.now, after, self.study.rows)

    def greedy(self) -> dict[str, float]:
        """Move one weight after another until the examples are right."""
        values: dict[str, float] = {}
        while self.places and len(values) < MOST and not self.does(values):
            further = self._moved_on(values)
            if not further or self.few_loss(further) >= self.few_loss(values):
                break
            values = further
        return values

    def exchanged(self, values: dict[str, float]) -> dict[str, float]:
        """Put another move in the place of each, where that leaves all examples better."""
        if len(values) < 2:  # the first move was the best of all
            return values
        for name in list(values):
            rest = {other: value for other, value in values.items() if other != name}
            other = self._moved_on(rest)
            if other and self._cost(other) < self._cost(values):
                values = other
        return values

    def _moved_on(self, values: dict[str, float]) -> dict[str, float]:
        """The best move of one more weight, with the others where they are; empty for none."""
        few = moved(self.few, values)
        look = FirstLook(few, self.initial)
        lower = {place: move for place, move, _ in look.best_moves(self.rarity, keep=WEIGHED)}
        tries = [
            {**values, name_of(few, place): weight_at(few, place) + move}
            for place, move in zip(lower, self._enough(look.replay, lower), strict=True)
        ]
        return min(tries, key=self._cost, default={})

    def _enough(self, replay: Replay, moves: Mapping[Place, float]) -> list[float]:
        """The smallest part of each move that puts the examples right; all of it if none does."""
        starts, width = [0.0 for _ in moves], 1.0
        for _ in range(ROUNDS):
            width /= STEPS
            grids = [
                [(start + width * (k + 1)) * move for k in range(STEPS)]
                for start, move in zip(starts, moves.values(), strict=True)
            ]
            for at, does in enumerate(replay.moved(list(moves), grids, self.each_does)):
                starts[at] += width * (does.index(True) if any(does) else STEPS - 1)
        return [(start + width) * move for start, move in zip(starts, moves.values(), strict=True)]

    def _cost(self, values: Mapping[str, float]) -> tuple[float, ...]:
        """Not right and their loss; or right, how many others are broken, the loss of all.

        To nine digits: engines round the others differently, and where two ways cost the same, the
        first is taken on all.
        """
        after = self.standing(values)
        if not self.right(after):
            return True, float(f"{self.loss(after):.9g}")
        return False, len(self.changed(after).broken), float(f"{after.loss:.9g}")

    def smaller(self, values: dict[str, float]) -> dict[str, float]:
        """Leave out what is not needed, then make all changes as small as they may be."""
        if len(values) < 2 or not self.does(values):  # one alone is as small as it may be
            return values
        for name in list(values):
            rest = {other: value for other, value in values.items() if other != name}
            if self.does(rest):
                values = rest
        low, high = 0.0, 1.0
        for _ in range(HALVINGS):
            part = (low + high) / 2
            low, high = (low, part) if self.does(self._part(values, part)) else (part, high)
        return self._part(values, high)

    def _part(self, values: Mapping[str, float], part: float) -> dict[str, float]:
        """The same changes, each only part of the way."""
        own = {name: self.study.value(name) for name in values}
        return {name: own[name] + part * (values[name] - own[name]) for name in values}

    def shared(self, values: Mapping[str, float]) -> list[Changed]:
        """Each change with its Shapley value of losses that were run.

        Source: Shapley, "A value for n-person games" (1953).
        """
        if not values:
            return []
        count, changes = len(values), []
        loss = {
            frozenset(members): self.few_loss({name: values[name] for name in members})
            for size in range(count + 1)
            for members in combinations(values, size)
        }
        for name, value in values.items():
            amount = 0.0
            for members in loss:
                if name not in members:
                    orders = factorial(len(members)) * factorial(count - len(members) - 1)
                    amount += orders / factorial(count) * (loss[members] - loss[members | {name}])
            changes.append(Changed(name, self.study.value(name), value, amount))
        return sorted(changes, key=lambda change: -change.amount)

    def controls(
        self, changes: Sequence[Changed], seed: int, count: int
    ) -> Iterator[dict[str, float]]:
        """Random weights, as many, moved as far."""
        generator, layout = Random(int(seed)), self.study.layout
        for _ in range(count if changes else 0):
            places = generator.sample(range(layout.size), len(changes))
            entries = {place_name(layout, n): c for n, c in zip(places, changes, strict=True)}
            yield {
                name: self.study.value(name) + generator.choice((-1, 1)) * abs(c.after - c.before)
                for name, c in entries.items()
            }


def _miss(answer: Sequence[float], truth: Sequence[float]) -> float:
    """How far an answer is from the truth at most, in the target's unit."""
    return max(float(abs(a - t)) for a, t in zip(answer, truth, strict=True))
