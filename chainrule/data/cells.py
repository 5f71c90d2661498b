"""What one cell of a table means: a number, a text, or nothing."""

from __future__ import annotations

import math
import re
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from chainrule.errors import DataError
from chainrule.words import shortened

Cell = str | float | None
Column = Sequence[Cell]
"""Texts as they were read, a flat buffer of finite floats, or a view of bytes (pixels)."""
Columns = Mapping[str, Column]
Floats = Sequence[float]
FloatColumns = Mapping[str, Floats]
"""Columns by their names."""

MISSING = frozenset(
    {"", "NA", "N/A", "n/a", "#N/A", "#N/A N/A", "#NA", "<NA>", "NaT", "?", "-", "."}
    | {"NaN", "nan", "-NaN", "-nan", "-1.#IND", "-1.#QNAN", "1.#IND", "1.#QNAN"}
    | {"null", "NULL", "None", r"\N"}
    | {"#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!"}
    | {"#NV", "#WERT!", "#BEZUG!", "#ZAHL!", "#N/D", "#VALEUR!", "#NOM?", "#NOMBRE!", "#NUL!"}
    | {"#¡VALOR!", "#¡REF!", "#¡DIV/0!", "#¿NOMBRE?", "#¡NUM!", "#¡NULO!", "#VALOR!", "#NOME?"}
    | {"#VALORE!", "#RIF!", "#NULLO!", "#NÚM!", "#NULO!"}
)
"""The texts that stand for a missing value, after spaces around them are taken off.

They are those that pandas takes for missing in a CSV file, `NaT`, `?`, `-`, `\\N` of databases, `.`
of SAS and Stata, and what a spreadsheet writes where it cannot work a cell out, in English, German,
French, Spanish, Portuguese and Italian. Not so `none`, which is a class of many a table.
In a data frame only what is missing is missing, and blanks.
"""

_TRUTHS = {"true": "True", "false": "False"}
"""Truth values have one name, however a file spells them: that of a data frame's."""

_ANSWERS = (("false", "true"), ("no", "yes"), ("nein", "ja"), ("non", "oui"))
"""Words for no and yes. Their first letters stand for them, too."""

_MEANT: dict[Cell, bool] = {
    **dict.fromkeys((0.0, "0", "0.0"), False),
    **dict.fromkeys((1.0, "1", "1.0"), True),
    **{
        word: n == 1 for pair in _ANSWERS for n, full in enumerate(pair) for word in (full, full[0])
    },
}
"""Beside such words, 0 and 1 are truth values as well; alone they are numbers."""

MOST_DIGITS = 15
"""A float holds so many digits of any number; what has more is a code."""

NUMERIC_SHARE = 0.95
"""A column holds numbers when at least this share of its values can be read as one."""

_PADDED = re.compile(r"[-+]?0\d")
"""A number with a zero before it is a code more often."""


@dataclass(frozen=True)
class Places:
    """Where rows stand in their source, in words, to be asked for when something is wrong there.

    Args:
        rows: The rows of the source, counted from 0.
        lines: Of each the line of the file on which it begins, counted from 1; None where there are
            no lines.

    Example:
        >>> Places([0, 1])[1], Places([0, 1], [2, 3])[1]
        ('row 1', 'line 3 (row 1)')
    """

    rows: Sequence[int]
    lines: Sequence[int] | None = None

    def __iter__(self) -> Iterator[str]:
        return map(self.__getitem__, range(len(self.rows)))

    def __getitem__(self, position: int) -> str:
        row = self.rows[position]
        return f"row {row}" if self.lines is None else f"line {self.lines[position]} (row {row})"


_ZERO = re.compile(r"[-+]?[0.,' ]*0[0.,' ]*%?")


def is_zero(value: object) -> bool:
    """Whether a cell says nought, in whatever way numbers are written around it.

    Example:
        >>> [is_zero(value) for value in ("0", "0,00", 0.0, "0.05", "", None)]
        [True, True, True, False, False, False]
    """
    return _ZERO.fullmatch(value) is not None if isinstance(value, str) else value == 0


