"""Metrics are counted batch by batch and come out as those of all rows at once."""

from dataclasses import replace
from itertools import pairwise
from math import isnan
from statistics import fmean

import pytest

from chainrule import arrays
from chainrule.nn import LOSSES
from chainrule.train.metrics import EpochSums, Metric, spread, suited_metric

TARGETS = [[1.0, -3.0], [2.0, 5.0], [6.0, 0.5], [-4.0, 2.0], [0.25, 9.0], [7.0, 7.0], [3.0, -1.0]]
SHARES = [1.0, 0.0, 2.5, 0.5, 3.0, 1.0, 4.0]


def around_the_mean(targets, shares):
    total = 0.0
    for column in zip(*targets, strict=True):
        mean = sum(v * s for v, s in zip(column, shares, strict=True)) / sum(shares)
        total += sum(s * (v - mean) ** 2 for v, s in zip(column, shares, strict=True))
    return total


@pytest.mark.parametrize("ends", [(0, 7), (0, 2, 7), (0, 1, 4, 7), (0, 1, 2, 3, 4, 5, 6, 7)])
def test_the_spread_of_parts_is_that_of_the_whole(ends):
    parts = [arrays.asarray(TARGETS[a:b]) for a, b in pairwise(ends)]
    assert spread((part,) for part in parts) == pytest.approx(around_the_mean(TARGETS, [1.0] * 7))
    shares = [arrays.asarray(SHARES[a:b]) for a, b in pairwise(ends)]
    weighed = zip(parts, shares, strict=True)
    assert spread(weighed) == pytest.approx(around_the_mean(TARGETS, SHARES))


def test_r2_counts_squared_errors_row_by_row_with_their_weights():
    metric = Metric("r2", "value")
    output, t = arrays.asarray([[1.0], [2.0], [4.0]]), arrays.asarray([[1.5], [2.0], [1.0]])
    assert metric.count(output, t) == 0.25 + 9
    assert metric.count(output, t, arrays.asarray([2.0, 1.0, 0.5])) == 2 * 0.25 + 0.5 * 9
    assert metric.value(2.0, 3, 8.0) == 0.75
    assert isnan(metric.value(2.0, 3, 0.0))
    assert isnan(Metric("accuracy", "largest").value(0.0, 0, 0.0))


def test_accuracy_is_the_share_of_right_rows_by_weight():
    metric = Metric("accuracy", "largest")
    output = arrays.asarray([[0.9, 0.1], [0.4, 0.6], [0.7, 0.3]])
    t = arrays.asarray([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]])
    assert metric.value(metric.count(output, t), 3, 0.0) == pytest.approx(fmean([1, 0, 1]))
    assert metric.value(metric.count(output, t, arrays.asarray([1.0, 2.0, 1.0])), 4.0, 0.0) == 0.5


@pytest.mark.parametrize(
    ("loss", "activation", "multi_label", "outputs", "targets", "right"),
    [
        ("hinge", "identity", False, [[-0.2], [0.2], [-0.2], [0.2]], [-1, 1, 1, -1], [1, 1, 0, 0]),
        ("hinge", "sigmoid", False, [[0.4], [0.6], [0.4], [0.6]], [-1, 1, 1, -1], [1, 1, 0, 0]),
        ("hinge", "identity", False, [[0.1, 0.3], [0.3, 0.1]], [[-1, 1], [-1, 1]], [1, 0]),
        ("binary_cross_entropy", "sigmoid", False, [[-0.2], [0.2], [0.2]], [0, 1, 0], [1, 1, 0]),
        ("binary_cross_entropy", "sigmoid", False, [[0.1, 0.3]], [[0, 1]], [1]),
        ("binary_cross_entropy", "sigmoid", True, [[0.1, 0.3]], [[0, 1]], [0.5]),
        ("cross_entropy", "softmax", False, [[0.1, 0.3], [0.3, 0.1]], [[0, 1], [0, 1]], [1, 0]),
        ("mean_squared_error", "softmax", False, [[0.4, 0.6]], [[0, 1]], [1]),
    ],
)
def test_an_answer_is_read_as_its_loss_means_it(
    loss, activation, multi_label, outputs, targets, right
):
    metric = suited_metric(LOSSES[loss], activation, len(outputs[0]), multi_label=multi_label)
    t = arrays.reshape(arrays.asarray(targets), (len(outputs), -1))
    assert metric.right(arrays.asarray(outputs), t).tolist() == right


def test_the_sums_of_an_epoch_are_read_up_to_the_latest_and_keep_the_last_length():
    sums = EpochSums()
    results = [{"loss": n, "count": 1, "rows": 2 * n} for n in (1.0, 2.0, 3.0)]
    results[1]["gradient_norm"] = 7.0
    assert sums.add(4, (9, 9, 9), results) == 3
    assert list(sums.read(keep=2)) == [(4, 1.0)]
    assert list(sums.read()) == [(5, 2.0), (6, 3.0)]
    # Where a step says what its rows count, that is taken, and not their number.
    twin = replace(sums)
    for same in (sums, twin):
        assert (same.rows, same.losses) == (2 + 4 + 6, 2 + 8 + 18)
        assert (same.counted, same.gradient_norm) == (3, 7.0)
    assert replace(EpochSums()).gradient_norm is None
