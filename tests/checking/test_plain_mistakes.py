"""Mistakes with whole arrays are named with the places that they are made at."""

from math import exp

import pytest

from chainrule import ops
from chainrule.arrays import asarray
from chainrule.checking.plain_mistakes import plausible, rounded
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


@pytest.mark.parametrize(("shape", "exchanged"), [((2, 3), True), ((3, 2), False)])
def test_gradients_are_exchanged_where_their_arrays_are_of_one_shape(shape, exchanged):
    w = [[0.3, -1.2, 0.7], [1.1, 0.4, -0.9]]
    v = [[(k + 2) * 0.17 - i for k in range(shape[1])] for i in range(shape[0])]
    there = {"w": ops.reshape(asarray(w), shape), "v": asarray(v)}
    slopes = {n: [3 * x * x for row in p.tolist() for x in row] for n, p in there.items()}
    given = {"w": ops.reshape(asarray(slopes["v"]), (2, 3)).tolist()}
    given["v"] = ops.reshape(asarray(slopes["w"]), shape).tolist()
    check = check_gradients(
        lambda p: ops.sum(p["w"] ** 3) + ops.sum(p["v"] ** 3), {"w": w, "v": v}, gradient=given
    )
    causes = [v.cause for v in check.verdicts if v.outcome == "wrong"]
    assert any("are exchanged" in str(cause) for cause in causes) is exchanged


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
        few = [{"w": numbers[:by]} for numbers in (W, given)]
        check = check_gradients(lambda p: ops.mean(p["w"] ** 3), few[0], gradient=few[1])
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


def test_a_learning_rate_or_a_penalty_is_above_0_at_most_10_and_of_three_digits():
    believed = [1e-9, 0.001, 0.123, 9.5, 10.0, 0.123 * (1 + 5e-7)]
    assert [plausible(number) for number in believed] == [True] * len(believed)
    others = [0.0, -0.1, 10.1, 0.1234, 3.14159, 0.123 * (1 + 5e-6)]
    assert [plausible(number) for number in others] == [False] * len(others)
    assert [rounded(number) for number in (0.12349, 12345.6)] == [0.123, 12300.0]


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
