"""What the page is told: everything that is known, nothing that is not, and not too much."""

import json
from dataclasses import replace
from math import inf, nan

import pytest

import chainrule as cr
import chainrule.arrays as xp
from chainrule.explanations.culprits import Answer
from chainrule.nn import Dense
from chainrule.report.diagram import MOST_OUTPUTS, MOST_UNITS, diagram, passes
from chainrule.report.page_data import (
    MOST_POINTS,
    WORK,
    _screen,
    as_json,
    page_data,
    weight_detail,
    written,
)
from chainrule.train import Epoch, History
from chainrule.words import percent, plural


@pytest.fixture(scope="module")
def data(explanation):
    ex = explanation(names=[f"column {i}" for i in range(7)], classes=("no", "yes"))
    return page_data(ex, history=ex.history, top=6)


def details(data):
    return data["screen"]["details"]


def test_each_opened_weight_has_its_four_answers_side_by_side(data):
    assert 3 <= len(details(data)) <= 6
    for detail in details(data):
        assert detail["slope"]["value"] == detail["counterfactual"]["slope"]
        assert isinstance(detail["ledger"], float)
        assert isinstance(detail["blame"], float)
        assert {"now", "zero", "initial", "best"} >= detail["counterfactual"]["alternatives"].keys()


def test_the_groups_are_those_of_the_explanation_and_their_weights_are_cut_alone(explanation):
    ex = explanation(rows=1)
    screen = page_data(ex)["screen"]
    assert ex.answer == " ".join(screen["answer"]).strip()
    opened = {detail["name"] for detail in screen["details"]}
    assert {group["weights"][0]["name"] for group in screen["groups"]} <= opened
    for row, group in zip(screen["groups"], ex.groups(top=7), strict=False):
        assert (row["name"], row["count"]) == (group.name, len(group.weights))
        assert (row["loss"], row["change"]) == (group.loss_if_cut, -group.recovered)
        for weight in row["weights"]:
            zero = ex.counterfactual(weight["name"])["zero"].loss
            assert weight["loss"] == pytest.approx(zero, abs=1e-12)
            assert (weight["count"], weight["name"] in list(group.weights)) == (1, True)


def test_the_sentence_that_names_weights_is_marked(explanation):
    spread = explanation(classes=("no", "yes"))
    for ex in (spread, *(spread.of_row(example.row) for example in spread.examples)):
        before, naming, rest = page_data(ex)["screen"]["answer"]
        named = f" of the {len(ex.weights)} weights", *ex.answer.weights
        assert any(name in naming for name in named)
        assert not any(name in before for name in named)
        assert ex.answer.endswith(" ".join(filter(None, (before, naming, rest))))


def test_weights_that_the_answer_calls_by_their_names_are_opened_and_columns_called_so_are_none(
    explanation,
):
    for names in ((), [f"x (dense9.weight[0,{n}])" for n in range(7)]):
        ex = explanation(names=names).of_row(4)
        screen = page_data(ex, top=3)["screen"]
        assert len(screen["said"]) == 2
        assert "(dense9.weight" in ex.answer or not names
        assert {f"({name})" in ex.answer for name in screen["said"]} == {True}
        for shown in (screen, page_data(ex, top=1)["screen"]):
            assert set(shown["said"]) <= {detail["name"] for detail in shown["details"]}


def test_an_answer_that_names_no_weight_is_marked_where_it_begins():
    net = cr.Network([Dense(1, 1, "sigmoid", weight=[[nan]], bias=[0.0])], engine="python")
    ex = cr.explain(net, [[1.0], [2.0]], [0, 1])
    assert page_data(ex)["screen"]["answer"] == ["", ex.answer, ""]


def test_weights_that_are_moved_have_their_share_and_what_the_network_says_then(explanation):
    ex = explanation(rows=1, classes=("no", "yes"))
    line = page_data(ex)["screen"]["groups"][-1]
    culprits = ex.culprits(top=5)
    assert any(culprit.after for culprit in culprits)
    assert {**line["weights"][0], "name": line["name"], "weights": line["weights"]} == line
    best = {culprit.name: culprit.mended for culprit in culprits}
    for weight, culprit in zip(line["weights"], culprits, strict=True):
        then = ex.network.standing(moved(ex.network, best, (*culprit.after, culprit.name)))
        assert weight["loss"] == culprit.loss_after == pytest.approx(then.loss, rel=1e-12)
        assert weight["share"] == ex.weights[culprit.name].share
        assert weight["says"] == f"{then.answers[0]}{' ✓' if then.right[0] else ''}"
        others = f", with {len(culprit.after)} other" in weight["person"]
        assert others is bool(culprit.after)


