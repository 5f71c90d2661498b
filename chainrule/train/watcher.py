"""Who is told what happens in a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chainrule.train.history import Epoch
    from chainrule.train.run import TrainingRun


class Watcher:
    """Told of everything that happens in a run; does nothing until a method is overridden.

    Attributes:
        follows_weights: Whether `moved` is wanted.
        wants_before: Whether it is given the state before the step, a copy each time, or None.
    """

    follows_weights: bool = False
    wants_before: bool = True

    def begin(self, run: TrainingRun) -> None:
        """Training is about to begin."""

    def step(self, run: TrainingRun, number: int, loss: float) -> None:
        """Step `number` of the epoch, from 1, was taken; `loss` is its batch's loss before it.

        An engine that computes on its own may have gone on to later steps by then.
        """

    def moved(self, run: TrainingRun, before: Any, batch: dict[str, Any]) -> None:
        """A step led from the state `before`, in flat arrays, to `run.state`, with that batch."""

    def epoch(self, run: TrainingRun, record: Epoch) -> None:
        """An epoch has ended."""

    def interrupted(self, run: TrainingRun) -> None:
        """Ctrl-C has ended an interruptible run; the best weights have not been put back yet."""

    def end(self, run: TrainingRun) -> None:
        """Training has ended, and the weights are final."""

    def close(self) -> None:
        """The run has ended, or was broken off: nothing more will be told."""
