"""A step takes the penalty's slope with its sign, and hands every row to it once."""

from array import array
from functools import reduce
from hashlib import sha256
from operator import getitem
from types import SimpleNamespace

import pytest

from chainrule import arrays
from chainrule.engines import choose_engine
from chainrule.nn import LOSSES, Architecture, Dense
from chainrule.train import SGD, Adam, ArraySource, StreamSource, initial_state, training_step
from tests.marked_engines import NUMPY

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


@pytest.mark.parametrize("engine", ["python", NUMPY])
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
    assert (source.steps, source.even_rows) == (3, 4)
    assert ArraySource(chosen, *tables, batch_size=11).even_rows is None


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
    how = {"batch_size": 3, "dtype": "float64", "seed": 0, "held_out": False}
    source = StreamSource(choose_engine("python"), stream, None, **how, class_factors=factors)
    part = SimpleNamespace(y=[1.0, 0.0, 1.0], weights=weights)
    assert [array.tolist() for array in source._weights(part)] == counted
    assert source.shapes is None


def test_the_fingerprint_of_rows_is_that_of_their_doubles_4096_rows_at_a_time():
    """Runs that are kept in files know their data by it."""
    engine = choose_engine("python")
    x, t = [[n / 8, -1.0] for n in range(4097)], [[n % 3 + 0.5] for n in range(4097)]
    digest = sha256()
    for rows in (slice(0, 4096), slice(4096, None)):
        for table in (x, t):
            digest.update(array("d", [v for row in table[rows] for v in row]).tobytes())
    source = ArraySource(engine, engine.asarray(x), engine.asarray(t), batch_size=9)
    assert source.digest == digest.hexdigest()


def test_a_step_of_arrays_that_are_kept_apart_is_that_of_one_flat_array():
    architecture = Architecture([LAYER])
    step = training_step(architecture, LOSSES["huber"], Adam(), clip_norm=0.5)
    named = architecture.initial(0)
    flat = initial_state(Adam(), architecture.layout.join(arrays, named))
    nothing = tuple(arrays.zeros_like(w) for w in named.values())
    apart = {"parameters": (*named.values(),), "optimizer": {"m": nothing, "v": nothing}}
    apart["steps"] = 0
    for number in (1, 2):
        (flat, whole), (apart, parts) = step(flat, BATCH), step(apart, BATCH)
        assert flat["steps"] == apart["steps"] == number
        assert float(whole["gradient_norm"]) == pytest.approx(float(parts["gradient_norm"]))
        for kind in (("parameters",), ("optimizer", "m"), ("optimizer", "v")):
            one, several = reduce(getitem, kind, flat), reduce(getitem, kind, apart)
            joined = [v for part in several for v in part.reshape(-1).tolist()]
            assert joined == pytest.approx(one.tolist(), rel=1e-12)


@pytest.mark.extra("numpy")
def test_a_step_in_narrow_numbers_moves_wide_weights():
    import numpy as np

    architecture = Architecture([LAYER])
    step = training_step(architecture, LOSSES["mean_squared_error"], SGD(), dtype="float32")
    batch = {name: np.asarray(BATCH[name].tolist(), np.float32) for name in ("x", "t")}
    start = initial_state(SGD(), np.asarray([0.5, -0.25, 2.0]))
    state, results = step(start, {**batch, "learning_rate": 1e-9})
    assert (results["loss"].dtype, state["parameters"].dtype) == (np.float32, np.float64)
    assert state["parameters"][2] != 2.0 == np.float32(state["parameters"][2])
