"""Options of `fit` that cannot be used are refused in one sentence, before anything is learned."""

import math
from fractions import Fraction

import pytest

import chainrule as cr
from chainrule.errors import KindError, OptionError
from chainrule.train import EarlyStopping

X, Y = [[0.0], [1.0], [2.0], [3.0]], [0.0, 1.0, 2.0, 3.0]


@pytest.mark.parametrize("progress", [False, None])
def test_no_bar_is_shown_where_none_is_wanted(progress, capsys):
    net = cr.Network([cr.Dense(1, 1)], engine="python")
    assert len(net.fit(X, Y, epochs=1, progress=progress)) == 1
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("epochs", "3", "epochs is '3': it must be a whole number"),
        ("epochs", 0, "epochs is 0: it must be a whole number, at least 1"),
        ("epochs", 1.5, "epochs is 1.5: it must be a whole number"),
        ("batch_size", None, "batch_size is None: it must be a whole number"),
        ("batch_size", 2.5, "batch_size is 2.5: it must be a whole number"),
        ("learning_rate", "fast", "learning_rate is 'fast': it must be above 0"),
        ("learning_rate", math.inf, "learning_rate is inf: it must be above 0, and finite"),
        ("l1", -1, "l1 is -1: it must be 0 or more"),
        ("l2", math.nan, "l2 is nan: it must be 0 or more, and finite"),
        ("clip_norm", "a", "clip_norm is 'a': it must be above 0"),
        ("validation", "a", "validation is 'a'"),
        ("validation", (X, Y, Y, Y), "found tuple of length 4"),
        ("schedule", 5, "no schedule is called 5"),
        ("early_stopping", "a", "early_stopping is 'a': it must be a whole number, at least 0"),
        ("early_stopping", True, "whole number, at least 0, of epochs without improvement, such"),
        ("checkpoint", 5, "a file goes by its name; found 5"),
    ],
)
def test_an_option_that_cannot_be_used_is_refused(option, value, sentence):
    net = cr.Network([cr.Dense(1, 1)], engine="python")
    before = net.parameters["dense1.weight"].tolist()
    with pytest.raises(OptionError, match=sentence):
        net.fit(X, Y, **{"epochs": 1, "progress": False, option: value})
    assert net.parameters["dense1.weight"].tolist() == before


def test_every_row_is_learned_from_where_no_part_is_held_out():
    net = cr.Network([cr.Dense(1, 1)])
    history = net.fit(X, Y, epochs=1, batch_size=1, progress=False)
    assert (history[-1].validation_loss, history[-1].step) == (None, len(X))


def test_held_out_examples_may_come_as_a_list():
    net = cr.Network([cr.Dense(1, 1)], engine="python")
    history = net.fit(X, Y, epochs=1, validation=[X[:2], Y[:2]], progress=False)
    assert history[-1].validation_loss == pytest.approx(net.loss(X[:2], Y[:2]))


def test_early_stopping_watches_what_is_measured():
    net = cr.Network([cr.Dense(1, 1)], engine="python")
    with pytest.raises(OptionError, match="watches accuracy, and this run measures loss and r2"):
        net.fit(X, Y, early_stopping=cr.EarlyStopping(metric="accuracy"), progress=False)


def measured(net, targets, loss):
    """The metric of an epoch that hardly moves the weights."""
    still = {"epochs": 1, "batch_size": 4, "learning_rate": 1e-9, "validation": None}
    return net.fit(X, targets, loss=loss, progress=False, **still)[0].metric


@pytest.mark.parametrize(
    ("targets", "accuracy"),
    [
        ([0, 0, 2, 0], 0.75),  # the largest output of every row is the first
        ([[1, 0, 0], [1, 0, 0], [1, 0, 0], [0, 0, 1]], 0.75),
        ([[1, 1, 0], [1, 0, 0], [1, 1, 1], [0, 0, 0]], 8 / 12),  # three questions a row
    ],
)
def test_accuracy_counts_classes_where_a_row_names_one(targets, accuracy):
    layer = cr.Dense(1, 3, "sigmoid", weight=[[0.0]] * 3, bias=[2.0, -1.0, -1.0])
    net = cr.Network([layer], engine="python")
    assert measured(net, targets, "binary_cross_entropy") == pytest.approx(accuracy)


