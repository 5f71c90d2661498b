"""Which weight stands out, weights that are all zero, and how they are spoken of."""

import math
from dataclasses import replace
from importlib import import_module
from types import SimpleNamespace

import pytest

import chainrule as cr
import chainrule.arrays as xp
from chainrule.explanations.culprits import (
    Group,
    answer_for_row,
    answer_for_rows,
    mend,
    standing_out,
)
from chainrule.explanations.culprits.answer import NOT_ALONE, PROVE_LITTLE, _moving
from chainrule.explanations.culprits.culprits import Culprit
from chainrule.explanations.culprits.standing_out import StandingOut, _zero


def zeros(weight, initial=None):
    """The rows (axis 1) and columns (axis 0) of one layer's weights that are all zero."""
    net = cr.Network([cr.Dense(len(weight[0]), len(weight), weight=weight)], engine="python")
    study = cr.explain(net, [[1.0] * len(weight[0])], [[0.0] * len(weight)]).network
    began = {} if initial is None else {"dense1.weight": xp.asarray(initial)}
    lines = {}
    for _, place, axis in _zero(study, began):
        lines.setdefault(axis, []).append((place.neuron, place.input))
    return lines


ROW = {1: [(1, 0), (1, 1)]}
COLUMN = {0: [(0, 1), (1, 1)]}


@pytest.mark.parametrize(
    ("weight", "initial", "named"),
    [
        ([[1.0, 2.0], [0.0, 0.0]], None, ROW),
        ([[1.0, 0.0], [2.0, 0.0]], None, COLUMN),
        ([[1.0, 0.0], [0.0, 2.0]], None, {}),
        ([[0.0, 0.0], [0.0, 0.0]], None, {}),  # with nothing beside it that is not
        ([[1.0, 2.0], [0.0, 0.0]], [[1.0, 1.0], [0.0, 0.0]], {}),  # they began so
        ([[1.0, 2.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.5]], ROW),
        ([[0.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.5]], {**ROW, **COLUMN}),
        ([[1.0], [0.0]], None, {}),  # one weight alone may be 0 by chance
        ([[1.0, 0.0]], None, {}),
        ([[1.0, 0.0]], [[1.0, 0.0]], {}),
        ([[1.0, 0.0]], [[1.0, 0.5]], {0: [(0, 1)]}),
        ([[1.0], [0.0]], [[1.0], [0.5]], {1: [(1, 0)]}),
    ],
)
def test_weights_that_are_all_zero_and_did_not_begin_so(weight, initial, named):
    assert zeros(weight, initial) == named


@pytest.mark.parametrize(
    ("count", "zero", "said"),
    [
        (1, "", "The weight that stands out is x[1] → dense1[0] (dense1.weight[0,1]): moved from "),
        (2, "read x[1]", "Both weights that read x[1] are 0. One of them, x[1] → dense1[0] "),
        (3, "read x[1]", "All 3 weights that read x[1] are 0. One of them, x[1] → dense1[0] "),
    ],
)
def test_a_weight_that_stands_out_is_said_with_what_moving_it_does(count, zero, said):
    net = cr.Network([cr.Dense(2, 3)], engine="python")
    study = cr.explain(net, [[1.0, 1.0]], [[0.0] * 3]).network
    names = [f"dense1.weight[{n},1]" for n in range(count)]
    culprit = Culprit(names[0], 1 / 3, -8 / 7, 0.5, 0.25)
    text = _moving(study, StandingOut(culprit, names, zero), "the loss", 2 / 3, 1 / 7)
    assert text.startswith(said)
    assert "moved from 0.333 to -1.14, " in text
    assert text.endswith("takes the loss from 0.667 to 0.143")


@pytest.mark.parametrize(
    ("best", "if_cut", "more"),
    [
        (0.75, 0.5, True),  # moved, 0.5625 of 1 is left, and cut less
        (0.75, 0.5625, False),
        (0.75, 0.6, False),
        (0.5, 0.125, False),  # moved, a quarter is left, which is less than half
    ],
)
def test_what_lowers_the_loss_of_a_row_more_is_said_where_moving_leaves_more_than_half(
    best, if_cut, more
):
    net = cr.Network([cr.Dense(1, 1, weight=[[1.0]], bias=[0.0])], engine="python")
    study = cr.explain(net, [[1.0], [1.0]], [[0.0], [0.0]]).network.only([0])
    odd = StandingOut(Culprit("dense1.weight[0,0]", 1.0, best, 0.5, 0.25), ["dense1.weight[0,0]"])
    rest = (0.5, 1.0, if_cut, [0.0], None, None, False)
    group = Group("biases of dense1", "biases", ["dense1.bias[0]"], *rest)
    answer = answer_for_row(study, study.standing(), [group], lambda: None, None, odd, 2)
    assert ("This row's loss falls more, to" in answer) is more
    assert answer.moves == {"dense1.weight[0,0]": best - 1.0}
    alone = answer_for_row(study, study.standing(), [], lambda: None, None, odd, 2)
    assert "falls more" not in alone


