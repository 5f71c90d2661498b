"""What `import chainrule` brings along: the standard library and nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
NEWLY_LOADED = """
import sys
before = set(sys.modules)
import {package}
new = {{name.partition(".")[0] for name in set(sys.modules) - before}}
print(*sorted(new - {{"{package}"}} - sys.stdlib_module_names))
"""
WITHOUT_EXTRAS = """
import sys
from importlib import import_module

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {extras}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
for module in {modules}:
    import_module(module)
"""


def run(script, folder=PROJECT):
    """A Python of its own, so that nothing that this test run has loaded is in its way."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def rooms(project=PROJECT):
    folders = sorted(path.parent for path in (project / "chainrule").glob("*/__init__.py"))
    return ["chainrule", *(f"chainrule.{folder.name}" for folder in folders)]


@pytest.fixture
def guest(tmp_path):
    """A project whose package imports NumPy and a library that stands beside it."""
    (tmp_path / "neighbour.py").touch()
    (tmp_path / "chainrule").mkdir()
    (tmp_path / "chainrule/__init__.py").write_text("import math, neighbour\n")
    (tmp_path / "chainrule/arrays").mkdir()
    (tmp_path / "chainrule/arrays/__init__.py").write_text("import numpy\n")
    return tmp_path


def test_importing_chainrule_loads_the_standard_library_only():
    done = run(NEWLY_LOADED.format(package="chainrule"))
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, [], "")


def test_a_package_that_loads_a_library_is_found(guest):
    done = run(NEWLY_LOADED.format(package="chainrule"), guest)
    assert done.stdout.split() == ["neighbour"]


@pytest.mark.parametrize("room", rooms())
def test_every_room_opens_where_no_extra_is_installed(room, extras):
    done = run(WITHOUT_EXTRAS.format(extras=extras, modules=[room]))
    assert done.stderr == ""


def test_a_room_that_needs_numpy_is_found(guest, extras):
    done = run(WITHOUT_EXTRAS.format(extras=extras, modules=rooms(guest)), guest)
    assert done.returncode == 1
    assert "No module named 'numpy'" in done.stderr
