import json
import math
import re
from itertools import pairwise
from math import inf

import pytest

from chainrule.arrays.random import Generator
from chainrule.checking.check import ENTRYWISE
from chainrule.checking.checked_function import CheckedFunction
from chainrule.errors import OptionError, ShapeError
from chainrule.model import Network
from chainrule.model.check import check_gradients, seconds_to_check
from chainrule.nn import (
    ACTIVATIONS,
    LOSSES,
    Dense,
    Dropout,
    entry_name,
)
from chainrule.ops import sigmoid, tanh, weighted_sum


def network(*sizes, hidden="relu", output="softmax"):
    layers = [Dense(a, b, hidden) for a, b in pairwise(sizes[:-1])]
    return Network([*layers, Dense(sizes[-2], sizes[-1], output)], engine="python", seed=5)


def examples(rows, features, classes):
    generator = Generator(7)
    labels = [int(u * classes) for u in generator.random(rows)]
    return generator.normal(0.0, 1.0, (rows, features)).tolist(), labels


def given(net, x, y):
    return {name: g.tolist() for name, g in net.gradients(x, y).items()}


@pytest.fixture(scope="module")
def small():
    return network(3, 4, 2), *examples(6, 3, 2)


@pytest.fixture(scope="module")
def large():
    """Ten thousand weights."""
    return network(64, 128, 13, 10), *examples(8, 64, 10)


def test_a_small_network_is_proved_entry_by_entry(small):
    check = check_gradients(*small)
    assert check.passed
    assert [v.name for v in check.verdicts[:4]] == list(small[0].parameters)
    assert all("entry by entry" in v.sentence for v in check.verdicts[:4])
    assert all(v.digits >= 13 for v in check.verdicts[:4])


def test_a_large_network_is_proved_along_random_directions(large):
    check = check_gradients(*large)
    assert sum(w.size for w in large[0].parameters.values()) > 10_000 > ENTRYWISE
    assert check.passed
    assert all("random direction" in v.sentence for v in check.verdicts[:6])


@pytest.mark.parametrize(
    ("bound", "least"), [("ENTRYWISE", 26), ("MOST_WORK", 26 * 26 * 6)], ids=["weights", "work"]
)
def test_entry_by_entry_is_for_few_weights_and_little_work(small, monkeypatch, bound, least):
    # 26 weights, and the square of them for each of the 6 rows.
    for most, how in [(least, "entry by entry"), (least - 1, "random direction")]:
        monkeypatch.setattr(f"chainrule.model.check.{bound}", most)
        assert all(how in v.sentence for v in check_gradients(*small).verdicts[:4])


@pytest.mark.parametrize(
    ("work", "rows", "seconds"),
    [
        (0, 159, 0.0),  # 40 rows are tried where four times as many are to be checked
        (0, 160, 3.0 * 160 / 40),
        (26 * 26 * 49, 199, 0.0),  # and 50 where up to 49 are checked entry by entry
        (26 * 26 * 49, 200, 3.0 * 200 / 50),
    ],
)
def test_how_long_a_check_takes_is_read_from_a_few_rows(monkeypatch, work, rows, seconds):
    net, *given = network(3, 4, 2), *examples(60, 3, 2)
    clock = iter([10.0, 13.0])
    monkeypatch.setattr("chainrule.model.check.MOST_WORK", work)
    monkeypatch.setattr("chainrule.model.check.perf_counter", lambda: next(clock))
    assert seconds_to_check(net, *given, rows=rows) == seconds


def test_a_random_direction_has_half_to_all_of_every_entry_up_or_down(small, monkeypatch):
    asked, own = [], CheckedFunction.slope

    def slope(self, direction):
        asked.extend(direction.values())
        return own(self, direction)

    monkeypatch.setattr(CheckedFunction, "slope", slope)
    monkeypatch.setattr("chainrule.model.check.ENTRYWISE", 0)
    assert check_gradients(*small).passed
    sizes = [abs(part) for direction in asked for part in direction if part]
    assert len(sizes) >= 26
    assert 0.5 <= min(sizes) < 0.6 < 0.9 < max(sizes) <= 1
    assert {part > 0 for direction in asked for part in direction} == {True, False}


@pytest.mark.parametrize(
    ("gradient", "said"),
    [
        (12.1, "off by 0.833% (digits=2 would let it pass)"),
        (12.2, "off by 1.67%"),
        (120.0, "off by 900%"),
        (132.0, "off by 120"),
    ],
)
def test_how_far_off_a_slope_is_comes_with_the_digits_from_two_on_that_it_has(gradient, said):
    check = check_gradients(lambda w: w**3, 2.0, gradient=gradient)
    wrong = f"wrong at x: {gradient:g} was given and complex step finds 12"
    assert check.worst.sentence.partition(";")[0] == f"{wrong}, {said}"


