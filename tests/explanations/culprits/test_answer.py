"""The sentence: each of its numbers is measured again, and it claims no more than it can."""

import math
import re
from dataclasses import replace
from importlib import import_module

import pytest

import chainrule as cr
from chainrule.arrays import asarray
from chainrule.explanations.culprits import Group, answer_for_row, mend, then_says
from chainrule.explanations.culprits.answer import _of_the_best, words_for
from chainrule.explanations.culprits.culprits import Culprit, Rarity, moved, nats_of
from chainrule.explanations.culprits.mend import Changed
from chainrule.explanations.culprits.standing_out import (
    LOOKED_AT,
    STANDS_OUT,
    StandingOut,
    standing_out,
)
from chainrule.model import Explanation, explain
from chainrule.words import number


def network(weights, activation="identity"):
    return cr.Network(
        [cr.Dense(2, 1, activation, weight=[weights], bias=[0.5])], seed=0, engine="python"
    )


def test_in_regression_the_weights_that_make_the_error_are_cut_and_the_value_is_said():
    net = network([3.0, 0.0])
    ex = explain(net, [[1.0, 1.0]], [[0.5]])
    cut = network([0.0, 0.0])
    assert ex.loss == 9.0
    assert cut.loss([[1.0, 1.0]], [[0.5]]) == 0.0
    assert ex.answer.startswith(
        "1 of the 3 weights did it: x[0] → dense1[0] (dense1.weight[0,0]). Cut it,"
    )
    assert ex.answer.endswith("the loss falls from 9 to 0: the network then says 0.5.")


def test_where_no_cut_mends_the_mistake_it_says_so_and_names_the_smallest_change():
    net = cr.Network(
        [cr.Dense(1, 1, "sigmoid", weight=[[0.0]], bias=[-1.0])], seed=0, engine="python"
    )
    ex = explain(net, [[1.0]], [1])
    answer = ex.answer
    assert answer.startswith("No cut of a group puts it right.")
    name, before, after = re.search(r"\((dense1\.\S+)\) from (\S+) to (\S+) puts", answer).groups()
    moved = {"dense1.weight[0,0]": "dense1.weight", "dense1.bias[0]": "dense1.bias"}[name]
    assert float(before) == float(str(net.parameters[moved].tolist()).strip("[]"))
    value = [[float(after)]] if moved == "dense1.weight" else [float(after)]
    net.set_parameters({moved: value})
    assert net.loss([[1.0]], [1]) == pytest.approx(ex.mend().loss_after, abs=1e-2)


@pytest.mark.parametrize(("back", "most"), [(4.0, "does most"), (4.1, "does nearly the most")])
def test_of_groups_that_do_about_as_much_the_first_is_not_said_to_do_most(back, most):
    ex = explain(network([3.0, 0.0]), [[1.0, 1.0]], [[0.5]])
    study, first = ex.network, replace(ex.groups()[0], loss=9.0, loss_if_cut=5.0)
    groups = [first, replace(first, loss_if_cut=9.0 - back)]
    answer = answer_for_row(study, study.standing(), groups, lambda: mend(study, []), None)
    assert f"1 of the 3 weights {most}: x[0] → dense1[0] (dense1.weight[0,0])." in answer


def test_a_row_that_is_right_is_said_to_be_right():
    net = cr.Network([cr.Dense(1, 1, "sigmoid", weight=[[2.0]], bias=[0.5])], engine="python")
    assert explain(net, [[1.0]], [1]).answer.startswith("The network is right here")


@pytest.mark.parametrize("rows", [1, 2])
def test_where_the_loss_is_no_number_no_weight_is_named(rows):
    answer = explain(network([1.0, 2.0]), [[math.nan, 1.0]] * rows, [[0.5]] * rows).answer
    assert answer.startswith("The loss is not a number (nan), so no weight can be named for it")
    assert not answer.weights
    infinite = explain(network([1e308, 0.0]), [[1.0, 0.0]] * 2, [[0.5]] * 2).answer
    assert infinite.endswith("No single weight was found to make the mean loss of all rows finite.")


