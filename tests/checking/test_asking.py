"""What a newcomer gives by mistake is told in one sentence that helps, or simply taken."""

import math
from decimal import Decimal
from functools import wraps
from itertools import count

import pytest

import chainrule as cr
from chainrule.errors import KindError, OptionError, ShapeError
from chainrule.model.check import check_gradients

NET = cr.Network([cr.Dense(2, 3, "tanh"), cr.Dense(3, 1)], seed=0, engine="python")
X, Y = [[0.5, -0.3], [1.1, 0.4]], [[0.3], [-0.7]]


def square(w):
    return w**2


def of_net(net):
    return net.gradients(X, Y)


TWO = r"is called with the point alone; found the parameters \(w, b\): put all arrays into one dict"
NAMED = "give your gradient by name, as gradient="


@pytest.mark.parametrize(
    ("error", "said", "asked", "gradient"),
    [
        (KindError, f"the function to check {TWO}", (lambda w, b: w * b, 2.0), 1.0),
        (KindError, f"the gradient function {TWO}", (square, 2.0), lambda w, b: 2 * w),
        (KindError, r"net, x, y; found the parameters \(net\): give it three", (NET, X, Y), of_net),
        (OptionError, NAMED, (square, 2.0, 4.0), None),
        (OptionError, NAMED, (square, 2.0, lambda w: 2 * w), None),
        (OptionError, "checked at a point: give it after the function", (square,), None),
        (OptionError, "checked at a point: give it after the function", (square, square), None),
        (KindError, "found float: give the function itself", (4.0, 2.0), 4.0),
        (KindError, "returns one number; found str", (str, 2.0), 4.0),
        (ShapeError, "form of the point, w; found a list", (lambda p: p["w"], {"w": 2.0}), [1.0]),
        (KindError, "at b, .* a str was found", (lambda p: p["w"], {"w": 2.0, "b": "a"}), 1.0),
        (KindError, "signaling NaN", (square, Decimal("sNaN")), 1.0),
        (KindError, "signaling NaN", (NET, [[Decimal("sNaN"), 1.0]], [[1.0]]), None),
    ],
)
def test_what_cannot_be_asked_is_told_with_what_to_do(error, said, asked, gradient):
    with pytest.raises(error, match=said):
        check_gradients(*asked, gradient=gradient)


def test_a_function_that_does_not_tell_its_parameters_is_asked_all_the_same():
    assert check_gradients(math.exp, 1.0, gradient=math.exp).passed
    assert check_gradients(max, [1.0, 2.0], gradient=[0.0, 1.0]).passed


def test_that_no_gradient_was_given_is_told():
    """As where the `.grad` of a tensor is given that nothing has gone back to."""
    check = check_gradients(square, 2.0, gradient=None)
    assert str(check).startswith("chainrule's own gradient of 1 number: passed")
    assert str(check_gradients(square, 2.0, gradient=4.0)).startswith("gradient of 1 number: pas")


@pytest.mark.parametrize("factor", [1, 3])
def test_where_several_numbers_come_back_it_is_told_that_their_mean_is_meant(factor):
    check = check_gradients(
        lambda w: w**2, cr.arrays.asarray([0.3, 0.7, -1.1]), gradient=lambda w: factor * 2 * w / 3
    )
    assert check.passed is (factor == 1)
    said = "The function returns 3 numbers: they count as the losses of 3 examples"
    assert check.caveat.startswith(said) is (factor == 3)
    cause = None if factor == 1 else "every gradient is not divided by the 3 examples"
    assert check.worst.cause == cause


@pytest.mark.parametrize("given", [2.0, 2.1])
def test_a_gradient_function_that_answers_differently_each_time_is_told_so(given):
    calls = count(1)
    check = check_gradients(lambda w: w * w, 1.0, gradient=lambda w: given * w * next(calls))
    assert [v.outcome for v in check.verdicts] == (
        ["random"] if given == 2.1 else ["agrees", "agrees", "wrong"]
    )
    assert not check.passed


@pytest.mark.extra("numpy")
def test_a_tuple_of_one_gradient_is_that_gradient_and_one_with_the_value_is_told():
    import numpy as np

    point = np.asarray([0.3, -0.7])
    assert check_gradients(lambda w: np.sum(w**2), point, gradient=lambda w: (2 * w,)).passed
    assert check_gradients(lambda w: w[0] ** 2, [0.3], gradient=(np.asarray([0.6]),)).passed
    with pytest.raises(ShapeError, match=r"one array of shape \(2,\); found a tuple of 2: give"):
        check_gradients(lambda w: np.sum(w**2), point, gradient=lambda w: (np.sum(w**2), 2 * w))
    with pytest.raises(ShapeError, match=r"one array of shape \(2,\); found a tuple of 2: give"):
        check_gradients(lambda w: np.sum(w**2), point, gradient=lambda w: (2 * w, np.sum(w**2)))


def test_of_a_value_and_a_slope_the_value_is_not_taken_for_the_slope():
    with pytest.raises(ShapeError, match=r"must have shape \(\); found \(2,\)"):
        check_gradients(lambda w: w**2, 3.0, gradient=lambda w: (w**2, 2 * w))


@pytest.mark.extra("numpy")
def test_a_factor_is_named_in_float32_at_the_second_point_too():
    import numpy as np

    point = np.asarray([0.3, -0.7, 1.1])
    check = check_gradients(
        lambda w: cr.sum(cr.sin(w)), point, gradient=lambda w: (2 * np.cos(w)).astype("float32")
    )
    assert check.worst.cause == "every gradient is counted twice"


@pytest.mark.parametrize(("factor", "told"), [(1.0001, True), (1.0, False)])
def test_what_looks_like_a_factor_in_float32_is_told_where_rounding_may_explain_it(factor, told):
    from tests.checking.test_precision import float32

    point = [0.3, -0.7, 1.1]
    off = (0.0, 0.0, 0.0) if told else (1e-4, 0.0, 0.0)
    given = [float32(factor * math.cos(w) * (1 + o)) for w, o in zip(point, off, strict=True)]
    worst = check_gradients(lambda w: cr.sum(cr.sin(w)), point, gradient=given).worst
    assert worst.outcome == "unclear"
    assert worst.sentence.endswith("float64 to know") is not told
    assert ("all its numbers are 1.0001 times what is found" in worst.sentence) is told


def test_a_wrapped_function_is_asked_as_its_wrapper_is_called():
    def with_rate(function):
        return wraps(function)(lambda w: function(w, 2.0))

    gradient = with_rate(lambda w, rate: 2 * rate * w)
    assert cr.check_gradients(with_rate(lambda w, rate: rate * w**2), 3.0, gradient=gradient).passed
