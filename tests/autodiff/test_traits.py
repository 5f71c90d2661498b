"""What an op says of itself is true of what it computes."""

import itertools

import pytest

from chainrule import arrays, ops
from chainrule.autodiff import PRIMITIVES, Tensor, backward, primitive, unbroadcast
from chainrule.errors import ShapeError
from chainrule.nn import ACTIVATIONS
from tests.ops.derivatives import as_arrays, case_id, cases, proved_places, run, seed_for
from tests.twins import twin

ONE_INPUT = [op for op in PRIMITIVES.values() if len(op.inputs) == 1 and not op.sequence]
LEARNING = cases(with_rules=True)
MIXING = {
    *("softmax", "log_softmax", "first_maximum", "matmul", "weighted_sum", "sum", "mean", "max"),
    *("squared_error", "absolute_error", "huber", "hinge"),
    *("softmax_cross_entropy", "sigmoid_cross_entropy"),
    *("reshape", "expand_dims", "matrix_transpose", "permute_dims", "broadcast_to"),
    *("concat", "take", "stack", "min", "logsumexp"),
}


def test_an_op_knows_whether_its_entries_keep_apart():
    assert {name for name, op in PRIMITIVES.items() if not op.entrywise} == MIXING


def test_one_number_alone_does_not_show_that_entries_keep_apart():
    def same(xp, z):
        """Say it again."""
        return z

    for samples, apart in (([(1.0,)], False), ([(1.0,), (2.0,)], True), ([([1.0, 2.0],)], True)):
        assert primitive("a = z", samples=samples, listed=False)(same).entrywise is apart


def test_an_op_knows_which_of_its_rules_look_at_its_result():
    """Those in which `a` stands, and those of ops that join arrays, which ask for its namespace."""
    reading = {name for name, op in PRIMITIVES.items() if op.reads_result[0]}
    assert reading == {
        *("sigmoid", "tanh", "silu", "softmax", "log_softmax", "exp", "sqrt", "tan", "logsumexp"),
        *("min", "concat", "stack"),
    }
    assert ops.divide.reads_result == [False, True]


def test_an_op_knows_whether_it_only_moves_entries_and_adds_them_up():
    moving = ("identity", "reshape", "expand_dims", "matrix_transpose", "permute_dims")
    assert {name: op.signs for name, op in PRIMITIVES.items() if op.signs} == {
        **dict.fromkeys((*moving, "broadcast_to", "take"), (1,)),
        "negative": (-1,),
        "add": (1, 1),
        "subtract": (1, -1),
        **dict.fromkeys(("concat", "stack"), (1, 1, 1)),
    }


def test_an_op_acts_as_another_one_that_gives_the_same(forgotten):
    learning = [op for op in PRIMITIVES.values() if op.rules]
    for op in learning:
        assert [other for other in learning if op.acts_as(other)] == [op]
    copy = twin(ops.pow, "my_pow")
    assert [name for name, op in PRIMITIVES.items() if copy.acts_as(op)] == ["pow", "my_pow"]


def test_an_op_acts_as_another_one_with_its_options_left_out():
    def fixed(xp, z):
        """Keep the gate open by a hundredth."""
        return xp.where(z > 0, z, z * 0.01)

    op = primitive("a = z or z / 100", samples=ops.leaky_relu.samples, listed=False)(fixed)
    assert op.acts_as(ops.leaky_relu)


def test_the_activations_are_the_ops_of_a_weighted_sum():
    assert list(ACTIVATIONS) == [
        *("identity", "relu", "leaky_relu", "elu", "sigmoid", "tanh", "softplus", "gelu", "silu"),
        *("softmax", "log_softmax"),
    ]
    assert len(ACTIVATIONS) == 11


@pytest.mark.parametrize(
    "op",
    [op for op in ONE_INPUT if op.activation or (op.rules and not op.traits.multilinear)],
    ids=case_id,
)
def test_an_op_is_homogeneous_where_it_says_so(op):
    """`f(3x) = 3 f(x)` on both sides of zero; what only moves entries needs not say it."""
    options = op.sample_options[0]
    samples = [arrays.asarray(value) for (value,) in op.samples]
    scaled = [(op.value(arrays, [x * 3], options), op.value(arrays, [x], options)) for x in samples]
    holds = all(bool(arrays.all(abs(a - b * 3) <= abs(b) * 1e-12)) for a, b in scaled)
    assert op.traits.homogeneous == holds


