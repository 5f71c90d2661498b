"""A column of texts as features: which of its commonest words stand in a text."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import ClassVar

from chainrule.data.cells import Column, Places, label
from chainrule.data.column_statistics import ColumnStatistics, words_of
from chainrule.errors import DataError
from chainrule.words import plural

MOST_WORDS = 200
"""So many of a column's words become features."""


@dataclass(frozen=True)
class Words:
    """A bag of words: 1 where a word stands in the text and 0 elsewhere.

    Args:
        column: The column's name.
        words: The words in order.
    """

    kind: ClassVar[str] = "words"
    column: str
    words: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The features' names."""
        return tuple(f"{self.column} has {word}" for word in self.words)

    def encode(self, values: Column, _places: Places) -> tuple[list[array[float]], list[str]]:
        """The features of some cells.

        Example:
            >>> texts = ["Red Sea", "sea", None]
            >>> Words("title", ("red", "sea")).encode(texts, Places(range(3)))[0]
            [array('d', [1.0, 0.0, 0.0]), array('d', [1.0, 1.0, 0.0])]
        """
        features = {word: array("d", bytes(8 * len(values))) for word in self.words}
        for row, value in enumerate(values):
            for word in words_of("" if value is None else label(value)):
                if word in features:
                    features[word][row] = 1.0
        return list(features.values()), []

    def describe(self) -> str:
        """What is done, as a sentence."""
        return f"{self.column}: a bag of its {plural(len(self.words), 'commonest word')}."


def words_from(seen: ColumnStatistics) -> Words:
    """The encoder for a column of texts whose words were counted.

    Raises:
        DataError: If no word stands in two rows.
    """
    counted_words = (seen.words or {}).items()
    common = sorted((-count, word) for word, count in counted_words if count > 1)
    if not common:
        raise DataError(
            f"column {seen.name} has no word that stands in two rows: leave the column out"
        )
    return Words(seen.name, tuple(sorted(word for _, word in common[:MOST_WORDS])))
