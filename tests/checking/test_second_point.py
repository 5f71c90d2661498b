"""The second point is near the first, and no number of it is round or moved as another."""

from math import nan

import pytest

from chainrule.arrays import asarray
from chainrule.checking.checked_function import CheckedFunction
from chainrule.checking.second_point import numbers_nearby, second_point, wrong_there
from chainrule.model import Network
from chainrule.model.check import _NetworkCheck, _study, check_gradients
from chainrule.nn import Dense


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


STEPS = (2.0**-4, -(2.0**-4), 2.0**-8, -(2.0**-8))
HERE = {"w": [1.0]}
PLACES = [numbers_nearby(HERE, step)["w"][0] for step in STEPS]


def defined_at(*places):
    """The cube at 1 and at some other places; nowhere else is it defined."""

    def cube(p):
        if p["w"].tolist() not in ([1.0], *([place] for place in places)):
            raise ValueError
        return p["w"].tolist()[0] ** 3

    return CheckedFunction(cube, {"w": asarray([1.0])})


def slopes(numbers):
    return {"w": [3 * w * w for w in numbers["w"]]}


@pytest.mark.parametrize("nearest", range(4))
def test_it_is_the_first_place_at_which_function_and_gradient_are_defined(nearest):
    def given_at(numbers):
        if numbers["w"] != [PLACES[nearest]]:
            raise ValueError
        return slopes(numbers)

    point = second_point(defined_at(*PLACES[nearest:]), slopes(HERE), None)
    assert (point.checked.numbers, point.given) == ({"w": [PLACES[nearest]]}, None)
    point = second_point(defined_at(*PLACES), slopes(HERE), given_at)
    assert point.checked.numbers == {"w": [PLACES[nearest]]}
    assert point.given == slopes(point.checked.numbers)


@pytest.mark.parametrize(("factor", "there"), [(1.0, []), (2.0, ["a little way off"])])
def test_the_gradient_of_a_network_is_asked_for_with_other_weights_too(factor, there):
    net = Network([Dense(1, 1, weight=[[1.5]], bias=[0.5])], engine="python")

    def gradient(net, x, y):
        by = 1.0 if net.parameters["dense1.weight"].tolist() == [[1.5]] else factor
        return {name: by * g for name, g in net.gradients(x, y).items()}

    verdicts = check_gradients(net, [[2.0]], [[4.0]], gradient=gradient).verdicts
    assert [v.name for v in verdicts if v.outcome == "wrong"] == there


def test_where_there_is_none_or_the_gradient_says_nothing_of_it_nothing_is_wrong_there():
    assert second_point(defined_at(), slopes(HERE), slopes) is None
    for given_at in (lambda _: slopes(HERE), lambda _: {"w": [nan]}, lambda _: {"v": [1.0]}):
        point = second_point(defined_at(*PLACES), slopes(HERE), given_at)
        assert (point.checked.numbers, point.given) == ({"w": [PLACES[0]]}, None)
        assert wrong_there(point, pytest.fail) == []
    assert wrong_there(None, pytest.fail) == []


@pytest.mark.parametrize("form", [list, tuple, asarray])
def test_the_gradient_of_a_network_is_asked_for_with_other_inputs_unless_it_ignores_them(form):
    net = Network([Dense(1, 1, weight=[[1.5]], bias=[0.5])], engine="python")
    x, y = form([[2.0]]), [[4.0]]
    study = _study(net, x, y, None, None, by_class=False)

    def other_data(gradient):
        check = _NetworkCheck(net, x, y, study, gradient)
        return check._other_data(check._numbers(net.gradients(x, y)))

    there, given_at = other_data(lambda net, x, y: net.gradients(x, y))
    assert there.walk() == given_at(there.numbers) != net.gradients(x, y)
    assert other_data(lambda net, _, y: net.gradients([[2.0]], y)) is None
