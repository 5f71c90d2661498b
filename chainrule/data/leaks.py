"""Columns that say the target in other words, or only count the rows, and odd rows and numbers."""

from __future__ import annotations

import math
import re
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import compress
from operator import mul
from statistics import fmean

from chainrule.data.cells import Column, finite_numbers, label, parse_number
from chainrule.data.column_statistics import FEW_LEVELS
from chainrule.data.encoders import LeftOut, Numbers, levels_of
from chainrule.data.recipe import Recipe
from chainrule.data.table import Table
from chainrule.data.target import Classes
from chainrule.words import listed, plural

_FEWEST_ROWS = 20
"""In fewer rows a column may go along with the target by chance."""

_FEWEST_GAPS = 5
"""So many gaps that all stand in rows of the same classes are no accident."""

_MOST_COLUMNS = 100
"""Of more number columns than this, sums are not looked for."""

_MOST_ADDED = 6
"""So many columns may add up to the target."""

_MOST_SAMPLED = 250
"""In so many rows, evenly spread, a sum is looked for; it is tried in all."""

_ID_NAME = re.compile(r"(?i:(?:^|[^a-z])(?:id|nr|no|key|code|number)$)|[a-z](?:ID|Id|No|Nr)$")
"""Names that people give to identifiers."""

_TOTAL = re.compile(
    r"(?i)(?:(?:(?:grand|sub)[- ]?)?totals?|sum|average|mean"
    r"|(?:ins)?gesamt|(?:gesamt)?summe|mittelwert|durchschnitt|total général|somme|moyenne)\s?:?"
)
_CODE_NAME = re.compile(
    r"(?i)(?:^|[^a-z])(?:zip|plz|post(?:al)?[-_ ]?code|(?:tele)?phone|tel(?:efon)?)"
    r"(?:$|[^a-z]|code|nu)"
)
"""Names of what is written in digits and is no number."""

_DAY = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])?")
_DAY_NAME = re.compile(r"(?i)date|datum|tag$|(?:^|[_\W])(?:day|data|fecha|when)(?:$|[_\W])")
_CLOCKS = {1: range(10**9, 2 * 10**9), 1000: range(10**12, 2 * 10**12)}
"""Seconds and thousandths of them since 1970, from 2001 to 2033."""

_STAND_IN = re.compile(r"-?9+[6-9]?|-[1-8]|-?(?:77+|88+)|65535|32767|-32768")
"""Numbers that may mean a missing one: nines and their like, and the last that 16 bits hold."""

_MOST_ANSWERS = 11
"""A scale of answers has so many, such as 0 to 10."""

_MANY_TWICE = 0.2
"""With so many rows that are there twice, hardly any of those held out are new."""

_NEARLY_ALL = 0.9
"""So many rows have a number of their own where it comes again with its whole row alone."""

_EXACT = 1e-6
"""The part of the target's spread that may be left over where 32 bits give it exactly."""

_ROUNDED = 1e-3
"""The same where both are written with few digits, and no more than rounding is left over."""

_MOST_DIGITS = 6


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
            if how := _tells_classes(target, classes, column, numeric=numeric):
                said.append(f"{encoder.column} {how}: {_ADVICE}")
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
    said += [*_stand_ins(numbers), *_headers(columns, table), *_twice(columns, numbers)]
    return [*said, *_totals(columns, numbers, table)]


_ADVICE = "if it is not known beforehand, leave it out."
_ADVICE_ON_SOME = "if they are not known beforehand, leave them out."


def _tells_classes(
    target: str, classes: Sequence[str | None], column: Column, *, numeric: bool
) -> str:
    """How a column gives the classes away, as the end of a sentence; empty where it does not."""
    if len(column) < _FEWEST_ROWS:
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
        if not one_to_one and row >= 2 * _FEWEST_ROWS and 2 * len(class_of) > row:
            return ""  # those with hardly a value that comes back end here
    if one_to_one and len(class_of) > 1:
        return f"names the classes of {target} one to one"
    rarer = again.total() - max(again.values(), default=0)
    return f"has values that each go with one class of {target}" if rarer >= _FEWEST_ROWS else ""


