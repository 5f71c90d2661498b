"""The second point is near the first, and no number of it is round or moved as another."""

import pytest

from chainrule.checking.second_point import numbers_nearby


@pytest.mark.parametrize(
    ("numbers", "unit"),
    [
        ([0.0, 0.25, -1.0], 1.0),
        ([2.0**-10, 0.0], 1.0),
        ([2.0**-11, -(2.0**-12), 0.0], 2.0**-11),
        ([0.0, 0.0], 1.0),
    ],
    ids=["around 1", "just not tiny", "tiny", "zeros"],
)
@pytest.mark.parametrize("distance", [2.0**-4, -(2.0**-8)])
def test_each_number_moves_by_half_to_all_of_the_distance_from_it_or_its_unit(
    numbers, unit, distance
):
    (moved,) = numbers_nearby({"w": numbers}, distance).values()
    shares = [
        abs(new - old) / (abs(distance) * max(unit, abs(old)))
        for new, old in zip(moved, numbers, strict=True)
    ]
    assert all(0.5 <= share <= 1 for share in shares)
    assert len({round(share, 6) for share in shares}) == len(shares)
    assert numbers_nearby({"w": numbers}, distance) == {"w": moved}


def test_large_numbers_move_as_far_as_they_are_large_and_some_up_and_some_down():
    moved = numbers_nearby({"w": [100.0] * 50}, 2.0**-4)["w"]
    assert all(50 / 16 <= abs(new - 100) <= 100 / 16 for new in moved)
    assert 10 < sum(new > 100 for new in moved) < 40
