"""The options beside a model train it again, to the bit, wherever that is done."""

import json
import os
import shlex
import sys
import tomllib
from threading import Thread

import pytest

from chainrule.model import load

ROWS = "zip,when,y\n" + "".join(
    f"0{row % 9 + 1},{row % 7 + row / 10},{'ab'[row % 3 == 0]}\n" for row in range(60)
)
GIVEN = (
    *("--types", "zip=category", "--ignore", "when", "--na", "x,?", "--layers", "5,3"),
    *("--epochs", "4", "--dropout", "0.1", "--seed", "3", "--engine", "python", "--ledger"),
)


def weights(path):
    return {name: w.tolist() for name, w in load(path, engine="python").parameters.items()}


@pytest.fixture
def rows(folder):
    (folder / "data").mkdir()
    path = folder / "data" / "rows.csv"
    path.write_text(ROWS)
    return path


def test_the_same_weights_come_of_the_options_beside_the_model(
    chainrule, rows, folder, monkeypatch
):
    (folder / "models").mkdir()
    model = folder / "models" / "first.st"
    assert chainrule("train", "data/rows.csv", *GIVEN, "--out", model, "--quiet").status == 0
    before = weights(model)
    model.unlink()
    monkeypatch.chdir(folder / "data")  # the data are found from where the options lie
    again = chainrule("train", "--config", "../models/first.toml", "--json")
    assert (again.status, again.err) == (0, "")
    assert weights(folder / "models" / "first.safetensors") == before
    assert json.loads(again.out)["seed"] == 3


def test_the_file_holds_what_was_given_and_what_was_not(chainrule, rows, folder):
    chainrule("train", "data/rows.csv", *GIVEN, "--out", "data/first.st", "--quiet")
    found = tomllib.loads((folder / "data" / "first.toml").read_text(encoding="utf-8"))
    assert found["data"] == "rows.csv"
    assert found["types"] == ["zip=category"]
    assert found["na"] == ["x", "?"]
    assert (found["layers"], found["epochs"], found["engine"]) == ("5,3", 4, "python")
    assert (found["dtype"], found["batch-size"], found["ledger"]) == ("float64", 32, True)
    assert found["sha256"] == load(folder / "data" / "first.st").data_source.sha256
    assert not {"out", "quiet", "json", "checkpoint-every", "config"} & set(found)


def test_what_is_typed_overrules_the_file(chainrule, folder):
    chainrule("train", "iris", "--engine", "python", "--epochs", 2, "--quiet")
    done = chainrule("train", "--config", "iris.toml", "--epochs", 3, "--out", "b.st", "--json")
    assert len(json.loads(done.out)["history"]["epochs"]) == 3
    assert "epochs = 3\n" in (folder / "b.toml").read_text()


def test_a_number_in_the_file_is_read_as_it_would_be_typed(chainrule, rows, folder):
    told = 'data = "data/rows.csv"\nlayers = [7, 4]\nmemory = 90000000\ntypes = {zip = "text"}\n'
    (folder / "numbers.toml").write_text(told)
    given = ("--engine", "python", "--epochs", 1, "--out", "model.st")
    done = chainrule("train", "--config", "numbers.toml", *given)
    assert (done.status, done.err) == (0, "")
    net = load(folder / "model.st")
    assert [w.shape for w in net.parameters.values()][1::2] == [(7,), (4,), (1,)]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
def test_a_config_may_come_through_a_pipe(chainrule, folder):
    os.mkfifo(folder / "pipe")
    text = "data = 'iris'\nengine = 'python'\nepochs = 1\n"
    writer = Thread(target=(folder / "pipe").write_text, args=(text,), daemon=True)
    writer.start()
    done = chainrule("train", "--config", "pipe", "--out", "model.st")
    assert (done.status, done.err) == (0, "")


@pytest.mark.parametrize("text", ['a"b\\c', "été ✓ \U0001f600", "tab\tnew\nline \x7f"])
def test_any_text_comes_back_from_the_file(chainrule, folder, text):
    rows = "".join(f"{i},{'pq'[i % 2]}\n" for i in range(20))
    (folder / "rows.csv").write_text("x,y\n" + rows)
    words = ("--engine", "python", "--epochs", 1, "--quiet", "--na", text)
    assert chainrule("train", "rows.csv", *words).status == 0
    assert tomllib.loads((folder / "rows.toml").read_text(encoding="utf-8"))["na"] == [text]


