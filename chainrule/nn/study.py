"""What every explanation is about: a loss over named parameters and examples."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from math import fsum, isnan, nan
from typing import Any, final

from chainrule.arrays import asarray, namespace_of
from chainrule.autodiff import Tensor, backward, called, differentiable, tape
from chainrule.errors import (
    KindError,
    OptionError,
    ShapeError,
    as_whole,
    is_whole,
    require_kind,
    shown,
)
from chainrule.nn.architecture import Architecture
from chainrule.nn.layers import ACTIVATIONS, Dense
from chainrule.nn.layout import Layout, find_weight
from chainrule.nn.losses import Loss, differentiate, losses_from_scores, named_classes
from chainrule.nn.standing import Standing
from chainrule.ops import mean, reshape, weighted_sum, where
from chainrule.words import listed, plural

Parameters = dict[str, Any]

LARGE_INPUT = 10.0
"""The root mean square above which an input outweighs the others and saturates what reads it; of
one that was scaled as in training, that of rows which are unlike all that it learned from."""


class Study(ABC):
    """A loss over named parameters and examples: what every explanation is about.

    Attributes:
        parameters: Every array by name.
        rows: The numbers of the examples in their data set.
    """

    parameters: Parameters
    rows: tuple[int, ...]

    @property
    @abstractmethod
    def loss_name(self) -> str:
        """What the loss is called."""

    @abstractmethod
    def scores(self, parameters: Parameters | None = None) -> Any:
        """What losses and answers are read from; with other weights if they are given."""

    @abstractmethod
    def scores_along(self, parameter: str, index: tuple[int, ...]) -> Callable[[Any], Any]:
        """The same as a function of one weight's value; a tensor keeps its tape."""

    @abstractmethod
    def losses_from(self, scores: Any) -> Any:
        """The loss of each example, of shape `(rows,)`."""

    @abstractmethod
    def standing_from(self, scores: Any) -> Standing:
        """Losses, answers, and which of them are right."""

    def losses(self, parameters: Parameters | None = None) -> Any:
        """The loss of each example, of shape `(rows,)`; with other weights if they are given."""
        return self.losses_from(self.scores(parameters))

    def loss(self, parameters: Parameters | None = None) -> Any:
        """The mean loss; with other weights if they are given."""
        return mean(self.losses(parameters))

    def standing(self, parameters: Parameters | None = None) -> Standing:
        """How the model does on every example; with other weights if they are given."""
        return self.standing_from(self.scores(parameters))

    def walk(self) -> tuple[Tensor, Parameters]:
        """The mean loss with its tape, and its gradient by every parameter, from one walk back."""
        return differentiate(self.loss, self.parameters)

    @property
    def gradients(self) -> Parameters:
        """The gradient of the mean loss, by name."""
        return self.walk()[1]

    def at(self, flat: Any) -> tuple[Any, Any]:
        """The mean loss and its flat gradient at flat weights, in the order of the layout."""
        xp = namespace_of(flat)
        loss, gradients = differentiate(self.loss, self.layout.split(xp, flat))
        return loss.value, self.layout.join(xp, gradients)

    @cached_property
    def layout(self) -> Layout:
        """Where each parameter lies in one flat vector."""
        return Layout({name: tuple(array.shape) for name, array in self.parameters.items()})

    def place_of_row(self, row: int) -> int:
        """Where the example with a row number stands among the examples.

        Raises:
            OptionError: If there is none.
        """
        row = as_whole(row)
        if not is_whole(row) or row not in self.rows:
            raise OptionError(
                f"there is no row {shown(row)} among the {len(self.rows)} explained, "
                f"{min(self.rows)} to {max(self.rows)}"
            )
        return self.rows.index(row)

    def find(self, weight: str) -> tuple[str, tuple[int, ...]]:
        """The parameter and the index of a weight called by its name.

        Raises:
            OptionError: If there is no such weight.
        """
        return find_weight(weight, self.layout.shapes)

    def value(self, weight: str) -> float:
        """A weight, called by its name, as it is."""
        parameter, index = self.find(weight)
        return float(self.parameters[parameter][index])

    def parameters_with(self, values: Mapping[str, float]) -> Parameters:
        """The parameters with other values for some weights, by their names."""
        arrays = dict(self.parameters)
        for weight, value in values.items():
            parameter, index = self.find(weight)
            arrays[parameter] = with_entry(arrays[parameter], index, value)
        return arrays


