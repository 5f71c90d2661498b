"""Lines that no screen cuts off, with nothing in them that it could act on."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import groupby
from textwrap import TextWrapper

WIDTH = 80
"""Columns of a screen, which no line of text goes beyond."""

_ON_WINDOWS = os.name == "nt"

_SCREEN = ContextVar("screen", default=WIDTH)

_GAP = re.compile(r"\S {2,}\S")
"""What stands between two cells of a table."""

_MORE, _BOUND = re.compile(r"(?<=\d) (?=more\b)"), "\x1f"
"""Where no line ends, as "13 more" is one summand, and what stands there while lines are cut."""

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls, the tab and the new line aside
    "\u202a-\u202e\u2066-\u2069"  # embeddings, overrides and isolates of writing direction
    "\ud800-\udfff]"  # halves of a surrogate pair, which UTF-8 lacks
)


@contextmanager
def on_screen(width: int) -> Iterator[None]:
    """Have text written for a screen that may be narrower than `WIDTH`."""
    told = _SCREEN.set(min(WIDTH, width))
    try:
        yield
    finally:
        _SCREEN.reset(told)


def screen() -> int:
    """How many columns a line of text may take."""
    return _SCREEN.get()


def wrapped(
    text: str, width: int | None = None, *, first: str = "", rest: str | None = None
) -> list[str]:
    """A text in lines of so many columns, the screen's if left out, broken between its words.

    Args:
        text: One paragraph.
        width: How many columns there are; a longer word stands in a line of its own.
        first: What stands before the first line.
        rest: What stands before every other; the same if left out.

    Example:
        >>> wrapped("a sigmoid levels off", 11, first="  ", rest="    ")
        ['  a sigmoid', '    levels', '    off']
        >>> wrapped("1 + 2 + 13 more", 11)
        ['1 + 2 +', '13 more']
    """
    wrapper = TextWrapper(width or screen(), tabsize=1, initial_indent=first)
    wrapper.subsequent_indent = first if rest is None else rest
    wrapper.break_long_words = wrapper.break_on_hyphens = False
    lines = wrapper.wrap(_MORE.sub(_BOUND, text))
    return [line.replace(_BOUND, " ") for line in lines] or [first.rstrip()]


def paragraph(text: str, width: int | None = None) -> str:
    """A line that stands in a text of so many columns, the screen's, broken where it is longer.

    Example:
        >>> print(paragraph("  " + "so " * 30 + "on"))
          so so so so so so so so so so so so so so so so so so so so so so so so so so
            so so so so on
    """
    indent = " " * (len(text) - len(text.lstrip()))
    return "\n".join(wrapped(text.strip(), width, first=indent, rest=indent + "  "))


def fitted(text: str, width: int) -> str:
    r"""Text on a screen of so many columns: sentences broken, tables set closer.

    Where that is not enough, each row of a table goes on in a line below.

    Example:
        >>> print(fitted("name     value      loss\nw           1.5     0.25", 14))
        name  value
            loss
        w        1.5
            0.25
    """
    lines: list[str] = []
    for is_table, some in groupby(text.split("\n"), key=lambda line: bool(_GAP.search(line))):
        block = list(some)
        if max(map(len, block)) <= width:
            lines += block
        elif is_table:
            lines += _closer(block, width)
        else:
            lines += [paragraph(line, width) if len(line) > width else line for line in block]
    return "\n".join(lines)


def _closer(rows: Sequence[str], width: int) -> Iterator[str]:
    """The rows of a table with less between their cells, in more lines where that is needed."""
    indent = min(len(row) - len(row.lstrip()) for row in rows)
    full = max(map(len, rows))
    # A narrow gap may stand within the words of a cell as well, so it counts only where it must.
    for gap in (2, 1):
        cells = _cells([row.ljust(full) for row in rows], gap)
        if all(end - start <= width - indent - 4 for start, end in cells):
            break
    parts: list[list[tuple[int, int]]] = [[]]
    for start, end in cells:
        room = width - indent - (4 if len(parts) > 1 else 0)
        if sum(b - a + 2 for a, b in parts[-1]) + end - start > room:
            parts.append([])
        parts[-1].append((start, end))
    for row in rows:
        for number, part in enumerate(parts):
            line = "  ".join(row[start:end].ljust(end - start) for start, end in part)
            line = " " * (indent + (4 if number else 0)) + line.rstrip()
            if line.strip():
                yield line if len(line) <= width else paragraph(line, width)


def _cells(rows: Sequence[str], gap: int) -> list[tuple[int, int]]:
    """Where the columns of a table begin and end: between them all rows are blank."""
    cells: list[tuple[int, int]] = []
    for place in range(len(rows[0])):
        if all(row[place] == " " for row in rows):
            continue
        if cells and place - cells[-1][1] < gap:
            cells[-1] = (cells[-1][0], place + 1)
        else:
            cells.append((place, place + 1))
    return cells


def escaped(text: str) -> str:
    r"""The text with each character that nobody sees, or that no file can hold, written out.

    Example:
        >>> print(escaped("a\u202eb"))
        a\u202eb
    """
    return _UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def quoted(*words: str) -> str:
    """Words as a shell takes them, in quotes where it would read them otherwise.

    Those of Windows know double quotes alone.

    Example:
        >>> print(quoted("chainrule", "train", "my table.csv"))
        chainrule train 'my table.csv'
    """
    if not _ON_WINDOWS:
        return shlex.join(words)
    plain = [word.replace('"', r"\"") for word in words]
    return " ".join(word if shlex.quote(word) == word else f'"{word}"' for word in plain)
