"""Measuring a network on rows, beside what costs no thought: a constant, a linear model."""

from __future__ import annotations

import copy
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import fsum, inf, isnan, log, nan, sqrt
from operator import mul
from typing import Any

from chainrule.data import Classes, Examples, Moments, Quantity, Recipe, total_of
from chainrule.engines import choose_engine
from chainrule.errors import DataError, OptionError, require_kind, require_switch
from chainrule.model.fitting import weights_of_rows
from chainrule.model.measures import (
    area_under,
    calibration_error,
    quantile,
    reliability,
    roc_curve,
    tidy,
)
from chainrule.model.network import Network
from chainrule.model.numbers import names_of_inputs
from chainrule.model.prediction import chosen_classes
from chainrule.model.rows import Rows, rows_for
from chainrule.model.scores import Baseline, Scores
from chainrule.nn import Dense, large_inputs
from chainrule.words import plural, spaced

_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_RESIDUALS_KEPT = 200
_CURVE_POINTS = 60
_STEPS, _FEWEST_STEPS, _BATCH = 1000, 100, 32
_PURE_PYTHON_WORK = 200_000
"""Steps times weights of a linear model that pure Python takes in a few seconds."""


def score(
    net: Network, x: Any = None, y: Any = None, *, linear: bool = True, sample_weight: Any = None
) -> Scores:
    """Measure a network beside the baselines to beat: a constant answer, and a linear model.

    Args:
        net: The network; it is not changed.
        x: Rows of a table: a file, a built-in name, a data frame, or what `rows_for` gives; the
            held-out rows of the table it was trained on if left out. Or inputs of shape
            `(rows, inputs)`.
        y: Beside inputs, class indices of shape `(rows,)`, or targets.
        linear: Whether to fit the linear model, too, which takes about a second.
        sample_weight: Beside inputs, how much each row counts, of shape `(rows,)`; rows of a table
            have a column for it.

    Returns:
        The scores; `print` them.

    Raises:
        DataError: If there are no rows to measure on.
        ShapeError: If sizes do not fit together, or there are no inputs.
        OptionError: If each row has more than one answer, or weights have no use.
        KindError: If no network is given.

    Example:
        >>> from chainrule.model.table import train_on_table
        >>> net = train_on_table("iris", epochs=40, engine="python", progress=False).net
        >>> done = score(net, linear=False)
        >>> done.which, done.confusion[0]
        ('30 of 150 rows of iris, held out', ('setosa', 'setosa', 10))
    """
    require_kind(net, Network, "what is scored is a Network", "cr.load(file) gives one")
    require_switch("linear", linear)
    if y is not None and not net.recipe_for(x):
        rows, known = _plain_rows(net, x, y, sample_weight), None
    elif sample_weight is not None:
        raise OptionError(
            "sample_weight stands beside x and y as arrays; rows of a table count as much as its "
            "weight column says"
        )
    elif y is not None:
        raise OptionError("the rows of a table hold the targets: leave y out")
    else:
        rows = x if isinstance(x, Rows) else rows_for(net, x)
        if net.data_source and rows.table and rows.table.sha256 == net.data_source.sha256:
            weighs = net.recipe.weight_column if net.recipe else None
            rows = replace(rows, held_out=net.data_source.kept_back(rows.table, weighs))
        known = _learned(rows) if linear else None
    held_out = rows.part(held_out=True)
    which = f"{plural(len(rows), 'row')} of {rows.source}"
    if held_out is not None:
        which = f"{len(held_out):,} of {which}, held out"
    elif x is None:
        which += ", which it learned from: expect less on new ones"
    scores = scores_of([held_out or rows], learned=known, linear=linear)
    if net.recipe is not None:
        with net.engine.scope():
            large = large_inputs(net.as_inputs((held_out or rows).examples))
        scores = replace(scores, unlike=tuple(net.recipe.feature_names[n] for n in large))
    return replace(scores, which=which, notes=(*rows.notes, *scores.notes))


