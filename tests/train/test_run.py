"""An epoch is counted on the clock from its first step to its last, whatever stands between."""

import copy
import itertools
import pickle
import signal
from dataclasses import dataclass, fields

import pytest

import chainrule as cr
from chainrule.engines import choose_engine
from chainrule.engines.engine import PythonEngine
from chainrule.errors import KindError, NotANumberError, OptionError
from chainrule.nn import LOSSES, Architecture, Dense
from chainrule.train import SGD, Adagrad, Adam, AdamW, Checkpoint, EarlyStopping, RMSProp, Watcher
from chainrule.train.plan import Plan, TrainingOptions
from chainrule.train.schedules import Cosine, Linear, Schedule, StepDecay
from chainrule.train.source import ArraySource


def test_an_epoch_takes_the_time_of_its_slices(monkeypatch):
    monkeypatch.setattr("chainrule.train.run.perf_counter", itertools.count().__next__)
    net = cr.Network([cr.Dense(1, 1)], engine="python")
    x, y = [[float(n)] for n in range(6)], [[2.0 * n] for n in range(6)]
    run = net.training(x, y, epochs=3, batch_size=1, validation=None)
    for steps in (6, 2, 4, 1, 1, 4):
        run.step(steps)  # the clock moves on by one
    assert [epoch.seconds for epoch in net.history] == [1, 2, 3]
    assert [epoch.examples_per_second for epoch in net.history] == [6, 3, 2]


def test_an_epoch_may_be_shorter_than_a_tick_of_the_clock(monkeypatch):
    monkeypatch.setattr("chainrule.train.run.perf_counter", lambda: 7.0)
    net = cr.Network([cr.Dense(1, 1)], engine="python")
    (epoch,) = net.fit([[1.0]], [[2.0]], epochs=1)
    assert epoch.seconds == 0
    assert epoch.examples_per_second == pytest.approx(1e9)  # one row in a billionth of a second


class PressAfter(Watcher):
    """Presses Ctrl-C when an epoch has ended."""

    def __init__(self, epoch):
        self.last = epoch

    def epoch(self, run, record):
        if record.epoch == self.last:
            signal.raise_signal(signal.SIGINT)


def test_after_ctrl_c_the_best_weights_are_back():
    net = cr.Network([cr.Dense(1, 1)], engine="python")
    x, y = [[float(n)] for n in range(6)], [[2.0 * n] for n in range(6)]
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        history = net.fit(
            x, y, epochs=9, interruptible=True, watchers=[PressAfter(3)], progress=False
        )
    finally:
        signal.signal(signal.SIGINT, handler)
    assert len(history) == 3
    assert history.interrupted
    assert history.restored


def test_a_plan_has_the_defaults_of_the_options():
    plan, options = (
        {each.name: each.default for each in fields(kind)} for kind in (Plan, TrainingOptions)
    )
    shared = ("epochs", "l1", "l2", "clip_norm", "early_stopping")
    assert [plan[name] for name in shared] == [options[name] for name in shared]


def test_an_option_that_is_left_out_is_what_the_reference_says():
    assert TrainingOptions() == TrainingOptions(
        epochs=20,
        batch_size=32,
        optimizer="adam",
        l1=0,
        l2=0,
        ledger=False,
        progress=True,
        interruptible=False,
    )
    plan = TrainingOptions().plan(
        Architecture([Dense(1, 1)]), LOSSES["hinge"], multi_label=False, seed=0, dtype="float64"
    )
    needed = ("architecture", "loss", "metric", "optimizer", "learning_rate")
    assert plan == Plan(**{name: getattr(plan, name) for name in needed})
    assert Checkpoint("run").every == 1
    assert EarlyStopping() == EarlyStopping(patience=10, min_delta=0.0, metric="loss")
    assert StepDecay(every=2) == StepDecay(every=2, decay=0.1)
    assert (Linear(), Cosine()) == (Linear(end=0.0), Cosine(end=0.0))
    assert RMSProp() == RMSProp(decay=0.9, epsilon=1e-8)
    assert Adam() == Adam(beta1=0.9, beta2=0.999, epsilon=1e-8)  # as Kingma & Ba recommend
    assert AdamW() == AdamW(beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.01)
    assert (SGD(), Adagrad()) == (SGD(momentum=0.0, nesterov=False), Adagrad(epsilon=1e-10))


