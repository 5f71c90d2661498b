"""What would have been, had one weight been different, is really run again."""

import json
from dataclasses import replace
from itertools import pairwise
from math import inf

import pytest

import chainrule as cr
import chainrule.arrays as xp
from chainrule.errors import OptionError
from chainrule.explanations.what_if.counterfactual import (
    _refined,
    counterfactual,
    golden_section,
)
from chainrule.explanations.what_if.line import WeightLine
from chainrule.nn import LOSSES, Architecture, Dense, NetworkStudy


def line_of(layers, weights, x, t, loss, *, at=("dense1.weight", (0, 0))):
    arrays = {name: xp.asarray(value) for name, value in weights.items()}
    study = NetworkStudy(Architecture(layers), LOSSES[loss], arrays, xp.asarray(x), xp.asarray(t))
    return WeightLine(study, *at)


def parabola(rows=1):
    """The loss (2w + 0.5 - 4)², lowest at w = 1.75."""
    weights = {"dense1.weight": [[1.5]], "dense1.bias": [0.5]}
    return line_of([Dense(1, 1)], weights, [[2.0]] * rows, [[4.0]] * rows, "mean_squared_error")


def sign_reader():
    """One sigmoid unit that reads the sign of its input: right where w is above 0."""
    weights = {"dense1.weight": [[2.0]], "dense1.bias": [0.0]}
    x, t = [[1.0], [-1.0], [3.0], [0.5]], [[1.0], [0.0], [1.0], [0.0]]
    return line_of([Dense(1, 1, "sigmoid")], weights, x, t, "binary_cross_entropy")


def test_zero_initial_and_now_are_the_losses_of_those_weights():
    found = counterfactual(parabola(), initial=1.0)
    assert found.now.loss == 0.25
    assert found.zero.loss == 3.5**2
    assert found.initial.loss == 1.5**2
    assert found.initial.change == 1.5**2 - 0.25
    assert found.zero.answers == ([0.5],)
    assert found.to_dict()["alternatives"]["zero"]["answers"] == [[0.5]]
    of_two = counterfactual(parabola(rows=2), initial=1.0).to_dict()
    assert of_two["alternatives"]["zero"]["answers"] is None


def test_the_best_weight_is_found_between_the_points_of_the_scan():
    found = counterfactual(parabola(), interval=(-3.0, 4.1))
    assert found.best.value == pytest.approx(1.75, abs=1e-7)
    assert found.best.loss == pytest.approx(0.0, abs=1e-12)
    assert "end of the interval" not in str(found)


def test_the_interval_is_stated_and_reaches_zero():
    found = counterfactual(parabola())
    assert found.interval == (-1.5, 4.5)
    assert "looked for from -1.5 to 4.5" in str(found)
    thirds = counterfactual(parabola(), interval=(-1 / 3, 20 / 3))
    assert "looked for from -0.3333 to 6.667" in str(thirds)


def test_a_best_weight_at_the_end_of_the_interval_says_so():
    found = counterfactual(parabola(), interval=(-1.0, 1.0))
    assert found.best.value == 1.0
    assert "a lower loss may lie outside" in str(found)


def test_a_narrow_interval_around_a_large_weight_has_all_its_points():
    net = cr.Network([cr.Dense(1, 1, weight=[[1000.0]], bias=[0.0])], engine="python")
    study = cr.explain(net, [[1.0]], [[0.5]])
    found = study.counterfactual("dense1.weight[0,0]", interval=(1000 - 1e-7, 1000 + 1e-7))
    assert len(found.curve) == 41


@pytest.mark.parametrize("interval", [(1.0, 1.0), (2.0, 1.0), (0.0, inf)])
def test_an_interval_that_is_none_is_refused(interval):
    with pytest.raises(OptionError, match="low < high"):
        counterfactual(parabola(), interval=interval)


def test_examples_fixed_and_broken_are_those_whose_class_changed():
    found = counterfactual(sign_reader(), initial=-2.0)
    assert found.now.answers == (1, 0, 1, 1)
    assert found.initial.answers == (0, 1, 0, 0)
    assert found.initial.fixed == (3,)
    assert found.initial.broken == (0, 1, 2)
    assert found.now.fixed == found.now.broken == ()
    record = json.loads(json.dumps(found.to_dict()))
    assert record["alternatives"]["initial"]["broken"] == [0, 1, 2]


def test_rows_go_by_their_numbers():
    line = sign_reader()
    line.study = replace(line.study, rows=(10, 20, 30, 40))
    found = counterfactual(line, initial=-2.0)
    assert found.to_dict()["alternatives"]["initial"]["fixed"] == [40]


