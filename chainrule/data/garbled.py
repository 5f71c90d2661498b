"""Letters that a program on the way to here has put in the place of others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from html import unescape
from html.entities import html5

from chainrule.words import shortened

_TWICE = re.compile("[ÂÃâÄÅÐÑ][^\x00-\x7f]")
"""How letters of two bytes begin that are read as if each byte were one."""
_QUOTES = "\u2013\u2014\u2018\u2019\u201c\u201d\u2026"
_REAL = re.compile(
    r"(?<![^\W\d_])Å[²³±·]"
    rf"|(?<![a-zà-ÿ])(?:[ÃÄÅÐÑ][\xa0»®]|[ÂÄÅÐÑ][{_QUOTES}])(?![a-zà-ÿ])"
    rf"|(?<![a-zà-ÿ])Ã[{_QUOTES}](?![^\W\d_])"
)
"""Letters and signs that may stand so: a volume in Å³, a capital before a dash or a quote.

Not so within a word, where GRÃ–SSE is far more often GRÖSSE.
"""
_MARKUP = re.compile(r"&(?:#\d+|#[xX][0-9a-fA-F]+|[a-zA-Z]+\d*);")
_ANEW = (
    "a file in UTF-8 was opened as Latin-1 and saved again; go back to the one before, or put such "
    "letters right"
)


def garbled(texts: Sequence[str]) -> Iterator[str]:
    """A sentence where texts were saved in UTF-8 and read as Latin-1, and one where they are HTML.

    Example:
        >>> list(garbled(["Köln", "MÃ¼nchen", "A&B;", "CAFÉ®"]))
        ["'MÃ¼nchen' most likely means 'München': a file in UTF-8 was opened as Latin-1 and saved \
again; go back to the one before, or put such letters right."]
        >>> list(garbled(["Salt &amp; Pepper"]))
        ["'Salt &amp; Pepper' is HTML for 'Salt & Pepper': write letters and signs themselves."]
    """
    for pattern, read, means, advice in (
        (_TWICE, _read_right, "most likely means", _ANEW),
        (_MARKUP, _unmarked, "is HTML for", "write letters and signs themselves"),
    ):
        spoilt = (text for text in texts if pattern.search(_REAL.sub("", text)))
        if said := next(((t, meant) for t in spoilt if (meant := read(t)) != t), None):
            text, meant = (shortened(repr(each)) for each in said)
            yield f"{text} {means} {meant}: {advice}."


def _read_right(text: str) -> str:
    """The text that was saved in UTF-8 before it was read as Latin-1, or else the text itself."""
    for encoding in ("cp1252", "latin-1"):
        with suppress(UnicodeError):
            return text.encode(encoding).decode()
    return text


def _unmarked(text: str) -> str:
    """The text with what stands for a letter or a sign replaced; an unknown name stays whole."""
    return _MARKUP.sub(
        lambda sign: unescape(sign[0]) if sign[0][1] == "#" or sign[0][1:] in html5 else sign[0],
        text,
    )
