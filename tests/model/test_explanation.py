"""An explanation holds the whole answer, and says what cannot be trusted."""

import json
from copy import deepcopy
from html import escape
from math import inf, isnan, log, nan

import pytest

import chainrule as cr
from chainrule.errors import OptionError, ShapeError
from chainrule.explanations import culprits as causes
from chainrule.model.rows import rows_for
from chainrule.model.table import train_on_table
from chainrule.nn import find_weight


def network(**options):
    layers = [cr.Dense(2, 4, "tanh"), cr.Dropout(0.2), cr.Dense(4, 3, "softmax")]
    return cr.Network(layers, engine="python", seed=5, **options)


X = [[1.0, 2.0], [-1.0, 0.5], [0.3, -2.0], [2.0, 2.0]]
Y = [0, 1, 2, 0]


def test_the_record_holds_what_its_docstring_promises():
    record = json.loads(json.dumps(cr.explain(network(), X, Y).to_dict(top=3)))
    assert set(record) == {
        *("answer", "loss", "loss_name", "rows", "weights", "weights_in_all", "layers", "neurons"),
        *("examples", "classes", "network", "notes"),
    }
    assert len(record["weights"]) == len(record["examples"]) == len(record["neurons"]) == 3
    assert set(record["weights"][0]) == {
        *("name", "value", "slope", "share", "direction", "nudge", "predicted", "measured")
    }
    assert set(record["examples"][0]) == {
        *("row", "loss", "share", "answer", "truth", "right", "weight")
    }
    assert set(record["classes"][0]) == {"name", "rows", "loss", "share", "wrong"}
    layers = record["network"]["layers"]
    assert [layer["name"] for layer in layers] == ["dense1", "dropout1", "dense2"]
    assert layers[0]["in_features"] == 2
    assert layers[2]["activation"] == "softmax"


def test_text_record_and_cell_begin_with_the_answer():
    ex = cr.explain(network(), X, Y)
    answer, record = str(ex.answer), ex.to_dict()
    assert " ".join(str(ex).split()).startswith(f"{answer} loss ")
    assert next(iter(record)) == "answer"
    assert record["answer"] == answer
    cell = ex._repr_html_()
    assert 0 < cell.index(f"<p><b>{escape(answer)}</b></p>") < cell.index("<b>Loss ")


def test_every_word_of_the_record_is_in_the_docstring():
    record = cr.explain(network(), X, Y).to_dict(top=1)
    described = cr.Explanation.to_dict.__doc__
    for part in (
        record,
        record["weights"][0],
        record["examples"][0],
        record["classes"][0],
        record["network"],
        record["network"]["layers"][0],
    ):
        for key in part:
            assert f"`{key}`" in described or key == "initializer"


def test_measured_changes_are_those_of_the_network_with_the_weight_moved():
    net = network()
    ex = cr.explain(net, X, Y)
    for weight in ex.measured(5):
        parameter, _, place = weight.name.partition("[")
        index = [int(i) for i in place[:-1].split(",")]
        moved = net.parameters[parameter].tolist()
        inner = moved[index[0]] if len(index) == 2 else moved
        inner[index[-1]] += weight.nudge
        other = network()
        other.set_parameters({parameter: moved})
        assert weight.measured == pytest.approx(other.loss(X, Y) - ex.loss, rel=1e-9)
        assert weight.predicted == pytest.approx(weight.slope * weight.nudge)
        assert weight.predicted < 0


def test_text_tells_classes_examples_layers_and_weights_within_80_columns():
    text = str(cr.explain(network(), X, Y))
    assert max(map(len, text.splitlines())) <= 80
    for word in ("true class", "worst: row", "dense1 ", "measured", "share of the loss drop"):
        assert word in text


def test_one_example_is_told_without_classes():
    text = str(cr.explain(network(), X[0], [0]))
    assert "true class" not in text
    assert "row 0" in text


def test_a_loss_that_is_no_number_is_said_first():
    ex = cr.explain(network(), [[nan, 1.0]], [0])
    assert ex.notes() == [
        "the loss is nan: trust no number here; of a network, health says where it was born"
    ]
    assert "trust no number here" in str(ex)


