"""Columns that say the target in other words, or only count the rows, and odd rows and numbers."""

from __future__ import annotations

import math
import re
import shlex
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, compress, pairwise
from statistics import quantiles

from chainrule.data.cells import Cell, Column, finite_numbers, label, parse_number
from chainrule.data.column_statistics import FEW_LEVELS
from chainrule.data.encoders import LeftOut, Numbers, levels_of
from chainrule.data.formulas import (
    EXACT,
    FEWEST_ROWS,
    as_product,
    as_sum,
    last_digit,
    line_through,
    nearly_on_a_line,
)
from chainrule.data.garbled import garbled
from chainrule.data.recipe import Recipe
from chainrule.data.table import Table
from chainrule.data.target import Classes
from chainrule.words import listed, plural

_FEWEST_GAPS = 5
"""So many gaps that all stand in rows of the same classes are no accident."""

_MOST_COLUMNS = 100
"""Of more number columns than this, sums are not looked for."""

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

_STAND_IN = re.compile(r"-?9+[6-9]?|-[1-8](?:00+)?|-?(?:77+|88+)|65535|32767|-32768|-12[78]")
"""Numbers that may mean a missing one: nines and the like, -200, the last of 16 and 8 bits."""

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

_SOME = 250
"""So many rows, evenly spread, are looked at before all."""

_FEW_ALIKE = 5
"""So many columns that are repeated are each told, as those of pictures are not."""

_ENOUGH_TEXTS = 1000
"""So many rows show whether letters were put in the place of others."""

_A_FEW = 50
"""A part of the rows as small as one in so many is few."""


def leaks(recipe: Recipe, table: Table) -> list[str]:
    """A sentence for each column that gives the target away, or only counts the rows.

    Args:
        recipe: What was learned from the table.
        table: The table; rows with a missing value are passed over, for sums columns that have one.

    Example:
        >>> columns = ([n % 7 + 0.3 for n in range(40)], [2 * (n % 7) + 0.6 for n in range(40)])
        >>> table = Table(("x", "y"), columns, "forty rows")
        >>> leaks(Recipe.learn(table), table)
        ['x gives y, as y = 2 · x: if it is not known beforehand, leave it out.']
    """
    if table.pixel_maximum is not None:
        return []
    table, target = recipe.read(table), recipe.target.column
    columns = {name: table.column(name) for name in [*(e.column for e in recipe.encoders), target]}
    numbers = {
        encoder.column: _numbers(columns[encoder.column])
        for encoder in recipe.encoders
        if isinstance(encoder, Numbers)
    }
    said: list[str] = []
    if isinstance(recipe.target, Classes):
        classes = levels_of(columns[target], numeric=recipe.target.numeric)
        for encoder in recipe.encoders:
            numeric = isinstance(encoder, Numbers) or getattr(encoder, "numeric", False)
            column = () if isinstance(encoder, LeftOut) else columns[encoder.column]
            how = _tells_classes(target, classes, column, numeric=numeric)
            if not how and encoder.column in numbers and _apart(numbers[encoder.column], classes):
                how = f"has a range of its own for each class of {target}"
            said += [f"{encoder.column} {how}: {_ADVICE}"] if how else []
    else:
        said += _numeric_leaks(target, _numbers(columns[target]), numbers)
    for name, values in numbers.items():
        like = ""
        if _counts_rows(values):
            like = "counts the rows"
        elif _ID_NAME.search(name) and _identifies(values):
            like = "looks like an identifier, a whole number of its own in every row"
        elif _CODE_NAME.search(name) and all(n.is_integer() and n > 99 for n in values if n == n):
            typed = shlex.quote(f"{name}=category")
            said.append(f"{name} is read as a number: if it is a code, give --types {typed}.")
        said += [f"{name} {like}: --ignore {shlex.quote(name)} leaves it out."] if like else []
        said += _days(name, values)
    if not isinstance(recipe.target, Classes) or recipe.target.numeric:
        numbers[target] = _numbers(columns[target])
    said += _alike({name: columns[name] for name in recipe.columns})
    said += [*_stand_ins(numbers), *_headers(columns, table), *_twice(columns, numbers)]
    cells = {cell for values in columns.values() for cell in values[:_ENOUGH_TEXTS]}
    said += garbled([*columns, *sorted(cell for cell in cells if isinstance(cell, str))])
    odd = [*_totals(columns, numbers, table)]
    if not odd and not isinstance(recipe.target, Classes):
        odd += _few_that_count_most(target, numbers[target])
    return said + odd


_ADVICE = "if it is not known beforehand, leave it out."
_ADVICE_ON_SOME = "if they are not known beforehand, leave them out."


