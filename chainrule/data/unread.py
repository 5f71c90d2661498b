"""What texts are that stay texts and look like more: numbers, dates, one another's spelling."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from itertools import chain, pairwise

from chainrule.data.cells import parse_number, truth_of
from chainrule.data.written_dates import (
    hours_of,
    like_a_date,
    like_a_season,
    orders_of,
    without_weekday,
)
from chainrule.data.written_numbers import needs_all, parts_of, plain_unit, says_of_marks
from chainrule.words import listed, quoted, shortened

_UNSEEN = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_GROUPED = len("123 456")
_MOST_NAMED = 6
"""So many texts among many numbers are named; where there are more, they are no exceptions."""
_FEW_NAMES = 10
"""So few categories are good names, however much like numbers they look: 1, 2, 3, 4+."""

_DIGIT = re.compile(r"\d")
_NUMBER = r"[-+]?\d[\d.,']*"
_SIGNED = re.compile(
    rf"(?:[^\w\s]{{1,2}}|ca\.?|approx\.?|about) ?{_NUMBER}[^\w\s]*|{_NUMBER} ?[^\w\s]{{1,2}}"
)
_PAIR = re.compile(
    r"[1-9]\d*(?:[.,]\d+)?(?: ?[-–/x×:;|] ?|[,;]? )[1-9]\d*(?:[.,]\d+)?"
    r"|[-+]?\d+\.\d+(?:[,;] ?| )[-+]?\d+\.\d+"
)
_TELEPHONE = re.compile(r"\d{3}[- ]\d{4}(?: ?x\d+)?|\d{5}-\d{4}|\(\d{2,5}\)[\d /-]{5,}")
"""A telephone number, or a ZIP code with four digits more: two numbers, and yet one name."""
_ONE = re.compile(r"\d+(?:\.\d+)?")
_AMOUNT = re.compile(r"\d(?:[\d.,]*\d)?")
_MARKED_AMOUNT = re.compile(r"\d[.,]\d")
_SHAPE = re.compile(r"(?=.*(?:[%°$€£(\[^]| [^\W\d_]))[^\w\s]{0,2} ?#.+", re.DOTALL)
_SHAPE_BEHIND_LETTERS = re.compile(r"[^\W\d_][\w.#]* ?[$( ].*#.*", re.DOTALL)
_NAME = re.compile(r"\b[A-ZÀ-Þ][a-zà-ÿß]")
_NO_NUMBER = re.compile(r"(?!\d|.*\w.*\s\d).", re.DOTALL)
_THOUSANDS = re.compile(r"\d,\d{3}(?!\d)")
_ABBREVIATED = re.compile(r"[$€£]?\d[\d.,]*(?:[KMB]|k|[bm]n)|[$€£]\d[\d.,]* ?[kmb]")
_POWER = re.compile(r"[-+]?\d[\d.,]* ?[×x*·] ?10(?:\^|\*\*)?[-+]?[\d⁻⁰¹²³⁴-⁹]+")
_UNCERTAIN = re.compile(r"[-+]?\d[\d.,]* ?(?:±|\+/?-) ?\d[\d.,]*|[-+]?\d+[.,]\d+ ?\(\d+\)")
_QUOTED = re.compile(rf"=?[\"'\u2018-\u201f]{_NUMBER}[\"'\u2018-\u201f]?")
_NOTED = re.compile(rf"{_NUMBER} ?(?:[¹²³⁴⁵⁶⁷⁸⁹]|[\[(][\w.]{{1,9}}[\])])")
_FRACTION = re.compile(r"\d+(?:[ -]\d/\d\d?| ?[½⅓⅔¼¾⅛⅜⅝⅞])")
_TWO_UNITS = re.compile(
    r"\d+(?: ?['\u2032\u2019] ?\d+(?:[.,]\d+)? ?(?:''|[\"\u2033\u201d])?"
    r"| ?(?:ft|feet|lbs?|st|y(?:(?:ea)?rs?)?|d(?:ays?)?|h(?:(?:ou)?rs?)?|m(?:in)?)\.?,? ?\d+ ?"
    r"(?:in(?:ch(?:es)?)?|oz|lbs?|mo(?:nth)?s?|h(?:(?:ou)?rs?)?|m(?:in(?:ute)?s?)?|s(?:ec)?)\.?)",
    re.IGNORECASE,
)
_DIRECTED = re.compile(
    r"\d{1,3}(?:[.,]\d{2,}|(?=.*[°º]))[\d.,°º'\"\u2018-\u201f\u2032\u2033 ]*[NSEWO]"
)
_ZONED = re.compile(r"(.*:\d\d) ?(?:[A-Z]{3,4}|[A-Z]\w+/\w+)")
_DAY_IN_WORDS = re.compile(
    r"\d{1,2}\.? [^\W\d_]{3,9}\.? \d{4}(?: \d.*)?|\d+ days?,? [\d:.]+"
    r"|[^\W\d_]{3} +\d{1,2} [\d:]+ \d{4}"
    r"|\d{4}-?W\d{1,2}(?:-?\d)?|(?:KW|CW|W) ?\d{1,2}[/ ]\d{4}"
    r"|P(?:\d+D)?T[\dHMS.]+|(?:0?[1-9]|[12]\d|3[01])\.(?:0?[1-9]|1[0-2])\."
)
_MONTH = re.compile(
    r"(?:(?:[^\W\d_]{2,10}[.,]* )?\d{1,2}(?:\.|er|º)?[- ]?(?:de )?)?"
    r"([^\W\d_]{3,10})\.?(?:(?:,| del?)?[- ]?\d.*)?"
)
_MONTHS = (
    " january february march april may june july august september october november december "
    "januar janner februar marz maerz mai juni juli oktober dezember janvier fevrier mars avril "
    "juin juillet aout septembre octobre novembre decembre enero febrero marzo abril mayo junio "
    "julio agosto septiembre octubre noviembre diciembre"
)
"""Names of months in English, German, French and Spanish, without marks over their letters."""
_ORDINALS = {"st", "nd", "rd", "th"}
_PAIRS = "it holds two numbers in one cell: give each a column of its own"
_DATES = (
    "it holds dates or times, not all in one known way: write them as 2024-01-31 or 10:30, and "
    "spans of time as numbers"
)
_SIGNS = "its numbers have other signs beside them: write the numbers alone"
_WORDED = "its cells are numbers with words or signs: give each number a column of its own"
_AMID_WORDS = "its cells are a number with words or signs: write the number alone"
_MOSTLY = "most are numbers with one unit: write the others in the same way, or leave them empty"
_MARKED = "its numbers are written with marks: write them as 1234.5"
_PATTERNS = {
    _POWER: _MARKED,
    _ABBREVIATED: "its numbers are written with letters for thousands or millions: write them out",
    _UNCERTAIN: "its numbers have their uncertainty behind them: write the two in two columns",
    _FRACTION: "its numbers have fractions: write 1 1/2 as 1.5",
    _TWO_UNITS: "its numbers are in two units, such as feet and inches: write them in one",
    _PAIR: _PAIRS,
    _DIRECTED: "its numbers have a direction behind them: write south and west as below zero",
}
"""What is wrong with a text that is written in such a way; the first that fits counts."""


def why_unread(texts: Collection[str], *, numbers: bool = False) -> str | None:
    """Why texts stay unread though most mean dates or numbers; None if they do not.

    Args:
        texts: The texts.
        numbers: Whether numbers stand beside them.

    Example:
        >>> why_unread(["1.200,50", "1,200.50", "?!"])
        'its numbers are written with marks: write them as 1234.5'
        >>> why_unread(["12 EUR", "10.50 EUR"], numbers=True)
        'its numbers have EUR beside them or nothing: write all in one way'
        >>> why_unread(["Platz 3", "first"]) is why_unread([]) is None
        True
    """
    reasons = Counter(map(_unread, texts))
    del reasons[None]
    if len(reasons) == 1 and 2 * reasons.total() >= len(texts):
        (why,) = reasons
        return (why == _MARKED and _why_units(texts, numbers=False)) or why
    return _why_units(texts, numbers) or _of_few_shapes(texts, numbers)


def amid_numbers(texts: Collection[str]) -> str:
    """What to do about texts amid numbers; empty where that is not known.

    Example:
        >>> amid_numbers([":", "5.1 b", "7.2 e"])
        'its numbers have other signs beside them: write the numbers alone; --na : takes it for \
missing'
    """
    words = [text for text in texts if _DIGIT.search(text) is None]
    others = [text for text in texts if text not in words]
    both = (why_unread(others, numbers=True), missing_words(words))
    return why_unread(texts, numbers=True) or missing_words(texts) or "; ".join(filter(None, both))


def shows(text: str, why: str) -> bool:
    """Whether a text shows best why texts like it stay unread: among dates one that is none.

    Example:
        >>> why = why_unread(["2024-01-31", "2024-02-30"])
        >>> shows("2024-01-31", why), shows("2024-02-30", why)
        (False, True)
    """
    if why == _DATES:
        return not orders_of(text) and hours_of(text) is None
    if why == _MOSTLY:
        return parts_of(text) is None
    return why_unread([text]) == why


def _why_units(texts: Collection[str], numbers: bool) -> str | None:
    """That numbers have units, and not all the same; letters alone may count anything."""
    parts = [part for text in texts if (part := parts_of(text))]
    units = {plain_unit(part.unit): part.unit for part in parts}
    bare = units.pop("", None) is not None
    optional = bare and not all(map(needs_all, units.values()))
    if not units or optional or not units.keys().isdisjoint(_ORDINALS):
        return None
    numbers = numbers or bare
    if all(len(unit) < 2 and unit.isalpha() for unit in units):
        flagged = numbers and len(parts) == len(texts) and all(" " in text for text in texts)
        return _SIGNS if flagged else None
    if len(parts) < len(texts):
        return _MOSTLY if len(units) == 1 and 3 * len(parts) >= 2 * len(texts) else None
    if numbers and len(units) == 1:
        return f"its numbers have {units.popitem()[1]} beside them or nothing: write all in one way"
    if {unit.casefold().strip(".") for unit in units} == {"cr", "dr"}:
        return "its numbers have CR or DR beside them: write one of the two as below zero"
    if 2 < 2 * len(units) <= len(texts):
        several = listed(sorted(units.values()))
        return f"its numbers have different units ({several}): write all in one"
    return None


def _unread(text: str) -> str | None:
    """Why a text that is not a float stays unread, as half a sentence; None where it is a word.

    Groups of three digits may as well be an address or a telephone number, unless there is a comma
    between them, or more than them, or no more than six digits.

    Example:
        >>> _unread("2024-01-31 10:00") == _unread("Fri, 5 January 2024") == _unread("5. mai 2024")
        True
        >>> _unread("$1,200") == _unread("1,5") == _unread("1.200.000 €")
        True
        >>> [_unread(text) for text in ("Platz 3", "192.168.100.100", "555 001 007", "2009-10")]
        [None, None, None, None]
    """
    day = without_weekday(text)
    if _DIGIT.search(text) is None or like_a_season(day) or _TELEPHONE.fullmatch(text):
        return None
    if like_a_date(day) or _DAY_IN_WORDS.fullmatch(day) or _of_a_month(day):
        return _DATES
    if (zoned := _ZONED.fullmatch(day)) and like_a_date(zoned[1]):
        return "its times name their zone in letters: write it as +01:00"
    number = parts_of(text.strip("()"))
    said = says_of_marks(number) if number else None
    if number and not number.unit and said in (("", "'"), ("", " ")) and len(text) <= _GROUPED:
        return f'its numbers may be in groups of three: --thousands "{said[1]}" reads them as such'
    for pattern, why in _PATTERNS.items():
        if pattern.fullmatch(text):
            return why
    signed = number is None or text.endswith("''")
    if _NOTED.fullmatch(text) or (signed and _SIGNED.fullmatch(text)):
        return _SIGNS
    if number is None or not said or number.worded or number.unit in {*"%‰"}:
        return None
    return _MARKED if number.unit or "," in text or text[0] == "(" else None


def _of_a_month(day: str) -> bool:
    """Whether a text is a day or a year of a month by its name, in one of four languages."""
    named = _MONTH.fullmatch(day)
    letters = unicodedata.normalize("NFKD", named[1].casefold()) if named else ""
    return named is not None and f" {''.join(filter(str.isalpha, letters))}" in _MONTHS


def as_type(column: str, kind: str) -> str:
    """How to say what a column holds.

    Example:
        >>> as_type("zip", "category"), as_type("room name", "text")
        ('--types zip=category', "--types 'room name=text'")
    """
    return f"--types {quoted(f'{column}={kind}')}"


def missing_words(texts: Collection[str]) -> str:
    """How to say that texts mean a missing value, where they are few; empty where they are many.

    Example:
        >>> missing_words(["unknown", "n.a."]), missing_words(["--"])
        ('--na unknown,n.a. takes them for missing', '--na=-- takes it for missing')
    """
    words = list(dict.fromkeys(texts))
    if not 0 < len(words) <= _MOST_NAMED or not all(map(_NO_NUMBER.match, words)):
        return ""
    option = f"--na{'=' if words[0][0] == '-' else ' '}{quoted(','.join(words))}"
    return f"{option} takes {'them' if len(words) > 1 else 'it'} for missing"


def what_levels_mean(levels: Sequence[str | None], *, numeric: bool = False) -> str:
    """What the names of categories look like beside what they are taken for, to end a sentence.

    Args:
        levels: The names.
        numeric: Whether all of them are numbers.

    Example:
        >>> what_levels_mean(["1", "2", "3", "unknown"])
        '; all but unknown are numbers: --na unknown takes it for missing'
        >>> what_levels_mean(["red", "blue"])
        ''
    """
    names = [level for level in levels if level is not None]
    texts = [] if numeric else [level for level in names if parse_number(level) is None]
    numbers = len(names) - len(texts)
    said = [spelt_alike(names)]
    why = why_unread(texts, numbers=numbers > 0)
    advice = missing_words(texts) if numbers > len(texts) else ""
    if advice and (why is None or (why == _SIGNS and not all(map(_QUOTED.fullmatch, texts)))):
        alone = "write the numbers alone, or " if why else ""
        said.append(f"; all but {listed(texts)} are numbers: {alone}{advice}")
    elif why and not _good_names(why, texts, numbers):
        example = next((text for text in texts if shows(text, why)), texts[0])
        if why == _DATES and not shows(example, why):
            why = (
                "it holds dates or times: write what matters of them, such as the year, as numbers"
            )
        said.append(f"; {why} (such as {shortened(repr(example))})")
    return "".join(said)


def _good_names(why: str, texts: Sequence[str], numbers: int) -> bool:
    """Whether texts name categories well, as 20-29 and 65+ do; so many others are numbers.

    Example:
        >>> ages = [f"{age}-{age + 4}" for age in range(20, 80, 5)]
        >>> _good_names(_PAIRS, ages, 0), _good_names(_PAIRS, [*ages, "22-26"], 0)
        (True, False)
    """
    may_be = why in (_PAIRS, _SIGNS, _WORDED, _AMID_WORDS, _MOSTLY)
    if not may_be or all(map(_QUOTED.fullmatch, texts)):
        return False
    few = len(texts) + numbers <= _FEW_NAMES
    parts = ([float(n) for n in _ONE.findall(text.replace(",", "."))] for text in texts)
    pairs = sorted(part for part in parts if len(part) == 2)
    of_a_range = all(low <= high for low, high in pairwise(chain.from_iterable(pairs)))
    spaced = all(text.replace(" ", "").isdecimal() for text in texts)  # a post code may be
    return few or spaced or bool(pairs and of_a_range)


def _of_few_shapes(texts: Collection[str], numbers: bool) -> str | None:
    """That most texts are alike but for their numbers; None if they are not.

    Most begin with a number, or with letters where all of their numbers have marks, as amounts do.

    Example:
        >>> _of_few_shapes(["3.5 out of 5", "4 out of 5"], numbers=False)
        'its cells are numbers with words or signs: give each number a column of its own'
        >>> _of_few_shapes(["np.float64(1.5)", "np.float64(2.5)"], False) == _WORDED
        True
        >>> _of_few_shapes(["12a4", "7b5"], False) is _of_few_shapes(["Gate 5", "Gate 7"], False)
        True
        >>> _of_few_shapes(["12 Main St", "7 Main St"], False)  # a number beside a name: addresses
    """
    shapes = {text: _AMOUNT.sub("#", text) for text in texts if not _TELEPHONE.fullmatch(text)}
    marked = all(map(_MARKED_AMOUNT.search, shapes))
    alike = [
        text
        for text, shape in shapes.items()
        if (_SHAPE.fullmatch(shape) and not (shape.count("#") == 1 and _NAME.search(shape)))
        or (marked and _SHAPE_BEHIND_LETTERS.fullmatch(shape))
    ]
    count = len(set(shapes.values()))
    few = count == 1 or 3 * count <= len(shapes)
    if not few or 4 * len(alike) < 3 * len(shapes) or not any(parts_of(t) is None for t in alike):
        return None
    if numbers:
        return _SIGNS
    return _AMID_WORDS if all(shapes[text].count("#") == 1 for text in alike) else _WORDED


def several_answers(levels: Sequence[str | None]) -> str:
    """A level that holds several answers, where most do, and all are made of few; else empty.

    Example:
        >>> several_answers(["a", "a;b", "b;c", "a;c"]), several_answers(["Ulm, DE", "Bern, CH"])
        ('a;b', '')
    """
    names = [level for level in levels if level is not None]
    for mark in ";|,":
        several = [name for name in names if mark in name and not _THOUSANDS.search(name)]
        answers = {answer.strip() for name in names for answer in name.split(mark)}
        if 2 * len(several) >= len(names) > len(answers):
            return several[0]
    return ""


def spelt_alike(levels: Sequence[str]) -> str:
    """Which levels may be two spellings of one, as the end of a sentence; empty for none.

    They differ in capitals, spaces or a last point alone, or each letter that stands by itself
    begins one word.

    Example:
        >>> spelt_alike(["no", "Yes", "yes"])
        '; Yes, yes differ in capitals, spaces or a last point alone and are taken for different'
        >>> spelt_alike(["F", "Female", "M", "Male"])
        '; F, Female, M, Male may be words and their first letters, and are taken for different'
        >>> spelt_alike(["A", "AB", "B", "O"]), spelt_alike(["A", "AA", "B", "BB"])
        ('', '')
    """
    spellings: dict[str, list[str]] = defaultdict(list)
    for level in levels:
        plain = unicodedata.normalize("NFKC", level).translate(_UNSEEN)
        spellings["".join(plain.casefold().split()).rstrip(".")].append(level)
    if alike := [name for names in spellings.values() if len(names) > 1 for name in names]:
        how = "differ in capitals, spaces or a last point alone"
    elif alike := [spellings[name][0] for name in _first_letters(spellings)]:
        how = "may be words and their first letters,"
    elif len(levels) > 2 and None not in map(truth_of, levels) and max(map(len, levels)) > 1:
        alike, how = list(levels), "all mean yes or no"
    else:
        return ""
    return f"; {listed(alike, most=6)} {how} and are taken for different"


def _first_letters(levels: Collection[str]) -> list[str]:
    """Levels of one letter, each with the one word that begins with it; none if one lacks it."""
    words = [level for level in levels if level.isalpha() and len(set(level)) > 1]
    if set("".join(levels)) <= {*"ivx"}:  # Roman numbers
        return []
    alike: list[str] = []
    for letter in (level for level in levels if len(level) == 1 and level.isalpha()):
        begun = [word for word in words if word[0] == letter]
        if len(begun) != 1:
            return []
        alike += [letter, *begun]
    return alike
