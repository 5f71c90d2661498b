"""Examples are flat buffers with a shape."""

from array import array

import pytest

from chainrule.data import Examples, load
from tests.data.texts import learned


@pytest.fixture
def iris():
    return learned(load("iris")).apply(load("iris"))


def test_buffers_are_row_major_and_need_no_copy(iris):
    view = memoryview(iris.x).cast("B").cast("d", shape=list(iris.shape))
    assert [view[7, column] for column in range(4)] == iris.row(7)
    assert memoryview(iris.y).format == "q"
    assert (len(iris), iris.y_shape) == (150, (150,))


def test_a_subset_keeps_row_target_and_row_number_together(iris):
    some = iris.subset([120, 3])
    assert some.shape == (2, 4)
    assert [some.row(0), some.row(1)] == [iris.row(120), iris.row(3)]
    assert (some.y, list(some.row_numbers)) == (array("q", [2, 0]), [120, 3])


def test_parts_joined_are_the_whole(iris):
    parts = [iris.subset(range(start, start + 50)) for start in (0, 50, 100)]
    whole = Examples.joined(parts)
    assert (whole.x, whole.y, whole.shape) == (iris.x, iris.y, iris.shape)
    assert list(whole.row_numbers) == list(range(150))


def test_the_same_note_is_kept_once():
    part = Examples(array("d", [1.0]), (1, 1), None, ("a",), (0,), notes=("odd",))
    assert Examples.joined([part, part]).notes == ("odd",)


@pytest.mark.extra("numpy")
def test_numpy_reads_the_buffer_as_it_is(iris):
    import numpy as np

    x = np.frombuffer(iris.x).reshape(iris.shape)
    assert x.mean(axis=0) == pytest.approx(0, abs=1e-12)
    assert x.std(axis=0) == pytest.approx(1)
    assert np.shares_memory(x, np.frombuffer(iris.x))


def test_weights_stay_with_their_examples_and_numbers_have_an_axis_of_their_own():
    part = Examples(
        array("d", [1, 2, 3, 4]),
        (2, 2),
        array("d", [5, 6]),
        ("a", "b"),
        (0, 1),
        task="regression",
        weights=array("d", [0.5, 2]),
    )
    assert part.y_shape == (2, 1)
    assert part.subset([1]).weights.tolist() == [2]
    joined = Examples.joined([part, part.subset([0])])
    assert (joined.weights.tolist(), joined.y.tolist()) == ([0.5, 2, 0.5], [5, 6, 5])
    assert joined.row_numbers == [0, 1, 0]
    assert repr(joined) == "<3 examples of 2 features>"