def test_a_unit_on_its_corner_is_named():
    layers = [cr.Dense(1, 2, "relu", weight=[[1.0], [0.5]], bias=[-1.0, 0.0]), cr.Dense(2, 1)]
    net = cr.Network(layers, engine="python")
    (note, *_) = cr.explain(net, [[1.0]], [[5.0]]).notes()
    assert "exactly on a corner" in note
    assert "dense1 unit 0 in row 0" in note


def test_a_slope_that_says_nothing_is_told():
    net = cr.Network([cr.Dense(1, 1, weight=[[1.0]])], engine="python")
    assert "every slope is 0" in cr.explain(net, [[1.0]], [[1.0]]).notes()[0]


@pytest.mark.parametrize(
    ("x", "y", "loss", "size"),
    [(1.0, 1e-174, "mean_squared_error", "small"), (1e200, 1.0, "mean_absolute_error", "large")],
)
def test_slopes_whose_squares_are_no_numbers_are_not_called_0(x, y, loss, size):
    net = cr.Network([cr.Dense(1, 1, weight=[[0.0]])], engine="python")
    (note,) = cr.explain(net, [[x]], [[y]], loss).notes()
    assert note == f"shares cannot be trusted: the squares of the slopes are too {size} for numbers"


def test_a_weight_whose_nudge_goes_another_way_is_told():
    # The unit is 0.001 from its corner, and the nudge is 0.01.
    layers = [cr.Dense(1, 1, "relu", weight=[[1.0]], bias=[-0.999]), cr.Dense(1, 1, weight=[[1.0]])]
    ex = cr.explain(cr.Network(layers, engine="python"), [[1.0]], [[-5.0]])
    assert any("go by what was measured" in note for note in ex.notes(ex.measured(3)))


def test_a_change_that_rounding_hides_is_no_bend():
    # The loss is 1e12 and known to 1e-4; the first weight is predicted to change it by -2e-6.
    layers = [cr.Dense(2, 1, weight=[[0.0, 0.0]])]
    ex = cr.explain(cr.Network(layers, engine="python"), [[1e-10, 0.0]], [[1e6]])
    shown = ex.measured(2)
    assert shown[1].predicted != shown[1].measured == 0
    assert not any("go by what was measured" in note for note in ex.notes(shown))


def test_values_of_a_table_are_told_in_the_target_s_own_unit():
    table = {"rooms": [n % 7 for n in range(40)], "price": [100.0 + 10 * n for n in range(40)]}
    net = train_on_table(
        table, "price", epochs=3, layers=[3], engine="python", progress=False, validation=0
    ).net
    rows = rows_for(net, table)
    ex = cr.explain(net, rows)
    said, truth = rows.answers()[2], 120.0
    found = ex.mistake(2)
    assert (found.answer, found.truth) == ([pytest.approx(said)], [pytest.approx(truth)])
    assert f"says {said:.4g}, should say 120" in str(found)
    example = next(e for e in ex.to_dict(top=40)["examples"] if e["row"] == 2)
    assert (example["answer"], example["truth"]) == (found.answer, found.truth)
    now = ex.counterfactual("dense1.bias[0]").now
    assert [a for (a,) in now.answers] == pytest.approx(rows.answers())
    assert found.loss == pytest.approx(((said - truth) / net.recipe.target.deviation) ** 2)


