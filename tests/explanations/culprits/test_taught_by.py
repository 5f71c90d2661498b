"""The rows that taught a mistake: found in few trainings, and each run again by hand."""

from dataclasses import replace
from math import inf

import pytest

import chainrule as cr
import chainrule.arrays as xp
from chainrule.arrays import reshape
from chainrule.data import load
from chainrule.errors import OptionError
from chainrule.explanations.culprits import Lesson, taught_by
from chainrule.explanations.culprits.taught_by import (
    TaughtBy,
    Without,
    _GradientWatcher,
    _nearness,
    compare,
)
from chainrule.nn import per_example_along, per_example_gradients
from chainrule.train import Watcher

NEVER_MEASURED = 339


@pytest.fixture(scope="module")
def penguins():
    return cr.train_on_table("penguins", engine="python", progress=False).net


@pytest.fixture(scope="module")
def taught(penguins):
    return cr.explain(penguins, cr.rows_for(penguins)).taught_by(3, retrainings=3, progress=False)


def test_the_penguin_that_taught_the_mistake_is_found(taught):
    assert taught.each[0].rows == (NEVER_MEASURED,)
    assert taught.reproduced
    assert taught.loss_retrained == pytest.approx(1.711, abs=0.001)
    assert taught[0].loss_without < 0.2
    assert (taught.answer, taught.each[0].answer) == ("Gentoo", "Adelie")
    assert f"Without row {NEVER_MEASURED} (Gentoo) the loss of row 3 would be" in str(taught)
    assert f"row {NEVER_MEASURED}" in taught._repr_html_()


def test_what_it_says_is_what_a_training_by_hand_says(taught):
    rows = load("penguins").rows
    # Not 0, with which the row would be gone from recipe and held-out rows as well.
    weights = [1e-300 if row == NEVER_MEASURED else 1.0 for row in range(rows)]
    net = cr.train_on_table("penguins", sample_weight=weights, engine="python", progress=False).net
    without = cr.explain(net, cr.rows_for(net).row(3))
    assert taught[0].loss_without == pytest.approx(without.loss, rel=1e-12)


def test_a_model_file_says_how_it_was_trained(penguins, taught, tmp_path):
    penguins.save(tmp_path / "p.safetensors")
    net = cr.load(tmp_path / "p.safetensors", engine="python")
    ex = cr.explain(net, cr.rows_for(net).row(3))
    assert (
        ex.taught_by(retrainings=2, progress=False).to_dict()["loss_retrained"]
        == taught.loss_retrained
    )


X = [[a / 5] for a in range(-10, 11)]
Y = [int(row[0] > 0) for row in X]


def fitted(y=Y, **options):
    net = cr.Network([cr.Dense(1, 4, "tanh"), cr.Dense(4, 2, "softmax")], engine="python")
    net.fit(X, y, **{"epochs": 60, "learning_rate": 0.05, "progress": False, **options})
    return net


def test_rows_given_as_arrays_are_divided_as_they_were():
    wrong = [1 - y if at == 17 else y for at, y in enumerate(Y)]
    net = fitted(wrong, validation=0.2)
    taught = cr.explain(net, [[1.4]], [1]).taught_by(
        training=(X, wrong), retrainings=3, progress=False
    )
    assert taught.reproduced
    assert len(taught.ranking) == 17
    assert taught.each[0].rows == (17,)
    assert taught[0].loss_without < taught.loss_retrained
    with pytest.raises(IndexError, match="there is no training without a row 99: give one from 0"):
        taught[99]


@pytest.mark.parametrize("class_weight", [None, "balanced", {1: 2.0}])
def test_rows_of_weight_0_taught_nothing_and_the_others_keep_their_numbers(class_weight):
    wrong = [1 - y if at == 17 else y for at, y in enumerate(Y)]
    weights = [float(at % 4 > 0) for at in range(len(X))]
    options = {"batch_size": 4, "class_weight": class_weight}
    taught = cr.explain(fitted(wrong, sample_weight=weights, **options), [[1.4]], [1]).taught_by(
        training=(X, wrong, weights), retrainings=3, progress=False
    )
    assert taught.reproduced
    assert sorted(taught.ranking) == [at for at, weight in enumerate(weights) if weight]
    assert taught.each[0].rows == (17,)
    # A weight that is next to nothing keeps the row's place as well.
    silent = [1e-300 if at == 17 else weight for at, weight in enumerate(weights)]
    by_hand = fitted(wrong, sample_weight=silent, **options).loss([[1.4]], [1])
    assert taught[0].loss_without == pytest.approx(by_hand, rel=1e-9)


