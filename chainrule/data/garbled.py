"""Letters that a program on the way to here has put in the place of others."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress

from chainrule.words import shortened

_TWICE = re.compile("[ÂÃâÄÅÐÑ][^\x00-\x7f]")
"""How letters of two bytes begin that are read as if each byte were one."""
_MARKUP = re.compile(r"&(?:#\d+|#[xX][0-9a-fA-F]+|[a-zA-Z]+\d*);")


def garbled(texts: Iterable[str]) -> Iterator[str]:
    """A sentence where texts were saved in UTF-8 and read as Latin-1, and one where they are HTML.

    Example:
        >>> list(garbled(["Köln", "MÃ¼nchen", "A&B;", "CAFÉ®"]))
        ["'MÃ¼nchen' most likely means 'München': a file in UTF-8 was opened as Latin-1 and saved \
again; go back to the one before, or put such letters right."]
        >>> list(garbled(["Salt &amp; Pepper"]))
        ["'Salt &amp; Pepper' is HTML for 'Salt & Pepper': write letters and signs themselves."]
    """
    twice = marked = ""
    for text in texts:
        if not twice and _TWICE.search(text) and (twice := _read_right(text)):
            yield (
                f"{shortened(repr(text))} most likely means {shortened(repr(twice))}: a file in "
                "UTF-8 was opened as Latin-1 and saved again; go back to the one before, or put "
                "such letters right."
            )
        if not marked and _MARKUP.search(text) and (plain := html.unescape(text)) != text:
            marked = plain
            yield (
                f"{shortened(repr(text))} is HTML for {shortened(repr(plain))}: write letters and "
                "signs themselves."
            )


def _read_right(text: str) -> str:
    """The text that was saved in UTF-8 before it was read as Latin-1; empty where there is none."""
    for encoding in ("cp1252", "latin-1"):
        with suppress(UnicodeError):
            return text.encode(encoding).decode()
    return ""