def joined(parts: Sequence[Any]) -> Any:
    """Flat buffers of one kind as one, other columns as a list; None where there are none.

    Example:
        >>> joined([array("d", [1.0]), array("d", [2.5])]), joined([["1"], array("d", [2.5])])
        (array('d', [1.0, 2.5]), ['1', 2.5])
    """
    if parts[0] is None:
        return None
    if not all(isinstance(part, array) for part in parts):
        return list(chain.from_iterable(parts))
    whole = parts[0][:0]
    for part in parts:
        whole.extend(part)
    return whole


def parse_number(value: str | float) -> float | None:
    """The number that a cell holds, infinities included, or None where it is not a number.

    Example:
        >>> parse_number("2.5e3"), parse_number("red"), parse_number("1_000")
        (2500.0, None, None)
    """
    try:
        number = float(value)
    except ValueError:
        return None
    # Python reads "1_000" as a number; in a table it is far more often a code.
    if math.isnan(number) or (isinstance(value, str) and "_" in value):
        return None
    return number


def finite_numbers(values: Column) -> array[float] | None:
    """The values as floats when every one is a finite number, and None otherwise.

    Example:
        >>> finite_numbers(["1", "2.5"]), finite_numbers(["1", None]), finite_numbers(["inf"])
        (array('d', [1.0, 2.5]), None, None)
    """
    if isinstance(values, memoryview):
        return array("d", values.tolist())
    if isinstance(values, array) and math.isfinite(sum(values)):
        return values
    try:
        floats = array("d", list(map(float, values)))  # type: ignore[arg-type]  # None raises TypeError
    except (TypeError, ValueError):
        return None
    if isinstance(values, list) and "_" in "".join(map(str, values)):
        return None
    finite = math.isfinite(sum(floats)) or all(map(math.isfinite, floats))
    return floats if finite else None


def numbers_of(values: Column) -> Sequence[float]:
    """The values as floats, NaN where one is missing or no number; each is read once.

    Example:
        >>> numbers_of(["1", None, "red"])
        [1.0, nan, nan]
    """
    if (numbers := finite_numbers(values)) is not None:
        return numbers
    known = {value: None if value is None else parse_number(value) for value in set(values)}
    return [math.nan if (n := known[value]) is None else n for value in values]


def require_scales(name: str, *scales: float) -> None:
    """Refuse to scale a column by what nothing can be divided by.

    Raises:
        DataError: If a scale is not above 0.
    """
    for scale in scales:
        if not scale > 0:
            raise DataError(
                f"column {name} would be divided by {scale!r}, its range or deviation: its values "
                "are too close together or too far apart; scale them, or leave it out"
            )


def as_numbers(name: str, values: Column, places: Places) -> tuple[array[float], list[int]]:
    """A column as floats, with nan where a value is missing, and where that is.

    Args:
        name: The column's name, for the error.
        values: The cells.
        places: Where in the source each cell stands.

    Returns:
        The floats, and the positions among them that are missing.

    Raises:
        DataError: If a cell holds a text or an infinite number.

    Example:
        >>> as_numbers("width", ["1.5", None], Places([0, 1]))
        (array('d', [1.5, nan]), [1])
    """
    numbers = array("d", numbers_of(values))
    if math.isfinite(sum(numbers)):
        return numbers, []  # as of most columns
    odd = [row for row, number in enumerate(numbers) if not math.isfinite(number)]
    for row in odd:
        if (value := values[row]) is not None:
            error = infinite if math.isinf(numbers[row]) else not_a_number
            raise error(name, places[row], value)
    return numbers, odd