@pytest.mark.parametrize("place", [(0, 0), (77, 31), (127, 63)])
def test_one_entry_wrong_by_a_thousandth_is_named_among_ten_thousand(large, place):
    net, x, y = large
    gradient = given(net, x, y)
    row, column = place
    gradient["dense1.weight"][row][column] *= 1.001
    check = check_gradients(net, x, y, gradient=gradient)
    wrong = [v for v in check.verdicts if v.outcome == "wrong" and v.method == "complex step"]
    assert [v.entry for v in wrong] == [f"dense1.weight[{row},{column}]"]
    assert "in this entry alone" in wrong[0].sentence
    assert "off by 0.1%" in wrong[0].sentence
    assert wrong[0].cause is None


def test_every_fortieth_entry_is_found_when_it_is_wrong_by_a_thousandth():
    net, (x, y) = network(8, 30, 20, 4, hidden="tanh"), examples(4, 8, 4)
    right = given(net, x, y)
    for index in range(0, 600, 40):
        gradient = {**right, "dense2.weight": [list(row) for row in right["dense2.weight"]]}
        gradient["dense2.weight"][index // 30][index % 30] *= 1.001
        check = check_gradients(net, x, y, gradient=gradient)
        found = [v.entry for v in check.verdicts if v.entry]
        assert found == [entry_name("dense2.weight", (20, 30), index)]


def test_a_rule_wrong_in_one_entry_is_caught_in_chainrules_own_gradient(large, monkeypatch):
    net, x, y = large
    rule = weighted_sum.rules["w"]
    right = rule.function

    def spoilt(xp, g, z, x, w, b):
        share = right(xp, g, z, x, w, b)
        if tuple(share.shape) != (13, 128):
            return share
        mark = xp.reshape(xp.arange(13 * 128), (13, 128)) == 5 * 128 + 3
        return xp.where(mark, share * 1.001, share)

    monkeypatch.setattr(rule, "function", spoilt)
    check = check_gradients(net, x, y)
    assert not check.passed
    assert "dense2.weight[5,3]" in {v.entry for v in check.verdicts}


def test_an_activation_whose_rule_is_wrong_by_a_thousandth_is_caught(monkeypatch):
    net, (x, y) = network(3, 4, 2, hidden="sigmoid"), examples(6, 3, 2)
    right = sigmoid.rules["z"].function
    monkeypatch.setattr(sigmoid.rules["z"], "function", lambda *given: right(*given) * 1.001)
    check = check_gradients(net, x, y)
    assert {
        v.name for v in check.verdicts if v.outcome == "wrong" and v.method == "complex step"
    } == {
        "dense1.weight",
        "dense1.bias",
    }


@pytest.mark.parametrize(
    ("factor", "cause"),
    [(-1, "has the wrong sign"), (2, "is counted twice"), (0, "is missing"), (1.001, None)],
)
def test_a_wrong_rule_for_the_bias_is_caught_and_named(small, monkeypatch, factor, cause):
    rule = weighted_sum.rules["b"]
    right = rule.function
    monkeypatch.setattr(rule, "function", lambda *given: right(*given) * factor)
    check = check_gradients(*small)
    wrong = [v for v in check.verdicts if v.outcome == "wrong" and v.method == "complex step"]
    assert [v.name for v in wrong] == ["dense1.bias", "dense2.bias"]
    assert [v.cause for v in wrong] == [
        cause and f"the gradient of {v.name} {cause}" for v in wrong
    ]


def test_several_wrong_entries_are_counted(small):
    net, x, y = small
    gradient = given(net, x, y)
    gradient["dense1.bias"] = [g + 1e-6 for g in gradient["dense1.bias"]]
    verdict = check_gradients(net, x, y, gradient=gradient).verdicts[1]
    assert verdict.outcome == "wrong"
    assert "in 4 of 4 entries" in verdict.sentence


def test_wrong_entries_beside_one_another_are_said_to_be_several(large):
    net, x, y = large
    gradient = given(net, x, y)
    gradient["dense2.weight"] = [[g + 1e-3 for g in row] for row in gradient["dense2.weight"]]
    check = check_gradients(net, x, y, gradient=gradient)
    wrong = next(v for v in check.verdicts if v.name == "dense2.weight")
    assert wrong.entry
    assert "other entries are wrong as well" in wrong.sentence


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_gradient_that_is_no_number_never_passes(small, bad):
    net, x, y = small
    gradient = given(net, x, y)
    gradient["dense1.weight"][2][1] = bad
    check = check_gradients(net, x, y, gradient=gradient)
    assert not check.passed
    assert check.verdicts[0].entry == "dense1.weight[2,1]"
    json.dumps(check.to_dict(), allow_nan=False)


def test_a_network_whose_loss_is_no_number_never_passes():
    net = Network([Dense(1, 1, weight=[[1e200]])], engine="python")
    check = check_gradients(net, [[1e200]], [[0.0]])
    assert not check.passed
    assert "inf" in check.worst.sentence


def test_the_table_is_plain_and_fits_eighty_columns(small):
    net, x, y = small
    gradient = given(net, x, y)
    gradient["dense1.bias"][1] *= -1
    for check in (check_gradients(net, x, y), check_gradients(net, x, y, gradient=gradient)):
        text = str(check)
        assert max(map(len, text.splitlines())) <= 80
        assert "\x1b" not in text
    assert "NOT passed" in text
    assert "dense1.bias[1]" in text
    assert "All agree" in str(check_gradients(net, x, y))


def test_the_worst_verdict_is_the_wrong_one(small):
    net, x, y = small
    gradient = given(net, x, y)
    gradient["dense2.weight"][0][0] += 0.5
    worst = check_gradients(net, x, y, gradient=gradient).worst
    assert worst.outcome == "wrong"
    assert worst.passed is False


def test_plain_data_holds_every_verdict(small):
    record = check_gradients(*small).to_dict()
    assert json.loads(json.dumps(record)) == record
    assert record["passed"] is True
    assert {"name", "outcome", "method", "digits", "sentence"} <= record["verdicts"][0].keys()


def test_checking_changes_no_weight(small):
    net, x, y = small
    before = {n: w.tolist() for n, w in net.parameters.items()}
    check_gradients(net, x, y)
    assert before == {n: w.tolist() for n, w in net.parameters.items()}


def test_dropout_is_silent_in_a_check():
    x, y = examples(6, 3, 2)
    layers = [Dense(3, 4, "relu"), Dropout(0.5), Dense(4, 2, "softmax")]
    assert check_gradients(Network(layers, engine="python"), x, y).passed


def test_what_does_not_fit_is_refused_in_a_sentence(small):
    net, x, y = small
    with pytest.raises(ShapeError, match="given for 'w'; the parameters are dense1"):
        check_gradients(net, x, y, gradient={"w": [1.0]})
    with pytest.raises(ShapeError, match=r"dense1.bias must have shape \(4,\); found \(3,\)"):
        check_gradients(net, x, y, gradient={"dense1.bias": [1.0, 2.0, 3.0]})
    with pytest.raises(ShapeError, match="arrays by parameter name; found list"):
        check_gradients(net, x, y, gradient=[1.0])
    with pytest.raises(OptionError, match="give the targets y too"):
        check_gradients(net, x)
    with pytest.raises(OptionError, match="a function was given"):
        check_gradients(lambda w: w, 1.0, 2.0)


@pytest.mark.extra("numpy")
def test_the_training_engine_is_judged_by_its_own_precision():
    x, y = examples(6, 3, 2)
    layers = [Dense(3, 4, "tanh"), Dense(4, 2, "softmax")]
    single = check_gradients(Network(layers, engine="numpy", dtype="float32"), x, y)
    assert single.passed
    rounding = single.verdicts[-1]
    assert (rounding.name, rounding.outcome) == ("numpy float32", "rounded")
    assert 5 <= rounding.digits <= 9
    double = check_gradients(Network(layers, engine="numpy", dtype="float64"), x, y)
    assert double.verdicts[-1].outcome == "agrees"
    assert double.verdicts[-1].digits >= 13


def random_case(seed):
    """A network, batch and loss of any kind; every third one on whole numbers, full of kinks."""
    generator = Generator(seed)

    def pick(choices):
        return choices[int(generator.random(1)[0] * len(choices))]

    whole, scale = pick([True, False, False]), pick([0.01, 1.0, 1.0, 10.0])

    def table(rows, columns):
        drawn = generator.normal(0.0, 1.0 if whole else scale, (rows, columns)).tolist()
        return [[float(round(v)) for v in row] for row in drawn] if whole else drawn

    depth, loss = pick([1, 2, 3]), LOSSES[pick(list(LOSSES))]
    sizes = [pick([1, 2, 3, 4]) for _ in range(depth)]
    sizes.append(pick([2, 3]) if loss.name == "cross_entropy" else pick([1, 2, 3]))
    names = [pick(list(ACTIVATIONS)) for _ in range(depth)]
    if loss.link:
        names[-1] = pick([loss.link, "identity"])
    elif sizes[-1] == 1 and names[-1] == "softmax":
        names[-1] = "identity"
    layers = [
        Dense(a, b, name, weight=table(b, a), bias=pick([[0.0] * b, table(1, b)[0]]))
        for a, b, name in zip(sizes[:-1], sizes[1:], names, strict=True)
    ]
    rows = pick([1, 2, 5])
    x, y = table(rows, sizes[0]), table(rows, sizes[-1])
    if loss.targets == "signs":
        y = [[1.0 if v > 0 else -1.0 for v in row] for row in y]
    if loss.targets == "shares":
        y = [[abs(v) / (1 + sum(map(abs, row))) for v in row] for row in y]
    return Network(layers, engine="python"), x, y, loss.name


def test_right_gradients_raise_no_alarm_on_random_networks():
    kinks = 0
    for seed in range(200):
        check = check_gradients(*random_case(seed))
        assert check.passed, f"seed {seed}: {check}"
        kinks += any(v.outcome == "kink" for v in check.verdicts)
    assert kinks >= 9


def test_infinite_slopes_are_wrong_and_nothing_is_made_of_them():
    net = Network([Dense(2, 2, "tanh"), Dense(2, 1)], engine="python")
    found = check_gradients(net, [[1.0, 2.0]], [1.0], gradient={"dense1.bias": [inf, -inf]})
    assert [verdict.outcome for verdict in found.verdicts] == ["wrong"]
    assert "dense1.bias[0] is inf, which is not a slope" in str(found)


def test_a_gradient_without_arrays_is_refused():
    net = Network([Dense(2, 1)], engine="python")
    with pytest.raises(ShapeError, match="the gradient to check is empty"):
        check_gradients(net, [[1.0, 2.0]], [1.0], gradient={})


def test_of_many_rows_a_seeded_sample_is_checked_and_said():
    net = Network([Dense(2, 2, "tanh"), Dense(2, 1)], engine="python", seed=1)
    x = [[i / 300, 1 - i / 500] for i in range(300)]
    y = [[i % 7 / 7] for i in range(300)]
    check = check_gradients(net, x, y)
    assert check.passed
    assert "200 of 300 rows" in check.title
    assert "seeded sample" in str(check)
    assert check.to_dict()["verdicts"] == check_gradients(net, x, y).to_dict()["verdicts"]
    every = check_gradients(net, x, y, rows="all")
    assert "300 rows" in every.title
    assert every.caveat == ""
    with pytest.MonkeyPatch.context() as small:
        small.setattr("chainrule.model.check._ROWS_BY_WEIGHTS", 450)  # of 9 weights
        assert "50 of 300 rows" in check_gradients(net, x, y).title
        small.setattr("chainrule.model.check._ROWS_BY_WEIGHTS", 9)
        assert "10 of 300 rows" in check_gradients(net, x, y).title
        for count in (1, 299):
            assert f"{count} of 300 rows" in check_gradients(net, x, y, rows=count).title
    given = {name: g.tolist() for name, g in net.gradients(x, y).items()}
    assert check_gradients(net, x, y, gradient=given).passed  # of all rows, as it was given
    with pytest.raises(OptionError, match="rows is a number above 0, or 'all'; found 0"):
        check_gradients(net, x, y, rows=0)


def test_an_agreement_says_how_many_digits_its_method_can_promise():
    exact = check_gradients(lambda w: tanh(w) ** 2, 0.5).verdicts[0]
    assert re.search(
        r"agrees to 1[4-6] digits by complex step.*; it can promise 1[3-5]", str(exact)
    )
    coarse = check_gradients(lambda w: 1e6 + math.tanh(w), 0.5, gradient=1 - math.tanh(0.5) ** 2)
    (measured,) = coarse.verdicts
    assert measured.outcome == "agrees"
    assert 2 <= measured.promised < 10
    assert measured.digits >= measured.promised
    assert f"it can promise {measured.promised}" in measured.sentence


@pytest.mark.parametrize("asked", [{}, {"digits": 4}])
def test_the_promise_in_a_sentence_is_the_one_in_the_data(asked):
    net = Network([Dense(2, 3, "tanh"), Dense(3, 1)], engine="python", seed=1)
    x, y = [[0.3, 7.0], [-2.0, 0.01], [5.0, -0.4]], [[1.0], [0.5], [-90.0]]
    gradient = {name: g.tolist() for name, g in net.gradients(x, y).items()}
    verdicts = check_gradients(net, x, y, gradient=gradient, **asked).to_dict()["verdicts"]
    said = {v["name"]: re.search(r"can promise (\d+)", v["sentence"]) for v in verdicts}
    promised = {v["name"]: v["promised"] for v in verdicts}
    found = {name: int(match[1]) for name, match in said.items() if match}
    assert len(found) == 4
    assert found == {name: promised[name] for name in found}
    assert min(found.values()) >= 10
