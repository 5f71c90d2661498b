"""Mistakes with whole arrays are named with the places that they are made at."""

from math import exp

import pytest

from chainrule import ops
from chainrule.model.check import check_gradients

W = [1.0, -2.0, 0.5, 3.0, 1.5]


@pytest.mark.parametrize(
    ("zeros", "named"),
    [
        ([1, 3], "w[1] and one more"),
        ([1, 2, 4], "w[1] and 2 more of its entries"),
        ([0, 1, 2, 4], "w[0] and 3 more of its entries"),
    ],
)
def test_entries_that_are_left_at_0_are_named_and_counted(zeros, named):
    given = [0.0 if i in zeros else 3 * w * w for i, w in enumerate(W)]
    check = check_gradients(lambda p: ops.sum(p["w"] ** 3), {"w": W}, gradient={"w": given})
    assert check.worst.cause == f"the gradient of {named} is missing"


@pytest.mark.parametrize(("count", "named"), [(1, "sum"), (len(W), "mean")])
def test_a_vector_of_one_number_may_be_the_sum_or_the_mean_of_the_right_ones(count, named):
    given = [sum(3 * w * w for w in W) / count] * len(W)
    check = check_gradients(lambda p: ops.sum(p["w"] ** 3), {"w": W}, gradient={"w": given})
    assert check.worst.cause == f"one {named} over all entries stands in every entry of w"


@pytest.mark.parametrize(
    ("by", "once", "twice"),
    [
        (2, "counted twice or is not divided by 2", "half of what it should be or is divided by 2"),
        (3, "not divided by 3", "divided by 3"),
    ],
)
def test_a_number_that_the_loss_is_divided_by_is_named_if_it_is_forgotten_or_taken_twice(
    by, once, twice
):
    for factor, named in (by, once), (1 / by, f"{twice} once too often"):
        given = [3 * w * w / by * factor for w in W]
        check = check_gradients(
            lambda p: ops.sum(p["w"] ** 3) / by, {"w": W}, gradient={"w": given}
        )
        assert check.worst.cause == f"every gradient is {named}"


@pytest.mark.parametrize(
    ("count", "decimals", "cause"),
    [
        (3, 2, None),
        (4, 2, "its numbers are rounded to 2 decimals"),
        (7, 1, None),
        (8, 1, "its numbers are rounded to 1 decimal"),
    ],
)
def test_eight_decimals_over_different_numbers_prove_that_they_were_rounded(count, decimals, cause):
    w = [0.137 + 0.371 * n + 0.013 * n * n for n in range(count)]
    given = [round(3 * each * each, decimals) for each in w]
    check = check_gradients(lambda p: ops.sum(p["w"] ** 3), {"w": w}, gradient={"w": given})
    assert check.worst.cause == cause


@pytest.mark.parametrize(
    ("penalty", "cause"),
    [
        (0.0, "it holds a penalty with λ = 0.2, which this loss leaves out"),
        (0.1, "it holds 2·λ·w too much with λ = 0.2, as where the penalty λ·Σw² is too large, or "),
    ],
)
def test_a_loss_of_several_terms_is_known_to_leave_a_penalty_out_by_each_of_them(penalty, cause):
    def loss(p):
        w = p["w"]
        return ops.sum(w**3) + ops.sum(ops.exp(w)) + penalty * ops.sum(w * w)

    given = [3 * w * w + exp(w) + 2 * (penalty + 0.2) * w for w in W]
    check = check_gradients(loss, {"w": W}, gradient={"w": given})
    assert str(check.worst.cause).startswith(cause)