def scores_of(
    parts: Iterable[Rows],
    *,
    learned: Rows | None = None,
    linear: bool = False,
    name_wrong: bool = True,
) -> Scores:
    """Measure a network on rows.

    Args:
        parts: The rows, as the network sees them, part by part.
        learned: The rows it learned from, for a linear model to learn from, too.
        linear: Whether to fit one; without `learned`, on one half of the rows for the other half.
        name_wrong: Whether to keep which rows were answered wrongly, and what is worked out of all
            rows together: the ROC curve and the residuals' quantiles.

    Returns:
        Loss and accuracy for classes, loss and r² for values, and more.

    Example:
        >>> from chainrule.model.rows import rows_for
        >>> from chainrule.model.table import train_on_table
        >>> net = train_on_table("xor", seed=1, engine="python", progress=False).net
        >>> scores_of([rows_for(net)]).accuracy
        1.0
    """
    require_switch("linear", linear)
    count, total, weighed = 0, 0.0, False
    losses: list[float] = []
    measure: _OfClasses | _OfValues | None = None
    rows: Rows | None = None
    for rows in parts:
        count += len(rows)
        weights = rows.examples.weights
        weighed = weighed or weights is not None
        counted = len(rows) if weights is None else fsum(weights)
        loss = rows.net.loss(rows.examples, rows.y, sample_weight=weights)
        losses.append(loss * counted)
        total += counted
        if measure is None:
            kind = _OfValues if rows.examples.task == "regression" else _OfClasses
            measure = kind(keep=name_wrong)
        measure.update(rows)
    if measure is None or rows is None:
        raise DataError("there are no rows to measure on: give some")
    recipe = rows.net.recipe
    scores = replace(
        measure.scores(total, total_of(losses) / total),
        rows=count,
        inputs=(len(recipe.feature_names) or None) if recipe else None,
        learned=(recipe.rows or None) if recipe else None,
        weighed=weighed,
        learned_by_class=(rows.net.trained_with or {}).get("class_weight") is not None,
        target=rows.examples.target_name or "",
    )
    if not linear:
        return scores
    beside, note = _linear_model(rows, learned)
    if beside is None:
        return replace(scores, notes=(note,))
    return replace(scores, baselines=(beside, *scores.baselines))


class _OfClasses:
    """Counts the answers of a classifier."""

    def __init__(self, *, keep: bool) -> None:
        self._keep = keep
        self._pairs: Counter[tuple[str, str]] = Counter()
        self._weights = array("d")
        self._wrong: list[int] = []
        self._surprise: list[float] = []
        self._confidences = array("d")
        self._right = array("b")
        self._truths: list[str] = []
        self._shares: list[array[float]] = []
        self._names: Sequence[str] = ()

    def update(self, rows: Rows) -> None:
        """Take in the answers to some rows."""
        truths = [str(truth) for truth in rows.truths()]
        answers = [str(answer) for answer in rows.answers()]
        weights = rows.weights
        for truth, answer, weight in zip(truths, answers, weights, strict=True):
            self._pairs[truth, answer] += weight  # type: ignore[assignment]  # a count, if of 1 each
        self._weights.extend(weights)
        right = [answer == truth for answer, truth in zip(answers, truths, strict=True)]
        if self._keep:
            self._wrong += [
                number for number, hit in zip(rows.numbers, right, strict=True) if not hit
            ]
        self._names = rows.examples.class_names
        shares = rows.probabilities()
        if shares is None:
            return
        place = {name: k for k, name in enumerate(self._names)}
        for truth, hit, own in zip(truths, right, shares, strict=True):
            p = own[place[truth]]
            self._surprise.append(nan if isnan(p) else -log(p) if p > 0 else inf)
            self._confidences.append(max(own))
            self._right.append(hit)
        if self._keep:
            self._truths += truths
            self._shares += [array("d", own) for own in shares]

    def scores(self, count: float, loss: float) -> Scores:
        """What was counted.

        Args:
            count: The weights of all rows together.
            loss: Their mean loss.
        """
        truths = Counter[str]()
        for (truth, _), rows in self._pairs.items():
            truths[truth] += rows
        commonest, most = truths.most_common(1)[0]
        share = most / count
        by_chance = -fsum(n / count * log(n / count) for n in truths.values())
        constant = Baseline(
            f"{commonest} every time", share, 1 / len(truths), by_chance if self._surprise else None
        )
        scores = Scores(
            len(self._weights),
            loss,
            accuracy=sum(n for (truth, answer), n in self._pairs.items() if truth == answer)
            / count,
            commonest=commonest,
            commonest_share=share,
            wrong=tuple(self._wrong),
            confusion=tuple((t, a, tidy(n)) for (t, a), n in sorted(self._pairs.items())),
            baselines=(constant,),
        )
        if not self._surprise or any(map(isnan, self._surprise)):
            return scores
        bins = reliability(self._confidences, [bool(hit) for hit in self._right], self._weights)
        return replace(
            scores,
            log_loss=total_of(map(mul, self._surprise, self._weights)) / count,
            reliability=bins,
            calibration_error=calibration_error(bins),
            **self._ranking(),
        )

    def _ranking(self) -> dict[str, Any]:
        """The area under the ROC curve, and for two classes the curve."""
        if not self._shares:
            return {}
        curves = [
            roc_curve(
                [own[place] for own in self._shares],
                [t == name for t in self._truths],
                self._weights,
            )
            for place, name in list(enumerate(self._names))[len(self._names) == 2 :]
        ]
        areas = [area_under(curve) for curve in curves if curve]
        if not areas:
            return {}
        curve = curves[0] if len(self._names) == 2 else []
        roc = tuple(curve[place] for place in spaced(len(curve), _CURVE_POINTS))
        return {"auc": fsum(areas) / len(areas), "roc": roc}