def test_the_update_is_a_plain_step_that_is_run_on_a_copy(explanation):
    ex = explanation(rows=1)
    update = page_data(ex)["screen"]["update"]
    squares = sum(weight.slope**2 for weight in ex.weights)
    assert update["rate"] == pytest.approx(0.01 * ex.loss / squares)  # a hundredth, by the slope
    values = {w.name: w.value - update["rate"] * w.slope for w in ex.weights}
    then = ex.network.standing(moved(ex.network, values, values))
    assert update["loss"] == pytest.approx(then.loss, rel=1e-9)
    assert update["loss"] == pytest.approx(0.99 * ex.loss, rel=1e-3)


def two_inputs_at_zero(target, rows=1):
    w = [[1.0, 0.5, -1.0, 2.0], [0.5, -1.0, 1.0, 0.5]]
    layers = [Dense(4, 2, "tanh", weight=w), Dense(2, 1, weight=[[1.0, -1.0]])]
    x, y = [[0.5, 0.0, 1.0, 0.0]] * rows, [[target]] * rows
    return cr.explain(cr.Network(layers, engine="python"), x, y)


def test_weights_of_inputs_that_are_0_have_a_line_and_those_in_no_line_are_counted():
    ex = two_inputs_at_zero(2.0)
    screen = page_data(ex)["screen"]
    *groups, silent, _ = screen["groups"]
    names = [f"dense1.weight[{row},{column}]" for row in (0, 1) for column in (1, 3)]
    then = ex.network.standing(moved(ex.network, dict.fromkeys(names, 0.0), names))
    assert (silent["name"], silent["count"], silent["share"]) == ("2 inputs that are 0", 4, 0.0)
    assert (silent["loss"], silent["change"]) == (then.loss, 0.0) == (ex.loss, 0.0)
    assert silent["says"] == f"{then.answers[0][0]:.4g}"
    listed = {name for group in ex.groups(top=len(groups)) for name in group.weights} | {*names}
    others = [weight for weight in ex.weights if weight.name not in listed]
    share = percent(sum(weight.share for weight in others))
    assert screen["remarks"] == [f"{plural(len(others), 'other weight')}: {share} of the share."]
    assert "dense2.bias[0]" in [weight.name for weight in others]


def test_the_steepest_group_without_which_the_loss_rises_is_told_of():
    ex = two_inputs_at_zero(-2.0)
    steepest = [ex.weights[f"dense1.weight[0,{column}]"] for column in range(4)]
    share = percent(sum(weight.share for weight in [*steepest, ex.weights["dense1.bias[0]"]]))
    # Without neuron 0 it says -tanh(1.25), so that the loss is (2 - 0.848)^2.
    assert page_data(ex)["screen"]["remarks"][-1] == (
        f'Share and cut disagree on "into dense1[0]": {share} of one small step, but without it '
        "the loss rises from 0.476 to 1.33."
    )
    assert "disagree" not in str(page_data(two_inputs_at_zero(-2.0, rows=2))["screen"]["remarks"])


def moved(study, values, names):
    """The weights of a study with some at other values."""
    arrays = {name: w.tolist() for name, w in study.parameters.items()}
    for name in names:
        parameter, (*row, last) = study.find(name)
        (arrays[parameter][row[0]] if row else arrays[parameter])[last] = values[name]
    return {name: xp.asarray(w) for name, w in arrays.items()}


def test_the_worst_rows_have_answers_of_their_own(explanation):
    ex = explanation(names=[f"column {i}" for i in range(7)], classes=("no", "yes"))
    for screen, example in zip(page_data(ex)["rows"], ex.examples, strict=False):
        alone = ex.of_row(example.row)
        assert (screen["row"], screen["loss"]) == (example.row, pytest.approx(example.loss))
        assert " ".join(screen["answer"]).strip() == alone.answer
        assert f"{example.loss:.3g}" in screen["headline"]


