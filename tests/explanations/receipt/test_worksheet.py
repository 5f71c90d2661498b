"""A worksheet's values are those of the network, and its numbers give them."""

from contextlib import nullcontext
from dataclasses import replace

import pytest

import chainrule as cr
from chainrule.errors import OptionError
from chainrule.explanations.receipt.worked import evaluated
from chainrule.explanations.receipt.worksheet import BLANK, worksheet
from chainrule.words import number
from tests.report.test_html import Reader

PAIRS = [
    ("relu", "softmax", None, [[1.0, 0.0]]),
    ("tanh", "softmax", "mean_squared_error", [[1.0, 0.0]]),
    ("sigmoid", "identity", "huber", [[1.0, -2.0]]),
    ("gelu", "sigmoid", None, [[1.0, 0.0]]),
]


def explained(hidden="tanh", output="softmax", loss=None, y=([1.0, 0.0],)):
    layers = [cr.Dense(2, 3, hidden), cr.Dropout(0.5), cr.Dense(3, 2, output)]
    net = cr.Network(layers, seed=3, engine="python")
    return net, cr.explain(net, [[1.0, -2.0]], [list(row) for row in y], loss=loss)


@pytest.mark.parametrize(("hidden", "output", "loss", "y"), PAIRS)
def test_every_value_is_that_of_the_network_and_of_the_numbers_beside_it(hidden, output, loss, y):
    net, ex = explained(hidden, output, loss, y)
    values = {line.name: line.value for line in ex.worksheet().lines}
    assert values["L"] == pytest.approx(net.loss([[1.0, -2.0]], y, loss=loss), rel=1e-12)
    for k, a in enumerate(net.forward([[1.0, -2.0]]).tolist()[0]):
        assert values[f"dense2.a[{k}]"] == pytest.approx(a, rel=1e-12)
    for weight in ex.weights:
        assert values[weight.name] == pytest.approx(weight.value)
        assert values[f"dL/d({weight.name})"] == pytest.approx(weight.slope, rel=1e-12)
        nudge = ex.nudge(weight.name, by=1e-6)
        assert nudge.measured / 1e-6 == pytest.approx(values[f"dL/d({weight.name})"], abs=1e-5)
    for line in ex.worksheet().lines:
        left, _, right = line.worked.rpartition(" = ")
        assert right == number(line.value, 4)
        assert not left or number(evaluated(left), 4) == right
        assert left or line.stage == "given" or line.formula in ("a = z", "dL/dz", "da/dz = 1")


def test_every_value_stands_after_those_that_it_is_made_of():
    names = [line.name for line in explained()[1].worksheet().lines]
    order = ["x[0]", "dense1.z[2]", "dense1.a[0]", "dense2.z[1]", "dense2.a[0]", "L"]
    back = ("(dense2.z[0])", "(dense2.weight[1,2])", "(dense1.a[2])", "(dense1.z[0])")
    order += [*(f"dL/d{one}" for one in back), "dL/d(dense1.bias[2])"]
    assert sorted(order, key=names.index) == order
    assert len(names) == len(set(names))


def test_without_answers_only_what_is_given_is_shown():
    sheet = explained()[1].worksheet(answers=False)
    asked = sum(line.stage != "given" for line in sheet.lines)
    for text in (str(sheet), sheet.to_markdown(), sheet._repr_html_()):
        assert text.count(BLANK) == asked
        assert number(sheet.lines[-1].value, 4) not in text
        assert "x[1]" in text


def test_a_worksheet_fits_a_screen_and_is_read_as_a_page_and_as_a_table():
    sheet = explained("gelu", "sigmoid", None, [[1.0, 0.0]])[1].worksheet()
    lines = str(sheet).splitlines()
    assert max(map(len, lines)) <= 80
    wide = max(len(line.name) for line in sheet.lines)
    # What goes on stands under the formula, what is worked out a little further in.
    assert {len(line) - len(line.lstrip()) for line in lines} == {0, 2, wide + 4, wide + 6}
    page = Reader(sheet.to_html())
    assert page.open == []
    assert page.texts["title"] == ["worksheet of row 0 (binary_cross_entropy)"]
    assert page.texts["td"][::3] == [line.name for line in sheet.lines]
    tables = [line for line in sheet.to_markdown().splitlines() if line.startswith("| ")]
    assert len(tables) == len(sheet.lines) + 4
    assert all(line.replace("\\|", "").count("|") == 4 for line in tables)


