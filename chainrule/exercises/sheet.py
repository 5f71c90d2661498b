"""The exercises of a chapter: the tasks, what is said of an answer, and the solutions apart."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, final

from chainrule.errors import OptionError, is_whole, require_whole, shown
from chainrule.exercises import backwards, forwards, python
from chainrule.exercises.numbers import Judgment, NumberExercise, drawn
from chainrule.exercises.python import PythonExercise
from chainrule.words import BLANK, cell, paragraph, printed, safe, sheet_page

CHAPTERS: dict[int, tuple[Callable[..., NumberExercise | PythonExercise], ...]] = {
    1: (forwards.says, forwards.silent, forwards.rises),
    2: (forwards.leaks, forwards.squashes, forwards.folds),
    3: (forwards.weights, forwards.row, forwards.network),
    4: (forwards.passes, forwards.shares, forwards.multiplies),
    5: (forwards.misses, forwards.surprises, forwards.doubts),
    6: (backwards.slope, backwards.predicts, python.learns),
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
        seed: By which the numbers were drawn.
        first: The number of the first of them.
    """

    chapter: int
    exercises: tuple[NumberExercise | PythonExercise, ...]
    seed: int = 0
    first: int = 1

    @property
    def title(self) -> str:
        """What it is."""
        return f"exercises of chapter {self.chapter}"

    def _repr_html_(self) -> str:
        return printed(f"{self.title}\n{self}")

    def __str__(self) -> str:
        return "\n\n".join(
            f"{name}\n{paragraph(each.task)}\n{self._way(name, each)}"
            for name, each in self.named()
        )

    @property
    def solutions(self) -> str:
        """The right answers, to be printed apart from the tasks."""
        return "\n\n".join(f"{name}\n{each.solution.rstrip()}" for name, each in self.named())

    def to_markdown(self, *, solutions: bool = False) -> str:
        """A sheet to hand out, with room to write; or the solutions apart."""
        parts = [f"# {self.title}{', solved' if solutions else ''}"]
        for name, each in self.named():
            text = each.solution.rstrip() if solutions else each.task
            if isinstance(each, NumberExercise):
                parts += [f"## {name}", text, *([] if solutions else [BLANK])]
            else:
                parts += [f"## {name}", f"```python\n{text}\n```" if solutions else text]
        return "\n\n".join(parts)

    def to_html(self, *, solutions: bool = False) -> str:
        """The same as a page of its own."""
        return sheet_page(self.title, self.part_of_page(solutions=solutions))

    def part_of_page(self, *, solutions: bool = False) -> str:
        """The same as a part of a page, so that several stand on one."""
        parts = [f"<h1>{self.title}{', solved' if solutions else ''}</h1>"]
        for name, each in self.named():
            task = re.sub(r"`([^`]+)`", r"<code>\1</code>", safe(each.task))
            text = f"<pre>{safe(each.solution)}</pre>" if solutions else f"<p>{task}</p>"
            room = f"<p>{BLANK}</p>" if isinstance(each, NumberExercise) and not solutions else ""
            parts.append(f"<h2>{name}</h2>{text}{room}")
        return cell(*parts)

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
        return self.only(number).exercises[0].judge(answer)

    def only(self, number: int) -> Sheet:
        """The sheet with one of its exercises.

        Args:
            number: The exercise's number, from 1.

        Raises:
            OptionError: If there is no such exercise.

        Example:
            >>> print(str(exercise(8).only(1)).partition(",")[0])
            8.1
            w = 2
        """
        numbers = range(self.first, self.first + len(self.exercises))
        if not is_whole(number) or number not in numbers:
            raise OptionError(f"a chapter has exercises 1 to 3; found {shown(number)}")
        return replace(self, exercises=(self.exercises[number - self.first],), first=number)

    def named(self) -> list[tuple[str, NumberExercise | PythonExercise]]:
        """Every exercise with the name by which it is answered, such as 6.1."""
        numbered = enumerate(self.exercises, start=self.first)
        return [(f"{self.chapter}.{n}", each) for n, each in numbered]

    def _way(self, name: str, each: NumberExercise | PythonExercise) -> str:
        """How an answer is given, on the command line and in Python."""
        typed, given = each.example
        chapter, number = name.split(".")
        seed = (f" --seed {self.seed}", f", seed={self.seed}") if self.seed else ("", "")
        return (
            f"  answer: chainrule exercise {name}{seed[0]} --answer {typed}\n"
            f"          cr.exercise({chapter}{seed[1]}).check({number}, {given})"
        )


def exercise(chapter: int, *, seed: int = 0) -> Sheet:
    """The three exercises of a chapter, with numbers of their own for every seed.

    Args:
        chapter: The chapter of the docs, 1 to 10.
        seed: Which numbers.

    Returns:
        The tasks when printed; `.check(number, answer)` judges an answer, and `.solutions` holds
        those that are right.

    Raises:
        OptionError: If there is no such chapter, or the seed is no whole number.

    Example:
        >>> sheet = exercise(8)
        >>> print(sheet.exercises[0].task.partition(",")[0])
        w = 2
        >>> sheet.check(1, sheet.exercises[0].right).right
        True
    """
    if not is_whole(chapter) or chapter not in CHAPTERS:
        raise OptionError(f"there are chapters 1 to {len(CHAPTERS)}; found {shown(chapter)}")
    tasks = enumerate(CHAPTERS[chapter], start=1)
    require_whole("seed", seed, least=0)
    return Sheet(chapter, tuple(drawn(task, f"{seed}.{number}") for number, task in tasks), seed)
