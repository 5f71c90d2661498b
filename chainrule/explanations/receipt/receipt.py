"""Receipt: one gradient written out as the chain-rule product that it is, with numbers.

The loss of one example reaches a weight through a chain of values: the weight's own neuron, then
layer after layer of sums that it takes part in, then the loss. Every link has a local derivative,
which is the op's own rule asked for one entry at a time. Multiplied along a path and added up over
all paths they are the gradient, to the last digit that the kind of number allows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import cached_property, partial
from math import isfinite, prod
from typing import Any, final

from chainrule.autodiff import Tensor, backward
from chainrule.errors import require_whole
from chainrule.explanations.receipt.chain import (
    Link,
    WeightPath,
    entry_derivative,
    heaviest_paths,
    plain,
    short_name,
    total,
    value_name,
    walk_back,
)
from chainrule.explanations.receipt.worked import DIGITS, worked_sum
from chainrule.nn import NetworkStudy, per_example_entry, weight_name
from chainrule.words import Record, cell, factor, figure, number, safe, table, wrapped


@dataclass(frozen=True)
class WorkedOut:
    """A number with the formula that it comes from.

    Attributes:
        write: Writes `worked`.
    """

    write: Callable[[], str] = field(kw_only=True, repr=False, compare=False)

    @cached_property
    def worked(self) -> str:
        """The formula with the numbers put in and what they give, `2·(3.5 - 4) = -1`.

        The number alone where nothing can be put in.
        """
        return self.write()

    def __getstate__(self) -> dict[str, Any]:
        """A copy has the text, and no walk to write it from."""
        return {**vars(self), "worked": self.worked, "write": str}


@final
@dataclass(frozen=True)
class Factor(WorkedOut):
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

    @property
    def reason(self) -> str:
        """The formula and what it means; where something is remarkable, that in its place."""
        note = f"{self.note[:1].upper()}{self.note[1:]}." if self.note else self.why
        return f"{self.formula}. {note}" if self.formula else note


@final
@dataclass(frozen=True)
class Term(Record):
    """One summand where paths meet: what came back to a later value, times the link to this one."""

    later: str
    gradient: Any
    factor: Any
    product: Any

    def __str__(self) -> str:
        return f"{factor(self.gradient)} · {factor(self.factor)} = {number(self.product)}"


@final
@dataclass(frozen=True)
class Merge(WorkedOut):
    """A value from which several paths lead to the loss: `dL/dvalue` as the sum over them.

    Attributes:
        value: The value's name, such as `dense1.a[3]`.
        symbol: What the summands are made of, such as `dL/dz · dz/da`.
        formula: The rule's formula for the link to this value.
        total: The sum.
        terms: The largest summands, largest first.
        hidden: How many more carry something.
        hidden_sum: What those add up to.
        silent: How many later values depend on this one and pass nothing back.
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

    @property
    def several(self) -> bool:
        """Whether more than one summand carries something."""
        return len(self.terms) + self.hidden > 1

    def lines(self) -> list[str]:
        """The sum and its summands for an 80-column screen."""
        lines = wrapped(f"dL/d({self.value}) = {self._sum_text()}", first="  ")
        if self.several:
            width = max(len(t.later) for t in self.terms)
            lines += [f"    {t.later.ljust(width)}  {t}" for t in self.terms]
            if self.hidden:
                lines.append(f"    and {self.hidden} more: {number(self.hidden_sum)}")
            if self.silent:
                lines.append(f"    and {self.silent} through which nothing comes back")
        return lines

    def _sum_text(self) -> str:
        if self.several:
            return f"Σ {self.symbol} = {number(self.total)}"
        if not self.terms:
            return f"{number(self.total)}: {self.note or 'nothing comes back'}"
        term = self.terms[0]
        if term.later == "L":
            return f"{self.worked}   ({self.formula})"
        note = f"; {self.note}" if self.note else ""
        return f"{self.symbol} = {term}{note}"

    def to_latex(self) -> str:
        """The sum as a line of an `aligned` block."""
        terms = " + ".join(
            rf"{_latex_number(t.gradient)} \cdot {_latex_number(t.factor)}" for t in self.terms
        )
        rest = f" + {_latex_number(self.hidden_sum)}" if self.hidden else ""
        value = self.value.replace("_", r"\_")
        return (
            rf"\frac{{\partial L}}{{\partial \mathrm{{{value}}}}} "
            rf"&= {terms}{rest} = {_latex_number(self.total)} \\"
        )


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
        examples: For several examples, `(row, its part of that gradient)` of those that carry most
            of it, all of its sign.
        hidden_examples_sum: What the parts of all others add up to.
        against: Those of the others that pull most the other way.

    Example:
        >>> import chainrule as cr
        >>> e = cr.Neuron(weights=[1.5], bias=0.5).explain([2.0], target=4.0)
        >>> receipt = e.receipt("weight[0]")
        >>> receipt.gradient, [(factor.symbol, factor.value) for factor in receipt.chain]
        (-2.0, [('dL/da', -1.0), ('da/dz', 1), ('dz/dw', 2.0)])
    """

    weight: str
    gradient: Any
    total: Any
    chain: tuple[Factor, ...]
    merges: tuple[Merge, ...]
    paths: tuple[WeightPath, ...]
    path_count: int
    hidden_paths_sum: Any
    row: int
    rows: int = 1
    batch_gradient: Any = None
    examples: tuple[tuple[int, Any], ...] = ()
    hidden_examples_sum: Any = 0
    against: tuple[tuple[int, Any], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Every number by name; exact kinds as text."""
        record: dict[str, Any] = _plain(self)
        return record

    def to_latex(self) -> str:
        """The product and its sums as LaTeX, an `aligned` block for a page or a slide."""
        symbols = r" \cdot ".join(_partial(f.symbol) for f in self.chain)
        values = r" \cdot ".join(_latex_number(f.value) for f in self.chain)
        lines = [
            rf"{_partial(f'dL/d{self._letter}')} &= {symbols} \\",
            rf"&= {values} = {_latex_number(self.total)} \\",
            *(merge.to_latex() for merge in self.merges if merge.several),
        ]
        return "\n".join([r"\begin{aligned}", *lines, r"\end{aligned}"])

    def _repr_html_(self) -> str:
        product = " · ".join(f"{f.symbol} = {number(f.value, 4)}" for f in self.chain)
        factors = [(f.symbol, f.worked, f.formula, f.note or f.why) for f in self.chain]
        return cell(
            f"<p><b>{safe(self.weight)}</b> on row {self.row}: {safe(product)}; "
            f"together {figure(self.total)}</p>",
            table("the factors", ("factor", "with numbers", "formula", "why"), factors),
            f"<details><summary>all of it</summary><pre>{safe(str(self))}</pre></details>",
        )

    def __str__(self) -> str:
        lines = [f"receipt of {self.weight}"]
        if self.rows > 1:
            lines += self._example_lines()
        symbols = " · ".join(f.symbol for f in self.chain)
        values = " · ".join(factor(f.value) for f in self.chain)
        whole = f"dL/d{self._letter} = {symbols} = {values} = {number(self.total)}"
        lines += ["", *wrapped(whole)]
        width = max(len(f.symbol) for f in self.chain)
        margin = " " * (width + 5)
        for link in self.chain:
            lines += wrapped(f"{link.symbol.ljust(width)} = {link.worked}", first="  ")
            lines += wrapped(link.reason, first=margin)
        if len(self.merges) > 1:
            lines += [
                "",
                "where it comes from, level by level (each time following the largest part):",
                *(line for merge in self.merges for line in merge.lines()),
            ]
        lines += self._path_lines()
        if isinstance(self.total, float) and not isfinite(self.total):
            lines += ["", f"The product is {self.total}: not a number to go by."]
        return "\n".join(lines)

    @property
    def _letter(self) -> str:
        """`w` or `b`."""
        return self.chain[-1].symbol.rpartition("/d")[2]

    def _example_lines(self) -> list[str]:
        shown, against = (
            [f"row {n}: {number(part, 3)}" for n, part in parts]
            for parts in (self.examples, self.against)
        )
        rest = self.rows - len(self.examples)
        if rest:
            shown.append(f"and {rest} more: {number(self.hidden_examples_sum, 3)}")
        symbol = f"dL/d{self._letter}"
        return [
            f"{symbol} = {number(self.batch_gradient)}, the mean over {self.rows} rows; most:",
            *wrapped(", ".join(shown), first="  "),
            *(wrapped(f"against it: {', '.join(against)}", first="  ") if against else ()),
            f"written out for row {self.row}, whose own {symbol} is {number(self.gradient)}:",
        ]

    def _path_lines(self) -> list[str]:
        if self.path_count < 2:
            return []
        lines = ["", f"{self.path_count} paths lead from the loss to this weight; the largest:"]
        lines += [f"  {path}" for path in self.paths]
        rest = self.path_count - len(self.paths)
        if rest:
            lines.append(f"  and {rest} more: {number(self.hidden_paths_sum)}")
        return [*lines, f"  together {number(self.total)}"]


