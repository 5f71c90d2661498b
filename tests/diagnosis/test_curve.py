"""What the losses of a whole run say."""

from dataclasses import replace
from math import nan

import pytest

import chainrule as cr
from chainrule.diagnosis.curve import overfitting
from chainrule.model import health
from chainrule.train.history import Epoch, History


def only(found):
    (finding,) = found.findings
    assert finding.check == "loss curve"
    return finding


def curve(*losses, **known):
    epochs = [Epoch(epoch=n, step=n, loss=loss) for n, loss in enumerate(losses, start=1)]
    return History(epochs, **known)


def test_a_loss_that_goes_up_and_down_is_read_from_the_history():
    finding = only(health(curve(1.0, 1.4, 0.9, 1.5, 0.95, 1.3)))
    assert "rose in 60%" in finding.sentence


def test_a_loss_that_stays_where_it_was_is_read_from_the_history():
    assert "fell by 0.50%" in only(health(curve(1.0, 0.999, 0.998, 0.997, 0.996, 0.995))).sentence


def test_a_loss_that_is_no_number_is_read_from_the_history():
    assert "nan in epoch 3" in only(health(curve(1.0, 2.0, nan, nan, nan))).sentence


def test_a_loss_that_falls_is_healthy():
    assert health(curve(1.0, 0.6, 0.4, 0.41, 0.3, 0.25)).healthy


def test_a_short_run_makes_no_curve():
    found = health(curve(1.0, 2.0, 3.0))
    assert found.healthy
    assert found.looked_at == ()


def test_a_rate_that_did_not_suit_is_cured_by_one_ten_times_smaller_or_larger():
    known = {"learning_rate": 0.03}
    rising, still = [1.0, 1.4, 0.9, 1.5, 0.95, 1.3], [1.0, 0.999, 0.998, 0.997, 0.996, 0.995]
    assert only(health(curve(*rising, **known))).cure == {"learning_rate": 0.003, "epochs": 20}
    assert only(health(curve(*still, **known))).cure == {"learning_rate": 0.3, "epochs": 20}
    assert only(health(curve(*still))).cure == {}  # nothing to make larger
    no_number = only(health(curve(1.0, 2.0, nan, nan, nan)))
    assert no_number.cure == {"seed": 0, "clip_norm": 1.0, "epochs": 20}


def test_weights_that_were_put_back_are_known_from_the_file_of_the_model(tmp_path):
    net = cr.Network([cr.Dense(1, 1)], engine="python")
    net.fit([[1.0], [2.0]], [[1.0], [2.0]], epochs=1, progress=False)
    for restored in (False, True):
        losses = [Epoch(epoch=n, step=n, loss=0.5, validation_loss=n * 0.5) for n in (1, 2, 3)]
        net.history = History(losses, restored=restored)
        net.save(tmp_path / "net.safetensors")
        history = cr.load(tmp_path / "net.safetensors").history
        assert history.restored == restored
        assert bool(list(overfitting(history))) != restored


def with_held_out(*held_out, restored=False):
    history = History(
        replace(epoch, validation_loss=own)
        for epoch, own in zip(curve(1.0, 0.6, 0.4, 0.3, 0.25), held_out, strict=True)
    )
    history.restored = restored
    return history


def test_a_held_out_loss_that_was_better_before_the_end_is_said_with_the_epoch_of_its_best():
    (finding,) = health(with_held_out(0.9, 0.5, 0.55, 0.6, 0.625)).findings
    assert (finding.check, finding.value, finding.threshold) == ("held-out loss", 1.25, 1.1)
    assert "best at epoch 2 (0.5), and it is 0.625 at the end" in finding.sentence
    assert "held-out loss: 1.25 times its best value, threshold 1.1" in str(finding)
    assert "--early-stopping 10" in finding.advice


@pytest.mark.parametrize(
    "history",
    [
        with_held_out(0.9, 0.5, 0.55, 0.6, 0.55),
        with_held_out(0.9, 0.8, 0.7, 0.6, 0.5),
        with_held_out(0.9, 0.0, 0.55, 0.6, 0.7),
        with_held_out(0.9, 0.5, 0.55, 0.6, 0.625, restored=True),
    ],
    ids=["a tenth worse", "best at the end", "nothing was left of it", "best weights put back"],
)
def test_a_held_out_loss_that_is_about_its_best_is_healthy(history):
    assert health(history).healthy
