"""`chainrule check`: a verdict on every gradient."""

from __future__ import annotations

from typing import Any

import click

from chainrule.cli.options import model_and_data, open_rows
from chainrule.cli.output import show, show_json

FOUND_WRONG = 1


@click.command(short_help="A verdict on every gradient.")
@model_and_data
def check(
    model: str, data: str | None, labels: str | None, engine: str, as_json: bool
) -> int | None:
    """A verdict on every gradient; the exit status is 1 when one is wrong.

    MODEL and DATA are as in `chainrule explain`.
    """
    import chainrule as cr

    rows = open_rows(model, data, labels=labels, engine=engine)
    found: Any = cr.check_gradients(rows.net, rows.examples, rows.y)
    if as_json:
        show_json({"model": model, **found.to_dict()})
    else:
        show(found)
    return None if found.passed else FOUND_WRONG
