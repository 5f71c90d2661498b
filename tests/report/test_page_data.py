"""What the page is told: everything that is known, nothing that is not, and not too much."""

import json
from math import nan

import pytest

import chainrule as cr
from chainrule.arrays import asarray
from chainrule.nn import Architecture, Dense
from chainrule.report.diagram import MOST_LINES, MOST_UNITS, diagram
from chainrule.report.page_data import MOST_POINTS, as_json, page_data
from chainrule.train import Epoch, History


@pytest.fixture(scope="module")
def data(explanation):
    ex = explanation(names=[f"column {i}" for i in range(7)], classes=("no", "yes"))
    return page_data(ex, history=ex.history, top=6)


def test_each_opened_weight_has_its_four_answers_side_by_side(data):
    assert [detail["name"] for detail in data["details"]] == [w["name"] for w in data["weights"]]
    for detail in data["details"]:
        assert detail["slope"]["value"] == detail["counterfactual"]["slope"]
        assert isinstance(detail["ledger"], float)
        assert isinstance(detail["blame"], float)
        assert {"now", "zero", "initial", "best"} >= detail["counterfactual"]["alternatives"].keys()


def test_cut_is_the_change_of_the_loss_with_the_weight_at_zero(data):
    for weight, detail in zip(data["weights"], data["details"], strict=True):
        zero = detail["counterfactual"]["alternatives"]["zero"]
        assert weight["cut"] == pytest.approx(zero["change"], abs=1e-12)


def test_a_nudge_that_leaves_the_straight_line_is_marked():
    bent = cr.Network([Dense(1, 1, weight=[[0.5]], bias=[0.4999])], engine="python")
    found = page_data(cr.explain(bent, [[1.0]], [[1.0]]))["weights"]
    assert [weight["bends"] for weight in found] == [True, True]
    straight = cr.Network([Dense(1, 1, weight=[[0.5]], bias=[50.0])], engine="python")
    found = page_data(cr.explain(straight, [[1.0]], [[1.0]]))["weights"]
    assert [weight["bends"] for weight in found] == [False, False]


def test_the_tangent_touches_the_curve_where_the_weight_stands(data):
    for detail in data["details"]:
        (left, low), (right, high) = detail["counterfactual"]["tangent"]
        now = detail["counterfactual"]["alternatives"]["now"]
        part = (now["value"] - left) / (right - left)
        assert low + part * (high - low) == pytest.approx(now["loss"], rel=1e-9)


def test_the_ledger_over_the_steps_ends_at_its_totals(data):
    over = data["ledger"]["over_steps"]
    for name, total in data["ledger"]["layers"].items():
        assert over["layers"][name][-1] == pytest.approx(total, abs=1e-9)


def test_what_is_not_known_is_left_out(explanation):
    found = page_data(explanation(ledger=False), top=2)
    assert found["ledger"] is found["history"] is found["health"] is None
    assert found["details"][0]["ledger"] is None


def test_a_weight_is_placed_between_units_in_the_words_of_the_data(data):
    routes = {detail["name"]: detail["route"] for detail in data["details"]}
    for name, route in routes.items():
        layer, _, entry = name.partition(".weight[")
        if layer == "dense1" and entry:
            neuron, column = entry.rstrip("]").split(",")
            assert route == f"from column {column} to dense1[{neuron}]"
            return
    pytest.fail("no weight of the first layer was listed")


def test_a_long_run_is_thinned_out_and_keeps_its_ends(explanation):
    history = History([Epoch(epoch=i + 1, step=i, loss=1 / (i + 1)) for i in range(5000)])
    found = page_data(explanation(), history=history, top=1)["history"]["columns"]
    assert len(found["loss"]) == MOST_POINTS
    assert (found["epoch"][0], found["epoch"][-1]) == (1, 5000)


def test_a_loss_that_is_no_number_says_so_everywhere():
    net = cr.Network([cr.Dense(2, 3, "relu"), cr.Dense(3, 2, "softmax")], engine="python")
    net.set_parameters({"dense2.bias": [nan, 0.0]})
    found = page_data(cr.explain(net, [[1.0, 2.0], [2.0, 1.0]], [0, 1]))
    assert found["loss"] == "nan"
    assert "no number here can be trusted" in found["notes"][0]
    assert "dense2.bias[0]" not in [detail["name"] for detail in found["details"]]
    json.dumps(found, allow_nan=False)


def test_a_large_layer_is_folded_to_the_units_that_carry_most():
    rows, columns = 40, 30
    g = [[(i + 1.0) * (j + 1.0) for j in range(columns)] for i in range(rows)]
    slopes = {"dense1.weight": asarray(g), "dense1.bias": asarray([0.0] * rows)}
    total = sum(value * value for row in g for value in row)
    found = diagram(Architecture([Dense(columns, rows)]), slopes, total)
    inputs, units = found["layers"]
    assert [unit["index"] for unit in units["units"]] == list(range(rows - MOST_UNITS, rows))
    assert units["folded"]["count"] == rows - MOST_UNITS
    assert sum(u["share"] for u in units["units"]) + units["folded"]["share"] == pytest.approx(1)
    assert inputs["folded"]["count"] == columns - MOST_UNITS
    assert len(found["lines"]) == MOST_LINES
    assert found["folded_lines"] == rows * columns - MOST_LINES
    assert found["lines"][0]["name"] == f"dense1.weight[{rows - 1},{columns - 1}]"


def test_a_report_of_a_hundred_thousand_weights_stays_small():
    np = pytest.importorskip("numpy")
    drawn = np.random.default_rng(0)
    net = cr.Network([cr.Dense(784, 128, "relu"), cr.Dense(128, 10, "softmax")], engine="numpy")
    ex = cr.explain(net, drawn.random((50, 784)), drawn.integers(0, 10, 50))
    assert len(json.dumps(page_data(ex))) < 1_000_000


def test_pairs_become_lists_and_keys_become_text():
    assert as_json({1: (1.5, None, True)}) == {"1": [1.5, None, True]}
