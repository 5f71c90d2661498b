"""What the ops compute, against Python's `math` and printed numbers of PyTorch."""

import math

import pytest

from chainrule import arrays, ops
from chainrule.autodiff import PRIMITIVES, Tensor, backward, grad, hessian, namespace
from chainrule.errors import OptionError
from tests.ops.derivatives import as_arrays, first, seed_for

Z = [-3.0, -0.5, 0.0, 0.25, 2.0]
BY_HAND = {
    "identity": lambda z: z,
    "relu": lambda z: max(0.0, z),
    "leaky_relu": lambda z: z if z > 0 else 0.01 * z,
    "elu": lambda z: z if z > 0 else math.exp(z) - 1,
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "tanh": lambda z: (math.exp(z) - math.exp(-z)) / (math.exp(z) + math.exp(-z)),
    "softplus": lambda z: math.log(1 + math.exp(z)),
    "silu": lambda z: z / (1 + math.exp(-z)),
    "negative": lambda z: -z,
    "exp": math.exp,
    "expm1": math.expm1,
    "abs": math.fabs,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
}


# torch.nn.functional of PyTorch 2.13.0 in float64: value, first and second derivative by autograd.
PYTORCH = [
    ("gelu", 1.5, 1.3995715769802328, 1.127710793151433, -0.03051819648422486),
    ("gelu", -0.75, -0.17003944483437966, 0.001061743862585618, 0.43230749027147397),
    ("silu", 1.5, 1.2263617142904655, 1.041294154299143, 0.15619758496353672),
    ("silu", -0.75, -0.24061597561845527, 0.1574000555032465, 0.3772267752150198),
    ("elu", 1.5, 1.5, 1.0, 0.0),
    ("elu", -0.75, -0.5276334472589853, 0.4723665527410147, 0.4723665527410147),
    ("softplus", 1.5, 1.7014132779827524, 0.8175744761936437, 0.14914645207033286),
    ("softplus", -0.75, 0.38687100611489994, 0.32082130082460697, 0.21789499376181404),
    ("leaky_relu", 1.5, 1.5, 1.0, 0.0),
    ("leaky_relu", -0.75, -0.0075, 0.01, 0.0),
]


@pytest.mark.parametrize(("name", "z", "value", "slope", "bend"), PYTORCH)
def test_activations_and_their_derivatives_are_those_of_pytorch(name, z, value, slope, bend):
    op = PRIMITIVES[name]
    assert op(z) == pytest.approx(value, rel=1e-14)
    assert grad(op)(z) == pytest.approx(slope, rel=1e-12)
    assert hessian(op)(z) == pytest.approx(bend, rel=1e-12)


@pytest.mark.parametrize("z", Z)
@pytest.mark.parametrize("name", BY_HAND)
def test_an_elementwise_op_is_its_formula(name, z):
    op = PRIMITIVES[name]
    assert op(arrays.asarray([z])).item() == pytest.approx(BY_HAND[name](z), rel=1e-14, abs=1e-16)


def test_gelu_is_close_to_the_share_of_a_normal_distribution_that_it_stands_for():
    """Hendrycks & Gimpel (2016): z · Φ(z), which the tanh form meets to about 5e-4."""
    for z in Z:
        exact = z * (1 + math.erf(z / math.sqrt(2))) / 2
        assert ops.gelu(z) == pytest.approx(exact, abs=5e-4)


def test_the_options_of_the_leaky_activations_are_used():
    assert ops.leaky_relu(-2.0, slope=0.2) == -0.4
    assert ops.elu(-2.0, alpha=3) == pytest.approx(3 * (math.exp(-2) - 1))
    assert grad(lambda z: ops.leaky_relu(z, slope=0.2))(-2.0) == 0.2


