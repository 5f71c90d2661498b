"""The numbers put into a formula give the value that is written beside them."""

import math
from fractions import Fraction

import pytest

import chainrule.arrays as xp
from chainrule.autodiff import PRIMITIVES, Tensor
from chainrule.autodiff.tensor import Origin
from chainrule.explanations.receipt.worked import _bare, evaluated, worked, worked_op, worked_sum
from chainrule.words import number

ROWS = ("softmax", "log_softmax", "logsumexp", "mean")
LOSSES = ("squared_error", "absolute_error", "huber", "hinge")
CROSS = ("softmax_cross_entropy", "sigmoid_cross_entropy")
ENTRYWISE = [name for name, op in PRIMITIVES.items() if op.entrywise and op.rules]


def evaluates(text):
    """Whether `numbers = value` is true to the digits of the value, asked of Python itself."""
    left, equals, right = text.rpartition(" = ")
    return not equals or number(evaluated(left), 4) == right


def one_hot(shape, place):
    flat = [float(place == n) for n in range(math.prod(shape))]
    return xp.reshape(xp.asarray(flat), shape)


def cases(name):
    """Every sample of an op: result, inputs, options; entries that meet stand in one row."""
    op = PRIMITIVES[name]
    for sample in op.samples:
        inputs = [xp.asarray(x) for x in sample]
        if name in ENTRYWISE:
            inputs = [xp.reshape(x, (1, -1)) for x in xp.broadcast_arrays(*inputs)]
        tables = [x if len(x.shape) == 2 else xp.reshape(x, (1, -1)) for x in inputs]
        for row in range(tables[0].shape[0]):
            one = [table[row : row + 1] for table in tables]
            for options in op.sample_options if name not in ROWS[2:] else ({},):
                yield op, op.value(xp, one, options), one, options


def made(op, a, inputs, options):
    return Tensor(a, Origin(op, tuple(inputs), inputs, options))


def flat(array):
    return xp.reshape(array, (-1,)).tolist()


@pytest.mark.parametrize("name", [*ENTRYWISE, *ROWS, *LOSSES, *CROSS])
def test_every_rule_with_numbers_gives_its_own_derivative(name):
    written = 0
    for op, a, inputs, options in cases(name):
        for rule in op.rules.values():
            index = op.inputs.index(rule.input)
            for later in range(len(flat(a))):
                share = op.share(index, one_hot(a.shape, later), a, inputs, options)
                for earlier, value in enumerate(flat(share)):
                    if name in ENTRYWISE and earlier != later:
                        continue
                    result = made(op, a, inputs, options)
                    text = worked_op(result, rule.formula, value, later=later, earlier=earlier)
                    constant = rule.formula.rpartition(" = ")[2].lstrip("-") == "1"
                    assert bool(text) != constant, (rule.formula, value)
                    assert not text or text.rpartition(" = ")[2] == number(value, 4)
                    assert evaluates(text)
                    written += bool(text)
    assert written or constant


@pytest.mark.parametrize("name", [*ENTRYWISE, *ROWS[:2], *LOSSES, *CROSS])
def test_every_op_with_numbers_gives_its_own_value(name):
    for op, a, inputs, options in cases(name):
        for entry, value in enumerate(flat(a)):
            result = made(op, a, inputs, options)
            text = worked_op(result, op.formula, value, later=entry, earlier=entry)
            assert text.rpartition(" = ")[2] == number(value, 4), op.formula
            assert evaluates(text)


def test_what_cancels_is_written_with_the_digits_that_it_takes():
    a = 1 - 1e-6
    assert worked("da/dz = a · (1 - a)", {"a": [a]}, a * (1 - a)) == (
        "0.999999 · (1 - 0.999999) = 1e-06"
    )


def test_a_formula_in_words_and_a_value_that_is_none_of_its_are_not_written():
    words = "da/dx = 1 at the first largest entry, 0 elsewhere"
    assert worked(words, {"a": [3.0], "x": [1.0, 3.0]}, 1.0, earlier=1) == ""
    assert worked("da/dz = a · (1 - a)", {"a": [0.5]}, 0.26) == ""
    assert worked("da/dz = a · (1 - a)", {"a": [0.5]}, math.nan) == ""


