"""The bar is seen on a terminal, and nowhere else."""

import io
import sys
from itertools import count
from threading import enumerate as enumerate_threads
from types import SimpleNamespace

import pytest

from chainrule.engines.engine import PythonEngine
from chainrule.errors import NotANumberError
from chainrule.model import cross_validate, search
from chainrule.model.network import Network
from chainrule.nn import Dense
from chainrule.train.progress import ProgressBar, _Bar, _short

HIDE_CURSOR, SHOW_CURSOR, CLEARED_LINE = "\x1b[?25l", "\x1b[?25h", "\x1b[2K"


def train(stream, **options):
    net = Network([Dense(1, 1)], engine="python")
    watching = {"watchers": [ProgressBar(stream)], "progress": False}
    settings = {"epochs": 3, "batch_size": 2, "learning_rate": 0.1, "validation": 0.5}
    return net.fit(
        [[1.0], [2.0], [3.0], [4.0]], [1, 2, 3, 4], **{**settings, **options, **watching}
    )


def test_a_terminal_sees_the_end_of_the_run_with_every_number(terminal):
    history = train(terminal)
    last = terminal.getvalue().rsplit("epoch ", 1)[1]
    assert last.startswith("3/3 ")
    assert f"loss {history.final.loss:.3f}" in last
    assert f"held out {history.final.validation_loss:.3f}" in last
    assert f"r2 {history.final.validation_metric:.3f}" in last
    assert "/s  0:00" in last


@pytest.mark.parametrize(
    ("seconds", "speed", "left"), [(3.0, "2/s", "0:03"), (0.0, "6000.0M/s", "0:00")]
)
def test_speed_and_the_time_that_is_left_follow_from_the_steps_so_far(
    monkeypatch, seconds, speed, left
):
    """Three steps of two rows are taken, and three are left; a clock may stand still."""
    monkeypatch.setattr("chainrule.train.progress._SECONDS_BETWEEN", 0)
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    monkeypatch.setattr("chainrule.train.progress.perf_counter", lambda: 100.0)
    stream = io.StringIO()
    bar = ProgressBar(stream)
    net = Network([Dense(1, 1)], engine="python")
    x, y = [[1.0], [2.0], [3.0], [4.0]], [1, 2, 3, 4]
    run = net.training(x, y, epochs=3, batch_size=2, validation=None)
    bar.begin(run)
    monkeypatch.setattr("chainrule.train.progress.perf_counter", lambda: 100.0 + seconds)
    run.epoch = 1
    bar.step(run, 1, 0.25)
    assert stream.getvalue().split() == ["epoch", "2/3", "loss", "0.250", speed, left]


def test_the_cursor_comes_back(terminal):
    train(terminal)
    text = terminal.getvalue()
    assert text.rindex(SHOW_CURSOR) > text.rindex(HIDE_CURSOR)
    assert text.endswith(CLEARED_LINE)


def test_a_pipe_stays_silent():
    stream = io.StringIO()
    train(stream)
    assert stream.getvalue() == ""


def test_a_pipe_costs_no_import_of_rich(monkeypatch):
    monkeypatch.setitem(sys.modules, "rich.progress", None)
    train(io.StringIO())


