"""Wrong gradients that were let pass, right ones that were called wrong: each kind, fixed."""

import math
import random
import re
from struct import pack, unpack

import pytest

import chainrule as cr
from benchmarks.verdicts import KINDS, table
from chainrule.arrays import asarray
from chainrule.errors import KindError, ShapeError
from chainrule.model.check import check_gradients


def outcomes(check):
    return {verdict.outcome for verdict in check.verdicts}


def float32(x):
    return unpack("f", pack("f", x))[0]


# False passes


def test_a_gradient_function_that_forgot_its_return_is_told_so():
    with pytest.raises(KindError, match="returned None; end it with `return`"):
        check_gradients(lambda w: w * w, 2.0, gradient=lambda w: None)
    net = cr.Network([cr.Dense(2, 1)], engine="python")
    with pytest.raises(KindError, match="returned None; end it with `return`"):
        check_gradients(net, [[1.0, 2.0]], [[1.0]], gradient=lambda net, x, y: None)


@pytest.mark.parametrize(
    ("slope", "passed"), [(0.0, True), (0.5, True), (1.0, True), (-1.0, False), (1.5, False)]
)
def test_at_a_corner_a_slope_beside_both_is_wrong(slope, passed):
    check = check_gradients(cr.relu, 0.0, gradient=slope)
    assert check.passed is passed
    assert "0 on the left and 1 on the right" in check.worst.sentence


@pytest.mark.parametrize("function", [cr.relu, lambda x: max(x, 0.0)])
@pytest.mark.parametrize("slope", [-0.01, 1.01])
def test_a_corner_of_plain_python_allows_no_more(function, slope):
    assert not check_gradients(function, 0.0, gradient=slope).passed


def on_one_corner():
    """One row of three stands on the corner of unit 0."""
    first = cr.Dense(2, 2, "relu", weight=[[1.0, 1.0], [0.25, -2.0]], bias=[-1.0, -0.5])
    second = cr.Dense(2, 2, "sigmoid", weight=[[0.25, -2.0], [-0.5, 0.5]], bias=[-2.0, 0.5])
    x = [[1.0, 0.5], [1.0, 2.0], [-1.0, 2.0]]
    return cr.Network([first, second], engine="python"), x, [[0.0, 0.0], [0.5, 0.5], [0.5, 1.0]]


def test_a_bias_gradient_of_zeros_does_not_hide_behind_a_corner():
    net, x, y = on_one_corner()
    given = {name: g.tolist() for name, g in net.gradients(x, y).items()}
    assert check_gradients(net, x, y, gradient=given).passed
    given["dense1.bias"] = [0.0, 0.0]
    check = check_gradients(net, x, y, gradient=given)
    assert {v.name for v in check.verdicts if v.outcome == "wrong"} == {
        "dense1.bias, kinks",
        "dense1, in = out",
    }


@pytest.mark.parametrize(("slope", "outcome"), [(0.5, "kink"), (-0.5, "wrong"), (1.5, "wrong")])
def test_a_corner_that_a_condition_makes_is_found(slope, outcome):
    # where(w > 1, 1, w) is w up to 1 and flat from there
    check = check_gradients(lambda w: cr.where(w > 1, 1.0, w), 1.0, gradient=slope)
    assert outcome in outcomes(check)
    assert "1 on the left and 0 on the right" in check.worst.sentence


@pytest.mark.parametrize(
    "function",
    [
        lambda x: cr.where(x >= 1, x + 3, x),
        lambda x: x + 3 if x >= 1 else x,
        lambda x: math.fsum([x, 3.0]) if x >= 1 else x,
    ],
)
def test_a_jump_is_named_and_has_no_slope(function):
    right = check_gradients(function, 1.0, gradient=1.0)
    assert right.passed
    assert "jump" in outcomes(right)
    assert "jumps here, by 3" in str(right) or "jumps at x, by 3" in str(right)
    for slope in (-1.0, -25.0, 4.0):
        wrong = check_gradients(function, 1.0, gradient=slope)
        assert not wrong.passed
        assert "the function jumps at x, by 3" in " ".join(str(wrong).split())


