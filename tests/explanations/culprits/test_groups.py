"""What a line of a list of groups says."""

from dataclasses import replace
from itertools import pairwise

import pytest

import chainrule as cr
from chainrule.explanations.culprits.groups import Group, groups, listed_groups, unit


@pytest.mark.parametrize(
    ("answer", "right", "said"),
    [("cat", 1, "cat"), (None, 12, "12 right"), (2.5, None, "2.5"), (None, None, "–")],
)
def test_a_group_says_the_answer_of_one_row_and_the_right_ones_of_many(answer, right, said):
    group = Group(
        label="layer dense1",
        kind="layer",
        weights=["dense1.bias[0]"],
        share=0.5,
        loss=2.0,
        loss_if_cut=1.5,
        answer=answer,
        probability=None,
        right=right,
        mends=False,
        loss_if_initial=None,
        answer_if_initial=None,
    )
    line = str(listed_groups([group])).splitlines()[-1]
    assert line.partition(" -0.5 ")[2].strip() == said


def test_what_leaves_a_neuron_is_a_group_of_the_layer_that_it_goes_to():
    layers = [cr.Dense(2, 3, "tanh"), cr.Dense(3, 2, "tanh"), cr.Dense(2, 1)]
    net = cr.Network(layers, seed=1, engine="python")
    labels = {group.label for group in cr.explain(net, [[1.0, 2.0]], [[3.0]]).groups(top=99)}
    leaving = {f"out of dense1[{n}]" for n in range(3)} | {f"out of dense2[{n}]" for n in range(2)}
    assert {label for label in labels if label.startswith("out of")} == leaving


def test_a_group_that_puts_the_row_right_mends_it_unless_it_is_a_whole_layer():
    weight = [[0.0, 0.0], [4.0, 0.0], [0.0, 0.0]]
    layer = cr.Dense(2, 3, "softmax", weight=weight, bias=[1.0, -1.0, 0.0])
    ex = cr.explain(cr.Network([layer], engine="python"), [[1.0, 1.0]], [0])
    mends = {group.label: group.mends for group in ex.groups(top=99)}
    assert mends["into dense1[1]"] is True
    assert mends["x[1] → dense1"] is False
    assert mends["all of dense1"] is False  # each class then gets a third, and the first wins


def test_the_only_neuron_or_input_of_a_layer_is_no_group_beside_the_layer():
    layer = cr.Dense(1, 1, "sigmoid", weight=[[4.0]], bias=[-1.0])
    ex = cr.explain(cr.Network([layer], engine="python"), [[1.0]], [0])
    assert {group.label for group in ex.groups(top=99)} == {
        *("biases of dense1", "all of dense1", "x[0] → dense1[0]"),
    }
    assert list(ex.answer.weights) == ["dense1.weight[0,0]"]


def test_the_two_levels_of_a_column_are_a_group():
    net = cr.Network([cr.Dense(3, 2, "tanh"), cr.Dense(2, 1)], seed=1, engine="python")
    ex = cr.explain(net, [[1.0, 0.0, 3.0], [0.0, 1.0, 2.0]], [[3.0], [1.0]])
    named = replace(ex.study, input_names=("city=Oslo", "city=Rome", "size"))
    found = groups(named, ex.gradients)
    assert "city ×2 → dense1" in {group.label for group in found}
    alone = groups(replace(ex.study, input_names=("city=Oslo", "x", "size")), ex.gradients)
    assert not any("×" in group.label for group in alone)


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
                    assert len(one.weights) <= len(other.weights)
                    if len(one.weights) == len(other.weights):
                        assert one.recovered >= other.recovered - 1e-8 * one.loss


def test_an_output_is_called_by_its_class_where_each_has_one():
    layer = cr.Dense(2, 3, "softmax")
    ex = cr.explain(cr.Network([layer], seed=1, engine="python"), [[1.0, 2.0]], [0])
    for names, first in ((("cat", "dog", "owl"), "cat"), (("cat", "dog"), "dense1[0]")):
        named = replace(ex.study, class_names=names)
        assert unit(named, "dense1", 0) == first
        assert unit(named, "dense1", 2) == ("owl" if len(names) == 3 else "dense1[2]")
