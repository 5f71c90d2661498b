"""How people give functions and gradients: what is taken, what is said of the rest."""

import math
from fractions import Fraction
from typing import Any, NamedTuple

import pytest

import chainrule as cr
from chainrule.errors import KindError, ShapeError
from chainrule.model.check import check_gradients


class Pair(NamedTuple):
    a: Any
    b: Any


def product_of(w):
    return math.sin(w[0]) * w[1]


def slopes_of(w):
    return [math.cos(w[0]) * w[1], math.sin(w[0])]


@pytest.mark.parametrize("kind", [tuple, lambda g: list(map(cr.arrays.asarray, g))])
@pytest.mark.parametrize(("factor", "passed"), [(1, True), (1.1, False)])
def test_a_list_of_numbers_may_be_answered_by_one_of_single_arrays(kind, factor, passed):
    check = check_gradients(
        product_of, [0.3, 0.1], gradient=lambda w: kind([factor * g for g in slopes_of(w)])
    )
    assert check.passed is passed


@pytest.mark.extra("numpy")
@pytest.mark.parametrize(("factor", "passed"), [(1, True), (1.1, False)])
def test_lists_of_numbers_of_numpy_and_its_arrays_answer_each_other(factor, passed):
    import numpy as np

    single = list(np.asarray([0.3, 0.1]))
    for point, form in (([0.3, 0.1], lambda g: list(np.asarray(g))), (single, np.array)):
        check = check_gradients(
            product_of,
            point,
            gradient=lambda w, form=form: form([factor * g for g in slopes_of(w)]),
        )
        assert check.passed is passed


def test_a_named_tuple_stays_one():
    def loss(p):
        return math.sin(p.a) * p.b

    point = Pair(0.3, 2.0)
    assert check_gradients(loss, point, gradient=lambda p: Pair(*slopes_of(p))).passed
    assert not check_gradients(loss, point, gradient=lambda p: Pair(1.0, 1.0)).passed


@pytest.mark.parametrize("given", [[0.1, 0.2], {"a": 0.1}, {"a": 0.1, "b": 0.1, "c": 0.1}, 0.5])
def test_a_gradient_in_another_form_is_refused(given):
    with pytest.raises(ShapeError, match="must have the form of the point, a, b; found"):
        check_gradients(lambda p: p["a"] * p["b"], {"a": 0.3, "b": 2.0}, gradient=given)


@pytest.mark.extra("numpy", "torch")
@pytest.mark.parametrize(
    ("kind", "off"), [("float16", 0.01), ("bfloat16", 0.1)], ids=["float16", "bfloat16"]
)
def test_a_gradient_in_two_bytes_agrees_to_their_digits(kind, off):
    import numpy as np
    import torch

    net = cr.Network([cr.Dense(3, 2, "tanh"), cr.Dense(2, 1)], seed=1)
    x, y = np.asarray([[0.5, -0.3, 0.8], [-1.1, 0.4, 0.2]]), [[0.3], [-0.7]]
    point = np.asarray([0.3, -0.7, 1.1])

    def short(numbers, factor):
        return torch.tensor(factor * np.asarray(numbers), dtype=getattr(torch, kind))

    for factor in (1.0, 1 + off):
        right = factor == 1
        for function in (lambda w: np.sum(np.sin(w)), lambda w: cr.sum(cr.sin(w))):
            check = check_gradients(function, point, gradient=lambda w: short(np.cos(w), factor))  # noqa: B023
            assert check.passed is right
        own = {name: short(g, factor) for name, g in net.gradients(x, y).items()}
        assert check_gradients(net, x, y, gradient=own).passed is right


def test_another_array_of_the_same_gradient_stays_as_precise_as_it_is():
    np = pytest.importorskip("numpy")
    point = {"a": np.asarray([0.3, -0.7]), "b": np.asarray([1.1, 0.4])}

    def loss(p):
        return np.sum(np.sin(p["a"])) + np.sum(np.cos(p["b"]))

    short = {"a": np.cos(point["a"]).astype("float16"), "b": -np.sin(point["b"])}
    assert check_gradients(loss, point, gradient=short).passed
    assert not check_gradients(loss, point, gradient={**short, "b": 1.001 * short["b"]}).passed