def test_the_epoch_in_which_a_loss_is_no_number_is_counted_from_1():
    net = cr.Network([cr.Dense(1, 1)], engine="python")
    with pytest.raises(NotANumberError, match=r"stopped at step 1 \(epoch 1\)"):
        net.fit([[1e200]], [[-1e200]], epochs=3, validation=None, progress=False)


def test_the_first_number_that_is_none_is_told_by_unit_and_row():
    layer = cr.Dense(1, 3, weight=[[1.0], [1.0], [10.0]], bias=[0.0] * 3)
    said = r"dense1 unit 2 is the first to give z = inf \(row 1, op weighted_sum, forward\)"
    with pytest.raises(NotANumberError, match=said):
        cr.Network([layer], engine="python").fit(
            [[1.0], [1e308]], [[0.0] * 3] * 2, validation=None, progress=False
        )


@pytest.mark.parametrize(
    ("epochs", "said"), [(1, "The one epoch is done."), (2, "All 2 epochs are done.")]
)
def test_the_end_is_said(epochs, said):
    net = cr.Network([cr.Dense(1, 1)], engine="python")
    history = net.fit([[1.0]], [[1.0]], epochs=epochs, validation=None, progress=False)
    assert history.stopped == said


@pytest.mark.parametrize(
    ("schedule", "epochs", "said"),
    [
        ("step:4", 4, "never fell: all 4 steps stand on the first stair of step:4:0.1."),
        ("warmup:1:step:2", 3, "never fell: all 3 steps stand on the first stair of warmup:"),
        ("step:1", 20, "Halfway step:1:0.1 left 1e-10 of the learning rate: a length from 1 on"),
        ("step:1:1e-200", 8, "Halfway step:1:1e-200 left nothing of the learning rate: a length"),
        *[(schedule, 4, "") for schedule in ("step:3", "step:0.5", "constant", "cosine", None)],
        *[("step:2:1", 9, ""), ("step:9:1", 4, ""), ("step:2", 1, "")],  # nothing is to fall
        ("step:0.1:0.5", 40, ""),
    ],
)
def test_a_stair_that_never_falls_or_falls_to_nothing_is_told(schedule, epochs, said):
    net = cr.Network([cr.Dense(1, 1)], engine="python")
    history = net.fit([[1.0]], [[1.0]], epochs=epochs, schedule=schedule, progress=False)
    assert said in history.stopped
    assert said or history.stopped in (f"All {epochs} epochs are done.", "The one epoch is done.")


def test_the_best_weights_are_back_where_the_run_came_to_its_end():
    net = cr.Network([cr.Dense(1, 1, weight=[[1.0]], bias=[0.0])], engine="python")
    how = {"optimizer": "sgd", "learning_rate": 0.75, "early_stopping": 9, "progress": False}
    history = net.fit([[1.0]], [[0.0]], epochs=3, validation=([[1.0]], [[0.0]]), **how)
    assert (
        history.stopped
        == "All 3 epochs are done; the weights of epoch 1, the best on held-out rows, are back."
    )
    assert net.loss([[1.0]], [[0.0]]) == history[0].validation_loss == 4.0
    net = cr.Network([cr.Dense(1, 1, weight=[[1.0]], bias=[0.0])], engine="python")
    history = net.fit([[1.0]], [[0.0]], epochs=9, validation=None, **how | {"learning_rate": 1.5})
    assert history.stopped == "All 9 epochs are done; the weights of epoch 1, the best, are back."


def test_held_out_rows_that_are_all_right_are_counted_as_all_of_them():
    net = cr.Network([cr.Dense(1, 1, "sigmoid", weight=[[9.0]], bias=[0.0])], engine="python")
    x, y = [[-1.0], [1.0], [2.0]], [0, 1, 1]
    history = net.fit(x, y, epochs=1, validation=(x, y), learning_rate=1e-9, progress=False)
    assert history[-1].validation_metric == 1.0


def test_all_processes_are_told_to_take_a_step_together(monkeypatch):
    told = []

    def compiled(self, function, *, donate=(), together=False):
        told.append((donate, together))
        return function

    monkeypatch.setattr(PythonEngine, "compile", compiled)
    net = cr.Network([cr.Dense(1, 1)], engine="python")
    net.fit([[1.0]], [[1.0]], epochs=1, validation=None, progress=False)
    assert told == [((0,), True), ((), True)]  # the step may overwrite its state


