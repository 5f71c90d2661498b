"""What ends a run early: nothing has improved for a while, or somebody has pressed Ctrl-C."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from numbers import Real
from types import FrameType
from typing import Any, Literal, SupportsFloat, TypeVar, final

from chainrule.errors import (
    KindError,
    require_at_least_zero,
    require_kind,
    require_known,
    require_whole,
    shown,
)
from chainrule.words import plural

Thing = TypeVar("Thing")

# What can be watched, and whether more of it is better.
METRICS = {"loss": False, "accuracy": True, "r2": True}


def is_better(metric: str, value: float, best: float | None, /, *, by: float = 0.0) -> bool:
    """Whether a value beats the best so far by more than `by`; NaN beats nothing.

    Args:
        metric: A key of `METRICS`: "loss" is better when lower, "accuracy" and "r2" when higher.
        value: The new value, in the unit of the metric.
        best: The best so far, or None before the first.
        by: How much of a difference counts, in the unit of the metric.

    Returns:
        Whether the value is an improvement.

    Raises:
        OptionError: An unknown metric.

    Example:
        >>> is_better("loss", 0.3, 0.4), is_better("accuracy", 0.3, 0.4)
        (True, False)
    """
    require_known("metric", METRICS, metric)
    if best is None:
        return value == value
    gain = value - best if METRICS[metric] else best - value
    return gain > by


@final
@dataclass
class EarlyStopping:
    """Counts the epochs in a row that brought no improvement, and says when it is enough.

    It watches a number and holds no weights: whoever trains keeps a copy of them at every
    "improved". All of its state is in its fields, so a run can be taken up again where it was.

    Args:
        patience: How many epochs in a row may pass without an improvement.
        min_delta: How much better counts as an improvement, in the unit of the metric.
        metric: What is watched, a key of `METRICS`.

    Raises:
        OptionError: A patience that is no whole number from 0 on, a difference below 0, an
            unknown metric, or a state that no run leaves.

    Attributes:
        best: The best value so far, None before the first.
        best_epoch: The epoch of the best value, None before the first.
        waited: The epochs since then.

    Example:
        >>> watch = EarlyStopping(patience=2)
        >>> [watch.update(loss, epoch) for epoch, loss in enumerate([0.9, 0.5, 0.6, 0.7], start=1)]
        ['improved', 'improved', 'waiting', 'stop']
        >>> watch.best_epoch
        2

    Source: Goodfellow, Bengio & Courville, "Deep Learning" (2016), algorithm 7.1.
    """

    patience: int = 10
    min_delta: float = 0.0
    metric: str = "loss"
    best: float | None = field(default=None, kw_only=True)
    best_epoch: int | None = field(default=None, kw_only=True)
    waited: int = field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        for name in ("patience", "waited"):
            require_whole(name, getattr(self, name), least=0)
        require_at_least_zero("patience", self.patience)  # not more than a float holds
        if self.best_epoch is not None:
            require_whole("best_epoch", self.best_epoch, least=0)
        real = isinstance(self.best, Real | None) and not isinstance(self.best, bool)
        if not real or self.best != self.best:  # NaN beats nothing
            raise KindError(f"the best value so far is a number, or None; found {shown(self.best)}")
        require_at_least_zero("min_delta", self.min_delta)
        require_known("metric", METRICS, self.metric)

    def update(self, value: float, epoch: int, /) -> Literal["improved", "waiting", "stop"]:
        """Take in the value of one epoch.

        Args:
            value: What is watched, measured at the end of the epoch, best on held-out rows.
            epoch: The number of the epoch.

        Returns:
            "improved" for a new best, "stop" when patience is used up, else "waiting".

        Raises:
            KindError: If it is no number, nor an array of one.
        """
        asked = f"early stopping watches {self.metric}, a number"
        require_kind(value, SupportsFloat, asked)
        try:
            value = float(value.item() if hasattr(value, "item") else value)
        except (OverflowError, TypeError, ValueError, RuntimeError):  # each library has its own
            raise KindError(f"{asked}; found {shown(value)}") from None
        if is_better(self.metric, value, self.best, by=self.min_delta):
            self.best, self.best_epoch, self.waited = value, epoch, 0
            return "improved"
        self.waited += 1
        return "stop" if self.over else "waiting"

    @property
    def over(self) -> bool:
        """Whether patience is used up."""
        return 0 < self.waited >= self.patience

    def describe(self) -> str:
        """Why a run ended here, in a sentence."""
        if self.best_epoch is None:
            return f"Stopped early: the {self.metric} was never a number; the last weights stay."
        by = f" (by more than {float(self.min_delta):g})" if self.min_delta else ""
        return (
            f"Stopped early: no better {self.metric}{by} for {plural(self.patience, 'epoch')}; "
            f"the weights of epoch {self.best_epoch} are back."
        )

    def fresh(self) -> EarlyStopping:
        """The same options with nothing seen yet, for a new run."""
        return replace(self, best=None, best_epoch=None, waited=0)

    def to_dict(self) -> dict[str, Any]:
        """Options and state as plain data, for a checkpoint: `EarlyStopping(**record)`."""
        return asdict(self)


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
        self._before: Any = None
        before = signal.getsignal(signal.SIGINT)
        around = getattr(before, "__func__", None) is Interrupts._note  # of a context like this one
        if before is signal.default_int_handler or around:
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
