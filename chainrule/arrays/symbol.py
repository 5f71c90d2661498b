"""A number kind that turns a computation into its formula.

A symbol answers every operator with a longer formula, so a network that runs on symbols writes
itself down. The text is Python: with the names of `math` in scope it computes the same number.

Only what changes no finite number is folded away: `0 + x`, `1 * x`, `x / 1`, `x ** 1`, `-(-x)`,
`a + (-b)`, sums and products of whole constants, and `0 * x`, which takes x to be finite.
"""

from __future__ import annotations

import ast
import builtins
import math
from typing import Any, final

from chainrule.errors import KindError

# How tightly the outermost operation of a formula binds, as in Python's grammar.
_OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _NEGATIVE, _POWER, _ATOM = range(9)

_BUILTINS = ("abs", "max", "min", "round")
_FUNCTIONS = {name: getattr(math, name) for name in dir(math) if not name.startswith("_")}
_FUNCTIONS |= {name: getattr(builtins, name) for name in _BUILTINS}


@final
class Symbol:
    """A name, a constant, or a formula over them.

    Args:
        content: a name such as `w` or `w[0,1]`, or a real number.

    Raises:
        KindError: the name is not a name, or the number is complex.

    Example:
        >>> w, x, b = Symbol("w"), Symbol("x"), Symbol("b")
        >>> print(w * x + b)
        w * x + b
        >>> print(2 * (w * x + b - 4) * x)
        2 * (w * x + b - 4) * x
        >>> (w * x + b).evaluate(w=1.5, x=2, b=0.5)
        3.5
    """

    __slots__ = ("_binding", "_negated", "_number", "_text")
    __array_ufunc__ = None
    __hash__ = None  # type: ignore[assignment]  # == makes a condition, so a set cannot hold symbols

    _text: str
    _binding: int
    _number: Any  # the constant, or None
    _negated: Symbol | None  # what stands behind a leading minus sign

    def __init__(self, content: Any) -> None:
        """Start from a name or a constant."""
        self._number = self._negated = None
        self._binding = _ATOM
        if isinstance(content, str):
            if not _is_name(content):
                raise KindError(
                    f"a symbol was asked for with the name {content!r}, which Python cannot read "
                    "as a name: use letters, digits and _, with [0] or [0,1] for an entry"
                )
            self._text = content
            return
        self._text = _constant(content)
        self._number = content
        if self._text.startswith("-"):
            self._binding = _NEGATIVE
            self._negated = None if content != content else Symbol(-content)
        if "/" in self._text:
            self._binding, self._negated = _PRODUCT, None

    def __str__(self) -> str:
        """Return the formula as Python."""
        return self._text

    def __repr__(self) -> str:
        """Return the formula marked as a symbol."""
        return f"Symbol({self._text!r})"

    def names(self) -> frozenset[str]:
        """Return the names that the formula needs values for.

        Example:
            >>> sorted((Symbol("w") * call("exp", Symbol("x"))).names())
            ['w', 'x']
        """
        nodes = ast.walk(ast.parse(self._text, mode="eval"))
        found = {node.id for node in nodes if isinstance(node, ast.Name)}
        return frozenset(found - _FUNCTIONS.keys())

    def evaluate(self, **values: Any) -> Any:
        """Return the number that the formula has for these values of its names.

        Raises:
            KindError: a name has no value.
        """
        missing = sorted(self.names() - values.keys())
        if missing:
            raise KindError(
                f"the value of {self._text} was asked for and {', '.join(missing)} has no value: "
                f"pass {missing[0]}=..."
            )
        code = compile(self._text, "<formula>", "eval")
        return eval(code, {"__builtins__": {}, **_FUNCTIONS, **values})

    def __bool__(self) -> bool:
        """Refuse: which branch is taken is not known before the names have values.

        Raises:
            KindError: always.
        """
        raise KindError(
            f"the truth of the formula {self._text} was asked for and it has no value yet: "
            "write where(condition, x, y) instead of if, or evaluate it first"
        )

    def __float__(self) -> float:
        """Return the constant as a float.

        Raises:
            KindError: the formula has names.
        """
        if self._number is None:
            raise KindError(
                f"a float was asked of the formula {self._text}, which has no value yet: "
                "use the array functions, or call .evaluate(name=value)"
            )
        return float(self._number)

    def __pos__(self) -> Symbol:
        """Return the formula itself."""
        return self

    def __neg__(self) -> Symbol:
        """Return the formula with the other sign."""
        if self._negated is not None:
            return self._negated
        if _is_whole(self):
            return Symbol(-self._number)
        result = _formula(f"-{_within(self, _NEGATIVE)}", _NEGATIVE)
        result._negated = self
        return result

    def __abs__(self) -> Symbol:
        """Return the absolute value."""
        return call("abs", self)

    def __add__(self, other: Any) -> Symbol:
        """Return the sum."""
        return _add(self, other)

    def __radd__(self, other: Any) -> Symbol:
        """Return the sum."""
        return _add(other, self)

    def __sub__(self, other: Any) -> Symbol:
        """Return the difference."""
        return _subtract(self, other)

    def __rsub__(self, other: Any) -> Symbol:
        """Return the difference."""
        return _subtract(other, self)

    def __mul__(self, other: Any) -> Symbol:
        """Return the product."""
        return _multiply(self, other)

    def __rmul__(self, other: Any) -> Symbol:
        """Return the product."""
        return _multiply(other, self)

    def __truediv__(self, other: Any) -> Symbol:
        """Return the quotient."""
        return _divide(self, other)

    def __rtruediv__(self, other: Any) -> Symbol:
        """Return the quotient."""
        return _divide(other, self)

    def __floordiv__(self, other: Any) -> Symbol:
        """Return the quotient rounded down."""
        return _left_to_right(self, "//", other, _PRODUCT)

    def __mod__(self, other: Any) -> Symbol:
        """Return the remainder."""
        return _left_to_right(self, "%", other, _PRODUCT)

    def __pow__(self, other: Any) -> Symbol:
        """Return the power."""
        return _power(self, other)

    def __rpow__(self, other: Any) -> Symbol:
        """Return the power."""
        return _power(other, self)

    def __eq__(self, other: object) -> Symbol:  # type: ignore[override]  # a condition, not a bool
        """Return the condition that both are equal."""
        return _compare(self, "==", other)

    def __ne__(self, other: object) -> Symbol:  # type: ignore[override]  # a condition, not a bool
        """Return the condition that both differ."""
        return _compare(self, "!=", other)

    def __lt__(self, other: Any) -> Symbol:
        """Return the condition that this is less."""
        return _compare(self, "<", other)

    def __le__(self, other: Any) -> Symbol:
        """Return the condition that this is not greater."""
        return _compare(self, "<=", other)

    def __gt__(self, other: Any) -> Symbol:
        """Return the condition that this is greater."""
        return _compare(self, ">", other)

    def __ge__(self, other: Any) -> Symbol:
        """Return the condition that this is not less."""
        return _compare(self, ">=", other)