def named_first(nats, monkeypatch):
    """Let the first weight be ranked first, so many nats less usual than its best value."""
    culprit = Culprit("dense1.weight[0,0]", 1.0, 0.0, 0.9, 0.1)
    module = import_module(StandingOut.__module__)
    monkeypatch.setattr(module, "ranked", lambda *_, **__: [culprit])
    monkeypatch.setattr(module, "run_again", lambda *_: culprit)
    monkeypatch.setattr(module, "nats_of", lambda *_: nats)


@pytest.mark.parametrize(
    ("nats", "rows", "classes", "sure", "which"),
    [
        (2.0, 30, 2, True, ""),
        (2.9, 29, 2, False, "So few rows"),
        (3.0, 29, 2, True, ""),
        (2.9, 60, 1, False, "Rows of one class"),
    ],
)
def test_few_rows_and_rows_of_one_class_show_only_a_very_unusual_weight(
    nats, rows, classes, sure, which, monkeypatch
):
    dense = cr.Dense(1, 1, "sigmoid", weight=[[1.0]], bias=[0.0])
    y = [row % classes for row in range(rows)]
    study = cr.explain(cr.Network([dense], engine="python"), [[1.0]] * rows, y).network
    named_first(nats, monkeypatch)
    answer = answer_for_rows(study, study.standing(), None, None)
    stands = "weight that stands out" if sure else "likeliest weight"
    assert f"The {stands} is x[0] → dense1[0] (dense1.weight[0,0]): moved from 1 to 0" in answer
    assert answer.endswith(f" {which} {PROVE_LITTLE}") is not sure


@pytest.mark.parametrize(("rows", "named"), [(1, True), (9, False)])
def test_one_row_has_a_likeliest_weight_of_its_own_only_where_no_others_are_known(
    rows, named, monkeypatch
):
    dense = cr.Dense(1, 1, "sigmoid", weight=[[-3.0]], bias=[0.0])
    study = cr.explain(cr.Network([dense], engine="python"), [[1.0]], [1]).network
    odd = StandingOut(Culprit("dense1.weight[0,0]", -3.0, 1.0, 2.7, 0.3), ["dense1.weight[0,0]"])
    monkeypatch.setattr(import_module(answer_for_row.__module__), "standing_out", lambda *_: odd)
    nothing = replace(mend(study, []), changes=())
    answer = answer_for_row(study, study.standing(), [], lambda: nothing, None, None, rows)
    said = (
        "The likeliest weight is x[0] → dense1[0] (dense1.weight[0,0]): moved from -3 to 1, it "
        "takes the loss from 3.05 to 0.313: the network then says 1."
    )
    assert (said in answer) is named
    assert "stands out" not in answer


@pytest.mark.parametrize(
    ("nats", "left", "sure"),
    [(0.9, 0.0, None), (1.0, 0.15, True), (1.9, 0.15, True), (1.9, 0.2, False), (2.0, 9.0, True)],
)
def test_a_weight_that_is_not_very_unusual_is_sure_if_it_leaves_hardly_any_gradient(
    nats, left, sure, monkeypatch
):
    # Moved, the first weight leaves slopes of `left` · 2/3: that of the second, and the bias's.
    weight = [[1.0, left, 0.0]]
    net = cr.Network([cr.Dense(3, 1, weight=weight, bias=[0.0])], engine="python")
    x = [[float(a == b) for b in range(3)] for a in range(3)] * 10
    study = cr.explain(net, x, [[0.0]] * 30).network
    named_first(nats, monkeypatch)
    odd = standing_out(study, None)
    assert (odd and odd.sure) is sure
    answer = answer_for_rows(study, study.standing(), None, None)
    assert ("The weight that stands out is x[0]" in answer) is (sure is True)
    assert ("The likeliest weight is x[0]" in answer) is (sure is False)
    assert answer.endswith(NOT_ALONE) is (sure is False)


