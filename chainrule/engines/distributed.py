"""Training on several processes: how they find each other, start, and stop together.

Each process is one run of the same program. They are found by JAX's own distributed runtime, and
compute over a `RowMesh` of all their devices. A process that dies is noticed by the others within
seconds; they stop, and so does the command that started them.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from tempfile import TemporaryFile
from threading import Thread
from time import monotonic, sleep

import jax

from chainrule.engines.jax import JaxEngine
from chainrule.engines.jax_mesh import RowMesh
from chainrule.errors import OptionError, ProcessLostError

COORDINATOR = "JAX_COORDINATOR_ADDRESS"
COUNT = "JAX_NUM_PROCESSES"
INDEX = "JAX_PROCESS_ID"
LAUNCHER = "CHAINRULE_LAUNCHER"
"""The number of the process that `launch` runs in, for those that it starts."""
PATIENCE = 60
"""How long processes wait for each other at the start and at the end, in seconds."""
HEARTBEAT = 10
"""How long a silent process counts as alive, in seconds."""
_SAID_WHY = (1, 2)  # statuses with which the first process has said what all would say


def join(
    coordinator: str | None = None, processes: int | None = None, index: int | None = None
) -> JaxEngine:
    """Become one of several processes that train together.

    What is left out is taken from the environment: `JAX_COORDINATOR_ADDRESS`, `JAX_NUM_PROCESSES`
    and `JAX_PROCESS_ID`, or else what Slurm, Open MPI and the other launchers that JAX knows have
    set. Must come before anything else is computed on JAX.

    Args:
        coordinator: Host and port of process 0, such as "10.0.0.1:9000".
        processes: How many there are.
        index: Which of them this is, from 0.

    Returns:
        The engine to train on: `Network(..., engine=join())`. On every process the same data are
        trained on with the same options; process 0 alone writes files.

    Raises:
        OptionError: If it is not said who trains along.
        ProcessLostError: If the others do not appear.
    """
    if _number(LAUNCHER) == os.getppid():
        Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    coordinator = coordinator or os.environ.get(COORDINATOR)
    processes = _number(COUNT) if processes is None else processes
    index = _number(INDEX) if index is None else index
    # The service would note a SIGTERM and go on, where whoever sends one wants an end.
    jax.config.update("jax_enable_preemption_service", False)
    try:
        jax.distributed.initialize(
            coordinator,
            processes,
            index,
            initialization_timeout=PATIENCE,
            heartbeat_timeout_seconds=HEARTBEAT,
            shutdown_timeout_seconds=PATIENCE,
        )
    except (ValueError, TypeError) as error:
        raise OptionError(
            f"it is not said which processes train together ({error}); set {COORDINATOR} to host "
            f"and port of the first, {COUNT} to how many there are, and {INDEX} to this one's "
            "number from 0, or use --processes N on one machine"
        ) from None
    except RuntimeError as error:
        raise ProcessLostError(
            f"the processes that should train together did not all appear at {coordinator} within "
            f"{PATIENCE} seconds ({str(error).splitlines()[0]}); start all of them at once"
        ) from error
    mesh = RowMesh()
    with _standard_output_closed():
        mesh.hand_out(b"")
    return JaxEngine(mesh)


def launch(processes: int, command: Sequence[str] | None = None) -> int:
    """Start this command on several processes of this machine and wait for them.

    Args:
        processes: How many.
        command: What to start; this process's own command, joined to the others, if left out.

    Returns:
        The exit status: 0 if all of them end well, else that of the first which did not. What the
        others have to say is said at the end, and only where the first has not said why it ended.
    """
    command = command or _to_join(sys.argv[1:])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    shared = {**os.environ, COORDINATOR: address, COUNT: str(processes)}
    shared[LAUNCHER] = str(os.getpid())
    shared["JAX_COORDINATOR_BIND_ADDRESS"] = address
    with ExitStack() as files:
        said = [files.enter_context(TemporaryFile()) for _ in range(processes - 1)]
        started = [
            subprocess.Popen(command, env=shared | _own(index), stderr=stderr)
            for index, stderr in enumerate([None, *said])
        ]
        try:
            return _wait(started)
        finally:
            _stop(started)
            if started[0].returncode not in _SAID_WHY:
                for one in said:
                    one.seek(0)
                    sys.stderr.write(one.read().decode(errors="replace"))


def joined() -> bool:
    """Whether this process trains together with others."""
    return bool(jax.distributed.is_initialized())


def leading() -> bool:
    """Whether this process speaks for those that train together."""
    return not joined() or jax.process_index() == 0


def _to_join(arguments: Sequence[str]) -> list[str]:
    """The command line of one of the processes: the same words, but joined."""
    words = iter(arguments)
    kept = []
    for word in words:
        if word == "--processes":
            next(words, None)
        elif not word.startswith("--processes="):
            kept.append(word)
    return [sys.executable, "-m", "chainrule", *kept, "--distributed"]


def _end_with(launcher: int) -> None:
    """End this process once the one that started it is gone, however that came about."""
    while os.getppid() == launcher:
        sleep(0.5)
    os._exit(1)


def _own(index: int) -> dict[str, str]:
    """What the environment of one process says of it alone: its number, and its GPU if any."""
    return {INDEX: str(index), "JAX_LOCAL_DEVICE_IDS": str(index)}


def _wait(started: Sequence[subprocess.Popen[bytes]]) -> int:
    """Wait until all have ended, or for a while after the first that ended badly."""
    failed, until = 0, float("inf")
    while any(process.poll() is None for process in started) and monotonic() < until:
        sleep(0.05)
        bad = next((process.returncode for process in started if process.returncode), 0)
        if bad and not failed:
            failed, until = bad, monotonic() + 2 * HEARTBEAT
    statuses = (process.returncode for process in started)
    worst = failed or next((status for status in statuses if status), 0)
    return worst if worst >= 0 else 128 - worst


def _stop(started: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in started:
        if process.poll() is None:
            process.terminate()
    for process in started:
        with suppress(subprocess.TimeoutExpired):
            process.wait(HEARTBEAT)
        if process.poll() is None:
            process.kill()
            process.wait()


def _number(variable: str) -> int | None:
    text = os.environ.get(variable)
    if text is None:
        return None
    if not text.isdecimal():
        raise OptionError(f"{variable} is {text!r}; it must be a whole number from 0")
    return int(text)


@contextmanager
def _standard_output_closed() -> Iterator[None]:
    """Keep what gloo says at its first connection out of the results of this program."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