class Outside(Exception):
    """What somebody's own function raises."""


@pytest.mark.parametrize("error", [ValueError, AssertionError, RuntimeError, KeyError, Outside])
@pytest.mark.parametrize("beside", [0.0, 1e-5])
@pytest.mark.parametrize("exp", [math.exp, cr.exp], ids=["math", "ops"])
def test_a_function_may_raise_anything_beside_its_point(error, beside, exp):
    def only_above(x):
        if x < 0.5:
            raise error("below")
        return exp(x)

    at = 0.5 + beside
    assert check_gradients(only_above, at, gradient=math.exp).passed
    assert not check_gradients(only_above, at, gradient=lambda x: 1.01 * math.exp(x)).passed


def test_what_a_function_raises_at_every_step_is_told():
    def nowhere_else(x):
        if x != 0.3:
            raise Outside("only there")
        return math.sin(x)

    worst = check_gradients(nowhere_else, 0.3, gradient=1.0).worst
    assert worst.outcome == "unclear"
    assert "show no slope, where it raised Outside('only there')" in worst.sentence


def test_what_a_function_raises_at_the_point_itself_comes_through():
    def nowhere(x):
        raise Outside("nowhere")

    with pytest.raises(Outside, match="nowhere"):
        check_gradients(nowhere, 0.3, gradient=1.0)


@pytest.mark.parametrize("error", [AssertionError, RuntimeError, Outside])
def test_a_gradient_that_can_be_asked_for_at_its_point_alone_is_checked_there(error):
    def slope(x):
        if x != 0.3:
            raise error("elsewhere")
        return math.cos(x)

    assert check_gradients(math.sin, 0.3, gradient=slope).passed
    assert not check_gradients(math.sin, 0.3, gradient=lambda x: 2 * slope(x)).passed


def test_a_table_of_losses_is_no_number():
    def table(x):
        return cr.arrays.asarray([[math.sin(v) for v in x]])

    with pytest.raises(KindError, match=r"one number; found ListArray of shape \(1, 2\); make one"):
        check_gradients(table, [0.3, 0.1], gradient=[1.0, 1.0])


def test_places_in_a_list_are_no_point_to_check_at():
    names, point = [0.5, 2.0, 3.0], {"w": 0.3, "i": 2}
    with pytest.raises(KindError, match="so leave it out of the point"):
        check_gradients(lambda p: math.sin(p["w"]) * names[p["i"]], point, gradient=point)


@pytest.mark.parametrize("factor", [1.0, 1.1])
def test_a_gradient_that_overwrites_its_point_is_given_a_copy_and_told_so(factor):
    point = {"w": [0.3, -0.7], "b": [1.5]}

    def slopes(p):
        p["w"][0] *= 2
        return {
            "w": [factor * 2 * math.cos(p["w"][0]), factor * math.cos(p["w"][1])],
            "b": [factor],
        }

    check = check_gradients(
        lambda p: math.sin(2 * p["w"][0]) + math.sin(p["w"][1]) + p["b"][0], point, gradient=slopes
    )
    assert check.passed is (factor == 1)
    assert point == {"w": [0.3, -0.7], "b": [1.5]}
    assert check.caveat == "The gradient function overwrites w; it was given a copy."


def test_a_networks_gradient_may_overwrite_the_rows_that_it_is_given():
    net = cr.Network([cr.Dense(2, 2, "tanh"), cr.Dense(2, 1)], seed=1, engine="python")
    x, y = [[0.5, -0.3], [-1.1, 0.4]], [[0.3], [-0.7]]

    def gradient(net, x, y):
        found = net.gradients(x, y)
        x[0][0], y[1][0] = 100.0, 100.0
        return found

    assert check_gradients(net, x, y, gradient=gradient).passed
    assert (x, y) == ([[0.5, -0.3], [-1.1, 0.4]], [[0.3], [-0.7]])


