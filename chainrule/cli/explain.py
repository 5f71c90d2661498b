"""`chainrule explain`, `nudge`, `mend`: which weights caused the error, and what to change."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

import chainrule as cr
from chainrule.cli.options import (
    Asked,
    describe,
    load_model,
    model_and_data,
    row_option,
    row_option_for,
    seed_option,
)
from chainrule.cli.output import check_place, heading, is_quiet, say, show, show_json, suggest
from chainrule.cli.train import destination
from chainrule.errors import OptionError
from chainrule.words import waiting

if TYPE_CHECKING:
    from chainrule.explanations.culprits import Mend
    from chainrule.explanations.what_if import WeightSlope
    from chainrule.model import Rows

PIECES = ("receipt", "curve", "blame")
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
@click.option(
    "--weight", metavar="NAME", help="Look closely at this one; else at one that the answer names."
)
@click.option("--top", type=click.IntRange(1), metavar="N", default=10, help="How many in JSON.")
@click.option("--weights", type=click.IntRange(1), metavar="N", help="List the N steepest weights.")
@click.option("--receipt", is_flag=True, help="Write the chain of one gradient out.")
@click.option("--curve", is_flag=True, help="The loss at other values of one weight.")
@click.option("--blame", is_flag=True, help="Share the loss out among all weights.")
@click.option("--full", is_flag=True, help="Print all of this.")
@click.option("--columns", is_flag=True, help="Which columns of the table matter, measured.")
@click.option("--taught-by", is_flag=True, help="Train again without the rows that taught it.")
@click.option("--html", metavar="FILE", help="Write the explanation as a page, too.")
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
    from chainrule.cli.screen import show_answer
    from chainrule.nn import find_weight
    from chainrule.report import as_text

    rows = asked.rows(row)
    if weight is not None:  # refused before anything is written
        find_weight(weight, rows.net.architecture.layout.shapes)
    explanation = cr.explain(rows.net, rows)
    if html == "-":
        raise OptionError("a page is not printed: give --html the name of a file")
    if html is not None:
        explanation.to_html(html)
    if columns:
        by_column = explanation.columns(seed=seed)
        if asked.as_json:
            show_json({"model": asked.model, **rows.to_dict(), "columns": by_column.to_dict()})
        else:
            describe(rows)
            show(by_column)
        return
    if asked.as_json:
        parts = _plain(rows, explanation, weight, top)
        if pieces["taught_by"]:
            parts["taught_by"] = explanation.taught_by(progress=False).to_dict()
        show_json({"model": asked.model, **parts})
        return
    if is_quiet():
        return
    describe(rows)
    wanted = {name for name in PIECES if pieces[name] or pieces["full"]}
    if weight is not None and not any(pieces.values()):
        wanted |= ONE_WEIGHT
    weight_to_nudge = _looked_at(explanation, weight, listed=weights is not None)
    if pieces["taught_by"]:
        wanted.add("taught_by")
    if weights is None and not wanted:
        weight_to_nudge = show_answer(explanation, rows)
        say(MORE, label="more")
    elif weights is not None or pieces["full"]:
        most = weights or top
        with waiting("nudging the steepest weights"):
            text = as_text(explanation, top=most)
        show(f"\n{text}\n")
        if inputs := list(_inputs(rows, explanation.weights.top(most))):
            show("\n".join(inputs) + "\n")
    for answer in _closer(explanation, weight_to_nudge.name, wanted).values():
        title, _, rest = str(answer).partition("\n")
        heading(title)
        show(f"{rest}\n")
    if html is not None:
        say(html, label="written")
    suggest(_next(asked, rows, weight_to_nudge, explanation))


def _plain(rows: Rows, explanation: cr.Explanation, weight: str | None, top: int) -> dict[str, Any]:
    """All of it as plain data."""
    parts = explanation.to_dict(top=top)
    parts["notes"] = [*rows.notes, *parts["notes"]]
    wanted = set(PIECES) if len(rows) == 1 else ONE_WEIGHT if weight else set()
    closer = _closer(explanation, _looked_at(explanation, weight, listed=False).name, wanted)
    return {
        **rows.to_dict(),
        "answer": explanation.answer,
        "groups": [group.to_dict() for group in explanation.groups(top=top)],
        **parts,
        **{title: answer.to_dict() for title, answer in closer.items()},
    }


def _looked_at(explanation: cr.Explanation, weight: str | None, *, listed: bool) -> WeightSlope:
    """The weight that was named; else the steepest, where these are listed, or the answer's."""
    from chainrule.report import named_weight

    if weight is not None:
        return explanation.weights[weight]
    return explanation.weights[0] if listed else named_weight(explanation)


def _closer(explanation: cr.Explanation, name: str, wanted: set[str]) -> dict[str, Any]:
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
        answers["taught_by"] = explanation.taught_by()
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
    row = ["--row", str(rows.numbers[0])] if len(rows) == 1 else []
    if len(moves) > 1 and weight.name in moves:
        return shlex.join(["chainrule", "mend", asked.model, *data, *row])
    nudged = ["--weight", weight.name, "--by", f"{by:.3g}"]
    return shlex.join(["chainrule", "nudge", asked.model, *data, *nudged, *row])


@click.command(short_help="Change one weight: the loss predicted and measured.")
@model_and_data
@row_option
@click.option(
    "--weight", metavar="NAME", required=True, help="Its name, such as 'dense1.weight[3,2]'."
)
@click.option("--by", type=float, metavar="R", default=0.1, help="How much to add to it.")
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
@click.option("--out", metavar="FIXED", help="Write the fixed model there; else nothing.")
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
    if asked.as_json:
        return
    if written is not None:
        say(written, label="written")
    elif out is not None:
        say(f"nothing was changed, so {out} was not written", label="written")


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
