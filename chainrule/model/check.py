"""Check the gradients of a network, of a function, or of a backward pass written by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from copy import copy, deepcopy
from dataclasses import dataclass, replace
from functools import cached_property, partial
from math import isfinite
from time import perf_counter
from typing import Any, final

from chainrule import arrays
from chainrule.arrays import Generator
from chainrule.checking import (
    CANNOT,
    ENTRYWISE,
    Check,
    CheckedFunction,
    Flat,
    GradientVerdicts,
    Invariants,
    Known,
    Verdict,
    as_floats,
    asked_precision,
    check_function,
    compare_gradient,
    engine_verdict,
    find_kinks,
    flat,
    given_numbers,
    kind_precision,
    like,
    numbers_nearby,
    require_takes,
    rounding_errors,
    second_point,
    wrong_there,
)
from chainrule.data import Examples
from chainrule.engines import Engine, choose_engine
from chainrule.errors import KindError, OptionError, ShapeError, is_whole, require_whole, shown
from chainrule.model.fitting import EncodedRows, weigh_classes, weighed_study, weights_of_rows
from chainrule.model.network import Network
from chainrule.model.numbers import names_rows
from chainrule.model.rows import Rows, rows_for
from chainrule.nn import NetworkStudy, loss_and_gradient, objective
from chainrule.words import plural

_MOST_ROWS, _FEWEST_ROWS = 200, 10
"""A network's own gradients are checked on so many rows: some seconds, and no wrong rule hides."""

_FEW_ROWS = 40
"""So many say how long a check of more takes."""

_ROWS_BY_WEIGHTS = 10_000_000
"""Rows times weights: from 50,000 weights on, fewer rows are drawn than `_MOST_ROWS`."""

MOST_WORK = 100_000_000
"""Multiplications that an entry-by-entry check may take: weights² × rows, some seconds."""


def check_gradients(
    function: Any,
    x: Any = None,
    y: Any = None,
    loss: str | None = None,
    *,
    gradient: Any = None,
    digits: int | None = None,
    tolerance: float | None = None,
    rows: int | str | None = None,
    seed: int = 0,
    sample_weight: Any = None,
) -> Check:
    """Compare a gradient with slopes measured without any derivative rule.

    Small networks are checked entry by entry, larger ones along one random direction per tensor,
    and where that fails in ever smaller parts, down to the wrong entry. A cause is named only if a
    walk that makes the same mistake on purpose gives the same numbers.

    Args:
        function: A network; or a function of a number, an array, or dicts and lists of them that
            returns one number, or a loss for each example, whose mean is meant.
        x: The network's inputs of shape `(batch, inputs)`, or rows of a table as `explain` takes
            them; or the point, in the function's form.
        y: The network's targets: class indices `(batch,)`, or values; in a data frame's own words.
        loss: The network's loss; the one last fitted, or the one that suits the output.
        gradient: The gradient to check, in the form of the point (for a network: arrays by
            parameter name, all or some), or a function that is called with a copy of `x`, and with
            `net, x, y` for a network, and returns it; chainrule's own if left out. A function is
            tried at a second point as well.
        digits: To how many digits of a tensor's largest number it has to agree, from 1 to 16; what
            the method cannot tell is unclear. Left out, to as many as it can measure, or as the
            numbers were rounded to.
        tolerance: How far it may be off, in place of `digits`.
        rows: On how many of the rows a network's own gradients are checked: where there are more, a
            seeded sample is drawn; 200, and from 50,000 weights on fewer, if left out; "all" for
            every one. A gradient that is given is always that of all rows.
        seed: Decides which rows are drawn.
        sample_weight: How much each row counts in the network's loss, of shape `(rows,)`; those of
            weight 0 are left out. A network's own gradients are weighed by class, too, where it
            was trained so.

    Returns:
        The verdicts; `.passed`, `.worst`, and a table when printed.

    Raises:
        ShapeError: If a given gradient does not have the form of the point.
        OptionError: If targets are given for a function or left out for a network, a point is left
            out, `rows`, `digits` or `tolerance` is no number above 0, or the seed no whole number.
        KindError: If chainrule cannot differentiate the function and no gradient is given.

    Example:
        >>> from chainrule import ops
        >>> check_gradients(lambda w: ops.tanh(w) ** 2, 0.5).passed
        True
        >>> found = check_gradients(lambda w: w**3, 2.0, gradient=lambda w: 5 * w).worst
        >>> print(found.sentence.split("; ")[0])
        wrong at x: 10 was given and complex step finds 12, off by 16.7%

    Source: Squire & Trapp, "Using complex variables to estimate derivatives of real functions",
    SIAM Review 40 (1998), for the complex step.
    """
    if not isinstance(function, Network):
        if callable(function) and y is not None and gradient is None:
            raise OptionError(
                "targets y belong to a network, and a function was given: give your gradient by "
                "name, as gradient=..., or make a Network of a module of PyTorch by cr.from_torch"
            )
        require_function(function, "checked", y, loss, sample_weight)
        if x is None or callable(x):
            raise OptionError(
                "a gradient is checked at a point: give it after the function, as in "
                "cr.check_gradients(f, 3.0, gradient=df)"
            )
        return check_function(function, x, gradient, digits=digits, tolerance=tolerance)
    if y is None and (x is None or isinstance(x, Rows) or names_rows(x)):
        table = x if isinstance(x, Rows) else rows_for(function, x)
        x, y = table.examples, table.y
    if x is None or y is None:
        asked = "the targets y" if y is None else "the examples x"
        raise OptionError(f"a network's gradients are those of its loss; give {asked} too")
    if rows is None:
        rows = _usual_rows(function)
    if (not is_whole(rows) or rows < 1) and not (isinstance(rows, str) and rows == "all"):
        raise OptionError(f"rows is a number above 0, or 'all'; found {shown(rows)}")
    require_whole("seed", seed, least=0)
    study = _study(function, x, y, loss, sample_weight, by_class=gradient is None)
    most = rows if gradient is None and is_whole(rows) else len(study.rows)
    sample, title, caveat = _sampled(study, most, seed)
    verdicts = _NetworkCheck(function, x, y, sample, gradient).verdicts(digits, tolerance)
    title = f"{function.architecture.layout.size:,} weights, {title}, {study.loss_name}"
    return Check(title, verdicts, caveat)


