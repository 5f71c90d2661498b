"""What a line of a list of groups says."""

from dataclasses import replace
from importlib import import_module
from itertools import pairwise
from math import exp, inf

import pytest

import chainrule as cr
from chainrule.explanations.culprits.groups import (
    Group,
    Part,
    WeightNames,
    groups,
    listed_groups,
    unit,
)
from chainrule.nn import Replay
from tests.model.said import moved


@pytest.mark.parametrize(
    ("answer", "right", "said"),
    [("cat", 1, "cat"), (None, 12, "12 right"), (2.5, None, "2.5"), (None, None, "–")],
)
def test_a_group_says_the_answer_of_one_row_and_the_right_ones_of_many(answer, right, said):
    group = Group(
        name="layer dense1",
        kind="layer",
        weights=["dense1.bias[0]"],
        share=0.5,
        loss=2.0,
        loss_if_cut=1.5,
        answer=answer,
        probability=None,
        right=right,
        mends=False,
    )
    line = str(listed_groups([group])).splitlines()[-1]
    assert line.partition(" -0.5 ")[2].strip() == said


def test_what_leaves_a_neuron_is_a_group_of_the_layer_that_it_goes_to():
    layers = [cr.Dense(2, 3, "tanh"), cr.Dense(3, 2, "tanh"), cr.Dense(2, 1)]
    net = cr.Network(layers, seed=1, engine="python")
    labels = {group.name for group in cr.explain(net, [[1.0, 2.0]], [[3.0]]).groups(top=99)}
    leaving = {f"out of dense1[{n}]" for n in range(3)} | {f"out of dense2[{n}]" for n in range(2)}
    assert {label for label in labels if label.startswith("out of")} == leaving


def test_no_weight_of_a_lone_neuron_is_listed_twice():
    net = cr.Network([cr.Dense(3, 4, "tanh"), cr.Dense(4, 1)], seed=1, engine="python")
    some = cr.explain(net, [[1.0, 2.0, 3.0]], [[9.0]]).groups(top=99)
    alone = [group.weights[0] for group in some if len(group.weights) == 1]
    assert len(alone) == len(set(alone)) > 4


@pytest.mark.parametrize(("loss", "outputs"), [("cross_entropy", 3), ("binary_cross_entropy", 1)])
def test_scores_are_as_sure_as_the_loss_reads_them(loss, outputs):
    weight = [[0.5, -1.0], [1.0, 0.3], [-0.7, 0.2]][:outputs]
    net = cr.Network([cr.Dense(2, outputs, weight=weight)], engine="python")
    group = cr.explain(net, [[1.0, 2.0]], [0], loss=loss).groups(top=99)[0]
    cut = moved(net, dict.fromkeys(group.weights, 0.0))
    scores = cut.forward([[1.0, 2.0]]).tolist()[0]
    scores = scores if outputs > 1 else [0.0, *scores]
    assert group.probability == pytest.approx(max(map(exp, scores)) / sum(map(exp, scores)))


def test_a_group_that_puts_the_row_right_mends_it_unless_it_is_a_whole_layer():
    weight = [[0.0, 0.0], [4.0, 0.0], [0.0, 0.0]]
    layer = cr.Dense(2, 3, "softmax", weight=weight, bias=[1.0, -1.0, 0.0])
    ex = cr.explain(cr.Network([layer], engine="python"), [[1.0, 1.0]], [0])
    mends = {group.name: group.mends for group in ex.groups(top=99)}
    assert mends["into dense1[1]"] is True
    assert mends["x[1] → dense1"] is False
    assert mends["all of dense1"] is False  # each class then gets a third, and the first wins


def test_the_only_neuron_or_input_of_a_layer_is_no_group_beside_the_layer():
    layer = cr.Dense(1, 1, "sigmoid", weight=[[4.0]], bias=[-1.0])
    ex = cr.explain(cr.Network([layer], engine="python"), [[1.0]], [0])
    assert {group.name for group in ex.groups(top=99)} == {
        *("bias of dense1", "all of dense1", "x[0] → dense1[0]"),
    }
    assert list(ex.answer.weights) == ["dense1.weight[0,0]"]


