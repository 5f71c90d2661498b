"""Early stopping waits as long as it was told, for what it was told to watch."""

import json
from math import inf, nan

import pytest

from chainrule.arrays import asarray
from chainrule.autodiff import Tensor
from chainrule.errors import KindError, OptionError
from chainrule.train.stopping import EarlyStopping, is_better


def verdicts(watch, values):
    return [watch.update(value, epoch) for epoch, value in enumerate(values, start=1)]


def test_the_count_starts_again_at_every_improvement():
    watch = EarlyStopping(patience=2)
    assert verdicts(watch, [1.0, 1.1, 0.9, 0.95, 0.9]) == [
        "improved",
        "waiting",
        "improved",
        "waiting",
        "stop",
    ]
    assert (watch.best, watch.best_epoch) == (0.9, 3)


def test_a_gain_of_no_more_than_min_delta_is_none():
    watch = EarlyStopping(patience=9, min_delta=0.25)
    assert verdicts(watch, [1.0, 0.75, 0.5]) == ["improved", "waiting", "improved"]


@pytest.mark.parametrize("metric", ["accuracy", "r2"])
def test_more_of_a_score_is_better(metric):
    watch = EarlyStopping(patience=1, metric=metric)
    assert verdicts(watch, [-0.5, 0.6, 0.5]) == ["improved", "improved", "stop"]


def test_nan_and_infinity_never_count_as_an_improvement_on_a_number():
    watch = EarlyStopping(patience=5)
    assert verdicts(watch, [nan, 1.0, nan, inf]) == ["waiting", "improved", "waiting", "waiting"]


def test_a_patience_of_zero_stops_at_the_first_disappointment():
    watch = EarlyStopping(patience=0)
    assert not watch.over
    assert verdicts(watch, [1.0, 0.5, 0.5]) == ["improved", "improved", "stop"]


def test_it_goes_on_from_a_checkpoint_where_it_was():
    watch = EarlyStopping(patience=3)
    verdicts(watch, [1.0, 2.0, 2.0])
    again = EarlyStopping(**json.loads(json.dumps(watch.to_dict())))
    assert again == watch
    assert again.update(2.0, 4) == "stop"


def test_a_fresh_one_has_seen_nothing():
    watch = EarlyStopping(patience=3)
    verdicts(watch, [1.0, 2.0])
    assert watch.fresh() == EarlyStopping(patience=3)
    assert watch.best == 1.0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"patience": -1}, "patience is -1: it must be a whole number, at least 0"),
        ({"patience": True}, "patience is True: it must be a whole number, at least 0"),
        ({"waited": "2"}, "waited is '2': it must be a whole number, at least 0"),
        ({"best_epoch": 1.5}, "best_epoch is 1.5: it must be a whole number, at least 0"),
        ({"patience": 2.5}, "patience is 2.5: it must be a whole number, at least 0"),
        ({"min_delta": -0.1}, "min_delta is -0.1"),
        ({"min_delta": inf}, "min_delta is inf: it must be 0 or more, and finite"),
        ({"metric": "acuracy"}, "did you mean 'accuracy'?"),
    ],
)
def test_an_impossible_option_gets_one_sentence(options, sentence):
    with pytest.raises(OptionError) as caught:
        EarlyStopping(**options)
    assert sentence in str(caught.value)


@pytest.mark.parametrize("best", ["0.5", [0.5], True, float("nan")])
def test_a_best_value_that_is_no_number_is_refused(best):
    with pytest.raises(KindError, match="the best value so far is a number, or None; found"):
        EarlyStopping(best=best)


@pytest.mark.parametrize("value", [10**400, "0.5", None])
def test_what_is_watched_is_one_number(value):
    with pytest.raises(KindError, match="early stopping watches loss, a number; found"):
        EarlyStopping().update(value, 1)


@pytest.mark.extra("numpy")
def test_an_array_of_several_is_not_watched():
    import numpy as np

    watch = EarlyStopping()
    with pytest.raises(KindError, match=r"watches loss, a number; found array\(\[1., 1.\]\)"):
        watch.update(np.ones(2), 1)
    assert watch == EarlyStopping()


def test_only_what_is_known_can_be_better():
    assert [is_better("loss", 1.0, best) for best in (1.5, 1.0)] == [True, False]
    with pytest.raises(OptionError, match="did you mean 'loss'"):
        is_better("los", 1.0, 2.0)


@pytest.mark.extra("numpy")
def test_a_loss_in_an_array_or_a_tensor_of_its_own_is_a_number():
    import numpy as np

    for kind in (np.asarray, np.float32, Tensor, asarray):
        assert verdicts(EarlyStopping(), [kind(1.0), kind(0.5), kind(0.75)])[1:] == [
            "improved",
            "waiting",
        ]