def test_of_many_rows_the_slice_that_carries_the_loss_is_named_with_its_share():
    x = [[float(n % 2), n / 40] for n in range(40)]
    y = [[3.0 * row[0]] for row in x]
    net = network([0.0, 0.0])
    ex = explain(net, x, y)
    ex = replace(ex, study=replace(ex.study, input_names=("sex=male", "age")))
    losses = ex.example_losses
    share = sum(losses[1::2]) / sum(losses)
    assert f"{share:.0%} of the loss lies on the 20 of 40 rows with sex=male" in ex.answer
    found = re.search(
        r"\((\S+)\): moved from \S+ to (\S+), it takes the mean loss of all rows from (\S+) to "
        r"(\S+), and that of these rows from (\S+) to (\S+)\.$",
        ex.answer,
    )
    assert found[1] in ("dense1.weight[0,0]", "dense1.bias[0]")
    losses = [net.loss(x, y), net.loss(x[1::2], y[1::2])]
    value = float(found[2])
    arrays = {"dense1.weight": [[value, 0.0]], "dense1.bias": [value]}
    net.set_parameters({name: w for name, w in arrays.items() if found[1].startswith(name)})
    losses[1:1] = [net.loss(x, y)]
    losses.append(net.loss(x[1::2], y[1::2]))
    assert [*map(float, found.groups()[2:])] == pytest.approx(losses, rel=2e-2, abs=1e-9)


def test_of_many_rows_a_weight_that_gives_next_to_nothing_back_is_not_named():
    x = [[n / 20 - 1, 1.0] for n in range(40)]
    net = network([1.0, 0.0])  # the best there is, beside a bias that is almost right
    answer = explain(net, x, [[row[0] + 0.5 + 0.4 * (-1) ** n] for n, row in enumerate(x)]).answer
    assert answer.endswith("No single weight lowers the mean loss of all rows by 1%.")


def test_a_loss_of_the_rows_that_carry_it_stays_where_the_best_weight_reads_0_in_them():
    study = explain(network([3.0, 1.0]), [[1.0, 0.0], [0.0, 1.0]], [[0.0], [0.5]]).network
    now, best = study.standing(), Culprit("dense1.weight[0,1]", 1.0, 0.0, 0.5, 6.125)
    answer = _of_the_best(study, now, "", (best, None), study.only([0]))
    assert answer.endswith("from 6.62 to 6.12, but that of these rows stays at 12.2.")


def quadrants(epochs):
    x = [[a / 3, b / 3] for a in (-3, -2, -1, 1, 2, 3) for b in (-3, -2, -1, 1, 2, 3)]
    y = [int(a * b > 0) for a, b in x]
    net = cr.Network([cr.Dense(2, 8, "tanh"), cr.Dense(8, 1, "sigmoid")], seed=0, engine="python")
    net.fit(x, y, epochs=epochs, learning_rate=0.05, l2=1e-3, progress=False)
    return net, x, y


def test_of_many_rows_no_weight_cut_alone_gives_more_back_than_the_one_that_is_named():
    ex = explain(*quadrants(3))
    loss = float(re.search(r"all rows from \S+ to (\S+\d)", ex.answer)[1])
    alone = [g.loss_if_cut for g in ex.groups(top=99) if len(g.weights) == 1]
    assert len(alone) > 1
    assert loss <= min(alone) * 1.01 < ex.loss


def changed_quadrants(change, *names):
    net, x, y = quadrants(60)
    before = net.loss(x, y)
    for name in names:
        parameter, _, place = name.partition("[")
        row, column = map(int, place[:-1].split(","))
        weights = net.parameters[parameter].tolist()
        weights[row][column] = change(weights[row][column])
        net.set_parameters({parameter: weights})
    assert net.loss(x, y) > 3 * before
    return net, x, y


def faulty_quadrants(name, by):
    return changed_quadrants(lambda w: w + by, name)


