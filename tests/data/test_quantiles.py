"""Edges between which about as many values lie, from a sample that stays small."""

import pytest

from chainrule.data.column_statistics import Quantiles


def seen(numbers, piece):
    quantiles = Quantiles()
    for start in range(0, len(numbers), piece):
        quantiles.update(numbers[start : start + piece])
    return quantiles


def test_the_edges_are_the_quartiles_of_few_numbers():
    assert seen([float(n) for n in range(101)], 101).edges(4) == (0, 25, 50, 75, 100)


@pytest.mark.parametrize("piece", [1, 7, 1000, 4096, 50_000])
def test_the_same_is_kept_whatever_the_pieces(piece):
    numbers = [float(n * 7919 % 50_000) for n in range(50_000)]
    assert seen(numbers, piece).edges(16) == seen(numbers, 50_000).edges(16)


def test_a_sample_of_many_sorted_numbers_still_finds_the_quartiles():
    edges = seen([float(n) for n in range(100_000)], 1000).edges(4)
    assert edges == pytest.approx((0, 25_000, 50_000, 75_000, 100_000), abs=1000)


def test_equal_edges_count_once():
    assert seen([0.0] * 90 + [1.0] * 10, 100).edges(8) == (0, 1)


def test_nothing_seen_has_no_edges():
    assert Quantiles().edges(4) == ()


def test_up_to_1024_numbers_are_kept_and_then_every_second():
    assert len(seen([float(n) for n in range(1024)], 1024).edges(1023)) == 1024
    assert seen([float(n) for n in range(1025)], 1025).edges(1024) == tuple(range(0, 1025, 2))
