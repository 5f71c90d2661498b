"""A run that is taken up again from its checkpoint is the run that was never broken off."""

import json
import signal

import pytest

from chainrule.engines.engine import PythonEngine
from chainrule.errors import ModelFileError, NotANumberError, OptionError
from chainrule.model import Network, load
from chainrule.nn import Dense, Dropout
from chainrule.train import SGD, Checkpoint, EarlyStopping, Watcher
from chainrule.train.safetensors import read_tensors, write_tensors
from tests.marked_engines import JAX, NUMPY

X = [[row / 20 - 1, (row % 7) / 3 - 1] for row in range(41)]
Y = [int(a * b > 0) for a, b in X]


class BrokenOff(Exception):
    """The machine went away."""


class PowerCut(Watcher):
    """Breaks a run off in the middle of an epoch."""

    def __init__(self, epoch):
        self.at = epoch

    def step(self, run, number, loss):
        if run.epoch + 1 == self.at and number == 2:
            self.happen()

    def happen(self):
        raise BrokenOff


def fit(checkpoint=None, watchers=(), engine="python", dtype=None, seed=3, x=X, y=Y, **options):
    layers = [Dense(2, 6, "tanh"), Dropout(0.25), Dense(6, 1, "sigmoid")]
    net = Network(layers, seed=seed, engine=engine, dtype=dtype)
    given = {"epochs": 6, "batch_size": 8, "validation": 0.2, "progress": False, **options}
    net.fit(x, y, checkpoint=checkpoint, watchers=watchers, **given)
    return net


def weights(net):
    return {name: value.tolist() for name, value in net.parameters.items()}


def measured(net):
    columns = net.history.columns()
    return [columns[name] for name in ("step", "loss", "metric", "validation_loss")]


@pytest.fixture
def path(tmp_path):
    """Where a run is kept, in a folder of its own."""
    return tmp_path / "run"


def broken_off(path, *, epoch=4, **options):
    with pytest.raises(BrokenOff):
        fit(path, [PowerCut(epoch)], **options)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"optimizer": SGD(momentum=0.9), "learning_rate": 0.1},
        {"optimizer": SGD(), "learning_rate": 0.1},
        {"schedule": "cosine", "clip_norm": 0.1, "l2": 0.01},
        {"early_stopping": EarlyStopping(5, metric="accuracy")},
        pytest.param({"engine": "numpy", "dtype": "float32"}, marks=pytest.mark.extra("numpy")),
        pytest.param({"engine": "jax", "dtype": "float32"}, marks=pytest.mark.extra("jax")),
        pytest.param({"engine": "jax", "dtype": "bfloat16"}, marks=pytest.mark.extra("jax")),
    ],
    ids=str,
)
def test_a_resumed_run_is_the_whole_run(path, options):
    broken_off(path, **options)
    resumed = fit(Checkpoint(path, resume=True), **options)
    whole = fit(**options)
    assert weights(resumed) == weights(whole)
    assert measured(resumed) == measured(whole)
    assert resumed.history.stopped == whole.history.stopped


def test_a_checkpoint_holds_the_epoch_that_ended_last(path):
    broken_off(path, epoch=4)
    kept = read_tensors(path)[0]["parameters"].floats().tolist()
    whole = fit(epochs=3).parameters.values()
    assert kept == [x for w in whole for x in w.reshape(-1).tolist()]


def test_a_checkpoint_is_written_in_the_format_that_every_version_so_far_reads(tmp_path):
    fit(tmp_path / "run", epochs=1)
    _, texts = read_tensors(tmp_path / "run")
    assert texts["chainrule.checkpoint"].startswith('{"format": 1, "run": ')


def test_early_stopping_goes_on_waiting_where_it_was(path):
    options = {"early_stopping": 1, "learning_rate": 3.0, "epochs": 50}
    whole = fit(**options)
    assert "Stopped early" in whole.history.stopped
    last = len(whole.history)
    broken_off(path, epoch=last, **options)
    resumed = fit(Checkpoint(path, resume=True), **options)
    assert measured(resumed) == measured(whole)
    assert weights(resumed) == weights(whole)
    assert measured(fit(Checkpoint(path, resume=True), **options)) == measured(whole)


def test_a_finished_run_may_be_given_more_epochs(path):
    fit(path, epochs=2)
    assert weights(fit(Checkpoint(path, resume=True), epochs=5)) == weights(fit(epochs=5))


def test_a_run_that_has_gone_further_stays_where_it_is(path):
    whole = fit(path, epochs=3)
    net = fit(Checkpoint(path, resume=True), epochs=1)
    assert weights(net) == weights(whole)
    assert net.history.stopped == "All 3 epochs are done."


