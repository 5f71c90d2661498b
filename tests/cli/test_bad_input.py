"""Bad input gets one sentence on standard error, exit status 2, and leaves every file as it was."""

import os
import struct
import sys
from pathlib import Path

import pytest

from chainrule.cli.commands import _refuse

GOOD = "size,colour\n" + "1.5,red\n2.5,blue\n" * 10
TRAIN = ("train", "data.csv", "--engine", "python", "--epochs", 1)

# What the file holds, the words of the command, and what the sentence must name.
BAD_DATA = {
    "an empty file": (b"", TRAIN, "data.csv is empty"),
    "a header without rows": (b"size,colour\n", TRAIN, "no rows"),
    "an unknown column": (GOOD, (*TRAIN, "--target", "color"), "did you mean 'colour'?"),
    "a target with one value": ("a,b\n1,x\n2,x\n3,x\n", TRAIN, "the one value x"),
    "text where a number must be": (
        GOOD,
        (*TRAIN, "--target", "colour", "--task", "regression"),
        "colour",
    ),
    "an infinite number": (GOOD + "inf,red\n", TRAIN, "inf"),
    "rows of different length": (GOOD + "1\n", TRAIN, "line 22"),
    "a file that is not UTF-8": (GOOD.encode() + b"\x81\xff,red\n", TRAIN, "not UTF-8"),
    "a column of two names": ("a,a\n1,2\n3,4\n", TRAIN, "more than one column named a"),
    "a damaged image file": (struct.pack(">I", 0x0803), TRAIN, "cut short"),
    "an unknown activation": (GOOD, (*TRAIN, "--activation", "rleu"), "did you mean 'relu'?"),
    "an unknown loss": (GOOD, (*TRAIN, "--loss", "hing"), "did you mean 'hinge'?"),
    "an unknown optimizer": (GOOD, (*TRAIN, "--optimizer", "adm"), "did you mean 'adam'?"),
    "an unknown schedule": (GOOD, (*TRAIN, "--schedule", "cosin"), "did you mean 'cosine'?"),
    "a loss for values on classes' columns": (
        GOOD,
        (*TRAIN, "--target", "size", "--task", "regression", "--loss", "hinge"),
        "hinge is for classes",
    ),
    "no epochs": (GOOD, (*TRAIN[:-1], 0), "--epochs is 0"),
    "no rows in a batch": (GOOD, (*TRAIN, "--batch-size", 0), "--batch-size is 0"),
    "all rows held out": (GOOD, (*TRAIN, "--validation", 1), "at least 0 and below 1"),
    "a learning rate in words": (
        GOOD,
        (*TRAIN, "--learning-rate", "low"),
        "'low' is not a number; `",
    ),
    "a penalty in words": (GOOD, (*TRAIN, "--l2", "low"), "'low' is not a number; `"),
    "epochs in words": (GOOD, (*TRAIN, "--epochs", "many"), "'many' is not a whole number; `"),
    "no processes": (GOOD, (*TRAIN, "--processes", 0), "--processes': 0 is not 1 or more; `"),
    "an option of another command": (GOOD, (*TRAIN, "--full"), "'--l2'?) `chainrule train --help`"),
    "a learning rate of nothing": (GOOD, (*TRAIN, "--learning-rate", 0), "--learning-rate is 0"),
    "a negative penalty": (GOOD, (*TRAIN, "--l2", -1), "l2 is -1.0: it must be 0 or more"),
    "sizes that are not numbers": (GOOD, (*TRAIN, "--layers", "3,x"), "'3,x'"),
    "a layer of nothing": (GOOD, (*TRAIN, "--layers", 0), "from 1 on"),
    "an unknown engine": (GOOD, (*TRAIN, "--engine", "numpi"), "'numpi'"),
    "several processes on an engine of one": (
        GOOD,
        (*TRAIN, "--processes", 2),
        "found --engine python: leave it out",
    ),
    "an engine of one among others": (GOOD, (*TRAIN, "--distributed"), "found --engine python"),
    "a kind that the engine lacks": (GOOD, (*TRAIN, "--dtype", "float8"), "float8"),
    "a folder that is not there": (
        GOOD,
        (*TRAIN, "--out", "no/m.safetensors"),
        "there is no folder ",
    ),
    "a file that is not a model": (
        GOOD,
        (*TRAIN, "--out", "data.csv"),
        "is not a model that can be read",
    ),
    "a place that is a folder": (GOOD, (*TRAIN, "--out", "."), "is a folder"),
    "a size that no computer has": (
        GOOD,
        (*TRAIN, "--layers", "9" * 5000),
        "is not a list of sizes",
    ),
    "layers that no memory holds": (GOOD, (*TRAIN, "--layers", "9" * 12), "of memory"),
    "a memory with two points": (GOOD, (*TRAIN, "--memory", "1.2.3"), "not a size in bytes"),
    "a memory without digits": (GOOD, (*TRAIN, "--memory", "."), "not a size in bytes"),
    "a penalty that is not a number": (GOOD, (*TRAIN, "--l2", "nan"), "l2 is nan"),
    "a workbook": (b"PK\x03\x04" + bytes(60), TRAIN, "save its table as CSV"),
    "a saved model": ((2).to_bytes(8, "little") + b"{}", TRAIN, "is a saved model"),
    "labels of what is built in": (
        GOOD,
        ("train", "iris", "--labels", "data.csv"),
        "labels go with IDX images, and iris is built in: leave them out",
    ),
    "an encoding of what is built in": (
        GOOD,
        ("train", "iris", "--encoding", "latin-1"),
        "--encoding says how a CSV file is written, and iris is built in: leave it out",
    ),
    "no header of a JSON file": (
        '[{"x": 1, "y": "a"}]',
        (*TRAIN, "--no-header"),
        "--no-header says how a CSV file is written, and data.csv is a json file: leave it out",
    ),
    "labels of a table": (GOOD, (*TRAIN, "--labels", "data.csv"), "leave them out"),
    "a word that is kept and missing": (
        GOOD,
        (*TRAIN, "--keep", "NA,x", "--na", "NA"),
        "'NA' cannot be kept and be missing as well: say one of the two",
    ),
    "a kind of number of another engine": (
        GOOD,
        (*TRAIN, "--dtype", "bfloat16"),
        "found the dtype 'bfloat16'",
    ),
    "weights of classes beside numbers": (
        GOOD,
        (*TRAIN, "--target", "size", "--task", "regression", "--class-weight", "balanced"),
        "answers at once: leave it out, or give --weight-column",
    ),
    "a column of an option's name": (
        "epochs,y\n" + "1,a\n2,b\n" * 9,
        (*TRAIN, "--types", "epochs=nothing"),
        "chainrule: epochs is said to be of the type 'nothing'",
    ),
    "a column of numbers of an option's name": (
        "x,batch_size\n" + "1,3\n2,5\n" * 9,
        (*TRAIN, "--target", "batch_size", "--task", "regression", "--loss", "hinge"),
        "hinge is for classes, and batch_size holds numbers",
    ),
    "a group of an option's name": (
        "x,batch_size\n" + "1,a\n2,b\n" * 9,
        (*TRAIN, "--weight-column", "batch_size"),
        "--weight-column is batch_size, which is the target",
    ),
    "a file of an option's name": (
        GOOD,
        (*TRAIN, "--checkpoint", "learning_rate.csv"),
        "chainrule: learning_rate.csv",
    ),
    "the last weights beside the best ones": (
        GOOD,
        (*TRAIN, "--last-epoch", "--early-stopping", "3"),
        "and --last-epoch keeps the last ones",
    ),
    "a target of an option's name": (
        "x,batch_size\n" + "1,a\n2,b\n" * 9,
        (*TRAIN, "--ignore", "batch_size"),
        "chainrule: batch_size is the target, and is to be ignored",
    ),
}


