"""A search is seeded, keeps what is given, keeps the defaults to the end, and ends in time."""

import math

import pytest

import chainrule as cr
from chainrule.errors import NotANumberError, OptionError
from chainrule.model import Scores, train_on_table

QUICK = {"engine": "python", "epochs": 9, "progress": False}


def test_the_same_seed_tries_and_finds_the_same():
    found = cr.search("xor", trials=4, **QUICK)
    assert found.to_dict() == cr.search("xor", trials=4, **QUICK).to_dict()
    assert found.to_dict() != cr.search("xor", trials=4, seed=1, **QUICK).to_dict()


def test_the_best_stands_first_and_what_was_measured_is_what_training_with_it_gives():
    found = cr.search("iris", trials=4, **QUICK)
    last = [trial for trial in found.trials if trial.epochs == 9]
    assert found.best is min(last, key=lambda trial: trial.loss)
    assert [trial.epochs for trial in found.trials] == sorted(
        (trial.epochs for trial in found.trials), reverse=True
    )
    again = train_on_table("iris", **{**QUICK, **found.best.options}).tested()
    assert (again.loss, again.accuracy) == (found.best.loss, found.best.score)
    assert found.baseline == again.commonest_share


@pytest.mark.extra("numpy")
def test_the_last_round_is_as_long_as_a_training_of_the_table_where_layers_are_wider():
    found = cr.search("digits", trials=1, engine="numpy", progress=False)
    done = train_on_table("digits", engine="numpy", progress=False)
    assert found.best.epochs == len(done.history) == 44


def test_each_round_keeps_the_best_third_and_the_defaults():
    said = []
    found = cr.search("xor", trials=9, tell=said.append, **QUICK)
    assert said[0] == "round 1 of 3: 9 settings for 1 epoch each"
    assert said[1].endswith("settings for 3 epochs each")
    assert {} in [trial.options for trial in found.trials if trial.epochs == 9]
    assert 12 < found.trainings <= 9 + 4 + 3
    assert len(found.trials) == 9


@pytest.mark.parametrize("wrong", [{"folds": 1}, {"l1": -1.0}, {"activation": "rely"}])
def test_nothing_is_announced_before_all_that_is_asked_is_found_possible(wrong):
    said = []
    with pytest.raises(cr.ChainruleError):
        cr.search("xor", trials=2, tell=said.append, **QUICK, **wrong)
    assert said == []


def test_who_asked_is_told_of_each_training_too():
    said, begun = [], []
    found = cr.search("xor", trials=2, tell=said.append, announce=begun.append, **QUICK)
    assert (len(begun), len(said)) == (found.trainings, 3)


def test_what_is_given_is_not_drawn():
    found = cr.search("xor", trials=3, layers=[3], dropout=0.0, **QUICK)
    assert [set(trial.options) for trial in found.trials if trial.options] == [
        {"learning_rate"}
    ] * 2
    with pytest.raises(OptionError, match="leave one to be drawn"):
        cr.search("xor", trials=3, layers=[3], dropout=0.0, learning_rate=0.1, **QUICK)


def test_settings_can_be_measured_by_folds():
    found = cr.search("iris", trials=2, folds=3, **QUICK)
    best = cr.cross_validate("iris", folds=3, **{**QUICK, **found.best.options})
    assert (found.best.loss, found.best.score) == (best.loss, best.score)


@pytest.fixture
def measured(monkeypatch):
    """Settings are measured by a function in place of a training."""

    def use(function):
        monkeypatch.setattr("chainrule.model.trials._measure", lambda _, given: function(given))

    return use


@pytest.mark.parametrize(
    ("engine", "widths"),
    [
        ("python", {8, 16, 32, 64}),
        pytest.param("numpy", {16, 32, 64, 128, 256}, marks=pytest.mark.extra("numpy")),
    ],
)
def test_every_depth_and_width_and_dropout_is_drawn_and_rates_from_a_thousandth_on(
    measured, engine, widths
):
    drawn = []

    def keep(given):
        drawn.append(given)
        return Scores(40, 0.5, accuracy=0.5)

    measured(keep)
    cr.search("xor", trials=500, **{**QUICK, "engine": engine})
    drawn = drawn[1:500]  # those of the first round, without the defaults
    shapes = {(len(given["layers"]), *given["layers"]) for given in drawn}
    assert shapes == {(n, *[width] * n) for n in (1, 2, 3) for width in widths}
    dropouts = [given["dropout"] for given in drawn]
    assert set(dropouts) == {0.0, 0.1, 0.25, 0.5}
    assert dropouts.count(0.0) / 499 == pytest.approx(0.4, abs=0.05)
    rates = sorted(given["learning_rate"] for given in drawn)
    assert (rates[0], rates[-1]) == (0.001, 0.03)
    assert rates[249] == pytest.approx((0.001 * 0.03) ** 0.5, rel=0.2)


def test_when_the_time_is_over_no_training_begins(measured, monkeypatch):
    now = [0.0]

    def slow(given):
        now[0] += 25.0
        return Scores(40, 0.5, accuracy=0.5)

    measured(slow)
    monkeypatch.setattr("chainrule.model.trials.perf_counter", lambda: now[0])
    found = cr.search("xor", trials=9, minutes=3, **QUICK)
    # A minute a round: the first begins trainings after 0, 25 and 50 seconds, and keeps a third.
    assert found.stopped == "The time was over (3 minutes)."
    assert found.trainings == 3 + 1 + 1


def test_an_interruption_ends_it_with_what_was_measured(measured):
    losses = iter([0.5, 0.25])

    def pressed(given):
        for loss in losses:
            return Scores(40, loss, accuracy=0.75)
        raise KeyboardInterrupt

    measured(pressed)
    found = cr.search("xor", trials=9, **QUICK)
    assert (found.stopped, found.best.loss, len(found.trials)) == ("Interrupted.", 0.25, 2)
    with pytest.raises(KeyboardInterrupt):
        cr.search("xor", trials=9, **QUICK)


def test_a_setting_that_leaves_the_finite_numbers_comes_last(measured):
    def torn(given):
        if given.get("layers"):
            raise NotANumberError("it leaves the finite numbers")
        return Scores(40, 0.5, accuracy=0.75)

    measured(torn)
    found = cr.search("xor", trials=2, **QUICK)
    assert found.best.options == {}
    assert math.isinf(found.trials[-1].loss)
    assert str(found).splitlines()[-1].split()[-2:] == ["-", "-"]


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"trials": 0}, "trials is 0"),
        ({"minutes": 0}, "minutes is 0"),
        ({"validation": 0}, "validation above 0"),
        (
            {"validation": 1, "epochs": None},
            "the part to hold out is 1: it must be at least 0 and below 1",
        ),
        ({"folds": 1}, "folds is 1"),
    ],
)
def test_what_cannot_be_searched_is_refused(options, part):
    with pytest.raises(OptionError, match=part):
        cr.search("xor", **{**QUICK, **options})
