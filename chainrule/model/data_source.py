"""Where a network's data came from, kept with it so that the data can be found again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, final

from chainrule.data import ReadingOptions, Table, is_held_out, load
from chainrule.errors import DataError, ModelFileError


@final
@dataclass(frozen=True)
class DataSource:
    """The table a network was trained on, and which of its rows were held out.

    Attributes:
        name: The file or built-in name as it was given; None for a table that was in memory.
        sha256: The fingerprint of its bytes.
        rows: How many rows it had.
        held_out: The rows that training never saw, counted from 0.
        labels: The file of the labels, where images have theirs in another place.
        reading: What the user said of how its texts are written.
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
    reading: Mapping[str, Any] | None = None

    @property
    def options(self) -> ReadingOptions | None:
        """What the user said of how its texts are written."""
        if self.reading is None:
            return None
        said: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in self.reading.items()
        }
        return ReadingOptions(**said)

    @property
    def kept_back(self) -> frozenset[int]:
        """The rows that training never saw, however that was decided."""
        if self.drawn is None:
            return frozenset(self.held_out)
        return frozenset(row for row in range(self.rows) if is_held_out(row, *self.drawn))

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
            table = load(self.name, labels=self.labels, options=self.options)
        except DataError as error:
            raise DataError(
                f"the model was trained on {self.name}, which cannot be read again, so give the "
                f"data to use: {error}"
            ) from None
        if table.sha256 == self.sha256:
            return table, None
        return table, (
            f"{self.name} has changed since the model was trained on it, "
            "so which rows were held out is no longer known."
        )

    def to_dict(self) -> dict[str, Any]:
        """The record as plain values that JSON can hold."""
        return {**asdict(self), "held_out": list(self.held_out)}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> DataSource:
        """The source that `to_dict` described.

        Raises:
            ModelFileError: If the record lacks something or holds something else.
        """
        try:
            drawn = record.get("drawn")
            known = {**record, "held_out": tuple(map(int, record["held_out"]))}
            return cls(**{**known, "drawn": drawn and (float(drawn[0]), int(drawn[1]))})
        except (LookupError, TypeError, ValueError) as error:
            raise ModelFileError(f"it does not say what it was trained on ({error!r})") from None
