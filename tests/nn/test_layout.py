"""Named arrays in one flat row, and back."""

import pytest

from chainrule.nn import Layout
from chainrule.nn.layout import as_rows, row_sums

SHAPES = {"dense1.weight": (2, 3), "dense1.bias": (2,), "scale": ()}


def test_every_array_has_its_stretch():
    layout = Layout(SHAPES)
    assert layout.size == 9
    assert layout.slices == {
        "dense1.weight": slice(0, 6),
        "dense1.bias": slice(6, 8),
        "scale": slice(8, 9),
    }


def test_two_layouts_are_one_key_if_they_put_the_same_arrays_in_the_same_order():
    turned = Layout(dict(reversed(SHAPES.items())))
    assert len({Layout(SHAPES), Layout(SHAPES), turned, Layout({**SHAPES, "scale": (1,)})}) == 3


def test_joining_and_splitting_undo_each_other(xp):
    layout = Layout(SHAPES)
    flat = xp.asarray([float(i) for i in range(9)])
    named = layout.split(xp, flat)
    assert {name: tuple(array.shape) for name, array in named.items()} == SHAPES
    assert named["dense1.weight"].tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    assert layout.join(xp, named).tolist() == flat.tolist()
    assert layout.split(xp, (*named.values(),)) == named


def test_arrays_are_joined_in_the_order_of_the_layout_not_of_the_dict(xp):
    layout = Layout({"a": (1,), "b": (2,)})
    flat = layout.join(xp, {"b": xp.asarray([2.0, 3.0]), "a": xp.asarray([1.0])})
    assert flat.tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("numbers", "rows", "sums"),
    [
        (5.0, [[5.0]], [5.0]),
        ([1.0, 2.0], [[1.0], [2.0]], [1.0, 2.0]),
        ([[1.0, 2.0, 3.0]], [[1.0, 2.0, 3.0]], [6.0]),
        ([[[1.0], [2.0]], [[3.0], [4.0]]], [[1.0, 2.0], [3.0, 4.0]], [3.0, 7.0]),
    ],
)
def test_every_entry_of_the_first_axis_is_a_row(xp, numbers, rows, sums):
    assert as_rows(xp.asarray(numbers)).tolist() == rows
    assert row_sums(xp.asarray(numbers)) == sums


@pytest.mark.extra("numpy")
def test_on_numpy_the_named_arrays_are_views_of_the_vector():
    import numpy as np

    flat = np.zeros(9)
    assert all(np.shares_memory(part, flat) for part in Layout(SHAPES).split(np, flat).values())