def not_a_number(
    name: str, place: str, value: Cell, advice: str = "correct it or leave it empty"
) -> DataError:
    """The error for a text where a number must be; in the first row it is a unit more often."""
    if isinstance(value, str) and value.casefold() in _TRUTHS:
        advice = f"{advice}, or write 1 for True and 0 for False"
    elif value == name:
        advice = f"take the line out if it repeats the header, else {advice}"
    elif re.search(r"(?:^row 0|\(row 0\))$", place) and not any(map(str.isdecimal, str(value))):
        advice = f"take the line out if it holds units or names, else {advice}"
    return DataError(
        f"column {name} holds numbers, but {place} has {shortened(repr(value))}: {advice}"
    )


def infinite(name: str, place: str, value: Cell) -> DataError:
    """The error for an infinite number."""
    return DataError(
        f"column {name}, {place} is {shortened(str(value))}, and a network can only learn from "
        "finite numbers: correct it or leave it empty"
    )


def truth_of(value: Cell) -> bool | None:
    """The truth value that a cell means, in words or as 1 or 0; None where it means none.

    Example:
        >>> truth_of("TRUE"), truth_of("0"), truth_of(1.0), truth_of("y"), truth_of(2.0)
        (True, False, True, True, None)
    """
    return _MEANT.get(value.casefold() if isinstance(value, str) else value)


def names_of_answers(counts: Mapping[Cell, int]) -> tuple[tuple[str, str], str] | None:
    """The names of no and yes where a column holds nothing else, and writes one in several ways.

    Args:
        counts: Truth values as they are written, and how often each occurs.

    Returns:
        The names, and which spellings are the same, as half a sentence; None where the words are
        not of one language, or each answer has one spelling and is best called by that.

    Example:
        >>> names_of_answers({"Y": 9, "Yes": 2, "No": 5})
        (('No', 'Yes'), 'Y and Yes are the same here')
        >>> names_of_answers({"Y": 9, "No": 2}) is names_of_answers({"yes": 1, "t": 1}) is None
        True
    """
    spelt: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    for value, count in counts.items():
        worded = isinstance(value, str) and value.isalpha()
        spelt[truth_of(value) is True][label(str(value) if worded else float(value or 0))] += count
    words = {word.casefold() for names in spelt for word in names if word.isalpha()}
    pairs = (p for p in _ANSWERS if words and words <= {*p, p[0][0], p[1][0]})
    pair = next(pairs, None)
    if pair is None or (max(map(len, spelt)) < 2 and not words <= set(_TRUTHS)):
        return None
    no, yes = (
        max(filter(str.isalpha, side), key=lambda w: (len(w), side[w]), default=label(word))
        for word, side in zip(pair, spelt, strict=True)
    )
    alike = (sorted({*side, name}) for name, side in ((yes, spelt[1]), (no, spelt[0])) if side)
    same = [f"{', '.join(most)} and {last}" for *most, last in alike if most]
    said = ", as are ".join([f"{words} are the same here" for words in same[:1]] + same[1:])
    return (no, yes), said


def label(value: str | float) -> str:
    """The name of a category: the text itself, or the shortest form of a number.

    Truth values have one name, however they are spelt.

    Example:
        >>> label("red"), label(3.0), label(0.5), label("TRUE")
        ('red', '3', '0.5', 'True')
    """
    if isinstance(value, str):
        return _TRUTHS.get(value.casefold(), value)
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def those_said(words: Sequence[str], values: Column) -> dict[Cell, str]:
    """The cells that are one of some words, or the same number, with the word.

    Example:
        >>> those_said(["-999", "lost"], ["lost", "-999.0", -999.0, "0999", None])
        {'lost': 'lost', '-999.0': '-999', -999.0: '-999'}
    """
    numbers: dict[Cell, str] = {
        number: word
        for word in words
        if not _PADDED.match(word) and (number := parse_number(word)) is not None
    }
    named, said = numbers | {word: word for word in words}, dict[Cell, str]()
    for value in dict.fromkeys(values):
        if value in named:
            said[value] = named[value]
        elif numbers and isinstance(value, str) and (number := parse_number(value)) in numbers:
            said |= {} if _PADDED.match(value) else {value: numbers[number]}
    return said
