"""Mistakes with whole arrays are named with the places that they are made at."""

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
