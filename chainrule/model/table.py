"""From a table to a trained network in one call."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, final

from chainrule.arrays import Generator
from chainrule.data import Prepared, ReadingOptions, Recipe, Table, prepare
from chainrule.engines import Engine, choose_engine
from chainrule.errors import OptionError
from chainrule.model.data_source import DataSource
from chainrule.model.network import Network
from chainrule.model.rows import Rows, as_table
from chainrule.model.scores import Scores, score
from chainrule.nn import Dense, Dropout, Layer, choose_loss
from chainrule.train import History, Schedule, require_whole

_STEPS = 1000
_FEWEST_EPOCHS, _MOST_EPOCHS = 10, 500


@final
@dataclass(frozen=True)
class TrainedTable:
    """A network trained on a table, and what was done.

    Attributes:
        net: The network; it keeps the recipe and where the table came from.
        history: What was measured, epoch by epoch.
        train: The rows it learned from.
        held_out: The rows it never saw; None where none were held out.
        sentences: What was read and done, a sentence for each thing worth knowing.
    """

    net: Network
    history: History
    train: Rows
    held_out: Rows | None
    sentences: tuple[str, ...]

    @property
    def source(self) -> str:
        """What the table is called."""
        return self.train.source

    @property
    def rows(self) -> tuple[int, int]:
        """How many rows it learned from, and how many were held out."""
        return len(self.train), len(self.held_out) if self.held_out else 0

    def scores(self) -> tuple[Scores, Scores | None]:
        """How well it does on the rows it learned from, and on those held out."""
        return score([self.train]), score([self.held_out]) if self.held_out else None

    def tested(self) -> Scores:
        """How well it does on the rows held out; where there are none, on those it learned from."""
        return score([self.held_out or self.train])


def train_on_table(
    data: object,
    target: str | None = None,
    *,
    task: str | None = None,
    labels: str | Path | None = None,
    types: Mapping[str, str] | None = None,
    reading: ReadingOptions | None = None,
    layers: Sequence[int] = (16, 16),
    activation: str = "relu",
    dropout: float = 0.0,
    loss: str | None = None,
    validation: float = 0.2,
    epochs: int | None = None,
    batch_size: int = 32,
    learning_rate: float = 0.01,
    schedule: str | Schedule | None = "cosine",
    l2: float = 0.001,
    seed: int = 0,
    engine: str | Engine = "auto",
    dtype: str | None = None,
    **fit: Any,
) -> TrainedTable:
    """Read a table, hold out rows, learn the recipe from the others, and train a network on them.

    The output layer follows from the target: one sigmoid unit for two classes, softmax for more,
    one identity unit for numbers.

    Args:
        data: A file, a built-in name, a table or a data frame.
        target: The column to predict; the table's own, or else the last one, if left out.
        task: "classification" or "regression" overrides what is recognised.
        labels: For IDX images, the file of their labels when it does not lie beside them.
        types: What columns hold, by name: "number", "category", "date", "text" or "ignore".
        reading: What there is to say of how the table's texts are written.
        layers: The number of neurons of each hidden layer; empty for none.
        activation: What the hidden neurons make of their weighted sums.
        dropout: The probability of silencing a hidden neuron while learning.
        loss: The name of a loss; the one that suits the target if left out.
        validation: The part of the rows to hold out, classes in equal shares.
        epochs: How often every row is seen; if left out, as often as makes about 1,000 steps, from
            10 to 500 epochs.
        batch_size: Rows per step.
        learning_rate: Per step, at first.
        schedule: How the learning rate moves over the run.
        l2: λ of `λ Σ w²`; tables are small, and a little of it keeps weights from growing.
        seed: Decides held-out rows, first weights, shuffles and dropout masks.
        engine: What to run on: "auto", "python", "numpy", "jax" or an engine.
        dtype: The number kind to train in.
        **fit: Everything else that `Network.fit` takes.

    Returns:
        The network and what was done.

    Raises:
        DataError: If the table cannot be used.
        OptionError: If an option is not possible.
        NotANumberError: If the loss leaves the finite numbers.

    Example:
        >>> done = train_on_table("iris", epochs=20, engine="python", progress=False)
        >>> len(done.train), len(done.held_out), done.net.recipe.class_names
        (120, 30, ('setosa', 'versicolor', 'virginica'))
    """
    table = as_table(data, target=target, labels=labels, reading=reading)
    shuffler = Generator(seed).spawn("validation")
    chosen = choose_engine(engine)
    agree = partial(agreed_recipe, chosen)
    ready = prepare(
        table,
        table.target,
        task,
        validation=validation,
        generator=shuffler,
        types=types,
        agree=agree,
    )
    stack = suited_layers(ready.recipe, layers, activation=activation, dropout=dropout, loss=loss)
    net = Network(stack, seed=seed, engine=chosen, dtype=dtype)
    net.recipe = ready.recipe
    held_out_rows = () if ready.validation is None else tuple(ready.validation.row_numbers)
    name = str(data) if isinstance(data, str | Path) else None
    net.data_source = DataSource(
        name,
        table.sha256,
        table.rows,
        held_out_rows,
        None if labels is None else str(labels),
        reading=None if reading is None else asdict(reading),
    )
    train = Rows(net, ready.train, table.source)
    held_out = None
    if ready.validation is not None:
        held_out = Rows(net, ready.validation, table.source, frozenset(held_out_rows))
    history = net.fit(
        train.examples,
        train.y,
        epochs=suited_epochs(len(train), batch_size) if epochs is None else epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        schedule=schedule,
        loss=loss,
        l2=l2,
        validation=(held_out.examples, held_out.y) if held_out else None,
        **fit,
    )
    return TrainedTable(net, history, train, held_out, _sentences(table, ready))


def agreed_recipe(engine: Engine, recipe: Recipe) -> Recipe:
    """The recipe that all processes which train together use: the leading one's."""
    data = engine.hand_out(json.dumps(recipe.to_dict()).encode())
    return Recipe.from_dict(json.loads(data)) if engine.processes > 1 else recipe