@final
@dataclass(frozen=True)
class FunctionStudy(Study):
    """Any function of named arrays that gives one loss for each example, or one number.

    Args:
        function: Takes a dict of arrays and returns losses of shape `(rows,)`, or one number;
            written with operators and chainrule's ops.
        parameters: The arrays by name; numbers and lists become arrays.
        rows: The numbers of the examples; counted from 0 if left out.

    Raises:
        KindError: If the parameters are no dict of numbers and arrays.
        ShapeError: If the function returns something else, or not as many losses as rows.

    Example:
        >>> study = FunctionStudy(lambda p: (p["w"] - 3) ** 2, {"w": [5.0, 2.0]})
        >>> study.losses().tolist(), float(study.loss()), study.gradients["w"].tolist()
        ([4.0, 1.0], 2.5, [2.0, -1.0])
    """

    function: Callable[[Parameters], Any]
    parameters: Parameters
    rows: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "parameters", named_arrays(self.parameters))
        object.__setattr__(self, "rows", _row_numbers(self.rows, self.losses().shape[0]))

    @property
    def loss_name(self) -> str:
        """The function's own name."""
        name = getattr(self.function, "__name__", "losses")
        return "losses" if name == "<lambda>" else name

    def scores(self, parameters: Parameters | None = None) -> Any:
        """The losses themselves: nothing else is known of a function."""
        losses = called(self.function, dict(parameters or self.parameters))
        if not hasattr(losses, "__array_namespace__"):
            losses = asarray(losses)
        if str(losses.dtype).startswith("complex"):
            raise KindError("the function gave complex losses, and a loss is real: use abs, say")
        if len(losses.shape) > 1 or losses.shape == (0,):
            do = "give it an example" if 0 in losses.shape else "sum or average the other axes"
            raise ShapeError(
                "the function must give one loss for each example, of shape (rows,), or one "
                f"number; it gave shape {tuple(losses.shape)}: {do}"
            )
        return losses if losses.shape else reshape(losses, (1,))

    def walk(self) -> tuple[Tensor, Parameters]:
        """See `Study`.

        Raises:
            KindError: If the losses are found to depend on none of the arrays.
        """
        loss, gradients = super().walk()
        if loss.origin is None:
            raise KindError(
                f"the losses do not depend on {listed(list(self.parameters), most=3)} by "
                "operators and ops of cr alone, so all slopes would be 0: leave out what makes "
                "other numbers of the arrays, such as .tolist() or .value"
            )
        return loss, gradients

    def scores_along(self, parameter: str, index: tuple[int, ...]) -> Callable[[Any], Any]:
        """The losses as a function of one weight's value: all of the function is run again."""
        whole = self.parameters[parameter]
        return lambda value: self.scores(
            {**self.parameters, parameter: with_entry(whole, index, value)}
        )

    def losses_from(self, scores: Any) -> Any:
        """The scores are the losses."""
        return scores

    def standing_from(self, scores: Any) -> Standing:
        """The losses alone: a function gives no answers."""
        return Standing(_floats(scores), (None,) * len(self.rows), None)


def named_arrays(parameters: Any) -> Parameters:
    """The arrays of a dict; numbers and lists become arrays, and whole numbers floats.

    Raises:
        KindError: If it is no dict of numbers and arrays.
    """
    if not isinstance(parameters, Mapping) or not parameters:
        raise KindError(
            "the arrays of a function are given by name, in a dict; found "
            f"{'an empty dict' if isinstance(parameters, Mapping) else type(parameters).__name__}"
        )
    for name, array in parameters.items():
        require_kind(name, str, "a parameter goes by a name", f"write it as {str(name)!r}")
        if isinstance(array, Mapping | str) or array is None:
            raise KindError(
                f"parameter {name!r} must be an array or a number; found "
                f"{type(array).__name__}: give each array a name of its own, such as 'block1.query'"
            )
    arrays = {name: differentiable(array) for name, array in parameters.items()}
    for name, array in arrays.items():
        if str(array.dtype).startswith("complex"):
            raise KindError(f"parameter {name!r} is complex, and a weight is real: split it in two")
    return arrays


@final
@dataclass(frozen=True)
class LayerUse:
    """A layer's weights at work on a batch: what went in, what came out, what came back.

    Attributes:
        layer: The layer's name.
        x: What went in, of shape `(batch, in_features)`.
        z: The weighted sums, of shape `(batch, out_features)`.
        g: `∂L_n/∂z` of each example's own loss, of the shape of z.
    """

    layer: str
    x: Any
    z: Any
    g: Any

    @property
    def weight(self) -> str:
        """The name of the layer's weights."""
        return f"{self.layer}.weight"

    @property
    def bias(self) -> str:
        """The name of the layer's biases."""
        return f"{self.layer}.bias"


