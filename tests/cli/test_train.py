"""`chainrule train`: a report for people, JSON for programs, and a model file."""

import json
import re
import shlex

import pytest

from chainrule.cli.train import size_in_bytes
from chainrule.model import load

HOUSES = "area;city;price\n" + "".join(
    f"{area};{city};{2000 * area + (50000 if city == 'Jena' else 0)}\n"
    for area in range(30, 130, 4)
    for city in ("Ulm", "Jena")
)
QUICK = ("--engine", "python", "--epochs", 3)


@pytest.fixture
def houses(folder):
    path = folder / "houses.csv"
    path.write_text(HOUSES, encoding="utf-8")
    return path


def as_json(outcome):
    assert (outcome.status, outcome.err) == (0, "")
    return json.loads(outcome.out)


def test_penguins_are_told_apart_without_a_single_option(chainrule):
    found = as_json(chainrule("train", "penguins", "--engine", "python", "--json"))
    assert found["validation"]["accuracy"] > 0.95
    assert found["validation"]["loss"] < 0.2
    assert found["validation"]["rows"] == 69


def test_the_report_says_what_was_done_and_what_to_type_next(chainrule, folder):
    done = chainrule("train", "iris", *QUICK)
    assert done.status == 0
    lines = done.out.splitlines()
    margin = [line.split("  ")[0] for line in lines if line[:1].isalpha()]
    assert margin[:3] == ["data", "network", "trained"]
    assert margin[-2:] == ["saved", "next"]
    assert "120 rows to learn from, 30 held out" in done.out
    assert "target species: 3 classes" in done.out
    assert "chainrule explain iris.safetensors --row worst" in lines[-1]
    assert (folder / "iris.safetensors").is_file()


@pytest.mark.parametrize(("rows", "advised"), [(25, False), (40, True)])
def test_early_stopping_is_advised_where_enough_rows_are_held_out(rows, advised, chainrule, folder):
    noise = "".join(f"{n * 7919 % 101},{n * 31 % 2}\n" for n in range(rows))
    (folder / "noise.csv").write_text("x,y\n" + noise, encoding="utf-8")
    options = ("--task", "classification", "--engine", "python", "--last-epoch")
    done = chainrule("train", "noise.csv", "--target", "y", *options)
    assert ("try early stopping" in " ".join(done.out.split())) is advised


@pytest.mark.parametrize(
    ("engine", "said"),
    [
        ("python", "python engine, float64"),
        pytest.param("numpy", "numpy engine, float64", marks=pytest.mark.extra("numpy")),
        pytest.param("jax", "jax engine on ", marks=pytest.mark.extra("jax")),
    ],
)
def test_the_report_says_what_the_jax_engine_computed_on(engine, said, chainrule):
    done = chainrule("train", "iris", "--engine", engine, "--epochs", 1)
    assert said in " ".join(done.out.split())


def test_the_report_is_plain_and_80_columns_wide_when_it_is_piped(chainrule):
    done = chainrule("train", "penguins", *QUICK)
    assert max(map(len, done.out.splitlines())) <= 80
    assert not re.search("[\x1b\u2500-\u259f]", done.out + done.err)


def test_values_are_measured_by_r2_and_in_their_own_unit(chainrule, houses):
    found = as_json(chainrule("train", houses, "--engine", "python", "--json"))
    assert found["task"] == "regression"
    assert found["validation"]["r2"] > 0.95
    assert 0 < found["validation"]["typical_error"] < 20_000
    assert "accuracy" not in found["validation"]


def test_a_column_is_predicted_that_is_not_the_last(chainrule, houses):
    found = as_json(chainrule("train", houses, "--target", "city", *QUICK, "--json"))
    assert (found["target"], found["task"]) == ("city", "binary")
    assert found["features"] == ["area", "price"]


def test_the_layers_are_those_asked_for(chainrule):
    found = as_json(chainrule("train", "iris", "--layers", "5,3", *QUICK, "--json"))
    assert [layer["out_features"] for layer in found["layers"]] == [5, 3, 3]
    assert found["weights"] == (4 * 5 + 5) + (5 * 3 + 3) + (3 * 3 + 3)


def test_without_hidden_layers_there_is_the_output_alone(chainrule):
    found = as_json(chainrule("train", "iris", "--layers", "none", *QUICK, "--json"))
    assert len(found["layers"]) == 1


@pytest.mark.parametrize(
    ("loss", "outputs", "activation"),
    [
        ("binary_cross_entropy", 1, "sigmoid"),
        ("cross_entropy", 2, "softmax"),
        ("hinge", 1, "identity"),
        ("mean_squared_error", 1, "sigmoid"),
    ],
)
def test_the_output_layer_suits_the_loss(chainrule, loss, outputs, activation):
    found = as_json(chainrule("train", "moons", "--loss", loss, *QUICK, "--json"))
    last = found["layers"][-1]
    assert (last["out_features"], last["activation"], found["loss"]) == (outputs, activation, loss)
    assert 0 <= found["validation"]["accuracy"] <= 1


def test_nothing_held_out_is_said(chainrule):
    found = as_json(chainrule("train", "iris", "--validation", 0, *QUICK, "--json"))
    assert found["validation"] is None
    assert found["training"]["rows"] == 150
    out = chainrule("train", "iris", "--validation", 0, *QUICK).out
    assert "none held out" in out
    assert re.findall(r"^(learned|held out) ", out, re.MULTILINE) == ["learned"]


