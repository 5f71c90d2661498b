"""Names with everything in them that could be seen or could turn the text around them."""

from __future__ import annotations

import re

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls, the tab and the new line aside
    "\u202a-\u202e\u2066-\u2069"  # embeddings, overrides and isolates of writing direction
    "\ud800-\udfff]"  # halves of a surrogate pair, which UTF-8 lacks
)


def escaped(text: str) -> str:
    r"""The text with each character that nobody sees, or that no file can hold, written out.

    Example:
        >>> print(escaped("a\u202eb"))
        a\u202eb
    """
    return _UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
