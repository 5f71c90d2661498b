"""`chainrule worksheet`: the same worksheet as from Python, on the screen or in a file."""

import json
from pathlib import Path

import pytest

import chainrule as cr
from chainrule.model.rows import rows_for


@pytest.fixture
def sheet(net):
    return cr.explain(net, rows_for(net).row(3)).worksheet()


def test_it_prints_the_worksheet_of_the_row(chainrule, trained, sheet):
    words = ("worksheet", trained, "--row", 3, "--engine", "python")
    assert chainrule(*words).out == f"{sheet}\n"
    assert "sepal" in str(sheet)
    assert (
        json.loads(chainrule(*words, "--json").out)["lines"][-1]["value"] == sheet.lines[-1].value
    )
    assert "= ________" in chainrule(*words, "--no-answers").out


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_it_writes_a_file(chainrule, trained, sheet, form):
    words = ("worksheet", trained, "--row", 3, "--format", form, "--out", "sheet")
    done = chainrule(*words, "--engine", "python")
    assert done.status == 0
    assert "sheet" in done.out
    assert Path("sheet").read_text(encoding="utf-8") == getattr(sheet, f"to_{form}")() + "\n"


def test_it_leaves_the_model_as_it_is(chainrule, trained):
    done = chainrule("worksheet", trained, "--row", 3, "--out", trained)
    assert (done.status, done.out) == (2, "")
    assert "would overwrite the model" in done.err
