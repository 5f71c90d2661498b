"""`chainrule score`: how well a network does, beside the baselines to beat."""

from __future__ import annotations

import click

from chainrule.cli.options import Asked, model_and_data, open_model
from chainrule.cli.output import show, show_json


@click.command(short_help="How well it does, beside the baselines to beat.")
@model_and_data
@click.option("--full", is_flag=True, help="Every class, and curves as pictures.")
def score(asked: Asked, full: bool) -> None:
    """How well a network does on rows whose answers are known, beside the baselines to beat.

    MODEL is a file that `chainrule train` has saved. DATA is a file or a built-in name; without it,
    the rows that were held out are used. The baselines are a constant answer, and a linear model
    that is fitted here.
    """
    from chainrule.model import rows_for
    from chainrule.model import score as score_rows
    from chainrule.train import waiting

    net, data = open_model(asked.model, asked.engine), asked.data
    with waiting("answering every row, and fitting the baselines"):
        rows = None if data is asked.labels is None else rows_for(net, data, labels=asked.labels)
        scores = score_rows(net, rows)
    if asked.as_json:
        show_json({"model": asked.model, **scores.to_dict()})
    else:
        show(scores.as_text(full=full))