@pytest.mark.parametrize(("rows", "named"), [(1, False), (2, True)])
def test_a_turned_sign_stands_out_by_two_examples_and_not_by_one(rows, named):
    net = cr.Network([cr.Dense(1, 1, weight=[[1.0]], bias=[0.0])], engine="python")
    study = cr.explain(net, [[1.0], [2.0]][:rows], [[-1.0], [-2.0]][:rows]).network
    assert (standing_out(study, None) is not None) is named


@pytest.mark.parametrize("factor", [1.0, 1000.0])
def test_no_weight_stands_out_where_it_is_the_rows_that_are_unlike_training(factor):
    net = cr.train_on_table("iris", layers=[8], epochs=60, engine="python", progress=False).net
    moved = net.parameters["dense1.weight"].tolist()
    moved[2][2] += 90.0
    net.set_parameters({"dense1.weight": moved})
    study = cr.explain(net, cr.rows_for(net)).network
    other = replace(study, x=study.x * xp.asarray([1.0, 1.0, factor, 1.0]))
    assert (standing_out(other, None) is not None) is (factor == 1.0)
    answer = answer_for_rows(other, other.standing(), None, None)
    assert ("stands out" in answer) is (factor == 1.0)
    said = "petal_length is far from all that training saw; the weight that lowers the loss most is"
    assert (said in answer) is (factor == 1000.0)
    unknown = replace(other, input_scales=())  # whether these are the scales of training
    assert standing_out(unknown, None) is not None


def test_one_weight_that_was_put_to_0_before_a_lone_output_stands_out():
    first = cr.Dense(2, 2, weight=[[1.0, 0.0], [0.0, 1.0]])
    net = cr.Network([first, cr.Dense(2, 1, weight=[[0.0, 1.0]])], engine="python")
    study = cr.explain(net, [[1.0, 1.0], [-1.0, 0.5]], [[1.75], [-0.25]]).network
    began = dict(study.parameters, **{"dense2.weight": xp.asarray([[0.5, 0.9]])})
    answer = answer_for_rows(study, study.standing(), None, began)
    assert list(answer.weights) == ["dense2.weight[0,0]"]
    stands = (
        "The weight that stands out is dense1[0] → dense2[0] (dense2.weight[0,0]): moved from 0"
    )
    assert stands in answer


@pytest.mark.parametrize(("best", "more"), [(-1.0, True), (1.0, False)])
def test_a_cut_that_puts_a_row_right_is_said_where_moving_leaves_it_wrong(best, more):
    net = cr.Network([cr.Dense(1, 1, "sigmoid", weight=[[-3.0]], bias=[0.0])], engine="python")
    # The loss falls from 3.05 to 1.31, says 0 still, or to 0.313, says 1.
    study = cr.explain(net, [[1.0], [1.0]], [1, 1]).network.only([0])
    odd = StandingOut(Culprit("dense1.weight[0,0]", -3.0, best, 0.5, 0.25), ["dense1.weight[0,0]"])
    rest = (0.5, 3.05, 0.25, 1, 0.75, 1, True)
    group = Group("biases of dense1", "biases", ["dense1.bias[0]"], *rest)
    answer = answer_for_row(study, study.standing(), [group], lambda: None, None, odd, 2)
    said = "falls more, to 0.25, without 1 of the 2 weights: bias → dense1[0] (dense1.bias[0]); the"
    assert (f"This row's loss {said} network then says 1, 75%." in answer) is more


def test_a_row_of_which_a_move_changes_nothing_is_said_to_stay():
    net = cr.Network([cr.Dense(1, 1, weight=[[1.0]], bias=[0.25])], engine="python")
    # Reads 0, so that the weight does nothing to it.
    study = cr.explain(net, [[0.0], [1.0]], [[0.0], [0.0]]).network.only([0])
    odd = StandingOut(Culprit("dense1.weight[0,0]", 1.0, 0.5, 0.5, 0.25), ["dense1.weight[0,0]"])
    answer = answer_for_row(
        study, study.standing(), [], lambda: SimpleNamespace(changes=()), None, odd, 2
    )
    assert answer.endswith("but this row's stays at 0.0625: the network still says 0.25.")


def test_a_row_keeps_the_change_that_lowers_its_loss_where_what_stands_out_raises_it():
    weights = {"weight": [[4.0], [1.0]], "bias": [0.0, 0.0]}
    ex = cr.explain(
        cr.Network([cr.Dense(1, 2, "softmax", **weights)], engine="python"), [[1.0]], [1]
    )
    study, now = ex.network, ex.network.standing()
    odd = StandingOut(Culprit("dense1.weight[0,0]", 4.0, 6.0, 0.5, 0.25), ["dense1.weight[0,0]"])
    answer = answer_for_row(study, now, [], ex.mend, None, odd, 2)
    assert "but this row's from" in answer
    ((name, by),) = answer.moves.items()
    assert ex.nudge(name, by=by).measured < -2


