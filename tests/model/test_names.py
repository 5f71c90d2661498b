"""The names that others build on, each with options that are none of its defaults."""

import inspect
from contextlib import suppress

import pytest

import chainrule as cr
from chainrule.errors import MissingExtraError, OptionError

X = [[n / 9, (4 - n) ** 2 / 9] for n in range(12)]
Y = [0, 1, 1, 0, 1, 1, 0, 0, 1, 0, 1, 0]


@pytest.fixture(scope="module")
def ex():
    net = cr.Network([cr.Dense(2, 3, "tanh"), cr.Dense(3, 2, "softmax")], seed=0, engine="python")
    net.fit(X, Y, epochs=20, batch_size=4, progress=False)
    return cr.explain(net, X, Y, loss=None, reference="initial")


def test_a_culprit_is_a_weight_that_gives_loss_back_at_another_value(ex):
    one, *others = ex.culprits(top=2)
    assert len(others) == 1
    net = ex.network
    parameter, index = net.find(one.name)
    assert one.value == net.parameters[parameter][index] != one.mended
    moved = ex.nudge(one.name, by=one.mended - one.value)
    assert moved.actual == pytest.approx(-one.recovered)


def test_a_group_is_weights_and_what_is_lost_without_them(ex):
    groups = {group.name: group for group in ex.groups(top=99)}
    assert len(groups["into dense1[1]"].weights) == 3
    assert groups["x[1] → dense1[1]"].weights[0] == "dense1.weight[1,1]"
    for group in groups.values():
        assert 0 <= group.share <= 1
        assert group.loss_if_cut == pytest.approx(group.loss - group.recovered)
        assert group.answer is None  # of twelve rows


def test_the_changes_of_a_mend_are_taken_apart_as_four(ex):
    mend = ex.mend(rows=[2])
    for (name, before, after, amount), change in zip(mend.changes, mend.changes, strict=True):
        assert (name, before) == (change.name, change.before)
        assert (after, amount) == (change.after, change.amount)
    gave_back = sum(amount for *_, amount in mend.changes)
    assert gave_back == pytest.approx(mend.loss_before - mend.loss_after)
    assert set(mend.broken) <= set(range(12))


def test_columns_are_walked_through_with_what_is_left_unexplained(ex):
    columns = ex.columns()
    amounts = {column.name: column.amount for column in columns}
    assert list(amounts) == [column.name for column in columns.columns]
    assert len(columns) == 2
    assert columns["x[0]"] == amounts["x[0]"]
    explained = columns.loss - columns.reference_loss - columns.residual
    assert sum(amounts.values()) == pytest.approx(explained)


def test_the_rows_that_taught_a_mistake_are_walked_through_the_first_of_them_alone(ex):
    options = {"training": (X, Y), "retrainings": 5, "progress": False}
    every, two = ex.taught_by(2, **options), ex.taught_by(2, top=2, **options)
    assert (len(every), len(two)) == (3, 2)
    assert [one.row for one in two] == [one.rows[0] for one in every.each[:2]]
    assert [one.loss_without for one in every] == sorted(one.loss_without for one in every)
    assert two[0] == every[0]
    assert str(two).splitlines()[0] == str(every).splitlines()[0]
    with pytest.raises(OptionError, match="top is 0"):
        ex.taught_by(2, top=0, **options)


def parabola(w):
    return (w - 3) ** 2


def one(weight, bias=0.0):
    return cr.Network([cr.Dense(1, 1, weight=[[weight]], bias=[bias])], engine="python")


def told(loss):
    """A neuron that says 3.5 of 2, and should say 4."""
    return cr.Neuron(weights=[1.5], bias=0.5).explain([2.0], target=4.0, loss=loss)


def explained(**options):
    return cr.explain(one(1.5, 0.5), [[2.0]], [[4.0]], **options)


def stepped(**options):
    """The loss after one step of `w + b`, from w = 1 and b = 0, towards 3; and the history."""
    net = one(1.0)
    given = {"optimizer": "sgd", "learning_rate": 0.25, "epochs": 1, "progress": False}
    history = net.fit([[1.0]], [[3.0]], **{**given, **options})
    return net.loss([[1.0]], [[3.0]], loss="mean_squared_error"), history