def test_a_notebook_sees_one_line_that_overwrites_itself(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    stream = io.StringIO()
    train(stream)
    assert stream.getvalue().startswith("\repoch ")
    assert stream.getvalue().endswith("\n")
    assert "\x1b" not in stream.getvalue()


def test_of_many_trainings_a_notebook_sees_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    options = {"epochs": 1, "engine": "python", "layers": [2]}
    cross_validate("xor", folds=2, **options)
    search("xor", trials=2, **options)
    text = sys.stderr.getvalue()
    assert text.count("\repoch 1/1 ") == 8
    assert "\n" not in text
    assert text.endswith(f"\r{' ' * 80}\r")
    own = io.StringIO()
    cross_validate("xor", folds=2, **options, progress=ProgressBar(own))
    search("xor", trials=2, **options, progress=ProgressBar(own))
    assert own.getvalue().count("\repoch 1/1 ") == 8
    assert sys.stderr.getvalue() == text


def test_a_run_that_fails_leaves_the_terminal_as_it_was(terminal, monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr("chainrule.train.progress._SECONDS_BETWEEN", 0)
    net = Network([Dense(1, 1)], engine="python")
    with pytest.raises(NotANumberError):
        net.fit([[1.0], [2.0]], [1, 2], epochs=9, learning_rate=1e200, validation=None)
    text = terminal.getvalue()
    assert text.count(HIDE_CURSOR) == text.count(SHOW_CURSOR) == 1


def test_it_is_drawn_a_few_times_a_second_only(terminal, monkeypatch):
    hundredths = count()
    monkeypatch.setattr("chainrule.train.progress.perf_counter", lambda: next(hundredths) / 100)
    train(terminal, epochs=200)
    seconds = next(hundredths) / 100
    assert 3 < terminal.getvalue().count("epoch ") <= 4 * seconds + 3


def test_a_sentence_is_said_wherever_the_bar_is_silent():
    stream = io.StringIO()
    ProgressBar(stream).say("This takes long.")
    assert stream.getvalue() == "This takes long.\n"


class Clock:
    """Moves on by some seconds whenever it is asked."""

    def __init__(self, seconds):
        self.seconds, self.now = seconds, 0.0

    def __call__(self):
        self.now += self.seconds
        return self.now


def at_a_pace(monkeypatch, seconds):
    monkeypatch.setattr("chainrule.train.progress.perf_counter", Clock(seconds))


@pytest.mark.parametrize(
    ("epochs", "numpy", "told"),
    [
        (
            60,
            None,
            "all 60 steps take about 30 s, as one gradient suggests; pip install 'chainrule[",
        ),
        (
            60,
            "there",
            "all 60 steps take about 30 s, as one gradient suggests; --engine numpy is there",
        ),
        (1200, None, "all 1,200 steps take about 10 min, as one gradient suggests"),
        (59, None, ""),
    ],
)
def test_a_long_run_in_pure_python_is_told_of_beforehand(monkeypatch, epochs, numpy, told):
    at_a_pace(monkeypatch, 0.5)
    there = SimpleNamespace(name="numpy" if numpy else "python")
    monkeypatch.setattr("chainrule.train.progress.choose_engine", lambda: there)
    stream = io.StringIO()
    train(stream, epochs=epochs)
    assert told in stream.getvalue()
    assert len(stream.getvalue().splitlines()) == bool(told)


def test_a_long_run_is_told_of_before_its_first_step(monkeypatch):
    at_a_pace(monkeypatch, 0.5)
    monkeypatch.setattr("chainrule.train.run.TrainingRun._take", lambda *_: 1 / 0)
    stream = io.StringIO()
    with pytest.raises(ZeroDivisionError):
        train(stream, epochs=60)
    assert "In pure Python all 60 steps take about 30 s" in stream.getvalue()


def test_the_bar_is_as_long_as_all_steps(terminal, monkeypatch):
    lengths = []
    make = _Bar.__init__
    monkeypatch.setattr(_Bar, "__init__", lambda *a: (lengths.append(a[2]), make(*a))[1])
    train(terminal, validation=None)
    assert lengths == [3 * 2]


def test_only_the_steps_that_are_left_are_told_of(monkeypatch):
    at_a_pace(monkeypatch, 0.5)
    stream = io.StringIO()
    run = Network([Dense(1, 1)], engine="python").training(
        [[1.0], [2.0], [3.0], [4.0]], [1, 2, 3, 4], epochs=90, batch_size=2, validation=None
    )
    run.epoch, run.steps_in_epoch = 30, 1
    ProgressBar(stream).begin(run)
    assert "all 119 steps take about 60 s" in stream.getvalue()


def test_it_stands_above_the_bar(monkeypatch, terminal):
    at_a_pace(monkeypatch, 0.5)
    monkeypatch.setattr("chainrule.train.progress.choose_engine", PythonEngine)
    threads = set(enumerate_threads())
    bar = ProgressBar(terminal)
    bar.begin(
        Network([Dense(1, 1)], engine="python").training([[1.0]], [1], epochs=60, validation=None)
    )
    bar._display.show(1, "epoch 1/60", "loss 0.1")
    assert terminal.getvalue().count("In pure Python all 60 steps take about 30 s") == 1
    assert "install 'chainrule[fast]'" in terminal.getvalue()  # brackets are no colours
    assert set(enumerate_threads()) == threads  # nobody draws beside the training
    bar.close()


def test_a_notebook_is_told_of_it_above_its_line(monkeypatch):
    at_a_pace(monkeypatch, 0.5)
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    stream = io.StringIO()
    train(stream, epochs=60)
    assert stream.getvalue().startswith("\rIn pure Python all 60 steps take about 30 s")
    assert "as fast.\n\repoch 1/60" in stream.getvalue()


def told_on(engine, monkeypatch):
    at_a_pace(monkeypatch, 0.5)
    stream = io.StringIO()
    net = Network([Dense(1, 1)], engine=engine)
    watching = {"watchers": [ProgressBar(stream)], "progress": False, "validation": None}
    net.fit([[1.0], [2.0]], [1, 2], epochs=90, **watching)
    return stream.getvalue()


@pytest.mark.extra("numpy")
@pytest.mark.parametrize(
    ("load", "processors", "threads", "busy"),
    [(2.0, 2, None, False), (2.1, 2, None, True), (2.1, 2, "1", False), (1.1, None, None, True)],
)
def test_numpys_threads_are_told_of_where_the_machine_has_other_work(
    monkeypatch, load, processors, threads, busy
):
    """Busy is a machine whose load of the last minute is above the number of its processors."""
    monkeypatch.setattr("os.getloadavg", lambda: (load, 0.0, 0.0), raising=False)
    monkeypatch.setattr("os.cpu_count", lambda: processors)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if threads:
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
    said = told_on("numpy", monkeypatch)
    assert said.startswith("All 90 steps take about 45 s, as one gradient suggests.")
    assert ("OMP_NUM_THREADS=1" in said) is busy


@pytest.mark.extra("jax")
def test_what_would_have_to_be_compiled_is_not_tried_beforehand(monkeypatch):
    assert told_on("jax", monkeypatch) == ""


@pytest.mark.parametrize(
    ("number", "text"), [(999.0, "999"), (1e3, "1.0k"), (999_999.0, "1000.0k"), (1e6, "1.0M")]
)
def test_a_large_number_is_short(number, text):
    assert _short(number) == text


def test_a_program_without_a_screen_trains_all_the_same(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    assert len(train(None)) == 3
