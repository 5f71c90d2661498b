"""`chainrule predict` and `score`: a network at work on rows, new ones or those it is judged by."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

import click

import chainrule as cr
from chainrule.cli.options import FILE, Asked, engine_option, load_model, model_and_data, out_option
from chainrule.cli.output import in_utf_8, is_quiet, say, show, show_json
from chainrule.cli.places import check_place
from chainrule.errors import OptionError
from chainrule.files import write_whole
from chainrule.words import plain_data, plural, waiting

if TYPE_CHECKING:
    from chainrule.data import Recipe, Table
    from chainrule.model import Answered

_MOST_NOTES = 20
_EXACT = 2**53
"""Below it a float holds every whole number."""


@click.command(short_help="Answer every row of new data.")
@click.argument("model", metavar="MODEL", type=FILE)
@click.argument("data", metavar="DATA|-", type=FILE)
@out_option
@click.option("--proba", is_flag=True, help="The probability of each class, too.")
@click.option("--explain", is_flag=True, help="The column that each answer depends on most.")
@engine_option
@click.option("--json", "as_json", is_flag=True, help="Write JSON, an object a line.")
def predict(
    model: str, data: str, out: str | None, proba: bool, explain: bool, engine: str, as_json: bool
) -> None:
    """Answer every row of DATA, in its order, beside the row's own columns.

    DATA is a file (CSV, JSON lines, Parquet, IDX), a built-in name, or - for standard input. The
    answer to JSON, or in a FILE.jsonl, is JSON, an object a line; else it is CSV. What is unusual
    about a row is told on standard error.
    """
    from chainrule.data import Numbers, open_rows_file
    from chainrule.model import answer_rows, reading_of, recipe_of

    if out is not None:
        check_place(out, model, data)
        if out.endswith((".parquet", ".xlsx")):
            raise OptionError(
                f"--out {out}: answers are written as CSV or JSON lines; give it a name in .csv "
                "or .jsonl"
            )
    net = load_model(model, engine)
    recipe = recipe_of(net)
    rows = open_rows_file(data, reading_of(net.data_source, recipe))
    notes: list[str] = []
    count = 0

    def answered() -> Iterator[Answered]:
        nonlocal count
        for raw in rows.tables:
            answered_rows = answer_rows(net, raw, proba=proba, explain=explain)
            notes[:0] = answered_rows.table.below  # first, as a row may be lost there
            notes.extend(answered_rows.notes)
            count += len(answered_rows.answers)
            yield answered_rows

    json_lines = as_json or rows.form == "json" or str(out).endswith((".json", ".jsonl"))
    numbers = [each.column for each in recipe.encoders if isinstance(each, Numbers)]
    as_numbers = numbers if json_lines and rows.form == "csv" else ()  # JSON has kinds of its own
    with closing(rows.tables):
        pieces = _pieces(recipe, answered(), as_numbers, json_lines=json_lines)
        if out is not None:
            write_whole(out, (piece.encode() for piece in pieces))
        else:
            in_utf_8()
            for piece in pieces:
                click.echo(piece, nl=False)
    if out is not None and not as_json:
        say(f"{plural(count, 'row')} answered in {out}", label="written")
    if len(notes) > _MOST_NOTES:
        notes[_MOST_NOTES:] = [f"and {len(notes) - _MOST_NOTES:,} more."]
    for note in [] if is_quiet() else notes:
        click.echo(note, err=True)


def _columns(recipe: Recipe, answered: Answered) -> dict[str, list[Any]]:
    """The columns that stand beside the rows' own, by names that these do not have."""
    target = recipe.target.column
    columns: dict[str, list[Any]] = {f"predicted {target}": list(answered.answers)}
    if answered.probabilities is not None:
        for place, name in enumerate(recipe.class_names):
            columns[f"probability of {name}"] = [row[place] for row in answered.probabilities]
    if answered.because is not None:
        columns["because of"] = list(answered.because)
    own = set(answered.table.names)
    return {_free(name, own): values for name, values in columns.items()}


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += " (new)"
    return name


def _written(table: Table, numbers: Collection[str], *, json_lines: bool) -> list[Any]:
    """The rows' own columns as they were written, but for numbers; whole ones without a point."""
    columns: list[Any] = []
    for name, cells in zip(table.names, table.columns, strict=True):
        if json_lines and name in table.values:
            columns.append(table.values[name])
        elif name in numbers:
            columns.append(list(map(_as_number, cells)))
        else:
            columns.append(table.texts.get(name) or list(map(_plain, cells)))
    return columns


def _as_number(cell: str | float | None) -> Any:
    """The number that a cell holds."""
    from chainrule.data import parse_number

    return None if cell is None else _plain(parse_number(cell))


def _plain(value: str | float | None) -> str | float | None:
    whole = isinstance(value, float) and value.is_integer() and abs(value) < _EXACT
    return int(value) if whole else value  # type: ignore[arg-type]  # whole says it is a float


def _pieces(
    recipe: Recipe, parts: Iterator[Answered], numbers: Collection[str], *, json_lines: bool
) -> Iterator[str]:
    """The text of each part: JSON, an object a line, or CSV, whose names stand first."""
    for number, answered in enumerate(parts):
        columns = _columns(recipe, answered)
        names = [*answered.table.names, *columns]
        own = _written(answered.table, numbers, json_lines=json_lines)
        rows = zip(*own, *columns.values(), strict=True)
        if json_lines:
            objects = (plain_data(dict(zip(names, row, strict=True))) for row in rows)
            texts = (json.dumps(one, ensure_ascii=False) for one in objects)
            yield "".join(f"{text}\n" for text in texts)
            continue
        text = io.StringIO()
        writer = csv.writer(text, delimiter=answered.table.between, lineterminator="\n")
        if number == 0:
            writer.writerow(names)
        writer.writerows(rows)
        yield text.getvalue()


@click.command(short_help="How well it does, beside the baselines to beat.")
@model_and_data
@click.option("--full", is_flag=True, help="Every class, and curves as pictures.")
def score(asked: Asked, full: bool) -> None:
    """How well a network does on rows whose answers are known, beside the baselines to beat.

    MODEL is a file that `chainrule train` has saved. DATA is a file or a built-in name; without it,
    the rows that were held out are used. The baselines are a constant answer, and a linear model
    that is fitted here.
    """
    net, data = load_model(asked.model, asked.engine), asked.data
    with waiting("answering every row, and fitting the baselines"):
        held_out = data is None and asked.labels is None
        scores = cr.score(net, None if held_out else cr.rows_for(net, data, labels=asked.labels))
    if asked.as_json:
        show_json({"model": asked.model, **scores.to_dict()})
    else:
        show(scores.as_text(full=full))
