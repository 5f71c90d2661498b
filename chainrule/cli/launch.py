"""One training on several processes: this command started anew, or joined as one of them."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NoReturn

from chainrule.errors import MissingExtraError

_HOME = "chainrule.engines.distributed"


def launch(processes: int) -> int:
    """Start this command on several processes of this machine and wait for them.

    Args:
        processes: How many.

    Returns:
        The exit status.

    Raises:
        MissingExtraError: If JAX is not installed.
    """
    return int(_distributed().launch(processes))


def join() -> Any:
    """Become one of the processes that a launcher has started.

    Returns:
        The engine on which they train together.

    Raises:
        MissingExtraError: If JAX is not installed.
    """
    return _distributed().join()


def leading() -> bool:
    """Whether this process speaks for those that train together."""
    joined = sys.modules.get(_HOME)
    return joined is None or bool(joined.leading())


def leave(status: int) -> NoReturn:
    """End this process.

    One of several that did not end well must not wait for the others, which it has left alone.
    """
    joined = sys.modules.get(_HOME)
    if status and joined and joined.joined():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)


def _distributed() -> Any:
    if find_spec("jax") is None:
        raise MissingExtraError(
            "training on several processes needs jax, which is not installed; "
            "pip install 'chainrule[jax]' brings it, or leave out --processes and --distributed"
        )
    return import_module(_HOME)
