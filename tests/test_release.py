"""What is released: an archive of the sources, and the wheel that is built from it, in use."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile

import pytest

import chainrule
from tests.source_files import PROJECT

pytestmark = pytest.mark.extra("build", "hatchling")


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """The folder with the source archive and the wheel, built from a copy of the sources alone."""
    copy, dist = tmp_path_factory.mktemp("project"), tmp_path_factory.mktemp("dist")
    for name in run("git", "ls-files", cwd=PROJECT).splitlines():
        if (PROJECT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / name, copy / name)
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", dist, copy)
    return dist


@pytest.fixture(scope="module")
def fresh(released, tmp_path_factory):
    """Runs a command of an environment that holds the wheel; what it needs is lent by this one."""
    place = tmp_path_factory.mktemp("fresh")
    run(sys.executable, "-m", "venv", place / "env")
    (wheel,) = released.glob("*.whl")
    run(place / "env/bin/python", "-m", "pip", "install", "--no-index", "--no-deps", wheel)
    lent = {**os.environ, "PYTHONPATH": sysconfig.get_path("purelib")}
    return lambda *command: run(place / "env/bin" / command[0], *command[1:], cwd=place, env=lent)


def test_the_version_stands_in_one_place(released):
    version = chainrule.__version__
    assert sorted(path.name for path in released.iterdir()) == [
        f"chainrule-{version}-py3-none-any.whl",
        f"chainrule-{version}.tar.gz",
    ]
    assert f"\n## [{version}] - " in (PROJECT / "CHANGELOG.md").read_text("utf-8")


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(released):
    (wheel,) = released.glob("*.whl")
    packed = {n for n in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in n}
    assert packed == set(run("git", "ls-files", "chainrule", cwd=PROJECT).splitlines())
    assert "chainrule/py.typed" in packed


def test_the_archive_holds_what_the_tests_need(released):
    (archive,) = released.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        names = {name.partition("/")[2] for name in packed.getnames()}
    assert {"Makefile", "README.md", "tests/test_release.py", "docs/pages.py"} <= names


def test_a_network_is_trained_and_explained_from_the_wheel(fresh):
    where = fresh("python", "-c", "import chainrule; print(chainrule.__file__)")
    assert str(PROJECT) not in where
    out = fresh("chainrule", "train", "iris", "--epochs", "3", "--engine", "python")
    assert "saved     iris.safetensors" in out
    fresh("chainrule", "explain", "iris.safetensors", "--row", "worst", "--html", "page.html")