def test_without_a_file_a_run_begins_at_its_start(path):
    assert weights(fit(Checkpoint(path, resume=True))) == weights(fit())
    assert path.exists()


def test_a_file_that_is_there_is_not_overwritten(path):
    path.write_text("my notes")
    with pytest.raises(OptionError, match="exists and is not overwritten"):
        fit(path)
    assert path.read_text() == "my notes"


@pytest.mark.parametrize(
    ("option", "other"),
    [
        ("learning_rate", 0.5),
        ("batch_size", 4),
        ("optimizer", "sgd"),
        ("l2", 0.1),
        ("seed", 4),
        ("schedule", "linear"),
    ],
)
def test_another_run_is_refused_and_named(path, option, other):
    fit(path, epochs=1)
    before = path.read_bytes()
    with pytest.raises(OptionError, match=rf"keeps another run: its {option}(\.name)? is"):
        fit(Checkpoint(path, resume=True), epochs=1, **{option: other})
    assert path.read_bytes() == before


@pytest.mark.parametrize("row", [0, 20, 40])
@pytest.mark.parametrize("what", ["x", "y"])
def test_other_data_are_refused_whichever_row_it_is(path, row, what):
    fit(path, epochs=1, validation=None)
    given = {"x": [list(values) for values in X], "y": list(Y)}
    given[what][row] = [0.5, 0.5] if what == "x" else 1 - Y[row]
    with pytest.raises(OptionError, match=r"its digest of the data is '\w{12}' and this one's '"):
        fit(Checkpoint(path, resume=True), epochs=1, validation=None, **given)


def test_other_held_out_rows_are_other_data(path):
    fit(path, epochs=1, validation=(X[:5], Y[:5]))
    with pytest.raises(OptionError, match="another run: its digest of the held-out data is"):
        fit(Checkpoint(path, resume=True), epochs=1, validation=(X[:5], [1 - y for y in Y[:5]]))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (lambda whole: whole[:-5], "is cut short"),
        (lambda whole: b"x,y\n1,2\n", "CSV"),
        (lambda whole: whole.replace(b'"epoch', b'"epocx'), "changed since"),
        (lambda whole: whole[:-1] + bytes([whole[-1] ^ 1]), "changed since it was saved"),
    ],
)
def test_a_damaged_file_is_refused(path, content, message):
    fit(path, epochs=1)
    path.write_bytes(content(path.read_bytes()))
    with pytest.raises(ModelFileError, match=message):
        fit(Checkpoint(path, resume=True), epochs=1)


def test_a_model_is_no_checkpoint(tmp_path):
    path = tmp_path / "model.safetensors"
    fit(epochs=1).save(path)
    with pytest.raises(ModelFileError, match="is not a checkpoint of a run"):
        fit(Checkpoint(path, resume=True), epochs=1)


def test_a_run_that_diverges_leaves_the_last_whole_epoch(path):
    with pytest.raises(NotANumberError):
        Network([Dense(2, 1)], seed=1, engine="python").fit(
            [[1e200, 1.0]] * 4, [1.0] * 4, checkpoint=path, validation=None, progress=False
        )
    assert not path.exists()


def test_a_ledger_and_a_checkpoint_exclude_each_other(tmp_path):
    with pytest.raises(OptionError, match="leave one of the two out"):
        fit(tmp_path / "run.safetensors", ledger=True)


def test_a_run_that_is_refused_leaves_the_network_as_it_was(path):
    fit(path, epochs=3)
    net = Network(
        [Dense(2, 6, "tanh"), Dropout(0.25), Dense(6, 1, "sigmoid")], seed=3, engine="python"
    )
    before = weights(net)
    given = {"epochs": 5, "batch_size": 8, "validation": 0.2, "progress": False}
    with pytest.raises(OptionError, match="exists and is not overwritten"):
        net.fit(X, Y, checkpoint=path, **given)
    assert (weights(net), net.fits, net.loss_name, net.history) == (before, 0, None, None)
    net.fit(X, Y, checkpoint=Checkpoint(path, resume=True), **given)
    assert weights(net) == weights(fit(epochs=5))


def test_a_damaged_checkpoint_leaves_the_weights_as_they_were(path):
    fit(path, epochs=1)
    tensors, texts = read_tensors(path)
    found = texts["chainrule.checkpoint"].replace('"stopped', '"stoqqed')
    write_tensors(path, tensors, {"chainrule.checkpoint": found})
    net = Network(
        [Dense(2, 6, "tanh"), Dropout(0.25), Dense(6, 1, "sigmoid")], seed=3, engine="python"
    )
    before = weights(net)
    with pytest.raises(ModelFileError, match=r"checkpoint\.history has a field 'stoqqed'"):
        net.fit(
            X, Y, checkpoint=Checkpoint(path, resume=True), epochs=1, batch_size=8, progress=False
        )
    assert weights(net) == before


