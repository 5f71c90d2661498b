"""Records of plain values, as a file holds them, made again by what their classes ask for.

The parameters of a class and their types are the one description of its record: what has another
type, is missing or is not known is refused with its place. Nobody has to believe a file.
"""

from __future__ import annotations

import inspect
import reprlib
import types
from collections.abc import Iterable, Mapping
from functools import lru_cache
from numbers import Integral, Real
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from chainrule.errors import ChainruleError, ModelFileError, OptionError

Made = TypeVar("Made")

_WIDEST = 128
"""Bits of a whole number; a seed may have so many."""
_PLAIN: dict[Any, str] = {
    bool: "true or false",
    int: f"a whole number of at most {_WIDEST} bits",
    float: "a number",
    str: "text",
    type(None): "null",
}
_shortened = reprlib.Repr()
_shortened.maxstring = _shortened.maxother = 40
_shortened.maxlevel = _shortened.maxlist = _shortened.maxdict = 2


def from_record(kind: type[Made], record: Any, name: str) -> Made:
    """Make an object of a class from the record of its parameters.

    Args:
        kind: The class.
        record: Its parameters by name; those with a default may be left out.
        name: What the record is called in messages.

    Raises:
        ModelFileError: If something is missing, unknown, of another type, or impossible.

    Example:
        >>> class Point:
        ...     def __init__(self, x: float, unit: str | None = None) -> None:
        ...         self.x, self.unit = x, unit
        >>> from_record(Point, {"x": 3}, "point").x
        3.0
        >>> from_record(Point, {"x": "3"}, "point")
        Traceback (most recent call last):
            ...
        chainrule.errors.ModelFileError: point.x should be a number and is '3'; copy the file again
    """
    values = _options(kind, record, name)
    try:
        return kind(**values)
    except ChainruleError as error:
        raise ModelFileError(f"{name} is damaged ({error}); copy the file again") from None


def from_options(kind: type[Made], options: Mapping[str, Any], name: str) -> Made:
    """The same of what a caller gives, who has no file to copy again.

    Raises:
        OptionError: If something is missing, unknown, of another type, or impossible.
    """
    plain = {
        option: plain_number(value)
        if isinstance(value, Real) and type(value) not in _PLAIN
        else value
        for option, value in options.items()
    }
    try:
        return from_record(kind, plain, name)
    except ModelFileError as error:
        problem = str(error).partition("; copy the file again")[0]
        known = ", ".join(inspect.signature(kind).parameters)
        raise OptionError(f"{problem}; it takes {known}") from None


def plain_number(number: object, /) -> int | float:
    """A number of a library's own kind as one of Python's, which JSON can hold.

    Raises:
        TypeError: If it is not a real number.

    Example:
        >>> from fractions import Fraction
        >>> plain_number(Fraction(1, 2))
        0.5
    """
    if isinstance(number, Integral):
        return int(number)
    if isinstance(number, Real):
        return float(number)
    raise TypeError(f"{type(number).__name__} is not a number")


def from_plain(kind: Any, value: Any, name: str) -> Any:
    """A plain value as the type asks for it: lists as tuples, records as objects, `3` as `3.0`.

    Raises:
        ModelFileError: If it is of another type.

    Example:
        >>> from_plain(tuple[float, ...], [1, 2.5], "edges")
        (1.0, 2.5)
    """
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Any:
        return value
    if origin in (Union, types.UnionType):
        return _one_of(inner, value, name)
    if origin is Literal:
        if not any(value is known or (type(value) is str and value == known) for known in inner):
            raise _wrong(name, f"one of {', '.join(map(repr, inner))}", value)
        return value
    if kind in _PLAIN:
        return _plain(kind, value, name)
    if origin is tuple and type(value) in (list, tuple):
        each = [inner[0]] * len(value) if inner[-1] is ... else list(inner)
        if len(each) != len(value):
            raise _wrong(name, f"a list of {len(each)}", value)
        return tuple(
            from_plain(item, one, f"{name}[{place}]")
            for place, (item, one) in enumerate(zip(each, value, strict=True))
        )
    if _is(origin, Mapping):
        if not isinstance(value, Mapping):
            raise _wrong(name, "a record", value)
        return {key: from_plain(inner[1], one, f"{name}.{key:.40}") for key, one in value.items()}
    if origin is None and isinstance(value, Mapping) and not inspect.isabstract(kind):
        return from_record(kind, value, name)
    if _is(origin, Iterable) and type(value) in (list, tuple):
        return [from_plain(inner[0], one, f"{name}[{n}]") for n, one in enumerate(value)]
    raise _wrong(name, _said(kind), value)


def _options(kind: type, record: Any, name: str) -> dict[str, Any]:
    """The checked parameters of a class; the name of its kind is none of them."""
    if not isinstance(record, Mapping):
        raise _wrong(name, "a record", record)
    (known, hints), options = _parameters(kind), {}
    for field, parameter in known.items():
        if field in record:
            options[field] = from_plain(hints[field], record[field], f"{name}.{field}")
        elif parameter.default is parameter.empty:
            raise ModelFileError(f"{name} has no {field}; copy the file again")
    for field in record:
        if field not in known and not (field == "kind" and record["kind"] == _kind(kind)):
            raise ModelFileError(
                f"{name} has a field {_shortened.repr(field)} that this version does not know; "
                "copy the file again, or install the chainrule that wrote it"
            )
    return options


@lru_cache  # a file may hold a hundred records of one class
def _parameters(kind: type) -> tuple[Mapping[str, inspect.Parameter], dict[str, Any]]:
    """The parameters of a class, and their types."""
    make: Any = kind.__init__  # type: ignore[misc]  # of the class itself, not of an object
    return inspect.signature(kind).parameters, get_type_hints(make)


def _one_of(kinds: tuple[Any, ...], value: Any, name: str) -> Any:
    if isinstance(value, Mapping) and any(map(_kind, kinds)):
        for kind in kinds:
            if _kind(kind) is not None and value.get("kind") == _kind(kind):
                return from_record(kind, value, name)
        known = ", ".join(sorted(filter(None, map(_kind, kinds))))
        raise _wrong(f"{name}.kind", f"one of {known}", value.get("kind"))
    errors = []
    for kind in kinds:
        try:
            return from_plain(kind, value, name)
        except ModelFileError as error:
            errors.append(error)
    if len(kinds) == 2 and type(None) in kinds and isinstance(value, Mapping | list):
        raise errors[kinds.index(type(None)) - 1]  # it says the place inside
    raise _wrong(name, " or ".join(map(_said, kinds)), value)


def _plain(kind: Any, value: Any, name: str) -> Any:
    if kind is float and type(value) is int:
        try:
            return float(value)
        except OverflowError:
            raise _wrong(name, "a number", value) from None
    if type(value) is not kind or (kind is int and value.bit_length() > _WIDEST):
        raise _wrong(name, _PLAIN[kind], value)
    return value


def _kind(kind: Any) -> str | None:
    """What a record of a class says that it is of, where the class has such a word."""
    word = getattr(kind, "kind", None)
    return word if isinstance(word, str) else None


def _is(origin: Any, kind: type) -> bool:
    return isinstance(origin, type) and issubclass(origin, kind)


def _said(kind: Any) -> str:
    if kind in _PLAIN:
        return _PLAIN[kind]
    if _is(get_origin(kind), Iterable) and not _is(get_origin(kind), Mapping):
        return "a list"
    return "a record"


def _wrong(name: str, wanted: str, value: Any) -> ModelFileError:
    return ModelFileError(
        f"{name} should be {wanted} and is {_shortened.repr(value)}; copy the file again"
    )