def call(function: str, *arguments: Any) -> Symbol:
    """Return a call of a function by name.

    Example:
        >>> print(call("max", Symbol("z"), 0))
        max(z, 0)
    """
    return _formula(f"{function}({', '.join(str(_symbol(a)) for a in arguments)})", _ATOM)


def choose(condition: Any, first: Any, second: Any) -> Symbol:
    """Return `first` where the condition holds and `second` elsewhere, as a formula.

    Example:
        >>> print(choose(Symbol("z") > 0, Symbol("g"), 0))
        (g if z > 0 else 0)
    """
    test, one, other = _symbol(condition), _symbol(first), _symbol(second)
    if test._number is not None:
        return one if test._number else other
    return _formula(f"({one} if {test} else {other})", _ATOM)


def both(x: Any, y: Any) -> Symbol:
    """Return the condition that x and y hold."""
    return _left_to_right(_symbol(x), "and", y, _AND)


def either(x: Any, y: Any) -> Symbol:
    """Return the condition that x or y holds."""
    return _left_to_right(_symbol(x), "or", y, _OR)


def opposite(x: Symbol) -> Symbol:
    """Return the condition that x does not hold."""
    return _formula(f"not {_within(x, _NOT)}", _NOT)


def _is_name(text: str) -> bool:
    name, bracket, entry = text.partition("[")
    if not name.isidentifier() or name in _FUNCTIONS:
        return False
    places = entry.removesuffix("]").split(",")
    return not bracket or (entry.endswith("]") and all(p.strip().isdecimal() for p in places))


