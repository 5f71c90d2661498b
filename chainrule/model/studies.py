"""A network and examples as the study that explanations are about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainrule.data import Examples
from chainrule.model.network import Network
from chainrule.nn import NetworkStudy, is_multi_label


def network_study(
    network: Network, x: Any, y: Any, loss: str | None, rows: Sequence[int]
) -> NetworkStudy:
    """The study of a network on examples, in float64.

    Args:
        network: The network; it is not changed.
        x: Inputs, as `explain` takes them.
        y: Their targets.
        loss: The name of the loss; the one last fitted, or the one that suits, if None.
        rows: The numbers of the examples in their data set; counted from 0 if empty.
    """
    inputs, t, loss_function = network.as_batch(x, y, loss)
    recipe = network.recipe
    classes = recipe.task != "regression" if recipe else None
    multi_label = network.multi_label
    if multi_label is None:
        multi_label = not classes and is_multi_label(loss_function, t)
    ready, copy = network.engine.for_study, network.engine.copy
    return NetworkStudy(
        network.architecture,
        loss_function,
        for_study(network, network.parameters),
        ready(copy(inputs)),
        ready(copy(t)),
        classes=classes,
        class_names=recipe.class_names if recipe else (),
        input_names=recipe.feature_names if recipe else (),
        input_scales=recipe.scales if recipe else (),
        multi_label=multi_label and t.shape[1] > 1,
        restore=recipe.restore if recipe and not classes else None,
        rows=tuple(rows),
        weights=tuple(x.weights) if isinstance(x, Examples) and x.weights else None,
    )


def for_study(network: Network, arrays: dict[str, Any]) -> dict[str, Any]:
    """Weights as the arrays that explanations compute with."""
    return {name: network.engine.for_study(array) for name, array in arrays.items()}
