"""An exercise that is answered with numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import isclose
from random import Random
from typing import Any, NamedTuple, TypeVar, final

from chainrule.errors import KindError
from chainrule.words import printed

T = TypeVar("T")

ENOUGH = 0.005
"""How far an answer may be off, as a share: three digits are enough."""

APART = 0.03
"""How far right and wrong answers lie apart at least, so that a number tells the mistake."""


class Judgment(NamedTuple):
    """What is said about an answer; it prints as its sentence.

    Attributes:
        right: Whether it is right.
        sentence: The mistake by its name, where it is known.
    """

    right: bool
    sentence: str

    def _repr_html_(self) -> str:
        return printed(str(self))

    def __str__(self) -> str:
        return self.sentence


@final
@dataclass(frozen=True)
class NumberExercise:
    """An exercise with its numbers drawn.

    Attributes:
        task: What is asked.
        right: The answer.
        wrong: By each mistake in words, the answer of who makes it.
    """

    task: str
    right: Sequence[float]
    wrong: dict[str, Sequence[float]]

    @property
    def example(self) -> tuple[str, str]:
        """What an answer looks like, on the command line and in Python; not the right one."""
        return ("1.23", "1.23") if len(self.right) == 1 else ("'1.23, 4.56'", "[1.23, 4.56]")

    @property
    def solution(self) -> str:
        """The right answer."""
        return ", ".join(f"{number:.6g}" for number in self.right)

    @property
    def tells_mistakes_apart(self) -> bool:
        """Whether the right answer and the wrong ones lie apart."""
        answers = combinations([self.right, *self.wrong.values()], 2)
        return not any(same(one, other, APART) for one, other in answers)

    def judge(self, answer: Any) -> Judgment:
        """Whether an answer, a number or a list of them, is right; if not, by which mistake.

        Raises:
            KindError: If it is something else.
        """
        try:
            answer = answer.tolist() if hasattr(answer, "tolist") else answer
            several = hasattr(answer, "__getitem__") and not isinstance(answer, str | dict)
            given = list(map(float, answer if several else [answer]))
        except (TypeError, ValueError, OverflowError) as error:
            raise KindError(
                f"the answer is a number, or several; found {type(answer).__name__}"
            ) from error
        if same(given, self.right):
            return Judgment(True, f"right: {self.solution}")
        if len(given) != len(self.right):
            asked = "1 number is" if len(self.right) == 1 else f"{len(self.right)} numbers are"
            comma = "" if len(given) < len(self.right) else " (a decimal has a point, no comma)"
            return Judgment(False, f"wrong: {asked} asked for; found {len(given)}{comma}")
        for mistake, number in self.wrong.items():
            if same(given, number):
                return Judgment(False, f"wrong: {mistake}")
        if given == [float(f"{number:.2g}") for number in self.right]:
            return Judgment(False, "rounded too far: give three digits")
        return Judgment(
            False, "wrong, and none of the known mistakes gives that: work it out once more"
        )


def drawn(exercise: Callable[..., T], seed: str) -> T:
    """An exercise with its numbers, drawn until every mistake shows in the answer.

    Args:
        exercise: Its arguments are whole numbers from 2 to 9, halves from -4 to 4 where it
            annotates them as floats, or the generator, for one that draws by itself.
        seed: Which numbers.
    """
    random = Random(seed)
    *kinds, _ = exercise.__annotations__.values()
    while True:
        task = exercise(*(_argument(random, kind) for kind in kinds))
        if not isinstance(task, NumberExercise) or task.tells_mistakes_apart:
            return task


def _argument(random: Random, kind: str) -> float | Random:
    if kind == "int":
        return random.randint(2, 9)
    return random if kind == "Random" else random.choice((-1, 1)) * random.randint(1, 8) / 2


def same(one: Sequence[float], other: Sequence[float], share: float = ENOUGH) -> bool:
    """Whether numbers are the same, but for a share of them."""
    return len(one) == len(other) and all(
        isclose(a, b, rel_tol=share, abs_tol=share / 10) for a, b in zip(one, other, strict=True)
    )
