"""Every threshold of the checks, met exactly and crossed by a little."""

from types import SimpleNamespace

import pytest

import chainrule as cr
from chainrule.arrays import asarray
from chainrule.diagnosis.curve import loss_curve
from chainrule.diagnosis.gradients import gradient_flow
from chainrule.diagnosis.step import TrialStep, learning_rate, update_ratios
from chainrule.diagnosis.targets import unscaled_inputs
from chainrule.model import health
from chainrule.train import Epoch, History


def step(*, slope=0.0, curvature=1.0, loss=1.0, after=0.0, far=0.0, ratios=None):
    return TrialStep(0.02, slope, curvature, loss, after, far, ratios or {})


def found(check):
    """The measured value, the threshold and the cure of what is told; nothing where it is not."""
    return [(each.value, each.threshold, dict(each.cure)) for each in check]


@pytest.mark.parametrize(
    ("measured", "chance", "told"),
    [
        # A twentieth of the loss of chance, which is 20, is 1; without chance, of the loss itself.
        (step(after=2.0), 20.0, []),
        (step(after=2.5), 20.0, [(0.075, 0.05, {"learning_rate": 0.002})]),
        (step(loss=20.0, after=21.0), 0.0, []),
        (step(loss=20.0, after=22.0), 0.0, [(0.1, 0.05, {"learning_rate": 0.002})]),
        # The bottom lies at half a step, where a tenth is asked for, or at a twentieth.
        (step(slope=-0.5, after=2.0), 1.0, [(1.0, 0.05, {"learning_rate": 0.002})]),
        (step(slope=-0.05, after=2.0), 1.0, [(1.0, 0.05, {"learning_rate": 0.001})]),
        # A thousand steps to the bottom, which lower a loss of 100 by 1.
        (step(slope=-1000.0, loss=100.0), 1.0, []),
        (step(slope=-1001.0, loss=100.0, far=99.0), 1.0, []),
        (step(slope=-1001.0, loss=100.0, far=98.5), 1.0, [(1001.0, 1e3, {"learning_rate": 2.0})]),
    ],
)
def test_a_learning_rate_is_told_by_what_a_step_does_to_the_loss(measured, chance, told):
    assert found(learning_rate(measured, chance)) == told


@pytest.mark.parametrize(
    ("bottom", "said"), [(0.5, "; the lowest loss lies at 0.5 of it"), (1.0, ""), (-0.5, "")]
)
def test_the_bottom_is_said_where_the_step_passes_it(bottom, said):
    (finding,) = learning_rate(step(slope=-bottom, after=2.0), 1.0)
    assert finding.sentence.endswith(f"one step raises the loss from 1 to 2{said}")


@pytest.mark.parametrize(
    ("ratio", "far", "told"),
    [
        (0.1, 0.0, []),
        (0.125, 0.0, [(0.125, 0.1, {"learning_rate": 0.002})]),
        (1e-5, 0.0, []),
        (0.9e-5, 0.0, [(0.9e-5, 1e-5, {"learning_rate": 0.2})]),
        (0.9e-5, 0.99, []),
    ],
)
def test_an_update_is_between_a_tenth_and_a_hundred_thousandth_of_the_weights(ratio, far, told):
    assert found(update_ratios(step(far=far, ratios={"dense1": ratio}))) == told


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([[10.0], [-10.0]], None),
        ([[10.0], [-10.5]], "1 of 1 inputs is large (x[0]), up to a typical size of 10.3"),
        ([[0.5, -0.0099], [0.5, 0.0]], None),
        ([[0.01], [-0.01]], None),
        ([[0.0, 0.0099]], "all inputs are small: the largest has a typical size of 0.0099"),
        ([[0.0]], None),
    ],
)
def test_inputs_are_told_outside_of_a_hundredth_to_ten(rows, told):
    assert [each.sentence for each in unscaled_inputs(asarray(rows))] == ([told] if told else [])
    again = list(unscaled_inputs(asarray(rows), scaled=True))
    assert [each.sentence for each in again] == ([told] if told else [])
    for each in again:
        at_unit = each.advice.startswith("look at the unit of these columns: ")
        assert (at_unit, each.cure) == (bool(each.units), {"scaled": True})


@pytest.mark.parametrize(
    ("size", "told"), [(3e-3, False), (2.9e-3, True), (3000.0, False), (3010.0, True)]
)
def test_a_gradient_is_told_beyond_a_thousand_times_the_last_layers(size, told):
    # The last layer's root mean square is 3, whatever its width: (5² + 1² + 1²) / 3 = 9.
    uses = [
        SimpleNamespace(layer="dense1", g=asarray([[size], [-size]])),
        SimpleNamespace(layer="dense2", g=asarray([[5.0, 1.0, -1.0]])),
    ]
    assert [each.where for each in gradient_flow(uses)] == ["dense1"] * told


