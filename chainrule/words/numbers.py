"""Numbers as people read them."""

from __future__ import annotations

from math import isfinite
from typing import Any


def number(value: Any, digits: int = 6) -> str:
    """A number with a few significant digits; exact kinds as they are; anything odd by its name.

    Example:
        >>> number(-2.0), number(0.000438567723), number(-0.0), number(float("nan"))
        ('-2', '0.000438568', '0', 'nan')
    """
    if isinstance(value, float | int):
        return f"{value:.{digits}g}" if value else "0"
    return str(value)


def factor(value: Any, digits: int = 6) -> str:
    """A number as a factor of a product: brackets around a minus sign or a fraction bar."""
    text = number(value, digits)
    return f"({text})" if text[0] in "-+" or "/" in text else text


def figure(value: Any) -> str:
    """A number; one that cannot be trusted says so. Text and whole numbers are as they are.

    Example:
        >>> figure(0.25), figure(None), figure(float("nan")), figure("w")
        ('0.25', '–', 'nan (not a number to go by)', 'w')
    """
    if isinstance(value, str | int):
        return str(value)
    if value is None:
        return "–"
    if isinstance(value, float) and not isfinite(value):
        return f"{value} (not a number to go by)"
    return number(value, 4)


_ROUNDING = 1e-12
"""A sum of shares that is off by less than this is all of them."""


def percent(share: float, digits: int = 1) -> str:
    """A share of 1 in percent; what is not all or nothing, but would be once rounded, says so.

    Example:
        >>> percent(0.834), percent(0.99996), percent(0.0004), percent(1.0), percent(0.997, 0)
        ('83.4%', 'over 99.9%', 'under 0.1%', '100.0%', 'over 99%')
    """
    if not isfinite(share):
        return figure(share)
    text, least = f"{share:.{digits}%}", 10.0**-digits
    if share > 0 and text == f"{0:.{digits}%}":
        return f"under {least:.{digits}f}%"
    if share < 1 - _ROUNDING and text == f"{1:.{digits}%}":
        return f"over {100 - least:.{digits}f}%"
    return text


def answer_text(answer: Any) -> str:
    """What a network says: a class, or its first values; a dash where it says nothing.

    Example:
        >>> answer_text("setosa"), answer_text([1.5]), answer_text([1.0, 2.0, 3.0, 4.0])
        ('setosa', '1.5', '1, 2, 3, …')
        >>> answer_text([180_000.25])
        '180,000'
    """
    if answer is None:
        return "–"
    values = answer if isinstance(answer, list) else [answer]
    shown = ", ".join(map(_plain, values[:3]))
    return f"{shown}, …" if len(values) > 3 else shown


def _plain(value: Any) -> str:
    """A value in the target's unit: what is large, such as a price, to the unit."""
    large = isinstance(value, float) and 1e4 <= abs(value) < 1e12
    return f"{value:,.0f}" if large else number(value, 4)