@pytest.mark.parametrize("name", ["dense1.weight[3,1]", "dense2.weight[0,1]"])
def test_of_many_rows_a_weight_that_was_moved_is_the_one_that_stands_out(name):
    ex = explain(*faulty_quadrants(name, 5))
    assert "The weight that stands out is " in ex.answer
    assert list(ex.answer.weights) == list(ex.answer.moves) == [name]
    change = ex.nudge(name, by=ex.answer.moves[name]).measured
    assert float(re.search(r"to (\S+)\.$", ex.answer)[1]) == pytest.approx(
        ex.loss + change, rel=1e-2
    )


@pytest.mark.parametrize("name", ["dense2.weight[0,3]", "dense2.weight[0,6]"])
def test_of_the_worst_row_a_weight_that_was_moved_is_named_though_no_cut_mends_it(name):
    net, x, y = faulty_quadrants(name, -5)
    worst = max(range(len(x)), key=lambda row: net.loss([x[row]], [y[row]]))
    answer = explain(net, [x[worst]], [y[worst]]).answer
    assert answer.startswith("No cut of a group puts it right.")
    assert list(answer.weights) == [name]
    assert answer.endswith(f"the network then says {y[worst]}.")


@pytest.mark.parametrize("epochs", [3, 10, 30])
def test_an_unusual_weight_that_gives_little_back_does_not_stand_out(epochs):
    ex = explain(*quadrants(epochs))
    (first, *_), initial = ex.culprits(), ex.initial_parameters
    assert nats_of(ex.network, Rarity(ex.network.parameters, initial), first) >= STANDS_OUT
    assert standing_out(ex.network, initial) is None


def test_what_it_gives_back_is_measured_on_all_rows_though_some_are_looked_at():
    net, x, y = faulty_quadrants("dense2.weight[0,3]", -5)
    ex = explain(net, x * 6, y * 6)
    culprit = standing_out(ex.network, ex.initial_parameters).culprit
    then = float(moved(ex.network, {culprit.name: culprit.mended}).loss())
    assert len(ex.network.rows) == 216 > LOOKED_AT
    assert (culprit.name, culprit.loss_after) == ("dense2.weight[0,3]", then)
    assert culprit.recovered == pytest.approx(ex.loss - then)


def of_the_worst(net, x, y):
    ex = explain(net, x, y)
    row = ex.example_losses.index(max(ex.example_losses))
    known = {"initial": lambda: ex.initial_parameters, "engine": net.engine}
    alone, among = (
        Explanation(ex.network.only([row]), whole=whole, **known) for whole in (None, lambda: ex)
    )
    return row, alone.answer, among.answer


@pytest.mark.parametrize(
    ("name", "by"),
    [("dense1.weight[1,0]", 3), ("dense1.weight[1,1]", 3), ("dense2.weight[0,1]", -4)],
)
def test_a_weight_that_stands_out_over_all_rows_goes_before_a_cut_that_mends_one(name, by):
    net, x, y = faulty_quadrants(name, by)
    row, alone, among = of_the_worst(net, x, y)
    assert name not in alone.weights
    assert list(among.weights) == [name]
    best, over_all, before, after = re.search(
        r"stands out is .* to (\S+), .* all 36 rows from \S+ to (\S+), and this row's from (\S+) "
        r"to (\S+): the",
        among,
    ).groups()
    assert float(before) == pytest.approx(net.loss([x[row]], [y[row]]), rel=5e-3)
    parameter, _, place = name.partition("[")
    i, j = map(int, place[:-1].split(","))
    weights = net.parameters[parameter].tolist()
    weights[i][j] = float(best)
    net.set_parameters({parameter: weights})
    assert float(after) == pytest.approx(net.loss([x[row]], [y[row]]), rel=2e-2)
    assert float(after) <= float(before) / 2
    assert float(over_all) == pytest.approx(net.loss(x, y), rel=2e-2)


