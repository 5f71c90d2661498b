"""Generated problems have the shapes they are known by."""

import math
import random
from statistics import fmean, pstdev

import pytest

from chainrule.data import load
from chainrule.data.generated import circles, moons, spiral


def rows(name):
    return list(zip(*load(name).columns, strict=True))


def close(found, wanted):
    assert [value for row in found for value in row] == pytest.approx(
        [value for row in wanted for value in row], abs=1e-6
    )


def test_xor_is_the_truth_table():
    assert rows("xor") == [(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)]


def test_moons_are_those_of_scikit_learn():
    # make_moons(6, shuffle=False, noise=None) of scikit-learn 1.9.
    close(moons(3), [(1, 0, 0), (0, 1, 0), (-1, 0, 0), (0, 0.5, 1), (1, -0.5, 1), (2, 0.5, 1)])


def test_circles_are_those_of_scikit_learn():
    # make_circles(6, shuffle=False, noise=None, factor=0.5) of scikit-learn 1.9.
    wanted = [(1, 0, 0), (-0.5, 0.866025, 0), (-0.5, -0.866025, 0)]
    wanted += [(0.5, 0, 1), (-0.25, 0.433013, 1), (-0.25, -0.433013, 1)]
    close(circles(3), wanted)


def test_an_arm_of_the_spiral_winds_outwards_by_four_radians():
    arm = [row for row in spiral(10, noise=0) if row[2] == 1]
    assert [math.hypot(x0, x1) for x0, x1, _ in arm] == pytest.approx([n / 9 for n in range(10)])
    x0, x1, _ = arm[-1]
    assert (x0, x1) == pytest.approx((math.sin(8), math.cos(8)))


def test_the_noise_turns_the_points_of_a_spiral_onwards():
    draw = random.Random(0)
    turned = [draw.gauss(0, 0.2) for _ in range(6)][1::2]
    wanted = [
        (math.sin(a), math.cos(a), n)
        for n, a in enumerate(4 * k + 4 + t for k, t in enumerate(turned))
    ]
    close(spiral(2, noise=0.2)[1::2], wanted)


@pytest.mark.parametrize(
    ("name", "still", "noise"), [("moons", moons, 0.1), ("circles", circles, 0.05)]
)
@pytest.mark.parametrize("place", [0, 1])
def test_the_noise_has_mean_0_and_a_standard_deviation(name, still, noise, place):
    apart = [b[place] - a[place] for a, b in zip(still(100), rows(name), strict=True)]
    # Of 200 draws: by three standard errors.
    assert fmean(apart) == pytest.approx(0, abs=3 * noise / 200**0.5)
    assert pstdev(apart) == pytest.approx(noise, abs=3 * noise / 400**0.5)


def test_the_noise_is_added_to_both_coordinates_in_turn():
    draw = random.Random(0)
    moved = [value for row in moons(100) for value in row[:2]]
    moved = [value + 0.1 * draw.gauss(0, 1) for value in moved]
    assert [value for row in rows("moons") for value in row[:2]] == pytest.approx(moved)


@pytest.mark.parametrize(
    ("name", "counts"), [("moons", [100, 100]), ("circles", [100, 100]), ("spiral", [100] * 3)]
)
def test_the_classes_are_equally_large(name, counts):
    labels = list(load(name).column("label"))
    assert [labels.count(kind) for kind in range(len(counts))] == counts
