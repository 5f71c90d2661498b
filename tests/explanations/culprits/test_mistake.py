"""One mistake: what pushed it wrong, and who is hurt when it is fixed, measured for real."""

import json
from dataclasses import replace
from math import isnan

import pytest

import chainrule as cr
import chainrule.arrays as xp
from chainrule.autodiff import Tensor, backward
from chainrule.errors import OptionError
from chainrule.explanations.culprits.mistake import (
    Mistake,
    Pushing,
    SideEffect,
    mistake,
)
from chainrule.explanations.what_if import WeightSlope
from chainrule.nn import LOSSES, Architecture, Dense, NetworkStudy
from chainrule.words import number


def two_groups():
    """A sigmoid unit that gets every row right but the last, which lies among the other class."""
    x = [[2.0, 0.1], [1.5, -0.2], [-2.0, 0.3], [-1.0, 0.0], [1.8, 0.2]]
    weights = {"dense1.weight": [[1.0, 0.5]], "dense1.bias": [0.0]}
    arrays = {name: xp.asarray(value) for name, value in weights.items()}
    t = xp.asarray([[1.0], [1.0], [0.0], [0.0], [0.0]])
    network = Architecture([Dense(2, 1, "sigmoid")])
    return NetworkStudy(network, LOSSES["binary_cross_entropy"], arrays, xp.asarray(x), t)


def gradient_of(study, row):
    weights = {name: Tensor(w) for name, w in study.parameters.items()}
    found = backward(study.only([row]).loss(weights), list(weights.values()))
    return [v for g in found for v in xp.reshape(g, (-1,)).tolist()]


def test_it_says_what_was_answered_and_what_was_true():
    found = mistake(two_groups(), 4)
    assert (found.answer, found.truth, found.right) == (1, 0, False)
    assert found.loss == pytest.approx(two_groups().losses().tolist()[4])


def test_the_weights_that_push_are_the_steepest_of_its_own_loss():
    found = mistake(two_groups(), 4, top=2)
    own = gradient_of(two_groups(), 4)  # weight[0,0], weight[0,1], bias[0]
    assert [p.weight.name for p in found.pushing] == ["dense1.weight[0,0]", "dense1.bias[0]"]
    assert [p.weight.slope for p in found.pushing] == pytest.approx([own[0], own[2]])


def test_the_right_ones_among_the_others_say_what_they_want():
    study = two_groups()
    found = mistake(study, 4)
    peers = [gradient_of(study, n)[0] for n in range(4)]
    assert found.pushing[0].others == pytest.approx(sum(peers) / 4)
    assert found.pushing[0].weight.slope > 0 > found.pushing[0].others
    assert found.pushing[0].contested


def test_the_wrong_ones_among_the_others_are_not_asked():
    about = two_groups()
    x, t = (xp.asarray([*a.tolist(), row]) for a, row in ((about.x, [-3.0, 1.0]), (about.t, [1.0])))
    found = mistake(replace(about, x=x, t=t, rows=()), 4)
    assert found.pushing[0].others == pytest.approx(mistake(about, 4).pushing[0].others)


def test_rows_are_hurt_by_the_dot_product_of_the_gradients_and_for_real():
    study = two_groups()
    found = mistake(study, 4, top=4)
    own = gradient_of(study, 4)
    rate = found.learning_rate
    moved = {
        "dense1.weight": study.parameters["dense1.weight"] - rate * xp.asarray([own[:2]]),
        "dense1.bias": study.parameters["dense1.bias"] - rate * xp.asarray(own[2:]),
    }
    after, before = study.losses(moved).tolist(), study.losses().tolist()
    effects = [*found.hurt, *found.helped]
    assert sorted(e.row for e in effects) == [0, 1, 2, 3]
    for effect in effects:
        product = sum(a * b for a, b in zip(own, gradient_of(study, effect.row), strict=True))
        assert effect.product == pytest.approx(product)
        assert effect.predicted == pytest.approx(-rate * product)
        assert effect.measured == pytest.approx(after[effect.row] - before[effect.row])
    assert found.hurt[0].measured == max(e.measured for e in effects)
    assert (found.hurt_in_all, found.helped_in_all) == (4, 0)


