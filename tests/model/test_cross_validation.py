"""Cross-validation measures each fold with a recipe and a baseline of its own."""

import math
from statistics import fmean, stdev

import pytest

import chainrule as cr
from chainrule.data import Recipe
from chainrule.data.table import from_columns
from chainrule.errors import DataError, OptionError
from chainrule.model import CrossValidation, Fold, Scores, train_on_table

QUICK = {"engine": "python", "epochs": 5, "progress": False, "layers": [4]}


def table(**columns):
    return from_columns(columns, source="rows", target="y")


@pytest.fixture
def recipes(monkeypatch):
    """The rows that each recipe is learned from."""
    seen, learn = [], Recipe.learn.__func__

    def watched(cls, table, choice, rows=None):
        seen.append(list(rows))
        return learn(cls, table, choice, rows)

    monkeypatch.setattr(Recipe, "learn", classmethod(watched))
    return seen


def test_a_recipe_is_learnt_from_the_rows_that_its_fold_learns_from(recipes):
    cr.cross_validate("iris", folds=5, **QUICK)
    assert [len(rows) for rows in recipes] == [120] * 5
    held_out = [set(range(150)) - set(rows) for rows in recipes]
    assert sorted(row for part in held_out for row in part) == list(range(150))


def test_scaling_and_categories_know_nothing_of_the_rows_held_out():
    # One row lies far out, and alone has its colour: where it is held out, nobody has seen either.
    x = [float(i % 10) for i in range(39)] + [1e6]
    colour = ["red", "blue"] * 19 + ["red", "green"]
    rows = table(x=x, colour=colour, y=["a", "b"] * 20)
    learn, held_out = list(range(30)), list(range(30, 40))
    done = train_on_table(rows, validation=(learn, held_out), **QUICK)
    numbers, colours = done.net.recipe.encoders
    assert numbers.mean == fmean(x[:30])
    assert "green" not in "".join(colours.names)
    assert done.train.numbers == learn
    assert done.held_out.numbers == held_out
    assert done.net.data_source.held_out == tuple(held_out)


def test_the_scores_are_those_of_networks_trained_on_these_rows():
    found = cr.cross_validate("iris", folds=3, seed=4, **QUICK)
    assert found.target == "species"
    assert [fold.learned + fold.scores.rows for fold in found.folds] == [150] * 3
    assert [fold.baseline for fold in found.folds] == pytest.approx([1 / 3] * 3, abs=0.02)
    scores = [fold.scores.accuracy for fold in found.folds]
    assert found.score == fmean(scores)
    assert found.spread == stdev(scores)
    assert found.to_dict() == cr.cross_validate("iris", folds=3, seed=4, **QUICK).to_dict()
    assert found.to_dict() != cr.cross_validate("iris", folds=3, seed=5, **QUICK).to_dict()


def test_the_baseline_is_what_the_rows_learned_from_suggest():
    # In time the commonest class changes: the past says a, and the last block is all b.
    rows = table(
        when=[float(i) for i in range(30)],
        x=[1.0, 2.0, 3.0] * 10,
        y=list("aaaaaaaaab" + "aaaaaaabbb" + "bbbbbbbbbb"),
    )
    found = cr.cross_validate(rows, folds=2, time="when", **QUICK)
    assert [fold.learned for fold in found.folds] == [10, 20]
    assert [fold.baseline for fold in found.folds] == [0.7, 0.0]


def test_a_baseline_counts_each_row_as_much_as_the_scores_beside_it_do():
    # One row in three is b, and counts ten times: most of the weight says b.
    weights = [1.0, 1.0, 10.0] * 20
    rows = table(x=[float(i % 7) for i in range(60)], w=weights, y=list("aab" * 20))
    of_classes = cr.cross_validate(rows, "y", folds=3, weight_column="w", **QUICK)
    shares = [fold.scores.commonest_share for fold in of_classes.folds]
    assert [fold.baseline for fold in of_classes.folds] == pytest.approx(shares)
    rows = table(when=[float(i) for i in range(60)], w=weights, y=[float(i) for i in range(60)])
    of_values = cr.cross_validate(rows, "y", folds=2, time="when", weight_column="w", **QUICK)
    learned, held_out = ([(i, weights[i]) for i in part] for part in of_values.divisions[0])
    answer, mean = (sum(y * w for y, w in p) / sum(w for _, w in p) for p in (learned, held_out))
    far, around = (sum(w * (y - at) ** 2 for y, w in held_out) for at in (answer, mean))
    assert of_values.folds[0].baseline == pytest.approx(1 - far / around)


