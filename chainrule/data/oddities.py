"""What is odd about a table: numbers that stand for something else, rows that come twice."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from statistics import quantiles

from chainrule.data.cells import Cell, Column, finite_numbers, label, numbers_of, parse_number
from chainrule.data.column_statistics import FEW_LEVELS
from chainrule.data.formulas import EXACT, FEWEST_ROWS
from chainrule.data.garbled import garbled
from chainrule.data.table import Table
from chainrule.data.target import Classes, Target
from chainrule.data.unread import as_type
from chainrule.words import listed, plural, quoted

_ID_NAME = re.compile(r"(?i:(?:^|[^a-z])(?:id|nr|no|key|code|number)$)|[a-z](?:ID|Id|No|Nr)$")
"""Names that people give to identifiers."""

_TOTAL = re.compile(
    r"(?i)(?:(?:(?:grand|sub)[- ]?)?totals?|sum|(?:ins)?gesamt|gesamtergebnis|(?:gesamt)?summe"
    r"|total général|somme)\s?:?"
)

_AVERAGE = re.compile(r"(?i)(?:average|mean|mittelwert|durchschnitt|moyenne)\s?:?")
"""In one row it is that of the others; in many it is a grade."""

_PART_TOTAL = re.compile(r"(?i)(.+) (?:total|ergebnis|summe)|(?:total|summe)(?: of)?:? (.+)")
"""A sum below the rows of one category, as spreadsheets write it."""

_CODE_NAME = re.compile(
    r"(?i)(?:^|[^a-z])(?:zip|plz|post(?:al)?[-_ ]?code|(?:tele)?phone|tel(?:efon)?"
    r"|ean|gtin|upc|isbn|barcode|sku)"
    r"(?:$|[^a-z]|code|nu)"
)
"""Names of what is written in digits and is no number."""

_DAY = re.compile(
    r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:(?:0[1-9]|[12]\d|3[01])(?:(?:[01]\d|2[0-3])(?:[0-5]\d){1,2})?)?"
)

_SHORT_DAY = re.compile(r"\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")

_DAY_NAME = re.compile(r"(?i)date|datum|tag$|(?:^|[_\W])(?:day|data|fecha|when)(?:$|[_\W])")

_CLOCKS = {1: range(10**9, 2 * 10**9), 1000: range(10**12, 2 * 10**12)}
"""Seconds and thousandths of them since 1970, from 2001 to 2033."""

_FEW_MONTHS = 10
"""So many different numbers that all are days or months, such as 202401, are such."""

_MANY_TIMES = 50
"""So many different numbers that all are times, such as 1230, or days, such as 200131, are such."""

_STAND_IN = re.compile(
    r"-?9+[6-9]?|-?9+\.9+|-[1-8](?:00+)?|-?(?:77+|88+)|65535|32767|-32768|-12[78]"
)
"""Numbers that may mean a missing one: nines and the like, -200, the last of 16 and 8 bits."""
_HUGE = 1e20
"""Numbers beyond it, such as 1e30, may mean one as well."""

_MOST_ANSWERS = 11
"""A scale of answers has so many, such as 0 to 10."""

_MANY_ANSWERS = 200
"""Where so many hold 9 and 1 to 7, and no 8, or half as many 9 twice and no 7, 9 is no answer."""

_OFTEN = 0.05
"""The share of rows that hold the last answer of a scale, at least."""

_MANY_TWICE = 0.2
"""With so many rows that are there twice, hardly any of those held out are new."""

_NEARLY_ALL = 0.9
"""So many rows have a number of their own where it comes again with its whole row alone."""

_FEW_ALIKE = 5
"""So many columns that are repeated are each told, as those of pictures are not."""

_ENOUGH_TEXTS = 1000
"""So many rows show whether letters were put in the place of others."""

_A_FEW = 50
"""A part of the rows as small as one in so many is few."""


def oddities(
    columns: Mapping[str, Column],
    numbers: Mapping[str, Sequence[float]],
    table: Table,
    target: Target,
    inputs: Collection[str],
) -> Iterator[str]:
    """Yield a sentence for each thing that is odd about a table's columns, rows or numbers.

    Args:
        columns: The cells of every column, the target's last.
        numbers: Those of inputs that are numbers, with NaN where one is missing.
        table: The table.
        target: What is predicted.
        inputs: The columns that it is predicted from.
    """
    for name, values in numbers.items():
        yield from _stand_for(name, values)
    if not isinstance(target, Classes) or target.numeric:
        numbers = {**numbers, target.column: numbers_of(columns[target.column])}
    yield from _alike({name: columns[name] for name in inputs})
    yield from _stand_ins(numbers)
    yield from _headers(columns, table)
    yield from _twice(columns, numbers)
    cells = {cell for values in columns.values() for cell in values[:_ENOUGH_TEXTS]}
    yield from garbled([*columns, *sorted(cell for cell in cells if isinstance(cell, str))])
    totals = list(_totals(columns, numbers, table))
    yield from totals
    if not totals and not isinstance(target, Classes):
        yield from _few_that_count_most(target.column, numbers[target.column])


def _stand_for(name: str, values: Sequence[float]) -> Iterator[str]:
    """What numbers may be besides: counted rows, codes, identifiers, days or times."""
    like, known = "", [n for n in values if n == n]
    first = next((n - row for row, n in enumerate(values) if n == n), 0)
    enough = len(known) >= FEWEST_ROWS
    if enough and all(n - row == first for row, n in enumerate(values) if n == n):
        like = "counts the rows"
    elif _CODE_NAME.search(name) and all(n.is_integer() and n > 99 for n in known):
        yield f"{name} is read as a number: if it is a code, give {as_type(name, 'category')}."
    elif enough and _ID_NAME.search(name) and _all_whole_and_different(values):
        like = "looks like an identifier, a whole number of its own in every row"
    if like:
        yield f"{name} {like}: --ignore {quoted(name)} leaves it out."
    yield from _days(name, values)


def _all_whole_and_different(numbers: Sequence[float]) -> bool:
    return all(map(float.is_integer, numbers)) and len(set(numbers)) == len(numbers)


def _stand_ins(numbers: Mapping[str, Sequence[float]]) -> Iterator[str]:
    """Numbers such as -999 that lie far from all others of a column: most likely missing ones."""
    heads = {name: {n for n in v[:FEWEST_ROWS] if n == n} for name, v in numbers.items()}
    few = (numbers[name] for name, head in heads.items() if len(head) <= _MOST_ANSWERS)
    scales = Counter(frozenset({n for n in values if n == n}) for values in few)
    found = {name: far for name, values in numbers.items() if (far := _far_codes(values, scales))}
    every = {code for codes, _ in found.values() for code in codes}
    holding = {name: every.intersection(values) for name, values in numbers.items() if every}
    for name, (codes, where) in found.items():
        named = ",".join(map(_named, codes))
        others = (n for n in numbers if not (n in found and set(codes) <= set(found[n][0])))
        if any(not holding[other].isdisjoint(codes) for other in others):
            advice = f"empty those cells, as other columns hold {named} as well"
        else:
            advice = f"give --na={named}"
        yield f"{name} is {where}: where that means a missing one, {advice}."


def _far_codes(
    values: Sequence[float], scales: Counter[frozenset[float]]
) -> tuple[list[float], str] | None:
    """Such numbers, with how often they occur and how far off, in words; None without any."""
    known = math.isfinite(sum(values))
    numbers = list(values) if known else [number for number in values if number == number]
    ends = (min(numbers), max(numbers)) if numbers else ()
    if not any(map(_stands_in, ends)):
        return None  # nearly every column ends here
    counts = Counter(numbers)
    codes = sorted(filter(_stands_in, counts))
    rest = counts.keys() - codes
    endings = Counter(round(abs(number) % 1, 6) for number in rest)
    codes = [
        code
        for code in codes
        if (abs(code) > 9 or endings[0] == len(rest))  # 9 is a number like 1.5
        and (
            code.is_integer() or 3 * endings[round(abs(code) % 1, 6)] <= len(rest)
        )  # 99.99 a price
        and (abs(code) < _HUGE or counts[code] > 1)
    ]
    rest = counts.keys() - codes
    low, high = min(rest, default=0), max(rest, default=0)
    far, fewest = _how_far(counts, codes, scales)
    below, above = ([n for n in codes if n < low], [n for n in codes if n > high])
    odd = below if below and low - below[-1] > far else []
    odd += above if above and above[0] - high > far else []
    count = sum(counts[number] for number in odd)
    if not odd or count < fewest:
        return None
    others = counts.keys() - odd
    said = f"{listed(list(map(_named, odd)))} in {plural(count, 'row')}, apart from its other"
    return odd, f"{said} values ({min(others):g} to {max(others):g})"


def _stands_in(number: float) -> bool:
    digits = label(number) if number.is_integer() else f"{number:.7g}"  # as many as 32 bits hold
    return abs(number) >= _HUGE or _STAND_IN.fullmatch(digits) is not None


def _named(number: float) -> str:
    return repr(number) if abs(number) >= _HUGE else label(number)


def _how_far(
    counts: Counter[float], codes: Sequence[float], scales: Counter[frozenset[float]]
) -> tuple[float, int]:
    """How far from all others codes have to lie, and in how many rows, to be told.

    Where the rest is a scale of answers, as two other columns or how often its last one is given
    show, one is enough, and it may lie close by.
    """
    rest = counts.keys() - codes
    low, high = min(rest, default=0), max(rest, default=0)
    usual = (max(high - low, 2) if low < high else math.inf), 2  # as -2, -1, 1, 2 are not
    scale = frozenset(number for number in counts if low <= number <= high)
    if not codes or not 2 < len(scale) <= _MOST_ANSWERS:
        return usual
    wholes = (other for other in scales if scale < other and max(other) <= codes[-1])
    if any(high < n < codes[-1] for whole in wholes for n in whole.difference(codes)):
        return math.inf, 1  # such as 9 beside 0 to 7, where other columns hold 0 to 9
    if scales[scale] > 1:
        return 1, 1
    often = counts[high] >= max(_OFTEN * counts.total(), 3)  # counts of things get rarer
    if not often or low not in (0, 1) or len(scale) != high - low + 1:
        return usual
    never = max(codes[-1] - high, low - codes[0]) - 1  # so many answers in between
    alone = sum(counts[code] for code in codes) == 1  # which a large count may be as well
    many = counts.total() * (1 if alone else never) >= _MANY_ANSWERS
    return (1 if many else usual[0]), 1


def _few_that_count_most(target: str, values: Sequence[float]) -> Iterator[str]:
    """Few numbers of a target so far from the others that nearly all squared errors are theirs."""
    numbers = [number for number in values if math.isfinite(number)]
    low, middle, high = quantiles(numbers, n=4) if len(numbers) >= FEWEST_ROWS else (0, 0, 0)
    if not low < high:
        return  # most are the same, and the others are what is to be learned
    ranked = sorted((((n - middle) * (n - middle), n) for n in numbers), reverse=True)
    squares = [square for square, _ in ranked]
    sums = accumulate(squares[: max(1, len(numbers) // _A_FEW)])
    enough = _NEARLY_ALL * sum(squares)
    if count := next((count for count, part in enumerate(sums, 1) if part > enough), 0):
        yield (
            f"{target} has {plural(count, 'value')} so far off as to be nearly all of its spread "
            f"({ranked[0][1]:g} the farthest): put right what is wrong, or let such values count "
            "less with --loss mean_absolute_error."
        )


def _days(name: str, values: Sequence[float]) -> Iterator[str]:
    """Dates and times that are written as one number, such as 20240131, or are counted."""
    numbers = {number for number in values if math.isfinite(number)}
    days, whole = set(map(int, numbers)), all(map(float.is_integer, numbers))
    day, last = min(days, default=0), max(days, default=0)
    clock = next((clock for clock, span in _CLOCKS.items() if day in span and last in span), 0)
    least: float = day
    if whole and len(days) >= _FEW_MONTHS and all(map(_DAY.fullmatch, map(str, days))):
        digits = str(day)
        written = "-".join(filter(None, (digits[:4], digits[4:6], digits[6:8])))
        if clock := len(digits) > len("20240131"):
            written += " " + ":".join(filter(None, (digits[8:10], digits[10:12], digits[12:])))
    elif whole and len(days) >= _MANY_TIMES and all(map(_SHORT_DAY.fullmatch, map(str, days))):
        year, rest = divmod(day, 10_000)
        written = f"{1900 + year + 100 * (year < 69)}-{rest // 100:02}-{rest % 100:02}"
    elif len(days) >= FEWEST_ROWS and clock:
        written = f"{datetime.fromtimestamp(day // clock, UTC):%Y-%m-%d %H:%M:%S}"
    elif _DAY_NAME.search(name) and 7_000 <= day <= last < 60_000:  # from 1919 to 2064
        written = str(date(1899, 12, 30) + timedelta(day))
    else:
        least, (written, clock) = min(numbers, default=0), _in_pairs(numbers, 1 if whole else 100)
    if written:
        what = "times" if clock else "days"
        yield f"{name} is read as a number: if it holds {what}, write {least:.14g} as {written}."


def _in_pairs(numbers: Collection[float], by: int) -> tuple[str, int]:
    """How the least of times such as 1230 or 12.3, or of days such as 31.12, is best written.

    They are whole times `by`; empty where not all are such, with 1 for a time or 0 for a day.
    """
    of_two = (0 <= by * n < 3200 and abs(by * n - round(by * n)) <= EXACT for n in numbers)
    if len(numbers) < FEWEST_ROWS or not all(of_two):
        return "", 0
    pairs = sorted({divmod(round(by * number), 100) for number in numbers})
    front, back = pairs[0]
    fronts, backs = map(set, zip(*pairs, strict=True))
    of_a_month = 23 < max(fronts) < 32 and min(fronts) > 0  # 5.11 may be an age in years and months
    if by > 1 and of_a_month and backs <= {*range(1, 13)}:
        return f"2024-{back:02}-{front:02}, with its year", 0
    of_a_clock = max(fronts) < 24 and 30 <= max(backs) < 60
    enough = len(pairs) >= _MANY_TIMES and min(len(fronts), len(backs)) > 5
    return (f"{front:02}:{back:02}", 1) if of_a_clock and enough else ("", 0)


def _alike(columns: Mapping[str, Column]) -> Iterator[str]:
    """Columns that hold the same as one before them."""
    firsts: dict[tuple[Cell, ...], str] = {}
    same: dict[str, str] = {}
    for name, values in columns.items():
        first = firsts.setdefault(tuple(values[:FEWEST_ROWS]), name)
        if first != name and len(values) >= FEWEST_ROWS and columns[first] == values:
            same[name] = first
    if len(same) > _FEW_ALIKE:
        names = listed(list(same), most=_FEW_ALIKE)
        yield f"{names} each hold the same as a column before: --ignore leaves such columns out."
        return
    for name, first in same.items():
        advice = f"--ignore {quoted(name)} leaves it out"
        yield f"{name} holds the same as {first} in every row: {advice}."


def _headers(columns: Mapping[str, Column], table: Table) -> Iterator[str]:
    """Rows that repeat the header, as where files were put together, and a second one below it."""
    first, *others = columns
    rows = [row for row, cell in enumerate(columns[first]) if cell == first]
    if rows := [row for row in rows if all(columns[name][row] == name for name in others)]:
        shown = listed(list(table.places(rows)), most=3)
        yield f"{shown} repeat{'s' * (len(rows) == 1)} the header: take the line out."
    for count in (1, 2) if table.rows >= FEWEST_ROWS else (1,):  # survey tools write two
        tops = {n: list(map(str, v[:count])) for n, v in columns.items() if None not in v[:count]}
        if any(parse_number(top) is not None for texts in tops.values() for top in texts):
            return
        below = {n: [cell for cell in columns[n][count:] if cell is not None] for n in tops}
        differ = (name for name, texts in tops.items() if len(set(texts)) == count)
        above = [tops[name][0] for name in differ if finite_numbers(below[name])]
        asked = [] if above or table.rows < FEWEST_ROWS else _questions(tops, below)
        if above or asked:
            what = "above numbers" if above else "in columns where all else comes back"
            lines_told = listed(list(table.places(range(count))))
            hold, lines = ("holds", "line") if count == 1 else ("hold", "lines")
            yield (
                f"{lines_told} {hold} {listed(above or asked, most=3)} {what}: if it is a second "
                f"header, such as units or questions, take the {lines} out."
            )
            return


def _questions(tops: Mapping[str, Sequence[str]], below: Mapping[str, Sequence[Cell]]) -> list[str]:
    """What stands on top of the columns where all cells below come back, if it never does."""
    found = []
    for name, texts in tops.items():
        if min(Counter(below[name][:_ENOUGH_TEXTS]).values(), default=1) == 1:
            continue
        if len(set(texts)) < len(texts) or not set(texts).isdisjoint(below[name]):
            return []
        found.append(texts[0])
    return found if len(found) > 1 else []


def _twice(columns: Mapping[str, Column], numbers: Mapping[str, Sequence[float]]) -> Iterator[str]:
    """That many rows are there twice, where a column of numbers hardly repeats without its row."""
    rows, most = max(map(len, columns.values())), 0
    for values in numbers.values():
        most = max(most, len(set(values)))
        if most > (1 - _MANY_TWICE) * rows:
            return  # nearly every table ends here, at its first column of many numbers
    if len(columns) < 3 or most <= FEW_LEVELS:
        return
    different = len(set(zip(*columns.values(), strict=True)))
    if rows - different >= _MANY_TWICE * rows and most >= _NEARLY_ALL * different:
        yield (
            f"{rows - different:,} of {rows:,} rows are the same as one above them: if they came "
            "in twice, take them out, so that those held out are new."
        )


def _totals(
    columns: Mapping[str, Column], numbers: Mapping[str, Sequence[float]], table: Table
) -> Iterator[str]:
    """Rows that say that they sum up others, and a last one that does."""
    end = table.rows - 1
    for name, values in columns.items():
        words = set() if name in numbers else {v for v in set(values) if _sums_up(v, values)}
        rows = [row for row, value in enumerate(values) if value in words] if words else []
        if 0 < 3 * len(rows) <= len(values):
            shown, said = listed(list(table.places(rows)), most=3), listed(sorted(map(str, words)))
            if len(rows) == 1:
                yield f"{shown} says {said} in {name}: if it sums up the rows above, take it out."
            else:
                yield f"{shown} say {said} in {name}: if they sum up others, take them out."
            return
    summed = []
    for name, values in columns.items() if end >= FEWEST_ROWS else ():
        *above, number = numbers_of(values[-FEWEST_ROWS:])
        if abs(number) > max((abs(n) for n in above if n == n), default=math.inf):
            known = [value for value in numbers_of(values[:end]) if value == value]
            alone = max(map(abs, known)) >= abs(number)  # as a 1 among zeros
            if not alone and math.isclose(math.fsum(known), number, rel_tol=EXACT):
                summed.append(name)
    if summed:
        place = table.places([end])[0]
        yield f"{place} is the sum of the rows above in {listed(summed)}: take it out if it is one."


def _sums_up(cell: Cell, cells: Column) -> bool:
    """Whether a cell says total, or names another cell of its column and says total."""
    text, part = str(cell), _PART_TOTAL.fullmatch(str(cell))
    return bool(
        _TOTAL.fullmatch(text)
        or (part and (part[1] or part[2]) in cells)
        or (_AVERAGE.fullmatch(text) and list(cells).count(cell) == 1)
    )
