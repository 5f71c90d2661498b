"""Ctrl-C waits until a step is whole, so that a run which is stopped keeps what it has learned.

It is pressed at moments that are counted in what Python executes, and not in seconds: the same
press falls into the same place every time.
"""

import signal
import sys
from math import sqrt
from random import Random
from threading import Thread

import pytest

import chainrule as cr
from chainrule.train import Watcher
from chainrule.train.stopping import Interrupts

# How many events to choose from: about those of a step and of what comes right after it.
ENGINES = [
    ("python", 8000),
    pytest.param("numpy", 500, marks=pytest.mark.extra("numpy")),
    pytest.param("jax", 100, marks=pytest.mark.extra("jax")),
]
RATE = 0.25
# The outputs are far too low forever, and so every gradient is -1: after k steps the accumulators
# of Adagrad are k, and the weights the sum of RATE / √i.
X, Y = [[1.0]] * 6, [[1e9]] * 6


def network(engine):
    return cr.Network([cr.Dense(1, 1, weight=[[0.0]], bias=[0.0])], engine=engine)


def fit(net, press):
    net.fit(
        X,
        Y,
        loss="mean_absolute_error",
        optimizer="adagrad",
        learning_rate=RATE,
        epochs=99,
        batch_size=1,
        validation=(X, Y),
        watchers=[press],
        progress=False,
    )


def weights_after(steps):
    return pytest.approx([sum(RATE / sqrt(i) for i in range(1, steps + 1))] * 2)


class Press(Watcher):
    """Presses Ctrl-C some events after the begin of a step, once or several times in a row.

    An event is one instruction of Python, in the step itself and in all that it is called by.
    """

    def __init__(self, monkeypatch, net, *, step, event, times=1):
        self.steps, self.events, self.times = step, event, times
        compiled = type(net.engine).compile

        def compile_(engine, function, *, donate=(), together=False):
            run = compiled(engine, function, donate=donate, together=together)
            return self.watched(run) if donate else run

        monkeypatch.setattr(type(net.engine), "compile", compile_)

    def begin(self, run):
        self.run = run

    def watched(self, step):
        def take(state, batches, *count):  # JAX takes several
            waiting, self.steps = self.steps > 0, self.steps - sum(count or (1,))
            if waiting and self.steps <= 0:
                self.follow(sys._getframe(1), "call", None)
                sys.settrace(self.follow)
            return step(state, batches, *count)

        return take

    def follow(self, frame, event, _argument):
        file = frame.f_code.co_filename
        if "chainrule" not in file and file != "<numpy program>":
            return None
        frame.f_trace, frame.f_trace_opcodes = self.follow, True
        self.events -= event == "opcode"
        if self.events == 0:
            sys.settrace(None)
            for _ in range(self.times):
                signal.raise_signal(signal.SIGINT)
        return self.follow


@pytest.fixture(autouse=True)
def _alone():
    """Python's own handler, which a process in the background lacks, and no trace but a test's."""
    before, handler = sys.gettrace(), signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    sys.settrace(before)
    signal.signal(signal.SIGINT, handler)


def moments(seed, events):
    """Steps and events within and after them."""
    random = Random(seed)
    return [(random.randrange(1, 20), random.randrange(1, events)) for _ in range(40)]


@pytest.mark.parametrize(("engine", "events"), ENGINES)
def test_an_interrupted_run_keeps_the_state_of_a_whole_step(engine, events, monkeypatch):
    for step, event in moments(0, events):
        net = network(engine)
        with monkeypatch.context() as patch:
            press = Press(patch, net, step=step, event=event)
            with pytest.raises(KeyboardInterrupt):
                fit(net, press)
        state = press.run.collected(press.run.state)
        assert state["steps"] >= step, event
        assert state["optimizer"]["accumulator"].tolist() == [state["steps"]] * 2, event
        assert net.flat.tolist() == weights_after(state["steps"]), event
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize(("engine", "events"), ENGINES)
def test_a_second_press_is_heard_at_once_and_leaves_weights_that_can_be_read(
    engine, events, monkeypatch
):
    for step, event in moments(1, events):
        net = network(engine)
        with monkeypatch.context() as patch:
            press = Press(patch, net, step=step, event=event, times=2)
            with pytest.raises(KeyboardInterrupt):
                fit(net, press)
        state = press.run.collected(press.run.state)
        assert state["steps"] <= step - press.steps, event
        assert state["optimizer"]["accumulator"].tolist() == [state["steps"]] * 2, event
        assert net.flat.tolist() == weights_after(state["steps"]), event
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def pressed():
    signal.raise_signal(signal.SIGINT)


def test_the_first_press_waits_and_is_let_through_once():
    with Interrupts() as interrupts:
        pressed()
        with pytest.raises(KeyboardInterrupt):
            interrupts.let_through()
        interrupts.let_through()


def press_and_go_on(done):
    with Interrupts():
        pressed()
        done.append("all of it")


def test_a_press_that_nobody_lets_through_is_raised_at_the_end():
    done = []
    with pytest.raises(KeyboardInterrupt):
        press_and_go_on(done)
    assert done == ["all of it"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_things_stop_coming_once_one_was_pressed():
    with Interrupts() as interrupts:
        things = interrupts.between("abc")
        assert next(things) == "a"
        pressed()
        with pytest.raises(KeyboardInterrupt):
            next(things)


def test_the_inner_of_two_contexts_hears_it_and_gives_the_handler_back():
    with Interrupts() as outer:
        handler = signal.getsignal(signal.SIGINT)
        done = []
        with pytest.raises(KeyboardInterrupt):
            press_and_go_on(done)
        assert done == ["all of it"]
        assert not outer.waiting
        assert signal.getsignal(signal.SIGINT) == handler
        with Interrupts():
            pass
        assert signal.getsignal(signal.SIGINT) == handler
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("handler", [signal.SIG_IGN, lambda *_: None])
def test_a_handler_that_somebody_has_set_stays(handler):
    signal.signal(signal.SIGINT, handler)
    with Interrupts() as interrupts:
        pressed()
        assert not interrupts.waiting
        assert signal.getsignal(signal.SIGINT) is handler
    assert signal.getsignal(signal.SIGINT) is handler


def test_a_handler_that_is_set_meanwhile_stays():
    with Interrupts():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_another_thread_trains_as_ever():
    net, losses = network("python"), []
    thread = Thread(target=lambda: losses.extend(net.fit(X, Y, epochs=2, progress=False)))
    thread.start()
    thread.join()
    assert len(losses) == 2
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
