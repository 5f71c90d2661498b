"""The loop: epochs of steps, measured, watched, and stopped in time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import isfinite
from time import perf_counter
from typing import Any

from chainrule.arrays.random import Generator
from chainrule.engines import Engine, in_scope
from chainrule.errors import NotANumberError, OptionError
from chainrule.train.checkpoint import Checkpoint
from chainrule.train.divergence import birthplace, unsound
from chainrule.train.history import Epoch, History
from chainrule.train.identity import require_one_run
from chainrule.train.interrupts import Interrupts
from chainrule.train.kept_steps import step_and_evaluation
from chainrule.train.memory import machine_memory, require_room
from chainrule.train.metrics import spread
from chainrule.train.plan import Plan
from chainrule.train.source import Source
from chainrule.train.step import Step, initial_state
from chainrule.train.tally import Tally
from chainrule.train.watcher import Watcher


class TrainingRun:
    """A run that can be taken step by step.

    Args:
        plan: How to train.
        engine: What it runs on.
        parameters: The flat first weights, one of the engine's arrays.
        source: The batches to learn from.
        held_out: The batches to be measured on after every epoch.
        watchers: Who is told of steps and epochs.
        checkpoint: Where the run is kept after every epoch, and taken up from.

    Attributes:
        state: Parameters, the optimizer's memory and the number of steps taken, as the engine's
            steps take them.
        history: What was measured so far.
        epoch: The number of the epoch that ended last.
        watch: What early stopping has seen so far; None without it.
        best: The parameters of the best epoch so far, as the engine's steps take them; None
            without early stopping.
        interrupts: What to stand in for Ctrl-C to wait until a step is whole.
    """

    def __init__(
        self,
        plan: Plan,
        engine: Engine,
        parameters: Any,
        source: Source,
        held_out: Source | None = None,
        watchers: Sequence[Watcher] = (),
        checkpoint: Checkpoint | None = None,
    ) -> None:
        self.plan = plan
        self.engine = engine
        self.source = source
        self.held_out = held_out
        self.watchers = tuple(watchers)
        self.interrupts = Interrupts()
        require_one_run(engine, plan, source, held_out)
        narrower = None if engine.weight_dtype(plan.dtype) == plan.dtype else plan.dtype
        step, evaluate = step_and_evaluation(plan, source, held_out, dtype=narrower)
        require_room(
            plan.architecture,
            -(-source.batch_size // engine.devices),
            number_bytes=engine.number_bytes(plan.dtype),
            weight_bytes=engine.number_bytes(engine.weight_dtype(plan.dtype)),
            memories=len(plan.optimizer.init(parameters[:1])),
            available=engine.memory or machine_memory(),
            planned=lambda: self._planned_bytes(step, parameters),
        )
        self._step = engine.compile(step, donate=(0,), together=True)
        self.state = self._initial_state(parameters)
        self.epoch = 0
        self.checkpoint = checkpoint
        self.watch = replace(plan.early_stopping) if plan.early_stopping else None
        if self.watch:
            self.watch.restart()
        self.best = engine.copy(self.state["parameters"]) if self.watch else None
        watched = plan.early_stopping.metric if plan.early_stopping else "loss"
        self.history = History(
            metric_name=plan.metric.name,
            monitor=watched,
            optimizer=plan.optimizer.name,
            learning_rate=plan.learning_rate,
        )
        self._evaluate = engine.compile(evaluate, together=True)
        self._spreads: dict[str, float] = {}
        self._whole: Any = None
        if checkpoint:
            checkpoint.begin(self)

    def _initial_state(self, parameters: Any) -> Any:
        first = initial_state(self.plan.optimizer, parameters)
        return self.engine.distribute(first, self.plan.architecture.layout)

    def _planned_bytes(self, step: Step, parameters: Any) -> int | None:
        """The bytes of a step beyond its state, if the engine can tell before a batch is made."""
        if self.source.shapes is None:
            return None
        x, t = self.source.shapes
        batch = {"x": x, "t": t, "learning_rate": self.plan.learning_rate}
        if dropouts := self.plan.architecture.dropouts:
            rows, dtype = self.source.batch_size, self.plan.dtype
            batch["masks"] = {n: ((rows, width), dtype) for n, (_, width) in dropouts.items()}
        return self.engine.planned_bytes(step, self._initial_state(parameters), batch)

    @in_scope
    def run(self) -> History:
        """Train to the end of the plan, or to where early stopping ends it.

        With early stopping the weights of the best epoch are put back.

        Raises:
            NotANumberError: If a loss is not finite; the weights from before that step are kept.
        """
        for watcher in self.watchers:
            watcher.begin(self)
        while self.epoch < self.plan.epochs and not (self.watch and self.watch.over):
            record = self.take_epoch()
            if self.watch:
                watched = _watched(record, self.watch.metric)
                if self.watch.update(watched, record.epoch) == "improved":
                    self.best = self.engine.copy(self.state["parameters"])
            if self.checkpoint:
                self.checkpoint.write(self)
        self.history.stopped = (
            f"All {self.epoch} epochs are done." if self.epoch > 1 else "The one epoch is done."
        )
        if self.watch and self.watch.over:
            self.history.stopped = self.watch.describe()
        if self.watch and self.watch.best_epoch not in (None, self.epoch):
            self.state = {**self.state, "parameters": self.best}
        for watcher in self.watchers:
            watcher.end(self)
        return self.history

    @property
    def program(self) -> str:
        """What the NumPy engine runs for a step, as it last ran: Python that can be read.

        Raises:
            OptionError: If the run is on another engine, or has taken no step.
        """
        programs = list(getattr(self._step, "programs", {}).values())
        if not programs:
            raise OptionError(
                f"the {self.engine.name} engine has recorded no step here: the numpy engine "
                "records its first, and shows it from then on"
            )
        return str(programs[-1])

    @property
    def parameters(self) -> Any:
        """A copy of the weights as they are, in one flat array."""
        return self.collected(self.state["parameters"])

    def collected(self, state: Any) -> Any:
        """Any part of a state in flat arrays."""
        return self.engine.collect(state, self.plan.architecture.layout)

    @in_scope
    def take_epoch(self) -> Epoch:
        """One pass over the examples, measured; the record is added to the history."""
        began = perf_counter()
        self._whole = self.engine.copy(self.state)
        tally = Tally()
        for number, batch in enumerate(self._batches(self.epoch + 1), start=1):
            tally.note(number, batch["x"].shape[0], self._take_step(batch))
            self._read(tally, keep=self.engine.lag - 1)
        self._read(tally)
        if unsound("", self.parameters):
            self._explain_divergence()
        self._whole = None
        self.epoch += 1
        seconds = perf_counter() - began
        held_out_loss, held_out_metric = self._measure_held_out()
        record = Epoch(
            epoch=self.epoch,
            step=self.epoch * self.source.steps,
            loss=tally.losses / tally.rows,
            metric=self.plan.metric.value(tally.counted, tally.rows, self._spread("source")),
            validation_loss=held_out_loss,
            validation_metric=held_out_metric,
            learning_rate=batch["learning_rate"],
            seconds=seconds,
            examples_per_second=tally.rows / seconds,
            gradient_norm=tally.gradient_norm,
        )
        self.history.append(record)
        for watcher in self.watchers:
            watcher.epoch(self, record)
        return record

    def _read(self, tally: Tally, *, keep: int = 0) -> None:
        """Look at the losses of all steps but the latest `keep`."""
        for number, loss in tally.read(keep=keep):
            if not isfinite(loss):
                self._explain_divergence()
            for watcher in self.watchers:
                watcher.step(self, number, loss)

    def _take_step(self, batch: dict[str, Any]) -> dict[str, Any]:
        followers = [watcher for watcher in self.watchers if watcher.follows_weights]
        before = self.collected(self.state) if followers else None
        placed = self.engine.place(batch)
        try:
            self.state, results = self._step(self.state, placed)
        except BaseException:
            # Broken off, it leaves neither the state before it nor the one after it.
            self.state = self._whole
            raise
        for watcher in followers:
            watcher.moved(self, before, batch)
        found: dict[str, Any] = results
        return found

    def _batches(self, epoch: int) -> Iterator[dict[str, Any]]:
        """The batches of an epoch with everything else that a step takes in."""
        plan = self.plan
        total = plan.epochs * self.source.steps
        done = (epoch - 1) * self.source.steps
        masks = Generator(plan.seed).spawn(f"masks {epoch}")
        for step, (x, t) in enumerate(self.source.batches(epoch), start=done + 1):
            if self.interrupts.waiting:  # asked here, where a call would be felt by a small step
                self.interrupts.let_through()
            batch: dict[str, Any] = {
                "x": x,
                "t": t,
                "learning_rate": plan.schedule.learning_rate(step, total, plan.learning_rate),
            }
            if plan.architecture.dropouts:
                batch["masks"] = self._masks(masks, x.shape[0])
            yield batch

    def _masks(self, generator: Generator, rows: int) -> dict[str, Any]:
        xp = self.engine.xp
        masks = {}
        for name, (rate, width) in self.plan.architecture.dropouts.items():
            u = self.engine.random(generator, rows * width, dtype=self.plan.dtype)
            scale = xp.where(u >= rate, xp.ones_like(u) / (1 - rate), 0)
            masks[name] = xp.reshape(scale, (rows, width))
        return masks

    def _measure_held_out(self) -> tuple[float | None, float | None]:
        if self.held_out is None:
            return None, None
        rows, losses, counted = 0, 0.0, 0.0
        for x, t in self.interrupts.between(self.held_out.batches(1)):
            rows += x.shape[0]
            batch = self.engine.place({"x": x, "t": t})
            results = self._evaluate(self.state["parameters"], batch)
            losses += float(results["loss"])
            counted += float(results["count"])
        return losses / rows, self.plan.metric.value(counted, rows, self._spread("held_out"))

    def _spread(self, which: str) -> float:
        """How far the targets of a source lie apart; worked out once, and only where it is used."""
        if self.plan.metric.rule != "value":
            return 0.0
        if which not in self._spreads:
            source: Source = getattr(self, which)
            self._spreads[which] = spread(t for _, t in self.interrupts.between(source.batches(1)))
        return self._spreads[which]

    def _explain_divergence(self) -> None:
        """Take the epoch again up to the bad step, and say where it left the finite numbers.

        The step has overwritten its own starting point, and others may have followed it; the
        batches of an epoch are repeatable, so the weights from just before it can be made again.
        """
        plan, state = self.plan, self.engine.copy(self._whole)
        self.state = self._whole
        for number, batch in enumerate(self._batches(self.epoch + 1), start=1):
            kept = self.engine.copy(state)
            state, results = self._step(state, self.engine.place(batch))
            after = self.collected(state["parameters"])
            loss, wrong = float(results["loss"]), unsound("the weights", after)
            if wrong or not isfinite(loss):
                step = self.epoch * self.source.steps + number
                break
        self.state = kept
        where = f"its step leaves the finite numbers: {wrong}"
        if not isfinite(loss):
            where = birthplace(plan.architecture, plan.loss, self.parameters, batch)
        raise NotANumberError(
            f"training stopped at step {step} (epoch {self.epoch + 1}): the loss is {loss:g}; "
            f"{where}; the weights from before that step are kept. Try a learning rate below "
            f"{batch['learning_rate']:g}, clip_norm=1, or inputs on a smaller scale"
        )


def _watched(record: Epoch, metric: str) -> float:
    kind = "loss" if metric == "loss" else "metric"
    value = getattr(record, f"validation_{kind}")
    return float(getattr(record, kind) if value is None else value)
