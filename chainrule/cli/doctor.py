"""`chainrule doctor` and `completion`: this installation, and the shell that it is used from."""

from __future__ import annotations

import os
import platform
from typing import Any

import click
from click.shell_completion import get_completion_class

from chainrule import __version__
from chainrule.cli.output import say, show_as_it_is, show_json
from chainrule.errors import ChainruleError, MissingExtraError

EXTRAS = {
    "fast": {"numpy": "the numpy engine", "numba": "its compiled kernels"},
    "jax": {
        "jax": "the jax engine: GPUs, several machines",
        "filelock": "its cache of what was compiled",
    },
    "parquet": {"pyarrow": "Parquet files"},
    "frames": {"pandas": "pandas' data frames", "polars": "Polars' data frames"},
    "sklearn": {"scikit-learn": "estimators, and fitted MLPs taken over"},
    "torch": {"torch": "PyTorch modules, both ways"},
    "onnx": {"onnx": "ONNX graphs, both ways"},
    "plot": {"matplotlib": "plots"},
}
"""Of each extra the libraries that it brings, and what each is for."""

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


@click.command(short_help="Versions, engines, devices, and what is missing.")
def doctor(as_json: bool) -> None:
    """Versions, engines, devices and threads, and which extra brings what is missing."""
    facts = _examine()
    if as_json:
        show_json(facts)
        return
    say(f"{facts['chainrule']} on Python {facts['python']}, {facts['system']}", label="chainrule")
    memory = f", {facts['memory'] / 1e9:.1f} GB of memory" if facts["memory"] else ""
    limits = ", ".join(f"{name}={value}" for name, value in facts["threads"].items())
    say(f"{facts['cores']} cores to use{memory}{f'; {limits}' if limits else ''}", label="machine")
    for place, (name, state) in enumerate(facts["engines"].items()):
        say(f"{name}: {state}", label=" " if place else "engines")
    for place, (name, library) in enumerate(facts["libraries"].items()):
        state = library["version"] or f"missing: pip install 'chainrule[{library['extra']}]'"
        say(f"{name} {state} ({library['for']})", label=" " if place else "extras")


def _examine() -> dict[str, Any]:
    from chainrule.engines import ENGINES
    from chainrule.train import machine_memory

    return {
        "chainrule": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": _cores(),
        "memory": machine_memory(),
        "threads": {name: os.environ[name] for name in _THREADS if name in os.environ},
        "engines": {name: _engine(name) for name in ENGINES},
        "libraries": {
            name: {"version": _version(name), "extra": extra, "for": purpose}
            for extra, libraries in EXTRAS.items()
            for name, purpose in libraries.items()
        },
    }


def _cores() -> int:
    """The cores that this process may use, where the system tells."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _engine(name: str) -> str:
    """What an engine computes on, or why it cannot."""
    from chainrule.engines import choose_engine

    try:
        engine = choose_engine(name)
        kinds = ", ".join(engine.dtypes)
        return f"ready{f' on {engine.hardware}' if engine.hardware else ''} ({kinds})"
    except MissingExtraError:
        return "not installed"
    except (ChainruleError, ImportError) as error:
        return f"not ready: {error}"


def _version(library: str) -> str | None:
    # Only here, since loading it takes a fifth of the time in which help is shown.
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(library)
    except PackageNotFoundError:
        return None


@click.command(short_help="Let the shell complete commands and options.")
@click.argument("shell", metavar="SHELL", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str, as_json: bool) -> None:
    """Print what a shell reads to complete commands, options and files.

    In bash: add `eval "$(chainrule completion bash)"` to ~/.bashrc. In zsh the same in ~/.zshrc. In
    fish: `chainrule completion fish | source`.
    """
    kind = get_completion_class(shell)
    assert kind is not None
    root = context.find_root()
    script = kind(root.command, {}, "chainrule", "_CHAINRULE_COMPLETE").source()
    if as_json:
        show_json({"shell": shell, "script": script})
    else:
        show_as_it_is(script)
