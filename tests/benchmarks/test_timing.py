"""How contenders are timed: in turn, in pairs, by medians; with a clock that the test turns."""

import pytest

from benchmarks import timing


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until somebody works."""

    class Clock:
        now = 0.0

        def working(self, *seconds):
            """Something that takes so long, call by call, the last length for ever after."""
            left = list(seconds)

            def work():
                self.now += left.pop(0) if len(left) > 1 else left[0]

            return work

    clock = Clock()
    monkeypatch.setattr(timing, "perf_counter", lambda: clock.now)
    return clock


def test_times_are_medians_and_ratios_are_those_of_the_same_round(clock):
    # The machine is ten times slower in the middle round, for both.
    contenders = {"control": clock.working(1, 10, 1), "other": clock.working(3, 20, 2)}
    control, other = timing.compare(contenders, control="control", rounds=3, warm_up=0)
    assert (control.microseconds, control.ratio) == (1e6, 1)
    assert (other.microseconds, other.ratio) == (3e6, 2)
    assert other.quartiles == (2, 2.5)


def test_turns_that_warm_up_are_not_counted(clock):
    contenders = {"control": clock.working(50, 50, 1)}
    (row,) = timing.compare(contenders, control="control", rounds=5, warm_up=2)
    assert row.microseconds == 1e6


def test_every_other_round_goes_the_other_way_about():
    calls = []
    contenders = {name: lambda name=name: calls.append(name) for name in "abc"}
    timing.compare(contenders, control="a", rounds=2, warm_up=0)
    assert "".join(calls) == "abccba"


def test_a_call_that_does_the_work_often_counts_for_as_many():
    calls = []
    contenders = {name: lambda name=name: calls.append(name) for name in "ab"}
    timing.compare(contenders, control="a", rounds=1, warm_up=0, calls=6, repeats={"b": 3})
    assert "".join(calls) == "aaaaaabb"


def test_a_turn_has_fewer_calls_where_they_take_long(clock):
    contenders = {"a": clock.working(9, 0.06), "b": clock.working(0.01)}
    timing.compare(contenders, control="a", rounds=1, warm_up=2, calls=10)
    assert clock.now == pytest.approx(9 + 0.06 + 2 * 0.01 + 3 * 0.06 + 10 * 0.01)


def test_its_time_is_shared_out(clock):
    contenders = {"a": clock.working(1), "b": clock.working(6)}
    found = timing.compare(contenders, control="a", rounds=1, warm_up=0, repeats={"b": 3})
    assert found[1].ratio == 2


def test_what_is_done_after_a_turn_is_not_timed(clock):
    contenders = {"a": clock.working(1), "b": clock.working(2)}
    after = {"a": clock.working(100)}
    found = timing.compare(contenders, control="a", rounds=3, warm_up=0, after=after)
    assert [row.ratio for row in found] == [1, 2]


def test_no_round_is_begun_after_the_time_is_up_once_there_are_enough(clock):
    contenders = {"control": clock.working(1, 1, 1, 1, 1, 9)}
    (row,) = timing.compare(contenders, control="control", rounds=9, seconds=2, warm_up=0)
    assert row.microseconds == 1e6
    assert clock.now == timing.LEAST_ROUNDS


def test_a_quick_run_calls_each_once():
    calls = []
    contenders = {name: lambda name=name: calls.append(name) for name in "ab"}
    timing.compare(contenders, control="a", calls=100, quick=True)
    assert calls == ["a", "b"]
