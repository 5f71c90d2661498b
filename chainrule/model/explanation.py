"""The explanation of a network's error: which weights, and by how much."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, final

from chainrule.autodiff import Tensor, backward
from chainrule.engines import Engine, choose_engine
from chainrule.errors import KindError
from chainrule.explanations.culprits import (
    ClassTotal,
    Culprit,
    ExampleTotal,
    Mistake,
    class_totals,
    culprits,
    example_totals,
    kinks_on,
    mistake,
    notes,
)
from chainrule.explanations.receipt import Receipt, receipt
from chainrule.explanations.shares import (
    PRICE,
    Blame,
    Price,
    blame,
    check_reference,
)
from chainrule.explanations.what_if import (
    Counterfactual,
    Nudge,
    Ranking,
    Slope,
    WeightLine,
    WeightSlope,
    counterfactual,
    measured,
    nudge,
    slope,
)
from chainrule.model.network import Network
from chainrule.nn import NetworkStudy, find_weight, is_multi_label
from chainrule.train import History


@final
class Explanation:
    """Which weights make up the loss on some examples; numbers are worked out as they are read.

    Everything is computed in float64, from a copy of the weights as they were when it was made.

    Attributes:
        study: The network, its weights and the examples.
        reference: What blame counts from: "initial" weights, or "zero".
        rows: The numbers of the examples in their data set, for the sentences.
        inputs: What people call the inputs; empty where that is not known.
        history: How the network was trained; None where that is not known.
        data: What it was trained on; empty where that is not known.

    Example:
        >>> from chainrule.nn import Dense
        >>> net = Network([Dense(1, 1, weight=[[1.5]], bias=[0.5])], engine="python")
        >>> ex = explain(net, [[2.0]], [[4.0]])
        >>> ex.loss, ex.weights[0].name, ex.weights[0].slope
        (0.25, 'dense1.weight[0,0]', -2.0)
        >>> round(ex.nudge("dense1.weight[0,0]", by=0.1).actual, 6)
        -0.16
    """

    def __init__(
        self,
        study: NetworkStudy,
        *,
        reference: str = "initial",
        initial: Callable[[], dict[str, Any]] | None = None,
        rows: tuple[int, ...] | None = None,
        inputs: tuple[str, ...] = (),
        engine: Engine | None = None,
        history: History | None = None,
        data: str = "",
    ) -> None:
        check_reference(reference)
        self.study = study
        self.reference = reference
        self.rows = rows or tuple(range(study.x.shape[0]))
        self.inputs = inputs
        self.history = history
        self.data = data
        self._ask_initial = initial
        self._engine = engine or choose_engine("auto")

    @cached_property
    def _walked(self) -> tuple[float, dict[str, Any], list[str]]:
        """The mean loss, its gradient, and the corners that it stands on, from one walk."""
        weights = {name: Tensor(w, name=name) for name, w in self.study.parameters.items()}
        total = self.study.loss(weights)
        gradients = backward(total, list(weights.values()))
        return float(total.value), dict(zip(weights, gradients, strict=True)), kinks_on(total)

    @cached_property
    def _initial(self) -> dict[str, Any]:
        """The weights that the network began with: a copy, so made only when asked for."""
        return self._ask_initial() if self._ask_initial else {}

    @property
    def loss(self) -> float:
        """The mean loss over the examples."""
        return self._walked[0]

    @property
    def gradients(self) -> dict[str, Any]:
        """The gradient of every parameter, by name."""
        return {name: self._engine.sealed(g) for name, g in self._walked[1].items()}

    @property
    def initial_parameters(self) -> dict[str, Any]:
        """The weights that the network began with, by name; empty where that is not known."""
        return self._initial

    @cached_property
    def example_losses(self) -> list[float]:
        """The loss of each example."""
        losses: list[float] = self.study.losses().tolist()
        return losses

    @cached_property
    def examples(self) -> list[ExampleTotal]:
        """Every example's part of the loss, the worst first."""
        return example_totals(self.study, self.rows)

    @cached_property
    def classes(self) -> list[ClassTotal]:
        """The loss by the class that the examples truly are of, the costliest class first."""
        return class_totals(self.examples)

    @cached_property
    def weights(self) -> Ranking:
        """Every weight, the steepest slope first, with its share."""
        return Ranking(self.study.parameters, self._walked[1])

    def measured(self, top: int = 10) -> list[WeightSlope]:
        """The steepest weights, each with what a small nudge downhill really does.

        Args:
            top: How many; each costs two runs of the network from its layer on.
        """
        return [measured(self._line(weight.name), weight) for weight in self.weights.top(top)]

    def notes(self, shown: Sequence[WeightSlope] = ()) -> list[str]:
        """What must be known before the numbers are trusted; empty if nothing is."""
        return notes(self.loss, self.weights, self._walked[2], shown)

    def slope(self, weight: str) -> Slope:
        """The slope of one weight, with what nudges really do, curvature and straight interval."""
        line = self._line(weight)
        return slope(line, at=line.start, name=weight)

    def receipt(self, weight: str, *, top: int = 5, row: int | None = None) -> Receipt:
        """The gradient of one weight written out as the product and sums that it is.

        Args:
            weight: Its name, such as `dense1.weight[3,2]`.
            top: How many summands and paths to list.
            row: Which of `rows` to write out; the one that carries most if left out.
        """
        return receipt(self.study, *self._find(weight), top=top, row=row, rows=self.rows)

    def nudge(self, weight: str, *, by: float) -> Nudge:
        """What adding `by` to one weight is foretold to do to the loss, and what it really does."""
        parameter, index = self._find(weight)
        return nudge(self._line(weight), float(self._walked[1][parameter][index]), by)

    def counterfactual(
        self, weight: str, *, interval: tuple[float, float] | None = None
    ) -> Counterfactual:
        """Loss, answers, examples mended and broken, had one weight been different; really run.

        Args:
            weight: Its name, such as `dense1.weight[3,2]`.
            interval: Where to look for its best value; as far to both sides as twice its size, and
                at least 1.
        """
        parameter, index = self._find(weight)
        initial = self._initial.get(parameter)
        return counterfactual(
            self._line(weight),
            initial=None if initial is None else float(initial[index]),
            interval=interval,
            rows=self.rows,
        )

    def mistake(self, row: int | None = None, *, top: int = 5) -> Mistake:
        """The weights that pushed one example wrong, and who is hurt if it is mended.

        Args:
            row: Which of `rows`; the one with the largest loss if left out.
            top: How many weights and examples to list.
        """
        chosen = self.examples[0].row if row is None else row
        return mistake(self.study, chosen, top=top, rows=self.rows)

    def culprits(self, *, top: int = 5) -> list[Culprit]:
        """The weights that give most of the loss back, each moved alone to its best value.

        Args:
            top: How many to name.
        """
        return culprits(self.study, top=top, initial=self._initial)

    @property
    def blame_price(self) -> Price:
        """What reading `blame` costs at least and at most, in gradients."""
        return PRICE

    @cached_property
    def blame(self) -> Blame:
        """The loss beyond that of the reference, shared out among the weights.

        Raises:
            OptionError: If it is counted from initial weights that are not known.
        """
        return blame(self.study, self._engine, reference=self.reference, initial=self._initial)

    def _find(self, weight: str) -> tuple[str, tuple[int, ...]]:
        return find_weight(weight, self.study.architecture.layout.shapes)

    def _line(self, weight: str) -> WeightLine:
        return WeightLine(self.study, *self._find(weight))

    def to_dict(self, *, top: int = 10) -> dict[str, Any]:
        """The numbers of the explanation, for JSON and for the page.

        Args:
            top: How many weights, neurons and examples to list.

        Returns:
            A dictionary with

            - `loss`, the mean over the examples, and `loss_name`;
            - `rows`, the numbers of the examples in their data set;
            - `weights`, the steepest first: `name`, `value`, `slope`, `share`, `direction`, and for
              a small nudge downhill `nudge`, `predicted` and `measured`; `weights_in_all`;
            - `layers` and `neurons`, shares by name, neurons the largest first;
            - `examples`, the worst first: `row`, `loss`, `share`, `answer`, `truth` (a list of
              values in the target's unit in regression), `right` (None there);
            - `classes`, the costliest first: `name`, `rows`, `loss`, `share`, `wrong`; empty in
              regression;
            - `network`: `inputs`, names or an empty list; `classes` likewise; `layers` in order,
              each with `name`, `kind` and what makes it (`in_features`, `out_features`,
              `activation`, or `rate`);
            - `notes`, sentences on what cannot be trusted.
        """
        from chainrule.report.explanation_text import as_dict

        return as_dict(self, top=top)

    def to_html(self, path: str | Path, *, top: int = 30) -> None:
        """Write one HTML file with all of it: drawing, weights, receipts, curves, run, health.

        The file loads nothing from elsewhere and can be printed.

        Args:
            path: The file, in a folder that exists; a page that was there is replaced.
            top: How many weights to list, and at most to open up in detail.

        Raises:
            DataError: If it cannot be written, or something else than a page lies there; what was
                there stays as it was.
        """
        from chainrule.model.health_checks import check_health
        from chainrule.report.html import check_path, page, write_page
        from chainrule.report.page_data import page_data

        check_path(path)
        health = check_health(self, history=self.history, trained=self.history is not None)
        data = page_data(self, history=self.history, data=self.data, health=health, top=top)
        write_page(path, page(data, plain=str(self)))

    def _repr_html_(self) -> str:
        from chainrule.report.notebook import explanation_html

        return explanation_html(self)

    def __repr__(self) -> str:
        return f"<explanation of {len(self.rows)} examples; print it, or ask for .weights>"

    def __str__(self) -> str:
        from chainrule.report.explanation_text import as_text

        return as_text(self)


