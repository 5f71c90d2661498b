"""One step of training in the ledger, and what the ledger's loss was measured on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, final


@final
@dataclass(frozen=True, kw_only=True)
class LedgerStep:
    """One step of training in the ledger.

    Attributes:
        step: Its number, from 1; 0 for putting back the best weights of a run stopped early.
        measured: How it changed the loss.
        explained: What the shares of the weights add up to.
        helped: How many weights moved so that the loss fell.
        hurt: How many weights moved so that the loss rose.
        moved: How many weights moved.
        splits: Into how many parts its path was split.
        trusted: Whether the shares add up; a step where they do not is flagged.
        layers: The share of each layer, in order.
    """

    step: int
    measured: float
    explained: float
    helped: int
    hurt: int
    moved: int
    splits: int
    trusted: bool
    layers: tuple[float, ...]

    @property
    def helping(self) -> float | None:
        """The share of helping weights among those that moved, 0 to 1; None if none did."""
        return self.helped / self.moved if self.moved else None

    def to_dict(self) -> dict[str, Any]:
        """Every number by name."""
        return {**asdict(self), "layers": list(self.layers), "helping": self.helping}

    def to_row(self) -> list[float]:
        """Every number in a row, as a file keeps it."""
        *numbers, layers = (getattr(self, name) for name in self.__dataclass_fields__)
        return [*map(float, numbers), *layers]

    @classmethod
    def from_row(cls, row: Sequence[float]) -> LedgerStep:
        """The step that `to_row` wrote down."""
        step, measured, explained, helped, hurt, moved, splits, trusted, *layers = row
        return cls(
            step=int(step),
            measured=measured,
            explained=explained,
            helped=int(helped),
            hurt=int(hurt),
            moved=int(moved),
            splits=int(splits),
            trusted=bool(trusted),
            layers=tuple(layers),
        )


@final
@dataclass(frozen=True)
class Basis:
    """What a ledger's loss was measured on, and what that cost.

    Attributes:
        rows: The number of examples.
        of_rows: How many there were to choose from.
        gradients: How many gradients were computed.

    Example:
        >>> Basis(120, 120, 401).of("rows"), Basis(1000, 8000, 401).of("rows")
        ('all 120 rows', '1,000 rows drawn from 8,000')
    """

    rows: int
    of_rows: int
    gradients: int

    def of(self, rows: str) -> str:
        """How many rows, and out of how many.

        Args:
            rows: What they are called, such as "training rows".
        """
        if self.rows == self.of_rows:
            return f"all {self.rows:,} {rows}"
        return f"{self.rows:,} {rows} drawn from {self.of_rows:,}"
