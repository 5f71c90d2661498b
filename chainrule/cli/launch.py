"""One training on several processes: this command started anew, or joined as one of them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from chainrule.errors import MissingExtraError

INTERRUPTED = 130
"""The status of a command that was interrupted."""


def launch(processes: int, words: Sequence[str]) -> int:
    """Start this command on several processes of this machine and wait for them.

    Args:
        processes: How many.
        words: The command as it was given, without its own name.

    Returns:
        The exit status.

    Raises:
        MissingExtraError: If JAX is not installed.
        ProcessLostError: If a process was ended from outside.
    """
    _require_jax()
    from chainrule.engines import launch as start

    # What lies in the working directory is not for Python to import, unless this package does.
    path = [] if Path(__file__).parents[2] == Path.cwd() else ["-P"]
    command = [sys.executable, *path, "-m", "chainrule", *_to_join(words)]
    return start(processes, command)


def join() -> Any:
    """Become one of the processes that a launcher has started.

    Returns:
        The engine on which they train together.

    Raises:
        MissingExtraError: If JAX is not installed.
    """
    _require_jax()
    return import_module("chainrule.engines.distributed").join()


def _to_join(words: Sequence[str]) -> list[str]:
    """The words that one of several processes is started with: the same, but joined."""
    rest = iter(words)
    words_of_one = [next(rest), "--distributed"]
    for word in rest:
        if word == "--":
            return [*words_of_one, word, *rest]
        if word == "--processes":
            next(rest, None)
        elif not word.startswith("--processes="):
            words_of_one.append(word)
    return words_of_one


def _require_jax() -> None:
    if find_spec("jax") is None:
        raise MissingExtraError(
            "training on several processes needs jax, which is not installed; "
            "pip install 'chainrule[jax]' brings it, or leave out --processes and --distributed"
        )
