"""`chainrule program`: a network's own backpropagation as Python source."""

from __future__ import annotations

from typing import Any

import click

from chainrule.cli.options import Asked, model_and_data, row_option
from chainrule.cli.output import show_as_it_is, show_json


@click.command(short_help="Its own backpropagation as Python source.")
@model_and_data
@row_option
def program(asked: Asked, row: int | str | None) -> None:
    """The network's forward pass, loss and every gradient as a Python program.

    It is written for one row: the first, if --row does not say which. MODEL and DATA are as in
    `chainrule explain`. With --engine numpy it is the program that the NumPy engine runs.
    """
    rows = asked.rows(row)
    one = rows.row(rows.numbers[0])
    net: Any = one.net
    source = str(net.program(one.x, one.y, engine="numpy" if asked.engine == "numpy" else None))
    if asked.as_json:
        show_json({"model": asked.model, "row": one.numbers[0], "program": source})
    else:
        show_as_it_is(source.rstrip("\n"))