WEIGHT = "dense1.weight[0,0]"
HUBER = {"dense1.weight": [[-1.0]], "dense1.bias": [-0.5]}


@pytest.mark.parametrize(
    ("found", "value"),
    [
        (lambda: cr.grad(parabola)(5.0), 4.0),
        (lambda: cr.grad(lambda a, b: a * b * b, 1)(2.0, 3.0), 12.0),
        (lambda: cr.grad(lambda x: x * x, seed=[1.0, 10.0])([3.0, 4.0]), [6.0, 80.0]),
        (lambda: cr.value_and_grad(lambda a, b: a * b * b, 1, seed=2.0)(2.0, 3.0), (18.0, 24.0)),
        (lambda: cr.hessian(lambda a, b: a * b**3, argnums=1)(2.0, 3.0), 36.0),
        (lambda: cr.slope(parabola, at=5.0, nudge=0.5).up, 2.25),
        (lambda: cr.slope(parabola, at=1.0).direction, "increase"),
        (lambda: str(cr.slope(parabola, at=1.0, name="v"))[:13], "slope of v at"),
        (lambda: cr.Neuron([1.5], -1.0, "relu").forward([2.0]), 2.0),
        (lambda: told("mean_absolute_error").loss, 0.5),
        (lambda: told("mean_absolute_error").gradients, {"weight[0]": -2.0, "bias": -1.0}),
        (lambda: told("mean_squared_error").receipt("bias").gradient, -1.0),
        (lambda: told("mean_squared_error").nudge("bias", by=0.5).actual, -0.25),
        (lambda: told("mean_squared_error").nudge("weight[0]", by=0.25).predicted, -0.5),
        (lambda: cr.Network([cr.Dense(1, 1)], dtype="float64", engine="python").dtype, "float64"),
        (lambda: one(0.5).forward([[4.0]]), [[2.0]]),
        (lambda: one(0.5).parameters["dense1.weight"].sum(), 0.5),
        (lambda: one(0.5).loss([[4.0]], [[5.0]], loss="huber"), 2.5),
        (lambda: one(0.5).gradients([[4.0]], [[5.0]], "huber")["dense1.bias"], [-1.0]),
        (lambda: one(1.0).per_example_gradients([[1], [2]], [0, 0])["dense1.bias"], [[2], [4]]),
        (lambda: explained(rows=[7]).rows, (7,)),
        (lambda: explained(loss="mean_absolute_error").loss, 0.5),
        (lambda: explained(sample_weight=[3.0]).weights[0].slope, -2.0),
        (lambda: explained(reference="zero").blame.reference_loss, 16.0),
        (lambda: explained().counterfactual(WEIGHT, interval=(1.8, 2.0)).best.value, 1.8),
        (lambda: explained().receipt(WEIGHT, top=1, row=0).gradient, -2.0),
        (lambda: explained().nudge(WEIGHT, by=0.25).actual, -0.25),
        (lambda: len(explained().to_dict(top=1)["weights"]), 1),
        (lambda: one(1.5, 0.5).program([[2.0]], [[4.0]], loss="huber").run(), HUBER),
        (lambda: cr.check_gradients(parabola, 5.0, gradient=4.0, digits=6).passed, True),
        (lambda: cr.check_gradients(parabola, 5.0, gradient=4.1, tolerance=0.01).passed, False),
        (lambda: cr.check_gradients(one(1.5), [[2]], [[4.0]], rows="all").worst.outcome, "agrees"),
    ],
)
def test_a_name_gives_what_the_design_says(found, value):
    there = found()
    assert (there.tolist() if hasattr(there, "tolist") else there) == value


