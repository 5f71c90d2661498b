"""Far out, every activation and loss has a finite value and a finite gradient, without warning."""

import math

import pytest

from chainrule import arrays, ops
from chainrule.autodiff import PRIMITIVES, Tensor, backward, grad, hessian
from chainrule.autodiff.walk import _are_numbers as of_gradients
from chainrule.engines import record
from chainrule.nn import ACTIVATIONS, LOSSES
from chainrule.ops.losses import _are_numbers as of_losses

FAR = [-1000.0, -709.8, -40.0, 0.0, 40.0, 709.8, 1000.0]


@pytest.fixture
def asarray(xp):
    return xp.asarray


def finite(array):
    return all(map(math.isfinite, array.reshape(-1).tolist()))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_is_finite_far_out(name, asarray):
    z = Tensor(asarray([FAR, FAR[::-1]]))
    a = ACTIVATIONS[name](z)
    (slope,) = backward(a, [z], seed=asarray([[1.0] * len(FAR)] * 2))
    assert finite(a.value)
    assert finite(slope)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_curvature_of_an_activation_is_finite_far_out(name, asarray):
    z = Tensor(asarray([FAR]))
    (slope,) = backward(
        ACTIVATIONS[name](z), [z], seed=asarray([[1.0] * len(FAR)]), differentiable=True
    )
    (bend,) = backward((slope * slope).sum(), [z])
    assert finite(bend)


@pytest.mark.parametrize("target", [-1.0, 0.0, 1.0])
@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_finite_far_out(name, target, asarray):
    a, y = Tensor(asarray([FAR])), asarray([[target] * len(FAR)])
    loss = LOSSES[name].op(a, y)
    (slope,) = backward(loss, [a], seed=asarray([1.0]))
    assert finite(loss.value)
    assert finite(slope)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("sigmoid", 0, 1),
        ("tanh", -1, 1),
        ("relu", 0, 1000),
        ("elu", -1, 1000),
        ("softplus", 0, 1000),
        ("gelu", 0, 1000),
        ("silu", 0, 1000),
        ("leaky_relu", -10, 1000),
    ],
)
def test_far_out_an_activation_takes_its_limit(name, low, high, asarray):
    a = PRIMITIVES[name](asarray([-1000.0, 1000.0])).tolist()
    assert a == pytest.approx([low, high], abs=1e-300)


def test_a_hopeless_score_costs_its_distance(asarray):
    z, t = asarray([[1000.0, -1000.0]]), asarray([[0.0, 1.0]])
    assert PRIMITIVES["softmax_cross_entropy"](z, t).tolist() == [2000.0]
    assert PRIMITIVES["sigmoid_cross_entropy"](z, t).tolist() == [1000.0]


def test_log_softmax_keeps_shares_that_are_too_small_to_hold(asarray):
    assert PRIMITIVES["log_softmax"](asarray([[0.0, -1000.0]])).tolist() == [[0.0, -1000.0]]
    assert PRIMITIVES["softmax"](asarray([[0.0, -1000.0]])).tolist() == [[1.0, 0.0]]


@pytest.mark.parametrize("z", [-1.0, -15.0, -40.0, -300.0])
def test_the_slope_of_elu_keeps_its_digits_far_below_zero(z):
    assert grad(lambda w: ops.elu(w, alpha=0.5))(z) == pytest.approx(0.5 * math.exp(z), rel=1e-15)


@pytest.mark.filterwarnings("ignore:invalid value")  # NumPy says so of 0 · inf
def test_a_class_that_is_ruled_out_costs_nothing_where_it_is_not_the_target(asarray):
    """0 · ln 0 is 0 in a cross-entropy, by its limit; PyTorch with class numbers says the same."""
    loss, z = PRIMITIVES["softmax_cross_entropy"], asarray([[-math.inf, 0.0], [-math.inf, 0.0]])
    t = asarray([[0.0, 1.0], [1.0, 0.0]])
    assert loss(z, t).tolist() == [0.0, math.inf]
    tensor = Tensor(z)
    (slope,) = backward(loss(tensor, t), [tensor], seed=asarray([1.0, 1.0]))
    assert slope.tolist() == [[0.0, 0.0], [-1.0, 1.0]]


@pytest.mark.filterwarnings("ignore:invalid value")  # NumPy says so of 0 · inf
def test_a_score_of_infinity_costs_nothing_where_it_is_right(asarray):
    z = asarray([[math.inf], [-math.inf], [math.inf], [-math.inf]])
    t = asarray([[1.0], [0.0], [0.0], [1.0]])
    loss = PRIMITIVES["sigmoid_cross_entropy"]
    assert loss(z, t).tolist() == [0.0, 0.0, math.inf, math.inf]
    tensor = Tensor(z)
    (slope,) = backward(loss(tensor, t), [tensor], seed=asarray([1.0] * 4))
    assert slope.tolist() == [[0.0], [0.0], [1.0], [-1.0]]