@pytest.mark.parametrize("seed", range(10))
def test_a_function_that_answers_differently_each_time_never_passes(seed):
    generator = random.Random(seed)

    def dropout(x):
        return sum(w * w for w in x if generator.random() > 0.5)

    for check in (
        check_gradients(lambda p: cr.sum(p * p * generator.random()), [0.3, -0.4]),
        check_gradients(dropout, [0.3, -0.4], gradient=lambda x: [-2 * w for w in x]),
        check_gradients(dropout, [0.3, -0.4], gradient=[0.6, -0.8]),
    ):
        assert not check.passed
        assert (check.worst.outcome, check.worst.tolerance) == ("random", 0)
        assert "answers differently each time" in check.worst.sentence


def test_a_gradient_function_that_is_zero_each_time_is_wrong_and_not_random():
    assert check_gradients(lambda w: w**2, 3.0, gradient=lambda w: 0 * w).worst.outcome == "wrong"


@pytest.mark.parametrize("gradient", [lambda w: w * w, lambda w: w + 2, lambda w: 8 / w])
@pytest.mark.parametrize("function", [lambda w: w**2, lambda w: math.pow(w, 2)])
def test_a_gradient_that_is_right_at_one_point_by_chance_is_caught(function, gradient):
    check = check_gradients(function, 2.0, gradient=gradient)
    assert not check.passed
    assert "wrong at a second point" in check.worst.sentence
    assert check_gradients(function, 2.0, gradient=lambda w: 2 * w).passed


def test_numbers_worked_out_for_one_point_are_not_asked_for_another():
    assert check_gradients(lambda w: w**2, 2.0, gradient=lambda w: 4.0).passed


def test_a_second_point_is_only_taken_where_everything_is_defined():
    assert check_gradients(math.acos, 0.999, gradient=lambda w: -1 / math.sqrt(1 - w * w)).passed
    assert check_gradients(math.log, 0.01, gradient=lambda w: 1 / w).passed


def test_a_networks_gradient_function_is_tried_with_other_weights():
    net = cr.Network([cr.Dense(1, 1, weight=[[2.0]], bias=[0.0])], engine="python")

    def by_chance(net, x, y):
        """The mean of `2(wx - y)x` and `2(wx - y)`, with `w * w` for `2w` at w = 2."""
        w = net.parameters["dense1.weight"].tolist()[0][0]
        b = net.parameters["dense1.bias"].tolist()[0]
        return {"dense1.weight": [[w * w + 2 * b - 2.0]], "dense1.bias": [w * w + 2 * b - 2.0]}

    check = check_gradients(net, [[1.0]], [[1.0]], gradient=by_chance)
    assert not check.passed
    assert check.worst.name == "a little way off"
    right = check_gradients(net, [[1.0]], [[1.0]], gradient=lambda n, x, y: n.gradients(x, y))
    assert right.passed
    assert net.parameters["dense1.weight"].tolist() == [[2.0]]


def test_nothing_agrees_to_no_digit():
    for check in (
        check_gradients(lambda w: cr.where(w > 1, 1.0, w), 1.0, gradient=0.5),
        check_gradients(lambda w: 1e9 + math.sin(w), 1.0, gradient=math.cos),
        check_gradients(lambda w: 1e15 + math.sin(w), 1.0, gradient=math.cos),
    ):
        assert "0 digits" not in str(check)
    assert check.worst.outcome == "unclear"
    assert "rounding alone may move them apart by" in check.worst.sentence


# False alarms


