"""The right answer is accepted, and each of five classic wrong ones is named, for any seed."""

import re
import sys
from collections import deque

import pytest

import chainrule as cr
from chainrule import arrays
from chainrule.errors import KindError, OptionError
from chainrule.exercises import CHAPTERS, backwards, forwards
from chainrule.exercises.numbers import NumberExercise, drawn
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
    assert sheet.check(number, [1.0] * 4).sentence.endswith(
        "found 4 (a decimal has a point, no comma)"
    )


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


# Worked out with a pencil: the numbers that an exercise is made of, those that its task prints, the
# right answer, and the answer by each of the five mistakes.
BY_HAND = [
    (forwards.says, (2, -1.5, 0.5, 3, -2), [2, -1.5, 0.5, 3, -2], [9.5, 9, 8.5, 10, -8, 1.5]),
    (forwards.silent, (2, -3), [2, -3, 0], [1.5, -1.5, 2 / 3, 3, 6, 1]),
    (forwards.rises, (2, 3, -1, 0.5), [2, 3, -1, 0.5], [1, 0, 1.5, 2.5, 0.5, 2]),
    (forwards.leaks, (3, 4, -2), [0.01, 0, -3, -2, 4], [-0.14, -14, 0, 0.14, 14, -1.4]),
    (
        forwards.squashes,
        (1, 2, -1.5),
        [1, -1.5, 2],
        [0.622459, 0.5, 0.377541, 0.462117, 0.235004, 0.880797],
    ),
    (
        forwards.folds,
        (2, 3, -1, 0.5),
        [2, 3, -1, 0.5],
        [[-2, -2.5], [1, -2.5], [-2, 3.5], [-2, -3], [-2, 0.5], [-2, 4]],
    ),
    (forwards.weights, (3, 5), [5, 3], [20, 15, 18, 16, 8, 24]),
    (
        forwards.row,
        (1, 2, 3, 4, 5, 6, 7, -8),
        [1, 2, 3, 4, 5, 6, 1, 7, -8],
        [-5, -12, -4, -6, -11, 10],
    ),
    (forwards.network, (3, 5, 2), [3, 5, 2], [32, 25, 27, 30, 35, 38]),
    (
        forwards.passes,
        (2, 3, 4, 1, 0.5, -1, 3),
        [3, 2, 4, -6, 1, 0.5, -1, 3],
        [8, 25, -9, 5, 6, -7],
    ),
    (
        forwards.shares,
        (1, 2, -1),
        [1, 2, -1],
        [0.259496, 2.718282, 0.350432, 0.731059, 0.114195, 0.705385],
    ),
    (forwards.multiplies, (2, 3, 4, 5), [5, 2, 3, 4], [90, 18, 120, 30, 125, 130]),
    (forwards.misses, (3, 1, 1, 2), [3, 1, 1, 2], [2.5, 5, 1.5, 0.25, 2.5**0.5, 1.25]),
    (
        forwards.surprises,
        (2, 5, 3),
        [2, 10, 5, 10, 3, 10],
        [0.693147, -0.693147, 1, 1.609438, 3.506558, 0.5],
    ),
    (forwards.doubts, (1, 3), [1, 4, 0], [0.287682, 1.386294, -0.287682, 0.0625, 0.25, 0.415037]),
    (backwards.slope, (2, 3, 1), [3, 1, 2], [30, 15, 10, -30, 25, 90]),
    (backwards.predicts, (2.5, 4), [2.5, 0.04], [-0.1, 0.1, 2.5, -62.5, -0.04, -0.004]),
    (
        backwards.chains,
        (0.5, 3, -1, 3),
        [0.5, -1, 3, 0.3],
        [0.454674, 1.934756, 0.151558, 0.227337, -0.454674, 0.483689],
    ),
    (backwards.meets, (2, -3, 1.5, 4), [1.5, 4, 2, -3], [-9, 3, -12, -36, 3.5, -1]),
    (backwards.steps, (2, 3, 5), [2, 3, 0.05], [1.85, 2.15, -1, 1.95, -0.15, 1.7]),
    (backwards.rolls, (2, 1, -3), [2, 0.9, 0.1, 1, -3], [2.11, 2.2, 1.89, 2.21, 2.011, 3.1]),
    (backwards.measures, (2, 1), [2, 0.2], [12.04, 24.08, 13.24, 10.84, 12, 4.816]),
    (backwards.balances, (3, -5), [0.3, -0.5], [0.2, -0.2, 1.2, -0.3, 0.5, 0.1]),
    (backwards.counts, (1, -2, 3), [1, -2, 3, 0, 1], [1 / 14, 1 / 6, 1, 1 / 13, 1 / 36, 13 / 14]),
    (backwards.blames, (2, -1, 3, 2, 1.5), [3, 2, 2, -1, 1.5, 0], [6, 30, -18, 4, 2, -6]),
    (backwards.without, (2, -1, 3, 2, 1.5), [3, 2, 2, -1, 1.5, 0], [6, -30, -6, 12.25, -4, 14]),
]


