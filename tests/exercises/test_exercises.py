"""The right answer is accepted, and each of five classic wrong ones is named, for any seed."""

import re
import sys

import pytest

import chainrule as cr
from chainrule.errors import KindError, OptionError
from chainrule.exercises import CHAPTERS
from chainrule.exercises.numbers import NumberExercise
from chainrule.words import BLANK

SEEDS = range(12)
EACH = [(chapter, number) for chapter in CHAPTERS for number in (1, 2, 3)]
IN_PYTHON = (6, 7, 8, 9)
IN_NUMBERS = [each for each in EACH if each not in [(chapter, 3) for chapter in IN_PYTHON]]

# By chapter, what is changed in the right solution, and what must then be said.
WRONG = {
    6: [
        (r"2 \*", "", "every gradient is half of what it should be"),
        (r"2 \*", "-2 *", "every gradient has the wrong sign"),
        (r" / len\(x\)", "", "every gradient is not divided by the 4 examples"),
        (r"d \* row\[i\]", "d", "is taken without the input x"),
        (r"zip\(dz, x\)", "zip(dz[-1:], x[-1:])", "only the last example's part arrived"),
        (r"\(a - t\)", "a", "the target is left out"),
        (r"d \* row\[i\]", "d * weight[i]", "the weights stand where the inputs belong"),
        (r"\(a - t\)", "(a - t) ** 2", "the miss is squared"),
        (r"len\(x\)", "3", "over the examples, not over the inputs"),
        (r"\(a - t\)", "abs(a - t)", "the sign of the miss is lost"),
        (r', "dense1.bias": \[sum\(dz\)\]', "", "the gradient of dense1.bias is left out"),
    ],
    7: [
        (r"\(p - t\)", "(t - p)", "every gradient has the wrong sign"),
        (r" / len\(y\)", "", "every gradient is not divided by the 6 examples"),
        (r" \* \(1 - a \* a\)", "", "the derivative of the activation is missing at dense1.a"),
        (r"\(p - t\)", "(p - t) * p * (1 - p)", "multiplied in once more"),
        (r"dz2 @ w2", "dz2 @ w2.T", "uses dense2.weight transposed"),
        (r"xp.sum\(dz1, axis=0\)", "dz1[0]", "only the first example's part arrived"),
        (r" \+ b1", "", "the first bias is left out"),
        (r" \+ b2", "", "the second bias is left out"),
        (r"len\(y\)", "4", "over the examples, not over the outputs"),
        (r"axis=1", "axis=0", "softmax is over the scores of a row"),
        (r' "dense2.bias": .*', "", "the gradient of dense2.bias is left out"),
        (r"\(p - t\)", "(p - t) ** 2", "the miss is squared"),
    ],
    8: [
        (r"a - 0", "a + 0", "the step goes uphill"),
        (r"a / \(1 - 0.\d+\*\*step\) for a in m", "a for a in m", "of the mean gradient m is miss"),
        (r"a / \(1 - 0.99\*\*step\)", "a", "of the mean square v is missing"),
        (r"c\*\*0.5 \+ 1e-8", "(c + 1e-8)**0.5", "epsilon stands inside the root"),
        (r"    state.update\(m=m, v=v\)\n", "", "the memory is not kept from step to step"),
    ],
    9: [
        (r"\(p - t\)", "(t - p)", "every gradient has the wrong sign"),
        (r" / len\(y\)", "", "every gradient is not divided by the 6 examples"),
        (
            r"xp.where\(z > 0, dz2 @ w2, 0.0\)",
            "dz2 @ w2",
            "the derivative of the activation is miss",
        ),
        (r"\(p - t\)", "2 * (p - t)", "every gradient is counted twice"),
        (r"dz2.T @ a", "dz2.T @ z", "with dense1.z as the layer's input, in place of dense1.a"),
        (r"xp.where\(z > 0, dz2 @ w2, 0.0\)", "dz2 @ w2 * a", "a stands for its slope"),
        (r"xp.where\(z > 0, dz2 @ w2, 0.0\)", "dz2 @ w2 * z", "z stands for the slope"),
        (r"z > 0, dz2 @ w2", "z <= 0, dz2 @ w2", "the gate is open where z > 0"),
        (r"dz2 @ w2, 0.0", "dz2 @ w2, 0.01 * (dz2 @ w2)", "that is a leaky ReLU"),
        (r"z > 0, dz2", "z - b1 > 0, dz2", "the gate is that of z, with its bias"),
        (r"xp.where\(z > 0, z, 0.0\)", "z", "the activation is left out on the way forward"),
        (r' "dense1.bias": .*', "", "the gradient of dense1.bias is left out"),
    ],
}


def function(source):
    names = {}
    exec(source, names)  # the reader's own lines
    return names.get("gradient") or names["update"]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("chapter", "number"), IN_NUMBERS)
def test_the_right_numbers_are_accepted_and_five_wrong_ones_named(chapter, number, seed):
    sheet = cr.exercise(chapter, seed=seed)
    exercise = sheet.exercises[number - 1]
    assert sheet.check(number, exercise.right).right
    as_printed = [float(part) for part in exercise.solution.split(",")]
    assert str(sheet.check(number, as_printed)) == f"right: {exercise.solution}"
    assert len(exercise.wrong) == 5
    for mistake, answer in exercise.wrong.items():
        assert sheet.check(number, answer) == (False, f"wrong: {mistake}")
    far_off = sheet.check(number, [1e9] * len(exercise.right))
    assert not far_off.right
    assert "work it out once more" in far_off.sentence
    assert sheet.check(number, [1.0] * 4).sentence.endswith("asked for; found 4")