def test_one_row_and_all_rows_say_the_same_of_a_weight_where_rows_weigh_differently():
    net, x, y = faulty_quadrants("dense1.weight[3,1]", 5)
    ex = explain(net, x, y, sample_weight=[1 + n % 5 for n in range(len(x))])
    row = ex.example_losses.index(max(ex.example_losses))
    takes = r"moved from (\S+) to (\S+), it takes the mean loss .* rows from (\S+) to ([\d.]+\d)"
    assert re.search(takes, ex.answer)[3] == number(ex.loss, 3)
    assert re.search(takes, ex.answer).groups() == re.search(takes, ex.of_row(row).answer).groups()


def test_where_the_weight_that_stands_out_does_more_at_0_its_name_is_not_said_again():
    ex = explain(network([3.0, 0.0]), [[1.0, 1.0]], [[0.5]])
    (name,) = ex.groups()[0].weights
    odd = StandingOut(Culprit(name, 3.0, 2.9, recovered=1.0, loss_after=2.0), (name,))
    answer = answer_for_row(
        ex.network, ex.network.standing(), ex.groups(), lambda: None, None, odd, 2
    )
    assert answer.endswith(
        "This row's loss falls more, to 0, with it at 0; the network then says 0.5."
    )
    assert answer.count(name) == 1


def test_beside_the_cut_that_puts_a_mistake_right_stands_the_change_that_mend_finds():
    net = cr.Network([cr.Dense(2, 1, "sigmoid", weight=[[3.0, 0.0]], bias=[-1.0])], engine="python")
    ex = explain(net, [[1.0, 1.0]], [0])
    (change,), after = ex.mend().changes, number(ex.mend().loss_after, 3)
    assert ex.answer.startswith("1 of the 3 weights did it: x[0] → dense1[0] ")
    moving = f"Moving it from {number(change.before, 3)} to {number(change.after, 3)} puts it "
    assert re.search(rf"{re.escape(change.name)}\)\. Cut it, .+\. {moving}", ex.answer)
    net.set_parameters({"dense1.bias": [0.0]})  # now that change is the cut, and told once
    assert explain(net, [[1.0, 1.0]], [0]).answer.endswith(": the network then says 0, 50%.")
    assert ex.answer.endswith(f" puts it right, too, at a loss of {after}.")


@pytest.mark.parametrize(
    ("off", "held_out", "said"),
    [
        (2.0, (), "On these rows the network does worse than the best constant answer: loss 4, "),
        (2.0, range(5), "On the 5 rows held out the network does worse than the best constant "),
        (2.0, range(4), None),
        (1.0, (), None),
    ],
)
def test_a_network_that_is_worse_than_a_constant_answer_is_told(off, held_out, said):
    x, y = [[1.0, 0.0]] * 10, [[float(n % 2) * 2 * 2.5**0.5] for n in range(10)]
    net = network([2.5**0.5 - 0.5 + (off**2 - 2.5) ** 0.5 if off > 1 else 2.5**0.5 - 0.5, 0.0])
    answer = replace(explain(net, x, y), held_out=held_out).answer
    assert ("constant" in answer) == (said is not None)
    assert (said or "") in answer


@pytest.mark.parametrize("name", ["dense1.weight[1,0]", "dense1.weight[3,1]", "dense1.weight[6,0]"])
def test_a_turned_sign_is_turned_back(name):
    ex = explain(*changed_quadrants(lambda w: -w, name))
    (first, *_) = ex.culprits()
    assert (first.name, first.mended) == (name, -first.value)
    assert list(ex.answer.weights) == [name]
    assert "The weight that stands out is " in ex.answer


def test_the_weights_of_a_neuron_that_are_all_zero_are_named_together():
    names = ["dense1.weight[3,0]", "dense1.weight[3,1]"]
    net, x, y = changed_quadrants(lambda w: 0.0, *names)
    _, _, among = of_the_worst(net, x, y)
    for answer in (explain(net, x, y).answer, among):
        assert list(answer.weights) == names
        assert "Both weights that go into dense1[3] are 0. One of them, x[1] → dense1[3]" in answer


