"""Where entries are tied, any of them may count as the largest, and all together have one slope."""

import math

import pytest

from chainrule import ops
from chainrule.arrays import asarray
from chainrule.checking import function_check, sides
from chainrule.model.check import check_gradients

TIED = [1.0, 3.0, 3.0]
LARGEST = {"op": ops.max, "Python": max, "sorted": lambda x: sorted(x)[1]}


@pytest.mark.parametrize("function", LARGEST.values(), ids=LARGEST)
@pytest.mark.parametrize(
    ("gradient", "passed"),
    [
        ([0.0, 1.0, 0.0], True),
        ([0.0, 0.0, 1.0], True),
        ([0.0, 0.5, 0.5], True),
        ([0.0, 0.3, 0.7], True),
        ([0.0, 1.0, 1.0], False),
        ([0.0, 0.0, 0.0], False),
        ([0.0, 0.5, 0.6], False),
    ],
)
def test_the_gradients_of_tied_entries_add_up_to_the_slope_of_all(function, gradient, passed):
    assert check_gradients(function, TIED, gradient=gradient).passed is passed


def test_what_is_wrong_of_tied_entries_is_said_of_them_together():
    check = check_gradients(max, TIED, gradient=[0.0, 1.0, 1.0])
    assert check.worst.name == "tied entries"
    assert "wrong at x[1], x[2] together" in check.worst.sentence
    assert "every side of the kinks has the slope 1" in check.worst.sentence
    assert check.worst.sentence.endswith("the given gradient comes to 2")


@pytest.mark.parametrize(
    ("at_tie", "passed"), [((1, 0), True), ((0.5, 0.5), True), ((1, 1), False)]
)
def test_two_arrays_may_be_tied(at_tie, passed):
    def gradient(p):
        pairs = list(zip(p["a"], p["b"], strict=True))
        return {
            name: [
                at_tie[k] if pair[0] == pair[1] else float(pair[k] == max(pair)) for pair in pairs
            ]
            for k, name in enumerate("ab")
        }

    def function(p):
        return ops.sum(ops.maximum(asarray(p["a"]), asarray(p["b"])))

    point = {"a": [1.0, 2.0, -1.0], "b": [1.0, 3.0, -1.0]}
    assert check_gradients(function, point, gradient=gradient).passed is passed


WEIGHTS = (1.0, -2.0, 0.5, 3.0)


def pooled(x):
    """Windows of two that overlap, by `math`, so that nobody sees them."""
    return sum(math.fsum([w * max(x[k : k + 2])]) for k, w in enumerate(map(float, WEIGHTS)))


@pytest.mark.parametrize(
    ("at_tie", "passed"), [((1, 0), True), ((0, 1), True), ((0.5, 0.5), True), ((1, 1), False)]
)
@pytest.mark.parametrize("x", [[0.7] * 5, [1.0, 2.0, 2.0, 0.5, 0.3]], ids=["flat", "one pair"])
def test_overlapping_windows_of_equal_numbers_may_choose_in_any_way(x, at_tie, passed):
    gradient = [0.0] * 5
    for k, w in enumerate(WEIGHTS):
        pair = x[k : k + 2]
        for i in (0, 1):
            gradient[k + i] += w * (at_tie[i] if pair[0] == pair[1] else pair[i] == max(pair))
    assert check_gradients(pooled, x, gradient=gradient).passed is passed


def test_pairs_whose_mistakes_cancel_in_the_sum_are_seen_one_by_one():
    def function(x):
        return max(x[0], x[1]) - max(x[2], x[3])

    point = [2.0, 2.0, 2.0, 2.0]
    assert check_gradients(function, point, gradient=[1.0, 0.0, -0.5, -0.5]).passed
    assert not check_gradients(function, point, gradient=[1.0, 1.0, -1.0, -1.0]).passed


@pytest.mark.parametrize("relu", [ops.relu, lambda z: max(z, 0.0)], ids=["op", "Python"])
def test_a_step_that_leaves_two_corners_is_no_tie_though_it_is_straight(relu):
    """Along (1, 1) relu(x) - relu(-y) is t, and with 0 for both corners the numbers give 0."""

    def function(x):
        return relu(x[0]) - relu(-x[1])

    assert check_gradients(function, [0.0, 0.0], gradient=[0.0, 0.0]).passed
    assert check_gradients(function, [0.0, 0.0], gradient=[1.0, 0.0]).passed


