"""The explanation of a network's error: which weights, and by how much."""

from __future__ import annotations

from functools import cached_property
from typing import Any, final

from chainrule.arrays import namespace_of
from chainrule.autodiff import Tensor, backward
from chainrule.engines import Engine, choose_engine
from chainrule.explanations.blame import PRICE, Blame, blame, check_reference
from chainrule.explanations.line import Setting, WeightLine
from chainrule.explanations.nudge import Nudge, nudge
from chainrule.explanations.price import Price
from chainrule.explanations.ranking import Ranking
from chainrule.explanations.receipt import Receipt, receipt
from chainrule.explanations.slope import Slope, slope
from chainrule.explanations.wording import find_weight
from chainrule.model.network import Network


@final
class Explanation:
    """Which weights make up the loss on some examples; numbers are worked out as they are read.

    Everything is computed in float64, from a copy of the weights as they were when it was made.

    Attributes:
        setting: The network, its weights and the examples.
        reference: What blame counts from: "initial" weights, or "zero".
        rows: The numbers of the examples in their data set, for the sentences.

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
        setting: Setting,
        *,
        reference: str = "initial",
        initial: dict[str, Any] | None = None,
        rows: tuple[int, ...] | None = None,
        engine: Engine | None = None,
    ) -> None:
        check_reference(reference)
        self.setting = setting
        self.reference = reference
        self.rows = rows or tuple(range(setting.x.shape[0]))
        self._initial = initial or {}
        self._engine = engine or choose_engine("auto")

    @cached_property
    def _walked(self) -> tuple[Any, dict[str, Any]]:
        """The examples' losses and the gradient of their mean, from one walk."""
        weights = {name: Tensor(w, name=name) for name, w in self.setting.parameters.items()}
        total = self.setting.mean_loss(weights)
        gradients = backward(total, list(weights.values()))
        return total.value, dict(zip(weights, gradients, strict=True))

    @property
    def loss(self) -> float:
        """The mean loss over the examples."""
        return float(self._walked[0])

    @property
    def gradients(self) -> dict[str, Any]:
        """The gradient of every parameter, by name."""
        return dict(self._walked[1])

    @cached_property
    def example_losses(self) -> list[float]:
        """The loss of each example."""
        losses: list[float] = self.setting.example_losses().tolist()
        return losses

    @cached_property
    def weights(self) -> Ranking:
        """Every weight, the steepest slope first, with its share."""
        return Ranking(self.setting.parameters, self._walked[1])

    def slope(self, weight: str) -> Slope:
        """The slope of one weight, with what nudges really do, curvature and straight interval."""
        line = self._line(weight)
        return slope(line, at=line.at, name=weight)

    def receipt(self, weight: str, *, top: int = 5, row: int | None = None) -> Receipt:
        """The gradient of one weight written out as the product and sums that it is.

        Args:
            weight: Its name, such as `dense1.weight[3,2]`.
            top: How many summands and paths to list.
            row: Which of several examples to write out, from 0; the one that carries most.
        """
        return receipt(self.setting, *self._find(weight), top=top, row=row)

    def nudge(self, weight: str, *, by: float) -> Nudge:
        """What adding `by` to one weight is foretold to do to the loss, and what it really does."""
        parameter, index = self._find(weight)
        return nudge(self._line(weight), float(self._walked[1][parameter][index]), by)

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
        return blame(self.setting, self._engine, reference=self.reference, initial=self._initial)

    def _find(self, weight: str) -> tuple[str, tuple[int, ...]]:
        return find_weight(weight, self.setting.architecture.layout.shapes)

    def _line(self, weight: str) -> WeightLine:
        return WeightLine(self.setting, *self._find(weight))

    def to_dict(self, *, top: int = 10) -> dict[str, Any]:
        """The numbers of the explanation, for JSON.

        Args:
            top: How many weights and neurons to list.
        """
        from chainrule.report.explanation_text import as_dict

        return as_dict(self, top=top)

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
        y: Class indices `(rows,)`, or targets.
        loss: The name of a loss; the one last fitted, or the one that suits the output.
        reference: What blame counts from: "initial" weights, or "zero".

    Returns:
        The explanation of the mean loss; `print` it, or ask it for more.

    Raises:
        ShapeError: If sizes do not fit together.
        OptionError: If there is no such loss or reference.
    """
    inputs, t, chosen = network.as_batch(x, y, loss)
    setting = Setting(
        network.architecture,
        chosen,
        _in_float64(network, network.parameters),
        *_in_float64(network, {"x": inputs, "t": t}).values(),
    )
    return Explanation(
        setting,
        reference=reference,
        initial=_in_float64(network, network.initial_parameters),
        engine=network.engine,
    )


def _in_float64(network: Network, arrays: dict[str, Any]) -> dict[str, Any]:
    return {name: network.engine.for_study(array) for name, array in arrays.items()}
