"""Mistakes at ops that are made by hand are named, with the place where there are several."""

from math import exp
from operator import add

import pytest

from chainrule import arrays, ops
from chainrule.autodiff import Tensor
from chainrule.checking.checked_function import CheckedFunction
from chainrule.checking.mutations import mutations
from chainrule.checking.tape_mutations import _is_multiple
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


@pytest.mark.parametrize(
    ("times", "also"), [(1, ""), (4, ", and the sum is not divided by the 4 examples")]
)
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


V, U = [0.5, -1.0], [1.0, 2.0]
GROWN = [exp(v * v) for v in V]
CONSTANT = "the edge from {0} back to {1} is missing, as if {1} were a constant"
UNSUMMED = (
    "the edge from {} back to {} is missing, as where gradients are not accumulated (`=` for `+=`)"
)
WRITTEN = (
    "gradients are not accumulated: where {} is used more than once, the share written {} stands "
    "in place of the sum"
)
ONE_BY_ONE = [
    WRITTEN.format(what, when) for what in ("an array", "a value") for when in ("last", "first")
]
INCOMING = "the incoming gradient is left out on the way back through {}"
BACK = "{} is left out on the way back from {} to {}"


def each(formula, *tables):
    return [formula(*numbers) for numbers in zip(*tables, strict=True)]


def of_a_square():
    """The sum of e^(w²), where each of two equal shares is half of what comes back."""
    square, grown = "w·w", "exp(w·w)"
    half = (
        "half of the gradient of w·w is missing: its 2 is left out, or gradients are not "
        "accumulated (`=` for `+=`)"
    )
    right, one = each(lambda w, e: 2 * w * e, V, GROWN), each(lambda w, e: w * e, V, GROWN)
    yield from (
        (CONSTANT.format(*edge), [0, 0]) for edge in ((f"sum({grown})", grown), (grown, square))
    )
    yield from ((sentence, one) for sentence in (half, half, *ONE_BY_ONE))
    for _ in range(2):  # on the way to either factor
        yield INCOMING.format(square), each(lambda w, e: w + w * e, V, GROWN)
        yield BACK.format("the factor w", square, "w"), each(lambda w, e: e + w * e, V, GROWN)
    yield INCOMING.format(grown), right
    # Its rule reads the result alone, so that other inputs change nothing.
    yield "the derivative of exp is taken at exp(w·w), where w·w belongs", right
    yield "the derivative of exp is taken at w·w, where exp(w·w) belongs", [2 * w**3 for w in V]
    yield BACK.format("the derivative of exp", grown, square), [2 * w for w in V]
    both = "the factors w and w are left out on the way back through their product"
    yield both, [2 * e for e in GROWN]
    inner = "the inner derivative is left out: what came back to exp(w·w) is handed to w as it is"
    yield inner, [1, 1]


def of_three_terms():
    """The sums of v³, e^u and v·u."""
    cubes, grown = [3 * v * v for v in V], [exp(u) for u in U]
    right = each(add, cubes, U), each(add, grown, V)
    terms = {"sum(v^3)": (cubes, [0, 0]), "sum(exp(u))": ([0, 0], grown), "sum(v·u)": (U, V)}

    def without(*names):
        kept = [shares for name, shares in terms.items() if name not in names]
        return tuple(
            [sum(of) for of in zip([0, 0], *shares, strict=True)]
            for shares in zip(*kept, strict=True)
        )

    for name, shares in terms.items():
        yield f"the term {name} is missing", without(name)
        yield f"only the term {name} arrived", shares
        yield CONSTANT.format(name, name[4:-1]), without(name)
        yield f"{name} and v^3 are treated as constants", without(name, "sum(v^3)")
    alike = "sum(v^3)", "sum(exp(u))"  # sums of what was made of one array
    yield "the terms in sum(v^3) + sum(exp(u)) are missing", without(*alike)
    loop = CONSTANT.format("sum(v^3)", "v^3").replace(",", ", and 1 more like it,")
    yield f"{loop} in every step of a loop", without(*alike)
    yield UNSUMMED.format("v^3", "v"), without("sum(v^3)")
    yield UNSUMMED.format("exp(u)", "u"), without("sum(exp(u))")
    yield UNSUMMED.format("v·u", "v"), (cubes, right[1])
    yield UNSUMMED.format("v·u", "u"), (right[0], grown)
    # The walk comes from the end, so that the use that was made first writes last.
    yield from zip(ONE_BY_ONE, [without("sum(v·u)"), (U, V)] * 2, strict=True)
    yield (
        "the exponent comes down as a factor but is not lowered",
        (each(lambda v, u: 3 * v**3 + u, V, U), right[1]),
    )
    yield (
        "the exponent is lowered but does not come down as a factor",
        (each(lambda v, u: v * v + u, V, U), right[1]),
    )
    for name in ("v^3", "exp(u)", "v·u", "v·u", *terms, "sum(v^3) + sum(exp(u))"):
        yield INCOMING.format(name), right  # it is 1
    yield BACK.format("the derivative of pow", "v^3", "v"), ([1 + u for u in U], right[1])
    yield "the derivative of exp is taken at exp(u), where u belongs", right
    yield "the derivative of exp is taken at u, where exp(u) belongs", (right[0], each(add, U, V))
    yield BACK.format("the derivative of exp", "exp(u)", "u"), (right[0], [1 + v for v in V])
    yield BACK.format("the factor u", "v·u", "v"), ([c + 1 for c in cubes], right[1])
    yield BACK.format("the factor v", "v·u", "u"), (right[0], [e + 1 for e in grown])
    both = "the factors v and u are left out on the way back through their product"
    yield both, ([c + 1 for c in cubes], [e + 1 for e in grown])


