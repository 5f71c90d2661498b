"""What JAX compiles is kept in the user's cache folder, and found by the next program."""

import os
import subprocess
import sys

import pytest

from tests.processes import PIPES
from tests.source_files import PROJECT

pytestmark = pytest.mark.extra("jax", "filelock")

PROGRAM = """
import os, shutil
from pathlib import Path
import jax
from chainrule.engines.jax import JaxEngine
events = []
jax.monitoring.register_event_listener(lambda event, **_: events.append(event.split("/")[-1]))
engine = JaxEngine()
if os.environ.get("THEN_NOT_WRITABLE"):  # as on a full disk
    folder = Path(jax.config.jax_compilation_cache_dir)
    shutil.rmtree(folder)
    folder.write_text("")
assert engine.compile(lambda x: x * 3 + 1)(engine.asarray([1.0])).tolist() == [4.0]
print(events.count("cache_hits"), events.count("cache_misses"))
"""


def start(cache, **environment):
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", PROGRAM],
        cwd=PROJECT,
        env={
            **{name: value for name, value in os.environ.items() if "CACHE" not in name},
            "XDG_CACHE_HOME": str(cache),
            "LOCALAPPDATA": str(cache),
            **environment,
        },
        **PIPES,
    )


def hits_and_misses(program):
    said, wrong = program.communicate(timeout=300)
    assert (program.returncode, wrong) == (0, "")
    return tuple(map(int, said.split()))


def kept(cache):
    return sorted((cache / "chainrule" / "jax").glob("*-cache"))


def test_the_second_program_compiles_nothing_even_after_a_write_was_broken_off(tmp_path):
    hits, misses = hits_and_misses(start(tmp_path))
    assert (hits, misses) == (0, len(kept(tmp_path)))
    assert misses
    entry = kept(tmp_path)[0]
    entry.with_name(entry.name.replace("-cache", "-atime")).unlink()  # JAX writes it last
    entry.write_bytes(entry.read_bytes()[:9])
    assert hits_and_misses(start(tmp_path)) == (misses - 1, 1)
    assert hits_and_misses(start(tmp_path)) == (misses, 0)


def test_two_programs_at_once_do_not_trouble_each_other(tmp_path):
    both = [start(tmp_path), start(tmp_path)]
    assert [sum(hits_and_misses(program)) for program in both] == [len(kept(tmp_path))] * 2


def test_it_can_be_left_off_or_put_elsewhere(tmp_path):
    off = {"JAX_ENABLE_COMPILATION_CACHE": "false"}
    assert hits_and_misses(start(tmp_path, **off)) == (0, 0)
    hits_and_misses(start(tmp_path, JAX_COMPILATION_CACHE_DIR=str(tmp_path / "own")))
    assert not kept(tmp_path)


def test_there_is_none_where_the_folder_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    assert hits_and_misses(start(tmp_path / "file")) == (0, 0)


def test_nothing_is_said_of_what_can_no_longer_be_kept(tmp_path):
    assert hits_and_misses(start(tmp_path, THEN_NOT_WRITABLE="yes")) == (0, 0)
