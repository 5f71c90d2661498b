"""Whoever waits on a terminal is told what for, how far and for how long; nobody else is."""

import io
import sys
from threading import Event
from threading import enumerate as enumerate_threads

import pytest

import chainrule as cr
from chainrule.errors import NotANumberError
from chainrule.model import Network
from chainrule.nn import Dense
from chainrule.words import counted, duration, waiting
from chainrule.words.waiting import HOW_FAR


def test_a_wait_of_more_than_a_second_is_told_on_a_terminal_and_leaves_the_line_empty(
    terminal, monkeypatch
):
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    told = Event()
    terminal.flush = told.set
    with waiting("sharing the loss out"), waiting("within another"):
        assert told.wait(timeout=30)
        assert terminal.getvalue() == "\rsharing the loss out, 0:01\x1b[K"
    assert terminal.getvalue().endswith("\r\x1b[K")
    assert "within" not in terminal.getvalue()


def test_a_terminal_that_cannot_take_a_line_back_is_told_once(terminal, monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "dumb")
    told = Event()
    terminal.flush = told.set
    with waiting("sharing the loss out"):
        assert told.wait(timeout=30)
    assert terminal.getvalue() == "sharing the loss out\n"


def test_a_loop_within_a_counted_loop_is_not_counted():
    told = HOW_FAR.set([])
    try:
        seen = [tuple(HOW_FAR.get()) for _ in counted("ab") for _ in counted("cde")]
        assert seen == [(1, 2)] * 3 + [(2, 2)] * 3
        assert HOW_FAR.get() == []
    finally:
        HOW_FAR.reset(told)


class Noted(list):
    """Where `counted` writes, with all that it wrote."""

    def __init__(self):
        super().__init__()
        self.written = []

    def __setitem__(self, key, value):
        super().__setitem__(key, value)
        self.written.append(value)


def test_the_page_a_check_and_a_look_at_health_say_how_far_they_are(tmp_path):
    net = Network([Dense(2, 3, "tanh"), Dense(3, 2, "softmax")], engine="python", seed=0)
    x, y = [[n / 9, (4 - n) ** 2 / 9] for n in range(12)], [0, 1] * 6
    pieces = {
        "page": lambda: cr.explain(net, x, y).to_html(tmp_path / "page.html"),
        "check": lambda: cr.check_gradients(net, x, y),
        "health": lambda: cr.health(net, x, y),
    }
    for name, work in pieces.items():
        noted = Noted()
        told = HOW_FAR.set(noted)
        try:
            work()
        finally:
            HOW_FAR.reset(told)
        last, many = noted.written[-1]
        assert last == many > 3, name
        assert noted.written == [(step, many) for step in range(1, many + 1)], name


def test_a_second_wait_within_one_goes_on_in_its_line(terminal, monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal)
    told = Event()
    monkeypatch.setattr(terminal, "flush", told.set)
    with waiting("the answer"), waiting("a part of it"):
        for piece in counted(range(3)):
            assert piece or told.wait(timeout=30)
    assert "\rthe answer, 1 of 3, 0:0" in terminal.getvalue()
    assert "a part of it" not in terminal.getvalue()


def test_a_wait_is_silent_where_there_is_no_stream(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    with waiting("sharing the loss out"):
        assert HOW_FAR.get() is None


def test_a_wait_is_silent_where_nobody_looks_and_where_it_is_short(terminal, monkeypatch):
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)
    with waiting("sharing the loss out"):
        pass
    monkeypatch.setattr(sys, "stderr", terminal)
    with pytest.raises(NotANumberError), waiting("sharing the loss out"):
        raise NotANumberError("nan")
    assert (pipe.getvalue(), terminal.getvalue()) == ("", "")


def test_a_wait_says_how_far_a_counted_loop_has_come(terminal, monkeypatch):
    told = Event()
    monkeypatch.setattr(terminal, "flush", told.set)
    monkeypatch.setattr(sys, "stderr", terminal)
    threads = set(enumerate_threads())
    with waiting("sharing the loss out"):
        assert [thread.daemon for thread in {*enumerate_threads()} - threads] == [True]
        for piece in counted(range(1200)):
            if piece == 6:
                assert told.wait(timeout=30)
    assert "\rsharing the loss out, 7 of 1,200, 0:0" in terminal.getvalue()


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.0, "0.01 s"),
        (5.5, "5.5 s"),
        (90.0, "90 s"),
        (99.7, "100 s"),
        (5999.0, "100 min"),
        (6000.0, "1.7 h"),
        (7_200_000.0, "2000 h"),
    ],
)
def test_a_length_of_time_is_told_in_the_unit_that_suits_it(seconds, said):
    assert duration(seconds) == said