def test_softmax_shares_one_among_the_scores():
    """The powers of e of 1, 2, 3 over their sum 30.19287."""
    shares = ops.softmax(arrays.asarray([[1.0, 2.0, 3.0]]))
    expected = [math.exp(k) / (math.e + math.e**2 + math.e**3) for k in (1, 2, 3)]
    assert shares.tolist()[0] == pytest.approx(expected, rel=1e-14)
    assert shares.sum().item() == pytest.approx(1, rel=1e-15)
    logs = ops.log_softmax(arrays.asarray([[1.0, 2.0, 3.0]]))
    assert logs.tolist()[0] == pytest.approx(list(map(math.log, expected)), rel=1e-14)


def test_the_losses_by_hand():
    a, y = arrays.asarray([[1.0, 4.0]]), arrays.asarray([[1.5, 1.0]])
    assert ops.squared_error(a, y).tolist() == [(0.25 + 9) / 2]
    assert ops.absolute_error(a, y).tolist() == [(0.5 + 3) / 2]
    assert ops.huber(a, y).tolist() == [(0.125 + 2.5) / 2]
    assert ops.huber(a, y, delta=2).tolist() == [(0.125 + 2 * (3 - 1)) / 2]
    signs = arrays.asarray([[1.0, -1.0]])
    assert ops.hinge(arrays.asarray([[0.25, 2.0]]), signs).tolist() == [(0.75 + 3) / 2]


def test_cross_entropy_of_even_scores_is_the_logarithm_of_their_number():
    t = arrays.asarray([[0.0, 0.0, 1.0, 0.0]])
    assert ops.softmax_cross_entropy(t * 0, t).item() == pytest.approx(math.log(4), rel=1e-15)
    yes = arrays.asarray([[1.0]])
    assert ops.sigmoid_cross_entropy(yes * 0, yes).item() == pytest.approx(math.log(2), rel=1e-15)


def test_soft_targets_that_do_not_sum_to_one_scale_the_share_given():
    z, t = arrays.asarray([[0.5, -1.0, 2.0]]), arrays.asarray([[0.5, 0.25, 1.0]])
    slopes = grad(lambda z: ops.softmax_cross_entropy(z, t).sum())(z)
    p = ops.softmax(z)
    assert slopes.tolist()[0] == pytest.approx((p * 1.75 - t).tolist()[0], rel=1e-14)


def test_the_gradient_of_cross_entropy_sums_to_zero():
    z, t = arrays.asarray([[0.5, -1.0, 2.0]]), arrays.asarray([[0.0, 1.0, 0.0]])
    slopes = grad(lambda z: ops.softmax_cross_entropy(z, t).sum())(z)
    assert slopes.sum().item() == pytest.approx(0, abs=1e-15)


def test_every_op_is_found_in_the_namespace_of_tensors():
    for name, op in PRIMITIVES.items():
        assert getattr(namespace, name) is op


@pytest.mark.parametrize("key", [0, -1, slice(0, 2), (1, 2), (..., 1), [0, 0, 1]])
def test_what_is_picked_gets_the_gradient_of_every_pick(key):
    table = arrays.asarray([[1.0, -2.0, 0.5], [3.0, 0.25, -1.0]])
    assert grad(lambda x: (x[key] * x[key]).sum())(table).tolist() == (
        grad(lambda x: (x * x * picks(table.shape, key)).sum())(table).tolist()
    )


def picks(shape, key):
    """How often each entry is picked, counted one by one."""
    size = shape[0] * shape[1]
    numbers = arrays.reshape(arrays.arange(size), shape)[key]
    picked = numbers.reshape(-1).tolist()
    return arrays.reshape(arrays.asarray([float(picked.count(i)) for i in range(size)]), shape)


def test_a_mask_picks_entries_of_a_tensor():
    x = arrays.asarray([-1.0, 2.0, 3.0])
    assert grad(lambda x: (x[x > 0] * x[x > 0]).sum())(x).tolist() == [0.0, 4.0, 6.0]


def test_parts_that_were_joined_take_back_their_own_stretch():
    left, right = Tensor([[1.0], [2.0]]), Tensor([[3.0, 4.0], [5.0, 6.0]])
    joined = ops.concat([left, arrays.zeros((2, 1)), right], axis=-1)
    seed = arrays.asarray([[1.0, 0.0, 2.0, 3.0], [4.0, 0.0, 5.0, 6.0]])
    found = backward(joined, [left, right], seed)
    assert [g.tolist() for g in found] == [[[1.0], [4.0]], [[2.0, 3.0], [5.0, 6.0]]]


