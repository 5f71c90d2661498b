"""Symbols: formulas that read well, have the brackets they need, and compute the same number."""

import math
import random

import pytest

import chainrule.arrays as xp
from chainrule.arrays import Symbol
from chainrule.errors import KindError

w, x, b, z, g = map(Symbol, "wxbzg")

FORMULAS = [
    (w * x + b, "w * x + b"),
    (w * (x + b), "w * (x + b)"),
    ((w + x) + b, "w + x + b"),
    (w + (x + b), "w + (x + b)"),
    (w - (x - b), "w - (x - b)"),
    (w - x - b, "w - x - b"),
    (w / (x * b), "w / (x * b)"),
    (w / x * b, "w / x * b"),
    ((w + x) ** 2, "(w + x) ** 2"),
    (w ** (x + 1), "w ** (x + 1)"),
    (w**-x, "w ** -x"),
    ((w**x) ** b, "(w ** x) ** b"),
    (w ** (x**b), "w ** x ** b"),
    (-(w**2), "-w ** 2"),
    ((-w) ** 2, "(-w) ** 2"),
    (-(w * x), "-(w * x)"),
    (-w * x, "-w * x"),
    (w * -x, "w * -x"),
    (w + (-x), "w - x"),
    (w - (-x), "w + x"),
    (w + -2, "w - 2"),
    (2 * (w - 3), "2 * (w - 3)"),
    (Symbol(-2) ** x, "(-2) ** x"),
    ((w > x) == (x > b), "(w > x) == (x > b)"),
    (w // x % b, "w // x % b"),
    (0.5 * w, "0.5 * w"),
]
FOLDED = [
    (0 + x, "x"),
    (x + 0, "x"),
    (x - 0, "x"),
    (0 - x, "-x"),
    (1 * x, "x"),
    (x * 1.0, "x"),
    (x / 1, "x"),
    (x**1, "x"),
    (x**0, "1"),
    (-(-1 * x), "x"),
    (0 * x, "0"),
    (-1 * x, "-x"),
    (Symbol(2) * 3 - 4, "2"),
    (0 / x, "0"),
]


@pytest.mark.parametrize(("formula", "text"), [*FORMULAS, *FOLDED])
def test_formulas_read_like_python_with_no_bracket_too_many(formula, text):
    assert str(formula) == text


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (lambda z: xp.exp(-z), "exp(-z)"),
        (lambda z: xp.maximum(z, 0), "max(z, 0)"),
        (lambda z: xp.minimum(1, z), "min(1, z)"),
        (lambda z: xp.where(z > 0, Symbol("g"), 0), "(g if z > 0 else 0)"),
        (lambda z: xp.where(xp.logical_and(z > 0, z < 1), z, -1), "(z if z > 0 and z < 1 else -1)"),
        (lambda z: xp.square(z + 1), "(z + 1) ** 2"),
        (lambda z: 1 / (1 + xp.exp(-z)), "1 / (1 + exp(-z))"),
        (lambda z: xp.abs(z) * 2, "abs(z) * 2"),
        (xp.logical_not, "not z"),
        (xp.sign, "(z > 0) - (z < 0)"),
        (xp.log1p, "log1p(z)"),
    ],
)
def test_array_functions_become_formulas(array, text):
    assert str(array(xp.asarray(Symbol("z"))).item()) == text


def test_arrays_of_symbols_write_sums_and_products_down():
    weights = xp.asarray([Symbol("w[0]"), Symbol("w[1]")])
    inputs = xp.asarray([2, Symbol("x[1]")])
    assert str((weights @ inputs).item()) == "w[0] * 2 + w[1] * x[1]"
    assert str(xp.mean(weights).item()) == "(w[0] + w[1]) / 2"
    assert str(xp.max(weights).item()) == "max(w[0], w[1])"


def random_formula(pick, depth):
    """A formula and the number that Python computes for it, with x = 1.5 and w = -0.75."""
    if depth == 0:
        return pick.choice([(x, 1.5), (w, -0.75), (Symbol(2), 2), (Symbol(-3), -3)])
    (p, a), (q, c) = random_formula(pick, depth - 1), random_formula(pick, depth - 1)
    n = pick.choice([1, 2, 3])
    return pick.choice(
        [
            (p + q, a + c),
            (p - q, a - c),
            (p * q, a * c),
            (-p, -a),
            (p**n, a**n),
            (p / (q**2 + 1), a / (c**2 + 1)),
            (0 + p, a),
            (q - (p - q) / 2, c - (a - c) / 2),
        ]
    )


@pytest.mark.parametrize("seed", range(60))
def test_a_formula_computes_what_it_was_made_from(seed):
    formula, number = random_formula(random.Random(seed), 4)
    assert formula.evaluate(x=1.5, w=-0.75) == pytest.approx(number, rel=1e-13, abs=1e-13)


def test_formulas_are_valid_python_with_the_names_of_math():
    formula = xp.tanh(xp.asarray(x * w)) + xp.where(xp.asarray(x) > 0, xp.sqrt(xp.asarray(x)), 0)
    value = eval(str(formula.item()), vars(math), {"x": 4.0, "w": 0.5})
    assert value == math.tanh(2.0) + 2.0


def test_names_and_values_of_entries():
    formula = Symbol("w[0,1]") * Symbol("x[2]") + Symbol("b")
    assert formula.names() == {"w", "x", "b"}
    w = xp.asarray([[1.0, 3.0]])
    assert float(formula.evaluate(w=w, x=[0, 0, 2.0], b=1)) == 7.0


def test_a_missing_value_is_named():
    with pytest.raises(KindError, match=r"w \* x was asked for and x has no value: pass x="):
        (w * x).evaluate(w=1)


def test_a_formula_has_no_truth_and_no_value_yet():
    with pytest.raises(KindError, match=r"truth of the formula z > 0.*where\(condition"):
        bool(z > 0)
    with pytest.raises(KindError, match="no value yet"):
        math.exp(z)
    with pytest.raises(KindError):
        xp.sort(xp.asarray([z, w]))


@pytest.mark.parametrize("name", ["", "2w", "a b", "w[", "w[x]", "exp", "f()", "w; v"])
def test_what_python_cannot_read_as_a_name_is_refused(name):
    with pytest.raises(KindError, match="use letters"):
        Symbol(name)


def test_complex_constants_are_refused():
    with pytest.raises(KindError, match="complex"):
        Symbol(1j)
    with pytest.raises(TypeError):
        w * "x"


def test_leaves_arrays_to_answer_themselves():
    assert str((w * xp.asarray([2, 3]))[1].item()) == "w * 3"


def test_a_condition_that_is_known_chooses_at_once():
    chosen = xp.where(xp.asarray([True, False]), xp.asarray([w, w]), xp.asarray([b, b]))
    assert list(map(str, chosen.tolist())) == ["w", "b"]