@pytest.mark.parametrize(
    ("op", "sample", "options"),
    [case for case in LEARNING if case[0].steepest(case[2]) is not None],
    ids=case_id,
)
def test_no_slope_is_steeper_than_the_steepest(op, sample, options):
    steepest = op.steepest(options)
    inputs = [Tensor(x) for x in as_arrays(sample)]
    output = run(op, inputs, options)
    for g in backward(output, inputs[:1], seed=arrays.ones_like(output.value)):
        assert all(abs(slope) <= steepest for slope in arrays.reshape(g, (-1,)).tolist())


@pytest.mark.parametrize(
    ("op", "sample", "options"),
    [case for case in LEARNING if case[0].traits.multilinear],
    ids=case_id,
)
def test_the_rules_of_a_multilinear_op_add_up_what_sizes_bring(op, sample, options):
    """On sizes every term is positive, so no entry is smaller than what arrives on any signs."""
    inputs = as_arrays(sample)
    output = run(op, inputs, options)
    seed = seed_for(output.shape)
    for place in proved_places(op, inputs):
        sizes = [abs(x) for x in inputs]
        most = op.pull(place, abs(seed), abs(output), sizes, options)
        real = op.pull(place, seed, output, inputs, options)
        assert bool(arrays.all(most >= abs(real)))
        assert bool(arrays.all(most >= 0))


@pytest.mark.parametrize("op", [op for op in PRIMITIVES.values() if op.rules], ids=case_id)
def test_an_op_is_multilinear_where_it_says_so(op):
    """An input's own size plays no part in its slope, and nothing is taken away."""
    holds = op is not ops.where  # which has no size of its condition
    for sample, options in itertools.product(op.samples, op.sample_options):
        inputs = as_arrays(sample)
        seed = abs(seed_for(run(op, inputs, options).shape))
        for place in proved_places(op, inputs) if holds else ():
            pulled = []
            for factor in (1, -3):
                own = [x * factor if i == place else x for i, x in enumerate(inputs)]
                pulled.append(op.pull(place, seed, run(op, own, options), own, options))
            sizes = [abs(x) for x in inputs]
            on_sizes = op.pull(place, seed, run(op, sizes, options), sizes, options)
            holds &= pulled[0].tolist() == pulled[1].tolist() and bool(arrays.all(on_sizes >= 0))
    assert op.traits.multilinear == holds


@pytest.mark.parametrize(
    ("op", "g", "a", "inputs", "terms"),
    [
        (ops.squared_error, [1.0], None, ([[3.0]], [[2.0]]), [[2 * 3.0 + 2 * 2.0]]),
        (ops.huber, [2.0], None, ([[3.0]], [[2.0]]), [[2 * 3.0 + 2 * 2.0]]),
        (ops.softmax_cross_entropy, [2.0], None, ([[3.0]], [[0.25]]), [[2 * (1 + 0.25)]]),
        (ops.sigmoid_cross_entropy, [2.0], None, ([[3.0]], [[0.25]]), [[2 * (1 + 0.25)]]),
        (ops.sigmoid, [2.0], [0.25], ([9.0],), [2.0]),
        (ops.tanh, [2.0], [0.25], ([9.0],), [2.0]),
        (ops.gelu, [0.5], None, ([2.0],), [0.5 * (1 + 2 + 8)]),
        (ops.silu, [0.5], None, ([2.0],), [0.5 * (1 + 2)]),
        (ops.softmax, [[2.0, 4.0]], [[0.5, 0.5]], ([[1.0, 1.0]],), [[0.5 * 5.0, 0.5 * 7.0]]),
        (ops.log_softmax, [[2.0, 4.0]], [[0.0, 0.0]], ([[1.0, 1.0]],), [[2.0 + 6, 4.0 + 6]]),
    ],
    ids=case_id,
)
def test_a_rule_tells_the_sizes_of_the_terms_that_may_cancel_in_it(op, g, a, inputs, terms):
    """Shares are at most 1, and so are the factors `a`, `1 - a` and `tanh`."""
    g, a = arrays.asarray(g), a and arrays.asarray(a)
    assert op.rule(0).sizes(arrays, g, a, *as_arrays(inputs)).tolist() == terms