def suited_layers(
    recipe: Recipe,
    sizes: Sequence[int],
    *,
    activation: str = "relu",
    dropout: float = 0.0,
    loss: str | None = None,
) -> list[Layer]:
    """Hidden layers of the given sizes, and the output layer that the recipe's target asks for.

    Args:
        recipe: How rows become inputs and targets.
        sizes: The number of neurons of each hidden layer; empty for none.
        activation: What the hidden neurons make of their weighted sums.
        dropout: The probability of silencing a hidden neuron while learning.
        loss: The name of a loss; the one that suits the target if left out.

    Raises:
        OptionError: If the loss does not fit the target.
    """
    if isinstance(sizes, str) or not isinstance(sizes, Iterable):
        raise OptionError(
            f"layers is {sizes!r}: give the sizes of the hidden layers in a list, such as [16, 16]"
        )
    widths = [len(recipe.feature_names), *sizes]
    found: list[Layer] = []
    for inputs, neurons in pairwise(widths):
        found.append(Dense(inputs, neurons, activation))
        if dropout:
            found.append(Dropout(dropout))
    return [*found, _output(widths[-1], recipe, loss)]


def _output(inputs: int, recipe: Recipe, loss: str | None) -> Dense:
    """The output layer that the target and the loss between them ask for."""
    classes = len(recipe.class_names)
    if not classes:
        if loss is not None and choose_loss(loss, "identity", 2).targets != "values":
            raise OptionError(
                f"the loss {loss} is for classes, and {recipe.target.column} holds numbers; "
                "choose mean_squared_error, mean_absolute_error or huber, or task classification"
            )
        return Dense(inputs, 1, "identity")
    outputs = 1 if classes == 2 and loss != "cross_entropy" else classes
    if loss == "hinge":
        return Dense(inputs, outputs, "identity")
    sigmoid = outputs == 1 or loss == "binary_cross_entropy"
    return Dense(inputs, outputs, "sigmoid" if sigmoid else "softmax")


def suited_epochs(rows: int, batch_size: int) -> int:
    """As many epochs as make about `_STEPS` steps, within reason."""
    require_whole("batch_size", batch_size)
    steps = -(-rows // batch_size)
    return min(max(round(_STEPS / steps), _FEWEST_EPOCHS), _MOST_EPOCHS)


def _sentences(table: Table, ready: Prepared) -> tuple[str, ...]:
    notes = ready.train.notes + (ready.validation.notes if ready.validation else ())
    return tuple(dict.fromkeys((*table.notes, *ready.recipe.describe(), *ready.told, *notes)))
