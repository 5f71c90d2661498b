"""`chainrule check`: a verdict on every gradient."""

from __future__ import annotations

from typing import Any

import click

from chainrule.cli.options import Asked, model_and_data, number_or, row_option, seed_option

FOUND_WRONG = 1


@click.command(short_help="A verdict on every gradient.")
@model_and_data
@row_option
@click.option(
    "--rows",
    "count",
    metavar="N|all",
    callback=number_or("all", what="a number of rows", least=1),
    help="How many rows, drawn with a seed; 200, or fewer of a large network, if left out.",
)
@seed_option
def check(asked: Asked, row: int | str | None, count: int | str | None, seed: int) -> int | None:
    """A verdict on every gradient; the exit status is 1 when one is wrong.

    MODEL and DATA are as in `chainrule explain`.
    """
    import chainrule as cr
    from chainrule.train import waiting

    rows = asked.rows(row)
    sampling: dict[str, Any] = {"seed": seed} | ({} if count is None else {"rows": count})
    with waiting("checking every gradient"):
        verdicts: Any = cr.check_gradients(rows.net, rows.examples, rows.y, **sampling)
    asked.answer(verdicts)
    return None if verdicts.passed else FOUND_WRONG
