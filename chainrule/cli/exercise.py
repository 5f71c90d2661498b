"""`chainrule exercise`: the exercises of the chapters, which check themselves."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import click

from chainrule.cli.options import check_place, seed_option, sheet_options
from chainrule.cli.output import hand_out, say, show_json

FOUND_WRONG = 1


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

    6 prints those of chapter 6; without it, all are printed. `--format html --out FILE` writes a
    sheet to hand out, and `--solutions` the answers apart. `6.1 --answer 4` judges an answer; the
    exit status is 1 when it is wrong.
    """
    from chainrule.exercises import CHAPTERS
    from chainrule.exercises import exercise as sheet_of
    from chainrule.words import sheet_page

    chapter, _, number = (which or "").partition(".")
    if not all(part.isdecimal() for part in (chapter or "1", number or "1")):
        raise click.UsageError(f"{which!r} is neither an exercise, such as 6.1, nor a chapter")
    sheets = [sheet_of(int(n), seed=seed) for n in ([chapter] if chapter else CHAPTERS)]
    if number and answer is None:
        raise click.UsageError(
            f"{which} alone is not printed: give an --answer, or ask for {chapter}"
        )
    if answer is not None:
        if not number:
            raise click.UsageError("--answer belongs to one exercise, such as 6.1")
        judgment = sheets[0].check(int(number), _read(answer))
        if as_json:
            show_json(judgment._asdict())
        else:
            say(str(judgment))
        return None if judgment.right else FOUND_WRONG
    if as_json:
        what = "solution" if solutions else "task"
        show_json({str(s.chapter): [getattr(e, what) for e in s.exercises] for s in sheets})
        return None
    if out is not None:
        check_place(out)
    if form == "html":
        parts = [sheet.part_of_page(solutions=solutions) for sheet in sheets]
        text = sheet_page("exercises", *parts)
    elif form == "markdown":
        text = "\n\n".join(sheet.to_markdown(solutions=solutions) for sheet in sheets)
    else:
        text = "\n\n".join(s.solutions if solutions else str(s) for s in sheets)
    hand_out(text, out, form)
    return None


def _read(answer: str) -> Any:
    """The numbers of an answer, or the function that a file defines."""
    from chainrule.errors import OptionError

    try:
        return [float(number) for number in answer.split(",")]
    except ValueError:
        if not Path(answer).is_file():
            raise OptionError(
                f"an answer is a number, several with commas, or a Python file; found {answer!r}"
            ) from None
    try:
        names = runpy.run_path(answer)
    except (Exception, SystemExit) as error:  # whatever the reader's own lines raise
        raise OptionError(f"{answer} broke off with {type(error).__name__}: {error}") from error
    for name in ("gradient", "update"):
        if name in names:
            return names[name]
    raise OptionError(f"{answer} defines neither gradient nor update")
