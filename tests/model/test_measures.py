"""Measures beside scikit-learn's, and by hand."""

import random

import pytest

from chainrule.model.measures import area_under, calibration_error, quantile, reliability, roc_curve


@pytest.mark.extra("sklearn", "numpy")
def test_the_area_under_the_curve_is_that_of_scikit_learn_with_ties_too():
    from sklearn.metrics import roc_auc_score

    draw = random.Random(0)
    truths = [draw.random() < 0.3 for _ in range(200)]
    for digits in (1, 12):
        given = [round(draw.random() + 0.3 * truth, digits) for truth in truths]
        assert area_under(roc_curve(given, truths)) == pytest.approx(roc_auc_score(truths, given))


def test_rows_of_one_class_have_no_curve_and_no_area():
    assert roc_curve([0.1, 0.2], [True, True]) == []
    assert area_under([]) != area_under([])


def test_a_confidence_on_the_edge_of_two_bins_counts_in_the_lower():
    bins = reliability([0.0, 0.1, 0.10001, 1.0], [False, True, True, True])
    assert [(held.low, held.rows) for held in bins] == [(0.0, 2), (0.1, 1), (0.9, 1)]


def test_the_calibration_error_weighs_each_bin_by_its_rows():
    # 3 rows at 0.8 of which 1 is right, 1 row at 0.6 that is right: 3/4 · 0.4667 + 1/4 · 0.4.
    bins = reliability([0.8, 0.8, 0.8, 0.6], [True, False, False, True])
    assert calibration_error(bins) == pytest.approx(0.75 * (0.8 - 1 / 3) + 0.25 * 0.4)


@pytest.mark.extra("numpy")
def test_quantiles_are_those_of_numpy():
    import numpy as np

    values = sorted(random.Random(1).random() for _ in range(17))
    weights = [1 + n % 3 for n in range(17)]
    repeated = np.repeat(values, weights)
    for share in (0.0, 0.05, 0.25, 0.5, 0.95, 1.0):
        even = [(value, 0.5) for value in values]
        assert quantile(even, share) == pytest.approx(np.quantile(values, share))
        uneven = list(zip(values, weights, strict=True))
        assert quantile(uneven, share) == pytest.approx(np.quantile(repeated, share))


@pytest.mark.parametrize(
    ("confidence", "low", "high"),
    [(0.0, 0.0, 0.1), (0.05, 0.0, 0.1), (0.11, 0.1, 0.2), (0.91, 0.9, 1.0), (1.0, 0.9, 1.0)],
)
def test_a_confidence_stands_in_one_of_ten_bins(confidence, low, high):
    (held,) = reliability([confidence], [True])
    assert (held.low, held.high, held.confidence) == (low, high, confidence)