def test_the_same_seed_makes_the_same_model(chainrule, folder):
    def bytes_of(seed, name):
        chainrule("train", "iris", *QUICK, "--seed", seed, "--out", name, "--quiet")
        found = load(folder / name, engine="python").parameters
        return {key: value.tolist() for key, value in found.items()}

    assert bytes_of(1, "a.safetensors") == bytes_of(1, "b.safetensors")
    assert bytes_of(1, "a.safetensors") != bytes_of(2, "c.safetensors")


def test_quiet_means_not_a_word(chainrule, folder):
    assert chainrule("train", "iris", *QUICK, "--quiet") == (0, "", "")
    assert (folder / "iris.safetensors").is_file()


def test_the_ledger_is_printed_and_kept_in_the_file(chainrule, folder):
    options = ("--ledger", "--layers", "2", "--engine", "python", "--epochs", 1)
    found = as_json(chainrule("train", "iris", *options, "--json"))
    kept = load(folder / "iris.safetensors", engine="python").history.ledger
    assert found["ledger"]["explained"] == pytest.approx(kept.explained, abs=1e-12)
    assert kept.by_layer().keys() == {"dense1", "dense2"}


def test_a_model_of_that_name_is_replaced(chainrule, folder):
    chainrule("train", "iris", *QUICK)
    before = (folder / "iris.safetensors").read_bytes()
    assert chainrule("train", "iris", *QUICK, "--seed", 5).status == 0
    assert (folder / "iris.safetensors").read_bytes() != before


def test_pure_python_imports_no_numpy(process):
    script = (
        "import sys\n"
        "from chainrule.cli.commands import run\n"
        "assert run(['train', 'iris', '--engine', 'python', '--epochs', '1', '--quiet']) == 0\n"
        "assert run(['explain', 'iris.safetensors', '--row', 'worst', '--engine', 'python']) == 0\n"
        "assert 'numpy' not in sys.modules, 'NumPy was imported'\n"
    )
    done = process("-c", script)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("memory", [(), ("--memory", "1MB")])
def test_the_epochs_count_right_answers_as_the_report_does(chainrule, folder, memory):
    rows = "".join(f"{row % 7},{(row * 5) % 11},{'abc'[row % 3]}\n" for row in range(120))
    (folder / "rows.csv").write_text("x,y,z\n" + rows)
    words = ("train", "rows.csv", "--loss", "binary_cross_entropy", *QUICK, *memory, "--json")
    found = as_json(chainrule(*words))
    measured = found["history"]["epochs"][-1]["validation_metric"]
    assert found["validation"]["accuracy"] == pytest.approx(measured)


def test_a_run_and_its_model_are_two_files(chainrule, folder):
    for words in (("--out", "a.st"), ("--out", "./a.st")):
        outcome = chainrule("train", "iris", *QUICK, "--checkpoint", "a.st", *words)
        assert outcome.status == 2
        assert "would both be kept in a.st: give --checkpoint or --out another" in outcome.err
    assert not (folder / "a.st").exists()


@pytest.mark.parametrize(
    ("words", "size"),
    [("64", 64), ("1.5k", 1500), ("2MB", 2_000_000), ("2 MiB", 2 << 20), ("1GiB", 1 << 30)],
)
def test_a_memory_is_given_in_the_units_that_people_use(words, size):
    assert size_in_bytes(words) == size


def test_rows_and_classes_can_weigh(chainrule, folder):
    lines = [f"{n * n % 37},{n % 3},{'yes' if n % 7 else 'no'}" for n in range(40)]
    (folder / "weighed.csv").write_text("\n".join(["a,w,y", *lines]))
    words = ("train", "weighed.csv", "--engine", "python", "--epochs", 2, "--weight-column", "w")
    weighed = chainrule(*words, "--class-weight", "balanced")
    assert weighed.status == 0
    assert "w: it says how much each row counts." in weighed.out
    streamed = chainrule(*words, "--memory", "10MB", "--class-weight", "balanced")
    assert "w: it says how much each row counts." in streamed.out


def test_rows_that_are_ignored_are_told_also_of_folds_and_leave_the_others_their_numbers(
    chainrule, folder
):
    lines = [f"{n * n % 37},{'unknown' if n % 3 == 0 else 'ab'[n % 2]}" for n in range(90)]
    (folder / "unknown.csv").write_text("\n".join(["x,y", *lines]))
    words = ("--ignore-target", "unknown", "--engine", "python", "--epochs", 2)
    for more in ((), ("--folds", 3)):
        done = chainrule("train", "unknown.csv", *words, *more)
        assert "30 rows without y ('unknown') left out." in done.out
        assert "unknown" not in done.out.partition("classes (")[2].partition(")")[0]
    explained = chainrule("explain", "unknown.safetensors")
    assert explained.status == 0
    (row,) = re.findall(r"dL/dw on row (\d+) ", explained.out)
    assert int(row) % 3
    assert chainrule("explain", "unknown.safetensors", "--row", 3).err.startswith(
        "chainrule: row 3 has no y; choose another row"
    )


def test_the_command_to_type_next_takes_no_name_for_an_option(chainrule, folder):
    done = chainrule("train", "iris", *QUICK, "--out=-m.cr")
    suggested = shlex.split(done.out.splitlines()[-1])[2:]
    assert suggested == ["explain", "./-m.cr", "--row", "worst"]
    assert chainrule(*suggested).status == 0


def test_ten_rows_that_are_wrong_are_named_and_the_others_counted(chainrule):
    out = " ".join(chainrule("train", "iris", "--epochs", "1", "--seed", "4").out.split())
    right = int(re.search(r"held out (\d+) of 30 rows right", out)[1])
    named, more = re.search(r"wrong rows ([\d, ]+) and (\d+) more, counted from 0", out).groups()
    assert len(named.split(", ")) == 10
    assert int(more) == 30 - right - 10