def _tells_classes(
    target: str, classes: Sequence[str | None], column: Column, *, numeric: bool
) -> str:
    """How a column gives the classes away, as the end of a sentence; empty where it does not."""
    if len(column) < FEWEST_ROWS:
        return ""
    if isinstance(column, list) and None in column:
        gaps, others = Counter[str](), Counter[str]()
        for cell, name in zip(column, classes, strict=True):
            if name:
                (gaps if cell is None else others)[name] += 1
        if gaps.keys().isdisjoint(others) and min(gaps.total(), others.total()) >= _FEWEST_GAPS:
            where = listed(sorted(gaps), most=5)
            return f"is missing where {target} is {where}, and nowhere else"
    class_of: dict[str, str] = {}
    value_of: dict[str, str] = {}
    again, one_to_one = Counter[str](), True
    for row, (cell, name) in enumerate(zip(column, classes, strict=True)):
        (value,) = levels_of((cell,), numeric=numeric)
        if not value or not name:
            continue
        again[name] += value in class_of
        if class_of.setdefault(value, name) != name:
            return ""  # most columns end here, within a few rows
        one_to_one = one_to_one and value_of.setdefault(name, value) == value
        if not one_to_one and row >= 2 * FEWEST_ROWS and 2 * len(class_of) > row:
            return ""  # those with hardly a value that comes back end here
    if one_to_one and len(class_of) > 1:
        return f"names the classes of {target} one to one"
    rarer = again.total() - max(again.values(), default=0)
    return f"has values that each go with one class of {target}" if rarer >= FEWEST_ROWS else ""