@pytest.mark.parametrize("t", [0.0, 0.25, 1.0])
@pytest.mark.parametrize("z", [0.0, -0.0, 2.0, -2.0])
def test_a_complex_step_measures_the_slope_of_a_surprise_on_both_sides_of_zero(z, t):
    step = arrays.asarray([[complex(z, 1e-30)]])
    slope = ops.sigmoid_cross_entropy(step, arrays.asarray([[t]])).item().imag / 1e-30
    assert slope == pytest.approx(1 / (1 + math.exp(-z)) - t, abs=1e-15)


@pytest.mark.parametrize("name", ["softmax_cross_entropy", "sigmoid_cross_entropy"])
def test_nan_in_a_score_is_not_swallowed_by_a_target_of_zero(name, asarray):
    z, t = asarray([[math.nan, 0.5]]), asarray([[0.0, 1.0]])
    assert math.isnan(PRIMITIVES[name](z, t).tolist()[0])


def test_gelu_is_straight_however_far_out(asarray):
    z = Tensor(asarray([1e160, -1e160, 1e20, -math.inf]))
    (slope,) = backward(ops.gelu(z), [z], seed=asarray([1.0] * 4), differentiable=True)
    assert slope.tolist() == [1.0, 0.0, 1.0, 0.0]
    assert ops.gelu(z.value).tolist() == [1e160, 0.0, 1e20, 0.0]
    assert backward(slope.sum(), [z])[0].tolist() == [0.0] * 4


def test_a_sum_of_powers_neither_overflows_nor_loses_an_infinity(asarray):
    far = asarray([[1000.0, 1000.0], [-1000.0, -1000.0]])
    expected = [1000 + math.log(2), -1000 + math.log(2)]
    assert ops.logsumexp(far, axis=1).tolist() == pytest.approx(expected, rel=1e-15)
    edge = asarray([[math.inf, 0.0], [-math.inf, 2.0]])
    assert ops.logsumexp(edge, axis=1).tolist() == [math.inf, 2.0]
    nothing = arrays.asarray([-math.inf, -math.inf])  # NumPy warns of ln 0
    assert ops.logsumexp(nothing).item() == -math.inf


@pytest.mark.parametrize("exponent", [0, 0.0])
def test_the_slope_of_a_constant_power_is_zero_at_zero_too(exponent, asarray):
    x = Tensor(asarray([0.0, 2.0, -3.0]))
    (slope,) = backward(x**exponent, [x], seed=asarray([1.0, 1.0, 1.0]))
    assert slope.tolist() == [0.0, 0.0, 0.0]


def test_the_slope_of_powers_entry_by_entry_is_zero_where_the_exponent_is(asarray):
    x = Tensor(asarray([0.0, 2.0, 0.0, 5.0]))
    a = ops.pow(x, asarray([0.0, 0.0, 1.0, 2.0]))
    (slope,) = backward(a, [x], seed=asarray([1.0] * 4))
    assert slope.tolist() == [0.0, 0.0, 1.0, 10.0]


def test_the_curvature_of_a_power_is_the_same_both_ways_round_where_the_exponent_is_zero(asarray):
    curved = hessian(lambda p: p[0] ** p[1])(asarray([2.0, 0.0])).reshape(-1).tolist()
    assert curved == pytest.approx([0.0, 0.5, 0.5, math.log(2) ** 2], rel=1e-15)


@pytest.mark.parametrize("name", ["softmax_cross_entropy", "sigmoid_cross_entropy"])
def test_what_is_recorded_or_written_is_the_short_formula_of_scores_that_are_finite(name):
    table, symbols = ([[0.0, 1.0]], [[arrays.Symbol("u"), arrays.Symbol("v")]])
    program = str(record(PRIMITIVES[name], arrays.asarray(table), arrays.asarray(table)))
    (formula,) = PRIMITIVES[name](arrays.asarray(symbols), arrays.asarray(table)).tolist()
    for written in (program, str(formula)):
        assert "exp(" in written
        assert not any(word in written for word in ("where", "==", "1e+38"))


def test_what_has_no_value_yet_may_be_no_number():
    """As within `jax.jit`, whose arrays refuse to be asked."""

    class Unknown:
        def sum(self):
            raise TypeError

    assert not of_losses(Unknown())
    assert not of_gradients([Unknown()])
