"""An epoch is counted on the clock from its first step to its last, whatever stands between."""

import itertools

import chainrule as cr


def test_an_epoch_takes_the_time_of_its_slices(monkeypatch):
    monkeypatch.setattr("chainrule.train.run.perf_counter", itertools.count().__next__)
    net = cr.Network([cr.Dense(1, 1)], engine="python")
    x, y = [[float(n)] for n in range(6)], [[2.0 * n] for n in range(6)]
    run = net.training(x, y, epochs=3, batch_size=1, validation=None)
    for steps in (6, 2, 4, 1, 1, 4):
        run.step(steps)  # the clock moves on by one
    assert [epoch.seconds for epoch in net.history] == [1, 2, 3]
    assert [epoch.examples_per_second for epoch in net.history] == [6, 3, 2]
