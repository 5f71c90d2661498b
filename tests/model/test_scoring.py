"""A network beside the baselines: measured as scikit-learn measures, and said so."""

import json
import random
from dataclasses import dataclass, replace
from math import inf, log, nan, sqrt
from types import SimpleNamespace

import pytest

import chainrule as cr
from chainrule.data import load
from chainrule.errors import KindError, OptionError
from chainrule.model.scoring import _fitted_linear


@pytest.fixture(scope="module")
def penguins():
    return cr.train_on_table("penguins", engine="python", epochs=10, progress=False).net


def line(scores, name):
    return next(baseline for baseline in scores.baselines if baseline.name.startswith(name))


def test_held_out_rows_are_measured_where_the_table_is_the_one_of_training(penguins):
    assert cr.score(penguins, linear=False).rows == 69
    assert cr.score(penguins, "penguins", linear=False).rows == 69
    assert cr.score(penguins, linear=False).which == "69 of 344 rows of penguins, held out"


def test_a_column_in_another_unit_is_named(penguins):
    table = load("penguins")
    place = table.names.index("body_mass_g")
    grams = [None if cell is None else float(cell) * 1000 for cell in table.columns[place]]
    columns = (*table.columns[:place], grams, *table.columns[place + 1 :])
    scores = cr.score(penguins, replace(table, columns=columns), linear=False)
    assert scores.unlike == ("body_mass_g",)
    assert "look first at body_mass_g, where" in " ".join(str(scores).split())
    assert cr.score(penguins, linear=False).unlike == ()


@pytest.mark.extra("sklearn", "numpy")
def test_classes_are_measured_as_scikit_learn_does(penguins):
    from sklearn import metrics

    scores = cr.score(penguins, linear=False)
    rows = cr.rows_for(penguins).part(held_out=True)
    truths, answers, shares = rows.truths(), rows.answers(), rows.probabilities()
    assert scores.accuracy == pytest.approx(metrics.accuracy_score(truths, answers))
    assert scores.balanced_accuracy == pytest.approx(
        metrics.balanced_accuracy_score(truths, answers)
    )
    assert scores.log_loss == pytest.approx(metrics.log_loss(truths, shares))
    auc = metrics.roc_auc_score(truths, shares, multi_class="ovr")
    assert scores.auc == pytest.approx(auc)


@pytest.mark.extra("sklearn", "numpy")
def test_the_linear_model_is_about_as_good_as_scikit_learns(penguins):
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    rows = cr.rows_for(penguins)
    known, new = rows.part(held_out=False), rows.part(held_out=True)
    x, other = (np.reshape(part.examples.x, part.examples.shape) for part in (known, new))
    peer = LogisticRegression(max_iter=1000).fit(x, known.truths()).score(other, new.truths())
    assert line(cr.score(penguins), "linear").accuracy == pytest.approx(peer, abs=0.03)


def test_the_linear_model_never_learns_from_the_rows_that_it_is_measured_on(tmp_path):
    draw = random.Random(0)
    noise = {f"x{k}": [draw.gauss(0, 1) for _ in range(60)] for k in range(30)}
    table = noise | {"y": [draw.gauss(0, 1) for _ in range(60)]}
    rows = zip(*table.values(), strict=True)
    (tmp_path / "noise.csv").write_text(
        "\n".join(",".join(map(str, row)) for row in (table, *rows))
    )
    done = cr.train_on_table(tmp_path / "noise.csv", "y", engine="python", epochs=1, progress=False)
    for scores in (done.tested(linear=True), cr.score(done.net)):
        assert scores.baselines[0].name == "linear model"
        assert scores.baselines[0].r2 < 0.2
    assert line(cr.score(done.net, done.held_out), "linear model, halves in turn").r2 < 0.2


def test_a_straight_line_is_left_to_the_linear_model():
    x = [[k / 50 - 1] for k in range(100)]
    y = [[3 * row[0] + 1] for row in x]
    net = cr.Network([cr.Dense(1, 2, "relu"), cr.Dense(2, 1)], engine="python")
    scores = cr.score(net, x, y)
    assert line(scores, "linear").r2 > 0.99 > scores.r2
    assert line(scores, "the mean").r2 == 0.0
    assert "The network does worse than a linear model, halves in turn" in str(scores)


def test_each_half_is_measured_by_a_linear_model_that_learned_from_the_other():
    net = cr.Network([cr.Dense(1, 1)], engine="python")
    x = [[n / 10 - 1] for n in range(20)]
    y = [row[0] if n % 2 else -row[0] for n, row in enumerate(x)]  # each half against the other
    scores = cr.score(net, x, y)
    assert line(scores, "linear model, halves in turn").r2 == pytest.approx(1 - 2**2, abs=0.2)


