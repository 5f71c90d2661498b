"""The training of a network, taken up again from its first weights with the same options."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from chainrule.errors import OptionError
from chainrule.explanations.culprits import Lesson
from chainrule.model.fitting import divide
from chainrule.model.network import Network
from chainrule.model.rows import Rows, as_table
from chainrule.model.table import tables_of
from chainrule.nn import NetworkStudy
from chainrule.train import Watcher

AGAIN = "give training=(x, y), or (x, y, sample_weight), as they were given to fit"


def lesson(net: Network, study: NetworkStudy, training: Any = None) -> Lesson:
    """How a network was trained, on which rows, and what trains it so again.

    Args:
        net: The network.
        study: It and what is explained.
        training: What it was trained on: a table, or `(x, y)` or `(x, y, sample_weight)` as they
            were given to `fit`; the table that it knows if left out.

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
    weighed = options.pop("weights", None)
    if isinstance(training, tuple | list):
        x, y, *rest = training
        weights = rest[0] if rest else None
        inputs, t, loss = net.as_batch(x, y, options["loss"])
        with engine.scope():
            tables = inputs, t, engine.asarray(list(range(inputs.shape[0])))
            learn, _ = divide(engine, tables, loss, options["validation"], seed=net.seed)
        numbers = places = [int(place) for place in learn[2].tolist()]
        inputs, t = learn[:2]
        count = tables[0].shape[0]
    else:
        train, hold = _table_rows(net, training, weighed)
        x, y, weights = tables_of(train)
        inputs, t, _ = net.as_batch(x, y, options["loss"])
        options["validation"] = tables_of(hold) if hold else None
        numbers, places, count = train.numbers, list(range(len(train))), len(train)
    ready, copy = engine.for_study, engine.copy
    own_weights = None if weights is None else tuple(weights[place] for place in places)
    learned = replace(
        study, x=ready(copy(inputs)), t=ready(copy(t)), rows=tuple(numbers), weights=own_weights
    )

    def again(absent: Collection[int], watchers: Sequence[Watcher]) -> dict[str, Any]:
        own = weights
        if absent:
            own = [1.0] * count if weights is None else [float(w) for w in weights]
            for place in absent:
                own[places[place]] = 0.0
        layers = list(net.architecture.layers.values())
        fresh = Network(layers, seed=net.seed, engine=engine, dtype=net.dtype)
        fresh.recipe, fresh.data_source = net.recipe, net.data_source
        fresh.set_parameters(net.initial_parameters)
        fresh.training(x, y, **options, sample_weight=own, watchers=watchers).run()
        return {name: ready(array) for name, array in fresh.parameters.items()}

    seconds = sum(epoch.seconds or 0.0 for epoch in net.history)
    return Lesson(learned, again, seconds, options["epochs"])


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
    table = source.load()[0] if data is None else as_table(data, reading=source.reading)
    if table.sha256 != source.sha256:
        raise OptionError(
            f"{table.source} is not, or no longer, what the network was trained on: give that table"
        )
    held = source.kept_back(table.rows)
    parts = ([row for row in range(table.rows) if (row in held) is out] for out in (False, True))
    train, hold = (Rows(net, net.recipe.apply(table, part), table.source) for part in parts)
    return train, hold if len(hold) else None