def _numeric_leaks(
    target: str, values: Sequence[float], numbers: Mapping[str, Sequence[float]]
) -> Iterator[str]:
    rows = [row for row, value in enumerate(values) if math.isfinite(value)]
    if len(rows) < _FEWEST_ROWS:
        return
    y = [values[row] for row in rows]
    columns = {name: [x[row] for row in rows] for name, x in numbers.items()}
    logs = {
        shift: [math.log(value + shift) for value in y]
        for shift in (0, 1)  # counts are taken as log(1 + y)
        if min(y) + shift > 0
    }
    step = _last_digit(y)
    steps: dict[str, float] = {}
    for name, x in columns.items():
        known = list(map(math.isfinite, x))
        x, own, *own_logs = (list(compress(of, known)) for of in (x, y, *logs.values()))
        if len(x) < _FEWEST_ROWS:
            continue
        digit = _last_digit(x)
        of_logs = (
            _line(x, log, digit, step / (min(y) + shift))
            for shift, log in zip(logs, own_logs, strict=True)
        )
        if line := _line(x, own, digit, step):
            yield f"{name} {_as_line(target, name, *line)}: {_ADVICE}"
        elif any(of_logs):
            yield f"{name} is a logarithm of {target}: {_ADVICE}"
        if len(x) == len(y):
            steps[name] = digit
    whole = {name: columns[name] for name in steps}
    given = (whole, y, steps, step)
    if len(whole) <= _MOST_COLUMNS and (how := _sum(*given) or _product(*given)):
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


