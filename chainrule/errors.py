"""Every error that chainrule raises on purpose, under one name, and what refuses a number.

A message says three things in one sentence or two: what was asked, what was found, what to do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from math import isfinite
from numbers import Integral, Real
from operator import index
from typing import Any, TypeGuard

TOO_LARGE = "a number is too large for a float: scale it down"
THROUGH_TORCH = "chainrule.interop.torch.through_torch"
"""What makes a function for us of one that is written in PyTorch."""

_LONGEST = 80
"""Characters of a value that a message repeats."""


class ChainruleError(Exception):
    """The base of all of chainrule's own errors; the command line prints its message alone."""


class ShapeError(ChainruleError, ValueError):
    """Sizes that do not fit together."""


class KindError(ChainruleError, TypeError):
    """A number kind that cannot do what was asked, such as `exp` of a `Fraction`."""


class DataError(ChainruleError, ValueError):
    """A table, file or value that cannot be used as data."""


class OptionError(ChainruleError, ValueError):
    """An option outside what is possible, or two that exclude each other.

    Attributes:
        options: The options that the message speaks of by the names that Python has for them.
    """

    def __init__(self, message: str, *options: str) -> None:
        """Keep the names, in whose place a command says how each is typed."""
        super().__init__(message)
        self.options = options


class NotANumberError(ChainruleError, ArithmeticError):
    """A computation that left the finite numbers."""


class MissingExtraError(ChainruleError, ImportError):
    """An optional library that is asked for and not installed."""


class ModelFileError(ChainruleError, ValueError):
    """A model file that cannot be read or written."""


class ProcessLostError(ChainruleError, ConnectionError):
    """A process of a training on several that has stopped, or cannot be reached."""


def shown(value: object, /) -> str:
    """A value that somebody gave, as a message repeats it: as Python writes it, in one line, cut.

    Example:
        >>> print(shown("adm"), shown(list(range(99))), shown(10**9999))
        'adm' [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, … <int>
    """
    try:
        text = repr(value)
    except (ValueError, RuntimeError):  # a whole number of too many digits, lists too deep
        text = f"<{type(value).__name__}>"
    if "\n" in text:
        text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def missing(library: str, extra: str, error: ImportError, /) -> MissingExtraError:
    """The error for a library that is not installed, with what brings it."""
    return MissingExtraError(f'this needs {library}: pip install "chainrule[{extra}]" ({error})')


def unknown(what: str, given: object, known: Iterable[str], /) -> OptionError:
    """The error for a name that does not exist, with the closest one that does.

    Example:
        >>> print(unknown("optimizer", "adm", ["sgd", "adam"]))
        no optimizer is called 'adm'; did you mean 'adam'?
        >>> print(unknown("loss", "mse", ["huber", "mean_squared_error"]))
        no loss is called 'mse'; did you mean 'mean_squared_error'?
    """
    from difflib import get_close_matches  # only here, since loading it takes milliseconds

    names, asked = list(known), shown(given)
    word = str(getattr(given, "__name__", asked.strip("'")))  # of a function, a class or an op
    close = [] if asked.endswith("…") else get_close_matches(word.lower(), names, n=1)
    close = by_initials(word, names) or close
    hint = f"did you mean {close[0]!r}?" if close else f"choose from {', '.join(names)}"
    return OptionError(f"no {what} is called {asked}; {hint}")


def by_initials(given: str, known: Iterable[str], /) -> list[str]:
    """The names of several words whose first letters were given, as other libraries call them.

    Example:
        >>> by_initials("lr", ["--layers", "--learning-rate"])
        ['--learning-rate']
    """
    words = {name: name.strip("-").replace("-", "_").split("_") for name in known}
    several = {name: parts for name, parts in words.items() if len(parts) > 1}
    asked = list(given.strip("-").lower())
    return [name for name, parts in several.items() if [part[:1] for part in parts] == asked]


def require_known(what: str, known: Collection[str], *names: object) -> None:
    """Refuse names that do not exist; see `unknown`."""
    for name in names:
        if not is_one_of(name, known):
            raise unknown(what, name, known)


