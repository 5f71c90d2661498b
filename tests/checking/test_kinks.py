from math import exp, inf, sqrt

import pytest

import chainrule.arrays as xp
from chainrule import ops
from chainrule.autodiff import PRIMITIVES, Tensor
from chainrule.checking.checked_function import CheckedFunction
from chainrule.checking.kinks import Corners, _beside, crossed, find_kinks
from chainrule.model import Network
from chainrule.model.check import check_gradients
from chainrule.nn import Dense


def checked(function, **point):
    return CheckedFunction(function, {name: xp.asarray(value) for name, value in point.items()})


AT_CORNERS = {
    "relu": lambda p: ops.sum(ops.relu(p["x"])),
    "leaky_relu": lambda p: ops.sum(ops.leaky_relu(p["x"], slope=0.2)),
    "elu": lambda p: ops.sum(ops.elu(p["x"], alpha=0.5)),
    "abs": lambda p: ops.sum(abs(p["x"])),
    "maximum": lambda p: ops.sum(ops.maximum(p["x"], -p["x"])),
    "minimum": lambda p: ops.sum(ops.minimum(p["x"], 3 * p["x"])),
    "min": lambda p: ops.min(ops.concat([p["x"], -2 * p["x"]])),
    "max": lambda p: ops.max(ops.concat([p["x"], -2 * p["x"]])),
    "absolute_error": lambda p: ops.sum(
        ops.absolute_error(ops.reshape(p["x"], (1, 1)), xp.asarray([[0.0]]))
    ),
    "hinge": lambda p: ops.sum(ops.hinge(ops.reshape(p["x"] + 1, (1, 1)), xp.asarray([[1.0]]))),
}


@pytest.mark.parametrize("op", [name for name, op in PRIMITIVES.items() if op.traits.corner])
def test_every_op_with_a_corner_is_known_on_it_and_left_alone_beside_it(op):
    at = checked(AT_CORNERS[op], x=[0.0])
    kinks, touched, slopes, _ = find_kinks(at, 1e-14)
    assert [kink.op for kink in kinks] == [op]
    assert touched == {"x": [True]}
    left, right, _ = at.slopes_beside({"x": [1.0]})
    assert abs(left - right) > 0.1
    low, high = slopes["x"][0]
    assert (low, high) == pytest.approx((min(left, right), max(left, right)), abs=1e-6)
    beside = checked(AT_CORNERS[op], x=[1e-9])
    assert find_kinks(beside, 1e-14) == ([], {"x": [False]}, {}, {})


def test_smooth_ops_have_no_corners():
    for smooth in (ops.elu, ops.softplus, ops.tanh, ops.sigmoid):
        assert not find_kinks(checked(lambda p, f=smooth: ops.sum(f(p["x"])), x=[0.0]), 1e-14)[0]
    huber = checked(lambda p: ops.sum(ops.huber(p["x"], xp.asarray([[0.0]]))), x=[[1.0]])
    assert not find_kinks(huber, 1e-14)[0]


def test_a_sum_that_rounds_to_almost_zero_counts_as_the_corner():
    near = checked(lambda p: ops.relu(p["a"] + p["b"]), a=0.1 + 0.2, b=-0.3)
    assert near.loss.item() == pytest.approx(5.6e-17, rel=0.01)
    assert find_kinks(near, 1e-15)[1] == {"a": [True], "b": [True]}


def test_only_entries_that_can_move_off_the_corner_are_touched():
    half = checked(lambda p: ops.sum(ops.relu(p["x"]) * p["w"]), x=[0.0, 2.0], w=[3.0, 4.0])
    assert find_kinks(half, 1e-14)[1] == {"x": [True, False], "w": [False, False]}


def test_a_step_across_a_corner_is_seen_and_named():
    near = checked(AT_CORNERS["abs"], x=[1e-6])
    assert "crosses the corner of abs" in crossed(near, {"x": [1.0]}, 1e-5)
    assert crossed(near, {"x": [1.0]}, 1e-7) is None


@pytest.fixture
def at_a_corner():
    """Unit 1 of the first layer gets z = 1·1 + 2·(-1) + 1 = 0 from row 0 and nothing else does."""
    layers = [
        Dense(2, 2, "relu", weight=[[1.0, 0.5], [1.0, 2.0]], bias=[0.25, 1.0]),
        Dense(2, 1, weight=[[1.0, -3.0]], bias=[0.5]),
    ]
    return Network(layers, engine="python"), [[1.0, -1.0], [0.5, 1.0]], [[1.0], [2.0]]