@pytest.mark.parametrize(("gradient", "passed"), [([2.0, 1.0], True), ([3.0, 1.0], False)])
def test_weights_in_proportion_leave_a_sum_at_zero(gradient, passed):
    """relu(w0 - w1) + 2·w0 + w1 at (1, 1): from both sides 3 along (1, 1)."""

    def function(w):
        return max(w[0] - w[1], 0.0) + 2 * w[0] + w[1]

    assert check_gradients(function, [1.0, 1.0], gradient=gradient).passed is passed


@pytest.mark.parametrize("size", [1.0, 1e-3, 1e-9])
def test_a_step_that_leaves_two_corners_is_no_tie_however_small_the_numbers(size):
    """-min(x0, x1 + x3) - max(x2, x1 + x3) falls by 2 along (x1, x3) on both sides."""

    def function(x):
        both = x[1] + x[3]
        return -ops.minimum(x[0], both) - ops.maximum(x[2], both)

    point = asarray([size, size / 2, size, size / 2])
    assert check_gradients(function, point, gradient=[-1.0, 0.0, -1.0, 0.0]).passed
    assert not check_gradients(function, point, gradient=[-1.0, -1.0, -1.0, -1.0]).passed


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_median_of_equal_numbers_may_take_any_beside_another_corner(sign):
    """No entry moves the median alone, so that only steps of all of them show its corners."""

    def function(x):
        return max(x[0] - x[1], 0.0) + sign * sorted([x[0], x[2], x[3]])[1]

    assert check_gradients(function, [1.0] * 4, gradient=[1.0 + sign, -1.0, 0.0, 0.0]).passed


def test_a_function_that_ends_at_its_tie_is_checked_all_the_same():
    def function(x):
        return max(x[0], x[1]) + math.sqrt(x[0]) ** 3

    assert not check_gradients(function, [0.0, 0.0], gradient=[3.0, 3.0]).passed


@pytest.mark.parametrize(
    ("function", "x", "right", "wrong"),
    [
        (lambda x: sorted(x)[1], [2.0] * 3, [0.2, 0.3, 0.5], [0.5, 0.5, 0.5]),
        (lambda x: sorted(x)[1], [2.0] * 3, [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]),
        (lambda x: sorted([x[0], 2 * x[1], x[2] + 1])[1], [2.0, 1.0, 1.0], [0, 0, 1], [1, 2, 1]),
        (lambda x: max(x[0] + 2 * x[1], 3 * x[2]), [1.0] * 3, [0.5, 1.0, 1.5], [0.6, 0.8, 1.5]),
        (lambda x: min(x[0] * x[1], x[2]), [2.0, 1.0, 2.0], [0.5, 1.0, 0.5], [1.0, 1.0, 0.5]),
        (lambda x: max(x[0] ** 2, x[1] ** 3), [1.0, 1.0], [1.0, 1.5], [2.0, 3.0]),
    ],
    ids=["split median", "another entry", "median of lines", "plane", "curve", "two curves"],
)
def test_what_lies_between_all_sides_around_a_point_is_right(function, x, right, wrong):
    """No entry moves a median of equal numbers alone; a tie need not be one of equal entries."""

    def opaque(point):
        return math.fsum([function(point)])

    assert check_gradients(opaque, x, gradient=right).passed
    assert not check_gradients(opaque, x, gradient=wrong).passed


@pytest.mark.parametrize("ending", [1, 2])
@pytest.mark.parametrize("largest", [max, ops.max], ids=["Python", "op"])
@pytest.mark.parametrize(
    ("gradient", "passed"),
    [([1.0, 0.0], True), ([0.0, 1.0], True), ([0.5, 0.5], True), ([1.0, 1.0], False)],
)
def test_a_tie_where_the_function_ends_may_take_any_side(largest, ending, gradient, passed):
    sqrt = ops.sqrt if largest is ops.max else math.sqrt

    def function(x):
        value = largest(x)
        for end in range(ending):
            value = value + sqrt(1 - x[end]) ** 3
        return value

    assert check_gradients(function, [1.0, 1.0], gradient=gradient).passed is passed


