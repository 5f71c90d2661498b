"""The NumPy engine makes its arrays and random numbers as every engine does."""

from array import array

import pytest

pytestmark = pytest.mark.extra("numpy")
np = pytest.importorskip("numpy")

from chainrule.arrays.random import Generator  # noqa: E402 - needs NumPy
from chainrule.engines.numpy import NumpyEngine  # noqa: E402


@pytest.mark.parametrize("count", [700, 1700])  # drawn by Python, and by NumPy
@pytest.mark.parametrize("seed", range(4))
def test_random_numbers_are_those_of_the_generator(seed, count):
    ours, theirs = Generator(seed), Generator(seed)
    engine = NumpyEngine()
    assert engine.random(ours, count).tolist() == theirs.random(count)
    assert ours.random(3) == theirs.random(3)
    assert engine.random(ours, 5, dtype="float32").dtype == "float32"
    theirs.random(5)
    assert engine.permutation(ours, count).tolist() == theirs.permutation(count)


@pytest.mark.parametrize(
    "count", [2**16 - 1, 2**16]
)  # keys in order by their first bits, and whole
def test_many_rows_come_in_the_order_that_python_draws(count):
    expected = Generator(5).permutation(count)
    assert NumpyEngine().permutation(Generator(5), count).tolist() == expected


def test_arrays_keep_their_kind_or_take_the_one_asked_for():
    engine = NumpyEngine()
    assert engine.asarray(np.ones(2, "float32")).dtype == "float32"
    assert engine.asarray([1.5, 2.5]).dtype == "float64"
    assert engine.asarray([1, 2]).dtype == "int64"
    assert engine.asarray([1, 2], dtype="float32").dtype == "float32"


def test_a_flat_buffer_is_looked_at_and_not_copied():
    buffer = array("f", [1.0, 2.0, 3.0, 4.0])
    made = NumpyEngine().asarray(buffer, shape=(2, 2))
    buffer[3] = 9.0
    assert made.tolist() == [[1.0, 2.0], [3.0, 9.0]]
    assert made.dtype == "float32"


@pytest.mark.parametrize("many", [0, 1 << 16])
@pytest.mark.parametrize("low", [0.25, 0.5 - 2**-53, 0.5 - 2**-44])
def test_rows_with_the_same_key_keep_their_order(low, many, monkeypatch):
    engine = NumpyEngine()
    monkeypatch.setattr("chainrule.engines.numpy.engine._MANY_KEYS", many)
    keys = np.asarray([0.5, low, 0.5 - 2**-52] * 1000)
    monkeypatch.setattr("chainrule.engines.numpy.engine._drawn", lambda *_, **__: keys)
    expected = np.argsort(keys, kind="stable").tolist()
    assert engine.permutation(None, 3000).tolist() == expected


def test_batches_in_an_order_are_those_of_the_rows_put_in_order_at_once(monkeypatch):
    engine, x, t = NumpyEngine(), np.arange(46.0).reshape(23, 2), np.arange(23)
    order = np.random.default_rng(0).permutation(23)
    monkeypatch.setattr("chainrule.engines.numpy.engine._BYTES_AT_ONCE", 16 * 9)
    batches = list(engine.batches((x, t), 4, order))
    assert [len(part) for part, _ in batches] == [4, 4, 4, 4, 4, 3]
    assert np.concatenate([part for part, _ in batches]).tolist() == x[order].tolist()
    assert np.concatenate([part for _, part in batches]).tolist() == t[order].tolist()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_quick_look_finds_what_is_not_finite(value):
    table = np.ones((6, 8), "float32")
    assert NumpyEngine().surely_finite(table)
    table[2, 4] = value
    assert not any(map(NumpyEngine().surely_finite, (table, table.T, table[:, ::2])))