def test_rows_of_a_table_keep_its_numbers():
    prices = [
        None if n % 3 == 1 else 100.0 + 10 * n for n in range(40)
    ]  # rows 1, 4, 7 ... drop out
    table = {"rooms": [n % 7 for n in range(40)], "price": prices}
    net = train_on_table(table, "price", epochs=3, layers=[3], engine="python", progress=False).net
    rows = cr.rows_for(net, table)
    ex = cr.explain(net, rows)
    assert ex.rows == tuple(n for n in range(40) if n % 3 != 1)
    assert ex.mistake(3).truth == [pytest.approx(130)]
    assert ex.mistake(3).loss == pytest.approx(cr.explain(net, rows.row(3)).loss)
    assert {e.row: e.loss for e in ex.examples} == pytest.approx(
        dict(zip(rows.numbers, rows.losses(), strict=True))
    )
    assert ex.receipt("dense1.bias[0]", row=3).row == 3
    named = cr.explain(net, rows.x, rows.y, rows=rows.numbers)
    assert named.to_dict()["examples"] == ex.to_dict()["examples"]
    for wrong in (lambda: ex.mistake(4), lambda: ex.receipt("dense1.bias[0]", row=4)):
        with pytest.raises(OptionError, match="no row 4 among the 27 explained"):
            wrong()
    with pytest.raises(ShapeError, match="there are 2 row numbers for 27 examples: give"):
        cr.explain(net, rows.x, rows.y, rows=[1, 2])
    known = {"y": rows.y, "rows": rows.numbers, "sample_weight": [1.0] * len(rows)}
    for name, value in known.items():
        with pytest.raises(OptionError, match="know their targets, numbers and weights"):
            cr.explain(net, rows, **{name: value})
    with pytest.raises(OptionError, match="examples x and their targets y"):
        cr.explain(net, rows.x)


def test_training_afterwards_does_not_change_what_was_explained():
    net = network()
    ex = cr.explain(net, X, Y)
    before = ex.loss, ex.nudge("dense1.weight[0,0]", by=0.1).measured
    net.fit(X, Y, epochs=3, validation=None, progress=False)
    assert (ex.loss, ex.nudge("dense1.weight[0,0]", by=0.1).measured) == before


def test_asking_changes_nothing():
    net = network()
    before = {name: w.tolist() for name, w in net.parameters.items()}
    ex = cr.explain(net, X, Y)
    str(ex), ex.to_dict(), ex.mistake(), ex.counterfactual("dense2.bias[1]")
    ex.slope("dense1.bias[0]"), ex.receipt("dense1.weight[1,1]")
    assert {name: w.tolist() for name, w in net.parameters.items()} == before


@pytest.mark.extra("numpy")
def test_numpy_training_afterwards_does_not_change_what_was_explained():
    layers = [cr.Dense(2, 4, "tanh"), cr.Dense(4, 3, "softmax")]
    net = cr.Network(layers, engine="numpy", seed=5)
    ex = cr.explain(net, X, Y)
    net.fit(X, Y, epochs=3, validation=None, progress=False, learning_rate=0.1)
    fresh = cr.Network(layers, engine="numpy", seed=5)
    assert ex.loss == fresh.loss(X, Y)


@pytest.mark.extra("numpy")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("ask", "copies"), [(cr.Explanation.measured, 4), (str, 14)])
def test_a_batch_is_explained_within_few_copies_of_the_parameters(ask, copies, dtype):
    import tracemalloc

    import numpy as np

    layers = [cr.Dense(64, 256, "relu"), cr.Dense(256, 256, "relu"), cr.Dense(256, 10, "softmax")]
    net = cr.Network(layers, engine="numpy", dtype=dtype)
    x = np.asarray([[(7 * i + 3 * j) % 11 / 11 for j in range(64)] for i in range(8)], dtype=dtype)
    y = [i % 10 for i in range(8)]
    ask(cr.explain(net, x, y))
    tracemalloc.start()
    ask(cr.explain(net, x, y))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    copy = net.architecture.layout.size * 8
    assert copy < peak < copies * copy


def test_slopes_ranking_and_ten_measured_nudges_cost_less_than_twenty_gradients(monkeypatch):
    layers = [cr.Dense(40, 24, "relu"), cr.Dense(24, 24, "relu"), cr.Dense(24, 5, "softmax")]
    net = cr.Network(layers, engine="python", seed=1)
    work = []
    scores = cr.Dense.scores

    def counted(layer, parameters, x):
        work.append(x.shape[0] * parameters["weight"].size)
        return scores(layer, parameters, x)

    monkeypatch.setattr(cr.Dense, "scores", counted)
    net.gradients([[0.1] * 40], [2])
    forward = sum(work)  # the walk back costs twice as much again
    work.clear()
    ex = cr.explain(net, [[0.1] * 40], [2])
    assert len(ex.measured(10)) == 10
    ex.weights.by_layer(), ex.weights.by_neuron()
    assert 2 * forward + sum(work) < 20 * 3 * forward


