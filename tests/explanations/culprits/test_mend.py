"""What a mend says, how near is near enough, how small a change, and what is run beside it."""

from dataclasses import replace
from importlib import import_module
from types import SimpleNamespace

import pytest

import chainrule as cr
from chainrule.explanations.culprits import answer_for_row
from chainrule.explanations.culprits.culprits import FirstLook, candidates
from chainrule.explanations.culprits.mend import Changed, Mend, _MendSearch, mend
from chainrule.model import Explanation, explain
from chainrule.nn import Replay

module = import_module(Mend.__module__)

NOTHING = {
    "rows": (),
    "changes": (),
    "right": True,
    "loss_before": 2 / 3,
    "loss_after": 1 / 7,
    "answers_before": ("cat",),
    "answers_after": ("dog",),
    "fixed": (),
    "broken": (),
    "others": 0,
    "error": None,
    "controls_right": 0,
    "controls_broken": 0.0,
    "controls": 20,
}
CHANGES = (
    Changed("dense1.weight[0,1]", 1 / 3, -2 / 3, 11 / 21),
    Changed("dense1.bias[0]", 1, 2, 0),
)


def said(**fields):
    return " ".join(str(Mend(**{**NOTHING, **fields})).split())


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "no row is wrong: there is nothing to mend"),
        ({"rows": (3,)}, "row 3: right as it is"),
        ({"rows": (3, 4)}, "rows 3 and 4: right as they are"),
        ({"rows": (3,), "right": False}, "row 3: no change was found that lowers the loss"),
        ({"rows": tuple(range(9))}, "rows 0, 1, 2, 3, 4, 5, 6, 7 and 1 more: right as they are"),
    ],
)
def test_a_mend_without_changes_says_why(fields, text):
    assert said(**fields) == text


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"changes": CHANGES[:1]}, "row 3: 1 weight changed, and right loss 0.6667 → 0.1429 "),
        ({}, " loss 0.6667 → 0.1429 answer cat → dog weight before after "),
        ({"rows": (3, 4)}, " loss 0.6667 → 0.1429 weight before after "),
        ({"changes": CHANGES, "right": False}, "row 3: 2 weights changed, and not right yet loss"),
        ({}, "gave back dense1.weight[0,1] 0.3333 -0.6667 0.5238 dense1.bias[0] 1 2 0 each weight"),
        (
            {"error": 0.25},
            (
                "right is an answer within 0.25 of the target; another row is fixed or broken "
                "where its loss falls or rises by more than 1% of 20 random sets"
            ),
        ),
        (
            {"others": 3999, "fixed": (1,), "broken": tuple(range(3678))},
            (
                "of 3,999 other rows it fixes 1 and breaks 3,678 (rows 0, 1, 2, 3, 4, 5, 6, 7 and "
                "3,670 more)"
            ),
        ),
        ({"others": 5}, "of 5 other rows it fixes 0 and breaks 0 of 20 random sets"),
        ({"others": 5}, "of the changes tried the one that breaks the fewest other rows is kept; "),
        ({"others": 1, "broken": (8,)}, "of 1 other row it fixes 0 and breaks 1 (row 8) of"),
        (
            {"others": 5, "broken": (8, 9), "fixed": (1, 2, 4)},
            "of 5 other rows it fixes 3 and breaks 2 (rows 8 and 9) of",
        ),
        (
            {"others": 9, "broken": tuple(range(9))},
            "breaks 9 (rows 0, 1, 2, 3, 4, 5, 6, 7 and 1 more) of",
        ),
        (
            {"others": 5, "controls_right": 2, "controls_broken": 4 / 3},
            "moved as far, 2 put it right as well; they break 1.33 others on average",
        ),
        (
            {
                "others_held_out": 4,
                "fixed_held_out": (1,),
                "broken_held_out": (2, 3),
                "controls_broken_held_out": 2 / 3,
            },
            "other rows held out from training it fixes 1 and breaks 2; a random set breaks 0.667",
        ),
    ],
)
def test_a_mend_says_what_it_changes_and_what_else_it_does(fields, text):
    assert text in said(**{"rows": (3,), "changes": CHANGES, **fields})


def test_rows_that_nobody_held_out_are_not_spoken_of():
    assert "held out" not in said(rows=(3,), changes=CHANGES)
    assert "other row" not in said(rows=(3,), changes=CHANGES)
    assert said(rows=(3,), changes=CHANGES).endswith("moved as far, 0 put it right as well")


def test_an_answer_within_a_tenth_of_the_largest_miss_is_near_enough():
    # Two outputs of two rows: misses of 1 and 4, of which the larger counts, and 2 at most.
    net = cr.Network([cr.Dense(1, 2, weight=[[0.0], [0.0]], bias=[0.0, 0.0])], engine="python")
    mend = explain(net, [[1.0], [-1.0]], [[1.0, -4.0], [2.0, 0.5]]).mend([0, 1])
    assert mend.error == pytest.approx(0.4)
    assert (mend.controls, mend.others) == (20, 0)
    alone = explain(net, [[1.0], [-1.0]], [[1.0, -4.0], [2.0, 0.5]]).mend([1])
    assert (alone.error, alone.others) == (pytest.approx(0.2), 1)


