"""Where several kinks meet, what no parts of them add up to is wrong."""

import math

import pytest

from chainrule import ops
from chainrule.arrays import asarray
from chainrule.checking.mixtures import Mixture, beyond
from chainrule.model.check import check_gradients

ROWS = [[1.0, 2.0], [-1.0, 0.5], [3.0, -1.0], [0.5, 1.5]]
KINKED = {
    # Σ|x·w - 1| stands on two corners at (1, 0): beside it -0.5 and 0.5, and 1 or -1 times (1, 2),
    # 1 or -1 times (0.5, 1.5) more.
    "absolute errors": (lambda z: [abs(z[0] - 1), abs(z[1] - 2), abs(z[2] - 3), abs(z[3] - 4)]),
    "hinges": (lambda z: [max(1 - y * v, 0) for y, v in zip((1, -1, 1, -1), z, strict=True)]),
}
OPS = {
    "absolute errors": lambda z: ops.abs(z - asarray([1.0, 2.0, 3.0, 4.0])),
    "hinges": lambda z: ops.relu(1 - z * asarray([1.0, -1.0, 1.0, -1.0])),
}


def by_math(name):
    def function(w):
        z = [math.fsum([a * float(w[0]), b * float(w[1])]) for a, b in ROWS]
        return math.fsum(map(float, KINKED[name](z)))

    return function


def by_python(name):
    return lambda w: sum(KINKED[name]([a * w[0] + b * w[1] for a, b in ROWS]))


def by_ops(name):
    return lambda w: ops.sum(OPS[name](ops.matmul(asarray(ROWS), w)))


@pytest.mark.parametrize("written", [by_math, by_python, by_ops], ids=["math", "Python", "ops"])
@pytest.mark.parametrize(
    ("name", "gradient", "passed"),
    [
        # At (1, 0) rows 0 and 2 of the absolute errors are 0, and the others give (0.5, -2).
        ("absolute errors", [0.5, -2.0], True),
        ("absolute errors", [4.5, -1.0], True),
        ("absolute errors", [-3.5, -3.0], True),
        ("absolute errors", [2.5, -3.75], True),
        ("absolute errors", [4.5, -3.0], False),
        ("absolute errors", [2.5, 0.0], False),
        ("absolute errors", [-3.5, -0.5], False),
        # There rows 0 and 1 of the hinges are 0, and row 3 gives (0.5, 1.5).
        ("hinges", [0.5, 1.5], True),
        ("hinges", [-1.5, 0.0], True),
        ("hinges", [-0.5, 0.75], True),
        ("hinges", [0.5, 0.5], False),
        ("hinges", [0.2, 1.9], False),
    ],
)
def test_what_no_mixture_of_several_kinks_gives_is_wrong(written, name, gradient, passed):
    """Every entry by itself lies between its two slopes."""
    check = check_gradients(written(name), asarray([1.0, 0.0]), gradient=asarray(gradient))
    assert check.passed is passed
    if not passed:
        assert "no side of the kinks has a slope above" in check.worst.sentence


@pytest.mark.parametrize("at_corner", [0.0, 0.5, 1.0])
def test_the_mask_of_a_corner_may_be_any_though_no_side_has_it(at_corner):
    """Rows that are opposite are never both on: the rule of relu gives each what it likes."""
    rows = asarray([[1.0, 2.0], [-1.0, -2.0], [1.0, -1.0]])

    def function(w):
        return ops.sum(ops.relu(ops.matmul(rows, w)) * asarray([1.0, 3.0, 2.0]))

    gradient = [at_corner * (1 - 3 + 2), at_corner * (2 - 6 - 2)]
    assert check_gradients(function, asarray([0.0, 0.0]), gradient=asarray(gradient)).passed


def test_kinks_that_steer_one_another_are_not_taken_apart():
    def function(w):
        return ops.sum(ops.relu(ops.relu(w[0:1]) + w[1:2]) * 2.0)

    for gradient in ([0.0, 0.0], [2.0, 2.0], [0.0, 2.0], [1.0, 2.0]):
        assert check_gradients(function, asarray([0.0, 0.0]), gradient=asarray(gradient)).passed


def test_a_gradient_is_beyond_a_mixture_if_it_is_steeper_along_some_direction():
    square = Mixture([1.0, 1.0], [[0.5, 0.0], [0.0, 0.5]])  # from 0.5 to 1.5 each
    for inside in ([1.0, 1.0], [0.5, 1.5], [1.4, 0.9]):
        assert beyond(inside, square.farthest, 1e-3) is None
    for outside in ([1.6, 1.0], [1.5, 1.6], [0.0, 0.0]):
        assert beyond(outside, square.farthest, 1e-3)


def test_conditions_at_zeros_are_told_by_few_of_their_sides():
    asked = []

    def function(x):
        asked.append(x)
        return sum((v if v > 0 else 0.5 * v) * k for k, v in enumerate(x, 1))

    gradient = [float(k) for k in range(1, 31)]
    assert check_gradients(function, [0.0] * 30, gradient=gradient).passed
    assert len(asked) < 2_500


@pytest.mark.parametrize("function", [lambda z: z if z > 0 else 0.5 * z, ops.leaky_relu])
def test_of_many_entries_no_more_are_said_to_be_on_kinks_than_are(function):
    """Of conditions it is not known which of 510 entries they are."""
    point = [0.1 * (k % 17) for k in range(510)]
    gradient = [1.0] * 510
    declared = function is ops.leaky_relu
    sentence = str(check_gradients(lambda x: sum(map(function, x)), point, gradient=gradient))
    sentence = " ".join(sentence.split())
    assert ("30 entries touched" if declared else "some of the 510 entries touched") in sentence
    assert "Along a random direction the slope is" in sentence


