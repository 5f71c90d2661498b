"""One training on several processes: this command, started or joined as a part of the whole."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from chainrule.errors import MissingExtraError

_HOME = "chainrule.engines.distributed"


def launch(processes: int) -> int | None:
    """Start this command on several processes, or join those that a launcher started.

    Args:
        processes: How many to start on this machine; 1 to join.

    Returns:
        The exit status.

    Raises:
        MissingExtraError: If this installation trains on one process only.
    """
    if find_spec(_HOME) is None:
        raise MissingExtraError(
            "training on several processes needs the distributed engine, which this installation "
            "does not have; leave out --processes and --distributed"
        )
    status: int | None = import_module(_HOME).launch(processes)
    return status
