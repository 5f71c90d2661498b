"""`grad`, `vjp`, `jacobian`, `hessian`: functions made from functions."""

import math
import pickle
from array import array
from decimal import Decimal
from fractions import Fraction

import pytest

import chainrule.ops as ops
from chainrule import arrays
from chainrule.autodiff import Tensor, grad, hessian, jacobian, value_and_grad, vjp
from chainrule.errors import ChainruleError, KindError, ShapeError
from chainrule.model import check_gradients


@pytest.mark.parametrize(("w", "slope"), [(5.0, 4.0), (1.0, -4.0), (3.0, 0.0)])
def test_the_parabola_slopes_down_towards_three(w, slope):
    assert grad(lambda w: (w - 3) ** 2)(w) == slope


def test_whole_numbers_have_slopes_too():
    value, slope = value_and_grad(lambda w: (w - 3) ** 2)(5)
    assert (value, slope, type(slope)) == (4.0, 4.0, float)
    assert grad(lambda x: (x * x).sum())(arrays.asarray([1, 2])).tolist() == [2.0, 4.0]


@pytest.mark.parametrize("number", [Fraction(1, 3), Decimal("0.1"), 2 + 1j])
def test_the_kind_of_a_number_is_kept(number):
    value, slope = value_and_grad(lambda w: w * w / 2)(number)
    assert type(value) is type(slope) is type(number)
    assert slope == number


def test_a_structure_gets_gradients_in_its_own_form():
    parameters = {"w": [[1.0, 2.0]], "rest": (3.0, [Fraction(1, 2), 4])}
    slopes = grad(lambda p: (p["w"] * p["rest"][0]).sum() + (p["rest"][1] * 2).sum())(parameters)
    assert slopes["w"].tolist() == [[3.0, 3.0]]
    assert slopes["rest"][0] == 3.0
    assert slopes["rest"][1].tolist() == [2, 2]


def test_a_list_of_arrays_is_a_structure_and_a_list_of_numbers_an_array():
    pair = [arrays.asarray([1.0]), arrays.asarray([2.0])]
    slopes = grad(lambda p: (p[0] * p[1]).sum())(pair)
    assert [g.tolist() for g in slopes] == [[2.0], [1.0]]
    assert grad(lambda x: x[0] * x[1])([1.0, 2.0]).tolist() == [2.0, 1.0]


def test_another_argument_can_be_chosen():
    function = grad(lambda x, y, scale=1: scale * x * y * y, argnums=1)
    assert function(2.0, 3.0) == 12.0
    assert function(2.0, 3.0, scale=10) == 120.0


def test_a_function_that_ignores_its_argument_has_no_slope():
    assert value_and_grad(lambda w: 7.0)(2.0) == (7.0, 0.0)
    assert grad(lambda w: w**0)(2.0) == 0.0
    assert hessian(lambda w: 7.0)(2.0) == 0.0


def test_a_result_of_several_numbers_is_refused():
    with pytest.raises(ShapeError, match=r"this result has shape \(2,\)"):
        grad(lambda x: x * 2)([1.0, 2.0])


def test_derivatives_of_every_order_come_from_the_same_rules():
    """d/dw of w⁴: 4w³, 12w², 24w, 24, 0."""
    function, found = (lambda w: w**4), []
    for _ in range(5):
        function = grad(function)
        found.append(function(2.0))
    assert found == [32.0, 48.0, 48.0, 24.0, 0.0]


def test_higher_derivatives_are_exact_on_fractions():
    third = grad(grad(grad(lambda w: 1 / w)))
    assert third(Fraction(2, 3)) == -6 * Fraction(3, 2) ** 4


def test_the_inner_variable_is_not_taken_for_the_outer_one():
    """Siskind & Pearlmutter (2005): d/dx [x · d/dy (x + y) at y = 1] is 1, not 2."""
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1.0
    assert grad(lambda x: x * grad(lambda y: x + y)(x))(1.0) == 1.0


def test_an_inner_derivative_at_a_plain_number_still_depends_on_the_outer_variable():
    """d/dx [d/dy x²y at y = 1] = 2x; the value is passed out in the same way."""
    assert grad(lambda x: grad(lambda y: x * x * y)(1.0))(3.0) == 6.0
    assert grad(lambda x: value_and_grad(lambda y: x * x * y)(2.0)[0])(3.0) == 12.0
    assert hessian(lambda x: grad(lambda y: x**3 * y)(1.0))(2.0) == 12.0
    assert grad(lambda x: hessian(lambda y: x * x * y * y)(1.0))(3.0) == 12.0