def test_misses_have_a_mean_size_and_quantiles():
    net = cr.Network([cr.Dense(1, 1, weight=[[1.0]], bias=[0.0])], engine="python")
    scores = cr.score(net, [[0.0], [1.0], [2.0], [3.0], [4.0]], [1, 1, 1, 1, 1], linear=False)
    assert scores.mean_error == pytest.approx((1 + 0 + 1 + 2 + 3) / 5)
    # Of -1, 0, 1, 2, 3: a twentieth of the way is a fifth of the first step.
    assert scores.residual_quantiles == pytest.approx((-0.8, 0.0, 1.0, 2.0, 2.8))


def test_of_plain_rows_nothing_is_known_of_what_was_learned_from(penguins):
    net = cr.Network([cr.Dense(3, 1)], engine="python")
    record = cr.score(net, [[1.0, 2.0, 3.0]] * 4, [1.0, 2.0, 3.0, 4.0], linear=False).to_dict()
    assert not {"inputs", "learned"} & record.keys()
    known = cr.score(penguins, linear=False)
    assert (known.inputs, known.learned) == (penguins.architecture.input.in_features, 275)


def test_two_hundred_residuals_are_kept_and_sixty_points_of_a_curve():
    net = cr.Network([cr.Dense(1, 1, weight=[[1.0]], bias=[0.0])], engine="python")
    x = [[n / 8] for n in range(300)]
    kept = cr.score(net, x, [0.0] * 300, linear=False).residuals
    assert len(kept) == 200
    assert (kept[0], kept[-1]) == ((0.0, 0.0), (299 / 8, 299 / 8))
    yes_or_no = cr.Network([cr.Dense(1, 1, "sigmoid", weight=[[1.0]])], engine="python")
    curve = cr.score(yes_or_no, x, [n % 2 for n in range(300)], linear=False).roc
    assert len(curve) == 60
    assert (curve[0], curve[-1]) == ((0.0, 0.0), (1.0, 1.0))


@pytest.mark.parametrize(
    "engine", ["python", *(pytest.param(e, marks=pytest.mark.extra(e)) for e in ("numpy", "jax"))]
)
@pytest.mark.parametrize(
    "output",
    [
        cr.Dense(1, 1, "sigmoid", weight=[[1.0]], bias=[0.0]),
        cr.Dense(1, 2, "softmax", weight=[[0.0], [1.0]], bias=[0.0, 0.0]),
    ],
    ids=["sigmoid", "softmax"],
)
def test_plain_arrays_are_scored_by_class_numbers(engine, output):
    net = cr.Network([output], engine=engine)
    scores = cr.score(net, [[-2.0], [1.0], [3.0], [-1.0]], [0, 1, 0, 0], linear=False)
    assert scores.confusion == (("0", "0", 2), ("0", "1", 1), ("1", "1", 1))
    # Of the pairs of a one (1.0) and a zero (-2, 3, -1) two of three stand in the right order.
    assert scores.auc == pytest.approx(2 / 3)


def test_a_constant_answer_has_the_entropy_of_the_classes_and_the_spread_of_the_values():
    net = cr.Network([cr.Dense(1, 2, "softmax")], engine="python")
    (constant,) = cr.score(net, [[0.0]] * 4, [1, 1, 0, 1], linear=False).baselines
    assert (constant.name, constant.accuracy, constant.balanced_accuracy) == (
        "1 every time",
        0.75,
        0.5,
    )
    assert constant.log_loss == pytest.approx(-(0.75 * log(0.75) + 0.25 * log(0.25)))
    net = cr.Network([cr.Dense(1, 1)], engine="python")
    (constant,) = cr.score(net, [[0.0]] * 3, [1.0, 2.0, 6.0], linear=False).baselines  # mean 3
    assert (constant.name, constant.r2, constant.mean_error) == ("the mean every time", 0.0, 2.0)
    assert constant.typical_error == pytest.approx(sqrt((4 + 1 + 9) / 3))


def test_a_true_class_that_is_called_impossible_costs_infinitely_much():
    net = cr.Network([cr.Dense(1, 1, "sigmoid", weight=[[1.0]], bias=[0.0])], engine="python")
    scores = cr.score(net, [[1.0], [-1000.0]], [1, 1], linear=False)
    assert (scores.log_loss, scores.accuracy) == (inf, 0.5)
    lost = cr.score(net, [[1.0], [-1000.0], [nan]], [1, 1, 1], linear=False)
    assert (lost.log_loss, lost.auc, lost.reliability, lost.rows) == (None, None, (), 3)


def test_rows_that_were_learned_from_are_said_to_be_where_they_are_not_asked_for():
    net = cr.train_on_table("xor", validation=0, epochs=1, engine="python", progress=False).net
    count = len(cr.rows_for(net))
    which = f"{count} rows of xor"
    assert cr.score(net, linear=False).which == (
        f"{which}, which it learned from: expect less on new ones"
    )
    assert cr.score(net, "xor", linear=False).which == which


def test_a_network_with_several_answers_a_row_is_refused():
    net = cr.Network([cr.Dense(1, 2)], engine="python")
    with pytest.raises(OptionError, match="one answer a row"):
        cr.score(net, [[1.0]], [[1.0, 2.0]])


