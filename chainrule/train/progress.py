"""Who is told what happens in a run, and the bar that shows it."""

from __future__ import annotations

import os
import sys
from io import StringIO
from time import perf_counter
from typing import TYPE_CHECKING, Any, TextIO, final

from chainrule.engines import choose_engine
from chainrule.nn import loss_and_gradient
from chainrule.words import clock, duration

if TYPE_CHECKING:
    from chainrule.train.history import Epoch
    from chainrule.train.run import TrainingRun

_SECONDS_BETWEEN = 0.25
"""Drawing takes a few milliseconds, so four times a second costs less than one percent."""

_WIDTH = 80
"""A line in a notebook is filled up, so that nothing of a longer one stays behind it."""

_LONG_SECONDS = 30.0
"""A run that takes longer is announced before its first step."""


class Watcher:
    """Told of everything that happens in a run; does nothing until a method is overridden.

    Attributes:
        follows_weights: Whether `moved` is wanted.
        wants_before: Whether it is given the state before the step, a copy each time, or None.

    Example:
        >>> import chainrule as cr
        >>> class Losses(Watcher):
        ...     seen = []
        ...
        ...     def epoch(self, run, record):
        ...         self.seen.append(record.epoch)
        >>> net = cr.Network([cr.Dense(1, 1)], engine="python")
        >>> _ = net.fit([[1.0]], [[2.0]], epochs=3, watchers=[Losses()], progress=False)
        >>> Losses.seen
        [1, 2, 3]
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
        """Ctrl-C has ended an interruptible run; once the best weights are back, `end` follows."""

    def end(self, run: TrainingRun) -> None:
        """Training has ended, and the weights are final."""

    def close(self) -> None:
        """The run has ended, or was broken off: nothing more will be told."""


@final
class ProgressBar(Watcher):
    """Shows epoch, loss, metric, held-out loss, speed and time left, on one line.

    On a terminal it is a bar, in a notebook a line of text; elsewhere, as in a pipe or a log, it is
    silent.

    Args:
        stream: Where to draw; standard error if left out. A program without one draws nowhere.
        passing: Whether its line in a notebook makes room for that of the next training.
    """

    def __init__(self, stream: TextIO | None = None, *, passing: bool = False) -> None:
        self._stream = stream or sys.stderr or StringIO()
        self._end = f"\r{'':<{_WIDTH}}\r" if passing else "\n"
        self._display: _Bar | _OneLine | None = None
        self._measured = ""

    def say(self, sentence: str) -> None:
        """Write a sentence on a line of its own, in a pipe or a log too."""
        if self._display is None:
            self._stream.write(f"{sentence}\n")
        else:
            self._display.say(sentence)

    def begin(self, run: TrainingRun) -> None:
        """Open the display that suits the place."""
        if self._stream.isatty():
            self._display = _Bar(self._stream, run.plan.epochs * run.source.steps)
        elif "ipykernel" in sys.modules:
            self._display = _OneLine(self._stream, self._end)
        self._measured = ""
        if run.engine.name != "jax":  # which would compile for it
            steps = (run.plan.epochs - run.epoch) * run.source.steps - run.steps_in_epoch
            if (seconds := steps * _seconds_a_step(run)) >= _LONG_SECONDS:
                self.say(_forecast(run.engine.name, steps, seconds))
        self._began = self._drawn = perf_counter()

    def step(self, run: TrainingRun, number: int, loss: float) -> None:
        """Draw, unless it was drawn a moment ago."""
        if self._display is None:
            return
        now = perf_counter()
        if now - self._drawn >= _SECONDS_BETWEEN:
            self._drawn = now
            self._draw(run, run.epoch * run.source.steps + number, loss)

    def epoch(self, run: TrainingRun, record: Epoch) -> None:
        """Take note of what was measured."""
        parts = [f"loss {record.loss:.3f}"]
        if record.validation_loss is not None:
            parts.append(f"held out {record.validation_loss:.3f}")
        value = record.metric if record.validation_metric is None else record.validation_metric
        if value is not None:
            parts.append(f"{run.history.metric_name} {value:.3f}")
        self._measured = "  ".join(parts)

    def end(self, run: TrainingRun) -> None:
        """Draw the last state and leave the line."""
        if self._display is None:
            return
        self._draw(run, run.epoch * run.source.steps, run.history.final.loss)
        self.close()

    def close(self) -> None:
        """Leave the line, whether or not the run came to its end."""
        if self._display is not None:
            self._display.close()
            self._display = None

    def _draw(self, run: TrainingRun, steps: int, loss: float) -> None:
        assert self._display is not None
        total = run.plan.epochs * run.source.steps
        seconds = max(perf_counter() - self._began, 1e-9)
        epoch = -(-steps // run.source.steps)
        speed = steps * run.source.batch_size / seconds
        left = (total - steps) * seconds / steps
        self._display.show(
            steps,
            f"epoch {epoch}/{run.plan.epochs}",
            f"{self._measured or f'loss {loss:.3f}'}  {_short(speed)}/s  {clock(left)}",
        )


def on_one_line(options: dict[str, Any]) -> dict[str, Any]:
    """The options of several trainings, whose progress shares a line unless they say otherwise.

    Example:
        >>> on_one_line({"progress": False}), sorted(on_one_line({"seed": 1}))
        ({'progress': False}, ['progress', 'seed'])
    """
    shared = options.get("progress", True) is True
    return {**options, "progress": ProgressBar(passing=True)} if shared else options


class _Bar:
    """A bar on a terminal, redrawn only when told to: no thread of its own runs beside training."""

    def __init__(self, stream: TextIO, steps: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        self._progress = Progress(
            TextColumn("{task.fields[epoch]}"),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[measured]}"),
            console=Console(file=stream),
            auto_refresh=False,
            transient=True,
            # What a program prints into a file belongs in that file, bar or no bar.
            redirect_stdout=sys.stdout is not None and sys.stdout.isatty(),
        )
        self._task: Any = self._progress.add_task("", total=steps, epoch="", measured="")

    def say(self, sentence: str) -> None:
        self._progress.console.print(sentence, markup=False, highlight=False)

    def show(self, steps: int, epoch: str, measured: str) -> None:
        self._progress.update(self._task, completed=steps, epoch=epoch, measured=measured)
        self._progress.start()  # does nothing from the second time on
        self._progress.refresh()

    def close(self) -> None:
        self._progress.stop()


class _OneLine:
    """One line of text that overwrites itself."""

    def __init__(self, stream: TextIO, end: str) -> None:
        self._stream = stream
        self._end = end

    def say(self, sentence: str) -> None:
        self._stream.write(f"\r{sentence}\n")

    def show(self, _steps: int, epoch: str, measured: str) -> None:
        self._stream.write(f"\r{f'{epoch}  {measured}':<{_WIDTH}}")
        self._stream.flush()

    def close(self) -> None:
        self._stream.write(self._end)
        self._stream.flush()


def _seconds_a_step(run: TrainingRun) -> float:
    """How long the gradient of one batch takes, which is nearly all of a step."""
    architecture, rows = run.plan.architecture, run.source.batch_size
    evaluate = loss_and_gradient(architecture, run.plan.loss)
    widths = {"x": architecture.input.in_features, "t": architecture.output.out_features}
    batch = {name: run.engine.asarray([[0.0] * n] * rows) for name, n in widths.items()}
    tried: list[float] = []
    while len(tried) < 3 and sum(tried) < 1:  # a first call is slower, and a machine may be busy
        began = perf_counter()
        evaluate(run.parameters, batch)
        tried.append(perf_counter() - began)
    return min(tried)


def _forecast(engine: str, steps: int, seconds: float) -> str:
    """How long a run takes, and what is faster."""
    long = duration(seconds)
    if engine != "python":
        said = f"All {steps:,} steps take about {long}, as one gradient suggests."
        busy = hasattr(os, "getloadavg") and os.getloadavg()[0] > (os.cpu_count() or 1)
        if not busy or "OMP_NUM_THREADS" in os.environ:
            return said
        return (
            f"{said} The machine has other work, too: with OMP_NUM_THREADS=1, set beforehand, "
            "NumPy's threads do not wait for each other, and it may be several times as fast."
        )
    faster = "--engine numpy is there, and has been"
    if choose_engine().name == "python":
        faster = "pip install 'chainrule[fast]' brings the numpy engine, which has been"
    return (
        f"In pure Python all {steps:,} steps take about {long}, as one gradient suggests; "
        f"{faster} measured to be 5 to 15 times as fast."
    )


def _short(number: float) -> str:
    """A number in at most five characters.

    Example:
        >>> _short(950.4), _short(12345.0), _short(2.5e6)
        ('950', '12.3k', '2.5M')
    """
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.1f}{letter}"
    return f"{number:.0f}"
