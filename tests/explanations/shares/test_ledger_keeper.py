"""The ledger is kept step by step: on which rows, at what price, in how much memory."""

import gc
import signal
import tracemalloc

import pytest

import chainrule as cr
import chainrule.arrays as xp
from chainrule.arrays.list_array import ListArray
from chainrule.engines import choose_engine
from chainrule.explanations.shares import ledger_account
from chainrule.explanations.shares.ledger_account import (
    MOST_KEPT,
    LedgerAccount,
    LedgerKeeper,
    examples,
)
from chainrule.nn import Layout
from chainrule.train import Checkpoint, EarlyStopping, Watcher
from chainrule.train.source import ArraySource
from tests.explanations.shares.learning import learn, network
from tests.marked_engines import ENGINES


class Timeline(Watcher):
    """Notes what happens, and how many arrays of the size of the weights are alive."""

    follows_weights = True

    def __init__(self):
        self.said, self.steps, self.alive = [], 0, []

    def hear(self, sentence):
        self.said.append((self.steps, sentence))

    def moved(self, run, before, batch):
        self.steps += 1
        size = run.state["parameters"].shape
        gc.collect()
        arrays = [a for a in gc.get_objects() if type(a) is ListArray and a.shape == size]
        self.alive.append(len({id(a) for a in arrays}))


def test_the_price_is_said_before_the_first_step_and_kept_to(data_set):
    x, y = data_set("iris")
    timeline = Timeline()
    keeper = LedgerKeeper(announce=timeline.hear)
    options = {"ledger": False, "watchers": [timeline, keeper], "validation": 0.2}
    ledger = learn(network(x, y, "relu"), x, y, **options)
    ((when, sentence),) = timeline.said
    assert when == 0
    # 12 steps, 2 gradients each at least, 32 at most, on two sets of rows.
    assert sentence.startswith("The ledger takes 48 to 768 gradients, about ")
    assert sentence.endswith("on all 120 training rows and all 30 held-out rows.")
    spent = ledger.basis.gradients + ledger.held_out.basis.gradients
    assert keeper.price.least <= spent - 2 <= keeper.price.most


