"""Classic mistakes in hand-written backward passes are caught, and named where they can be."""

import math
import re
from itertools import pairwise

import pytest

import chainrule as cr
import chainrule.arrays as xp
from chainrule import ops
from chainrule.arrays.random import Generator
from chainrule.model import Network
from chainrule.model.check import check_gradients
from chainrule.nn import Dense
from tests.checking.wrong_passes import (
    CLASSES,
    FEATURES,
    FOR_RELU,
    FOR_TANH,
    KINDS,
    Pass,
    X,
    Y,
    entrywise,
    scaled,
)


def network(kind, seed=3):
    """Four layers' worth of numbers with biases away from zero, square in the middle."""
    generator = Generator(seed)
    sizes = (FEATURES, 4, 4, CLASSES)
    layers = [
        Dense(
            wide,
            narrow,
            "softmax" if place == 2 else kind,
            weight=generator.normal(0.0, 0.7, (narrow, wide)).tolist(),
            bias=generator.normal(0.2, 0.3, (narrow,)).tolist(),
        )
        for place, (wide, narrow) in enumerate(pairwise(sizes))
    ]
    return Network(layers, engine="python")


def wrong_tensors(check):
    return [v for v in check.verdicts if v.outcome == "wrong" and v.method == "complex step"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_right_backward_pass_passes(kind):
    net = network(kind)
    check = check_gradients(net, X, Y, gradient=Pass(net, kind).gradients())
    assert check.passed
    assert {v.outcome for v in check.verdicts} == {"agrees"}


@pytest.mark.parametrize("mistake", FOR_RELU, ids=lambda mistake: mistake.__name__)
def test_a_classic_mistake_with_relu_is_caught_and_named(mistake):
    net = network("relu")
    check = check_gradients(net, X, Y, gradient=mistake(net).gradients())
    assert not check.passed
    found = wrong_tensors(check)
    assert found
    assert all(re.search(mistake.cause, str(v.cause)) for v in found), check


@pytest.mark.parametrize("mistake", FOR_TANH, ids=lambda mistake: mistake.__name__)
def test_a_classic_mistake_with_tanh_is_caught_and_named(mistake):
    net = network("tanh")
    check = check_gradients(net, X, Y, gradient=mistake(net, "tanh").gradients())
    assert not check.passed
    found = wrong_tensors(check)
    assert found
    assert all(re.search(mistake.cause, str(v.cause)) for v in found), check


def test_what_went_into_a_layer_is_not_named_once_more_by_its_own_name():
    class Early(Pass):
        def through(self, i, delta):
            if i != 2:
                return super().through(i, delta)
            return entrywise(lambda d, a: d * (a > 0), delta, self.a[1])

    net = network("relu")
    check = check_gradients(net, X, Y, gradient=Early(net).gradients())
    of = "the derivative at dense2.a is taken from the wrong array: from"
    layer, other = "what went into the layer, not from its z", "dense1.z, not from dense2.z"
    for verdict in wrong_tensors(check):
        assert verdict.cause.endswith(f": (1) {of} {layer}, or (2) {of} {other}")


def test_a_backward_pass_may_be_given_as_a_function():
    net = network("relu")
    assert check_gradients(net, X, Y, gradient=lambda net, x, y: Pass(net).gradients()).passed


def test_activations_kept_from_before_the_training_are_named():
    net = network("tanh")
    before = Pass(net, "tanh")
    net.set_parameters(
        {n: scaled(1.1, w.tolist()) for n, w in net.parameters.items() if "weight" in n}
    )
    outdated = Pass(net, "tanh")
    outdated.a = {**before.a, 3: outdated.a[3]}
    check = check_gradients(net, X, Y, gradient=outdated.gradients())
    assert {v.cause for v in wrong_tensors(check)} == {
        "the hidden activations are outdated: they are those of the initial weights"
    }


def test_a_gradient_of_the_initial_weights_is_named():
    net = network("relu")
    before = Pass(net).gradients()
    net.set_parameters(
        {n: scaled(1.1, w.tolist()) for n, w in net.parameters.items() if "weight" in n}
    )
    check = check_gradients(net, X, Y, gradient=before)
    assert {v.cause for v in wrong_tensors(check)} == {
        "activations and weights are outdated: they are those of the initial weights"
    }


def test_activations_of_another_batch_are_caught_without_a_guess():
    net = network("tanh")
    mixed = Pass(net, "tanh")
    mixed.a[1] = mixed.a[1][1:] + mixed.a[1][:1]
    check = check_gradients(net, X, Y, gradient=mixed.gradients())
    assert not check.passed
    assert {v.cause for v in wrong_tensors(check)} == {None}
    assert "cause unknown" in check.worst.sentence


def test_neurons_of_one_input_whose_gradients_are_swapped_are_named():
    net = cr.Network([cr.Dense(1, 3, "tanh"), cr.Dense(3, 2)], seed=3, engine="python")
    rows = [[0.5], [-1.25], [2.0]], [[0.25, -1.0], [1.5, 0.5], [0.3, 0.1]]
    given = {name: slopes.tolist() for name, slopes in net.gradients(*rows).items()}
    given["dense1.weight"].reverse()
    worst = cr.check_gradients(net, *rows, gradient=given).worst
    assert "the gradients of neurons 0 and 2 of dense1.weight are swapped" in worst.sentence


def test_two_mistakes_are_named_each_for_its_own_tensor():
    net = network("relu")
    given = Pass(net).gradients()
    given["dense1.bias"] = [0.0] * 4
    given["dense3.weight"] = scaled(-1, given["dense3.weight"])
    causes = {v.name: v.cause for v in wrong_tensors(check_gradients(net, X, Y, gradient=given))}
    assert causes == {
        "dense1.bias": "the gradient of dense1.bias is missing",
        "dense3.weight": "the gradient of dense3.weight has the wrong sign",
    }


def test_only_the_tensors_that_are_given_are_checked():
    net = network("relu")
    bias = Pass(net).gradients()["dense2.bias"]
    check = check_gradients(net, X, Y, gradient={"dense2.bias": bias})
    assert [v.name for v in check.verdicts] == ["dense2.bias", "all together"]
    assert check.passed


def worksheet(first="sigmoid", second="sigmoid"):
    """A network with the round numbers of a worksheet, and one example."""
    return Network(
        [
            Dense(2, 2, first, weight=[[0.5, -0.4], [0.3, 0.8]], bias=[0.1, -0.2]),
            Dense(2, 1, second, weight=[[0.7, -0.6]], bias=[0.05]),
        ],
        engine="python",
    )


def gradients_of(net, x, y):
    return {n: g.tolist() for n, g in net.gradients(x, y, loss="mean_squared_error").items()}


def test_a_cause_that_would_change_an_array_found_right_is_not_named():
    net, x, y = worksheet(), [[1.0, 0.5]], [[1.0]]

    def only_in_the_bias(net, x, y):
        a = net.forward(x).tolist()[0][0]
        return {**gradients_of(net, x, y), "dense2.bias": [2 * (a - 1.0)]}

    check = check_gradients(net, x, y, "mean_squared_error", gradient=only_in_the_bias)
    assert [v.name for v in wrong_tensors(check)] == ["dense2.bias"]
    assert wrong_tensors(check)[0].cause == (
        "in the gradient of dense2.bias the derivative of the activation is missing at dense2.a"
    )


def test_one_number_is_described_and_proves_no_cause():
    net, x, y = worksheet(), [[1.0, 0.5]], [[1.0]]
    given = gradients_of(net, x, y)
    given["dense2.bias"] = scaled_vector(0.5, given["dense2.bias"])
    (verdict,) = wrong_tensors(check_gradients(net, x, y, "mean_squared_error", gradient=given))
    assert verdict.cause is None
    assert "one wrong number proves none: it is half of what it should be" in verdict.sentence
    for f, w, given, said in (
        (ops.exp, 1.2345, 3.4366, "it is nearly right"),
        (ops.exp, 1.2345, 7.0, "it is 2.037 times what it should be"),
        (lambda w: w * w, 0.0, 1.0, "it should be 0"),
    ):
        (verdict, *_) = check_gradients(f, w, gradient=given).verdicts
        assert verdict.sentence.endswith(f"one wrong number proves none: {said}")


def scaled_vector(factor, numbers):
    return [factor * number for number in numbers]


@pytest.mark.parametrize("factor", [1.1, 0.75, -0.974])
def test_no_learning_rate_is_read_off_a_gradient_that_is_off_by_a_factor(factor):
    net = worksheet("relu")
    x, y = [[1.0, 0.5]], [[1.0]]
    given = gradients_of(net, x, y)
    given["dense1.weight"] = scaled(factor, given["dense1.weight"])
    given["dense1.bias"] = scaled_vector(factor, given["dense1.bias"])
    check = check_gradients(net, x, y, "mean_squared_error", gradient=given)
    assert not check.passed
    assert {v.cause for v in wrong_tensors(check)} == {None}


def test_causes_that_round_numbers_make_alike_are_listed_and_part_at_a_second_point():
    net = Network(
        [
            Dense(2, 2, "sigmoid", weight=[[0.5, 1.0], [0.25, -2.0]], bias=[-1.0, -0.5]),
            Dense(2, 1, "sigmoid", weight=[[-1.0, -1.0]], bias=[-0.5]),
        ],
        engine="python",
    )
    x, y = [[1.0, 0.5]], [[1.0]]

    def without_weights(net, x, y):
        given = gradients_of(net, x, y)
        (w,) = net.parameters["dense2.weight"].tolist()
        given["dense1.bias"] = [g / v for g, v in zip(given["dense1.bias"], w, strict=True)]
        given["dense1.weight"] = [
            [g / v for g in row] for row, v in zip(given["dense1.weight"], w, strict=True)
        ]
        return given

    left_out = "the weights are left out on the way back through dense2.z"
    as_numbers = check_gradients(
        net, x, y, "mean_squared_error", gradient=without_weights(net, x, y)
    )
    for verdict in wrong_tensors(as_numbers):
        assert left_out in verdict.cause
        assert "has the wrong sign" in verdict.cause
    as_function = check_gradients(net, x, y, "mean_squared_error", gradient=without_weights)
    assert {v.cause for v in wrong_tensors(as_function)} == {left_out}


def test_asking_a_gradient_at_a_second_point_leaves_the_network_as_it_was():
    net = network("relu")
    before = {name: array.tolist() for name, array in net.parameters.items()}
    check_gradients(net, X, Y, gradient=lambda net, x, y: FOR_RELU[0](net).gradients())
    assert {name: array.tolist() for name, array in net.parameters.items()} == before


def test_a_gradient_function_that_cannot_be_asked_elsewhere_is_judged_where_it_can():
    net, seen = network("relu"), []

    def once(net, x, y):
        if seen:
            raise ValueError("only once")
        seen.append(1)
        return {n: scaled_any(2.0, g) for n, g in Pass(net).gradients().items()}

    check = check_gradients(net, X, Y, gradient=once)
    assert {v.cause for v in wrong_tensors(check)} == {"every gradient is counted twice"}


def scaled_any(factor, numbers):
    return (
        scaled(factor, numbers) if isinstance(numbers[0], list) else scaled_vector(factor, numbers)
    )


def test_shares_left_out_are_not_called_one_sum_because_they_add_up_to_1():
    """Nor is an array that stays as it is called an input."""
    x = [1.25, 0.4, -0.7]
    shares = xp.asarray([0.2, 0.5, 0.3])
    answer = 0.2 * x[0] + 0.5 * x[1] + 0.3 * x[2]
    check = check_gradients(lambda x: ops.sum(shares * x) ** 2, x, gradient=[2 * answer] * 3)
    assert check.worst.cause == "the constant factor is left out on the way back from …·x to x"


@pytest.mark.parametrize("as_function", [True, False])
def test_a_mask_left_out_is_named_however_many_arrays_it_may_have_been_taken_from(as_function):
    """A triplet loss that is 0 here, and hands its gradient on all the same."""
    w = [0.3, 0.1, 1.2]

    def loss(w):
        near, far = (w[0] - w[1]) ** 2, (w[0] - w[2]) ** 2
        return ops.relu(near - far + 0.5) + ops.sum(w * w)

    def without_mask(w):
        near, far = 2 * (w[0] - w[1]), 2 * (w[0] - w[2])
        return [near - far + 2 * w[0], 2 * w[1] - near, far + 2 * w[2]]

    given = without_mask if as_function else without_mask(w)
    cause = check_gradients(loss, w, gradient=given).worst.cause
    assert "(1) the derivative of the activation is missing at the result of relu" in cause
    assert "(3) the derivative at the result of relu is taken from the wrong array" in cause


@pytest.mark.parametrize("w", [[-0.5, 1.0, 0.5], [-1.0, -1.0, -2.0]])
def test_one_round_number_in_every_entry_proves_no_cause(w):
    """The sum stands for twice itself, squared: 1 for 2, and 16 for -8."""
    check = check_gradients(lambda w: ops.sum(w) ** 2, w, gradient=[sum(w) ** 2] * 3)
    assert (check.passed, check.worst.cause) == (False, None)
    assert "one wrong number proves none" in check.worst.sentence


@pytest.mark.parametrize(
    ("function", "w", "given"),
    [
        (
            lambda w: w[0] ** 2 + (w[0] + w[1]) ** 2 + (w[0] + w[1] + w[2]) ** 2,
            [1.0, -1.0, -2.0],
            [2.0, 0.0, -4.0],
        ),
        (lambda w: cr.sum(cr.sin(w * w)), [1.0] * 3, [math.cos(1)] * 3),
    ],
    ids=["two numbers off by 4", "one number three times"],
)
def test_numbers_that_repeat_one_another_prove_no_cause(function, w, given):
    """The first sums up from the wrong end, and the second leaves the inner derivative out."""
    check = cr.check_gradients(function, w, gradient=given)
    assert (check.passed, check.worst.cause) == (False, None)


def test_an_inner_derivative_left_out_is_named_where_the_array_is_used_twice():
    check = cr.check_gradients(
        lambda w: cr.sum(cr.sin(cr.exp(w * w))),
        [0.5, -0.3],
        gradient=lambda w: [math.cos(math.exp(x * x)) for x in w],
    )
    assert check.worst.cause == (
        "the inner derivative is left out: what came back to exp(x·x) is handed to x as it is"
    )


STEPS = [[0.5, -1.0], [1.5, 0.25], [-0.75, 2.0], [0.3, 0.9], [-0.2, 0.4], [1.1, -0.6]]
STEPS = [xp.asarray(x) for x in STEPS]


def recurrent(p):
    h = ops.zeros_like(p["w"][0])
    for x in STEPS:
        h = ops.tanh(x @ p["u"] + h @ p["w"] - 1)
    return ops.sum((h - 0.3) ** 2)


def cut_after(steps):
    """Backpropagation through time that forgets what came more than so many steps before."""

    def gradient(p):
        hs = [ops.zeros_like(p["w"][0])]
        for x in STEPS:
            hs.append(ops.tanh(x @ p["u"] + hs[-1] @ p["w"] - 1))
        dh, du, dw = 2 * (hs[-1] - 0.3), 0 * p["u"], 0 * p["w"]
        for t in range(5, 5 - steps, -1):
            dz = dh * (1 - hs[t + 1] ** 2)
            du = du + xp.reshape(STEPS[t], (2, 1)) * dz
            dw = dw + xp.reshape(hs[t], (2, 1)) * dz
            dh = dz @ xp.matrix_transpose(p["w"])
        return {"u": du, "w": dw}

    return gradient


@pytest.mark.parametrize("steps", [1, 2, 3, 4])
def test_a_step_of_a_recurrence_that_is_cut_off_is_named_though_its_words_are_those_of_others(
    steps,
):
    point = {"u": [[0.4, -0.3], [0.2, 0.1]], "w": [[0.3, -0.2], [0.1, 0.25]]}
    point = {name: xp.asarray(rows) for name, rows in point.items()}
    assert check_gradients(recurrent, point, gradient=cut_after(6)).passed
    cause = check_gradients(recurrent, point, gradient=cut_after(steps)).worst.cause
    assert re.match("the edge from .* back to .*tanh.* is missing", cause), cause


TABLE = xp.asarray([[0.3, -1.2], [2.0, 0.7], [-0.4, 1.1]])


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda w: ops.mean(ops.sum((w - 1) ** 2, axis=1)), "is counted twice"),
        (
            lambda w: ops.sum(ops.mean(ops.reshape(w, (3, 1, 2)), axis=2) ** 2),
            "is not divided by 2",
        ),
    ],
)
def test_what_is_not_averaged_over_outputs_or_examples_is_not_said_to_be(function, said):
    cause = check_gradients(
        function, TABLE, gradient=lambda w: 2 * cr.grad(function)(w)
    ).worst.cause
    assert said in cause
    assert "outputs" not in cause
    assert "examples" not in cause


