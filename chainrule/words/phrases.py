"""Numbers, counts with their nouns, and lists of names, as people read them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from math import isfinite
from typing import Any

_QUESTIONS = 12
"""So many answers of yes and no are all said; of more, those that are yes."""

_ROUNDING = 1e-12
"""A sum of shares that is off by less than this is all of them."""

_FIGURE = re.compile(r"[-+<>]?\d[\d,.]*(e[-+]?\d+)?%?|[-+]?inf|nan")
"""A number as it stands in a table."""

_EDGES = re.compile(" "), re.compile("[_=/]")
"""What the end of a shortened text begins behind, the likelier end of a word first."""

_HIDDEN = re.compile(r"^$|^\s|\s$|\"|,(?!\d)(?![^\[(]*[\])])")
"""Nothing, a space at an end, a quote, a comma outside of numbers and brackets."""


def number(value: Any, digits: int = 6) -> str:
    """A number with a few significant digits; exact kinds as they are; anything odd by its name.

    Example:
        >>> number(-2.0), number(0.000438567723), number(-0.0), number(float("nan"))
        ('-2', '0.000438568', '0', 'nan')
        >>> number(1736.2, 3), number(1.7e9, 3)
        ('1740', '1.7e+09')
    """
    if isinstance(value, float | int):
        text = f"{value:.{digits}g}" if value else "0"
        return f"{float(text):.0f}" if "e+0" in text and abs(value) < 999_999.5 else text
    return str(value)


def apart(before: float, after: float, digits: int) -> tuple[str, str]:
    """Two numbers, with as many more digits as it takes to tell them apart.

    Example:
        >>> apart(1.0986, 1.0971, 3), apart(2.0, 2.0, 3)
        (('1.099', '1.097'), ('2', '2'))
    """
    said = [(number(before, many), number(after, many)) for many in range(digits, 18)]
    return next((pair for pair in said if pair[0] != pair[1]), said[0])


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


def percent_in_table(share: float) -> str:
    """The same as short as a column of a table needs it.

    Example:
        >>> percent_in_table(0.834), percent_in_table(0.99996), percent_in_table(0.0004)
        ('83.4%', '>99.9%', '<0.1%')
    """
    said = percent(share) if isfinite(share) else number(share)
    return said.replace("over ", ">").replace("under ", "<")


def answer_text(answer: Any) -> str:
    """What a network says: a class, its first values, or yes and no (1 and 0) to every question.

    Where it says nothing, that is a dash.

    Example:
        >>> answer_text("setosa"), answer_text([1.5]), answer_text([1.0, 2.0, 3.0, 4.0])
        ('setosa', '1.5', '1, 2, 3, …')
        >>> answer_text([1, 0, 0, 1, 0]), answer_text([0, 1, 0, 1] * 4)
        ('1, 0, 0, 1, 0', 'yes to outputs 1, 3, 5, 7, 9, 11, 13 and 15 of 16')
        >>> print(answer_text("no, stayed at home"))
        'no, stayed at home'
        >>> answer_text([180_000.25])
        '180,000'
    """
    if answer is None:
        return "–"
    if isinstance(answer, str):
        return set_apart(answer)
    values = answer if isinstance(answer, list) else [answer]
    whole = any(isinstance(value, int) for value in values)
    if not (whole and all(value in (0, 1) or value != value for value in values)):
        return ", ".join([*map(quantity, values[:3]), *["…"] * (len(values) > 3)])
    if len(values) <= _QUESTIONS:
        return ", ".join(map(quantity, values))
    yes = [place for place, value in enumerate(values) if value == 1]
    return f"yes to {numbered('output', yes) if yes else 'none'} of {len(values):,}"


def quantity(value: Any, digits: int = 4) -> str:
    """A value in the unit of its column: what is large, such as a price, to the unit.

    Example:
        >>> quantity(1_449_123.6), quantity(12.3456), quantity(-3e-9), quantity("Bonn")
        ('1,449,124', '12.35', '-3e-09', 'Bonn')
    """
    large = isinstance(value, float) and 9999.5 <= abs(value) < 1e12  # which four digits are not
    return f"{value:,.0f}" if large else number(value, digits)


def a_or_an(name: str) -> str:
    """A name with its article.

    Example:
        >>> a_or_an("sigmoid"), a_or_an("identity"), a_or_an("ndarray"), a_or_an("uint8")
        ('a sigmoid', 'an identity', 'an ndarray', 'a uint8')
    """
    return f"{'an' if name.lower().startswith((*'aeio', 'nd')) else 'a'} {name}"


def plural(count: int, what: str, *, many: str | None = None) -> str:
    """A count with its noun.

    Example:
        >>> plural(1, "row"), plural(3000, "row"), plural(2, "loss", many="losses")
        ('1 row', '3,000 rows', '2 losses')
    """
    return f"{count:,} {what if count == 1 else many or what + 's'}"


def wrong_of(wrong: int, count: int) -> str:
    """How many rows are wrong.

    Example:
        >>> wrong_of(1, 344), wrong_of(12, 2200)
        ('1 of 344 rows is wrong', '12 of 2,200 rows are wrong')
    """
    return plural(wrong, f"of {count:,} rows is wrong", many=f"of {count:,} rows are wrong")


def listed(names: Sequence[Any], *, most: int = 12, flowing: bool = False) -> str:
    """The first names of a list, long ones with their middle left out.

    Args:
        names: All of them.
        most: How many to name.
        flowing: Whether a sentence goes on with them, rather than being read as a list.

    Example:
        >>> listed(["a", "b", "c"], most=2), listed(["a", "b"]), listed(["a", "b"], flowing=True)
        ('a, b and 1 more', 'a, b', 'a and b')
        >>> print(listed(["a", "b, c", "w[0,1]"]))
        a, 'b, c', w[0,1]
    """
    shown = [set_apart(shortened(str(name))) for name in names[:most]]
    if (rest := len(names) - most) > 0:
        shown.append(f"{rest:,} more")
    return in_a_row(shown) if flowing or rest > 0 else ", ".join(shown)


def in_a_row(texts: Sequence[str]) -> str:
    """Texts one after the other, with "and" before the last.

    Example:
        >>> in_a_row(["a", "b", "c"]), in_a_row(["a"]), in_a_row([])
        ('a, b and c', 'a', '')
    """
    *others, last = texts or ("",)
    return f"{', '.join(others)} and {last}" if others else last


def numbered(what: str, numbers: Sequence[int], *, most: int = 8) -> str:
    """A noun, and the numbers of those that are meant.

    Example:
        >>> numbered("row", [3]), numbered("row", [3, 5]), numbered("unit", [1, 2, 4], most=2)
        ('row 3', 'rows 3 and 5', 'units 1, 2 and 1 more')
    """
    return f"{what}{'s' * (len(numbers) != 1)} {listed(numbers, most=most, flowing=True)}"


def set_apart(name: str) -> str:
    """A name in quotes where in a list it would look like two, or like none; else as it is.

    Example:
        >>> print(set_apart("size, m"), set_apart('5" nails'), set_apart(""), set_apart("1,200 kg"))
        'size, m' '5" nails' '' 1,200 kg
    """
    quoted = name[:1] in ("'", '"') and name[0] in name[1:]
    return repr(name) if _HIDDEN.search(name) and not quoted else name


def shortened(text: str, *, most: int = 60) -> str:
    """The text, its middle left out where it is long: whole words, if it has any to leave out.

    Example:
        >>> shortened("1000000000000", most=9), shortened("body_mass_g is missing", most=20)
        ('1000…0000', 'body_mass…is missing')
    """
    if len(text) <= most:
        return text
    room, tail = most - 1, most // 2
    for edge in _EDGES:
        ends = [len(text) - match.end() for match in edge.finditer(text)]
        if fitting := [end for end in ends if most // 5 <= end <= 2 * room // 3]:
            tail = fitting[0]
            break
    head = text[: room - tail]
    words = max(head.rfind(mark) for mark in " _=/")
    if words >= len(head) // 2 and text[len(head)] not in " _=/":
        head = head[:words]
    return f"{head.rstrip(' _=/')}…{text[len(text) - tail :]}"


def closest(name: str, names: Sequence[str]) -> str:
    """' (did you mean ...?)' for the nearest of the names, or nothing.

    Example:
        >>> closest("pengiuns", ["iris", "penguins"])
        " (did you mean 'penguins'?)"
    """
    from difflib import get_close_matches  # only here, since loading it takes milliseconds

    near = get_close_matches(str(name), names, n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def aligned(
    rows: Iterable[Iterable[Any]], *, before: str = "  ", between: str = "  ", digits: int = 4
) -> list[str]:
    r"""The lines of a table: in each column words begin below one another, and numbers end so.

    Args:
        rows: Its cells, those of a head first: text, and numbers.
        before: What stands before each line.
        between: What parts the cells of a line.
        digits: How many a number with a point gets.

    Example:
        >>> print("\n".join(aligned([["fold", "which", "loss"], ["1", "a", "0.25"]])))
          fold  which  loss
             1  a      0.25
    """
    columns = []
    for values in zip(*rows, strict=True):
        cells = [number(v, digits) if isinstance(v, float) else figure(v) for v in values]
        said = [cell for cell in cells if cell not in ("", "-", "–", "±")]
        numbers = sum(bool(_FIGURE.fullmatch(cell)) for cell in said)
        side = str.rjust if 2 * numbers >= len(said) else str.ljust
        width = max(map(len, cells))
        columns.append([side(cell, width) for cell in cells])
    return [before + between.join(row).rstrip() for row in zip(*columns, strict=True)]


def spaced(count: int, most: int) -> list[int]:
    """At most so many places out of `count`, evenly spaced, with the first and the last.

    Example:
        >>> spaced(3, most=5), spaced(100, most=5)
        ([0, 1, 2], [0, 25, 50, 74, 99])
    """
    if count <= most:
        return list(range(count))
    return [round(step * (count - 1) / (most - 1)) for step in range(most)]
