"""The examples run, and what they print agrees with numbers that were had in another way."""

import math
import runpy
import sys
from fractions import Fraction

import pytest

import chainrule as cr
from tests.source_files import PROJECT, script

EXAMPLES = PROJECT / "examples"


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    """Runs an example by its name and returns its variables, with what it printed."""
    monkeypatch.chdir(tmp_path)
    pages = script("pages.py")

    def example(name, *arguments):
        monkeypatch.setattr(sys, "argv", [name, *arguments])
        with pages.forgetting_its_ops():
            names = runpy.run_path(str(EXAMPLES / name), run_name="__main__")
        return names, capsys.readouterr().out

    return example


def test_every_example_stands_in_the_readme_and_in_a_chapter():
    docs = EXAMPLES.parent / "docs"
    readme = (EXAMPLES.parent / "README.md").read_text("utf-8")
    chapters = "".join(page.read_text("utf-8") for page in docs.glob("[01]*.md"))
    names = [path.name for path in EXAMPLES.glob("*.py")]
    assert len(names) == 6
    assert not [name for name in names if f"(examples/{name})" not in readme]
    assert not [name for name in names if f"(../examples/{name})" not in chapters]


# Matt Mazur, "A Step by Step Backpropagation Example" (2015): what he prints for his first output.
# His error is half of the squared one.
def test_the_network_by_hand_begins_with_the_published_numbers(run):
    _, printed = run("by_hand.py")
    first = {word: float(number) for word, number in pairs(printed.splitlines()[0])}
    assert first["says"] == pytest.approx(0.75136507, abs=1e-8)
    assert first["loss"] / 2 == pytest.approx(0.274811083, abs=1e-9)
    assert first["dL/dw5"] / 2 == pytest.approx(0.082167041, abs=1e-9)


def pairs(line):
    """The words of a line such as `step 1: says 0.5, loss 0.1`, each with the number after it."""
    return [part.split() for part in line.partition(": ")[2].split(", ")]


def test_the_network_by_hand_imports_nothing():
    assert "import" not in (EXAMPLES / "by_hand.py").read_text("utf-8").partition('"""\n\n')[2]


def test_by_hand_and_by_ops_and_by_fit_the_weights_are_the_same(run):
    hand, _ = run("by_hand.py")
    ops, printed = run("training_loop.py")
    by_hand = {
        "dense1.weight": [hand["w1"], hand["w2"], hand["w3"], hand["w4"]],
        "dense1.bias": [hand["b1"], hand["b2"]],
        "dense2.weight": [hand["w5"], hand["w6"]],
        "dense2.bias": [hand["b3"]],
    }
    by_fit = ops["net"].parameters
    assert list(by_hand) == list(ops["parameters"]) == list(by_fit)
    for name, numbers in by_hand.items():
        for array in (ops["parameters"][name], by_fit[name]):
            rows = array.tolist()
            flat = [w for row in rows for w in row] if array.ndim == 2 else rows
            assert flat == pytest.approx(numbers, rel=0, abs=1e-12)
    assert ops["losses"] == pytest.approx(hand["losses"], rel=0, abs=1e-12)
    assert f"loss {hand['losses'][-1]:.9f}" in printed


def test_the_loop_has_at_most_25_lines():
    lines = (EXAMPLES / "training_loop.py").read_text("utf-8").splitlines()
    begin = next(n for n, line in enumerate(lines) if line.startswith("for step"))
    end = next(n for n, line in enumerate(lines) if n > begin and not line.startswith(" "))
    assert 4 <= end - begin <= 25


def test_an_op_of_ones_own_is_differentiated_checked_and_used(run):
    names, printed = run("your_own_op.py")
    assert "slope at 1/2  4/9\n" in printed  # 1 / (1 + 1/2)²
    assert float(number_after(printed, "slope at 2")) == pytest.approx(1 / 9, rel=1e-15)
    assert float(number_after(printed, "bend at 2")) == pytest.approx(-2 / 27, rel=1e-15)
    assert "passed" in printed
    assert cr.grad(names["softsign"])(Fraction(-3)) == Fraction(1, 16)
    assert float(printed.split("loss ")[-1]) < 1e-3 < float(printed.split("loss ")[1].split()[0])


def number_after(text, words):
    return text.split(words, 1)[1].split()[0]


