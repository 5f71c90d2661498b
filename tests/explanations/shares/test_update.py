"""One optimizer step of one weight is taken apart, and the parts add up to it."""

import random
from dataclasses import replace
from math import nan

import pytest

import chainrule as cr
import chainrule.arrays as xp
from chainrule.errors import OptionError
from chainrule.explanations.shares.update import PARTS, Update, split_update
from chainrule.train import SGD, Adagrad, Adam, AdamW, RMSProp

EVERY = {
    "sgd": SGD(),
    "momentum": SGD(momentum=0.9),
    "nesterov": SGD(momentum=0.9, nesterov=True),
    "rmsprop": RMSProp(),
    "adagrad": Adagrad(),
    "adam": Adam(),
    "adamw": AdamW(weight_decay=0.5),
}


def watched(weight="dense1.weight[1,2]", *, optimizer="adam", engine="python", every=1, **options):
    """The updates of a weight in a short run on two kinds of points."""
    numbers = random.Random(0)
    x = [[numbers.gauss(0, 1) for _ in range(3)] for _ in range(24)]
    y = [int(row[0] + row[2] > 0) for row in x]
    layers = [cr.Dense(3, 4, "tanh"), cr.Dropout(0.25), cr.Dense(4, 2, "softmax")]
    net = cr.Network(layers, seed=3, engine=engine)
    probe = cr.UpdateProbe(weight, every=every)
    settings = {"epochs": 3, "batch_size": 8, "validation": None, "progress": False}
    net.fit(
        x, y, optimizer=optimizer, learning_rate=0.05, watchers=[probe], **{**settings, **options}
    )
    return probe.updates, net


@pytest.mark.parametrize(
    "options", [{}, {"clip_norm": 0.05}, {"clip_norm": 0.2, "l2": 0.1}], ids=str
)
@pytest.mark.parametrize("optimizer", EVERY)
def test_the_parts_add_up_to_the_change(optimizer, options):
    updates, net = watched(optimizer=EVERY[optimizer], **options)
    assert len(updates) == 9
    for update in updates:
        parts = [getattr(update, name) for name in PARTS]
        assert sum(parts) == pytest.approx(update.after - update.before, rel=1e-9, abs=1e-15)
        assert update.trusted
    assert updates[-1].after == float(net.parameters["dense1.weight"][1, 2])
    assert [update.step for update in updates] == list(range(1, 10))


def test_causes_that_were_not_there_have_no_part():
    plain, _ = watched(optimizer="sgd")
    assert {u.momentum for u in plain} == {u.clipping for u in plain} == {0}
    assert {u.penalty for u in plain} == {u.weight_decay for u in plain} == {0}
    assert all(u.gradient == pytest.approx(-0.05 * u.slope) for u in plain)
    remembering, _ = watched(optimizer="adam")
    assert remembering[0].momentum == 0
    assert all(u.momentum for u in remembering[1:])


def test_the_penalty_and_the_decay_pull_to_zero():
    penalized, _ = watched(optimizer="sgd", l2=0.1)
    assert all(u.penalty == pytest.approx(-0.05 * 2 * 0.1 * u.before) for u in penalized)
    decaying, _ = watched(optimizer=AdamW(weight_decay=0.5))
    assert all(u.weight_decay == pytest.approx(-0.05 * 0.5 * u.before) for u in decaying)


def test_clipping_takes_away_what_is_too_long():
    # A gradient (3, 4) of length 5, clipped to 1, at a learning rate of 0.5, by hand.
    parts = split_update(
        SGD(),
        xp.asarray([3.0, 4.0]),
        {},
        xp.asarray([0.0, 0.0]),
        learning_rate=0.5,
        step=1,
        clip_norm=1.0,
    )
    assert parts["gradient"].tolist() == [-1.5, -2]
    assert parts["clipping"].tolist() == pytest.approx([1.2, 1.6])
    assert parts["preconditioner"].tolist() == [0.5, 0.5]


