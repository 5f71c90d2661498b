"""One training on several processes: this command started anew, or joined as one of them."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from chainrule.errors import MissingExtraError

_HOME = "chainrule.engines.distributed"


def launch(processes: int) -> int:
    """Start this command on several processes of this machine and wait for them.

    Args:
        processes: How many.

    Returns:
        The exit status.

    Raises:
        MissingExtraError: If this installation trains on one process only.
    """
    return int(_distributed().launch(processes))


def join() -> None:
    """Become one of the processes that a launcher has started; training then goes on as usual.

    Raises:
        MissingExtraError: If this installation trains on one process only.
    """
    _distributed().join()


def _distributed() -> Any:
    if find_spec(_HOME) is None:
        raise MissingExtraError(
            "training on several processes needs the distributed engine, which this installation "
            "does not have; leave out --processes and --distributed"
        )
    return import_module(_HOME)