def is_one_of(name: object, known: Collection[str], /) -> bool:
    """Whether it is a known name; of anything else, the search asks for a hash or a truth value."""
    return isinstance(name, str) and name in known


def iterates(values: Any, /) -> bool:
    """Whether it can be gone through; an array without axes only says that it is iterable."""
    try:
        iter(values)
    except TypeError:
        return False
    return True


def require_share(option: str, value: float, /) -> None:
    """Refuse a value outside 0 up to below 1, such as the part of a mean that is kept."""
    if not _finite(value) or not 0 <= value < 1:
        raise OptionError(f"{option} is {shown(value)}: it must be at least 0 and below 1", option)


def _finite(value: object, /) -> bool:
    """Whether it is a real number that a float holds; True is none, though Python adds it up."""
    try:
        return isinstance(value, Real) and not isinstance(value, bool) and isfinite(value)
    except OverflowError:
        return False


def require_number(option: str, value: float, /) -> None:
    """Refuse infinity, NaN, and what is no real number."""
    if not _finite(value):
        raise OptionError(f"{option} is {shown(value)}: it must be a finite number", option)


def require_above_zero(option: str, value: float, /) -> None:
    """Refuse zero, negative numbers, infinity and NaN."""
    if not _finite(value) or value <= 0:
        raise OptionError(f"{option} is {shown(value)}: it must be above 0, and finite", option)


def require_at_least_zero(option: str, value: float, /) -> None:
    """Refuse negative numbers, infinity and NaN."""
    if not _finite(value) or value < 0:
        raise OptionError(f"{option} is {shown(value)}: it must be 0 or more, and finite", option)


def no_weight(name: str = "the weight", which: str = "") -> str:
    """That no row counts, and what to do.

    Example:
        >>> no_weight("sample_weight")
        'sample_weight is zero for every row: give one of them a weight above 0'
    """
    return f"{name} is zero for every row{which}: give one of them a weight above 0"


class PlaceError(OptionError, IndexError):
    """A place past the end of a list."""


def require_place(what: str, place: object, count: int, /) -> None:
    """Refuse a place in a list that is past its ends, or is none."""
    if isinstance(place, slice):
        return
    if not is_whole(place) or not -count <= int(place) < count:
        which = f"give one from 0 to {count - 1}" if count else "there are none"
        raise PlaceError(f"there is no {what} {shown(place)}: {which}")


def is_whole(value: object, /) -> TypeGuard[int]:
    """Whether it is a whole number of any kind; True is none, though Python adds it up."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def as_whole(value: Any, /) -> Any:
    """A whole number of any library as one of Python's, and anything else as it is."""
    try:
        return value if isinstance(value, bool) else index(value)
    except TypeError:
        return value


def require_whole(option: str, value: int, /, *, least: int = 1, most: int | None = None) -> None:
    """Refuse what is not a whole number from `least` on, and up to `most` if that is given."""
    if not is_whole(value) or value < least or (most is not None and value > most):
        which = f", at least {least}" if most is None else f" from {least} to {most:,}"
        raise OptionError(f"{option} is {shown(value)}: it must be a whole number{which}", option)


def require_switch(option: str, value: Any, /) -> None:
    """Refuse what is neither yes nor no, such as the text "no", which would count as yes."""
    number = isinstance(value, Integral) and value in (0, 1)
    # NumPy's, JAX's and PyTorch's own are none of Python's.
    truth = str(getattr(value, "dtype", "")).endswith("bool") and value.shape == ()
    if not (number or truth):
        raise OptionError(f"{option} is {shown(value)}: it must be True or False", option)


def require_kind(value: object, kind: type, asked: str, do: str = "", /) -> None:
    """Refuse what is of another class, in words for the one that was asked for."""
    if not isinstance(value, kind):
        raise KindError(f"{asked}; found {type(value).__name__}{f': {do}' if do else ''}")


def require_callable(option: str, value: object, /) -> None:
    """Refuse what cannot be called."""
    if not callable(value):
        raise OptionError(f"{option} is {shown(value)}: it must be a function")
