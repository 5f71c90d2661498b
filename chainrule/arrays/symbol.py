"""A number kind that turns a computation into its formula.

A symbol answers every operator with a longer formula, so a network that runs on symbols writes
itself down. The text is Python: with the names of `math` in scope it computes the same number.

Only what changes no finite number is folded away: `0 + x`, `1 * x`, `x / 1`, `x ** 1`, `x ** 0`,
`-(-x)`, `a + (-b)`, sums and products of whole constants, `0 * x`, which takes x to be finite, and
`0 / x`, which takes it not to be 0.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable
from functools import wraps
from typing import Any, final

from chainrule.errors import KindError
from chainrule.words import a_or_an

# How tightly the outermost operation of a formula binds, as in Python's grammar.
OR, AND, NOT, COMPARE, SUM, PRODUCT, NEGATIVE, POWER, ATOM = range(9)

_BUILTINS = ("abs", "max", "min", "round")
_FUNCTIONS = {name: getattr(math, name) for name in dir(math) if not name.startswith("_")}
_FUNCTIONS |= {name: getattr(builtins, name) for name in _BUILTINS}


def _with_symbol(method: Callable[[Any, Symbol], Symbol]) -> Callable[[Any, Any], Symbol]:
    """Hand a method its operand as a symbol; what is not a real number is left to answer itself."""

    @wraps(method)
    def operator(self: Symbol, other: Any) -> Symbol:
        if type(other) is not Symbol:
            if not _is_real_number(other):
                return NotImplemented  # type: ignore[no-any-return]  # Python asks the other one
            other = Symbol(other)
        return method(self, other)

    return operator


def _comparison(sign: str) -> Callable[[Any, Any], Symbol]:
    """A method that makes a condition."""
    return _with_symbol(
        lambda self, other: Symbol.written(
            f"{self.within(SUM)} {sign} {other.within(SUM)}", COMPARE
        )
    )


@final
class Symbol:
    """A name, a constant, or a formula over them.

    Args:
        content: A name such as `w` or `w[0,1]`, or a real number.

    Raises:
        KindError: If the name is not a name, or the number is complex.

    Example:
        >>> w, x, b = Symbol("w"), Symbol("x"), Symbol("b")
        >>> print(w * x + b)
        w * x + b
        >>> print(2 * (w * x + b - 4) * x)
        2 * (w * x + b - 4) * x
        >>> (w * x + b).evaluate(w=1.5, x=2, b=0.5)
        3.5
    """

    __slots__ = ("_binding", "_negated", "_text", "number")
    __array_ufunc__ = None
    __hash__ = None  # type: ignore[assignment]  # == makes a condition, so a set cannot hold symbols

    number: Any  # the constant, or None
    _negated: Symbol | None  # what stands behind a leading minus sign

    def __init__(self, content: Any) -> None:
        self.number = self._negated = None
        self._binding = ATOM
        if isinstance(content, str):
            if not _is_name(content):
                raise KindError(
                    f"a symbol was asked for with the name {content!r}, which Python cannot read "
                    "as a name: use letters, digits and _, with [0] or [0,1] for an entry"
                )
            self._text = content
            return
        self._text = _constant(content)
        self.number = content
        if self._text.startswith("-"):
            self._binding = NEGATIVE
            self._negated = None if content != content else Symbol(-content)
        if "/" in self._text:
            self._binding, self._negated = PRODUCT, None

    @classmethod
    def written(cls, text: str, binding: int) -> Symbol:
        """A formula from its text and how tightly its outermost operation binds."""
        result = cls.__new__(cls)
        result._text, result._binding = text, binding
        result.number = result._negated = None
        return result

    def within(self, binding: int) -> str:
        """The text, in brackets where it binds less tightly than its place asks for."""
        return self._text if self._binding >= binding else f"({self._text})"

    def joined(self, sign: str, other: Symbol, binding: int) -> Symbol:
        """Both with a sign between them that is read from left to right."""
        text = f"{self.within(binding)} {sign} {other.within(binding + 1)}"
        return Symbol.written(text, binding)

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"Symbol({self._text!r})"

    def names(self) -> frozenset[str]:
        """The names that the formula needs values for.

        Example:
            >>> sorted((Symbol("w") * abs(Symbol("x"))).names())
            ['w', 'x']
        """
        import ast  # only here, since it is rarely needed and takes milliseconds to load

        nodes = ast.walk(ast.parse(self._text, mode="eval"))
        names = {node.id for node in nodes if isinstance(node, ast.Name)}
        return frozenset(names - _FUNCTIONS.keys())

    def evaluate(self, **values: Any) -> Any:
        """The number that the formula has for these values of its names.

        Raises:
            KindError: If a name has no value.
        """
        missing = sorted(self.names() - values.keys())
        if missing:
            raise KindError(
                f"the value of {self._text} was asked for and {', '.join(missing)} has no value: "
                f"pass {missing[0]}=..."
            )
        return eval(self._text, {"__builtins__": {}, **_FUNCTIONS, **values})

    def __bool__(self) -> bool:
        """Refuse: which branch is taken is not known before the names have values.

        Raises:
            KindError: Always.
        """
        raise KindError(
            f"the truth of the formula {self._text} was asked for and it has no value yet: "
            "write where(condition, x, y) instead of if, or evaluate it first"
        )

    def __float__(self) -> float:
        """The constant as a float.

        Raises:
            KindError: If the formula has names.
        """
        if self.number is None:
            raise KindError(
                f"a float was asked of the formula {self._text}, which has no value yet: "
                "use the array functions, or call .evaluate(name=value)"
            )
        return float(self.number)

    def __pos__(self) -> Symbol:
        return self

    def __neg__(self) -> Symbol:
        if self._negated is not None:
            return self._negated
        if _is_whole(self):
            return Symbol(-self.number)
        result = Symbol.written(f"-{self.within(NEGATIVE)}", NEGATIVE)
        result._negated = self
        return result

    def __abs__(self) -> Symbol:
        return Symbol.written(f"abs({self._text})", ATOM)

    @_with_symbol
    def __add__(self, other: Symbol) -> Symbol:
        if _is(self, 0):
            return other
        if _is(other, 0):
            return self
        if _is_whole(self) and _is_whole(other):
            return Symbol(self.number + other.number)
        if other._negated is not None:
            return self.joined("-", other._negated, SUM)
        return self.joined("+", other, SUM)

    @_with_symbol
    def __mul__(self, other: Symbol) -> Symbol:
        if _is(self, 0) or _is(other, 1):
            return self
        if _is(other, 0) or _is(self, 1):
            return other
        if _is_whole(self) and _is_whole(other):
            return Symbol(self.number * other.number)
        if _is(self, -1):
            return -other
        if _is(other, -1):
            return -self
        return self.joined("*", other, PRODUCT)

    @_with_symbol
    def __truediv__(self, other: Symbol) -> Symbol:
        if _is(other, 1) or (_is(self, 0) and not _is(other, 0)):
            return self
        return self.joined("/", other, PRODUCT)

    @_with_symbol
    def __pow__(self, other: Symbol) -> Symbol:
        if _is(other, 1):
            return self
        if _is(other, 0):
            return Symbol(1)
        return Symbol.written(f"{self.within(ATOM)} ** {other.within(NEGATIVE)}", POWER)

    __sub__ = _with_symbol(lambda self, other: self if _is(other, 0) else self + -other)
    __floordiv__ = _with_symbol(lambda self, other: self.joined("//", other, PRODUCT))
    __mod__ = _with_symbol(lambda self, other: self.joined("%", other, PRODUCT))
    __radd__ = _with_symbol(lambda self, other: other + self)
    __rsub__ = _with_symbol(lambda self, other: other - self)
    __rmul__ = _with_symbol(lambda self, other: other * self)
    __rtruediv__ = _with_symbol(lambda self, other: other / self)
    __rpow__ = _with_symbol(lambda self, other: other**self)
    __eq__, __ne__ = _comparison("=="), _comparison("!=")  # type: ignore[assignment]  # conditions
    __lt__, __le__ = _comparison("<"), _comparison("<=")
    __gt__, __ge__ = _comparison(">"), _comparison(">=")


def _is_name(text: str) -> bool:
    name, bracket, entry = text.partition("[")
    if not name.isidentifier() or name in _FUNCTIONS:
        return False
    places = entry.removesuffix("]").split(",")
    return not bracket or (entry.endswith("]") and all(p.strip().isdecimal() for p in places))


def _is_real_number(value: Any) -> bool:
    return isinstance(value, int | float) or type(value).__name__ in ("Fraction", "Decimal")


def _constant(number: Any) -> str:
    if not _is_real_number(number):
        raise KindError(
            f"a symbol was asked for with {number!r}, {a_or_an(type(number).__name__)}: "
            "use a name or a real number"
        )
    if isinstance(number, float):
        return float.__repr__(number)
    return str(number).replace("/", " / ")


def _is_whole(part: Symbol) -> bool:
    return isinstance(part.number, int) and not isinstance(part.number, bool)


def _is(part: Symbol, number: int) -> bool:
    return part.number is not None and bool(part.number == number)
