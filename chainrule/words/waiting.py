"""What whoever waits is told: what is worked on, how far a long loop has come, for how long."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Event, Lock, Thread
from time import perf_counter
from typing import TextIO, TypeVar

T = TypeVar("T")

_SECONDS_OF_SILENCE = 1.0
"""A longer wait is explained."""

_SECONDS_BETWEEN = 0.25

_ONE_AT_A_TIME = Lock()

HOW_FAR: ContextVar[list[int] | None] = ContextVar("HOW_FAR", default=None)
"""Where `counted` writes which item of how many is worked on; None where nobody waits."""


def counted(items: Sequence[T]) -> Iterator[T]:
    """The items one after another, counted where somebody waits and no loop around it counts.

    Example:
        >>> told = HOW_FAR.set([])
        >>> [(item, tuple(HOW_FAR.get())) for item in counted("ab")]
        [('a', (1, 2)), ('b', (2, 2))]
        >>> HOW_FAR.reset(told)
    """
    seen = HOW_FAR.get()
    if seen is None or seen:
        yield from items
        return
    try:
        for number, item in enumerate(items, 1):
            seen[:] = number, len(items)
            yield item
    finally:
        seen.clear()


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Say on a terminal what is worked on, how far and for how long, where it takes over a second.

    Elsewhere, and within another wait, it is silent. A terminal that cannot take a line back, by
    TERM=dumb, is told once.

    Args:
        what: Such as "sharing the loss out".
    """
    stream = sys.stderr
    if stream is None or not stream.isatty() or not _ONE_AT_A_TIME.acquire(blocking=False):
        yield
        return
    done, how_far = Event(), list[int]()
    told = HOW_FAR.set(how_far)
    speaker = Thread(target=_speak, args=(stream, what, how_far, done), daemon=True)
    speaker.start()
    try:
        yield
    finally:
        done.set()
        speaker.join()
        HOW_FAR.reset(told)
        _ONE_AT_A_TIME.release()


def _speak(stream: TextIO, what: str, how_far: list[int], done: Event) -> None:
    """Write the line again and again, and take it away at the end."""
    began, silent = perf_counter(), _SECONDS_OF_SILENCE
    while not done.wait(silent):
        if os.environ.get("TERM") == "dumb":
            print(what, file=stream, flush=True)
            return
        far = ", {:,} of {:,}".format(*how_far) if how_far else ""
        line = f"\r{what}{far}, {clock(perf_counter() - began)}\x1b[K"
        print(line, end="", file=stream, flush=True)
        silent = _SECONDS_BETWEEN
    if silent < _SECONDS_OF_SILENCE:
        print("\r\x1b[K", end="", file=stream, flush=True)


def duration(seconds: float) -> str:
    """About how long something takes, in the unit that suits it.

    Example:
        >>> duration(0.004), duration(12.3), duration(400.0), duration(9000.0)
        ('0.01 s', '12 s', '7 min', '2.5 h')
    """
    if 100 <= seconds < 6000:
        return f"{seconds / 60:.0f} min"
    value, unit = (max(seconds, 0.01), "s") if seconds < 100 else (seconds / 3600, "h")
    return f"{value:.2g} {unit}" if value < 10 else f"{value:.0f} {unit}"


def clock(seconds: float) -> str:
    """Minutes and seconds, with hours where there are any.

    Example:
        >>> clock(65.2), clock(3725)
        ('1:05', '1:02:05')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
