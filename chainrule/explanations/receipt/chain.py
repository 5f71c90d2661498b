"""The chain of values from a loss down to a weight, with every local derivative between them.

And the ways along it, and the few that carry most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import pairwise
from typing import Any, NamedTuple, final

from chainrule.arrays import namespace_of
from chainrule.autodiff import Primitive, Rule, Tensor, origin_of, tape
from chainrule.explanations.receipt.worked import DIGITS, worked_op
from chainrule.nn import ACTIVATIONS, NetworkStudy
from chainrule.words import Record, number


@final
@dataclass(frozen=True)
class Link:
    """Two neighbouring values of one example, and the local derivatives between their entries.

    Attributes:
        later: The value nearer to the loss.
        earlier: The value that it was made from.
        rule: The op's rule, which gave the derivatives.
        jacobian: `jacobian[p][q]` is the derivative of entry p of the later value by entry q of
            the earlier; only `jacobian[p][p]` is there where `elementwise`.
        elementwise: Whether each entry was made from its own counterpart alone.
    """

    later: Tensor
    earlier: Tensor
    rule: Rule
    jacobian: list[list[Any]]
    elementwise: bool

    def at(self, p: int, q: int) -> Any:
        """The derivative of entry p of the later value by entry q of the earlier."""
        return self.jacobian[p][q]

    def column(self, q: int) -> list[tuple[int, Any]]:
        """The entries of the later value that depend on entry q, each with its derivative."""
        if self.elementwise:
            return [(q, self.jacobian[q][q])] if self.jacobian[q][q] != 0 else []
        return [(p, row[q]) for p, row in enumerate(self.jacobian) if row[q] != 0]

    def worked(self, p: int, q: int) -> str:
        """The rule's formula with this example's numbers put in, or the derivative alone."""
        value = self.at(p, q)
        text = worked_op(self.later, self.rule.formula, value, later=p, earlier=q)
        return text or number(value, DIGITS)

    @property
    def gate(self) -> bool:
        """Whether it is a neuron's own activation: a sum of one input is not a gate."""
        return self.elementwise and origin_of(self.later).primitive in ACTIVATIONS.values()

    def note(self, unit: int) -> str:
        """What is remarkable about a neuron's activation as a gate; empty if nothing is."""
        a, z = (plain(tensor.value[0, unit]) for tensor in (self.later, self.earlier))
        return gate_note(a, z, self.at(unit, unit))

    @property
    def symbol(self) -> str:
        """Such as `da/dz`."""
        return f"d{short_name(self.later)}/d{short_name(self.earlier)}"


class Walk(NamedTuple):
    """The way back from one example's loss to a parameter.

    Attributes:
        loss: The loss, of shape `(1,)`.
        weight: The parameter.
        links: Those from the loss down to the weighted sum that the parameter takes part in.
        returned: `dL/dvalue` for every entry of every value on the way, the loss first.
    """

    loss: Tensor
    weight: Tensor
    links: list[Link]
    returned: list[list[Any]]


def walk_back(study: NetworkStudy, parameter: str) -> Walk:
    """The way back to a parameter, multiplied out; the study is of one example."""
    weight = Tensor(study.parameters[parameter], name=parameter)
    loss = study.losses({**study.parameters, parameter: weight})
    loss.name = "L"
    links = _chain_to(loss, weight)
    return Walk(loss, weight, links, _multiply_out(links))


def _chain_to(loss: Tensor, weight: Tensor) -> list[Link]:
    chain: list[Tensor] = []
    for tensor in tape(loss):
        inputs = tensor.origin.inputs if tensor.origin else ()
        if any(x is (chain[-1] if chain else weight) for x in inputs):
            chain.append(tensor)
    return [_link(later, earlier) for earlier, later in pairwise(chain)][::-1]


def _link(later: Tensor, earlier: Tensor) -> Link:
    """Ask the op's rule for every entry at once: a batch in which row p is `dL/da` of entry p."""
    made, index = origin_of(later), _place(later, earlier)
    op, xp = made.primitive, namespace_of(later.value)
    table = len(later.shape) == 2
    seed = xp.eye(later.shape[1], dtype=xp.int64) if table else xp.ones_like(later.value)
    jacobian = op.share(index, seed, later.value, made.values, made.options).tolist()
    return Link(later, earlier, _rule(op, index), jacobian, table and op.entrywise)


def entry_derivative(own: Tensor, weight: Tensor, index: tuple[int, ...]) -> tuple[Rule, Any]:
    """`dz/dw`: what the weight's own neuron makes of a change of it, and the rule that says so."""
    made, place = origin_of(own), _place(own, weight)
    op, xp = made.primitive, namespace_of(own.value)
    seed = xp.eye(own.shape[1], dtype=xp.int64)[index[0] : index[0] + 1]
    share = op.pull(place, seed, own.value, made.values, made.options)
    return _rule(op, place), plain(share[index])


