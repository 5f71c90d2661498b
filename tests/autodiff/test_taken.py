"""0 · ∞ in a branch that was not taken is 0; everywhere else it stays NaN."""

from fractions import Fraction
from math import inf, isnan, nan

import pytest

from chainrule import arrays, ops
from chainrule.autodiff import Tensor, backward, grad, hessian, jacobian
from chainrule.autodiff.taken import _folded
from chainrule.engines import choose_engine
from tests.marked_engines import ENGINES


@pytest.fixture(params=ENGINES)
def array(request):
    """Makes an array of each engine, in whose scope the test runs; NumPy's warnings are silent."""
    engine = choose_engine(request.param)
    with engine.scope():
        if request.param == "numpy":
            import numpy as np

            with np.errstate(all="ignore"):
                yield engine.asarray
        else:
            yield engine.asarray


def chosen_root(x):
    return ops.sum(ops.where(x > 0, ops.sqrt(x), 0.0))


def entropy(p):
    return ops.sum(ops.where(p > 0, p * ops.log(p), 0.0))


# name: (function, point, gradient, diagonal of the second derivatives), by calculus on the branch
# that is taken.
CASES = {
    "a root": (chosen_root, [0.0, 4.0], [0.0, 0.25], [0.0, -1 / 32]),
    "p ln p": (entropy, [0.0, 1.0], [0.0, 1.0], [0.0, 1.0]),
    "a root of less than nothing": (chosen_root, [-1.0, 4.0], [0.0, 0.25], [0.0, -1 / 32]),
    "a quotient": (
        lambda n: ops.sum(ops.where(n > 0, 6 / n, 1.0)),
        [0.0, 2.0],
        [0.0, -1.5],
        [0.0, 1.5],
    ),
    "a power": (lambda x: ops.sum(ops.where(x > 0, x**0.5, x)), [0.0, 4.0], [1.0, 0.25], None),
    "a root through many shapes": (
        lambda x: ops.sum(
            ops.where(
                ops.reshape(x, (2, 1)) > 0,
                ops.concat([ops.expand_dims(ops.sqrt(x), axis=1)] * 2, axis=1),
                0.0,
            )
        ),
        [0.0, 4.0],
        [0.0, 0.5],
        [0.0, -1 / 16],
    ),
    "the sum of a branch": (
        lambda x: ops.where(x[1] > 100, ops.sum(ops.sqrt(x)), 3 * x[1]),
        [0.0, 4.0],
        [0.0, 3.0],
        [0.0, 0.0],
    ),
    "the mean of products of a branch": (
        lambda x: ops.sum(ops.where(x[1] > 100, ops.softmax(ops.sqrt(x)), x)),
        [0.0, 4.0],
        [1.0, 1.0],
        [0.0, 0.0],
    ),
    "a larger number": (
        lambda x: ops.sum(ops.maximum(ops.sqrt(x), 1.0)),
        [0.0, 4.0],
        [0.0, 0.25],
        [0.0, -1 / 32],
    ),
    "a smaller number": (
        lambda x: ops.sum(ops.minimum(-ops.sqrt(x), -1.0)),
        [0.0, 4.0],
        [0.0, -0.25],
        [0.0, 1 / 32],
    ),
    "the largest": (lambda x: ops.max(ops.sqrt(x)), [0.0, 4.0], [0.0, 0.25], [0.0, -1 / 32]),
    "the smallest": (lambda x: ops.min(-ops.sqrt(x)), [0.0, 4.0], [0.0, -0.25], [0.0, 1 / 32]),
    "a branch within a branch": (
        lambda x: ops.sum(ops.where(x > 0, ops.where(x > 1, ops.log(x), ops.sqrt(x)), 0.0)),
        [0.0, 4.0],
        [0.0, 0.25],
        [0.0, -1 / 16],
    ),
    "a value that is used inside and outside": (
        lambda x: ops.sum(ops.where(x > 0, ops.sqrt(x), 0.0) + x * x),
        [0.0, 4.0],
        [0.0, 8.25],
        [2.0, 2 - 1 / 32],
    ),
}


