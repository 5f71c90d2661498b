"""The command line: each command parses, calls, and prints.

Nothing is worked out here. A command reads its options, hands them to the function of the package
that bears its name, and prints what comes back as text or, with `--json`, as JSON. Everything but
click is imported when a command runs, so that help appears at once.
"""

from chainrule.cli.commands import main

__all__ = ["main"]
