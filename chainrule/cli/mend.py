"""`chainrule mend`: the smallest set of changes that puts a mistake right."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from chainrule.cli.options import Asked, model_and_data, open_model, row_option_for, seed_option
from chainrule.cli.output import say
from chainrule.errors import OptionError

if TYPE_CHECKING:
    from chainrule.explanations.culprits import Mend
    from chainrule.model import Network


@click.command(short_help="The smallest change that puts a mistake right.")
@model_and_data
@row_option_for("The row to put right", required=True)
@click.option("--out", metavar="FIXED", help="Write the fixed model there; else nothing.")
@seed_option
def mend(asked: Asked, row: int | str, out: str | None, seed: int) -> None:
    """Find few and small changes of weights that put one row right, and what they break.

    Every loss is measured by running the network again. The model file stays as it is; --out writes
    a changed copy.
    """
    from chainrule.model import explain

    if out is not None and Path(out).resolve() == Path(asked.model).resolve():
        raise OptionError(f"--out {out} is the model itself: name another file")
    one = asked.rows(row)
    mending = explain(one.net, one).mend(one.numbers, seed=seed)
    written = out if mending.changes else None
    if written is not None:
        _write(open_model(asked.model, asked.engine), mending, written)
    asked.answer(mending, one, written=written)
    if asked.as_json:
        return
    if written is not None:
        say(written, label="written")
    elif out is not None:
        say(f"nothing was changed, so {out} was not written", label="written")


def _write(net: Network, mending: Mend, out: str) -> None:
    """Save the network with the changes made."""
    from chainrule.nn import find_weight

    arrays = {name: w.tolist() for name, w in net.parameters.items()}
    for change in mending.changes:
        parameter, index = find_weight(change.name, net.architecture.layout.shapes)
        *before, last = index
        (arrays[parameter][before[0]] if before else arrays[parameter])[last] = change.after
    net.set_parameters(arrays)
    net.save(out)