def test_random_sets_move_as_many_weights_as_far():
    net = cr.Network([cr.Dense(1, 1, weight=[[0.0]], bias=[0.0])], engine="python")
    study = explain(net, [[1.0]], [[1.0]]).network
    search = _MendSearch(study, [0], None, 0.3)
    moved = Changed("dense1.bias[0]", 0.25, -0.5, 1.0)
    sets = list(search.controls([moved], 0, 20))
    assert len(sets) == 20
    assert {name for one in sets for name in one} == {"dense1.weight[0,0]", "dense1.bias[0]"}
    assert {value for one in sets for value in one.values()} == {-0.75, 0.75}
    assert list(search.controls([], 0, 20)) == []


def test_where_nothing_is_to_be_mended_nothing_is_run_beside_it():
    net = cr.Network([cr.Dense(1, 1, weight=[[0.0]], bias=[0.0])], engine="python")
    mend = explain(net, [[1.0]], [[1.0]]).mend([])
    assert (mend.error, mend.loss_before, mend.loss_after) == (0.0, 0.0, 0.0)
    assert (mend.controls, mend.controls_broken, mend.others) == (0, 0.0, 1)


def search_with(**members):
    """A search of which some parts are stood in for."""
    search = object.__new__(_MendSearch)
    vars(search).update(members)
    return search


@pytest.mark.parametrize(("least", "part"), [(0.6, 2458 / 4096), (1 / 8, 1 / 8), (9.0, 1.0)])
def test_a_move_is_made_as_small_as_three_rounds_of_sixteen_parts_find_it(least, part):
    # 0.6 · 4096 = 2457.6; a move that is never enough is left whole.
    def moved(places, moves, read):
        return [[move >= 2 * least for move in row] for row in moves]

    search = search_with(each_does=None)
    assert search._enough(SimpleNamespace(moved=moved), {"place": 2.0}) == [2 * part]


def test_two_changes_are_exchanged_and_one_alone_is_not():
    asked = []

    def moved_on(values):
        asked.append(set(values))
        return {**values, "c": 1.0}

    search = search_with(_moved_on=moved_on, _cost=lambda values: -sum(values.values()))
    assert search.exchanged({"a": 0.5}) == {"a": 0.5}
    assert asked == []
    assert search.exchanged({"a": 0.5, "b": 2.0}) == {"b": 2.0, "c": 1.0}
    assert asked == [{"b"}, {"c"}]


def test_one_change_alone_is_left_as_it_is():
    search = search_with(does=lambda values: values.get("a", 0.0) >= 0.25)
    assert search.smaller({"a": 1.0}) == {"a": 1.0}


def test_what_is_not_right_goes_by_its_own_loss_and_what_is_right_by_the_others():
    net = cr.Network([cr.Dense(1, 1, weight=[[0.0]], bias=[0.0])], engine="python")
    study = explain(net, [[1.0], [2.0]], [[1.0], [1.0]]).network
    search = _MendSearch(study, [0], None, 0.5)
    assert search._cost({"dense1.weight[0,0]": 0.25}) == (True, 0.75**2)
    # The other row answers 1.5, which is as near to 1 as 0.5; and 2, which is no nearer than 0.
    assert search._cost({"dense1.weight[0,0]": 0.75}) == (False, 0, (0.25**2 + 0.5**2) / 2)
    further = search._cost({"dense1.weight[0,0]": 1.25})
    assert further == (False, 1, (0.25**2 + 1.5**2) / 2)


def test_twelve_moves_are_compared_by_what_they_do_to_all(monkeypatch):
    kept, best_moves = [], FirstLook.best_moves

    def noted(look, rarity, *, keep):
        kept.append(keep)
        return best_moves(look, rarity, keep=keep)

    monkeypatch.setattr(FirstLook, "best_moves", noted)
    net = cr.Network([cr.Dense(1, 1, weight=[[0.0]], bias=[0.0])], engine="python")
    explain(net, [[1.0]], [[1.0]]).mend([0])
    assert kept == [12]


def test_the_change_that_gave_most_back_comes_first():
    # Alone a gives 1 back, b 2, both together 6: what they give only together is halved.
    back = {(): 0.0, ("a",): 1.0, ("b",): 2.0, ("a", "b"): 6.0}
    study = SimpleNamespace(value=lambda _: 0.5)
    search = search_with(study=study, few_loss=lambda values: 9.0 - back[tuple(values)])
    assert search.shared({"a": 3.0, "b": 4.0}) == [
        Changed("b", 0.5, 4.0, 3.5),
        Changed("a", 0.5, 3.0, 2.5),
    ]


