"""Lines that no screen cuts off."""

from __future__ import annotations

from textwrap import fill

WIDTH = 80
"""Columns of a screen, which no line of text goes beyond."""


def paragraph(text: str, width: int = WIDTH) -> str:
    """A line that stands in a text of so many columns, broken where it is longer.

    Example:
        >>> print(paragraph("  " + "so " * 30 + "on"))
          so so so so so so so so so so so so so so so so so so so so so so so so so so
            so so so so on
    """
    indent = " " * (len(text) - len(text.lstrip()))
    return fill(
        text.strip(),
        width,
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
