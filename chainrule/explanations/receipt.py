"""Receipt: one gradient written out as the chain-rule product that it is, with numbers.

The loss of one example reaches a weight through a chain of values: the weight's own neuron, then
layer after layer of sums that it takes part in, then the loss. Every link has a local derivative,
which is the op's own rule asked for one entry at a time. Multiplied along a path and added up over
all paths they are the gradient, to the last digit that the kind of number allows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from heapq import nlargest
from math import prod
from typing import Any, final

from chainrule.arrays import namespace_of
from chainrule.autodiff import Rule, Tensor, backward, tape, unbroadcast
from chainrule.errors import OptionError
from chainrule.explanations.line import Setting
from chainrule.explanations.per_example import per_example_gradients
from chainrule.explanations.wording import weight_name


@final
@dataclass(frozen=True)
class Factor:
    """One local derivative with its number.

    Attributes:
        symbol: Such as `da/dz`.
        value: The number.
        formula: The rule's formula.
        why: The rule's sentence.
        of: The values between which it stands, such as `dense1.a[3]` and `dense1.z[3]`.
    """

    symbol: str
    value: Any
    formula: str
    why: str
    of: tuple[str, str]


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
        hidden: How many more there are.
        hidden_sum: What those add up to.
    """

    value: str
    symbol: str
    formula: str
    total: Any
    terms: tuple[Term, ...]
    hidden: int
    hidden_sum: Any


@final
@dataclass(frozen=True)
class Path:
    """One way from the loss to the weight.

    Attributes:
        values: The values it passes, from the loss to the weight.
        factors: The local derivatives between them.
        product: Their product.
    """

    values: tuple[str, ...]
    factors: tuple[Any, ...]
    product: Any


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
        path_count: How many paths there are.
        hidden_paths_sum: What the paths that are not listed add up to.
        row: Which of the examples is written out.
        rows: How many examples there are.
        batch_gradient: For several examples, `dL/dw` of their mean loss.
        examples: For several examples, `(row, its part of that gradient)` of those that carry most.
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

    def to_dict(self) -> dict[str, Any]:
        """Every number by name."""
        from chainrule.explanations.receipt_text import as_dict

        return as_dict(self)

    def to_latex(self) -> str:
        """The product and its sums as LaTeX, for a page or a slide."""
        from chainrule.explanations.receipt_text import as_latex

        return as_latex(self)

    def __str__(self) -> str:
        from chainrule.explanations.receipt_text import as_text

        return as_text(self)


def receipt(
    setting: Setting, parameter: str, index: tuple[int, ...], *, top: int = 5, row: int | None = None
) -> Receipt:
    """Write out the gradient of one weight.

    With several examples the gradient is the mean of theirs; the receipt then says which of them
    carry it, and writes out the one that carries most, or `row`.

    Args:
        setting: The network and the examples; the weights may be of any number kind.
        parameter: The array that the weight is an entry of.
        index: Which entry.
        top: How many summands and paths to list.
        row: Which example to write out.

    Raises:
        OptionError: If there is no such row.

    Source: Rumelhart, Hinton & Williams (1986); the chain rule over paths is Bauer's formula,
    "Computational graphs and rounding error" (1974).
    """
    rows = setting.x.shape[0]
    if row is not None and not 0 <= row < rows:
        raise OptionError(f"there is no row {row} among these {rows} examples, 0 to {rows - 1}")
    if rows == 1:
        return _single(setting, parameter, index, top)
    gradients = per_example_gradients(
        setting.architecture, setting.loss, setting.parameters, setting.x, setting.t
    )[parameter]
    own = [gradients[(n, *index)] for n in range(rows)]
    own = [value.item() if hasattr(value, "item") else value for value in own]
    order = sorted(range(rows), key=lambda n: abs(own[n]), reverse=True)
    chosen = order[0] if row is None else row
    written = _single(setting.row(chosen), parameter, index, top)
    return replace(
        written,
        row=chosen,
        rows=rows,
        examples=tuple((n, own[n] / rows) for n in order[:top]),
        batch_gradient=_sum(own) / rows,
    )