@pytest.mark.parametrize("gradient", [[0.0, 2.0], [1.0, -1.0], [0.0, 0.0], [0.5, -0.5]])
def test_a_third_side_that_a_tie_meets_where_the_function_ends_is_right_as_well(gradient):
    def function(x):
        return max(x[0], x[1]) + abs(x[1] - 1) + math.sqrt(1 - x[0]) ** 3

    assert check_gradients(function, [1.0, 1.0], gradient=gradient).passed


@pytest.mark.parametrize(
    ("gradient", "passed"),
    [([0, 0, 1], True), ([0.3, 0.3, 0.4], True), ([0.5, 0, 0], False), ([1, 1, 1], False)],
)
def test_a_tie_may_stand_where_the_function_ends_above_one_entry_and_below_another(
    gradient, passed
):
    def function(x):
        return sorted(x)[1] + math.sqrt(1 - x[0]) ** 3 + math.sqrt(x[1] - 1) ** 3

    assert check_gradients(function, [1.0] * 3, gradient=gradient).passed is passed


@pytest.mark.parametrize(
    ("gradient", "passed"),
    [([1, 1, 1], True), ([1, 2, 0], True), ([-0.5, -0.5, 0.5], False), ([0, 0, 0.5], False)],
)
def test_a_part_of_a_tie_beside_another_kink_is_wrong(gradient, passed):
    """Of |x0·x1 - 1| and the larger of x1 and x2, dx1 - dx0 + dx2 = 1 on every side."""

    def function(x):
        return abs(x[0] * x[1] - 1) + max(x[1], x[2])

    assert check_gradients(function, [1.0] * 3, gradient=gradient).passed is passed


def test_a_side_that_few_steps_around_the_point_lead_to_is_right_as_well():
    """x5 above 1, below x2 and above x1 and x4, as one step at random in eight."""

    def function(x):
        highest = max(x[1], x[5], x[4])
        return math.fsum([1.95 * min(x[5], 1.0), 0.39 * highest, 1.38 * max(x[5], x[2])])

    point = [1.0, -1.0, 1.0, 1.0, -1.0, 1.0]
    assert check_gradients(function, point, gradient=[0, 0, 1.38, 0, 0, 0.39]).passed
    assert not check_gradients(function, point, gradient=[0, 0, 1.38, 0, 0, 0.2]).passed


PLANES = (0.25, -1.0, 1.5, 1.25), (2.0, 1.5, -1.5, -0.75), (-0.75, -1.75, 1.5, 1.75)


@pytest.mark.parametrize("right", PLANES)
def test_beside_a_narrow_side_what_is_none_of_their_mixture_is_wrong(right):
    """Few steps lead to where the first of three planes that meet is the highest."""
    at = (2.0, -0.75, 0.75, 1.75)

    def highest(x):
        return max(
            math.fsum(a * (w - w0) for a, w, w0 in zip(plane, x, at, strict=True))
            for plane in PLANES
        )

    a, b, c, d = right
    assert check_gradients(highest, list(at), gradient=list(right)).passed
    assert not check_gradients(highest, list(at), gradient=[a, b + 1, c - 1, d]).passed


@pytest.mark.parametrize("opaque", [False, True])
def test_of_more_equal_numbers_than_can_be_met_none_is_blamed_and_their_sum_is(opaque, monkeypatch):
    monkeypatch.setattr(sides, "MOST_PLACES", 6)

    def median(x):
        middle = sorted(x)[3]
        return math.fsum([middle]) if opaque else middle

    shared = check_gradients(median, [2.0] * 7, gradient=[1 / 7] * 7)
    assert [verdict.outcome for verdict in shared.verdicts][:1] == ["unclear"]
    assert "more entries meet at a kink than" in shared.worst.sentence
    assert check_gradients(median, [2.0] * 7, gradient=[0, 0, 0, 0, 1, 0, 0]).passed
    assert not check_gradients(median, [2.0] * 7, gradient=[0.5 / 7] * 7).passed

    def beside_a_kink(x):
        return math.fsum([abs(x[0] - 1), *(w * k for k, w in enumerate(x))])

    wrong = check_gradients(beside_a_kink, [1.0] + [2.0] * 7, gradient=[0, 1, 2, 3, 4, 5, 6, 8])
    assert "wrong at x[7]: 8 was given" in wrong.worst.sentence


