"""Which weights, and which groups of them, give the loss back: planted faults, and runs again."""

from importlib import import_module
from itertools import chain, product
from math import inf, log
from types import SimpleNamespace

import pytest

import chainrule as cr
import chainrule.arrays as xp
from chainrule.errors import OptionError
from chainrule.explanations.culprits.culprits import (
    Culprit,
    FirstLook,
    Rarity,
    _shortlist,
    best_alone,
    candidates,
    culprits,
    moved,
    name_of,
    weighed,
)
from chainrule.explanations.culprits.mend import MOST, _MendSearch
from chainrule.explanations.culprits.mend import mend as mend_rows
from chainrule.model import explain
from chainrule.nn import Place, Replay

module = import_module(Culprit.__module__)


@pytest.fixture(scope="module")
def trained():
    """A network that has learned a curve, with its rows."""
    x = [[a / 4, b / 4] for a in range(-4, 5) for b in range(-4, 5)]
    y = [[row[0] * row[1] + row[0]] for row in x]
    net = cr.Network([cr.Dense(2, 6, "tanh"), cr.Dense(6, 1)], seed=0, engine="python")
    net.fit(x, y, epochs=60, learning_rate=0.02, validation=None, progress=False)
    return net, x, y


@pytest.fixture
def planted(trained):
    """The same with some weights moved, by name."""
    net, x, y = trained

    def plant(moves):
        return explain(with_moves(net, moves), x, y)

    return plant


def with_moves(net, values, *, add=True):
    copy = cr.Network(list(net.architecture.layers.values()), engine="python")
    arrays = {name: w.tolist() for name, w in net.parameters.items()}
    for name, value in values.items():
        parameter, _, index = name.rstrip("]").partition("[")
        *rows, last = map(int, index.split(","))
        array = arrays[parameter][rows[0]] if rows else arrays[parameter]
        array[last] = array[last] + value if add else value
    copy.set_parameters(net.initial_parameters, initial=True)
    copy.set_parameters(arrays)
    return copy


@pytest.mark.parametrize("name", ["dense1.weight[2,0]", "dense1.bias[4]", "dense2.weight[0,3]"])
@pytest.mark.parametrize("by", [3.0, -3.0])
def test_a_weight_that_was_moved_is_named_first(planted, name, by):
    assert planted({name: by}).culprits(top=1)[0].name == name


def test_of_two_that_were_moved_both_are_among_the_first_five(planted):
    moves = {"dense1.weight[2,0]": 3.0, "dense2.weight[0,5]": -3.0}
    named = {culprit.name for culprit in planted(moves).culprits()}
    assert moves.keys() <= named


def test_what_a_culprit_gives_back_is_what_a_run_again_says(planted, trained):
    net, x, y = trained
    moves = {"dense1.weight[2,0]": 3.0, "dense2.weight[0,5]": -3.0}
    faulty = with_moves(net, moves)
    found = explain(faulty, x, y).culprits()
    by_name = {culprit.name: culprit for culprit in found}
    assert any(culprit.after for culprit in found)
    for culprit in found:
        if not set(culprit.after) <= by_name.keys():
            continue
        before = {name: by_name[name].mended for name in culprit.after}
        base = with_moves(faulty, before, add=False)
        best = with_moves(faulty, {**before, culprit.name: culprit.mended}, add=False)
        assert culprit.loss_after == pytest.approx(best.loss(x, y), rel=1e-9)
        assert culprit.recovered == pytest.approx(base.loss(x, y) - best.loss(x, y), abs=1e-9)


def test_every_group_is_run_without_its_weights(planted, trained):
    net, x, y = trained
    ex = explain(net, x[:1], y[:1])
    found = ex.groups(top=100)
    assert {group.kind for group in found} >= {"inputs", "neuron", "biases", "weight", "layer"}
    for group in found:
        cut = with_moves(net, dict.fromkeys(group.weights, 0.0), add=False)
        assert group.loss_if_cut == pytest.approx(cut.loss(x[:1], y[:1]), rel=1e-9, abs=1e-12)
        assert group.answer == pytest.approx(cut.predict(x[:1]).tolist()[0])
        shares = [ex.weights[name].share for name in group.weights]
        assert group.share == pytest.approx(sum(shares))


