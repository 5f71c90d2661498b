import pytest

from chainrule import ops
from chainrule.arrays import asarray
from chainrule.autodiff import Tensor
from chainrule.checking.expressions import LONGEST, label

w = Tensor([[1.0, 2.0], [3.0, 4.0]], name="w")
v = Tensor([1.0, 2.0, 3.0], name="v")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (v[0], "v[0]"),
        (v[1:3], "v[1:3]"),
        (w[1, 0], "w[1,0]"),
        (v * 2 - 1, "v·2 - 1"),
        (v[0] - (v[1] - v[2]), "v[0] - (v[1] - v[2])"),
        (v[0] / (v[1] * v[2]), "v[0]/(v[1]·v[2])"),
        ((v[0] + v[1]) ** 2, "(v[0] + v[1])^2"),
        (-ops.exp(v[0]), "-exp(v[0])"),
        (sum([v[0], v[1]]), "v[0] + v[1]"),
        (ops.sum(ops.tanh(w @ w)), "sum(tanh(w @ w))"),
        (v[0] - v[1] + v[2], "v[0] - v[1] + v[2]"),
        (v[0] + (v[1] - v[2]), "v[0] + v[1] - v[2]"),
        (v[0] / v[1] / v[2], "v[0]/v[1]/v[2]"),
        (v[0] * (v[1] / v[2]), "v[0]·v[1]/v[2]"),
        ((v[0] - v[1]) * (v[1] + v[2]), "(v[0] - v[1])·(v[1] + v[2])"),
        (w @ (w @ w), "w @ (w @ w)"),
        ((v[0] ** 2) ** 3, "v[0]^2^3"),
        (v[0] ** (v[1] ** 2), "v[0]^(v[1]^2)"),
        (-(v[0] + v[1]), "-(v[0] + v[1])"),
        (-(v[0] * v[1]), "-v[0]·v[1]"),
        ((v + 1)[0], "(v + 1)[0]"),
        (v[0:1], "v[0:1]"),
        (v[::2], "v[…]"),
        (w[0], "w[…]"),
        (v * asarray([1.0, 2.0, 3.0]), "v·…"),
        (0.123456789 * v, "0.123457·v"),
        (ops.exp(Tensor(2.0)), "exp(…)"),
        (Tensor(2.0), "an input"),
        (asarray([2.0]), "the input x"),
        (2.5, "2.5"),
    ],
)
def test_a_value_is_called_what_was_written(value, text):
    assert label(value) == text


def test_a_long_expression_is_called_after_its_op_however_often_its_parts_are_used():
    x = v[0]
    for _ in range(200):
        x = x * x + 1
    assert label(x) == "the result of add"
    assert len(label(ops.exp(v[0] * v[1] + v[2] * v[0] + v[1]))) <= LONGEST


@pytest.mark.parametrize(("letters", "fits"), [(20, True), (21, False)])
def test_forty_letters_are_written_out(letters, fits):
    sum_of_two = Tensor(1.0, name="a" * 17) + Tensor(2.0, name="b" * letters)
    assert (label(sum_of_two) == "a" * 17 + " + " + "b" * letters) is fits


@pytest.mark.parametrize(
    ("op", "seven"),
    [
        (lambda x: -x, "-(" * 6 + "-v[0]" + ")" * 6),
        (lambda x: x + 1, "v[0]" + " + 1" * 7),
        (lambda x: 1 + x, "1 + " * 7 + "v[0]"),
        (ops.exp, "exp(" * 7 + "v[0]" + ")" * 7),
        (lambda x: x + 0, "v[0]"),
        (lambda x: ops.reshape(x, ()), "v[0]"),
    ],
)
def test_eight_ops_are_written_inside_one_another(op, seven):
    x = v[0]
    for _ in range(7):
        x = op(x)
    assert label(x) == seven
    assert label(op(x)).startswith("the result of ")