@pytest.mark.parametrize("sure", [6.0, 8.0, 12.0, 16.0, 20.0, 24.0, 28.0, 34.0])
def test_a_classifier_that_is_sure_of_itself_is_not_called_wrong(sure):
    layer = cr.Dense(1, 2, "softmax", weight=[[1.0], [-1.0]], bias=[sure / 2, -sure / 2])
    net = cr.Network([layer], engine="python")
    check = check_gradients(net, [[1.0], [2.0]], [0, 0])
    assert check.passed
    tensors = [v for v in check.verdicts if v.name in net.parameters]
    assert {v.outcome for v in tensors} <= ({"agrees"} if sure <= 24 else {"agrees", "unclear"})
    unclear = [v for v in check.verdicts if v.outcome == "unclear"]
    assert all(v.name != "all together" or "the complex step" in v.sentence for v in unclear)
    factor = 1.001 if sure <= 20 else 1.5
    own = net.gradients([[1.0], [2.0]], [0, 0])
    given = {name: (factor * g).tolist() for name, g in own.items()}
    assert sure > 30 or not check_gradients(net, [[1.0], [2.0]], [0, 0], gradient=given).passed


@pytest.mark.parametrize("at", [[0.3, -0.4], [0.7], [1.3, 2.2, -0.1]])
def test_a_function_that_computes_in_float32_is_measured_as_closely_as_that_allows(at):
    def inside(x):
        return float32(sum(float32(float32(w) ** 2) for w in x))

    right = check_gradients(inside, at, gradient=lambda x: [2 * w for w in x])
    assert right.passed
    assert outcomes(right) == {"agrees"}
    assert 3 <= min(v.digits for v in right.verdicts) <= 9
    assert not check_gradients(inside, at, gradient=[2.02 * w for w in at]).passed


@pytest.mark.extra("torch")
def test_a_pytorch_model_with_its_own_gradient_passes():
    import torch

    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh(), torch.nn.Linear(3, 1))

    def loss(x):
        return model(torch.tensor(x, dtype=torch.float32)).square().sum().item()

    def gradient(x):
        point = torch.tensor(x, dtype=torch.float32, requires_grad=True)
        model(point).square().sum().backward()
        return point.grad.tolist()

    assert check_gradients(loss, [0.3, -0.4], gradient=gradient).passed
    assert not check_gradients(
        loss, [0.3, -0.4], gradient=lambda x: [-g for g in gradient(x)]
    ).passed


def test_a_function_that_is_flat_everywhere_has_the_slope_zero():
    def flat(x):
        return cr.sum(cr.where(x > 0.5, 1.0, 0.0))

    assert check_gradients(flat, [0.1, 0.3]).passed
    assert check_gradients(flat, 0.1).passed
    assert not check_gradients(flat, [0.1, 0.3], gradient=[0.0, 0.1]).passed


def test_numbers_so_large_that_floats_hold_few_decimals_do_not_let_small_ones_be_left_at_0():
    """1e9·exp has 16 digits, 7 of them decimals: that is no rounding by hand."""
    point = {"a": [0.1, 0.2], "b": [0.3, 0.4]}
    check = check_gradients(
        lambda p: 1e9 * cr.sum(cr.exp(p["a"])) + 1e-9 * cr.sum(cr.tanh(p["b"])),
        point,
        gradient={"a": [1e9 * math.exp(x) for x in point["a"]], "b": [0.0, 0.0]},
    )
    assert check.worst.name == "b"
    assert check.worst.outcome == "wrong"


@pytest.mark.parametrize(
    ("factor", "cause"), [(2.0, "every gradient is counted twice"), (1.5, None)]
)
def test_numbers_whose_squares_leave_the_floats_are_named_as_all_others(factor, cause):
    w = [0.3, -0.7, 1.1]
    given = [factor * 1e200 * math.cos(x) for x in w]
    worst = check_gradients(lambda w: 1e200 * cr.sum(cr.sin(w)), w, gradient=given).worst
    assert (worst.outcome, worst.cause) == ("wrong", cause)


