"""`chainrule nudge`: what a small change of one weight is predicted and measured to do."""

from __future__ import annotations

import click

from chainrule.cli.explain import describe
from chainrule.cli.options import model_and_data, open_rows, row_option
from chainrule.cli.output import show, show_json


@click.command(short_help="Change one weight: the loss predicted and measured.")
@model_and_data
@row_option
@click.option("--weight", required=True, help="Its name, such as 'dense1.weight[3,2]'.")
@click.option("--by", type=float, default=0.1, show_default=True, help="How much to add to it.")
def nudge(
    model: str,
    data: str | None,
    labels: str | None,
    engine: str,
    as_json: bool,
    row: int | str | None,
    weight: str,
    by: float,
) -> None:
    """Add to one weight: the change of the loss that its slope predicts, and the one measured.

    The model file stays as it is. MODEL, DATA and --row are as in `chainrule explain`.
    """
    from chainrule.model import explain
    from chainrule.train import waiting

    rows = open_rows(model, data, labels=labels, engine=engine, row=row)
    with waiting("running the network with the weight changed"):
        answer = explain(rows.net, rows).nudge(weight, by=by)
    if as_json:
        show_json({"model": model, **rows.to_dict(), **answer.to_dict()})
        return
    describe(rows)
    show(answer)
