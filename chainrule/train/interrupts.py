"""Ctrl-C while steps are taken: it waits until the step is whole."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Iterator
from contextlib import suppress
from types import FrameType
from typing import Any, TypeVar, final

Thing = TypeVar("Thing")


@final
class Interrupts:
    """A context in which the first Ctrl-C is noted and waits; the next one is raised at once.

    A step that is broken off has given its arrays away, or written half of them. So whoever takes
    steps says between them that what waits may come through, and what waits at the end comes
    through there. The one after it is for a step that hangs.

    Python's own handler alone gives way, as in `asyncio.Runner`: one that somebody has set stays.
    That of a context around this one gives way, too, and is back afterwards. Threads other than the
    main one get no Ctrl-C, and there nothing is changed.

    Attributes:
        waiting: Whether one was noted and not raised yet.
    """

    def __init__(self) -> None:
        self.waiting = False
        self._before: Any = None

    def let_through(self) -> None:
        """Raise what waits.

        Raises:
            KeyboardInterrupt: If something does.
        """
        if self.waiting:
            self.waiting = False
            raise KeyboardInterrupt

    def between(self, things: Iterable[Thing]) -> Iterator[Thing]:
        """The things one by one, and before each what waits is let through."""
        for thing in things:
            self.let_through()
            yield thing

    def __enter__(self) -> Interrupts:
        self._before = None
        before = signal.getsignal(signal.SIGINT)
        if before is signal.default_int_handler or _notes(before):
            with suppress(ValueError):  # in another thread than the main one
                signal.signal(signal.SIGINT, self._note)
                self._before = before
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        ours = signal.getsignal(signal.SIGINT) in (self._note, signal.default_int_handler)
        if self._before is not None and ours:
            signal.signal(signal.SIGINT, self._before)
        if kind is KeyboardInterrupt:
            self.waiting = False
        self.let_through()

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        # Python's own handler is back from here on: it raises the next one, and nothing that
        # follows can leave this one behind.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self.waiting = True


def _notes(handler: Any) -> bool:
    """Whether a handler is that of a context like these."""
    return getattr(handler, "__func__", None) is Interrupts._note
