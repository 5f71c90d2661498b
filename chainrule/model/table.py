"""From a table to a trained network in one call."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from inspect import signature
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar, final

from chainrule.arrays import Generator
from chainrule.data import (
    ColumnChoice,
    Division,
    Examples,
    Prepared,
    ReadingOptions,
    Recipe,
    Table,
    column_types,
    load,
    prepare,
)
from chainrule.engines import Engine, choose_engine
from chainrule.errors import (
    OptionError,
    iterates,
    require_callable,
    require_known,
    require_share,
    require_switch,
    require_whole,
    shown,
)
from chainrule.model.data_source import DataSource
from chainrule.model.fitting import weights_of_rows
from chainrule.model.network import Network
from chainrule.model.rows import Rows
from chainrule.model.scores import Scores
from chainrule.model.scoring import scores_of
from chainrule.nn import Dense, Dropout, Layer, choose_loss
from chainrule.train import EarlyStopping, History, Schedule, TrainingOptions
from chainrule.words import cell, safe

_FEWEST_EPOCHS, _MOST_EPOCHS = 10, 500


@final
@dataclass(frozen=True)
class SuitedOptions:
    """What a table gets where nothing else is asked for.

    Attributes:
        layers: The number of neurons of each hidden layer.
        learning_rate: Per step, at first.
        steps: How many steps its epochs make, about.
    """

    layers: tuple[int, ...]
    learning_rate: float
    steps: int


_SMALL = SuitedOptions((16, 16), learning_rate=0.01, steps=1000)
_WIDER = {
    1500: SuitedOptions((128, 128), learning_rate=0.005, steps=2000),
    500: SuitedOptions((64, 64), learning_rate=0.005, steps=2000),
}
"""Layers by the fewest rows to learn from; `python -m benchmarks tables` measures them."""

_STEPS_A_ROW = 2
ENOUGH_TO_CHOOSE = 6
"""So many held-out rows choose the best epoch, at least: fewer choose by chance."""

PARTS = 16
"""In how many parts columns of numbers are laid out at most, where there are rows enough."""


@final
@dataclass(frozen=True, kw_only=True)
class NetworkOptions:
    """What is asked of a network for a table, in the words of `train_on_table`."""

    layers: Sequence[int] | None = None
    activation: str = "relu"
    dropout: float = 0.0
    loss: str | None = None
    epochs: int | None = None
    batch_size: int = 32
    learning_rate: float | None = None
    schedule: str | Schedule | None = "cosine"
    l2: float | None = None
    seed: int = 0
    engine: str | Engine = "auto"
    dtype: str | None = None
    last_epoch: bool = False

    NAMES: ClassVar[tuple[str, ...]]

    def network(self, recipe: Recipe, engine: Engine, rows: int) -> Network:
        """A network for a table with so many rows to learn from."""
        sizes = suited_options(rows, engine).layers if self.layers is None else self.layers
        stack = suited_layers(
            recipe, sizes, activation=self.activation, dropout=self.dropout, loss=self.loss
        )
        net = Network(stack, seed=self.seed, engine=engine, dtype=self.dtype)
        net.recipe, net.loss_name = recipe, net.loss_for(self.loss).name
        return net

    def what_numpy_brings(self, rows: int, engine: Engine) -> tuple[str, ...]:
        """A sentence where pure Python keeps a network smaller than NumPy would; else none."""
        wider = _wider(rows)
        if engine.name != "python" or wider is None or self.layers is not None:
            return ()
        said = (
            f"Pure Python stays at layers of {_SMALL.layers[0]}; with NumPy (pip install "
            f"'chainrule[fast]') {rows:,} rows get layers of {wider.layers[0]}."
        )
        return (said,)

    def training(
        self, net: Network, rows: int, *, held_out: int, fit: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The options of its `fit`; unless told otherwise, the best epoch's weights are put back.

        So they are where `ENOUGH_TO_CHOOSE` rows are held out.

        Args:
            net: What it trains.
            rows: How many there are to learn from.
            held_out: How many others are there to be measured on.
            fit: What is asked of `fit` itself.
        """
        assert net.recipe is not None
        suited = suited_options(rows, net.engine)
        epochs, rate = self.epochs, self.learning_rate
        if epochs is None:
            epochs = suited_epochs(rows, self.batch_size, net.engine)
        require_whole("epochs", epochs)
        stopping = fit.get("early_stopping")
        require_switch("last_epoch", self.last_epoch)
        if self.last_epoch and stopping is not None:
            raise OptionError(
                "early stopping puts the best epoch's weights back, and last_epoch keeps the last "
                "ones: give one of the two",
                "last_epoch",
            )
        if stopping is None and held_out >= ENOUGH_TO_CHOOSE and not self.last_epoch:
            stopping = EarlyStopping(epochs)  # it never stops before the end
        return {
            **fit,
            "epochs": epochs,
            "batch_size": self.batch_size,
            "learning_rate": suited.learning_rate if rate is None else rate,
            "schedule": self.schedule,
            "loss": self.loss,
            "l2": suited_l2(rows, net.recipe) if self.l2 is None else self.l2,
            "early_stopping": stopping,
        }


