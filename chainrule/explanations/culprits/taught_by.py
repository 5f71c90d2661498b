"""The training rows that taught a mistake: each is taken away, and the network trained again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, final

from chainrule.arrays import namespace_of
from chainrule.errors import OptionError, require_place, require_whole
from chainrule.nn import NetworkStudy, per_example_along, per_example_norms
from chainrule.train import Epoch, TrainingRun, Watcher
from chainrule.words import (
    Record,
    aligned,
    answer_text,
    cell,
    duration,
    figure,
    listed,
    number,
    numbered,
    paragraph,
    plural,
    table,
    to_frame,
)

CHECKPOINTS = 10
"""So often, and less than twice as often, gradients are compared while training is repeated; after
every epoch, if there are fewer."""

SUSPECTS = 0.05
"""The part of the training rows that is taken away together where several rows are explained."""

SAME = 1e-6
"""How near a repeated training must come to the network's loss, in parts of it."""


_TITLES = ("without", "which is", "loss", "given back", "then")


@final
@dataclass(frozen=True)
class Lesson:
    """How a network was trained, so that it can be trained again without some of its rows.

    Attributes:
        learned: The network on the rows that it learned from.
        train: Trains it again, the rows at some places teaching nothing, and everything else as it
            was; who looks on is told of every epoch. Gives the weights by name.
        seconds: How long the training took.
        epochs: How many epochs it has.
    """

    learned: NetworkStudy
    train: Callable[[Collection[int], Sequence[Watcher]], dict[str, Any]]
    seconds: float
    epochs: int


@final
@dataclass(frozen=True)
class Without:
    """A training without some rows.

    Attributes:
        rows: Their numbers.
        loss_without: The loss of what is explained, after it.
        answer: What the network then says; None where several rows are explained.
    """

    rows: tuple[int, ...]
    loss_without: float
    answer: Any = None

    @property
    def row(self) -> int:
        """The row, or the first of several."""
        return self.rows[0]


@final
@dataclass(frozen=True)
class TaughtBy(Record):
    """Which training rows a mistake was learned from, by training again without them.

    Attributes:
        rows: The rows that are explained.
        loss_before: Their loss as the network is.
        loss_retrained: Their loss after a training with every row.
        answer: What the network then says; None where several rows are explained.
        each: A training without one row, for each that was tried or the first `top` of them, the
            least loss first; this record is walked through as these.
        together: A training without several rows: those of `each` without which the loss is less,
            or, where several rows are explained, the first twentieth of `ranking`; None where
            there are not two.
        ranking: Every row learned from, the likeliest cause first.
        labels: What the rows that were tried are of, by their numbers.
        seconds: How long one training took.
    """

    also = ("reproduced",)

    rows: tuple[int, ...]
    loss_before: float
    loss_retrained: float
    answer: Any
    each: tuple[Without, ...]
    together: Without | None
    ranking: tuple[int, ...]
    labels: dict[int, Any]
    seconds: float

    def __iter__(self) -> Iterator[Without]:
        return iter(self.each)

    def __len__(self) -> int:
        return len(self.each)

    def __getitem__(self, place: int) -> Without:
        require_place("training without a row", place, len(self.each))
        return self.each[place]

    @property
    def reproduced(self) -> bool:
        """Whether the training with every row gave the network's loss again."""
        near = SAME * max(abs(self.loss_before), SAME)
        return abs(self.loss_retrained - self.loss_before) <= near

    def to_dict(self) -> dict[str, Any]:
        """Every number by name."""
        return super().to_dict() | {"labels": {str(n): label for n, label in self.labels.items()}}

    def to_frame(self, library: str = "pandas") -> Any:
        """One row for each training without a row, in a data frame of "pandas" or "polars"."""
        rows = [
            {
                "row": one.row,
                "label": self.labels[one.row],
                "loss": one.loss_without,
                "recovered": self.loss_retrained - one.loss_without,
                "answer": one.answer,
            }
            for one in self.each
        ]
        return to_frame(rows, library)

    @property
    def _which(self) -> str:
        return "these rows" if len(self.rows) > 1 else f"row {self.rows[0]}"

    def _sentences(self) -> Iterator[str]:
        best = next(iter(self.each), None)
        if not self.reproduced:
            again, before = number(self.loss_retrained, 4), number(self.loss_before, 4)
            yield (
                f"Trained again with every row, the loss is {again} and not {before}: data, "
                "options or engine are not those of the first training, and what follows is "
                "about the second."
            )
        if best is None or best.loss_without >= self.loss_retrained:
            yield f"No single row that was tried taught the network to get {self._which} wrong."
        else:
            still = "still " if best.answer == self.answer else ""
            says = f", and the answer {still}{answer_text(best.answer)}"
            then = "" if best.answer is None else says
            yield (
                f"Without row {best.row} ({answer_text(self.labels[best.row])}) the loss "
                f"of {self._which} would be {number(best.loss_without, 4)} instead of "
                f"{number(self.loss_retrained, 4)}{then}."
            )
        if self.together:
            rises = self.together.loss_without > self.loss_retrained
            more = ", more than with them" if rises else ""
            yield (
                f"Without {plural(len(self.together.rows), 'row')} "
                f"({listed([str(row) for row in self.together.rows], most=8)}) together the loss "
                f"would be {number(self.together.loss_without, 4)}{more}."
            )

    def _table(self) -> list[tuple[Any, ...]]:
        """The titles, and a line for each training."""
        lines: list[tuple[Any, ...]] = [_TITLES]
        for one in self.each:
            gain = self.loss_retrained - one.loss_without
            label, said = answer_text(self.labels[one.row]), answer_text(one.answer)
            lines.append((f"row {one.row}", label, one.loss_without, gain, said))
        return lines if self.answer is not None else [line[:-1] for line in lines]

    def __str__(self) -> str:
        count = 1 + len(self.labels) + (self.together is not None)
        lines = [f"what taught {self._which}, trained again {plural(count, 'time')}"]
        lines += map(paragraph, self._sentences())
        return "\n".join([*lines, *aligned(self._table())])

    def _repr_html_(self) -> str:
        caption = " ".join(self._sentences())
        titles, *rows = self._table()
        return cell(table(f"{caption} Now: {figure(self.loss_retrained)}.", titles, rows))


