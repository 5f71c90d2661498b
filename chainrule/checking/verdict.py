"""The outcome of checking a gradient: slopes as measured, a verdict a tensor, and all together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, inf, isfinite, log10
from typing import Any, NamedTuple

from chainrule.words import Record, cell, note, paragraph, safe, shortened, table, to_frame, wrapped

FULL_DIGITS = 16
"""As many decimal digits as a double carries."""

LEAST_DIGITS = 2
"""What can promise fewer digits than these compares nothing."""

NOT_PASSED = {"kink": None, "jump": None, "unclear": None, "random": False, "wrong": False}
"""What each outcome that is not agreement says of `passed`."""


@dataclass(frozen=True)
class Verdict(Record):
    """What was found about one gradient.

    Attributes:
        name: What was checked: a parameter, an entry of one, or an invariant.
        outcome: "agrees", "rounded" (as close as the number kind of the training engine allows),
            "kink" (there are two slopes here, and the given one lies between them), "jump" (the
            function jumps here and has no slope), "unclear" (rounding leaves nothing to compare, or
            the methods disagree among themselves), "random" (the function answers differently each
            time) or "wrong".
        method: How the true value was found.
        given: The gradient that was checked, or its product with the direction.
        found: The same by the method.
        tolerance: How far apart the two may lie for rounding and the method's own error.
        sentence: The finding in words.
        cause: What went wrong, if a deliberately mutated walk gives the same wrong numbers.
        entry: The wrong entry, `dense1.weight[3,2]`, if one was found.
        scale: The size of the largest number around, on which digits are counted, since a small
            difference of large numbers cannot have the digits of a large one.
        own_error: How far off the method itself may be at most; the tolerance, if left out.
    """

    also = ("passed", "error", "digits", "promised")

    name: str
    outcome: str
    method: str
    given: float
    found: float
    tolerance: float
    sentence: str
    cause: str | None = None
    entry: str | None = None
    scale: float = 0.0
    own_error: float | None = None

    @property
    def passed(self) -> bool | None:
        """True or False; None at a kink, a jump and where nothing can be told: neither."""
        return NOT_PASSED.get(self.outcome, True)

    @property
    def error(self) -> float:
        """How far apart the two values are."""
        return abs(self.given - self.found)

    @property
    def digits(self) -> int:
        """How many decimal digits the two values share."""
        return shared_digits(self.given, self.found, self.scale)

    @property
    def promised(self) -> int:
        """How many decimal digits the method can promise."""
        largest = max(abs(self.given), abs(self.found), self.scale)
        off = self.tolerance if self.own_error is None else self.own_error
        return shared_digits(largest, largest + off, largest) if largest else FULL_DIGITS

    def to_dict(self) -> dict[str, Any]:
        """The verdict as plain data; numbers that JSON cannot hold become text."""
        return {
            key: str(value) if isinstance(value, float) and not isfinite(value) else value
            for key, value in super().to_dict().items()
        }

    def __str__(self) -> str:
        return f"{self.name}: {self.sentence}"


class Measured(NamedTuple):
    """A slope along a direction: as given, as measured, and how far apart the two may lie.

    At a kink there are two slopes, and what was measured lies between them; at a jump it is that of
    the side that does not jump. `scale` is the steepest slope nearby, where it was looked for,
    `allowed` how much of the tolerance is no error of the method, but room for the given number,
    and `entries` are those of an array that the direction moves.
    """

    given: float
    slope: float
    tolerance: float
    kink: bool = False
    jump: float = 0.0
    scale: float = 0.0
    allowed: float = 0.0
    entries: Sequence[int] = ()

    def verdict(self, name: str, outcome: str, method: str, sentence: str, **more: Any) -> Verdict:
        """What is said of the slope."""
        return Verdict(
            name, outcome, method, self.given, self.slope, self.tolerance, sentence, **more
        )

    @property
    def agrees(self) -> bool:
        """Whether the two agree; NaN agrees with nothing."""
        return abs(self.given - self.slope) <= self.tolerance

    def nearer(self, lowest: float, highest: float, off: float) -> Measured:
        """The same of slopes that are right as well, if the given one is nearer to them.

        Args:
            lowest: The lowest of them.
            highest: The highest; they are the same but for what they may be off.
            off: What they may be off besides.
        """
        slope = (lowest + highest) / 2
        if not abs(self.given - slope) < abs(self.given - self.slope):
            return self
        return self._replace(slope=slope, tolerance=self.tolerance + off + highest - lowest)

    def may_agree(self, unsure: float) -> bool:
        """Whether the two would agree if so many times as much were allowed."""
        return abs(self.given - self.slope) <= self.tolerance + (unsure - 1) * self.allowed

    @property
    def excess(self) -> float:
        """The error in units of the tolerance."""
        error = abs(self.given - self.slope)
        if error == 0:
            return 0.0
        return error / self.tolerance if self.tolerance and isfinite(error) else inf

    def promises(self, scale: float) -> bool:
        """Whether the method's own error leaves digits to compare.

        Args:
            scale: The largest number around. A slope given as 0 is measured on those nearby.
        """
        largest = max(abs(self.given), abs(self.slope), scale)
        if abs(self.given) <= 2.0**-40 * self.scale:
            largest = max(largest, self.scale)
        return self.given == self.slope or self.own_error <= 10.0**-LEAST_DIGITS * largest

    @property
    def own_error(self) -> float:
        """How far off the method itself may be."""
        return self.tolerance - self.allowed

    @property
    def tells(self) -> bool:
        """Whether the method is as precise as what is allowed."""
        return self.given == self.slope or self.own_error <= self.allowed


class TwoSlopes(NamedTuple):
    """The slopes on both sides of a kink, and by how much the given one lies beyond them.

    `whole` where its entries are not to be looked at one by one.
    """

    beyond: float
    gap: float
    error: float
    left: float
    right: float
    given: float
    entries: list[int]
    said: str
    whole: bool


class Check:
    """All verdicts on a gradient.

    Args:
        title: What was checked, in a few words.
        verdicts: The findings, in the order in which they are shown.
        caveat: A sentence on what was not looked at, or nothing.

    Example:
        >>> good = Verdict("w", "agrees", "complex step", 4.0, 4.0, 1e-15, "agrees to 16 digits")
        >>> Check("f", [good]).passed
        True
    """

    def __init__(self, title: str, verdicts: Sequence[Verdict], caveat: str = "") -> None:
        self.title = title
        self.verdicts = list(verdicts)
        self.caveat = caveat

    @property
    def passed(self) -> bool:
        """Whether nothing was found wrong."""
        return bool(self.verdicts) and all(v.passed is not False for v in self.verdicts)

    @property
    def worst(self) -> Verdict:
        """The verdict that is furthest off for its tolerance; a wrong one before any other."""
        return max(self.verdicts, key=_severity)

    def to_dict(self) -> dict[str, Any]:
        """The check as plain data."""
        return {
            "title": self.title,
            "passed": self.passed,
            "caveat": self.caveat,
            "worst": self.worst.name if self.verdicts else None,
            "verdicts": [verdict.to_dict() for verdict in self.verdicts],
        }

    def to_frame(self, library: str = "pandas") -> Any:
        """One row for each verdict, in a data frame of "pandas" or "polars"."""
        return to_frame([{**vars(v), "passed": v.passed} for v in self.verdicts], library)

    def _repr_html_(self) -> str:
        """Every verdict in a row; in words whatever is not plain agreement."""
        titles = ("checked", "verdict", "given", "found", "by")
        rows = [(v.name, v.outcome, v.given, v.found, v.method) for v in self.verdicts]
        return cell(
            f"<p><b>{safe(self.title)}: {'passed' if self.passed else 'NOT passed'}</b></p>",
            *(note(text) for text in (self.caveat,) if text),
            *(note(str(v)) for v in self.verdicts if v.outcome != "agrees"),
            table("the verdicts", titles, rows),
        )

    def __repr__(self) -> str:
        word = "passed" if self.passed else "NOT passed"
        return f"<check of {self.title}: {word}; print it, or ask for .worst>"

    def __str__(self) -> str:
        """A table of at most 80 columns, and in words whatever is not plain agreement."""
        lines = [f"{self.title}: {'passed' if self.passed else 'NOT passed'}", ""]
        lines.append(f"{'':30} {'verdict':7} {'given':>13} {'found':>13}  by")
        lines.extend(
            f"{shortened(v.name, most=30):30} {v.outcome:7} {v.given:13.6g} {v.found:13.6g}  "
            f"{v.method}"
            for v in self.verdicts
        )
        for verdict in self.verdicts:
            if verdict.outcome != "agrees":
                lines += ["", paragraph(str(verdict))]
        digits = [v.digits for v in self.verdicts if v.outcome == "agrees"]
        if len(digits) == len(self.verdicts):
            promised = min(v.promised for v in self.verdicts)
            how = f", to at least {min(digits)} digits; the methods promise {promised}."
            lines += ["", "All agree" + (how if min(digits) else ".")]
        if self.caveat:
            lines += ["", *wrapped(self.caveat)]
        return "\n".join(lines)


def shared_digits(given: float, found: float, scale: float = 0.0) -> int:
    """How many decimal digits two numbers share, at most the 16 of a double.

    Args:
        given: One number.
        found: The other.
        scale: What digits are counted on, if it is larger than both.

    Example:
        >>> shared_digits(1.0, 1.001)
        3
    """
    if given == found:
        return FULL_DIGITS
    if not isfinite(given - found):
        return 0
    apart = abs(given - found) / max(abs(given), abs(found), scale)
    return min(FULL_DIGITS, max(0, floor(-log10(apart) + 1e-3)))  # 1.001 is off in the third digit


def _severity(verdict: Verdict) -> tuple[int, float]:
    rank = {True: 0, None: 1, False: 2}[verdict.passed]
    excess = verdict.error / verdict.tolerance if verdict.tolerance else verdict.error
    return rank, excess if isfinite(excess) else inf
