from math import tanh
from types import SimpleNamespace

from chainrule import ops
from chainrule.autodiff import Tensor
from chainrule.checking import comparison
from chainrule.checking.loops import made_alike, words_for
from chainrule.model.check import check_gradients

w = Tensor([0.5, -0.3], name="w")
v = Tensor(0.7, name="v")


def steps(gate, state):
    made = []
    for x in (1.0, 2.0, 3.0):
        state = ops.tanh(gate * x + state)
        made.append(state)
    return made


def test_what_one_line_makes_in_every_step_is_one_group_and_other_lines_are_others():
    first, second = steps(w[0], 0.0), steps(w[1], 1.0)
    alone = ops.tanh(v)
    groups = made_alike([*first, alone, *second])
    assert [[t.serial for t in group] for group in groups] == [
        [t.serial for t in made] for made in (first, second)
    ]


def test_results_of_different_arrays_are_not_alike():
    assert made_alike([ops.tanh(v), ops.tanh(w[0]), ops.tanh(w[1]), ops.exp(v)]) == []


def test_a_group_is_called_by_its_first():
    assert words_for(steps(v, 0.0)) == "tanh(v·1) and 2 more like it"


def test_of_mistakes_with_the_same_words_eight_are_tried(monkeypatch):
    alike = [SimpleNamespace(sentence="a sign is turned") for _ in range(9)]
    monkeypatch.setattr(comparison, "mutations", lambda checked: alike)
    monkeypatch.setattr(comparison, "outdated_mutations", lambda checked, before: [])
    here = comparison.Comparison(checked=None, given={}, right={}, own={})
    assert list(here.mutations) == [f"a sign is turned ({n})" for n in range(1, 9)]


def test_a_state_that_is_not_handed_back_in_any_step_is_named_by_the_first():
    rows = [(0.5, 0.1), (-1.0, -0.3), (0.75, 0.6), (0.25, 0.2)]

    def loss(p):
        state, total = ops.tanh(p["w"] * 0.4), 0.0
        for x, y in rows:
            state = ops.tanh(p["w"] * x + state)
            total = total + (state - y) ** 2
        return total

    def of_each_step_alone(p):
        state, slope = tanh(0.4 * float(p["w"])), 0.0
        for x, y in rows:
            state = tanh(x * float(p["w"]) + state)
            slope += 2 * (state - y) * (1 - state * state) * x
        return {"w": slope}

    assert check_gradients(loss, {"w": 0.8}, gradient=of_each_step_alone).worst.cause == (
        "the edge from w·0.5 + tanh(w·0.4) back to tanh(w·0.4) is missing, and 3 more like it, as "
        "if tanh(w·0.4) were a constant in every step of a loop"
    )
