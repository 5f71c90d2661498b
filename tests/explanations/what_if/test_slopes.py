"""A slope is read as a sentence, beside what nudges really do."""

from dataclasses import replace
from math import inf, nan, sqrt

import pytest

import chainrule as cr
from chainrule import ops
from chainrule.errors import KindError, OptionError
from chainrule.explanations.what_if.slopes import nudge_size, slope, straight_interval


@pytest.mark.parametrize(
    ("at", "value", "direction"), [(5.0, 4, "decrease"), (1.0, -4, "increase"), (3.0, 0, "stop")]
)
def test_a_parabola_says_which_way_to_go(at, value, direction):
    found = cr.slope(lambda w: (w - 3) ** 2, at=at)
    assert found.value == value
    assert found.direction == direction
    assert found.curvature == 2
    assert found.loss == (at - 3) ** 2


def test_a_nudge_is_measured_on_both_sides():
    found = cr.slope(lambda w: (w - 3) ** 2, at=5.0, nudge=0.1)
    assert found.predicted == pytest.approx(0.4)
    assert found.up == pytest.approx(2.1**2 - 4)
    assert found.down == pytest.approx(1.9**2 - 4)
    assert not found.bends


def test_the_straight_interval_ends_where_the_parabola_leaves_its_tangent_by_a_tenth():
    # (w - 3)² at 5: change 4d + d², tangent 4d, so |d²| = 0.1 · |4d| at d = ±0.4.
    low, high = cr.slope(lambda w: (w - 3) ** 2, at=5.0).straight
    assert low == pytest.approx(4.6, rel=1e-3)
    assert high == pytest.approx(5.4, rel=1e-3)


@pytest.mark.parametrize(
    ("function", "at", "only_there"),
    [
        (cr.relu, 0.0, True),
        (lambda w: w**3, 0.0, True),
        (cr.relu, -1.0, False),
        (lambda w: (w - 3) ** 2, 3.0, False),
        (lambda w: w * 0, 1.0, False),
    ],
)
def test_a_slope_of_0_that_holds_for_less_than_the_nudge_says_so(function, at, only_there):
    assert ("the slope is 0 at this point only" in str(cr.slope(function, at=at))) is only_there


def test_the_straight_interval_of_the_exponential():
    # (e^d - 1 - d) / d = ±0.1, from series: d + d²/3 = 0.2 → 0.1882..., and 0.2140... below 0.
    low, high = straight_interval(lambda w: float(cr.exp(w)), 0.0, 1.0, 1.0)
    assert high == pytest.approx(0.187, abs=2e-3)
    assert low == pytest.approx(-0.215, abs=2e-3)


def test_a_straight_line_is_straight_without_end():
    assert straight_interval(lambda w: 3 * w, 2.0, 3.0, 6.0) == (-inf, inf)


def test_a_corner_ends_the_straight_interval_on_its_side():
    low, high = straight_interval(lambda w: max(w, 0.0), 1.0, 1.0, 1.0)
    # Below 0 the ReLU stays at 0 and the tangent goes on: -1 against d, off by a tenth at -1/0.9.
    assert low == pytest.approx(1 - 1 / 0.9, abs=2e-3)
    assert high == inf


def test_the_interval_is_connected_and_stops_at_the_first_bump():
    def bump(w):
        return w + (5.0 if 2.0 < w < 2.9 else 0.0)

    assert straight_interval(bump, 0.0, 1.0, 0.0)[1] == pytest.approx(2.0, rel=2e-3)


def test_where_there_is_no_slope_there_is_no_interval():
    assert cr.slope(lambda w: w * w, at=0.0).straight == (0.0, 0.0)


def test_a_nudge_over_a_corner_is_not_trusted():
    found = cr.slope(cr.relu, at=0.001, nudge=0.1)
    assert found.bends
    assert "go by what was measured" in str(found)


def test_a_slope_that_is_no_number_says_so():
    found = slope(lambda w: w * nan, at=1.0)
    assert "not a number to go by" in str(found)
    assert "says nothing" in found.sensitivity


@pytest.mark.parametrize(("f", "at"), [(cr.log, -1.0), (lambda w: w, inf)])
def test_where_the_function_is_no_number_its_slope_advises_nothing(f, at):
    said = str(cr.slope(f, at=at))
    assert "not a number to go by" in said
    assert "so its slope says nothing" in said
    assert "to lower the loss" not in said


def test_where_nothing_changes_no_interval_is_given():
    assert str(cr.slope(lambda w: 3, at=1.0)).endswith("\n  curvature 0")


def test_a_slope_that_is_gentle_is_said_by_its_sign_too():
    for sign, says in ((1, "raises"), (-1, "lowers")):
        found = cr.slope(lambda w, sign=sign: sign * w / 2, at=1.0, nudge=0.1)
        assert f"{says} the loss by about 0.05" in found.sensitivity


def test_a_nudge_whose_square_is_infinite_is_printed():
    assert "curvature 0" in str(slope(lambda w: w * 2, at=1e170))


def test_nudges_to_where_a_function_is_infinite_are_measured():
    found = slope(lambda w: -(w**2), at=1e154, nudge=1e154)
    assert found.loss == pytest.approx(-1e308)
    assert (found.up, found.down) == (-inf, -found.loss)


def test_a_function_of_arrays_alone_has_a_slope_too():
    found = slope(lambda w: ops.max(ops.stack([w.sum(), 3 * w])), at=5.0)
    assert (found.value, round(found.up, 9)) == (3.0, 0.15)


