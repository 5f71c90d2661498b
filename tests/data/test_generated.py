"""Generated problems have the shapes they are known by."""

import math
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