def test_a_long_sum_shows_its_first_terms_and_how_many_more():
    a, y = [float(n) for n in range(9)], [0.5] * 9
    text = worked(
        "L = Σ_k (a_k - y_k)^2 / outputs",
        {"a": a, "y": y, "outputs": 9},
        sum((one - 0.5) ** 2 for one in a) / 9,
    )
    assert text == ("((0 - 0.5)^2 + (1 - 0.5)^2 + (2 - 0.5)^2 + 6 more) / 9 = 18.92")


def test_only_ops_on_whole_arrays_are_left_out():
    tested = {*ENTRYWISE, *ROWS, *LOSSES, *CROSS}
    assert {name for name, op in PRIMITIVES.items() if op.rules} - tested == {
        *("matmul", "weighted_sum", "sum", "max", "min", "take", "concat", "stack"),
        *("reshape", "expand_dims", "permute_dims", "matrix_transpose", "broadcast_to"),
    }


def test_of_several_entries_the_first_is_written_unless_another_is_asked_for():
    values, formula = {"a": [3.5, 9.0], "y": [4.0, 6.0], "outputs": 1}, "dL/da_k = 2·(a_k - y_k)"
    assert worked(formula, values, -1) == "2·(3.5 - 4) = -1"
    assert worked(formula, values, 6, earlier=1) == "2·(9 - 6) = 6"


def test_what_is_computed_stands_for_its_own_entry_where_it_has_no_index():
    values = {"a": [2.0, 3.0], "z": [5.0, 7.0]}
    assert worked("da/dz_j = a · z_j", values, 15.0, later=1, earlier=0) == "3 · 5 = 15"


def test_fractions_stay_what_they_are_beside_a_whole_number():
    gate = "da/dz = 0 if z <= 0 else 1"
    assert worked(gate, {"z": [Fraction(1, 2)]}, 1) == "0 if (1/2) <= 0 else 1 = 1"
    assert worked(gate, {"z": [Fraction(-1, 2)]}, 0) == "0 if (-1/2) <= 0 else 1 = 0"
    assert worked_sum([(Fraction(1, 2), 2), (3, Fraction(1, 3))], 2) == "(1/2) · 2 + 3 · (1/3) = 2"


def test_a_long_sum_is_shown_by_its_first_terms_and_worked_out_whole():
    assert worked_sum([(0.5, -2.0)] * 7, -7.0) == (
        "0.5 · (-2) + 0.5 · (-2) + 0.5 · (-2) + 4 more = -7"
    )
    assert worked_sum([(0.5, -2.0)] * 7, -6.5) == "-6.5"


@pytest.mark.parametrize(
    ("text", "bare"),
    [("(a + b)", "a + b"), ("(a) + (b)", "(a) + (b)"), ("a)", "a)"), ("(a", "(a"), ("", "")],
)
def test_brackets_around_all_of_a_text_are_taken_off(text, bare):
    assert _bare(text) == bare


@pytest.mark.parametrize(
    ("count", "sum_of_squares"),
    [
        (3, "(1^2 + 1^2 + 1^2) / 2 = 1.5"),
        (4, "(1^2 + 1^2 + 1^2 + 1^2) / 2 = 2"),
        (5, "(1^2 + 1^2 + 1^2 + 2 more) / 2 = 2.5"),
    ],
)
def test_one_term_more_than_three_is_written_out_too(count, sum_of_squares):
    values = {"a": [1.0] * count, "outputs": 2}
    assert worked("L = Σ_k (a_k)^2 / outputs", values, count / 2).replace("(1)", "1") == (
        sum_of_squares
    )
    said = " + ".join(["1 · 1"] * (count if count < 5 else 3)) + " + 2 more" * (count == 5)
    assert worked_sum([(1.0, 1.0)] * count, float(count)) == f"{said} = {count}"
