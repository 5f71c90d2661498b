"""What the texts of a column prove of how they are written; one look over all of its rows."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

from chainrule.data.cells import (
    MOST_DIGITS,
    NUMERIC_SHARE,
    Cell,
    Column,
    names_of_answers,
    parse_number,
    those_said,
    truth_of,
)
from chainrule.data.column_reading import ColumnReading
from chainrule.data.column_statistics import FEW_LEVELS
from chainrule.data.reading_options import ReadingOptions, reading_options
from chainrule.data.unread import as_type
from chainrule.data.written_dates import DateSurvey, hours_of
from chainrule.data.written_numbers import BY_COMMAS, needs_all, parts_of, plain_unit, says_of_marks
from chainrule.errors import DataError
from chainrule.words import plural, shortened

_FEW_GROUPED = 10
"""So many numbers with three digits behind their point, and none with fewer, are thousands."""
_TENS = {"10", "20"}
"""What versions have behind their point after a 9."""
_OR_THOUSANDS = "could also mean thousands"
_LOOKED_AT = 200
"""So many texts show whether a column holds few different ones, before all are looked at."""
_FEW_DIGITS = 6
"""Groups of so few digits, all equally many, are numbers where another column has that mark."""
_BEYOND_FLOATS = re.compile(r"[^0-9eE+\-.\n]")
_POINT_PROVED = re.compile(r"^[-+]?(?:0*|\d{4,})\.|\.(?:\d{0,2}|\d{4,})(?:[eE].*)?$", re.MULTILINE)
_LEADING_ZERO = re.compile(r"0+[1-9]\d*\.\d+")
_CODE = re.compile(rf"^(?:-?0\d+|\d+[eE]\d+|[-+]?\d{{{MOST_DIGITS + 1},}})$", re.MULTILINE)


@dataclass(frozen=True)
class Neighbours:
    """What the rest of a table proves of a column that proves nothing by itself.

    Args:
        decimal: The decimal mark.
        example: The name of a column that proves it.
        thousands: The marks between thousands.
        between: The mark between the file's cells.
    """

    decimal: str = ""
    example: str = ""
    thousands: frozenset[str] = frozenset()
    between: str = ","


class ColumnSurvey:
    """What has been seen of one column's texts so far.

    Example:
        >>> survey = ColumnSurvey("amount")
        >>> survey.update(["1.234", "950", "12,5"], frozenset())
        >>> survey.reading().describe("amount")
        "amount: numbers with a decimal comma and a point between thousands ('12,5' proves it)."
    """

    def __init__(self, name: str, missing: tuple[str, ...] = (), why: str = "") -> None:
        """Start with nothing seen.

        Args:
            name: The column's name.
            missing: Which words mean a missing value, beside the usual ones.
            why: What is to be told of the column in any case.
        """
        self.name, self.missing, self.why = name, missing, why
        self.words: Counter[str] = Counter()
        self.found: set[str] = set()
        self.present = self.numbers = self.times = self.shorts = self.longs = self.dashed = 0
        self.behind = False
        self.decimals: dict[str, str] = {}
        self.thousands: dict[str, str] = {}
        self.open: Counter[str] = Counter()
        self.units: Counter[str] = Counter()
        self.unit = ""
        self.strict_units: set[str] = set()
        self.first_code = self.first_unusual = self.first_open = ""
        self.to_tell: dict[str, str] = {}
        self.lengths: set[int] = set()
        self.dates = DateSurvey()
        self.few: Counter[Cell] | None = Counter()

    def update(self, values: Column, words: frozenset[str]) -> Column | None:
        """Take in more cells; what is not a text is a number, of which nothing is to be proved.

        Returns:
            The cells as floats, and None where one is missing, if all others plainly are floats;
            else None.
        """
        if self.missing:
            said = those_said(self.missing, values)
            self.found.update(said.values())
            if absent := said.keys() - words:
                values = [None if value in absent else value for value in values]
        if not isinstance(values, list):
            self._take_numbers(values)
            return values
        texts = self._texts_of(values, words)
        joined = "\n".join(texts)
        code = _CODE.search(joined)
        if code and not self.first_code:
            self.first_code = code[0]
        if not _plainly_floats(joined):
            for text, count in Counter(texts).items():
                self._take(text, count)
            return None
        floats = self._take_floats(texts, joined)
        if code or floats is None or not all(map(isfinite, floats)):
            return None
        if len(floats) == len(values):
            return floats
        taken, there = iter(floats), set(texts)
        return [next(taken) if value in there else None for value in values]

    def _texts_of(self, values: list[Any], words: frozenset[str]) -> list[str]:
        """The texts that are values; numbers and words for missing values are counted."""
        texts = values
        if set(map(type, values)) != {str}:
            texts = [value for value in values if isinstance(value, str)]
            self._take_numbers([v for v in values if v is not None and not isinstance(v, str)])
        if not words.isdisjoint(texts):
            self.words.update(text for text in texts if text in words)
            texts = [text for text in texts if text not in words]
        self.present += len(texts)
        self._note_few(texts)
        return texts

    def _take_numbers(self, values: Column) -> None:
        self.present += len(values)
        self.numbers += len(values)
        self._note_few(values)

    def _note_few(self, values: Column) -> None:
        """Count the different values until there are many."""
        if self.few is not None:
            some = values[:: max(len(values) // _LOOKED_AT, 1)]
            many = len({*self.few, *some}) > FEW_LEVELS
            self.few = None if many else self.few + Counter(values)

    def _take_floats(self, texts: list[str], joined: str) -> array[float] | None:
        """Note texts that are floats, or neither number nor anything else, such as `1-2`."""
        floats = None
        try:
            floats = array("d", list(map(float, texts)))
            self.numbers += len(texts)
            self.dates.orders = frozenset() if texts else self.dates.orders
        except ValueError:
            for text in texts:  # dates of digits, `-` and `.` alone pass for floats at a first look
                if not self.dates.take(text):
                    break
            self.numbers += sum(parse_number(text) is not None for text in texts)
        if proof := _POINT_PROVED.search(joined):
            start = joined.rfind("\n", 0, proof.start() + 1) + 1
            end = joined.find("\n", proof.end() - 1)
            self.decimals.setdefault(".", joined[start : end if end >= 0 else None].strip())
        return floats

    def _take(self, text: str, count: int) -> None:
        self.dates.take(text)
        if self.times >= 0:  # below, once a text is none
            self.times = -1 if hours_of(text) is None else self.times + count
        number = parts_of(text)
        said = None if number is None else says_of_marks(number)
        if number is None or said is None:
            self.dashed += count * (parts_of(text, behind=True) is not None)
            return
        self.numbers += count
        self.behind = self.behind or (number.negative and text[0].isdigit())
        self.lengths.add(sum(map(str.isdigit, number.body)))
        if number.worded or not text.isascii():  # zeros of other scripts are no 0 to `_CODE`
            start = number.body[:2]
            if len(start) == 2 and start.isdecimal() and int(start[0]) == 0:
                self.first_code = self.first_code or text
        if number.unit:
            self.unit = self.unit or number.unit
            unit = plain_unit(number.unit)
            self.units[unit] += count
            if needs_all(number.unit):
                self.strict_units.add(unit)
        text = " ".join(text.split())  # to be shown, as spaces of other kinds are not
        self._note_marks(said, number.body, text, count)
        if not self.first_unusual and parse_number(text) is None:
            self.first_unusual = text
        if number.negative and ("(" in text or text[0].isdigit()):
            self.to_tell.setdefault("below zero", text)
        if text[-1] in "-–" and number.body == "0":
            self.to_tell.setdefault("0", text)

    def _note_marks(self, said: tuple[str, str], body: str, text: str, count: int) -> None:
        """Note what a number's marks prove, as `says_of_marks` says, or how long it is without."""
        decimal, thousands = said
        if decimal == "?":
            self.open[thousands] += count
            self.first_open = self.first_open or text
            return
        if decimal:
            self.decimals.setdefault(decimal, text)
        if thousands:
            self.thousands.setdefault(thousands, text)
        if not decimal and not thousands:
            self.shorts += count * (len(body) <= 3)
            self.longs += count * (len(body) > 3)

    @property
    def proved(self) -> str:
        """The decimal mark that this column proves by itself; empty where it proves none."""
        marks = set(self.decimals)
        if not self._of_one_length:
            marks |= {"," if mark == "." else "." for mark in self.thousands if mark in ".,"}
        return marks.pop() if len(marks) == 1 and self.numeric else ""

    @property
    def divided(self) -> set[str]:
        """The marks between thousands that this column proves by itself."""
        return set(self.thousands) if self.numeric and not self._of_one_length else set()

    @property
    def _of_one_length(self) -> bool:
        """Whether all are groups of three and equally many, as of an address or a telephone."""
        return (
            len(self.lengths) == 1
            and not (self.decimals or self.open or self.units)
            and bool(self.thousands)
            and "," not in self.thousands
        )

    @property
    def numeric(self) -> bool:
        """Whether the values are numbers, all but a few."""
        numbers = self.numbers + self.dashed * self.behind
        return self.present > 0 and numbers >= NUMERIC_SHARE * self.present

    def reading(
        self, options: ReadingOptions | None = None, others: Neighbours = Neighbours()
    ) -> ColumnReading:
        """How the column is read.

        Args:
            options: What the user says.
            others: What the rest of the table proves.

        Raises:
            DataError: If its numbers are written in two ways.
        """
        options = reading_options(options)
        kept = self._kept(options)
        told = "; ".join(filter(None, (self.why, self._told_of_words(kept))))
        base = ColumnReading(missing=self.missing, kept=kept, odd=self.dates.odd, why=told)
        if self.present and self.dates.order:
            of = self.dates
            return replace(
                base, kind="date", order=of.order, mark=of.mark, zone=of.zone, why=of.why
            )
        answers = self.few if self.few and None not in map(truth_of, self.few) else {}
        if named := names_of_answers(answers):
            names, same = named
            why = "; ".join(filter(None, (same, told)))
            return replace(base, kind="truth", answers=names, why=why)
        if self.present and self.times == self.present:
            return replace(base, kind="time", why="such as 12:30 for 12.5")
        if not self.numeric or any(self.units[unit] < self.numbers for unit in self.strict_units):
            return base
        few_digits = max(self.lengths, default=0) <= _FEW_DIGITS
        known = {options.thousands, *(others.thousands if few_digits else ())}
        if (
            len(self.units) > 1
            or (self._of_one_length and known.isdisjoint(self.thousands))
            or (self.first_code and self.strict_units - {*"%‰"})
        ):
            return base
        if self.first_code and not self.decimals and not self.thousands and not self.units:
            return replace(base, kind="code", why=f"{shortened(self.first_code)} is {self._code()}")
        return self._of_numbers(base, options, others)

    def _of_numbers(
        self, base: ColumnReading, options: ReadingOptions, others: Neighbours
    ) -> ColumnReading:
        decimal, why = self._decimal(options, others)
        thousands = options.thousands
        if thousands is None:
            rest = sorted({*self.decimals, *self.thousands, *self.open} - {decimal})
            thousands = rest[0] if len(rest) == 1 else ""
        doubtful = why.endswith(_OR_THOUSANDS)
        if decimal == "." and not thousands and not self.units and not self.first_unusual:
            told = self._lost_zero()
            if doubtful:
                told = f"{self.first_open!r} is read with a decimal point and {_OR_THOUSANDS}"
            return replace(base, why="; ".join(filter(None, (told, base.why))))
        if not why or (decimal == "." and not thousands and not doubtful):
            why = f"such as {self.first_unusual!r}"
        known = "-" in (*base.kept, *base.missing)
        if "(" in self.to_tell.get("below zero", "") and self.words["-"] and not known:
            base = replace(base, kept=(*base.kept, "-"), zero="-")
            self.to_tell["0"] = "-"
        why += "".join(f"; {text!r} is read as {what}" for what, text in self.to_tell.items())
        if bare := self.numbers - self.units.total() if self.units else 0:
            why += f"; {bare:,} of {self.numbers:,} stand without it"
        return replace(
            base,
            kind="number",
            decimal=decimal,
            thousands=thousands,
            unit=self.unit,
            behind=self.behind,
            why=why,
        )

    def _decimal(self, options: ReadingOptions, others: Neighbours) -> tuple[str, str]:
        """The decimal mark, and what decides on it.

        Raises:
            DataError: If numbers prove two, and nobody says which.
        """
        in_two_ways = len(self.decimals) > 1 or not self.decimals.keys().isdisjoint(self.thousands)
        if in_two_ways and options.decimal is None:
            texts = [*self.decimals.values(), *self.thousands.values()]
            raise DataError(
                f"column {self.name} writes its numbers in two ways, as in "
                f"{shortened(texts[0])} and {shortened(texts[-1])}: write all as 1234.5"
            )
        if options.decimal is not None or options.thousands is not None:
            beside = {".": ",", ",": "."}.get(options.thousands or "")
            return options.decimal or beside or self.proved or others.decimal or ".", "as you said"
        if decimal := self.proved:
            proof = next(iter({**self.thousands, **self.decimals}.values()))
            return decimal, f"{proof!r} proves it"
        return self._open_mark(others)

    def _open_mark(self, others: Neighbours) -> tuple[str, str]:
        """The decimal mark where each marked number may be read in two ways, and why."""
        if not self.open:
            return ".", ""
        mark = next(iter(self.open))
        other = "," if mark == "." else "."
        if others.decimal and others.example != self.name:
            return others.decimal, f"as in column {others.example}"
        if self.beside_shorts:
            return other, f"{self.first_open!r} stands beside numbers below 1000 without a mark"
        if mark == "," and self.units and self.units.keys() <= BY_COMMAS:
            return other, f"such as {self.first_open!r}"
        if mark == "." or others.between == ";":
            return mark, f"{self.first_open!r} {_OR_THOUSANDS}"
        return other, f"{self.first_open!r} could also be a decimal comma"

    @property
    def beside_shorts(self) -> str:
        """The decimal mark that is left where long numbers alone have one mark; else empty."""
        mark = next(iter(self.open), "")
        enough = mark == "," or self.open[mark] >= _FEW_GROUPED
        alone = enough and self.shorts > 0 and not self.longs and self.numeric
        return {".": ",", ",": "."}.get(mark, "") if alone and not self.proved else ""

    def _lost_zero(self) -> str:
        """That a first or last zero gets lost of few numbers that may be codes; else empty."""
        texts = (text for text in self.few or () if isinstance(text, str))
        few = [text for text in texts if parse_number(text) is not None]
        if codes := sorted(filter(_LEADING_ZERO.fullmatch, few)):
            number, advice = codes[0].lstrip("0"), as_type(self.name, "category")
            return f"{codes[0]} is read as {number}; for a code give {advice}"
        digits = {text: text.partition(".")[2] for text in few}
        if any(len(behind) == 2 and not "10" <= behind < "30" for behind in digits.values()):
            return ""  # as in prices
        least = min(map(len, filter(None, digits.values())), default=0)
        for text, behind in sorted(digits.items()):
            if len(behind) > least and behind in _TENS:
                return f"{text} is read as {float(text)!r}; if it is a version, write v{text}"
        return ""

    def _code(self) -> str:
        if len(self.first_code.lstrip("+-")) > MOST_DIGITS and "e" not in self.first_code.lower():
            return f"longer than the {MOST_DIGITS} digits that a number keeps"
        if "e" in self.first_code.lower():
            return "an exponent without a point"
        return "written with a leading zero"

    def _kept(self, options: ReadingOptions) -> tuple[str, ...]:
        """The words that are values: those said to be, and `None` among words."""
        values = set(options.keep)
        if self.words["None"] and self.present and 2 * self.numbers < self.present:
            values |= {"None"}.difference(options.missing)
        return tuple(sorted(values))

    def _told_of_words(self, kept: tuple[str, ...]) -> str:
        """What is worth knowing of words for missing values; empty for nothing."""
        said = {word: count for word, count in self.words.items() if word not in kept}
        if "None" in kept and self.words["None"]:
            return (
                f"None is a value of its own, in {plural(self.words['None'], 'row')}; "
                "--na None makes it a missing one"
            )
        if len(said) > 1 and "" in said:
            shown = " and ".join(repr(word) for word in sorted(said) if word)
            advice = "" if self.numeric else "; --keep makes a word a value"
            return f"both blank cells and {shown} are missing values{advice}"
        words = [word for word in said if word.isalpha() or word in ("-", ".")]  # as beside a +
        if 2 * self.numbers < self.present and words:
            return (
                f"{words[0]} means a missing value, in {plural(said[words[0]], 'row')}; "
                f"--keep{'=' if words[0] == '-' else ' '}{words[0]} makes it a value"
            )
        return ""


def _plainly_floats(joined: str) -> bool:
    """Whether lines are written as floats are, no minus behind, and any point is no other mark."""
    if _BEYOND_FLOATS.search(joined) or "-\n" in joined or joined.endswith("-"):
        return False
    return "." not in joined or _POINT_PROVED.search(joined) is not None
