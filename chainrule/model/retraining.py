"""The training of a network, taken up again from its first weights with the same options."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from chainrule.data import load
from chainrule.errors import OptionError
from chainrule.explanations.culprits import Lesson
from chainrule.model.fitting import rows_of_fit, run_of_fit
from chainrule.model.network import Network
from chainrule.model.rows import Rows
from chainrule.model.table import tables_of
from chainrule.nn import NetworkStudy
from chainrule.train import TrainingOptions, Watcher
from chainrule.words import plural

AGAIN = "give training=(x, y), or (x, y, sample_weight), as they were given to fit"


def lesson(net: Network, study: NetworkStudy, training: Any) -> Lesson:
    """How a network was trained, on which rows, and what trains it so again.

    Args:
        net: The network.
        study: It and what is explained.
        training: What it was trained on: a table, or `(x, y)` or `(x, y, sample_weight)` as they
            were given to `fit`; None for the table that it knows.

    Raises:
        OptionError: If it is not known how or on what it was trained, or that cannot be repeated.
    """
    options, engine = dict(net.trained_with or {}), net.engine
    if not options or net.history is None:
        raise OptionError(
            "the network does not say how it was trained: train it with this version's fit, or "
            "chainrule train"
        )
    if net.fits != 1:
        raise OptionError(
            f"only a network trained by one whole fit can be trained so again, and this one was by "
            f"{net.fits}: train it in one"
        )
    known, (x, y, weights), options["validation"] = _rows_taught(
        net, training, options.pop("weights", None), options["validation"]
    )
    again = TrainingOptions.of(**options, progress=False, sample_weight=weights)
    with engine.scope():
        (whole, *given), loss = rows_of_fit(net, x, y, again)
        places, _ = whole.divided(loss, None if given else again.validation, seed=net.seed)
        rows = whole.only(places)
    numbers = places if known is None else [known[place] for place in places]
    own = None if weights is None else tuple(float(weights[place]) for place in places)
    ready = engine.for_study
    learned = replace(study, x=ready(rows.x), t=ready(rows.t), rows=tuple(numbers), weights=own)

    def trained(absent: Collection[int], watchers: Sequence[Watcher]) -> dict[str, Any]:
        layers = list(net.architecture.layers.values())
        fresh = Network(layers, seed=net.seed, engine=engine, dtype=net.dtype)
        fresh.recipe, fresh.data_source = net.recipe, net.data_source
        fresh.set_parameters(net.initial_parameters)
        without = {places[place] for place in absent}
        run_of_fit(fresh, x, y, replace(again, watchers=watchers), absent=without).run()
        return {name: ready(array) for name, array in fresh.parameters.items()}

    seconds = sum(epoch.seconds or 0.0 for epoch in net.history)
    return Lesson(learned, trained, seconds, options["epochs"])


def _rows_taught(
    net: Network, training: Any, weighed: str | bool | None, validation: Any
) -> tuple[list[int] | None, Sequence[Any], Any]:
    """The numbers of the rows in their table, as `fit` took them, and what it held out."""
    if not isinstance(training, tuple | list):
        train, hold = _table_rows(net, training, weighed)
        return train.numbers, tables_of(train), tables_of(hold) if hold else None
    if len(training) not in (2, 3):
        raise OptionError(
            "training is a table, or (x, y) or (x, y, sample_weight); found "
            f"{plural(len(training), 'thing')}"
        )
    return None, (*training, None)[:3], validation


def _table_rows(net: Network, data: Any, weighed: str | bool | None) -> tuple[Rows, Rows | None]:
    """The rows of a table that were learned from, and those held out."""
    source = net.data_source
    if source is None or net.recipe is None:
        raise OptionError(f"the network was not trained on a table: {AGAIN}")
    if source.drawn is not None:
        raise OptionError(
            "a network that read its file again every epoch cannot yet be trained so again: train "
            "it without a memory limit"
        )
    if weighed is True:
        raise OptionError(
            "the network was trained with a sample_weight that it does not keep: put the weights "
            "into a column, and train with weight_column"
        )
    table = source.load()[0] if data is None else load(data, options=source.reading)
    if table.sha256 != source.sha256:
        raise OptionError(
            f"{table.source} is not, or no longer, what the network was trained on: give that table"
        )
    held = source.kept_back(table, net.recipe.weight_column)
    parts = ([row for row in range(table.rows) if (row in held) is out] for out in (False, True))
    train, hold = (Rows(net, net.recipe.apply(table, part), table.source) for part in parts)
    return train, hold if len(hold) else None
