"""`chainrule explain`: which weights caused the error."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from chainrule.cli.options import model_and_data, open_rows, row_option
from chainrule.cli.output import heading, say, show, show_json, suggest

if TYPE_CHECKING:
    from chainrule.model.explanation import Explanation
    from chainrule.model.rows import Rows


@click.command(short_help="Which weights caused the error, and by how much.")
@model_and_data
@row_option
@click.option("--weight", metavar="NAME", help="Look closely at this one; else at the steepest.")
@click.option(
    "--top", type=click.IntRange(1), default=10, show_default=True, help="Weights to list."
)
@click.option("--html", metavar="FILE", help="Write the explanation as a page, too.")
def explain(
    model: str,
    data: str | None,
    labels: str | None,
    engine: str,
    as_json: bool,
    row: int | str | None,
    weight: str | None,
    top: int,
    html: str | None,
) -> None:
    """Which weights caused the error, and by how much.

    MODEL is a file that `chainrule train` has saved. DATA is a file or a built-in name; without it,
    the data that the model was trained on are used. Without --row, all of it is explained; one row,
    or one weight, is looked at closely.
    """
    from chainrule.model.explanation import explain as explain_rows
    from chainrule.report.explanation_text import as_text

    rows = open_rows(model, data, labels=labels, engine=engine, row=row)
    explanation = explain_rows(rows.net, rows)
    if html is not None:
        explanation.to_html(html)
    closer = _closer(rows, explanation, weight)
    if as_json:
        found = explanation.to_dict(top=top)
        found["notes"] = [*rows.notes, *found["notes"]]
        answers = {title: answer.to_dict() for title, answer in closer.items()}
        show_json({"model": model, **rows.to_dict(), **found, **answers})
        return
    describe(rows)
    show(f"\n{as_text(explanation, top=top)}\n")
    if inputs := list(_inputs(rows, explanation.weights.top(top))):
        show("\n".join(inputs) + "\n")
    for answer in closer.values():
        title, _, rest = str(answer).partition("\n")
        heading(title)
        show(f"{rest}\n")
    if html is not None:
        say(html, label="written")
    suggest(_next(model, data, rows, explanation.weights[0]))


def describe(rows: Rows) -> None:
    """Print which rows these are and what the network says of them."""
    for note in rows.notes:
        say(note)
    say(rows.describe())


def _closer(rows: Rows, explanation: Explanation, weight: str | None) -> dict[str, Any]:
    """The answers that are worked out for one row, or for one weight, by their names."""
    if len(rows) > 1 and weight is None:
        return {}
    chosen = weight or explanation.weights[0].name
    found: dict[str, Any] = {
        "receipt": explanation.receipt(chosen),
        "counterfactual": explanation.counterfactual(chosen),
    }
    return found if len(rows) > 1 else {**found, "blame": explanation.blame}


def _inputs(rows: Rows, weights: list[Any]) -> Iterator[str]:
    """What the inputs mean that the listed weights of the first layer read."""
    found = (re.fullmatch(r"dense1\.weight\[\d+,(\d+)\]", weight.name) for weight in weights)
    for column in sorted({int(match[1]) for match in found if match}):
        here = f", {rows.reading(column)}" if len(rows) == 1 else ""
        yield f"dense1.weight[..,{column}] reads {rows.examples.feature_names[column]}{here}."


def _next(model: str, data: str | None, rows: Rows, steepest: Any) -> str:
    """The nudge of the steepest weight that lowers the loss."""
    by = "-0.1" if steepest.slope > 0 else "0.1"
    words = ["chainrule", "nudge", model, *([data] if data else []), "--weight", steepest.name]
    words += ["--by", by]
    return shlex.join([*words, "--row", str(rows.numbers[0])] if len(rows) == 1 else words)