def test_the_preconditioner_is_the_factor_on_gradient_penalty_clipping_and_momentum():
    # Adam by hand at its first step: rate η √c₂ / c₁ / (√v + ε √c₂), direction (1 - β₁) g.
    adam = Adam(beta1=0.75, beta2=0.5, epsilon=1e-12)
    memory = {"m": xp.asarray([8.0]), "v": xp.asarray([0.0])}
    parts = split_update(
        adam,
        xp.asarray([2.0]),
        memory,
        xp.asarray([1.0]),
        learning_rate=0.1,
        step=1,
        penalty_gradient=xp.asarray([2.0]),
    )
    rate = 0.1 * 0.5**0.5 / 0.25 / 8**0.5  # v = 0.5 · 4²
    assert parts["preconditioner"].tolist() == pytest.approx([rate])
    assert parts["gradient"].tolist() == pytest.approx([-rate * 0.25 * 2])
    assert parts["penalty"].tolist() == pytest.approx([-rate * 0.25 * 2])
    assert parts["momentum"].tolist() == pytest.approx([-rate * 0.75 * 8])


def test_a_ball_that_rolls_past_the_valley_moves_uphill_because_of_momentum():
    # L = (w + b - 1)², both from 0: the first step lands at 0.6 + 0.6, past the valley at 1.
    net = cr.Network([cr.Dense(1, 1, weight=[[0.0]], bias=[0.0])], engine="python")
    probe = cr.UpdateProbe("dense1.weight[0,0]", "dense1.bias[0]")
    rule = SGD(momentum=0.9)
    net.fit(
        [[1.0]],
        [[1.0]],
        epochs=2,
        optimizer=rule,
        learning_rate=0.3,
        validation=None,
        progress=False,
        watchers=[probe],
    )
    first, _, second, bias = probe.updates
    assert (first.direction, first.cause) == ("downhill", "gradient")
    assert (second.direction, second.cause) == ("uphill", "momentum")
    assert (second.gradient, second.momentum) == pytest.approx((-0.12, 0.54))
    assert "it moved uphill because of momentum" in str(second)
    assert (bias.weight, bias.step, bias.change) == ("dense1.bias[0]", 2, second.change)


def test_parts_that_do_not_add_up_are_not_printed_as_if_they_did():
    update = watched()[0][-1]
    for wrong in (
        replace(update, momentum=update.momentum + 0.1 * update.gradient),
        replace(update, gradient=nan),
    ):
        assert not wrong.trusted
        assert "too far off to trust" in str(wrong)
    assert "too far off" not in str(update)


def test_every_few_steps_are_enough():
    updates, _ = watched(every=4)
    assert [update.step for update in updates] == [4, 8]
    assert updates[0] == watched()[0][3]


def test_a_part_that_pulls_the_other_way_is_never_the_cause():
    update = replace(
        watched()[0][-1],
        before=0.0,
        after=0.25,
        gradient=-0.5,
        momentum=0.5,
        weight_decay=0.25,
        clipping=0.0,
        penalty=0.0,
        slope=1.0,
    )
    assert update.cause == "momentum"
    assert replace(update, momentum=0.25, weight_decay=0.5).cause == "weight_decay"


@pytest.mark.extra("numpy")
def test_rounding_of_narrow_numbers_is_allowed_for():
    import numpy as np

    # At 1,000 the next float32 is 6e-5 away, further than these steps go.
    probe = cr.UpdateProbe("dense1.weight[0,1]")
    x = np.random.default_rng(0).normal(size=(32, 3)).astype("float32")
    net = cr.Network([cr.Dense(3, 1, weight=[[1000.0] * 3])], engine="numpy")
    options = {"optimizer": "sgd", "validation": None, "progress": False, "watchers": [probe]}
    net.fit(x, 1000 * x.sum(axis=1) + 0.01, epochs=4, learning_rate=1e-3, **options)
    assert net.dtype == "float32"
    assert any(abs(update.residual) > 1e-3 * abs(update.gradient) for update in probe.updates)
    assert {update.rounding / abs(update.before) for update in probe.updates} == {2.0**-21}
    assert all(update.trusted for update in probe.updates)


