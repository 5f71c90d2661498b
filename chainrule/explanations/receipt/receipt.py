"""Receipt: one gradient written out as the chain-rule product that it is, with numbers.

The loss of one example reaches a weight through a chain of values: the weight's own neuron, then
layer after layer of sums that it takes part in, then the loss. Every link has a local derivative,
which is the op's own rule asked for one entry at a time. Multiplied along a path and added up over
all paths they are the gradient, to the last digit that the kind of number allows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any, final

from chainrule.autodiff import Rule, Tensor, backward
from chainrule.errors import OptionError
from chainrule.explanations.receipt.chain import (
    Link,
    chain_to,
    entry_derivative,
    gate_note,
    multiply_out,
    plain,
    short_name,
    total,
    value_name,
)
from chainrule.explanations.receipt.paths import Path, heaviest_paths
from chainrule.nn import NetworkStudy, per_example_entry, weight_name


@final
@dataclass(frozen=True)
class Factor:
    """One local derivative with its number.

    Attributes:
        symbol: Such as `da/dz`.
        value: The number.
        formula: The rule's formula; empty where the number is a sum that is written out below.
        why: The rule's sentence.
        of: The values between which it stands, such as `dense1.a[3]` and `dense1.z[3]`.
        note: What is remarkable about it here, such as a shut gate; empty if nothing is.
    """

    symbol: str
    value: Any
    formula: str
    why: str
    of: tuple[str, str]
    note: str = ""


@final
@dataclass(frozen=True)
class Term:
    """One summand where paths meet: what came back to a later value, times the link to this one."""

    later: str
    gradient: Any
    factor: Any
    product: Any


@final
@dataclass(frozen=True)
class Merge:
    """A value from which several paths lead to the loss: `dL/dvalue` as the sum over them.

    Attributes:
        value: The value's name, such as `dense1.a[3]`.
        symbol: What the summands are made of, such as `dL/dz · dz/da`.
        formula: The rule's formula for the link to this value.
        total: The sum.
        terms: The largest summands, largest first.
        hidden: How many more carry something.
        hidden_sum: What those add up to.
        silent: How many later values hear this one and pass nothing back.
        note: What is remarkable about it here, such as a shut gate; empty if nothing is.
    """

    value: str
    symbol: str
    formula: str
    total: Any
    terms: tuple[Term, ...]
    hidden: int
    hidden_sum: Any
    silent: int = 0
    note: str = ""


@final
@dataclass(frozen=True)
class Receipt:
    """How one gradient comes about.

    Attributes:
        weight: The weight's name.
        gradient: `dL/dw` of the example that is written out, as the walk back gives it.
        total: The same, multiplied out and added up here.
        chain: The factors of the last product: `dL/da · da/dz · dz/dw`.
        merges: Where paths meet, from the weight's neuron towards the loss.
        paths: The paths that carry most, largest first.
        path_count: How many paths carry something.
        hidden_paths_sum: What the paths that are not listed add up to.
        row: Which of the examples is written out.
        rows: How many examples there are.
        batch_gradient: For several examples, `dL/dw` of their mean loss.
        examples: For several examples, `(row, its part of that gradient)` of those that carry most.
        hidden_examples_sum: What the parts of the examples that are not listed add up to.
    """

    weight: str
    gradient: Any
    total: Any
    chain: tuple[Factor, ...]
    merges: tuple[Merge, ...]
    paths: tuple[Path, ...]
    path_count: int
    hidden_paths_sum: Any
    row: int = 0
    rows: int = 1
    batch_gradient: Any = None
    examples: tuple[tuple[int, Any], ...] = ()
    hidden_examples_sum: Any = 0

    def to_dict(self) -> dict[str, Any]:
        """Every number by name."""
        from chainrule.explanations.receipt.receipt_text import as_dict

        return as_dict(self)

    def to_latex(self) -> str:
        """The product and its sums as LaTeX, for a page or a slide."""
        from chainrule.explanations.receipt.receipt_text import as_latex

        return as_latex(self)

    def _repr_html_(self) -> str:
        from chainrule.report.notebook import receipt_html

        return receipt_html(self)

    def __str__(self) -> str:
        from chainrule.explanations.receipt.receipt_text import as_text

        return as_text(self)


def receipt(
    study: NetworkStudy,
    parameter: str,
    index: tuple[int, ...],
    *,
    top: int = 5,
    row: int | None = None,
    rows: Sequence[int] | None = None,
) -> Receipt:
    """Write out the gradient of one weight.

    With several examples the gradient is the mean of theirs; the receipt then says which of them
    carry it, and writes out the one that carries most, or `row`.

    Args:
        study: The network and the examples; the weights may be of any number kind.
        parameter: The array that the weight is an entry of.
        index: Which entry.
        top: How many summands and paths to list, at least 1.
        row: Which example to write out, one of `rows`.
        rows: What people call the examples; their numbers from 0 if left out.

    Raises:
        OptionError: If there is no such row, or nothing is to be listed.

    Source: Rumelhart, Hinton & Williams (1986); the chain rule over paths is Bauer's formula,
    "Computational graphs and rounding error" (1974).
    """
    if top < 1:
        raise OptionError(f"a receipt lists at least 1 summand of each sum; found top={top}")
    names = list(rows or range(study.x.shape[0]))
    if row is not None and row not in names:
        raise OptionError(
            f"there is no row {row} among the {len(names)} examples explained, "
            f"{min(names)} to {max(names)}"
        )
    if len(names) == 1:
        return replace(_single(study, parameter, index, top), row=names[0])
    own = per_example_entry(
        study.architecture,
        study.loss_function,
        study.parameters,
        study.x,
        study.t,
        parameter=parameter,
        index=index,
    )
    parts = [g / len(own) for g in own]
    order = sorted(range(len(own)), key=lambda n: abs(own[n]), reverse=True)
    chosen = order[0] if row is None else names.index(row)
    return replace(
        _single(study.row(chosen), parameter, index, top),
        row=names[chosen],
        rows=len(names),
        batch_gradient=total(own) / len(own),
        examples=tuple((names[n], parts[n]) for n in order[:top]),
        hidden_examples_sum=total([parts[n] for n in order[top:]]),
    )


def _single(study: NetworkStudy, parameter: str, index: tuple[int, ...], top: int) -> Receipt:
    """The receipt for one example."""
    weights = {name: Tensor(w, name=name) for name, w in study.parameters.items()}
    weight, name = weights[parameter], weight_name(parameter, index)
    loss = study.losses(weights)
    loss.name = "L"
    links = chain_to(loss, weight)
    returned = multiply_out(links)
    chain, outer = _last_product(links, returned, weight, index)
    multiplied = prod((f.value for f in chain[1:]), start=chain[0].value)
    paths, count = heaviest_paths(links, index[0], name, chain[-1].value, top)
    return Receipt(
        weight=name,
        gradient=plain(backward(loss, [weight])[0][index]),
        total=multiplied,
        chain=chain,
        merges=_merges(links[:outer], returned, index[0], top),
        paths=paths,
        path_count=count,
        hidden_paths_sum=(
            multiplied - total([path.product for path in paths]) if count > len(paths) else 0
        ),
    )


def _last_product(
    links: list[Link], returned: list[list[Any]], weight: Tensor, index: tuple[int, ...]
) -> tuple[tuple[Factor, ...], int]:
    """The factors of `dL/da · da/dz · dz/dw`, and how many links the first of them sums up."""
    unit, nearest = index[0], links[-1]
    rule, value = entry_derivative(nearest.earlier, weight, index)
    names = (value_name(nearest.earlier, unit), weight_name(weight.name or "w", index))
    if len(index) == 2:
        last = Factor("dz/dw", value, rule.formula, rule.why, names, _input_note(value))
    else:
        last = Factor("dz/db", value, rule.formula, rule.why, names)
    outer = len(links)
    gates: tuple[Factor, ...] = ()
    if nearest.gate:
        outer -= 1
        names = (value_name(nearest.later, unit), value_name(nearest.earlier, unit))
        gate = nearest.at(unit, unit)
        gates = (_factor(nearest.symbol, gate, nearest.rule, names, _gate_note(nearest, unit)),)
    return (_head(links[:outer], returned[outer][unit], unit), *gates, last), outer


def _head(links: list[Link], value: Any, unit: int) -> Factor:
    """The derivative of the loss by the neuron's output."""
    link = links[-1]
    symbol = f"dL/d{short_name(link.earlier)}"
    names = ("L", value_name(link.earlier, unit))
    if len(links) == 1:
        return _factor(symbol, value, link.rule, names, "")
    count = len(link.jacobian)
    over = f"Σ {{}} over the {count} entries of" if count > 1 else "{} by way of"
    heard = f"{over.format(_summand(link))} {link.later.name}; written out below."
    note = "" if value != 0 else "nothing comes back to this neuron, so it is not to blame here"
    return Factor(symbol, value, "", heard, names, note)


