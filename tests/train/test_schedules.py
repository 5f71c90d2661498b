"""Every schedule starts where it should, ends where it should, and can be written in words."""

from math import inf, pi, sin

import pytest

from chainrule.errors import KindError, OptionError
from chainrule.train.schedules import Constant, Cosine, Linear, StepDecay, Warmup, choose_schedule

EVERY = [
    Constant(),
    StepDecay(10),
    StepDecay(0.25, 0.5),
    Linear(0.1),
    Cosine(),
    Warmup(3),
    Warmup(0.1, then=Warmup(2, then=Cosine(0.01))),
]
every_schedule = pytest.mark.parametrize("schedule", EVERY, ids=str)


@every_schedule
def test_every_factor_lies_between_zero_and_one(schedule):
    factors = [schedule.learning_rate(step, 40) for step in range(1, 41)]
    assert all(isinstance(factor, float) and 0 < factor <= 1 for factor in factors)
    assert max(factors) == 1


@every_schedule
def test_a_base_is_multiplied_by_the_factor(schedule):
    assert schedule.learning_rate(7, 40, base=0.5) == 0.5 * schedule.factor(7, 40)


@every_schedule
def test_its_words_are_read_back(schedule):
    assert choose_schedule(str(schedule)) == schedule
    assert str(schedule) in schedule._repr_html_()


@every_schedule
@pytest.mark.parametrize("total", [1, 2, 3])
def test_a_run_of_very_few_steps_has_a_learning_rate_too(schedule, total):
    assert all(0 < schedule.learning_rate(step, total) <= 1 for step in range(1, total + 1))


def test_the_cosine_is_that_of_sgdr():
    """Loshchilov & Hutter (2017), equation 5: 1 at the start, (1 + √2/2)/2 after a quarter."""
    quarter = (1 + sin(pi / 4)) / 2
    assert Cosine().learning_rate(1, 100) == 1
    assert Cosine().learning_rate(26, 100) == pytest.approx(quarter)
    assert Cosine().learning_rate(51, 100) == pytest.approx(0.5)
    assert Cosine(end=0.2).learning_rate(101, 100) == pytest.approx(0.2)


def test_a_stair_length_below_one_is_a_part_of_the_run():
    factors = [StepDecay(0.25, 0.5).learning_rate(step, 8) for step in range(1, 9)]
    assert factors == [1, 1, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125]


def test_what_follows_a_warm_up_has_the_rest_of_the_run():
    schedule = Warmup(4, then=Linear())
    factors = [schedule.learning_rate(step, 8) for step in range(1, 9)]
    assert factors == [0.25, 0.5, 0.75, 1, 1, 0.75, 0.5, 0.25]


def test_no_schedule_means_a_constant_rate():
    assert choose_schedule(None) == Constant()
    assert choose_schedule(made := Cosine()) is made


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        ("cosine", Cosine()),
        ("Cosine:0.1", Cosine(0.1)),
        ("step:10:0.5", StepDecay(10, 0.5)),
        ("warmup:100", Warmup(100)),
        ("warmup:100:cosine", Warmup(100, then=Cosine())),
        ("warmup:0.1:step:10:0.5", Warmup(0.1, then=StepDecay(10, 0.5))),
    ],
)
def test_a_schedule_is_written_in_words(text, schedule):
    assert choose_schedule(text) == schedule


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("cosin", "no schedule is called 'cosin'; did you mean 'cosine'"),
        ("step", "gives 0 numbers to 'step', which takes every, decay"),
        ("constant:3", "gives 1 numbers to 'constant', which takes nothing"),
        ("step:ten", "has 'ten' where a number must be"),
        ("warmup:cosine", "has 'cosine' where a number must be"),
        ("warmup:5:", "no schedule is called ''"),
        ("step:0", "in the schedule 'step:0' every is 0: it must be above 0"),
        ("step:-5", "every is -5.0"),
        ("step:inf", "every is inf"),
        ("linear:-1", "end is -1.0: it must be 0 or more"),
        ("warmup:nan", "length is nan"),
    ],
)
def test_words_that_make_no_schedule_get_one_sentence(text, sentence):
    with pytest.raises(OptionError) as caught:
        choose_schedule(text)
    assert sentence in str(caught.value)


@pytest.mark.parametrize("then", ["linear", None, 0.5])
def test_a_warm_up_leads_to_a_schedule_alone(then):
    with pytest.raises(KindError, match=r"leads to a schedule; found \w+: give Cosine\(\)"):
        Warmup(2, then=then)


def test_a_rate_that_grows_beyond_all_numbers_is_infinite():
    assert StepDecay(every=1, decay=1e200).learning_rate(9, 10) == inf
