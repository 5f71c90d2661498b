"""How commands begin and end, whatever they do."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import chainrule as cr
from chainrule import ops
from chainrule.cli import commands, main
from chainrule.nn import ACTIVATIONS, LOSSES
from chainrule.playground import Playground
from chainrule.train.schedules import SCHEDULES

NAMES = [
    *("tour", "train", "score", "search", "predict", "explain", "mend", "nudge", "check", "health"),
    *("worksheet", "exercise", "program", "play", "doctor", "completion"),
]
DRAWING = {"train", "search", "exercise", "explain", "mend", "check", "play"}
COMMANDS = commands.chainrule.commands
FEW = ("--engine", "python", "--epochs", "1", "--layers", "2")
# What each command is asked here, {} for a model's file; one without words has no test.
ASKED = {
    "tour": ("neuron",),
    "train": ("xor", *FEW),
    "score": ("{}",),
    "search": ("xor", *FEW, "--learning-rate", "0.1", "--trials", "2"),
    "predict": ("{}", "iris"),
    "explain": ("{}",),
    "mend": ("{}", "--row", "worst"),
    "nudge": ("{}", "--weight", "dense1.bias[0]"),
    "check": ("{}",),
    "health": ("{}",),
    "worksheet": ("{}", "--row", "0"),
    "exercise": ("6",),
    "program": ("{}",),
    "play": ("--no-browser",),
    "doctor": (),
    "completion": ("bash",),
}
ANSWERS = {"predict"}  # what it prints is its answers, in quiet, too, and JSON of a row a line


def test_help_lists_the_commands_in_the_order_in_which_one_meets_them(chainrule):
    done = chainrule("--help")
    listed = done.out.partition("Commands:")[2].split("\n")
    assert [line.split()[0] for line in listed if line.strip()] == NAMES
    assert (done.status, done.err) == (0, "")


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_help_and_the_options_that_make_sense(name, chainrule):
    done = chainrule(name, "--help")
    assert done.status == 0
    options = {word for param in COMMANDS[name].params for word in param.opts}
    assert {"--json", "--quiet"} <= options
    assert ("--seed" in options) == (name in DRAWING)
    assert max(map(len, done.out.splitlines())) <= 80
    assert "..." not in chainrule("--help").out.partition("Commands:")[2]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_quiet_command_says_nothing_but_json(name, chainrule, trained, monkeypatch):
    monkeypatch.setattr(Playground, "run", Playground.close)
    words = [name, *(word.format(trained) for word in ASKED[name])]
    loud = chainrule(*words)
    assert (loud.status, loud.out != "") == (0, True)
    assert chainrule(*words, "--quiet") == (0, loud.out if name in ANSWERS else "", "")
    told = chainrule(*words, "--quiet", "--json")
    for text in told.out.splitlines() if name in ANSWERS else [told.out]:
        assert isinstance(json.loads(text), dict)
    assert (told.status, told.err) == (0, "")


def test_a_seed_decides_the_first_weights_of_the_page(chainrule, monkeypatch):
    sessions = []

    def run(opened):
        sessions.append(opened.session)
        opened.close()

    monkeypatch.setattr(Playground, "run", run)
    for seed in ("3", "3", "4"):
        assert chainrule("play", "--no-browser", "--seed", seed).status == 0
    once, again, other = (session.call("look")["loss"] for session in sessions)
    assert once == again != other


def test_a_list_of_steps_and_the_solutions_are_json_too(chainrule):
    steps = json.loads(chainrule("tour", "--list", "--json").out)
    assert [*steps][:2] == ["neuron", "activation"]
    asked, solved = (
        json.loads(chainrule("exercise", 6, "--json", *w).out) for w in ([], ["--solutions"])
    )
    assert [*asked] == [*solved] == ["6.1", "6.2", "6.3"]
    assert asked != solved


def test_a_quiet_prediction_leaves_the_notes_out(chainrule, trained, folder):
    (folder / "new.csv").write_text(
        "sepal_length,sepal_width,petal_length,petal_width\n5,,1.4,0.2\n"
    )
    loud, quiet = (chainrule("predict", trained, "new.csv", *w) for w in ([], ["--quiet"]))
    assert loud.err
    assert quiet == (0, loud.out, "")


def test_help_loads_nothing_that_a_command_needs(process):
    script = (
        "import sys\n"
        "from chainrule.cli.commands import run\n"
        "run(['--help'])\n"
        "heavy = {'rich', 'numpy', 'chainrule.model', 'chainrule.train', 'chainrule.data'}\n"
        "heavy |= {'importlib.metadata', 'difflib', 'tomllib'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    done = process("-c", script)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("option", "names"),
    [
        # Tests may have declared ops and optimizers of their own.
        ("activation", {n for n in ops.__all__ if n in ACTIVATIONS and ACTIVATIONS[n].entrywise}),
        ("loss", set(LOSSES)),
        ("optimizer", {cr.SGD.name, cr.RMSProp.name, cr.Adagrad.name, cr.Adam.name, cr.AdamW.name}),
        ("schedule", set(SCHEDULES)),
    ],
)
def test_help_names_all_that_an_option_can_be(option, names):
    (told,) = (p.help for p in COMMANDS["train"].params if p.name == option)
    assert names <= set(re.findall(r"\w+", told))


def test_the_version_is_the_package_s(chainrule):
    assert chainrule("--version").out.split()[-1] == cr.__version__


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["trian"], "Did you mean 'train'? `chainrule --help` lists what there is."),
        (["train"], "Missing argument 'DATA'; `chainrule train --help`"),
        (["train", "iris", "--epoch"], "No such option"),
        (
            ["train", "iris", "--lr", "1"],
            "'--lr'. Did you mean '--learning-rate'? `chainrule train",
        ),
        (["train", "iris", "--out"], "requires an argument; `chainrule train --help`"),
        (["nudge", "m"], "Missing option '--weight'"),
    ],
)
def test_a_wrong_word_is_bad_input_and_points_to_help(words, part, chainrule):
    done = chainrule(*words)
    assert (done.status, done.out) == (2, "")
    assert part in done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("error", "status", "part"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (PermissionError(13, "Permission denied", "a.csv"), 2, "a.csv: Permission denied"),
        (OSError(28, "No space left on device"), 2, "no room is left on the disk"),
        (MemoryError(), 2, "memory is used up; give fewer rows"),
        (
            MemoryError("Out of memory allocating 8 bytes.\nat a"),
            2,
            "up (Out of memory allocating 8",
        ),
        (MemoryError("Unable to allocate 8 TiB"), 2, "up (Unable to allocate 8 TiB); give fewer"),
        (UnicodeEncodeError("ascii", "größe.csv", 2, 4, ""), 2, "'größe.csv' has letters that"),
    ],
)
def test_whatever_stops_a_command_becomes_one_sentence(error, status, part, chainrule, monkeypatch):
    def broken_off(*_arguments, **_options):
        raise error

    monkeypatch.setattr(commands.train, "callback", broken_off)
    done = chainrule("train", "iris")
    assert (done.status, done.out) == (status, "")
    assert part in done.err
    assert len(done.err.strip().splitlines()) == 1


def stopped(*_arguments, **_options):
    raise KeyboardInterrupt


def test_an_interrupted_run_that_is_kept_says_how_it_goes_on(chainrule, monkeypatch):
    monkeypatch.setattr(commands.train, "callback", stopped)
    assert "--resume" not in chainrule("train", "iris").err
    for words in (("--checkpoint", "run.st"), ("--checkpoint=run.st",)):
        assert "with --resume it goes on after the last" in chainrule("train", "iris", *words).err


def test_an_interrupted_report_says_where_the_model_is(chainrule, monkeypatch, tmp_path):
    monkeypatch.setattr("chainrule.cli.train._report", stopped)
    done = chainrule("train", "iris", "--epochs", "1", "--out", str(tmp_path / "m.st"))
    assert done.status == 130
    assert f"interrupted; the model was saved as {tmp_path / 'm.st'}." in done.err
    assert (tmp_path / "m.st").exists()


def test_only_an_interrupted_training_speaks_of_a_model(chainrule, monkeypatch):
    for command in (commands.train, commands.explain):
        monkeypatch.setattr(command, "callback", stopped)
    assert chainrule("train", "iris").err.strip() == "chainrule: interrupted; no model was saved."
    done = chainrule("explain", "train")
    assert (done.status, done.out, done.err.strip()) == (130, "", "chainrule: interrupted.")


@pytest.mark.parametrize(
    ("status", "joined", "at_once"),
    [(0, None, False), (2, None, False), (0, True, False), (2, False, False), (2, True, True)],
)
def test_one_of_several_that_did_not_end_well_waits_for_no_other(
    status, joined, at_once, monkeypatch
):
    ended = []
    there = None if joined is None else SimpleNamespace(joined=lambda: joined)
    monkeypatch.setitem(sys.modules, "chainrule.engines.distributed", there)
    monkeypatch.setattr("os._exit", ended.append)
    monkeypatch.setattr(commands, "run", lambda words: status * (words == ["tour"]))
    with pytest.raises(SystemExit) as end:
        main(["tour"])
    assert (end.value.code, ended) == (status, [status] * at_once)


def test_a_command_that_is_interrupted_while_it_is_loaded_says_so(process):
    script = (
        "import sys\n"
        "class Press:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'click':\n"
        "            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Press())\n"
        "from chainrule.cli import main\n"
        "main()\n"
    )
    done = process("-c", script)
    assert (done.returncode, done.stderr) == (130, "chainrule: interrupted.\n")


def test_the_module_runs_as_the_command_does(process):
    done = process("-m", "chainrule", "tour", "neuron")
    assert (done.returncode, done.stderr) == (0, "")
    assert "z = w·x + b" in done.stdout


def test_a_reader_who_leaves_early_is_no_error(process):
    script = (
        "import os, sys\n"
        "from chainrule.cli.commands import run\n"
        "reading, writing = os.pipe()\n"
        "os.close(reading)\n"
        "os.dup2(writing, 1)\n"
        "sys.exit(run(['tour', 'neuron']))\n"
    )
    done = process("-c", script)
    assert done.stderr == ""
    assert done.returncode == 128 + signal.SIGPIPE


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux's")
@pytest.mark.parametrize("words", [("tour", "neuron"), ("train", "iris", "--epochs", "1")])
def test_a_full_disk_is_said_where_the_output_goes(process, words):
    with Path("/dev/full").open("w") as full:
        done = process("-m", "chainrule", *words, stdout=full)
    assert done.returncode == 2
    assert done.stderr == ("chainrule: no room is left on the disk; make room and run it again.\n")


TRAIN = ("-m", "chainrule", "train", "iris", "--engine", "python", "--epochs", "1")
# What a process changes about itself stays when it becomes another; a forked test process could
# not be so sure of what other threads hold.
BECOME = "import os, sys; os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"


@pytest.mark.skipif(sys.platform == "win32", reason="limits are set the POSIX way")
def test_a_model_that_does_not_fit_on_the_disk_leaves_nothing_behind(process, folder):
    small_files = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))"
    done = process("-c", f"{small_files}; {BECOME}", *TRAIN, stdin=subprocess.DEVNULL)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "iris.safetensors cannot be written" in done.stderr
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("words", [(), ("train",)])
def test_help_may_be_asked_for_as_a_word(words, chainrule):
    asked, option = chainrule("help", *words), chainrule(*words, "--help")
    assert (asked.status, asked.out) == (0, option.out)


def test_without_a_command_the_help_is_shown(chainrule):
    assert chainrule() == chainrule("--help")


@pytest.mark.skipif(sys.platform == "win32", reason="a shell closes it the POSIX way")
@pytest.mark.parametrize("closed", [(1,), (2,), (0, 1, 2)])
def test_a_closed_output_is_no_reason_to_stop(process, folder, closed):
    done = process("-c", f"import os; [*map(os.close, {closed})]; {BECOME}", *TRAIN)
    assert (done.returncode, done.stderr) == (0, "")
    assert (folder / "iris.safetensors").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe is closed the POSIX way")
@pytest.mark.parametrize("closed", [(1,), (2,), (1, 2)])
def test_a_reader_who_leaves_early_loses_no_model(process, folder, closed):
    script = (
        "import os, sys\n"
        "from chainrule.train import progress\n"
        "progress._LONG_SECONDS = 0.0\n"  # so that it is told on standard error, too
        "reading, writing = os.pipe()\n"
        "os.close(reading)\n"
        f"for output in {closed}: os.dup2(writing, output)\n"
        "from chainrule.cli import main\n"
        f"main({list(TRAIN[2:])})\n"
    )
    done = process("-c", script)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert (folder / "iris.safetensors").exists()
    assert (folder / "iris.toml").exists()


def test_an_encoding_without_arrows_gets_question_marks(process):
    script = (
        "import sys\n"
        "from chainrule.cli.commands import run\n"
        "sys.stdout.reconfigure(encoding='latin-1')\n"
        "sys.exit(run(['train', 'iris', '--epochs', '1', '--engine', 'python']))\n"
    )
    done = process("-c", script)
    assert (done.returncode, done.stderr) == (0, "")
    assert "4 inputs ? 16 relu" in done.stdout


def test_what_a_machine_reads_is_utf_8_where_the_locale_is_not(process, folder):
    """As in a file on Windows: CSV and JSON of a class that cp1252 cannot write, and a program."""
    rows = "".join(f"{i},{name}\n" for i, name in enumerate(["λ", "µ"] * 10))
    (folder / "greek.csv").write_text(f"size,kind\n{rows}", "utf-8")
    script = (
        "import sys\n"
        "from chainrule.cli.commands import run\n"
        "sys.stdout.reconfigure(encoding='cp1252')\n"
        "sys.exit(run(sys.argv[1:]))\n"
    )
    assert process("-c", script, "train", "greek.csv", "--epochs", "1", "--quiet").returncode == 0
    predict = ("predict", "greek.safetensors", "greek.csv")
    assert process("-c", script, *predict, encoding="utf-8").stdout.startswith("size,kind,")
    for words in (predict, (*predict, "--json")):
        assert process("-c", script, *words, encoding="utf-8").stdout.count("λ") >= 10
    program = process("-c", script, "program", "greek.safetensors", encoding="utf-8").stdout
    assert process("-", input=program, encoding="utf-8").returncode == 0
