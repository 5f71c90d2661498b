"""Mistakes at ops that are made by hand are named, with the place where there are several."""

from math import exp

import pytest

from chainrule import ops
from chainrule.model.check import check_gradients
from chainrule.model.network import Network
from chainrule.nn import Dense

W = [1.5, -2.0, 0.5]


@pytest.mark.parametrize(
    ("names", "at_b", "places"), [("a", 0, [""]), ("ab", 3, [" at a^3"]), ("ab", 4, ["", ""])]
)
def test_an_exponent_that_is_not_lowered_has_a_place_where_others_are(names, at_b, places):
    def powers(p):
        return sum(ops.sum(p[name] ** (3 + n)) for n, name in enumerate(names))

    given = {"a": [3 * w**3 for w in W], "b": [4 * w**at_b for w in W]}
    check = check_gradients(
        powers, dict.fromkeys(names, W), gradient={name: given[name] for name in names}
    )
    sentence = "the exponent comes down as a factor but is not lowered"
    assert [v.cause for v in check.verdicts if v.cause] == [sentence + place for place in places]


@pytest.mark.parametrize(("times", "also"), [(1, ""), (4, ", and the sum is not divided by the 4")])
def test_targets_in_a_row_that_meet_answers_in_a_column_are_told(times, also):
    x, y = [[1.0, 0.5], [-0.5, 2.0], [0.25, -1.5], [2.0, 1.0]], [0.5, -1.25, 2.0, 3.5]
    net = Network([Dense(2, 1, weight=[[0.75, -0.5]], bias=[0.25])], engine="python")
    errors = [sum(a - t for t in y) / 4 for a in (0.75 * p - 0.5 * q + 0.25 for p, q in x)]
    slopes = [times * 2 * error / 4 for error in errors]
    given = {
        "dense1.weight": [
            [sum(s * row[k] for s, row in zip(slopes, x, strict=True)) for k in (0, 1)]
        ],
        "dense1.bias": [sum(slopes)],
    }
    check = check_gradients(net, x, y, gradient=given)
    cause = "targets of shape (n,) meet answers of shape (n, 1), and every answer is compared with "
    causes = {v.cause for v in check.verdicts if v.outcome == "wrong" and v.cause}
    assert causes == {f"{cause}every target{also}"}


X = [[1.0, 0.5], [-0.5, 2.0], [0.25, -1.5], [2.0, 1.0]]
ONE = Dense(2, 1, "sigmoid", weight=[[0.75, -0.5]], bias=[0.25])
ANSWER = Dense(2, 1, weight=[[0.75, -0.5]], bias=[0.25])
SHARES = Dense(2, 2, "softmax", weight=[[0.75, -0.5], [0.1, 0.9]], bias=[0.25, -0.125])
NO, YES = "the term (1 - t)/(1 - a) of the cross-entropy", "the term -t/a of the cross-entropy"
AGAIN = "a·(1 - a) is multiplied in once more: p - t is already the derivative of {} and "


def outputs(layer, row):
    weights = zip(layer.weight, layer.bias, strict=True)
    z = [sum(w * x for w, x in zip(ws, row, strict=True)) + b for ws, b in weights]
    if layer.activation == "softmax":
        return [exp(score) / sum(map(exp, z)) for score in z]
    return [1 / (1 + exp(-score)) for score in z] if layer.activation == "sigmoid" else z


@pytest.mark.parametrize(
    ("layer", "loss", "slope", "cause"),
    [
        (ONE, "binary_cross_entropy", lambda a, t: (a - t) * a * (1 - a), AGAIN.format("sigmoid")),
        (
            ONE,
            "binary_cross_entropy",
            lambda a, t: (a - t) / (a * (1 - a)),
            "the derivative of sig",
        ),
        (ONE, "binary_cross_entropy", lambda a, t: a, "the target is left out: a stands for a - t"),
        (ONE, "binary_cross_entropy", lambda a, t: -t * (1 - a), f"{NO} is missing"),
        (ONE, "binary_cross_entropy", lambda a, t: (1 - t) * a, f"{YES} is missing"),
        (ONE, "binary_cross_entropy", lambda a, t: 2 * t * a - t - a, f"{NO} has the wrong sign"),
        (
            ANSWER,
            "mean_squared_error",
            lambda a, t: 2 * a,
            "the target is left out: a stands for a ",
        ),
        (SHARES, "cross_entropy", lambda a, t: a, "the target is left out: p stands for p - t"),
        (SHARES, "cross_entropy", lambda a, t: (a - t) * a * (1 - a), AGAIN.format("softmax")),
        (SHARES, "cross_entropy", lambda a, t: t * (a - 1), "softmax is differentiated entry by "),
        (SHARES, "cross_entropy", lambda a, t: -t / a, "the derivative of softmax is left out: "),
    ],
)
def test_a_loss_that_is_differentiated_wrongly_by_its_scores_is_named(layer, loss, slope, cause):
    t = [[0.8, 0.2], [0.3, 0.7], [0.45, 0.55], [0.1, 0.9]]
    t = [row[: layer.out_features] for row in t]
    slopes = [
        [slope(*pair) / len(X) for pair in zip(outputs(layer, row), targets, strict=True)]
        for row, targets in zip(X, t, strict=True)
    ]
    by_output = [*zip(*slopes, strict=True)]
    given = {
        "dense1.weight": [
            [
                sum(s * x for s, x in zip(of_one, column, strict=True))
                for column in zip(*X, strict=True)
            ]
            for of_one in by_output
        ],
        "dense1.bias": [*map(sum, by_output)],
    }
    check = check_gradients(Network([layer], engine="python"), X, t, loss, gradient=given)
    causes = {v.cause for v in check.verdicts if v.outcome == "wrong" and v.cause}
    assert [each.startswith(cause) for each in causes] == [True]