def test_a_unit_on_its_corner_is_named_with_both_slopes_and_neither_passes_nor_fails(at_a_corner):
    check = check_gradients(*at_a_corner)
    kinks = {v.name: v for v in check.verdicts if v.outcome == "kink"}
    assert check.passed
    assert set(kinks) == {"dense1.weight, kinks", "dense1.bias, kinks"}
    verdict = kinks["dense1.bias, kinks"]
    assert verdict.passed is None
    assert "dense1 unit 1 in row 0 on the corner of relu" in verdict.sentence
    # By hand: a = (0.75, 0) gives 1.25, off by 0.25; (1.25, 3.5) gives -8.75, off by -10.75.
    # dL/db_1 = mean of 2·off·(-3) over the open rows: row 1 alone 32.25, with row 0 31.5.
    assert "The slope is 32.25 on the left and 31.5 on the right" in verdict.sentence


def test_away_from_its_corner_the_same_layer_is_still_checked(at_a_corner):
    net, x, y = at_a_corner
    gradient = {name: g.tolist() for name, g in net.gradients(x, y).items()}
    assert check_gradients(net, x, y, gradient=gradient).passed
    gradient["dense1.weight"][0][0] *= 1.001
    check = check_gradients(net, x, y, gradient=gradient)
    assert check.worst.entry == "dense1.weight[0,0]"


def test_either_convention_at_the_corner_is_accepted(at_a_corner):
    net, x, y = at_a_corner
    gradient = {name: g.tolist() for name, g in net.gradients(x, y).items()}
    assert gradient["dense1.bias"][1] == pytest.approx(32.25)
    gradient["dense1.bias"][1] = 31.5
    gradient["dense1.weight"][1] = [
        gradient["dense1.weight"][1][0] - 0.75,
        gradient["dense1.weight"][1][1] + 0.75,
    ]
    outcomes = {v.name: v.outcome for v in check_gradients(net, x, y, gradient=gradient).verdicts}
    assert "wrong" not in outcomes.values()


XOR = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]


def test_a_gradient_far_beside_both_slopes_of_a_kink_is_wrong():
    net = Network([Dense(2, 4, "relu"), Dense(4, 1, "sigmoid")], seed=1, engine="python")
    given = {name: g.tolist() for name, g in net.gradients(XOR, [0, 1, 1, 0]).items()}
    assert check_gradients(net, XOR, [0, 1, 1, 0], gradient=given).passed
    given["dense1.bias"] = [1e6, 0.0, 7.0, 0.0]
    found = check_gradients(net, XOR, [0, 1, 1, 0], gradient=given)
    assert not found.passed
    assert "wrong at dense1.bias[0], not between the two slopes: 0" in found.worst.sentence


@pytest.mark.parametrize(("slope", "passed"), [(0.0, True), (0.5, True), (1.0, True), (9.0, False)])
def test_every_slope_between_the_two_of_a_corner_passes_and_no_other(slope, passed):
    assert check_gradients(ops.relu, 0.0, gradient=lambda w: slope).passed is passed


def test_paths_over_several_corners_may_pull_either_way():
    """Walking up one row's unit wakes, walking down the other's; the slope taken is neither's."""

    def function(p):
        return ops.relu(p["w"]) * 3.0 - ops.relu(-p["w"]) * 2.0

    at = checked(function, w=0.0)
    assert at.slopes_beside({"w": [1.0]}) == (pytest.approx(2), pytest.approx(3), 0.0)
    assert at.walk() == {"w": [0.0]}
    assert check_gradients(lambda w: function({"w": w}), 0.0).passed


@pytest.mark.parametrize("rows", [3, 100])
def test_a_corner_that_nothing_hangs_on_has_the_slope_zero_for_any_number_of_rows(rows):
    """Both layers stand on their corners in every row, and no gradient reaches the first."""
    layers = [
        Dense(1, 1, "relu", weight=[[1.0]], bias=[0.0]),
        Dense(1, 1, "relu", weight=[[0.0]], bias=[0.0]),
        Dense(1, 1, weight=[[1.0]], bias=[0.5]),
    ]
    net = Network(layers, engine="python")
    assert check_gradients(net, [[0.0]] * rows, [[1.0]] * rows).passed
    wrong = {"dense1.bias": [0.1]}
    assert not check_gradients(net, [[0.0]] * rows, [[1.0]] * rows, gradient=wrong).passed


@pytest.mark.parametrize(
    ("slope", "passed"), [(0.0, False), (1.0, True), (1.5, False), (-0.5, False)]
)
def test_of_many_tied_entries_each_may_be_the_largest(slope, passed):
    gradient = [slope] + [0.0] * 99
    assert check_gradients(ops.max, [2.0] * 100, gradient=gradient).passed is passed