def of_rows():
    """The mean of (x + b)² over two rows of two."""
    sums = [[1.5, 2.25], [3.5, 5.25]]
    half = [[a / 2 for a in row] for row in sums]

    def by(rows, b=None):
        return [a for row in rows for a in row], b or each(add, *rows)

    def scaled(factor, rows):
        return [[factor * a for a in row] for row in rows]

    none = [0, 0]
    yield CONSTANT.format("mean((x + b)^2)", "(x + b)^2"), by([none, none])
    yield CONSTANT.format("(x + b)^2", "x + b"), by([none, none])
    yield "the edge from x + b back to b is missing", by(half, none)
    yield "the edge from x + b back to x is missing", by([none, none], each(add, *half))
    yield (
        "the exponent comes down as a factor but is not lowered",
        by([[a * a / 2 for a in row] for row in sums]),
    )
    yield "the exponent is lowered but does not come down as a factor", by(scaled(0.5, half))
    yield INCOMING.format("x + b"), by([[1, 1]] * 2)
    yield INCOMING.format("(x + b)^2"), by(scaled(4, half))
    yield BACK.format("the derivative of pow", "(x + b)^2", "x + b"), by([[0.25, 0.25]] * 2)
    shares = "of the shares of the 2 rows that b is spread over, {}, and not the"
    for which, row in ("first", half[0]), ("last", half[1]):
        yield f"{shares.format(f'only the {which} arrived')}ir sum", by(half, row)
        alone = [half[0], none] if which == "first" else [none, half[1]]
        arrived = f"forgotten accumulation: only the {which} example's"
        yield f"{arrived} gradient arrived", by(scaled(2, alone))
        yield f"{arrived} part of the mean arrived", by(alone)
        other = "last" if which == "first" else "first"
        yield f"the {other} example is left out", by(alone)
        for name in "xb":
            part = f"only the {which} example's part arrived, as where `=` stands for `+=`"
            yield f"in the gradient of {name} {part}", by(alone)
    yield f"{shares.format('the mean is taken')} sum", by(half, [s / 2 for s in each(add, *half)])


def of_tables():
    """The sum of the product of two tables."""
    a, b = [0.75, 3.0] * 2, [4.0, 4.0, 6.0, 6.0]  # rows of b added up, and columns of a
    turned = "on the way back from a @ b to {} the other table is not transposed"
    yield CONSTANT.format("sum(a @ b)", "a @ b"), ([0] * 4, [0] * 4)
    yield "the edge from a @ b back to b is missing", (a, [0] * 4)
    yield "the edge from a @ b back to a is missing", ([0] * 4, b)
    yield from [(INCOMING.format("a @ b"), (a, b))] * 2  # all of it is 1
    yield turned.format("a"), ([1.5, 2.25] * 2, b)
    yield turned.format("b"), (a, [3.0, 3.0, 7.0, 7.0])


def terms_of(p):
    cubes = ops.sum(p["v"] ** 3)
    grown = ops.sum(ops.exp(p["u"]))
    return cubes + grown + ops.sum(p["v"] * p["u"])


@pytest.mark.parametrize(
    ("function", "point", "expected"),
    [
        (lambda p: ops.sum(ops.exp(p["w"] * p["w"])), {"w": V}, of_a_square),
        (terms_of, {"v": V, "u": U}, of_three_terms),
        (
            lambda p: ops.mean((p["x"] + p["b"]) ** 2),
            {"x": [[1.0, 2.0], [3.0, 5.0]], "b": [0.5, 0.25]},
            of_rows,
        ),
        (
            lambda p: ops.sum(ops.matmul(p["a"], p["b"])),
            {"a": [[1.0, 2.0], [3.0, 4.0]], "b": [[0.5, 0.25], [1.0, 2.0]]},
            of_tables,
        ),
    ],
    ids=["a square", "three terms", "rows", "tables"],
)
def test_each_mistake_gives_what_is_worked_out_by_hand_and_there_are_no_others(
    function, point, expected
):
    checked = CheckedFunction(function, {n: arrays.asarray(table) for n, table in point.items()})
    found = sorted((m.sentence, *checked.walk(m.pull).values()) for m in mutations(checked))
    hand = sorted(
        (sentence, *([numbers] if len(point) == 1 else numbers)) for sentence, numbers in expected()
    )
    assert [sentence for sentence, *_ in found] == [sentence for sentence, *_ in hand]
    for (sentence, *gradient), (_, *by_hand) in zip(found, hand, strict=True):
        for numbers, right in zip(gradient, by_hand, strict=True):
            assert numbers == pytest.approx(right), sentence


@pytest.mark.parametrize(
    ("made", "multiple"),
    [
        *((lambda x: -x, True), (lambda x: 3 * x, True), (lambda x: x / 4, True)),
        *((lambda x: ops.mean(x), True), (lambda x: ops.reshape(x, (2, 1)), True)),
        *((lambda x: x + 1, False), (lambda x: 2 / x, False), (ops.exp, False)),
        *((ops.abs, False), (ops.relu, False), (lambda x: x**2, False)),
    ],
)
def test_a_multiple_grows_with_its_input_sign_and_all(made, multiple):
    x = Tensor(arrays.asarray([1.5, -2.0]))
    tensor = made(x)
    assert (
        _is_multiple(tensor, next(i for i, each in enumerate(tensor.origin.inputs) if each is x))
        is multiple
    )
