"""What notebooks show in a cell: static HTML, no script, styles that touch nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import zip_longest
from typing import Any

from chainrule.words.phrases import figure
from chainrule.words.wrapping import escaped

BLANK = "= ________"
"""Where a hand is to write."""

_STYLE = (  # Jupyter's own rules would set words to the right, and what is printed in its letters
    ".chainrule{font-variant-numeric:tabular-nums;max-width:60em}"
    ".chainrule table{border-collapse:collapse;margin:.6em 0}"
    ".chainrule caption{text-align:left;font-weight:600;padding:.2em 0}"
    ".chainrule th,.chainrule td{text-align:right;padding:.15em .7em;border:0;"
    "border-bottom:1px solid rgba(128,128,128,.35);white-space:nowrap}"
    ".chainrule th:first-child,.chainrule td:first-child,.chainrule th.words,.chainrule td.words"
    "{text-align:left}.chainrule .words{white-space:normal}"
    ".chainrule td{vertical-align:top}"
    ".chainrule pre{overflow-x:auto;font-family:monospace}"
    ".chainrule .note{border-left:4px solid #b04a00;padding-left:.8em;font-weight:600}"
)


_NUMBER = re.compile(r"(under |over )?[^A-Za-z]*(e[+-]\d+)?[^A-Za-z]*")
"""A number as it is written, with its signs; what has other letters is words."""

_ODD = tuple(map(figure, (float("nan"), float("inf"), -float("inf"))))


def cell(*parts: str) -> str:
    """Pieces of HTML as one cell, with its own style."""
    return f'<div class="chainrule"><style>{_STYLE}</style>{"".join(parts)}</div>'


_SHEET = (
    "body{max-width:54rem;margin:2rem auto;padding:0 1rem;font:1rem/1.5 system-ui,sans-serif}"
    "h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:1.6rem;break-after:avoid}"
    "pre{overflow-x:auto}@media(max-width:40em){table{font-size:.8rem}}"
    "@media print{body{margin:0;max-width:none;font-size:11pt}}"
)


def sheet_page(title: str, *parts: str) -> str:
    """Pieces of HTML as a page of its own, to be printed or handed out."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><style>{_SHEET}</style>'
        f"<title>{safe(title)}</title></head><body>{''.join(parts)}</body></html>"
    )


def note(sentence: str) -> str:
    """A sentence that must not be missed."""
    return f'<p class="note">{safe(sentence)}</p>'


def table(caption: str, titles: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table; numbers stand as `figure` has them, and whatever cells hold is never run.

    Example:
        >>> table("t", ["a"], [["<b>"]]).partition("<tbody>")[2]
        '<tr><td>&lt;b&gt;</td></tr></tbody></table>'
    """
    cells = [[figure(value) for value in row] for row in rows]
    kinds = [
        "" if at == 0 or all(map(_is_number, column)) else ' class="words"'
        for at, column in enumerate(zip(*cells, strict=True))
    ]
    head = "".join(
        f'<th scope="col"{kind}>{safe(title)}</th>'
        for kind, title in zip_longest(kinds, titles, fillvalue="")
    )
    body = "".join(f"<tr>{''.join(map(_cell, kinds, row))}</tr>" for row in cells)
    return (
        f"<table><caption>{safe(caption)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _cell(kind: str, text: str) -> str:
    return f"<td{kind}>{safe(text)}</td>"


def _is_number(text: str) -> bool:
    """Whether it is one, or stands for one: a dash, a share, nothing."""
    return text in _ODD or _NUMBER.fullmatch(text) is not None


def printed(
    text: str, caption: str = "", titles: Sequence[str] = (), rows: Iterable[Sequence[Any]] = ()
) -> str:
    """What is printed as a cell: its first line, a table of the numbers in it, and all of it.

    Args:
        text: What is printed.
        caption: What the table shows.
        titles: The headings of its columns; none for no table.
        rows: Its cells.
    """
    first, _, rest = text.partition("\n")
    head, whole = f"<p><b>{safe(first)}</b></p>", f"<pre>{safe(rest)}</pre>"
    if not titles:
        return cell(head, whole if rest.strip() else "")
    folded = f"<details><summary>all of it</summary>{whole}</details>" if rest.strip() else ""
    return cell(head, table(caption, titles, rows), folded)


def facts(caption: str, values: Mapping[str, Any]) -> str:
    """What is known of one thing, by name, as a cell."""
    rows = ((name.replace("_", " "), known) for name, known in values.items())
    return cell(table(caption, ("", ""), rows))


def safe(text: str) -> str:
    """Text that HTML shows and never runs."""
    return escape(escaped(text))
