"""Which column is predicted, and what the user says about the others."""

from __future__ import annotations

from collections.abc import Collection

from chainrule.data.column_statistics import ColumnStatistics
from chainrule.data.encoders import Encoder, LeftOut, choose_encoder
from chainrule.data.table import Table


class ColumnChoice:
    """The target, and the columns to treat in another way than they look.

    Args:
        table: The table, or a chunk of it.
        target: The column to predict; without it the table's own, or else the last one.
        numbers: Columns to treat as numbers.
        categories: Columns to treat as categories.
        leave_out: Columns not to use.

    Raises:
        DataError: If a name is not a column of the table.
    """

    def __init__(
        self,
        table: Table,
        target: str | None = None,
        numbers: Collection[str] = (),
        categories: Collection[str] = (),
        leave_out: Collection[str] = (),
    ) -> None:
        """Check that every name is a column."""
        named = [name for name in table.names if name]
        self.target = target or table.target or (named or table.names)[-1]
        self.assumed = target is None and table.target is None
        self._numbers, self._categories, self._leave_out = numbers, categories, leave_out
        for name in (self.target, *numbers, *categories, *leave_out):
            table.index(name)

    def encoder(self, seen: ColumnStatistics, pixel_maximum: float | None) -> Encoder:
        """The encoder for a column."""
        if seen.name in self._leave_out:
            return LeftOut(seen.name, "you said so")
        return choose_encoder(
            seen,
            pixel_maximum=pixel_maximum,
            numbers=seen.name in self._numbers,
            categories=seen.name in self._categories,
        )
