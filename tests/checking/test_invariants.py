import pytest

from chainrule.arrays.random import Generator
from chainrule.model import Network
from chainrule.model.check import check_gradients
from chainrule.nn import Dense

X = Generator(2).normal(0.0, 1.0, (6, 3)).tolist()


def network(hidden, output="softmax"):
    return Network(
        [Dense(3, 4, hidden), Dense(4, 4, hidden), Dense(4, 2, output)], engine="python", seed=1
    )


def laws(check):
    return {v.name: v for v in check.verdicts if v.method == "invariant"}


@pytest.mark.parametrize("hidden", ["relu", "leaky_relu", "identity"])
def test_what_flows_into_a_proportional_unit_flows_out(hidden):
    found = laws(check_gradients(network(hidden), X, [0, 1, 0, 1, 1, 0]))
    assert {"dense1, in = out", "dense2, in = out"} <= found.keys()
    assert all(v.passed for v in found.values())
    assert found["dense1, in = out"].given != 0


@pytest.mark.parametrize("hidden", ["tanh", "gelu", "elu"])
def test_a_unit_that_is_not_proportional_makes_no_such_promise(hidden):
    found = laws(check_gradients(network(hidden), X, [0, 1, 0, 1, 1, 0]))
    assert not any("in = out" in name for name in found)


def test_the_scores_of_a_softmax_share_one_push():
    found = laws(check_gradients(network("tanh"), X, [0, 1, 0, 1, 1, 0]))
    assert found["dense3, classes sum to 0"].passed
    sigmoids = laws(check_gradients(network("tanh", "sigmoid"), X, [[0.0, 1.0]] * 6))
    assert "dense3, classes sum to 0" not in sigmoids


def test_soft_targets_that_do_not_add_up_to_one_keep_the_balance():
    found = laws(check_gradients(network("tanh"), X, [[0.2, 0.3]] * 6))
    assert found["dense3, classes sum to 0"].passed


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("dense1.weight", {"dense1, in = out", "batch = mean of rows"}),
        ("dense2.bias", {"dense2, in = out", "batch = mean of rows"}),
        ("dense3.bias", {"dense3, classes sum to 0", "batch = mean of rows"}),
    ],
)
def test_a_wrong_gradient_breaks_the_laws_that_it_takes_part_in(name, broken):
    net, y = network("leaky_relu"), [0, 1, 0, 1, 1, 0]
    for w in ("dense1", "dense2"):
        net.set_parameters({f"{w}.bias": [0.3, -0.4, 0.2, 0.5]})
    gradient = {n: g.tolist() for n, g in net.gradients(X, y).items()}
    row = gradient[name] if name.endswith("bias") else gradient[name][1]
    row[0] += 1e-6
    found = laws(check_gradients(net, X, y, gradient=gradient))
    assert {law for law, v in found.items() if not v.passed} == broken


@pytest.mark.parametrize("x", [[[0.0, 1.0]], [[1e-200, 0.0]], [[0.0, 0.0]]])
def test_no_law_is_broken_where_rounding_may_be_larger_than_any_number(x):
    hidden = Dense(2, 2, "softplus", weight=[[1e154, 0.0], [0.0, 1.0]])
    net = Network([hidden, Dense(2, 1, weight=[[1e154, 1.0]])], engine="python")
    check = check_gradients(net, x, [[0.0]])
    assert check.passed, check