NetworkOptions.NAMES = tuple(field.name for field in fields(NetworkOptions))


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

    Example:
        >>> done = train_on_table("iris", epochs=20, engine="python", progress=False)
        >>> done.rows, done.tested().accuracy > 0.8, len(done.history)
        ((120, 30), True, 20)
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

    def _repr_html_(self) -> str:
        said = "".join(f"<p>{safe(sentence)}</p>" for sentence in self.sentences)
        return cell(said) + self.history._repr_html_()

    def scores(self) -> tuple[Scores, Scores | None]:
        """How well it does on the rows it learned from, and on those held out."""
        return scores_of([self.train]), scores_of([self.held_out]) if self.held_out else None

    def tested(self, *, linear: bool = False) -> Scores:
        """How well it does on the rows held out; where there are none, on those it learned from.

        Args:
            linear: Whether to fit a linear model on the rows it learned from, to set beside it.
        """
        learned = self.train if self.held_out else None
        return scores_of([self.held_out or self.train], learned=learned, linear=linear)


def train_on_table(
    data: object,
    target: str | None = None,
    *,
    task: str | None = None,
    labels: str | Path | None = None,
    types: Mapping[str, str] | None = None,
    ignore: str | Sequence[str] = (),
    reading: ReadingOptions | None = None,
    layers: Sequence[int] | None = None,
    activation: str = "relu",
    dropout: float = 0.0,
    loss: str | None = None,
    validation: float | Division = 0.2,
    epochs: int | None = None,
    batch_size: int = 32,
    learning_rate: float | None = None,
    schedule: str | Schedule | None = "cosine",
    l2: float | None = None,
    seed: int = 0,
    engine: str | Engine = "auto",
    dtype: str | None = None,
    weight_column: str | None = None,
    sample_weight: Sequence[float] | None = None,
    last_epoch: bool = False,
    announce: Callable[[TrainedTable], object] = lambda _: None,
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
        ignore: The names of columns to leave out.
        reading: What there is to say of how the table's texts are written.
        layers: The number of neurons of each hidden layer; empty for none. If left out, two of 16;
            unless pure Python computes, two of 64 from 500 rows to learn from, of 128 from 1,500.
        activation: What the hidden neurons make of their weighted sums.
        dropout: The probability of silencing a hidden neuron while learning.
        loss: The name of a loss; the one that suits the target if left out.
        validation: The part of the rows to hold out, classes in equal shares; or the rows to learn
            from, and those to hold out.
        epochs: How often every row is seen; if left out, as often as makes about 1,000 steps
            (where layers are wider, two for each row, 2,000 at most), from 10 to 500 epochs.
        batch_size: Rows per step.
        learning_rate: Per step, at first; 0.01 if left out, or 0.005 where layers are wider.
        schedule: How the learning rate moves over the run.
        l2: λ of `λ Σ w²`, which keeps weights from growing; if left out 0.001, 0.01 where numbers
            are predicted from fewer than 500 rows, or 0.03 where classes are told apart by more
            inputs than there are rows to learn from.
        seed: Decides held-out rows, first weights, shuffles and dropout masks.
        engine: What to run on: "auto", "python", "numpy", "jax" or an engine.
        dtype: The number kind to train in.
        weight_column: The column that says how much each row counts; it is not an input.
        sample_weight: The same for each row of the table, where no column says it.
        last_epoch: Whether to keep the weights of the last epoch; otherwise those of the best epoch
            on held-out rows are put back, where six or more are held out.
        announce: Told what will be trained on what, before the first step.
        **fit: Everything else that `Network.fit` takes; `early_stopping` puts the best weights
            back, too.

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
    require_options(fit)
    asked = NetworkOptions(**{n: v for n, v in locals().items() if n in NetworkOptions.NAMES})
    require_callable("announce", announce)
    table = load(data, target=target, labels=labels, options=reading).in_numbers()
    runs_on = choose_engine(engine)
    table, sample_weight = _where_it_counts(table, weight_column, sample_weight, runs_on)
    types = column_types(types, ignore, weight_column)
    ready = prepare(
        table,
        ColumnChoice(table, task=task, types=types, parts=PARTS),
        validation=validation,
        generator=Generator(seed).spawn("validation"),
        agree=partial(agreed_recipe, runs_on, weight_column),
    )
    rows = len(ready.train)
    net = asked.network(ready.recipe, runs_on, rows)
    apart = ready.validation
    held_out_rows = tuple(apart.row_numbers) if apart else ()
    net.data_source = DataSource.of(
        data, table.sha256, table.rows, labels=labels, held_out=held_out_rows, reading=reading
    )
    train = Rows(net, weighed(ready.train, sample_weight), table.source)
    held_out = None
    if apart:
        weighs = weighed(apart, sample_weight)
        held_out = Rows(net, weighs, table.source, frozenset(held_out_rows))
    said = (*_sentences(table, ready), *asked.what_numpy_brings(rows, runs_on))
    done = TrainedTable(net, History(), train, held_out, said)
    x, y, weights = tables_of(train)
    hold = tables_of(held_out) if held_out else None
    options = asked.training(net, rows, held_out=len(held_out_rows), fit={"progress": True} | fit)
    run = net.training(x, y, sample_weight=weights, validation=hold, **options)
    assert net.trained_with is not None
    net.trained_with["weights"] = weight_column or sample_weight is not None
    announce(done)
    return replace(done, history=run.run())


def require_options(asked: Mapping[str, Any], *more: str) -> None:
    """Refuse options that neither a table's training takes nor the function that adds some more."""
    known = [name for name in signature(train_on_table).parameters if name != "fit"]
    require_known("option", dict.fromkeys([*more, *known, *TrainingOptions.NAMES]), *asked)


def require_no_target(table: Table, **columns: str | None) -> None:
    """Refuse the target as a column that is to say something else of its rows."""
    for role, name in columns.items():
        if name is not None and str(name).strip() == table.predicted:
            raise OptionError(f"{role} is {name}, which is the target: name another column", role)


def _where_it_counts(
    table: Table, column: str | None, weights: Any, engine: Engine
) -> tuple[Table, Sequence[float] | None]:
    """The rows that count, and how much each of all does: as a column says, or as given.

    Raises:
        DataError: If there is no such column, or a cell of it holds no number from 0 on.
        OptionError: If it is the target, or a weight is none.
        ShapeError: If there are more or fewer weights than rows.
    """
    if column is not None:
        require_no_target(table, weight_column=column)
        weights = table.weights(column)
    elif weights is not None:
        weights = weights_of_rows(engine, weights, rows=table.rows)
    return table if weights is None else table.where_it_counts(table.predicted, weights), weights


def weighed(examples: Examples, weights: Sequence[float] | None) -> Examples:
    """The examples with weights of their own, from those of all rows of their table."""
    if weights is None:
        return examples
    return replace(examples, weights=array("d", [weights[n] for n in examples.row_numbers]))


def tables_of(rows: Rows) -> tuple[Examples, Any, Any]:
    """Examples, targets and weights of some rows, as `fit` takes them."""
    return rows.examples, rows.y, rows.examples.weights


def agreed_recipe(engine: Engine, weight_column: str | None, recipe: Recipe) -> Recipe:
    """The recipe that all processes which train together use: the leading one's."""
    recipe = replace(recipe, weight_column=weight_column)
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
    if isinstance(sizes, str) or not iterates(sizes):
        raise OptionError(
            f"layers is {shown(sizes)}: give the sizes of the hidden layers in a list, such as "
            "[16, 16]"
        )
    if dropout is not None:
        require_share("the dropout rate", dropout)
    widths = [len(recipe.feature_names), *sizes]
    stack: list[Layer] = []
    for inputs, neurons in pairwise(widths):
        stack.append(Dense(inputs, neurons, activation))
        if dropout:
            stack.append(Dropout(dropout))
    return [*stack, _output(widths[-1], recipe, loss)]


def _output(inputs: int, recipe: Recipe, loss: str | None) -> Dense:
    """The output layer that the target and the loss between them ask for."""
    classes = len(recipe.class_names)
    asked = choose_loss(loss, "identity", 2)
    if not classes:
        if asked.targets != "values":
            raise OptionError(
                f"the loss {loss} is for classes, and {recipe.target.column} holds numbers; "
                "choose mean_squared_error, mean_absolute_error or huber, or task classification"
            )
        return Dense(inputs, 1, "identity")
    outputs = 1 if classes == 2 and asked.link != "softmax" else classes
    if asked.targets == "signs":
        return Dense(inputs, outputs, "identity")
    sigmoid = outputs == 1 or asked.link == "sigmoid"
    return Dense(inputs, outputs, "sigmoid" if sigmoid else "softmax")


def suited_options(rows: int, engine: Engine) -> SuitedOptions:
    """Sizes and options for a table of so many rows to learn from; pure Python stays small."""
    return _SMALL if engine.name == "python" else _wider(rows) or _SMALL


def _wider(rows: int) -> SuitedOptions | None:
    for fewest, wider in _WIDER.items():
        if rows >= fewest:
            return replace(wider, steps=min(wider.steps, _STEPS_A_ROW * rows))
    return None


def suited_l2(rows: int, recipe: Recipe) -> float:
    """The `λ` of a table; few numbers with noise in them, and few rows, are learned by heart."""
    if recipe.task == "regression":
        return 0.01 if _wider(rows) is None else 0.001
    return 0.03 if len(recipe.feature_names) > rows else 0.001


def suited_epochs(rows: int, batch_size: int, engine: Engine) -> int:
    """As many epochs as make about the steps that suit so many rows, within reason."""
    require_whole("batch_size", batch_size)
    steps = suited_options(rows, engine).steps
    return min(max(round(steps / -(-rows // batch_size)), _FEWEST_EPOCHS), _MOST_EPOCHS)


def _sentences(table: Table, ready: Prepared) -> tuple[str, ...]:
    notes = ready.train.notes + (ready.validation.notes if ready.validation else ())
    return tuple(dict.fromkeys((*table.notes, *ready.recipe.describe(), *ready.told, *notes)))
