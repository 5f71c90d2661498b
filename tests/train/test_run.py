"""An epoch is counted on the clock from its first step to its last, whatever stands between."""

import itertools
import signal
from dataclasses import fields
from math import isfinite

import pytest

import chainrule as cr
from chainrule.engines import choose_engine
from chainrule.engines.python import PythonEngine
from chainrule.errors import NotANumberError, OptionError
from chainrule.train import Watcher
from chainrule.train.plan import Plan, TrainingOptions
from chainrule.train.source import ArraySource


def test_an_epoch_takes_the_time_of_its_slices(monkeypatch):
    monkeypatch.setattr("chainrule.train.run.perf_counter", itertools.count().__next__)
    net = cr.Network([cr.Dense(1, 1)], engine="python")
    x, y = [[float(n)] for n in range(6)], [[2.0 * n] for n in range(6)]
    run = net.training(x, y, epochs=3, batch_size=1, validation=None)
    for steps in (6, 2, 4, 1, 1, 4):
        run.step(steps)  # the clock moves on by one
    assert [epoch.seconds for epoch in net.history] == [1, 2, 3]
    assert [epoch.examples_per_second for epoch in net.history] == [6, 3, 2]


def test_an_epoch_may_be_shorter_than_a_tick_of_the_clock(monkeypatch):
    monkeypatch.setattr("chainrule.train.run.perf_counter", lambda: 7.0)
    net = cr.Network([cr.Dense(1, 1)], engine="python")
    (epoch,) = net.fit([[1.0]], [[2.0]], epochs=1)
    assert epoch.seconds == 0
    assert isfinite(epoch.examples_per_second)


class PressAfter(Watcher):
    """Presses Ctrl-C when an epoch has ended."""

    def __init__(self, epoch):
        self.last = epoch

    def epoch(self, run, record):
        if record.epoch == self.last:
            signal.raise_signal(signal.SIGINT)


def test_after_ctrl_c_the_best_weights_are_back():
    net = cr.Network([cr.Dense(1, 1)], engine="python")
    x, y = [[float(n)] for n in range(6)], [[2.0 * n] for n in range(6)]
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        history = net.fit(
            x, y, epochs=9, interruptible=True, watchers=[PressAfter(3)], progress=False
        )
    finally:
        signal.signal(signal.SIGINT, handler)
    assert len(history) == 3
    assert history.interrupted
    assert history.restored


def test_a_plan_has_the_defaults_of_the_options():
    plan, options = (
        {each.name: each.default for each in fields(kind)} for kind in (Plan, TrainingOptions)
    )
    shared = ("epochs", "l1", "l2", "clip_norm", "early_stopping")
    assert [plan[name] for name in shared] == [options[name] for name in shared]


def test_the_epoch_in_which_a_loss_is_no_number_is_counted_from_1():
    net = cr.Network([cr.Dense(1, 1)], engine="python")
    with pytest.raises(NotANumberError, match=r"stopped at step 1 \(epoch 1\)"):
        net.fit([[1e200]], [[-1e200]], epochs=3, validation=None, progress=False)


@pytest.mark.parametrize(
    ("epochs", "said"), [(1, "The one epoch is done."), (2, "All 2 epochs are done.")]
)
def test_the_end_is_said(epochs, said):
    net = cr.Network([cr.Dense(1, 1)], engine="python")
    history = net.fit([[1.0]], [[1.0]], epochs=epochs, validation=None, progress=False)
    assert history.stopped == said


def test_held_out_rows_that_are_all_right_are_counted_as_all_of_them():
    net = cr.Network([cr.Dense(1, 1, "sigmoid", weight=[[9.0]], bias=[0.0])], engine="python")
    x, y = [[-1.0], [1.0], [2.0]], [0, 1, 1]
    history = net.fit(x, y, epochs=1, validation=(x, y), learning_rate=1e-9, progress=False)
    assert history[-1].validation_metric == 1.0


def test_all_processes_are_told_to_take_a_step_together(monkeypatch):
    told = []

    def compiled(self, function, *, donate=(), together=False):
        told.append(together)
        return function

    monkeypatch.setattr(PythonEngine, "compile", compiled)
    net = cr.Network([cr.Dense(1, 1)], engine="python")
    net.fit([[1.0]], [[1.0]], epochs=1, validation=None, progress=False)
    assert told == [True, True]


def test_a_batch_of_all_rows_is_left_in_order():
    engine = choose_engine("python")
    x = engine.asarray([[float(n)] for n in range(9)])
    whole, parts = (ArraySource(engine, x, x, batch_size=size, seed=1) for size in (9, 4))
    assert [rows.tolist() for rows, _ in whole.batches(1)] == [x.tolist()]
    mixed = [row for rows, _ in parts.batches(1) for row in rows.tolist()]
    assert sorted(mixed) == x.tolist() != mixed


def test_early_stopping_is_kept_as_it_was_asked_for():
    net = cr.Network([cr.Dense(1, 1)], engine="python")
    x, y = [[1.0], [2.0]], [[1.0], [2.0]]
    net.fit(x, y, epochs=3, early_stopping=2, validation=(x, y), progress=False)
    kept = net.trained_with["early_stopping"]
    assert {"best": None, "best_epoch": None, "waited": 0}.items() <= kept.items()


def test_an_engine_that_records_nothing_has_no_program_to_show():
    net = cr.Network([cr.Dense(1, 1)], engine="python")
    run = net.training([[1.0]], [[1.0]], epochs=1, validation=None)
    run.step(1)
    with pytest.raises(OptionError, match="the python engine has recorded no step here"):
        _ = run.program