def test_the_two_levels_of_a_column_are_a_group():
    net = cr.Network([cr.Dense(3, 2, "tanh"), cr.Dense(2, 1)], seed=1, engine="python")
    ex = cr.explain(net, [[1.0, 0.0, 3.0], [0.0, 1.0, 2.0]], [[3.0], [1.0]])
    named = replace(ex.study, input_names=("city=Oslo", "city=Rome", "size"))
    found = groups(named, ex.gradients)
    assert "city ×2 → dense1" in {group.name for group in found}
    alone = groups(replace(ex.study, input_names=("city=Oslo", "x", "size")), ex.gradients)
    assert not any("×" in group.name for group in alone)


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_groups_stand_in_the_order_that_is_said(rows):
    layers = [cr.Dense(3, 4, "tanh"), cr.Dense(4, 3, "softmax")]
    for seed in range(4):
        net = cr.Network(layers, seed=seed, engine="python")
        x = [[1.0, -2.0, 0.5], [0.3, 0.2, -1.0], [2.0, 1.0, 1.0]][:rows]
        found = cr.explain(net, x, [0, 1, 2][:rows]).groups(top=999)
        assert sorted(found, key=lambda g: g.kind == "layer") == list(found)
        for one, other in pairwise([group for group in found if group.kind != "layer"]):
            assert one.mends >= other.mends
            if one.mends == other.mends:
                twentieths = [round(20 * g.recovered / g.loss) for g in (one, other)]
                assert twentieths[0] >= twentieths[1]
                if twentieths[0] == twentieths[1]:
                    some = one.recovered > 0
                    assert some >= (other.recovered > 0)
                    if some > (other.recovered > 0):
                        continue
                    assert len(one.weights) <= len(other.weights)
                    if len(one.weights) == len(other.weights):
                        assert one.recovered >= other.recovered - 1e-8 * one.loss


@pytest.mark.parametrize(
    ("losses", "kind", "mends", "order"),
    [
        ([0.1, 0.2, float("nan")], "layer", True, ""),
        ([0.2, 0.1], "weight", False, "what gives most back, of about as much the fewest weights"),
        ([0.2, 0.1], "weight", True, "what puts it right, then what gives most back, of about as"),
        ([0.2, 0.1], "layer", False, "about as much the fewest weights; whole layers last weights"),
    ],
)
def test_what_groups_are_sorted_by_is_said_where_their_losses_do_not_show_it(
    losses, kind, mends, order
):
    net = cr.Network([cr.Dense(1, 1, weight=[[2.0]], bias=[0.0])], engine="python")
    (group, *_) = cr.explain(net, [[1.0]], [[1.0]]).groups()
    some = [replace(group, loss_if_cut=each, kind=kind, mends=mends) for each in losses]
    said = " ".join(str(listed_groups(some)).split())
    assert ("sorted: " in said) is bool(order)
    assert order in said


def test_an_output_is_called_by_its_class_where_each_has_one():
    layer = cr.Dense(2, 3, "softmax")
    ex = cr.explain(cr.Network([layer], seed=1, engine="python"), [[1.0, 2.0]], [0])
    for names, first in ((("cat", "dog", "owl"), "cat"), (("cat", "dog"), "dense1[0]")):
        named = replace(ex.study, class_names=names)
        assert unit(named, "dense1", 0) == first
        assert unit(named, "dense1", 2) == ("owl" if len(names) == 3 else "dense1[2]")


@pytest.mark.parametrize("count", [24, 25, 26])
@pytest.mark.parametrize("kind", ["inputs", "neuron"])
def test_of_many_groups_the_likeliest_by_share_and_by_what_a_cut_is_predicted_to_do_are_run(
    kind, count
):
    # The gradient of entry n goes by n + 1, and with the weight by 1 / (n + 1): of more than 24
    # groups the twelve last are the largest by the one, the twelve first by the other.
    steep, small = [n + 1.0 for n in range(count)], [(n + 1.0) ** -2 for n in range(count)]
    if kind == "inputs":
        layers, x, y = [cr.Dense(count, 1, weight=[small])], [steep], [[9.0]]
    else:
        layers = [
            cr.Dense(1, count, weight=[[w] for w in small]),
            cr.Dense(count, 1, weight=[steep]),
        ]
        x, y = [[1.0]], [[-9.0]]
    ex = cr.explain(cr.Network(layers, engine="python"), x, y)
    own = [g for g in ex.groups(top=999) if g.kind == kind and g.name.startswith(("x", "into"))]
    shown = {int(g.name.split("[")[1].split("]")[0]) for g in own}
    left_out = set(range(12, count - 12)) if count > 24 else set()
    assert shown == set(range(count)) - left_out


@pytest.mark.parametrize(("count", "run"), [(24, 24), (25, 12)])
def test_up_to_twenty_four_groups_of_a_kind_are_all_run(count, run):
    net = cr.Network([cr.Dense(count, 1, weight=[[1.0] * count])], engine="python")
    found = cr.explain(net, [[n + 1.0 for n in range(count)]], [[0.0]]).groups(top=999)
    assert sum(group.kind == "inputs" for group in found) == run  # both orders are one


