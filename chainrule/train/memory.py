"""How much memory a training step takes, asked before it is taken."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from chainrule.errors import OptionError
from chainrule.nn import Architecture, Dense

_PER_NEURON = 4
"""Numbers that a neuron leaves for every row: sum, activation, and the gradient of each."""
_PER_WEIGHT = 8
"""Numbers for every weight at the peak of a first `fit`, which records its step: the first, the one
before `fit`, the one at the start of the epoch, the one now, its gradient, and three on the way."""
_PER_WEIGHT_IN_STEP = 3
"""Those of them that a step itself makes, and a compiler's plan of it holds."""
_PER_MEMORY = 4
"""Numbers for each that the optimizer remembers of a weight: empty, at the epoch's start, now, and
on the way to the next."""
_WEIGHT_BYTES = 56
"""What one weight takes while it is drawn, on any engine: a number of Python's own, in a list."""
_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")
_CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")


def step_bytes(
    architecture: Architecture, rows: int, *, number_bytes: int, weight_bytes: int, memories: int
) -> tuple[int, int]:
    """About how many bytes a step takes: for every row of the batch, and for the weights.

    Args:
        architecture: The network.
        rows: The rows of a batch.
        number_bytes: What one number takes.
        weight_bytes: What a weight takes.
        memories: How many numbers the optimizer remembers for every weight.

    Returns:
        The bytes of the batch and of all that is computed from it, and those of the weights.

    Example:
        >>> network = Architecture([Dense(3, 2)])
        >>> step_bytes(network, 10, number_bytes=8, weight_bytes=8, memories=2)
        (1040, 1024)
    """
    layers = architecture.layers.values()
    neurons = sum(layer.out_features for layer in layers if isinstance(layer, Dense))
    ends = architecture.input.in_features + architecture.output.out_features
    per_row = ends + _PER_NEURON * neurons
    weights = architecture.layout.size * (_PER_WEIGHT + _PER_MEMORY * memories)
    return per_row * rows * number_bytes, weights * weight_bytes


def machine_memory() -> int | None:
    """The bytes of memory that this process could have at most; None where nobody says."""
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return None
    most = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        limit = _CONTAINER_LIMIT.read_text(encoding="ascii").strip()
    except OSError:
        return most
    return min(most, int(limit)) if limit.isdecimal() else most


def require_room(
    architecture: Architecture,
    rows: int,
    *,
    number_bytes: int,
    weight_bytes: int,
    memories: int,
    available: int | None,
    planned: Callable[[], int | None] = lambda: None,
) -> None:
    """Refuse a batch that cannot fit into memory.

    Args:
        architecture: The network.
        rows: The rows of a batch.
        number_bytes: What one number takes.
        weight_bytes: What a weight takes.
        memories: How many numbers the optimizer remembers for every weight.
        available: The bytes there are; None if that is not known.
        planned: The bytes of a step beyond its state as a compiler plans them, which lets values
            share memory; asked only if the weights fit and about what a step takes does not.

    Raises:
        OptionError: If the batch does not fit; the message has both sizes, and what would fit.
    """
    batch, weights = step_bytes(
        architecture, rows, number_bytes=number_bytes, weight_bytes=weight_bytes, memories=memories
    )
    if available is None or batch + weights <= available:
        return
    if weights < available and (planned_bytes := planned()):
        batch = planned_bytes - architecture.layout.size * weight_bytes * _PER_WEIGHT_IN_STEP
        if batch + weights <= available:
            return
    fitting = max(available - weights, 0) * rows // batch
    advice = f"take at most {fitting:,} rows" if fitting else "make the layers smaller"
    raise OptionError(
        f"a step of {rows:,} rows takes about {_size(batch + weights)} in this network, and there "
        f"are {_size(available)} of memory: {advice}"
    )


def require_room_for_weights(architecture: Architecture, *, available: int | None) -> None:
    """Refuse a network whose weights alone cannot fit into memory.

    Args:
        architecture: The network.
        available: The bytes there are; None if that is not known.

    Raises:
        OptionError: If they do not fit; the message has both sizes.
    """
    weights = architecture.layout.size
    if available is not None and weights * _WEIGHT_BYTES > available:
        raise OptionError(
            f"{weights:,} weights take about {_size(weights * _WEIGHT_BYTES)}, and there are "
            f"{_size(available)} of memory: make the layers smaller"
        )


def _size(count: int) -> str:
    """Bytes in words.

    Example:
        >>> _size(48_300_000_000)
        '48.3 GB'
    """
    power = min((len(str(count)) - 1) // 3, len(_UNITS) - 1)
    return f"{count / 1000**power:.3g} {_UNITS[power]}"
