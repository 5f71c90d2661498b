"""What proves a cause: numbers that are many, of many digits, and explained by few mistakes."""

import math
import re
from types import SimpleNamespace

import pytest

from chainrule import ops
from chainrule.checking.cause import Cause, CauseFinder, is_round
from chainrule.checking.plain_mistakes import described
from chainrule.model import Network
from chainrule.model.check import check_gradients
from chainrule.nn import Dense


def wrong(check):
    """The verdicts on arrays that were found wrong."""
    return [v for v in check.verdicts if v.outcome == "wrong" and v.method == "complex step"]


@pytest.mark.parametrize("names", ["abc", "abcd"])
def test_where_many_arrays_might_have_been_taken_for_z_only_that_is_told(names):
    point = {n: [0.5 + 0.37 * k + 0.11 * i for i in range(3)] for k, n in enumerate(names)}
    point[names[-1]][1] *= -1

    def products(p):
        h = ops.relu(p["a"])
        for name in names[1:]:
            h = ops.relu(p[name] * h)
        return ops.sum(h)

    given = {  # nothing is masked
        name: [math.prod(point[n][i] for n in names if n != name) for i in range(3)]
        for name in names
    }
    for verdict in wrong(check_gradients(products, point, gradient=given)):
        first, second, third = re.split(r", or \(\d\) ", verdict.cause)
        assert "the derivative of the activation is missing at" in first
        assert second.endswith("is taken on the gradient that came back, not on z")
        assert third.endswith("is taken from the wrong array")


@pytest.mark.parametrize(
    ("given", "right", "telling"),
    [
        ([1.2345678, 2.3456789], [1.2345678, 1.3456789], True),
        ([1.2345678, 2.3456789, 0.7654321], [1.2345678, 1.3456789, 0.1654321], False),
        ([1.2345678, 2.3456789], [1.2345678, 2.3456789], False),
        ([1.2345678 * (1 + 9.5e-10), 2.3456789], [1.2345678, 1.3456789], True),  # rounded
        ([1.2345678 * (1 + 10.5e-10), 2.3456789], [1.2345678, 1.3456789], False),
        ([0.0, 2.3456789], [0.0, 1.3456789], False),  # beside nothing that is right
        ([1.2345678, 2.5], [1.2345678, 1.3456789], False),  # met by chance
        ([1.2345678, 2.3456789], [1.2345678, 1.25], False),
        *(([1.2345678, k * 2.3456789], [1.2345678, 2.3456789], False) for k in (-1, 0.5, 2)),
        *(([1.2345678, k * 2.3456789], [1.2345678, 2.3456789], True) for k in (-2, 0.25, 3)),
    ],
)
def test_one_wrong_number_of_many_digits_is_telling_beside_right_ones(given, right, telling):
    here = SimpleNamespace(given={"w": given}, right={"w": right}, same=1e-10)
    assert CauseFinder(here, None)._is_telling() is telling


@pytest.mark.parametrize(
    ("number", "round_one"),
    [
        *((0.5, True), (1 / 3, True), (99 / 100, True), (100 / 101, False), (12345.0, True)),
        *((0.12345, True), (0.123456, False), (math.inf, False), (0.0, True)),
    ],
)
def test_round_is_a_fraction_up_to_hundredths_or_of_five_digits(number, round_one):
    assert is_round(number) is round_one


def test_no_learning_rate_is_read_off_one_number():
    first = Dense(1, 1, "tanh", weight=[[0.7]], bias=[0.1])
    net = Network([first, Dense(1, 1, weight=[[0.9]], bias=[0.2])], engine="python")
    given = {name: g.tolist() for name, g in net.gradients([[1.3]], [[2.5]]).items()}
    updated = 0.9 - 0.1 * given["dense2.weight"][0][0]  # the way back goes through it
    for name in ("dense1.weight", "dense1.bias"):
        given[name] = scaled_by(updated / 0.9, given[name])
    check = check_gradients(net, [[1.3]], [[2.5]], gradient=given)
    said = f"one wrong number proves none: it is {updated / 0.9:.4g} times what it should be"
    assert [v.sentence.endswith(said) for v in wrong(check)] == [True, True]


def scaled_by(factor, slopes):
    return [scaled_by(factor, s) if isinstance(s, list) else factor * s for s in slopes]


@pytest.mark.parametrize(
    ("given", "right", "said"),
    [
        ([1.0, 4.0], [1.0, 2.0], "it is twice what it should be"),
        ([1.0, 1.0], [1.0, 2.0], "it is half of what it should be"),
        ([2.0, 3.0], [-2.0, 3.0], "it is the negative of what it should be"),
        ([0.0, 3.0], [-2.0, 3.0], "it is 0"),
        ([-2.0, 3.0], [0.0, 3.0], "it should be 0"),
        ([3.0, 3.0], [2.0, 3.0], "it is 1.5 times what it should be"),
        ([2.0, 3.00001], [2.0, 3.0], "it is nearly right"),
    ],
)
def test_of_several_numbers_the_one_furthest_off_is_described(given, right, said):
    here = SimpleNamespace(given={"w": given}, right={"w": right}, same=1e-10)
    assert described(here, "w") == said


@pytest.mark.parametrize(("elsewhere", "named"), [(None, False), ("the second point", True)])
def test_what_explains_one_wrong_array_of_two_may_do_so_by_chance_at_one_point(elsewhere, named):
    cause = Cause("it", "cause: it")
    finder = SimpleNamespace(
        here=SimpleNamespace(agrees=lambda *_: False, right=None, given=None),
        large=False,
        elsewhere=elsewhere,
        _mistakes=lambda _: ["a mistake"],
        _explained=lambda *_: ["a"],
        _named=lambda fitting, _: cause if fitting else None,
        _unexplained=lambda name: f"unknown at {name}",
    )
    said = {"a": cause if named else "unknown at a", "b": "unknown at b"}
    assert CauseFinder.causes(finder, ["a", "b"]) == said
    finder._explained = lambda *_: ["a", "b"]
    assert CauseFinder.causes(finder, ["a", "b"]) == {"a": cause, "b": cause}