@pytest.mark.parametrize("slope", [0.0, 0.5, 1.5])
def test_what_a_recorded_median_of_equal_numbers_crosses_is_no_rounding(slope):
    check = check_gradients(lambda x: sorted(x)[1], [2.0] * 3, gradient=[slope, 0.0, 0.0])
    assert check.worst.name in ("tied entries", "x, kinks")
    assert check.worst.outcome == "wrong"


def test_a_corner_of_an_op_where_a_condition_has_one_too_may_take_the_sides_of_both():
    def function(x):
        return 0.34 * abs(x[2] - x[1]) - 1.87 * max(x[0], x[1])

    for gradient in ([0.0, -2.21, 0.34], [-1.87, 0.34, -0.34], [-1.0, -0.87, 0.0]):
        assert check_gradients(function, [0.0] * 3, gradient=gradient).passed
    assert not check_gradients(function, [0.0] * 3, gradient=[0.0, -2.4, 0.34]).passed


def test_a_median_may_take_an_entry_that_no_declared_corner_touches():
    def function(x):
        return abs(x[0] - x[1]) + sorted(x)[1]

    assert check_gradients(function, [0.0] * 3, gradient=[0.5, -0.5, 1.0]).passed
    assert not check_gradients(function, [0.0] * 3, gradient=[0.5, -0.5, 1.5]).passed


@pytest.mark.extra("numpy")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("count", [3, 7])
def test_a_median_in_float32_may_take_any_of_equal_numbers(count, dtype):
    """Sides that lie nearer to each other than its last digits are not seen."""
    import numpy as np

    def median(x):
        return np.median(x.astype("float32"))

    x, any_of_them = np.full(count, 2.5, dtype), np.eye(count, dtype=dtype)
    for gradient in (any_of_them[0], any_of_them[-1], any_of_them.mean(axis=0)):
        assert check_gradients(median, x, gradient=gradient).passed
        assert not check_gradients(median, x, gradient=1.5 * gradient).passed
    assert not check_gradients(median, x, gradient=any_of_them.sum(axis=0)).passed