def receipt(
    study: NetworkStudy,
    parameter: str,
    index: tuple[int, ...],
    *,
    top: int = 5,
    row: int | None = None,
) -> Receipt:
    """Write out the gradient of one weight.

    With several examples the gradient is the mean of theirs; the receipt then says which of them
    carry it, and writes out the one that carries most, or `row`.

    Args:
        study: The network and the examples; the weights may be of any number kind.
        parameter: The array that the weight is an entry of.
        index: Which entry.
        top: How many summands and paths to list, at least 1.
        row: Which example to write out, one of the study's `rows`.

    Raises:
        OptionError: If there is no such row, or nothing is to be listed.

    Source: Rumelhart, Hinton & Williams (1986); the chain rule over paths is Bauer's formula,
    "Computational graphs and rounding error" (1974).
    """
    require_whole("top", top)
    rows, place = study.rows, None if row is None else study.place_of_row(row)
    if len(rows) == 1:
        return _single(study, parameter, index, top)
    own = per_example_entry(study, parameter, index)
    parts = [g / len(own) for g in own]
    whole = total(own)
    order = sorted(range(len(own)), key=lambda n: (own[n] * whole < 0, -abs(own[n])))
    along = sum(own[n] * whole >= 0 for n in order)
    listed = min(top, along) or top
    return replace(
        _single(study.only([order[0] if place is None else place]), parameter, index, top),
        rows=len(rows),
        batch_gradient=whole / len(own),
        examples=tuple((rows[n], parts[n]) for n in order[:listed]),
        hidden_examples_sum=total([parts[n] for n in order[listed:]]),
        against=tuple((rows[n], parts[n]) for n in order[max(along, listed) :][:top]),
    )


