"""What is to be explained, made ready: a network on examples, or a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from chainrule.arrays import namespace_of
from chainrule.data import Examples
from chainrule.errors import OptionError, as_whole, is_one_of, iterates, require_whole, shown
from chainrule.explanations.shares import REFERENCES
from chainrule.model.check import require_function
from chainrule.model.explanation import Explanation
from chainrule.model.fitting import weighed_study, weights_of_rows
from chainrule.model.network import Network
from chainrule.model.numbers import arrays_for, names_of_inputs, names_rows
from chainrule.model.retraining import lesson
from chainrule.model.rows import Rows, rows_for
from chainrule.nn import FunctionStudy, NetworkStudy, Study, is_multi_label, named_arrays


def explain(
    model: Network | Callable[[dict[str, Any]], Any],
    x: Any = None,
    y: Any = None,
    loss: str | None = None,
    reference: str | Mapping[str, Any] = "initial",
    *,
    rows: Sequence[int] | None = None,
    sample_weight: Any = None,
) -> Explanation:
    """Explain the error of a network, or of any function: which weights caused it.

    Args:
        model: A network; or a function of a dict of arrays that gives the loss of each example,
            or one number. It is not changed.
        x: The network's inputs of shape `(rows, inputs)`, or one example; or rows of a table: a
            file, a data frame, or what `rows_for` gives, and the table it was trained on if left
            out. For a function the dict of its arrays.
        y: Class indices `(rows,)`, or targets; beside a data frame, in its own words. Left out for
            rows of a table, and for a function.
        loss: The name of the network's loss; the one last fitted, or the one that suits the output.
        reference: What blame counts from: "initial" weights, "zero", or arrays by name.
        rows: The numbers of the examples in their data set; counted from 0 if left out.
        sample_weight: How much each row counts, of shape `(rows,)`; those of weight 0 are left out.

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
    if isinstance(model, Network) and y is None and (x is None or names_rows(x)):
        x = rows_for(model, x)
    if isinstance(x, Rows):
        if y is not None or rows is not None or sample_weight is not None:
            raise OptionError(
                "rows of a table know their targets, numbers and weights; leave y, rows and "
                "sample_weight out"
            )
        of_table, x, y, numbers = x, x.examples, x.y, tuple(x.numbers)
    else:
        of_table, numbers = None, _row_numbers(rows)
    start, given = _start(reference)
    if not isinstance(model, Network):
        require_function(model, "explained", y, loss, sample_weight)
        arrays = named_arrays(x)
        own = {name: namespace_of(a).asarray(a, copy=True) for name, a in arrays.items()}
        function = FunctionStudy(model, own, numbers)
        initial = _like(function, given) if given else None
        return Explanation(function, reference=start, initial=initial)
    if x is None or y is None:
        raise OptionError(
            "a network is explained on examples x and their targets y; give both, or rows of "
            "its table as cr.rows_for(net) gives them"
        )
    study = network_study(model, x, y, loss, numbers)
    if sample_weight is not None:
        count = len(study.rows)
        study = weighed_study(study, weights_of_rows(model.engine, sample_weight, rows=count))
    # The network may be trained on before the explanation is read.
    began = partial(_for_study, model, model.initial_parameters)
    initial = _like(study, given) if given else began
    whole = of_table.whole if of_table else None
    of_all = partial(_of_whole, model, whole, study, began) if whole else None
    return _of_network(model, study, of_table, whole=of_all, reference=start, initial=initial)


def _of_whole(
    model: Network, rows: Rows, some: NetworkStudy, began: Callable[[], dict[str, Any]]
) -> Explanation:
    """The explanation of all rows of a table, beside that of some of them: of the same weights."""
    of_all = explain(model, rows, loss=some.loss_name)
    study = replace(of_all.network, parameters=some.parameters)
    return replace(of_all, study=study, initial=began)


def _of_network(model: Network, study: NetworkStudy, rows: Rows | None, **more: Any) -> Explanation:
    """An explanation that knows what the network, and the table that its rows are of, know."""
    recipe = model.recipe
    return Explanation(
        study,
        engine=model.engine,
        history=model.history,
        data=Path((model.data_source and model.data_source.name) or "").name,
        column_names=recipe.feature_columns if recipe else study.input_names,
        recipe=recipe,
        lesson=partial(lesson, model, study),
        held_out=(rows.whole or rows).held_out if rows else (),
        **more,
    )


def _row_numbers(rows: Sequence[int] | None) -> tuple[int, ...]:
    """The numbers that somebody gave to the examples; none where they are counted from 0."""
    if rows is None:
        return ()
    numbers = tuple(map(as_whole, rows)) if iterates(rows) else ()
    if not numbers:
        raise OptionError(f"rows is {shown(rows)}: give the examples' numbers in a list")
    for number in numbers:
        require_whole("the number of a row", number, least=0)
    return numbers


def _start(reference: str | Mapping[str, Any]) -> tuple[str, dict[str, Any] | None]:
    """What blame counts from, in a word, and the arrays that were given for it."""
    if isinstance(reference, Mapping):
        return "given", dict(reference)
    if not is_one_of(reference, REFERENCES):
        raise OptionError(
            "blame counts from 'initial' or 'zero', or from arrays by name; found "
            f"reference={shown(reference)}"
        )
    return str(reference), None


def _like(study: Study, given: Mapping[str, Any]) -> Callable[[], dict[str, Any]]:
    """What gives arrays of a user's own, each in the shape and of the kind of the study's."""
    now = study.parameters
    arrays = {
        name: namespace_of(now[name]).asarray(array.tolist(), dtype=now[name].dtype)
        for name, array in arrays_for(study.layout, given).items()
    }
    return partial(dict, arrays)


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
    ready, copy = network.engine.for_study, network.engine.copy
    t, multi_label = ready(copy(t)), network.multi_label
    if multi_label is None:
        multi_label = not classes and is_multi_label(loss_function, t)
    return NetworkStudy(
        network.architecture,
        loss_function,
        _for_study(network, network.parameters),
        ready(copy(inputs)),
        t,
        classes=classes,
        class_names=recipe.class_names if recipe else (),
        input_names=recipe.feature_names if recipe else names_of_inputs(x),
        input_scales=recipe.scales if recipe else (),
        multi_label=multi_label and t.shape[1] > 1,
        restore=recipe.restore if recipe and not classes else None,
        rows=tuple(rows),
        weights=tuple(x.weights) if isinstance(x, Examples) and x.weights else None,
    )


def _for_study(network: Network, arrays: dict[str, Any]) -> dict[str, Any]:
    """Weights as the arrays that explanations compute with."""
    return {name: network.engine.for_study(array) for name, array in arrays.items()}