def test_the_answer_for_a_row_of_several_is_that_of_the_row_by_itself():
    net = cr.train_on_table("iris", layers=(4,), epochs=20, progress=False).net
    w = net.parameters["dense1.weight"].tolist()
    w[1][0] = 6.0
    net.set_parameters({"dense1.weight": w})
    rows = cr.rows_for(net)
    ex = cr.explain(net, rows)
    assert "stands out" in ex.answer
    for row in [example.row for example in ex.examples[:2]]:
        alone = cr.explain(net, rows.row(row))
        assert "mean loss of all 150 rows" in alone.answer
        assert ex.of_row(row).answer == alone.answer
        cut = (one.counterfactual("dense1.weight[1,0]").zero for one in (ex.of_row(row), alone))
        assert len({(len(zero.fixed), len(zero.broken)) for zero in cut}) == 1


def test_the_loss_along_a_weight_goes_as_far_as_the_answer_moves_it(explanation, monkeypatch):
    ex, name = explanation(), "dense1.weight[0,0]"
    monkeypatch.setattr(type(ex), "answer", Answer("Moved.", [name], {name: 7.5}))
    at = ex.weights[name].value
    ends = [at - 7.5, at + 7.5]
    along = weight_detail(ex, name)["counterfactual"]
    assert [along["curve"][0][0], along["curve"][-1][0]] == pytest.approx(ends)
    assert [w for w, _ in along["tangent"]] == [w for w, _ in along["curve"]]
    low, high = weight_detail(ex, "dense1.weight[0,1]")["counterfactual"]["interval"]
    assert high - low == pytest.approx(2)


def test_the_way_of_blame_leads_from_the_reference_to_the_loss_now(data):
    blame = data["blame"]
    levels = [blame["start"]["level"], *(step["to"] for step in blame["steps"])]
    assert [step["from"] for step in blame["steps"]] == levels[:-1]
    assert levels[-1] == pytest.approx(blame["end"]["level"], abs=1e-12)
    assert blame["end"]["level"] == pytest.approx(data["loss"], rel=1e-9)


def test_cut_is_the_change_of_the_loss_with_the_weight_at_zero(data):
    cuts = {weight["name"]: weight["cut"] for weight in data["weights"]}
    opened = [detail for detail in details(data) if detail["name"] in cuts]
    assert opened
    for detail in opened:
        zero = detail["counterfactual"]["alternatives"]["zero"]
        assert cuts[detail["name"]] == pytest.approx(zero["change"], abs=1e-12)


def test_a_nudge_that_leaves_the_straight_line_is_marked():
    bent = cr.Network([Dense(1, 1, weight=[[0.5]], bias=[0.4999])], engine="python")
    found = page_data(cr.explain(bent, [[1.0]], [[1.0]]))["weights"]
    assert [weight["bends"] for weight in found] == [True, True]
    straight = cr.Network([Dense(1, 1, weight=[[0.5]], bias=[50.0])], engine="python")
    found = page_data(cr.explain(straight, [[1.0]], [[1.0]]))["weights"]
    assert [weight["bends"] for weight in found] == [False, False]


def test_the_tangent_touches_the_curve_where_the_weight_stands(data):
    for detail in details(data):
        (left, low), *_, (right, high) = detail["counterfactual"]["tangent"]
        now = detail["counterfactual"]["alternatives"]["now"]
        part = (now["value"] - left) / (right - left)
        assert low + part * (high - low) == pytest.approx(now["loss"], rel=1e-9)


def test_the_ledger_over_the_steps_ends_at_its_totals(data):
    over = data["ledger"]["over_steps"]
    for name, total in data["ledger"]["layers"].items():
        assert over["layers"][name][-1] == pytest.approx(total, abs=1e-9)


