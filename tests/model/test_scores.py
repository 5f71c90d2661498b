"""Scores against numbers that others have published."""

from array import array
from dataclasses import replace

import pytest

from chainrule.data import Examples, Recipe
from chainrule.data.target import Classes, Quantity
from chainrule.model.network import Network
from chainrule.model.rows import Rows
from chainrule.model.scores import Baseline, Scores
from chainrule.model.scoring import scores_of
from chainrule.model.table import train_on_table
from chainrule.nn import Dense


def rows(x, y, target, layer):
    """Rows of one feature, as a network of one layer sees them."""
    net = Network([layer], engine="python")
    net.recipe = Recipe((), target, "a table", "", len(y))
    names = target.levels if isinstance(target, Classes) else ()
    examples = Examples(
        array("d", x), (len(x), 1), y, ("x",), range(len(x)), "t", names, target.task
    )
    return Rows(net, examples, "a table")


def test_r2_and_error_are_those_of_scikit_learn():
    # scikit-learn, the examples of r2_score (0.948...) and mean_squared_error (0.375).
    given, answers = array("d", [3, -0.5, 2, 7]), [2.5, 0.0, 2, 8]
    passing = Dense(1, 1, weight=[[1.0]], bias=[0.0])
    found = scores_of([rows(answers, given, Quantity("t", 0.0, 1.0), passing)])
    assert found.r2 == pytest.approx(0.9486081370449679, rel=1e-12)
    assert found.typical_error**2 == pytest.approx(0.375, rel=1e-12)
    assert found.loss == pytest.approx(0.375, rel=1e-12)
    assert found.accuracy is None


def test_the_error_is_in_the_unit_of_the_target_and_the_loss_is_not():
    passing = Dense(1, 1, weight=[[1.0]], bias=[0.0])
    target = Quantity("t", mean=100.0, deviation=20.0)
    found = scores_of([rows([0.0, 1.0], array("d", [0.5, 0.5]), target, passing)])
    assert found.typical_error == pytest.approx(10)
    assert found.loss == pytest.approx(0.25)


def test_accuracy_counts_right_answers_and_names_the_wrong_rows():
    sign = Dense(1, 1, "sigmoid", weight=[[1.0]], bias=[0.0])
    target = Classes("t", ("no", "yes"), (3, 1))
    found = scores_of([rows([-1.0, 2.0, -3.0, -1.0], array("q", [0, 1, 1, 0]), target, sign)])
    assert (found.accuracy, found.wrong) == (0.75, (2,))
    assert (found.commonest, found.commonest_share) == ("no", 0.5)
    assert found.describe("t").startswith("3 of 4 rows right (75.0%), loss ")
    assert "saying no every time gets 50.0%" in found.describe("t")
    assert found.to_dict()["wrong"] == (2,)


def test_targets_that_never_change_give_no_r2():
    passing = Dense(1, 1, weight=[[1.0]], bias=[0.0])
    found = scores_of([rows([1.0, 2.0], array("d", [3, 3]), Quantity("t", 0.0, 1.0), passing)])
    assert found.r2 != found.r2
    assert found.describe("t").endswith("no r², because t is the same in all.")


def test_a_single_row_is_not_called_rows():
    passing = Dense(1, 1, weight=[[1.0]], bias=[0.0])
    found = scores_of([rows([1.0], array("d", [3]), Quantity("t", 0.0, 1.0), passing)])
    assert " on 1 row; " in found.describe("t")


def test_each_class_has_its_precision_and_recall_and_they_make_the_balanced_accuracy():
    # 8 of 10 a right, 1 of 2 b; said a 9 times, b 3 times: counted by hand.
    confusion = (("a", "a", 8), ("a", "b", 2), ("b", "a", 1), ("b", "b", 1))
    scores = Scores(12, 0.5, accuracy=0.75, commonest="a", commonest_share=0.8, confusion=confusion)
    assert scores.classes == {
        "a": {"rows": 10, "precision": 8 / 9, "recall": 0.8},
        "b": {"rows": 2, "precision": 1 / 3, "recall": 0.5},
    }
    assert scores.balanced_accuracy == 0.65
    assert scores.to_dict()["balanced_accuracy"] == 0.65
    assert "of every row" not in scores.describe("t")


def test_a_constant_answer_that_does_better_is_told_of_and_a_linear_model_only_in_the_table():
    confusion = (("a", "a", 4), ("a", "b", 4), ("b", "a", 2))
    constant, linear = Baseline("a every time", 0.8), Baseline("linear model", 0.9)
    kept = {"commonest": "a", "commonest_share": 0.8, "confusion": confusion}
    for accuracy, told in ((0.4, True), (0.8, False)):
        scores = Scores(10, 0.5, accuracy=accuracy, **kept, baselines=(linear, constant))
        worse = "The network does worse than saying a every time: train longer"
        assert (worse in scores.describe("t")) == told
        assert "The network does worse than a linear model" in " ".join(str(scores).split())


def test_one_class_that_is_said_of_everything_is_named_with_the_cure():
    confusion = (("a", "a", 8), ("b", "a", 2))
    scores = Scores(10, 0.5, accuracy=0.8, commonest="a", commonest_share=0.8, confusion=confusion)
    assert scores.describe("t").endswith(
        'It says a for every row: train with --class-weight balanced (class_weight="balanced"), '
        "longer, or on more rows of the other classes."
    )
    weighed = replace(scores, learned_by_class=True, baselines=(Baseline("most"),))
    for said in (weighed.describe("t"), " ".join(str(weighed).split())):
        assert "every row: train longer, or on more rows of the other classes." in said
    even = replace(scores, confusion=(("a", "a", 5), ("b", "a", 5)))
    assert "every row: train longer" in even.describe("t")
    assert scores.classes["b"] == {"rows": 2, "precision": None, "recall": 0.0}
    whole = Scores(
        8, 0.5, accuracy=1.0, commonest="a", commonest_share=1.0, confusion=confusion[:1]
    )
    assert whole.only_answer is None


def test_the_loss_of_a_network_that_weighed_classes_is_said_to_be_without_their_weights():
    columns = {"x": [n % 7 + 0.5 for n in range(40)], "y": ["a", "a", "a", "b"] * 10}
    options = {"epochs": 2, "engine": "python", "progress": False}
    for weight, said in ((None, False), ("balanced", True)):
        done = train_on_table(columns, "y", class_weight=weight, **options)
        assert (" without the weights of classes;" in done.tested().describe("y")) is said


@pytest.mark.parametrize(
    ("error", "said"),
    [(999.94, "999.9"), (1000.0, "1000"), (123456.7, "123,457"), (1e12, "1e+12"), (0.5, "0.5")],
)
def test_a_large_error_is_written_out_with_commas(error, said):
    scores = Scores(2, 0.25, r2=0.5, typical_error=error)
    assert f"y is off by {said} (root" in scores.describe("y")


@pytest.mark.parametrize(
    ("of_linear", "said"),
    [
        ({"accuracy": 0.75}, ", a linear model 75.0%."),
        ({"r2": 0.12345}, ", a linear model 0.1235."),
        ({}, "gets r² 0."),  # of targets that are all alike it has none
    ],
)
def test_what_a_linear_model_gets_ends_the_sentence(of_linear, said):
    of_classes = {"accuracy": 0.9, "commonest": "red", "commonest_share": 0.5}
    own = of_classes if "accuracy" in of_linear else {"r2": 0.5, "typical_error": 1.0}
    baselines = Baseline("the mean every time", r2=0.0), Baseline("linear model", **of_linear)
    assert said in Scores(10, 0.25, baselines=baselines, **own).describe("price")