@pytest.mark.parametrize("rows", [1, 2])
@pytest.mark.parametrize("sure", [True, False])
def test_a_row_is_not_answered_by_a_weight_that_is_only_the_likeliest(rows, sure, monkeypatch):
    net = cr.Network([cr.Dense(1, 1, "sigmoid", weight=[[0.0]], bias=[-1.0])], engine="python")
    culprit = Culprit("dense1.weight[0,0]", 0.0, 3.0, 0.9, 0.1)
    for module in ("chainrule.explanations.culprits", _moving.__module__):
        odd = StandingOut(culprit, [culprit.name], sure=sure)
        monkeypatch.setattr(import_module(module), "standing_out", lambda *_, odd=odd: odd)
    answer = cr.explain(net, [[1.0]] * rows, [1] * rows).of_row(0).answer
    which = "weight that stands out" if rows > 1 else "likeliest weight"
    assert (f"The {which} is x[0]" in answer) is sure
    assert ("likeliest" in answer) is (sure and rows == 1)


@pytest.mark.parametrize(("rows", "looked_at"), [(200, 200), (201, 101), (400, 200), (401, 134)])
def test_of_more_than_two_hundred_rows_as_many_evenly_spread_are_looked_at(
    rows, looked_at, monkeypatch
):
    seen = []

    def noted(look, rarity, *, top):
        seen.append((len(look.study.rows), look.study.rows[:3], top))
        return []

    monkeypatch.setattr(import_module(standing_out.__module__), "ranked", noted)
    net = cr.Network([cr.Dense(2, 1, weight=[[1.0, 1.0]], bias=[0.5])], engine="python")
    study = cr.explain(net, [[float(n), 1.0] for n in range(rows)], [[0.0]] * rows).network
    assert standing_out(study, None) is None
    step = -(-rows // 200)
    assert seen == [(looked_at, (0, step, 2 * step), 1)]


def odd_one(nats, recovered, *, zero=False):
    """Whether a weight stands out whose value is so unusual and that gives so much back."""
    size = (math.exp(nats) - 1) ** 0.5  # in parts of the median of all sizes, which is 1
    value = 0.0 if zero else size
    weights = [[1.0, 1.0, value]] + [[1.0, 1.0, 0.0 if zero else 1.0]] * 2
    layer = cr.Dense(3, 3, weight=weights, bias=[1.0] * 3)
    x = [[0.0, 0.0, 1.0], [0.0, 0.0, -1.0]]
    study = cr.explain(cr.Network([layer], engine="python"), x, [[0.0] * 3] * 2).network
    culprit = Culprit("dense1.weight[0,2]", value, 0.0, recovered, 1 - recovered)
    return study, culprit


@pytest.mark.parametrize(
    ("nats", "recovered", "stands_out"),
    [
        (2.1, 0.2, True),  # 0.2 + 0.05 · 2.1 is more than 0.3
        (2.1, 0.19, False),
        (0.9, 0.9, False),  # hardly less usual than its best value
        (4.0, 0.11, True),
        (4.0, 0.0, False),
        (9.0, -0.1, False),
    ],
)
def test_a_weight_stands_out_where_it_is_unusual_and_gives_much_back(
    nats, recovered, stands_out, monkeypatch
):
    study, culprit = odd_one(nats, recovered)
    module = import_module(standing_out.__module__)
    monkeypatch.setattr(module, "ranked", lambda *args, **options: [culprit])
    monkeypatch.setattr(module, "run_again", lambda study, culprit, others: culprit)
    odd = standing_out(study, None)
    assert (odd is not None) is stands_out
    if odd:
        assert (tuple(odd.names), odd.zero) == ((culprit.name,), "")


@pytest.mark.parametrize(("recovered", "stands_out"), [(0.11, True), (0.09, False)])
def test_weights_that_are_all_zero_stand_out_where_one_of_them_gives_a_tenth_back(
    recovered, stands_out, monkeypatch
):
    study, culprit = odd_one(0.0, recovered, zero=True)
    module = import_module(standing_out.__module__)
    monkeypatch.setattr(module, "ranked", lambda *args, **options: [])
    monkeypatch.setattr(module, "best_alone", lambda look: (culprit, None))
    monkeypatch.setattr(module, "run_again", lambda study, culprit, others: culprit)
    odd = standing_out(study, None)
    assert (odd is not None) is stands_out
    if odd:
        assert odd.zero == "read x[2]"
        assert list(odd.names) == [f"dense1.weight[{n},2]" for n in range(3)]


def quadrants():
    """A network that tells apart where the signs of two numbers are the same, and its rows."""
    x = [[a / 3, b / 3] for a in (-3, -2, -1, 1, 2, 3) for b in (-3, -2, -1, 1, 2, 3)]
    y = [int(a * b > 0) for a, b in x]
    net = cr.Network([cr.Dense(2, 8, "tanh"), cr.Dense(8, 1, "sigmoid")], seed=0, engine="python")
    net.fit(x, y, epochs=60, learning_rate=0.05, l2=1e-3, progress=False)
    return net, x, y


def test_a_neuron_whose_weights_were_put_to_zero_is_named_before_a_weight_that_makes_up_for_it():
    net, x, y = quadrants()
    trained, sound = net.parameters["dense1.weight"].tolist(), net.loss(x, y)
    named, needed = set(), set()
    for neuron in range(8):
        net.set_parameters(
            {"dense1.weight": [*trained[:neuron], [0.0, 0.0], *trained[neuron + 1 :]]}
        )
        if net.loss(x, y) > 1.2 * sound:
            needed.add(neuron)
        if f"Both weights that go into dense1[{neuron}] are 0." in cr.explain(net, x, y).answer:
            named.add(neuron)
    assert named == needed == {0, 1, 3, 6}


@pytest.mark.parametrize(("neuron", "move"), [(0, 6.0), (1, -6.0), (3, 6.0), (6, -6.0)])
def test_a_weight_that_was_moved_is_named_before_neurons_that_were_pruned(neuron, move):
    net, x, y = quadrants()
    first, last = (net.parameters[f"{layer}.weight"].tolist() for layer in ("dense1", "dense2"))
    for pruned in (2, 4, 5, 7):
        first[pruned] = [0.0, 0.0]
    last[0][neuron] += move
    net.set_parameters({"dense1.weight": first, "dense2.weight": last})
    assert cr.explain(net, x, y).answer.weights == (f"dense2.weight[0,{neuron}]",)


def test_what_the_network_says_is_told_once_where_both_weights_leave_it_the_same():
    net = cr.Network([cr.Dense(2, 1, weight=[[3.0, 0.0]], bias=[0.5])], engine="python")
    ex = cr.explain(net, [[1.0, 1.0]], [[0.5]])
    study, now, (cut, *_) = ex.network, ex.network.standing(), ex.groups()
    odd = StandingOut(Culprit(cut.weights[0], 3.0, 2.9, 1.0, 2.0), list(cut.weights))
    (same,) = study.standing(study.parameters_with({cut.weights[0]: 2.9})).answers
    answer = answer_for_row(study, now, [replace(cut, answer=same)], list, None, odd, 2)
    assert answer.endswith(
        "This row's loss falls more, to 0, with it at 0; either way the network then says 3.4."
    )
    assert answer.count("the network") == 1


@pytest.mark.parametrize(
    ("bias", "truth", "begins"),
    [
        (40.0, 1, "The loss is 4.25e-18: there is next to no error, and no weight to name for it."),
        (20.0, 1, "The network is right here, and no group of weights "),
    ],
)
def test_no_weight_is_named_for_the_last_digits_of_a_right_answer(bias, truth, begins):
    net = cr.Network([cr.Dense(1, 1, "sigmoid", weight=[[0.0]], bias=[bias])], engine="python")
    one, many = ([[1.0]] * rows for rows in (1, 2))
    said = cr.explain(net, one, [truth]).answer
    assert said.startswith(begins)
    of_all = cr.explain(net, many, [truth] * 2).answer
    assert ("next to no error" in of_all) is ("next to no error" in begins)


@pytest.mark.parametrize(("cut_to", "told"), [(0.889, True), (0.891, False)])
def test_a_cut_that_does_hardly_more_than_the_weight_that_stands_out_is_not_told(cut_to, told):
    net = cr.Network([cr.Dense(1, 1, weight=[[1.0]], bias=[0.0])], engine="python")
    ex = cr.explain(net, [[1.0]], [[0.0]])  # a loss of 1; the weight at best leaves 0.9
    study, now, (cut, *_) = ex.network, ex.network.standing(), ex.groups()
    odd = StandingOut(Culprit("dense1.weight[0,0]", 1.0, 0.9**0.5, 1.0, 2.0), list(cut.weights))
    first = replace(cut, loss_if_cut=cut_to)
    answer = answer_for_row(study, now, [first], list, None, odd, 2)
    assert ("This row's loss falls more" in answer) is told