@pytest.mark.extra("numpy", "jax")
@pytest.mark.parametrize("engine", ["numpy", "jax"])
def test_what_is_handed_out_or_was_given_cannot_change_an_answer(engine):
    np = pytest.importorskip("numpy")
    pytest.importorskip(engine)
    x, y = np.asarray([[1.0, -2.0], [0.5, 3.0]]), np.asarray([1.0, 2.0])
    net = cr.Network([cr.Dense(2, 3, "tanh"), cr.Dense(3, 1)], seed=1, engine=engine)
    expected, ex = cr.explain(net, x, y).loss, cr.explain(net, x, y)
    x[:] = 0
    assert ex.loss == expected
    for handed_out in (net.parameters, ex.gradients):
        with pytest.raises((ValueError, TypeError)):
            handed_out["dense1.weight"][0, 0] = 99.0


def test_a_network_that_changes_afterwards_changes_no_explanation():
    def told(change):
        net = train_on_table("iris", epochs=8, layers=[4], engine="python", progress=False).net
        row, given = (
            rows_for(net).row(134),
            {name: w.tolist() for name, w in net.parameters.items()},
        )
        explained = [cr.explain(net, row), cr.explain(net), cr.explain(net, row, reference=given)]
        if change:
            other = cr.Network([*net.architecture.layers.values()], seed=7, engine="python")
            net.set_parameters(other.parameters, initial=True)
            given["dense1.bias"][0] = 9.0
        weight = "dense2.bias[0]"
        return [
            [f"{ex.answer} {ex.mend()} {ex.counterfactual(weight)} {ex.mistake()} {ex.blame}"]
            for ex in explained
        ]

    assert told(change=True) == told(change=False)


def test_of_one_row_of_a_table_a_change_is_counted_among_all_rows():
    net = train_on_table("iris", epochs=8, layers=[4], engine="python", progress=False).net
    worst = rows_for(net).worst()
    ex = cr.explain(net, worst)
    weights = ("dense1.weight[0,2]", "dense2.bias[0]")
    alternatives = [ex.counterfactual(w, interval=(-9, 9)).best for w in weights]
    mend = ex.mend()
    before = rows_for(net).answers()
    kept = {name: w.tolist() for name, w in net.parameters.items()}
    moves = [({w: a.value}, a) for w, a in zip(weights, alternatives, strict=True)]
    moves.append(({change.name: change.after for change in mend.changes}, mend))
    for values, found in moves:
        arrays = {name: deepcopy(w) for name, w in kept.items()}
        for name, value in values.items():
            parameter, index = find_weight(name, net.architecture.layout.shapes)
            *row, last = index
            (arrays[parameter][row[0]] if row else arrays[parameter])[last] = value
        net.set_parameters(arrays)
        rows = rows_for(net)
        cases = list(zip(rows.numbers, before, rows.answers(), rows.truths(), strict=True))
        own = set() if found is not mend else set(worst.numbers)
        fixed = {n for n, was, now, truth in cases if was != truth == now} - own
        assert set(found.fixed) == fixed
        assert set(found.broken) == {n for n, was, now, truth in cases if was == truth != now} - own
    assert len(mend.changes) > 0
    assert mend.others == 149


@pytest.mark.extra("numpy")
@pytest.mark.parametrize("target", [None, "petal_length"])
def test_of_some_rows_of_a_table_those_that_are_wrong_are_put_right_or_all_values(
    target, monkeypatch
):
    done = cr.train_on_table("iris", target, layers=[2], epochs=2, engine="python", progress=False)
    rows = cr.rows_for(done.net).at(range(40, 60))
    said = zip(rows.numbers, rows.answers(), rows.truths(), strict=True)
    wrong = [number for number, answer, truth in said if target or answer != truth]
    assert 0 < len(wrong) < 20 or target
    monkeypatch.setattr(causes, "mend", lambda _study, asked, **_known: asked)
    assert cr.explain(done.net, rows).mend() == wrong
    assert cr.explain(done.net, rows).mend([41]) == [41]