@pytest.mark.extra("numpy")
def test_numbers_of_numpy_are_kept_as_numbers(path, tmp_path):
    import numpy as np

    options = {
        "learning_rate": np.float32(0.5),
        "l2": np.float32(0.25),
        "clip_norm": np.float64(1.0),
        "batch_size": np.int64(8),
        "optimizer": SGD(momentum=np.float32(0.5)),
        "early_stopping": EarlyStopping(np.int64(5), min_delta=np.float32(0)),
    }
    fit(path, **{**options, "epochs": np.int64(2)})
    net = fit(Checkpoint(path, resume=True), **{**options, "epochs": 3})
    assert weights(net) == weights(fit(**options, epochs=3))
    net.save(tmp_path / "model.safetensors")


@pytest.mark.parametrize("engine", ["python", JAX])
def test_early_stopping_without_a_number_keeps_the_last_weights(tmp_path, engine):
    """The r² of a target that never changes is not a number."""
    net = Network([Dense(2, 1)], seed=1, engine=engine)
    history = net.fit(
        X,
        [0.5] * len(X),
        early_stopping=EarlyStopping(2, metric="r2"),
        epochs=9,
        checkpoint=tmp_path / "run.safetensors",
        progress=False,
    )
    assert len(history) == 2
    assert history.stopped == "Stopped early: the r2 was never a number; the last weights stay."
    assert weights(load(saved(net, tmp_path), engine=engine)) == weights(net)


def saved(net, folder):
    net.save(folder / "model.safetensors")
    return folder / "model.safetensors"


def test_a_place_where_nothing_can_be_kept_is_refused_before_the_training(tmp_path):
    with pytest.raises(ModelFileError, match=r"there is no folder .* make it first"):
        fit(tmp_path / "no" / "run.st", [PowerCut(1)])


def test_an_empty_file_is_a_file_that_is_there(path):
    path.touch()
    with pytest.raises(OptionError, match="exists and is not overwritten"):
        fit(path)
    with pytest.raises(ModelFileError, match="is empty"):
        fit(Checkpoint(path, resume=True))


def test_the_same_network_goes_on_where_it_was_broken_off(path):
    net = Network([Dense(2, 6, "tanh"), Dropout(0.25), Dense(6, 1, "sigmoid")], seed=3)
    given = {"epochs": 6, "batch_size": 8, "validation": 0.2, "progress": False}
    with pytest.raises(BrokenOff):
        net.fit(X, Y, checkpoint=path, watchers=[PowerCut(4)], **given)
    net.fit(X, Y, checkpoint=Checkpoint(path, resume=True), **given)
    assert weights(net) == weights(fit(engine="auto"))


def test_another_measure_to_stop_by_is_another_run(path):
    fit(path, epochs=2, early_stopping=EarlyStopping(5, metric="accuracy"))
    with pytest.raises(OptionError, match="its early stopping is 'accuracy' and this one's 'loss'"):
        fit(Checkpoint(path, resume=True), early_stopping=5)


def test_a_run_that_fails_at_once_leaves_the_history_of_the_one_before():
    net = Network([Dense(2, 1)], seed=1, engine="python")
    net.fit([[0.5, 1.0]] * 4, [1.0] * 4, validation=None, progress=False, epochs=3)
    with pytest.raises(NotANumberError):
        net.fit([[1e200, 1.0]] * 4, [1.0] * 4, validation=None, progress=False)
    assert len(net.history) == 3


class Press(PowerCut):
    """Presses Ctrl-C there."""

    def happen(self):
        signal.raise_signal(signal.SIGINT)


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("engine", ["python", NUMPY])
@pytest.mark.parametrize("options", [{}, {"early_stopping": 5}], ids=str)
def test_an_interruptible_run_keeps_the_best_weights_and_goes_on_to_the_bit(path, engine, options):
    # With this learning rate the held-out loss rises again and again.
    options = {
        **options,
        "engine": engine,
        "interruptible": True,
        "learning_rate": 0.3,
        "epochs": 9,
    }
    halted = fit(Checkpoint(path, every=None), [Press(8)], **options)
    best = halted.history.best.epoch
    assert halted.history.interrupted
    assert halted.history.stopped.startswith("Interrupted in epoch 8 of 9; the weights of epoch")
    assert len(halted.history) == 7
    assert best < 7
    assert weights(halted) == weights(fit(**{**options, "epochs": best, "early_stopping": None}))
    resumed = fit(Checkpoint(path, resume=True, every=None), **options)
    whole = fit(**options)
    assert weights(resumed) == weights(whole)
    assert measured(resumed) == measured(whole)
    assert not resumed.history.interrupted


