"""An epoch is counted on the clock from its first step to its last, whatever stands between."""

import itertools
import signal
from dataclasses import fields

import chainrule as cr
from chainrule.train import Watcher
from chainrule.train.plan import Plan
from chainrule.train.training_options import TrainingOptions


def test_an_epoch_takes_the_time_of_its_slices(monkeypatch):
    monkeypatch.setattr("chainrule.train.run.perf_counter", itertools.count().__next__)
    net = cr.Network([cr.Dense(1, 1)], engine="python")
    x, y = [[float(n)] for n in range(6)], [[2.0 * n] for n in range(6)]
    run = net.training(x, y, epochs=3, batch_size=1, validation=None)
    for steps in (6, 2, 4, 1, 1, 4):
        run.step(steps)  # the clock moves on by one
    assert [epoch.seconds for epoch in net.history] == [1, 2, 3]
    assert [epoch.examples_per_second for epoch in net.history] == [6, 3, 2]


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
