"""The command line as a function, as a process of its own, and a model to ask questions about."""

import os
from typing import NamedTuple

import pytest

from chainrule.cli.commands import run
from chainrule.model import load
from chainrule.model.table import train_on_table
from tests.processes import python
from tests.source_files import PROJECT


class Outcome(NamedTuple):
    status: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Every command runs in an empty folder of its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def chainrule(capsys):
    """Runs a command within this process."""

    def command(*words):
        status = run([str(word) for word in words])
        return Outcome(status, *capsys.readouterr())

    return command


@pytest.fixture
def process(folder):
    """Runs Python in a process of its own, the package on its path."""

    def strictly(*words, **options):
        environment = {
            **os.environ,
            "PYTHONPATH": str(PROJECT),
            "PYTHONIOENCODING": "utf-8",
            "PYTHONUNBUFFERED": "",
        }
        strict = ("-W", "error", "-X", "warn_default_encoding")
        return python(*strict, *words, folder=folder, env=environment, **options)

    return strictly


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """A small network that has learned iris a little, in a file."""
    path = tmp_path_factory.mktemp("models") / "iris.safetensors"
    done = train_on_table("iris", layers=[4], epochs=5, engine="python", progress=False)
    done.net.save(path)
    return path


@pytest.fixture
def net(trained):
    return load(trained, engine="python")