@pytest.mark.parametrize(("function", "point", "slopes", "bends"), CASES.values(), ids=CASES)
def test_what_was_not_taken_passes_nothing_back(array, function, point, slopes, bends):
    x = array(point)
    assert grad(function)(x).tolist() == pytest.approx(slopes, rel=1e-6)
    if bends is not None:
        table = jacobian(grad(function))(x).tolist()
        found = [row[i] for i, row in enumerate(table)]
        assert found == pytest.approx(bends, rel=1e-6)


def test_a_number_that_many_branches_share_hears_from_those_taken(array):
    """d/ds Σ s/n over the n > 0 is Σ 1/n: what 0/0 would have said was not asked."""
    n = array([0.0, 2.0, 4.0])
    assert grad(lambda s: ops.sum(ops.where(n > 0, s / n, 0.0)))(array(3.0)).item() == 0.75
    w = array([[1.0], [2.0]])
    x = array([[inf, 1.0], [3.0, 4.0]])
    row = array([[False], [True]])
    slope = grad(lambda w: ops.sum(ops.where(row, ops.matmul(x, w), 0.0)))(w)
    assert slope.tolist()[1] == [4.0]


@pytest.mark.parametrize(
    "function",
    [
        lambda x: ops.sum(ops.sqrt(x) * ops.sqrt(x)),
        lambda x: ops.sqrt(ops.sum(x * x)) ** 2,
        lambda x: ops.sum(ops.where(x >= 0, ops.sqrt(x) ** 2, 0.0)),
        lambda x: ops.sum(ops.maximum(ops.sqrt(x) * 0, 0.0)),
        lambda x: ops.max(ops.sqrt(x) * 0),
        lambda x: ops.sum(ops.where(x > -1, x * nan, 0.0)),
        lambda x: ops.sum(ops.where(x > 0, 0.0, 0.0) + ops.sqrt(x) * 0),
    ],
)
def test_zero_times_infinity_where_the_result_hangs_on_it_stays_nan(array, function):
    assert any(map(isnan, grad(function)(array([0.0, 0.0])).tolist()))


def test_exact_numbers_stay_exact():
    x = arrays.asarray([Fraction(1, 3), Fraction(2)])
    slope = grad(lambda x: ops.sum(ops.where(x > 1, x * x / 3, x)))(x)
    assert slope.tolist() == [Fraction(1), Fraction(4, 3)]


def test_a_walk_with_another_step_lets_nothing_through_either():
    x = Tensor([0.0, 4.0])
    (slope,) = backward(
        chosen_root(x), [x], pull=lambda tensor, index, g, _=False: tensor.origin.primitive.pull(
            index, g, tensor.value, tensor.origin.values, tensor.origin.options
        ) * 2
    )  # fmt: skip
    assert slope.tolist()[0] == 0.0
    assert slope.tolist()[1] > 0.25


@pytest.mark.extra("jax")
def test_it_compiles():
    import jax

    slopes = jax.jit(grad(chosen_root))(jax.numpy.asarray([0.0, 4.0]))
    assert slopes.tolist() == [0.0, 0.25]


def test_a_program_is_recorded_with_its_branches():
    from chainrule.engines.recording import record

    program = record(lambda x: grad(chosen_root)(x), arrays.asarray([1.0, 4.0]))
    assert program.run(arrays, arrays.asarray([0.0, 4.0])).tolist() == [0.0, 0.25]


def test_the_second_derivative_of_an_activation_is_what_it_was():
    for op in (ops.relu, ops.gelu, ops.elu, ops.leaky_relu):
        bends = hessian(lambda z, op=op: ops.sum(op(z) ** 2))([-1.5, 2.5]).tolist()
        h = 1e-5
        for i, z in enumerate((-1.5, 2.5)):
            slope = grad(lambda z, op=op: op(z) ** 2)
            measured = (slope(z + h) - slope(z - h)) / (2 * h)
            assert bends[i][i] == pytest.approx(measured, rel=1e-6, abs=1e-9)


def test_an_entry_that_was_stretched_is_marked_by_one_of_its_uses():
    mask = arrays.asarray([[True, False], [False, False]])
    assert _folded(arrays, mask, (1, 2)).tolist() == [[True, False]]
