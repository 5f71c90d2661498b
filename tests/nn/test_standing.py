"""What a network answers, and which examples a change of it fixes or breaks."""

from math import isnan

import pytest

import chainrule.arrays as xp
from chainrule.model import Network
from chainrule.model.explaining import explain
from chainrule.model.table import train_on_table
from chainrule.nn import LOSSES, Architecture, Dense, NetworkStudy, Standing, changed


def study(outputs, activation, loss, t, **options):
    weights = {"dense1.weight": xp.asarray([[1.0]] * outputs), "dense1.bias": xp.zeros(outputs)}
    layers = Architecture([Dense(1, outputs, activation)])
    x = xp.asarray([[0.0]] * len(t))
    return NetworkStudy(layers, LOSSES[loss], weights, x, xp.asarray(t), **options)


def test_only_examples_that_changed_sides_are_fixed_or_broken():
    before = Standing((1.0,) * 4, (0, 0, 0, 0), (True, False, True, False))
    after = Standing((1.0,) * 4, (0, 1, 1, 0), (True, True, False, False))
    found = changed(before, after)
    assert found.fixed == (1,)
    assert found.broken == (2,)


def test_in_regression_one_per_cent_of_the_loss_decides():
    before = Standing((1.0, 1.0, 1.0, 1.0, 0.0), ([0.0],) * 5, None)
    after = Standing((0.98, 0.995, 1.005, 1.02, 0.1), ([0.0],) * 5, None)
    assert changed(before, after).fixed == (0,)
    assert changed(before, after).broken == (3, 4)
    on_the_spot = Standing((100.0, 100.0), ([0.0],) * 2, None)
    assert changed(on_the_spot, Standing((99.0, 101.0), ([0.0],) * 2, None)).fixed == ()
    assert changed(on_the_spot, Standing((99.0, 101.0), ([0.0],) * 2, None)).broken == ()


def test_nan_answers_no_question_and_is_no_class():
    none = xp.asarray([[float("nan"), 1.0]])
    questions = study(2, "sigmoid", "binary_cross_entropy", [[0.0, 1.0]], multi_label=True)
    ((first, second),) = questions.answers_from(none)
    assert isnan(first)
    assert second == 1
    assert questions.answers_from(xp.asarray([[0.0, 0.1]])) == [[0, 1]]
    assert isnan(study(2, "softmax", "cross_entropy", [[0.0, 1.0]]).answers_from(none)[0])


@pytest.mark.parametrize(
    ("activation", "loss", "t", "scores", "said", "true"),
    [
        ("softmax", "cross_entropy", [[0.0, 1.0]], [[2.0, 1.0]], 0, 1),
        ("identity", "mean_squared_error", [[0.0, 1.0]], [[2.0, 1.0]], [2.0, 1.0], [0.0, 1.0]),
        ("sigmoid", "binary_cross_entropy", [[1.0]], [[-0.1]], 0, 1),
        ("sigmoid", "binary_cross_entropy", [[0.5]], [[0.0]], 0, 0),
        ("identity", "hinge", [[-1.0]], [[0.1]], 1, 0),
        ("identity", "hinge", [[1.0]], [[0.0]], 0, 1),
        ("sigmoid", "mean_squared_error", [[1.0]], [[0.0]], [0.5], [1.0]),
    ],
)
def test_output_and_loss_say_whether_answers_are_classes(activation, loss, t, scores, said, true):
    about = study(len(t[0]), activation, loss, t)
    assert about.answers_from(xp.asarray(scores)) == [said]
    assert about.truths == [true]


def test_classes_go_by_their_names_where_these_are_known():
    about = study(2, "softmax", "cross_entropy", [[0.0, 1.0]], class_names=("no", "yes"))
    assert about.truths == ["yes"]
    assert about.answers_from(xp.asarray([[3.0, 1.0]])) == ["no"]


def test_a_network_may_be_said_to_classify():
    about = study(1, "sigmoid", "mean_squared_error", [[1.0]], classes=True)
    assert about.answers_from(xp.asarray([[0.4]])) == about.truths == [1]


def test_a_standing_holds_loss_answer_and_rightness():
    about = study(2, "softmax", "cross_entropy", [[0.0, 1.0], [1.0, 0.0]])
    found = about.standing()
    assert found.losses == pytest.approx((0.6931471805599453,) * 2)
    assert found.loss == pytest.approx(0.6931471805599453)
    assert found.answers == (0, 0)  # a tie goes to the first
    assert found.right == (False, True)


def test_outputs_that_are_questions_of_their_own_are_answered_one_by_one():
    layer = Dense(1, 3, "sigmoid", weight=[[0.0]] * 3, bias=[3.0, 4.0, -3.0])
    net = Network([layer], engine="python")
    x, y = [[1.0], [2.0], [3.0]], [[1, 1, 0], [0, 0, 0], [1, 0, 0]]
    explained = explain(net, x, y, loss="binary_cross_entropy")
    assert [m.right for m in map(explained.mistake, range(3))] == [True, False, False]
    assert explained.mistake(1).answer == [1, 1, 0]
    assert explained.mistake(2).truth == [1, 0, 0]
    assert "says 1, 1, 0, should say 0, 0, 0" in str(explained.mistake(1))
    classes = explain(net, x, [1, 0, 1], loss="binary_cross_entropy")
    assert (classes.mistake(0).answer, classes.mistake(0).truth) == (1, 1)


def test_values_are_told_in_the_unit_of_the_table():
    done = train_on_table(
        {"x": [float(n) for n in range(30)], "y": [100.0 + 5 * n for n in range(30)]},
        layers=(4,),
        epochs=60,
        engine="python",
        progress=False,
    )
    explained = explain(done.net, done.train.x, done.train.y)
    truth = done.train.truths()[0]
    assert explained.mistake(0).truth == [pytest.approx(truth)]
    assert explained.mistake(0).answer == [pytest.approx(done.train.answers()[0])]


def test_a_row_is_answered_alone_as_among_others():
    layer = Dense(1, 3, "sigmoid", weight=[[0.0]] * 3, bias=[3.0, 4.0, -3.0])
    net = Network([layer], engine="python")
    x, y = [[1.0], [2.0], [3.0]], [[1, 0, 0], [1, 1, 0], [0, 0, 0]]
    net.fit(
        x,
        y,
        loss="binary_cross_entropy",
        learning_rate=1e-9,
        epochs=1,
        validation=None,
        progress=False,
    )
    together, alone = explain(net, x, y).mistake(0), explain(net, x[:1], y[:1]).mistake(0)
    assert (together.answer, together.right) == (alone.answer, alone.right) == ([1, 1, 0], False)


def test_a_truth_of_minus_or_plus_one_is_no_or_yes():
    weights = {"dense1.weight": xp.asarray([[1.0]]), "dense1.bias": xp.asarray([0.0])}
    x, t = xp.asarray([[2.0], [3.0]]), xp.asarray([[-1.0], [1.0]])
    study = NetworkStudy(Architecture([Dense(1, 1)]), LOSSES["hinge"], weights, x, t)
    assert (study.truths, study.standing().right) == ([0, 1], (False, True))
