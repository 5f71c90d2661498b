"""A step takes the penalty's slope with its sign, and hands every row to it once."""

from types import SimpleNamespace

import pytest

from chainrule import arrays
from chainrule.engines import choose_engine
from chainrule.nn import LOSSES, Architecture, Dense
from chainrule.train import SGD, ArraySource, StreamSource, initial_state, training_step

LAYER = Dense(2, 1, weight=[[0.5, -0.25]], bias=[2.0])
BATCH = {
    "x": arrays.asarray([[1.0, 2.0], [-0.5, 1.0]]),
    "t": arrays.asarray([[1.0], [0.0]]),
    "learning_rate": 0.1,
}


def weights_after_a_step(**penalty):
    architecture = Architecture([LAYER])
    step = training_step(architecture, LOSSES["mean_squared_error"], SGD(), **penalty)
    flat = architecture.layout.join(arrays, architecture.initial(0))
    state, results = step(initial_state(SGD(), flat), BATCH)
    named = architecture.layout.split(arrays, state["parameters"])
    return named["dense1.weight"].tolist()[0], named["dense1.bias"].tolist(), results["loss"]


@pytest.mark.parametrize(
    ("penalty", "slopes"),
    [
        ({"l2": 0.5}, [2 * 0.5 * 0.5, 2 * 0.5 * -0.25]),
        ({"l1": 0.5}, [0.5, -0.5]),
        ({"l1": 0.25, "l2": 1.0}, [0.25 + 2 * 0.5, -0.25 + 2 * -0.25]),
    ],
)
def test_a_penalty_pulls_each_weight_towards_zero_by_its_slope(penalty, slopes):
    weights, bias, loss = weights_after_a_step()
    pulled, same_bias, same_loss = weights_after_a_step(**penalty)
    assert (same_bias, same_loss) == (bias, loss)
    # A plain step moves by the learning rate times the slope, against it.
    expected = [w - 0.1 * slope for w, slope in zip(weights, slopes, strict=True)]
    assert pulled == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    "engine", ["python", pytest.param("numpy", marks=pytest.mark.extra("numpy"))]
)
@pytest.mark.parametrize("seed", [None, 4])
def test_an_epoch_hands_out_every_row_once_with_its_target_and_weight(engine, seed):
    chosen = choose_engine(engine)
    tables = [
        chosen.asarray([[float(n), -float(n)] for n in range(11)]),
        chosen.asarray([[10.0 * n] for n in range(11)]),
        chosen.asarray([n / 2 for n in range(11)]),
    ]
    source = ArraySource(chosen, *tables, batch_size=4, seed=seed)
    assert [shape for shape, _ in source.shapes] == [(4, 2), (4, 1), (4,)]
    batches = list(source.batches(1))
    assert [len(x.tolist()) for x, _, _ in batches] == [4, 4, 3]
    rows = [
        (x, t, w)
        for batch in batches
        for x, t, w in zip(*(table.tolist() for table in batch), strict=True)
    ]
    assert sorted(rows) == [([float(n), -float(n)], [10.0 * n], n / 2) for n in range(11)]
    assert (rows == sorted(rows)) == (seed is None)


@pytest.mark.parametrize(
    ("factors", "weights", "counted"),
    [
        (None, None, []),
        (None, [2.0, 0.5, 1.0], [[2.0, 0.5, 1.0]]),
        ({0: 3.0, 1: 0.25}, None, [[0.25, 3.0, 0.25]]),
        ({0: 3.0, 1: 0.25}, [2.0, 0.5, 1.0], [[0.5, 1.5, 0.25]]),
    ],
)
def test_a_row_of_a_stream_counts_by_its_weight_times_that_of_its_class(factors, weights, counted):
    stream = SimpleNamespace(learned=3, kept_back=0)
    source = StreamSource(
        choose_engine("python"), stream, None, batch_size=3, class_factors=factors
    )
    part = SimpleNamespace(y=[1.0, 0.0, 1.0], weights=weights)
    assert [array.tolist() for array in source._weights(part)] == counted