def _multiply_out(links: Sequence[Link]) -> list[list[Any]]:
    returned: list[list[Any]] = [[1]]
    for link in links:
        before, width = returned[-1], range(len(link.jacobian[0]))
        returned.append([total([before[p] * f for p, f in link.column(q)]) for q in width])
    return returned


def value_name(tensor: Tensor, entry: int) -> str:
    """The name of one entry, such as `dense1.a[3]`; the loss has only one."""
    return "L" if tensor.name == "L" else f"{tensor.name}[{entry}]"


def short_name(tensor: Tensor) -> str:
    """The letter of a value: `a` of `dense1.a`."""
    return (tensor.name or "value").rpartition(".")[2]


def total(terms: Sequence[Any]) -> Any:
    """The sum, in the terms' own number kind."""
    return sum(terms[1:], terms[0]) if terms else 0


def plain(value: Any) -> Any:
    """The number that an array of one entry holds."""
    return value.item() if hasattr(value, "item") else value


def _place(later: Tensor, earlier: Tensor) -> int:
    """The place of a value among the inputs of the next one."""
    return next(i for i, x in enumerate(origin_of(later).inputs) if x is earlier)


def _rule(op: Primitive, index: int) -> Rule:
    rule = op.rule(index)
    assert rule is not None
    return rule


FAINT = 0.02
"""Below this part of the gradient a neuron's gate counts as almost shut."""


def gate_note(a: Any, z: Any, slope: Any) -> str:
    """What is remarkable about how much gradient a neuron lets through; empty if nothing is.

    Args:
        a: What the neuron says.
        z: Its weighted sum.
        slope: `da/dz` there.

    Example:
        >>> gate_note(0.0, -0.3, 0), gate_note(0.5, 0.5, 1)
        ('the neuron is silent: z = -0.3, so no gradient passes', '')
    """
    if slope == 0:
        state = "saturated" if a else "silent"
        return f"the neuron is {state}: z = {number(z)}, so no gradient passes"
    if abs(slope) < FAINT:
        return f"the gate is almost shut at z = {number(z)}: only {number(slope, 3)} passes"
    return ""


@final
@dataclass(frozen=True)
class WeightPath(Record):
    """One way from the loss to the weight.

    Attributes:
        values: The values it passes, from the loss to the weight.
        factors: The local derivatives between them.
        product: Their product.
    """

    values: tuple[str, ...]
    factors: tuple[Any, ...]
    product: Any

    def __str__(self) -> str:
        units = [value for value in self.values if value.rpartition("[")[0].endswith(".z")]
        way = " ← ".join(["L", *(unit.replace(".z", "") for unit in units)])
        return f"{number(self.product, 4):>12}  {way}"


def heaviest_paths(
    links: Sequence[Link], unit: int, weight: str, last: Any, top: int
) -> tuple[tuple[WeightPath, ...], int]:
    """The paths whose products are largest in size, largest first, and how many there are in all.

    The best paths to a value run along the best paths to the values after it, so each level keeps
    only the `top` best for every entry. Paths with a factor 0 carry nothing and are not counted.

    Args:
        links: The links from the loss down to the weight's own layer.
        unit: The weight's neuron.
        weight: The weight's name.
        last: The derivative between the neuron and the weight.
        top: How many paths to keep.
    """
    best = {0: [_Way(1, (), ())]}
    counts = {0: 1}
    for link in links:
        wanted = (unit,) if link is links[-1] else range(len(link.jacobian[0]))
        columns = {q: [(p, f) for p, f in link.column(q) if p in best] for q in wanted}
        counts = {q: sum(counts[p] for p, _ in column) for q, column in columns.items() if column}
        best = {q: _extended(best, q, columns[q], top) for q in counts}
    if last == 0 or unit not in best:
        return (), 0
    passed = [link.earlier for link in links]
    paths = (
        WeightPath(
            ("L", *map(value_name, passed, way.entries), weight),
            (*way.factors, last),
            way.product * last,
        )
        for way in best[unit]
    )
    return tuple(paths), counts[unit]


class _Way(NamedTuple):
    """A path as far as one entry: its product, its entries, and its factors."""

    product: Any
    entries: tuple[int, ...]
    factors: tuple[Any, ...]


def _extended(
    best: dict[int, list[_Way]], q: int, column: list[tuple[int, Any]], top: int
) -> list[_Way]:
    """The best paths to entry q, from those to the entries that depend on it.

    The `top` best paths come from at most `top` of those entries, and from the ones whose own best
    path, extended, weighs most.
    """
    heavy = nlargest(top, column, key=lambda pf: abs(best[pf[0]][0].product * pf[1]))
    extended = [
        _Way(way.product * f, (*way.entries, q), (*way.factors, f))
        for p, f in heavy
        for way in best[p]
    ]
    return nlargest(top, extended, key=lambda way: abs(way.product))