@pytest.fixture(scope="module")
def classifier():
    """A class of the plane's points, and one of them with the wrong label."""
    x = [[a / 3, b / 3] for a in range(-3, 4) for b in range(-3, 4)]
    y = [int(row[0] + row[1] > 0.1) for row in x]
    net = cr.Network([cr.Dense(2, 5, "relu"), cr.Dense(5, 2, "softmax")], seed=1, engine="python")
    net.fit(x, y, epochs=40, learning_rate=0.02, validation=None, progress=False)
    y[10] = 1 - y[10]
    return net, x, y


def test_a_mend_puts_its_row_right_and_says_what_it_breaks(classifier):
    net, x, y = classifier
    found = explain(net, x, y).mend([10])
    after = with_moves(net, {c.name: c.after for c in found.changes}, add=False)
    assert found.right
    assert after.predict(x[10:11]).tolist() == [y[10]] != net.predict(x[10:11]).tolist()
    assert found.loss_before == pytest.approx(net.loss(x[10:11], y[10:11]))
    assert found.loss_after == pytest.approx(after.loss(x[10:11], y[10:11]))
    before, then = net.predict(x).tolist(), after.predict(x).tolist()
    broken = [n for n, t in enumerate(y) if before[n] == t != then[n]]
    fixed = [n for n, t in enumerate(y) if before[n] != t == then[n] and n != 10]
    assert list(found.broken) == broken
    assert list(found.fixed) == fixed


def test_a_mend_counts_what_it_breaks_on_the_rows_held_out_and_beside_it_random_sets(classifier):
    net, x, y = classifier
    study, unseen = explain(net, x, y).network, set(range(0, 40, 2))
    found = mend_rows(study, [10], held_out=unseen)
    assert found.others_held_out == 19
    assert set(found.broken_held_out) == unseen.intersection(found.broken)
    assert set(found.fixed_held_out) == unseen.intersection(found.fixed)
    assert found.controls_broken_held_out <= found.controls_broken
    assert "of 19 other rows held out from training" in " ".join(str(found).split())


def test_an_exchange_leaves_no_member_that_another_move_would_better(trained):
    net, x, y = trained
    target = [[y[5][0] + 1.0], [y[40][0] - 1.5], [y[70][0] + 2.0]]
    study = explain(net, [x[5], x[40], x[70]], target).network
    work = _MendSearch(study, [0, 1, 2], None, 0.3)
    start = work.greedy()
    assert len(start) > 1
    worse = dict(start)
    name = list(worse)[-1]
    worse[name] = work.study.value(name)  # a member that does nothing: any that helps is better
    assert work._cost(work.exchanged(worse)) < work._cost(worse)
    assert work._cost(work.exchanged(start)) <= work._cost(start)


def test_the_amounts_of_a_mend_add_up_to_what_it_gives_back(trained):
    net, x, y = trained
    target = [[y[5][0] + 1.0], [y[40][0] - 1.5], [y[70][0] + 2.0]]
    points = [x[5], x[40], x[70]]
    mend = explain(net, points, target).mend([0, 1, 2], error=0.3)
    assert len(mend.changes) > 1
    amounts = sum(change.amount for change in mend.changes)
    assert amounts == pytest.approx(mend.loss_before - mend.loss_after)
    assert list(chain(mend.fixed, mend.broken)) == []


def test_the_random_sets_beside_a_mend_are_drawn_by_the_seed(classifier):
    ex = explain(*classifier)
    one, two = (ex.mend([10], seed=seed) for seed in (0, 1))
    assert one.changes == two.changes
    assert one.controls_broken != two.controls_broken


def test_a_row_that_is_right_needs_no_mend_and_one_that_is_not_there_is_refused(classifier):
    net, x, y = classifier
    assert explain(net, x, y).mend([0]).changes == ()
    assert str(explain(net, x[:1], y[:1]).mend()) == "no row is wrong: there is nothing to mend"
    with pytest.raises(OptionError, match="there is no row 99 among the 49 explained"):
        explain(net, x, y).mend([99])


