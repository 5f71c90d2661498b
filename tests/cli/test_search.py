"""`chainrule search` and folds in `chainrule train`: tables at the end, and a command that fits."""

import json
import shlex

import pytest

from chainrule.cli.train import how_often

QUICK = ("--engine", "python", "--epochs", 9)


def as_json(outcome):
    assert (outcome.status, outcome.err) == (0, "")
    return json.loads(outcome.out)


def test_the_command_at_the_end_trains_what_was_measured(chainrule):
    words = ("search", "penguins", *QUICK, "--trials", 3, "--activation", "tanh", "--json")
    found = as_json(chainrule(*words))
    again = as_json(chainrule(*shlex.split(found["command"])[1:], "--json"))
    assert again["validation"]["loss"] == found["trials"][0]["loss"]
    assert "--activation tanh" in found["command"]
    assert "--trials" not in found["command"]


def test_the_report_is_a_table_with_the_best_first(chainrule):
    done = chainrule("search", "iris", *QUICK, "--trials", 3)
    lines = done.out.splitlines()
    assert lines[0].split() == [
        "layers",
        "learning",
        "rate",
        "dropout",
        "epochs",
        "accuracy",
        "loss",
    ]
    assert lines[-1].startswith("next      chainrule train iris --epochs 9 --engine python")
    assert "round 1 of 3: 3 settings for 1 epoch each" in done.err
    assert max(len(line) for line in lines if not line.startswith("next")) <= 80
    assert chainrule("search", "iris", *QUICK, "--trials", 3).out == done.out


def test_the_help_gives_no_default_to_what_is_drawn(chainrule):
    said, of_train = (
        " ".join(chainrule(name, "--help").out.split()) for name in ("search", "train")
    )
    assert said.count("else drawn") == 3
    assert "For hidden neurons; else drawn. --loss" in said
    assert "For hidden neurons. [default: 0.0]" in of_train


def test_what_is_given_is_not_drawn(chainrule):
    words = ("search", "xor", *QUICK, "--trials", 2, "--layers", 3, "--dropout", 0)
    found = as_json(chainrule(*words, "--json"))
    assert [set(t["options"]) for t in found["trials"] if t["options"]] == [{"learning_rate"}]
    assert "--layers 3" in found["command"]


def test_a_quiet_search_is_silent(chainrule):
    assert chainrule("search", "xor", *QUICK, "--trials", 1, "--quiet") == (0, "", "")


@pytest.fixture
def visits(folder):
    rows = "".join(f"p{row % 8},{row},{row * 7 % 11},{'ab'[row % 2]}\n" for row in range(80))
    (folder / "visits.csv").write_text(f"who,day,x,y\n{rows}")
    return "visits.csv"


def test_folds_stand_in_a_table_at_the_end(chainrule, visits):
    done = chainrule("train", visits, *QUICK, "--folds", 4, "--group", "who")
    lines = [line.split() for line in done.out.splitlines()]
    place = lines.index(["fold", "learned", "held", "out", "accuracy", "commonest", "loss"])
    assert [line[0] for line in lines[place + 1 : place + 7]] == ["1", "2", "3", "4", "mean", "±"]
    assert "4 folds) on rows held out" in " ".join(done.out.split())
    assert "who: left out, because you said so" in " ".join(done.out.split())


def test_the_network_that_is_saved_learns_from_all_folds_but_the_last(chainrule, visits):
    found = as_json(chainrule("train", visits, *QUICK, "--folds", 4, "--time", "day", "--json"))
    assert [fold["learned"] for fold in found["folds"]["folds"]] == [16, 32, 48, 64]
    assert (found["training"]["rows"], found["validation"]["rows"]) == (64, 16)
    assert found["validation"]["loss"] == found["folds"]["folds"][-1]["loss"]


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--folds", 1), "whole number, at least 2"),
        (("--group", "who"), "give --folds N too"),
        (("--folds", 3, "--validation", 0.5), "leave out --validation"),
        (("--folds", 3, "--memory", "64MB"), "leave out --memory"),
        (("--folds", 3, "--group", "whom"), "did you mean 'who'?"),
        (("--folds", 3, "--group", "who", "--time", "day"), "leave one out"),
        (("--checkpoint-every", "2 epochs"), "give --checkpoint"),
        (("--checkpoint-every", "now and then"), "'now and then' is neither"),
        (("--checkpoint-every", "1.5 epochs"), "not a whole number"),
        (("--checkpoint-every", "0 s"), "'0 s' is neither"),
    ],
)
def test_what_does_not_fit_together_is_refused(chainrule, visits, words, part):
    done = chainrule("train", visits, *QUICK, *words)
    assert (done.status, done.out, len(done.err.splitlines())) == (2, "", 1)
    assert part in done.err


@pytest.mark.parametrize("words", [("--group", "who"), ("--folds", 3, "--validation", 0.5)])
def test_a_search_refuses_what_training_by_folds_does(chainrule, visits, words):
    done = chainrule("search", visits, *QUICK, *words)
    assert (done.status, done.out) == (2, "")
    assert done.err == chainrule("train", visits, *QUICK, *words).err.replace(" train ", " search ")


@pytest.mark.parametrize(
    ("words", "when"),
    [
        ("1 epoch", {"every": 1}),
        ("12 epochs", {"every": 12}),
        ("30 s", {"seconds": 30}),
        ("1.5min", {"seconds": 90}),
        ("2 h", {"seconds": 7200}),
    ],
)
def test_a_run_is_kept_as_often_as_people_say_it(words, when):
    assert how_often(words) == when
