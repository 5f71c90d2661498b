"""How anything is said: numbers, counts, lists, lines that fit a screen, text made safe to show."""

from chainrule.words.escaping import escaped
from chainrule.words.lists import listed, plural
from chainrule.words.numbers import answer_text, factor, number
from chainrule.words.wrapping import WIDTH, paragraph

__all__ = [
    "WIDTH",
    "answer_text",
    "escaped",
    "factor",
    "listed",
    "number",
    "paragraph",
    "plural",
]
