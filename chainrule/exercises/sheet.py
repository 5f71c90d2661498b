"""The exercises of a chapter: the tasks, what is said of an answer, and the solutions apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

from chainrule.errors import OptionError
from chainrule.exercises import backwards, forwards, python
from chainrule.exercises.numbers import Judgment, Numbers
from chainrule.words import paragraph, record

CHAPTERS: dict[int, tuple[Callable[[str], Numbers | python.Python], ...]] = {
    1: (forwards.says, forwards.silent, forwards.rises),
    2: (forwards.leaks, forwards.squashes, forwards.folds),
    3: (forwards.weights, forwards.row, forwards.network),
    4: (forwards.passes, forwards.shares, forwards.multiplies),
    5: (forwards.misses, forwards.surprises, forwards.doubts),
    6: (backwards.slope, backwards.foresees, python.learns),
    7: (backwards.chains, backwards.meets, python.goes_back),
    8: (backwards.steps, backwards.rolls, python.adapts),
    9: (backwards.measures, backwards.balances, python.is_gated),
    10: (backwards.counts, backwards.blames, backwards.without),
}
"""The three exercises of each chapter of the docs."""


@final
@dataclass(frozen=True)
class Sheet:
    """The exercises of one chapter, with their numbers drawn; it prints as their tasks.

    Attributes:
        chapter: The chapter's number.
        exercises: What is asked, in its order.
    """

    chapter: int
    exercises: tuple[Numbers | python.Python, ...]

    def _repr_html_(self) -> str:
        return record(f"exercises of chapter {self.chapter}\n{self}")

    def __str__(self) -> str:
        return self._numbered([paragraph(each.task) for each in self.exercises])

    @property
    def solutions(self) -> str:
        """The right answers, to be printed apart from the tasks."""
        return self._numbered([each.solution.rstrip() for each in self.exercises])

    def check(self, number: int, answer: Any) -> Judgment:
        """Judge an answer.

        Args:
            number: The exercise's number, from 1.
            answer: A number, a list of them, or a function where one is asked for.

        Returns:
            `.right`, and `.sentence`, which names the mistake where it is known.

        Raises:
            OptionError: If there is no such exercise, or a function breaks off.
            KindError: If the answer is something else.
        """
        if number not in range(1, len(self.exercises) + 1):
            raise OptionError(
                f"a chapter has exercises 1 to {len(self.exercises)}; found {number!r}"
            )
        return self.exercises[number - 1].judge(answer)

    def _numbered(self, texts: list[str]) -> str:
        return "\n\n".join(f"{self.chapter}.{n}\n{text}" for n, text in enumerate(texts, start=1))


def exercise(chapter: int, *, seed: int = 0) -> Sheet:
    """The three exercises of a chapter, with numbers of their own for every seed.

    Args:
        chapter: The chapter of the docs, 1 to 10.
        seed: Which numbers.

    Returns:
        The tasks when printed; `.check(number, answer)` judges an answer, and `.solutions` holds
        those that are right.

    Raises:
        OptionError: If there is no such chapter.

    Example:
        >>> sheet = exercise(8)
        >>> print(sheet.exercises[0].task.partition(",")[0])
        w = 2
        >>> sheet.check(1, sheet.exercises[0].right).right
        True
    """
    if chapter not in CHAPTERS:
        raise OptionError(f"there are chapters 1 to {len(CHAPTERS)}; found {chapter!r}")
    tasks = enumerate(CHAPTERS[chapter], start=1)
    return Sheet(chapter, tuple(draw(f"{seed}.{number}") for number, draw in tasks))