@final
@dataclass(frozen=True)
class NetworkStudy(Study):
    """A network, its weights and some examples; it knows its layers.

    Attributes:
        architecture: The network.
        loss_function: What being wrong costs.
        parameters: Every array of the layout, by name.
        x: Inputs, of shape `(batch, in_features)`.
        t: Encoded targets, of shape `(batch, out_features)`.
        classes: Whether the answers are classes; None where output and loss tell.
        class_names: The names of the classes; empty where they go by their numbers.
        input_names: The names of the inputs; empty where they go by their numbers.
        input_scales: For each input the factor and the offset that lead back to its own unit; empty
            where inputs are in it.
        multi_label: Whether each output answers yes or no to a question of its own, rather than all
            of them naming one class.
        restore: From values as the network gives them to those in the target's own unit; None where
            they are the same.
        rows: The numbers of the examples in their data set; counted from 0 if left out.
        weights: How much each example counts: its loss is then its own times its weight, divided by
            the mean weight, so that their mean is `Σ w L / Σ w`. None where all count the same.
    """

    architecture: Architecture
    loss_function: Loss
    parameters: Parameters
    x: Any
    t: Any
    classes: bool | None = None
    class_names: tuple[str, ...] = ()
    input_names: tuple[str, ...] = ()
    input_scales: tuple[tuple[float, float], ...] = ()
    multi_label: bool = False
    restore: Callable[[Sequence[float]], list[float]] | None = None
    rows: tuple[int, ...] = ()
    weights: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", _row_numbers(self.rows, self.x.shape[0]))

    @property
    def loss_name(self) -> str:
        """The loss by its name."""
        return self.loss_function.name

    @property
    def classifies(self) -> bool:
        """Whether the answers are classes rather than values."""
        if self.classes is not None:
            return self.classes
        return self.loss_function.classifies(self.architecture.output.activation)

    def scores(self, parameters: Parameters | None = None) -> Any:
        """The last layer's weighted sums, of shape `(batch, outputs)`.

        What comes into the first layer with other arrays is as it was, and worked out once.
        """
        given = parameters or self.parameters
        for n, name in enumerate(self.dense):
            own = self.arrays(name).items()
            if any(given[f"{name}.{short}"] is not array for short, array in own):
                x = self.sums[name][0] if n else self.x
                return self.architecture.scores(given, x, first=name)
        return self.sums[self.architecture.output_name][1]

    def scores_along(self, parameter: str, index: tuple[int, ...]) -> Callable[[Any], Any]:
        """The last layer's weighted sums as a function of one weight's value.

        Only the weight's own neuron and what comes after it can change, so what comes in is worked
        out once, and a call runs the neuron and the later layers again, with the network's own ops.
        """
        layer = parameter.partition(".")[0]
        (x, z), (neuron, *entry) = self.sums[layer], index
        xp, own = namespace_of(x), self.dense[layer]
        row, short = slice(neuron, neuron + 1), "weight" if entry else "bias"
        arrays = {name: array[row] for name, array in self.arrays(layer).items()}
        whole = arrays[short]
        here = xp.equal(xp.arange(whole.shape[-1]), entry[0] if entry else 0)
        column = xp.equal(xp.arange(z.shape[1]), neuron)

        def scores(value: Any) -> Any:
            again = own.scores({**arrays, short: where(here, value, whole)}, x)
            return self.scores_from(layer, where(column, again, z))

        return scores

    def scores_from(self, layer: str, z: Any) -> Any:
        """The last layer's weighted sums, where those of a layer are `z`."""
        names = list(self.dense)
        for before, name in pairwise(names[names.index(layer) :]):
            a = ACTIVATIONS[self.dense[before].activation](z)
            z = self.dense[name].scores(self.arrays(name), a)
        return z

    def losses_from(self, scores: Any) -> Any:
        """The loss of each example, from the last layer's weighted sums."""
        return self.weighed(
            losses_from_scores(self.architecture, self.loss_function, scores, self.t)
        )

    def weighed(self, losses: Any) -> Any:
        """Losses of shape `(..., rows)`, each as much as its example counts."""
        return losses if self._factors is None else losses * self._factors

    @cached_property
    def _factors(self) -> Any:
        if self.weights is None or len(self.weights) == 1:
            return None
        mean_weight = fsum(self.weights) / len(self.weights)
        factors = [weight / mean_weight for weight in self.weights]
        return namespace_of(self.t).asarray(factors, dtype=self.t.dtype)

    def standing_from(self, scores: Any) -> Standing:
        """Losses, answers, and which of them are right, from the last layer's weighted sums."""
        answers, right = self.answers_from(scores), None
        if self.classifies:
            right = tuple(a == t for a, t in zip(answers, self.truths, strict=True))
        return Standing(_floats(self.losses_from(scores)), tuple(answers), right)

    def answers_from(self, scores: Any) -> list[Any]:
        """The answer to each example: a class by name or index, or a list of values or of yes/no.

        Args:
            scores: The last layer's weighted sums.
        """
        architecture = self.architecture
        return self._read(architecture.activate(scores), architecture.threshold)

    @property
    def answers(self) -> list[Any]:
        """The answer to each example, with the weights as they are."""
        return self.answers_from(self.scores())

    @cached_property
    def truths(self) -> list[Any]:
        """What the answers should have been, in the same form."""
        return self._read(self.t, self.loss_function.target_threshold)

    def _read(self, table: Any, threshold: float) -> list[Any]:
        """Classes or values from a table of outputs or targets; a yes is above the threshold."""
        rows = table.tolist()
        if self.multi_label:
            return [[nan if isnan(value) else int(value > threshold) for value in r] for r in rows]
        if not self.classifies:
            return [self.restore(row) for row in rows] if self.restore else rows
        return named_classes(table, threshold, self.class_names or range(len(rows[0]) + 1))

    @cached_property
    def dense(self) -> dict[str, Dense]:
        """The layers that compute something in prediction, where dropout is silent."""
        layers = self.architecture.layers
        return {name: layer for name, layer in layers.items() if isinstance(layer, Dense)}

    @cached_property
    def sums(self) -> dict[str, tuple[Any, Any]]:
        """What comes into each layer, and its weighted sums, as the weights are."""
        x, sums = self.x, {}
        for name, layer in self.dense.items():
            z = layer.scores(self.arrays(name), x)
            sums[name] = x, z
            x = ACTIVATIONS[layer.activation](z)
        return sums

    @property
    def uses(self) -> list[LayerUse]:
        """What every layer saw, gave and got back, from one walk, first layer first.

        Up to the weights, row n of every gradient in the walk belongs to example n alone.
        """
        weights = {name: Tensor(w, name=name) for name, w in self.parameters.items()}
        losses = self.losses(weights)
        sums = [z for z in tape(losses) if z.origin and z.origin.primitive is weighted_sum]
        returned = backward(losses, sums, seed=namespace_of(losses.value).ones_like(losses.value))
        uses = []
        for z, g in zip(sums, returned, strict=True):
            x, weight, _ = z.origin.inputs  # type: ignore[union-attr]  # chosen for its origin
            values = x.value if type(x) is Tensor else x
            uses.append(LayerUse(weight.name.partition(".")[0], values, z.value, g))
        return uses

    def arrays(self, layer: str) -> Parameters:
        """A layer's own arrays by their short names."""
        return {short: self.parameters[f"{layer}.{short}"] for short in ("weight", "bias")}

    def only(self, places: Sequence[int]) -> NetworkStudy:
        """The same about some of the examples, by their places."""
        xp = namespace_of(self.x)
        x, t = (xp.take(table, xp.asarray(places), axis=0) for table in (self.x, self.t))
        weights = self.weights and tuple(self.weights[place] for place in places)
        rows = tuple(self.rows[place] for place in places)
        return replace(self, x=x, t=t, rows=rows, weights=weights)