@pytest.mark.parametrize(("target", "shown"), [(0.0, (0, 2, 3, 5, 6, 7)), (99.0, (1,))])
def test_six_single_weights_are_run_those_whose_cut_is_predicted_to_lower_the_loss_most(
    target, shown
):
    # Of each neuron the likeliest: g · w goes by (w - target) · w, and above zero the loss falls.
    weight = [3.0, -1.0, 2.0, 8.0, 0.5, 7.0, 4.0, 5.0]
    net = cr.Network([cr.Dense(2, 8, weight=[[0.1, w] for w in weight])], engine="python")
    ex = cr.explain(net, [[0.0, 1.0]], [[target] * 8])
    singles = {group.name for group in ex.groups(top=999) if group.kind == "weight"}
    assert singles == {f"x[1] → dense1[{n}]" for n in shown}


def test_of_several_answers_at_once_none_is_how_sure_it_is():
    layer = cr.Dense(1, 3, "sigmoid", weight=[[4.0], [-1.0], [2.0]])
    ex = cr.explain(cr.Network([layer], engine="python"), [[1.0]], [[1.0, 1.0, 1.0]])
    assert ex.network.multi_label
    assert {group.probability for group in ex.groups(top=99)} == {None}
    assert "%" not in ex.answer


@pytest.mark.parametrize(("bias", "says", "sure"), [(-1.0, 0, 0.7311), (1.0, 1, 0.7311)])
def test_how_sure_a_sigmoid_is_that_it_is_not(bias, says, sure):
    layer = cr.Dense(2, 1, "sigmoid", weight=[[2.0, 3.0]], bias=[bias])
    ex = cr.explain(cr.Network([layer], engine="python"), [[1.0, 1.0]], [0])
    cut = next(g for g in ex.groups(top=99) if g.weights[:] == ["dense1.weight[0,0]"])
    assert cut.probability == pytest.approx(1 / (1 + exp(-3 - bias)))
    layer = cr.Dense(2, 1, "sigmoid", weight=[[2.0, 0.0]], bias=[bias])
    ex = cr.explain(cr.Network([layer], engine="python"), [[1.0, 1.0]], [1 - says])
    cut = next(g for g in ex.groups(top=99) if g.weights[:] == ["dense1.weight[0,0]"])
    assert (cut.answer, round(cut.probability, 4)) == (says, sure)


def test_the_names_of_a_group_s_weights():
    shape = (2, 3)
    names = {
        kind: WeightNames(Part("", "d", kind, *members), shape)[:]
        for kind, members in (
            *(("inputs", (None, (1,))), ("neuron", (1,)), ("biases", (None, ()))),
            *(("weight", (1, (2,))), ("layer", ())),
        )
    }
    first, second = ([f"d.weight[{n},{k}]" for k in range(3)] + [f"d.bias[{n}]"] for n in range(2))
    assert names["layer"] == first + second
    assert names["neuron"] == second
    assert names["inputs"] == ["d.weight[0,1]", "d.weight[1,1]"]
    assert names["biases"] == ["d.bias[0]", "d.bias[1]"]
    assert names["weight"] == ["d.weight[1,2]"]


def test_a_group_s_line_is_in_few_digits():
    net = cr.Network([cr.Dense(1, 1, weight=[[1 / 3]], bias=[0.0])], engine="python")
    ex = cr.explain(net, [[1.0]], [[0.0]])
    text = str(ex.groups(top=99)).splitlines()
    (line,) = (one for one in text if "all of dense1" in one)
    assert line.split()[-5:] == ["2", "100.0%", "0", "-0.1111", "0"]
    (line,) = (one for one in text if "bias of dense1" in one)
    assert line.split()[-5:] == ["1", "50.0%", "0.1111", "0", "0.3333"]


@pytest.mark.parametrize(("numbers", "at_once"), [(13, 2), (1, 1)])
def test_so_many_groups_are_run_together_as_numbers_may_be_held(numbers, at_once, monkeypatch):
    layers = [cr.Dense(2, 3, "tanh"), cr.Dense(3, 3, "tanh"), cr.Dense(3, 3, "softmax")]
    net = cr.Network(layers, seed=1, engine="python")
    x, y = [[1.0, -2.0], [0.3, 0.2]], [0, 1]
    whole = cr.explain(net, x, y).groups(top=99)
    held, scores = [], Replay.scores

    def noted(replay, layer, z):
        held.append(z.shape[0])
        return scores(replay, layer, z)

    monkeypatch.setattr(Replay, "scores", noted)
    monkeypatch.setattr(import_module(Group.__module__), "NUMBERS_AT_A_TIME", numbers)
    assert list(map(vars_of, cr.explain(net, x, y).groups(top=99))) == list(map(vars_of, whole))
    assert max(held) == at_once  # of two rows and three neurons


def vars_of(group):
    return {**vars(group), "weights": list(group.weights)}


