"""`chainrule exercise`: tasks, solutions apart, and a judgment by exit status and name."""

import json
from pathlib import Path

import pytest

import chainrule as cr


def test_a_chapter_prints_its_tasks_and_no_chapter_all_of_them(chainrule):
    assert chainrule("exercise", 6, "--seed", 2).out == f"{cr.exercise(6, seed=2)}\n"
    sheet, apart = chainrule("exercise").out, chainrule("exercise", "--solutions").out
    for chapter in range(1, 11):
        assert str(cr.exercise(chapter)) in sheet
        assert cr.exercise(chapter).solutions in apart
    assert json.loads(chainrule("exercise", 6, "--json").out)["6.2"].startswith("dL/dw = ")
    for number in ("6.2", "06.02"):
        one = json.loads(chainrule("exercise", number, "--json").out)
        assert one == {"6.2": cr.exercise(6).exercises[1].task}


@pytest.mark.parametrize("form", ["markdown", "html"])
@pytest.mark.parametrize("solutions", [False, True])
def test_a_sheet_is_written_into_a_file(form, solutions, chainrule):
    words = ("--format", form, "--out", "sheet", *(["--solutions"] * solutions))
    done = chainrule("exercise", 6, *words)
    assert (done.status, done.out.split()[-1]) == (0, "sheet")
    written = Path("sheet").read_text("utf-8")
    own = cr.exercise(6).to_markdown if form == "markdown" else cr.exercise(6).part_of_page
    assert own(solutions=solutions) in written
    chainrule("exercise", *words)
    for chapter in range(1, 11):
        assert f"{chapter}.3</h2>" in (all_ := Path("sheet").read_text("utf-8")) or (
            f"## {chapter}.3\n" in all_
        )
    assert chainrule("exercise", "--out", "no/sheet").status == 2


def test_an_answer_is_judged(chainrule):
    right, wrong = cr.exercise(6).exercises[0].right[0], cr.exercise(6).exercises[1].wrong
    done = chainrule("exercise", "6.1", "--answer", right)
    assert (done.status, done.out) == (0, f"right: {right:g}\n")
    for mistake, (answer,) in wrong.items():
        done = chainrule("exercise", "6.2", "--answer", answer)
        assert (done.status, done.out) == (1, f"wrong: {mistake}\n")
    as_printed = f"−{abs(right):g}"  # as the docs write a minus
    assert "the wrong sign" in chainrule("exercise", "6.1", "--answer", as_printed).out
    judged = json.loads(chainrule("exercise", "6.1", "--answer", -right, "--json").out)
    assert judged == {"right": False, "sentence": "wrong: it has the wrong sign"}


def test_a_file_is_judged(chainrule):
    solution = cr.exercise(7).exercises[2].solution
    Path("mine.py").write_text(solution, "utf-8")
    assert chainrule("exercise", "7.3", "--answer", "mine.py")[:2] == (0, "right\n")
    Path("mine.py").write_text(solution.replace("(p - t)", "(t - p)"), "utf-8")
    done = chainrule("exercise", "7.3", "--answer", "mine.py")
    assert done.status == 1
    assert "every gradient has the wrong sign" in " ".join(done.out.split())


def test_one_exercise_is_printed_alone(chainrule):
    whole = chainrule("exercise", "6").out.split("\n\n")
    assert [chainrule("exercise", f"6.{n}").out.rstrip() for n in (1, 2, 3)] == [
        part.rstrip() for part in whole
    ]
    assert chainrule("exercise", "6.2", "--solutions").out.splitlines()[0] == "6.2"
    assert "6.1" not in chainrule("exercise", "6.2", "--format", "markdown").out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("11",), "there are chapters 1 to 10; found 11"),
        (("six",), "'six' is neither an exercise, such as 6.1, nor a chapter"),
        ((".1",), "'.1' is neither an exercise, such as 6.1, nor a chapter"),
        (("6", "--answer", "1"), "--answer is for one exercise, such as 6.1, and for it alone"),
        (("6.1", "--answer", "1", "--solutions"), "--answer is for one exercise"),
        (("6", "--json", "--out", "6.json"), "--json prints, and --out writes a sheet"),
        (("6.4", "--answer", "1"), "a chapter has exercises 1 to 3; found 4"),
        (("6.9",), "a chapter has exercises 1 to 3; found 9"),
        (("6.1", "--answer", "six"), "or a Python file; found 'six'"),
        (("6.1", "--answer", "x.py"), "or a Python file; found no file x.py"),
        (("6.3", "--answer", "empty.py"), "empty.py defines neither gradient nor update"),
        (("6.3", "--answer", "bad.py"), "bad.py broke off with SyntaxError"),
        (("6.3", "--answer", "ends.py"), "ends.py broke off with SystemExit"),
    ],
)
def test_bad_input_gets_one_sentence(words, said, chainrule):
    Path("empty.py").write_text("")
    Path("bad.py").write_text("def gradient(:\n")
    Path("ends.py").write_text("raise SystemExit\n")
    done = chainrule("exercise", *words)
    assert (done.status, done.out) == (2, "")
    assert said in done.err
    assert len(done.err.splitlines()) == 1
