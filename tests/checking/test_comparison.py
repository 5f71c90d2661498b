"""Two gradients held against each other: their ratio, and whether they are one but for rounding."""

import pytest

from chainrule import arrays, ops
from chainrule.checking.checked_function import CheckedFunction
from chainrule.checking.comparison import Comparison, Known, ratio
from chainrule.checking.second_point import SecondPoint

W = [1.0, -2.0, 0.5]


def cubes(p):
    return ops.sum(p["w"] ** 3)


def at(*numbers):
    return CheckedFunction(cubes, {"w": arrays.asarray(list(numbers))})


def held(given, right, **more):
    return Comparison(at(*W), {"w": given}, {"w": right}, own=None, **more)


@pytest.mark.parametrize(
    ("one", "other", "factor"),
    [
        ([2.0, -4.0], [1.0, -2.0], 2.0),
        ([1.0, 1.0], [1.0, 3.0], 0.4),  # (1 + 3) / (1 + 9)
        ([2e200, 4e200], [1e200, 2e200], 2.0),
        ([2e-200, 4e-200], [1e-200, 2e-200], 2.0),
        ([5.0, 5.0], [0.0, 0.0], 1.0),
    ],
)
def test_a_ratio_is_by_least_squares_over_all_names(one, other, factor):
    assert ratio({"w": one}, {"w": other}, ["w"]) == pytest.approx(factor)
    apart = [{name: [n] for name, n in zip("ab", numbers, strict=True)} for numbers in (one, other)]
    assert ratio(*apart, ["a", "b"]) == pytest.approx(factor)


@pytest.mark.parametrize(
    ("off", "more", "agrees"),
    [
        (0.99e-10, {}, True),  # 1e-10 of the largest, which is 1
        (1.01e-10, {}, False),
        (0.39, {"rounding": {"w": [0.0, 0.1]}}, True),
        (0.41, {"rounding": {"w": [0.0, 0.1]}}, False),
        (0.41, {"rounding": {"w": [0.2, 0.1]}}, False),
        (5.0, {"touched": {"w": [False, True]}}, True),
        (5.0, {"touched": {"w": [True, False]}}, False),
    ],
)
def test_gradients_agree_within_four_times_the_rounding_where_no_kink_is(off, more, agrees):
    here = held([1.0, 0.0], [1.0, 0.0], **more)
    assert here.agrees({"w": [1.0, off]}, {"w": [1.0, 0.0]}, "w") is agrees


@pytest.mark.parametrize(("rounding", "same_factor"), [(0.0, 1e-9), (1.5e-6, 5e-7), (9.0, 1e-5)])
def test_a_factor_is_read_as_exactly_as_the_numbers_are_and_a_hundred_thousandth_at_most(
    rounding, same_factor
):
    here = held([3.0, 1.0], [3.0, 1.0], rounding={"w": [rounding, 0.0]})
    assert here.same_factor == pytest.approx(same_factor)
    none = held([0.0, 0.0], [3.0, 1.0], rounding={"w": [rounding, 0.0]})
    assert none.same_factor == pytest.approx(1e-9)


def test_a_second_point_is_compared_by_its_own_gradient_in_the_same_share_of_rounding():
    here = held([3.0, 12.0, 0.75], [3.0, 12.0, 0.75], rounding={"w": [0.0, 0.12, 0.0]})
    there = here.at(SecondPoint(at(2.0, 1.0, -1.0), {"w": [12.0, 3.0, 6.0]}))
    assert (there.right, there.own) == ({"w": [12.0, 3.0, 3.0]},) * 2
    assert there.given == {"w": [12.0, 3.0, 6.0]}
    assert there.rounding["w"] == pytest.approx([0.12] * 3)
    assert here.at(SecondPoint(at(2.0, 1.0, -1.0), None)).given == there.right
    assert here.at(SecondPoint(at(1e200, 1.0, 1.0), None)) is None
    other_way = CheckedFunction(lambda p: cubes(p) + 1.0, at(*W).point)
    assert here.at(SecondPoint(other_way, None)) is None


def test_a_part_of_the_examples_is_asked_at_both_points_and_a_sentence_that_is_none_is_not():
    half = CheckedFunction(lambda p: ops.sum(p["w"][:2] ** 3), at(*W).point)
    here = held([0.0] * 3, [3.0, 12.0, 0.75], known=Known(partial={"half": (half, 0.5)}))
    assert here.with_some_examples("half")["w"] == pytest.approx([1.5, 6.0, 0.0])
    assert here.with_some_examples("none") is None
    there = here.at(SecondPoint(at(2.0, 1.0, -1.0), None))
    assert there.with_some_examples("half")["w"] == pytest.approx([6.0, 1.5, 0.0])


def test_a_mistake_that_is_made_often_is_tried_at_eight_places():
    def steps(p):
        w = p["w"]
        for _ in range(20):
            w = ops.sin(w)
        return ops.sum(w)

    checked = CheckedFunction(steps, {"w": arrays.asarray(W)})
    right = checked.walk()
    here = Comparison(checked, right, right, own=right)
    often = "the incoming gradient is left out on the way back through the result of sin"
    numbers = [key.rpartition(" (")[2] for key in here.mutations if key.startswith(often)]
    assert numbers == [f"{n})" for n in range(1, 9)]
    assert here.share("the edge from sin(w) back to w is missing (1)") == right
    assert (here.walked("no such mistake"), here.share("no such mistake")) == (None, None)
    assert Comparison(checked, right, right, own=None).mutations == {}