@pytest.mark.parametrize(
    ("axis", "slopes"),
    [
        (None, [[[0, 0], [1, 0]], [[0, 0], [0, 0]]]),
        ((0, 2), [[[0, 0], [1, 0]], [[1, 0], [0, 0]]]),
        ((2, 0), [[[0, 0], [1, 0]], [[1, 0], [0, 0]]]),
        ([-1, -2], [[[0, 0], [1, 0]], [[0, 0], [0, 1]]]),
        ((), [[[1, 1], [1, 1]], [[1, 1], [1, 1]]]),
    ],
)
def test_of_ties_over_several_axes_the_first_takes_the_gradient(axis, slopes):
    x = arrays.asarray([[[0.0, 1.0], [4.0, 4.0]], [[3.0, 3.0], [2.0, 4.0]]])
    for op, x_or_minus_x in ((ops.max, x), (ops.min, -x)):
        found = grad(lambda x, op=op: op(x, axis=axis).sum())(x_or_minus_x)
        assert found.tolist() == slopes
        kept = grad(lambda x, op=op: op(x, axis=axis, keepdims=True).sum())(x_or_minus_x)
        assert kept.tolist() == slopes


def test_the_only_axis_need_not_be_named_where_entries_are_taken():
    picked = grad(lambda x: (ops.take(x, [0, 0, 2], axis=None) * [1.0, 2.0, 4.0]).sum())
    assert picked([5.0, 6.0, 7.0]).tolist() == [3.0, 0.0, 4.0]


def test_a_huber_loss_has_a_delta_above_0():
    for delta in (0, -1, math.nan):
        with pytest.raises(OptionError, match="delta of a huber loss is above 0; found"):
            ops.huber([[1.0]], [[2.0]], delta=delta)


def test_the_logarithm_near_1_keeps_its_digits():
    assert ops.log1p(1e-20) == 1e-20
    assert grad(ops.log1p)(0.25) == 0.8
    assert ops.expm1(1e-20) == 1e-20


def test_the_smallest_entry_and_its_place():
    x = [[3.0, 1.0], [1.0, 2.0]]
    assert ops.min(x).item() == 1.0
    assert ops.min(x, axis=0).tolist() == [1.0, 1.0]
    tensor = Tensor(x)
    (slope,) = backward(ops.min(tensor), [tensor])
    assert slope.tolist() == [[0.0, 1.0], [0.0, 0.0]]  # the first of two equals


def test_arrays_are_stacked_along_a_new_axis():
    x, y = Tensor([1.0, 2.0]), Tensor([3.0, 4.0])
    both = ops.stack([x, y], axis=1)
    assert both.tolist() == [[1.0, 3.0], [2.0, 4.0]]
    weights = arrays.asarray([[1.0, 10.0], [100.0, 1000.0]])
    assert [g.tolist() for g in backward(both, [x, y], weights)] == [[1.0, 100.0], [10.0, 1000.0]]


def test_a_soft_largest_entry_shares_its_slope_like_a_softmax():
    x = [1.0, 2.0, 3.0]
    shares = ops.softmax(arrays.asarray(x)).tolist()
    assert grad(ops.logsumexp)(x).tolist() == pytest.approx(shares, rel=1e-15)


def test_the_size_of_a_plain_complex_number_is_its_distance_from_zero():
    assert ops.abs(3 + 4j) == 5.0
    assert ops.abs([3 + 4j, -12 + 5j]).tolist() == [5.0, 13.0]
    stepped = ops.abs(arrays.asarray([-2 + 1e-30j]))
    assert stepped.tolist() == [2 - 1e-30j]