@pytest.mark.parametrize(
    "function",
    [lambda x: sqrt(abs(x) + 0.1), lambda x: ops.sqrt(ops.where(x > 0, x, -x) + 0.1)],
    ids=["math", "ops"],
)
@pytest.mark.parametrize(("slope", "passed"), [(1.58113883, True), (-1.5, True), (1.582, False)])
def test_beside_a_corner_the_curve_is_taken_off_the_slopes(function, slope, passed):
    """To both sides the slope of sqrt at 0.1 is 1.58113883, and falls fast."""
    assert check_gradients(function, 0.0, gradient=slope).passed is passed


@pytest.mark.parametrize(("slope", "passed"), [(1.0, True), (-2.0, True), (1.001, False)])
def test_a_steep_fall_beside_a_hidden_corner_does_not_blame_its_slope(slope, passed):
    def bent(x):
        return ops.where(x > 0, x * ops.exp(-1000 * x), -2 * x)

    assert check_gradients(bent, 0.0, gradient=slope).passed is passed


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * exp(-x) if x > 0 else 0.0 * x,
        lambda x: ops.relu(x) if x > 0 else ops.relu(x - 1e-5),
    ],
    ids=["math", "other ops"],
)
@pytest.mark.parametrize(("slope", "passed"), [(1.0, True), (0.0, True), (1.1, False)])
def test_a_condition_may_lead_to_ops_that_the_point_does_not_use(function, slope, passed):
    assert check_gradients(function, 0.0, gradient=slope).passed is passed


def test_the_slopes_along_a_direction_lie_between_those_of_its_entries():
    touched = {"w": [True, False, True]}
    corners = Corners([], touched, {"w": [(-1.0, 2.0), (5.0, 5.0), (0.0, inf)]})
    assert corners.between("w", [1.0, 0.0, 0.0]) == (-1.0, 2.0)
    assert corners.between("w", [-2.0, 1.0, 0.0]) == (-4.0 + 5.0, 2.0 + 5.0)
    assert corners.between("w", [0.0, 1.0, 0.0]) is None  # which no kink touches
    assert corners.between("w", [1.0, 0.0, 1.0]) is None  # whose slope may be infinite
    assert corners.between("b", [1.0]) is None


def test_those_entries_are_suspects_that_lie_furthest_beyond_their_slopes():
    given = [3.0, -2.0, 0.5, 2.0, 0.0]
    none = Corners([], {}, {})
    assert none.suspects("w", range(5), given) == [2, 1, 3, 0]
    slopes = {"w": [(0.0, 1.0), (-1.0, 1.0), (0.0, 1.0), (2.0, 3.0), (0.0, 0.0)]}
    assert Corners([], {}, slopes).suspects("w", range(5), given) == [1, 0]
    many = [float(n) for n in range(30)]
    assert none.suspects("w", range(30), many) == [*range(6, 30)]
    assert none.suspects("w", [3, 1], many) == [1, 3]
    assert none.suspects("w", range(3), [0.0, -1.0, 0.0]) == [1]


def test_a_corner_inside_another_is_told_by_what_stands_on_it():
    def largest(x):
        return ops.maximum(ops.maximum(x[0], x[1]), x[2])

    sentence = check_gradients(largest, [1.0, 1.0, 1.0], gradient=[1.0, 0.0, 0.0]).worst.sentence
    assert "x[0] on the corner of maximum; maximum(x[0], x[1]) on the corner" in sentence


def test_of_many_corners_the_first_are_told():
    def function(x):
        return sum(ops.abs(x[i]) for i in range(5))

    sentence = check_gradients(function, [0.0] * 5, gradient=[1.0] * 5).worst.sentence
    assert "x[2] on the corner of abs; 2 more. The slope" in sentence


@pytest.mark.parametrize(
    ("rows", "columns", "one_by_one"), [(2, 2, True), (4, 16, True), (5, 13, False)]
)
def test_of_up_to_64_tied_entries_each_is_moved_alone(rows, columns, one_by_one):
    """Of more, each may get all that arrives anywhere."""
    largest = ops.max(Tensor(xp.full((rows, columns), 2.0)), axis=1)
    arriving = [1.0, *[3.0] * (rows - 1)]
    shift = xp.full((rows, columns), 2.0**-20)
    below, above = _beside(largest, 0, xp.asarray(arriving), shift)
    assert below.tolist() == [[0.0] * columns] * rows
    assert above.tolist() == [[g if one_by_one else 3.0] * columns for g in arriving]
