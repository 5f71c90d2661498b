"""`chainrule health`: what keeps a network from learning."""

from __future__ import annotations

import click

from chainrule.cli.options import Asked, model_and_data


@click.command(short_help="What keeps a network from learning.")
@model_and_data
def health(asked: Asked) -> None:
    """What keeps it from learning: dead units, vanishing gradients, and what to try.

    MODEL and DATA are as in `chainrule explain`.
    """
    import chainrule as cr
    from chainrule.train import waiting

    rows = asked.rows()
    with waiting("looking for what keeps it from learning"):
        findings = cr.health(rows.net, rows.examples, rows.y)
    asked.answer(findings)