def test_rows_that_it_was_not_trained_on_are_told():
    taught = cr.explain(fitted(), [[0.4]], [1]).taught_by(
        training=(X[::-1], Y), retrainings=2, progress=False
    )
    assert not taught.reproduced
    assert "are not those of the first training" in " ".join(str(taught).split())


def test_the_price_is_said_before_the_first_training(capsys):
    net = fitted(epochs=2)
    cr.explain(net, [[0.4]], [1]).taught_by(training=(X, Y), retrainings=4)
    first, *others = capsys.readouterr().err.splitlines()
    assert first.startswith("Training again without rows: at most 4 trainings of about")
    assert len(others) in (2, 3)


@pytest.mark.parametrize("rows", [1, 2])
def test_what_is_left_without_a_row_can_be_learned_from(rows):
    x, y = [[1.0], [-1.0]][:rows], [[2.0], [0.0]][:rows]
    net = cr.Network([cr.Dense(1, 1)], engine="python")
    net.fit(x, y, epochs=2, progress=False)
    ex = cr.explain(net, x, y)
    if rows == 1:
        with pytest.raises(OptionError, match="trained on row 0 alone, without which there is no"):
            ex.taught_by(training=(x, y), progress=False)
    else:
        taught = ex.taught_by(training=(x, y), progress=False)
        assert ({row.row for row in taught}, taught.together) == ({0, 1}, None)


def test_flipped_labels_are_ranked_no_later_than_by_the_loss_alone():
    table = load("iris")
    labels, flipped = list(table.column("species")), (3, 30, 61, 77, 110, 142)
    for row in flipped:
        labels[row] = "setosa" if labels[row] != "setosa" else "virginica"
    columns = {name: list(table.column(name)) for name in table.names} | {"species": labels}
    # A held-out row is flipped, too, which would choose the epoch that believes it most.
    options = {"engine": "python", "progress": False, "epochs": 60, "last_epoch": True}
    done = cr.train_on_table(columns, "species", **options)
    right = [n for n, row in enumerate(done.held_out.numbers) if row not in flipped]
    ex = cr.explain(
        done.net, done.held_out.examples.subset(right), [done.held_out.y.tolist()[n] for n in right]
    )
    taught = ex.taught_by(training=columns, retrainings=2, progress=False)
    learned = [row for row in flipped if row in taught.ranking]
    losses = dict(zip(done.train.numbers, done.train.losses(), strict=True))
    by_loss = sorted(losses, key=losses.get, reverse=True)[:12]
    assert len(set(learned) & set(taught.ranking[:12])) >= len(set(learned) & set(by_loss)) >= 3
    assert taught.together.loss_without < taught.loss_retrained


@pytest.mark.parametrize(
    ("net", "training", "sentence"),
    [
        (
            lambda: cr.Network([cr.Dense(1, 2, "softmax")]),
            (X, Y),
            "does not say how it was trained",
        ),
        (lambda: fitted(epochs=1), None, r"was not trained on a table: give training=\(x, y\)"),
    ],
)
def test_what_is_not_known_is_asked_for(net, training, sentence):
    with pytest.raises(OptionError, match=sentence):
        cr.explain(net(), [[0.4]], [1]).taught_by(training=training, progress=False)


def test_a_network_that_was_trained_twice_is_refused():
    net = fitted(epochs=1)
    net.fit(X, Y, epochs=1, progress=False)
    with pytest.raises(OptionError, match="by one whole fit"):
        cr.explain(net, [[0.4]], [1]).taught_by(training=(X, Y), progress=False)