def _constant(number: Any) -> str:
    if isinstance(number, bool | int | float):
        return repr(number)
    if type(number).__name__ in ("Fraction", "Decimal"):
        return str(number).replace("/", " / ")
    raise KindError(
        f"a symbol was asked for with {number!r}, a {type(number).__name__}: "
        "use a name or a real number"
    )


def _symbol(value: Any) -> Symbol:
    return value if isinstance(value, Symbol) else Symbol(value)


def _formula(text: str, binding: int) -> Symbol:
    result = Symbol.__new__(Symbol)
    result._text, result._binding = text, binding
    result._number = result._negated = None
    return result


def _within(part: Symbol, binding: int) -> str:
    """Return the text of a part, in brackets where it binds less tightly than its place asks."""
    return part._text if part._binding >= binding else f"({part._text})"


def _is_whole(part: Symbol) -> bool:
    return isinstance(part._number, int) and not isinstance(part._number, bool)


def _is(part: Symbol, number: int) -> bool:
    return part._number is not None and bool(part._number == number)


def _left_to_right(x: Symbol, sign: str, other: Any, binding: int) -> Symbol:
    y = _symbol(other)
    return _formula(f"{_within(x, binding)} {sign} {_within(y, binding + 1)}", binding)


def _compare(x: Symbol, sign: str, other: Any) -> Symbol:
    y = _symbol(other)
    return _formula(f"{_within(x, _SUM)} {sign} {_within(y, _SUM)}", _COMPARE)


def _add(first: Any, second: Any) -> Symbol:
    x, y = _symbol(first), _symbol(second)
    if _is(x, 0):
        return y
    if _is(y, 0):
        return x
    if _is_whole(x) and _is_whole(y):
        return Symbol(x._number + y._number)
    if y._negated is not None:
        return _left_to_right(x, "-", y._negated, _SUM)
    return _left_to_right(x, "+", y, _SUM)


def _subtract(first: Any, second: Any) -> Symbol:
    x, y = _symbol(first), _symbol(second)
    if _is(y, 0):
        return x
    if _is(x, 0):
        return -y
    if _is_whole(x) and _is_whole(y):
        return Symbol(x._number - y._number)
    if y._negated is not None:
        return _left_to_right(x, "+", y._negated, _SUM)
    return _left_to_right(x, "-", y, _SUM)


def _multiply(first: Any, second: Any) -> Symbol:
    x, y = _symbol(first), _symbol(second)
    if _is(x, 0) or _is(y, 1):
        return x
    if _is(y, 0) or _is(x, 1):
        return y
    if _is_whole(x) and _is_whole(y):
        return Symbol(x._number * y._number)
    if _is(x, -1):
        return -y
    if _is(y, -1):
        return -x
    return _left_to_right(x, "*", y, _PRODUCT)


def _divide(first: Any, second: Any) -> Symbol:
    x, y = _symbol(first), _symbol(second)
    if _is(y, 1) or (_is(x, 0) and not _is(y, 0)):
        return x
    return _left_to_right(x, "/", y, _PRODUCT)


def _power(first: Any, second: Any) -> Symbol:
    x, y = _symbol(first), _symbol(second)
    if _is(y, 1):
        return x
    if _is(y, 0):
        return Symbol(1)
    return _formula(f"{_within(x, _ATOM)} ** {_within(y, _NEGATIVE)}", _POWER)