@pytest.mark.parametrize("chapter", IN_PYTHON)
@pytest.mark.parametrize("seed", range(3))
def test_a_right_function_is_accepted_and_five_wrong_ones_named(chapter, seed):
    sheet = cr.exercise(chapter, seed=seed)
    solution = sheet.exercises[2].solution
    assert sheet.check(3, function(solution)) == (True, "right")
    assert len(WRONG[chapter]) >= 5
    for right, wrong, named in WRONG[chapter]:
        source = re.sub(right, wrong, solution, count=1)
        assert source != solution
        judgment = sheet.check(3, function(source))
        assert not judgment.right
        assert named in judgment.sentence


# Worked out with a pencil from the numbers that the task shows.
@pytest.mark.parametrize(
    ("task", "solve"),
    [
        ((1, 1), lambda w, v, b, x, y: w * x + v * y + b),
        ((3, 3), lambda n, m, k: (n + 1) * m + (m + 1) * k),
        ((6, 1), lambda x, y, w: 2 * (x * w - y) * x),
        ((7, 2), lambda w, v, g, h: w * g + v * h),
        ((8, 1), lambda w, g, rate: w - rate * g),
    ],
)
def test_what_is_right_follows_from_what_is_printed(task, solve):
    chapter, number = task
    for seed in SEEDS:
        sheet = cr.exercise(chapter, seed=seed)
        printed = re.sub(r"[²\n]", " ", str(sheet.exercises[number - 1].task))
        numbers = [float(n) for n in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?", printed)]
        assert sheet.check(number, solve(*numbers)).right, printed


def test_each_seed_has_its_own_numbers_and_keeps_them():
    for chapter in CHAPTERS:
        tasks = {str(cr.exercise(chapter, seed=seed)) for seed in SEEDS}
        assert len(tasks) > len(SEEDS) / 2
        assert str(cr.exercise(chapter, seed=3)) == str(cr.exercise(chapter, seed=3))


def test_the_solutions_stand_apart_from_the_tasks():
    sheet = cr.exercise(6)
    assert [line for line in str(sheet).splitlines() if line[:2] == "6."] == ["6.1", "6.2", "6.3"]
    assert max(map(len, str(sheet).splitlines())) <= 80
    assert "def gradient" not in str(sheet)
    assert sheet.solutions.startswith(f"6.1\n{sheet.exercises[0].solution}\n")
    assert "def gradient" in sheet.solutions
    assert all(isinstance(each, NumberExercise) for each in sheet.exercises[:2])


@pytest.mark.parametrize(("chapter", "number"), EACH)
@pytest.mark.parametrize("seed", [0, 7])
def test_a_task_says_how_it_is_answered_and_the_way_works(chapter, number, seed):
    sheet = cr.exercise(chapter, seed=seed)
    exercise = sheet.exercises[number - 1]
    task = str(sheet).split("\n\n")[number - 1]
    typed, called = (line.strip() for line in task.splitlines()[-2:])
    seeded = f" --seed {seed}" * bool(seed)
    assert typed.startswith(f"answer: chainrule exercise {chapter}.{number}{seeded} --answer ")
    judgment = eval(called, {"cr": cr, **dict.fromkeys(("gradient", "update"), broken)})
    assert not judgment.right
    assert "asked for" not in judgment.sentence
    assert typed.rpartition("--answer ")[2] == exercise.example[0]


def broken(*args):
    """Neither a gradient nor an update of the right shape."""
    net_or_weights = args[0]
    if isinstance(net_or_weights, list):
        return net_or_weights
    return {name: [[0.0] * len(row) for row in w.tolist()] if len(w.shape) == 2 else [0.0] * len(w)
            for name, w in net_or_weights.parameters.items()}  # fmt: skip


def test_a_sheet_to_hand_out_has_room_and_its_solutions_apart():
    sheet = cr.exercise(6)
    tasks, solved = sheet.to_markdown(), sheet.to_markdown(solutions=True)
    assert tasks.startswith(
        f"# exercises of chapter 6\n\n## 6.1\n\n{sheet.exercises[0].task}\n\n= _"
    )
    assert tasks.count(BLANK) == 2
    assert f"## 6.1\n\n{sheet.exercises[0].solution}" in solved
    assert "```python\ndef gradient" in solved
    page, apart = sheet.to_html(), sheet.to_html(solutions=True)
    assert page.count(BLANK) == 2
    assert "<h2>6.3</h2>" in page
    assert "def gradient" in apart
    for text in (page, tasks):
        assert sheet.exercises[0].solution not in text.split("6.1")[1].split("6.2")[0].split()
        assert "def gradient" not in text


def test_an_answer_of_the_wrong_kind_is_refused():
    sheet = cr.exercise(6)
    with pytest.raises(OptionError, match="chapters 1 to 10; found 11"):
        cr.exercise(11)
    with pytest.raises(OptionError, match="exercises 1 to 3; found 4"):
        sheet.check(4, 1.0)
    with pytest.raises(KindError, match="a number, or several; found str"):
        sheet.check(1, "six")
    with pytest.raises(KindError, match="a function, or a file with one; found 1"):
        sheet.check(3, 1.0)
    with pytest.raises(OptionError, match="gradient broke off with ZeroDivisionError"):
        sheet.check(3, lambda net, x, y: 1 / 0)
    with pytest.raises(OptionError, match="gradient broke off with SystemExit"):
        sheet.check(3, lambda net, x, y: sys.exit(0))
