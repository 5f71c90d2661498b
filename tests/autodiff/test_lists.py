"""A list of numbers beside an array is the array that it says."""

from decimal import Decimal
from fractions import Fraction

import pytest

import chainrule as cr
from chainrule.engines import choose_engine
from chainrule.errors import KindError
from tests.marked_engines import ENGINES, JAX

FUNCTIONS = {
    "multiply": (lambda w, n: (n * w * w).sum(), [1.0, 2.0]),
    "divide": (lambda w, n: (n / w).sum(), [1.0, 2.0]),
    "power": (lambda w, n: (w**n).sum(), [2.0, 3.0]),
    "matmul": (lambda w, n: cr.tanh(cr.matmul(n, w)).sum(), [[0.5, -1.0], [0.25, 2.0]]),
    "maximum": (lambda w, n: (cr.maximum(w, n) ** 2).sum(), [0.0, 9.0]),
    "where": (lambda w, n: cr.where([True, False], w**3, n).sum(), [1.0, 3.0]),
    "concat": (lambda w, n: (cr.concat([w, n]) ** 3).sum(), [2.0]),
    "huber": (lambda w, n: cr.huber(w, n).sum(), [1.0, 2.5]),
    "cross entropy": (lambda w, n: cr.softmax_cross_entropy(w, n).sum(), [0.0, 1.0]),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("function", "numbers"), FUNCTIONS.values(), ids=FUNCTIONS)
def test_first_and_second_derivatives_are_those_of_the_array(engine, function, numbers):
    chosen = choose_engine(engine)
    with chosen.scope():
        w, array = chosen.asarray([1.5, 3.0]), chosen.asarray(numbers)
        for derivative in (cr.grad, cr.hessian):
            expected = derivative(lambda w: function(w, array))(w).tolist()
            for written in (numbers, tuple(numbers)):
                assert derivative(lambda w, n=written: function(w, n))(w).tolist() == expected


@pytest.mark.parametrize("engine", ENGINES[1:])  # on lists what is exact stays so
@pytest.mark.parametrize(
    "number",
    [Fraction(1, 2), Decimal("0.5"), [Fraction(1, 2), 3], (Decimal("0.5"), Decimal(3))],
    ids=str,
)
def test_exact_numbers_beside_arrays_of_another_library_are_floats(engine, number):
    chosen = choose_engine(engine)
    plain = [0.5, 3.0] if isinstance(number, list | tuple) else 0.5
    with chosen.scope():
        w = chosen.asarray([1.5, 3.0])
        for function in (lambda w, n: (w * n * w).sum(), lambda w, n: cr.maximum(w, n).sum()):
            slopes = cr.grad(lambda w, f=function: f(w, number))(w)
            expected = cr.grad(lambda w, f=function: f(w, plain))(w)
            assert type(slopes) is type(expected)
            assert (slopes.dtype, slopes.tolist()) == (expected.dtype, expected.tolist())


@pytest.mark.extra("numpy")
def test_exact_numbers_beside_an_array_of_objects_stay_exact():
    import numpy as np

    third = Fraction(1, 3)
    x = np.array([third, Fraction(2)], dtype=object)
    for beside, products in ((third, [third**2, 2 * third]), ([3, third], [1, 2 * third])):
        assert cr.multiply(x, beside).tolist() == cr.multiply(beside, x).tolist() == products


@pytest.mark.parametrize("engine", ["python", JAX])
def test_a_list_that_holds_a_tensor_is_refused_while_it_is_compiled_too(engine):
    chosen = choose_engine(engine)
    run = chosen.compile(lambda v: cr.grad(lambda w: (w * [w[0], 2.0]).sum())(v))
    with pytest.raises(KindError, match="a list that holds a tensor"):
        run(chosen.asarray([1.5, 3.0]))


@pytest.mark.extra("jax")
def test_a_list_may_hold_numbers_that_jax_traces():
    import jax

    function = jax.jit(lambda a: cr.huber(a, [a[0], 2.0]))
    assert function(jax.numpy.asarray([1.5, 3.0])).tolist() == 0.25


@pytest.mark.extra("numpy")
def test_a_list_that_holds_a_recorded_value_is_refused():
    run = choose_engine("numpy").compile(lambda v, k: cr.multiply(v, [k, 2.0]))
    with pytest.raises(KindError, match="a value of the recording"):
        run(choose_engine("numpy").asarray([1.5, 3.0]), 2.0)


@pytest.mark.parametrize("engine", ENGINES[1:])
@pytest.mark.parametrize("number", [Fraction(10**400), [Fraction(10**400), 1]], ids=["alone", "in"])
def test_an_exact_number_that_no_float_holds_is_refused_beside_other_arrays(engine, number):
    chosen = choose_engine(engine)
    with chosen.scope(), pytest.raises(KindError, match="too large for a float"):
        cr.maximum(chosen.asarray([1.5, 3.0]), number)
