"""Settings for every test: repeatable examples, no deadlines, the mark for optional libraries."""

import io
import os
import signal
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from shutil import which

import pytest
from hypothesis import settings

EXTRAS = (
    "axe_playwright_python",
    "build",
    "filelock",
    "hatchling",
    "ipykernel",
    "jax",
    "jupytext",
    "marimo",
    "material",
    "matplotlib",
    "mkdocs",
    "mkdocstrings",
    "nbclient",
    "numba",
    "numpy",
    "onnx",
    "onnxruntime",
    "pandas",
    "playwright",
    "polars",
    "pyarrow",
    "safetensors",
    "sklearn",
    "torch",
    "websockets",
)

# Before JAX is loaded, here or in a process that a test starts: each that took a GPU would take
# most of its memory, from the other workers and from whoever else is using it.
os.environ.setdefault("JAX_PLATFORMS", "cpu")
# No test depends on what an earlier run compiled, or leaves anything in the user's cache folder.
os.environ.setdefault("JAX_ENABLE_COMPILATION_CACHE", "false")

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


@pytest.fixture(params=["lists", pytest.param("numpy", marks=pytest.mark.extra("numpy"))])
def xp(request):
    """The functions of list arrays, then those of NumPy."""
    return import_module("chainrule.arrays" if request.param == "lists" else "numpy")


@pytest.fixture(scope="session")
def extras():
    """The names under which every optional library is imported."""
    return EXTRAS


@pytest.fixture
def ctrl_c():
    """Python's own handler, which a process in the background lacks."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def absent(modules):
    return [module for module in modules if find_spec(module) is None]


def pytest_addoption(parser):
    parser.addoption(
        "--extras-required",
        action="store_true",
        help="stop at the start when an optional library is missing, instead of skipping its tests",
    )


def pytest_configure(config):
    missing = absent(EXTRAS) if config.getoption("--extras-required") else []
    if missing:
        raise pytest.UsageError(
            f"every optional library was required and these are missing: {', '.join(missing)}; "
            "install them with pip install -e '.[test-all]'"
        )


def pytest_runtest_setup(item):
    for mark in item.iter_markers("extra"):
        if missing := absent(mark.args):
            pytest.skip(f"needs {', '.join(missing)}")


BROWSER_OPTIONS = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-quic"),
    *("--no-first-run", "--disable-component-update", "--disable-sync"),
)


@pytest.fixture(scope="session")
def browser():
    """One Chromium for every test of a process, since Playwright runs once in each."""
    from playwright.sync_api import sync_playwright

    found = which("chromium") or which("chromium-browser") or which("google-chrome")
    if not found:
        pytest.skip("needs a chromium on the search path")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=list(BROWSER_OPTIONS))
        yield started
        started.close()


@pytest.fixture
def forgotten():
    """Ops declared in a test are forgotten after it."""
    import chainrule.ops  # noqa: F401 - fills the registry
    from chainrule.autodiff import PRIMITIVES, namespace

    before = dict(PRIMITIVES)
    yield
    for name in PRIMITIVES.keys() - before.keys():
        del PRIMITIVES[name]
        delattr(namespace, name)
    assert before == PRIMITIVES


@pytest.fixture
def house(tmp_path):
    """Builds a small project around a file that is given by its name and text."""
    from tests.source_files import build_house  # not where a test runs this file elsewhere

    return partial(build_house, tmp_path)


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    """A stream that says of itself that somebody looks on."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    return Terminal()
