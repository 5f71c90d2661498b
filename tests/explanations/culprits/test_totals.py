"""Sums roll up: example → class → data set; and which rows carry more than chance gives them."""

from csv import writer
from dataclasses import replace
from math import inf, nan
from random import Random

import pytest

import chainrule as cr
import chainrule.arrays as xp
from chainrule.data import load
from chainrule.explanations.culprits import answer_for_rows, heaviest_slice
from chainrule.explanations.what_if import Ranking, notes


@pytest.fixture
def explanation():
    net = cr.Network([cr.Dense(2, 4, "tanh"), cr.Dense(4, 3, "softmax")], engine="python", seed=5)
    x = [[1.0, 2.0], [-1.0, 0.5], [0.3, -2.0], [2.0, 2.0], [-0.5, -0.5], [1.5, -1.0]]
    return cr.explain(net, x, [0, 1, 2, 0, 1, 1])


def test_examples_add_up_to_the_data_set(explanation):
    examples = explanation.examples
    assert sum(e.share for e in examples) == pytest.approx(1)
    assert sum(e.loss for e in examples) / 6 == pytest.approx(explanation.loss)
    assert [e.loss for e in examples] == sorted(explanation.example_losses, reverse=True)


def test_classes_add_up_to_the_data_set(explanation):
    classes = explanation.classes
    assert sum(c.share for c in classes) == pytest.approx(1)
    assert sum(c.loss * c.rows for c in classes) / 6 == pytest.approx(explanation.loss)
    assert {c.name: c.rows for c in classes} == {"0": 2, "1": 3, "2": 1}
    assert sum(c.wrong for c in classes) == sum(not e.right for e in explanation.examples)


def test_a_class_holds_its_own_examples(explanation):
    for total in explanation.classes:
        own = [e for e in explanation.examples if str(e.truth) == total.name]
        assert sum(e.loss for e in own) / len(own) == pytest.approx(total.loss)


def test_regression_has_no_classes():
    net = cr.Network([cr.Dense(1, 1)], engine="python")
    ex = cr.explain(net, [[1.0], [2.0]], [[0.0], [5.0]])
    assert ex.classes == []
    assert ex.examples[0].right is None
    assert ex.examples[0].truth in ([0.0], [5.0])


@pytest.mark.parametrize(("soft", "truth"), [(0.3, 0), (0.7, 1)])
def test_a_target_between_no_and_yes_counts_as_the_nearer_one(soft, truth):
    net = cr.Network([cr.Dense(1, 1, "sigmoid")], engine="python")
    assert cr.explain(net, [[1.0]], [[soft]]).examples[0].truth == truth


def test_an_example_whose_loss_is_no_number_is_the_worst():
    net = cr.Network([cr.Dense(1, 1, weight=[[1.0]])], engine="python")
    ex = cr.explain(net, [[1.0], [nan]], [[0.0], [5.0]])
    assert ex.examples[0].row == 1


class Bent:
    """A weight whose small nudge goes another way than its slope says."""

    def __init__(self, name):
        self.name = name

    def bends(self, loss):
        return True


def test_three_weights_off_the_line_are_named_and_more_are_hinted_at():
    ranking = Ranking({"w": xp.asarray([1.0])}, {"w": xp.asarray([1.0])})
    three, four = (notes(1.0, ranking, [], list(map(Bent, names))) for names in ("abc", "abcd"))
    assert "of 3 weights (a, b, c):" in three[-1]
    assert "of 4 weights (a, b, c, …):" in four[-1]


def test_where_there_is_no_loss_nobody_has_a_share_of_it():
    net = cr.Network([cr.Dense(1, 1, weight=[[1.0]])], engine="python")
    assert [e.share for e in cr.explain(net, [[1.0], [2.0]], [[1.0], [2.0]]).examples] == [0, 0]


@pytest.mark.parametrize(
    ("slopes", "said"),
    [
        ([0.0, 0.0], "every slope is 0, so slopes say nothing here: no small change matters"),
        ([1e-200, 0.0], "the squares of the slopes are too small for numbers"),
        ([1e200, 0.0], "the squares of the slopes are too large for numbers"),
        ([nan, 1.0], "a gradient is not a finite number"),
        ([inf, 1.0], "a gradient is not a finite number"),
        ([1.0, 0.0], None),
    ],
)
def test_what_is_said_of_slopes_that_cannot_be_ranked(slopes, said):
    array = {"w": xp.asarray(slopes)}
    found = notes(1.0, Ranking(array, array), [], [])
    assert len(found) == (said is not None)
    assert not found or said in found[0]


def test_a_corner_and_one_bent_weight_are_told():
    ranking = Ranking({"w": xp.asarray([1.0])}, {"w": xp.asarray([1.0])})
    corner, bent = notes(1.0, ranking, ["relu at 0", "abs at 0"], [Bent("a")])
    assert corner.endswith("one side only: relu at 0; abs at 0")
    assert "small nudge of 1 weight (a): go by" in bent


def test_on_losses_dealt_out_at_random_no_slice_is_found():
    generator = Random(1)
    named = 0
    for _ in range(20):
        x = [[float(generator.random() < 0.4) for _ in range(6)] for _ in range(80)]
        losses = [generator.expovariate(1.0) for _ in range(80)]
        truths = [generator.choice("abc") for _ in range(80)]
        inputs = [f"x={n}" for n in range(6)]
        named += heaviest_slice(losses, truths, xp.asarray(x), inputs) is not None
    assert named <= 1


