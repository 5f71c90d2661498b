"""Look at what keeps a network from learning."""

from __future__ import annotations

from typing import Any

from chainrule.diagnosis import Health, examine, examine_history
from chainrule.errors import require_kind
from chainrule.model.explaining import explain
from chainrule.model.network import Network
from chainrule.train import History, Optimizer


def health(
    network: Network | History,
    x: Any = None,
    y: Any = None,
    loss: str | None = None,
    *,
    history: History | None = None,
    optimizer: str | Optimizer | None = None,
    learning_rate: float | None = None,
    sample_weight: Any = None,
) -> Health:
    """What keeps a network from learning: each finding with its number and what to try.

    Looks for dead and saturated units, gradients that vanish or explode on their way back, weights
    that never moved, symmetric twins, a loss no better than chance, unscaled inputs, a learning
    rate too high or too low, updates too large or too small for their weights, a bad loss curve,
    targets out of the output's reach or on another scale, layers that add nothing, one class said
    for everything, and, where a loss or gradient is not a finite number, where that was born.

    Args:
        network: The network, which is not changed; or a history alone.
        x: Inputs of shape `(rows, inputs)`, or rows of a table as `explain` takes them.
        y: Class indices `(rows,)`, or targets; beside a data frame, in its own words.
        loss: The name of a loss; the one last fitted, or the one that suits the output.
        history: A run to read the loss curve of; the network's last one if left out.
        optimizer: Whose step to measure; that of the run, or adam's for a network that was not
            trained yet, as in `fit`.
        learning_rate: Its length; the full one of the run, or else the optimizer's default.
        sample_weight: How much each row counts, of shape `(rows,)`; those of weight 0 are left out.

    Returns:
        The findings; `.healthy`, and a list when printed.

    Raises:
        KindError: If it is neither a network nor a history.
        OptionError: If an option is not possible.
        DataError: If examples are left out of a network that was not trained on a table.

    Example:
        >>> from chainrule.nn import Dense
        >>> zeros = [[0.0, 0.0], [0.0, 0.0]]
        >>> net = Network([Dense(2, 2, "relu", weight=zeros), Dense(2, 1)], engine="python")
        >>> x, y = [[n / 10, 1 - n / 10] for n in range(10)], [[n / 10] for n in range(10)]
        >>> print(health(net, x, y).findings[0].sentence)
        2 of 2 relu units are dead: no gradient passes on any of the 10 examples (units 0 and 1)
    """
    if isinstance(network, History):
        return examine_history(network)
    asked = "health looks at the layers of a Network, or at a History"
    require_kind(network, Network, asked, "of a module of PyTorch cr.from_torch makes a Network")
    if history is not None:
        require_kind(history, History, "history is a History")
    with network.engine.scope():
        explanation = explain(network, x, y, loss, sample_weight=sample_weight)
        return examine(
            explanation.network,
            initial=explanation.initial_parameters,
            history=history if history is not None else network.history,
            trained=bool(network.history),
            optimizer=optimizer,
            learning_rate=learning_rate,
        )
