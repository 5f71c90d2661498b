"""Rows of a table as a network sees them: one, the worst, or all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, final

from chainrule import words
from chainrule.data import (
    Examples,
    Numbers,
    Pixels,
    Recipe,
    Table,
    load,
    own_value,
    picture_width,
)
from chainrule.errors import (
    DataError,
    OptionError,
    as_whole,
    is_whole,
    require_kind,
    require_whole,
    shown,
)
from chainrule.model.data_source import reading_of
from chainrule.model.network import Network
from chainrule.model.prediction import answers_of
from chainrule.nn import ACTIVATIONS, example_losses

SHOWN = 10
"""How many rows a cell of a notebook shows."""


@final
@dataclass(frozen=True, repr=False)
class Rows:
    """Examples of a table, with the network that reads them and the names of things.

    Attributes:
        net: The network.
        examples: The rows as numbers, with the row of the table that each came from.
        source: What the table is called.
        held_out: Those of the rows that training never saw, where that is known.
        about_data: Sentences on what is unusual about the table as a whole.
        whole: All rows that have a target, where these are only some of them.
        table: Where they come from, with the rows that have no target; None where not known.

    Example:
        >>> from chainrule.model.table import train_on_table
        >>> done = train_on_table("iris", epochs=20, engine="python", progress=False)
        >>> worst = rows_for(done.net).worst()
        >>> worst.numbers, worst.truths(), worst.losses()[0] > 0.5
        ([106], ['virginica'], True)
    """

    net: Network
    examples: Examples
    source: str
    held_out: frozenset[int] = frozenset()
    about_data: tuple[str, ...] = ()
    table: Table | None = None
    whole: Rows | None = None

    @cached_property
    def x(self) -> Any:
        """The inputs, as the network takes them."""
        return self.net.as_inputs(self.examples)

    @cached_property
    def y(self) -> Any:
        """The targets, as the network takes them."""
        return self.net.engine.asarray(self.examples.y, shape=self.examples.y_shape)

    @property
    def recipe(self) -> Recipe:
        """How the table's rows become the network's inputs."""
        return recipe_of(self.net)

    def __repr__(self) -> str:
        return f"<{len(self)} rows of {self.source}; ask for .answers() or .losses()>"

    def __len__(self) -> int:
        return len(self.examples)

    def _repr_html_(self) -> str:
        some = self.at(range(min(SHOWN, len(self))))
        said = (map(str, some.truths()), map(str, some.answers()))
        known = (some.numbers, *said, some.losses())
        titles = ("row", str(self.examples.target_name), "the network says", "loss")
        rows = zip(*known, strict=True)
        return words.cell(words.table(self.describe(), titles, rows))

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on what is unusual about the table, and about these rows."""
        return (*self.about_data, *self.examples.notes)

    @property
    def cells(self) -> dict[str, Any]:
        """What the first row has in each column that the network reads; of a picture nothing."""
        pixels = any(isinstance(e, Pixels) for e in self.recipe.encoders)
        if self.table is None or pixels or picture_width(self.recipe.columns):
            return {}  # nobody reads a picture as numbers
        place = [self.numbers[0] - self.table.first_row]
        return {name: self.table.take(name, place)[0] for name in self.recipe.columns}

    @property
    def numbers(self) -> list[int]:
        """The row of the table that each example came from, counted from 0."""
        return list(self.examples.row_numbers)

    @property
    def weights(self) -> Sequence[float]:
        """How much each row counts: 1 where nothing says so."""
        return self.examples.weights or [1] * len(self)

    def losses(self) -> list[float]:
        """The loss of each row."""
        net = self.net
        with net.engine.scope():
            x, t, loss = net.as_batch(self.examples, self.y)
            losses = example_losses(net.architecture, loss, net.parameters, x, t)
            return [float(value) for value in losses.tolist()]

    def row(self, number: int) -> Rows:
        """One row by its number in the table.

        Raises:
            OptionError: If there is no such row, or it has no target.
        """
        numbers, number = self.numbers, as_whole(number)
        if is_whole(number) and number in numbers:
            return self._one(numbers.index(number))
        if self.table is None or self.whole is not None:
            problem = f"row {shown(number)} is not among these rows of {self.source}"
        elif is_whole(number) and 0 <= number < self.table.rows:
            counts = self.examples.weights is not None
            problem = f"row {number} has no {self.examples.target_name}{' or weight 0' * counts}"
        else:
            last = self.table.rows - 1
            problem = f"there is no row {shown(number)}: {self.source} has the rows 0 to {last}"
        raise OptionError(f"{problem}; choose another row")

    def worst(self) -> Rows:
        """The row with the largest loss, among the held-out rows where there are any."""
        rows = self.part(held_out=True) or self
        losses = rows.losses()
        return rows._one(max(range(len(losses)), key=losses.__getitem__))

    def part(self, *, held_out: bool) -> Rows | None:
        """The rows that were held out, or all others; None where there are none."""
        numbers = enumerate(self.numbers)
        places = [place for place, n in numbers if (n in self.held_out) == held_out]
        return self.at(places) if places else None

    def answers(self) -> Sequence[str | float]:
        """What the network says of each row: the class's name, or a value in the target's unit.

        NaN, which is neither, where the network answers with it.
        """
        return answers_of(self.net, self.examples)[0]

    def probabilities(self) -> list[list[float]] | None:
        """How probable the network calls each class of each row; None where it does not say."""
        net = self.net
        if not (net.loss_for(None).link or ACTIVATIONS.link(net.architecture.output.activation)):
            return None
        with net.engine.scope():
            shares: list[list[float]] = net.predict_proba(self.examples).tolist()
        return shares

    def truths(self) -> Sequence[str | float]:
        """What the table says of each row, in the same words."""
        assert self.examples.y is not None
        if self.examples.task == "regression":
            return self.recipe.restore(list(self.examples.y))
        return [self.examples.class_names[int(index)] for index in self.examples.y]

    def reading(self, feature: int) -> str:
        """What the first row has in a feature, as the table says it and as the network reads it.

        Args:
            feature: The input's place, from 0.

        Raises:
            OptionError: If there is no such input.
        """
        require_whole("feature", feature, least=0)
        if feature >= self.examples.shape[1]:
            raise OptionError(
                f"the network has {self.examples.shape[1]} inputs, from 0 on; found {feature}"
            )
        value = self.examples.row(0)[feature]
        encoders = [(e, name) for e in self.recipe.encoders for name in e.names]
        encoder, name = encoders[feature]
        if isinstance(encoder, Numbers) and name == encoder.column:
            own, how = own_value(value, encoder.deviation, encoder.mean), "standardised"
        elif isinstance(encoder, Pixels):
            own, how = value * encoder.maximum, f"divided by {encoder.maximum:g}"
        else:
            return f"{value:g} here"
        return f"{words.quantity(own, 6)} here, {words.number(value, 4)} when {how}"

    def describe(self) -> str:
        """Which rows these are and what the network says of them, in a sentence."""
        held_out = sum(number in self.held_out for number in self.numbers)
        if len(self) > 1:
            which = f"{self.source}: {len(self):,} rows"
            if self.examples.weights is not None:
                which += ", each counting as much as its weight"
            return f"{which}, {held_out:,} of them held out." if held_out else f"{which}."
        answer, truth = self.answers()[0], self.truths()[0]
        table, number = self.table, self.numbers[0]
        line = f"line {table.lines[number - table.first_row]}" if table and table.lines else ""
        more = ", ".join(filter(None, (line, "held out" * held_out)))
        which = f"{self.source}, row {number}{f' ({more})' if more else ''}"
        target = self.examples.target_name
        true, said = words.answer_text(truth), words.answer_text(answer)
        if isinstance(truth, str) and answer != truth:
            return f"{which}: {target} is {true}, but the network says {said}."
        return f"{which}: {target} is {true}, and the network says {said}."

    def to_dict(self) -> dict[str, Any]:
        """Which rows these are and what the network says of them, as plain values."""
        return {
            "data": self.source,
            "rows": self.numbers,
            "held_out": [number for number in self.numbers if number in self.held_out],
            "target": self.examples.target_name,
            "targets": list(self.truths()),
            "answers": list(self.answers()),
            "notes": list(self.notes),
        }

    def at(self, places: Sequence[int]) -> Rows:
        """Some of the rows, by their places among these."""
        return replace(self, examples=self.examples.subset(places), whole=self.whole or self)

    def _one(self, place: int) -> Rows:
        """One row, with what is to be said of it alone."""
        row = self.at([place])
        if self.table is None:
            return row
        read_again = self.recipe.apply(self.table, [row.numbers[0] - self.table.first_row])
        return replace(row, examples=replace(row.examples, notes=read_again.notes))


