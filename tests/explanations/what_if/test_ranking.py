"""Weights ranked by slope, and shares that add up."""

from math import inf, nan

import pytest

import chainrule as cr
import chainrule.arrays as xp
from chainrule.arrays.random import Generator
from chainrule.explanations.what_if.ranking import Ranking, WeightSlope


def ranking(seed=0, shapes=((5, 7), (5,), (3, 5), (3,))):
    generator = Generator(seed)
    names = ["dense1.weight", "dense1.bias", "dense2.weight", "dense2.bias"]
    draw = {n: generator.normal(0.0, 1.0, s) for n, s in zip(names, shapes, strict=True)}
    return Ranking({name: g * 2 for name, g in draw.items()}, draw)


def entries(found):
    for name, g in found.gradients.items():
        rows = g.tolist()
        for i, row in enumerate(rows):
            if isinstance(row, list):
                yield from ((f"{name}[{i},{j}]", value) for j, value in enumerate(row))
            else:
                yield f"{name}[{i}]", row


@pytest.mark.parametrize("count", [1, 3, 10, 50, 58, 100])
def test_the_first_k_are_the_k_steepest_of_all(count):
    found = ranking()
    expected = sorted(entries(found), key=lambda e: -abs(e[1]))[:count]
    assert [(w.name, w.slope) for w in found.top(count)] == expected


def test_shares_add_up_to_one_on_every_level():
    found = ranking()
    assert sum(w.share for w in found) == pytest.approx(1)
    assert sum(found.by_layer().values()) == pytest.approx(1)
    assert sum(found.by_neuron().values()) == pytest.approx(1)
    neurons = found.by_neuron()
    for layer, share in found.by_layer().items():
        own = [s for name, s in neurons.items() if name.startswith(f"{layer}[")]
        assert sum(own) == pytest.approx(share)


def test_ties_stand_in_the_order_of_the_network():
    g = {
        "dense1.weight": xp.asarray([[1.0, -1.0], [1.0, 1.0]]),
        "dense1.bias": xp.asarray([1.0, 2.0]),
    }
    names = [w.name for w in Ranking(g, g).top(4)]
    assert names == [
        "dense1.bias[1]",
        "dense1.weight[0,0]",
        "dense1.weight[0,1]",
        "dense1.weight[1,0]",
    ]


def test_a_gradient_of_zero_has_no_shares_and_no_direction():
    g = {"dense1.weight": xp.asarray([[0.0, 0.0]])}
    found = Ranking(g, g)
    assert found[0].share == 0
    assert found[0].direction == "stop"
    assert found.by_layer() == {"dense1": 0.0}


def test_a_ranking_is_cut_like_a_list():
    g = {"dense1.weight": xp.asarray([[4.0, -3.0], [2.0, 1.0]])}
    ranking = Ranking(g, g)
    assert ranking[1:3] == list(ranking)[1:3]
    assert ranking[::-2] == list(ranking)[::-2]
    assert ranking[4:] == []


def test_what_is_not_a_number_stands_last():
    g = {"dense1.weight": xp.asarray([[nan, 1.0], [-3.0, 2.0]])}
    assert [w.slope for w in Ranking(g, g).top(3)] == [-3.0, 2.0, 1.0]
    assert Ranking(g, g)[3].slope != Ranking(g, g)[3].slope


@pytest.mark.parametrize(
    ("predicted", "measured", "bends"),
    [
        (-1.0, -0.95, False),
        (-1.0, -0.85, True),
        (-1.0, nan, True),
        (None, None, False),
        (-1e-13, 0.0, False),  # less than a loss of 1 can be told apart by
    ],
)
def test_a_measured_change_off_by_a_tenth_and_more_than_rounding_is_told(
    predicted, measured, bends
):
    weight = WeightSlope("w[0]", 1.0, 1.0, 0.5, -1.0, predicted, measured)
    assert weight.bends(1.0) is bends


@pytest.mark.parametrize("place", [slice(0, 3), slice(2, 1), slice(3, None), slice(-1, None)])
def test_a_cut_asks_for_no_more_than_it_needs(place, monkeypatch):
    asked = []
    g = {"dense1.weight": xp.asarray([[4.0, -3.0], [2.0, 1.0]])}
    found, top = Ranking(g, g), Ranking.top
    whole = list(found)
    monkeypatch.setattr(Ranking, "top", lambda self, n: asked.append(n) or top(self, n))
    assert found[place] == whole[place]
    assert asked == [max([*range(4)[place], -1]) + 1]
    assert found[1].slope == -3.0
    assert asked[1:] == [2]


def test_a_ranking_says_how_steep_the_steepest_is():
    g = {"dense1.weight": xp.asarray([[4.0, -5.0], [2.0, 1e-200]])}
    assert Ranking(g, g).steepest == 5.0
    assert Ranking({}, {}).steepest == 0.0
    small = {"w": xp.asarray([1e-200])}
    assert (Ranking(small, small).steepest, Ranking(small, small).total) == (1e-200, 0.0)
    assert [w.name for w in Ranking(small, small).top(1)] == ["w[0]"]


def test_a_cell_shows_the_ten_steepest():
    found = ranking()
    shown = [name for name, _ in entries(found) if f">{name}<" in found._repr_html_()]
    assert sorted(shown) == sorted(weight.name for weight in found.top(10))


@pytest.mark.parametrize("place", [3, 1.5])
def test_a_place_that_no_weight_has_is_named(place):
    ranking = Ranking({"w": xp.asarray([1.0, 2.0, 3.0])}, {"w": xp.asarray([3.0, 1.0, 2.0])})
    with pytest.raises(IndexError, match=rf"there is no weight {place}: give one from 0 to 2"):
        ranking[place]
    assert ranking[-1].name == "w[1]"


def test_ranked_weights_print_as_a_table_with_what_was_measured_where_it_was():
    def table(weight, ask):
        net = cr.Network([cr.Dense(2, 1, weight=[[1.0, weight]], bias=[0.5])], engine="python")
        _, *lines = str(ask(cr.explain(net, [[1.0, 1.0]], [[0.0]]))).splitlines()
        return [line.split() for line in lines]

    (titles, first) = table(1.5, lambda ex: ex.weights[1:2])
    assert titles == ["name", "value", "slope", "share", "direction"]
    assert first == ["dense1.weight[0,1]", "1.5", "6", "0.3333", "decrease"]
    titles, *rows = table(inf, lambda ex: ex.measured(top=3))
    assert titles[-3:] == ["predicted", "measured", "direction"]
    assert [row[-3:-1] for row in rows if row[0] == "dense1.weight[0,1]"] == [["–", "–"]]
