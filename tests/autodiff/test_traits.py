"""What an op says of itself is true of what it computes."""

import pytest

from chainrule import arrays, ops
from chainrule.autodiff import PRIMITIVES, Tensor, backward, unbroadcast
from chainrule.nn import ACTIVATIONS
from tests.ops.derivatives import as_arrays, case_id, cases, proved_places, run, seed_for
from tests.twins import forget, twin

ONE_INPUT = [op for op in PRIMITIVES.values() if len(op.inputs) == 1 and not op.sequence]
MIXING = {
    *("softmax", "log_softmax", "first_maximum", "matmul", "weighted_sum", "sum", "mean", "max"),
    *("squared_error", "absolute_error", "huber", "hinge"),
    *("softmax_cross_entropy", "sigmoid_cross_entropy"),
    *("reshape", "expand_dims", "matrix_transpose", "permute_dims", "broadcast_to"),
    *("concat", "take", "stack", "min", "logsumexp"),
}


def test_an_op_knows_whether_its_entries_keep_apart():
    assert {name for name, op in PRIMITIVES.items() if not op.entrywise} == MIXING


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


def test_an_op_acts_as_another_one_that_gives_the_same():
    copy = twin(ops.pow, "my_pow")
    alike = [name for name, op in PRIMITIVES.items() if op is not copy and copy.acts_as(op)]
    forget([copy])
    assert alike == ["pow"]
    learning = [op for op in PRIMITIVES.values() if op.rules]
    for op in learning:
        assert [other for other in learning if op.acts_as(other)] == [op]


def test_the_activations_are_the_ops_of_a_weighted_sum():
    assert list(ACTIVATIONS) == [
        *("identity", "relu", "leaky_relu", "elu", "sigmoid", "tanh", "softplus", "gelu", "silu"),
        *("softmax", "log_softmax"),
    ]
    assert len(ACTIVATIONS) == 11


@pytest.mark.parametrize("op", ONE_INPUT, ids=lambda op: op.name)
def test_an_op_is_homogeneous_where_it_says_so(op):
    """`f(3x) = 3 f(x)` on both sides of zero; what only moves entries needs not say it."""
    options = op.sample_options[0]
    samples = [arrays.asarray(value) for (value,) in op.samples]
    scaled = [(op.value(arrays, [x * 3], options), op.value(arrays, [x], options)) for x in samples]
    holds = all(bool(arrays.all(abs(a - b * 3) <= abs(b) * 1e-12)) for a, b in scaled)
    if op.rules and not op.traits.multilinear:
        assert op.traits.homogeneous == holds


@pytest.mark.parametrize(("op", "sample", "options"), cases(with_rules=True), ids=case_id)
def test_no_slope_is_steeper_than_the_steepest(op, sample, options):
    if (steepest := op.steepest(options)) is None:
        return
    inputs = [Tensor(x) for x in as_arrays(sample)]
    output = run(op, inputs, options)
    for g in backward(output, inputs[:1], seed=arrays.ones_like(output.value)):
        assert all(abs(slope) <= steepest for slope in arrays.reshape(g, (-1,)).tolist())


@pytest.mark.parametrize(("op", "sample", "options"), cases(with_rules=True), ids=case_id)
def test_the_rules_of_a_multilinear_op_add_up_what_sizes_bring(op, sample, options):
    """On sizes every term is positive, so no entry is smaller than what arrives on any signs."""
    if not op.traits.multilinear:
        return
    inputs = as_arrays(sample)
    output = run(op, inputs, options)
    seed = seed_for(output.shape)
    for place in proved_places(op, inputs):
        sizes = [abs(x) for x in inputs]
        most = op.pull(place, abs(seed), abs(output), sizes, options)
        real = op.pull(place, seed, output, inputs, options)
        assert bool(arrays.all(most >= abs(real)))
        assert bool(arrays.all(most >= 0))


def test_a_corner_is_declared_by_the_distance_to_it():
    z = arrays.asarray([-2.0, 0.0, 3.0])
    assert [x.tolist() for x in ops.relu.corners(arrays, [z], {})] == [[-2.0, 0.0, 3.0]]
    assert ops.elu.corners(arrays, [z], {}) == []
    assert len(ops.elu.corners(arrays, [z], {"alpha": 0.5})) == 1
    assert ops.exp.corners(arrays, [z], {}) == []
    assert [x.tolist() for x in ops.max.corners(arrays, [z], {})] == [[5.0, 3.0, 3.0]]


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
