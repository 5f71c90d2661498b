"""`chainrule train` on several processes: started alike, found, and refused in a sentence."""

import socket
import subprocess
import sys

import pytest

from chainrule.cli.launch import _to_join
from chainrule.errors import OptionError
from tests.processes import PIPES, python
from tests.source_files import PROJECT

ROWS = "a,b\n" + "".join(f"{number},{'xy'[number % 2]}\n" for number in range(20))
needs_jax = pytest.mark.extra("jax")


def start(folder, *words, **environment):
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "chainrule", *words],
        cwd=folder,
        env={"PATH": "", "JAX_PLATFORMS": "cpu", "PYTHONPATH": str(PROJECT), **environment},
        **PIPES,
    )


def ended(process):
    """Its status, and all that it said."""
    out, said = process.communicate(timeout=180)
    return process.returncode, out + said


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def by_hand(index, port):
    return {
        "JAX_COORDINATOR_ADDRESS": f"127.0.0.1:{port}",
        "JAX_NUM_PROCESSES": "2",
        "JAX_PROCESS_ID": str(index),
    }


@pytest.mark.parametrize(
    ("given", "started"),
    [
        ("rows.csv --processes 2 --quiet", "--distributed rows.csv --quiet"),
        ("--processes=2 rows.csv", "--distributed rows.csv"),
        ("--processes 2 -- --processes", "--distributed -- --processes"),
    ],
)
def test_each_process_is_started_with_the_words_that_were_given(given, started):
    assert _to_join(["train", *given.split()]) == ["train", *started.split()]


@needs_jax
def test_what_lies_in_the_working_directory_is_not_imported(tmp_path):
    (tmp_path / "rows.csv").write_text(ROWS)
    (tmp_path / "jax.py").write_text("raise SystemExit('the wrong jax')")
    words = ("train", "--epochs", "1", "--processes", "2", "--quiet", "--", "rows.csv")
    assert ended(start(tmp_path, *words)) == (0, "")
    assert (tmp_path / "rows.safetensors").exists()


@needs_jax
def test_bad_input_is_said_once(tmp_path):
    (tmp_path / "rows.csv").write_text("a,b\n1,x\n2,x\n3,x\n")
    status, said = ended(start(tmp_path, "train", "rows.csv", "--processes", "2"))
    assert status == 2
    (line,) = said.splitlines()
    assert line.startswith("chainrule: target b has the one value x in 3 rows")


@needs_jax
def test_the_first_process_alone_speaks_and_saves(tmp_path):
    (tmp_path / "rows.csv").write_text(ROWS)
    words, port = ("train", "rows.csv", "--distributed", "--epochs", "1", "--out"), free_port()
    first, other = (start(tmp_path, *words, f"{n}.safetensors", **by_hand(n, port)) for n in (0, 1))
    status, said = ended(first)
    assert (status, "0.safetensors" in said) == (0, True)
    assert ended(other) == (0, "")
    assert {path.name for path in tmp_path.glob("*.safetensors")} == {"0.safetensors"}


@needs_jax
def test_a_process_without_the_data_stops_the_others(tmp_path):
    (tmp_path / "rows.csv").write_text(ROWS)
    port = free_port()
    words = ("train", "rows.csv", "--distributed", "--epochs", "1")
    there = start(tmp_path, *words, **by_hand(0, port))
    missing = start(PROJECT, *words, **by_hand(1, port))
    assert ended(missing) == (2, f"chainrule: {NO_FILE}\n")
    status, said = ended(there)
    assert status == 3
    assert said.startswith("chainrule: another process of this training has stopped")
    assert not (tmp_path / "rows.safetensors").exists()


NO_FILE = (
    "there is no file 'rows.csv' and no built-in data set of that name; built in are iris, "
    "penguins, digits, xor, moons, circles, spiral."
)


@needs_jax
@pytest.mark.parametrize("words", [["--engine", "jax"], ["--processes", "2"]])
def test_a_platform_that_jax_has_no_device_for_is_refused_by_its_name(words, tmp_path):
    (tmp_path / "rows.csv").write_text(ROWS)
    status, said = ended(start(tmp_path, "train", "rows.csv", *words, JAX_PLATFORMS="abacus"))
    assert status == 2
    (line,) = said.splitlines()
    assert line.startswith("chainrule: JAX_PLATFORMS is 'abacus', and JAX finds no such device")
    assert line.endswith("or set JAX_PLATFORMS=cpu to compute on processors.")


@needs_jax
@pytest.mark.parametrize(
    ("coordinator", "processes", "index", "sentence"),
    [
        ("", 2, 0, "must be host and port"),
        ("10.0.0.1", 2, 0, "must be host and port"),
        (":9000", 2, 0, "must be host and port"),
        ("10.0.0.1:http", 2, 0, "must be host and port"),
        ("10.0.0.1:65536", 2, 0, "must be host and port"),
        ("10.0.0.1:65535", 2, 2, "must be a number from 0 to 1"),  # the last port there is
        ("10.0.0.1:70000", 2, 0, "must be host and port"),
        ("127.0.0.1:9000", 0, 0, "must be how many processes there are"),
        ("127.0.0.1:9000", 10**11, 0, "must be how many processes there are"),
        ("127.0.0.1:9000", 2, 2, "must be a number from 0 to 1"),
    ],
)
def test_what_no_processes_could_be_is_refused(coordinator, processes, index, sentence):
    from chainrule.engines.distributed import join

    with pytest.raises(OptionError, match=sentence):
        join(coordinator, processes, index)


@needs_jax
def test_a_port_that_is_taken_is_refused():
    from chainrule.engines.distributed import join

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OptionError, match=f"cannot listen at port {port}"):
            join(f"127.0.0.1:{port}", 2, 0)


# In a program of its own, since it ends the one that it waits in.
ALONE = """
import sys
import chainrule.engines.distributed as distributed

distributed.PATIENCE = 1
distributed.join(sys.argv[1], 2, int(sys.argv[2]))
"""
LATE = """
import jax
from chainrule.engines.distributed import join
from chainrule.errors import OptionError

jax.numpy.arange(3)
try:
    join("127.0.0.1:9000", 2, 1)
except OptionError as error:
    print(error)
"""


def alone(program, *words):
    environment = {"PATH": "", "JAX_PLATFORMS": "cpu", "PYTHONPATH": str(PROJECT)}
    done = python("-c", program, *words, env=environment)
    return done.returncode, done.stdout + done.stderr


@needs_jax
@pytest.mark.parametrize("index", ["0", "1"])
def test_a_process_that_finds_no_other_says_so(index):
    status, said = alone(ALONE, f"127.0.0.1:{free_port()}", index)
    assert status == 3
    assert "should train together did not all appear" in said


@needs_jax
def test_one_joins_before_anything_is_computed():
    status, said = alone(LATE)
    assert status == 0
    assert said.startswith("this process cannot join others (")
    assert said.endswith("join once, before anything is computed on JAX\n")