def _single(study: NetworkStudy, parameter: str, index: tuple[int, ...], top: int) -> Receipt:
    """The receipt for one example."""
    name = weight_name(parameter, index)
    loss, weight, links, returned = walk_back(study, parameter)
    chain, merges = _last_product(links, returned, weight, index, top)
    multiplied = prod((f.value for f in chain[1:]), start=chain[0].value)
    paths, count = heaviest_paths(links, index[0], name, chain[-1].value, top)
    hidden = multiplied - total([path.product for path in paths]) if count > len(paths) else 0
    return Receipt(
        weight=name,
        gradient=plain(backward(loss, [weight])[0][index]),
        total=multiplied,
        chain=chain,
        merges=merges,
        paths=paths,
        path_count=count,
        hidden_paths_sum=hidden,
        row=study.rows[0],
    )


def _last_product(
    links: list[Link], returned: list[list[Any]], weight: Tensor, index: tuple[int, ...], top: int
) -> tuple[tuple[Factor, ...], tuple[Merge, ...]]:
    """The factors of `dL/da · da/dz · dz/dw`, and the sums that the first of them comes from."""
    unit, nearest = index[0], links[-1]
    rule, value = entry_derivative(nearest.earlier, weight, index)
    names = (value_name(nearest.earlier, unit), weight_name(weight.name or "w", index))
    symbol, note = "dz/dw" if len(index) == 2 else "dz/db", ""
    if value == 0 and len(index) == 2:
        note = "the input is 0, so this weight does not matter here"
    write = partial(number, value, DIGITS)
    last = Factor(symbol, value, rule.formula, rule.why, names, note, write=write)
    outer = len(links)
    gates: tuple[Factor, ...] = ()
    if nearest.gate:
        outer -= 1
        names = (value_name(nearest.later, unit), value_name(nearest.earlier, unit))
        rule, gate, note = nearest.rule, nearest.at(unit, unit), nearest.note(unit)
        worked = partial(nearest.worked, unit, unit)
        gates = (Factor(nearest.symbol, gate, rule.formula, rule.why, names, note, write=worked),)
    merges = tuple(_merges(links[:outer], returned, unit, top))
    return (_head(links[:outer], merges[0], unit), *gates, last), merges


