"""What makes two runs the same run: when one is taken up again, or several processes share it."""

from __future__ import annotations

import json
from array import array
from typing import Any

from chainrule.engines import Engine
from chainrule.errors import OptionError
from chainrule.train.options import plain
from chainrule.train.plan import Plan
from chainrule.train.source import Source


def identity(plan: Plan, source: Source) -> dict[str, Any]:
    """Options and data as plain data; a run may be given more epochs and stay the same.

    The data are known by their number and by a digest of the first batch, whose rows are drawn from
    all of them.
    """
    same = {
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
        "first batch": _digest(source),
    }
    if str(plan.schedule) != "constant":
        same["epochs"] = plan.epochs
    restored: dict[str, Any] = json.loads(json.dumps(same, default=plain))
    return restored


def require_one_run(engine: Engine, plan: Plan, source: Source) -> None:
    """Refuse to train together with processes that were given another run.

    Raises:
        OptionError: If this process has other options or data than the leading one.
    """
    if engine.processes == 1:
        return
    mine = {**identity(plan, source), "epochs": int(plan.epochs)}
    theirs = json.loads(engine.hand_out(json.dumps(mine).encode()))
    for name, value in mine.items():
        if theirs.get(name) != value:
            raise OptionError(
                f"the processes were given different runs: the {name} of process 0 is "
                f"{theirs.get(name)!r} and this one's {value!r}; start all of them with the same "
                "options and data"
            )


def _digest(source: Source) -> str:
    from hashlib import sha256  # only here, since loading it takes milliseconds

    x, t = next(iter(source.batches(1)))
    rows = array(
        "d", (float(number) for table in (x, t) for row in table.tolist() for number in row)
    )
    return sha256(rows.tobytes()).hexdigest()[:12]
