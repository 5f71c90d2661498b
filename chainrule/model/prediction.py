"""From a network's outputs to its answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, final

from chainrule.arrays import namespace_of
from chainrule.data import Examples, Recipe
from chainrule.errors import NotANumberError, OptionError
from chainrule.nn import ACTIVATIONS, Loss, named_classes
from chainrule.ops import sigmoid, softmax
from chainrule.words import a_or_an

if TYPE_CHECKING:
    from chainrule.model.network import Network


@final
class Answers(list[str]):
    """The classes of rows by their names: a list that answers `.tolist()` and `.shape` as well.

    Example:
        >>> answers = Answers(["setosa", "virginica"])
        >>> answers.tolist(), answers.shape
        (['setosa', 'virginica'], (2,))
    """

    @property
    def shape(self) -> tuple[int]:
        """`(rows,)`."""
        return (len(self),)

    def tolist(self) -> list[str]:
        """The same as a plain list."""
        return list(self)


def chosen_classes(outputs: Any, threshold: float, *, multi_label: bool = False) -> Any:
    """The class of each example: the largest output, or the side of the threshold of the only one.

    Args:
        outputs: Activations of the output layer, of shape `(batch, outputs)`.
        threshold: Above it, an output that is alone or answers a question says yes.
        multi_label: Whether each output answers yes or no to a question of its own.

    Returns:
        Class indices of shape `(batch,)`; of several questions 1 for yes and 0 for no, of shape
        `(batch, outputs)`.

    Raises:
        NotANumberError: If an output is NaN, which is neither larger nor smaller than others.

    Example:
        >>> import chainrule.arrays as xp
        >>> chosen_classes(xp.asarray([[0.2], [0.7]]), 0.5).tolist()
        [0, 1]
        >>> outputs = xp.asarray([[0.2, 0.3], [0.7, 0.8]])
        >>> chosen_classes(outputs, 0.5, multi_label=True).tolist()
        [[0, 0], [1, 1]]
    """
    xp = namespace_of(outputs)
    lost = xp.any(xp.isnan(outputs), axis=1)
    if bool(xp.any(lost)):
        raise NotANumberError(
            f"the network answers row {int(xp.argmax(xp.where(lost, 1, 0)))} of x with nan, which "
            "is not a class: look for nan or very large numbers in that row and in the weights"
        )
    several = outputs.shape[1] > 1
    if several and not multi_label:
        return xp.argmax(outputs, axis=1)
    return xp.where((outputs if several else outputs[:, 0]) > threshold, 1, 0)


def answers_of(net: Network, examples: Examples) -> tuple[Sequence[str | float], list[list[float]]]:
    """Answers in the words and units of the network's table, and the outputs behind them."""
    recipe, threshold = net.recipe, net.architecture.threshold
    assert recipe is not None
    with net.engine.scope():
        outputs = net.forward(examples)
        numbers = [list(map(float, row)) for row in outputs.tolist()]
        if recipe.class_names:
            return named_classes(outputs, threshold, recipe.class_names), numbers
        return recipe.restore([row[0] for row in numbers]), numbers


def in_own_unit(recipe: Recipe, outputs: Any) -> Any:
    """Outputs of a regression in the unit of the target that the recipe scales, in float64."""
    xp = namespace_of(outputs)
    values = recipe.restore(xp.reshape(outputs, (-1,)).tolist())
    return xp.reshape(xp.asarray(values, dtype=xp.float64), outputs.shape)


def probabilities(z: Any, loss: Loss, activation: str) -> Any:
    """The probability of each class, from the scores of the output layer.

    Args:
        z: Weighted sums of the output layer, of shape `(batch, outputs)`.
        loss: What being wrong costs; its link says what scores mean.
        activation: The activation of the output layer.

    Returns:
        Shares of shape `(batch, classes)`; one output makes two classes.

    Raises:
        OptionError: If the network does not give probabilities.
    """
    link = loss.link or ACTIVATIONS.link(activation)
    if link == "softmax":
        return softmax(z)
    if link != "sigmoid":
        raise OptionError(
            "probabilities need a softmax or sigmoid output or its cross-entropy; this network "
            f"has {a_or_an(activation)} output and {loss.name}"
        )
    p = sigmoid(z)
    return namespace_of(z).concat([1 - p, p], axis=1) if p.shape[1] == 1 else p