def test_the_ledger_is_that_of_the_training_rows_beside_that_of_those_held_out():
    x, y = [[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1]
    net, held = network(x, y), ([[0.5], [2.5]], [1, 0])
    before = net.loss(x, y), net.loss(*held)
    ledger = learn(net, x, y, validation=held, l2=0.1)
    assert (ledger.basis.rows, ledger.held_out.basis.rows) == (4, 2)
    assert ledger.measured == pytest.approx(net.loss(x, y) - before[0])
    assert ledger.held_out.measured == pytest.approx(net.loss(*held) - before[1])
    assert ledger.penalty
    assert (ledger.held_out.penalty, ledger.held_out.held_out) == (0.0, None)


class BrokenOff(Exception):
    """The machine went away."""


class PowerCut(Watcher):
    """Breaks a run off after its third epoch."""

    def step(self, run, number, loss):
        if run.epoch == 3:
            raise BrokenOff


def test_a_run_that_goes_on_pays_for_the_epochs_that_are_left(tmp_path):
    x, y = [[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1]
    path, keeper = tmp_path / "run.safetensors", LedgerKeeper()
    options = {"epochs": 5, "batch_size": 2, "validation": None, "progress": False}
    with pytest.raises(BrokenOff):
        network(x, y).fit(x, y, checkpoint=path, watchers=[PowerCut()], **options)
    resumed = network(x, y)
    resumed.fit(x, y, checkpoint=Checkpoint(path, resume=True), watchers=[keeper], **options)
    # Two epochs of two steps, at two gradients at least and 32 at most.
    assert (keeper.price.least, keeper.price.most) == (8, 128)
    assert [step.step for step in resumed.history.ledger.steps] == [7, 8, 9, 10]


def test_memory_stays_at_a_few_copies_of_the_weights(data_set):
    x, y = data_set("iris")

    def alive(ledger):
        timeline = Timeline()
        learn(network(x, y, hidden=7), x, y, epochs=4, ledger=ledger, watchers=[timeline])
        return timeline.alive

    without, totals, everything = alive(False), alive(True), alive("all")
    # A running total, which weights moved, and the gradient that the next step starts from.
    assert max(totals) <= max(without) + 3
    assert everything[-1] >= max(totals) + len(everything) - 3


def test_the_thousand_are_drawn_with_a_seed_from_all_over_the_rows():
    engine = choose_engine("python")
    numbers = [[float(row)] for row in range(3000)]
    for batch_size in (700, 3000):
        source = ArraySource(
            engine, xp.asarray(numbers), xp.asarray(numbers), batch_size=batch_size
        )
        drawn = [row for (row,) in examples(engine, source, seed=4)["x"].tolist()]
        assert drawn == sorted(set(drawn))
        assert len(drawn) == 1000
        assert min(drawn) < 30
        assert max(drawn) > 2970
        assert drawn == [row for (row,) in examples(engine, source, seed=4)["t"].tolist()]
        assert drawn != [row for (row,) in examples(engine, source, seed=5)["x"].tolist()]


def test_a_thousand_rows_stand_for_more_which_is_said(data_set):
    x, y = data_set("digits")
    inputs = [row[:8] for row in x]
    ledger = learn(network(inputs, y, hidden=2), inputs, y, epochs=1, batch_size=600)
    assert (ledger.basis.rows, ledger.basis.of_rows) == (1000, 1797)
    assert "on 1,000 training rows drawn from 1,797" in " ".join(str(ledger).split())


def test_the_way_back_to_the_best_weights_is_entered_too(data_set):
    x, y = data_set("iris")
    net = network(x, y)
    before = net.loss(x, y)
    ledger = learn(
        net, x, y, epochs=20, optimizer="sgd", learning_rate=8.0, early_stopping=EarlyStopping(2)
    )
    assert ledger.steps[-1].step == 0
    said = f"in {len(ledger.steps) - 1} steps and the way back to the best weights dense1"
    assert said in " ".join(str(ledger).split())
    assert ledger.measured == pytest.approx(net.loss(x, y) - before, rel=1e-9)


def test_a_wrong_gradient_flags_every_step_and_is_never_printed_as_if_it_were_right():
    layout = Layout({"dense1.weight": (1, 1)})
    account = LedgerAccount(
        lambda w: (float(w[0]) ** 2, 2.1 * w), layout, xp.asarray([4.0]), rows=1, keep_each=False
    )
    account.moved({"dense1.weight": xp.asarray([[3.0]])})
    account.moved({"dense1.weight": xp.asarray([[2.0]])})
    ledger = account.ledger()
    assert ledger.flagged == 2
    # Where it starts, and for each step the end and all middles.
    assert ledger.basis.gradients == 1 + sum(step.splits for step in ledger.steps)
    assert not ledger.trusted
    assert "too far off to trust" in str(ledger)
    assert "flagged: 2 steps" in str(ledger)


def test_a_large_network_works_gradients_out_again_and_finds_the_same_shares(data_set, monkeypatch):
    x, y = data_set("iris")

    def learned():
        said = []
        keeper = LedgerKeeper(announce=said.append)
        options = {"epochs": 2, "optimizer": "sgd", "learning_rate": 0.5, "validation": 0.2}
        ledger = learn(network(x, y), x, y, ledger=False, watchers=[keeper], **options)
        return ledger, keeper.price

    kept, price = learned()
    monkeypatch.setattr(ledger_account, "MOST_KEPT", kept.layout.size - 1)
    again, dearer = learned()
    for one, other in ((kept, again), (kept.held_out, again.held_out)):
        assert one.flat.tolist() == other.flat.tolist()
        assert one.steps == other.steps
        # Where a step begins is a gradient more, but for the first step if it is kept.
        assert other.basis.gradients == one.basis.gradients + len(one.steps)
    steps = 2 * len(kept.steps)
    assert (dearer.least - price.least, dearer.most - price.most) == (steps, steps)


@pytest.mark.extra("numpy")
@pytest.mark.parametrize(
    ("optimizer", "validation", "dtype", "most_kept", "arrays"),
    [
        ("sgd", None, "float64", MOST_KEPT, 9.2),
        ("sgd", 0.25, "float64", MOST_KEPT, 11.3),
        ("sgd", 0.25, "float32", MOST_KEPT, 10.3),
        ("sgd", 0.25, "float64", 0, 9.3),
        ("adam", None, "float64", MOST_KEPT, 13.2),
        ("adam", 0.25, "float64", MOST_KEPT, 15.3),
    ],
)
def test_a_run_with_a_ledger_holds_few_arrays_of_the_size_of_the_weights_at_its_peak(
    optimizer, validation, dtype, most_kept, arrays, monkeypatch
):
    pytest.importorskip("numpy")
    monkeypatch.setattr(ledger_account, "MOST_KEPT", most_kept)
    x = [[((row + 1) * (column + 3) % 17) / 17 for column in range(500)] for row in range(16)]
    y = [row % 4 for row in range(16)]
    layers = [cr.Dense(500, 500, "relu"), cr.Dense(500, 4, "softmax")]
    net = cr.Network(layers, engine="numpy", dtype=dtype)
    options = {"epochs": 2, "batch_size": 8, "optimizer": optimizer, "validation": validation}
    options["learning_rate"] = 0.5 if optimizer == "sgd" else 0.001
    learn(net, x, y, **options)  # records what it runs
    tracemalloc.start()
    learn(net, x, y, **options)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < arrays * 8 * net.architecture.layout.size


class Press(Watcher):
    """Presses Ctrl-C after a step."""

    follows_weights = True

    def __init__(self, step):
        self.left = step

    def moved(self, run, before, batch):
        self.left -= 1
        if self.left == 0:
            signal.raise_signal(signal.SIGINT)


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("engine", ENGINES)
def test_an_interrupted_run_has_the_ledger_up_to_the_weights_that_stay(data_set, engine):
    x, y = data_set("iris")
    net = network(x, y, engine=engine)
    before = net.loss(x, y)
    options = {"epochs": 5, "watchers": [Press(12)], "interruptible": True}
    ledger = learn(net, x, y, optimizer="sgd", learning_rate=0.5, **options)
    assert net.history.interrupted
    assert [step.step for step in ledger.steps[-2:]] == [12, 0]
    assert ledger.measured == pytest.approx(net.loss(x, y) - before, rel=1e-9)


def test_a_step_that_was_entered_by_half_leaves_no_ledger(data_set, monkeypatch):
    x, y = data_set("iris")
    calls, whole = [], ledger_account.path_integral

    def broken_off(*arguments, **options):
        calls.append(1)
        if len(calls) == 14:
            raise KeyboardInterrupt
        return whole(*arguments, **options)

    monkeypatch.setattr(ledger_account, "path_integral", broken_off)
    net = network(x, y)
    assert learn(net, x, y, validation=0.2, interruptible=True) is None
    assert (net.history.interrupted, len(calls)) == (True, 14)