class _OfValues:
    """Adds up the misses of a regression."""

    def __init__(self, *, keep: bool) -> None:
        self._keep = keep
        self._truths = Moments()
        self._weights = array("d")
        self._squares: list[float] = []
        self._sizes: list[float] = []
        self._spreads: list[float] = []
        self._answers = array("d")
        self._residuals = array("d")

    def update(self, rows: Rows) -> None:
        """Take in the answers to some rows."""
        truths = [float(truth) for truth in rows.truths()]
        answers = [float(answer) for answer in rows.answers()]
        residuals = [answer - truth for answer, truth in zip(answers, truths, strict=True)]
        weights = rows.weights
        self._truths = self._truths.with_those_of(Moments.of(truths, weights))
        self._squares.append(total_of(map(mul, weights, map(mul, residuals, residuals))))
        self._sizes.append(total_of(map(mul, weights, map(abs, residuals))))
        if self._keep:
            self._weights.extend(weights)
            self._answers.extend(answers)
            self._residuals.extend(residuals)

    def scores(self, count: float, loss: float) -> Scores:
        """What was added up, from the weights of all rows together and their mean loss."""
        squares, spread = total_of(self._squares), self._truths.squares
        ordered = sorted(zip(self._residuals, self._weights, strict=True))
        truths = [
            answer - miss for answer, miss in zip(self._answers, self._residuals, strict=True)
        ]
        misses = [abs(truth - self._truths.mean) for truth in truths]
        off = total_of(map(mul, self._weights, misses)) / count
        constant = Baseline(
            "the mean every time",
            r2=0.0 if spread else None,
            typical_error=sqrt(spread / count),
            mean_error=off if self._keep else None,
        )
        places = spaced(len(ordered), _RESIDUALS_KEPT)
        return Scores(
            len(self._answers),
            loss,
            r2=1 - squares / spread if spread else nan,
            typical_error=sqrt(squares / count),
            mean_error=total_of(self._sizes) / count,
            residual_quantiles=tuple(quantile(ordered, share) for share in _QUANTILES)
            if ordered
            else (),
            residuals=tuple((self._answers[place], self._residuals[place]) for place in places),
            baselines=(constant,),
        )


