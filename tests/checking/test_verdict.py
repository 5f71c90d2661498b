from math import inf, nan

import pytest

from chainrule.checking.verdict import Check, Measured, Verdict, shared_digits


def verdict(outcome, given=1.0, found=1.0, tolerance=1e-12):
    return Verdict("w", outcome, "complex step", given, found, tolerance, f"is {outcome}")


@pytest.mark.parametrize("given", [nan, inf])
@pytest.mark.parametrize("found", [nan, inf, 1.0])
def test_what_is_no_number_agrees_with_nothing(given, found):
    for measured in (Measured(given, found, 1.0), Measured(found, given, 1.0)):
        assert not measured.agrees
        assert measured.excess > 1 or given == found
    assert shared_digits(given, found) in (0, 16)
    assert shared_digits(nan, nan) == 0


def test_a_method_promises_something_from_two_digits_of_the_largest_number_on():
    for off, promises in (0.01, True), (0.0101, False):
        for given, slope, scale in (1.0, 0.5, 0.0), (-1.0, 0.5, 0.0), (0.5, 1.0, 0.0), (0, 0.5, 1):
            assert Measured(given, slope, off).promises(scale) is promises
    for off, promises in (2.0**-7, True), (2.0**-6, False):  # what is allowed is no error
        assert Measured(1.0, 0.5, 1 + off, allowed=1.0).promises(0.0) is promises
    assert Measured(0.5, 0.5, 1.0).promises(0.0)
    # A slope given as 0 is measured on the steepest one nearby, one that is not is not.
    assert Measured(2.0**-40, 0.0, 0.01, scale=1.0).promises(0.0)
    assert not Measured(2.0**-39, 0.0, 0.01, scale=1.0).promises(0.0)


def test_what_is_the_same_is_off_by_nothing_and_by_infinitely_much_where_nothing_is_allowed():
    assert Measured(1.0, 1.0, 0.0).excess == 0.0
    assert Measured(1.0, 1.5, 0.25).excess == 2.0
    assert Measured(1.0, 1.5, 0.0).excess == inf
    assert Measured(1.0, 1.5, 0.5).agrees
    assert not Measured(1.0, 1.5, 0.4999).agrees
    assert Measured(1.0, 1.5, 0.25, allowed=0.125).may_agree(3.0)
    assert not Measured(1.0, 1.5, 0.25, allowed=0.125).may_agree(2.9)


def test_digits_are_counted_on_the_larger_number_or_on_the_scale():
    assert shared_digits(1.0, 1.001) == 3
    assert shared_digits(1e-14, 0.0) == 0
    assert shared_digits(1.0, -1.0) == 0
    assert shared_digits(1e-14, 0.0, scale=1.0) == 14
    assert shared_digits(0.0, 0.0) == 16


def test_a_kink_neither_passes_nor_fails():
    assert [verdict(o).passed for o in ("agrees", "rounded", "kink", "wrong")] == [
        True,
        True,
        None,
        False,
    ]
    assert Check("f", [verdict("agrees"), verdict("kink")]).passed
    assert not Check("f", [verdict("agrees"), verdict("wrong")]).passed


def test_a_check_of_nothing_has_not_passed():
    assert not Check("f", []).passed


def test_the_worst_is_wrong_before_it_is_a_kink_before_it_is_close():
    near, nearer = verdict("agrees", 1.0 + 5e-13), verdict("agrees")
    kink, wrong = verdict("kink", 0.0), verdict("wrong", 1.1)
    assert Check("f", [nearer, near]).worst is near
    assert Check("f", [nearer, kink, near]).worst is kink
    assert Check("f", [wrong, kink, near]).worst is wrong


def test_a_table_of_verdicts_says_in_words_what_does_not_agree():
    good = Verdict("w" * 31, "agrees", "complex step", -1.5, -1.50000015, 1e-6, "agrees")
    bad = Verdict("b", "wrong", "h-sweep", 1234567.0, 2.0, 1e-6, "wrong at b: it is far off")
    assert str(Check("f", [good, bad], "On some rows.")).splitlines() == [
        "f: NOT passed",
        "",
        f"{'':30} verdict         given         found  by",
        f"{'w' * 14}…{'w' * 15} agrees           -1.5          -1.5  complex step",
        f"b{'':29} wrong     1.23457e+06             2  h-sweep",
        "",
        "b: wrong at b: it is far off",
        "",
        "On some rows.",
    ]
    assert str(Check("f", [good])).splitlines()[-2:] == [
        "",
        "All agree, to at least 7 digits; the methods promise 6.",
    ]
    none = Verdict("w", "agrees", "h-sweep", 0.0, 1e-9, 1e-6, "agrees: 0")
    assert str(Check("f", [none])).splitlines()[-1] == "All agree."