def test_values_are_measured_by_r2_beside_the_mean():
    rows = table(when=[float(i) for i in range(40)], y=[2.0 * i for i in range(40)])
    found = cr.cross_validate(rows, folds=3, time="when", task="regression", **QUICK)
    assert found.measure == "r2"
    # Held out are 20 to 38 in steps of 2, beside the mean 9 of 0 to 18.
    truths = [2.0 * i for i in range(10, 20)]
    expected = 1 - sum((y - 9) ** 2 for y in truths) / sum((y - 29) ** 2 for y in truths)
    assert found.folds[0].baseline == pytest.approx(expected)


def test_r2_is_measured_by_the_mean_of_the_rows_that_are_scored_wherever_it_is_said():
    """Their mean is 59, and that of the rows learned from 19: by that, r² would be higher."""
    rows = table(when=[float(i) for i in range(40)], y=[2.0 * i for i in range(40)])
    held_out = list(range(20, 40))
    divided = (list(range(20)), held_out)
    done = train_on_table(rows, validation=divided, task="regression", **QUICK | {"epochs": 1})
    answers, truths = done.held_out.answers(), [2.0 * i for i in held_out]
    misses = sum((a - y) ** 2 for a, y in zip(answers, truths, strict=True))
    r2 = 1 - misses / sum((y - fmean(truths)) ** 2 for y in truths)
    assert fmean(truths) == 59
    assert done.tested().r2 == cr.score(done.net, done.held_out, linear=False).r2
    assert done.tested().r2 == pytest.approx(r2)
    assert done.history[-1].validation_metric == pytest.approx(r2)
    assert "saying the mean of these rows every time gets r² 0." in done.tested().describe("y")
    fold = Fold(20, done.tested(), baseline=-1.0)
    assert (fold.score, fold.scores.baselines[0].r2) == (done.tested().r2, 0.0)


def test_a_group_is_no_input_and_stays_together():
    rows = table(
        x=[float(i % 7) for i in range(40)], who=[f"p{i % 8}" for i in range(40)], y=["a", "b"] * 20
    )
    found = cr.cross_validate(rows, folds=4, group="who", **QUICK)
    assert [fold.scores.rows for fold in found.folds] == [10] * 4


def test_it_prints_the_folds_their_mean_and_their_spread():
    folds = tuple(
        Fold(4, Scores(2, loss, accuracy=right), 0.5) for right, loss in [(1.0, 0.25), (0.5, 0.75)]
    )
    assert str(CrossValidation("y", folds)).splitlines() == [
        " fold   learned   held out   accuracy   commonest   loss",
        "    1         4          2          1         0.5   0.25",
        "    2         4          2        0.5         0.5   0.75",
        " mean                            0.75         0.5    0.5",
        "    ±                            0.35           0   0.35",
    ]
    assert CrossValidation("y", folds).describe().startswith("accuracy 0.75 ± 0.35 (mean and")


@pytest.mark.parametrize(
    ("other", "mean", "spread"),
    [(math.nan, "-", "-"), (-math.inf, "-inf", "-"), (-1e200, "-5e+199", "7.1e+199")],
)
def test_a_score_that_does_not_exist_is_a_dash_and_a_very_bad_one_is_told(other, mean, spread):
    folds = tuple(Fold(4, Scores(2, 0.5, r2=value), 0.0) for value in (0.5, other))
    assert CrossValidation("y", folds).describe().startswith(f"r2 {mean} ± {spread} (mean and")
    assert f" {spread} " in str(CrossValidation("y", folds)).splitlines()[-1]


def test_what_cannot_be_divided_is_refused():
    with pytest.raises(OptionError, match="at least 2"):
        cr.cross_validate("iris", folds=1, **QUICK)
    with pytest.raises(DataError, match="no column 'who'"):
        cr.cross_validate("iris", group="who", **QUICK)
