"""What a session is about: a network and the rows it is asked about."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar, final

from chainrule.arrays import Generator
from chainrule.data import BUILT_IN, Recipe, load, prepare
from chainrule.errors import (
    ChainruleError,
    OptionError,
    require_above_zero,
    require_known,
    require_whole,
)
from chainrule.model import Network, Rows, rows_for, suited_layers
from chainrule.model import load as load_model
from chainrule.nn import ACTIVATIONS, LOSSES
from chainrule.train import OPTIMIZERS

T = TypeVar("T")

LARGEST_IN_PYTHON = 2_000
"""The largest number of weights that pure Python trains at a pace worth watching."""

MOST_UNITS = 256
"""How many units a hidden layer of the page has at most."""

MOST_LAYERS = 6
"""How many hidden layers a network of the page has at most."""


@final
@dataclass(frozen=True, kw_only=True)
class Options:
    """What a person can set on the page; `to_dict` is what a link holds.

    Raises:
        OptionError: If one of them is not possible.

    Attributes:
        data: A built-in name.
        layers: The number of units of every hidden layer.
        activation: What the hidden units make of their weighted sums.
        loss: The name of a loss; the one that suits the target if None.
        seed: Decides the first weights and the order of the rows.
        optimizer: Its name.
        learning_rate: Per step; the optimizer's own if None.
        batch_size: Rows per step.
        class_weight: "balanced" for classes that weigh the same, however many rows each has.
        clip_norm: The greatest length of a gradient; none if None.
        scaled: Whether inputs and targets are scaled again by what they are now.
    """

    data: str = "moons"
    layers: tuple[int, ...] = (6, 4)
    activation: str = "tanh"
    loss: str | None = None
    seed: int = 0
    optimizer: str = "adam"
    learning_rate: float | None = 0.02
    batch_size: int = 16
    class_weight: str | None = None
    clip_norm: float | None = None
    scaled: bool = False

    def __post_init__(self) -> None:
        sizes = self.layers
        if isinstance(sizes, str) or not isinstance(sizes, Sequence):
            raise OptionError("layers are whole numbers in a list, such as [6, 4]")
        object.__setattr__(self, "layers", tuple(sizes))
        require_whole("the number of hidden layers", len(sizes), least=0, most=MOST_LAYERS)
        for units in sizes:
            require_whole("a layer's number of units", units, most=MOST_UNITS)
        for name, known in choices().items():
            value = getattr(self, name)
            left_out = value is None and name in ("loss", "class_weight")
            if name != "data" and not left_out:
                require_known(name, known, value)
        require_whole("seed", self.seed, least=0, most=2**31)
        require_whole("batch size", self.batch_size, most=10_000)
        for name in ("learning_rate", "clip_norm"):
            if (value := getattr(self, name)) is not None:
                require_above_zero(name.replace("_", " "), value)
        if not isinstance(self.scaled, bool):
            raise OptionError(f"scaled is true or false; found {self.scaled!r}")

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Options:
        """Options by their names.

        Raises:
            OptionError: If there is no such option.
        """
        require_known("option", [each.name for each in fields(cls)], *given)
        return cls(**given)

    def to_dict(self) -> dict[str, Any]:
        """Every option by its name."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


def choices() -> dict[str, list[str]]:
    """What there is to choose from, by option."""
    return {
        "data": [*BUILT_IN],
        # Those that share 1 among units stand at the output.
        "activation": [name for name, op in ACTIVATIONS.items() if op.entrywise],
        "optimizer": [*OPTIMIZERS],
        "loss": [*LOSSES],
        "class_weight": ["balanced"],
    }


def open_data(options: Options, csv: str | None = None) -> Rows:
    """A new network for a built-in table, or for the text of a CSV file, and all its rows.

    Raises:
        DataError: If the table cannot be used.
        OptionError: If there is no such table.
    """
    if csv is None:
        require_known("example", BUILT_IN, options.data)
        table = load(options.data).in_numbers()
    else:
        table = _of_a_file(csv.encode(), lambda path: load(path).in_numbers())
    ready = prepare(table, validation=0.0, generator=Generator(options.seed))
    net = _network(ready.recipe, options.layers, options, options.loss)
    return Rows(net, ready.train, "your file" if csv is not None else options.data)


def opened_again(rows: Rows, options: Options) -> Rows:
    """The same rows, and a new network for them."""
    return replace(rows, net=_network(rows.recipe, options.layers, options, options.loss))


def with_units(net: Network, options: Options) -> Network:
    """A new network of the same layers, with the hidden units and the seed that options name."""
    shapes = net.architecture.layout.shapes
    *hidden, _ = (shape[0] for name, shape in shapes.items() if name.endswith(".weight"))
    assert net.recipe is not None
    return _network(net.recipe, hidden, options, net.loss_name)


def _network(recipe: Recipe, hidden: Sequence[int], options: Options, loss: str | None) -> Network:
    layers = suited_layers(recipe, hidden, activation=options.activation, loss=loss)
    net = Network(layers, seed=options.seed, engine="python")
    if net.architecture.layout.size > LARGEST_IN_PYTHON:
        net = Network(layers, seed=options.seed)
    net.recipe = recipe
    net.loss_name = net.loss_for(loss).name
    return net


def rows_of_model(model: str | Path | bytes, data: str | None = None) -> Rows:
    """A saved network, and the rows of its table or of another.

    Raises:
        ModelFileError: If it is not a model file.
        DataError: If its rows cannot be read.
    """
    if not isinstance(model, bytes):
        return rows_for(load_model(model), data)
    return _of_a_file(model, lambda path: rows_for(load_model(path), data))


def _of_a_file(content: bytes, read: Callable[[Path], T]) -> T:
    """What is read of a file that a page has sent, called so in what it says of it."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "your file")
        path.write_bytes(content)
        try:
            return read(path)
        except ChainruleError as error:
            raise type(error)(str(error).replace(str(path), path.name)) from None