def test_a_batch_of_all_rows_is_left_in_order():
    engine = choose_engine("python")
    x = engine.asarray([[float(n)] for n in range(9)])
    whole, parts = (ArraySource(engine, x, x, batch_size=size, seed=1) for size in (9, 4))
    assert [rows.tolist() for rows, _ in whole.batches(1)] == [x.tolist()]
    mixed = [row for rows, _ in parts.batches(1) for row in rows.tolist()]
    assert sorted(mixed) == x.tolist() != mixed


def test_early_stopping_is_kept_as_it_was_asked_for():
    net = cr.Network([cr.Dense(1, 1)], engine="python")
    x, y = [[1.0], [2.0]], [[1.0], [2.0]]
    net.fit(x, y, epochs=3, early_stopping=2, validation=(x, y), progress=False)
    kept = net.trained_with["early_stopping"]
    assert {"best": None, "best_epoch": None, "waited": 0}.items() <= kept.items()


def test_an_engine_that_records_nothing_has_no_program_to_show():
    net = cr.Network([cr.Dense(1, 1)], engine="python")
    run = net.training([[1.0]], [[1.0]], epochs=1, validation=None)
    run.step(1)
    with pytest.raises(OptionError, match="the python engine has recorded no step here"):
        _ = run.program


@pytest.mark.extra("numpy")
def test_the_program_of_a_run_is_that_of_the_step_it_took_last():
    net = cr.Network([cr.Dense(1, 1)], engine="numpy")
    x, y = [[float(n)] for n in range(7)], [[2.0 * n] for n in range(7)]
    run = net.training(x, y, epochs=2, batch_size=3, validation=None)
    shown = []
    for _ in range(4):  # the third batch of an epoch has a single row
        run.step()
        shown.append(run.program)
    assert shown[0] == shown[1] == shown[3] != shown[2]


def test_a_run_and_its_moments_say_how_far_they_are():
    net = cr.Network([cr.Dense(1, 1)], engine="python")
    run = net.training([[1.0], [2.0]], [[1.0], [2.0]], epochs=5, batch_size=1, validation=None)
    run.step(5)
    assert repr(run) == "<training run after 2 of 5 epochs; .step(), .run()>"
    assert repr(run.snapshot()) == "<snapshot after 2 epochs and 1 steps>"


class Told(Watcher):
    """Takes note of how many steps were taken when it was told of each."""

    def __init__(self):
        self.steps = []

    def step(self, run, number, loss):
        self.steps.append((run.steps_in_epoch, number))


@pytest.mark.parametrize(
    ("at_once", "told"),
    [
        (1, [(5, 1), (5, 2), (5, 3), (8, 4), (8, 5), (8, 6), (9, 7), (9, 8), (9, 9)]),
        (9, [(5, 1), (5, 2), (5, 3), (9, 4), (9, 5), (9, 6), (9, 7), (9, 8), (9, 9)]),
    ],
)
def test_losses_are_read_once_five_steps_are_under_way_and_two_go_on(monkeypatch, at_once, told):
    monkeypatch.setattr(PythonEngine, "lag", 5)
    monkeypatch.setattr(PythonEngine, "at_once", at_once)
    net, watcher = cr.Network([cr.Dense(1, 1)], engine="python"), Told()
    rows = [[float(n)] for n in range(9)]
    how = {"epochs": 1, "batch_size": 1, "validation": None, "progress": False}
    net.fit(rows, rows, watchers=[watcher], **how)
    assert watcher.steps == told


def test_a_batch_is_shared_out_among_devices_before_its_memory_is_asked_for(monkeypatch):
    monkeypatch.setattr(PythonEngine, "memory", 2000)
    monkeypatch.setattr(PythonEngine, "devices", 3)
    net = cr.Network([cr.Dense(1, 1)], engine="python")
    with pytest.raises(OptionError, match="a step of 11 rows takes about"):
        net.fit([[1.0]] * 32, [[1.0]] * 32, validation=None, progress=False)


