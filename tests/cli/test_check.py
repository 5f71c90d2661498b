"""`chainrule check`: its exit status is its verdict."""

import json

import pytest

import chainrule as cr
from chainrule.cli.options import Asked
from chainrule.model import check

PYTHON = ("--engine", "python")


@pytest.fixture
def doubled(monkeypatch):
    """A backward pass that has forgotten a half somewhere."""
    right = cr.check_gradients

    def check(net, x, y, **options):
        gradients = {name: 2 * g for name, g in net.gradients(x, y).items()}
        return right(net, x, y, gradient=gradients, **options)

    monkeypatch.setattr(cr, "check_gradients", check)


def test_right_gradients_pass(chainrule, trained):
    done = chainrule("check", trained, *PYTHON)
    assert (done.status, done.err) == (0, "")
    assert "passed" in done.out
    assert max(map(len, done.out.splitlines())) <= 80


def test_one_row_and_a_number_of_rows_are_not_asked_for_at_once(chainrule, trained):
    done = chainrule("check", trained, "--row", 3, "--rows", 10)
    assert (done.status, done.out) == (2, "")
    assert "--row checks one row, and --rows many" in done.err


def test_wrong_gradients_end_with_status_1(chainrule, trained, doubled):
    done = chainrule("check", trained, *PYTHON)
    assert (done.status, done.err) == (1, "")
    assert "NOT passed" in done.out


def test_json_holds_the_same_verdict(chainrule, trained, doubled):
    done = chainrule("check", trained, *PYTHON, "--json")
    assert done.status == 1
    assert json.loads(done.out)["passed"] is False


def test_data_may_be_given(chainrule, trained):
    assert chainrule("check", trained, "iris", *PYTHON).status == 0
    assert len(Asked(str(trained), "iris", None, "python", as_json=False).rows()) == 150


def test_one_row_or_a_seeded_sample_may_be_checked(chainrule, trained):
    one = chainrule("check", trained, *PYTHON, "--row", "7")
    assert one.status == 0
    assert "1 row," in one.out
    some = chainrule("check", trained, *PYTHON, "--rows", "20")
    assert "20 of 150 rows" in some.out
    assert "seeded sample" in some.out
    other = chainrule("check", trained, *PYTHON, "--rows", "20", "--seed", "1")
    assert other.out != some.out
    every = chainrule("check", trained, *PYTHON, "--rows", "all")
    assert "150 rows" in every.out
    assert "sample" not in every.out
    assert chainrule("check", trained, *PYTHON, "--rows", "none").status == 2


def test_a_check_of_many_rows_says_beforehand_how_long_it_takes(chainrule, trained, monkeypatch):
    asked = "check", trained, *PYTHON, "--rows", "all"
    assert "take about" not in chainrule(*asked).out
    monkeypatch.setattr("chainrule.model.seconds_to_check", lambda *a, rows: rows / 15)
    done = chainrule(*asked)
    assert done.out.startswith("time      150 rows take about 10 s, as a few of them suggest")
    assert "take about" not in chainrule(*asked, "--json").out
    assert "take about" not in chainrule("check", trained, *PYTHON, "--rows", 149).out
    more = chainrule("check", trained, *PYTHON, "--rows", 151)
    assert more.out.startswith("time      150 rows take about 10 s")
    assert "take about" not in chainrule("check", trained, *PYTHON).out


def test_the_time_that_many_rows_take_is_that_of_a_few_times_as_many(monkeypatch):
    net = cr.Network([cr.Dense(3, 40), cr.Dense(40, 40), cr.Dense(40, 1)], engine="python")
    x, y = [[0.1, 0.2, 0.3]] * 400, [[1.0]] * 400
    ticks = iter([5.0, 7.0])
    monkeypatch.setattr(check, "perf_counter", lambda: next(ticks))
    assert check.seconds_to_check(net, x, y, rows=400) == 2.0 * 400 / 40
    assert check.seconds_to_check(net, x, y, rows=100) == 0.0