def test_numbers_that_do_not_change_from_point_to_point_prove_no_more_at_the_second():
    """Of a hinge loss the signs are forgotten in its mask: by chance the bias comes out twice."""
    rows = [(-1.08, 1.0), (0.36, -1.0), (1.46, 1.0), (-0.57, 1.0), (1.2, -1.0), (-0.08, 1.0)]

    def loss(p):
        hinges = [max(0.0, 1 - s * (p["w"] * x + p["b"])) for x, s in rows]
        return math.fsum(hinges) + 0.1 * p["w"] ** 2

    def slopes(p):
        on = [(x, s) for x, s in rows if p["w"] * x + p["b"] < 1]
        w = 0.2 * p["w"] - math.fsum(s * x for x, s in on)
        return {"w": w, "b": -math.fsum(s for _, s in on)}

    check = check_gradients(loss, {"w": 0.9, "b": 0.3}, gradient=slopes)
    bias = next(v for v in check.verdicts if v.name == "b")
    assert bias.given == pytest.approx(2 * bias.found, rel=1e-9)
    assert (bias.outcome, bias.cause) == ("wrong", None)


@pytest.mark.extra("numpy")
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_of_numpy_are_moved_as_a_whole_and_stay_what_they_were(order):
    import numpy as np

    point = {
        "a": np.asarray([[0.3, -0.7, 1.1], [0.2, 0.9, -0.4]], order=order)[:, ::-1],
        "b": np.float64(0.4),
    }
    before = {name: array.copy() for name, array in point.items()}

    def loss(p):
        p["a"] *= p["b"]  # a function may overwrite what it is given, too
        return float(np.sum(np.sin(p["a"])))

    def slopes(p):
        cos = np.cos(p["a"] * p["b"])
        return {"a": p["b"] * cos, "b": np.sum(p["a"] * cos)}

    assert check_gradients(loss, point, gradient=slopes).passed
    for name in point:
        wrong = check_gradients(
            loss, point, gradient=lambda p, name=name: {**slopes(p), name: p[name]}
        )
        assert {v.name for v in wrong.verdicts if v.outcome == "wrong"} == {name}
        assert np.array_equal(point[name], before[name])


@pytest.mark.extra("torch")
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_function_of_float32_tensors_is_asked_in_float64_where_it_answers(seed):
    import torch

    torch.manual_seed(seed)
    point = {"w": torch.randn(3, 3), "b": torch.randn(3)}
    x, out = torch.randn(4, 3), torch.randn(4, 3)

    def in_its_own(p):
        return (torch.tanh(x.to(p["b"].dtype) @ p["w"] + p["b"]) * out).sum()

    def in_float32(p):
        return (torch.tanh(x @ p["w"] + p["b"]) * out).sum()

    def slopes(p):
        d = out * (1 - torch.tanh(x @ p["w"] + p["b"]) ** 2)
        return {"w": x.T @ d, "b": d.sum(0)}

    for gradient in (slopes, slopes(point)):
        check = check_gradients(in_its_own, point, gradient=gradient)
        assert {v.outcome for v in check.verdicts} == {"agrees"}
    assert check_gradients(in_float32, point, gradient=slopes).passed
    half = {name: g / 2 for name, g in slopes(point).items()}
    check = check_gradients(in_its_own, point, gradient=half)
    assert {v.cause for v in check.verdicts} == {"every gradient is half of what it should be"}


@pytest.mark.extra("torch")
def test_a_tensor_that_asks_for_its_gradient_asks_for_it_at_the_second_point_too():
    import torch

    def cube(w):
        return (w**3).sum()

    def by_chance(w):
        """At 2 three squares have the slope of the cube."""
        (3 * w**2).sum().backward()
        return w.grad

    def right(w):
        cube(w).backward()
        return w.grad

    point = torch.tensor([2.0], dtype=torch.float64, requires_grad=True)
    assert check_gradients(cube, point, gradient=right).passed
    check = check_gradients(cube, point, gradient=by_chance)
    assert check.worst.name == "a little way off"
    assert point.grad is None


def test_numbers_of_any_kind_are_a_value():
    assert check_gradients(lambda x: Fraction(x) ** 2, 0.3, gradient=0.6).passed