def test_sine_and_cosine_have_as_many_digits_as_wished():
    """sin 1 and cos 1 to 60 digits: OEIS A049469 and A049470."""
    from decimal import Decimal, localcontext

    with localcontext() as context:
        context.prec = 50
        one = arrays.asarray([Decimal(1)])
        sine = Decimal("0.84147098480789650665250232163029899962256306079837106567275")
        cosine = Decimal("0.54030230586813971740093660744297660373231042061792222767009")
        assert abs(ops.sin(one).item() - sine) < Decimal("1e-49")
        assert abs(ops.cos(one).item() - cosine) < Decimal("1e-49")
        assert abs(ops.tan(one).item() - sine / cosine) < Decimal("1e-48")
        far = ops.sin(arrays.asarray([Decimal(1000)])).item()
    assert float(far) == pytest.approx(math.sin(1000), rel=1e-14)


def test_where_nothing_is_taken_nothing_flows_back():
    x = arrays.asarray([1.0, 2.0])
    assert grad(lambda w: ops.sum(ops.take(w, indices=[])))(x).tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    "pick",
    [
        lambda x: x[:, 1:],
        lambda x: x[::-1],
        lambda x: ops.take(x, []),
        lambda x: ops.concat([x, x]),
    ],
)
def test_what_has_no_entries_has_derivatives_without_entries(pick):
    x = arrays.zeros((0, 3))

    def loss(w):
        return ops.sum(ops.sin(pick(w)))

    assert grad(loss)(x).shape == (0, 3)
    assert grad(lambda w: ops.sum(ops.sin(grad(loss)(w))))(x).shape == (0, 3)
    assert hessian(loss)(x).shape == (0, 3, 0, 3)


ROW_BY_ROW = [
    *(ops.softmax, ops.log_softmax, ops.squared_error, ops.absolute_error, ops.huber, ops.hinge),
    *(ops.softmax_cross_entropy, ops.sigmoid_cross_entropy),
]


@pytest.mark.parametrize("op", ROW_BY_ROW, ids=lambda op: op.name)
def test_rows_are_read_in_a_stack_of_tables_as_in_a_table(op):
    tables = as_arrays([[[1.5, -2.0, 0.25], [0.5, 0.3, -1.0]], [[1.0, -1.0, 1.0], [0.0, 1.0, 1.0]]])
    tables = tables[: len(op.inputs)]
    stacks = [arrays.stack([table, table[::-1]]) for table in tables]
    alone, together = op(*tables), op(*stacks)
    assert together.tolist() == [alone.tolist(), alone[::-1].tolist()]
    seed = seed_for(alone.shape)
    slopes = first(op, tables, {}, seed)
    stacked = first(op, stacks, {}, arrays.stack([seed, seed[::-1]]))
    if terms := op.rule(0).sizes:
        slopes.append(terms(arrays, seed, alone, *tables))
        stacked.append(terms(arrays, arrays.stack([seed, seed[::-1]]), together, *stacks))
    for slope, both in zip(slopes, stacked, strict=True):
        assert both.tolist() == [slope.tolist(), slope[::-1].tolist()]


def test_a_class_that_is_ruled_out_and_not_meant_costs_nothing_in_any_shape():
    z, t = (
        arrays.asarray([[[0.0, -math.inf]], [[-math.inf, 0.0]]]),
        arrays.asarray([[[1.0, 0.0]]] * 2),
    )
    loss = ops.softmax_cross_entropy(z, t)
    assert (loss.shape, loss.tolist()) == ((2, 1), [[0.0], [math.inf]])


def test_beside_an_infinite_score_a_target_of_nothing_still_has_its_slope():
    """Two of three classes alike: -ln 1/2; a score of 2 among two: -2/2."""
    z, t = arrays.asarray([[0.0, 0.0, -math.inf]]), arrays.asarray([[1.0, 1e-30j, 0.0]])
    (loss,) = ops.softmax_cross_entropy(z, t).tolist()
    assert loss.imag / 1e-30 == pytest.approx(math.log(2))
    z, t = arrays.asarray([[math.inf, 2.0]]), arrays.asarray([[1.0, 1 + 1e-30j]])
    (loss,) = ops.sigmoid_cross_entropy(z, t).tolist()
    assert loss.imag / 1e-30 == pytest.approx(-1.0)
