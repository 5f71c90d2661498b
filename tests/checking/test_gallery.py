"""The gallery of wrong passes: all are caught, nine in ten are named, none is named wrongly."""

from collections import Counter
from functools import cache

import pytest

from benchmarks.gallery import functions, plain_python, reported, updates
from benchmarks.gallery.entry import NAMELESS, Entry, look_at, right_checks
from chainrule.checking import Check, Verdict
from chainrule.model import check_gradients


@cache
def results(family, as_function):
    return [look_at(entry, as_function=as_function) for entry in family.entries()]


@pytest.mark.parametrize("as_function", [True, False], ids=["functions", "numbers"])
@pytest.mark.parametrize("family", [plain_python, functions, reported, updates])
def test_wrong_passes_are_caught_and_none_is_named_wrongly(family, as_function):
    shown = results(family, as_function)
    bad = [f"{r.entry.name}: {r.causes}" for r in shown if r.outcome in ("MISSED", "WRONG")]
    assert bad == []


def test_nine_in_ten_of_at_least_120_wrong_passes_are_named():
    shown = [r for family in (plain_python, functions, updates) for r in results(family, True)]
    assert len(shown) >= 120
    assert {result.entry.point for result in shown} == {"generic", "round"}
    assert Counter(r.outcome for r in shown)["right"] >= 0.9 * len(shown)


@pytest.mark.parametrize("as_function", [True, False], ids=["functions", "numbers"])
def test_every_reported_mistake_that_has_a_name_and_two_numbers_gets_it(as_function):
    shown = [r for r in results(reported, as_function) if r.entry.truth != NAMELESS]
    unnamed = [r.entry.slip for r in shown if r.outcome != "right"]
    assert len(shown) >= 40
    assert unnamed == ["0 at the 0: tensorflow#119430"] * 2  # one number proves no cause


@pytest.mark.parametrize("family", [functions, reported])
def test_the_functions_of_the_gallery_pass_without_their_slips(family):
    assert [name for name, check in right_checks(family.FAMILIES) if not check.passed] == []


@pytest.mark.extra("numpy")
@pytest.mark.parametrize("as_function", [True, False], ids=["functions", "numbers"])
def test_wrong_gradients_of_larger_models_are_caught_and_the_right_ones_pass(as_function):
    from benchmarks.gallery import models

    shown = results(models, as_function)
    assert [r.entry.name for r in shown if r.outcome in ("MISSED", "WRONG")] == []
    assert len(shown) >= 20
    assert [name for name, check in right_checks(models.FAMILIES) if not check.passed] == []


@pytest.mark.extra("numpy")
@pytest.mark.parametrize("as_function", [True, False], ids=["functions", "numbers"])
def test_nine_in_ten_are_named_with_those_written_with_numpy(as_function):
    from benchmarks.gallery import with_numpy

    shown = results(with_numpy, as_function)
    assert [r.entry.name for r in shown if r.outcome in ("MISSED", "WRONG")] == []
    assert sum(r.outcome == "right" for r in shown) >= 0.9 * len(shown)
    shown += [r for fam in (plain_python, functions, updates) for r in results(fam, as_function)]
    shown = [r for r in shown if "tied" not in r.entry.program]  # of which no cause is known
    assert sum(r.outcome == "right" for r in shown) >= 0.9 * len(shown)


@pytest.mark.extra("numpy")
@pytest.mark.parametrize("seed", [3, 101, 112])
def test_no_cause_is_named_falsely_on_networks_of_random_round_numbers(seed):
    from benchmarks.gallery.chance import entries

    shown = [
        look_at(entry, as_function=how)
        for entry in entries(seed)
        for how in (True, False)
        if "three layers" not in entry.name or "[::-1]" in entry.name
    ]
    assert [(r.entry.name, r.causes) for r in shown if r.outcome == "WRONG"] == []


def test_the_programs_of_the_gallery_pass_without_their_slips():
    for weights, x, y in plain_python.POINTS.values():
        net = plain_python.network(weights)
        right = plain_python.right_pass()
        assert check_gradients(net, x, y, "mean_squared_error", gradient=right).passed
    assert all(check.passed for _, check in updates.right_updates())


def test_a_false_name_and_a_name_for_the_nameless_are_counted_as_wrong():
    verdict = Verdict("w", "wrong", "complex step", 2.0, 1.0, 0.0, "", cause="is counted twice")
    for truth, outcome in (("twice", "right"), ("half", "WRONG"), (NAMELESS, "WRONG")):
        entry = Entry("f", "round", "w for 2w", truth, lambda _: Check("f", [verdict]))
        assert look_at(entry, as_function=True).outcome == outcome