def test_weights_that_were_put_back_come_after_the_last_step():
    net = cr.Network([cr.Dense(1, 3, "tanh"), cr.Dense(3, 1)], seed=0, engine="python")
    x, y = [[n / 4] for n in range(8)], [[(n % 3) / 2] for n in range(8)]
    held_out = ([[0.1], [1.3]], [[3.0], [-3.0]])  # learning makes these worse
    stop = cr.EarlyStopping(3)
    net.fit(x, y, epochs=9, validation=held_out, early_stopping=stop, ledger=True, progress=False)
    assert net.history.restored
    numbers = page_data(cr.explain(net, x, y), history=net.history)["ledger"]["over_steps"]["step"]
    assert numbers == [*range(1, len(numbers) + 1)]


def test_what_is_not_known_is_left_out(explanation):
    found = page_data(explanation(ledger=False), top=2)
    assert found["ledger"] is found["history"] is None
    assert details(found)[0]["ledger"] is None


def test_a_weight_is_called_by_what_it_reads_and_feeds(data):
    persons = {detail["name"]: detail["person"] for detail in details(data)}
    for name, person in persons.items():
        layer, _, entry = name.partition(".weight[")
        if layer == "dense1" and entry:
            neuron, column = entry.rstrip("]").split(",")
            assert person == f"column {column} → dense1[{neuron}]"
            return
    pytest.fail("no weight of the first layer was opened")


def test_a_long_run_is_thinned_out_and_keeps_its_ends(explanation):
    history = History([Epoch(epoch=i + 1, step=i, loss=1 / (i + 1)) for i in range(5000)])
    found = page_data(explanation(), history=history, top=1)["history"]["columns"]
    assert len(found["loss"]) == MOST_POINTS
    assert (found["epoch"][0], found["epoch"][-1]) == (1, 5000)


def test_no_more_is_listed_than_fits_a_page(monkeypatch):
    layers = [cr.Dense(7, 7, "tanh"), cr.Dense(7, 8, "softmax")]  # one more of each than is drawn
    net = cr.Network(layers, seed=1, engine="python")
    x = [[(7 * i + 3 * j) % 11 / 5 - 1.05 for j in range(7)] for i in range(13)]
    y = [(5 * i) % 8 for i in range(13)]
    net.fit(x, y, epochs=20, batch_size=1, ledger=True, progress=False, validation=None)
    one = page_data(cr.explain(net, x[:1], y[:1]), history=net.history)
    screen = one["screen"]
    *groups, best = screen["groups"]
    assert best["name"] == "the best weight, moved"
    assert (len(groups), len(best["weights"])) == (7, 5)
    assert max(len(group["weights"]) for group in groups) == 6
    assert (len(screen["details"]), len(one["weights"])) == (16, 30)
    assert [len(layer["nodes"]) for layer in screen["diagram"]["layers"]] == [7, 6, 7]
    heavy = [line["layer"] for line in screen["diagram"]["lines"] if line["heavy"]]
    assert max(heavy.count(layer) for layer in (1, 2)) == 5
    assert len(one["blame"]["steps"]) == 8 + 2  # all others, and what is not explained
    assert len(one["blame"]["weights"]) == len(one["ledger"]["weights"]) == 10
    assert one["ledger"]["steps"] == 260
    assert len(one["ledger"]["over_steps"]["step"]) == 240
    monkeypatch.setitem(WORK, "lists", 4 * 13 * 120)
    several = page_data(cr.explain(net, x, y), top=29)
    assert (len(several["examples"]), len(several["screen"]["details"])) == (12, 4)
    assert [len(row["details"]) for row in several["rows"]] == [3] * 5


@pytest.mark.parametrize(("rows", "is_written"), [(1998, True), (1999, False)])
def test_a_program_of_two_thousand_numbers_at_most_is_written(rows, is_written):
    net = cr.Network([cr.Dense(1, 1)], seed=1, engine="python")  # a weight, a bias, and each input
    ex = cr.explain(net, [[n / 100] for n in range(rows)], [[1.0]] * rows)
    written = _screen(ex, 1)[0]["python"]
    assert bool(written) is is_written


@pytest.mark.parametrize("counts", [None, [1.0, 4.0]])
def test_the_program_that_is_taken_away_comes_to_the_same_loss(counts):
    net = cr.Network([cr.Dense(1, 1)], seed=1, engine="python")
    ex = cr.explain(net, [[1.0], [2.0]], [[0.0], [3.0]], sample_weight=counts)
    place = {}
    exec(written("python", ex)["text"].replace("print", "str"), place)
    assert place["ex"].loss == pytest.approx(ex.loss, rel=1e-12)


