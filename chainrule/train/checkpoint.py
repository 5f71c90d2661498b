"""A run kept in a file: written after epochs, and taken up again where it was left.

The file does not depend on the engine, nor on how many processes train: the same run goes on from
it on one process or on several.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any, final

from chainrule.errors import ModelFileError, OptionError, require_above_zero, require_whole
from chainrule.files import exists, why_unwritable
from chainrule.train.described import read_description, write_described
from chainrule.train.history import Epoch, History
from chainrule.train.plan import differences, run_description
from chainrule.train.progress import Watcher
from chainrule.train.run import Snapshot, TrainingRun
from chainrule.train.safetensors import (
    TensorBytes,
    about_file,
    open_model,
    read_bytes,
    require_checksum,
    require_model_name,
)
from chainrule.train.stopping import EarlyStopping
from chainrule.words import shortened

_DESCRIPTION = "chainrule.checkpoint"
_MEMORY = "optimizer."


@final
@dataclass(frozen=True)
class _CheckpointHeader:
    """What stands beside the numbers."""

    run: Mapping[str, Any]
    epoch: int
    history: History
    watch: EarlyStopping | None


@final
class Checkpoint(Watcher):
    """Keeps a run in a safetensors file: weights, the optimizer's memory, history, best weights.

    Args:
        path: The file, in a folder that exists.
        resume: Go on from the file where there is one; without it a file that is there is refused,
            and not overwritten.
        every: After how many epochs it is written, and after the last; None for only when Ctrl-C
            ends an interruptible run, which then replaces an older run's file.
        seconds: In place of `every`: at the end of an epoch, once so much time has passed.

    Raises:
        OptionError: Epochs that are no whole number from 1 on, or a time that is not above 0.
        ModelFileError: A file with the ending of another format.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        resume: bool = False,
        every: int | None = 1,
        seconds: float | None = None,
    ) -> None:
        if every is not None:
            require_whole("every", every)
        if seconds is not None:
            require_above_zero("seconds", seconds)
        require_model_name(path)
        self.path = Path(path)
        self.resume = resume
        self.every = None if seconds else every
        self.seconds = seconds
        self._run: dict[str, Any] = {}
        self._written = perf_counter()

    def resume_run(self, run: TrainingRun) -> None:
        """Bring a run to where the file has it; leave it at its start if there is no file.

        The leading process alone reads the file, and hands it out.

        Raises:
            OptionError: If the file is there and was not to be resumed, or is of another run.
            ModelFileError: If it is damaged or no checkpoint.
        """
        self._run = run_description(run.plan, run.source, run.held_out)
        if run.engine.leads and (why := why_unwritable(self.path)):  # known before the training
            raise ModelFileError(f"{self.path} cannot be written: {why}")
        there = run.engine.leads and exists(self.path)
        if not run.engine.hand_out(b"1" if there else b""):
            return
        data = run.engine.hand_out(self._read() if there else b"")
        if not self.resume and (self.every or self.seconds):
            raise OptionError(
                f"{self.path} exists and is not overwritten; resume goes on from it, or give the "
                "checkpoint another name"
            )
        with about_file(self.path):
            tensors, texts = read_bytes(data)
        with about_file(self.path, "cannot be used as a checkpoint: "):
            require_checksum(tensors, texts)
            record = read_description(
                _CheckpointHeader,
                texts.get(_DESCRIPTION),
                "checkpoint",
                none="it is not a checkpoint of a run; give the file that one was kept in",
                otherwise="resume with the chainrule that wrote it, or begin anew",
            )
        if not self.resume:
            return
        for name, then, value in differences(record.run, self._run):
            raise OptionError(
                f"{self.path} keeps another run: its {name} is {shortened(repr(then))} and this "
                f"one's {shortened(repr(value))}; "
                "give the same options, memory and data, or another file"
            )
        try:
            snapshot = _snapshot(run, tensors, record)
        except (KeyError, TypeError, ValueError) as error:
            raise ModelFileError(
                f"{self.path} cannot be used as a checkpoint: it is damaged ({error}); begin anew"
            ) from None
        run.rewind(snapshot)

    def epoch(self, run: TrainingRun, record: Epoch) -> None:
        """Put the run as it is in place of the file, where it is time: all of it, or nothing.

        Raises:
            ModelFileError: If it cannot be written; what was there stays as it was.
        """
        if self.seconds:
            due = perf_counter() - self._written >= self.seconds
            due = bool(run.engine.hand_out(b"1" if due else b""))
        else:
            due = bool(self.every) and record.epoch % (self.every or 1) == 0
        if due or (run.finished and (self.every or self.seconds)):
            self._write(run)

    def interrupted(self, run: TrainingRun) -> None:
        """Keep the epochs that are whole."""
        self._write(run)

    def _write(self, run: TrainingRun) -> None:
        state = run.collected(run.whole_epochs_state)
        arrays = {"parameters": state["parameters"]}
        arrays |= {_MEMORY + name: value for name, value in state["optimizer"].items()}
        if run.best is not None:
            arrays["best"] = run.collected(run.best)
        if not run.engine.leads:
            return
        record = {
            "run": self._run,
            "epoch": run.epoch,
            "history": run.history.to_dict(),
            "watch": run.stopping and run.stopping.to_dict(),
        }
        write_described(self.path, arrays, _DESCRIPTION, record)
        self._written = perf_counter()

    def _read(self) -> bytes:
        with open_model(self.path) as file:
            return file.read()


def _snapshot(
    run: TrainingRun, tensors: Mapping[str, TensorBytes], record: _CheckpointHeader
) -> Snapshot:
    """The moment that a file describes."""
    engine, layout = run.engine, run.plan.architecture.layout
    dtype = engine.weight_dtype(run.plan.dtype)

    def array(name: str) -> Any:
        return engine.asarray(tensors[name].floats(), dtype=dtype)

    memory = {name: array(_MEMORY + name) for name in run.state["optimizer"]}
    epoch = record.epoch
    if epoch != len(record.history):
        raise ModelFileError(f"it is of epoch {epoch}, and tells of {len(record.history)}")
    flat = {"parameters": array("parameters"), "optimizer": memory}
    stopping = run.plan.early_stopping
    best = engine.distribute(array("best"), layout) if stopping or "best" in tensors else None
    if stopping:
        if record.watch is None:
            raise ModelFileError("it does not say what early stopping has seen")
        stopping = replace(record.watch, patience=stopping.patience, min_delta=stopping.min_delta)
    return Snapshot(
        plan=run.plan,
        state=engine.distribute({**flat, "steps": epoch * run.source.steps}, layout),
        epoch=epoch,
        history=record.history,
        stopping=stopping,
        best=best,
    )
