"""Records that say themselves, one or a list of them: where they are printed, and in a notebook."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, TypeVar, final

from chainrule.words.frames import HasParts, to_frame
from chainrule.words.html import cell, record, table
from chainrule.words.lists import shortened

T = TypeVar("T", bound=HasParts)

_WIDEST = 36


@dataclass(frozen=True)
class Record:
    """Values by name: as plain data, and in a notebook as they are printed.

    Attributes:
        also: The properties that stand beside the fields in plain data.
    """

    also: ClassVar[tuple[str, ...]] = ()

    def to_dict(self) -> dict[str, Any]:
        """Every value by name."""
        return asdict(self) | {name: getattr(self, name) for name in self.also}

    def _repr_html_(self) -> str:
        return record(str(self))


@final
class Records(list[T]):
    """A list that prints as a table.

    Args:
        records: What it holds.
        title: What stands above.
        columns: What is shown of each record, by the heading.

    Example:
        >>> from chainrule.explanations.culprits import ClassTotal
        >>> totals = [ClassTotal("yes", rows=3, loss=0.5, share=0.6, wrong=1)]
        >>> shown = {"class": lambda c: c.name, "rows": lambda c: str(c.rows)}
        >>> print(Records(totals, "classes", shown))
        classes
          class  rows
          yes    3
    """

    def __init__(
        self, records: Iterable[T], title: str, columns: Mapping[str, Callable[[T], str]]
    ) -> None:
        super().__init__(records)
        self.title = title
        self.columns = columns

    def to_frame(self, library: str = "pandas") -> Any:
        """One row for each record, in a data frame of "pandas" or "polars"."""
        return to_frame(self, library)

    def _table(self) -> list[list[str]]:
        return [[write(record) for write in self.columns.values()] for record in self]

    def _repr_html_(self) -> str:
        return cell(table(self.title, list(self.columns), self._table()))

    def __str__(self) -> str:
        rows = [list(self.columns), *self._table()]
        rows = [[shortened(text, most=_WIDEST) for text in row] for row in rows]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
        return "\n".join([self.title, *(f"  {line}" for line in lines)])