def test_on_numpy_infinity_passes_without_a_warning():
    np = pytest.importorskip("numpy")
    layers = [cr.Dense(1, 1, "relu", [[1e160]], [0.0]), cr.Dense(1, 1, "identity", [[1.0]], [0.0])]
    ex = cr.explain(cr.Network(layers, engine="numpy"), [[1.0], [2.0]], [1.0, 2.0])
    name, asked = "dense1.weight[0,0]", "culprits groups mend mistake columns worksheet measured"
    said = [str(ex), str(ex.answer), ex.to_dict(), *(getattr(ex, each)() for each in asked.split())]
    said += [ex.slope(name), ex.receipt(name), ex.nudge(name, by=1.0), ex.counterfactual(name)]
    assert (all(map(str, said)), ex.loss, ex.example_losses) == (True, inf, [inf, inf])
    of_function = cr.explain(lambda p: cr.log(p["w"]), {"w": np.asarray([1.0])})
    assert isnan(of_function.counterfactual("w[0]").curve[0][1])


def test_a_rare_class_is_not_blamed_for_being_rare():
    # Five in six rows are of class 0, and the network says just that whatever it is asked.
    layer = cr.Dense(2, 2, "softmax", weight=[[0.0] * 2] * 2, bias=[log(5), 0.0])
    x = [[(7 * n) % 11 / 5 - 1, (5 * n) % 13 / 6 - 1] for n in range(48)]
    ex = cr.explain(cr.Network([layer], engine="python"), x, [int(n % 6 == 5) for n in range(48)])
    assert str(ex.answer).startswith(
        "8 of 48 rows are wrong. No class and no column's values carry more of the loss than chance"
    )


def test_a_weight_stands_out_over_several_rows_and_not_over_one_that_is_alone():
    net = cr.Network([cr.Dense(3, 4, "tanh"), cr.Dense(4, 3, "softmax")], seed=1, engine="python")
    weight = net.parameters["dense1.weight"].tolist()
    weight[0][0] = 60.0
    net.set_parameters({"dense1.weight": weight})
    x, y = [[-0.5, 1.0, 1.0], [0.2, -1.0, 0.3]], [0, 2]
    assert "stands out" in cr.explain(net, x, y).answer
    for row in (0, 1):
        assert "stands out" not in cr.explain(net, [x[row]], [y[row]]).answer


def test_five_are_listed_where_no_number_is_given():
    ex = cr.explain(network(), X, Y)
    for ranked in (ex.culprits, ex.groups):
        assert len(ranked()) == 5 < len(ranked(top=6)) == 6
        assert [str(one) for one in ranked()] == [str(one) for one in ranked(top=6)[:5]]


def test_a_page_lists_from_no_weight_on(tmp_path):
    ex = cr.explain(cr.Network([cr.Dense(1, 1)], engine="python"), [[1.0]], [[2.0]])
    ex.to_html(tmp_path / "none.html", top=0)
    assert (tmp_path / "none.html").exists()
    with pytest.raises(OptionError, match="top is -1"):
        ex.to_html(tmp_path / "less.html", top=-1)
    assert not (tmp_path / "less.html").exists()


def test_an_explanation_is_none_but_itself():
    net = cr.Network([cr.Dense(1, 1)], engine="python")
    one, other = (cr.explain(net, [[1.0]], [[2.0]]) for _ in range(2))
    assert one != other
    assert len({one, other, one}) == 2


@pytest.mark.extra("numpy", "jax")
@pytest.mark.parametrize("engine", ["numpy", "jax"])
def test_several_questions_are_explained_on_every_engine_before_any_training(engine):
    net = cr.Network([cr.Dense(2, 3, "sigmoid")], engine=engine)
    x, y = [[1.0, 2.0], [0.0, 1.0]], [[0, 1, 1], [1, 0, 1]]
    explanation = cr.explain(net, x, y, loss="binary_cross_entropy")
    assert explanation.network.multi_label
    assert explanation.loss == pytest.approx(float(net.loss(x, y, loss="binary_cross_entropy")))
