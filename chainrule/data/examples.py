"""Examples: numbers a network can take, row by row, with what they were made from."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from numbers import Integral

from chainrule.data.cells import joined
from chainrule.data.target import Task
from chainrule.errors import OptionError, iterates, shown


@dataclass(frozen=True)
class Examples:
    """Features and targets as flat, row-major buffers.

    Args:
        x: The features, `shape[0] * shape[1]` floats.
        shape: `(examples, features)`.
        y: Class indices of shape `(examples,)`, or scaled numbers of shape `(examples, 1)`; None
            where there is no target.
        feature_names: A name for each feature.
        row_numbers: The row of the source that each example came from, counted from 0.
        target_name: The column that is predicted.
        class_names: The classes' names in order of their index; empty for regression.
        task: `"binary"`, `"multiclass"` or `"regression"`.
        notes: Sentences on what was unusual about these rows.
        weights: How much each example counts; None where all count the same.

    Example:
        >>> examples = Examples(array("d", [1, 2, 3, 4]), (2, 2), None, ("a", "b"), (0, 1))
        >>> examples.row(1), examples.subset([1]).x
        ([3.0, 4.0], array('d', [3.0, 4.0]))
    """

    x: array[float]
    shape: tuple[int, int]
    y: array[int] | array[float] | None
    feature_names: tuple[str, ...]
    row_numbers: Sequence[int]
    target_name: str | None = None
    class_names: tuple[str, ...] = ()
    task: Task | None = None
    notes: tuple[str, ...] = ()
    weights: array[float] | None = None

    def __repr__(self) -> str:
        return f"<{len(self)} examples of {self.shape[1]} features>"

    def __len__(self) -> int:
        """The number of examples."""
        return self.shape[0]

    @property
    def y_shape(self) -> tuple[int, ...]:
        """`(examples,)` for classes, `(examples, 1)` for numbers."""
        return (len(self), 1) if self.task == "regression" else (len(self),)

    def row(self, position: int) -> list[float]:
        """The features of one example.

        Raises:
            OptionError: If there is no such place.
        """
        width = self.shape[1]
        self._require_places([position])
        return self.x[position * width : (position + 1) * width].tolist()

    def _require_places(self, positions: Sequence[int]) -> None:
        count = len(self)
        several = isinstance(positions, Collection) and iterates(positions)
        if not several or not all(isinstance(n, Integral) and 0 <= n < count for n in positions):
            raise OptionError(
                f"the examples stand at the places 0 to {count - 1}; found {shown(positions)}"
            )

    @classmethod
    def joined(cls, parts: Sequence[Examples]) -> Examples:
        """Examples of one recipe as one, in order.

        Example:
            >>> part = Examples(array("d", [1, 2]), (1, 2), None, ("a", "b"), (0,))
            >>> Examples.joined([part, part]).shape
            (2, 2)
        """
        return replace(
            parts[0],
            x=joined([part.x for part in parts]),
            shape=(sum(map(len, parts)), parts[0].shape[1]),
            y=joined([part.y for part in parts]),
            row_numbers=[row for part in parts for row in part.row_numbers],
            notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
            weights=joined([part.weights for part in parts]),
        )

    def subset(self, positions: Sequence[int]) -> Examples:
        """Some of the examples, in the order given.

        Raises:
            OptionError: If there is no such place.
        """
        self._require_places(positions)
        width = self.shape[1]
        x: array[float] = array("d")
        for position in positions:
            x.extend(self.x[position * width : (position + 1) * width])
        y, weights = self.y, self.weights
        return replace(
            self,
            x=x,
            shape=(len(positions), width),
            y=None if y is None else array(y.typecode, [y[position] for position in positions]),
            row_numbers=[self.row_numbers[position] for position in positions],
            weights=None if weights is None else array("d", [weights[p] for p in positions]),
        )