def test_what_is_no_network_and_weights_of_no_use_are_refused():
    done = cr.train_on_table("xor", epochs=1, engine="python", progress=False)
    with pytest.raises(KindError, match="is a Network; found TrainedTable"):
        cr.score(done)
    with pytest.raises(OptionError, match="as much as its weight column says"):
        cr.score(done.net, sample_weight=[1])


def test_all_of_it_is_plain_data(penguins):
    record = cr.score(penguins).to_dict()
    again = json.loads(json.dumps(record))
    assert {"confusion", "classes", "auc", "reliability", "baselines", "log_loss"} <= set(again)
    assert [baseline["name"] for baseline in again["baselines"]] == [
        "linear model",
        "Adelie every time",
    ]


def test_a_network_of_many_weights_says_what_numpy_would_bring():
    classes, width = 50, 100
    net = cr.Network([cr.Dense(width, classes, "softmax")], engine="python")
    x = [[float(row == column) for column in range(width)] for row in range(100)]
    scores = cr.score(net, x, [row % classes for row in range(100)])
    assert [baseline.name for baseline in scores.baselines] == ["0 every time"]
    assert "chainrule[fast]" in scores.notes[0]


@pytest.mark.parametrize(("inputs", "fitted"), [(999, True), (1000, False)])
def test_pure_python_fits_a_linear_model_in_a_hundred_steps_at_least(inputs, fitted):
    net = cr.Network([cr.Dense(inputs, 2, "softmax")], engine="python")  # twice inputs + 1 weights
    x = [[float(row == column) for column in range(inputs)] for row in range(4)]
    scores = cr.score(net, x, [0, 1, 0, 1])
    assert any("linear model" in one.name for one in scores.baselines) is fitted


@pytest.mark.parametrize("largest", ["1e160", "1e308"])
def test_numbers_whose_squares_no_float_holds_have_a_score(tmp_path, largest):
    rows, path = [f"{n},{2 * n}" for n in range(30)], tmp_path / "t.csv"
    path.write_text("\n".join(["x,y", *rows]))
    net = cr.train_on_table(path, task="regression", epochs=1, engine="python", progress=False).net
    path.write_text("\n".join(["x,y", *rows, f"1,{largest}", f"2,{largest}", f"3,-{largest}"]))
    scores = cr.score(net, path, linear=False)
    assert scores.typical_error == float("inf")
    assert str(scores)


@pytest.mark.parametrize(
    ("weights", "said"),
    [([3, 1], "75.0% of 2 rows right, by weight, "), (None, "1 of 2 rows right")],
)
def test_rows_that_count_by_their_weights_are_said_to_do_so(weights, said):
    net = cr.Network([cr.Dense(1, 1, "sigmoid", weight=[[1.0]])], engine="python")
    scores = cr.score(net, [[1.0], [1.0]], [1, 0], sample_weight=weights)
    assert scores.describe("y").startswith(said)


@pytest.mark.parametrize(("rows", "enough"), [(3, False), (4, True)])
def test_a_linear_model_needs_two_rows_for_each_class(rows, enough):
    net = cr.Network([cr.Dense(1, 2, "softmax")], engine="python")
    scores = cr.score(net, [[float(n)] for n in range(rows)], [n % 2 for n in range(rows)])
    assert any("linear model" in one.name for one in scores.baselines) is enough
    assert ("There are too few rows to fit a linear model on." in scores.notes) is not enough


@pytest.mark.parametrize(
    ("rows", "inputs", "epochs"),
    [
        *((32, 1, 1000), (33, 1, 500), (320, 1, 100), (64_000, 1, 1)),
        *((32, 199, 1000), (32, 399, 500), (32, 1999, 100), (32, 2000, None)),
    ],
)
def test_a_linear_model_learns_for_a_thousand_steps_and_in_pure_python_for_a_hundred_at_least(
    rows, inputs, epochs, monkeypatch
):
    asked = {}
    monkeypatch.setattr(cr.Network, "fit", lambda _, x, y, **options: asked.update(options))
    examples = SimpleNamespace(shape=(rows, inputs), weights=[2.0])
    net = cr.Network([cr.Dense(inputs, 1)], engine="python")

    @dataclass
    class Given:
        net: cr.Network
        examples: SimpleNamespace
        y: None = None

        def __len__(self):
            return rows

    net.recipe, net.loss_name = "the recipe", "huber"
    fitted = _fitted_linear(Given(net, examples))
    if epochs is None:
        assert fitted is None
        return
    assert fitted.recipe == "the recipe"
    assert fitted.architecture.layout.shapes["dense1.weight"] == (1, inputs)
    how = {"batch_size": 32, "learning_rate": 0.05, "schedule": "cosine", "l2": 1e-4}
    given = {"epochs": epochs, "loss": "huber", "sample_weight": [2.0], "progress": False}
    assert asked == how | given