def test_an_average_without_examples_stops_no_search_for_a_cause():
    def function(w):
        return ops.sum(ops.mean(ops.reshape(w[:0], (0, 3, 2)), axis=2)) + ops.sum(w**2)

    cause = check_gradients(function, TABLE, gradient=lambda w: -2 * w).worst.cause
    assert cause == "every gradient has the wrong sign"


def test_a_quotient_without_its_minus_has_a_wrong_sign_and_no_gradient_left_out():
    def function(w):
        return 1 - (2 * w[0] * w[1] + 1) / (w[0] * w[0] + w[1])

    def gradient(w):
        top, below = 2 * w[0] * w[1] + 1, w[0] * w[0] + w[1]
        return [
            -(2 * w[1] * below + top * 2 * w[0]) / below**2,
            -(2 * w[0] * below + top) / below**2,
        ]

    cause = check_gradients(function, [0.7, 1.9], gradient=gradient).worst.cause
    assert re.search("what comes along the edge from .* has the wrong sign", cause), cause


@pytest.mark.extra("numpy")
@pytest.mark.parametrize("as_function", [True, False])
def test_a_function_of_ops_on_numpy_arrays_is_as_exact_a_witness_as_one_on_lists(as_function):
    import numpy as np

    x = np.asarray([[0.5, -1.0], [1.5, 0.25], [-0.75, 2.0]])

    def function(p):
        share = 1 / (1 + ops.exp(-(x @ p["w"] + p["b"])))
        return 1 - (2 * ops.sum(share * np.asarray([0.0, 1, 1])) + 1) / (ops.sum(share) + 3)

    point = {"w": np.asarray([0.4, -0.3]), "b": np.asarray(0.2)}

    def gradient(p):
        return {name: -g for name, g in cr.grad(function)(p).items()}

    given = gradient if as_function else gradient(point)
    check = check_gradients(function, point, gradient=given)
    assert {v.cause for v in check.verdicts} == {"every gradient has the wrong sign"}


