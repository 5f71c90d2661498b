"""Which column is predicted, and what the user says about the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from chainrule.data.column_statistics import ColumnStatistics
from chainrule.data.encoders import Encoder, LeftOut, choose_encoder
from chainrule.data.table import Table
from chainrule.errors import DataError, OptionError, shown
from chainrule.words import listed, quoted, shortened

_TASKS = {"number": "regression", "category": "classification"}

_ROWS_A_PART = 10
"""With fewer rows to each feature that parts make, a network learns the rows by heart."""

_ENOUGH_FOR_A_QUARTER = 500
"""From so many rows on, a quarter of the parts is better than none; `benchmarks` measures it."""

TYPES = ("number", "category", "date", "text", "ignore")
"""What a user can say that a column holds."""


def column_types(
    types: Mapping[str, str] | None, ignored: str | Iterable[str] = (), *more: str | None
) -> dict[str, str]:
    """What columns hold, by name, and which are no inputs.

    Raises:
        OptionError: If it is not said by name.

    Example:
        >>> column_types({"zip": "category"}, ["id"], "weight")
        {'zip': 'category', 'id': 'ignore', 'weight': 'ignore'}
    """
    if not isinstance(ignored, Iterable):
        raise OptionError(f"ignore names columns, as in ['id', 'name']; found {shown(ignored)}")
    if not isinstance(types or {}, Mapping):
        raise OptionError(
            "types names columns and what they hold, as in {'zip': 'category'}; "
            f"found {shown(types)}"
        )
    names = [*([ignored] if isinstance(ignored, str) else ignored), *more]
    return {**(types or {}), **{str(name): "ignore" for name in names if name is not None}}


class ColumnChoice:
    """The target, and the columns to treat in another way than they look.

    Args:
        table: The table, or a chunk of it.
        target: The column to predict; without it the table's own, or else the last one.
        task: `"classification"` or `"regression"` overrules what is recognised.
        types: What columns hold, by name: `"number"`, `"category"`, `"date"`, `"text"` or
            `"ignore"`.
        parts: In how many parts to lay out each column of numbers, beside the number itself, at
            most, and at least half as many, or a quarter from 500 rows on; in none where that
            leaves fewer than ten rows to each part of each column.

    Raises:
        DataError: If a name is not a column of the table, or the target is the only one.
        OptionError: If a type is another word.
    """

    def __init__(
        self,
        table: Table,
        target: str | None = None,
        task: str | None = None,
        *,
        types: Mapping[str, str] | None = None,
        parts: int = 0,
    ) -> None:
        """Check that every name is a column."""
        if len(table.names) == 1:
            spaced = " " in table.names[0]
            advice = "; where cells have spaces in them, a tab or quotes" if spaced else ""
            raise DataError(
                f"{table.source} has no column to predict {target or table.predicted} from: it has "
                f"{shortened(table.names[0])} alone; give a table with more (in a file, a tab, "
                f"; , | or spaces divide them{advice})"
            )
        self.target = table.names[table.index(target or table.predicted)]
        self.assumed = target is None and table.target is None
        self.types = {
            table.names[table.index(name)]: kind for name, kind in column_types(types).items()
        }
        for name, kind in self.types.items():
            if kind not in TYPES:
                raise OptionError(
                    f"{name} is said to be of the type {shown(kind)}; it can be {listed(TYPES)}"
                )
        said = self.types.get(self.target)
        if said == "ignore":
            raise OptionError(
                f"{self.target} is the target, and is to be ignored, or the group or weight of a "
                "row as well: name another column"
            )
        if said not in (None, *_TASKS):
            raise OptionError(
                f"{self.target} is the target, and said to be of the type {said!r}; it can be "
                "number or category"
            )
        self.task = _TASKS.get(said or "") if task is None else task
        self._parts = parts
        self._readings, self._coded = table.readings or {}, table.coded

    def statistics(self, names: Sequence[str]) -> list[ColumnStatistics]:
        """Empty statistics for columns."""
        return [
            ColumnStatistics(
                name,
                self._readings.get(name),
                words=self.types.get(name) == "text",
                coded=name in self._coded,
            )
            for name in names
        ]

    def parts(self, statistics: Sequence[ColumnStatistics]) -> int:
        """In how many parts to lay out numbers: fewer, or none, where each would get few rows."""
        seen = {column.name: column for column in statistics}
        inputs = (seen[name] for name in seen.keys() - {self.target})
        columns = sum(column.numeric and not column.categories_in_numbers for column in inputs)
        rows = seen[self.target].present
        parts = min(self._parts, rows // (_ROWS_A_PART * max(columns, 1)))
        least = self._parts / (4 if rows >= _ENOUGH_FOR_A_QUARTER else 2)
        return parts if parts >= least else 0

    def encoder(
        self,
        seen: ColumnStatistics,
        target: ColumnStatistics,
        pixel_maximum: float | None,
        parts: int,
    ) -> Encoder:
        """The encoder for a column, given what was seen of it and of the target."""
        said = self.types.get(seen.name)
        if said == "ignore":
            return LeftOut(seen.name, "you said so")
        if said is None and target.in_blocks and seen.counts_rows:
            return LeftOut(
                seen.name,
                "it counts the rows, and they stand in the order of the classes; "
                f"--types {quoted(f'{seen.name}=number')} uses it",
            )
        return choose_encoder(seen, pixel_maximum=pixel_maximum, said=said, parts=parts)
