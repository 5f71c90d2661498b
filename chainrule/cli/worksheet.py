"""`chainrule worksheet`: every value of one step of a small network, to be worked out by hand."""

from __future__ import annotations

import click

from chainrule.cli.options import Asked, check_place, model_and_data, row_option_for, sheet_options
from chainrule.cli.output import hand_out, show_json


@click.command(short_help="Every value of one step, by hand.")
@model_and_data
@row_option_for("The row to work out", required=True)
@click.option("--no-answers", is_flag=True, help="Leave room to write instead.")
@sheet_options
def worksheet(asked: Asked, row: int | str, no_answers: bool, form: str, out: str | None) -> None:
    """Every value of one step of a small network, forwards and backwards, with its formula.

    MODEL and DATA are as in `chainrule explain`.
    """
    from chainrule.model import explain

    if out is not None:
        check_place(out, asked.model, asked.data)
    rows = asked.rows(row)
    sheet = explain(rows.net, rows).worksheet(answers=not no_answers)
    if asked.as_json:
        show_json({"model": asked.model, **sheet.to_dict()})
        return
    write = {"text": sheet.__str__, "markdown": sheet.to_markdown, "html": sheet.to_html}
    hand_out(write[form](), out, form)
