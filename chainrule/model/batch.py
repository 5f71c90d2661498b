"""What a user gives a network, as a batch of its engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainrule.data import Recipe, is_frame, read_column, read_frame
from chainrule.errors import ShapeError
from chainrule.model.numbers import as_numbers
from chainrule.model.plain_rows import warn_of_own_units
from chainrule.nn import Loss, encode_targets

if TYPE_CHECKING:
    from chainrule.model.network import Network


def recipe_for(network: Network, x: Any) -> Recipe | None:
    """What reads the inputs: the network's recipe, if they are a data frame, as its table was."""
    return network.recipe if is_frame(x) else None


def as_inputs(network: Network, x: Any) -> Any:
    """Inputs as the engine's table of the network's number kind.

    A data frame that is given to a network with a recipe is read by it, as the table that the
    network was trained on was.
    """
    xp, engine = network.engine.xp, network.engine
    if recipe := recipe_for(network, x):
        examples = recipe.features_only(read_frame(x))
        return engine.asarray(examples.x, dtype=network.dtype, shape=examples.shape)
    made = as_numbers(engine, x, dtype=network.dtype)
    if len(made.shape) == 0:
        raise ShapeError("x is one number or none; give a list with one for each input")
    if made.shape == (0,):  # a table without rows has lost its columns as a list
        return xp.reshape(made, (0, network.architecture.input.in_features))
    made = xp.reshape(made, (1, -1)) if len(made.shape) == 1 else made
    if network.recipe is not None and len(made.shape) == 2:
        warn_of_own_units(network.recipe, made[:5].tolist())
    return made


def as_batch(network: Network, x: Any, y: Any, loss: str | None = None) -> tuple[Any, Any, Loss]:
    """Inputs and encoded targets as the engine's tables, and the loss between them.

    Beside a data frame that a recipe reads, targets are in the table's own words and units, too.
    """
    xp, chosen = network.engine.xp, network.loss_for(loss)
    inputs = as_inputs(network, x)
    if inputs.shape[0] == 0:
        raise ShapeError("there are no examples: x has 0 rows; give at least one")
    if recipe := recipe_for(network, x):
        y = recipe.targets_only(read_column(recipe.target.column, y))
    targets = as_numbers(network.engine, y)
    if len(targets.shape) == 0:
        targets = xp.reshape(targets, (1,))
    if len(targets.shape) == 1 and inputs.shape[0] == 1 != targets.shape[0]:
        targets = xp.reshape(targets, (1, -1))
    outputs = network.architecture.output.out_features
    assert outputs is not None
    return inputs, encode_targets(targets, chosen, outputs, inputs), chosen