def _sum(
    columns: Mapping[str, Sequence[float]],
    y: Sequence[float],
    steps: Mapping[str, float],
    step: float,
) -> str | None:
    """The target as some columns added up, each times a number; None where it is no such sum."""
    spread = max(y) - min(y)
    rows = range(0, len(y), -(-len(y) // _MOST_SAMPLED))
    enough = max(_EXACT * spread, min(step, _ROUNDED * spread))
    factors = {
        name: math.copysign(1, by) if math.isclose(abs(by), 1, rel_tol=_ROUNDED) else by
        for name, by in _least_squares(columns, y, rows, enough).items()
        if abs(by) * (max(columns[name]) - min(columns[name])) > _ROUNDED * spread
    }
    rounding = step + sum(abs(by) * steps[name] for name, by in factors.items())
    most = max(_EXACT * spread, min(rounding, _ROUNDED * spread))
    xs = zip(*(columns[name] for name in factors), strict=True)
    left = [b - _dot(factors.values(), x) for x, b in zip(xs, y, strict=bool(factors))]
    if len(factors) < 2 or max(left) - min(left) > 2 * most:
        return None
    start = (max(left) + min(left)) / 2
    terms = [
        (by, name if abs(by) == 1 else f"{abs(by):.6g} · {name}") for name, by in factors.items()
    ]
    terms += [(start, f"{abs(start):.6g}")] if abs(start) > most else []
    terms.sort(key=lambda term: term[0] < 0)
    said = " ".join(f"{'minus' if by < 0 else 'plus'} {of}" for by, of in terms)
    return said.removeprefix("plus ")


def _product(
    columns: Mapping[str, Sequence[float]],
    y: Sequence[float],
    steps: Mapping[str, float],
    step: float,
) -> str | None:
    """The target as powers of some columns multiplied, which is a sum of their logarithms.

    It is looked for where none is 0, and has to hold in all rows but for rounding.
    """
    rows = [row for row in range(0, len(y), -(-len(y) // _MOST_SAMPLED)) if y[row]]
    enough_rows = columns if len(rows) >= _FEWEST_ROWS else {}
    known = {n: x for n, x in enough_rows.items() if all(map(x.__getitem__, rows))}
    logs = {name: [math.log(abs(x[row])) for row in rows] for name, x in known.items()}
    log = [math.log(abs(y[row])) for row in rows]
    enough = min((step / abs(y[row]) for row in rows), default=0) + _EXACT
    found = _least_squares(logs, log, range(len(rows)), enough) if known else {}
    powers = {name: round(by) for name, by in found.items() if round(by)}
    if list(powers.values()) in ([], [1]):
        return None
    start = fmean(log) - sum(by * fmean(logs[name]) for name, by in powers.items())
    factor, spread = float(f"{math.exp(max(-700, min(start, 700))):.3g}"), max(y) - min(y)
    least = max(_EXACT * spread, min(step, 10 * _ROUNDED * spread))
    for row, value in enumerate(y):
        xs = [(columns[name][row], by, steps[name]) for name, by in powers.items()]
        made = loose = 0.0
        if all(x for x, _, _ in xs):
            sign = math.prod(math.copysign(1, x) ** by for x, by, _ in xs)
            log_made = math.log(factor) + sum(by * math.log(abs(x)) for x, by, _ in xs)
            made = sign * math.exp(min(log_made, 700))
            loose = abs(made) * sum(abs(by / x) * digit for x, by, digit in xs)
        if abs(made - value) > max(least, min(loose, _ROUNDED * spread)):
            return None
    ends = {1: "", 2: " squared"}
    named = [(by, n + ends.get(abs(by), f" to the {abs(by)}")) for n, by in powers.items()]
    above = [f"{factor:g}"] * (factor != 1 or max(powers.values()) < 0)
    above += [name for by, name in named if by > 0]
    return " divided by ".join([" times ".join(above), *(name for by, name in named if by < 0)])


def _least_squares(
    columns: Mapping[str, Sequence[float]], y: Sequence[float], rows: Sequence[int], enough: float
) -> dict[str, float]:
    """What to multiply some columns by so that they add up to the target, but for a constant.

    The column that explains most of the target goes first, then the one whose part that it does not
    share with those before explains most of what is left, and so on: forward selection with
    orthogonal columns (Chen, Billings and Luo, 1989).
    """
    parts = {name: _centred([x[row] for row in rows]) for name, x in columns.items()}
    sizes = {name: _dot(part, part) for name, part in parts.items()}
    left = _centred([y[row] for row in rows])
    picked: dict[str, tuple[float, dict[str, float]]] = {}
    while parts and max(map(abs, left)) > enough and len(picked) < _MOST_ADDED:
        own = {name: _dot(part, part) for name, part in parts.items()}
        parts = {name: part for name, part in parts.items() if own[name] > _EXACT * sizes[name]}
        best = max(parts, key=lambda name: _dot(parts[name], left) ** 2 / own[name], default=None)
        if best is None:
            break
        part = parts.pop(best)
        slope = _dot(part, left) / own[best]
        shared = {name: _dot(part, other) / own[best] for name, other in parts.items()}
        left = [value - slope * away for value, away in zip(left, part, strict=True)]
        for name, by in shared.items():
            parts[name] = [v - by * away for v, away in zip(parts[name], part, strict=True)]
        picked[best] = slope, shared
    factors: dict[str, float] = {}
    for name, (slope, shared) in reversed(picked.items()):
        factors[name] = slope - sum(shared[other] * by for other, by in factors.items())
    return {name: factors[name] for name in columns if name in factors}


def _centred(values: Sequence[float]) -> list[float]:
    mean = fmean(values)
    return [value - mean for value in values]


def _dot(some: Iterable[float], others: Iterable[float]) -> float:
    total: float = sum(map(mul, some, others))
    return total


def _last_digit(values: Sequence[float]) -> float:
    """What the last digit stands for in which the values are written; 0 where there are many."""
    if all(map(float.is_integer, values)):  # much sooner than by rounding
        return 1.0
    for digits in range(1, _MOST_DIGITS + 1):
        if all(round(value, digits) == value for value in values):
            return 10.0**-digits
    return 0.0


def _line(
    x: Sequence[float], y: Sequence[float], x_step: float, y_step: float
) -> tuple[float, float] | None:
    """Slope and start of the line on which all points lie, but for rounding; None without one."""
    low, high = x.index(min(x)), x.index(max(x))
    if x[low] == x[high] or y[low] == y[high]:
        return None
    slope = (y[high] - y[low]) / (x[high] - x[low])
    start = y[low] - slope * x[low]
    spread = max(y) - min(y)
    most = max(_EXACT * spread, min(y_step + abs(slope) * x_step, _ROUNDED * spread))
    on_it = all(abs(start + slope * a - b) <= most for a, b in zip(x, y, strict=True))
    small = abs(start) <= most
    return (slope, 0.0 if small else start) if on_it else None


def _counts_rows(numbers: Sequence[float]) -> bool:
    return len(numbers) >= _FEWEST_ROWS and all(
        number - row == numbers[0] for row, number in enumerate(numbers)
    )


def _stand_ins(numbers: Mapping[str, Sequence[float]]) -> Iterator[str]:
    """Numbers such as -999 that lie far from all others of a column: most likely missing ones."""
    heads = {name: {n for n in v[:_FEWEST_ROWS] if n == n} for name, v in numbers.items()}
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

    Where two other columns hold the rest alone, as answers of one scale, one number is enough.
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
        if scales.get(frozenset(scale), 0) > 1:
            far, fewest = 1, 1
    odd = [*below] if below and low - below[-1] > far else []
    odd += above if above and above[0] - high > far else []
    count = sum(counts[number] for number in odd)
    said = f"{listed(list(map(label, odd)))} in {plural(count, 'row')}, far from its other values "
    return (odd, f"{said}({low:g} to {high:g})") if count >= fewest else None


def _days(name: str, values: Sequence[float]) -> Iterator[str]:
    """Dates and times that are written as one number, such as 20240131, or are counted."""
    days = {int(number) for number in values if math.isfinite(number)}
    day, last = min(days, default=0), max(days, default=0)
    clock = next((clock for clock, span in _CLOCKS.items() if day in span and last in span), 0)
    if len(days) >= _FEWEST_ROWS and all(map(_DAY.fullmatch, map(str, days))):
        written = "-".join(filter(None, (str(day)[:4], str(day)[4:6], str(day)[6:])))
    elif len(days) >= _FEWEST_ROWS and clock:
        written = f"{datetime.fromtimestamp(day // clock, UTC):%Y-%m-%d %H:%M:%S}"
    elif _DAY_NAME.search(name) and 7_000 <= day <= last < 60_000:  # from 1919 to 2064
        written = str(date(1899, 12, 30) + timedelta(day))
    else:
        return
    what = "times" if clock else "days"
    yield f"{name} is read as a number: if it holds {what}, write {day} as {written}."


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
        words = set() if name in numbers else {v for v in set(values) if _TOTAL.fullmatch(str(v))}
        rows = [row for row, value in enumerate(values) if value in words] if words else []
        if 0 < 3 * len(rows) <= len(values):
            places, one = table.places(rows), len(rows) == 1
            shown = listed([places[n] for n in range(len(rows))], most=3)
            says = f"{shown} say{'s' * one} {listed(sorted(map(str, words)))} in {name}: if "
            yield says + (
                "it sums up the rows above, take it out."
                if one
                else "they sum up others, take them out."
            )
            return
    summed = []
    for name, values in columns.items() if end >= _FEWEST_ROWS else ():
        *above, number = _numbers(values[-_FEWEST_ROWS:])
        if abs(number) > max((abs(n) for n in above if n == n), default=math.inf):
            known = (value for value in _numbers(values[:end]) if value == value)
            if math.isclose(math.fsum(known), number, rel_tol=_EXACT):
                summed.append(name)
    if summed:
        place = table.places([end])[0]
        yield f"{place} is the sum of the rows above in {listed(summed)}: take it out if it is one."


def _identifies(numbers: Sequence[float]) -> bool:
    """Whether each row has a whole number of its own."""
    return (
        len(numbers) >= _FEWEST_ROWS
        and len(set(numbers)) == len(numbers)
        and all(map(float.is_integer, numbers))
    )