@pytest.mark.parametrize(("make", "numbers", "printed", "by_hand"), BY_HAND)
def test_the_right_answer_and_those_of_the_mistakes_are_those_of_pencil_and_paper(
    make, numbers, printed, by_hand
):
    exercise = make(*numbers)
    shown = re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?", exercise.task.replace("²", " "))
    assert [float(number) for number in shown] == printed
    answers = [exercise.right, *exercise.wrong.values()]
    for answer, expected in zip(answers, by_hand, strict=True):
        expected = expected if isinstance(expected, list) else [expected]
        assert answer == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("answer", "is_right"),
    [((2.0095, 0.0), True), ((2.0105, 0.0), False), ((2.0, 0.0004), True), ((2.0, 0.0006), False)],
)
def test_three_digits_are_enough(answer, is_right):
    assert NumberExercise("", [2.0, 0.0], {}).judge(answer).right is is_right


@pytest.mark.parametrize(("right", "answer"), [(0.119203, 0.12), (13.625, 14), (123, 120)])
def test_an_answer_of_two_digits_is_told_so_and_another_near_it_is_not(right, answer):
    exercise = NumberExercise("", [right], {})
    assert str(exercise.judge(answer)) == "rounded too far: give three digits"
    assert str(exercise.judge(answer * 1.001)).startswith("wrong, and none")


@pytest.mark.parametrize(("wrong", "is_apart"), [(2.05, False), (2.07, True), (0.95, False)])
def test_a_number_tells_the_mistake_where_each_is_3_percent_from_every_other(wrong, is_apart):
    exercise = NumberExercise("", [2.0], {"one": [0.97], "other": [wrong]})
    assert exercise.tells_mistakes_apart is is_apart


def test_numbers_are_drawn_from_2_to_9_and_halves_from_minus_4_to_4():
    taken = set[int](), set[float]()

    def ask(n: "int", x: "float") -> "NumberExercise":
        taken[0].add(n)
        taken[1].add(x)
        return NumberExercise("", [0.0], {})

    for seed in range(200):
        drawn(ask, str(seed))
    assert taken == (set(range(2, 10)), {n / 2 for n in range(-8, 9) if n})


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


@pytest.mark.parametrize("seed", SEEDS)
def test_the_step_that_is_asked_for_is_one_of_the_package_s_own_adam(seed):
    asked = dict(
        re.findall(r"(rate|beta1|beta2) (\S+\d)", cr.exercise(8, seed=seed).exercises[2].task)
    )
    optimizer = cr.Adam(beta1=float(asked["beta1"]), beta2=float(asked["beta2"]))
    assert 0 < float(asked["rate"]) < 0.1 < optimizer.beta1 < optimizer.beta2


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
    assert "<code>gradient(net, x, y)</code>" in page
    assert "`" not in page
    assert "def gradient" in apart
    for text in (page, tasks):
        assert sheet.exercises[0].solution not in text.split("6.1")[1].split("6.2")[0].split()
        assert "def gradient" not in text


def test_an_answer_of_the_wrong_kind_is_refused():
    sheet = cr.exercise(6)
    with pytest.raises(OptionError, match="chapters 1 to 10; found 11"):
        cr.exercise(11)
    for chapter in (1.0, True, [1]):
        with pytest.raises(OptionError, match="chapters 1 to 10; found"):
            cr.exercise(chapter)
    for number in (4, 1.0, True, [1]):
        with pytest.raises(OptionError, match="exercises 1 to 3; found"):
            sheet.check(number, 1.0)
    for answer in ({80.0}, {80.0: "right"}, (each for each in [80.0])):
        with pytest.raises(KindError, match="a number, or several; found"):
            sheet.check(1, answer)
    with pytest.raises(KindError, match="a number, or several; found str"):
        sheet.check(1, "six")
    with pytest.raises(KindError, match="a function, or a file with one; found 1"):
        sheet.check(3, 1.0)
    with pytest.raises(OptionError, match="gradient broke off with ZeroDivisionError"):
        sheet.check(3, lambda net, x, y: 1 / 0)
    with pytest.raises(OptionError, match="gradient broke off with SystemExit"):
        sheet.check(3, lambda net, x, y: sys.exit(0))


def test_a_number_written_as_text_is_that_number_and_not_its_digits():
    assert cr.exercise(6).check(1, "80").right
    assert cr.exercise(6).check(1, "40").sentence == "wrong: the 2 of the square is left out"
    assert cr.exercise(6).check(1, arrays.asarray([80.0])).right
    assert cr.exercise(6).check(1, deque([80.0])).right


def test_a_number_of_numpy_names_a_chapter_and_an_exercise():
    np = pytest.importorskip("numpy")
    assert cr.exercise(np.int64(6)).check(np.int64(1), 80).right


@pytest.mark.parametrize("chapter", [6, 7, 9])
def test_an_answer_that_changes_its_rows_spoils_no_later_one(chapter):
    sheet = cr.exercise(chapter)

    def spoils(net, x, y):
        loss = "mean_squared_error" if chapter == 6 else "cross_entropy"
        gradients = net.gradients(x, y, loss)
        net.set_parameters({name: 2 * w for name, w in net.parameters.items()})
        x[0].append(1.0)
        return gradients

    assert sheet.check(3, spoils).right
    assert sheet.check(3, spoils).right