@final
class _GradientWatcher(Watcher):
    """Compares, during a training, every training row's gradient with that of what is explained.

    Attributes:
        effects: `-Σ η g_n · g` over the checkpoints, for each training row n.
        directions: The same with `g_n / |g_n|`.
        losses: Each training row's own loss, the mean over the checkpoints.
    """

    def __init__(self, study: NetworkStudy, learned: NetworkStudy, epochs: int) -> None:
        self._study, self._learned = study, learned
        self._every = max(1, epochs // CHECKPOINTS)
        self._count = epochs // self._every
        self.effects, self.directions, self.losses = ([0.0] * len(learned.rows) for _ in range(3))

    def epoch(self, run: TrainingRun, record: Epoch) -> None:
        if record.epoch % self._every:
            return
        xp = namespace_of(self._learned.x)
        flat = run.engine.for_study(run.parameters)
        parameters = self._study.layout.split(xp, flat)
        learned = replace(self._learned, parameters=parameters)
        along, directed = compare(replace(self._study, parameters=parameters), learned)
        losses, rate = learned.losses().tolist(), record.learning_rate or 0.0
        for n, effect in enumerate(along):
            self.effects[n] += rate * effect
            self.directions[n] += rate * directed[n]
            self.losses[n] += losses[n] / self._count


def compare(study: NetworkStudy, learned: NetworkStudy) -> tuple[list[float], list[float]]:
    """`-g_n · g` for each row n learned from, and the same with `g_n / |g_n|`.

    A step down the loss of row n changes the explained loss by `-η g_n · g`, to first order: above
    zero the row teaches the mistake.
    """
    along = [-product for product in per_example_along(learned, study.gradients).tolist()]
    lengths = per_example_norms(learned).tolist()
    return along, [a / n if n else 0.0 for a, n in zip(along, lengths, strict=True)]


def taught_by(
    study: NetworkStudy,
    lesson: Lesson,
    *,
    retrainings: int,
    top: int | None = None,
    announce: Callable[[str], None] = lambda _: None,
) -> TaughtBy:
    """Find the training rows without which the network would not be wrong here, by training again.

    The first training has every row. While it runs, each row's gradient `g_n` is compared with the
    gradient `g` of the loss that is explained, at 10 to 19 checkpoints: `-Σ η g_n · g`, and the
    same of `g_n / |g_n|`, which a row that is learned well does not lose; at its end once more,
    and how near the rows lie in the last hidden layer. For one explained row the shortlist takes
    the best of each of these in turn; for several, the rows with the largest loss, its mean over
    the training and that at its end added up. Each then teaches nothing, and the network is
    trained again from its first weights, with batches, shuffles and seeds as they were.

    Args:
        study: The network and what is explained.
        lesson: How it was trained.
        retrainings: How many trainings to spend, the first and one for a group among them.
        top: How many of the rows that were tried to name; all of them if left out.
        announce: Told the price, and of each training.

    Returns:
        What every training gave.

    Raises:
        OptionError: If fewer than 2 trainings are to be spent, or it was trained on one row.

    Source: Koh & Liang, "Understanding black-box predictions via influence functions" (2017), whose
    figure 2 retrains without rows to test such guesses; Pruthi et al., "Estimating training data
    influence by tracing gradient descent" (2020), equation 1; Barshan et al., "RelatIF" (2020), for
    the gradient's direction; Pleiss et al., "Identifying mislabeled data using the area under the
    margin ranking" (2020), for what a row costs over the training.
    """
    require_whole("retrainings", retrainings, least=2)
    if top is not None:
        require_whole("top", top)
    several, learned = len(study.rows) > 1, lesson.learned
    if len(learned.rows) == 1:
        raise OptionError(
            f"the network was trained on row {learned.rows[0]} alone, without which there is "
            "nothing to learn from: train it on more rows"
        )
    announce(
        f"Training again without rows: at most {plural(retrainings, 'training')} of about "
        f"{duration(lesson.seconds)}, {duration(retrainings * lesson.seconds)} in all."
    )
    watcher = _GradientWatcher(study, learned, lesson.epochs)
    whole = replace(study, parameters=lesson.train((), [watcher]))
    ranking = _ranking(whole, learned, watcher, several=several)
    loss = float(whole.loss())

    def without(places: Sequence[int]) -> Without:
        again = replace(study, parameters=lesson.train(places, ()))
        rows = tuple(learned.rows[place] for place in places)
        outcome = Without(rows, float(again.loss()), None if several else again.answers[0])
        named = numbered("row", rows, most=3)
        announce(f"without {named}: loss {outcome.loss_without:.4g}")
        return outcome

    tried = ranking[: max(retrainings - 2, 0 if several else 1)]
    each = sorted((without([place]) for place in tried), key=lambda one: one.loss_without)
    group = ranking[: max(2, round(SUSPECTS * len(ranking)))]
    if not several:
        group = [learned.rows.index(one.row) for one in each if one.loss_without < loss]
    truths = learned.truths
    return TaughtBy(
        rows=study.rows,
        loss_before=float(study.loss()),
        loss_retrained=loss,
        answer=None if several else whole.answers[0],
        each=tuple(each[:top]),
        together=without(group) if 1 < len(group) < len(learned.rows) else None,
        ranking=tuple(learned.rows[place] for place in ranking),
        labels={learned.rows[place]: truths[place] for place in tried},
        seconds=lesson.seconds,
    )


def _ranking(
    study: NetworkStudy, learned: NetworkStudy, seen: _GradientWatcher, *, several: bool
) -> list[int]:
    """The places of all rows learned from, the likeliest cause first."""
    learned = replace(learned, parameters=study.parameters)
    if several:
        ends = learned.losses().tolist()
        return _order([mean + end for mean, end in zip(seen.losses, ends, strict=True)])
    at_end, _ = compare(study, learned)
    orders = map(_order, (seen.directions, at_end, _nearness(study, learned), seen.effects))
    return list(dict.fromkeys(chain.from_iterable(zip(*orders, strict=True))))


def _nearness(study: NetworkStudy, learned: NetworkStudy) -> list[float]:
    """How near each row learned from lies to the explained one in the last hidden layer.

    Only rows that are of something else can have taught a mistake by being near.
    """
    last = list(study.dense)[-1]
    here = study.sums[last][0]
    apart = learned.sums[last][0] - here
    far = namespace_of(apart).sum(apart * apart, axis=-1).tolist()
    truth = study.truths[0]
    of_others = [not study.classifies or label != truth for label in learned.truths]
    return [-d if other else -float("inf") for d, other in zip(far, of_others, strict=True)]


def _order(scores: Sequence[float]) -> list[int]:
    """Places in the order of a score, the largest first."""
    return sorted(range(len(scores)), key=lambda place: -scores[place])