def test_a_cut_that_changes_the_loss_by_its_rounding_alone_changes_nothing(monkeypatch):
    mean_losses = Replay.mean_losses
    monkeypatch.setattr(
        Replay, "mean_losses", lambda *a: [loss * (1 - 2.0**-51) for loss in mean_losses(*a)]
    )
    layer = cr.Dense(2, 1, weight=[[3.0, 0.0]], bias=[0.0])
    ex = cr.explain(cr.Network([layer], engine="python"), [[1.0, 1.0]], [[1.0]])
    recovered = {group.name: group.recovered for group in ex.groups(top=99)}
    assert recovered["x[1] → dense1"] == 0.0
    assert recovered["x[0] → dense1"] == pytest.approx(3.0)


@pytest.mark.parametrize("size", [1e18, float("nan")])
def test_a_cut_of_a_weight_that_has_burst_leaves_what_it_hid(size):
    weight = [[size, 0.5], [0.25, -1.0]]
    layers = [cr.Dense(2, 2, "relu", weight=weight, bias=[0.25, 0.5]), cr.Dense(2, 2, "softmax")]
    net = cr.Network(layers, seed=2, engine="python")
    x, y = [[1.0, -0.25], [2.0, 1.0]], [0, 1]
    ex = cr.explain(net, x, y)
    every = {group.name: group for group in ex.groups(top=99)}
    without = moved(net, {"dense1.weight[0,0]": 0.0, "dense1.weight[1,0]": 0.0})
    assert every["x[0] → dense1"].loss_if_cut == pytest.approx(without.loss(x, y), rel=1e-12)
    for culprit in ex.culprits(top=1):
        mended = moved(net, {culprit.name: culprit.mended})
        assert culprit.loss_after == pytest.approx(mended.loss(x, y), rel=1e-12)


def test_of_an_infinite_loss_what_makes_it_a_number_goes_first():
    layers = [cr.Dense(2, 1, weight=[[1e200, 3.0]], bias=[0.5])]
    ex = cr.explain(cr.Network(layers, engine="python"), [[1.0, 1.0]], [[3.0]])
    assert ex.loss == float("inf")
    assert ex.groups()[0].name == "x[0] → dense1"
    assert ex.answer.endswith("the loss falls from inf to 0.25: the network then says 3.5.")


def test_of_several_sigmoids_the_surest_is_how_probable_the_answer_is():
    layer = cr.Dense(2, 3, "sigmoid", weight=[[1.0, 0.0]] * 3, bias=[-3.0, -4.0, -5.0])
    net = cr.Network([layer], engine="python")
    every = {group.name: group for group in cr.explain(net, [[2.0, 1.0]], [0]).groups(top=99)}
    assert every["x[0] → dense1"].probability == pytest.approx(1 / (1 + exp(3)))


@pytest.mark.parametrize("size", [1e100, 1e-200])
def test_shares_are_right_though_no_square_of_a_slope_is_a_number(size):
    weights = [[size, 1.0 * size]]
    net = cr.Network([cr.Dense(2, 1, weight=weights, bias=[0.0])], engine="python")
    ex = cr.explain(net, [[3.0, 4.0]], [[0.0]])
    # g is 2 · 7 · size · (3, 4, 1)
    square = {name: float(g.sum()) ** 2 for name, g in ex.gradients.items()}
    if size < 1:
        assert not any(square.values())
    shares = {group.name: group.share for group in ex.groups(top=20)}
    assert shares["x[0] → dense1"] == pytest.approx(9 / 26)
    assert shares["all of dense1"] == 1.0


def test_a_gradient_that_is_no_number_has_no_shares_and_what_changes_nothing_changes_by_0():
    net = cr.Network([cr.Dense(2, 1, weight=[[inf, 1.0]], bias=[0.5])], engine="python")
    printed = str(cr.explain(net, [[1.0, 2.0]], [[0.0]]).groups())
    title, _, table = printed.partition("\n  weights ")
    said = " ".join(title.split())
    assert said.endswith("; the gradient is not finite, so there are no shares")
    assert "nan" not in printed
    by_name = {line.split("  ")[1]: line.split() for line in table.splitlines()[1:]}
    assert by_name["x[1] → dense1"][-5:] == ["1", "–", "inf", "0", "inf"]


def test_a_group_is_a_sentence():
    net = cr.Network([cr.Dense(2, 1, weight=[[1.0, 2.0]], bias=[0.5])], engine="python")
    first = cr.explain(net, [[1.0, 2.0]], [[0.0]]).groups()[0]
    assert str(first) == (
        "x[1] → dense1: kind inputs, weights dense1.weight[0,1], share 0.6667, loss 30.25, "
        "loss if cut 2.25, answer 1.5, mends no, recovered 28"
    )