def test_gradients_along_a_direction_are_their_products_with_it():
    study = cr.explain(fitted(epochs=1), X, Y).network
    direction = {name: array * 2 + 1 for name, array in study.parameters.items()}
    each = per_example_gradients(study)
    for n, along in enumerate(per_example_along(study, direction).tolist()):
        by_hand = sum(
            sum(reshape(each[name][n] * direction[name], (-1,)).tolist()) for name in direction
        )
        assert along == pytest.approx(by_hand, rel=1e-12)


def lesson_of(study, trainings):
    """A lesson whose trainings change nothing, and note what they leave out."""

    def train(places, watchers):
        trainings.append(tuple(places))
        return study.parameters

    return Lesson(study, train, seconds=1.0, epochs=1)


def test_of_one_row_as_many_are_tried_as_there_are_trainings_and_it_is_called_by_its_number():
    learned = cr.explain(fitted(epochs=1), X, Y).network
    for retrainings, tried in ((2, 1), (3, 1), (5, 3)):
        trainings = []
        taught = taught_by(
            learned.only([4]), lesson_of(learned, trainings), retrainings=retrainings
        )
        assert [len(places) for places in trainings] == [0, *[1] * tried]
    assert "what taught row 4, trained again 4 times" in str(taught)
    assert [line.split()[1] for line in str(taught).splitlines()[-3:]] == [
        str(one.rows[0]) for one in taught.each
    ]
    assert "taught the network to get row 4 wrong" in " ".join(str(taught).split())


def test_of_several_rows_the_first_twentieth_is_left_out_together_and_eight_are_named():
    x = [[n / 100] for n in range(180)]
    learned = cr.explain(fitted(epochs=1), x, [n % 2 for n in range(180)]).network
    taught = taught_by(learned.only([1, 2]), lesson_of(learned, []), retrainings=3)
    assert taught.together.rows == taught.ranking[:9]
    trainings = []
    taught = taught_by(learned.only([1, 2]), lesson_of(learned, trainings), retrainings=2)
    assert (taught.each, [len(places) for places in trainings]) == ((), [0, 9])
    named = ", ".join(map(str, taught.ranking[:8]))
    without = f"Without 9 rows ({named} and 1 more) together the loss would be"
    assert without in " ".join(str(taught).split())


def test_effects_are_learning_rate_times_product():
    net = fitted(epochs=1)
    study = cr.explain(net, X, Y).network
    watcher = _GradientWatcher(study.only([3]), study, 1)
    net.fit(X, Y, epochs=1, learning_rate=0.25, validation=None, watchers=[watcher], progress=False)
    now = cr.explain(net, X, Y).network
    along, directed = compare(now.only([3]), now)
    assert watcher.effects == pytest.approx([0.25 * each for each in along])
    assert watcher.directions == pytest.approx([0.25 * each for each in directed])


def test_what_taught_a_mistake_reads_in_few_digits():
    each = (Without((7,), 1 / 3, "cat"), Without((8,), 8 / 7, "dog"))
    taught = TaughtBy(
        rows=(3,),
        loss_before=2 / 3,
        loss_retrained=6 / 7,
        answer="dog",
        each=each,
        together=Without((7, 8, 9), 1 / 7),
        ranking=(7, 8),
        labels={7: "cat", 8: "dog"},
        seconds=1.0,
    )
    assert " ".join(str(taught).split()) == (
        "what taught row 3, trained again 4 times Trained again with every row, the loss is "
        "0.8571 and not 0.6667: data, options or engine are not those of the first training, and "
        "what follows is about the second. Without row 7 (cat) the loss of row 3 would be 0.3333 "
        "instead of 0.8571, and the answer cat. Without 3 rows (7, 8, 9) together the loss would "
        "be 0.1429. without which is loss given back then row 7 cat 0.3333 0.5238 cat row 8 dog "
        "1.143 -0.2857 dog"
    )
    one = {"together": None, "each": each[1:], "labels": {8: "dog"}, "rows": (3, 4)}
    alone = replace(taught, loss_before=6 / 7, **one)
    assert " ".join(str(alone).split()).startswith(
        "what taught these rows, trained again 2 times No single row that was tried taught the "
        "network to get these rows wrong. without"
    )
    several = replace(alone, answer=None, each=(Without((8,), 8 / 7),))
    assert str(several).splitlines()[-2].split() == [
        "without",
        "which",
        "is",
        "loss",
        "given",
        "back",
    ]
    assert ">then<" not in several._repr_html_()
    as_before = replace(taught, each=(Without((7,), 1 / 3, "dog"),))
    assert "and the answer still dog." in " ".join(str(as_before).split())
    wrong_themselves = str(replace(taught, together=Without((7, 8), 1.0)))
    assert "together the loss would be 1, more than with them." in " ".join(
        wrong_themselves.split()
    )


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        (2.0, 2.0 + 1.9e-6, True),
        (2.0, 2.0 + 2.1e-6, False),
        (0.0, 0.9e-12, True),
        (0.0, 1e-6, False),
    ],
)
def test_a_training_that_comes_within_a_millionth_of_the_loss_is_the_same(before, after, same):
    taught = TaughtBy((3,), before, after, None, (), None, (), {}, 1.0)
    assert taught.reproduced is same