def test_a_constant_made_inside_the_function_is_no_outer_variable():
    assert grad(lambda w: Tensor(3.0) * w)(2.0) == 3.0
    assert grad(grad(lambda w: Tensor(3.0) * w * w))(2.0) == 6.0


def test_a_tensor_from_outside_makes_the_gradient_a_tensor():
    outside = Tensor(3.0)
    slope = grad(lambda w: outside * w)(2.0)
    assert type(slope) is Tensor
    assert slope.item() == 3.0


def test_the_hessian_of_a_quadratic_form_is_its_matrix():
    """½ xᵀAx with symmetric A."""
    matrix = arrays.asarray([[2.0, -1.0, 0.5], [-1.0, 3.0, 0.0], [0.5, 0.0, 1.0]])
    second = hessian(lambda x: x @ matrix @ x / 2)([1.0, 2.0, 3.0])
    assert second.tolist() == matrix.tolist()


def test_the_hessian_of_the_rosenbrock_function():
    """Rosenbrock (1960): H = [[1200x² - 400y + 2, -400x], [-400x, 200]]."""

    def rosenbrock(p):
        x, y = p
        return 100 * (y - x * x) ** 2 + (1 - x) ** 2

    assert hessian(rosenbrock)([1.0, 1.0]).tolist() == [[802.0, -400.0], [-400.0, 200.0]]
    assert hessian(rosenbrock)([-1.0, 2.0]).tolist() == [[402.0, 400.0], [400.0, 200.0]]


def test_the_hessian_of_softmax_cross_entropy_is_that_of_the_textbook():
    """diag(p) - p pᵀ (Bishop, "Pattern Recognition and Machine Learning", 2006, eq. 4.110)."""
    z, t = arrays.asarray([[0.5, -1.0, 2.0]]), arrays.asarray([[0.0, 1.0, 0.0]])
    found = hessian(lambda z: ops.softmax_cross_entropy(z, t).sum())(z)
    assert found.shape == (1, 3, 1, 3)
    (p,) = ops.softmax(z).tolist()
    for i in range(3):
        for k in range(3):
            expected = p[i] * ((i == k) - p[k])
            assert found[0, i, 0, k].item() == pytest.approx(expected, abs=1e-15)


def test_a_hessian_says_what_it_takes():
    with pytest.raises(KindError, match="one number or one array; found a dict"):
        hessian(lambda p: p["w"] * p["w"])({"w": 1.0})
    with pytest.raises(ShapeError, match="this result has shape"):
        hessian(lambda x: x * 2)([1.0, 2.0])


@pytest.mark.extra("numpy")
def test_numpy_arrays_go_in_and_come_out():
    import numpy as np

    x = np.asarray([1.0, 2.0])
    value, slope = value_and_grad(lambda x: (x * x).sum())(x)
    assert float(value) == 5.0
    assert type(slope) is np.ndarray
    assert hessian(lambda x: (x * x * x).sum())(x).tolist() == [[6.0, 0.0], [0.0, 12.0]]
    assert grad(lambda x: (x**-1.0).sum())(np.asarray([1, 2])).tolist() == [-1.0, -0.25]


@pytest.mark.parametrize(
    "function", [lambda w: ops.sum([w * w, w]), lambda w: [w], lambda w: ops.softmax([w, 2 * w])]
)
def test_a_tensor_in_a_list_does_not_lose_its_gradient_in_silence(function):
    with pytest.raises(KindError, match=r"with cr\.concat, numbers with cr\.stack"):
        grad(function)(3.0)


def test_an_argument_may_be_counted_from_the_end():
    assert grad(lambda *a: a[0] * a[-1] ** 2, argnums=-1)(2.0, 3.0) == 12
    assert hessian(lambda a, b: a * b**3, argnums=-1)(2.0, 3.0) == 36
    assert grad(lambda a, b: a * b, argnums=-2)(2.0, 3.0) == 3


def test_several_arguments_give_a_gradient_each():
    def product(a, b, c):
        return a * b * c

    assert value_and_grad(product, (2, 0))(2.0, 3.0, 5.0) == (30.0, (6.0, 15.0))
    assert grad(grad(lambda a, b: a * b**3, 1), argnums=[0, -1])(2.0, 3.0) == (27.0, 36.0)


@pytest.mark.parametrize("argument", [1, -2])
def test_an_argument_that_was_not_given_by_position_is_refused(argument):
    with pytest.raises(KindError, match=f"argument {argument} was asked for, and 1 were given"):
        grad(lambda w: w * w, argument)(3.0)


