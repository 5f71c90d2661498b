"""A nudge is predicted by the slope and really measured."""

import json

import pytest

import chainrule as cr
from chainrule.errors import OptionError


@pytest.fixture
def explanation():
    net = cr.Network([cr.Dense(1, 1, weight=[[1.5]], bias=[0.5])], engine="python")
    return cr.explain(net, [[2.0]], [[4.0]])


def test_predicted_is_the_slope_and_measured_a_run_with_the_weight_moved(explanation):
    found = explanation.nudge("dense1.weight[0,0]", by=0.1)
    assert found.predicted == pytest.approx(-0.2)
    assert found.actual == found.measured == pytest.approx((1.6 * 2 + 0.5 - 4) ** 2 - 0.25)
    assert found.loss == 0.25


def test_a_nudge_reads_as_before_after_predicted_and_measured(explanation):
    text = str(explanation.nudge("dense1.bias[0]", by=-0.1))
    assert "0.5 → 0.4 (-0.1)" in text
    assert "predicted change of the loss 0.1 " in text
    assert "measured change of the loss  0.11 " in text


def test_the_record_holds_the_same(explanation):
    found = explanation.nudge("dense1.bias[0]", by=-0.1)
    record = json.loads(json.dumps(found.to_dict()))
    assert record["actual"] == record["measured"] == found.measured
    assert record["weight"] == "dense1.bias[0]"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("dense1.wieght[0,0]", "did you mean 'dense1.weight'"),
        ("dense1.weight[1,0]", "0 to 0, 0 to 0"),
        ("dense1.weight[0]", "takes 2 numbers in brackets"),
        ("dense1.weight", "does not name one weight"),
        ("nonsense", "no parameter is called"),
    ],
)
def test_a_weight_that_is_not_there_is_refused_with_what_there_is(explanation, name, hint):
    with pytest.raises(OptionError, match=hint):
        explanation.nudge(name, by=0.1)


@pytest.mark.parametrize("by", [float("nan"), float("inf"), "a", None])
def test_a_nudge_by_no_finite_number_is_refused(explanation, by):
    with pytest.raises(OptionError, match=r"by is .*: it must be a finite number"):
        explanation.nudge("dense1.bias[0]", by=by)


def test_a_neuron_is_nudged_by_its_own_names():
    neuron = cr.Neuron(weights=[1.5], bias=0.5)
    found = neuron.explain([2.0], target=4.0).nudge("weight[0]", by=0.1)
    assert found.weight == "weight[0]"
    with pytest.raises(OptionError, match="did you mean 'weight"):
        neuron.explain([2.0], target=4.0).nudge("weight[1]", by=0.1)


def test_weights_of_one_table_get_the_same_nudge_each_downhill():
    weights = [[30.0, 2.0, -0.5, 4.0]]
    net = cr.Network([cr.Dense(4, 1, weight=weights, bias=[1.0])], engine="python")
    ex = cr.explain(net, [[1.0, -1.0, 2.0, 0.5]], [[3.0]])
    shown = ex.measured(5)
    assert {abs(weight.nudge) for weight in shown} == {
        0.02
    }  # a hundredth of the median of their sizes
    for weight in shown:
        again = ex.nudge(weight.name, by=weight.nudge)
        assert weight.nudge * weight.slope < 0
        assert (weight.predicted, weight.measured) == (again.predicted, again.measured)
    assert "for a nudge of 0.02 that way" in str(ex)


@pytest.mark.parametrize(
    ("by", "said"),
    [
        (
            1 / 7,
            (
                "dense1.weight[0,0]: 0.333333 → 0.47619 (+0.142857)\n"
                "  predicted change of the loss -0.0544218   (dL/dw · 0.142857)\n"
                "  measured change of the loss  -0.0340136   (0.0362812 → 0.00226757)"
            ),
        ),
        (
            0,
            (
                "dense1.weight[0,0]: 0.333333 → 0.333333 (+0)\n"
                "  predicted change of the loss 0   (dL/dw · 0)\n"
                "  measured change of the loss  0   (0.0362812 → 0.0362812)"
            ),
        ),
    ],
)
def test_a_nudge_reads_in_six_digits(by, said):
    # (w + 1/7 - 2/3)² from w = 1/3: (4/21)² with slope -8/21, and after a seventh (1/21)².
    net = cr.Network([cr.Dense(1, 1, weight=[[1 / 3]], bias=[1 / 7])], engine="python")
    assert str(cr.explain(net, [[1.0]], [[2 / 3]]).nudge("dense1.weight[0,0]", by=by)) == said


def test_weights_that_are_no_numbers_are_nudged_by_nothing_and_the_others_by_a_hundredth():
    net = cr.Network([cr.Dense(2, 1, weight=[[float("nan"), 1.0]], bias=[1.0])], engine="python")
    first, *others = cr.explain(net, [[0.0, 1.0]], [[3.0]]).measured(3)[::-1]
    odd = [one for one in (first, *others) if one.value != one.value]
    assert [one.nudge for one in odd] == [None]
    assert {abs(one.nudge) for one in (first, *others) if one.value == 1.0} == {0.01}
