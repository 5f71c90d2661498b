"""What a check found, and the report of all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, final

from chainrule.words import Record, number, paragraph, printed, to_frame, wrapped


@final
@dataclass(frozen=True)
class Finding(Record):
    """One thing that keeps a network from learning.

    Attributes:
        check: Which check found it, such as "dead units".
        where: The layer, or "network", "inputs", "training".
        sentence: What was found.
        value: The number that was measured.
        threshold: The number that it crossed.
        unit: What both are measured in; where it begins with "of", they are parts of 1.
        advice: What to try.
        units: The places that are affected, such as `dense1[3]`.
        cure: What of the advice is a setting, by its name: of the training (`epochs` says how many
            more), the units, `seed`, for initial weights drawn anew, or `scaled`, for inputs and
            targets at mean 0 and deviation 1 and an output that suits them.
    """

    also = ("measured",)

    check: str
    where: str
    sentence: str
    value: float
    threshold: float
    unit: str
    advice: str
    units: tuple[str, ...] = ()
    cure: Mapping[str, str | float] = field(default_factory=dict)

    @property
    def measured(self) -> str:
        """The number and its threshold, as people read them: parts in percent."""
        value, threshold = self.value, self.threshold
        if self.unit.startswith("of "):
            percent = number(100 * value, 3), number(100 * threshold, 3)
            return f"{percent[0]}% {self.unit}, threshold {percent[1]}%"
        return f"{number(value, 3)} {self.unit}, threshold {number(threshold, 3)}"

    def __str__(self) -> str:
        lines = wrapped(f"{self.where}: {self.sentence}.", rest="  ")
        for text in (f"{self.check}: {self.measured}", f"try: {self.advice}."):
            lines += wrapped(text, first="  ")
        return "\n".join(lines)


@final
@dataclass(frozen=True)
class Health:
    """What keeps a network from learning, and what was looked at.

    Attributes:
        findings: What keeps it from learning, in the order of the checks.
        looked_at: The checks that were made.
        skipped: For each check that could not be made, why.
    """

    findings: tuple[Finding, ...]
    looked_at: tuple[str, ...]
    skipped: dict[str, str]

    @property
    def healthy(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def to_dict(self) -> dict[str, Any]:
        """Findings, checks made and checks skipped."""
        return {
            "healthy": self.healthy,
            "findings": [finding.to_dict() for finding in self.findings],
            "looked_at": list(self.looked_at),
            "skipped": dict(self.skipped),
        }

    def to_frame(self, library: str = "pandas") -> Any:
        """One row for each finding, in a data frame of "pandas" or "polars"."""
        return to_frame(self.findings, library)

    def _repr_html_(self) -> str:
        titles = ("where", "found", "measured", "try") if self.findings else ()
        rows = [(f.where, f.sentence, f.measured, f.advice) for f in self.findings]
        return printed(str(self), "what keeps it from learning", titles, rows)

    def __str__(self) -> str:
        count = len(self.findings)
        head = {0: "nothing found", 1: "1 finding"}.get(count, f"{count} findings")
        lines = [head, *map(str, self.findings)]
        lines.append(paragraph(f"looked at: {', '.join(self.looked_at) or 'nothing'}"))
        for check, why in self.skipped.items():
            lines.append(paragraph(f"not looked at: {check}: {why}"))
        return "\n".join(lines)
