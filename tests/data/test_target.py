"""The task is recognised from the target."""

import pytest

from chainrule.data.cells import Places
from chainrule.data.column_statistics import ColumnStatistics
from chainrule.data.target import Classes, learn_target
from chainrule.errors import DataError, OptionError


def learned(values, task=None):
    seen = ColumnStatistics("t")
    seen.update(values, Places(range(len(values))))
    return learn_target(seen, task)


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (["no", "yes"], "binary"),
        (["a", "b", "c"], "multiclass"),
        (["0", "1", "1.0", "0"], "binary"),
        ([0.0, 1.0, 1.0, 0.0], "binary"),
        (["3", "1", "2"] * 2, "multiclass"),
        (["1", "2", "3", "4"], "regression"),
        (["0.5", "1.5"] * 9, "regression"),
        ([str(n) for n in range(20)] * 2, "multiclass"),
        ([str(n) for n in range(21)] * 9, "regression"),
    ],
)
def test_texts_are_classes_and_numbers_are_when_whole_few_and_repeated(values, task):
    assert learned(values).task == task


def test_the_task_can_be_said():
    assert learned(["0", "1"] * 9, "regression").task == "regression"
    assert learned(["0.5", "1.5"] * 9, "classification").levels == ("0.5", "1.5")


@pytest.mark.parametrize("task", ["classification", "multiclass"])
def test_a_text_among_numbers_is_a_class_where_classes_are_asked_for(task):
    grades = ["1", "2", "3", "4"] * 12 + ["absent"]
    assert learned(grades, task).levels == ("1", "2", "3", "4", "absent")
    with pytest.raises(DataError, match=r"row 48 has 'absent': .* ask for the task classification"):
        learned(grades)


def test_a_text_where_the_classes_of_training_were_numbers_is_no_class():
    with pytest.raises(DataError, match="row 1 is 'absent', and the classes of training are 1, 2"):
        learned(["1", "2"] * 9).encode(["1", "absent"], Places([0, 1]))


def test_classes_of_numbers_are_in_order_of_size():
    assert learned(["10", "9"] * 9).levels == ("9", "10")


def test_classes_are_numbered_in_order_and_counted():
    target = learned(["no", "yes", "no"])
    assert target == Classes("t", ("no", "yes"), (2, 1))
    assert target.encode(["yes", "no"], Places([0, 1])).tolist() == [1, 0]
    assert target.describe() == "target t: 2 classes (no 2, yes 1)."


def test_a_class_that_training_did_not_have_is_refused_with_its_row():
    with pytest.raises(DataError, match=r"target t, row 8 is 'maybe', .* are no, yes"):
        learned(["no", "yes"]).encode(["no", "maybe"], Places([7, 8]))


def test_a_quantity_is_scaled_and_restored():
    target = learned(["10", "20", "60", "70"], "regression")
    scaled = target.encode(["10", "45"], Places([0, 1]))
    assert (target.column, target.mean) == ("t", 40.0)
    assert target.deviation == pytest.approx(650**0.5)
    assert sum(target.encode(["10", "20", "60", "70"], Places(range(4)))) == pytest.approx(0)
    assert target.restore(scaled) == pytest.approx([10.0, 45.0])


@pytest.mark.parametrize(
    ("values", "task", "sentence"),
    [
        (["a", "a"], None, "the one value a in 2 rows"),
        (["a"], None, "the one value a in 1 row, and"),
        (["3", "3.0"], None, "the one value 3"),
        ([None, "a"], None, "a in 1 of 2 rows, and .*: write out what a blank stands for, or ch"),
        ([None, None], None, "no values in 2 rows, and .*: choose"),
        (["2", "2"], "regression", "the one value 2"),
        (["1"] * 30 + ["two"], None, "row 30 has 'two'"),
        (["1", "2", "x"], "regression", "row 2 has 'x'"),
        (["1", "x", "y"], "regression", "target t holds texts such as x: choose another target"),
        (["a", "b", "c"], "binary", "3 classes, which is not binary"),
        ([f"n{n % 1500}" for n in range(4500)], None, "too many for classes"),
        ([f"n{n}" for n in range(60)], None, "differs from row to row, as a name"),
    ],
)
def test_targets_that_cannot_be_learnt_are_refused(values, task, sentence):
    with pytest.raises(DataError, match=sentence):
        learned(values, task)


def test_an_unknown_task_is_refused_with_those_there_are():
    with pytest.raises(OptionError, match="'clustering'; it can be 'classification'"):
        learned(["a", "b"], "clustering")


@pytest.mark.parametrize(
    ("values", "way_out"),
    [
        ([str(n / 2) for n in range(1001)], ": choose another target, or ask for regression"),
        ([f"class {n}" for n in range(1001)] * 3, ": choose another target"),
    ],
)
def test_more_classes_than_a_thousand_are_refused_with_regression_where_it_is_possible(
    values, way_out
):
    with pytest.raises(DataError) as raised:
        learned(values, "classification")
    assert str(raised.value).endswith(way_out)


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (["1", "2", "3"] * 2, "multiclass"),
        (["1", "2", "3", "1", "2"], "regression"),
        (["1", "2.5"] * 2, "regression"),
    ],
)
def test_numbers_are_classes_where_each_comes_twice_on_average(values, task):
    assert learned(values).task == task


def test_a_target_of_classes_has_two_and_counts_of_each():
    for levels, counts in ((("a",), (1,)), (("a", "b"), (1,))):
        with pytest.raises(DataError, match="give two or more of each"):
            Classes("t", levels, counts)
    with pytest.raises(DataError, match="target t has 2 classes, which is not multiclass"):
        learned(["a", "b"], "multiclass")
    assert learned(["1", "2", "3"], "multiclass").task == "multiclass"


@pytest.mark.parametrize(("classes", "advised"), [(10, False), (11, True)])
def test_more_than_ten_classes_of_numbers_may_be_counts(classes, advised):
    said = learned([str(n) for n in range(classes)] * 2).describe()
    assert ("If they are counts" in said) == advised
    texts = learned([f"t{n}" for n in range(classes)] * 2).describe()
    assert "If they are counts" not in texts