@pytest.mark.extra("numpy")
def test_rows_that_are_all_right_need_no_mend_on_numpy_either(classifier):
    net, x, y = classifier
    there = cr.Network(list(net.architecture.layers.values()), engine="numpy")
    there.set_parameters(net.parameters)
    mend = explain(there, x[:1], y[:1]).mend()
    assert (mend.changes, mend.right) == ((), True)
    assert str(mend) == "no row is wrong: there is nothing to mend"


def test_columns_add_up_from_any_reference_to_the_difference_of_two_losses(trained):
    net, x, y = trained
    for reference, row in ((None, [0.0, 0.0]), (x[7], x[7])):
        found = explain(net, x[60:61], y[60:61]).columns(reference=reference)
        before, now = net.loss([row], y[60:61]), net.loss(x[60:61], y[60:61])
        amounts = sum(column.amount for column in found.columns)
        assert found.reference_loss == pytest.approx(before)
        assert found.trusted
        assert amounts + found.residual == pytest.approx(now - before)
        assert abs(found.residual) <= 2e-3 * abs(now - before)


def test_a_column_that_nobody_reads_adds_nothing(trained):
    net, x, y = trained
    deaf = with_moves(net, {f"dense1.weight[{n},1]": 0.0 for n in range(6)}, add=False)
    found = explain(deaf, x, y).columns()
    assert found["x[1]"] == 0.0
    assert found["x[0]"] != 0.0


@pytest.mark.extra("numpy")
def test_a_large_network_is_answered_for_within_the_products_of_sixty_gradients(monkeypatch):
    import numpy as np

    product, done = np.matmul, []

    def counted(x, y, *rest, **options):
        result = product(x, y, *rest, **options)
        done.append(result.size * x.shape[-1])
        return result

    sizes = [(784, 512, "relu"), (512, 512, "relu"), (512, 10, "softmax")]
    net = cr.Network([cr.Dense(*size) for size in sizes], seed=0, engine="numpy")
    x = np.random.default_rng(0).random((1, 784))
    y = [(int(net.predict(x)[0]) + 1) % 10]
    monkeypatch.setattr(np, "matmul", counted)

    def products(ask):
        done.clear()
        ask(explain(net, x, y))
        return sum(done)

    one = products(lambda ex: ex.gradients)
    assert one >= 2 * sum(before * after for before, after, _ in sizes)
    assert products(lambda ex: ex.answer) <= 60 * one
    assert products(lambda ex: ex.culprits()) <= 60 * one
    assert products(lambda ex: ex.mend()) <= 60 * one


@pytest.mark.parametrize("rows", [1, 2])
def test_the_shortlist_of_a_large_network_names_the_weight_that_is_heard(rows):
    net = cr.Network([cr.Dense(3, 1, weight=[[0.0, 0.0, 5.0]], bias=[0.0])], engine="python")
    study = cr.explain(net, [[0.0, 0.0, 1.0]] * rows, [[1.0]] * rows).network
    names = {name_of(study, place) for place in _shortlist(study, 24, {})}
    assert names == {"dense1.weight[0,2]", "dense1.bias[0]"}


def test_weights_near_the_largest_number_get_culprits_and_no_overflow():
    huge = [[1e200, -1e200], [1e200, 3.0]]
    layers = [cr.Dense(2, 2, "relu", weight=huge), cr.Dense(2, 1)]
    net = cr.Network(layers, seed=0, engine="python")
    explanation = explain(net, [[1.0, 0.5]], [[0.0]])
    assert explanation.loss == inf
    assert len(explanation.culprits(top=1)) == 0


def test_a_turned_sign_is_tried_and_is_likelier_than_a_value_that_fits_a_little_better():
    x = [[a / 4, b / 4] for a in range(-4, 5) for b in range(-4, 5)]
    y = [[0.66 * a - 0.61 * b] for a, b in x]
    layer = cr.Dense(2, 1, weight=[[-0.7, -0.61]], bias=[0.0])
    first = explain(cr.Network([layer], engine="python"), x, y).culprits()[0]
    assert (first.name, first.value, first.mended) == ("dense1.weight[0,0]", -0.7, 0.7)


