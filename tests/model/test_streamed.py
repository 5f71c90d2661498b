"""A file far larger than the memory it is given trains within that memory."""

import csv
import random
import tracemalloc
from collections import Counter

import pytest

from chainrule.errors import DataError, OptionError
from chainrule.model import load
from chainrule.model.rows import rows_for
from chainrule.model.streamed import train_on_stream
from chainrule.train import Checkpoint
from tests.marked_engines import NUMPY

BUDGET = 200_000
COUNTING = 200_000  # bytes a column that the first pass may take to count categories
STEP = 400_000  # bytes that steps on lists of numbers leave until they are collected


@pytest.fixture(scope="module")
def big(tmp_path_factory):
    """A table whose file alone is ten times the budget; its cells take several times that."""
    path = tmp_path_factory.mktemp("stream") / "big.csv"
    generator = random.Random(0)
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["a", "b", "c", "kind", "y"])
        for _ in range(32_000):
            a, b, c = generator.gauss(0, 1), generator.gauss(2, 3), generator.random()
            rows.writerow([a, b, c, generator.choice("uvw"), "yes" if a + b > 2 * c else "no"])
    assert path.stat().st_size > 10 * BUDGET
    return path


def beginning(path, folder):
    """The first rows of a file, as a file."""
    little = folder / "little.csv"
    little.write_text("\n".join(path.read_text().splitlines()[:300]))
    return little


def learn(path, **options):
    chosen = {"epochs": 1, "batch_size": 64, "engine": "python", "progress": False}
    return train_on_stream(path, layers=(8,), **{**chosen, **options})


def test_a_file_ten_times_the_budget_trains_within_the_budget(big, tmp_path):
    learn(beginning(big, tmp_path))  # so that what is imported on the way does not count as data
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        done = learn(big, memory=BUDGET)
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert peak < BUDGET + 4 * COUNTING + STEP
    assert done.history.final.validation_metric > 0.97
    assert sum(done.rows) == 32_000
    assert done.scores()[1].accuracy == done.history.final.validation_metric


def test_what_gives_the_target_away_is_said_as_of_a_table(tmp_path):
    path = tmp_path / "twice.csv"
    path.write_text("x,y\n" + "".join(f"{n % 37},{2 * (n % 37)}\n" for n in range(90)))
    said = "x gives y, as y = 2 · x: if it is not known beforehand, leave it out."
    assert said in learn(path).sentences