def explain(
    network: Network, x: Any, y: Any, loss: str | None = None, reference: str = "initial"
) -> Explanation:
    """Explain the error of a network on some examples: which weights, and by how much.

    Args:
        network: The network; it is not changed.
        x: Inputs of shape `(rows, inputs)`, or one example.
        y: Class indices `(rows,)`, or targets; beside a data frame, in its own words.
        loss: The name of a loss; the one last fitted, or the one that suits the output.
        reference: What blame counts from: "initial" weights, or "zero".

    Returns:
        The explanation of the mean loss; `print` it, or ask it for more.

    Raises:
        ShapeError: If sizes do not fit together.
        OptionError: If there is no such loss or reference.
    """
    if not isinstance(network, Network):
        raise KindError(f"a Network was asked for; found {type(network).__name__}")
    inputs, t, chosen = network.as_batch(x, y, loss)
    recipe = network.recipe
    classes = recipe.task != "regression" if recipe else None
    multi_label = network.multi_label
    if multi_label is None:
        multi_label = not classes and is_multi_label(chosen, t)
    ready, copy = network.engine.for_study, network.engine.copy
    study = NetworkStudy(
        network.architecture,
        chosen,
        _for_study(network, network.parameters),
        ready(copy(inputs)),
        ready(copy(t)),
        classes=classes,
        class_names=recipe.class_names if recipe else (),
        questions=multi_label and t.shape[1] > 1,
        restore=recipe.restore if recipe and not classes else None,
    )
    return Explanation(
        study,
        reference=reference,
        initial=lambda: _for_study(network, network.initial_parameters),
        inputs=recipe.feature_names if recipe else (),
        engine=network.engine,
        history=network.history,
        data=(network.data_source and network.data_source.name) or "",
    )


def _for_study(network: Network, arrays: dict[str, Any]) -> dict[str, Any]:
    return {name: network.engine.for_study(array) for name, array in arrays.items()}