def require_function(function: Any, done: str, *of_network: Any) -> None:
    """Refuse what is neither a network nor a function, and beside a function what a network takes.

    Args:
        function: What was given, and is no network.
        done: What is done with it.
        *of_network: Targets, the loss and the weights of rows, as they were given.
    """
    if not callable(function):
        raise KindError(
            f"what is {done} is a Network or a function; found {type(function).__name__}: give the "
            "function itself, as in lambda w: w ** 2, or the network in it, such as model.network_ "
            "of an estimator"
        )
    if any(each is not None for each in of_network):
        raise OptionError(
            "y, loss and sample_weight belong to a network, and a function was given; leave them "
            "out, or make a network of it (of PyTorch's by chainrule.interop.torch.from_torch)"
        )


def _usual_rows(net: Network) -> int:
    affordable = _ROWS_BY_WEIGHTS // net.architecture.layout.size
    return min(max(affordable, _FEWEST_ROWS), _MOST_ROWS)


def seconds_to_check(net: Network, x: Any, y: Any, *, rows: int) -> float:
    """How long a check of so many rows takes, as one of a few suggests; 0 if these are not fewer.

    Args:
        net: The network.
        x: Its inputs, as `check_gradients` takes them.
        y: Its targets, likewise.
        rows: On how many rows its gradients would be checked.
    """
    weights, few = net.architecture.layout.size, min(_FEW_ROWS, _usual_rows(net))
    if weights <= ENTRYWISE:  # no more rows are checked entry by entry, which takes longer
        few = max(few, MOST_WORK // weights**2 + 1)
    if rows < 4 * few:
        return 0.0
    began = perf_counter()
    check_gradients(net, x, y, rows=few)
    return (perf_counter() - began) * rows / few


def _study(
    net: Network, x: Any, y: Any, loss: str | None, sample_weight: Any, *, by_class: bool
) -> NetworkStudy:
    """The network on the rows that count, weighed as they were in its training."""
    inputs, targets, loss_function = net.as_batch(x, y, loss)
    study = NetworkStudy(net.architecture, loss_function, net.parameters, inputs, targets)
    if sample_weight is None and isinstance(x, Examples):
        sample_weight = x.weights
    weights = None
    if sample_weight is not None:
        weights = weights_of_rows(net.engine, sample_weight, rows=len(study.rows))
    balance = (net.trained_with or {}).get("class_weight") if by_class else None
    if balance is not None:
        own = None if weights is None else net.engine.asarray(weights, dtype="float64")
        rows = EncodedRows(net.engine, inputs, targets, own)
        weights = weigh_classes(net, [rows], balance, loss_function)[0].weights.tolist()
    return study if weights is None else weighed_study(study, weights)


@final
@dataclass(frozen=True)
class _NetworkCheck:
    """The gradient of a network's loss on some rows, and the one that was given; see above."""

    net: Network
    x: Any
    y: Any
    study: NetworkStudy
    gradient: Any

    @cached_property
    def listed(self) -> NetworkStudy:
        """The network and the rows in list arrays."""
        parameters = {name: as_floats(array) for name, array in self.net.parameters.items()}
        x, t = as_floats(self.study.x), as_floats(self.study.t)
        return replace(self.study, parameters=parameters, x=x, t=t)

    @cached_property
    def checked(self) -> CheckedFunction:
        """The loss as a function of the weights."""
        return self.with_inputs(self.listed.x)

    def with_inputs(self, x: Any) -> CheckedFunction:
        """The same with other inputs."""
        study, counts = self.listed, self.study.weights
        weights = None if counts is None else arrays.asarray(list(counts))
        of = partial(objective, study.architecture, study.loss_function, weights=weights)
        return CheckedFunction(lambda p: of(p, x, study.t), study.parameters)

    def verdicts(self, digits: int | None, tolerance: float | None) -> list[Verdict]:
        checked, net = self.checked, self.net
        own = checked.walk()
        arrays_given = own if self.gradient is None else self._named(net, self.x)
        given = own if self.gradient is None else self._numbers(arrays_given)
        ask = self._given_at(self.x) if callable(self.gradient) else None
        asked = asked_precision(own, digits, tolerance)
        precision = asked or kind_precision(arrays_given, given)
        work = checked.size**2 * len(self.study.rows)
        initial = {name: flat(array) for name, array in net.initial_parameters.items()}
        compared = compare_gradient(
            checked,
            own,
            given,
            entrywise=checked.size <= ENTRYWISE and work <= MOST_WORK,
            given_at=ask,
            other_data=partial(self._other_data, given) if ask else None,
            known=Known(before={"the initial weights": initial}),
            precision=precision,
        )
        verdicts = compared.verdicts
        numbers = [checked.loss.item(), *(g for each in given.values() for g in each)]
        finite = all(map(isfinite, numbers))
        if finite and given.keys() == own.keys():
            verdicts += Invariants(self.listed, checked, given, compared).verdicts()
        if ask and all(v.passed is not False for v in verdicts):
            again = partial(compare_gradient, entrywise=False, precision=precision)
            there = second_point(checked, given, ask)
            verdicts += wrong_there(there, lambda at, g: again(at, at.walk(), g).verdicts)
        if finite and self.gradient is None:
            verdicts += _engine_verdicts(net, checked, own, compared, self.study)
        return verdicts

    def _given_at(self, x: Any) -> Callable[[Flat], Flat]:
        """The given gradient with other weights, in a network like this one."""

        def given_at(numbers: Flat) -> Flat:
            there, point = copy(self.net), self.checked.point
            there.set_parameters({n: like(form, numbers[n]) for n, form in point.items()})
            return self._numbers(self._named(there, x))

        return given_at

    def _other_data(self, given: Flat) -> tuple[CheckedFunction, Callable[[Flat], Flat]] | None:
        """The loss and the given gradient with inputs close by, none of them round.

        None where x has a form of its own, or the gradient has inputs of its own and ignores these.
        """
        rows, x = self.listed.x, self.x
        is_array = hasattr(x, "__array_namespace__") and tuple(x.shape) == rows.shape
        if self.net.recipe is not None or not (is_array or isinstance(x, list | tuple)):
            return None
        shifted = numbers_nearby({"x": flat(rows)})["x"]
        given_at = self._given_at(like(x, shifted))
        with suppress(CANNOT):
            if given_at(self.checked.numbers) != given:
                return self.with_inputs(like(rows, shifted)), given_at
        return None

    def _named(self, net: Network, x: Any) -> Mapping[str, Any]:
        """A given gradient, its names checked; a function may overwrite the copies it is given."""
        gradient, y = self.gradient, self.y
        if isinstance(getattr(gradient, "__self__", None), Network):
            raise KindError(
                "gradient is a network's own method, and is called with net, x, y: give its value, "
                "net.gradients(x, y), or leave it out to check the network's own"
            )
        if callable(gradient):
            require_takes(gradient, "the gradient function of a network", net, x, y)
        by_name = gradient(net, *deepcopy((x, y))) if callable(gradient) else gradient
        if by_name is None:
            raise KindError("the gradient function returned None; end it with `return`")
        if not isinstance(by_name, Mapping):
            raise ShapeError(
                f"a network's gradient is arrays by parameter name; found {type(by_name).__name__}"
            )
        if strange := [name for name in by_name if name not in self.checked.shapes]:
            raise ShapeError(
                f"a gradient was given for {strange[0]!r}; the parameters are "
                f"{', '.join(self.checked.shapes)}"
            )
        if not by_name:
            raise ShapeError(
                "the gradient to check is empty: give arrays by parameter name, or leave it out"
            )
        return by_name

    def _numbers(self, by_name: Mapping[str, Any]) -> Flat:
        """The numbers of a given gradient in the order of the parameters, its sizes checked."""
        return {
            name: given_numbers(name, by_name[name], shape)
            for name, shape in self.checked.shapes.items()
            if name in by_name
        }


def _sampled(study: NetworkStudy, most: int, seed: int) -> tuple[NetworkStudy, str, str]:
    """So many of the rows, drawn with a seed and left in their order, and what to say of it."""
    title = plural(len(study.rows), "weighed row" if study.weights else "row")
    if len(study.rows) <= most:
        return study, title, ""
    places = sorted(Generator(seed).permutation(len(study.rows))[:most])
    caveat = 'The rows are a seeded sample; rows="all" (--rows all) checks every one.'
    return study.only(places), f"{most:,} of {title}", caveat


def _engine_verdicts(
    net: Network,
    checked: CheckedFunction,
    own: Flat,
    compared: GradientVerdicts,
    study: NetworkStudy,
) -> list[Verdict]:
    """The gradient as the engine that trains compiles it; for pure Python, as NumPy's does."""
    engine = net.engine
    if engine.name == "python":
        engine = choose_engine()
        if engine.name == "python":
            return []
    other = _compiled(net, engine, study)
    rounding, corners = compared.rounding, compared.corners
    if net.dtype != "float64":
        coarse = rounding_errors(checked, own, net.dtype)
        rounding, corners = coarse.entries, find_kinks(checked, coarse.relative)
    label = f"{engine.name} {net.dtype}"
    return [engine_verdict(label, net.dtype, checked, own, other, rounding, corners)]


def _compiled(net: Network, engine: Engine, study: NetworkStudy) -> Flat:
    """The gradient by the engine's compiled function, in the number kind that the network has."""
    layout = net.architecture.layout
    evaluate = engine.compile(loss_and_gradient(net.architecture, study.loss_function))
    with engine.scope():
        numbers = [w for array in net.parameters.values() for w in flat(array)]
        weights = engine.asarray(numbers, dtype=net.dtype)
        batch = {"x": study.x.tolist(), "t": study.t.tolist()}
        if study.weights is not None:
            batch["weights"] = list(study.weights)
        ready = {name: engine.asarray(part, dtype=net.dtype) for name, part in batch.items()}
        _, gradient = evaluate(weights, ready)
        return {name: flat(part) for name, part in engine.split(layout, gradient).items()}
