import math

import pytest

import chainrule as cr
from chainrule.errors import KindError, OptionError, ShapeError


def adam(w, g, state, step, *, inside=False):
    m, v = state.get("m", [0.0] * len(w)), state.get("v", [0.0] * len(w))
    state["m"] = m = [0.9 * a + 0.1 * b for a, b in zip(m, g, strict=True)]
    state["v"] = v = [0.999 * a + 0.001 * b * b for a, b in zip(v, g, strict=True)]
    c1, c2 = 1 - 0.9**step, 1 - 0.999**step
    roots = [math.sqrt(a / c2 + 1e-8) if inside else math.sqrt(a / c2) + 1e-8 for a in v]
    return [a - 0.001 * b / c1 / root for a, b, root in zip(w, m, roots, strict=True)]


def test_a_right_step_passes_with_the_optimizers_usual_learning_rate():
    check = cr.check_update(adam, "adam")
    assert check.passed
    assert [v.name for v in check.verdicts] == [f"step {k}" for k in range(1, 6)]


def test_a_wrong_step_is_shown_at_the_weight_that_is_furthest_off_with_its_cause():
    check = cr.check_update(lambda *given: adam(*given, inside=True), "adam")
    assert not check.passed
    assert check.worst.cause == (
        "epsilon stands inside the root, where it is to be added to the root"
    )
    assert "step 1" in str(check)


def test_a_wrong_step_says_where_the_weight_stands_however_many_steps_were_taken():
    check = cr.check_update(lambda w, g, state, step: [1.5, -2.0], "sgd", [1.5, -2.0])
    assert len(check.verdicts) == 5
    for step, verdict in enumerate(check.verdicts, 1):
        number = verdict.entry.removeprefix("weight ")
        assert f"it is {(1.5, -2)[int(number)]} after step {step}, and" in verdict.sentence


def test_a_mistake_that_no_known_one_reproduces_has_no_cause():
    check = cr.check_update(
        lambda w, g, state, step: [a - 0.013 * b for a, b in zip(w, g, strict=True)],
        "sgd",
        learning_rate=0.01,
    )
    assert not check.passed
    assert {v.cause for v in check.verdicts} == {None}
    assert "cause unknown" in check.worst.sentence


@pytest.mark.parametrize(
    ("rate", "off", "ulps", "agrees"),
    [
        (0.01, 0.9e-11, 0, True),  # of the change
        (0.01, 1.2e-11, 0, False),
        (1e-30, 0.0, 32, True),  # of the weight's last place
        (1e-30, 0.0, 33, False),
    ],
)
def test_a_step_is_off_by_rounding_of_the_change_and_of_the_weight(rate, off, ulps, agrees):
    check = cr.check_update(
        lambda w, g, state, step: [w[0] - rate * g[0] * (1 + off) + ulps * math.ulp(0.3)],
        "sgd",
        [0.3],
        learning_rate=rate,
        steps=1,
    )
    assert check.passed is agrees


def test_a_number_and_a_table_of_weights_are_handed_over_as_they_are():
    assert cr.check_update(lambda w, g, s, k: w - 0.01 * g, "sgd", 2.0).passed
    table = [[1.0, 2.0], [3.0, 4.0]]

    def rows(w, g, state, step):
        return [
            [a - 0.01 * b for a, b in zip(u, v, strict=True)] for u, v in zip(w, g, strict=True)
        ]

    assert cr.check_update(rows, "sgd", table).passed


@pytest.mark.extra("numpy")
def test_numpy_weights_may_be_changed_in_place():
    import numpy as np

    def update(w, g, state, step):
        w -= 0.01 * g
        return w

    assert cr.check_update(update, "sgd", np.ones((2, 3))).passed


def test_a_step_that_gives_no_weights_is_refused():
    with pytest.raises(KindError, match="returned None: let it return the new weights"):
        cr.check_update(lambda w, g, s, k: None, "sgd")
    with pytest.raises(KindError, match="called with w, g, state, step; found the parameters"):
        cr.check_update(lambda w, g: w, "sgd")
    with pytest.raises(ShapeError, match="the weights to update hold no number"):
        cr.check_update(lambda w, g, state, step: w, "sgd", [])
    with pytest.raises(ShapeError, match="must return 6 weights"):
        cr.check_update(lambda w, g, s, k: w[:2], "sgd")
    with pytest.raises(OptionError, match="steps is 0: it must be a whole number, at least 1"):
        cr.check_update(adam, "adam", steps=0)
    with pytest.raises(OptionError, match="momentun"):
        cr.check_update(adam, "sgd", momentun=0.9)


def test_a_step_that_ends_in_nan_is_wrong():
    check = cr.check_update(lambda w, g, s, k: [math.nan] * len(w), "sgd")
    assert not check.passed


@pytest.mark.extra("numpy")
@pytest.mark.parametrize("cast_inside", [False, True])
def test_steps_in_float32_agree_as_far_as_float32_allows(cast_inside):
    import numpy as np

    def update(w, g, state, step, *, correct=True):
        w, g = np.asarray(w, np.float32), np.asarray(g, np.float32)
        zero = np.zeros_like(w)
        state["m"] = m = np.float32(0.9) * state.get("m", zero) + np.float32(0.1) * g
        state["v"] = v = np.float32(0.999) * state.get("v", zero) + np.float32(0.001) * g * g
        c1, c2 = (1 - 0.9**step, 1 - 0.999**step) if correct else (1, 1)
        step = m / np.float32(c1) / (np.sqrt(v / np.float32(c2)) + np.float32(1e-8))
        return w - np.float32(0.01) * step

    start = [0.8, -1.3, 0.45, 2.1] if cast_inside else np.asarray([0.8, -1.3, 0.45], np.float32)
    check = cr.check_update(update, "adam", start, learning_rate=0.01)
    assert check.passed
    assert "as far as float32 allows" in check.verdicts[0].sentence
    wrong = cr.check_update(
        lambda *given: update(*given, correct=False), "adam", start, learning_rate=0.01
    )
    assert wrong.worst.cause == "the bias correction is missing"