def test_accuracy_reads_a_sigmoid_as_predict_does_under_any_loss():
    layer = cr.Dense(1, 1, "sigmoid", weight=[[1.0]], bias=[-1.5])
    net = cr.Network([layer], engine="python")
    assert measured(net, [-1, -1, 1, 1], "hinge") == 1
    assert net.predict(X).tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("activation", "bias"), [("sigmoid", [2.0, -1.0, 1.0]), ("identity", [0.4, -0.4, 0.3])]
)
def test_outputs_that_are_questions_of_their_own_are_each_answered(activation, bias):
    layer = cr.Dense(1, 3, activation, weight=[[0.0]] * 3, bias=bias)
    net = cr.Network([layer], engine="python")
    accuracy = measured(net, [[1, 0, 1], [1, 1, 0]] * 2, "binary_cross_entropy")
    assert net.predict(X).tolist() == [[1, 0, 1]] * 4
    assert accuracy == pytest.approx(4 / 6)


def test_a_setting_of_early_stopping_that_there_is_not_is_no_damaged_file():
    net = cr.Network([cr.Dense(1, 1)], engine="python")
    with pytest.raises(OptionError) as caught:
        net.fit([[1.0]] * 4, [1.0] * 4, early_stopping={"patients": 3}, progress=False)
    assert "has a field 'patients'" in str(caught.value)
    assert str(caught.value).endswith(
        "it takes patience, min_delta, metric, best, best_epoch, waited"
    )


@pytest.mark.parametrize("kind", [EarlyStopping, dict])
@pytest.mark.parametrize("number", [float, Fraction])
def test_options_may_be_numbers_of_any_kind_in_a_dictionary_too(kind, number):
    net = cr.Network([cr.Dense(1, 1)], engine="python")
    asked = {
        "optimizer": {"name": "adam", "beta1": number(0.5)},
        "early_stopping": kind(patience=1, min_delta=number(9)),
    }
    history = net.fit([[1.0]] * 4, [1.0] * 4, **asked, validation=0.5, progress=False)
    assert "(by more than 9) for 1 epoch; " in history.stopped
    assert net.trained_with["optimizer"]["beta1"] == 0.5


def test_an_optimizer_in_a_dictionary_is_no_damaged_file():
    net = cr.Network([cr.Dense(1, 1)], engine="python")
    with pytest.raises(OptionError, match=r"beta1 should be a number and is 'x'; it takes beta1"):
        net.fit([[1.0]], [1.0], optimizer={"name": "adam", "beta1": "x"}, progress=False)


@pytest.mark.extra("numpy")
def test_an_option_of_an_optimizer_may_be_a_fraction_on_every_engine():
    fitted = []
    for momentum in (Fraction(1, 2), 0.5):
        net = cr.Network([cr.Dense(1, 1)], engine="numpy", seed=0)
        net.fit([[1.0], [2.0]], [1.0, 3.0], epochs=3, optimizer=cr.SGD(momentum=momentum))
        fitted.append(net.parameters["dense1.weight"].tolist())
    assert fitted[0] == fitted[1]


@pytest.mark.parametrize("loss", ["hinge", "binary_cross_entropy"])
def test_rows_of_several_yeses_are_counted_predicted_and_explained_alike(loss):
    net = cr.Network([cr.Dense(1, 2)], engine="python", seed=0)
    x, y = [[1.0], [2.0], [-1.0], [-2.0]], [[1, 1], [1, 1], [0, 0], [0, 0]]
    history = net.fit(
        x, y, loss=loss, epochs=60, learning_rate=0.1, validation=None, progress=False
    )
    assert history[-1].metric == 1.0
    assert net.predict(x).tolist() == y
    ex = cr.explain(net, x, y)
    assert ex.study.truths == ex.study.answers == y
    assert "0 of 4 rows are wrong." in ex.answer
    assert {total.name for total in ex.classes} == {"1, 1", "0, 0"}


@pytest.mark.extra("numpy")
def test_a_fit_that_is_refused_leaves_the_number_kind_as_it_was():
    np = pytest.importorskip("numpy")
    net = cr.Network([cr.Dense(1, 1, weight=[[0.1]])], engine="numpy")
    with pytest.raises(OptionError, match="epochs is 0"):
        net.fit(np.asarray(X, dtype="float32"), Y, epochs=0, progress=False)
    assert (net.dtype, net.parameters["dense1.weight"].tolist()) == ("float64", [[0.1]])


def test_a_network_does_not_learn_from_tensors():
    net = cr.Network([cr.Dense(1, 1)], engine="python")
    x = cr.Tensor(net.as_inputs(X))
    with pytest.raises(KindError, match=r"x is a tensor: give x\.value"):
        net.fit(x, Y, progress=False)
    classes = cr.Network([cr.Dense(1, 2, "softmax")], engine="python")
    assert classes.predict(x).tolist() == classes.predict(X).tolist()