def test_the_small_step_takes_away_a_hundredth_of_its_loss():
    found = mistake(two_groups(), 4)
    assert found.predicted == pytest.approx(-0.01 * found.loss)
    assert found.measured == pytest.approx(found.predicted, rel=0.05)


def test_in_regression_all_others_are_its_peers():
    weights = {"dense1.weight": xp.asarray([[1.0]]), "dense1.bias": xp.asarray([0.0])}
    network = Architecture([Dense(1, 1)])
    x, t = xp.asarray([[1.0], [2.0], [3.0]]), xp.asarray([[3.0], [1.0], [5.0]])
    found = mistake(NetworkStudy(network, LOSSES["mean_squared_error"], weights, x, t), 0)
    assert found.right is None
    assert found.pushing[0].others == pytest.approx((2 * 1 * 2 - 2 * 2 * 3) / 2)
    assert (found.answer, found.truth) == ([1.0], [3.0])
    assert [e.row for e in found.hurt] == [1]
    assert [e.row for e in found.helped] == [2]


def test_one_example_alone_has_no_others():
    found = mistake(two_groups().only([4]), 4)
    assert found.pushing[0].others is None
    assert found.hurt == found.helped == ()


def test_an_example_without_a_gradient_says_so():
    weights = {"dense1.weight": xp.asarray([[1.0]]), "dense1.bias": xp.asarray([0.0])}
    x = t = xp.asarray([[1.0], [2.0]])
    study = NetworkStudy(Architecture([Dense(1, 1)]), LOSSES["mean_squared_error"], weights, x, t)
    assert "no step along it was taken" in str(mistake(study, 0))


def test_an_example_whose_loss_is_no_number_says_so():
    about = two_groups()
    x = xp.asarray([*about.x.tolist()[:4], [float("nan"), 1.0]])
    found = mistake(replace(about, x=x), 4)
    assert isnan(found.answer)
    assert found.right is False
    assert found.learning_rate == 0
    assert "no step along it was taken" in str(found)


def test_rows_go_by_their_numbers():
    net = cr.Network([cr.Dense(2, 2, "softmax")], engine="python", seed=2)
    x, y = [[1.0, 2.0], [0.5, -1.0], [2.0, 0.0]], [0, 1, 0]
    ex = cr.explain(net, x, y, rows=(7, 8, 9))
    assert ex.mistake(8).row == 8
    assert ex.mistake().row == ex.examples[0].row
    with pytest.raises(OptionError, match="no row 3 among the 3 explained, 7 to 9"):
        ex.mistake(3)


def test_text_fits_80_columns_and_json_carries_the_same():
    found = mistake(two_groups(), 4)
    assert max(map(len, str(found).splitlines())) <= 80
    record = json.loads(json.dumps(found.to_dict()))
    assert record["pushing"][0]["slope"] == found.pushing[0].weight.slope
    assert record["hurt"][0]["row"] == found.hurt[0].row


def test_the_others_slope_and_what_was_predicted_are_printed_in_few_digits():
    mine = mistake(two_groups(), 4)
    said = [f"{mine.pushing[0].weight.share:.1%}", number(mine.pushing[0].others, 4)]
    assert said == next(line.split()[3:5] for line in str(mine).splitlines() if "dense1" in line)
    assert f"(predicted {number(mine.predicted, 4)});" in " ".join(str(mine).split())
    assert mistake(two_groups(), 4, top=0).pushing == ()


def test_an_answer_as_near_as_was_asked_is_right():
    net = cr.Network([cr.Dense(1, 1, weight=[[1.0]], bias=[0.0])], engine="python")
    mended = cr.explain(net, [[1.0], [2.0]], [[1.5], [2.0]]).mend([0], error=0.5)
    assert (mended.right, mended.changes) == (True, ())


def test_one_change_is_as_small_as_a_search_in_three_rounds_of_sixteen_finds_it():
    net = cr.Network([cr.Dense(1, 1, weight=[[0.0]], bias=[0.0])], engine="python")
    (change,) = cr.explain(net, [[1.0]], [[1.0]]).mend([0], error=0.3).changes
    assert 0.7 <= change.after <= 0.7 + 1 / 16**3