def snapshot(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def refused(outcome, part):
    assert outcome.status == 2
    assert outcome.out == ""
    assert len(outcome.err.splitlines()) == 1
    assert outcome.err.startswith("chainrule: ")
    assert "Traceback" not in outcome.err
    assert part in outcome.err
    return True


@pytest.mark.parametrize("name", BAD_DATA)
def test_training_refuses(name, chainrule, folder):
    content, words, part = BAD_DATA[name]
    (folder / "data.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    before = snapshot(folder)
    assert refused(chainrule(*words), part)
    assert snapshot(folder) == before


def test_training_refuses_a_name_that_is_nothing(chainrule, folder):
    assert refused(chainrule("train", "pengins"), "did you mean 'penguins'?")
    assert snapshot(folder) == {}


def test_a_run_that_leaves_the_finite_numbers_says_where_and_saves_nothing(chainrule, folder):
    words = ("train", "iris", "--engine", "python", "--learning-rate", "1e200", "--clip-norm", 1)
    assert refused(chainrule(*words, "--quiet"), "step 2")
    assert snapshot(folder) == {}


@pytest.fixture
def model(trained, folder):
    path = folder / "model.safetensors"
    path.write_bytes(trained.read_bytes())
    return path


def cut(content):
    return content[:-8]


def foreign(_content):
    return b"PK\x03\x04" + bytes(60)


def nameless(_content):
    return (2).to_bytes(8, "little") + b"{}"


@pytest.mark.parametrize(
    ("damage", "part"),
    [
        (cut, "cut short"),
        (foreign, "zip archive"),
        (nameless, "holds 0 tensors"),
        (lambda _: b"", "empty"),
        (lambda _: b"size,colour\n1,red\n", "text, such as a CSV file"),
    ],
)
@pytest.mark.parametrize("command", ["explain", "nudge", "check", "health", "program"])
def test_every_command_refuses_a_damaged_model(command, damage, part, chainrule, model, folder):
    model.write_bytes(damage(model.read_bytes()))
    before = snapshot(folder)
    options = ("--weight", "dense1.bias[0]") if command == "nudge" else ()
    assert refused(chainrule(command, model.name, *options), part)
    assert snapshot(folder) == before


def test_a_missing_model_is_named(chainrule):
    assert refused(chainrule("explain", "iri"), "there is no file iri")


def test_a_data_set_in_place_of_a_model_says_how_to_make_one(chainrule):
    for command in ("explain", "play"):
        assert refused(chainrule(command, "iris"), "`chainrule train iris` makes one")


def test_a_protected_folder_is_named_before_anything_is_worked_out(chainrule, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert refused(
        chainrule("exercise", "6", "--out", "6.txt"), f"the folder {Path.cwd()} is write-protected"
    )


def test_data_with_other_columns_is_refused(chainrule, model):
    assert refused(chainrule("explain", model, "penguins"), "has no columns sepal_length")


@pytest.mark.parametrize(
    ("row", "part"), [(150, "rows 0 to 149"), (-1, "'-1'"), ("best", "'best'"), (1.5, "'1.5'")]
)
def test_a_row_that_is_not_there_is_refused(row, part, chainrule, model):
    assert refused(chainrule("explain", model, "--row", row), part)


@pytest.mark.parametrize(
    ("weight", "part"),
    [
        ("dense1.wieght[0,0]", "did you mean 'dense1.weight'?"),
        ("dense1.weight[4,0]", "0 to 3, 0 to 3"),
        ("dense1.weight[0]", "2 numbers in brackets"),
        ("dense1.weight", "does not name one weight"),
    ],
)
def test_a_weight_that_is_not_there_is_refused(weight, part, chainrule, model, folder):
    assert refused(chainrule("nudge", model, "--weight", weight), part)
    page = ("--html", "page.html")
    assert refused(chainrule("explain", model, "--row", 3, "--weight", weight, *page), part)
    assert not (folder / "page.html").exists()


@pytest.mark.parametrize("command", ["explain", "score"])
def test_labels_without_images_are_refused(command, chainrule, model):
    assert refused(chainrule(command, model, "--labels", "x"), "labels go with IDX images: give")


def test_a_model_whose_data_are_gone_asks_for_others(chainrule, folder):
    data = folder / "data.csv"
    data.write_text(GOOD)
    chainrule(*TRAIN, "--quiet")
    data.unlink()
    assert refused(chainrule("explain", "data.safetensors"), "which cannot be read again")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes among its files")
def test_a_pipe_is_not_waited_for(chainrule, folder, model):
    (folder / "data.csv").write_text(GOOD)
    for name in ("pipe", "m.toml", "n.run"):
        os.mkfifo(folder / name)
    assert refused(chainrule("train", "pipe"), "pipe is a pipe")
    assert refused(chainrule("explain", "pipe"), "which can be read only once: give a model file")
    assert refused(chainrule(*TRAIN, "--quiet", "--checkpoint", "pipe"), "it is a device or a pipe")
    assert refused(chainrule(*TRAIN, "--out", "m.cr"), "m.toml holds something else")
    assert refused(chainrule(*TRAIN, "--quiet", "--out", "n.cr"), "it is a device or a pipe")


@pytest.mark.skipif(sys.platform == "win32", reason="who may make links there is a setting")
def test_links_in_a_circle_lead_nowhere_and_a_broken_one_to_a_folder(chainrule, folder, model):
    (folder / "data.csv").write_text(GOOD)
    for link, to in (("a", "b"), ("b", "a"), ("broken", "nowhere/model")):
        (folder / link).symlink_to(to)
    assert refused(chainrule("explain", "a"), "a cannot be read")
    for place in ("--out", "--checkpoint"):
        assert chainrule(*TRAIN, "--quiet", place, "b").status == 0
        assert (folder / "b").is_file()
        (folder / "b").unlink()
        (folder / "b").symlink_to("a")
    assert refused(chainrule(*TRAIN, "--out", "broken"), "there is no folder")


def test_nothing_is_written_over_that_is_not_of_its_kind(chainrule, folder, model):
    (folder / "data.csv").write_text(GOOD)
    assert chainrule(*TRAIN, "--out", "m.cr", "--quiet").status == 0
    before = snapshot(folder)
    for command in ("mend", "worksheet"):
        assert chainrule(command, "m.cr", "--row", 0, "--out", "data.csv").status == 2
    for page, what in (("m.cr", "model"), ("data.csv", "data")):
        for data in ((), ("data.csv",)):
            outcome = chainrule("explain", "m.cr", *data, "--row", 0, "--html", page)
            assert refused(outcome, f"--html {page} would overwrite the {what}")
    for command in (TRAIN, ("mend", "m.cr", "--row", "0")):
        assert refused(chainrule(*command, "--out", "n.onnx"), "call it n.safetensors; cr.to_onnx")
    assert refused(chainrule(*TRAIN, "--out", "n.cr", "--checkpoint", "n.PT"), "net.to_torch()")
    refused(chainrule(*TRAIN, "--out", "n.toml"), "beside the model, in n.toml: give --out another")
    refused(chainrule(*TRAIN, "--out", "n.run"), "the run and the model would both be kept in")
    refused(chainrule(*TRAIN, "--out", "n.cr", "--checkpoint", "n.toml"), "the run and the options")
    assert snapshot(folder) == before


def test_a_protected_model_is_named_before_the_training(chainrule, folder, monkeypatch):
    (folder / "data.csv").write_text(GOOD)
    assert chainrule(*TRAIN, "--out", "m.cr", "--quiet").status == 0
    monkeypatch.setattr(os, "access", lambda path, _: Path(path).name != "m.cr")
    assert refused(
        chainrule(*TRAIN, "--out", "m.cr"), "m.cr cannot be written: it is write-protected"
    )


@pytest.mark.parametrize("words", [("tour", "--x"), ("train", "iris", "--config")])
def test_a_word_of_thousands_of_letters_is_cut(words, chainrule):
    done = chainrule(*words, "z" * 3000)
    assert done.status == 2
    assert "zzz…zzz" in done.err
    assert len(done.err) < 500


def test_a_word_is_cut_that_is_longer_than_the_name_of_a_file_can_be(capsys):
    for letters, whole in (255, True), (256, False):
        assert _refuse(f"no {'z' * letters} here") == 2
        assert (f" {'z' * letters} " in capsys.readouterr().err) is whole