def test_a_compiler_is_told_the_shapes_of_a_step_before_a_batch_is_made(monkeypatch):
    """Rows that a short last batch lacks are made up with a weight of 0, so all have weights."""
    asked = []
    monkeypatch.setattr(PythonEngine, "memory", 20_000)
    monkeypatch.setattr(PythonEngine, "planned_bytes", lambda *told: asked.append(told[2:]) or 1)
    layers = [cr.Dense(2, 5), cr.Dropout(0.5), cr.Dense(5, 3)]
    for rows in (64, 65):
        net = cr.Network(layers, engine="python")
        x, y = [[1.0, 2.0]] * rows, [[0.0, 0.0, 0.0]] * rows
        net.fit(x, y, epochs=1, batch_size=32, validation=None, learning_rate=0.5, progress=False)
    ((state, even), (_, short)) = asked
    assert state["parameters"].shape == (5 * 3 + 3 * 6,)
    float64 = state["parameters"].dtype
    masks, rate = {"dropout1": ((32, 5), "float64")}, 0.5
    batch = {"x": ((32, 2), float64), "t": ((32, 3), float64), "learning_rate": rate}
    assert even == {**batch, "masks": masks}
    assert short == {**even, "weights": ((32,), "float64")}


@pytest.mark.parametrize(("rate", "scales"), [(0.5, [0, 0, 2, 2]), (0, [1, 1, 1, 1])])
def test_a_number_below_the_rate_silences_a_neuron(monkeypatch, rate, scales):
    drawn = [0.0, 0.25, 0.5, 0.75]
    monkeypatch.setattr(PythonEngine, "random", lambda self, *_, **__: self.asarray(drawn))
    layers = [cr.Dropout(rate), cr.Dense(2, 1)]
    run = cr.Network(layers, engine="python").training([[1.0, 1.0]] * 2, [[1.0]] * 2)
    (mask,) = next(run._batches_of(1))["masks"].values()
    assert mask.tolist() == [scales[:2], scales[2:]]


def test_no_weights_come_back_where_the_last_epoch_is_the_best():
    net = cr.Network([cr.Dense(1, 1, weight=[[1.0]], bias=[0.0])], engine="python")
    how = {"optimizer": "sgd", "learning_rate": 0.1, "early_stopping": 9, "progress": False}
    history = net.fit([[1.0]], [[0.0]], epochs=3, validation=([[1.0]], [[0.0]]), **how)
    assert (history.stopped, history.restored) == ("All 3 epochs are done.", False)


@dataclass(frozen=True)
class FromEpochTwo(Schedule):
    """Stands still in the first of three epochs, and then takes a step beyond all numbers."""

    name = "from epoch two"

    def factor(self, step, total_steps, /):
        return 0.0 if step <= total_steps / 3 else 1e200


def test_a_step_that_went_wrong_is_found_among_the_batches_of_its_own_epoch():
    net = cr.Network([cr.Dense(1, 1, weight=[[0.0]], bias=[0.0])], seed=1, engine="python")
    x = [[0.0], [0.0], [1.0], [0.0], [0.0], [0.0]]  # a single row has a gradient
    how = {"epochs": 3, "batch_size": 1, "optimizer": "sgd", "learning_rate": 1.0}
    run = net.training(x, x, schedule=FromEpochTwo(), validation=None, **how)
    first, second, third = (
        [rows.tolist() for rows, _ in run.source.batches(epoch)].index([[1.0]])
        for epoch in (1, 2, 3)
    )
    assert len({first, second, third}) == 3
    assert second < 5  # the row after it is the first whose loss is infinite
    with pytest.raises(NotANumberError, match=rf"stopped at step {6 + second + 2} \(epoch 2\)"):
        run.run()
    assert run.steps_in_epoch == second + 1


def test_the_loss_of_an_epoch_is_the_mean_of_its_rows_before_their_steps():
    net = cr.Network([cr.Dense(1, 1, weight=[[1.0]], bias=[0.0])], engine="python")
    x, y = [[1.0], [2.0], [3.0]], [[0.0], [0.0], [0.0]]
    how = {"batch_size": 2, "learning_rate": 1e-12, "validation": (x[:2], y[:2])}
    (epoch,) = net.fit(x, y, epochs=1, progress=False, **how)
    assert epoch.loss == pytest.approx((1 + 4 + 9) / 3)
    assert epoch.validation_loss == pytest.approx((1 + 4) / 2)
    assert (epoch.step, epoch.learning_rate) == (2, 1e-12)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_run_is_not_copied_for_its_network_has_one(copied):
    run = cr.Network([cr.Dense(1, 1)], engine="python").training([[1.0]], [[2.0]])
    with pytest.raises(KindError, match="a run of training is not copied: copy its network, or"):
        copied(run)
    pickle.dumps(run.snapshot())
