"""What commands print: paragraphs, tables, sheets and JSON."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from contextlib import suppress
from pathlib import Path
from shutil import get_terminal_size, which
from typing import Any

import click

from chainrule.files import write_text
from chainrule.words import WIDTH, fitted, plain_data, quoted, wrapped

NARROWEST = 60
_QUIET = "chainrule.quiet"
MARGIN, BLUE = 10, "bright_blue"  # on black the plain one is hardly seen


class _Unread(io.FileIO):
    """A pipe that goes on when nobody reads it any more: what is written there is lost."""

    def write(self, data: Any) -> int:
        """Write as much as the pipe takes, or nothing."""
        try:
            return super().write(data)
        except BrokenPipeError:
            return len(data)


def outlast_readers() -> None:
    """Let a command go on to its end, quietly, where what it prints is no longer read."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        with suppress(AttributeError, io.UnsupportedOperation):  # none, or one in memory
            raw = _Unread(stream.fileno(), "w", closefd=False)
            as_before = {"encoding": stream.encoding, "errors": stream.errors}
            by_line = io.TextIOWrapper(io.BufferedWriter(raw), line_buffering=True, **as_before)
            setattr(sys, name, by_line)


def hush(context: click.Context, _param: click.Parameter, value: bool) -> None:
    """Make a command print nothing but the JSON that is asked for."""
    context.meta[_QUIET] = value


def is_quiet() -> bool:
    """Whether the command that runs prints nothing for people."""
    context = click.get_current_context(silent=True)
    return bool(context and context.meta.get(_QUIET))


def screen_width() -> int:
    """How wide the screen is, at least 60 columns, and 80 where nobody says."""
    return max(NARROWEST, get_terminal_size((WIDTH, 24)).columns)


def say(text: str, *, label: str = "") -> None:
    """Print a paragraph, wrapped at 80 columns, or where a narrower screen ends.

    Args:
        text: One paragraph.
        label: A word that stands in a margin of its own, bold on a terminal; a blank for the margin
            alone.
    """
    margin = " " * MARGIN if label else ""
    first, *rest = wrapped(text, first=margin, rest=margin + "  " * (label == " "))
    first = styled(label.ljust(len(margin)), bold=True) + _painted(first.removeprefix(margin))
    _print("\n".join([first, *map(_painted, rest)]))


def show(block: object) -> None:
    """Print text of several lines, no wider than the screen."""
    _print(_painted(fitted(str(block), screen_width())))


def heading(text: str) -> None:
    """Print a line that stands above others."""
    _print(styled(fitted(text, screen_width()), bold=True))


def suggest(command: str) -> None:
    """Print the command to type next; it is never wrapped, so that it can be copied.

    Where the shell would not find `chainrule`, it begins as this command was typed.
    """
    if Path(sys.argv[0]).name == "chainrule" and not which("chainrule"):
        command = quoted(sys.argv[0]) + command.removeprefix("chainrule")
    label = styled("next".ljust(MARGIN), bold=True)
    _print(label + styled(command, fg="cyan"))


def show_json(value: Any) -> None:
    """Print plain data as JSON; what is not a finite number becomes null, as JSON has no NaN."""
    in_utf_8()
    click.echo(json.dumps(plain_data(value), indent=2, ensure_ascii=False))


def hand_out(text: str, out: str | None, form: str) -> None:
    """Print a sheet, text as wide as the screen and Markdown or HTML as it is, or write a file."""
    if out is None:
        (show if form == "text" else show_as_it_is)(text)
    else:
        write_text(out, f"{text}\n", "the sheet")
        say(out, label="written")


def styled(text: str, **styles: Any) -> str:
    """The text in bold or in colour; plain where the output is piped, NO_COLOR set or TERM dumb."""
    return click.style(text, **styles) if text.strip() and _colourful() else text


def show_as_it_is(text: str) -> None:
    """Print what a machine may read: source, Markdown, HTML."""
    in_utf_8()
    _print(text)


def in_utf_8() -> None:
    """Let a file or a pipe get what a machine reads as `--out` writes it, whatever the locale.

    As Windows writes into a file, Greek in JSON and CSV would become question marks, and Python
    would refuse a program.
    """
    if isinstance(sys.stdout, io.TextIOWrapper) and not sys.stdout.isatty():
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")


def _print(text: str) -> None:
    if not is_quiet():
        click.echo(text, color=_colourful())


_COLOURS = {"wrong": "red", "right": "green", "doubt": "yellow", "minus": BLUE, "plus": "magenta"}
"""What colours carry, beside the words and signs that say it, too."""

_SAID = re.compile(
    r"(?P<wrong>NOT passed|not right yet|(?<!how )\bwrong\b|breaks [1-9][\d,]*"
    r"|but the network says [^.]+)"
    r"|(?P<right>✓|\b(?:passed|(?<!often )right(?!  )|agrees?)\b|fixes [1-9][\d,]*"
    r"|and the network says [^.]+)"
    r"|(?P<doubt>\bunclear\b|\b[1-9]\d* findings?\b|^note:)"
    r"|(?P<minus>(?<![\w.\])])-\d[\d.]*(?:e[-+]\d+)?)"
    r"|(?P<plus>(?<![\w.\])])\+\d[\d.]*(?:e[-+]\d+)?)",
    re.MULTILINE,
)


def _painted(text: str) -> str:
    """The text with verdicts, right and wrong, and signed numbers in colour on a terminal."""
    if not _colourful():
        return text
    return _SAID.sub(lambda match: styled(match[0], fg=_COLOURS[str(match.lastgroup)]), text)


def _colourful() -> bool:
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return sys.stdout.isatty() and not plain