@pytest.mark.parametrize("argument", [(0, 0), (1, -1), [0, 1, -2]])
def test_an_argument_that_is_named_twice_is_refused(argument):
    with pytest.raises(KindError, match="was asked for twice: name it once"):
        grad(lambda x, w: x * w, argument)(2.0, 3.0)


def test_lists_nested_in_themselves_are_refused():
    own, twice, named = [], [], {}
    own.append(own)
    twice += [twice, twice]
    named["a"] = named
    for odd in (own, twice, named, (own,), [1.0, own]):
        for derivative in (grad(ops.sum), jacobian(ops.sum)):
            with pytest.raises(KindError, match="that is nested too deep or in itself: give"):
                derivative(odd)


def test_powers_of_a_decimal_zero_have_slopes():
    assert grad(grad(lambda w: w**2))(Decimal(0)) == 2
    assert grad(lambda w: w**1)(Decimal(0)) == 1


def test_a_list_of_dicts_is_a_structure_like_any_other():
    layers = [{"w": 2.0, "b": 1.0}, {"w": 3.0, "b": [0.5, 0.25]}]
    slopes = grad(lambda p: ((p[0]["w"] * p[1]["w"] + p[0]["b"]) * p[1]["b"]).sum())(layers)
    assert slopes[0] == {"w": 3.0 * 0.75, "b": 0.75}
    assert slopes[1]["w"] == 2.0 * 0.75
    assert slopes[1]["b"].tolist() == [7.0, 7.0]


def test_a_seed_says_what_each_entry_of_a_result_weighs():
    value, slope = value_and_grad(lambda x: x * x, seed=[1.0, 10.0])([3.0, 4.0])
    assert (value.tolist(), slope.tolist()) == ([9.0, 16.0], [6.0, 80.0])
    with pytest.raises(ShapeError, match=r"shape \(2,\); found \(3,\)"):
        grad(lambda x: x * x, seed=[1.0, 2.0, 3.0])([3.0, 4.0])
    with pytest.raises(ShapeError, match="give the seed, or ask for the jacobian"):
        grad(lambda x: x * x)([3.0, 4.0])


def test_the_way_back_is_taken_for_every_argument_and_again():
    value, back = vjp(lambda p, s: ops.stack([p["w"] * s, p["w"]]), {"w": 2.0}, 5.0)
    assert value.tolist() == [10.0, 2.0]
    assert back([1.0, 0.0]) == ({"w": 5.0}, 2.0)
    assert back([0.0, 3.0]) == ({"w": 3.0}, 0.0)
    assert vjp(lambda x: x * x, 3.0)[0] == 9.0
    with pytest.raises(ShapeError, match="a seed is"):
        back([1.0, 2.0, 3.0])


def test_the_way_back_can_be_differentiated():
    def bent(x):
        _, back = vjp(lambda y: y * y * y, x)
        return back(1.0)[0]

    assert grad(bent)(2.0) == 12.0


def test_a_jacobian_has_the_shape_of_the_value_and_of_the_argument():
    """f = (x0·x1, x1², x0): rows (x1, x0), (0, 2·x1), (1, 0)."""
    table = jacobian(lambda x: ops.stack([x[0] * x[1], x[1] * x[1], x[0]]))([3.0, 5.0])
    assert table.tolist() == [[5.0, 3.0], [0.0, 10.0], [1.0, 0.0]]
    assert jacobian(lambda x: x * x)(3.0) == 6.0
    assert jacobian(lambda x: x * arrays.asarray([1.0, 2.0]))(3.0).tolist() == [1.0, 2.0]
    assert jacobian(lambda s, x: s * x, 1)(2.0, [[1.0, 4.0]]).shape == (1, 2, 1, 2)
    assert jacobian(lambda x: x[:0])([3.0, 5.0]).shape == (0, 2)
    assert hessian(lambda x: ops.sum(x * x))(arrays.zeros((2, 0))).shape == (2, 0, 2, 0)
    with pytest.raises(KindError, match="jacobian takes one number or one array; found a list"):
        jacobian(lambda x: x)([{"w": 1.0}])


@pytest.mark.extra("numpy")
@pytest.mark.parametrize("turn", [lambda w, x: w * x, lambda w, x: x * w, lambda w, x: x**w])
def test_a_plain_number_stands_beside_numpy_data(turn):
    import numpy as np

    x = np.arange(1.0, 4.0)
    lists = arrays.asarray(x.tolist())
    for derivative in (grad, hessian):
        expected = derivative(lambda w: ops.mean(turn(w, lists) ** 2))(2.0)
        assert derivative(lambda w: ops.mean(turn(w, x) ** 2))(2.0) == pytest.approx(expected)
        both = derivative(lambda w: ops.mean(turn(w, x) ** 2) + w * w)(2.0)
        assert both == pytest.approx(expected + (4 if derivative is grad else 2))


