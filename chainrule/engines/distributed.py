"""Training on several processes: how one of them finds the others.

Each process is one run of the same program. They are found by JAX's own distributed runtime, and
compute over a `RowMesh` of all their devices. A process that dies is noticed by the others within
seconds, and they stop.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread, Timer
from time import sleep

import jax

from chainrule.engines.jax import JaxEngine, first_line, require_devices
from chainrule.engines.jax_mesh import RowMesh
from chainrule.engines.launcher import COORDINATOR, COUNT, HEARTBEAT, INDEX, LAUNCHER, PROCESS_LOST
from chainrule.errors import OptionError, ProcessLostError

_SAY_IT = (
    f"set {COORDINATOR} to host and port of the first, {COUNT} to how many there are, and {INDEX} "
    "to this one's number from 0, or use --processes N on one machine"
)
PATIENCE = 60
"""How long processes wait for each other at the start and at the end, in seconds."""


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
        ProcessLostError: If the others cannot be joined. If they do not appear within a minute,
            this process ends with a sentence and status 3.
    """
    if _from_environment(LAUNCHER) == os.getppid():
        Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    coordinator = os.environ.get(COORDINATOR) if coordinator is None else coordinator
    processes = _from_environment(COUNT) if processes is None else processes
    index = _from_environment(INDEX) if index is None else index
    _require_sense(coordinator, processes, index)
    if coordinator and index == 0:
        _require_free(coordinator.rpartition(":")[2])
    # The service would note a SIGTERM and go on, where whoever sends one wants an end.
    jax.config.update("jax_enable_preemption_service", False)
    timer = Timer(PATIENCE, _give_up, (coordinator,))  # JAX would break off without a word
    timer.daemon = True
    timer.start()
    try:
        jax.distributed.initialize(
            coordinator,
            processes,
            index,
            initialization_timeout=2 * PATIENCE,
            heartbeat_timeout_seconds=HEARTBEAT,
            shutdown_timeout_seconds=PATIENCE,
        )
    except jax.errors.JaxRuntimeError as error:
        raise ProcessLostError(
            f"the processes that should train together did not meet at {coordinator} "
            f"({first_line(error)}); start all of them anew"
        ) from error
    except (ValueError, TypeError) as error:
        raise OptionError(
            f"it is not said which processes train together ({error}); {_SAY_IT}"
        ) from None
    except RuntimeError as error:
        raise OptionError(
            f"this process cannot join others ({first_line(error)}); join once, before anything is "
            "computed on JAX"
        ) from None
    finally:
        timer.cancel()
    require_devices()
    mesh = RowMesh()
    engine = JaxEngine(mesh)
    with _standard_output_closed(), engine.scope():
        mesh.connect()
        mesh.hand_out(b"")
    return engine


def joined() -> bool:
    """Whether this process trains together with others."""
    return bool(jax.distributed.is_initialized())


def _require_sense(coordinator: str | None, processes: int | None, index: int | None) -> None:
    """Refuse what no set of processes could be."""
    if coordinator is not None:
        host, _, port = coordinator.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 2**16:
            raise OptionError(
                f"{COORDINATOR} is {coordinator!r}: it must be host and port of process 0, such as "
                "10.0.0.1:9000"
            )
    if processes is not None and not 0 < processes < 2**31:
        raise OptionError(f"{COUNT} is {processes}: it must be how many processes there are")
    if processes is not None and index is not None and index >= processes:
        raise OptionError(
            f"{INDEX} is {index} of {processes} processes: it must be a number from 0 to "
            f"{processes - 1}"
        )


def _require_free(port: str) -> None:
    """Refuse a port that another program listens at; JAX crashes there."""
    bound = os.environ.get("JAX_COORDINATOR_BIND_ADDRESS", f"[::]:{port}")
    host, _, port = bound.rpartition(":")
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.bind((host.strip("[]"), int(port)))
    except OSError as error:
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            raise OptionError(
                f"process 0 cannot listen at port {port} of this machine ({error.strerror}); "
                f"choose another in {COORDINATOR}"
            ) from None


def _give_up(coordinator: str | None) -> None:
    """End this process, since the others did not appear in time."""
    sys.stderr.write(
        "chainrule: the processes that should train together did not all appear at "
        f"{coordinator or 'process 0'} within {PATIENCE} seconds; start all of them at once, with "
        "the address of process 0 on each.\n"
    )
    sys.stderr.flush()
    os._exit(PROCESS_LOST)


def _end_with(launcher: int) -> None:
    """End this process once the one that started it is gone, however that came about."""
    while os.getppid() == launcher:
        sleep(0.5)
    os._exit(1)


def _from_environment(variable: str) -> int | None:
    text = os.environ.get(variable)
    if text is None:
        return None
    if not text.isdecimal():
        raise OptionError(f"{variable} is {text!r}; it must be a whole number from 0")
    return int(text)


@contextmanager
def _standard_output_closed() -> Iterator[None]:
    """Keep what gloo says of its connections out of the results of this program."""
    sys.stdout.flush()
    output, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(output, 1)
        os.close(output)
        os.close(nowhere)
