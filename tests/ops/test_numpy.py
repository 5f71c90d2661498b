"""The same ops on NumPy: the numbers of the list array, in the dtype that came in."""

import pytest

from chainrule import arrays, ops
from chainrule.autodiff import PRIMITIVES, grad, value_and_grad
from chainrule.errors import ChainruleError, ShapeError
from tests.ops.derivatives import (
    agree,
    as_arrays,
    case_id,
    cases,
    first,
    proved_places,
    run,
    second,
    seed_for,
)

pytestmark = pytest.mark.extra("numpy")

JAX = pytest.param("jax.numpy", marks=pytest.mark.extra("jax"))
LIBRARIES = ["chainrule.arrays", "numpy", JAX]


@pytest.fixture
def np():
    return pytest.importorskip("numpy")


def flat(array):
    return list(array.reshape(-1).tolist())


@pytest.mark.parametrize(("op", "sample", "options"), cases(), ids=case_id)
def test_value_and_both_derivatives_are_those_of_the_list_array(op, sample, options, np):
    lists, numpys = as_arrays(sample), as_arrays(sample, np)
    ours, theirs = run(op, lists, options), run(op, numpys, options)
    assert theirs.shape == ours.shape
    assert agree(flat(theirs), flat(ours), 14)
    if not op.rules:
        return
    seed = seed_for(ours.shape)
    weights = [seed_for(lists[i].shape, 2 + i) for i in proved_places(op, lists)]
    seed_np, weights_np = np.asarray(seed.tolist()), [np.asarray(w.tolist()) for w in weights]
    for our, their in (
        (first(op, lists, options, seed), first(op, numpys, options, seed_np)),
        (
            second(op, lists, options, seed, weights),
            second(op, numpys, options, seed_np, weights_np),
        ),
    ):
        assert [g.shape for g in our] == [g.shape for g in their]
        for g, h in zip(our, their, strict=True):
            assert agree(flat(h), flat(g), 13)


@pytest.mark.parametrize(("op", "sample", "options"), cases(), ids=case_id)
def test_float32_stays_float32(op, sample, options, np):
    inputs = [x if x.dtype == bool else x.astype(np.float32) for x in map(np.asarray, sample)]
    output = run(op, inputs, options)
    assert output.dtype in (np.float32, np.bool_)
    if op.rules:
        seed = np.asarray(seed_for(output.shape).tolist(), dtype=np.float32)
        slopes = first(op, inputs, options, seed)
        assert {str(g.dtype) for g in slopes} == {"float32"}
        weights = [np.ones_like(g) for g in slopes]
        assert {str(g.dtype) for g in second(op, inputs, options, seed, weights)} == {"float32"}


def test_a_constant_exponent_keeps_float32(np):
    power, x = PRIMITIVES["pow"], np.asarray([2.0], dtype=np.float32)
    for exponent in (3, 0, 0.5):
        assert power.rule(0).function(np, x, power(x, exponent), x, exponent).dtype == np.float32


def test_an_empty_slice_is_as_empty_as_on_lists(np):
    for xp in (arrays, np):
        value, slope = value_and_grad(lambda x: ops.sum(x[1:1]) + ops.sum(ops.take(x, [])))(
            xp.asarray([1.0, 2.0])
        )
        assert (float(value), slope.tolist()) == (0.0, [0.0, 0.0])


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda np: ops.exp(np.asarray(["a"])), r"exp .* an array of <U1, shape \(1,\)"),
        (lambda np: ops.exp(np.asarray([1, "a"], dtype=object)), "exp .* an array of object"),
        (lambda np: ops.relu(np.asarray(["2020-01-01"], dtype="datetime64[D]")), "of datetime64"),
        (lambda np: ops.softplus(np.asarray([True])), "an array of bool"),
        (lambda np: ops.max(np.zeros((0, 2))), r"max .* shape \(0, 2\)"),
        (lambda np: ops.sum(np.ones(2), axis=5), r"sum .*\(axis 5 is out of bounds"),
        (lambda np: ops.sum(np.ones(2), axes=0), "sum was given `axes`; it takes axis"),
        (lambda np: ops.sum(np.ones(2), keepdims=np.ones(2)), "give it as in keepdims=False"),
        (lambda np: ops.reshape(np.ones((2, 2)), (3,)), r"reshape .* into shape \(3,\)"),
        (lambda np: ops.permute_dims(np.ones((2, 2)), axes=5), r"as in axes=\(2, 0, 1\)"),
        (lambda np: ops.concat(np.asarray(1.0)), "concat takes arrays in a list"),
        (lambda np: ops.first_maximum(np.asarray(1.0)), "first_maximum cannot be computed"),
        (lambda np: ops.exp([1.0], np.ones(2)), "exp was given 2 arguments"),
    ],
)
def test_what_numpy_cannot_compute_is_refused_by_the_name_of_the_op(call, sentence, np):
    with pytest.raises(ChainruleError, match=sentence):
        call(np)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("places", [[3], [-4], [True], [0.5], ["a"]], ids=repr)
def test_an_entry_that_does_not_exist_is_not_taken(places, library):
    x = pytest.importorskip(library).asarray([1.0, 2.0, 3.0])
    for function in (ops.take, grad(lambda x, places: ops.sum(ops.take(x, places)))):
        with pytest.raises(IndexError, match=r"there is no entry .*: give one from 0 to 2"):
            function(x, places)


@pytest.mark.parametrize("library", LIBRARIES)
def test_entries_of_a_table_are_taken_along_an_axis(library):
    x = pytest.importorskip(library).asarray([[1.0, 2.0], [3.0, 4.0]])
    with pytest.raises(ShapeError, match=r"take from shape \(2, 2\) does not say along which"):
        ops.take(x, [0, 3], axis=None)
    assert ops.take(x[0], [1], axis=None).tolist() == [2.0]
    for places in ([[0, 1], [1, 0]], pytest.importorskip(library).asarray([[0, 1], [1, 0]])):
        with pytest.raises(ShapeError, match=r"take picks by one list .* use x\[indices\]"):
            ops.take(x, places)
    with pytest.raises(ShapeError, match=r"along axis 2 of shape \(2, 2\), which has none such"):
        ops.take(x, [0], axis=2)
    with pytest.raises(IndexError, match="there is no entry 0: there are none"):
        ops.take(x[:0], [0])