def test_a_factor_of_a_square_is_not_told_as_one_of_its_half():
    """A variance over n - 1 = 2 in place of n = 3 is 3/2 of it, and no half is counted twice."""
    x = [0.31, -0.47, 0.9]
    mean = math.fsum(x) / 3

    def loss(x):
        centred = x - cr.mean(x)
        return cr.sum(cr.exp(x)) + cr.mean(centred * centred)

    check = check_gradients(loss, x, gradient=[math.exp(a) + 2 * (a - mean) / 2 for a in x])
    assert not check.passed
    assert "twice" not in str(check)


@pytest.mark.parametrize(
    ("w", "cause"),
    [
        ([0.5, -1.0, -1.0, 0.5], None),
        ([1.0, 1.0, -1.0, -1.0], "the term (x[1] - x[2])^2 is missing"),
    ],
)
def test_two_numbers_wrong_by_one_round_step_prove_nothing_but_a_simple_cause(w, cause):
    """The pairs of neighbours are left out: terms of the loss, some of which are 0 at such numbers.

    At the first point a forgotten exponent would give the same numbers.
    """
    c = 0.25
    pairs = [(i, j) for i in range(4) for j in range(i + 1, 4)]

    def slopes(pairs):
        found = [math.exp(x) for x in w]
        for i, j in pairs:
            found[i] += 2 * c * (w[i] - w[j])
            found[j] -= 2 * c * (w[i] - w[j])
        return found

    def loss(w):
        return c * sum((w[i] - w[j]) ** 2 for i, j in pairs) + cr.sum(cr.exp(w))

    assert check_gradients(loss, w, gradient=slopes(pairs)).passed
    check = check_gradients(loss, w, gradient=slopes([(i, j) for i, j in pairs if j != i + 1]))
    assert (check.passed, check.worst.cause) == (False, cause)


@pytest.mark.parametrize(("slopes", "passed"), [([1.0, 0.0, 1.0], True), ([0.0, 1.0, 1.0], False)])
def test_corners_very_close_to_the_point_are_told_from_it(slopes, passed):
    check = check_gradients(
        lambda x: math.fsum(max(z, 0.0) for z in x), [1e-9, -1e-9, 0.5], gradient=slopes
    )
    assert check.passed == passed


def test_a_kink_that_is_undone_again_leaves_a_gradient_right():
    """The maximum is taken off before the exponentials and added after them, here at a tie."""

    def loss(z):
        top = cr.max(z)
        return top + cr.log(cr.sum(cr.exp(z - top)))

    z = [0.5, 0.5, -1.0]
    shares = [math.exp(x) / math.fsum(map(math.exp, z)) for x in z]
    right = check_gradients(loss, z, gradient=shares)
    assert {verdict.outcome for verdict in right.verdicts} == {"agrees"}
    other = check_gradients(loss, z, gradient=[shares[0] + 0.1, shares[1] - 0.1, shares[2]])
    assert {verdict.outcome for verdict in other.verdicts} != {"agrees"}


@pytest.mark.parametrize(
    ("function", "x", "slope"),
    [
        (lambda x: round(50 * x * x, 0) / 50, 0.73, 1.46),
        (lambda x: round(100 * math.exp(0.01 * x)) / 100, 30.0, 0.01 * math.exp(0.3)),
        (math.sin, 1e15, math.cos(1e15)),
        (lambda x: math.sin(50 * x) / 50, 1e30, math.cos(5e31)),
        (lambda x: math.floor(x) + (x % 1) ** 2 * (3 - 2 * (x % 1)), 1e15, 0.0),
        (lambda v: 1 + 1e-16 * math.tanh(v / 1e-16), 0.3e-16, 1 - math.tanh(0.3) ** 2),
        (lambda v: 1 + 1e-13 * math.sin(v / 1e-13), -2.3e-13, math.cos(2.3)),
        (
            lambda p: math.fsum(w * w for w in p) if math.fsum(p) == 1 else math.log(-1),
            [0.25, 0.75],
            [0.5, 1.5],
        ),
    ],
    ids=["stairs", "cents", "sine", "steep sine", "floor", "hidden", "hidden wave", "one point"],
)
def test_what_the_values_cannot_show_is_neither_right_nor_wrong(function, x, slope):
    worst = check_gradients(function, x, gradient=slope).worst
    assert worst.outcome == "unclear"
    assert worst.sentence.startswith("cannot tell")


