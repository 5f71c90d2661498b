"""The command line: each command parses, calls, and prints.

Nothing is worked out here. A command reads its options, hands them to the function of the package
that bears its name, and prints what comes back as text or, with `--json`, as JSON. Everything but
click is imported when a command runs, so that help appears at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from chainrule.cli.launch import INTERRUPTED


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and end with its status: 0 done, 1 found wrong, 2 bad input."""
    try:
        from chainrule.cli.commands import run
    except KeyboardInterrupt:  # while the commands are loaded there is nobody else to say it
        sys.stderr.write("chainrule: interrupted.\n")
        sys.exit(INTERRUPTED)
    status = run(arguments)
    together = sys.modules.get("chainrule.engines.distributed")
    if status and together and together.joined():
        # One of several that did not end well must not wait for the others, which it left alone.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)
