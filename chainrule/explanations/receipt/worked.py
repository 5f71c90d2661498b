"""A formula with its numbers put in: `2·(3.5 - 4) = -1` for `2·(a_k - y_k) / outputs`.

The formula is the one that stands beside the op or its rule; each name in it gives way to what it
holds at one entry. The text that comes out is worked out again, and written with as many digits as
it takes to give the value that it claims.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from math import prod
from types import CodeType
from typing import Any, TypeAlias

from chainrule.autodiff import PRIMITIVES, Tensor, origin_of
from chainrule.nn import entries
from chainrule.words import factor, number

DIGITS = 4
"""Significant digits of the value, and of the numbers put in where so many are enough."""

TERMS = 3
"""How many summands of a long sum are written out."""

_MORE_DIGITS = (DIGITS, 6, 9, 12, 17)
_PLACE = "\0"
"""Where in a text a number goes."""

_Written: TypeAlias = tuple[str, list[Any]]
"""A text with places for numbers, and these."""

_NAME = re.compile(r"Σ(\w)|\[(\w) = (\w)\]|([A-Za-z]+)(?:_([a-z]))?")
_CALL = re.compile(r"(\w+)\((\w+)\)")
_BARE_CALL = re.compile(r"(\bln |\bsin |\bcos |\btanh? |√)(\d[\d.]*(?:e[+-]?\d+)?|\0)")


def worked(
    formula: str, values: Mapping[str, Any], value: Any, *, later: int = 0, earlier: int = 0
) -> str:
    """A formula with numbers in it and the value that they give; empty if it cannot be written so.

    Args:
        formula: Such as `"da_k/dz_j = a_k · ([k = j] - a_j)"`; its indices are those of its left
            side, and a definition may follow it after a comma and two blanks.
        values: What each name in it holds: a number, or the entries of one example.
        value: What it gives.
        later: The entry that is computed, or differentiated.
        earlier: The entry that it is differentiated by.

    Example:
        >>> worked("dL/da_k = 2·(a_k - y_k) / outputs", {"a": [3.5], "y": [4.0], "outputs": 1}, -1)
        '2·(3.5 - 4) = -1'
        >>> worked("da/dz = a · (1 - a)", {"a": [0.599], "z": [0.4]}, 0.599 * (1 - 0.599))
        '0.599 · (1 - 0.599) = 0.2402'
    """
    left, right, name, call = _read(formula)
    held = {n: entries(x) if hasattr(x, "tolist") else x for n, x in values.items()}
    if call:
        held[name] = entries(PRIMITIVES[call[0]](values[call[1]]))
    top, _, bottom = left.partition("/")
    places = {side[-1]: at for side, at in ((bottom, earlier), (top, later)) if "_" in side}
    places[top.removeprefix("d").partition("_")[0]] = later

    def write(most: int | None) -> _Written:
        numbers = _FormulaNumbers(held, earlier)
        template = numbers.put_in(right, places, most=most)
        if template.endswith(f" / {_PLACE}") and numbers.taken[-1] == 1:
            return _bare(template[: -len(f" / {_PLACE}")]), numbers.taken[:-1]
        return "" if template == right else _bare(template), numbers.taken

    return _with_value(write, value)


@lru_cache(maxsize=256)
def _read(formula: str) -> tuple[str, str, str, Sequence[str]]:
    """Its left and its right side, and what it defines: the name, and the op and input called."""
    left, _, right = formula.partition(" = ")
    right, _, definition = right.partition(",  ")
    name, _, meaning = definition.partition(" = ")
    call = _CALL.fullmatch(meaning)
    if not call and " " in meaning:
        inner = meaning if re.fullmatch(r"\w+\(.*\)", meaning) else f"({meaning})"
        right = re.sub(rf"\b{name}\b", lambda _: inner, right)
    return left, right, name, call.groups() if call else ()


def worked_sum(products: Sequence[Sequence[Any]], value: Any, *, most: int | None = TERMS) -> str:
    """A sum of products in numbers and what it gives; of many, as many as are asked for.

    Example:
        >>> worked_sum([(0.5, -2.0), (0.25, 3.0)], -0.25)
        '0.5 · (-2) + 0.25 · 3 = -0.25'
    """

    def write(shown: int | None) -> _Written:
        terms = [" · ".join(_PLACE * len(product)) for product in products]
        joined = _joined(terms, shown and most)
        return joined, [one for product in products for one in product][: joined.count(_PLACE)]

    return _with_value(write, value) or number(value, DIGITS)


def _with_value(write: Callable[[int | None], _Written], value: Any) -> str:
    """A text in numbers, with so many digits that it gives the value, and the value.

    Args:
        write: Writes the text and its numbers and, of long sums, so many terms.
        value: What it is to give.
    """
    claimed = number(value, DIGITS)
    template, numbers = write(TERMS)
    whole, all_numbers = write(None) if " more" in template else (template, numbers)
    for digits in _MORE_DIGITS if template else ():
        texts = [factor(one, digits) for one in numbers]
        said = texts if all_numbers is numbers else [factor(one, digits) for one in all_numbers]
        if not isinstance(value, float | int) or _gives(whole, said, claimed):
            if template == _PLACE:
                return claimed
            text = "".join(map(str.__add__, template.split(_PLACE), [*texts, ""]))
            return text if text == claimed else f"{text} = {claimed}"
    return ""


def _joined(terms: Sequence[str], most: int | None) -> str:
    """Summands with plus signs between them, the first ones of many."""
    more = f" + {len(terms) - most} more" if most and len(terms) > most + 1 else ""
    return " + ".join(terms[:most] if more else terms) + more


def worked_op(result: Tensor, formula: str, value: Any, *, later: int, earlier: int) -> str:
    """An op's formula, or that of one of its rules, with the numbers of one example put in.

    The value alone where nothing can be put in.

    Args:
        result: What the op has made.
        formula: The op's own, or a rule's.
        value: What the formula gives.
        later: The entry of the result.
        earlier: The entry of the input that it is differentiated by.
    """
    origin = origin_of(result)
    op = origin.primitive
    left, _, right = formula.partition(" = ")
    alone = number(value, DIGITS)
    if right in op.inputs and "/" in left:  # of a product: the other factor, which is the value
        return alone
    meaning = op.formula.partition(",  ")[2]
    if meaning and ",  " not in formula:  # what the op defines, its rules may use
        formula = f"{formula},  {meaning}"
    held = dict(zip(op.inputs, origin.values, strict=True))
    wide, made = prod(origin.values[0].shape), entries(result.value)
    more = {"outputs": wide, "n": wide // len(made)}
    name = left.partition("/")[0].removeprefix("d" if "/" in left else "").partition("_")[0]
    everything = {**op.options, **origin.options, **more, name: made, **held}
    return worked(formula, everything, value, later=later, earlier=earlier) or alone


def evaluated(text: str) -> float:
    """What a formula in numbers comes to.

    Example:
        >>> evaluated("2·(3.5 - 4)"), evaluated("0 if (-0.3) <= 0 else 1"), evaluated("e^0 + ln 1")
        (-1.0, 0.0, 1.0)
    """
    return float(eval(_compiled(text), {"__builtins__": {}}, _WORDS))  # an op's formula in numbers


@lru_cache(maxsize=256)
def _compiled(text: str) -> CodeType:
    """A formula, in numbers or with places for them, as Python: many weights share one."""
    python = _BARE_CALL.sub(r"\1(\2)", re.sub(r"\|([^|]*)\|", r"abs(\1)", text))
    for place in range(python.count(_PLACE)):
        python = python.replace(_PLACE, f"_{place}", 1)
    for sign, meaning in (("·", "*"), ("^", "**"), ("√(", "sqrt(")):
        python = python.replace(sign, meaning)
    return compile(python, "<formula>", "eval")


_WORDS = {
    **{name: getattr(math, name) for name in ("e", "sqrt", "sin", "cos", "tan", "tanh")},
    "π": math.pi,
    "ln": math.log,
    "abs": abs,
    "max": max,
    "min": min,
    "sign": lambda x: (x > 0) - (x < 0),
    "sigmoid": lambda z: float(PRIMITIVES["sigmoid"](z)),
}


def _gives(template: str, texts: Sequence[str], claimed: str) -> bool:
    """Whether a formula, with these numbers in it, comes to the value that stands beside it."""
    try:
        numbers = (evaluated(text) if "/" in text else float(text.strip("()")) for text in texts)
        places = {f"_{place}": one for place, one in enumerate(numbers)}
        result = float(eval(_compiled(template), {"__builtins__": {}}, _WORDS | places))
        return number(result, DIGITS) == claimed
    except (ArithmeticError, NameError, SyntaxError, TypeError, ValueError):
        return False  # it holds words, or what no number is


class _FormulaNumbers:
    """What the names of a formula hold at one entry, in the order in which they are taken."""

    def __init__(self, held: Mapping[str, Any], entry: int) -> None:
        self.held, self.entry = held, entry
        self.taken: list[Any] = []

    def put_in(self, text: str, places: Mapping[str, int], *, most: int | None) -> str:
        """The text with a place for each number, and a sum by its first terms."""
        before, sign, rest = text.partition("Σ_")
        if not sign:
            return _NAME.sub(lambda match: self._place(match, places), text)
        letter, term, after = rest[0], *_term(rest[2:])
        count = max(len(entries) for entries in self.held.values() if isinstance(entries, list))
        shown = most if most and count > most + 1 else count
        start = self.put_in(before, places, most=most)
        terms = [self.put_in(term, {**places, letter: at}, most=most) for at in range(shown)]
        total = _bare(_joined([*terms, *[""] * (count - shown)], most))
        total = total if total == _PLACE else f"({total})"
        return f"{start}{total}{self.put_in(after, places, most=most)}"

    def _place(self, match: re.Match[str], places: Mapping[str, int]) -> str:
        summed, row, column, name, letter = match.groups()
        if row:
            return str(int(places[row] == places[column]))
        holds = self.held.get(summed or name)
        if holds is None:
            return match[0]
        if summed:
            holds = sum(holds)
        elif isinstance(holds, list):
            holds = holds[places.get(letter or name, self.entry) if len(holds) > 1 else 0]
        self.taken.append(holds)
        return _PLACE


def _bare(text: str) -> str:
    """The text without brackets around all of it."""
    inside, after = _term(text[1:]) if text[:1] == "(" else ("", "")
    return inside if after == ")" else text


def _term(text: str) -> tuple[str, str]:
    """What a sum adds up, and what comes after it."""
    depth = 0
    for place, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if depth < 0 or (not depth and text[place:].startswith(" / ")):
            return text[:place], text[place:]
    return text, ""
