"""A command started on several processes of this machine, which end together.

Each is one run of the same program, told by the environment who trains along. The launcher waits
for all of them, stops those that are left when one has ended badly, and says which one that was.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from tempfile import TemporaryFile
from time import monotonic, sleep
from typing import IO

from chainrule.errors import ProcessLostError

COORDINATOR = "JAX_COORDINATOR_ADDRESS"
COUNT = "JAX_NUM_PROCESSES"
INDEX = "JAX_PROCESS_ID"
LAUNCHER = "CHAINRULE_LAUNCHER"
"""The number of the process that `launch` runs in, for those that it starts."""
HEARTBEAT = 10
"""How long a silent process counts as alive, in seconds."""
_GRACE = HEARTBEAT / 2
"""How long others may take to end by themselves after one that ended badly, in seconds: less than
JAX takes to miss a heartbeat, which ends a process with a log in place of a sentence."""
PROCESS_LOST = 3
"""The status of a process that ends because another is gone."""
_SAID_WHY = (1, 2, 128 + signal.SIGINT)
"""Statuses of a process that has said itself why it ends."""
_LOST_ANOTHER = (PROCESS_LOST, -signal.SIGABRT)
"""The same, and how JAX breaks off where process 0 is gone."""

Process = subprocess.Popen[bytes]


def launch(processes: int, command: Sequence[str]) -> int:
    """Start a command on several processes of this machine and wait for them.

    Args:
        processes: How many.
        command: What to start.

    Returns:
        The exit status: 0 if all of them end well, else that of the one which ended the others. It
        alone is heard; what the others have to say is that it is gone.

    Raises:
        ProcessLostError: If one of them was ended from outside, or ended without a word.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    shared = {**os.environ, COORDINATOR: address, COUNT: str(processes)}
    shared[LAUNCHER] = str(os.getpid())
    shared["JAX_COORDINATOR_BIND_ADDRESS"] = address
    with ExitStack() as files:
        said = [files.enter_context(TemporaryFile()) for _ in range(processes - 1)]
        own = [{INDEX: str(n), "JAX_LOCAL_DEVICE_IDS": str(n)} for n in range(processes)]
        started = [
            subprocess.Popen(command, env=shared | its, stderr=stderr)
            for its, stderr in zip(own, [None, *said], strict=True)
        ]
        try:
            first = _wait(started)
        finally:
            _stop(started)
        if first is None:
            return 0
        if first:
            _repeat(said[first - 1])
        status = started[first].returncode
        if status < 0 or status not in (*_SAID_WHY, *_LOST_ANOTHER):
            raise ProcessLostError(
                f"process {first} of {processes} {_end(status)}, and so the training stopped; a "
                "checkpoint stays as it was last written, and the same command with --resume goes "
                "on from there"
            )
        return status


def _wait(started: Sequence[Process]) -> int | None:
    """Wait until all have ended, or for a while after the first that ended badly.

    Returns:
        The number of the one that ended the others; None if all ended well.
    """
    until = float("inf")
    while None in (statuses := [process.poll() for process in started]) and monotonic() < until:
        sleep(0.05)
        if until == float("inf") and any(statuses):
            until = monotonic() + _GRACE
    ended_badly = [index for index, process in enumerate(started) if process.returncode]
    return min(ended_badly, key=lambda index: _rank(started[index].returncode), default=None)


def _rank(status: int) -> int:
    """How likely a status is that of the one which ended the others, from 0."""
    if status in _LOST_ANOTHER:
        return 2
    return 1 if status in _SAID_WHY else 0


def _end(status: int) -> str:
    if status > 0:
        return f"ended with status {status}"
    with suppress(ValueError):
        return f"was ended by {signal.Signals(-status).name}"
    return f"was ended by signal {-status}"


def _repeat(said: IO[bytes]) -> None:
    said.seek(0)
    sys.stderr.write(said.read().decode(errors="replace"))
    sys.stderr.flush()


def _stop(started: Sequence[Process]) -> None:
    for process in started:  # nothing is sent to one that has ended
        process.terminate()
    for process in started:
        with suppress(subprocess.TimeoutExpired):
            process.wait(HEARTBEAT)
        process.kill()
        process.wait()