def _single(setting: Setting, parameter: str, index: tuple[int, ...], top: int) -> Receipt:
    """The receipt for one example."""
    weights = {name: Tensor(w, name=name) for name, w in setting.parameters.items()}
    weight = weights[parameter]
    loss = setting.example_losses(weights)
    loss.name = "L"
    links = _links(loss, weight)
    own, unit = links[-1].earlier, index[0]
    returned = _multiply_out(links)
    last = _entry_factor(own, weight, index)
    factors = [last]
    outer = len(links)
    if links[-1].elementwise:  # the neuron's own activation
        outer -= 1
        factors.append(links[-1].factor(unit, unit))
    head = links[outer - 1]
    factors.append(head.whole(unit, returned[outer][unit]))
    factors.reverse()
    paths, count, shown = _paths(links, last, unit, weight_name(parameter, index), top)
    total = prod((f.value for f in factors[1:]), start=factors[0].value)
    return Receipt(
        weight=weight_name(parameter, index),
        gradient=_scalar(backward(loss, [weight])[0][index]),
        total=total,
        chain=tuple(factors),
        merges=_merges(links[:outer], returned, unit, top),
        paths=paths,
        path_count=count,
        hidden_paths_sum=total - shown,
    )


@dataclass(frozen=True)
class _Link:
    """Two neighbouring values and all local derivatives between their entries.

    `jacobian[p][q]` is the derivative of entry p of the later value by entry q of the earlier.
    """

    later: Tensor
    earlier: Tensor
    rule: Rule
    jacobian: list[list[Any]]
    elementwise: bool

    def factor(self, p: int, q: int) -> Factor:
        later, earlier = _entry(self.later, p), _entry(self.earlier, q)
        symbol = f"d{_short(self.later)}/d{_short(self.earlier)}"
        return Factor(symbol, self.jacobian[p][q], self.rule.formula, self.rule.why, (later, earlier))

    def whole(self, q: int, value: Any) -> Factor:
        """The derivative of the loss itself by an entry of the earlier value."""
        symbol = f"dL/d{_short(self.earlier)}"
        return Factor(
            symbol, value, self.rule.formula, self.rule.why, ("L", _entry(self.earlier, q))
        )


def _links(loss: Tensor, weight: Tensor) -> list[_Link]:
    """From the loss down to the weighted sum that the weight takes part in."""
    order = tape(loss)
    chain: list[Tensor] = []
    for tensor in order:
        inputs = tensor.origin.inputs if tensor.origin else ()
        if any(x is (chain[-1] if chain else weight) for x in inputs):
            chain.append(tensor)
    return [_link(later, earlier) for earlier, later in zip(chain, chain[1:], strict=False)][::-1]


def _link(later: Tensor, earlier: Tensor) -> _Link:
    """Ask the op's rule for every entry at once: a batch in which row p is `dL/da` of entry p alone."""
    origin = later.origin
    assert origin is not None
    index = next(i for i, x in enumerate(origin.inputs) if x is earlier)
    rule = origin.primitive.rule(index)
    assert rule is not None
    xp = namespace_of(later.value)
    inputs = [x.value if type(x) is Tensor else x for x in origin.inputs]
    seed = (
        xp.ones_like(later.value)
        if len(later.shape) == 1
        else xp.eye(later.shape[-1], dtype=xp.int64)
    )
    jacobian = rule.function(xp, seed, later.value, *inputs, **origin.options).tolist()
    elementwise = len(later.shape) == 2 and all(
        f == 0 for p, row in enumerate(jacobian) for q, f in enumerate(row) if p != q
    )
    return _Link(later, earlier, rule, jacobian, elementwise)


def _multiply_out(links: list[_Link]) -> list[list[Any]]:
    """`dL/dvalue` for every entry of every value on the way, the loss first: sums over all paths."""
    returned: list[list[Any]] = [[1]]
    for link in links:
        before = returned[-1]
        columns = zip(*link.jacobian, strict=True)
        returned.append([_sum([g * f for g, f in zip(before, c, strict=True)]) for c in columns])
    return returned


