"""The explanation of an error: which weights, and by how much."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial, wraps
from math import isnan
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar, final

from chainrule.checking import kinks_on
from chainrule.data import Recipe
from chainrule.engines import Engine, choose_engine
from chainrule.errors import KindError, require_switch, require_whole
from chainrule.explanations import culprits as causes
from chainrule.explanations import receipt as receipts
from chainrule.explanations import shares, what_if
from chainrule.nn import NetworkStudy, Study
from chainrule.train import History, ProgressBar
from chainrule.words import Records, plural, waiting

_Options = ParamSpec("_Options")
_Answer = TypeVar("_Answer")


def _in_silence(
    method: Callable[Concatenate[Explanation, _Options], _Answer],
) -> Callable[Concatenate[Explanation, _Options], _Answer]:
    """Let infinity and NaN pass without a warning of NumPy's, at values that nobody asked for."""

    @wraps(method)
    def silently(self: Explanation, /, *args: _Options.args, **options: _Options.kwargs) -> _Answer:
        with self.engine.scope():
            return method(self, *args, **options)

    return silently


@final
@dataclass(frozen=True, eq=False, repr=False)
class Explanation:
    """Which weights make up the loss on some examples; numbers are worked out as they are read.

    Everything is computed in float64, from a copy of the weights as they were when it was made.
    Asked for a weight, a row or a number that there is not, it raises an `OptionError`.

    Attributes:
        study: The model, its weights and the examples.
        reference: What blame counts from: "initial" weights, "given" ones, or "zero".
        initial: Gives the weights that the network began with; None where they are not known.
        engine: What the network runs on.
        history: How the network was trained; None where that is not known.
        data: What it was trained on; empty where that is not known.
        column_names: The column of the table that each input comes from, where that is known.
        recipe: How the table became those inputs, where that is known.
        lesson: Gives how the network was trained, on which rows, and what trains it so again.
        whole: Gives the explanation of all rows of the table, where these are only some of them.
        held_out: The rows of the table that training never saw, where that is known.

    Example:
        >>> import chainrule as cr
        >>> dense = cr.Dense(1, 1, "sigmoid", weight=[[2.0]], bias=[0.5])
        >>> ex = cr.explain(cr.Network([dense], engine="python"), [[0.0], [1.0], [2.0]], [0, 0, 1])
        >>> ex.weights[0].name, ex.groups()[0].name, ex.culprits()[0].name
        ('dense1.bias[0]', 'x[0] → dense1[0]', 'dense1.bias[0]')
        >>> [(change.name, change.before, change.after) for change in ex.mend().changes]
        [('dense1.bias[0]', 0.5, -2.0)]
        >>> [round(factor.value, 3) for factor in ex.receipt("dense1.weight[0,0]", row=1).chain]
        [0.924, 1.0]
        >>> round(ex.nudge("dense1.bias[0]", by=-0.1).measured, 3), round(ex.of_row(1).loss, 3)
        (-0.051, 2.579)
    """

    study: Study
    reference: str = "initial"
    initial: Callable[[], dict[str, Any]] | None = None
    engine: Engine = field(default_factory=choose_engine)
    history: History | None = None
    data: str = ""
    column_names: Sequence[str] = ()
    recipe: Recipe | None = None
    lesson: Callable[[Any], causes.Lesson] | None = None
    whole: Callable[[], Explanation] | None = None
    held_out: Collection[int] = ()

    @cached_property
    @_in_silence
    def _walked(self) -> tuple[float, dict[str, Any], list[str]]:
        """The mean loss, its gradient, and the corners that it stands on, from one walk."""
        total, gradients = self.study.walk()
        return float(total.value), gradients, kinks_on(total)

    @property
    def network(self) -> NetworkStudy:
        """The study of a network, for what is asked of its layers.

        Raises:
            KindError: If a function is explained.
        """
        if isinstance(self.study, NetworkStudy):
            return self.study
        raise KindError(
            "this needs the layers of a network, and a function was given, which has none that are "
            "known; ask for its answer, weights, slope, nudge, counterfactual, culprits or blame, "
            "or give a Network"
        )

    @cached_property
    def _whole(self) -> NetworkStudy:
        """All rows of the table, where they are known: a change fixes and breaks any of them."""
        return replace(self._of_table.network, weights=None)

    @cached_property
    def _of_table(self) -> Explanation:
        """The explanation of all rows of the table, one for all that are of some of them."""
        return self.whole() if self.whole else self

    @cached_property
    def _stands_out(self) -> causes.StandingOut | None:
        """The weight that stands out over all rows of the table, looked for once for them all."""
        if self.whole:
            return self._of_table._stands_out
        whole = self.network
        odd = len(whole.rows) > 1 and causes.standing_out(whole, self.initial_parameters)
        return odd if odd and odd.sure else None

    @property
    def rows(self) -> tuple[int, ...]:
        """The numbers of the examples in their data set."""
        return self.study.rows

    @property
    def table_rows(self) -> int:
        """How many rows the table has that the examples are of."""
        return len(self._whole.rows)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the inputs; empty where they are not known."""
        return self.network.input_names

    @property
    def loss(self) -> float:
        """The mean loss over the examples."""
        return self._walked[0]

    @property
    def gradients(self) -> dict[str, Any]:
        """`dL/dw` of every parameter, by name and in its shape; nothing is changed."""
        return {name: self.engine.sealed(g) for name, g in self._walked[1].items()}

    @cached_property
    def initial_parameters(self) -> dict[str, Any]:
        """The weights that the network began with, by name; empty where that is not known."""
        return self.initial() if self.initial else {}

    @cached_property
    @_in_silence
    def example_losses(self) -> list[float]:
        """The own loss of each example, however much it counts."""
        study = self.study
        plain = replace(study, weights=None) if isinstance(study, NetworkStudy) else study
        losses: list[float] = plain.losses().tolist()
        return losses

    @cached_property
    @_in_silence
    def examples(self) -> Records[causes.ExampleTotal]:
        """Every example's part of the loss, the worst first."""
        return causes.example_totals(self.study)

    @cached_property
    def classes(self) -> Records[causes.ClassTotal]:
        """The loss by the class that the examples truly are of, the costliest class first."""
        return causes.class_totals(self.examples)

    @cached_property
    @_in_silence
    def weights(self) -> what_if.Ranking:
        """Every weight, the steepest slope first, with its share."""
        return what_if.Ranking(self.study.parameters, self._walked[1])

    @_in_silence
    def measured(self, top: int = 10) -> Records[what_if.WeightSlope]:
        """The steepest weights, each with what the same small nudge downhill is measured to do.

        Args:
            top: How many; each costs two runs of the network from its layer on.
        """
        return what_if.measured(self.study, self.weights.top(top))

    def notes(self, shown: Sequence[what_if.WeightSlope] = ()) -> list[str]:
        """What must be known before the numbers are trusted; empty if nothing is."""
        return what_if.notes(self.loss, self.weights, self._walked[2], shown)

    def of_row(self, row: int) -> Explanation:
        """The explanation of one of `rows` alone, which knows the others as rows of its table."""
        study = self.network.only([self.study.place_of_row(row)])
        return replace(self, study=study, whole=partial(getattr, self, "_of_table"))

    @_in_silence
    def slope(self, weight: str) -> what_if.Slope:
        """The slope of one weight, with measured nudges, curvature and straight interval."""
        line = self._line(weight)
        return what_if.slope(line, at=line.start, name=weight)

    @_in_silence
    def receipt(self, weight: str, *, top: int = 5, row: int | None = None) -> receipts.Receipt:
        """One gradient as the product that it is, `dL/dw = dL/da · da/dz · dz/dw`, with numbers.

        Args:
            weight: Its name, such as `dense1.weight[3,2]`.
            top: How many summands and paths to list.
            row: Which of `rows` to write out; the one that carries most if left out.
        """
        return receipts.receipt(self.network, *self.study.find(weight), top=top, row=row)

    @_in_silence
    def worksheet(self, *, row: int | None = None, answers: bool = True) -> receipts.Worksheet:
        """Every value of one step, in the order in which a hand works, for a small network.

        Args:
            row: Which of `rows`; the one with the largest loss if left out.
            answers: Whether to show the values, or room to write them.

        Raises:
            OptionError: If there is no such row, or the network has more weights than a hand works
                out.
        """
        study = self.network
        number = self.examples[0].row if row is None else row
        return receipts.worksheet(study.only([study.place_of_row(number)]), answers=answers)

    @_in_silence
    def nudge(self, weight: str, *, by: float) -> what_if.Nudge:
        """The change of the loss for adding `by` to one weight, predicted and measured."""
        parameter, index = self.study.find(weight)
        return what_if.nudge(self._line(weight), float(self._walked[1][parameter][index]), by)

    @_in_silence
    def counterfactual(
        self, weight: str, *, interval: tuple[float, float] | None = None
    ) -> what_if.Counterfactual:
        """Loss, answers, examples fixed and broken, had one weight been different; run again.

        Args:
            weight: Its name, such as `dense1.weight[3,2]`.
            interval: Where to look for its best value; as far to both sides as twice its size, and
                at least 1.
        """
        parameter, index = self.study.find(weight)
        initial = self.initial_parameters.get(parameter)
        return what_if.counterfactual(
            self._line(weight),
            initial=None if initial is None else float(initial[index]),
            interval=interval,
            whole=what_if.WeightLine(self._whole, parameter, index) if self.whole else None,
        )

    @waiting("looking at the mistake")
    @_in_silence
    def mistake(self, row: int | None = None, *, top: int = 5) -> causes.Mistake:
        """The weights that pushed one example wrong, and which rows lose if it is fixed.

        Args:
            row: Which of `rows`; the one with the largest loss if left out.
            top: How many weights and examples to list.
        """
        return causes.mistake(self._whole, self.examples[0].row if row is None else row, top=top)

    @waiting("looking for the weights that lower the loss")
    @_in_silence
    def culprits(self, *, top: int = 5) -> Records[causes.Culprit]:
        """The weights that lower the loss most, each moved alone to its best value.

        What counts is the measured fall of the loss, and a little how usual the best value is in
        this network: many weights can take one row's loss away, most of them only at odd values.
        Of a function, the steepest `STEEPEST` weights are tried, or as many as are to be named.

        Args:
            top: How many to name.
        """
        if isinstance(self.study, NetworkStudy):
            return causes.culprits(self.study, top=top, initial=self.initial_parameters)
        require_whole("top", top)
        steepest = self.weights.top(max(top, causes.STEEPEST))
        return causes.culprits_among((self.counterfactual(w.name) for w in steepest), top=top)

    def groups(self, *, top: int = 5) -> Records[causes.Group]:
        """Weights that belong together; first those without which the loss is lowest.

        Args:
            top: How many groups to give.
        """
        require_whole("top", top)
        return causes.listed_groups(self._groups[:top])

    @cached_property
    @waiting("running the network with each group cut")
    @_in_silence
    def _groups(self) -> list[causes.Group]:
        return causes.groups(self.network, self._walked[1])

    @cached_property
    @waiting("looking for what caused the error")
    @_in_silence
    def answer(self) -> causes.Answer:
        """Which weights caused the error, and by how much, in a sentence that is measured."""
        study, initial = self.study, self.initial_parameters
        now = study.standing()
        if isnan(now.loss):
            return causes.Answer(
                "The loss is not a number (nan), so no weight can be named for it: of a network, "
                "health says where the nan was born."
            )
        if not isinstance(study, NetworkStudy):
            return causes.answer_for_function(self.culprits(top=1), len(self.weights), self.rows)
        if len(study.rows) == 1:
            smallest = partial(causes.mend, self._whole, study.rows, initial=initial, controls=0)
            odd, count = self._stands_out, self.table_rows
            return causes.answer_for_row(study, now, self._groups, smallest, initial, odd, count)
        truths = study.truths if study.classifies else None
        by_class = causes.losses_of_classes(study) if study.classifies else None
        known = study.x, study.input_names, by_class, study.weights
        heaviest = causes.heaviest_slice(self.example_losses, truths, *known)
        return causes.answer_for_rows(study, now, heaviest, initial, set(self.held_out))

    @waiting("looking for a small change that mends it")
    @_in_silence
    def mend(
        self, rows: Sequence[int] | None = None, *, error: float | None = None, seed: int = 0
    ) -> causes.Mend:
        """Few and small changes that put examples right, and what they break.

        Args:
            rows: Which to put right; of those explained, all that are wrong if left out.
            error: In regression, how near an answer must come, in the target's unit; a tenth of
                the largest miss among them if left out.
            seed: Decides the random sets that are set beside it.
        """
        if rows is None and self.whole:
            right = self.network.standing().right or (False,) * len(self.rows)
            rows = [row for row, fine in zip(self.rows, right, strict=True) if not fine]
        known: dict[str, Any] = {"initial": self.initial_parameters, "held_out": self.held_out}
        return causes.mend(self._whole, rows, error=error, seed=seed, **known)

    def taught_by(
        self,
        row: int | None = None,
        *,
        top: int | None = None,
        training: Any = None,
        retrainings: int = 10,
        progress: bool = True,
    ) -> causes.TaughtBy:
        """The training rows without which it would not be wrong here: it is trained without them.

        `L(w without n)` is measured, not estimated: row n keeps its place and teaches nothing, and
        first weights, batches, shuffles and seeds stay as they were. Gradients only say which rows
        to try: `-Σ η g_n · g` over the training, and the like.

        Args:
            row: Which of `rows` it got wrong; all of them together if left out.
            top: How many of the rows that were tried to name; all of them if left out.
            training: What it was trained on: a table, or `(x, y)` or `(x, y, sample_weight)` as
                `fit` had them; the table that it knows if left out.
            retrainings: How many trainings to spend.
            progress: Say the price, and what each training gave.

        Returns:
            Each training by `.row` and `.loss_without`, the least loss first; print it.

        Raises:
            OptionError: If it is not known how the network was trained, or on what.

        Example:
            >>> import chainrule as cr
            >>> net = cr.Network([cr.Dense(1, 2, "softmax")], engine="python")
            >>> x, y = [[0.0], [1.0], [2.0], [2.1]], [0, 0, 1, 0]
            >>> history = net.fit(x, y, epochs=200, progress=False)
            >>> ex = cr.explain(net, [[2.0]], [1])
            >>> ex.taught_by(training=(x, y), retrainings=4, progress=False)[0].row
            3

        Source: Koh & Liang, "Understanding black-box predictions via influence functions" (2017);
        Pruthi et al., "Estimating training data influence by tracing gradient descent" (2020).
        """
        require_switch("progress", progress)
        study = self.network
        assert self.lesson is not None
        study = study if row is None else study.only([study.place_of_row(row)])
        say = ProgressBar().say if progress else lambda _: None
        lesson = self.lesson(training)
        return causes.taught_by(study, lesson, retrainings=retrainings, top=top, announce=say)

    @waiting("sharing the loss out among the columns")
    @_in_silence
    def columns(self, *, reference: Any = None, repeats: int = 5, seed: int = 0) -> causes.Columns:
        """Which input columns matter: the loss with each shuffled, and their shares, adding up.

        Args:
            reference: One example's inputs, to count the shares from; the mean of the examples, or
                zeros for one, if left out.
            repeats: How often each column's values are shuffled among the rows; 0 for not at all.
            seed: Decides how.
        """
        return causes.columns(
            self.network, inputs=self.column_names, reference=reference, repeats=repeats, seed=seed
        )

    @property
    def blame_price(self) -> shares.Price:
        """What reading `blame` costs at least and at most, in gradients."""
        return shares.PRICE

    @cached_property
    @waiting("sharing the loss out among the weights")
    def blame(self) -> shares.Blame:
        """The loss beyond that of the reference, shared out among the weights.

        Raises:
            OptionError: If it is counted from initial weights that are not known.
        """
        return shares.blame(
            self.study, self.engine, reference=self.reference, initial=self.initial_parameters
        )

    def plot(self, ax: Any = None) -> Any:
        """The answers over the plane of two inputs or columns, and the examples: matplotlib."""
        from chainrule.report import plot_boundary

        return plot_boundary(self.network, ax, self.recipe)

    def _line(self, weight: str) -> what_if.WeightLine:
        return what_if.WeightLine(self.study, *self.study.find(weight))

    @_in_silence
    def to_dict(self, *, top: int = 10) -> dict[str, Any]:
        """The numbers of the explanation, for JSON and for the page.

        Args:
            top: How many weights, neurons and examples to list.

        Returns:
            A dictionary with

            - `answer`, which takes longest; `loss`, the mean over the examples, and `loss_name`;
            - `rows`, the numbers of the examples in their data set;
            - `weights`, the steepest first: `name`, `value`, `slope`, `share`, `direction`, and for
              a small nudge downhill `nudge`, `predicted` and `measured`; `weights_in_all`;
            - `layers` and `neurons`, shares by name, neurons the largest first; a function's
              parameters are grouped by what stands before the first dot, and have no neurons;
            - `examples`, the worst first: `row`, `loss`, `share`, `answer`, `truth` (a list of
              values in the target's unit in regression), `right` (None there), `weight`;
            - `classes`, the costliest first: `name`, `rows`, `loss`, `share`, `wrong`; empty in
              regression;
            - `network`, None for a function: `inputs`, names or an empty list; `classes` likewise;
              `layers` in order, each with `name`, `kind` and what makes it (`in_features`,
              `out_features`, `activation`, or `rate`);
            - `notes`, sentences on what cannot be trusted.
        """
        from chainrule.report import as_dict

        return as_dict(self, top=top)

    @waiting("working out the page")
    def to_html(self, path: str | Path, *, top: int = 30) -> None:
        """Write one HTML file with all of it: drawing, weights, receipts, curves, run, health.

        Args:
            path: The file, in a folder that exists; a page that was there is replaced. It loads
                nothing from elsewhere and can be printed.
            top: How many weights to list, and at most to open up in detail.

        Raises:
            DataError: If it cannot be written, or something else than a page is there, and stays.
        """
        from chainrule.report import check_path, page, page_data, write_page

        check_path(path)
        require_whole("top", top, least=0)
        with self.engine.scope():
            data = page_data(self, history=self.history, data=self.data, top=top)
        write_page(path, page(data, plain=str(self)))

    def _repr_html_(self) -> str:
        from chainrule.report import as_html

        return as_html(self)

    def __repr__(self) -> str:
        count = plural(len(self.rows), "example")
        return f"<explanation of {count}; print it, or ask for .weights>"

    @_in_silence
    def __str__(self) -> str:
        from chainrule.report import as_text

        return as_text(self)