@pytest.mark.extra("numpy")
def test_lists_and_numpy_arrays_are_not_mixed_in_silence():
    import numpy as np

    with pytest.raises(KindError, match="make both arrays of one library"):
        grad(lambda w: (w * np.asarray([1.0, 2.0])).sum())([1.0, 2.0])


@pytest.mark.extra("numpy")
def test_a_list_of_numpy_s_numbers_is_an_array_written_out():
    import numpy as np

    point = [[np.float64(1.0), np.float32(2.0)], [3.0, np.int64(4)]]
    slopes = grad(lambda x: (x * x).sum())(point)
    assert slopes.tolist() == [[2.0, 4.0], [6.0, 8.0]]
    found = check_gradients(lambda x: (x * x).sum(), point, gradient=lambda x: 2 * np.asarray(x))
    assert found.passed


@pytest.mark.extra("pandas", "numpy")
@pytest.mark.parametrize("turn", [lambda w, c: w * c, lambda w, c: w @ c])
def test_what_is_no_array_of_an_op_is_told_so_beside_arrays_of_any_library(turn):
    import numpy as np
    import pandas as pd

    for point in ([1.0, 2.0], np.ones(2)):
        with pytest.raises(KindError, match="asked of a pandas Series"):
            grad(lambda w: turn(w, pd.Series([1.0, 2.0])).sum())(point)


@pytest.mark.extra("numpy")
@pytest.mark.parametrize("row", [range(1, 3), array("d", [1, 2]), type("Row", (list,), {})([1, 2])])
def test_a_row_of_numbers_that_numpy_reads_stands_beside_its_arrays(row):
    import numpy as np

    assert grad(lambda w: (w * w * row).sum())(np.ones(2)).tolist() == [2.0, 4.0]
    with pytest.raises(KindError, match="which is neither an array"):
        grad(lambda w: (w * row).sum())([1.0, 2.0])


@pytest.mark.extra("numpy")
def test_a_seed_in_a_list_is_made_an_array_of_the_result_s_library():
    import numpy as np

    slopes = grad(lambda x: x * x, seed=[1, 10])(np.asarray([3.0, 4.0]))
    assert (type(slopes), slopes.tolist()) == (np.ndarray, [6.0, 80.0])


@pytest.mark.parametrize(
    ("function", "count"),
    [(lambda w: math.hypot(w, 1), 0), (lambda w: w.norm(), 1), (grad(lambda w: w.norm()), 1)],
)
def test_an_error_of_another_library_says_once_what_our_arrays_know(function, count):
    """Our own errors, such as that of a tensor asked to be a float, say it themselves."""
    with pytest.raises(KindError) as caught:
        grad(function)(1.0)
    assert str(caught.value).count("write it with operators and the ops of cr") == count


def test_an_error_that_has_nothing_to_do_with_our_arrays_stays_as_it_is():
    with pytest.raises(TypeError, match="has no len") as caught:
        grad(lambda w: w * len(None))(1.0)
    assert type(caught.value) is TypeError


@pytest.mark.extra("jax", "numpy", "torch")
@pytest.mark.parametrize("library", ["numpy", "jax.numpy", "torch"])
def test_functions_of_other_libraries_are_refused_with_the_way_out(library):
    there = pytest.importorskip(library)
    for function in (there.tanh, there.sum, there.asarray, lambda w: w @ there.ones(2)):
        with pytest.raises(ChainruleError, match=r"cr\.|make both arrays|make an array of it"):
            grad(lambda w, of=function: of(w) * w)([0.5, -1.0])


def cubed(x):
    return x**3


@pytest.mark.parametrize(
    ("make", "result"),
    [(grad, 12.0), (value_and_grad, (8.0, 12.0)), (hessian, 12.0), (jacobian, 12.0)],
)
def test_what_differentiates_a_function_of_a_file_is_pickled_and_gives_the_same(make, result):
    assert pickle.loads(pickle.dumps(make(cubed)))(2.0) == result


@pytest.mark.parametrize("name", ["function", "place", "seed", "argument"])
def test_a_function_may_have_an_option_of_any_name(name):
    assert grad(lambda x, **options: x * options[name])(2.0, **{name: 3.0}) == 3.0
