"""One wrong backward pass, what is said about it, and whether that is so."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import chainrule as cr

Slip = tuple[str, str, str]
"""What stands in the right program, what was written in its place, and a pattern for the cause."""

NAMELESS = r"(?!)"
"""The truth of a slip that is nobody's classic mistake: any name for it is a false one."""


class Pair(NamedTuple):
    """The passes without and with the slip, and the network, inputs and targets they are run on."""

    right: Callable[..., dict[str, Any]]
    wrong: Callable[..., dict[str, Any]]
    net: Any
    x: Any
    y: Any


@dataclass(frozen=True)
class Entry:
    """A wrong backward pass with its truth.

    Attributes:
        program: The right program that was changed, in a few words.
        point: Where it is checked: "generic" or "round" numbers.
        slip: What was written in place of what.
        truth: A pattern that every right name of the cause matches.
        check: Checks it; with True the pass is given as a function, with False as its numbers.
        pair: The two passes by themselves, where there are two.
    """

    program: str
    point: str
    slip: str
    truth: str
    check: Callable[[bool], Any]
    pair: Pair | None = None

    @property
    def name(self) -> str:
        return f"{self.program}, {self.point}: {self.slip}"


@dataclass(frozen=True)
class Result:
    """What was said about an entry: whether it was caught, and the causes that were named."""

    entry: Entry
    caught: bool
    causes: tuple[str, ...]
    unnamed: int

    @property
    def outcome(self) -> str:
        """ "right", "unknown", "WRONG" (a false name) or "MISSED"."""
        if not self.caught:
            return "MISSED"
        if any(not re.search(self.entry.truth, cause) for cause in self.causes):
            return "WRONG"
        return "right" if self.causes and not self.unnamed else "unknown"


def look_at(entry: Entry, *, as_function: bool) -> Result:
    """Check one entry; causes are asked of the arrays themselves, not of the laws they break."""
    check = entry.check(as_function)
    wrong = [
        v
        for v in check.verdicts
        if v.outcome == "wrong" and v.method in ("complex step", "h-sweep", "replay")
        if v.name != "all together"
    ]
    causes = dict.fromkeys(v.cause for v in wrong if v.cause)
    return Result(entry, not check.passed, tuple(causes), sum(not v.cause for v in wrong))


def changed(source: str, before: str, after: str) -> str:
    """A program with one slip in it."""
    if before not in source:
        raise ValueError(f"the program holds no {before!r}")
    return source.replace(before, after)


def compiled(source: str, name: str, **names: Any) -> Callable[..., Any]:
    """The function of that name in a program."""
    scope = dict(names)
    exec(source, scope)
    function: Callable[..., Any] = scope[name]
    return function


def backward_entries(
    title: str,
    point: str,
    program: str,
    slips: tuple[Slip, ...],
    *run_on: Any,
    loss: str | None = None,
    **names: Any,
) -> Iterator[Entry]:
    """Every slip in a program that goes back through a network, run on that, inputs and targets."""
    right = compiled(program, "backward", **names)
    for before, after, truth in slips:
        wrong = compiled(changed(program, before, after), "backward", **names)

        def check(as_function, wrong=wrong):
            given = wrong if as_function else wrong(*run_on)
            return cr.check_gradients(*run_on, loss, gradient=given)

        slip = f"{before}  ->  {after or '(nothing)'}"
        yield Entry(title, point, slip, truth, check, Pair(right, wrong, *run_on))


def function_entries(families: Any) -> Iterator[Entry]:
    """Every slip in the slopes of a function, at each of its points."""
    for title, function, slopes, points, slips in families:
        for slip, wrong, truth in slips:
            gradient = wrong if callable(wrong) else partial(slopes, **wrong)
            for point, at in points.items():

                def check(as_function, function=function, gradient=gradient, at=at):
                    given = gradient if as_function else gradient(at)
                    return cr.check_gradients(function, at, gradient=given)

                yield Entry(title, point, slip, truth, check)


def right_checks(families: Any) -> Iterator[tuple[str, Any]]:
    """Each function with its slopes without a slip."""
    for title, function, slopes, points, _ in families:
        for point, at in points.items():
            yield f"{title}, {point}", cr.check_gradients(function, at, gradient=slopes)


def summed_up(tally: dict[bool, Counter[str]]) -> int:
    """Print how many passes, given as functions or not, had each outcome; 1 if one was a fault."""
    for as_function, counts in tally.items():
        how = "functions" if as_function else "numbers"
        counted = ", ".join(f"{count} {outcome}" for outcome, count in counts.most_common())
        print(f"{counts.total()} wrong passes given as {how}: {counted}")
    return int(any(counts["WRONG"] + counts["MISSED"] for counts in tally.values()))