@pytest.mark.parametrize("passed", [True, False])
@pytest.mark.parametrize(
    ("function", "x", "slope"),
    [
        (lambda x: x**1.5, 0.0, 0.0),
        (lambda x: x**1.5 * math.exp(x), 0.0, 0.0),
        (lambda w: cr.sum(w**1.5), [0.0, 1.0], [0.0, 1.5]),
        (lambda w: w[0] * cr.sqrt(w[0]) + w[1], [0.0, 0.5], [0.0, 1.0]),
        (lambda x: math.sqrt(1 - x) ** 3 + x, 1.0, 1.0),
        (lambda x: x * x * math.log(x) if x else 0.0, 0.0, 0.0),
    ],
)
def test_where_a_function_ends_its_one_side_has_the_slope(function, x, slope, passed):
    given = (
        slope if passed else [s + 0.5 for s in slope] if isinstance(slope, list) else slope + 0.5
    )
    check = check_gradients(function, x, gradient=given)
    assert check.passed is passed
    assert "nan" not in str(check)


@pytest.mark.parametrize(
    ("function", "x", "slope"),
    [
        (lambda p: round(math.fsum(min(w, 0.5) for w in p), 4), [0.5, 0.0, -1.0], [0.0, 1.0, 1.0]),
        (
            lambda p: float32(math.fsum(abs(w / 1e-3) * math.log(abs(w / 1e-3) + 1e-9) for w in p)),
            [0.0, -2.7e-4, -6.07e-4, 7.5e-5],
            [0.0, 309.333316, -500.773514, -1590.26715],
        ),
        (
            lambda p: float32(p[0] / 1e3) + float32(p[0] / 1e3) * float32(p[1] / 1e3),
            [0.0, 0.0],
            [0.001, 0.0],
        ),
    ],
    ids=["corner", "corners nearby", "steps that err alike"],
)
def test_coarse_rounding_beside_a_corner_or_at_round_steps_is_no_mistake(function, x, slope):
    assert check_gradients(function, x, gradient=slope).passed
    assert not check_gradients(function, x, gradient=[-2 * s - 3 * x[0] for s in slope]).passed


@pytest.mark.parametrize("unit", [1e-30, 1e-100, 1e-150, 1e-290])
def test_the_complex_step_is_as_small_as_the_numbers_are(unit):
    w = [0.3 * unit, -0.7 * unit]
    for factor, passed in ((1.0, True), (1.01, False)):
        given = [factor * (1 - math.tanh(x / unit) ** 2) for x in w]
        check = check_gradients(lambda w: unit * cr.sum(cr.tanh(w / unit)), w, gradient=given)
        assert check.passed is passed


def test_no_right_gradient_is_called_wrong():
    """A sample of `python -m benchmarks.verdicts`, which checks 3,000."""
    counts = table(20 * len(KINDS), show=lambda line: None)
    assert sum(counts.values()) == 20 * len(KINDS)
    assert {outcome for _, outcome in counts} <= {"agrees", "kink", "unclear"}
    assert counts["opaque", "agrees"] == counts["smooth", "agrees"] == 20


def test_the_same_gradients_one_percent_off_are_all_caught():
    """The sample is no proof unless a wrong gradient among it fails."""
    for seed in range(40):
        scale = 10.0 ** (seed % 7 - 3)
        numbers = [0.2 + 0.1 * seed, 1.3]
        check = check_gradients(
            lambda x, scale=scale: scale * math.fsum(map(math.sin, x)),
            numbers,
            gradient=[1.01 * scale * math.cos(w) for w in numbers],
        )
        assert not check.passed


