"""`chainrule check` and `health`: whether every gradient is right, and what else is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

import chainrule as cr
from chainrule.cli.options import Asked, model_and_data, number_or, option, row_option, seed_option
from chainrule.cli.output import is_quiet, say
from chainrule.words import duration, waiting

if TYPE_CHECKING:
    from chainrule.model import Rows

FOUND_WRONG = 1

LONG_SECONDS = 10.0
"""A check that takes longer is announced before it starts."""


@click.command(short_help="A verdict on every gradient.")
@model_and_data
@row_option
@option(
    "--rows count N|all",
    "How many rows, drawn with a seed; 200, or fewer of a large network, if left out.",
    number_or("all", what="a number of rows", least=1),
)
@seed_option
def check(asked: Asked, row: int | str | None, count: int | str | None, seed: int) -> int | None:
    """A verdict on every gradient; the exit status is 1 when one is wrong.

    MODEL and DATA are as in `chainrule explain`.
    """
    if row is not None and count is not None:
        raise click.UsageError("--row checks one row, and --rows many: give one of the two")
    rows = asked.rows(row)
    if count is not None and not (asked.as_json or is_quiet()):
        _say_how_long(rows, len(rows) if isinstance(count, str) else min(count, len(rows)))
    sampling: dict[str, Any] = {"seed": seed} | ({} if count is None else {"rows": count})
    with waiting("checking every gradient"):
        verdicts = cr.check_gradients(rows.net, rows.examples, rows.y, **sampling)
    asked.answer(verdicts, notes=rows.notes)
    return None if verdicts.passed else FOUND_WRONG


def _say_how_long(rows: Rows, count: int) -> None:
    """Say beforehand where so many rows take long."""
    from chainrule.model import seconds_to_check

    seconds = seconds_to_check(rows.net, rows.examples, rows.y, rows=count)
    if seconds >= LONG_SECONDS:
        long = f"{count:,} rows take about {duration(seconds)}"
        say(f"{long}, as a few of them suggest", label="time")


@click.command(short_help="What keeps a network from learning.")
@model_and_data
def health(asked: Asked) -> None:
    """What keeps it from learning: dead units, vanishing gradients, and what to try.

    MODEL and DATA are as in `chainrule explain`.
    """
    rows = asked.rows()
    with waiting("looking for what keeps it from learning"):
        findings = cr.health(rows.net, rows.examples, rows.y)
    asked.answer(findings, notes=rows.notes)
