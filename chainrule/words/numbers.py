"""Numbers as people read them."""

from __future__ import annotations

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