def _merges(links: list[Link], returned: list[list[Any]], unit: int, top: int) -> tuple[Merge, ...]:
    """The sums on the way to the loss, each time going on from the summand that carries most."""
    found = []
    for level in range(len(links) - 1, -1, -1):
        link = links[level]
        column = link.column(unit)
        terms = [
            (p, Term(value_name(link.later, p), g, f, g * f))
            for p, f in column
            if (g := returned[level][p]) != 0
        ]
        terms.sort(key=lambda pair: -abs(pair[1].product))
        rest = [term.product for _, term in terms[top:]]
        found.append(
            Merge(
                value=value_name(link.earlier, unit),
                symbol=_summand(link),
                formula=link.rule.formula,
                total=returned[level + 1][unit],
                terms=tuple(term for _, term in terms[:top]),
                hidden=len(rest),
                hidden_sum=total(rest),
                silent=len(column) - len(terms),
                note=_gate_note(link, unit) if link.gate else "",
            )
        )
        if not terms:
            break
        unit = terms[0][0]
    return tuple(found)


def _factor(symbol: str, value: Any, rule: Rule, of: tuple[str, str], note: str) -> Factor:
    return Factor(symbol, value, rule.formula, rule.why, of, note)


def _summand(link: Link) -> str:
    later = short_name(link.later)
    return link.symbol if later == "L" else f"dL/d{later} · {link.symbol}"


def _gate_note(link: Link, unit: int) -> str:
    a, z = (plain(tensor.value[0, unit]) for tensor in (link.later, link.earlier))
    return gate_note(a, z, link.at(unit, unit))


def _input_note(value: Any) -> str:
    return "" if value != 0 else "the input is 0, so this weight does not matter here"