def test_data_that_have_changed_are_told(chainrule, rows, folder):
    words = ("--engine", "python", "--epochs", 1, "--quiet")
    assert chainrule("train", "data/rows.csv", *words).err == ""
    assert chainrule("train", "--config", "rows.toml", "--quiet").err == ""
    rows.write_text(ROWS + "07,1,a\n")
    done = chainrule("train", "--config", "rows.toml", "--quiet")
    assert (done.status, done.err) == (
        0,
        "data/rows.csv is not what it was when rows.toml was written.\n",
    )


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("data = 'iris'\nepoch = 3\n", "did you mean 'epochs'?"),
        ("data = 'iris'\nout = 'a'\n", "no option of"),
        ("data = 'iris'\nbatch_size = 3\n", "is called 'batch_size'; did you mean 'batch-size'?"),
        ("data = 'iris'\nepochs = 'many'\n", "'many' is not a whole number"),
        ("data = 'iris'\nepochs = 2.5\n", "'2.5' is not a whole number"),
        ("data = 'iris'\nepochs = 2.0\n", "'2.0' is not a whole number"),  # nor is it if typed
        ("data = 'iris'\nseed = true\n", "seed of a.toml is True: give it a text or a number"),
        ("data = 'iris'\nledger = 1\n", "ledger of a.toml is 1: give it true or false"),
        ("[data]\nx = 1\n", "data of a.toml is {'x': 1}: give it a text or a number"),
        ("data = 2026-01-01\n", "data of a.toml is datetime.date(2026, 1, 1): give it a text"),
        ("data = \n", "is not TOML"),
        (b"\xff\xfe", "is not TOML"),
        (None, "chainrule: there is no file a.toml: check"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(chainrule, folder, text, part):
    if text is not None:
        (folder / "a.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    done = chainrule("train", "--config", "a.toml")
    assert (done.status, len(done.err.splitlines())) == (2, 1)
    assert part in done.err


def test_a_file_of_that_name_that_is_something_else_stays(chainrule, folder):
    (folder / "iris.toml").write_text("[tool]\n")
    done = chainrule("train", "iris", "--engine", "python", "--epochs", 1)
    assert done.status == 2
    assert "iris.toml holds something else: give --out another name" in done.err
    assert (folder / "iris.toml").read_text() == "[tool]\n"
    assert not (folder / "iris.safetensors").exists()


def test_the_first_line_can_be_typed_and_data_on_another_drive_are_named_whole(
    chainrule, rows, folder, monkeypatch
):
    """As on Windows, where no way leads from one drive to another."""

    def no_way(path, start):
        raise ValueError(f"path {path} is on mount 'D:', start {start} on mount 'C:'")

    words = ("--engine", "python", "--epochs", 1, "--quiet")
    with monkeypatch.context() as windows:
        windows.setattr(os.path, "relpath", no_way)
        assert chainrule("train", "data/rows.csv", *words, "--out", "my flats.st").status == 0
    typed = shlex.split((folder / "my flats.toml").read_text("utf-8").splitlines()[0])
    before = weights("my flats.st")
    monkeypatch.chdir(folder / "data")
    (folder / "my flats.toml").replace("my flats.toml")
    assert chainrule(*typed[typed.index("train") :], "--quiet").status == 0
    assert weights("my flats.safetensors") == before


def test_folds_and_groups_are_trained_again_too(chainrule, rows, folder):
    words = ("--engine", "python", "--epochs", 2, "--folds", 3, "--group", "zip", "--quiet")
    assert chainrule("train", "data/rows.csv", *words).status == 0
    before = weights("rows.safetensors")
    assert chainrule("train", "--config", "rows.toml", "--quiet").status == 0
    assert weights("rows.safetensors") == before


@pytest.mark.skipif(sys.platform != "linux", reason="its names of files are any bytes")
@pytest.mark.parametrize("name", ["new\nline", "no text \udcff", "\udcc3\udcb6"])
def test_any_name_of_a_file_comes_back_from_the_file(chainrule, folder, name):
    (folder / f"{name}.csv").write_text(ROWS)
    words = ("--engine", "python", "--epochs", 1, "--quiet")
    assert chainrule("train", f"{name}.csv", *words).status == 0
    before = weights(folder / f"{name}.safetensors")
    (folder / f"{name}.safetensors").unlink()
    assert chainrule("train", "--config", f"{name}.toml", "--quiet").status == 0
    assert weights(folder / f"{name}.safetensors") == before