def test_a_name_that_is_no_text_is_refused():
    with pytest.raises(KindError, match="the name of what is nudged is a text; found int"):
        slope(lambda w: w * w, at=2.0, name=3)


def test_a_slope_prints_within_80_columns():
    text = str(cr.slope(lambda w: w * w * sqrt(2), at=-123456.789, name="dense1.weight[511,783]"))
    assert max(map(len, text.splitlines())) <= 80
    assert "decrease" not in text
    assert "increase it to lower the loss" in text


@pytest.mark.parametrize("at", ["a", None, [1, 2], 1j, {}])
def test_a_slope_at_what_is_no_number_is_refused(at):
    with pytest.raises(OptionError, match="a function that gives one number for one number; found"):
        cr.slope(lambda w: w**2, at=at)


@pytest.mark.parametrize("at", [0.0, 100.0, -1e6])
def test_the_straight_interval_takes_as_many_looks_whatever_the_size_of_the_weight(at):
    looks = []

    def line(w):
        looks.append(w)
        return 4 * w

    assert straight_interval(line, at, 4.0, 4 * at) == (-inf, inf)
    # A step grows by a fifth: 1.2^88 is less than 10^7, and 1.2^89 is more; on both sides.
    assert len(looks) == 2 * 89


@pytest.mark.parametrize(
    ("slope", "said"),
    [
        (0.0, "a small change of w is predicted to do nothing"),
        (1.0, "raising w by"),
        (nan, "the slope is nan"),
    ],
)
def test_what_a_slope_says(slope, said):
    assert cr.slope(lambda w: slope * w, at=2.0, name="w").sensitivity.startswith(said)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda w: (w - 3) ** 2, "stop: no small change of it lowers the loss"),
        (lambda w: 1e3 + 0 * w, "stop: no small change of it lowers the loss"),
        (lambda w: -((w - 3) ** 2), "nudged by +0.03 the loss falls, though the slope is 0"),
        (lambda w: (w - 3) ** 3, "nudged by -0.03 the loss falls, though the slope is 0"),
    ],
)
def test_at_a_slope_of_0_what_was_measured_says_whether_to_stop(function, said):
    slope = cr.slope(function, at=3.0)
    assert slope.to_dict()["advice"] == slope.advice == said
    assert f"  {said}.\n" in str(slope)


@pytest.mark.parametrize("slope", [0.0, nan, inf])
def test_a_tangent_that_says_nothing_holds_nowhere(slope):
    assert straight_interval(lambda w: 3.0, 2.0, slope, 3.0) == (2.0, 2.0)


@pytest.mark.parametrize(
    ("straight", "bends"),
    [((4.0, 7.0), False), ((4.5, 5.5), False), ((4.75, 7.0), True), ((4.0, 5.25), True)],
)
def test_a_nudge_that_leaves_the_straight_interval_on_either_side_bends(straight, bends):
    found = cr.slope(lambda w: w, at=5.0, nudge=0.5)
    assert replace(found, straight=straight).bends is bends
    assert not replace(found, straight=straight, value=0.0).bends


@pytest.mark.parametrize(("at", "size"), [(0.0, 0.01), (1.5, 0.015), (-2.5, 0.025), (0.5, 0.01)])
def test_a_nudge_is_a_hundredth_of_the_weight_or_of_one(at, size):
    assert nudge_size(at) == pytest.approx(size)


def test_an_end_that_is_nowhere_to_be_found_is_not_looked_for_further_than_numbers_go():
    looks = []

    def jump(w):
        looks.append(w)
        return 5.0

    assert straight_interval(jump, 2.0, 1.0, 2.0) == (2.0, 2.0)
    # From 1e-4 down to 1e-12 of the size: 1e8 is more than 2^26 and less than 2^27.
    assert len(looks) == 2 * (1 + 27)


@pytest.mark.parametrize("factor", [1.0, -3.0])
@pytest.mark.parametrize("at", [0.5, -40.0])
def test_an_end_is_looked_for_up_to_a_thousand_times_the_size_of_the_weight(at, factor):
    # Straight up to a jump; the last step goes 1.2^88 / 10^4 = 928.6 times as far.
    size = max(1.0, abs(at))
    for far, end in ((928, 928), (929, inf)):
        edge = at + far * size

        def line(w, edge=edge):
            return factor * w + (1e9 if w > edge else 0.0)

        low, high = straight_interval(line, at, factor, factor * at)
        assert low == -inf
        assert high == pytest.approx(at + end * size, rel=3e-3)


def test_a_slope_reads_in_few_digits():
    said = str(cr.slope(lambda w: w**3 / 3, at=1 / 3, nudge=1 / 7))
    assert said.splitlines()[:2] == [
        "slope of w at 0.333333: 0.111111",
        "  decrease it to lower the loss.",
    ]
    assert "raising w by 0.142857 raises the loss by about 0.015873" in " ".join(said.split())
    assert "nudged by +0.142857: predicted 0.015873, measured 0.0236476" in said
    assert "nudged by -0.142857: predicted -0.015873, measured -0.0100421" in said
    # d/9 + d²/3 + d³/3 is off d/9 by a tenth of it where d + d² = ±1/30.
    assert "; the straight line is right to 10%\n  for w from 0.2988 to 0.3656\n" in said
    assert "curvature 0.666667;" in said