def test_a_stream_says_too_what_numpy_brings(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("x,y\n" + "".join(f"{n % 50},{'ab'[n % 2]}\n" for n in range(600)))
    done = train_on_stream(path, epochs=1, validation=0, engine="python", progress=False)
    assert done.sentences[-1].endswith("600 rows get layers of 64.")
    assert "NumPy" not in " ".join(learn(path).sentences)


def test_the_same_seed_gives_the_same_run(big):
    first, second = (learn(big, memory=BUDGET, validation=0.5) for _ in range(2))
    assert first.history.final.loss == second.history.final.loss


def test_what_it_was_trained_with_is_kept(big, tmp_path):
    kept = learn(beginning(big, tmp_path), batch_size=16, l2=0.5).net.trained_with
    assert (kept["batch_size"], kept["l2"], kept["epochs"]) == (16, 0.5, 1)


def test_a_batch_larger_than_the_budget_is_refused_before_anything_is_trained(big):
    with pytest.raises(DataError, match="take batches of at most"):
        learn(big, memory=BUDGET, batch_size=20_000)


def test_a_ledger_is_kept_over_a_stream_too(tmp_path, big):
    ledger = learn(beginning(big, tmp_path), ledger=True).history.ledger
    assert ledger.explained == pytest.approx(ledger.measured, rel=0.02)


@pytest.fixture
def gaps(tmp_path):
    """A hundred rows of either class, and as many that nobody has named."""
    path = tmp_path / "gaps.csv"
    generator = random.Random(1)
    lines = [f"{generator.gauss(row % 3, 1)},{['no', 'yes', ''][row % 3]}" for row in range(300)]
    path.write_text("x,y\n" + "\n".join(lines))
    return path


def test_rows_without_a_target_count_neither_as_rows_nor_as_steps(gaps):
    done = learn(gaps, epochs=3, batch_size=16, schedule="linear")
    learned, held_out = done.rows
    assert learned + held_out == 200
    steps = -(-learned // 16)
    assert [record.step for record in done.history] == [steps, 2 * steps, 3 * steps]
    assert done.history.final.learning_rate == pytest.approx(0.01 / (3 * steps))
    assert [found.rows for found in done.scores()] == [learned, held_out]


def test_scores_are_those_of_the_weights_that_were_put_back(gaps):
    done = learn(gaps, epochs=40, batch_size=16, early_stopping=3, learning_rate=0.3)
    best = min(record.validation_loss for record in done.history)
    assert done.history.final.validation_loss > best
    assert done.scores()[1].loss == pytest.approx(best, rel=1e-12)


def test_a_part_so_small_that_no_row_is_held_out_is_none(tmp_path):
    path = tmp_path / "few.csv"
    path.write_text("x,y\n" + "".join(f"{row},{row}\n" for row in range(8)))
    done = learn(path, validation=0.001)
    assert done.rows == (8, 0)
    learned, held_out = done.scores()
    assert held_out is None
    assert learned.typical_error > 0
    assert done.tested() == learned


def test_classes_are_balanced_by_the_rows_that_are_learned_from(gaps):
    balanced = learn(gaps, class_weight="balanced")
    counts = Counter[str]()
    for truth, _, rows in balanced.scores()[0].confusion:
        counts[truth] += rows
    assert counts["no"] != counts["yes"]
    shares = {name: balanced.rows[0] / (2 * count) for name, count in counts.items()}
    by_hand, plain = learn(gaps, class_weight=shares), learn(gaps)
    losses = [done.history.final.loss for done in (balanced, by_hand, plain)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-12)
    assert losses[0] != pytest.approx(losses[2], rel=1e-6)
    tested = balanced.tested()
    assert tested == balanced.scores()[1]
    assert tested.accuracy < 1
    assert tested.wrong == ()  # which rows they are is not kept


def test_a_batch_of_no_rows_is_refused(gaps):
    with pytest.raises(OptionError, match="batch_size is 0"):
        learn(gaps, batch_size=0)


@pytest.mark.parametrize(
    ("path", "options", "sentence"),
    [
        ({"x": [1.0]}, {}, "is read from a file, and a dict was given"),
        ("gaps", {"memory": "1MB"}, "memory is '1MB'; it is a whole number of bytes"),
        ("gaps", {"memory": 5e4}, "memory is 50000.0; it is a whole number of bytes"),
        ("gaps", {"batch_size": 2.5}, "batch_size is 2.5"),
        ("gaps", {"checkpoint": 5}, "a file goes by its name; found 5"),
    ],
)
def test_what_cannot_be_streamed_is_refused(gaps, path, options, sentence):
    with pytest.raises(OptionError, match=sentence):
        learn(gaps if path == "gaps" else path, **options)


def test_a_checkpoint_may_be_given_by_its_name(gaps, tmp_path):
    learn(gaps, checkpoint=str(tmp_path / "run.st"))
    assert (tmp_path / "run.st").exists()


def test_a_file_that_changed_is_another_run(big, tmp_path):
    little = beginning(big, tmp_path)
    kept = Checkpoint(tmp_path / "run.st", resume=True)
    learn(little, checkpoint=kept)
    learn(little, checkpoint=kept)
    *rows, last = little.read_text().splitlines()
    numbers, _, answer = last.rpartition(",")
    other = {"yes": "no", "no": "yes"}[answer]
    little.write_text("\n".join([*rows, f"{numbers},{other}"]))
    with pytest.raises(OptionError, match="digest of the data"):
        learn(little, checkpoint=kept)


@pytest.mark.parametrize("other", [{"target": "kind"}, {"memory": 100_000}, {"validation": 0.3}])
def test_a_file_that_is_read_in_another_way_is_another_run(big, tmp_path, other):
    little = beginning(big, tmp_path)
    kept = Checkpoint(tmp_path / "run.st", resume=True)
    learn(little, checkpoint=kept, target="y")
    with pytest.raises(OptionError, match="keeps another run"):
        learn(little, checkpoint=kept, **{"target": "y", **other})


@pytest.fixture
def weighed(tmp_path):
    """A file, and the same with rows of weight 0 strewn in, which hold what no other row does."""
    draw = random.Random(2)
    absent = ['914.5,"much text, and a line\nmore",no,0', ",,maybe,0.0", "x,y,z,-0"]
    rows, more = [], absent[:1]
    for n in range(600):
        a, b = draw.gauss(0, 1), draw.gauss(0, 1)
        rows.append(f"{a:.3f},{b:.3f},{'no' if a > b else 'yes'},{1 + n % 3}")
        more += [rows[-1], *draw.choices(absent, k=draw.choice([0, 0, 1, 2, 40 * (n == 300)]))]
    for name, lines in ("without", rows), ("with", [*more, *absent]):
        (tmp_path / f"{name}.csv").write_text("\n".join(["a,b,y,w", *lines]) + "\n")
    return tmp_path


@pytest.mark.parametrize("memory", [40_000, 4_000_000])
@pytest.mark.parametrize("engine", ["python", NUMPY])
def test_a_row_of_weight_0_is_not_there_to_the_bit(weighed, engine, memory):
    with_them, without = (
        learn(
            weighed / name,
            target="y",
            weight_column="w",
            memory=memory,
            engine=engine,
            epochs=2,
            batch_size=16,
        )
        for name in ("with.csv", "without.csv")
    )
    assert with_them.rows == without.rows
    passed_over = with_them.stream.rows - without.stream.rows
    assert f"{passed_over} rows without y or of weight 0 left out." in with_them.sentences
    assert [e.loss for e in with_them.history] == [e.loss for e in without.history]
    assert [e.validation_loss for e in with_them.history] == [
        e.validation_loss for e in without.history
    ]
    for name, weights in with_them.net.parameters.items():
        assert weights.tolist() == without.net.parameters[name].tolist()
    assert with_them.scores()[1].loss == without.scores()[1].loss


def test_what_was_held_out_beside_rows_of_weight_0_is_known_afterwards(weighed, tmp_path):
    done = learn(weighed / "with.csv", target="y", weight_column="w")
    done.net.save(tmp_path / "model.safetensors")
    rows = rows_for(load(tmp_path / "model.safetensors", engine="python"))
    held_out = {row for part in done.stream.in_order(9, held_out=True) for row in part.row_numbers}
    assert {row for row in rows.numbers if row in rows.held_out} == held_out
    assert len(held_out) == done.rows[1] > 90


def test_a_weight_that_is_none_is_told_by_its_line_in_the_file_past_rows_of_weight_0(weighed):
    path = weighed / "with.csv"
    lines = path.read_text().splitlines()
    lines.append("1,2,no,much")
    path.write_text("\n".join(lines))
    with pytest.raises(DataError, match=rf"line {len(lines)} \(row \d+\)"):
        learn(path, target="y", weight_column="w", memory=40_000)


def test_a_file_whose_rows_all_have_weight_0_is_refused(tmp_path):
    path = tmp_path / "none.csv"
    path.write_text("x,y,w\n1,a,0\n2,b,0\n")
    with pytest.raises(DataError, match=r"w is zero for every row of .*none.csv: give one of them"):
        learn(path, target="y", weight_column="w")


def test_what_a_stream_held_out_is_known_afterwards(gaps, tmp_path):
    done = learn(gaps, epochs=2)
    done.net.save(tmp_path / "model.safetensors")
    rows = rows_for(load(tmp_path / "model.safetensors", engine="python"))
    held_out = {row for part in done.stream.in_order(9, held_out=True) for row in part.row_numbers}
    assert held_out == {row for row in rows.numbers if row in rows.held_out}
    assert len(held_out) == done.rows[1] > 20
    assert rows.worst().numbers[0] in held_out
