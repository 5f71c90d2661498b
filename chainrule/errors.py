"""Every error that chainrule raises on purpose, under one name.

A message says three things in one sentence or two: what was asked, what was found, what to do.
"""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST = 80
"""Characters of a name that a message repeats."""


class ChainruleError(Exception):
    """The base of all of chainrule's own errors; the command line prints its message alone."""


class ShapeError(ChainruleError, ValueError):
    """Sizes that do not fit together."""


class KindError(ChainruleError, TypeError):
    """A number kind that cannot do what was asked, such as `exp` of a `Fraction`."""


class DataError(ChainruleError, ValueError):
    """A table, file or value that cannot be used as data."""


class OptionError(ChainruleError, ValueError):
    """An option outside what is possible, or two that exclude each other."""


class NotANumberError(ChainruleError, ArithmeticError):
    """A computation that left the finite numbers."""


class MissingExtraError(ChainruleError, ImportError):
    """An optional library that is asked for and not installed."""


class ModelFileError(ChainruleError, ValueError):
    """A model file that cannot be read or written."""


class ProcessLostError(ChainruleError, ConnectionError):
    """A process of a training on several that has stopped, or cannot be reached."""


def missing(library: str, extra: str, error: ImportError, /) -> MissingExtraError:
    """The error for a library that is not installed, with what brings it."""
    return MissingExtraError(f'this needs {library}: pip install "chainrule[{extra}]" ({error})')


def unknown(what: str, given: object, known: Iterable[str], /) -> OptionError:
    """The error for a name that does not exist, with the closest one that does.

    Example:
        >>> print(unknown("optimizer", "adm", ["sgd", "adam"]))
        no optimizer is called 'adm'; did you mean 'adam'?
    """
    from difflib import get_close_matches  # only here, since loading it takes milliseconds

    names = list(known)
    asked = repr(given)
    close = get_close_matches(str(given).lower(), names, n=1) if len(asked) <= _LONGEST else []
    hint = f"did you mean {close[0]!r}?" if close else f"choose from {', '.join(names)}"
    if len(asked) > _LONGEST:
        asked = f"{asked[: _LONGEST - 1]}…"
    return OptionError(f"no {what} is called {asked}; {hint}")
