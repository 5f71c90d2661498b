"""What is to be explained, made ready: a network on examples, or a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chainrule.errors import KindError, OptionError
from chainrule.model.explanation import Explanation
from chainrule.model.network import Network
from chainrule.model.retraining import lesson
from chainrule.model.rows import Rows
from chainrule.nn import FunctionStudy, NetworkStudy, is_multi_label


def explain(
    model: Network | Callable[[dict[str, Any]], Any],
    x: Any,
    y: Any = None,
    loss: str | None = None,
    reference: str | Mapping[str, Any] = "initial",
    *,
    rows: Sequence[int] | None = None,
) -> Explanation:
    """Explain the error of a network, or of any function: which weights caused it.

    Args:
        model: A network; or a function of a dict of arrays that gives the loss of each example,
            or one number. It is not changed.
        x: The network's inputs of shape `(rows, inputs)`, or one example; or rows of a table, as
            `rows_for` gives them. For a function the dict of its arrays.
        y: Class indices `(rows,)`, or targets; beside a data frame, in its own words. Left out for
            rows of a table, and for a function.
        loss: The name of the network's loss; the one last fitted, or the one that suits the output.
        reference: What blame counts from: "initial" weights, "zero", or arrays by name.
        rows: The numbers of the examples in their data set; counted from 0 if left out.

    Returns:
        The explanation of the mean loss; `print` it, or ask it for more.

    Raises:
        ShapeError: If sizes do not fit together.
        OptionError: If there is no such loss or reference, or something is given that has no use.
        KindError: If neither a network nor a function is given.

    Example:
        >>> ex = explain(lambda p: (p["w"] * 2 - 4) ** 2, {"w": 1.5})
        >>> ex.loss, ex.weights[0].name, ex.weights[0].slope
        (1.0, 'w', -4.0)
    """
    if isinstance(x, Rows):
        if y is not None or rows is not None:
            raise OptionError(
                "rows of a table know their targets and numbers; leave y and rows out"
            )
        x, y, rows = x.examples, x.y, x.numbers
    numbers = tuple(rows) if rows is not None else ()
    given = dict(reference) if isinstance(reference, Mapping) else None
    start = "given" if given is not None else str(reference)
    if isinstance(model, Network):
        if y is None:
            raise OptionError(
                "a network is explained on examples x and their targets y; give both, or rows of "
                "its table as cr.rows_for(net) gives them"
            )
        return _explain_network(model, x, y, loss, start, given, numbers)
    if not callable(model):
        raise KindError(
            f"what is explained is a Network or a function; found {type(model).__name__}"
        )
    if y is not None or loss is not None:
        raise OptionError(
            "y and loss belong to a network, and a function was given; leave them out"
        )
    study = FunctionStudy(model, x, numbers)
    return Explanation(study, reference=start, initial=lambda: given or {})


def _explain_network(
    network: Network,
    x: Any,
    y: Any,
    loss: str | None,
    reference: str,
    given: dict[str, Any] | None,
    rows: tuple[int, ...],
) -> Explanation:
    inputs, t, loss_function = network.as_batch(x, y, loss)
    recipe = network.recipe
    classes = recipe.task != "regression" if recipe else None
    multi_label = network.multi_label
    if multi_label is None:
        multi_label = not classes and is_multi_label(loss_function, t)
    ready, copy = network.engine.for_study, network.engine.copy
    study = NetworkStudy(
        network.architecture,
        loss_function,
        _for_study(network, network.parameters),
        ready(copy(inputs)),
        ready(copy(t)),
        classes=classes,
        class_names=recipe.class_names if recipe else (),
        input_names=recipe.feature_names if recipe else (),
        multi_label=multi_label and t.shape[1] > 1,
        restore=recipe.restore if recipe and not classes else None,
        rows=rows,
    )
    return Explanation(
        study,
        reference=reference,
        initial=lambda: _for_study(network, given or network.initial_parameters),
        engine=network.engine,
        history=network.history,
        data=(network.data_source and network.data_source.name) or "",
        columns=recipe.feature_columns if recipe else (),
        lesson=lambda training: lesson(network, study, training),
    )


def _for_study(network: Network, arrays: dict[str, Any]) -> dict[str, Any]:
    return {name: network.engine.for_study(array) for name, array in arrays.items()}