def test_weights_out_of_a_neuron_that_are_all_zero_are_named_unless_they_began_so():
    weights = {"weight": [[0.0, 1.0], [0.0, -1.0]], "bias": [0.0, 0.0]}
    first = cr.Dense(2, 2, weight=[[1.0, 0.0], [0.0, 1.0]])
    net = cr.Network([first, cr.Dense(2, 2, **weights)], engine="python")
    study = explain(net, [[1.0, 1.0], [-1.0, 0.5]], [[2.0, 1.0], [-2.0, 0.5]]).network
    odd = standing_out(study, None)
    assert list(odd.names) == ["dense2.weight[0,0]", "dense2.weight[1,0]"]
    assert odd.zero == "read dense1[0]"
    began = standing_out(study, dict(study.parameters))
    assert (began.names, began.zero) == (("dense2.weight[1,1]",), "")


def test_a_row_that_a_weight_standing_out_does_no_harm_is_answered_by_itself_first():
    net, x, y = faulty_quadrants("dense2.weight[0,3]", -5)
    ex = explain(net, x, y)
    culprit = standing_out(ex.network, ex.initial_parameters).culprit
    then = ex.network.standing(moved(ex.network, {culprit.name: culprit.mended}).parameters)
    row = next(n for n, loss in enumerate(then.losses) if loss > ex.example_losses[n])
    known = {"initial": lambda: ex.initial_parameters, "engine": net.engine}
    alone = Explanation(ex.network.only([row]), **known).answer
    among = Explanation(ex.network.only([row]), whole=lambda: ex, **known).answer
    assert among.startswith(f"{alone} The weight that stands out is ")
    assert list(among.weights) == [*alone.weights, culprit.name]


def test_beside_a_weight_that_stands_out_stands_what_lowers_the_loss_of_the_row_more():
    net, x, y = faulty_quadrants("dense2.weight[0,0]", 3)
    ex = explain(net, x, y)
    known = {"initial": lambda: ex.initial_parameters, "engine": net.engine}
    of_rows = (Explanation(ex.network.only([n]), whole=lambda: ex, **known) for n in range(36))
    own = next(one for one in of_rows if "This row's loss falls more" in one.answer)
    first = own.groups()[0]
    after = re.search(rf"to (\S+), without {len(first.weights)} of the 33 weights", own.answer)[1]
    cut = moved(own.network, dict.fromkeys(first.weights, 0.0))
    assert float(after) == pytest.approx(float(cut.loss()), rel=5e-3)
    assert list(own.answer.weights) == ["dense2.weight[0,0]", *first.weights]


def test_where_no_weight_stands_out_over_all_rows_one_row_is_answered_by_itself():
    _, alone, among = of_the_worst(*quadrants(60))
    assert alone == among


def test_a_group_that_does_most_is_named_where_nothing_small_mends_it():
    net = cr.Network([cr.Dense(1, 1, weight=[[1.0]], bias=[0.0])], engine="python")
    study = cr.explain(net, [[1.0]], [[-9.0]]).network
    (first, *_) = groups = cr.explain(net, [[1.0]], [[-9.0]]).groups()
    nothing = replace(mend(study, []), changes=())
    answer = answer_for_row(study, study.standing(), groups, lambda: nothing, None)
    assert "No small change puts it right either." in " ".join(answer.split())
    assert tuple(answer.weights) == tuple(first.weights)


@pytest.mark.parametrize(("rows", "named"), [(1, None), (2, "dense1.weight[0,0]")])
def test_of_one_example_a_turned_sign_proves_nothing(rows, named):
    net = network([1.0, -1.0], "sigmoid")
    study = explain(net, [[9.0, 0.0]] * rows, [0] * rows).study
    odd = standing_out(
        study, {"dense1.weight": asarray([[0.0, 0.0]]), "dense1.bias": asarray([0.0])}
    )
    assert (odd and odd.culprit.name) == named


