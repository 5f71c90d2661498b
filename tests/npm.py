"""What comes from npm for a test: fetched once into `build/`, or a reason to skip the test."""

import tempfile
from pathlib import Path
from shutil import rmtree, which
from subprocess import TimeoutExpired, run

import pytest

from tests.source_files import PROJECT

BUILD = PROJECT / "build"


def fetched(name, version, *, unpacked=False):
    """The archive of a package in a version, or the folder that it is installed in."""
    target = BUILD / (f"{name}-{version}" if unpacked else f"{name}-{version}.tgz")
    if target.exists():
        return target
    if not (npm := which("npm")):
        pytest.skip(f"needs {name} {version}, and npm, which fetches it, was not found")
    BUILD.mkdir(exist_ok=True)
    # Fetched aside and then moved, since tests that run beside this one may want it, too.
    aside = Path(tempfile.mkdtemp(dir=BUILD))
    words = ["install", "--prefix", aside] if unpacked else ["pack"]
    try:
        command = [npm, *words, f"{name}@{version}"]
        done = run(command, cwd=aside, capture_output=True, text=True, timeout=180)
        said = done.stderr.strip()
    except TimeoutExpired:
        said = "no answer within 180 s"
    made = aside if unpacked else aside / target.name
    if not (made / "node_modules" if unpacked else made).exists():
        rmtree(aside, ignore_errors=True)
        pytest.skip(f"npm could not fetch {name} {version}: {said}")
    try:
        made.rename(target)
    except OSError:  # another was first
        assert target.exists()
    rmtree(aside, ignore_errors=True)
    return target
