"""Scores against numbers that others have published."""

from array import array

import pytest

from chainrule.data import Examples, Recipe
from chainrule.data.target import Classes, Quantity
from chainrule.model.network import Network
from chainrule.model.rows import Rows
from chainrule.model.scores import score
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
    found = score([rows(answers, given, Quantity("t", 0.0, 1.0), passing)])
    assert found.r2 == pytest.approx(0.9486081370449679, rel=1e-12)
    assert found.typical_error**2 == pytest.approx(0.375, rel=1e-12)
    assert found.loss == pytest.approx(0.375, rel=1e-12)
    assert found.accuracy is None


def test_the_error_is_in_the_unit_of_the_target_and_the_loss_is_not():
    passing = Dense(1, 1, weight=[[1.0]], bias=[0.0])
    target = Quantity("t", mean=100.0, deviation=20.0)
    found = score([rows([0.0, 1.0], array("d", [0.5, 0.5]), target, passing)])
    assert found.typical_error == pytest.approx(10)
    assert found.loss == pytest.approx(0.25)


def test_accuracy_counts_right_answers_and_names_the_wrong_rows():
    sign = Dense(1, 1, "sigmoid", weight=[[1.0]], bias=[0.0])
    target = Classes("t", ("no", "yes"), (3, 1))
    found = score([rows([-1.0, 2.0, -3.0, -1.0], array("q", [0, 1, 1, 0]), target, sign)])
    assert (found.accuracy, found.wrong) == (0.75, (2,))
    assert (found.commonest, found.commonest_share) == ("no", 0.5)
    assert found.describe("t").startswith("3 of 4 rows right (75.0 %), loss ")
    assert "saying no every time gets 50.0 %" in found.describe("t")
    assert found.to_dict()["wrong"] == (2,)


def test_targets_that_never_change_give_no_r2():
    passing = Dense(1, 1, weight=[[1.0]], bias=[0.0])
    found = score([rows([1.0, 2.0], array("d", [3, 3]), Quantity("t", 0.0, 1.0), passing)])
    assert found.r2 != found.r2
    assert found.describe("t").endswith("no r², because t is the same in all.")


def test_a_single_row_is_not_called_rows():
    passing = Dense(1, 1, weight=[[1.0]], bias=[0.0])
    found = score([rows([1.0], array("d", [3]), Quantity("t", 0.0, 1.0), passing)])
    assert " on 1 row; " in found.describe("t")