def test_a_class_that_the_network_fails_at_is_named():
    net = cr.Network([cr.Dense(1, 2, "softmax", weight=[[-3.0], [3.0]])], engine="python")
    x = [[-1.0]] * 20 + [[1.0]] * 12 + [[-1.0]] * 8
    answer = cr.explain(net, x, [0] * 20 + [1] * 20).answer
    assert answer.startswith("8 of 40 rows are wrong. ")
    assert "Over 99% of the loss lies on the 20 of 40 rows with true class 1," in answer


@pytest.mark.parametrize(
    ("inputs", "classes", "said"),
    [
        (4, True, "No class and no column's values carry more of the loss than chance would give"),
        (61, True, "No class carries more of the loss than chance would give it."),
        (4, False, "No column's values carry more of the loss than chance would give them."),
        (61, False, "No single weight stands out; "),
    ],
)
def test_only_of_what_was_looked_at_it_is_said_to_carry_no_more(inputs, classes, said):
    dense = cr.Dense(inputs, 1, weight=[[1.0] * inputs], bias=[0.0])
    study = cr.explain(cr.Network([dense], engine="python"), [[1.0] * inputs] * 12, [[0.0]] * 12)
    study = replace(study.network, classes=classes)
    answer = answer_for_rows(study, replace(study.standing(), right=None), None, None)
    assert answer.startswith(said)
    assert "  " not in answer


@pytest.mark.parametrize(("rows", "weight"), [(9, 1.0), (12, 1e308)])
def test_where_no_rows_were_looked_at_it_is_not_said_that_none_carry_more(rows, weight):
    net = cr.Network([cr.Dense(2, 1, weight=[[weight, 1.0]], bias=[0.0])], engine="python")
    assert "carr" not in cr.explain(net, [[1.0, 1.0]] * rows, [[0.0]] * rows).answer


def test_inputs_without_names_go_by_their_numbers_where_they_carry_the_loss():
    net = cr.Network([cr.Dense(2, 1, weight=[[1.0, 0.0]], bias=[0.0])], engine="python")
    x = [[float(n % 7), float(n >= 20)] for n in range(40)]
    answer = cr.explain(net, x, [[row[0] + 2 * row[1]] for row in x]).answer
    assert answer.startswith("100% of the loss lies on the 20 of 40 rows with x[1] at 1, more ")


@pytest.mark.extra("numpy")
@pytest.mark.parametrize("name", ["iris", "penguins"])
def test_on_shuffled_targets_no_slice_is_named_though_rare_classes_cost_more(name, tmp_path):
    table = load(name)
    columns = [list(column) for column in table.columns]
    Random(1).shuffle(columns[table.names.index("species")])
    path = tmp_path / "shuffled.csv"
    with path.open("w", newline="") as file:
        writer(file).writerows([table.names, *zip(*columns, strict=True)])
    options = {"target": "species", "engine": "numpy", "epochs": 20, "progress": False}
    net = cr.train_on_table(path, **options).net
    assert "No class and no column's values carry more" in cr.explain(net, cr.rows_for(net)).answer


def test_a_row_s_loss_is_its_own_and_its_share_counts_its_weight():
    net = cr.Network([cr.Dense(1, 2, "softmax", weight=[[1.0], [-1.0]])], engine="python")
    x, y, counts = [[0.5], [1.0], [2.0]], [0, 1, 1], [1.0, 2.0, 5.0]
    ex = cr.explain(net, x, y, sample_weight=counts)
    assert ex.example_losses == cr.explain(net, x, y).example_losses
    for e in ex.examples:
        own = ex.example_losses[e.row]
        assert e.loss == own == pytest.approx(ex.of_row(e.row).loss) == ex.mistake(e.row).loss
        assert e.share == pytest.approx(counts[e.row] * own / (8 * ex.loss))
    assert sum(c.share for c in ex.classes) == pytest.approx(1)
    by_class = {"0": 1.0, "1": 7.0}
    together = sum(by_class[c.name] * c.loss for c in ex.classes) / 8
    assert together == pytest.approx(ex.loss)


def test_examples_and_classes_print_as_tables():
    net = cr.Network([cr.Dense(1, 1, "sigmoid", weight=[[2.0]], bias=[0.5])], engine="python")
    ex = cr.explain(net, [[0.0], [1.0], [2.0]], [0, 0, 1])
    assert str(ex.examples).splitlines() == [
        "examples, the largest loss first",
        "  row  target  answer     loss  of the loss",
        "    1       0       1    2.579        72.4%",
        "    0       0       1   0.9741        27.3%",
        "    2       1       1  0.01105         0.3%",
    ]
    assert str(ex.classes).splitlines()[1:] == [
        "  true class  rows  wrong  mean loss  of the loss",
        "           0     2      2      1.776        99.7%",
        "           1     1      0    0.01105         0.3%",
    ]


def test_a_group_shows_the_first_of_its_weights():
    net = cr.Network([cr.Dense(3, 2), cr.Dense(2, 1)], seed=0, engine="python")
    groups = cr.explain(net, [[1.0, 2.0, 3.0]], [[1.0]]).groups(top=50)
    shown = {group.name: repr(group.weights) for group in groups}
    assert shown["x[0] → dense1"] == "['dense1.weight[0,0]', 'dense1.weight[1,0]']"
    assert any("', … 8 in all]" in text for text in shown.values())
