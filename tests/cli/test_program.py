"""`chainrule program`: the source that it prints is the network's own backpropagation."""

import json

import pytest

from tests.processes import python

PYTHON = ("--engine", "python")


def test_the_program_runs_by_itself_and_finds_the_loss_that_explain_names(
    chainrule, trained, folder
):
    done = chainrule("program", trained, *PYTHON, "--row", "3")
    assert (done.status, done.err) == (0, "")
    (folder / "program.py").write_text(done.out)
    printed = python("-I", "-S", "program.py", folder=folder).stdout
    explained = json.loads(chainrule("explain", trained, *PYTHON, "--row", "3", "--json").out)
    loss = next(line for line in printed.splitlines() if line.startswith("L "))
    assert float(loss.split("=")[1]) == pytest.approx(explained["loss"], rel=1e-12)


def test_json_holds_the_same_program(chainrule, trained):
    found = json.loads(chainrule("program", trained, *PYTHON, "--row", "3", "--json").out)
    text = chainrule("program", trained, *PYTHON, "--row", "3").out
    assert (found["row"], found["program"].rstrip()) == (3, text.rstrip())


@pytest.mark.extra("numpy")
def test_the_numpy_engine_prints_what_it_runs(chainrule, trained):
    assert "from numpy import" in chainrule("program", trained, "--engine", "numpy").out