def test_a_nan_of_our_own_walk_is_told_where_it_was_born():
    check = check_gradients(lambda x: cr.sqrt(cr.sum(x * x)) ** 2, [0.0, 0.0])
    assert check.worst.cause == "sqrt gives NaN, backward"
    assert "the NaN was born at sqrt, backward: x = 0, a = 0, g = 0" in check.worst.sentence
    mine = check_gradients(lambda w: w * w, 2.0, gradient=math.nan)
    assert mine.worst.cause is None


def test_a_multiple_of_a_gradient_that_is_one_of_the_weights_is_called_no_penalty():
    check = check_gradients(
        lambda w: cr.sum(w**2), asarray([1.0, -2.0, 0.5]), gradient=lambda w: 3 * w
    )
    assert not check.passed
    assert "penalty" not in str(check)
    beside = check_gradients(
        lambda w: cr.sum(w**3), asarray([1.0, -2.0, 0.5]), gradient=lambda w: 3 * w**2 + 0.02 * w
    )
    assert "a penalty with λ = 0.01" in beside.worst.sentence


@pytest.mark.parametrize(
    ("own", "given", "said"),
    [
        (0.05, 0.0125, "it lacks 2·λ·w with λ = 0.0375, as where .* left out, too small"),
        (0.05, 0.07, "it holds 2·λ·w too much with λ = 0.02, as where .* too large"),
        (0.05, -0.05, "the term 0.05·sum.* has the wrong sign"),
        (0.0, 0.05, "it holds a penalty with λ = 0.05, which this loss leaves out"),
        (0.0, -0.05, "it holds a penalty with λ = 0.05 and the wrong sign, which this loss leaves"),
    ],
)
def test_a_penalty_is_called_left_out_only_where_the_loss_holds_none(own, given, said):
    point = {"w": [0.31, -0.47, 0.9], "b": 0.2}

    def loss(p):
        return cr.sum(cr.exp(p["w"])) * p["b"] + (own * cr.sum(p["w"] ** 2) if own else 0.0)

    gradient = {
        "w": [math.exp(w) * 0.2 + 2 * given * w for w in point["w"]],
        "b": sum(map(math.exp, point["w"])),
    }
    assert re.match(said, check_gradients(loss, point, gradient=gradient).worst.cause)


def test_a_list_that_a_gradient_repeats_is_told_apart_from_a_wrong_shape():
    with pytest.raises(ShapeError, match=r"found \(9,\); it was asked with the list .* repeats"):
        check_gradients(lambda w: cr.sum(w * w), [1.0, -2.0, 0.5], gradient=lambda w: 3 * w)
    with pytest.raises(ShapeError, match=r"found \(2,\)$"):
        check_gradients(lambda w: cr.sum(w * w), [1.0, -2.0, 0.5], gradient=[1.0, 2.0])


def recurrence(p):
    """60 steps of tanh: what comes back to the first state is as small as 10^-26."""
    h = p["h"]
    for k in range(60):
        h = cr.tanh(p["w"] * h + 0.7 * math.sin(1.3 * k))
    return (h - 0.3) ** 2


@pytest.mark.parametrize("weight", [0.5, 1.3])
def test_a_long_recurrence_leaves_no_gradient_unclear(weight):
    point = {"h": 0.4, "w": weight}
    check = check_gradients(recurrence, point)
    assert outcomes(check) == {"agrees"}

    def forgotten(p):
        return {"h": 0.0, "w": cr.grad(recurrence)(p)["w"]}

    worst = check_gradients(recurrence, point, gradient=forgotten).worst
    assert worst.cause == "the gradient of h is missing"


def test_a_value_of_zero_and_an_entry_that_nothing_hangs_on_are_no_noise():
    def hinges(s):
        return max(0.0, 1 + s[0] - s[1]) + max(0.0, 1 + s[2] - s[1])

    point = asarray([1.0, 2.0, 0.3])
    assert outcomes(check_gradients(hinges, point, gradient=[0.0, 0.0, 0.0])) <= {"kink", "agrees"}
    assert not check_gradients(hinges, point, gradient=[1.0, 0.0, 0.0]).passed
