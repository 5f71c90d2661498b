"""A training run: epochs of steps, measured, watched, and stopped in time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from math import isfinite
from time import perf_counter
from typing import Any, final

from chainrule.arrays import Generator
from chainrule.engines import Engine
from chainrule.errors import KindError, NotANumberError, OptionError, require_whole
from chainrule.train.divergence import birthplace, unsound
from chainrule.train.history import Epoch, History
from chainrule.train.memory import machine_memory, require_room
from chainrule.train.metrics import EpochSums, spread
from chainrule.train.plan import Plan, require_same_run
from chainrule.train.progress import Watcher
from chainrule.train.schedules import told_of
from chainrule.train.source import Source
from chainrule.train.step import Step, dropout_masks, initial_state, step_and_evaluation
from chainrule.train.stopping import EarlyStopping, Interrupts, is_better

_LAG_UNWATCHED = 63
"""How many losses may wait to be read where nobody is told of them: many at once take less."""


@final
@dataclass(frozen=True, repr=False)
class Snapshot:
    """A moment of a run, to which the run can be taken back as often as you like.

    Attributes:
        plan: That of the run.
        state: Parameters, the optimizer's memory and the number of steps taken.
        epoch: The number of the epoch that ended last.
        history: What was measured up to then.
        stopping: What early stopping had seen; None without it.
        best: The parameters of the best epoch; None where nothing asks for them.
        steps_in_epoch: How many steps of the next epoch were taken.
        sums: What these added up to.
        epoch_start: The state before them; None if there were none.
    """

    plan: Plan
    state: Any
    epoch: int
    history: History
    stopping: EarlyStopping | None
    best: Any
    steps_in_epoch: int = 0
    sums: EpochSums | None = None
    epoch_start: Any = None

    def __repr__(self) -> str:
        return f"<snapshot after {self.epoch} epochs and {self.steps_in_epoch} steps>"


@final
class TrainingRun:
    """A run that is taken to its end at once, or some steps at a time.

    Args:
        plan: How to train.
        engine: What it runs on.
        parameters: The flat first weights, one of the engine's arrays.
        source: The batches to learn from.
        held_out: The batches to be measured on after every epoch.
        watchers: Who is told of steps and epochs.
        hand_over: Called with the run whenever it comes to rest, however that happens.
        interruptible: Let Ctrl-C end `run` in good order once an epoch is whole: the weights of the
            best one are put back, and nothing is raised.

    Attributes:
        state: Parameters, the optimizer's memory and the number of steps taken, as the engine's
            steps take them.
        history: What was measured so far.
        epoch: The number of the epoch that ended last.
        steps_in_epoch: How many steps of the next one were taken.
        loss: The loss of the last batch that was looked at, before its step; None before the first.
        stopping: What early stopping has seen so far; None without it.
        best: The parameters of the best epoch so far; None where nothing asks for them.
        interrupts: What lets Ctrl-C wait until a step is whole.

    Example:
        >>> import chainrule as cr
        >>> net = cr.Network([cr.Dense(1, 1, weight=[[0.0]], bias=[0.0])], engine="python")
        >>> run = net.training([[1.0]], [[1.0]], optimizer="sgd", learning_rate=0.25)
        >>> start = run.snapshot()
        >>> run.step(), run.step(), net.loss([[1.0]], [[1.0]])
        (1.0, 0.0, 0.0)
        >>> run.rewind(start)
        >>> net.loss([[1.0]], [[1.0]])
        1.0
    """

    def __init__(
        self,
        plan: Plan,
        engine: Engine,
        parameters: Any,
        source: Source,
        held_out: Source | None,
        watchers: Sequence[Watcher],
        hand_over: Callable[[TrainingRun], None],
        *,
        interruptible: bool,
    ) -> None:
        self.plan = plan
        self.engine = engine
        self.source = source
        self.held_out = held_out
        self.watchers = tuple(watchers)
        self.interrupts = Interrupts()
        self.interruptible = interruptible
        self._hand_over = hand_over
        require_same_run(engine, plan, source, held_out)
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
        work = plan.architecture.layout.size * source.batch_size
        self._steps, self._at_once = engine.in_turn(step, self._step, work, source.even_rows)
        self._evaluate = engine.compile(evaluate, together=True)
        self._spreads: dict[Source, float] = {}
        self.state = self._initial_state(parameters)
        self.epoch = self.steps_in_epoch = 0
        self.loss: float | None = None
        self.stopping = plan.early_stopping and plan.early_stopping.fresh()
        self.best = engine.copy(self.state["parameters"]) if self.stopping else None
        self.history = History(
            metric_name=plan.metric.name,
            monitor=plan.early_stopping.metric if plan.early_stopping else "loss",
            optimizer=plan.optimizer.name,
            learning_rate=plan.learning_rate,
        )
        self._begun = self._ended = False
        self._batches: Iterator[dict[str, Any]] | None = None  # what is left of the open epoch
        self._sums = EpochSums(engine.as_float)
        self._epoch_start: Any = None
        self._best_value: float | None = None
        self._seconds = self._rate = 0.0

    def _initial_state(self, parameters: Any) -> Any:
        first = initial_state(self.plan.optimizer, parameters)
        return self.engine.distribute(first, self.plan.architecture.layout)

    def _planned_bytes(self, step: Step, parameters: Any) -> int | None:
        """The bytes of a step beyond its state, if the engine can tell before a batch is made."""
        if self.source.shapes is None:
            return None
        rows, dtype = self.source.batch_size, self.plan.dtype
        batch: dict[str, Any] = dict(zip(("x", "t", "weights"), self.source.shapes, strict=False))
        batch["learning_rate"] = self.plan.learning_rate
        if self.source.even_rows:
            batch.setdefault("weights", ((rows,), self.engine.weight_dtype(dtype)))
        if dropouts := self.plan.architecture.dropouts:
            batch["masks"] = {n: ((rows, width), dtype) for n, (_, width) in dropouts.items()}
        return self.engine.planned_bytes(step, self._initial_state(parameters), batch)

    @property
    def finished(self) -> bool:
        """Whether the plan is done, or early stopping has ended it."""
        return self.epoch >= self.plan.epochs or bool(self.stopping and self.stopping.over)

    def run(self) -> History:
        """Train to the end of the plan, or to where early stopping ends it.

        With early stopping the weights of the best epoch are put back.

        Raises:
            NotANumberError: If a loss is not finite; the weights from before that step are kept.
        """
        try:
            self._advance(None)
        except KeyboardInterrupt:
            if not (self.interruptible and self.epoch):
                raise
            if not self._ended:
                self._end_interrupted()
        return self.history

    def step(self, count: int = 1) -> float | None:
        """Take some steps, through the ends of epochs; a run that is finished takes no more.

        Args:
            count: How many; at the end of the run fewer are left.

        Returns:
            The loss of the last batch, before its step; None before the first step of the run.

        Raises:
            NotANumberError: If a loss is not finite; the weights from before that step are kept.
        """
        require_whole("count", count)
        self._advance(count)
        return self.loss

    def __reduce_ex__(self, _: object) -> Any:
        """Two runs of one network would write over each other's weights."""
        raise KindError("a run of training is not copied: copy its network, or keep run.snapshot()")

    def snapshot(self) -> Snapshot:
        """The moment at which the run is, to come back to with `rewind`."""
        with self.engine.scope():
            self._read()
            return Snapshot(
                plan=self.plan,
                state=self.engine.copy(self.state),
                epoch=self.epoch,
                history=copy(self.history),
                stopping=self.stopping and replace(self.stopping),
                best=self.best,
                steps_in_epoch=self.steps_in_epoch,
                sums=replace(self._sums),
                epoch_start=self._epoch_start,
            )

    def rewind(self, snapshot: Snapshot) -> None:
        """Go back, or forward, to a moment of this run; the steps from there give the same bits.

        Args:
            snapshot: What `snapshot` gave.

        Raises:
            OptionError: If it is of another run, or if somebody follows the weights step by step,
                as the ledger does, and would lose track.
        """
        if getattr(snapshot, "plan", None) is not self.plan:
            raise OptionError("the snapshot is of another run; give one that this run has made")
        if self._begun and any(watcher.follows_weights for watcher in self.watchers):
            raise OptionError(
                "the ledger and update probes follow every step, so a run that has them cannot be "
                "taken back; train without them"
            )
        with self.engine.scope():
            self.state = self.engine.copy(snapshot.state)
            self.history = copy(snapshot.history)
            self.stopping = snapshot.stopping and replace(snapshot.stopping)
            self._sums = replace(snapshot.sums or EpochSums(self.engine.as_float))
            self.epoch, self.steps_in_epoch = snapshot.epoch, snapshot.steps_in_epoch
            self.best, self._epoch_start = snapshot.best, snapshot.epoch_start
            self._take_up()
            self._best_value = self.history.monitored(self.history.best) if self.epoch else None
            self._batches, self._ended = None, False
            self._hand_over(self)

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

    @property
    def whole_epochs_state(self) -> Any:
        """The state after the epoch that ended last, whatever steps were taken since."""
        return self.state if self._epoch_start is None else self._epoch_start

    def collected(self, state: Any) -> Any:
        """Any part of a state in flat arrays."""
        return self.engine.collect(state, self.plan.architecture.layout)

    def __repr__(self) -> str:
        return f"<training run after {self.epoch} of {self.plan.epochs} epochs; .step(), .run()>"

    def _advance(self, count: int | None) -> None:
        """Take `count` steps, or all that are left; Ctrl-C waits until a step is whole."""
        with self.interrupts, self.engine.scope():
            try:
                if not self._begun:
                    self._begun = True
                    for watcher in self.watchers:
                        watcher.begin(self)
                while count != 0 and not self.finished:
                    taken = self._take_steps(count)
                    count = None if count is None else count - taken
                if self.finished and not self._ended:
                    self._end()
            except BaseException:
                self._batches = None
                for watcher in self.watchers:
                    watcher.close()
                raise
            finally:
                self._hand_over(self)

    def _take_steps(self, most: int | None) -> int:
        """Take steps of the open epoch, all that are left or `most`; close it after the last."""
        began, before = perf_counter(), self.steps_in_epoch
        lag = self.engine.lag - 1 if self.watchers else _LAG_UNWATCHED
        if self._batches is None:
            self._batches = islice(self._batches_of(self.epoch + 1), before, None)
        if before == 0:
            self._epoch_start = self.engine.copy(self.state)
            self._sums, self._seconds = EpochSums(self.engine.as_float), 0.0
        followers = [watcher for watcher in self.watchers if watcher.follows_weights]
        at_once = 1 if followers else min(self._at_once, lag + 1)
        batches = islice(self._batches, most)
        while group := tuple(islice(batches, at_once)):
            first, rows = self.steps_in_epoch + 1, [batch["x"].shape[0] for batch in group]
            unread = self._sums.add(first, rows, self._take(group, followers))
            self.steps_in_epoch += len(group)
            self._rate = group[-1]["learning_rate"]
            if unread > lag:
                self._read(keep=lag // 2)
        self._read()
        taken = self.steps_in_epoch - before
        if taken != most or self.steps_in_epoch == self.source.steps:
            flat = self.state["parameters"]
            if not self.engine.surely_finite(flat) and unsound("", self.collected(flat)):
                self._explain_divergence()
            self._close_epoch(self._seconds + perf_counter() - began)
        else:
            self._seconds += perf_counter() - began
        return taken

    def _take_up(self) -> None:
        """Let steps and measurements round as in a run that came to this place in one go."""
        measured = self.held_out or self.source
        before = partial(self.source.earlier, self.epoch, self.steps_in_epoch)
        self.engine.take_up(self._step, before)
        self.engine.take_up(self._evaluate, partial(measured.earlier, self.epoch, 0))

    def _read(self, *, keep: int = 0) -> None:
        """Look at the losses of all steps but the latest `keep`."""
        for number, loss in self._sums.read(keep=keep):
            self.loss = loss
            if not isfinite(loss):
                self._explain_divergence()
            for watcher in self.watchers:
                watcher.step(self, number, loss)

    def _take(self, batches: Sequence[Any], followers: Sequence[Watcher]) -> Sequence[Any]:
        before = self.collected(self.state) if any(w.wants_before for w in followers) else None
        try:
            self.state, results = self._steps(self.state, batches)
        except BaseException:
            # Broken off, it leaves neither the state before it nor the one after it.
            self.state = self.engine.copy(self._epoch_start)
            self.steps_in_epoch = 0
            self._take_up()
            raise
        for watcher in followers:
            self.engine.rest(self._step)  # whoever follows the weights may need the memory
            watcher.moved(self, before, self.engine.gathered(*batches))  # one step at a time
        return results

    def _close_epoch(self, seconds: float) -> None:
        """Measure the epoch whose last step was taken, and tell everyone who is to know."""
        sums, plan = self._sums, self.plan
        held_out_loss, held_out_metric = self._measure_held_out()
        record = Epoch(
            epoch=self.epoch + 1,
            step=(self.epoch + 1) * self.source.steps,
            loss=sums.losses / sums.rows,
            metric=plan.metric.value(sums.counted, sums.rows, self._spread(self.source)),
            validation_loss=held_out_loss,
            validation_metric=held_out_metric,
            learning_rate=self._rate,
            seconds=seconds,
            examples_per_second=self.source.rows / max(seconds, 1e-9),  # a clock may stand still
            gradient_norm=sums.gradient_norm,
        )
        self.epoch, self.steps_in_epoch = self.epoch + 1, 0
        self._batches = self._epoch_start = None
        self.history.append(record)
        value = self.history.monitored(record)
        assert value is not None
        if self.stopping:
            improved = self.stopping.update(value, record.epoch) == "improved"
        else:
            better = is_better(self.history.monitor, value, self._best_value)
            improved = self.interruptible and better
        if improved:
            self._best_value, self.best = value, self.engine.copy(self.state["parameters"])
        for watcher in self.watchers:
            watcher.epoch(self, record)

    def _end(self) -> None:
        """Say why the run has ended, and put back the best weights."""
        self._ended = True
        said = f"All {self.epoch} epochs are done" if self.epoch > 1 else "The one epoch is done"
        if self.stopping and self.stopping.best_epoch not in (None, self.epoch):
            where = "" if self.held_out is None else " on held-out rows"
            said += f"; the weights of epoch {self.stopping.best_epoch}, the best{where}, are back"
            self.state = {**self.state, "parameters": self.best}
            self.history.restored = True
        early = self.stopping if self.stopping and self.stopping.over else None
        told = told_of(self.plan.schedule, self.plan.epochs * self.source.steps)
        self.history.stopped = f"{early.describe() if early else f'{said}.'} {told}".rstrip()
        for watcher in self.watchers:
            watcher.end(self)
            watcher.close()

    def _end_interrupted(self) -> None:
        """Tell those who keep the run, and put back the best weights."""
        with self.engine.scope():
            for watcher in self.watchers:
                watcher.interrupted(self)
            best = self.whole_epochs_state["parameters"] if self.best is None else self.best
            self.state = {**self.state, "parameters": best}
            self.history.interrupted = True
            self.history.restored = self.best is not None
            self.history.stopped = (
                f"Interrupted in epoch {self.epoch + 1} of {self.plan.epochs}; the weights of "
                f"epoch {self.history.best.epoch}, the best so far, are kept."
            )
            self._hand_over(self)
            for watcher in self.watchers:
                watcher.end(self)

    def _batches_of(self, epoch: int) -> Iterator[dict[str, Any]]:
        """The batches of an epoch with everything else that a step takes in."""
        plan, steps = self.plan, self.source.steps
        total, done, dropouts = plan.epochs * steps, (epoch - 1) * steps, plan.architecture.dropouts
        masks = Generator(plan.seed).spawn(f"masks {epoch}") if dropouts else None
        for number, (x, t, *weights) in enumerate(self.source.step_batches(epoch), start=1):
            if self.interrupts.waiting:  # asked here, where a call would be felt by a small step
                self.interrupts.let_through()
            rate = plan.schedule.learning_rate(done + number, total, plan.learning_rate)
            batch: dict[str, Any] = {"x": x, "t": t, "learning_rate": rate}
            if masks:
                batch["masks"] = dropout_masks(plan, self.engine, masks, x.shape[0])
            if weights:
                batch["weights"] = weights[0]
            yield batch

    def _measure_held_out(self) -> tuple[float | None, float | None]:
        if self.held_out is None:
            return None, None
        rows, losses, counted = 0.0, 0.0, 0.0
        even = self.held_out.even_rows
        for tables in self.interrupts.between(self.held_out.batches(1)):
            batch = dict(zip(("x", "t", "weights"), tables, strict=False))
            results = self._evaluate(self.state["parameters"], self.engine.place(batch, even))
            rows += float(results.get("rows", tables[0].shape[0]))
            losses, counted = losses + float(results["loss"]), counted + float(results["count"])
        return losses / rows, self.plan.metric.value(counted, rows, self._spread(self.held_out))

    def _spread(self, source: Source) -> float:
        """How far the targets of a source lie apart; worked out once, and only where it is used."""
        if self.plan.metric.rule != "value":
            return 0.0
        if source not in self._spreads:
            targets = (tables[1:] for tables in self.interrupts.between(source.batches(1)))
            self._spreads[source] = spread(targets)
        return self._spreads[source]

    def _explain_divergence(self) -> None:
        """Take the epoch again up to the bad step, and say where it left the finite numbers.

        The step has overwritten its own starting point, and others may have followed it; the
        batches of an epoch are repeatable, so the weights from just before it can be made again.
        """
        plan, state = self.plan, self.engine.copy(self._epoch_start)
        self.state = self.engine.copy(self._epoch_start)
        for number, batch in enumerate(self._batches_of(self.epoch + 1), start=1):
            before = self.engine.copy(state)
            state, (results,) = self._steps(state, (batch,))
            after = self.collected(state["parameters"])
            loss, wrong = self.engine.as_float(results["loss"]), unsound("the weights", after)
            if wrong or not isfinite(loss):
                step = self.epoch * self.source.steps + number
                break
        self.state, self.steps_in_epoch = before, number - 1
        at = plan.architecture, plan.loss, self.parameters, self.engine.gathered(batch)
        where = birthplace(*at, after=wrong if isfinite(loss) else None)
        raise NotANumberError(
            f"training stopped at step {step} (epoch {self.epoch + 1}): the loss is {loss:g}; "
            f"{where}; the weights from before that step are kept. Try a learning rate below "
            f"{batch['learning_rate']:g}, clip_norm=1, or inputs on a smaller scale"
        )