def test_the_curve_is_really_run_and_holds_the_weight_as_it_is():
    line = parabola()
    found = counterfactual(line, interval=(0.0, 3.1))
    assert all(loss == (2 * w + 0.5 - 4) ** 2 for w, loss in found.curve)
    assert (1.5, 0.25) in found.curve
    assert found.slope == -2.0


@pytest.mark.parametrize("at", [0.06211210277666333, -0.04279, 0.9, 1.1e-9, 1e6 / 3])
def test_each_point_of_the_curve_is_a_step_from_the_next(at):
    net = cr.Network([cr.Dense(1, 1, weight=[[at]], bias=[0.0])], engine="python")
    found = cr.explain(net, [[1.0]], [[0.5]]).counterfactual("dense1.weight[0,0]")
    values = [value for value, _ in found.curve]
    assert at in values
    low, high = found.interval
    assert [b - a for a, b in pairwise(values)] == pytest.approx([(high - low) / 40] * 40)


def test_the_plot_fits_80_columns_and_marks_now_and_best():
    text = str(counterfactual(parabola(), initial=1.0, interval=(0.0, 3.1)))
    assert max(map(len, text.splitlines())) <= 80
    drawing = [line[13:] for line in text.splitlines() if "|" in line]
    assert len(drawing) == 12
    marks = "".join(drawing)
    assert marks.count("O") == marks.count("v") == 1
    assert "." in marks
    assert drawing[0].startswith("*")
    assert "v" in drawing[-1]


def test_the_tangent_touches_where_the_weight_is_though_the_curve_lies_elsewhere():
    # L = (2w - 3.5)², 0.25 at 1.5 with slope -2: from -1 to 0 the curve falls from 30.25 to 12.25,
    # the tangent from 5.25 to 3.25.
    text = str(counterfactual(parabola(), interval=(-1.0, 0.0)))
    drawing = "".join(line[13:] for line in text.splitlines() if "|" in line)
    assert "*" in drawing
    assert "." not in drawing
    assert "O" not in drawing


def test_a_loss_that_is_not_finite_is_left_out_and_told():
    weights = {"dense1.weight": [[1e200]], "dense1.bias": [0.0]}
    line = line_of([Dense(1, 1)], weights, [[1.0]], [[0.0]], "mean_squared_error")
    found = counterfactual(line)
    assert found.best.value == pytest.approx(0.0, abs=1e190)
    assert "not a finite number" in str(found)


def test_a_network_without_a_finite_loss_has_no_best_weight():
    weights = {"dense1.weight": [[1.0]], "dense1.bias": [float("nan")]}
    line = line_of([Dense(1, 1)], weights, [[1.0]], [[0.0]], "mean_squared_error")
    text = str(counterfactual(line))
    assert "no curve: the loss is not finite" in text
    assert "at 41 points of the curve" in text


def test_golden_section_finds_the_lowest_point():
    place, value = golden_section(lambda w: abs(w - 0.123), -1.0, 5.0)
    assert place == pytest.approx(0.123, abs=1e-6)
    assert value == pytest.approx(0.0, abs=1e-6)


def test_an_unknown_alternative_is_refused():
    with pytest.raises(OptionError, match="choose from now, zero, best"):
        _ = counterfactual(parabola()).initial


def test_an_explanation_answers_it_and_leaves_the_network_alone():
    net = cr.Network([cr.Dense(1, 1, weight=[[1.5]], bias=[0.5])], engine="python")
    net.fit([[2.0]], [[4.0]], epochs=1, validation=None, progress=False, learning_rate=0.1)
    before = net.parameters["dense1.weight"].tolist()
    found = cr.explain(net, [[2.0]], [[4.0]]).counterfactual("dense1.weight[0,0]")
    assert found.initial.value == 1.5
    assert found.now.value == before[0][0]
    assert net.parameters["dense1.weight"].tolist() == before


@pytest.mark.parametrize(
    ("rows", "said"),
    [(1, "(the loss of row 0, run again)"), (3, "(mean loss of 3 rows, run again)")],
)
def test_it_says_whose_loss_it_is(rows, said):
    net = cr.Network([cr.Dense(1, 1, weight=[[1.0]])], engine="python")
    ex = cr.explain(net, [[1.0]] * rows, [[3.0]] * rows)
    assert said in str(ex.counterfactual("dense1.weight[0,0]"))


@pytest.mark.parametrize(
    ("line", "lowest"),
    [
        (lambda w: abs(w - 0.02), 0.02),  # between the first two points
        # A dip beside the lowest point's neighbour, which would draw a wider search to it.
        (lambda w: min(abs(w - 0.21), 0.02 + abs(w - 0.115)), 0.21),
        (lambda w: min(abs(w - 0.79), 0.02 + abs(w - 0.885)), 0.79),
    ],
)
def test_the_best_is_looked_for_between_the_neighbours_of_the_lowest_point(line, lowest):
    curve = [(at / 10, line(at / 10)) for at in range(11)]
    assert _refined(line, curve, 0.5) == pytest.approx(lowest, abs=1e-6)


