"""A history is a list of epochs that knows the best one and prints itself."""

import json
from math import nan

import pytest

from chainrule.errors import DataError, OptionError
from chainrule.records import from_record
from chainrule.train.history import Epoch, History


def history_of(losses, **options):
    records = [Epoch(epoch=i, step=10 * i, loss=loss) for i, loss in enumerate(losses, start=1)]
    return History(records, **options)


def full_record(epoch):
    return Epoch(
        epoch=epoch,
        step=123456,
        loss=1.2345678e-05,
        metric=0.98765432,
        validation_loss=-1.2345678e-05,
        validation_metric=0.98765432,
        learning_rate=1.2345678e-05,
        seconds=1234.5678,
        examples_per_second=123456.789,
        gradient_norm=1e-9,
    )


def test_it_behaves_like_a_list_of_epochs():
    history = history_of([3.0, 2.0, 1.0])
    assert len(history) == 3
    assert [record.loss for record in history] == [3.0, 2.0, 1.0]
    assert history[-1] is history.final
    assert [record.epoch for record in history[:2]] == [1, 2]
    assert history.ledger is None
    assert repr(history).startswith("<history up to epoch 3;")
    assert repr(history_of([])).startswith("<history up to epoch 0;")


def test_the_best_epoch_is_the_first_with_the_lowest_loss():
    assert history_of([3.0, nan, 1.0, 2.0, 1.0]).best.epoch == 3


def test_held_out_loss_wins_over_training_loss():
    history = History(
        [
            Epoch(epoch=1, step=1, loss=0.5, validation_loss=0.6),
            Epoch(epoch=2, step=2, loss=0.1, validation_loss=0.9),
        ]
    )
    assert history.best.epoch == 1


def test_the_best_goes_by_what_is_monitored():
    history = History(
        [
            Epoch(epoch=1, step=1, loss=0.6, metric=0.7),
            Epoch(epoch=2, step=2, loss=0.5, metric=0.8),
        ],
        metric_name="accuracy",
        monitor="accuracy",
    )
    assert history.best.epoch == 2


def test_an_epoch_is_shown_even_where_every_loss_is_nan():
    assert history_of([nan, nan]).best.epoch == 2


@pytest.mark.parametrize("which", ["best", "final"])
def test_an_empty_history_has_no_best_and_no_final_epoch(which):
    with pytest.raises(DataError, match="holds no epoch yet"):
        getattr(History(), which)


def test_columns_leave_out_what_was_never_measured_and_keep_gaps():
    history = History(
        [Epoch(epoch=1, step=4, loss=0.5), Epoch(epoch=2, step=8, loss=0.25, validation_loss=0.3)]
    )
    assert history.columns() == {
        "epoch": [1, 2],
        "step": [4, 8],
        "loss": [0.5, 0.25],
        "validation_loss": [None, 0.3],
    }


def test_it_survives_a_round_trip_through_json():
    history = History([full_record(1)], metric_name="r2", monitor="r2", stopped="Done.")
    again = from_record(History, json.loads(json.dumps(history.to_dict())), "history")
    assert list(again) == list(history)
    assert (again.metric_name, again.monitor, again.stopped) == ("r2", "r2", "Done.")


def test_the_widest_table_fits_eighty_columns():
    table = str(History([full_record(1), full_record(2)], metric_name="accuracy"))
    assert max(map(len, table.splitlines())) <= 80
    assert "val_accuracy" in table


def test_a_long_run_is_thinned_out_around_its_first_best_and_last_epoch():
    losses = [1.0] * 500
    losses[123] = 0.5
    lines = str(history_of(losses, stopped="All 500 epochs are done.")).splitlines()
    shown = [int(line.split()[0]) for line in lines[1:-1]]
    assert {1, 124, 500} <= set(shown)
    assert shown == sorted(shown)
    assert lines[-1] == (
        f"Best epoch: 124. {len(shown)} of 500 epochs are shown. All 500 epochs are done."
    )
    assert len(shown) == 20 + 1


def test_as_many_epochs_are_shown_as_fit():
    history = history_of([20.0 - n for n in range(20)])
    assert len(str(history).splitlines()) == 1 + 20 + 1
    assert history._repr_html_().count("<tr") == 1 + 12
    assert len(history.brief().splitlines()) == 1 + 8
    assert len(str(history_of([21.0 - n for n in range(21)])).splitlines()) == 1 + 20 + 1


def test_an_empty_history_prints_why():
    assert str(History()) == "No epoch yet."
    assert str(History(stopped="There was nothing to train.")) == "There was nothing to train."


def test_a_metric_that_there_is_not_is_named():
    with pytest.raises(OptionError, match="did you mean 'accuracy'"):
        History(monitor="acuracy")


def test_a_history_that_is_made_has_ended_in_no_way():
    history = History()
    assert (history.restored, history.interrupted, history.stopped) == (False, False, "")


@pytest.mark.parametrize("place", [2, -3, "loss", 0.5])
def test_an_epoch_that_there_is_not_is_named(place):
    history = history_of([2.0, 1.0])
    with pytest.raises(IndexError, match=r"there is no epoch .*: give one from 0 to 1") as caught:
        history[place]
    assert isinstance(caught.value, OptionError)
    assert history[-2].loss == 2.0
