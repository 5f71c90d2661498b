"""`chainrule health`: what keeps a network from learning."""

from __future__ import annotations

from typing import Any

import click

from chainrule.cli.options import model_and_data, open_rows
from chainrule.cli.output import show, show_json


@click.command(short_help="What keeps a network from learning.")
@model_and_data
def health(model: str, data: str | None, labels: str | None, engine: str, as_json: bool) -> None:
    """What keeps it from learning: dead units, vanishing gradients, and what to try.

    MODEL and DATA are as in `chainrule explain`.
    """
    import chainrule as cr
    from chainrule.train import waiting

    rows = open_rows(model, data, labels=labels, engine=engine)
    with waiting("looking for what keeps it from learning"):
        state: Any = cr.health(rows.net, rows.examples, rows.y)
    if as_json:
        show_json({"model": model, **state.to_dict()})
    else:
        show(state)