@pytest.mark.parametrize(
    ("losses", "told"),
    [
        # Three rises in nine epochs are a third of them, four are more.
        ([100, 90, 91, 80, 81, 75, 76, 74, 73, 72], []),
        ([100, 90, 91, 80, 81, 75, 76, 73, 74, 72], [4 / 9]),
        ([100, 110, 50, 60, 55, 70], []),
        ([100, 110, 51, 60, 55, 70], [3 / 5]),
        ([200, 199, 198.5, 198.25, 198], []),
        ([200, 199.5, 199, 198.75, 198.5], [1 - 198.5 / 200]),
        ([0, 0, 0, 0, 0], []),
    ],
)
def test_a_run_is_told_that_rises_in_over_a_third_of_its_epochs_or_falls_by_under_a_hundredth(
    losses, told
):
    history = History(
        Epoch(epoch=n, step=n, loss=float(loss)) for n, loss in enumerate(losses, start=1)
    )
    assert [each.value for each in loss_curve(history)] == told


@pytest.mark.parametrize(
    ("losses", "said"),
    [
        ([1, 2, 3, 4, 5, 6], "the training loss rose in 100% of the epochs, and never went below"),
        ([1, 5, 4, 3, 2, 1.5], "in 6 epochs the training loss never went below that of the first"),
        ([1000, 999.99] * 3, "and its best is only under 1% below the first"),
        ([1000, 999.99, 999.98, 999.98, 999.98], "the training loss fell by under 0.01%"),
    ],
)
def test_a_loss_that_never_fell_is_not_said_to_have_fallen(losses, said):
    history = History(
        Epoch(epoch=n, step=n, loss=float(loss)) for n, loss in enumerate(losses, start=1)
    )
    (finding,) = loss_curve(history)
    assert said in finding.sentence


def test_a_layer_that_gets_no_gradient_is_not_told_to_take_longer_steps():
    ratios = {"dense1": 0.0, "dense2": 1e-6}
    assert [each.where for each in update_ratios(step(far=0.5, ratios=ratios))] == ["dense2"]


def test_a_dead_unit_is_advised_to_take_another_activation_than_its_own():
    net = cr.Network([cr.Dense(1, 2, "tanh", weight=[[1e9], [1e9]]), cr.Dense(2, 1)])
    findings = health(net, [[1.0]] * 10, [[1.0]] * 10).findings
    (dead,) = [each for each in findings if each.check == "dead units"]
    assert "leaky_relu in place of tanh" in dead.advice


def test_five_epochs_make_a_curve_and_ten_examples_say_something_of_a_unit():
    epochs = [Epoch(epoch=n, step=n, loss=1.0) for n in range(1, 6)]
    assert health(History(epochs)).looked_at == ("loss curve",)
    assert health(History(epochs[1:])).looked_at == ()
    net = cr.Network([cr.Dense(1, 1, "tanh"), cr.Dense(1, 1)], engine="python")
    x = [[n / 10] for n in range(10)]
    assert "dead units" in health(net, x, x).looked_at
    assert "9 examples" in health(net, x[1:], x[1:]).skipped["dead and saturated units"]


def says_saturated(x):
    layers = [cr.Dense(1, 1, "sigmoid", weight=[[1.0]]), cr.Dense(1, 1)]
    y = [[n / 20] for n in range(20)]
    findings = health(cr.Network(layers, engine="python"), x, y).findings
    return "saturated units" in [each.check for each in findings]


@pytest.mark.parametrize(("flat", "told"), [(18, False), (19, True)])
def test_a_unit_is_saturated_where_it_is_flat_on_19_of_20_examples(flat, told):
    x = [[9.0]] * flat + [[0.5]] * (20 - flat)
    assert says_saturated(x) is told


@pytest.mark.parametrize(("z", "told"), [(4.35, False), (4.37, True)])
def test_a_sigmoid_is_flat_where_a_twentieth_of_its_steepest_slope_is_left(z, told):
    # a · (1 - a) = 0.05 / 4 at a = 0.98734, and ln(a / (1 - a)) is 4.3566 there.
    net = cr.Network(
        [cr.Dense(1, 1, "sigmoid", weight=[[1.0]]), cr.Dense(1, 1)], engine="python"
    )  # fmt: skip
    y = [[n / 20] for n in range(20)]
    assert (
        "saturated units" in [each.check for each in health(net, [[z]] * 20, y).findings]
    ) is told
