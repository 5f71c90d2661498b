"""What makes two runs the same run: when one is taken up again, or several processes share it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from chainrule.engines import Engine
from chainrule.errors import OptionError
from chainrule.train.options import plain
from chainrule.train.plan import Plan
from chainrule.train.source import Source

_DIGITS = 12
"""So many of a fingerprint are said: enough that no two data sets share them by chance."""


def run_description(plan: Plan, source: Source, held_out: Source | None) -> dict[str, Any]:
    """Options and data as plain data; a run may be given more epochs and stay the same."""
    options = {
        "rows": source.rows,
        "batch_size": source.batch_size,
        "loss": plan.loss.name,
        "optimizer": plan.optimizer.to_dict(),
        "learning_rate": plan.learning_rate,
        "schedule": str(plan.schedule),
        "l1": plan.l1,
        "l2": plan.l2,
        "clip_norm": plan.clip_norm,
        "seed": plan.seed,
        "dtype": plan.dtype,
        "early stopping": plan.early_stopping and plan.early_stopping.metric,
        "layers": plan.architecture.to_dict(),
        "digest of the data": source.digest[:_DIGITS],
        "digest of the held-out data": held_out and held_out.digest[:_DIGITS],
    }
    if str(plan.schedule) != "constant":
        options["epochs"] = plan.epochs
    restored: dict[str, Any] = json.loads(json.dumps(options, default=plain))
    return restored


def require_same_run(engine: Engine, plan: Plan, source: Source, held_out: Source | None) -> None:
    """Refuse to train together with processes that were given another run.

    Raises:
        OptionError: If this process has other options or data than the leading one.
    """
    if engine.processes == 1:
        return
    mine = {**run_description(plan, source, held_out), "epochs": int(plan.epochs)}
    theirs = json.loads(engine.hand_out(json.dumps(mine).encode()))
    for name, their, my in differences(theirs, mine):
        raise OptionError(
            f"the processes were given different runs: the {name} of process 0 is {their!r} and "
            f"this one's {my!r}; start all of them with the same options and data"
        )


def differences(one: Any, other: Any, name: str = "") -> Iterator[tuple[str, Any, Any]]:
    """In what two records of plain data differ, each by its name with both values.

    What only one of them knows is no difference.

    Example:
        >>> list(differences({"rate": 1, "by": {"beta": 2}}, {"rate": 1, "by": {"beta": 3}}))
        [('by.beta', 2, 3)]
    """
    if isinstance(one, dict) and isinstance(other, dict):
        for key in (key for key in other if key in one):
            yield from differences(one[key], other[key], f"{name}.{key}" if name else key)
    elif isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            yield f"number of {name}", len(one), len(other)
        for place, (left, right) in enumerate(zip(one, other, strict=False)):
            yield from differences(left, right, f"{name}[{place}]")
    elif one != other:
        yield name, one, other
