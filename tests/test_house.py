"""What `import chainrule` brings along, and how tests ask for the libraries that it does not."""

import ast
import importlib
import os
import re
import shutil
from pathlib import Path

import pytest

from tests.processes import python
from tests.source_files import PROJECT

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
    return python("-W", "error", "-c", script, folder=folder)


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


def test_a_network_learns_without_the_rooms_that_explain_it():
    learn = "chainrule.Network([chainrule.Dense(1, 1)]).fit([[0.0]], [[1.0]], epochs=1)"
    rooms = "sorted({name.split('.')[1] for name in sys.modules if 'chainrule.' in name})"
    done = run(f"import sys, chainrule\n{learn}\nprint(*{rooms})")
    loaded = set(done.stdout.split())
    assert loaded >= {"model", "train"}
    assert not loaded & {"checking", "diagnosis", "explanations", "report"}


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


@pytest.fixture
def tests(tmp_path):
    """A folder of two tests: one needs what everyone has, one what nobody has."""
    shutil.copy(PROJECT / "tests/conftest.py", tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = extra\n")
    (tmp_path / "test_extras.py").write_text(
        "import pytest\n\n@pytest.mark.extra('math')\ndef test_here(): pass\n\n"
        "@pytest.mark.extra('math', 'not_there')\ndef test_there(): raise AssertionError\n"
    )
    return tmp_path


def test_a_test_is_skipped_where_its_library_is_missing(tests):
    done = python("-m", "pytest", "-rs", folder=tests)
    assert "1 passed, 1 skipped" in done.stdout
    assert "needs not_there" in done.stdout


def test_a_missing_library_stops_the_run_that_requires_all_of_them(tests):
    conftest = tests / "conftest.py"
    conftest.write_text(conftest.read_text().replace('"jax",', '"not_there",'))
    done = python("-m", "pytest", "--extras-required", folder=tests)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert re.search(r"these are missing: .*\bnot_there\b", done.stderr)


def test_every_op_is_found_at_the_front_door():
    import chainrule
    from chainrule import ops

    assert set(ops.__all__) <= set(dir(chainrule))
    assert {"Any", "import_module"}.isdisjoint(dir(chainrule))
    assert all(getattr(chainrule, name) is getattr(ops, name) for name in ops.__all__)


@pytest.mark.parametrize("door", ["chainrule", "chainrule.model"])
def test_type_checkers_and_python_are_told_of_the_same_names(door):
    module = importlib.import_module(door)
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    (for_checkers,) = (node for node in tree.body if isinstance(node, ast.If))
    told = {a.asname or a.name: node.module for node in for_checkers.body for a in node.names}
    assert {name: home for name, home in told.items() if name != "*"} == module._HOME_OF


@pytest.mark.extra("jax")
def test_jax_takes_no_gpu_in_the_tests_unless_it_is_told_to():
    import jax

    found = run("import jax; print(jax.config.jax_platforms)")
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout.strip() == jax.config.jax_platforms == os.environ["JAX_PLATFORMS"]
