"""What a checker says of slopes that were measured, each step of it by itself."""

import math
from types import SimpleNamespace

import pytest

from chainrule.arrays.random import Generator
from chainrule.checking.check import Checker
from chainrule.checking.precision import Precision
from chainrule.checking.sweep import MeasuredSlope
from chainrule.checking.verdict import Measured


def agreed(*measured, precision=None, entrywise=True):
    """The verdict on slopes that agree."""
    checked = SimpleNamespace(method="complex step", no_slope="no slope")
    asked = {"checked": checked, "entrywise": entrywise, "precision": precision}
    checker = SimpleNamespace(given={"w": [m.given for m in measured]}, **asked)
    return Checker._agreed(checker, "w", list(measured), list(range(len(measured))))


TENTH = Precision("within 0.1", 3, {}, asked=True)
COARSE = "cannot tell: 2 was given and complex step finds 2.001, and rounding alone may move them "
BY, ALONG = "by complex step, entry by entry", "by complex step, along a random direction"


@pytest.mark.parametrize(
    ("measured", "options", "shown", "said"),
    [
        # The fewest digits, and of as many the one that is furthest off for its tolerance.
        ([(1, 1 + 1e-9, 1e-6), (2, 2 + 2e-5, 1e-3)], {}, 2, f"agrees to 5 digits {BY}; it can "),
        ([(1, 1 + 1e-9, 1e-5), (1, 1 + 1e-9, 1e-6), (1, 1 + 1e-9, 1e-4)], {}, 1e-6, None),
        # Digits are counted on the largest number, or on the length of all.
        ([(1e-3, 1e-3, 0), (1, 1 + 1e-5, 1e-3)], {}, 1, f"agrees to 5 digits {BY}; it can promi"),
        ([(3e3, 3e3, 0), (1, 1 + 3e-6, 1e-3)], {"entrywise": False}, 1, f"to 9 digits {ALONG}"),
        ([(0, 0, 1e-9)], {}, 0, f"agrees: 0 to within 1e-09 {BY}"),
        (
            [(1, 1 + 1e-3, 0.1, 0.1)],
            {"precision": TENTH},
            1,
            f"to 3 digits {BY}; it can promise 16",
        ),
        ([(1, 1 + 1e-2, 0.1, 0.1)], {"precision": TENTH}, 1, f"agrees to within 0.1 {BY}"),
        ([(1, 1.001, 0.15, 0.1), (2, 2.001, 0.16, 0.1)], {"precision": TENTH}, 2, COARSE),
        # What is nothing beside the slopes nearby may share no digit.
        ([(1e-14, 1.5e-14, 1e-14, 0, 1.0)], {}, 1e-14, f"agrees: 0 to within 1e-14 {BY}"),
        ([(1e-14, 1.05e-14, 1e-14, 0, 1.0)], {}, 1e-14, f"agrees to 1 digit {BY}; it can"),
    ],
)
def test_what_agrees_is_said_of_the_entry_that_agrees_least(measured, options, shown, said):
    names = ("given", "slope", "tolerance", "allowed", "scale")
    found = agreed(*(Measured(**dict(zip(names, m, strict=False))) for m in measured), **options)
    assert shown in (found.given, found.tolerance)
    assert said is None or said in found.sentence


@pytest.mark.parametrize("sign", [1, -1])
def test_entries_meet_at_a_kink_where_their_slopes_do_not_add_up_along_a_direction(sign):
    steps = [2 * u - 1 for u in Generator(0).random(2)]
    off = 0.125 + math.hypot(0.25 * steps[0], 0.5 * steps[1])
    entries = [Measured(3.0, 3.0, 1.25, entries=[0]), Measured(5.0, 5.0, 2.5, entries=[1])]

    def meet(swept, entries=entries):
        checked = SimpleNamespace(moving=lambda places, by: (places, by), swept=swept)
        exact = {"w": [1.0, 2.0]}  # what rounding may do to both is no error of the method
        known = SimpleNamespace(checked=checked, exact=exact, _first_measured={"w": entries})
        return Checker._meet(known, 1)

    def beyond(share, **more):
        def swept(direction):
            assert direction == ([("w", 0), ("w", 1)], steps)
            along = 3 * steps[0] + 5 * steps[1]
            return MeasuredSlope(along + sign * share * off, error=0.125, **more)

        return swept

    assert [meet(beyond(share)) for share in (0.0, 0.99, 1.01)] == [False, False, True]
    assert meet(beyond(0.0, kink=True))
    assert not meet(beyond(9.0), entries[:1])  # one entry meets no other


@pytest.mark.parametrize(
    ("given", "slope", "by"),
    [
        (1.1, 1.0, "off by 10%"),
        (1.01, 1.0, "off by 1% (digits=2 would let it pass)"),
        (10.99, 1.0, "off by 999%"),
        (10.996, 1.0, "off by 10"),
        (0.5, 0.0, "off by 0.5"),
        (0.0, -2.0, "off by 100%"),
    ],
)
def test_what_is_wrong_is_off_by_a_share_below_tenfold_and_else_by_so_much(given, slope, by):
    known = SimpleNamespace(
        checked=SimpleNamespace(method="complex step"), _entry=lambda name, _: f"{name}[3]"
    )
    verdict = Checker._wrong(known, "w", Measured(given, slope, 0.0, entries=[3]), "in 1 of 9")
    there = f"wrong at w[3]: {given:.9g} was given and complex step finds {slope:.9g}"
    assert verdict.sentence == f"{there}, {by}, in 1 of 9"


@pytest.mark.parametrize(
    ("hidden", "recorded", "looked"), [(True, True, 8), (False, True, 0), (True, False, 0)]
)
def test_eight_entries_are_swept_of_what_seems_wrong(hidden, recorded, looked):
    swept = []
    corner = MeasuredSlope(5.0, 0.25, kink=False, jump=2.0)
    known = SimpleNamespace(
        given={"w": [1.0] * 12},
        hidden=hidden,
        checked=SimpleNamespace(recorded=recorded, sweep=lambda d: swept.append(d) or corner),
        _direction=lambda _, entries: entries,
    )
    wrong = [Measured(1.0, 2.0, 1e-9, allowed=0.5, entries=[i]) for i in range(1, 12)]
    right = Measured(1.0, 1.0, 1e-9, entries=[0])
    first, *closer = Checker._looked_closer(known, "w", [right, *wrong])
    assert first is right
    assert swept == [[i] for i in range(1, 1 + looked)]
    assert [(m.slope, m.jump) for m in closer[:looked]] == [(5.0, 2.0)] * looked
    assert all(m.tolerance == pytest.approx(0.75) for m in closer[:looked])
    assert closer[looked:] == wrong[looked:]


@pytest.mark.parametrize(("unsure", "leeway"), [(None, 3.0), (1.0, 3.0), (4.0, 9.0)])
def test_nobody_can_tell_up_to_so_many_times_what_is_allowed(unsure, leeway):
    precision = None if unsure is None else Precision("float32", 7, {}, unsure=unsure)
    exact, both = {"w": [1.0, 1.0]}, {"w": [3.0, math.inf]}
    known = SimpleNamespace(precision=precision, exact=exact, rounding=both)
    assert Checker.leeway.func(known) == {"w": [leeway, math.inf]}
