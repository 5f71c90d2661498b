"""Clipping shortens a long gradient, leaves a short one alone, and hides no NaN."""

import math
import struct

import pytest

import chainrule.arrays as lists
from chainrule.errors import OptionError
from chainrule.train.clipping import SMALLEST, clip_by_norm, global_norm


def test_the_norm_is_taken_over_all_arrays_together(xp):
    norm = global_norm(xp, [xp.asarray([[1.0, 2.0]]), xp.asarray([2.0]), xp.asarray([4.0])])
    assert float(norm) == 5.0


def test_a_long_gradient_keeps_its_direction_and_gets_the_length(xp):
    clipped, norm = clip_by_norm(xp.asarray([[3.0], [-4.0]]), 1.0)
    assert float(norm) == 5.0
    assert [row[0] for row in clipped.tolist()] == pytest.approx([0.6, -0.8], rel=1e-15)


@pytest.mark.parametrize("size", [3e200, 3e-180, 3.0])
def test_no_square_overflows_on_the_way_to_a_norm(size, xp):
    clipped, norm = clip_by_norm(xp.asarray([size, size / 3 * 4]), size / 3)
    assert float(norm) == pytest.approx(size / 3 * 5, rel=1e-15, abs=0)
    assert clipped.tolist() == pytest.approx([size / 5, size / 15 * 4], rel=1e-14, abs=0)


@pytest.mark.parametrize("gradient", [[0.1, -0.7], [0.6, 0.8], [0.0, 0.0]])
def test_a_short_gradient_comes_back_to_the_last_digit(gradient, xp):
    clipped, _ = clip_by_norm(xp.asarray(gradient), 1.0)
    assert clipped.tolist() == gradient


def test_what_zeros_are_measured_in_is_the_smallest_full_number_of_a_float32():
    """By its bits: no sign, the exponent 1, nothing behind the point."""
    assert struct.unpack(">f", bytes.fromhex("00800000")) == (SMALLEST,)


def test_a_nan_spreads_to_every_entry_and_to_the_norm(xp):
    clipped, norm = clip_by_norm(xp.asarray([1.0, math.nan]), 1.0)
    assert math.isnan(float(norm))
    assert all(map(math.isnan, clipped.tolist()))


def test_one_scale_serves_several_arrays(xp):
    clipped, norm = clip_by_norm((xp.asarray([3.0]), xp.asarray([4.0])), 2.5)
    assert (float(norm), [g.tolist() for g in clipped]) == (5.0, [[1.5], [2.0]])


@pytest.mark.extra("numpy")
def test_single_precision_stays_single():
    numpy = pytest.importorskip("numpy")
    clipped, norm = clip_by_norm(numpy.asarray([3.0, 4.0], numpy.float32), 1.0)
    assert clipped.dtype == norm.dtype == numpy.float32


@pytest.mark.parametrize("length", [0, -1.0, math.nan])
def test_a_length_that_is_not_above_zero_is_refused(length):
    with pytest.raises(OptionError, match=r"clip_norm is .*: it must be above 0"):
        clip_by_norm(lists.asarray([1.0]), length)


def test_a_gradient_of_zeros_is_measured_in_the_smallest_number_of_single_precision():
    """FLT_MIN of C's float.h: what is smaller loses digits, or is taken for 0."""
    assert SMALLEST == 1.1754943508222875e-38
