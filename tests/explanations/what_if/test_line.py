"""The loss along one weight is the loss of the whole network with that weight changed."""

import pytest

import chainrule as cr
import chainrule.arrays as xp
from chainrule.explanations.what_if.line import WeightLine
from chainrule.nn import (
    ACTIVATIONS,
    LOSSES,
    Architecture,
    Dense,
    Dropout,
    NetworkStudy,
)

WEIGHTS = [
    ("dense1.weight", (2, 1)),
    ("dense1.bias", (0,)),
    ("dense2.weight", (1, 2)),
    ("dense3.bias", (1,)),
    ("dense3.weight", (0, 2)),
]


def study(activation="tanh", loss="mean_squared_error", rows=3):
    output = "identity" if LOSSES[loss].link else activation
    layers = [Dense(2, 4, activation), Dropout(0.5), Dense(4, 3, activation), Dense(3, 2, output)]
    architecture = Architecture(layers)
    x = xp.asarray([[0.3, -1.0], [2.0, 0.5], [-0.7, 0.1]][:rows])
    return NetworkStudy(
        architecture,
        LOSSES[loss],
        architecture.initial(4),
        x,
        xp.asarray([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]][:rows]),
    )


def with_entry(array, index, value):
    rows = array.tolist()
    if len(index) == 1:
        rows[index[0]] = value
    else:
        rows[index[0]][index[1]] = value
    return xp.asarray(rows)


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_a_value_on_the_line_is_the_loss_of_the_changed_network(activation, loss):
    about = study(activation, loss)
    for parameter, index in WEIGHTS:
        line = WeightLine(about, parameter, index)
        for value in (line.at, -1.5, 0.0, 2.25):
            changed = {
                **about.parameters,
                parameter: with_entry(about.parameters[parameter], index, value),
            }
            assert float(line(value)) == pytest.approx(float(about.loss(changed)), rel=1e-14)


def test_the_line_can_be_differentiated():
    about = study()
    for parameter, index in WEIGHTS:
        line = WeightLine(about, parameter, index)
        value, slope = cr.value_and_grad(line)(line.start)
        assert float(value) == pytest.approx(float(about.loss()), rel=1e-14)
        h = 1e-5
        swept = (float(line(line.at + h)) - float(line(line.at - h))) / (2 * h)
        assert float(slope) == pytest.approx(swept, rel=1e-6, abs=1e-10)


def test_what_comes_before_the_weight_is_run_once():
    about = study()
    line = WeightLine(about, "dense3.bias", (0,))
    line(0.0)
    about.parameters["dense1.weight"] = about.parameters["dense1.weight"] * float("nan")
    assert float(line(1.0)) == float(line(1.0))


@pytest.mark.extra("numpy")
def test_numpy_walks_the_same_line():
    import numpy as np

    about = study("gelu", "cross_entropy")
    arrays = {name: np.asarray(w.tolist()) for name, w in about.parameters.items()}
    other = NetworkStudy(
        about.architecture,
        about.loss_function,
        arrays,
        np.asarray(about.x.tolist()),
        np.asarray(about.t.tolist()),
    )
    ours, theirs = (WeightLine(s, "dense2.weight", (1, 2)) for s in (about, other))
    assert float(theirs(0.7)) == pytest.approx(float(ours(0.7)), rel=1e-12)
    assert float(cr.grad(theirs)(theirs.start)) == pytest.approx(
        float(cr.grad(ours)(ours.start)), rel=1e-12
    )


def test_every_layer_keeps_its_own_activation():
    layers = [Dense(2, 3, "tanh"), Dense(3, 3, "sigmoid"), Dense(3, 2, "softplus")]
    architecture = Architecture(layers)
    x, t = xp.asarray([[0.3, -1.0]]), xp.asarray([[1.0, 0.0]])
    about = NetworkStudy(architecture, LOSSES["mean_squared_error"], architecture.initial(4), x, t)
    for parameter in architecture.layout.shapes:
        index = (1, 0) if parameter.endswith("weight") else (1,)
        line = WeightLine(about, parameter, index)
        assert float(line(line.at)) == pytest.approx(float(about.loss()), rel=1e-14)