def test_the_answer_says_by_how_much_it_moves_a_weight():
    net = cr.Network([cr.Dense(1, 1, "sigmoid", weight=[[0.0]], bias=[-1.0])], engine="python")
    answer = explain(net, [[1.0]], [1]).answer
    ((name, by),) = answer.moves.items()
    before, after = map(float, re.search(r"from (\S+) to (\S+) puts", answer).groups())
    assert by == pytest.approx(after - before, rel=1e-2)
    assert list(answer.weights) == [name]
    assert explain(network([3.0, 0.0]), [[1.0, 1.0]], [[0.5]]).answer.moves == {}


@pytest.mark.parametrize(
    ("label", "kind", "weights", "said"),
    [
        ("age → dense1", "inputs", ["a", "b"], "those that read age"),
        ("city ×3 → dense1", "inputs", ["a", "b"], 'those that read the 3 "city" inputs'),
        ("out of dense1[2]", "inputs", ["a", "b"], "those that read dense1[2]"),
        ("into dense1[2]", "neuron", ["a", "b"], "those that go into dense1[2]"),
        ("biases of dense1", "biases", ["a", "b"], "the biases of dense1"),
        ("all of dense1", "layer", ["a", "b"], "all of dense1"),
        *(
            ("a → dense1", kind, [name], f"x[1] → dense1[0] ({name})")
            for kind in ("inputs", "neuron", "biases", "weight")
            for name in ["dense1.weight[0,1]"]
        ),
    ],
)
def test_a_group_in_words(label, kind, weights, said):
    rest = (0.5, 1.0, 0.5, None, None, None, False)
    study = explain(network([3.0, 0.0]), [[1.0, 1.0]], [[0.5]]).network
    assert words_for(study, Group(label, kind, weights, *rest)) == said


@pytest.mark.parametrize(
    ("answer", "sure", "said"),
    [
        ("cat", 0.876, "cat, 88%"),
        ("cat", 0.994, "cat, 99%"),
        ("cat", 0.9997, "cat, over 99%"),
        ([1 / 3], None, "0.3333"),
        (1, 1.0, "1, 100%"),
    ],
)
def test_what_the_network_then_says(answer, sure, said):
    assert then_says(answer, sure) == said


def group(*, back=0.75, mends=False, weights=("dense1.weight[0,0]", "dense1.bias[0]")):
    """A group of weights without which a loss of 4 / 3 is so much smaller."""
    loss = 4 / 3
    rest = (0.5, loss, loss * (1 - back), [0.25], None, None, mends)
    return Group("into dense1[0]", "neuron", weights, *rest)


@pytest.mark.parametrize(
    ("first", "begins"),
    [
        (
            group(back=0.5),
            "2 of the 3 weights did most of it: those that go into dense1[0]. Cut them, ",
        ),
        (group(back=0.9899), "2 of the 3 weights did most of it: "),
        (group(back=0.9901), "2 of the 3 weights did it: "),
        (group(back=0.4999), "No cut of a group puts it right. 2 of the 3 weights do most: "),
        (
            group(weights=("dense1.bias[0]",)),
            (
                "1 of the 3 weights did most of it: bias → dense1[0] (dense1.bias[0]). Cut it, and "
                "the loss falls from 1.33 to 0.333: the network then says 0.25."
            ),
        ),
        (group(back=0.0099), "No group of weights lowers the loss by 1% when cut."),
        (group(back=-0.5), "No group of weights lowers the loss by 1% when cut."),
        (replace(group(), loss=100.0, loss_if_cut=99.0), "No cut of a group puts it right. 2 of "),
    ],
)
def test_a_group_did_most_of_it_from_half_of_the_loss_on(first, begins):
    study = explain(network([1.0, 2.0]), [[1.0, 1.0]], [[3.5 - first.loss**0.5]]).network
    now = study.standing()
    assert now.loss == pytest.approx(first.loss)
    nothing = replace(mend(study, []), changes=())
    answer = answer_for_row(study, now, [first], lambda: nothing, None)
    assert answer.startswith(begins)


