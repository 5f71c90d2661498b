"""A step is measured by the optimizer that is named, and beside weights that have a size."""

import pytest

import chainrule as cr
from chainrule.model import health
from chainrule.train import Watcher

X = [[n / 10 - 1, (7 * n % 20) / 10 - 1] for n in range(20)]
Y = [[x[0] - 0.5 * x[1]] for x in X]


def network(*layers, **options):
    return cr.Network(list(layers), engine="python", **options)


def test_weights_of_zero_have_no_size_to_compare_an_update_with():
    net = network(cr.Dense(2, 1, weight=[[0.0, 0.0]]))
    found = health(net, X, Y, optimizer="sgd", learning_rate=1e-4)
    assert "update-to-weight ratio" not in [finding.check for finding in found.findings]


def test_a_step_is_that_of_the_run(tmp_path):
    net = network(cr.Dense(2, 8, "tanh"), cr.Dense(8, 1), seed=1)
    options = {"optimizer": "sgd", "learning_rate": 0.5, "progress": False, "validation": None}
    net.fit(X, Y, epochs=5, batch_size=10, schedule="cosine", **options)
    net.save(tmp_path / "net.safetensors")
    loaded = cr.load(tmp_path / "net.safetensors", engine="python")
    for one_of_them in (net, loaded):
        looked = health(one_of_them, X, Y).looked_at
        assert "learning rate 0.5 (sgd, as in the run)" in looked
        assert "update-to-weight ratio" in looked
    assert "learning rate 0.25 (sgd)" in health(loaded, X, Y, learning_rate=0.25).looked_at
    assert "learning rate 0.001 (adam)" in health(loaded, X, Y, optimizer="adam").looked_at
    assert "learning rate 0.001 (adam)" in health(network(cr.Dense(2, 1)), X, Y).looked_at


def test_a_step_is_left_out_where_nobody_knows_what_trained(tmp_path):
    net = network(cr.Dense(2, 8, "tanh"), cr.Dense(8, 1), seed=1)
    net.fit(X, Y, epochs=5, batch_size=10, progress=False, validation=None)
    net.history.optimizer = None  # as a history that was put together by hand
    found = health(net, X, Y)
    assert "update-to-weight ratio" not in found.looked_at
    why = found.skipped["learning rate and update-to-weight ratio"]
    assert 'cr.health(net, x, y, optimizer="adam")' in why


def test_a_network_that_was_interrupted_has_been_trained():
    class Stops(Watcher):
        def epoch(self, run, record):
            if record.epoch == 3:
                raise KeyboardInterrupt

    net = network(cr.Dense(2, 8, "tanh"), cr.Dense(8, 1), seed=1)
    with pytest.raises(KeyboardInterrupt):
        net.fit(X, Y, epochs=9, watchers=[Stops()], progress=False, validation=None)
    assert "weights that never moved" in health(net, X, Y).looked_at