def test_the_inputs_of_a_product_are_no_outputs_that_an_average_is_over():
    """In each row of the table two numbers are added up, and three rows are averaged."""
    check = check_gradients(
        lambda w: ops.mean(ops.matmul(TABLE, w)), [0.3, -0.7], gradient=[19 / 60, 0.1]
    )
    assert check.worst.cause == "every gradient is half of what it should be"


def test_a_square_table_that_is_not_turned_on_the_way_back_is_named():
    turn = TABLE[:2]
    check = check_gradients(
        lambda w: cr.sum(cr.exp(w @ turn)),
        [[0.2, -0.4], [0.6, 0.1]],
        gradient=lambda w: cr.exp(xp.asarray(w) @ turn) @ turn,
    )
    said = "on the way back from x @ … to x the other table is not transposed"
    assert check.worst.cause == said


def test_a_share_of_one_row_alone_is_named():
    check = check_gradients(
        lambda w: cr.sum(cr.sin(w + TABLE)),
        [0.3, -0.7],
        gradient=lambda w: cr.cos(xp.asarray(w) + TABLE[-1]),
    )
    said = "the 3 rows that x is spread over, only the last arrived, and not their sum"
    assert check.worst.cause.endswith(said)


def test_one_entry_left_at_0_beside_others_that_are_0_is_no_missing_example():
    """A ratio that is clipped on its wrong side; what only the first example gives is the same."""
    advantages = [0.5, -1.0, 2.0, -0.3]

    def clipped(x):
        ratios = [(math.exp(v), a) for v, a in zip(x, advantages, strict=True)]
        return -sum(min(r * a, min(max(r, 0.8), 1.2) * a) for r, a in ratios) / 4

    def gradient(x):
        ratios = [(math.exp(v), a) for v, a in zip(x, advantages, strict=True)]
        return [-r * a / 4 if 0.8 < r < 1.2 else 0.0 for r, a in ratios]

    worst = check_gradients(clipped, [0.05, -0.5, 0.4, 0.3], gradient=gradient).worst
    assert worst.cause == "the gradient of x[3] is missing"
