"""`chainrule explain`, `nudge`, `mend`: which weights caused the error, and what to change."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import ROUND_UP, Context
from typing import TYPE_CHECKING, Any

import click

import chainrule as cr
from chainrule.cli.options import (
    Asked,
    describe,
    load_model,
    model_and_data,
    option,
    row_option,
    row_option_for,
    seed_option,
)
from chainrule.cli.output import heading, is_quiet, say, show, show_json, suggest
from chainrule.cli.places import check_place, destination
from chainrule.words import quoted, waiting

if TYPE_CHECKING:
    from chainrule.explanations.culprits import Mend
    from chainrule.explanations.what_if import WeightSlope
    from chainrule.model import Rows

PIECES = {"receipt", "curve", "blame"}
"""What is printed of one weight, or of all, where it is asked for."""

ONE_WEIGHT = {"receipt", "curve"}
"""Those of one weight."""

MORE = (
    "--weights 10 · --receipt · --curve · --blame · --columns · --taught-by · --full · --html FILE"
)
"""What prints the rest."""


@click.command(short_help="Which weights caused the error, and by how much.")
@model_and_data
@row_option
@option("--weight NAME", "Look closely at this one; else at one that the answer names.")
@option("--top N", "How many in JSON.", click.IntRange(1), default=10)
@option("--weights N", "List the N steepest weights.", click.IntRange(1))
@click.option("--receipt", is_flag=True, help="Write the chain of one gradient out.")
@click.option("--curve", is_flag=True, help="The loss at other values of one weight.")
@click.option("--blame", is_flag=True, help="Share the loss out among all weights.")
@click.option("--full", is_flag=True, help="Print all of this.")
@click.option("--columns", is_flag=True, help="Which columns of the table matter, measured.")
@click.option("--taught-by", is_flag=True, help="Train again without the rows that taught it.")
@option("--html FILE", "Write the explanation as a page, too.")
@seed_option
def explain(
    asked: Asked,
    row: int | str | None,
    weight: str | None,
    top: int,
    weights: int | None,
    html: str | None,
    columns: bool,
    seed: int,
    **pieces: bool,
) -> None:
    """Which weights caused the error, and by how much.

    MODEL is a file that `chainrule train` has saved. DATA is a file or a built-in name; without it,
    the data that the model was trained on are used. Without --row, all of it is explained. The
    answer stands on one screen; the options print more.
    """
    from chainrule.nn import find_weight

    wanted = {name for name, is_asked in pieces.items() if is_asked}
    if columns and (wanted or weight or weights):
        raise click.UsageError("--columns is an answer of its own: ask for the rest without it")
    if "full" in wanted:
        wanted |= PIECES
    if weight is not None and not wanted:
        wanted = ONE_WEIGHT
    rows = asked.rows(row)
    if weight is not None:  # refused before anything is written
        find_weight(weight, rows.net.architecture.layout.shapes)
    if html is not None:
        check_place(html, asked.model, asked.data_of(rows), page=True)
    explanation = cr.explain(rows.net, rows)
    if html is not None:
        explanation.to_html(html)
    if columns and not asked.as_json:
        asked.answer(explanation.columns(seed=seed), rows)
        if html is not None:
            say(html, label="written")
    elif columns:
        by_column = explanation.columns(seed=seed).to_dict()
        show_json({"model": asked.model, **rows.to_dict(), "columns": by_column})
    elif asked.as_json:
        show_json({"model": asked.model, **_plain(rows, explanation, weight, top, wanted)})
    elif not is_quiet():
        looked_at = _print(rows, explanation, weight, weights, top, wanted)
        if html is not None:
            say(html, label="written")
        if weight is None:  # the answer's very move, if it has one
            names = [*explanation.answer.moves, looked_at.name]
            looked_at = explanation.weights[names[0]]
        suggest(_next(asked, rows, looked_at, explanation))


def _print(
    rows: Rows,
    explanation: cr.Explanation,
    weight: str | None,
    weights: int | None,
    top: int,
    wanted: set[str],
) -> WeightSlope:
    """Print the answer on one screen, or what is wanted in its place, and give the weight shown."""
    from chainrule.cli.screen import show_answer
    from chainrule.report import as_text

    describe(rows)
    if weights is None and not wanted:
        looked_at = show_answer(explanation, rows)
        say(MORE, label="more")
        return looked_at
    looked_at = _looked_at(explanation, weight, listed=weights is not None)
    if weights is not None or "full" in wanted:
        most = weights or top
        with waiting("looking for what caused the error"):
            text = as_text(explanation, top=most)
        show(f"\n{text}\n")
        if inputs := list(_inputs(rows, explanation.weights.top(most))):
            show("\n".join(inputs) + "\n")
    for answer in _closer(explanation, looked_at.name, wanted).values():
        title, _, rest = str(answer).partition("\n")
        heading(title)
        show(f"{rest}\n")
    return looked_at


def _plain(
    rows: Rows, explanation: cr.Explanation, weight: str | None, top: int, wanted: set[str]
) -> dict[str, Any]:
    """All of it as plain data."""
    parts = explanation.to_dict(top=top)
    parts["notes"] = [*rows.notes, *parts["notes"]]
    close = PIECES if len(rows) == 1 else ONE_WEIGHT if weight else set()
    name = _looked_at(explanation, weight, listed=False).name
    closer = _closer(explanation, name, close | (wanted & {"taught_by"}), progress=False)
    return {
        **rows.to_dict(),
        **parts,
        "groups": [group.to_dict() for group in explanation.groups(top=top)],
        **{title: answer.to_dict() for title, answer in closer.items()},
    }


def _looked_at(explanation: cr.Explanation, weight: str | None, *, listed: bool) -> WeightSlope:
    """The weight that was named; else the steepest, where these are listed, or the answer's."""
    from chainrule.report import named_weight

    if weight is not None:
        return explanation.weights[weight]
    return explanation.weights[0] if listed else named_weight(explanation)


