"""What is predicted: classes, or a number."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from chainrule.data.cells import Column, Places, as_numbers, require_scales
from chainrule.data.column_statistics import MOST_LEVELS, ColumnStatistics
from chainrule.data.encoders import levels_of
from chainrule.data.unread import what_levels_mean
from chainrule.errors import DataError, OptionError, is_one_of, shown
from chainrule.words import answer_text, listed, plural, set_apart, shortened

Task = Literal["binary", "multiclass", "regression"]

_MOST_GRADES = 10
"""More classes of numbers than this are often counts."""

MOST_CLASSES_OF_NUMBERS = 20
"""Whole numbers with at most this many different values are taken for classes."""


@dataclass(frozen=True)
class Classes:
    """A target of classes, numbered in the order of their names.

    Args:
        column: The column's name.
        levels: The classes' names; numbers are in order of size.
        counts: How many training rows each class has.
        numeric: Whether the names are numbers.
    """

    kind: ClassVar[str] = "classes"
    column: str
    levels: tuple[str, ...]
    counts: tuple[int, ...]
    numeric: bool = False

    def __post_init__(self) -> None:
        """Refuse counts of other classes."""
        if len(self.counts) != len(self.levels) or len(self.levels) < 2:
            raise DataError(
                f"target {self.column} has {plural(len(self.levels), 'class', many='classes')} and "
                f"{plural(len(self.counts), 'count')} of rows: give two or more of each"
            )

    @property
    def task(self) -> Task:
        """`"binary"` for two classes, `"multiclass"` for more."""
        return "binary" if len(self.levels) == 2 else "multiclass"

    def encode(self, values: Column, places: Places) -> array[int]:
        """The class index of each cell, shape `(rows,)`.

        Raises:
            DataError: If a cell holds a class that training did not have.

        Example:
            >>> Classes("sex", ("f", "m"), (1, 1)).encode(["m", "f"], Places([0, 1]))
            array('q', [1, 0])
        """
        index = {name: place for place, name in enumerate(levels_of(self.levels))}
        cells = levels_of(values, numeric=self.numeric)
        try:
            return array("q", [index[cell] for cell in cells])
        except KeyError as error:
            stranger = error.args[0]
            raise DataError(
                f"target {self.column}, {places[cells.index(stranger)]} is {stranger!r}, and the "
                f"classes of training are {listed(self.levels)}: correct the row or leave it out"
            ) from None

    def describe(self) -> str:
        """What is predicted, as a sentence."""
        names = map(set_apart, self.levels)
        sizes = [f"{name} {count}" for name, count in zip(names, self.counts, strict=True)]
        alike = what_levels_mean(self.levels, numeric=self.numeric)
        counted_up = self.numeric and len(self.levels) > _MOST_GRADES
        advice = " If they are counts, --task regression predicts a number." if counted_up else ""
        return f"target {self.column}: {len(self.levels)} classes ({listed(sizes)}){alike}.{advice}"


@dataclass(frozen=True)
class Quantity:
    """A target of numbers, moved and scaled to mean 0 and standard deviation 1.

    Args:
        column: The column's name.
        mean: The mean of the training rows' values.
        deviation: Their standard deviation.
    """

    kind: ClassVar[str] = "quantity"
    column: str
    mean: float
    deviation: float
    task: ClassVar[Task] = "regression"

    def __post_init__(self) -> None:
        """Refuse what nothing can be divided by."""
        require_scales(self.column, self.deviation)

    def encode(self, values: Column, places: Places) -> array[float]:
        """The scaled value of each cell, shape `(rows, 1)`.

        Raises:
            DataError: If a cell holds no finite number.

        Example:
            >>> Quantity("price", mean=10.0, deviation=2.0).encode(["12"], Places([0]))
            array('d', [1.0])
        """
        numbers, _ = as_numbers(self.column, values, places)
        mean, deviation = self.mean, self.deviation
        return array("d", [(value - mean) / deviation for value in numbers])

    def restore(self, scaled: Sequence[float]) -> list[float]:
        """Predictions in the units of the column.

        Example:
            >>> Quantity("price", mean=10.0, deviation=2.0).restore([1.0])
            [12.0]
        """
        return [value * self.deviation + self.mean for value in scaled]

    def describe(self) -> str:
        """What is predicted, as a sentence."""
        return (
            f"target {self.column}: numbers, standardised "
            f"(mean {answer_text(self.mean)}, standard deviation {answer_text(self.deviation)})."
        )


Target = Classes | Quantity


def learn_target(seen: ColumnStatistics, task: str | None = None) -> Target:
    """What is predicted, recognised from the statistics of its column.

    Texts are classes. Numbers are classes when they are whole, have at most 20 different values,
    and each occurs twice on average; otherwise they are a quantity. A text among numbers is one
    more class only where classes are asked for.

    Args:
        seen: The statistics of the training rows.
        task: `"classification"` or `"regression"` overrides what is recognised; `"binary"` and
            `"multiclass"` also ask for that number of classes.

    Raises:
        OptionError: If the task is another word.
        DataError: If the column has fewer than two values, too many classes, texts where numbers
            are asked for, or a number of classes that the task does not have.

    Example:
        >>> seen = ColumnStatistics("grade")
        >>> seen.update(["1", "2", "1", "2", "3", "3"], Places(range(6)))
        >>> learn_target(seen).task, learn_target(seen, task="regression").task
        ('multiclass', 'regression')
    """
    tasks = ("classification", "binary", "multiclass", "regression")
    if task is not None and not is_one_of(task, tasks):
        raise OptionError(
            f"task is {shown(task)}; it can be 'classification', 'binary', 'multiclass' or "
            "'regression'",
            "task",
        )
    numeric = task == "regression" or (seen.numeric if task is None else seen.all_numbers)
    if numeric and task in (None, "regression"):
        _require_numbers(seen, asked=task is not None)
    counts = seen.levels(as_numbers=numeric)
    if counts is not None and len(counts) < 2:
        raise _nothing_to_learn(seen, counts)
    if task is None and not numeric:
        _require_class_like(seen)
    if task == "regression" or (task is None and numeric and not _class_like(seen, counts)):
        return Quantity(seen.name, seen.moments.mean, seen.moments.deviation)
    if counts is None:
        raise DataError(
            f"target {seen.name} has more than {MOST_LEVELS} different values, too many for "
            "classes: choose another target" + (", or ask for regression" if numeric else "")
        )
    target = Classes(seen.name, tuple(counts), tuple(counts.values()), numeric)
    if task in {"binary", "multiclass"} and target.task != task:
        raise DataError(f"target {seen.name} has {len(counts)} classes, which is not {task}")
    return target


def _require_numbers(seen: ColumnStatistics, *, asked: bool) -> None:
    """Refuse a text or an infinite number, whether or not numbers are asked for."""
    if not asked:
        seen.require_numbers(
            f"correct it, leave it empty, give --na {seen.first_text} to leave its rows out, or "
            "ask for the task classification"
        )
    if seen.first_text and not seen.mostly_numbers:
        raise DataError(
            f"regression predicts a number, and target {seen.name} holds texts such as "
            f"{seen.first_text}: choose another target, or ask for the task classification"
        )
    seen.require_numbers()


def _nothing_to_learn(seen: ColumnStatistics, counts: Mapping[str, int]) -> DataError:
    """The error for a target of one value, or of none."""
    held = f"the one value {shortened(next(iter(counts)))}" if counts else "no values"
    told = f" ({seen.reading.why})" if seen.missing and seen.reading.why else ""
    some = f"{seen.present:,} of " if counts and seen.missing else ""
    blank = "write out what a blank stands for, or " if some and not told else ""
    return DataError(
        f"target {seen.name} has {held} in {some}{plural(seen.rows, 'row')}{told}, and there "
        f"is nothing to learn from it: {blank}choose another target or other rows"
    )


def _require_class_like(seen: ColumnStatistics) -> None:
    """Refuse texts that are no classes, with the reason for which an input is left out.

    Raises:
        DataError: If they are dates, or hardly one of them comes back.
    """
    too_many = seen.levels(as_numbers=False) is None and seen.reading.kind != "date"
    if not seen.like_identifiers or seen.few_levels or too_many:
        return
    if seen.reading.kind == "date":
        why = "holds dates: write what matters of them, such as the year, as numbers"
    elif seen.mostly_numbers:
        why = f"holds numbers and texts: {seen.texts_among_numbers()}; correct them"
    elif reason := seen.unread():
        why = f"cannot be learned, because {reason}"
    else:
        why = "differs from row to row, as a name or a number plate does: choose another target"
    raise DataError(f"target {seen.name} {why}, or ask for the task classification")


def _class_like(seen: ColumnStatistics, counts: dict[str, int] | None) -> bool:
    """Whether numbers look like classes: whole, few and repeated, or said to be categories."""
    if seen.categories_in_numbers:
        return True
    if counts is None or len(counts) > MOST_CLASSES_OF_NUMBERS:
        return False
    whole = all(float(name).is_integer() for name in counts)
    return whole and 2 * len(counts) <= seen.present