@pytest.mark.usefixtures("ctrl_c")
def test_the_best_epoch_from_before_an_interruption_is_known_after_the_next(path):
    options = {"interruptible": True, "learning_rate": 0.3, "epochs": 9}
    fit(Checkpoint(path, every=None), [Press(7)], **options)
    again = fit(Checkpoint(path, resume=True, every=None), [Press(8)], **options)
    assert again.history.best.epoch < 6
    assert weights(again) == weights(fit(**{**options, "epochs": again.history.best.epoch}))


@pytest.mark.usefixtures("ctrl_c")
def test_without_a_whole_epoch_there_is_nothing_to_keep(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        fit(Checkpoint(tmp_path / "run", every=None), [Press(1)], interruptible=True)
    assert list(tmp_path.iterdir()) == []


class Kept(Watcher):
    """Takes note of the epochs after which a file is there, and removes it."""

    def __init__(self, path):
        self.path, self.epochs = path, []

    def begin(self, run):
        self.path.unlink(missing_ok=True)

    def epoch(self, run, record):
        if self.path.exists():
            self.epochs.append(record.epoch - 1)
        self.path.unlink(missing_ok=True)


@pytest.mark.parametrize(
    ("when", "epochs"), [({}, [1, 2, 3, 4, 5]), ({"every": 2}, [2, 4]), ({"every": None}, [])]
)
def test_a_run_is_kept_as_often_as_asked_for(path, when, epochs):
    kept = Kept(path)  # it looks before the checkpoint of its own epoch is written
    fit(Checkpoint(path, **when), [kept])
    assert kept.epochs == epochs
    assert path.exists() == (when != {"every": None})


def test_a_run_is_kept_once_the_time_is_over(tmp_path, monkeypatch):
    clock = iter(range(0, 10**6, 10))
    monkeypatch.setattr("chainrule.train.checkpoint.perf_counter", lambda: next(clock))
    kept = Kept(tmp_path / "run")
    fit(Checkpoint(kept.path, seconds=25), [kept])
    assert kept.epochs == [3]  # asked at 10, 20 and 30; begun anew when it was written, at 40


@pytest.mark.parametrize("options", [{"every": 0}, {"every": 1.5}, {"seconds": 0}])
def test_a_run_cannot_be_kept_never(tmp_path, options):
    with pytest.raises(OptionError, match=next(iter(options))):
        Checkpoint(tmp_path / "run", **options)


def test_only_an_older_run_is_replaced(path):
    path.write_text("a letter")
    with pytest.raises(ModelFileError):
        fit(Checkpoint(path, every=None))
    assert path.read_text() == "a letter"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda record, tensors: record.update(epoch=2), "it is of epoch 2, and tells of 1"),
        (lambda record, tensors: record.update(watch=None), "what early stopping has seen"),
        (lambda record, tensors: tensors.pop("optimizer.m"), r"damaged \('optimizer.m'\)"),
        (lambda record, tensors: record.update(format=2), "in format 2 and this version reads f"),
    ],
)
def test_a_file_that_lacks_a_part_of_the_run_is_refused(path, change, message):
    fit(path, epochs=1, early_stopping=5)
    tensors, texts = read_tensors(path)
    record = json.loads(texts["chainrule.checkpoint"])
    change(record, tensors)
    write_tensors(path, tensors, {"chainrule.checkpoint": json.dumps(record)})
    with pytest.raises(ModelFileError, match=f"cannot be used as a checkpoint: .*{message}"):
        fit(Checkpoint(path, resume=True), early_stopping=5)


def test_a_folder_in_which_nothing_can_be_written_is_refused_before_the_training(
    tmp_path, monkeypatch
):
    with pytest.raises(ModelFileError, match="it is a folder; give the name of a file"):
        fit(Checkpoint(tmp_path, resume=True))
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(ModelFileError, match="is write-protected; choose another"):
        fit(tmp_path / "run", [PowerCut(1)])


def test_only_the_leading_process_writes_and_reads(path, monkeypatch):
    monkeypatch.setattr(PythonEngine, "leads", False)
    fit(path, epochs=1)
    assert not path.exists()
    path.write_text("what the leading process keeps")
    fit(path, epochs=1)
