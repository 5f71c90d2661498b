"""Generated problems have the shapes they are known by."""

import math
import random
from statistics import fmean, pstdev

import pytest

from chainrule.data.generated import circles, moons, spiral, xor
from chainrule.errors import OptionError


def rows(table):
    return list(zip(*table.columns, strict=True))


def close(found, wanted):
    assert [value for row in found for value in row] == pytest.approx(
        [value for row in wanted for value in row], abs=1e-6
    )


def test_xor_is_the_truth_table():
    assert rows(xor()) == [(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)]


def test_moons_are_those_of_scikit_learn():
    # make_moons(6, shuffle=False, noise=None) of scikit-learn 1.9.
    wanted = [(1, 0, 0), (0, 1, 0), (-1, 0, 0), (0, 0.5, 1), (1, -0.5, 1), (2, 0.5, 1)]
    close(rows(moons(rows=6, noise=0)), wanted)


def test_circles_are_those_of_scikit_learn():
    # make_circles(6, shuffle=False, noise=None, factor=0.5) of scikit-learn 1.9.
    wanted = [(1, 0, 0), (-0.5, 0.866025, 0), (-0.5, -0.866025, 0)]
    wanted += [(0.5, 0, 1), (-0.25, 0.433013, 1), (-0.25, -0.433013, 1)]
    close(rows(circles(rows=6, noise=0)), wanted)


def test_an_arm_of_the_spiral_winds_outwards_by_four_radians():
    arm = [row for row in rows(spiral(rows=30, noise=0)) if row[2] == 1]
    assert [math.hypot(x0, x1) for x0, x1, _ in arm] == pytest.approx([n / 9 for n in range(10)])
    x0, x1, _ = arm[-1]
    assert (x0, x1) == pytest.approx((math.sin(8), math.cos(8)))


@pytest.mark.parametrize("make", [moons, circles, spiral])
def test_the_seed_decides_the_noise(make):
    assert make(seed=1) == make(seed=1)
    assert make(seed=1).columns != make(seed=2).columns


@pytest.mark.parametrize("place", [0, 1])
def test_the_noise_has_mean_0_and_the_standard_deviation_that_is_asked_for(place):
    still, moved = (rows(moons(rows=4000, noise=noise, seed=3)) for noise in (0, 0.25))
    apart = [b[place] - a[place] for a, b in zip(still, moved, strict=True)]
    # Of 4,000 draws: by three standard errors.
    assert fmean(apart) == pytest.approx(0, abs=3 * 0.25 / 4000**0.5)
    assert pstdev(apart) == pytest.approx(0.25, abs=3 * 0.25 / 8000**0.5)


@pytest.mark.parametrize(("make", "classes"), [(xor, 2), (moons, 2), (circles, 2), (spiral, 3)])
def test_any_size_is_shared_out_among_the_classes(make, classes):
    labels = list(make(rows=101).column("label"))
    counts = [labels.count(kind) for kind in range(classes)]
    assert sum(counts) == 101
    assert max(counts) - min(counts) <= 1


@pytest.mark.parametrize(
    "make", [lambda: moons(rows=1), lambda: spiral(rows=5), lambda: circles(factor=1.0)]
)
def test_sizes_that_make_no_problem_are_refused(make):
    with pytest.raises(OptionError):
        make()


def test_circles_are_200_points_and_the_inner_one_may_be_a_point():
    assert circles().rows == 200
    inner = list(zip(*circles(noise=0, factor=0).columns[:2], strict=True))[100:]
    assert {(abs(a), abs(b)) for a, b in inner} == {(0.0, 0.0)}


@pytest.mark.parametrize(
    ("make", "options"),
    [
        (xor, {"rows": 4, "noise": 0.0}),
        (moons, {"rows": 200, "noise": 0.1}),
        (circles, {"rows": 200, "noise": 0.05, "factor": 0.5}),
        (spiral, {"rows": 300, "noise": 0.2, "arms": 3}),
    ],
)
def test_what_is_not_said_is_as_the_documentation_has_it(make, options):
    assert make().columns == make(**options, seed=0).columns
    assert make(noise=0.5).columns == make(noise=0.5, seed=0).columns


def test_the_noise_is_added_to_both_coordinates_in_turn():
    draw = random.Random(7)
    still = [0, 0, 0, 1, 1, 0, 1, 1]
    moved = [value for row in rows(xor(noise=0.5, seed=7)) for value in row[:2]]
    assert moved == pytest.approx([value + 0.5 * draw.gauss(0, 1) for value in still])


def test_the_noise_turns_the_points_of_a_spiral_onwards():
    draw = random.Random(7)
    turned = [draw.gauss(0, 0.2) for _ in range(4)]
    ends = rows(spiral(rows=4, arms=2, noise=0.2, seed=7))[1::2]
    close(
        ends,
        [(math.sin(a), math.cos(a), arm) for arm, a in ((0, 4 + turned[1]), (1, 8 + turned[3]))],
    )


def test_two_points_of_a_moon_are_its_ends():
    close(rows(moons(rows=4, noise=0)), [(1, 0, 0), (-1, 0, 0), (0, 0.5, 1), (2, 0.5, 1)])


@pytest.mark.parametrize(
    ("make", "least"),
    [
        (xor, {"rows": 2}),
        (moons, {"rows": 2}),
        (circles, {"rows": 2}),
        (spiral, {"rows": 4, "arms": 2}),
        (spiral, {"rows": 6}),
    ],
)
def test_the_fewest_points_are_two_and_of_a_spiral_two_an_arm(make, least):
    assert make(**least).rows == least["rows"]
    with pytest.raises(OptionError, match=f"{least['rows'] - 1} rows"):
        make(**{**least, "rows": least["rows"] - 1})


@pytest.mark.parametrize("factor", [-0.01, 1.0])
def test_the_smaller_circle_is_smaller_and_has_no_radius_below_0(factor):
    with pytest.raises(OptionError, match=f"factor is {factor}"):
        circles(factor=factor)


def test_a_spiral_has_two_arms_at_least():
    with pytest.raises(OptionError, match="not 1 arms in 30 rows"):
        spiral(rows=30, arms=1)
