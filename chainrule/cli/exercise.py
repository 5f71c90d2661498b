"""`chainrule program`, `worksheet` and `exercise`: a step as source, by hand, and to practise."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import chainrule as cr
from chainrule.cli.check import FOUND_WRONG
from chainrule.cli.options import (
    Asked,
    model_and_data,
    row_option,
    row_option_for,
    seed_option,
    sheet_options,
)
from chainrule.cli.output import hand_out, say, show_as_it_is, show_json
from chainrule.cli.places import check_place, refuse_beside_json
from chainrule.errors import OptionError
from chainrule.files import exists
from chainrule.words import sheet_page

if TYPE_CHECKING:
    from chainrule.exercises import Sheet


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
    source = str(one.net.program(one.x, one.y, engine="numpy" if asked.engine == "numpy" else None))
    if asked.as_json:
        show_json({"model": asked.model, "row": one.numbers[0], "program": source})
    else:
        show_as_it_is(source.rstrip("\n"))


@click.command(short_help="Every value of one step, by hand.")
@model_and_data
@row_option_for("The row to work out", required=True)
@click.option("--no-answers", is_flag=True, help="Leave room to write instead.")
@sheet_options
def worksheet(asked: Asked, row: int | str, no_answers: bool, form: str, out: str | None) -> None:
    """Every value of one step of a small network, forwards and backwards, with its formula.

    MODEL and DATA are as in `chainrule explain`.
    """
    rows = asked.rows(row)
    if out is not None:
        check_place(out, asked.model, asked.data_of(rows))
    sheet = cr.explain(rows.net, rows).worksheet(answers=not no_answers)
    if asked.as_json:
        refuse_beside_json(out)
        show_json({"model": asked.model, **sheet.to_dict()})
        return
    write = {"text": sheet.__str__, "markdown": sheet.to_markdown, "html": sheet.to_html}
    hand_out(write[form](), out, form)


@click.command(short_help="Exercises that check themselves.")
@click.argument("which", metavar="[CHAPTER[.NUMBER]]", required=False)
@click.option("--answer", metavar="ANSWER", help="A number, '2, 3.5', or a Python file.")
@seed_option
@click.option("--solutions", is_flag=True, help="The right answers alone.")
@sheet_options
def exercise(
    which: str | None,
    answer: str | None,
    seed: int,
    solutions: bool,
    form: str,
    out: str | None,
    as_json: bool,
) -> int | None:
    """Three exercises for each chapter, with new numbers for every seed.

    6 prints those of chapter 6, and 6.1 the first of them; without it, all are printed. `--format
    html --out FILE` writes a sheet to hand out, and `--solutions` the answers apart. `6.1 --answer
    4` judges an answer; the exit status is 1 when it is wrong.
    """
    sheets = _asked_for(which, seed)
    if answer is not None:
        if len(sheets) > 1 or len(sheets[0].exercises) > 1 or out or solutions:
            raise click.UsageError("--answer is for one exercise, such as 6.1, and for it alone")
        judgment = sheets[0].exercises[0].judge(_read(answer))
        if as_json:
            show_json(judgment._asdict())
        else:
            say(str(judgment))
        return None if judgment.right else FOUND_WRONG
    if as_json:
        refuse_beside_json(out)
        what = "solution" if solutions else "task"
        show_json({name: getattr(one, what) for sheet in sheets for name, one in sheet.named()})
        return None
    if out is not None:
        check_place(out)
    written = {
        "text": lambda sheet: sheet.solutions if solutions else str(sheet),
        "markdown": lambda sheet: sheet.to_markdown(solutions=solutions),
        "html": lambda sheet: sheet.part_of_page(solutions=solutions),
    }
    parts = map(written[form], sheets)
    text = sheet_page("exercises", *parts) if form == "html" else "\n\n".join(parts)
    hand_out(text, out, form)
    return None


def _asked_for(which: str | None, seed: int) -> list[Sheet]:
    """The sheets of all chapters, or that of one, with one exercise if it has a number."""
    from chainrule.exercises import CHAPTERS

    chapter, _, number = (which or "").partition(".")
    if which is not None and not (chapter.isdecimal() and (number or "1").isdecimal()):
        raise click.UsageError(f"{which!r} is neither an exercise, such as 6.1, nor a chapter")
    sheets = [cr.exercise(int(n), seed=seed) for n in ([chapter] if chapter else CHAPTERS)]
    return [sheets[0].only(int(number))] if number else sheets


def _read(answer: str) -> Any:
    """The numbers of an answer, or the function that a file defines."""
    try:
        return [float(number) for number in answer.replace("−", "-").split(",")]
    except ValueError:
        if not (exists(Path(answer)) and Path(answer).is_file()):
            found = f"no file {answer}" if answer.endswith(".py") else repr(answer)
            raise OptionError(
                f"an answer is a number, several with commas, or a Python file; found {found}"
            ) from None
    try:
        names = runpy.run_path(answer)
    except (Exception, SystemExit) as error:  # whatever the reader's own lines raise
        raise OptionError(f"{answer} broke off with {type(error).__name__}: {error}") from error
    for name in ("gradient", "update"):
        if name in names:
            return names[name]
    raise OptionError(f"{answer} defines neither gradient nor update: name it as the task does")
