"""The loss rolled up: example → class → data set; and which rows carry it, beyond chance.

These are a class, or the rows with some value of a column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from operator import mul
from random import Random
from typing import Any, final

from chainrule.explanations.culprits.groups import MISSING
from chainrule.nn import NetworkStudy, Study
from chainrule.words import (
    Record,
    Records,
    answer_text,
    number,
    percent_in_table,
    set_apart,
    shortened,
)

CLASS_SHUFFLES = 5
"""How often the classes are shuffled to see what each costs where nothing tells it."""

SHUFFLES = 200
"""How often the losses are shuffled to see how uneven chance alone is."""

LEAST = 5
"""The fewest rows of a slice, and of what is left without it."""

_ROUNDING = 1e-9
"""By more than this part of it a mean must be above another to be higher."""

_WIDEST = 30
"""Characters of a class, so that a table of them fits a narrow screen."""

_STRETCH = re.compile(r"(.*) from -?\d\S* to -?\d[^\s=]*")
"""The name of an input that tells how far along a stretch of a column of numbers a cell is."""

COLUMNS = 60
"""The most inputs that are asked: of more, as in images, none says much by itself."""


@final
@dataclass(frozen=True)
class ExampleTotal(Record):
    """One example's part of the loss.

    Attributes:
        row: The example.
        loss: Its own loss, however much it counts.
        share: Its part of the sum of all losses, each as much as its example counts, 0 to 1.
        answer: What the network says: a class by name or index, or a list of values in the
            target's unit.
        truth: What it should have said.
        right: For classes, whether that is so; None for values.
        weight: How much it counts.

    Example:
        >>> import chainrule as cr
        >>> dense = cr.Dense(1, 1, "sigmoid", weight=[[2.0]], bias=[0.5])
        >>> net = cr.Network([dense], engine="python")
        >>> ex = cr.explain(net, [[0.0], [1.0], [2.0]], [0, 0, 1])
        >>> worst = ex.examples[0]
        >>> worst.row, worst.answer, worst.truth, round(worst.loss, 2), round(worst.share, 2)
        (1, 1, 0, 2.58, 0.72)
    """

    row: int
    loss: float
    share: float
    answer: Any
    truth: Any
    right: bool | None
    weight: float = 1.0


@final
@dataclass(frozen=True)
class ClassTotal(Record):
    """What the examples of one class add to the loss.

    Attributes:
        name: The class that the examples truly are of.
        rows: How many there are.
        loss: Their mean loss, each as much as it counts.
        share: Their part of the sum of all losses, 0 to 1.
        wrong: How many of them are answered wrongly.
    """

    name: str
    rows: int
    loss: float
    share: float
    wrong: int


def example_totals(study: Study) -> Records[ExampleTotal]:
    """Every example's part of the loss, the worst first; a function's examples have no answers."""
    unknown, ones = (None,) * len(study.rows), (1.0,) * len(study.rows)
    truths, weights = unknown, ones
    if isinstance(study, NetworkStudy):
        truths, weights = tuple(study.truths), study.weights or ones
        study = replace(study, weights=None)
    now = study.standing()
    whole = sum(w * loss for w, loss in zip(weights, now.losses, strict=True))
    of_each = (study.rows, now.losses, now.answers, truths, now.right or unknown, weights)
    totals = [
        ExampleTotal(row, loss, w * loss / whole if whole else 0.0, answer, truth, right, w)
        for row, loss, answer, truth, right, w in zip(*of_each, strict=True)
    ]
    totals.sort(key=lambda example: (example.loss == example.loss, -example.loss))
    return Records(totals, "examples, the largest loss first", _shown_example)


def _shown_example(one: ExampleTotal) -> dict[str, str]:
    return {
        "row": str(one.row),
        "target": shortened(answer_text(one.truth), most=_WIDEST),
        "answer": shortened(answer_text(one.answer), most=_WIDEST),
        "loss": number(one.loss, 4),
        "of the loss": percent_in_table(one.share),
    }


def class_totals(examples: Sequence[ExampleTotal]) -> Records[ClassTotal]:
    """The examples added up by the class that they truly are of, the costliest class first.

    The shares add up to 1, and the mean losses, weighted by rows or by what these count, to the
    mean loss of all. There are no classes in regression.

    Example:
        >>> examples = [
        ...     ExampleTotal(0, 3.0, 0.75, "b", "a", False),
        ...     ExampleTotal(1, 1.0, 0.25, "b", "b", True),
        ... ]
        >>> [(total.name, total.share, total.wrong) for total in class_totals(examples)]
        [('a', 0.75, 1), ('b', 0.25, 0)]
        >>> print(class_totals(examples))
        classes, the largest part of the loss first
          true class  rows  wrong  mean loss  of the loss
          a              1      1          3        75.0%
          b              1      0          1        25.0%
    """
    groups: dict[str, list[ExampleTotal]] = {}
    for example in examples:
        if example.right is not None:
            groups.setdefault(str(example.truth), []).append(example)
    totals = [
        ClassTotal(
            _class(group[0].truth),
            len(group),
            sum(e.weight * e.loss for e in group) / sum(e.weight for e in group),
            sum(e.share for e in group),
            sum(not e.right for e in group),
        )
        for group in groups.values()
    ]
    totals.sort(key=lambda total: -total.share)
    return Records(totals, "classes, the largest part of the loss first", _shown_class)


def _shown_class(one: ClassTotal) -> dict[str, str]:
    return {
        "true class": shortened(one.name, most=_WIDEST),
        "rows": f"{one.rows:,}",
        "wrong": f"{one.wrong:,}",
        "mean loss": number(one.loss, 4),
        "of the loss": percent_in_table(one.share),
    }


def _class(truth: Any) -> str:
    return answer_text(truth) if isinstance(truth, list) else str(truth)


@final
@dataclass(frozen=True)
class Slice:
    """Rows that carry more of the loss than chance would give them.

    Attributes:
        label: What they have in common, such as `true class Chinstrap`.
        places: Which of the examples they are.
        share: Their part of the sum of all losses.
    """

    label: str
    places: tuple[int, ...]
    share: float


def heaviest_slice(
    losses: Sequence[float],
    truths: Sequence[Any] | None,
    x: Any,
    inputs: Sequence[str],
    usual: Sequence[float] | None = None,
    weights: Sequence[float] | None = None,
) -> Slice | None:
    """The slice whose mean loss stands out most; None if chance alone gives as much.

    Chance is what the most outstanding slice shows when the losses are shuffled among the rows:
    at most one in a hundred of such deals may stand out as far. What each row counts stays its own.

    Args:
        losses: Each example's own, however much it counts.
        truths: The classes they are truly of; None in regression.
        x: The inputs, of shape `(batch, inputs)`.
        inputs: The names of the inputs; they go by their numbers, such as `x[3]`, if empty.
        usual: What each example's class costs where nothing tells it, such as
            `losses_of_classes` gives: a rare class costs more even then, and each loss counts
            beside that. The same for all if left out.
        weights: How much each example counts; all the same if left out.

    Example:
        >>> import chainrule.arrays as xp
        >>> losses = [0.1] * 20 + [2.0] * 20
        >>> x = xp.asarray([[float(row >= 20)] for row in range(40)])
        >>> found = heaviest_slice(losses, None, x, ["sex=male"])
        >>> found.label, len(found.places), round(found.share, 3)
        ('sex=male', 20, 0.952)
        >>> heaviest_slice(losses[::2] * 2, None, x, ["sex=male"]) is None
        True
    """
    counts = weights or [1.0] * len(losses)
    slices = []
    for label, places in _slices(truths, x, inputs):
        if LEAST <= len(places) <= len(losses) - LEAST:
            own = [counts[n] for n in places]
            # The root of how many rows that count the same have a mean as steady as theirs.
            steady = sum(own) / sqrt(sum(count * count for count in own))
            slices.append((label, places, sum(own), steady))
    weighed = list(map(mul, counts, losses))
    usual_part = sum(weighed) / sum(counts) * (1 + _ROUNDING)
    heavy = [one for one in slices if sum(weighed[n] for n in one[1]) > usual_part * one[2]]
    if not heavy:
        return None
    beside = list(losses)
    if usual is not None:
        beside = [a / b if b else 0.0 for a, b in zip(losses, usual, strict=True)]
    middle = sum(beside) / len(beside)

    def outstanding(dealt: Sequence[float], some: Sequence[Any]) -> list[float]:
        parts = list(map(mul, counts, dealt))
        return [
            (sum(parts[n] for n in places) / size - middle) * steady
            for _, places, size, steady in some
        ]

    observed = outstanding(beside, heavy)
    most = max(observed)
    label, places, *_ = heavy[observed.index(most)]
    generator, dealt, beyond = Random(0), beside.copy(), 0
    for _ in range(SHUFFLES):
        generator.shuffle(dealt)
        beyond += max(outstanding(dealt, slices)) >= most
        if beyond > SHUFFLES // 100:
            return None
    return Slice(label, tuple(places), sum(weighed[n] for n in places) / sum(weighed))


def losses_of_classes(study: NetworkStudy) -> list[float]:
    """The mean loss that each example's class has on rows drawn at random, whatever they say."""
    generator, places = Random(0), list(range(len(study.rows)))
    costs: dict[str, list[float]] = {}
    for _ in range(CLASS_SHUFFLES):
        generator.shuffle(places)
        shuffled = replace(study, t=study.only(places).t, weights=None)
        for truth, loss in zip(shuffled.truths, shuffled.standing().losses, strict=True):
            costs.setdefault(str(truth), []).append(loss)
    means = {truth: sum(each) / len(each) for truth, each in costs.items()}
    return [means[str(truth)] for truth in study.truths]