def test_an_op_tells_the_sizes_of_the_terms_that_may_cancel_in_its_value():
    z = arrays.asarray([3.0])
    assert ops.gelu.traits.sizes(arrays, z).tolist() == [3.0]
    assert ops.log_softmax.traits.sizes(arrays, z).tolist() == [1.0 + 3.0]


def test_a_corner_is_declared_by_the_distance_to_it():
    z = arrays.asarray([-2.0, 0.0, 3.0])
    assert [x.tolist() for x in ops.relu.corners(arrays, [z], {})] == [[-2.0, 0.0, 3.0]]
    assert ops.elu.corners(arrays, [z], {}) == []
    assert len(ops.elu.corners(arrays, [z], {"alpha": 0.5})) == 1
    assert ops.exp.corners(arrays, [z], {}) == []
    assert [x.tolist() for x in ops.max.corners(arrays, [z], {})] == [[5.0, 3.0, 3.0]]
    assert [x.tolist() for x in ops.min.corners(arrays, [z], {})] == [[2.0, 2.0, 5.0]]
    assert ops.leaky_relu.corners(arrays, [z], {"slope": 1}) == []
    assert [x.tolist() for x in ops.leaky_relu.corners(arrays, [z], {})] == [z.tolist()]
    assert [x.tolist() for x in ops.abs.corners(arrays, [z], {})] == [z.tolist()]
    assert [x.tolist() for x in ops.hinge.corners(arrays, [z, z], {})] == [[-3.0, 1.0, -8.0]]
    for op in (ops.maximum, ops.minimum, ops.absolute_error):
        assert [x.tolist() for x in op.corners(arrays, [z, z * 3], {})] == [[4.0, 0.0, -6.0]]


def test_options_change_the_steepest_slope():
    assert ops.leaky_relu.steepest({}) == 1
    assert ops.leaky_relu.steepest({"slope": -3.0}) == 3.0
    assert ops.exp.steepest({}) is None


def test_a_gradient_is_pulled_through_one_op_by_its_rule():
    x, w = arrays.asarray([[2.0, 3.0], [4.0, 5.0]]), arrays.asarray([10.0, 100.0])
    g = arrays.ones_like(x)
    assert ops.multiply.pull(0, g, x * w, (x, w), {}).tolist() == [[10.0, 100.0]] * 2
    assert ops.multiply.pull(1, g, x * w, (x, w), {}).tolist() == [6.0, 8.0]
    assert ops.multiply.share(1, g, x * w, (x, w), {}).tolist() == x.tolist()


def test_a_gradient_is_pulled_out_of_a_sequence():
    parts = arrays.asarray([1.0]), arrays.asarray([2.0, 3.0])
    g = arrays.asarray([5.0, 6.0, 7.0])
    whole = ops.concat(parts)
    assert ops.concat.pull(1, g, whole, parts, {}).tolist() == [6.0, 7.0]


def test_tensors_give_a_gradient_that_can_be_pulled_back_again():
    x = Tensor([2.0])
    slope = ops.exp.pull(0, Tensor([1.0]), ops.exp(x), (x,), {})
    assert backward(slope, [x])[0].tolist() == pytest.approx([7.38905609893065])


def test_broadcasting_is_undone_by_adding_up():
    g = arrays.asarray([[[1.0, 2.0], [3.0, 4.0]]])
    assert unbroadcast(g, (2,)).tolist() == [4.0, 6.0]
    assert unbroadcast(g, (2, 1)).tolist() == [[3.0], [7.0]]
    assert unbroadcast(g, ()).item() == 10.0
    assert unbroadcast(g, (1, 2, 2)) is g


def test_an_op_that_refuses_other_numbers_than_its_samples_is_taken_for_no_more_than_it_shows():
    @primitive("a = z, above 0, in a row of three", samples=[([1.0, 2.0, 3.0],)], listed=False)
    def picky(xp, z):
        """Take what is above 0."""
        if z.tolist() != [1.0, 2.0, 3.0]:
            raise ShapeError("only these")
        return z

    @picky.vjp("z", "da/dz = 1")
    def picky_wrt_z(xp, g, a, z):
        """The same."""
        return g

    assert (picky.signs, picky.activation, picky.entrywise) == ((), False, False)
