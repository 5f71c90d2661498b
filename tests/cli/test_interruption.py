"""Ctrl-C in a real process: what was learned is saved, and the run goes on to the bit."""

import os
import sys

import pytest

from chainrule.model import load
from tests.processes import python
from tests.source_files import PROJECT

TRAIN = ("train", "iris", "--engine", "python", "--epochs", "40", "--learning-rate", "0.1")

# Presses Ctrl-C on this very process in the middle of an epoch, and then runs the command.
PRESSED = """
import os, signal, sys
from chainrule.cli import main
from chainrule.train.run import TrainingRun

signal.signal(signal.SIGINT, signal.default_int_handler)
take, presses = TrainingRun._take, [None]

def pressed(run, batch, followers):
    if run.epoch == int(sys.argv[1]) and run.steps_in_epoch == 2 and presses:
        presses.pop()
        os.kill(os.getpid(), signal.SIGINT)
    return take(run, batch, followers)

TrainingRun._take = pressed
main(sys.argv[2:])
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are sent the POSIX way")


def pressed(folder, epoch, *words):
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "PYTHONIOENCODING": "utf-8"}
    return python("-c", PRESSED, str(epoch), *words, folder=folder, env=environment)


def weights(path):
    return {name: w.tolist() for name, w in load(path, engine="python").parameters.items()}


def test_an_interrupted_training_saves_the_best_and_goes_on_to_the_bit(chainrule, folder):
    done = pressed(folder, 30, *TRAIN)
    assert (done.returncode, done.stderr) == (130, "")
    assert "Interrupted in epoch 31 of 40; the weights of epoch" in " ".join(done.stdout.split())
    last = done.stdout.splitlines()[-1]
    assert last == f"next      chainrule {' '.join(TRAIN)} --resume"
    halted = load("iris.safetensors", engine="python").history
    assert halted.interrupted
    assert halted.best.epoch < 30

    assert chainrule(*TRAIN, "--resume", "--quiet").status == 0
    resumed = weights("iris.safetensors")
    assert not (folder / "iris.run").exists()
    assert chainrule(*TRAIN, "--out", "whole.safetensors", "--quiet").status == 0
    assert resumed == weights("whole.safetensors")


def test_a_run_that_is_kept_by_name_goes_on_from_there(chainrule, folder):
    words = (*TRAIN, "--checkpoint", "kept", "--checkpoint-every", "7 epochs")
    assert pressed(folder, 30, *words).returncode == 130
    assert sorted(path.name for path in folder.iterdir()) == [
        *("iris.safetensors", "iris.toml", "kept")
    ]
    assert chainrule(*words, "--resume", "--quiet").status == 0
    assert (folder / "kept").exists()
    resumed = weights("iris.safetensors")
    chainrule(*TRAIN, "--quiet")
    assert resumed == weights("iris.safetensors")


def test_an_interruption_of_the_first_epoch_saves_nothing(folder):
    done = pressed(folder, 0, *TRAIN, "--quiet")
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr.strip() == "chainrule: interrupted; no model was saved."
    assert list(folder.iterdir()) == []


def test_a_new_training_begins_anew_and_clears_the_run_that_was_left(chainrule, folder):
    assert pressed(folder, 30, *TRAIN, "--quiet").stdout == ""
    assert (folder / "iris.run").exists()
    assert chainrule(*TRAIN, "--epochs", 2, "--quiet").status == 0
    assert not (folder / "iris.run").exists()
    assert len(load("iris.safetensors").history) == 2


def test_with_the_ledger_the_weights_are_saved_and_no_run_is_kept(folder):
    done = pressed(folder, 2, *TRAIN, "--layers", "none", "--ledger")
    assert done.returncode == 130
    assert "--resume" not in done.stdout
    assert sorted(path.name for path in folder.iterdir()) == ["iris.safetensors", "iris.toml"]


def test_a_search_that_is_interrupted_shows_what_it_has(folder):
    words = ("search", "iris", "--engine", "python", "--epochs", "45", "--trials", "6")
    done = pressed(folder, 10, *words)  # the first round has 5 epochs
    assert done.returncode == 130
    assert "Interrupted. 6 trainings" in " ".join(done.stdout.split())
    assert done.stdout.splitlines()[-1].startswith("next      chainrule train iris --epochs 45")
