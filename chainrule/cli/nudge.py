"""`chainrule nudge`: what a small change of one weight is predicted and measured to do."""

from __future__ import annotations

import click

from chainrule.cli.options import Asked, model_and_data, row_option


@click.command(short_help="Change one weight: the loss predicted and measured.")
@model_and_data
@row_option
@click.option("--weight", required=True, help="Its name, such as 'dense1.weight[3,2]'.")
@click.option("--by", type=float, default=0.1, help="How much to add to it.")
def nudge(asked: Asked, row: int | str | None, weight: str, by: float) -> None:
    """Add to one weight: the change of the loss that its slope predicts, and the one measured.

    The model file stays as it is. MODEL, DATA and --row are as in `chainrule explain`.
    """
    from chainrule.model import explain
    from chainrule.train import waiting

    rows = asked.rows(row)
    with waiting("running the network with the weight changed"):
        answer = explain(rows.net, rows).nudge(weight, by=by)
    asked.answer(answer, rows)
