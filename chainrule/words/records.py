"""Records that say themselves, one or many: as a table, in a notebook, and as a data frame."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from itertools import starmap
from math import isfinite
from typing import Any, ClassVar, Protocol, TypeVar, final

from chainrule.errors import KindError, missing, require_known, shown
from chainrule.words.html import cell, facts, printed, table
from chainrule.words.phrases import aligned, answer_text, listed, number, shortened
from chainrule.words.wrapping import paragraph

_WIDEST, _NAMED = 36, 3

LIBRARIES = ("pandas", "polars")


class HasParts(Protocol):
    """What says its parts by name."""

    def to_dict(self) -> dict[str, Any]:
        """Every part by name."""


T = TypeVar("T", bound=HasParts)
Tabular = Mapping[str, Sequence[Any]] | Iterable[Mapping[str, Any]] | Iterable[HasParts]


@dataclass(frozen=True)
class Record:
    """Values by name: as plain data, in a sentence, and in a notebook as they are printed.

    Attributes:
        also: The properties that stand beside the fields in plain data.

    Example:
        >>> from chainrule.explanations.culprits import ClassTotal
        >>> print(ClassTotal("yes", rows=3, loss=0.5, share=0.625, wrong=1))
        yes: rows 3, loss 0.5, share 0.625, wrong 1
    """

    also: ClassVar[tuple[str, ...]] = ()

    def to_dict(self) -> dict[str, Any]:
        """Every value by name."""
        return asdict(self) | {name: getattr(self, name) for name in self.also}

    def _values(self) -> tuple[str, dict[str, Any]]:
        """What it is of, if it begins with that, and every value that there is."""
        names = (*(field.name for field in fields(self)), *self.also)
        values = {name: getattr(self, name) for name in names}
        first = values[names[0]]
        head = str(values.pop(names[0])) if isinstance(first, str | Record) else ""
        empty = {n for n, v in values.items() if v is None or (isinstance(v, tuple) and not v)}
        return head, {n.replace("_", " "): v for n, v in values.items() if n not in empty}

    def _repr_html_(self) -> str:
        if type(self).__str__ is not Record.__str__:
            return printed(str(self))
        head, values = self._values()
        said = {n: v if isinstance(v, float) else _said("", v) for n, v in values.items()}
        return facts(head, said)

    def __str__(self) -> str:
        head, values = self._values()
        said = ", ".join(starmap(_said, values.items())) or "nothing"
        return f"{head}: {said}" if head else said


def _said(name: str, value: Any) -> str:
    """A value behind its name."""
    several = isinstance(value, Sequence) and not isinstance(value, str | list)
    if isinstance(value, bool):
        said = "yes" if value else "no"
    elif isinstance(value, float):
        said = number(value, 4)
    else:
        said = listed(value, most=_NAMED) if several else answer_text(value)
    return f"{name} {said}".lstrip()


def plain_data(
    value: Any, *, odd: Callable[[float], Any] | None = None, text: Callable[[str], str] = str
) -> Any:
    """Plain data that JSON can hold, which has no number that is not finite.

    Args:
        value: Numbers, texts and arrays, in lists and dictionaries.
        odd: What stands in the place of a number that is not finite: null if left out.
        text: What is done to every text.

    Example:
        >>> plain_data({"loss": float("nan"), 1: (0.5, float("-inf"))})
        {'loss': None, '1': [0.5, None]}
        >>> plain_data([float("nan")], odd=str)
        ['nan']
    """
    if isinstance(value, str):
        return text(value)
    if isinstance(value, float):
        return value if isfinite(value) else odd and odd(value)
    if isinstance(value, dict):
        return {text(str(key)): plain_data(item, odd=odd, text=text) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_data(item, odd=odd, text=text) for item in value]
    return plain_data(value.tolist(), odd=odd, text=text) if hasattr(value, "tolist") else value


@final
class Records(list[T]):
    """A list that prints as a table.

    Args:
        records: What it holds.
        title: What stands above.
        shown: What is shown of a record, by the heading; every value that any has if left out.

    Example:
        >>> from chainrule.explanations.culprits import ClassTotal
        >>> totals = [ClassTotal("yes", rows=3, loss=0.5, share=0.6, wrong=1)]
        >>> print(Records(totals, "classes", lambda c: {"class": c.name, "rows": str(c.rows)}))
        classes
          class  rows
          yes       3
    """

    def __init__(
        self, records: Iterable[T], title: str, shown: Callable[[T], dict[str, str]] | None = None
    ) -> None:
        super().__init__(records)
        self.title = title
        self.shown = shown or self._values

    def to_frame(self, library: str = "pandas") -> Any:
        """One row for each record, in a data frame of "pandas" or "polars"."""
        return to_frame(self, library)

    def _values(self, record: T) -> dict[str, str]:
        """Every value of a record that any of them has."""
        values = ((name, _said("", value)) for name, value in record.to_dict().items())
        return {name.replace("_", " "): said for name, said in values if name in self._names}

    @cached_property
    def _names(self) -> set[str]:
        return {n for one in self for n, value in one.to_dict().items() if value is not None}

    def cells(self, most: int | None = None) -> list[list[str]]:
        """The headings and below them what is shown of each record; one word if there is none.

        Args:
            most: How many records, the first ones; all if left out.
        """
        rows = [self.shown(record) for record in self[:most]]
        return [list(row) for row in rows[:1]] + [list(row.values()) for row in rows] or [["none"]]

    def _repr_html_(self) -> str:
        headings, *rows = self.cells()
        return cell(table(self.title, headings, rows))

    def __str__(self) -> str:
        rows = [[shortened(text, most=_WIDEST) for text in row] for row in self.cells()]
        return "\n".join([paragraph(self.title), *aligned(rows)])


def to_frame(records: Tabular, library: str = "pandas") -> Any:
    """Records as a data frame: one row each, one column for each of their parts.

    Args:
        records: Any list of records, such as `ex.examples`; or columns by name.
        library: "pandas" or "polars".

    Returns:
        The frame. A column that no record fills is left out; a part of a record that is a list
        stays one.

    Raises:
        OptionError: If the library is another one.
        KindError: If it is no list of records.
        MissingExtraError: If it is not installed.

    Example:
        >>> import chainrule as cr
        >>> ex = cr.explain(lambda p: p["w"] * p["w"], {"w": [3.0, 1.0]})
        >>> to_frame(ex.weights[:2])["name"].tolist()
        ['w[0]', 'w[1]']
    """
    require_known("data-frame library", LIBRARIES, library)
    columns = _columns(records)
    try:
        if library == "polars":
            import polars as pl

            return pl.DataFrame(columns, strict=False)
        import pandas as pd

        return pd.DataFrame(columns)
    except ImportError as error:
        raise missing(library, "frames", error) from None


def _columns(records: Tabular) -> dict[str, list[Any]]:
    try:
        if isinstance(records, Mapping):
            columns = {name: list(values) for name, values in records.items()}
        else:
            rows = [r if isinstance(r, Mapping) else r.to_dict() for r in records]
            names = dict.fromkeys(name for row in rows for name in row)
            columns = {name: [row.get(name) for row in rows] for name in names}
    except (AttributeError, TypeError):
        raise KindError(
            f"a data frame is made of a list of records; found {shown(records)}: give such a "
            "list, as ex.examples, or a dictionary of columns"
        ) from None
    return {
        name: [_cell(value) for value in values]
        for name, values in columns.items()
        if not values or any(value is not None for value in values)
    }


def _cell(value: Any) -> Any:
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