def _merges(
    links: list[_Link], returned: list[list[Any]], unit: int, top: int
) -> tuple[Merge, ...]:
    """The sums on the way to the loss, each time going on from the summand that carries most."""
    found = []
    for level in range(len(links) - 1, -1, -1):
        link = links[level]
        later, earlier = _short(link.later), _short(link.earlier)
        terms = [
            (p, Term(_entry(link.later, p), g, row[unit], g * row[unit]))
            for p, (g, row) in enumerate(zip(returned[level], link.jacobian, strict=True))
            if row[unit] != 0
        ]
        terms.sort(key=lambda pair: -abs(pair[1].product))
        rest = [term.product for _, term in terms[top:]]
        found.append(
            Merge(
                value=_entry(link.earlier, unit),
                symbol=f"d{later}/d{earlier}" if later == "L" else f"dL/d{later} · d{later}/d{earlier}",
                formula=link.rule.formula,
                total=returned[level + 1][unit],
                terms=tuple(term for _, term in terms[:top]),
                hidden=len(rest),
                hidden_sum=_sum(rest),
            )
        )
        if not terms:
            break
        unit = terms[0][0]
    return tuple(found)


def _paths(
    links: list[_Link], last: Factor, unit: int, weight: str, top: int
) -> tuple[tuple[Path, ...], int, Any]:
    """The paths that carry most, how many there are, and what the listed ones add up to.

    The best paths to a value run along the best paths to the values after it, so each level keeps
    only the `top` best for every entry.
    """
    best: list[list[Path]] = [[Path(("L",), (), 1)]]
    counts = [1]
    for link in links:
        entries = range(len(link.jacobian[0]))
        nextbest = []
        for q in entries:
            column = [row[q] for row in link.jacobian]
            extended = [
                (path, f) for paths, f in zip(best, column, strict=True) if f != 0 for path in paths
            ]
            heaviest = nlargest(top, extended, key=lambda pair: abs(pair[0].product * pair[1]))
            name = _entry(link.earlier, q)
            nextbest.append(
                [Path((*p.values, name), (*p.factors, f), p.product * f) for p, f in heaviest]
            )
        counts = [
            sum(n for n, row in zip(counts, link.jacobian, strict=True) if row[q] != 0)
            for q in entries
        ]
        best = nextbest
    if last.value == 0:
        return (), 0, 0
    found = tuple(
        Path((*p.values, weight), (*p.factors, last.value), p.product * last.value)
        for p in best[unit]
    )
    return found, counts[unit], _sum([path.product for path in found])


def _entry_factor(own: Tensor, weight: Tensor, index: tuple[int, ...]) -> Factor:
    """`dz/dw`: what the weight's own neuron makes of a change of it."""
    origin = own.origin
    assert origin is not None
    place = next(i for i, x in enumerate(origin.inputs) if x is weight)
    rule = origin.primitive.rule(place)
    assert rule is not None
    xp = namespace_of(own.value)
    seed = xp.eye(own.shape[-1], dtype=xp.int64)[index[0] : index[0] + 1]
    inputs = [x.value if type(x) is Tensor else x for x in origin.inputs]
    share = unbroadcast(xp, rule.function(xp, seed, own.value, *inputs), weight.shape)
    symbol = "dz/dw" if len(index) == 2 else "dz/db"
    names = (_entry(own, index[0]), weight_name(weight.name or "w", index))
    return Factor(symbol, _scalar(share[index]), rule.formula, rule.why, names)


def _entry(tensor: Tensor, entry: int) -> str:
    return "L" if tensor.name == "L" else f"{tensor.name}[{entry}]"


def _short(tensor: Tensor) -> str:
    return (tensor.name or "value").rpartition(".")[2]


def _sum(terms: list[Any]) -> Any:
    return sum(terms[1:], terms[0]) if terms else 0


def _scalar(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