def test_the_smallest_change_is_said_in_three_digits():
    net = cr.Network([cr.Dense(1, 1, weight=[[0.0]], bias=[0.0])], engine="python")
    study = explain(net, [[1.0]], [[8 / 7]]).network
    changes = (Changed("dense1.weight[0,0]", 1 / 3, 6 / 7, 0.5), Changed("dense1.bias[0]", 0, 2, 0))
    found = replace(mend(study, []), changes=changes, loss_before=8 / 7, loss_after=1 / 7)
    near = "brings the answer within 0.25 of the target"
    for right, error, begin, end in (
        (True, None, "Moving", "puts it right, loss 1.14 to 0.143."),
        (False, None, "No small change puts it right: moving", None),
        (True, 0.25, "Moving", f"{near}, loss 1.14 to 0.143."),
        (False, 0.25, f"No small change {near}: moving", None),
    ):
        some = replace(found, right=right, error=error)
        answer = answer_for_row(study, study.standing(), [], lambda some=some: some, None)
        assert answer == (
            f"No group of weights lowers the loss by 1% when cut. {begin} x[0] → dense1[0] "
            "(dense1.weight[0,0]) from 0.333 to 0.857 and bias → dense1[0] (dense1.bias[0]) from 0 "
            f"to 2 {end or 'takes the loss from 1.14 to 0.143.'}"
        )
        assert answer.moves == {"dense1.weight[0,0]": 6 / 7 - 1 / 3, "dense1.bias[0]": 2}


@pytest.mark.parametrize(("gives", "named"), [(0.012, True), (0.008, False)])
def test_of_many_rows_one_weight_is_named_for_a_hundredth_of_the_loss(gives, named):
    # Targets of ±1 for the same input, a little off: of their loss the bias gives so much back.
    shift = (gives / (1 - gives)) ** 0.5
    x = [[1.0, 0.0], [-1.0, 0.0]] * 6
    y = [[0.5 + shift + sign] for sign in (1.0, 1.0, -1.0, -1.0) * 3]
    answer = explain(network([0.0, 0.0]), x, y).answer
    assert ("No single weight lowers the mean loss of all rows by 1%." not in answer) is named


def test_where_the_loss_is_0_no_weight_is_named():
    none = "The loss is 0: there is no error, and no weight to name for it."
    net = network([1.0, 0.0])
    assert explain(net, [[1.0, 0.0]], [[1.5]]).answer == none
    assert explain(net, [[1.0, 0.0], [2.0, 0.0]], [[1.5], [2.5]]).answer == none


def test_where_only_some_weights_are_tried_the_answer_says_so(monkeypatch):
    net = network([1.0, 2.0])
    x, y = [[1.0, 1.0], [2.0, 0.0]], [[5.0], [3.0]]
    monkeypatch.setattr(import_module(moved.__module__), "SHORTLIST", 8)
    lead = "No single weight stands out; the one that lowers the loss most is"
    assert lead in explain(net, x, y).answer
    monkeypatch.setitem(import_module(moved.__module__).WORK, False, 0)
    said = explain(net, x, y).answer
    assert "weights tried stands out; the one that lowers the loss most is" in said
    monkeypatch.setattr(import_module(answer_for_row.__module__), "LEAST_OF_IT", 2.0)
    assert "None of the " in explain(net, x, y).answer


def test_a_network_that_says_the_same_without_a_group_still_says_it():
    dense = cr.Dense(2, 1, "sigmoid", weight=[[1.0, 3.0]], bias=[2.0])
    ex = explain(cr.Network([dense], engine="python"), [[1.0, 1.0]], [0])
    assert not any(group.mends for group in ex.groups() if group.kind != "layer")
    assert ex.answer.startswith("No cut of a group puts it right.")
    assert re.search(r" the network still says 1, 9\d%\.", ex.answer)