def test_a_row_whose_loss_stays_is_neither_hurt_nor_helped():
    layers = [Dense(1, 1, "relu"), Dense(1, 1)]
    weights = {"dense1.weight": [[1.0]], "dense1.bias": [0.0]}
    weights |= {"dense2.weight": [[0.0]], "dense2.bias": [0.0]}
    arrays = {name: xp.asarray(value) for name, value in weights.items()}
    x, t = xp.asarray([[0.0], [1.0], [-1.0]]), xp.asarray([[0.0], [0.0], [0.0]])
    study = NetworkStudy(Architecture(layers), LOSSES["mean_squared_error"], arrays, x, t)
    found = mistake(study, 0)  # its loss is 0, so that no weight moves
    assert (found.hurt_in_all, found.helped_in_all) == (0, 0)


THIRD, SEVENTH = 1 / 3, 1 / 7
SLOPE = WeightSlope("dense1.weight[0,0]", 2 / 3, SEVENTH, 0.25)


def found(**fields):
    """A mistake by its fields."""
    effect = SideEffect(6, -THIRD, 2 / 3, SEVENTH)
    known = {
        "row": 3,
        "loss": THIRD,
        "answer": 1,
        "truth": 0,
        "right": False,
        "pushing": (Pushing(SLOPE, -THIRD), Pushing(SLOPE, None), Pushing(SLOPE, 1e-3)),
        "learning_rate": SEVENTH,
        "predicted": -THIRD,
        "measured": -2 / 7,
        "hurt": (effect,),
        "helped": (replace(effect, row=9, measured=-SEVENTH),),
        "hurt_in_all": 1,
        "helped_in_all": 5,
    }
    return Mistake(**{**known, **fields})


def test_a_mistake_reads_in_few_digits():
    assert [" ".join(line.split()) for line in str(found()).splitlines()] == [
        "row 3: loss 0.333333, says 1, should say 0, wrong",
        "",
        "the weights that push it wrong, by their slope in its own loss:",
        "weight value slope share the others' slope",
        "dense1.weight[0,0] 0.6667 0.1429 25.0% -0.3333 opposed",
        "dense1.weight[0,0] 0.6667 0.1429 25.0% –",
        "dense1.weight[0,0] 0.6667 0.1429 25.0% 0.001",
        "",
        "a small step on this row changes its loss by -0.2857 (predicted -0.3333);",
        "it raises the loss of 1 other row and lowers that of 5:",
        "most hurt row measured predicted g · g_row",
        "6 0.1429 0.6667 -0.3333",
        "most helped row measured predicted g · g_row",
        "9 -0.1429 0.6667 -0.3333",
        "note: this small step already leaves the straight line: go by what was measured",
    ]


@pytest.mark.parametrize(
    ("fields", "said", "not_said"),
    [
        ({"right": True}, "should say 0, right", "wrong\n"),
        ({"right": None}, "should say 0\n", "right\n"),
        ({"hurt": (), "helped": ()}, "lowers that of 5\n", "most hurt"),
        ({"measured": -0.32}, "should say", "note:"),
    ],
)
def test_what_there_is_not_is_not_said_of_a_mistake(fields, said, not_said):
    text = str(found(**fields))
    assert said in text
    assert not_said not in text


def test_five_weights_and_rows_are_listed_unless_more_are_asked_for():
    net = cr.Network([cr.Dense(3, 2, "softmax")], engine="python", seed=2)
    x = [[0.1 * n, 1.0 - 0.2 * n, 0.3] for n in range(9)]
    study = cr.explain(net, x, [n % 2 for n in range(9)]).network
    few, more = mistake(study, 0), mistake(study, 0, top=7)
    assert (len(few.pushing), len(more.pushing)) == (5, 7)
    both = max(len(few.hurt), len(few.helped)), max(few.hurt_in_all, few.helped_in_all)
    assert both == (min(5, both[1]), both[1])