@pytest.mark.parametrize(
    ("epochs", "looked_at"),
    [(3, [1, 2, 3]), (10, [*range(1, 11)]), (18, [*range(1, 19)]), (20, [*range(2, 21, 2)])],
)
def test_gradients_are_compared_after_about_ten_epochs(epochs, looked_at, monkeypatch):
    net = fitted(epochs=1)
    study = cr.explain(net, X, Y).network
    watcher, seen = _GradientWatcher(study.only([3]), study, epochs), []

    class Noting(Watcher):
        """Notes when the losses have grown."""

        def epoch(self, run, record):
            before = watcher.losses[0]
            watcher.epoch(run, record)
            if watcher.losses[0] != before:
                seen.append(record.epoch)

    options = {"learning_rate": 1e-9, "validation": None, "progress": False}
    net.fit(X, Y, epochs=epochs, watchers=[Noting()], **options)
    assert seen == looked_at
    # The mean over the looks is the loss, since next to nothing was learned.
    assert watcher.losses == pytest.approx(study.losses().tolist(), rel=1e-4)


@pytest.mark.parametrize("better", [{2, 5, 6}, {2, 5}, {2}, set()])
def test_of_one_row_the_rows_without_which_it_costs_less_are_left_out_together(better):
    learned = cr.explain(fitted(epochs=1), X, Y).network
    weights = dict(learned.parameters)

    def train(places, watchers):
        # Without these the output's bias is nearer to the truth of what is explained.
        by = 0.5 * len(better.intersection(places))
        return {**weights, "dense2.bias": weights["dense2.bias"] + xp.asarray([by, 0.0])}

    said = []
    taught = taught_by(
        learned.only([4]),
        Lesson(learned, train, seconds=2.0, epochs=1),
        retrainings=len(X) + 2,
        announce=said.append,
    )
    assert set(taught.together.rows if taught.together else ()) == (
        better if len(better) > 1 else set()
    )
    assert {one.rows[0] for one in taught.each[: len(better)]} == better
    assert len(taught.each) == len(X)
    assert said[0] == (
        "Training again without rows: at most 23 trainings of about 2 s, 46 s in all."
    )
    assert f"without row {taught.ranking[0]}: loss " in said[1]
    assert len(said) == 1 + len(X) + (len(better) > 1)


def test_rows_of_another_class_that_lie_near_are_the_likelier_cause():
    hidden = [cr.Dense(1, 1, weight=[[w]], bias=[0.0]) for w in (1.0, 1.0, 2.0)]
    layers = [*hidden, cr.Dense(1, 2, "softmax")]
    net = cr.Network(layers, engine="python", seed=1)
    study = cr.explain(net, [[0.0], [1.0], [2.0], [0.5]], [0, 1, 1, 0]).network
    # In the last hidden layer they lie at 0, 2, 4 and 1, in those before at half of that.
    assert _nearness(study.only([0]), study) == [-inf, -4.0, -16.0, -inf]
