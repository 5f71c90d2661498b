"""Schedules: how the learning rate moves over a run.

A schedule is a curve. Its height is the learning rate as a part of the one that was asked for, its
length is the run, and both are plain numbers worked out before a step is made. Steps count from 1,
and the first step of every decaying schedule is made at the full rate.

A schedule is written as a few words, as on the command line: "cosine", "step:0.25:0.5",
"warmup:100:cosine". A length of 1 or more counts optimizer steps; below 1 it is a part of the run,
so "warmup:0.1:linear" warms up for the first tenth.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, fields
from math import cos, inf, pi
from typing import ClassVar, final

from chainrule.errors import (
    OptionError,
    require_above_zero,
    require_at_least_zero,
    require_kind,
    require_known,
)
from chainrule.words import printed

_NOTHING = 1e-6
"""A learning rate that is less of what was asked for than this moves no weight any more."""


@dataclass(frozen=True)
class Schedule(ABC):
    """What all schedules share; a new one gives its curve, `factor`.

    Attributes:
        name: The word by which `choose_schedule` finds the schedule.
    """

    name: ClassVar[str]

    @abstractmethod
    def factor(self, step: int, total_steps: int, /) -> float:
        """The part of the full learning rate that is used at a step.

        Args:
            step: The number of the optimizer step, counted from 1.
            total_steps: The number of steps in the run.

        Returns:
            The factor, 1 for the full learning rate.
        """

    def learning_rate(self, step: int, total_steps: int, /, base: float = 1.0) -> float:
        """The learning rate at a step, `base · factor`; a part of the full rate without a base."""
        return base * self.factor(step, total_steps)

    def _repr_html_(self) -> str:
        return printed(str(self))

    def __str__(self) -> str:
        """The words that `choose_schedule` reads back."""
        values = (getattr(self, each.name) for each in fields(self))
        return ":".join([self.name, *map(str, values)])


@final
@dataclass(frozen=True)
class Constant(Schedule):
    """The full learning rate throughout.

    Example:
        >>> Constant().learning_rate(7, 10)
        1.0
    """

    name: ClassVar[str] = "constant"

    def factor(self, _step: int, _total_steps: int, /) -> float:
        """1 at every step."""
        return 1.0

    def learning_rate(self, _step: int, _total_steps: int, /, base: float = 1.0) -> float:
        """The base at every step, which a small step waits for less."""
        return base


@final
@dataclass(frozen=True)
class StepDecay(Schedule):
    """A stair: the rate is multiplied by `decay` after every `every` steps.

    `decay ^ floor((step - 1) / every)`.

    Args:
        every: The length of one tread, in steps, or below 1 as a part of the run.
        decay: What the rate is multiplied by at each stair, PyTorch's `gamma`.

    Raises:
        OptionError: A length or a decay that is not above 0.

    Example:
        >>> [StepDecay(every=2, decay=0.5).learning_rate(step, 6) for step in range(1, 7)]
        [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]
    """

    name: ClassVar[str] = "step"
    every: float
    decay: float = 0.1

    def __post_init__(self) -> None:
        require_above_zero("every", self.every)
        require_above_zero("decay", self.decay)

    def factor(self, step: int, total_steps: int, /) -> float:
        """The height of the stair the step stands on."""
        stair = (step - 1) // _in_steps(self.every, total_steps)
        try:
            return float(self.decay**stair)
        except OverflowError:
            return inf


@dataclass(frozen=True)
class _Falling(Schedule):
    """From the full rate to a part of it where the run ends."""

    end: float = 0.0

    def __post_init__(self) -> None:
        require_at_least_zero("end", self.end)


@final
@dataclass(frozen=True)
class Linear(_Falling):
    """A straight line from the full rate down to `end` at the end of the run.

    `1 - (1 - end) · (step - 1) / total_steps`.

    Args:
        end: The factor that the line reaches where the run ends.

    Raises:
        OptionError: An end below 0.

    Example:
        >>> [Linear().learning_rate(step, 4) for step in range(1, 5)]
        [1.0, 0.75, 0.5, 0.25]
    """

    name: ClassVar[str] = "linear"

    def factor(self, step: int, total_steps: int, /) -> float:
        """The height of the line at the start of the step."""
        return 1 - (1 - self.end) * ((step - 1) / total_steps)


@final
@dataclass(frozen=True)
class Cosine(_Falling):
    """Half a wave of the cosine from the full rate down to `end` at the end of the run.

    `end + (1 - end) · (1 + cos(π · (step - 1) / total_steps)) / 2`.

    Args:
        end: The factor that the curve reaches where the run ends.

    Raises:
        OptionError: An end below 0.

    Example:
        >>> [round(Cosine().learning_rate(step, 4), 3) for step in range(1, 5)]
        [1.0, 0.854, 0.5, 0.146]

    Source: Loshchilov & Hutter (2017), SGDR, equation 5, without restarts.
    """

    name: ClassVar[str] = "cosine"

    def factor(self, step: int, total_steps: int, /) -> float:
        """The height of the wave at the start of the step."""
        return self.end + (1 - self.end) * (1 + cos(pi * ((step - 1) / total_steps))) / 2


@final
@dataclass(frozen=True)
class Warmup(Schedule):
    """A straight climb to the full rate, and then another schedule over what is left of the run.

    `step / length` while it is below 1.

    Args:
        length: The steps of the climb, or below 1 its part of the run.
        then: The schedule that follows.

    Raises:
        OptionError: A length that is not above 0.
        KindError: If what follows is no schedule.

    Example:
        >>> schedule = Warmup(2, then=Linear())
        >>> [schedule.learning_rate(step, 6) for step in range(1, 7)]
        [0.5, 1.0, 1.0, 0.75, 0.5, 0.25]

    Source: Goyal et al. (2017), section 2.2, gradual warm-up.
    """

    name: ClassVar[str] = "warmup"
    length: float
    then: Schedule = field(default_factory=Constant)

    def __post_init__(self) -> None:
        require_above_zero("length", self.length)
        require_kind(self.then, Schedule, "a warm-up leads to a schedule", "give Cosine()")

    def factor(self, step: int, total_steps: int, /) -> float:
        """The height of the climb, then that of the other schedule."""
        climb = _in_steps(self.length, total_steps)
        if step <= climb:
            return step / climb
        return self.then.factor(step - climb, total_steps - climb)


SCHEDULES: dict[str, type[Schedule]] = {
    kind.name: kind for kind in (Constant, StepDecay, Linear, Cosine, Warmup)
}


def choose_schedule(schedule: str | Schedule | None, /) -> Schedule:
    """The schedule that is meant by a few words such as "step:0.25:0.5" or "warmup:100:cosine".

    Args:
        schedule: A key of `SCHEDULES` and its numbers with colons between them, where
            those of `warmup` may be followed by another schedule; a schedule; or None for a
            constant rate.

    Returns:
        The schedule.

    Raises:
        OptionError: An unknown name, or numbers that the schedule cannot take.

    Example:
        >>> choose_schedule("warmup:100:cosine")
        Warmup(length=100, then=Cosine(end=0.0))
    """
    if schedule is None:
        return Constant()
    if isinstance(schedule, Schedule):
        return schedule
    written = isinstance(schedule, str)
    name, *words = schedule.lower().split(":") if written else [schedule]
    require_known("schedule", SCHEDULES, name)
    if name == Warmup.name and len(words) > 1:
        return Warmup(_number(words[0], schedule), then=choose_schedule(":".join(words[1:])))
    kind = SCHEDULES[name]
    numbers = [_number(word, schedule) for word in words]
    try:
        return kind(*numbers)
    except OptionError as error:
        raise OptionError(f"in the schedule {schedule!r} {error}") from None
    except TypeError:
        wanted = ", ".join(each.name for each in fields(kind)) or "nothing"
        raise OptionError(
            f"the schedule {schedule!r} gives {len(numbers)} numbers to {name!r}, "
            f"which takes {wanted}"
        ) from None


def told_of(schedule: Schedule, total_steps: int, /) -> str:
    """What a stair has come to that most likely is not meant, as a sentence; empty for nothing.

    Example:
        >>> told_of(StepDecay(100), 60)
        'The learning rate never fell: all 60 steps stand on the first stair of step:100:0.1.'
    """
    stairs = schedule
    while isinstance(stairs, Warmup):
        stairs = stairs.then
    if not isinstance(stairs, StepDecay) or stairs.decay >= 1 or total_steps < 2:
        return ""
    middle, end = (schedule.factor(n, total_steps) for n in (total_steps // 2 + 1, total_steps))
    if end == 1:
        return (
            f"The learning rate never fell: all {total_steps:,} steps stand on the first stair of "
            f"{schedule}."
        )
    if middle < _NOTHING:
        return (
            f"Halfway {schedule} left {f'{middle:.0e}' if middle else 'nothing'} of the learning "
            "rate: a length from 1 on counts steps, and below 1 it is a part of the run."
        )
    return ""


def _number(word: str, text: str) -> float:
    try:
        return int(word) if word.isdigit() else float(word)
    except ValueError:
        raise OptionError(
            f"the schedule {text!r} has {word!r} where a number must be: "
            'write it like "step:100:0.5" or "warmup:100:cosine"'
        ) from None


def _in_steps(length: float, total_steps: int) -> int:
    return round(length) if length >= 1 else max(1, round(length * total_steps))