def large_inputs(x: Any) -> dict[int, float]:
    """The places of inputs whose root mean square is above `LARGE_INPUT`, and that.

    Args:
        x: Inputs, of shape `(batch, in_features)`.
    """
    sizes = [square**0.5 for square in namespace_of(x).mean(x * x, axis=0).tolist()]
    return {n: size for n, size in enumerate(sizes) if not size <= LARGE_INPUT}


def with_entry(array: Any, index: tuple[int, ...], value: Any) -> Any:
    """An array with another number in one place; that of a tensor keeps its tape."""
    xp, here = namespace_of(array), True
    for axis, (place, size) in enumerate(zip(index, array.shape, strict=True), start=1):
        own = xp.reshape(xp.equal(xp.arange(size), place), (size,) + (1,) * (len(index) - axis))
        here = own if axis == 1 else xp.logical_and(here, own)
    return where(here, value, array)


def _row_numbers(rows: tuple[int, ...], count: int) -> tuple[int, ...]:
    """The numbers of so many examples, counted from 0 where none are given."""
    if rows and len(rows) != count:
        raise ShapeError(
            f"there {'is' if len(rows) == 1 else 'are'} {plural(len(rows), 'row number')} for "
            f"{plural(count, 'example')}: give one for each"
        )
    return rows or tuple(range(count))


def _floats(losses: Any) -> tuple[float, ...]:
    return tuple(map(float, losses.tolist()))