def test_a_function_of_ones_own_has_the_gradient_that_school_maths_gives(run):
    names, printed = run("your_own_function.py")
    room, drop, rate = 15.0, 70.0, 0.03
    rows = list(zip(names["minutes"], names["celsius"], strict=True))
    misses = [(room + drop * math.exp(-rate * t) - read, t) for t, read in rows]
    slopes = {
        "room": sum(2 * miss for miss, _ in misses) / len(rows),
        "drop": sum(2 * miss * math.exp(-rate * t) for miss, t in misses) / len(rows),
        "rate": sum(-2 * miss * t * drop * math.exp(-rate * t) for miss, t in misses) / len(rows),
    }
    for name, slope in slopes.items():
        assert f"dL/d({name}) = {slope:.4f}:" in printed
    assert "passed" in printed
    assert "wrong at rate" in printed
    assert "it is the negative of what it should be" in printed


def test_the_function_learns_what_its_readings_were_made_from(run):
    """They are 20 + 65 · e^(-0.045 t), rounded to a tenth of a degree."""
    names, _ = run("your_own_function.py")
    room, drop, rate = (float(names["parameters"][name]) for name in ("room", "drop", "rate"))
    assert names["celsius"] == [round(20 + 65 * math.exp(-0.045 * t), 1) for t in names["minutes"]]
    assert room == pytest.approx(20, abs=0.5)
    assert drop == pytest.approx(65, abs=0.5)
    assert rate == pytest.approx(0.045, abs=0.001)


def test_a_table_is_learned_and_its_worst_mistake_explained(run, tmp_path):
    rows = [f"{x / 10},{'yes' if x > 0 else 'no'}" for x in range(-50, 50) if x]
    (tmp_path / "mine.csv").write_text("\n".join(["x,positive", *rows]) + "\n")
    names, printed = run("table.py", "mine.csv", "positive")
    held_out, worst = names["done"].held_out, names["worst"]
    assert worst.numbers[0] == max(zip(held_out.losses(), held_out.numbers, strict=True))[1]
    assert names["ex"].loss == pytest.approx(max(held_out.losses()), rel=1e-9)
    assert f"worst: {worst.describe()}" in printed
    assert f"{names['ex'].answer} loss " in " ".join(printed.split())
    assert f", row {worst.numbers[0]})" in printed
    assert f"loss on {len(held_out)} rows held out" in printed
    assert f"receipt of {names['ex'].weights[0].name}\n" in printed


@pytest.mark.extra("numpy")
def test_the_transformer_learns_is_checked_and_its_worst_name_is_taken_apart(run, tmp_path):
    (tmp_path / "names.txt").write_text("\n".join(["anna", "hannah", "ada", "nan"] * 5))
    names, printed = run("microgpt.py", "names.txt", "60")
    p, ex, worst = names["p"], names["ex"], printed.split("worst: ")[1].split(",")[0]
    assert (
        sum(w.size for w in p.values()) == 27 * 16 + 16 * 16 + 4 * 16 * 16 + 2 * 16 * 64 + 27 * 16
    )
    learned = [float(line.split("loss ")[1]) for line in printed.splitlines() if "step" in line]
    assert learned[0] > 2 > 1.5 > learned[-1]
    assert f"the gradient of {worst}: All agree" in printed
    assert names["loss_of"](worst, p) == pytest.approx(ex.loss, rel=1e-12)
    table = printed.split("blame since the start\n")[1].splitlines()
    rows = {row.split()[0]: [float(cell) for cell in row.split()[1:]] for row in table[:8]}
    assert set(rows) == {"letters", "places", "head0", "head1", "head2", "head3", "mlp", "next"}
    assert rows["next"][0] == pytest.approx(math.log(27), abs=1e-3)  # all letters equally probable
    assert [row[1] for row in rows.values()] == sorted((r[1] for r in rows.values()), reverse=True)
    start = names["loss_of"](worst, names["first_weights"]())
    assert sum(row[2] for row in rows.values()) == pytest.approx(ex.loss - start, abs=0.01)


@pytest.mark.extra("numpy")
def test_no_letter_sees_a_later_one(run, tmp_path):
    (tmp_path / "names.txt").write_text("\n".join(["abba", "baab"] * 5))
    names, _ = run("microgpt.py", "names.txt", "5")
    short, long = (names["scores"](names["p"], numbers) for numbers in ([0, 1, 2], [0, 1, 2, 9, 5]))
    assert long[:3].ravel().tolist() == pytest.approx(short.ravel().tolist(), abs=1e-12)
    assert long[3].tolist() != long[2].tolist()


@pytest.mark.extra("numpy")
def test_the_scalar_tape_beside_it_gives_the_same_losses_step_after_step():
    from benchmarks.microgpt import steps_of_ours, steps_of_scalars

    ours, scalars = (steps(["eve", "bo"]) for steps in (steps_of_ours, steps_of_scalars))
    for _ in range(4):
        assert ours() == pytest.approx(scalars(), rel=1e-10)
