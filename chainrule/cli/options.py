"""Options that several commands share, and the rows that they ask for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import chainrule as cr
from chainrule.cli.output import hush, say, show, show_json
from chainrule.errors import OptionError, shown
from chainrule.words import listed, quantity, screen, set_apart, waiting

if TYPE_CHECKING:
    from chainrule.model import Rows

ENGINES = click.Choice(["auto", "python", "numpy", "jax"])

FILE = click.Path(allow_dash=True)
"""A file's name, of which nothing is asked here; a shell completes it."""

_MOST_DIGITS = 18


def whole(text: str) -> bool:
    """Whether a text is a whole number from 0 on, of a size that can be meant."""
    return text.strip().isdecimal() and len(text) <= _MOST_DIGITS


def number_or(word: str, *, what: str, least: int) -> Callable[[str], int | str]:
    """What reads an option that takes a whole number, or one word in place of it."""

    def read(value: str) -> int | str:
        if value == word:
            return value
        if not whole(value) or int(value) < least:
            raise click.BadParameter(
                f"{shown(value)} is neither {what}, from {least} on, nor {word!r}"
            )
        return int(value)

    return read


def option(said: str, meaning: str, kind: Any = None, **more: Any) -> Callable[[Any], Any]:
    """An option with a value: its names, the word that stands for the value, and what it means."""
    *names, metavar = said.split()
    return click.option(*names, metavar=metavar, help=meaning, type=kind, **more)


def row_option_for(to_do: str, *, required: bool = False) -> Callable[[Any], Any]:
    """The option that says which row a command is about."""
    kind = number_or("worst", what="a row's number", least=0)
    meaning = f"{to_do}, counted from 0 without the header; or the worst held out, by its loss."
    return option("--row N|worst", meaning, kind, required=required)


row_option = row_option_for("A row of the data")
seed_option = option("--seed N", "Decides what is random.", int, default=0)
engine_option = option("--engine NAME", "auto, python, numpy or jax.", ENGINES, default="auto")
labels_option = option("--labels FILE", "The labels of IDX images that do not lie beside them.")
out_option = option(
    "--out FILE",
    "Where to write; else, and for -, to the screen.",
    callback=lambda _context, _option, out: None if out == "-" else out,
)


def with_shared_options(command: click.Command) -> click.Command:
    """A command with the options that all have, but those that it says in its own words."""
    own = {param.name for param in command.params}
    shared = (
        click.Option(
            ["--quiet"],
            is_flag=True,
            expose_value=False,
            callback=hush,
            help="Print nothing, or with --json that alone.",
        ),
        click.Option(["--json", "as_json"], is_flag=True, help="Print JSON."),
    )
    command.params += [option for option in shared if option.name not in own]
    return command


def sheet_options(command: Callable[..., Any]) -> Any:
    """How a sheet is written, and where."""
    forms = click.Choice(["text", "markdown", "html"])
    form = click.option("--format", "form", type=forms, default="text", help="How to write it.")
    return form(out_option(command))


@dataclass(frozen=True)
class Asked:
    """What a command about a model is asked: MODEL and DATA, and the options that go with them."""

    model: str
    data: str | None
    labels: str | None
    engine: str
    as_json: bool

    def rows(self, row: int | str | None = None) -> Rows:
        """The rows that are asked about, as the network in the file sees them."""
        with waiting("reading the data"):
            rows = cr.rows_for(load_model(self.model, self.engine), self.data, labels=self.labels)
            if row is None:
                return rows
            return rows.worst() if isinstance(row, str) else rows.row(row)

    def data_of(self, rows: Rows) -> str | None:
        """Where the rows come from: DATA, or what the model was trained on."""
        source = rows.net.data_source
        return self.data or (source and source.path)

    def answer(
        self, answer: Any, rows: Rows | None = None, *, notes: Sequence[str] = (), **more: Any
    ) -> None:
        """Print an answer as JSON or as text, and of which rows it is or what is odd about them."""
        more |= {"notes": list(notes)} if notes else {}
        if self.as_json:
            about = rows.to_dict() if rows else {}
            show_json({"model": self.model, **about, **answer.to_dict(), **more})
            return
        if rows:
            describe(rows)
        for note in notes:
            say(note)
        show(answer)


def model_and_data(command: Callable[..., Any]) -> Callable[..., Any]:
    """The arguments MODEL and DATA and the options that go with them, handed over as `Asked`."""

    @wraps(command)
    def with_asked(**options: Any) -> Any:
        asked = Asked(**{each.name: options.pop(each.name) for each in fields(Asked)})
        return command(asked, **options)

    decorators = (
        click.argument("model", metavar="MODEL", type=FILE),
        click.argument("data", metavar="[DATA]", required=False, type=FILE),
        labels_option,
        engine_option,
    )
    decorated: Callable[..., Any] = with_asked
    for decorate in reversed(decorators):
        decorated = decorate(decorated)
    return decorated


def describe(rows: Rows) -> None:
    """Print which rows these are and what the network says of them."""
    for note in rows.notes:
        say(note)
    say(rows.describe())
    if len(rows) == 1 and (cells := rows.cells):
        values = [
            f"{set_apart(n)} {'missing' if v is None else quantity(v, 6)}" for n, v in cells.items()
        ]
        lines = [f"it has {listed(values, most=most)}" for most in range(len(values), 0, -1)]
        say(next((line for line in lines if len(line) <= screen()), lines[-1]))


def load_model(model: str, engine: str) -> cr.Network:
    """The network in a file."""
    refuse_data_set(model)
    return cr.load(model, engine=engine)


def refuse_data_set(model: str) -> None:
    """Say of a data set in place of a model how a model is made."""
    from chainrule.data import BUILT_IN

    if model in BUILT_IN and not Path(model).exists():
        raise OptionError(
            f"{model} is a data set and no model: `chainrule train {model}` makes one"
        )
