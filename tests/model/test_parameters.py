"""The weights are read from `net.parameters`, and changed by `set_parameters`."""

import copy
import pickle

import pytest

import chainrule as cr
from chainrule.errors import KindError, OptionError


@pytest.fixture
def net():
    return cr.Network([cr.Dense(2, 2, "relu"), cr.Dense(2, 1)], engine="python")


@pytest.mark.parametrize(
    "write",
    [
        lambda p: p.__setitem__("dense1.bias", [5.0, 5.0]),
        lambda p: p.update({"dense1.bias": [5.0, 5.0]}),
        lambda p: p.pop("dense1.bias"),
        lambda p: p.__delitem__("dense1.bias"),
        lambda p: p.clear(),
    ],
)
def test_putting_weights_into_what_was_read_is_refused_with_the_way_to_do_it(net, write):
    with pytest.raises(KindError, match=r"use net\.set_parameters"):
        write(net.parameters)
    assert net.parameters["dense1.bias"].tolist() == [0.0, 0.0]


def test_what_was_read_can_be_copied_and_sent(net):
    for again in (copy.deepcopy(net.parameters), pickle.loads(pickle.dumps(net.parameters))):
        assert again["dense1.bias"].tolist() == [0.0, 0.0]
    own = dict(net.parameters)
    own["dense1.bias"] = [5.0, 6.0]
    net.set_parameters(own)
    assert net.parameters["dense1.bias"].tolist() == [5.0, 6.0]


@pytest.mark.extra("jax")
def test_jax_walks_what_was_read_as_a_tree():
    import jax

    net = cr.Network([cr.Dense(2, 1)], engine="jax", dtype="float32")
    doubled = jax.tree.map(lambda w: 2 * w, net.parameters)
    assert doubled["dense1.weight"].tolist() == (2 * net.parameters["dense1.weight"]).tolist()


@pytest.mark.parametrize("loss", ["mean_squared_error", "huber", "hinge"])
def test_a_softmax_of_one_output_is_refused(loss):
    net = cr.Network([cr.Dense(1, 4, "tanh"), cr.Dense(4, 1, "softmax")], engine="python")
    with pytest.raises(OptionError, match="a single output is always 1"):
        net.fit([[0.5], [-0.5]], [1, 0], loss=loss, epochs=1, progress=False, validation=None)


@pytest.mark.extra("numpy")
def test_nothing_that_is_written_over_reaches_the_weights_it_began_with():
    net = cr.Network([cr.Dense(2, 1, weight=[[0.5, -2.0]])], engine="numpy")
    net.flat[...] = 7.0
    with pytest.raises(ValueError, match="read-only"):
        net.initial_parameters["dense1.weight"][...] = 9.0
    assert net.initial_parameters["dense1.weight"].tolist() == [[0.5, -2.0]]