def _learned(rows: Rows) -> Rows | None:
    """The rows that the network learned from, where they can be read again."""
    try:
        all_rows = rows if rows.held_out else rows_for(rows.net)
    except DataError:
        return None
    return all_rows.part(held_out=False)


def _linear_model(rows: Rows, learned: Rows | None) -> tuple[Baseline | None, str]:
    """A network without hidden layer on the same rows; None and why where there is none."""
    if learned is not None:
        pairs = [(learned, rows)]
    elif len(rows) >= 2 * len(rows.examples.class_names or "12"):
        halves = [rows.at(range(start, len(rows), 2)) for start in (0, 1)]
        pairs = [(halves[0], halves[1]), (halves[1], halves[0])]
    else:
        return None, "There are too few rows to fit a linear model on."
    parts = []
    for known, new in pairs:
        net = _fitted_linear(known)
        if net is None:
            return None, (
                "A linear model of so many weights takes long in pure Python: it is left out; "
                'pip install "chainrule[fast]" brings NumPy.'
            )
        parts.append(replace(new, net=net))
    scores = scores_of(parts)
    how = "linear model" if learned is not None else "linear model, halves in turn"
    return scores.as_baseline(how), ""


def _fitted_linear(rows: Rows) -> Network | None:
    """A network of the output layer alone, trained on rows; None where that takes too long."""
    output, inputs = rows.net.architecture.output, rows.examples.shape[1]
    steps = _STEPS
    own = rows.net.engine
    engine = choose_engine("python" if own.name == "python" else "auto")
    if engine.name == "python":
        steps = min(steps, _PURE_PYTHON_WORK // ((inputs + 1) * output.out_features))
        if steps < _FEWEST_STEPS:
            return None
    net = Network([Dense(inputs, output.out_features, output.activation)], engine=engine)
    net.recipe = rows.net.recipe
    net.fit(
        rows.examples,
        replace(rows, net=net).y,
        sample_weight=rows.examples.weights,
        epochs=max(round(steps / -(-len(rows) // _BATCH)), 1),
        batch_size=_BATCH,
        learning_rate=0.05,
        schedule="cosine",
        loss=rows.net.loss_name,
        l2=1e-4,
        progress=False,
    )
    return net


def _plain_rows(net: Network, x: Any, y: Any, sample_weight: Any) -> Rows:
    """Inputs and targets as rows of a table of their own."""
    outputs = net.architecture.output.out_features
    if outputs != 1 and (net.multi_label or not net.classifies):
        raise OptionError(
            "scores are for one answer a row, and this network gives "
            f"{outputs}: measure it one output at a time"
        )
    net = copy.copy(net)
    with net.engine.scope():
        inputs, targets, loss = net.as_batch(x, y)
        if net.classifies:
            targets = chosen_classes(targets, loss.target_threshold)
    target: Classes | Quantity
    values: array[int] | array[float]
    if net.classifies:
        levels = net.recipe.class_names if net.recipe else ()
        levels = levels or tuple(str(k) for k in range(max(outputs, 2)))
        values = array("q", targets.tolist())
        counts = tuple(values.count(k) for k in range(len(levels)))
        target = Classes("y", levels, counts)
    else:
        values = array("d", [row[0] for row in targets.tolist()])
        target = Quantity("y", 0.0, 1.0)
    net.recipe = Recipe((), target, "the given rows", "", 0)  # what it learned from is not known
    flat = array("d", [value for row in inputs.tolist() for value in row])
    names = names_of_inputs(x) or tuple(f"x[{k}]" for k in range(inputs.shape[1]))
    shape = (inputs.shape[0], inputs.shape[1])
    classes = net.recipe.class_names
    examples = Examples(flat, shape, values, names, range(shape[0]), "y", classes, target.task)
    if sample_weight is None:
        return Rows(net, examples, "the given rows")
    weights = array("d", weights_of_rows(net.engine, sample_weight, rows=shape[0]))
    there = [place for place, weight in enumerate(weights) if weight]
    return Rows(net, replace(examples, weights=weights).subset(there), "the given rows")
