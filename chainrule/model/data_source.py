"""Where a network's data came from, kept with it so that the data can be found again."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, final

from chainrule.data import ReadingOptions, Recipe, Table, is_held_out, load
from chainrule.errors import DataError
from chainrule.files import real_path
from chainrule.words import Record, shortened


@final
@dataclass(frozen=True)
class DataSource(Record):
    """The table a network was trained on, and which of its rows were held out.

    Attributes:
        name: The file or built-in name as it was given; None for a table that was in memory.
        sha256: The fingerprint of its bytes.
        rows: How many rows it had.
        held_out: The rows that training never saw, counted from 0.
        labels: The file of the labels, where images have theirs in another place.
        reading: What the user said of how its texts are written.
        folder: The folder that the name counts from; in a file, as seen from the file's own.
        drawn: For a stream, the part of the rows that was held out and the seed that decided which.

    Example:
        >>> table = load("iris")
        >>> source = DataSource("iris", table.sha256, table.rows, held_out=(3, 5))
        >>> again, changed = source.load()
        >>> again.rows, changed
        (150, None)
    """

    name: str | None
    sha256: str
    rows: int
    held_out: tuple[int, ...] = ()
    labels: str | None = None
    drawn: tuple[float, int] | None = None
    reading: ReadingOptions | None = None
    folder: str | None = None

    @classmethod
    def of(
        cls, data: object, sha256: str, rows: int, *, labels: str | Path | None, **more: Any
    ) -> DataSource:
        """That of data as they were given: a file, a built-in name, or what is in memory."""
        name = str(data) if isinstance(data, str | Path) else None
        folder = str(Path.cwd()) if name else None
        labels = None if labels is None else str(labels)
        return cls(name, sha256, rows, labels=labels, folder=folder, **more)

    def kept_back(self, table: Table, weight_column: str | None) -> frozenset[int]:
        """The rows of the table that training never saw, however that was decided."""
        if self.drawn is None:
            return frozenset(self.held_out)
        weights = table.weights(weight_column) if weight_column in table.names else None
        there = [row for row in range(table.rows) if weights is None or weights[row]]
        return frozenset(row for n, row in enumerate(there) if is_held_out(n, *self.drawn))

    @property
    def path(self) -> str | None:
        """Where the data are, or their built-in name; None where they were in memory."""
        return self.name and self._place(self.name)

    def load(self) -> tuple[Table, str | None]:
        """Read the table again.

        Returns:
            The table, and a sentence where it is no longer what it was.

        Raises:
            DataError: If it was in memory, or is not where it was.
        """
        if self.name is None:
            raise DataError(
                "the model was trained on a table in memory, which no file holds: "
                "give the data to use"
            )
        try:
            labels = self.labels and self._place(self.labels)
            table = load(self._place(self.name), labels=labels, options=self.reading)
        except (DataError, OSError) as error:  # a name can be too long for any folder
            raise DataError(
                f"the model was trained on {shortened(self.name)}, which cannot be read again, so "
                f"give the data to use: {shortened(str(error), most=200)}"
            ) from None
        if (table.sha256, table.rows) == (self.sha256, self.rows):
            return table, None
        return table, (
            f"{self.name} has changed since the model was trained on it, "
            "so which rows were held out is no longer known."
        )

    def _place(self, name: str) -> str:
        """Where a file lies: in the folder of training, or else as its name says here."""
        there = Path(self.folder or "", name)
        return str(there) if there.exists() else name

    def beside(self, model: str | Path) -> DataSource:
        """The same with the folder as seen from that of a model's file, wherever one works."""
        if self.folder is None:
            return self
        with suppress(ValueError):  # on another drive
            return replace(self, folder=os.path.relpath(self.folder, real_path(model).parent))
        return self

    def found_from(self, model: str | Path) -> DataSource:
        """The same with the folder as it is, from one that is seen from a model's file."""
        if self.folder is None:
            return self
        with suppress(ValueError, OSError):  # signs that no folder's name can hold
            return replace(self, folder=str(real_path(real_path(model).parent / self.folder)))
        return self


def reading_of(source: DataSource | None, recipe: Recipe) -> ReadingOptions:
    """What is known of how new rows are written: what was said of training's, and their names."""
    said = source and source.reading
    return replace(said or ReadingOptions(), names=recipe.columns)