def test_a_loss_that_is_no_number_says_so_everywhere():
    net = cr.Network([cr.Dense(2, 3, "relu"), cr.Dense(3, 2, "softmax")], engine="python")
    net.set_parameters({"dense2.bias": [nan, 0.0]})
    found = page_data(cr.explain(net, [[1.0, 2.0], [2.0, 1.0]], [0, 1]))
    assert found["loss"] == "nan"
    assert "trust no number here" in found["notes"][0]
    assert "dense2.bias[0]" not in [detail["name"] for detail in details(found)]
    json.dumps(found, allow_nan=False)
    one = page_data(cr.explain(net, [[1.0, 2.0]], [0]))["screen"]
    assert one["headline"] == "0, where the network says nan. Loss nan"
    says = {line["name"]: line["says"] for line in one["groups"]}
    assert says.pop("biases of dense2") == "0, 79% ✓"  # without the one that is no number
    assert says.pop("into dense2[0]") == "1, 63%"
    assert set(says.values()) == {"nan"}
    assert {node["value"] for node in one["diagram"]["layers"][-1]["nodes"]} == {"nan"}


def test_a_file_of_weights_is_json_though_a_number_is_not_finite():
    net = cr.Network([cr.Dense(1, 1, weight=[[inf]], bias=[0.0])], engine="python")
    text = written("json", cr.explain(net, [[1.0]], [[0.0]]))["text"]
    found = json.loads(text, parse_constant=pytest.fail)
    assert found["loss"] is None
    assert [weight["value"] for weight in found["weights"]] == [None, 0.0]


def drawn_network(w, b, x, t, **names):
    layer = Dense(len(w[0]), len(w), weight=w, bias=b)
    ex = cr.explain(cr.Network([layer], engine="python"), x, t)
    study = replace(ex.network, **names)
    return ex, diagram(study, ex.gradients, ex.weights.total)


def test_a_large_layer_is_folded_and_its_shares_still_add_up():
    rows, columns = 40, 30
    w = [[0.01 * (i + 1) * (j + 1) for j in range(columns)] for i in range(rows)]
    x = [[1.0 + j for j in range(columns)]]
    ex, found = drawn_network(w, [0.0] * rows, x, [[0.0] * rows])
    inputs, units = (layer["nodes"] for layer in found["layers"])
    assert len(inputs) == MOST_UNITS + 2  # the rest, and the biases
    assert len(units) == MOST_OUTPUTS + 1
    assert units[-1]["label"] == f"{rows - MOST_OUTPUTS} more outputs"
    for nodes in (inputs, units, found["lines"]):
        assert sum(node["share"] for node in nodes) == pytest.approx(1)
    assert sum(line["weights"] for line in found["lines"]) == rows * (columns + 1)
    assert ex.weights[0].name in [line["name"] for line in found["lines"]]


def test_equal_inputs_that_belong_together_are_one_and_silent_ones_stand_apart():
    names = ("a is missing", "b is missing", "c is missing", "size", "colour=red", "colour=blue")
    x = [[1.0, 1.0, 0.0, 2.5, 1.0, 0.0]]
    w = [[1.0, -1.0, 1.0, 1.0, 1.0, 1.0]]
    _, found = drawn_network(w, [0.0], x, [[0.0]], input_names=names)
    nodes = [(n["label"], n["value"], n["kind"]) for n in found["layers"][0]["nodes"]]
    assert nodes == [
        ("2 × is missing", "1", "input"),
        ("size", "2.5", "input"),
        ("colour=red", "1", "input"),
        ("biases", "1", "biases"),
        ("2 inputs that are 0", "", "silent"),
    ]
    # L = z², z = 3.5: dL/dw = 7 x, so Σ g² = 49 · (1 + 1 + 6.25 + 1 + 1).
    shares = {n["label"]: n["share"] for n in found["layers"][0]["nodes"]}
    assert shares["2 × is missing"] == pytest.approx(2 / 10.25)
    assert shares["2 inputs that are 0"] == 0.0
    bundle = next(line for line in found["lines"] if line["weights"] == 2)
    assert (bundle["slope"], bundle["sign"]) == (pytest.approx(14.0), "above")
    assert "(2 weights, the steepest dense1.weight[0,0]): share" in bundle["words"]
    assert "lower them" in bundle["words"]
    listed = "size (2.5): 61.0%; 2 × is missing (1): 19.5%; colour=red (1): 9.8%."
    assert found["words"][0] == f"The weights that read the inputs carry, of the share: {listed}"


