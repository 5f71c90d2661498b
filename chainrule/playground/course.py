"""The course of a session: training in slices, and every moment to go back to."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, final

from chainrule.errors import ChainruleError, OptionError, require_known
from chainrule.model import Network, Rows
from chainrule.playground.edits import scaled_anew
from chainrule.playground.opening import Options, with_units
from chainrule.train import TrainingRun

MOST_MOMENTS = 120
"""How many moments of a run are kept to go back to; every other one is dropped when more."""

STRIDE = 10
"""How many steps lie between two moments that are kept, at most."""

ENDLESS = 1_000_000
"""Epochs of a run that ends when a person says so."""

AFRESH = ("activation", "seed", "scaled")
"""The options with which a session begins anew and takes as many steps."""

OF_TRAINING = ("optimizer", "learning_rate", "batch_size", "class_weight", "clip_norm")
"""The options that `fit` takes as they are."""

CHANGED = (*AFRESH, *OF_TRAINING)
"""The options that a session can go on with."""

LEDGER_STEPS = 500
"""The longest run that is run again to keep its account."""


@final
@dataclass(frozen=True)
class Moment:
    """Everything of a session that can change, at one time.

    Attributes:
        step: How many training steps were taken.
        loss: The mean loss over the rows that are learned from.
        flat: The weights.
        rows: The rows, with inputs and targets as edited.
        acts: What was done since the opening, to be done again from a link.
        run: The training run that was open, and where it was.
        options: How to train.
    """

    step: int
    loss: float
    flat: Any
    rows: Rows
    acts: tuple[tuple[Any, ...], ...]
    run: tuple[TrainingRun, Any] | None
    options: Options


@final
class Course:
    """Training in slices, edits between them, and the way back.

    Args:
        rows: The rows, with their network.
        options: How to train.
    """

    def __init__(self, rows: Rows, options: Options) -> None:
        self.rows = rows
        self.opened = self.options = _fit_for(rows, options)
        self.step = 0
        self.acts: tuple[tuple[Any, ...], ...] = ()
        self.undone: list[tuple[Moment, list[Moment]]] = []
        self._run: TrainingRun | None = None
        self._start = copy(self.net), 0
        self.moments = [self.moment()]

    @property
    def net(self) -> Network:
        """The network."""
        return self.rows.net

    @property
    def learnt_from(self) -> Rows:
        """The rows that training sees: those that were not held out."""
        return self.rows.part(held_out=False) or self.rows

    def moment(self) -> Moment:
        """Now, to come back to."""
        rows = self.learnt_from
        loss = self.net.loss(rows.examples, rows.y)
        run = self._run and (self._run, self._run.snapshot())
        flat = self.net.engine.copy(self.net.flat)
        return Moment(self.step, loss, flat, self.rows, self.acts, run, self.options)

    def go_to(self, moment: Moment) -> None:
        """Make everything what it was then; later moments are forgotten."""
        self.rows, self.step, self.acts = moment.rows, moment.step, moment.acts
        self.options = moment.options
        self.net.flat = self.net.engine.copy(moment.flat)
        self._run = moment.run and moment.run[0]
        if moment.run:
            moment.run[0].rewind(moment.run[1])
        self.moments = [each for each in self.moments if each.step < moment.step] + [moment]

    def about_to_edit(self) -> None:
        """Remember now for `undo`; what is edited ends the run, whose memory no longer fits."""
        self.undone.append((self.moment(), self.moments))
        del self.undone[:-MOST_MOMENTS]

    def edited(self, *act: Any) -> None:
        """Note an edit that was made."""
        self.acts = (*self.acts, act)
        self._run = None
        self.moments = [*self.moments[:-1], self.moment()]

    def undo(self) -> None:
        """Take the last edit back, and the training that followed it.

        Raises:
            OptionError: If nothing was edited.
        """
        if not self.undone:
            raise OptionError("there is nothing to undo; edit a weight, an input or a target first")
        moment, self.moments = self.undone.pop()
        self.go_to(moment)

    def change(self, given: Mapping[str, Any]) -> None:
        """Go on with other options; other units begin anew and take as many steps.

        Raises:
            OptionError: If an option is none of `CHANGED`, or not possible.
        """
        require_known("option", CHANGED, *given)
        options = _fit_for(self.rows, Options.of(self.options.to_dict() | dict(given)))
        self.about_to_edit()
        acts, steps, self.options = self.acts, self.step, options
        try:
            if any(name in given for name in AFRESH):
                rows = scaled_anew(self.rows) if given.get("scaled") else self.rows
                self.rows = replace(rows, net=with_units(rows.net, options))
                self.step, self._run = 0, None
                self.moments = [self.moment()]
                self.train(steps)
        except ChainruleError:
            self.undo()
            raise
        self.acts = acts
        self.edited("change", dict(given))

    def train(self, steps: int) -> None:
        """Take some steps, through the ends of epochs; moments on the way are kept.

        Raises:
            NotANumberError: If a loss is not finite; the weights from before that step are kept.
        """
        if self._run is None:
            self._start = copy(self.net), self.step
            self._run = self._training(self.net)
        for start in range(0, steps, STRIDE):
            self._take(self._run, min(STRIDE, steps - start))

    def _take(self, run: TrainingRun, steps: int) -> None:
        before = run.epoch * run.source.steps + run.steps_in_epoch
        try:
            run.step(steps)
        finally:
            self._took(run.epoch * run.source.steps + run.steps_in_epoch - before)

    def _took(self, steps: int) -> None:
        if not steps:
            return
        self.step += steps
        if self.acts and self.acts[-1][0] == "train":
            self.acts = (*self.acts[:-1], ("train", self.acts[-1][1] + steps))
        else:
            self.acts = (*self.acts, ("train", steps))
        self.moments = [*self.moments, self.moment()]
        if len(self.moments) > MOST_MOMENTS:
            self.moments = [*self.moments[:-1:2], self.moments[-1]]

    def steps_in_epoch(self) -> int:
        """How many steps show every row once."""
        return -(-len(self.learnt_from) // self.options.batch_size)

    def learn_example(self, place: int) -> None:
        """One step on one row alone."""
        self._training(self.net, self.rows.at([place])).step(1)

    def after_step(self, place: int) -> Network:
        """The network as one step on one row would leave it; this one stays as it is."""
        twin = copy(self.net)
        self._training(twin, self.rows.at([place])).step(1)
        return twin

    def rewind(self, step: int) -> None:
        """Go back to the latest kept moment at or before a step.

        Raises:
            OptionError: If there is none.
        """
        earlier = [moment for moment in self.moments if moment.step <= step]
        if not earlier:
            raise OptionError(f"there is no moment at step {step}; the first is step 0")
        self.undone = [each for each in self.undone if each[0].step <= earlier[-1].step]
        self.go_to(earlier[-1])

    def ledger(self) -> tuple[Any, int]:
        """The account of the run that is open, kept on a twin that takes it again.

        Raises:
            OptionError: If nothing was trained since the last edit, or too much.
        """
        start, at = self._start
        epochs = (self.step - at) // self.steps_in_epoch() if self._run is not None else 0
        steps = epochs * self.steps_in_epoch()
        if not 0 < steps <= LEDGER_STEPS:
            raise OptionError(
                "the ledger takes the whole epochs since the last edit again, up to "
                f"{LEDGER_STEPS} steps; found {steps}: {'rewind' if steps else 'train'} first"
            )
        twin = copy(start)
        run = self._training(twin, epochs=epochs, ledger=True)
        run.run()
        return run.history.ledger, at

    def _training(self, net: Network, rows: Rows | None = None, **more: Any) -> TrainingRun:
        rows = rows or self.learnt_from
        asked = {name: getattr(self.options, name) for name in OF_TRAINING}
        asked |= {"epochs": ENDLESS, "loss": net.loss_name, **more}
        return net.training(rows.examples, rows.y, **asked)


def _fit_for(rows: Rows, options: Options) -> Options:
    """The options, once these rows can be learned with them.

    Raises:
        OptionError: If classes are to weigh something where there are none.
    """
    if options.class_weight and not rows.examples.class_names:
        raise OptionError(
            f"class_weight is for classes, and {rows.examples.target_name} holds numbers"
        )
    return options