@pytest.mark.extra("numpy")
def test_engines_take_the_same_step_apart_alike():
    ours, _ = watched(clip_norm=0.1, l2=0.1)
    theirs, _ = watched(engine="numpy", clip_norm=0.1, l2=0.1)
    for name in PARTS:
        parts = [getattr(update, name) for update in ours]
        assert [getattr(update, name) for update in theirs] == pytest.approx(parts, rel=1e-6)


def test_a_probe_asks_for_weights_that_exist():
    with pytest.raises(OptionError, match=r"no parameter is called 'dense9\.weight'"):
        watched("dense9.weight[0,0]")
    with pytest.raises(OptionError, match="at least one weight"):
        cr.UpdateProbe()
    with pytest.raises(OptionError, match="every is 0: it must be a whole number"):
        cr.UpdateProbe("dense1.bias[0]", every=0)


def test_json_holds_the_sentence_in_numbers():
    update = watched()[0][-1]
    record = update.to_dict()
    assert record["change"] == update.after - update.before
    assert sum(record[name] for name in PARTS) + record["residual"] == pytest.approx(update.change)
    assert record["cause"] in PARTS


def one_step(**fields):
    """A step from 1 to 10 / 7 whose parts are known."""
    known = dict.fromkeys(PARTS, 0.0) | {"gradient": 4 / 7, "momentum": -1 / 7}
    known |= {"slope": -2 / 3, "preconditioner": 6 / 7, "rounding": 0.0}
    known |= {"before": 1.0, "after": 10 / 7}
    return Update(weight="w[0]", step=3, **{**known, **fields})


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {},
            (
                "step 3: w[0] moved by +0.4286; it moved downhill because of its gradient\n"
                "  its gradient -0.6667: +0.5714, momentum: -0.1429; the learning rate of this "
                "weight is 0.8571"
            ),
        ),
        (
            {"gradient": 8 / 7},
            (
                "step 3: w[0] moved by +0.4286; its parts add up to +1, which is too far off "
                "to trust them"
            ),
        ),
        (
            {"after": 1.0, "gradient": 1 / 7},
            (
                "step 3: w[0] moved by 0\n  its gradient -0.6667: +0.1429, momentum: -0.1429; the "
                "learning rate of this weight is 0.8571"
            ),
        ),
    ],
)
def test_a_step_reads_in_four_digits(fields, said):
    assert str(one_step(**fields)) == said


@pytest.mark.parametrize(
    ("slope", "after", "direction"),
    [(1, 2, "uphill"), (1, 0, "downhill"), (0, 2, "along the level"), (1, 1, "nowhere")],
)
def test_which_way_a_weight_moved(slope, after, direction):
    assert one_step(slope=slope, after=after).direction == direction


@pytest.mark.parametrize(
    ("off", "rounding", "trusted"),
    [(0.9e-3, 0.0, True), (1.1e-3, 0.0, False), (2e-3, 1e-3, True), (2.1e-3, 1e-3, False)],
)
def test_the_parts_may_be_off_by_a_thousandth_of_their_sizes_and_by_rounding(
    off, rounding, trusted
):
    update = one_step(before=0.0, after=off, gradient=0.5, momentum=-0.5, rounding=rounding)
    assert update.trusted is trusted


@pytest.mark.parametrize("name", ["dense1.weight[3,2]", "dense2.bias[1]", "dense2.weight[1,0]"])
def test_a_probe_looks_at_the_weight_that_it_was_given(name):
    updates, net = watched(name)
    parameter, _, index = name.rstrip("]").partition("[")
    place = tuple(map(int, index.split(",")))
    assert updates[-1].after == float(net.parameters[parameter][place])
    assert updates[0].before == float(net.initial_parameters[parameter][place])
    assert updates[0].rounding == 4 * 2.0**-52 * abs(updates[0].before)
