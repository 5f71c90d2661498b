"""A run of any length is told in a few lines."""

from chainrule.train import Epoch, History


def history(losses, **columns):
    return History(
        [
            Epoch(epoch=place, step=place, loss=loss, **columns)
            for place, loss in enumerate(losses, start=1)
        ],
        metric_name="accuracy",
    )


def epochs(table):
    return [int(line.split()[0]) for line in table.splitlines()[1:]]


def test_a_short_run_is_told_whole():
    assert epochs(history([0.5, 0.4, 0.3]).brief()) == [1, 2, 3]


def test_a_long_run_is_told_by_its_first_its_best_and_its_last_epoch():
    losses = [abs(place - 33.0) + 1 for place in range(1, 101)]
    shown = epochs(history(losses).brief())
    assert (shown[0], shown[-1]) == (1, 100)
    assert 33 in shown
    assert len(shown) <= 9


def test_what_cannot_be_told_is_a_dash():
    table = history([0.5], metric=float("nan")).brief()
    assert table.splitlines()[1].split() == ["1", "0.5", "-"]


def test_only_what_was_measured_has_a_column():
    assert history([0.5]).brief().splitlines()[0].split() == ["epoch", "loss"]
    wide = history([0.5], metric=0.9, validation_loss=0.6, validation_metric=0.8)
    lines = wide.brief().splitlines()
    assert lines[0].endswith("held-out accuracy")
    assert lines[1].split() == ["1", "0.5", "0.9000", "0.6", "0.8000"]
    assert max(map(len, lines)) <= 80


def test_a_run_without_an_epoch_has_no_table():
    assert history([]).brief() == ""