def _closer(
    explanation: cr.Explanation, name: str, wanted: set[str], *, progress: bool = True
) -> dict[str, Any]:
    """The answers that are worked out for one weight, and those about all, by their names."""
    answers: dict[str, Any] = {}
    with waiting("looking closely at one weight"):
        if "receipt" in wanted:
            answers["receipt"] = explanation.receipt(name)
        if "curve" in wanted:
            answers["counterfactual"] = explanation.counterfactual(name)
    if "blame" in wanted:
        answers["blame"] = explanation.blame
    if "taught_by" in wanted:
        answers["taught_by"] = explanation.taught_by(progress=progress)
    return answers


def _inputs(rows: Rows, weights: list[WeightSlope]) -> Iterator[str]:
    """What the inputs mean that the listed weights of the first layer read."""
    reading = (re.fullmatch(r"dense1\.weight\[\d+,(\d+)\]", weight.name) for weight in weights)
    for column in sorted({int(match[1]) for match in reading if match}):
        here = f", {rows.reading(column)}" if len(rows) == 1 else ""
        yield f"dense1.weight[..,{column}] reads {rows.examples.feature_names[column]}{here}."


def _next(asked: Asked, rows: Rows, weight: WeightSlope, explanation: cr.Explanation) -> str:
    """The nudge of a weight that lowers the loss: by as much as the answer says, if it does.

    A change of several weights, as an answer may say, is what `mend` finds.
    """
    moves = explanation.answer.moves
    by = moves.get(weight.name, -0.1 if weight.slope > 0 else 0.1)
    data = [asked.data] if asked.data else []
    data += ["--labels", asked.labels] if asked.labels else []
    row = ["--row", str(rows.numbers[0])] if len(rows) == 1 else []
    if len(moves) > 1 and weight.name in moves:
        return quoted("chainrule", "mend", asked.model, *data, *row)
    # Rounded up, so that a move that just puts a row right still does.
    far_enough = Context(prec=3, rounding=ROUND_UP).create_decimal(f"{by:.12g}")
    nudged = ["--weight", weight.name, "--by", f"{float(far_enough):g}"]
    return quoted("chainrule", "nudge", asked.model, *data, *nudged, *row)


@click.command(short_help="Change one weight: the loss predicted and measured.")
@model_and_data
@row_option
@option("--weight NAME", "Its name, such as 'dense1.weight[3,2]'.", required=True)
@option("--by R", "How much to add to it.", float, default=0.1)
def nudge(asked: Asked, row: int | str | None, weight: str, by: float) -> None:
    """Add to one weight: the change of the loss that its slope predicts, and the one measured.

    The model file stays as it is. MODEL, DATA and --row are as in `chainrule explain`.
    """
    rows = asked.rows(row)
    with waiting("running the network with the weight changed"):
        answer = cr.explain(rows.net, rows).nudge(weight, by=by)
    asked.answer(answer, rows)


@click.command(short_help="A small change that puts a mistake right.")
@model_and_data
@row_option_for("The row to put right", required=True)
@option("--out FIXED", "Write the fixed model there; else nothing.")
@seed_option
def mend(asked: Asked, row: int | str, out: str | None, seed: int) -> None:
    """Find few and small changes of weights that put one row right, and what they break.

    Every loss is measured by running the network again. The model file stays as it is. MODEL and
    DATA are as in `chainrule explain`.
    """
    if out is not None:
        check_place(out, asked.model)
        destination(out, asked.model)
    one = asked.rows(row)
    mending = cr.explain(one.net, one).mend(one.numbers, seed=seed)
    written = out if mending.changes else None
    if written is not None:
        _write(load_model(asked.model, asked.engine), mending, written)
    asked.answer(mending, one, written=written)
    if out is not None and not asked.as_json:
        said = out if written else f"nothing was changed, so {out} was not written"
        say(said, label="written")


def _write(net: cr.Network, mending: Mend, out: str) -> None:
    """Save the network with the changes made."""
    from chainrule.nn import find_weight

    arrays = {name: w.tolist() for name, w in net.parameters.items()}
    for change in mending.changes:
        parameter, index = find_weight(change.name, net.architecture.layout.shapes)
        *before, last = index
        (arrays[parameter][before[0]] if before else arrays[parameter])[last] = change.after
    net.set_parameters(arrays)
    net.save(out)
