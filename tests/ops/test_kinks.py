"""At a kink the convention holds; NaN is never swallowed."""

from math import inf, isnan, log, nan

import pytest

from chainrule import arrays, ops
from chainrule.autodiff import Tensor, backward, grad, value_and_grad


def slopes(function, *values):
    tensors = [Tensor(value) for value in values]
    output = function(*tensors)
    found = backward(output, tensors, seed=arrays.ones_like(output.value))
    return [g.tolist() for g in found]


@pytest.mark.parametrize(
    ("op", "at_zero"), [(ops.relu, 0.0), (ops.leaky_relu, 0.01), (ops.elu, 1.0), (ops.abs, 0.0)]
)
def test_the_slope_at_the_corner_is_the_stated_one(op, at_zero):
    assert grad(op)(0.0) == at_zero


def test_the_absolute_error_has_no_pull_on_the_spot():
    assert slopes(lambda a: ops.absolute_error(a, arrays.asarray([[1.0]])), [[1.0]]) == [[[0.0]]]


def test_an_output_exactly_on_the_margin_is_left_alone():
    assert slopes(lambda a: ops.hinge(a, arrays.asarray([[1.0]])), [[1.0]]) == [[[0.0]]]


@pytest.mark.parametrize("op", [ops.maximum, ops.minimum])
def test_a_tie_goes_to_the_first(op):
    assert slopes(op, [2.0, 1.0], [2.0, 1.0]) == [[1.0, 1.0], [0.0, 0.0]]


def test_a_tie_of_the_largest_entry_goes_to_the_first():
    assert slopes(ops.max, [3.0, 1.0, 3.0]) == [[1.0, 0.0, 0.0]]
    table = [[3.0, 3.0], [3.0, 1.0]]
    assert slopes(lambda x: ops.max(x, axis=0), table) == [[[1.0, 1.0], [0.0, 0.0]]]
    assert slopes(lambda x: ops.max(x, axis=1), table) == [[[1.0, 0.0], [1.0, 0.0]]]


def test_a_floor_of_another_depth_counts_at_its_corner():
    assert grad(lambda z: ops.elu(z, alpha=0.5))(0.0) == 0.5


@pytest.mark.parametrize(
    ("op", "options"),
    [(ops.leaky_relu, {}), (ops.elu, {"alpha": 0.5}), (ops.sigmoid, {}), (ops.silu, {})],
)
def test_a_complex_step_on_the_spot_takes_the_side_of_the_rule(op, options):
    (stepped,) = op(arrays.asarray([1e-30j]), **options).tolist()
    assert stepped.imag / 1e-30 == grad(lambda z: op(z, **options))(0.0)


@pytest.mark.parametrize(("x", "power", "slope"), [(0.0, 0, 0.0), (0.0, 1, 1.0), (0.0, 2, 0.0)])
def test_whole_powers_have_their_slope_at_zero(x, power, slope):
    assert grad(lambda x: x**power)(x) == slope
    assert slopes(ops.pow, [x], [float(power)])[0] == [slope]


def test_a_base_of_zero_stays_at_zero_whatever_the_exponent():
    assert grad(lambda y: 0**y)(2.0) == 0.0
    assert slopes(ops.pow, [0.0, 0.0], [2.0, 0.0])[1] == [0.0, 0.0]


def test_a_power_of_zero_has_the_slopes_of_its_formula():
    """y · x^(y - 1) and x^y · ln x at y = 0, of infinity too."""
    assert grad(lambda y: 2**y)(0.0) == log(2)
    assert slopes(ops.pow, [inf, 2.0], [0.0, 0.0])[0] == [0.0, 0.0]


def test_a_constant_base_takes_on_the_number_kind_of_the_exponent():
    from decimal import Decimal

    expected = 8 * Decimal(2).ln()
    assert abs(grad(lambda y: 2**y)(Decimal(3)) - expected) < Decimal("1e-26")


@pytest.mark.parametrize(
    "op",
    [ops.relu, ops.leaky_relu, ops.elu, ops.abs, ops.sigmoid, ops.tanh, ops.softplus, ops.gelu],
)
def test_nan_comes_through_an_activation_in_value_and_slope(op):
    value, slope = value_and_grad(lambda z: (op(z) * op(z)).sum())(arrays.asarray([nan, 1.0]))
    assert isnan(value.item())
    assert isnan(slope.tolist()[0])
    assert not isnan(slope.tolist()[1])


@pytest.mark.parametrize("op", [ops.maximum, ops.minimum])
@pytest.mark.parametrize("pair", [(nan, 1.0), (1.0, nan), (nan, nan)])
def test_nan_comes_through_a_choice_of_two(op, pair):
    x, y = ([number] for number in pair)
    assert isnan(op(arrays.asarray(x), arrays.asarray(y)).item())
    assert slopes(op, x, y) == [[1.0], [1.0]]  # neither is the larger: both are told


def test_nan_comes_through_the_largest_entry_and_points_at_itself():
    assert isnan(ops.max(arrays.asarray([1.0, nan, 2.0])).item())
    assert slopes(ops.max, [1.0, nan, 2.0]) == [[0.0, 1.0, 0.0]]


def test_nan_that_was_not_chosen_does_no_harm():
    x = arrays.asarray([nan, 2.0])
    chosen = ops.where(arrays.asarray([False, True]), x, 0)
    assert chosen.tolist() == [0.0, 2.0]
    assert slopes(lambda x: ops.where(arrays.asarray([False, True]), x, 0), [nan, 2.0]) == [
        [0.0, 1.0]
    ]


def test_infinity_is_a_number_like_others_where_it_can_be():
    assert ops.relu(arrays.asarray([inf, -inf])).tolist() == [inf, 0.0]
    assert ops.sigmoid(arrays.asarray([inf, -inf])).tolist() == [1.0, 0.0]
    assert slopes(ops.relu, [inf, -inf]) == [[1.0, 0.0]]
    assert slopes(ops.sigmoid, [inf, -inf]) == [[0.0, 0.0]]


@pytest.mark.parametrize(
    ("op", "real_slope"),
    [(ops.relu, [1.0, 0.0]), (ops.abs, [1.0, -1.0]), (ops.leaky_relu, [1.0, 0.01])],
)
def test_a_complex_step_passes_a_corner_on_the_side_of_its_real_part(op, real_slope):
    z = arrays.asarray([2 + 1e-30j, -2 + 1e-30j])
    found = [number.imag / 1e-30 for number in op(z).tolist()]
    assert found == pytest.approx(real_slope, rel=1e-15)


def test_the_distance_to_the_next_largest_is_told_along_an_axis():
    x = arrays.asarray([[1.0, 5.0, 3.0], [2.0, 2.5, 9.0]])
    (apart,) = ops.max.corners(arrays, [x], {"axis": 1})
    assert apart.tolist() == [[4.0, 2.0, 2.0], [7.0, 6.5, 6.5]]