def recipe_of(net: Network) -> Recipe:
    """The recipe that reads a network's rows.

    Raises:
        DataError: If it was not trained on a table.
    """
    if net.recipe is None:
        raise DataError(
            "this network was not trained on a table, so nothing says how rows become its inputs: "
            "from Python, give it arrays x and y"
        )
    return net.recipe


def rows_for(
    net: Network, data: str | Path | Table | object | None = None, *, labels: str | None = None
) -> Rows:
    """The rows of a table as this network sees them.

    Args:
        net: A network that was trained on a table.
        data: A file, a built-in name, a table or a data frame; the table it was trained on if left
            out.
        labels: For IDX images, the file of their labels when it does not lie beside them.

    Returns:
        All rows that have a target.

    Raises:
        KindError: If it is no network.
        DataError: If the table is missing, has other columns, or has no row with a target.

    Example:
        >>> from chainrule.model.table import train_on_table
        >>> net = train_on_table("iris", epochs=1, engine="python", progress=False).net
        >>> len(rows_for(net)), len(rows_for(net).held_out)
        (150, 30)
    """
    require_kind(net, Network, "rows are read for a Network", "cr.load(file) gives one")
    recipe = recipe_of(net)
    held_out: frozenset[int] = frozenset()
    notes: list[str] = []
    if data is None and labels is not None:
        raise OptionError("labels go with IDX images: give these as the data, too")
    if data is not None:
        options = reading_of(net.data_source, recipe)
        table = recipe.with_capitals(load(data, labels=labels, options=options))
    elif net.data_source is not None:
        table, changed = net.data_source.load()
        notes = [changed] if changed else []
        if not changed:
            held_out = net.data_source.kept_back(table, recipe.weight_column)
    else:
        raise DataError("this network does not say what it was trained on: give the data to use")
    examples = recipe.apply(table)
    if not len(examples):
        raise DataError(f"{table.source} has no row with a value of {examples.target_name}")
    return Rows(net, examples, table.source, held_out, tuple(notes), table)