@pytest.mark.parametrize(
    ("options", "loss"),
    [
        ({}, 0.0),
        ({"l2": 1.0}, 0.25),  # λ Σ w² pulls the weight alone: dL/dw = -4 + 2
        ({"l1": 4.0}, 1.0),  # λ Σ |w|: dL/dw = -4 + 4
        ({"clip_norm": 2**0.5}, 2.25),  # both gradients become -1
        ({"loss": "mean_absolute_error"}, 2.25),  # both are the sign of the miss
        ({"learning_rate": 0.125}, 1.0),
        ({"epochs": 2, "learning_rate": 0.125}, 0.25),
        ({"sample_weight": [2.0]}, 0.0),
        ({"schedule": "step:1:0.5", "epochs": 2, "learning_rate": 0.125}, 0.5625),
        ({"optimizer": cr.SGD(momentum=0.5), "epochs": 2}, 1.0),  # goes on by half of the step
        ({"optimizer": "adagrad"}, 2.25),  # each weight by the learning rate itself
        ({"optimizer": "adam"}, 2.25),
    ],
)
def test_an_option_of_fit_does_what_the_design_says(options, loss):
    assert stepped(**options)[0] == pytest.approx(loss, abs=1e-6)


def test_a_history_holds_what_was_held_out_and_the_ledger():
    history = stepped(validation=([[1.0]], [[5.0]]), ledger=True)[1]
    assert history.final.validation_loss == 4.0
    ledger = history.ledger
    shapes = {name: shares.shape for name, shares in ledger.entries.items()}
    assert shapes == {"dense1.weight": (1, 1), "dense1.bias": (1,)}
    assert ledger.by_layer() == {"dense1": pytest.approx(-4.0)}
    assert ledger.residual == pytest.approx(0.0)
    assert stepped(early_stopping=1, epochs=9)[1].final.epoch < 9


def defaults(option):
    """What an option is, where it is left out, of every function of the package that has it."""
    for name in dir(cr):
        with suppress(MissingExtraError):
            door = getattr(cr, name)
            deeds = vars(door).values() if inspect.isclass(door) else [door]
            for deed in deeds:
                plain = inspect.isfunction(deed) and deed.__name__[0] != "_"
                if plain or deed is cr.Network.__init__:
                    given = inspect.signature(deed).parameters.get(option)
                    yield from () if given is None else [given.default]


@pytest.mark.parametrize(
    ("option", "value", "least"),
    [
        *(("seed", 0, 6), ("batch_size", 32, 3), ("validation", 0.2, 3), ("engine", "auto", 3)),
        *(("epochs", 20, 1), ("optimizer", "adam", 1), ("l1", 0, 1), ("ledger", False, 1)),
        *(("progress", True, 2), ("interruptible", False, 1), ("initial", False, 1)),
        *(("schedule", "cosine", 1), ("dropout", 0.0, 1), ("last_epoch", False, 1)),
        *(("folds", 5, 1), ("trials", 20, 1), ("memory", 256 * 1024**2, 1), ("linear", True, 1)),
        *(("repeats", 5, 1), ("retrainings", 10, 1), ("answers", True, 1), ("steps", 5, 1)),
    ],
)
def test_an_option_that_is_left_out_is_the_same_wherever_it_stands(option, value, least):
    found = [one for one in defaults(option) if one not in (None, inspect.Parameter.empty)]
    assert found == [value] * len(found)
    assert len(found) >= least


@pytest.mark.extra("pandas", "numpy")
def test_columns_of_a_frame_name_the_inputs_of_a_network_without_a_table():
    import pandas as pd

    rows = [[0.5, 1.0, -1.0], [1.5, -0.5, 0.0], [-2.0, 0.25, 1.0], [1.0, 0.0, 2.0]]
    frame, y = pd.DataFrame(rows, columns=["age", "size", "mass"]), [1.0, 2.0, 3.0, 4.0]
    net = cr.Network([cr.Dense(3, 2)], seed=0)
    targets = [[value, -value] for value in y]
    assert {part.name for part in cr.explain(net, frame, targets).columns()} == set(frame.columns)
    unnamed = cr.explain(net, frame.to_numpy(), targets)
    assert {part.name for part in unnamed.columns()} == {"x[0]", "x[1]", "x[2]"}
    alone = cr.Network([cr.Dense(3, 1)], seed=0)
    assert cr.score(alone, frame, y).loss == cr.score(alone, rows, y).loss
