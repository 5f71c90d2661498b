"""`chainrule doctor` and `chainrule completion`: what is here, and what a shell can complete."""

import importlib.metadata
import json
import platform
import shutil
import subprocess
import tomllib

import pytest

from chainrule.cli.doctor import EXTRAS
from tests.source_files import PROJECT


def test_versions_and_engines_are_told(chainrule):
    found = json.loads(chainrule("doctor", "--json").out)
    assert found["python"] == platform.python_version()
    assert found["engines"]["python"] == "ready (float64)"
    assert found["cores"] >= 1
    for name, library in found["libraries"].items():
        try:
            assert library["version"] == importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            assert library["version"] is None


def test_what_is_missing_comes_with_the_extra_that_brings_it(chainrule, monkeypatch):
    monkeypatch.setattr("chainrule.engines.choose.find_spec", lambda _: None)
    monkeypatch.setattr("chainrule.cli.doctor._version", lambda _: None)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    said = " ".join(chainrule("doctor").out.split())
    assert "numpy: not installed" in said
    assert "pyarrow missing: pip install 'chainrule[parquet]' (Parquet files)" in said
    assert "OMP_NUM_THREADS=3" in said


def test_each_fact_has_a_line_and_its_kind_stands_before_the_first(chainrule, monkeypatch):
    fast = {"version": "2.4", "extra": "fast", "for": "arrays"}
    facts = {
        "chainrule": "1.2",
        "python": "3.11.7",
        "system": "Linux x86_64",
        "cores": 8,
        "memory": 16_049_999_990,
        "threads": {"OMP_NUM_THREADS": "3"},
        "engines": {"python": "ready (float64)", "jax": "not installed"},
        "libraries": {"numpy": fast, "jax": {"version": None, "extra": "jax", "for": "GPUs"}},
    }
    monkeypatch.setattr("chainrule.cli.doctor._examine", lambda: facts)
    assert chainrule("doctor").out.splitlines() == [
        "chainrule 1.2 on Python 3.11.7, Linux x86_64",
        "machine   8 cores to use, 16.0 GB of memory; OMP_NUM_THREADS=3",
        "engines   python: ready (float64)",
        "          jax: not installed",
        "extras    numpy 2.4 (arrays)",
        "          jax missing: pip install 'chainrule[jax]' (GPUs)",
    ]
    facts |= {"memory": None, "threads": {"OMP_NUM_THREADS": "3", "MKL_NUM_THREADS": "2"}}
    said = "machine   8 cores to use; OMP_NUM_THREADS=3, MKL_NUM_THREADS=2"
    assert chainrule("doctor").out.splitlines()[1] == said
    facts |= {"threads": {}}
    assert chainrule("doctor").out.splitlines()[1] == "machine   8 cores to use"


@pytest.mark.parametrize(("told", "cores"), [(6, 6), (None, 1)])
def test_where_no_share_of_the_cores_is_told_all_count(told, cores, chainrule, monkeypatch):
    monkeypatch.delattr("os.sched_getaffinity", raising=False)
    monkeypatch.setattr("os.cpu_count", lambda: told)
    assert json.loads(chainrule("doctor", "--json").out)["cores"] == cores


def test_the_extras_are_those_that_can_be_installed():
    text = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    extras = tomllib.loads(text)["project"]["optional-dependencies"]
    for_contributors = {"all", "bench", "dev", "docs", "mutants", "test", "test-all"}
    assert set(EXTRAS) == set(extras) - for_contributors
    for extra, libraries in EXTRAS.items():
        assert {name.partition(">")[0] for name in extras[extra]} == set(libraries)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("chainrule tr", "plain,train"),
        ("chainrule train --ep", "plain,--epochs"),
        ("chainrule train di", "file,di"),
        ("chainrule search --tri", "plain,--trials"),
        ("chainrule train --class-weight ", "plain,balanced"),
    ],
)
def test_a_shell_is_told_how_a_word_goes_on(typed, offered, process, monkeypatch):
    words = {"COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" "))}
    for name, value in {**words, "_CHAINRULE_COMPLETE": "bash_complete"}.items():
        monkeypatch.setenv(name, value)
    done = process(
        "-c", "import sys; sys.argv = ['chainrule']; import chainrule.cli as c; c.main()"
    )
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, [offered], "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_one_that_the_shell_can_read(shell, chainrule):
    done = chainrule("completion", shell)
    assert (done.status, done.err) == (0, "")
    assert "_CHAINRULE_COMPLETE" in done.out
    if shutil.which(shell):
        read = subprocess.run([shell, "-n"], input=done.out, text=True, check=False, timeout=60)
        assert read.returncode == 0


def test_an_unknown_shell_is_refused(chainrule):
    done = chainrule("completion", "tcsh")
    assert done.status == 2
    assert "'tcsh'" in done.err
