"""`chainrule search`: settings tried on a table, the best first."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any

import click
from click.core import ParameterSource

import chainrule as cr
from chainrule.cli.config import NOT_WRITTEN, plain_value, typed_options
from chainrule.cli.launch import INTERRUPTED
from chainrule.cli.output import is_quiet, say, show, show_json, suggest
from chainrule.cli.train import read_as_said, require_folds_that_fit, train
from chainrule.words import plural, quoted

_OF_ONE_RUN = NOT_WRITTEN - {"as_json"} | {"memory", "ledger"}
_DRAWN = {
    "layers": "Neurons of each hidden layer, or none; else drawn.",
    "learning_rate": "At first; else drawn.",
    "dropout": "For hidden neurons; else drawn.",
}
"""What is drawn where it is not given, and what its help says."""


@click.pass_context
def _search(context: click.Context, /, data: str, as_json: bool, **options: Any) -> int | None:
    """Draw layers, learning rates and dropout, and compare them on held-out rows.

    All settings are trained for a ninth of the epochs, the best third of them for a third, and the
    best of these for all, the defaults always among them. Options are those of `chainrule train`.
    """
    require_folds_that_fit(context, options["folds"], alone=True)
    for name in _DRAWN:
        if context.get_parameter_source(name) is ParameterSource.DEFAULT:
            del options[name]
    options |= read_as_said(options)
    watched = not (as_json or is_quiet())
    trials = cr.search(
        data,
        progress=watched,
        tell=lambda sentence: click.echo(sentence, err=True) if watched else None,
        **options,
    )
    command = quoted(
        "chainrule", "train", data, *typed_options(context, train), *_words(trials.best.options)
    )
    status = INTERRUPTED if trials.interrupted else None
    if as_json:
        show_json({"data": data, **trials.to_dict(), "command": command})
        return status
    show(f"{trials}\n")
    say(
        f"{trials.stopped} {plural(trials.trainings, 'training')}; the first has the least loss of "
        f"those trained longest, and {trials.measure} {trials.best.score:.4g} on held-out rows, "
        f"where a constant answer gets {trials.baseline:.4g}. "
        "Chosen by these rows, it looks a little better on them than it will on others.",
        label="search",
    )
    suggest(command)
    return status


def _as_drawn(param: click.Parameter) -> click.Parameter:
    """A parameter of `train`, without a default where it is drawn."""
    if isinstance(param, click.Option) and (words := _DRAWN.get(str(param.name))):
        param = copy(param)
        param.help, param.show_default = words, False
    return param


def _words(options: Mapping[str, Any]) -> list[str]:
    """Drawn options as words to type."""
    words: list[str] = []
    for name, value in options.items():
        words += [f"--{name.replace('_', '-')}", str(plain_value(value))]
    return words


search = click.Command(
    "search",
    callback=_search,
    help=_search.__doc__,
    short_help="Try layers, learning rates and dropout.",
    params=[
        *(_as_drawn(param) for param in train.params if param.name not in _OF_ONE_RUN),
        click.Option(["--trials"], metavar="N", type=int, default=20, help="How many."),
        click.Option(["--minutes"], metavar="M", type=float, help="Begin no training after M."),
    ],
)