def test_several_changes_are_made_as_small_as_may_be():
    search = object.__new__(_MendSearch)
    search.study = SimpleNamespace(value=lambda _: 0.0)
    search.does = lambda values: len(values) == 2 and min(values.values()) >= 1228.25 / 4096
    smaller = search.smaller({"a": 1.0, "b": 1.0})
    assert list(smaller.values()) == [1229 / 4096] * 2  # after twelve halvings
    assert search.does(smaller)


@pytest.mark.parametrize("rows", [1, 2, 7])
def test_the_shortlist_holds_the_first_of_every_sign_by_gradients_of_single_rows(trained, rows):
    net, *examples = trained
    x, y = (each[5::11][:rows] for each in examples)
    study = explain(net, x, y).network
    initial, weights = net.initial_parameters, net.parameters
    each = [net.gradients([x[n]], [y[n]]) for n in range(rows)]
    signs = {"slope": {}, "product": {}, "far": {}, "way": {}, "gain": {}}
    for name, w in weights.items():
        for place in product(*map(range, w.shape)):
            own = [float(gradients[name][place]) for gradients in each]
            slope, label = sum(own) / rows, f"{name}[{','.join(map(str, place))}]"
            signs["slope"][label] = slope
            signs["product"][label] = slope * float(w[place])
            signs["far"][label] = float(w[place] - initial[name][place])
            signs["way"][label] = slope * signs["far"][label]
            spread = sum(g * g for g in own)
            signs["gain"][label] = slope * slope / spread if rows > 1 and spread else 0.0
    for count in (8, 24):  # an eighth of them is taken on lists
        first = set()
        for sign in signs.values():
            by_size = sorted(sign, key=lambda label: -abs(sign[label]))
            first.update(label for label in by_size[: count // 8] if sign[label])
        assert {name_of(study, place) for place in _shortlist(study, count, initial)} == first


def test_each_weight_s_best_move_is_run_and_no_other_tried_move_costs_less(trained):
    net, x, y = trained
    study = explain(with_moves(net, {"dense1.weight[2,0]": 3.0}), x, y).network
    now, look, usual = float(study.loss()), FirstLook(study, None), Rarity(study.parameters, None)
    found = look.best_moves(usual, keep=len(look.places))
    assert len({place for place, _, _ in found}.intersection(look.places)) == len(found) > 20

    def cost(value, move, loss):
        part = 1 - loss / now
        return -part - min(0.05 * usual.beside(value, value + move, 0.0), 2 * part)

    for place, move, loss in found[::3]:
        name = name_of(study, place)
        value = study.value(name)
        assert loss == pytest.approx(float(moved(study, {name: value + move}).loss()), rel=1e-9)
        reach = 4 * max(1, abs(value))
        assert abs(move) <= max(reach, 2 * abs(value))
        for other in (0.0, -2 * value, *(s * reach / 2**k for k in range(6) for s in (1, -1))):
            then = float(moved(study, {name: value + other}).loss())
            assert cost(value, move, loss) <= cost(value, other, then) + 1e-9


def test_where_no_weight_lowers_the_loss_none_is_named():
    net = cr.Network([cr.Dense(1, 1, weight=[[1.0]], bias=[0.0])], engine="python")
    assert len(explain(net, [[1.0], [1.0]], [[0.0], [2.0]]).culprits()) == 0


def test_a_mend_changes_no_more_weights_than_have_their_amounts_worked_out():
    search = object.__new__(_MendSearch)
    search.places, search.does = [0], lambda _: False
    search.few_loss = lambda values: -len(values)
    search._moved_on = lambda values: {**values, str(len(values)): 1.0}
    assert len(search.greedy()) == MOST == 8


def test_of_several_changes_those_that_are_not_needed_are_left_out():
    search = object.__new__(_MendSearch)
    search.study = SimpleNamespace(value=lambda _: 0.0)
    search.does = lambda values: values.get("b", 0.0) >= 0.5
    assert search.smaller({"a": 1.0, "b": 1.0, "c": 1.0}) == {"b": 0.5}
    assert search.smaller({"a": 1.0, "c": 1.0}) == {"a": 1.0, "c": 1.0}


def linear(weight, bias, x, t):
    """A study of one linear layer."""
    layer = cr.Dense(len(weight[0]), len(weight), weight=weight, bias=bias)
    return explain(cr.Network([layer], engine="python"), x, t).network


@pytest.mark.parametrize(
    ("value", "wanted", "best"),
    [
        # The first look is at ±4, ±2, … ±1/8; each zoom then at quarters of the space on both
        # sides: 1/2, 3/4, 11/16, 45/64.
        (0.0, 0.7, 45 / 64),
        # Nothing in the first look is better than 0, so the space is 1/16: 2/64, 31/1024.
        (0.0, 0.03, 31 / 1024),
        (0.0, 0.05, 51 / 1024),  # 3/64, 13/256, 51/1024
        (0.0, -0.05, -51 / 1024),
        (0.0, 0.0622, 63 / 1024),  # 3/64, 15/256, 63/1024; 1/16 is an end, and not tried
        # Within four times its size, and four at least.
        (0.0, 9.0, 4.0),
        (-0.5, 9.0, 3.5),
        (2.0, 30.0, 10.0),
    ],
)
def test_the_best_value_is_found_on_a_grid_that_is_zoomed_into_three_times(value, wanted, best):
    study = linear([[value]], [0.0], [[1.0]], [[wanted]])
    by_loss = Rarity(study.parameters, None)
    by_loss.scale = inf
    look = FirstLook(study, None)
    look.places = [Place("dense1", 0, 0)]
    ((_, move, loss),) = look.best_moves(by_loss, keep=1)
    assert value + move == best
    assert loss == pytest.approx((best - wanted) ** 2)


def test_the_weights_that_gain_most_in_the_first_look_are_looked_at_closely():
    study = linear([[0.0, 0.0, 0.0]], [0.0], [[0.1, 1.0, 0.2]], [[0.7]])
    look = FirstLook(study, None)
    look.places = look.places[:3]
    close = look.best_moves(Rarity(study.parameters, None), keep=1)
    assert [place.input for place, _, _ in close] == [1]


def test_how_rare_a_value_is():
    arrays = {"a": xp.asarray([[1.0, -2.0]]), "b": xp.asarray([3.0])}  # the median of sizes is 2
    rarity = Rarity(arrays, None)
    assert rarity(6.0, 0.0) == pytest.approx(log(10))
    assert rarity(6.0, 4.0) == pytest.approx(log(2))
    assert rarity.beside(6.0, 2.0, 0.0) == pytest.approx(log(10) - log(2))
    assert rarity.beside(2.0, -2.0, 0.0) == 1.0  # its sign turned
    assert rarity.beside(0.0, 0.0, 0.0) == 0.0
    assert rarity.beside(2.0, -2.0, 20.0) == pytest.approx(1.0)  # not more unusual than usual
    assert Rarity(arrays, {"a": xp.asarray([[1.0, 0.0]])}).scale == 2  # of 0, 2 and 3
    assert Rarity({"a": xp.asarray([0.0, 0.0])}, None).scale == 1
    assert (
        weighed(Culprit("a", 1.0, 2.0, recovered=3.0, loss_after=1.0).part, 4.0) == 0.75 + 0.05 * 4
    )
    assert weighed(0.01, 4.0) == pytest.approx(0.03)  # at most twice as much for what is usual
    assert weighed(0.01, -4.0) == pytest.approx(0.01 - 0.05 * 4)


@pytest.mark.parametrize(("count", "scale"), [(10_000, 3.0), (10_001, 1.0)])
def test_of_more_than_ten_thousand_weights_the_median_is_that_of_every_second(count, scale):
    values = [3.0] * 4 + [1.0, 3.0] * 5000  # most of all are 3, most of every second are 1
    assert Rarity({"a": xp.asarray(values[:count])}, None).scale == scale


def apart(*misses, noise=0.0):
    """Outputs that are each wrong by one weight of their own, and one that nothing mends."""
    x = [[1.0], [1.0], [-1.0], [-1.0]]
    t = [[miss * row[0] for miss in misses] for row in x]
    t = [[*row, noise * sign] for row, sign in zip(t, (1, -1, 1, -1), strict=True)]
    wide = len(misses) + 1
    return linear([[0.0]] * wide, [0.0] * wide, x, t)


@pytest.mark.parametrize(("second", "beside"), [(0.2, False), (0.5, True)])
def test_a_weight_that_gives_back_a_tenth_of_what_is_left_is_named_beside_the_first(second, beside):
    # Of what the first leaves, second² + 1, the next gives back 4 % or 20 %.
    first, other, *_ = culprits(apart(3.0, second, noise=1.0), top=5)
    assert (first.name, other.name) == ("dense1.weight[0,0]", "dense1.weight[1,0]")
    assert other.after == ((first.name,) if beside else ())


def test_three_weights_are_looked_for_one_beside_the_other():
    found = culprits(apart(4.0, 3.0, 2.0, 1.0), top=5)
    names = [f"dense1.weight[{n},0]" for n in range(4)]
    after = {culprit.name: culprit.after for culprit in found}
    assert after[names[1]] == (names[0],)
    assert after[names[2]] == (names[0], names[1])
    assert after[names[3]] == ()


@pytest.mark.parametrize(
    ("ask", "rows", "counts", "close"),
    [
        (lambda study: culprits(study, top=5), 4, [120, 40, 40, 40], [29, 29, 25, 29]),
        (lambda study: culprits(study, top=13), 25, [130, 40, 40, 40], [21, 21, 9, 21]),
        (lambda study: best_alone(FirstLook(study, None)), 24, [120], [24]),
        (lambda study: best_alone(FirstLook(study, None)), 25, [120], [8]),
    ],
)
def test_so_many_weights_are_looked_at_and_so_many_closely(ask, rows, counts, close, monkeypatch):
    asked, kept = [], []

    def listed(replay, count, initial):
        asked.append(count)
        return candidates(replay, count, initial)

    def tried(look, rarity, *, keep):
        kept.append(keep)
        return best_moves(look, rarity, keep=keep)

    monkeypatch.setattr(module, "candidates", listed)
    best_moves = FirstLook.best_moves
    monkeypatch.setattr(FirstLook, "best_moves", tried)
    four = apart(4.0, 3.0, 2.0, 1.0)
    study = four.only([n % 4 for n in range(rows)])
    ask(study)
    assert (asked, kept) == (counts, close)


@pytest.mark.parametrize(("work", "every"), [(768, True), (767, False)])
def test_every_weight_is_run_where_that_takes_no_more_products_than_may_be(
    work, every, monkeypatch
):
    # Of each layer (inputs + 1) · neurons weights, each tried at 12 values, and what comes after:
    # 9 · 12 · (2 · 1 + 3), 8 · 12 · 2 and 3 · 12 · 1.
    layers = [cr.Dense(2, 3, "tanh"), cr.Dense(3, 2, "tanh"), cr.Dense(2, 1)]
    net = cr.Network(layers, seed=1, engine="python")
    replay = Replay(explain(net, [[1.0, 2.0]], [[3.0]]).network)
    monkeypatch.setitem(module.WORK, False, work)
    assert candidates(replay, 8, None)[1] is every


def test_a_short_shortlist_on_lists_holds_one_weight_by_each_sign(trained):
    net, x, y = trained
    study = explain(net, x[:3], y[:3]).network
    assert _shortlist(study, 1, {}) == _shortlist(study, 8, {})
    assert 1 <= len(_shortlist(study, 8, {})) <= 4


def test_where_there_is_no_loss_no_weight_is_named():
    net = cr.Network([cr.Dense(1, 1, weight=[[2.0]], bias=[1.0])], engine="python")
    assert cr.explain(net, [[1.0], [2.0]], [[3.0], [5.0]]).culprits() == []


def test_a_weight_that_makes_an_infinite_loss_finite_gives_all_of_it_back():
    assert Culprit("dense1.bias[0]", 1e200, 0.0, inf, 0.5).part == 1
    assert Culprit("dense1.bias[0]", 1.0, 0.0, 3.0, 1.0).part == 0.75