def weighed_errors(absolute, number):
    """1, -2, 3 and -1 times |x·w - y|, all four of which are 0 at (1, 0)."""

    def function(w):
        z = [a * number(w[0]) + b * number(w[1]) for a, b in ROWS]
        return sum(
            k * absolute(v - y) for k, v, y in zip((1, -2, 3, -1), z, (1, -1, 3, 0.5), strict=True)
        )

    return function


@pytest.mark.parametrize(
    ("absolute", "number"),
    [(math.fabs, float), (lambda v: v if v > 0 else -v, lambda v: v)],
    ids=["math", "Python"],
)
@pytest.mark.parametrize(
    ("gradient", "passed"),
    [
        # 1·(1, 2) - 2·(-1, 0.5) + 3·(3, -1) - 1·(0.5, 1.5): a side of a fiftieth of the circle.
        ([11.5, -3.5], True),
        ([-11.5, 3.5], True),
        ([7.5, -1.5], True),
        ([13.0, -3.5], False),
        ([-23.0, 7.0], False),
        ([11.5, 3.5], False),
    ],
)
def test_a_narrow_side_is_right_and_what_no_parts_add_up_to_is_not(
    absolute, number, gradient, passed
):
    """Steps at random hardly ever lead to it; lines that pass close by cross it."""
    function = weighed_errors(absolute, number)
    assert check_gradients(function, [1.0, 0.0], gradient=gradient).passed is passed


@pytest.mark.extra("numpy")
@pytest.mark.parametrize(
    ("at", "gradients"),
    [
        # Absolute errors: all four rows are 0, and each takes its sign.
        ((1.0, 0.0), [(4.5, -1.0), (3.5, 3.0), (-3.5, -3.0), (0.0, 0.0), (0.75, -0.5)]),
        ((0.0, 0.0), [(-0.5, 1.0), (-5.5, -0.5), (0.0, 0.0), (2.5, -2.5)]),
    ],
)
def test_what_float32_rounds_off_beside_kinks_blames_no_gradient(at, gradients):
    """Steps that change no number in float32 look as if all slopes were 0, at zeros as noise."""
    import numpy as np

    rows, targets = np.asarray(ROWS, "float32"), np.asarray([1.0, -1.0, 3.0, 0.5], "float32")
    asked = []

    def function(w):
        asked.append(w)
        return np.abs(rows @ np.asarray(w, "float32") - (targets if at[0] else 0)).sum()

    for gradient in gradients:
        given = np.asarray(gradient, "float32")
        assert check_gradients(function, np.asarray(at, "float32"), gradient=given).passed
    doubled = np.asarray([11.0, 6.0], "float32")
    assert not check_gradients(function, np.asarray(at, "float32"), gradient=doubled).passed
    assert len(asked) < 20_000


UNDONE = {
    "relu": (lambda w: ops.relu(w[0]) - ops.relu(-w[0]), [(0.0, 0.0), (1.0, 0.0), (2.0, 0.0)]),
    "relu of sums": (
        lambda w: ops.sum(ops.relu(w[0:1] - 2 * w[1:2]) - ops.relu(2 * w[1:2] - w[0:1])),
        [(0.0, 0.0), (1.0, -2.0), (2.0, -4.0)],
    ),
    "maximum and minimum": (
        lambda w: ops.maximum(w[0], w[1]) + ops.minimum(w[0], w[1]),
        [(1.0, 1.0), (2.0, 0.0), (0.0, 2.0)],
    ),
}


@pytest.mark.parametrize("name", UNDONE)
def test_of_kinks_that_undo_each_other_each_rule_may_let_through_what_it_likes(name):
    """The sides have one slope, and a mask of zeros at relu has another; it is no mistake."""
    function, gradients = UNDONE[name]
    assert check_gradients(function, asarray([0.0, 0.0])).passed
    for gradient in gradients:
        assert check_gradients(function, asarray([0.0, 0.0]), gradient=asarray(gradient)).passed
    assert not check_gradients(function, asarray([0.0, 0.0]), gradient=asarray([3.0, 0.0])).passed


def relu(z):
    return z if z > 0 else 0.0 * z


@pytest.mark.parametrize(
    ("function", "right", "wrong"),
    [
        (lambda w: relu(w[0]) - relu(-w[0]), [(1.0, 0.0), (0.0, 0.0)], (2.0, 0.0)),
        (lambda w: max(w[0], w[1]) + min(w[0], w[1]), [(1.0, 1.0), (2.0, 0.0)], (0.0, 3.0)),
        (
            lambda w: relu(w[0] - 2 * w[1]) - relu(2 * w[1] - w[0]) + w[0] ** 2,
            [(1.0, -2.0), (0.0, 0.0)],
            (-1.0, 2.0),
        ),
    ],
)
def test_conditions_that_undo_each_other_leave_the_slope_of_the_function_right(
    function, right, wrong
):
    """A complex step stays within their branches, of which each may let nothing through."""
    assert check_gradients(function, [0.0, 0.0]).passed
    for gradient in right:
        assert check_gradients(function, [0.0, 0.0], gradient=gradient).passed
    assert not check_gradients(function, [0.0, 0.0], gradient=wrong).passed


def test_a_condition_at_one_point_alone_that_jumps_is_no_kink_undone():
    def function(w):
        return w[0] if w[0] != 0 else 5.0 + 0.0 * w[0]

    check = check_gradients(function, [0.0], gradient=[1.0])
    assert "agrees" not in {verdict.outcome for verdict in check.verdicts[:1]}