def _slices(
    truths: Sequence[Any] | None, x: Any, inputs: Sequence[str]
) -> Iterator[tuple[str, list[int]]]:
    """Rows by class, by category or missing cell, and by the halves of a column of numbers."""
    names = {str(truth): _class(truth) for truth in truths or ()}
    for key, name in names.items():
        places = [n for n, truth in enumerate(truths or ()) if str(truth) == key]
        yield f"true class {set_apart(name)}", places
    known = inputs or [f"x[{n}]" for n in range(x.shape[1])]
    for column, name in enumerate(known if len(known) <= COLUMNS else ()):
        stretch = _STRETCH.fullmatch(name)
        if stretch and stretch[1] in inputs:
            continue  # of a column of numbers, whose halves are asked
        values = x[:, column].tolist()
        if set(values) <= {0.0, 1.0}:
            label = name if any(sign in name for sign in ("=", " has ")) else f"{name} at 1"
            if name.endswith(MISSING):
                label = f"{name.removesuffix(MISSING)} missing"
            yield label, [n for n, value in enumerate(values) if value]
            continue
        middle = sorted(values)[len(values) // 2]
        yield f"{name} in the upper half", [n for n, v in enumerate(values) if v >= middle]
        yield f"{name} in the lower half", [n for n, v in enumerate(values) if v < middle]
