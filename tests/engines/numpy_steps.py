"""A small training step on NumPy arrays, and how its results are compared."""

import numpy as np

from chainrule.nn import LOSSES, Architecture, Dense, Dropout
from chainrule.train.optimizer import choose_optimizer
from chainrule.train.step import initial_state, training_step

TOLERANCE = {"float64": 1e-12, "float32": 2e-6}


def leaves(structure):
    if isinstance(structure, dict):
        structure = list(structure.values())
    if isinstance(structure, tuple | list):
        return [leaf for part in structure for leaf in leaves(part)]
    return [structure]


def assert_same(found, expected, dtype="float64", *, tolerance=None):
    tolerance = tolerance or TOLERANCE[dtype]
    assert len(leaves(found)) == len(leaves(expected))
    for one, other in zip(leaves(found), leaves(expected), strict=True):
        assert np.shape(one) == np.shape(other)
        assert getattr(one, "dtype", None) == getattr(other, "dtype", None)
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)


def direct(function, *arguments):
    with np.errstate(all="ignore"):
        return function(*arguments)


def make_step(dtype="float64", activation="tanh", loss="mean_squared_error", optimizer="sgd", **o):
    architecture = Architecture([Dense(3, 5, activation), Dropout(0.5), Dense(5, 2)])
    made = choose_optimizer(optimizer)
    flat = architecture.layout.join(
        np, {name: np.asarray(w.tolist(), dtype) for name, w in architecture.initial(3).items()}
    )
    step = training_step(architecture, LOSSES[loss], made, **o)
    return step, initial_state(made, flat), architecture


def make_batch(number, rows=4, dtype="float64"):
    stream = np.random.default_rng(number)
    return {
        "x": stream.normal(size=(rows, 3)).astype(dtype),
        "t": np.eye(2, dtype=dtype)[stream.integers(0, 2, rows)],
        "learning_rate": 0.05 / number,
        "masks": {"dropout1": 2 * stream.integers(0, 2, (rows, 5)).astype(dtype)},
    }