def _apart(values: Sequence[float], classes: Sequence[str | None]) -> bool:
    """Whether the numbers of no two classes overlap, and none of them has few."""
    for step in (max(len(values) // _SOME, 1), 1):  # most columns end with the first
        numbers = defaultdict[str, list[float]](list)
        for value, name in zip(values[::step], classes[::step], strict=True):
            if name and value == value:
                numbers[name].append(value)
        spans = sorted((min(own), max(own)) for own in numbers.values())
        if any(high >= low for (_, high), (low, _) in pairwise(spans)):
            return False
    return len(spans) > 1 and 2 * min(map(len, numbers.values())) >= FEWEST_ROWS


def _numeric_leaks(
    target: str, values: Sequence[float], numbers: Mapping[str, Sequence[float]]
) -> Iterator[str]:
    rows = [row for row, value in enumerate(values) if math.isfinite(value)]
    if len(rows) < FEWEST_ROWS:
        return
    y = [values[row] for row in rows]
    columns = {name: [x[row] for row in rows] for name, x in numbers.items()}
    logs = {
        shift: [math.log(value + shift) for value in y]
        for shift in (0, 1)  # counts are taken as log(1 + y)
        if min(y) + shift > 0
    }
    step = last_digit(y)
    steps: dict[str, float] = {}
    for name, x in columns.items():
        known = list(map(math.isfinite, x))
        x, own, *own_logs = (list(compress(of, known)) for of in (x, y, *logs.values()))
        if len(x) < FEWEST_ROWS:
            continue
        digit = last_digit(x)
        of_logs = (
            line_through(x, log, digit, step / (min(y) + shift))
            for shift, log in zip(logs, own_logs, strict=True)
        )
        if line := line_through(x, own, digit, step):
            yield f"{name} {_as_line(target, name, *line)}: {_ADVICE}"
        elif any(of_logs):
            yield f"{name} is a logarithm of {target}: {_ADVICE}"
        elif nearly_on_a_line(x, own):
            yield f"{name} gives {target} but for less than a thousandth of its spread: {_ADVICE}"
        if len(x) == len(y):
            steps[name] = digit
    whole = {name: columns[name] for name in steps}
    if len(whole) > _MOST_COLUMNS:
        return
    if how := as_sum(whole, y, steps, step) or as_product(whole, y, steps, step):
        yield f"{target} is {how}: {_ADVICE_ON_SOME}"


def _as_line(target: str, name: str, slope: float, start: float) -> str:
    if (slope, start) == (1, 0):
        return f"equals {target}"
    offset = f" {'-' if start < 0 else '+'} {abs(start):.6g}" if start else ""
    return f"gives {target}, as {target} = {slope:.6g} · {name}{offset}"


def _numbers(values: Column) -> Sequence[float]:
    """The values as floats, NaN where one is missing; each different cell is read once."""
    if (numbers := finite_numbers(values)) is not None:
        return numbers
    known = {value: None if value is None else parse_number(value) for value in set(values)}
    return [math.nan if (n := known[value]) is None else n for value in values]


def _counts_rows(numbers: Sequence[float]) -> bool:
    return len(numbers) >= FEWEST_ROWS and all(
        number - row == numbers[0] for row, number in enumerate(numbers)
    )


def _stand_ins(numbers: Mapping[str, Sequence[float]]) -> Iterator[str]:
    """Numbers such as -999 that lie far from all others of a column: most likely missing ones."""
    heads = {name: {n for n in v[:FEWEST_ROWS] if n == n} for name, v in numbers.items()}
    few = (numbers[name] for name, head in heads.items() if len(head) <= _MOST_ANSWERS)
    scales = Counter(frozenset({n for n in values if n == n}) for values in few)
    found = {name: far for name, values in numbers.items() if (far := _far_codes(values, scales))}
    every = {code for codes, _ in found.values() for code in codes}
    holding = {name: every.intersection(values) for name, values in numbers.items() if every}
    for name, (codes, where) in found.items():
        named = ",".join(map(label, codes))
        others = (n for n in numbers if not (n in found and set(codes) <= set(found[n][0])))
        if any(not holding[other].isdisjoint(codes) for other in others):
            advice = f"empty those cells, as other columns hold {named} as well"
        else:
            advice = f"give --na={named}"
        yield f"{name} is {where}: where that means a missing one, {advice}."


def _far_codes(
    values: Sequence[float], scales: Mapping[frozenset[float], int]
) -> tuple[list[float], str] | None:
    """Such numbers, with how often they occur and how far off, in words; None without any.

    Where the rest is a scale of answers, as two other columns or how often its last one is given
    show, one number is enough, and it may lie close by.
    """
    known = math.isfinite(sum(values))
    numbers = list(values) if known else [number for number in values if number == number]
    ends = (min(numbers), max(numbers)) if numbers else ()
    if not any(_STAND_IN.fullmatch(label(end)) for end in ends):
        return None  # nearly every column ends here
    counts = Counter(numbers)
    whole = filter(float.is_integer, counts)
    codes = sorted(number for number in whole if _STAND_IN.fullmatch(label(number)))
    rest = counts.keys() - codes
    low, high = min(rest, default=0), max(rest, default=0)
    below, above = ([n for n in codes if n < low], [n for n in codes if n > high])
    far = max(high - low, 2) if low < high else math.inf  # as -2, -1, 1, 2 are not
    fewest, scale = 2, {number for number in counts if low <= number <= high}
    if codes and 2 < len(scale) <= _MOST_ANSWERS:
        wholes = (other for other in scales if scale < other and max(other) <= codes[-1])
        if any(high < n < codes[-1] for whole in wholes for n in whole.difference(codes)):
            return None  # such as 9 beside 0 to 7, where other columns hold 0 to 9
        often = counts[high] >= max(_OFTEN * len(numbers), 3)  # counts of things get rarer
        if often and low in (0, 1) and len(scale) == high - low + 1:
            never = max(codes[-1] - high, low - codes[0]) - 1  # so many answers in between
            alone = sum(counts[code] for code in codes) == 1  # which a large count may be as well
            many = len(numbers) * (1 if alone else never) >= _MANY_ANSWERS
            fewest, far = 1, 1 if many else far
        if scales.get(frozenset(scale), 0) > 1:
            far, fewest = 1, 1
    odd = [*below] if below and low - below[-1] > far else []
    odd += above if above and above[0] - high > far else []
    count = sum(counts[number] for number in odd)
    said = f"{listed(list(map(label, odd)))} in {plural(count, 'row')}, apart from its other"
    return (odd, f"{said} values ({low:g} to {high:g})") if count >= fewest else None


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
        advice = f"--ignore {shlex.quote(name)} leaves it out"
        yield f"{name} holds the same as {first} in every row: {advice}."


def _headers(columns: Mapping[str, Column], table: Table) -> Iterator[str]:
    """Rows that repeat the header, as where files were put together, and a second one below it."""
    first, *others = columns
    rows = [row for row, cell in enumerate(columns[first]) if cell == first]
    if rows := [row for row in rows if all(columns[name][row] == name for name in others)]:
        places = table.places(rows)
        shown = listed([places[n] for n in range(len(rows))], most=3)
        yield f"{shown} repeat{'s' * (len(rows) == 1)} the header: take the line out."
    tops = {name: str(values[0]) for name, values in columns.items() if values[0] is not None}
    if any(parse_number(top) is not None for top in tops.values()):
        return
    below = {name: [cell for cell in columns[name][1:] if cell is not None] for name in tops}
    if above := [top for name, top in tops.items() if finite_numbers(below[name])]:
        yield (
            f"{table.places([0])[0]} holds {listed(above, most=3)} above numbers: if it is a "
            "second header, such as units, take the line out."
        )


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
            places, one = table.places(rows), len(rows) == 1
            shown = listed([places[n] for n in range(len(rows))], most=3)
            advice = (
                "it sums up the rows above, take it" if one else "they sum up others, take them"
            )
            said = listed(sorted(map(str, words)))
            yield f"{shown} say{'s' * one} {said} in {name}: if {advice} out."
            return
    summed = []
    for name, values in columns.items() if end >= FEWEST_ROWS else ():
        *above, number = _numbers(values[-FEWEST_ROWS:])
        if abs(number) > max((abs(n) for n in above if n == n), default=math.inf):
            known = [value for value in _numbers(values[:end]) if value == value]
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


def _identifies(numbers: Sequence[float]) -> bool:
    """Whether each row has a whole number of its own."""
    own = len(set(numbers)) == len(numbers) >= FEWEST_ROWS
    return own and all(map(float.is_integer, numbers))