@pytest.mark.parametrize("count", [23, 24, 30])
def test_any_of_many_equal_numbers_may_be_their_median(count):
    def median(x):
        return math.fsum([sorted(x)[count // 2]])

    chosen = [float(i == count - 1) for i in range(count)]
    for gradient in (chosen, chosen[::-1], [1 / count] * count):
        check = check_gradients(median, [2.0] * count, gradient=gradient)
        assert check.passed
        assert "The slope is from 0 to 1 close around it" in check.worst.sentence


@pytest.mark.parametrize(("slope", "most"), [(0.0, 2_000), (-1.0, 5_000)])
def test_kinks_at_zeros_are_asked_for_few_values(slope, most):
    """Before one is blamed narrow sides are looked for, on lines that cross all kinks."""
    asked = []

    def function(x):
        asked.append(x)
        return math.fsum(max(v, 0.0) * i for i, v in enumerate(x, 1))

    assert check_gradients(function, [0.0] * 8, gradient=[slope] * 8).passed is (slope == 0)
    assert len(asked) < most


@pytest.mark.parametrize("few", [(function_check, "ENTRYWISE"), (sides, "MOST_PLACES")])
@pytest.mark.parametrize(
    ("gradient", "passed"),
    [
        ([0, 0, 0, 0, 0, 0], True),
        ([1, 0, 3, 0, 0, 6], True),
        ([1, 2, 1.5, 4, 5, 6], True),
        ([0, 0, 0, 0, 0, 7], False),
        ([1, 0, -1, 0, 0, 6], False),
    ],
)
def test_of_many_kinks_that_no_op_declares_each_may_take_either_side(
    gradient, passed, few, monkeypatch
):
    monkeypatch.setattr(*few, 4)

    def function(x):
        return math.fsum(max(v, 0.0) * k for k, v in enumerate(x, 1))

    assert check_gradients(function, [0.0] * 6, gradient=gradient).passed is passed


@pytest.mark.parametrize(("apart", "passed"), [(-0.001, True), (0.0, True), (0.129, False)])
def test_tied_entries_are_wrong_beyond_what_sides_differ_by_along_a_step_of_all(apart, passed):
    def function(p):
        a, b = p["a"], p["b"]
        return ops.abs(a - b) + 0.001 * ops.abs(a + b - 2)  # along a step of both ±0.002

    slope = (0.002 + apart) / 2
    given = {"a": slope, "b": slope}
    assert check_gradients(function, {"a": 1.0, "b": 1.0}, gradient=given).passed is passed


@pytest.mark.parametrize(
    ("at", "slope", "passed"),
    [(2, 3.0, True), (2, 1.0, True), (2, 3.5, False), (0, 2.2, False), (7, -22.4, False)],
)
def test_of_many_entries_those_on_conditions_may_take_the_other_side(
    at, slope, passed, monkeypatch
):
    monkeypatch.setattr(function_check, "ENTRYWISE", 4)

    def function(x):
        return sum((v if v > 0 else -v) * k + v * v * k for k, v in enumerate(x, 1))

    x = [0.5, -0.3, 0.0, 0.0, 0.7, -1.2, 0.4, 0.9]
    gradient = [(k if v >= 0 else -k) + 2 * k * v for k, v in enumerate(x, 1)]
    gradient[at] = slope
    check = check_gradients(function, x, gradient=gradient)
    assert check.passed is passed
    assert "other entries are wrong" not in str(check)


def largest(x):
    most = x[0]
    for value in x[1:]:
        most = max(most, value)
    return most


@pytest.mark.parametrize("most", [largest, ops.max], ids=["own", "op"])
@pytest.mark.parametrize(
    ("slopes", "passed"),
    [
        ((1, 0, 0), True),
        ((0.4, 0.3, 0.3), True),
        ((1.003, 0, 0), False),
        ((-0.003, 1.003, 0), False),
    ],
)
def test_beside_a_meeting_of_kinks_a_steep_curve_is_no_leeway(most, slopes, passed):
    gradient = [5000.0 * slope for slope in slopes]
    point = [0.0] * 3 if most is largest else asarray([0.0] * 3)
    check = check_gradients(lambda x: ops.exp(5000 * most(x)), point, gradient=gradient)
    assert check.passed is passed


@pytest.mark.parametrize("kinks", [2, 7, 8])
def test_up_to_seven_entries_on_conditions_are_told_apart_from_those_that_agree(kinks, monkeypatch):
    monkeypatch.setattr(function_check, "ENTRYWISE", 4)

    def function(x):
        return sum((v if v > 0 else -v) * k + v * v * k for k, v in enumerate(x, 1))

    x = [0.0] * kinks + [0.5, -0.3, 0.7]
    gradient = [(k if v > 0 else -k if v else 0.5) + 2 * k * v for k, v in enumerate(x, 1)]
    outcomes = {"x": "agrees"} if kinks < 8 else {}
    check = check_gradients(function, x, gradient=gradient)
    found = {v.name: v.outcome for v in check.verdicts}
    assert found == {**outcomes, "x, kinks": "kink", "all together": "agrees"}
    gradient[-1] *= 1.5
    check = check_gradients(function, x, gradient=gradient)
    assert f"wrong at x[{kinks + 2}]" in str(check)


@pytest.mark.parametrize("declared", [True, False])
def test_one_entry_beyond_both_slopes_is_found_among_hundreds_on_kinks(declared):
    def function(x):
        return ops.sum(ops.abs(x)) if declared else math.fsum(map(abs, x))

    gradient = [0.0] * 600
    assert check_gradients(function, [0.0] * 600, gradient=gradient).passed
    gradient[5] = 3.0
    check = check_gradients(function, [0.0] * 600, gradient=gradient)
    assert not check.passed
    assert "x[5], not between the two slopes" in check.worst.sentence
