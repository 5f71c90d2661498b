"""What a number kind is: its name, its place among the others, and what it can compute.

A kind is also the array's dtype tag: `x.dtype is float64`. Which kind a result has follows from
the kinds of the operands alone, so no result is ever searched for its type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, final

from chainrule.errors import TOO_LARGE, KindError

Data = list[Any]
ListFunction = Callable[[Data], Data]
LineFunction = Callable[[Data], Any]


class PairFunction(NamedTuple):
    """A function of two operands in its three shapes: list and list, list and number, and back."""

    lists: Callable[[Data, Data], Data]
    right: Callable[[Data, Any], Data]
    left: Callable[[Any, Data], Data]


class FunctionTable(dict[str, Any]):
    """What a kind can compute, by name; what is missing answers with a sentence."""

    def __init__(self, kind: str, hint: str) -> None:
        """Keep the kind's name and what to do instead for the sentence."""
        super().__init__()
        self.kind = kind
        self.hint = hint

    def __missing__(self, name: str) -> Any:
        """Say that the kind cannot do it and what to do instead."""
        raise KindError(f"{name} was asked of {self.kind} numbers, which cannot do it: {self.hint}")


@final
class Kind:
    """A number kind: the dtype tag of an array and the record of what can be computed in it.

    Args:
        name: The dtype's name, such as `float64`.
        rank: Of two kinds that meet, the one with the larger rank is the kind of the result.
        convert: Makes one number of this kind out of another number.
        lifts: The types of Python numbers that join an array of this kind without changing it.
        hint: What to do when a function is not available in this kind.
    """

    __slots__ = ("convert", "lifts", "lines", "name", "pairs", "rank", "unary")

    def __init__(
        self,
        name: str,
        rank: int,
        convert: Callable[[Any], Any],
        lifts: tuple[type, ...],
        hint: str = "convert the array first, for example with astype(x, float64)",
    ) -> None:
        self.name = name
        self.rank = rank
        self.convert = convert
        self.lifts: dict[type, Callable[[Any], Any]] = dict.fromkeys(lifts, convert)
        self.unary = FunctionTable(name, hint)
        self.pairs = FunctionTable(name, hint)
        self.lines = FunctionTable(name, hint)

    def define(
        self,
        unary: Mapping[str, ListFunction],
        pairs: Mapping[str, PairFunction],
        *,
        result: Kind | None = None,
    ) -> None:
        """Add elementwise functions whose result has the kind `result`, or this kind."""
        kind = self if result is None else result
        self.unary.update({name: (function, kind) for name, function in unary.items()})
        self.pairs.update({name: (function, kind) for name, function in pairs.items()})

    def inherit(self, wider: Kind) -> None:
        """Take over the functions of a wider kind, whose results stay of the wider kind."""
        self.unary.update(wider.unary)
        self.pairs.update(wider.pairs)
        self.lines.update(wider.lines)

    def cast(self, data: Data, source: Kind) -> Data:
        """The numbers of a `source` array in this kind; those of this kind as they are."""
        return data if source is self else self.converted(data, source)

    def converted(self, data: Data, source: Kind) -> Data:
        """Each number in this kind, those of mixed kinds too, whose common one is `source`.

        Raises:
            KindError: If the numbers have no counterpart in this kind, such as `float64` for a
                complex number, or one is too large.
        """
        try:
            return list(map(self.convert, data))
        except OverflowError:
            raise KindError(TOO_LARGE) from None
        except (TypeError, ValueError) as error:  # the latter of a signalling NaN
            if isinstance(error, KindError):
                raise
            raise KindError(
                f"{source.name} numbers cannot become {self.name} numbers: {error}"
            ) from error

    def __reduce__(self) -> str:
        """Let copies and pickles find this very kind again, since kinds are told by identity."""
        return "bool_" if self is bool_ else self.name

    def __repr__(self) -> str:
        """The dtype's name."""
        return self.name


def _truth(number: Any) -> bool:
    """Whether a number is not zero; a complex number is judged by its real part."""
    return bool(number.real if isinstance(number, complex) else number)


def _fraction(number: Any) -> Any:
    from fractions import Fraction

    return Fraction(number)


def _decimal(number: Any) -> Any:
    from decimal import Decimal

    if type(number).__name__ == "Fraction":
        return Decimal(number.numerator) / Decimal(number.denominator)
    return Decimal(number)


def _symbol(number: Any) -> Any:
    from chainrule.arrays.symbol import Symbol

    return number if type(number) is Symbol else Symbol(number)


_EXACT = "ask for it in float64 or decimal numbers, with astype(x, float64) or astype(x, decimal)"
_FORMULA = "a formula has no value yet, so evaluate it first or use where(condition, x, y)"

bool_ = Kind("bool", 0, _truth, (bool,))
int64 = Kind("int64", 1, int, (bool, int))
fraction = Kind("fraction", 2, _fraction, (bool, int), _EXACT)
float64 = Kind("float64", 3, float, (bool, int, float))
decimal = Kind("decimal", 4, _decimal, (bool, int, float))
complex128 = Kind("complex128", 5, complex, (bool, int, float, complex), "take real(x) first")
symbol = Kind("symbol", 6, _symbol, (bool, int, float), _FORMULA)

# Named by class path, so that a kind whose module nobody has imported costs nothing.
_KIND_OF_CLASS = {
    "builtins.bool": bool_,
    "builtins.int": int64,
    "builtins.float": float64,
    "builtins.complex": complex128,
    "fractions.Fraction": fraction,
    "decimal.Decimal": decimal,
    "chainrule.arrays.symbol.Symbol": symbol,
    "numpy.bool": bool_,
    "numpy.bool_": bool_,
    "numpy.integer": int64,
    "numpy.floating": float64,
    "numpy.complexfloating": complex128,
}
_KIND_OF_TYPE: dict[type, Kind | None] = {}


def kind_of(number_type: type) -> Kind | None:
    """The kind that numbers of a Python type belong to, or None where it is not a number.

    Example:
        >>> kind_of(float), kind_of(str)
        (float64, None)
    """
    if number_type not in _KIND_OF_TYPE:
        paths = (f"{base.__module__}.{base.__qualname__}" for base in number_type.__mro__)
        kinds = (_KIND_OF_CLASS[path] for path in paths if path in _KIND_OF_CLASS)
        _KIND_OF_TYPE[number_type] = next(kinds, None)
    return _KIND_OF_TYPE[number_type]


def promote(first: Kind, second: Kind) -> Kind:
    """The kind in which numbers of two kinds meet.

    Raises:
        KindError: If complex numbers meet decimals or symbols.

    Example:
        >>> promote(int64, fraction), promote(fraction, float64)
        (fraction, float64)
    """
    if first is second:
        return first
    low, high = (first, second) if first.rank < second.rank else (second, first)
    if (low is decimal and high is complex128) or (low is complex128 and high is symbol):
        raise KindError(
            f"{low.name} and {high.name} numbers have no common kind: "
            "convert one of the two with astype"
        )
    return high