@pytest.mark.parametrize(
    ("count", "rows", "named", "drawn"),
    [
        (9, 1, "pixel", True),
        (8, 1, "pixel", False),
        (1, 1, "pixel", False),
        (9, 2, "pixel", False),
        (9, 1, "cell", False),
    ],
)
def test_the_pixels_of_one_square_image_are_drawn_with_the_heaviest_marked(
    count, rows, named, drawn
):
    x = [0.0, 0.0625, 0.5, 1.0, 0.25, 0.0, 0.75, 0.1239, 0.0][-count:]
    names = tuple(f"{named}{n}" for n in range(count))
    targets = [[0.0]] * rows
    _, found = drawn_network([[1.0] * count], [0.0], [x] * rows, targets, input_names=names)
    assert bool(found["image"]) is drawn
    if drawn:  # dL/dw = 2 z x: the brighter, the heavier
        assert (found["image"]["width"], found["image"]["heaviest"]) == (3, [3, 6, 2, 4, 7, 1])
        assert found["image"]["values"] == pytest.approx(x, abs=0.0006)


def test_each_layer_says_what_it_got_gave_and_got_back():
    net = cr.Network([Dense(1, 1, "relu", weight=[[2.0]]), Dense(1, 1, weight=[[3.0]])])
    ex = cr.explain(net, [[1.5], [0.0]], [[8.0], [0.0]])
    # z = 3 and 9; the first row's own loss is (9 - 8)²: dL/dz is 2 behind, and 2 · 3 in front.
    numbers = [(one["z"], one["a"], one["g"]) for one in passes(ex.network)]
    assert numbers == [([3.0], [3.0], [6.0]), ([9.0], [9.0], [2.0])]


def test_weights_of_a_bundle_that_want_different_things_have_no_sign():
    rows = [[1.0, 0.0], [0.0, -1.0]]
    _, found = drawn_network([[1.0, 1.0]], [0.0], rows, [[0.0]] * 2, input_names=("k=a", "k=b"))
    bundle = next(line for line in found["lines"] if line["weights"] == 2)
    assert bundle["sign"] == "above"
    _, found = drawn_network(
        [[1.0, -1.0]], [0.0], [[1.0, 0.0], [0.0, 1.0]], [[0.0]] * 2, input_names=("k=a", "k=b")
    )
    bundle = next(line for line in found["lines"] if line["weights"] == 2)
    assert (bundle["sign"], bundle["heavy"]) == ("mixed", False)


def test_a_report_of_a_hundred_thousand_weights_stays_small():
    np = pytest.importorskip("numpy")
    drawn = np.random.default_rng(0)
    net = cr.Network([cr.Dense(784, 128, "relu"), cr.Dense(128, 10, "softmax")], engine="numpy")
    ex = cr.explain(net, drawn.random((50, 784)), drawn.integers(0, 10, 50))
    assert len(json.dumps(page_data(ex))) < 1_000_000


def test_pairs_become_lists_and_keys_become_text():
    assert as_json({1: (1.5, None, True)}) == {"1": [1.5, None, True]}


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_what_rounding_leaves_unexplained_of_blame_is_nothing(seed):
    net = cr.Network([Dense(2, 1)], seed=seed, engine="python")
    x, y = [[1.0, 2.0], [0.3, -1.0], [2.0, 0.5]], [[1.1], [0.2], [0.7]]
    net.fit(x, y, epochs=20, learning_rate=0.1, progress=False)
    ex = cr.explain(net, x, y)
    assert ex.blame.residual != 0  # a square along a straight line: the path is exact
    last = page_data(ex)["blame"]["steps"][-1]
    assert (last["name"], last["amount"]) == ("not explained", 0.0)