def test_a_network_that_no_hand_works_out_is_refused():
    net = cr.Network([cr.Dense(5, 9, "tanh"), cr.Dense(9, 1)], engine="python")
    with pytest.raises(OptionError, match=r"up to 60 weights.*this one has 64"):
        cr.explain(net, [[0.0] * 5], [[1.0]]).worksheet()


def test_of_several_rows_the_worst_is_worked_out_or_the_one_asked_for():
    net = cr.Network([cr.Dense(1, 1, weight=[[2.0]], bias=[0.0])], engine="python")
    ex = cr.explain(net, [[1.0], [2.0]], [[2.0], [9.0]])
    assert ex.worksheet().row == 1
    assert {line.name: line.value for line in ex.worksheet(row=0).lines}["dense1.z[0]"] == 2
    with pytest.raises(OptionError, match="no row 7"):
        ex.worksheet(row=7)


def test_a_sum_is_written_only_where_several_neurons_listen():
    net = cr.Network([cr.Dense(1, 2, "tanh"), cr.Dense(2, 1)], seed=3, engine="python")
    formulas = {
        line.name: line.formula
        for line in cr.explain(net, [[1.0]], [[0.5]]).worksheet().lines
        if line.stage == "backward"
    }
    one, several = formulas["dL/d(dense1.a[0])"], explained()[1].worksheet().lines
    assert not one.startswith("Σ")
    assert [line.formula[0] for line in several if line.name == "dL/d(dense1.a[0])"] == ["Σ"]


def test_what_is_given_is_called_by_what_it_is():
    net = cr.Network([cr.Dense(2, 1, weight=[[1 / 3, 2.0]], bias=[1 / 7])], engine="python")
    ex = cr.explain(net, [[1.0, 2 / 3]], [[1 / 9]])
    given = [
        (line.name, line.formula, line.worked)
        for line in ex.worksheet().lines
        if line.stage == "given"
    ]
    assert given == [
        ("x[0]", "input", "1"),
        ("x[1]", "input", "0.6667"),
        ("y[0]", "target", "0.1111"),
        ("dense1.weight[0,0]", "weight", "0.3333"),
        ("dense1.weight[0,1]", "weight", "2"),
        ("dense1.bias[0]", "bias", "0.1429"),
    ]
    named = replace(ex.network, input_names=("age", "city=Oslo"), class_names=("yes",))
    assert [line.formula for line in worksheet(named, answers=True).lines[:3]] == [
        *("age", "city=Oslo", "yes"),
    ]


@pytest.mark.parametrize(("inputs", "written"), [(59, True), (60, False)])
def test_sixty_weights_are_worked_out_and_one_more_is_not(inputs, written):
    ex = cr.explain(cr.Network([cr.Dense(inputs, 1)], engine="python"), [[1.0] * inputs], [[1.0]])
    with nullcontext() if written else pytest.raises(OptionError, match="this one has 61"):
        assert ex.worksheet().lines


def test_a_page_of_a_worksheet_has_a_heading_and_a_table_for_each_stage():
    sheet = explained()[1].worksheet()
    text = sheet.to_markdown()
    assert text.startswith("# worksheet of row 0 (cross_entropy)\n\n## given\n\n| value |")
    assert text.count("\n\n## ") == text.count("|---|---|---|") == 4
    assert [line.strip() for line in str(sheet).splitlines() if not line.startswith(" ")] == [
        *("worksheet of row 0 (cross_entropy)", "", "given", "", "forward", "", "loss", ""),
        "backward",
    ]


@pytest.mark.extra("playwright")
def test_a_worksheet_is_as_wide_as_a_telephone(browser):
    net = cr.Network([cr.Dense(2, 2, "relu"), cr.Dense(2, 1, "sigmoid")], seed=0)
    sheet = cr.explain(net, [[-1.5, 0.25]], [1]).worksheet().to_html()
    page = browser.new_page(viewport={"width": 390, "height": 844}, is_mobile=True)
    page.set_content(sheet)
    assert page.evaluate("[innerWidth, document.documentElement.scrollWidth]") == [390, 390]
    page.close()