@pytest.mark.parametrize("bias", [-9.0, 1.75])
def test_a_weight_is_its_own_best_value_where_no_other_is_better(bias):
    net = cr.Network([cr.Dense(1, 1, "relu", weight=[[0.25]], bias=[bias])], engine="python")
    found = cr.explain(net, [[1.0]], [[2.0]]).counterfactual("dense1.weight[0,0]")
    assert found.best.value == 0.25
    assert found.best.change == 0.0
    assert found.notes == []


@pytest.mark.parametrize(("rows", "column"), [(1, True), (2, False)])
def test_a_counterfactual_reads_in_few_digits(rows, column):
    # (w + 1/7 - 2/3)²: now (4/21)², with w at zero (11/21)², at best 0.
    net = cr.Network([cr.Dense(1, 1, weight=[[1 / 3]], bias=[1 / 7])], engine="python")
    ex = cr.explain(net, [[1.0]] * rows, [[2 / 3]] * rows)
    found = ex.counterfactual("dense1.weight[0,0]", interval=(-1 / 3, 2 / 3))
    lines = [line.split() for line in str(found).splitlines()[1:6]]
    titles, now, zero, initial, best = lines
    assert titles == ["w", "loss", "change", "fixed", "broken", *["answer"] * column]
    here = ["0.3333", "0.0362812", "0", "0", "0", *["0.4762"] * column]
    assert (now, initial) == (["now", *here], ["initial", *here])
    assert zero == ["zero", "0", "0.274376", "0.2381", "0", f"{rows}", *["0.1429"] * column]
    assert (best[1], best[3], best[4:]) == (
        *("0.5238", "-0.03628"),
        [f"{rows}", "0", *["0.6667"] * column],
    )


def test_where_no_class_is_right_it_says_which_change_of_the_loss_counts():
    # w² for inputs of 1: with w at zero both losses fall, of four rows three, one staying at 9.
    net = cr.Network([cr.Dense(2, 1, weight=[[1.0, 3.0]], bias=[0.0])], engine="python")
    rows, targets = [[1.0, 0.0], [2.0, 0.0], [3.0, 0.0], [0.0, 1.0]], [[0.0]] * 4
    ex = cr.explain(net, rows, targets)
    counted = "fixed, broken: rows whose loss falls or rises by more than 1%"
    for found, said in (
        (ex.counterfactual("dense1.weight[0,0]"), f"{counted}\n"),
        (ex.of_row(0).counterfactual("dense1.weight[0,0]"), f"{counted}, of all 4\n"),
    ):
        assert found.zero.fixed == (0, 1, 2)
        assert " ".join(said.split()) in " ".join(str(found).split())
        assert found.to_dict()["counting"] == said.strip()
        assert said.strip() in found._repr_html_()
    assert "fixed, broken:" not in str(counterfactual(sign_reader()))


def test_a_function_has_losses_and_no_answers():
    ex = cr.explain(lambda p: cr.reshape((p["w"] - 3) ** 2, (-1,)), {"w": xp.asarray([1.0])})
    found = ex.counterfactual("w[0]")
    assert "answer" not in str(found)
    assert found.interval == (-1.0, 3.0)  # twice its size to both sides


@pytest.mark.parametrize(
    ("value", "interval"), [(0.25, (-0.75, 1.25)), (0.5, (-0.5, 1.5)), (-2.0, (-6.0, 2.0))]
)
def test_the_interval_goes_as_far_as_twice_the_weight_and_as_one_at_least(value, interval):
    weights = {"dense1.weight": [[value]], "dense1.bias": [0.0]}
    line = line_of([Dense(1, 1)], weights, [[1.0]], [[0.0]], "mean_squared_error")
    found = counterfactual(line)
    assert found.interval == interval
    assert len(found.curve) in (41, 42)  # evenly spaced, and the weight as it is


def test_the_golden_section_takes_forty_two_looks():
    looks = []
    place, value = golden_section(lambda w: looks.append(w) or abs(w - 0.3), 0.0, 1.0)
    assert len(looks) == 2 + 40
    assert value == min(abs(w - 0.3) for w in looks)
    assert place == pytest.approx(0.3, abs=0.618**40)


def test_points_without_a_number_are_counted():
    curve = ((0.0, 1.0), (1.0, inf), (2.0, float("nan")))
    found = replace(counterfactual(parabola()), curve=curve)
    assert found.notes[0] == "at 2 points of the curve the loss is not a finite number"
    assert replace(found, curve=curve[:2]).notes[0].startswith("at 1 point of")
    assert replace(found, curve=curve[:1]).notes == []