def test_random_sets_are_drawn_with_seed_0_unless_another_is_given():
    x = [[a / 3, b / 3] for a in range(-3, 4) for b in range(-3, 4)]
    y = [int(row[0] + row[1] > 0.1) for row in x]
    weight, bias = [[-3.0, -3.0], [3.0, 3.0]], [0.2, 0.0]
    net = cr.Network([cr.Dense(2, 2, "softmax", weight=weight, bias=bias)], engine="python")
    y[10] = 1 - y[10]
    study = explain(net, x, y).network
    first, other = (mend(study, [10], seed=seed).controls_broken for seed in (0, 1))
    assert mend(study, [10]).controls_broken == first != other


def test_the_change_that_the_answer_names_is_the_one_that_mend_finds_among_all_rows():
    x = [[a / 3, b / 3] for a in (-3, -2, -1, 1, 2, 3) for b in (-3, -2, -1, 1, 2, 3)]
    y = [int(a * b > 0) for a, b in x]
    net = cr.Network([cr.Dense(2, 8, "tanh"), cr.Dense(8, 1, "sigmoid")], seed=0, engine="python")
    net.fit(x, y, epochs=3, learning_rate=0.05, l2=1e-3, progress=False)
    ex = explain(net, x, y)
    known = {"initial": lambda: ex.initial_parameters, "engine": net.engine}
    named = 0
    for row in range(36):
        answer = Explanation(ex.network.only([row]), whole=lambda: ex, **known).answer
        if answer.moves and "puts it right" in answer:
            changes = ex.mend([row]).changes
            assert answer.moves == {name: after - before for name, before, after, _ in changes}
            named += 1
    assert named > 5


def test_what_is_wrong_at_no_loss_cannot_be_mended():
    net = cr.Network([cr.Dense(1, 2, "softmax", weight=[[0.0], [1.0]])], engine="python")
    mending = explain(net, [[1.0]], [[0.0, 0.0]]).mend()
    assert (mending.loss_before, mending.right, mending.changes) == (0.0, False, ())


def test_of_a_change_that_is_not_enough_nothing_is_said_to_be_the_smallest():
    assert "each weight moves as little as it takes; " in said(rows=(3,), changes=CHANGES)
    assert "no change found is enough; " in said(rows=(3,), changes=CHANGES, right=False)


def test_losses_that_differ_are_said_apart():
    assert " loss 0.66667 → 0.66666 " in said(rows=(3,), changes=CHANGES, loss_after=0.666661)


@pytest.mark.parametrize(("rows", "them"), [((3,), "it"), ((3, 4), "them")])
def test_random_sets_are_told_in_the_number_of_what_they_mend(rows, them):
    told = said(rows=rows, changes=CHANGES, others=5, controls_right=2, controls_broken=1.0)
    assert f"2 put {them} right as well; they break 1 other on average" in told


@pytest.mark.parametrize("inputs", [[3.3, 1.1 + 2.2], [1.1 + 2.2, 3.3]])
def test_of_ways_that_cost_the_same_but_for_rounding_the_first_is_taken(inputs):
    weight = [[0.5, 0.5]]
    net = cr.Network([cr.Dense(2, 1, weight=weight, bias=[0.1])], engine="python")
    (change,) = cr.explain(net, [inputs], [[-2.0]]).mend(error=0.01).changes
    assert change.name == "dense1.weight[0,0]"


@pytest.mark.parametrize(("rows", "every"), [(24, True), (25, False)])
def test_of_few_rows_as_many_weights_are_run_on_lists_as_on_arrays(rows, every, monkeypatch):
    monkeypatch.setitem(import_module(candidates.__module__).WORK, True, 0)
    net = cr.Network([cr.Dense(1, 1)], engine="python")
    few = explain(net, [[1.0]] * rows, [[3.0]] * rows).network
    assert candidates(Replay(few), 8, None)[1] is every


@pytest.mark.parametrize(
    ("count", "right", "after", "text"),
    [
        (3, True, 0.5, "dense1[0] (dense1.weight[0,0]) from 0 to 1 brings the answer "),
        (4, True, 0.5, "dense1[0] (dense1.weight[0,0]) from 0 to 1 and 1 other weight brings "),
        (8, False, 0.99, "0 to 1 and 5 other weights takes the loss from 1 to 0.99."),
        (8, False, 0.991, "No small change puts it right either."),
    ],
)
def test_of_many_changes_three_are_named_and_of_those_that_do_next_to_nothing_none(
    count, right, after, text
):
    net = cr.Network([cr.Dense(1, 1, weight=[[0.0]], bias=[0.0])], engine="python")
    study = cr.explain(net, [[1.0]], [[1.0]]).study
    changes = (Changed("dense1.weight[0,0]", 0.0, 1.0, 0.1),) * count
    rest = {"right": right, "loss_before": 1.0, "loss_after": after}
    found = replace(mend(study, []), changes=changes, **rest)
    answer = answer_for_row(study, study.standing(), [], lambda: found, None)
    assert text in answer
    assert answer.count("dense1.weight[0,0]") == (0 if "either" in text else 3)