def _head(links: list[Link], merge: Merge, unit: int) -> Factor:
    """The derivative of the loss by the neuron's output."""
    link, value = links[-1], merge.total
    symbol = f"dL/d{short_name(link.earlier)}"
    names = ("L", value_name(link.earlier, unit))
    if len(links) == 1:
        rule = link.rule
        return Factor(symbol, value, rule.formula, rule.why, names, write=merge.write)
    count = len(link.jacobian)
    over = f"Σ {{}} over the {count} entries of" if count > 1 else "{} by way of"
    where_from = f"{over.format(_summand(link))} {link.later.name}; written out below."
    note = "" if value != 0 else "nothing comes back to this neuron, so it is not to blame here"
    return Factor(symbol, value, "", where_from, names, note, write=merge.write)


def _merges(links: list[Link], returned: list[list[Any]], unit: int, top: int) -> Iterator[Merge]:
    """The sums on the way to the loss, each time going on from the summand that carries most."""
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
        whole = returned[level + 1][unit]
        yield Merge(
            value=value_name(link.earlier, unit),
            symbol=_summand(link),
            formula=link.rule.formula,
            total=whole,
            terms=tuple(term for _, term in terms[:top]),
            hidden=len(rest),
            hidden_sum=total(rest),
            silent=len(column) - len(terms),
            note=link.note(unit) if link.gate else "",
            write=_writer(link, [term for _, term in terms], whole, unit),
        )
        if not terms:
            return
        unit = terms[0][0]


def _writer(link: Link, terms: Sequence[Term], value: Any, unit: int) -> Callable[[], str]:
    """Writes what came back to a value, with the numbers put in."""
    if short_name(link.later) == "L":
        return partial(link.worked, 0, unit)
    return partial(worked_sum, [(term.gradient, term.factor) for term in terms], value)


def _summand(link: Link) -> str:
    later = short_name(link.later)
    return link.symbol if later == "L" else f"dL/d{later} · {link.symbol}"


def _partial(symbol: str) -> str:
    top, _, bottom = symbol.partition("/")
    return rf"\frac{{\partial {top[1:]}}}{{\partial {bottom[1:]}}}"


def _latex_number(value: Any) -> str:
    text = number(value)
    if "/" in text:
        sign, text = ("-", text[1:]) if text[0] == "-" else ("", text)
        top, _, bottom = text.partition("/")
        text = rf"{sign}\tfrac{{{top}}}{{{bottom}}}"
    elif "e" in text:
        mantissa, _, exponent = text.partition("e")
        text = rf"{mantissa} \times 10^{{{int(exponent)}}}"
    return f"({text})" if text.startswith("-") else text


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        names = ("worked" if f.name == "write" else f.name for f in fields(value))
        return {name: _plain(getattr(value, name)) for name in names}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
