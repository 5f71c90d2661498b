"""Worksheet: every value of one step of a small network, in the order in which a hand works.

Forwards from the inputs to the loss, then backwards from the loss to the weights; each value with
its formula, and with the numbers put in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from math import prod
from typing import Any, final

from chainrule.autodiff import Tensor, origin_of
from chainrule.errors import OptionError, require_switch
from chainrule.explanations.receipt.chain import Link, short_name, value_name, walk_back
from chainrule.explanations.receipt.worked import DIGITS, worked_op, worked_sum
from chainrule.nn import ACTIVATIONS, NetworkStudy, entries, entry_name, named, place_of
from chainrule.ops import weighted_sum
from chainrule.words import (
    BLANK,
    Record,
    cell,
    number,
    screen,
    sheet_page,
    table,
    to_frame,
    wrapped,
)

MOST_WEIGHTS = 60
"""The largest network that is written out: more than anyone works out by hand."""

_TITLES = ("value", "formula", "with numbers")
_STAGES = ("given", "forward", "loss", "backward")


@final
@dataclass(frozen=True)
class Line:
    """One value.

    Attributes:
        stage: "given", "forward", "loss" or "backward".
        name: Such as `dense1.z[0]` or `dL/d(dense1.z[0])`.
        formula: How it comes about; for what is given, what it is.
        value: The number.
        worked: The formula with the numbers put in, and what they give.
    """

    stage: str
    name: str
    formula: str
    value: Any
    worked: str


@final
@dataclass(frozen=True)
class Worksheet(Record):
    """Every value of one step of a small network; `print` it.

    Attributes:
        row: The example that it is about.
        loss_name: The loss by its name.
        lines: The values, in hand order.
        answers: Whether they are shown; if not, there is room to write them.

    Example:
        >>> import chainrule as cr
        >>> dense = cr.Dense(1, 1, "sigmoid", weight=[[2.0]], bias=[0.5])
        >>> net = cr.Network([dense], engine="python")
        >>> ex = cr.explain(net, [[0.0], [1.0], [2.0]], [0, 0, 1])
        >>> sheet = ex.worksheet()
        >>> sheet.title, [line.name for line in sheet.lines if line.stage == "forward"]
        ('worksheet of row 1 (binary_cross_entropy)', ['dense1.z[0]', 'dense1.a[0]'])
    """

    row: int
    loss_name: str
    lines: tuple[Line, ...]
    answers: bool = True

    @property
    def title(self) -> str:
        """What it is about."""
        return f"worksheet of row {self.row} ({self.loss_name})"

    def to_frame(self, library: str = "pandas") -> Any:
        """One row for each line, without the answers if they are not shown."""
        blank = {"value": None, "worked": None}
        rows = [asdict(line) | ({} if self._shows(line) else blank) for line in self.lines]
        return to_frame(rows, library)

    def to_markdown(self) -> str:
        """The worksheet as tables of Markdown."""
        parts = [f"# {self.title}"]
        for stage, rows in self._tables():
            lines = [_markdown(_TITLES), "|---|---|---|", *map(_markdown, rows)]
            parts.append("\n".join([f"## {stage}", "", *lines]))
        return "\n\n".join(parts)

    def to_html(self) -> str:
        """The worksheet as a page of its own."""
        return sheet_page(self.title, self._repr_html_())

    def _tables(self) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
        """The lines of each stage as cells."""
        for stage in _STAGES:
            rows = [
                (line.name, line.formula, line.worked if self._shows(line) else BLANK)
                for line in self.lines
                if line.stage == stage
            ]
            if rows:
                yield stage, rows

    def _shows(self, line: Line) -> bool:
        return self.answers or line.stage == "given"

    def _repr_html_(self) -> str:
        return cell(
            f"<p><b>{self.title}</b></p>",
            *(table(stage, _TITLES, rows) for stage, rows in self._tables()),
        )

    def __str__(self) -> str:
        wide = max(len(line.name) for line in self.lines)
        lines = [self.title]
        for stage, rows in self._tables():
            lines += ["", stage]
            for name, formula, worked in rows:
                start = f"{name:<{wide}}  {formula:<{_FORMULA}}"
                if len(start) + len(worked) + 4 <= screen():
                    lines.append(f"  {start}  {worked}")
                else:
                    lines += wrapped(start.rstrip(), first="  ", rest=" " * (wide + 4))
                    lines += wrapped(worked, first=" " * (wide + 6))
        return "\n".join(lines)


_FORMULA = 22
"""How wide the column of formulas is, where they are not longer."""


def worksheet(study: NetworkStudy, *, answers: bool) -> Worksheet:
    """Write out every value of a step: `z`, `a`, the loss, and `dL/d` of each and of the weights.

    Args:
        study: The network and one example.
        answers: Whether to show the values, or room for them.

    Raises:
        OptionError: If the network has more weights than a hand works out.

    Example:
        >>> import chainrule.arrays as xp
        >>> from chainrule.nn import LOSSES, Architecture, Dense
        >>> weights = {"dense1.weight": xp.asarray([[1.5]]), "dense1.bias": xp.asarray([0.5])}
        >>> x, t = xp.asarray([[2.0]]), xp.asarray([[4.0]])
        >>> net, loss = Architecture([Dense(1, 1)]), LOSSES["mean_squared_error"]
        >>> sheet = worksheet(NetworkStudy(net, loss, weights, x, t), answers=True)
        >>> [(line.name, line.worked) for line in sheet.lines if line.stage == "forward"]
        [('dense1.z[0]', '2 · 1.5 + 0.5 = 3.5'), ('dense1.a[0]', '3.5')]
        >>> sheet.lines[-2].name, sheet.lines[-2].worked
        ('dL/d(dense1.weight[0,0])', '(-1) · 2 = -2')
    """
    require_switch("answers", answers)
    count = sum(prod(w.shape) for w in study.parameters.values())
    if count > MOST_WEIGHTS:
        raise OptionError(
            f"a worksheet is for networks of up to {MOST_WEIGHTS} weights, which a hand can work "
            f"out, and this one has {count:,}: train one with smaller layers, or ask for the "
            "receipt of one weight"
        )
    loss, _, links, returned = walk_back(study, next(iter(study.parameters)))
    lines = [*_given(study, loss), *_forward(study, links)]
    for link, before, after in zip(links, returned, returned[1:], strict=False):
        lines += _backward(link, before, after)
        if _is_sum(link.earlier):
            lines += _weights(study, link.earlier, after)
    return Worksheet(study.rows[0], study.loss_name, tuple(lines), answers)


def _given(study: NetworkStudy, loss: Tensor) -> Iterator[Line]:
    """Inputs, target and weights."""
    target = loss.origin.primitive.inputs[1] if loss.origin else "y"
    names = study.input_names or ("input",) * study.x.shape[1]
    classes = study.class_names if len(study.class_names) == study.t.shape[1] else ("target",)
    for letter, meanings, row in (("x", names, study.x), (target, classes, study.t)):
        for place, value in enumerate(row.tolist()[0]):
            meaning = meanings[place] if len(meanings) > place else meanings[-1]
            yield Line("given", f"{letter}[{place}]", meaning, value, number(value, DIGITS))
    for name, w in study.parameters.items():
        what = "bias" if len(w.shape) == 1 else "weight"
        for place, value in enumerate(entries(w)):
            entry = entry_name(name, w.shape, place)
            yield Line("given", entry, what, value, number(value, DIGITS))


def _forward(study: NetworkStudy, links: list[Link]) -> Iterator[Line]:
    """Every value from the first weighted sum to the loss."""
    way = [link.earlier for link in reversed(links)]
    if _is_sum(way[-1]):  # the loss is fused with the output, and works it out within itself
        says = ACTIVATIONS[study.architecture.output.activation](Tensor(way[-1].value))
        way.append(named(says, f"{study.architecture.output_name}.a"))
    for tensor in (*way, links[0].later):
        formula = origin_of(tensor).primitive.formula
        stage = "loss" if tensor.name == "L" else "forward"
        for entry, value in enumerate(entries(tensor.value)):
            if _is_sum(tensor):
                x, w, b = (array.tolist() for array in origin_of(tensor).values)
                products = [*zip(x[0], w[entry], strict=True), (b[entry],)]
                text = worked_sum(products, value, most=None)
            else:
                text = worked_op(tensor, formula, value, later=entry, earlier=entry)
                text = text or number(value, DIGITS)
            yield Line(stage, value_name(tensor, entry), formula, value, text)


def _backward(link: Link, before: list[Any], after: list[Any]) -> Iterator[Line]:
    """What comes back to every entry of a value, from the value after it."""
    later, symbol = short_name(link.later), link.symbol
    for q, value in enumerate(after):
        name = f"dL/d({value_name(link.earlier, q)})"
        if later == "L":
            yield Line("backward", name, link.rule.formula, value, link.worked(0, q))
            continue
        if link.gate:
            own = f"{symbol} of {value_name(link.later, q).replace('.a', '')}"
            yield Line("backward", own, link.rule.formula, link.at(q, q), link.worked(q, q))
        through = (q,) if link.elementwise else range(len(before))
        products = [(before[p], link.at(p, q)) for p in through]
        formula = f"{'Σ ' * (len(products) > 1)}dL/d{later} · {symbol}"
        yield Line("backward", name, formula, value, worked_sum(products, value, most=None))


def _weights(study: NetworkStudy, z: Tensor, back: list[Any]) -> Iterator[Line]:
    """The gradient of every weight and bias of a layer."""
    layer = str(z.name).removesuffix(".z")
    x = entries(study.sums[layer][0])
    for short, letter in (("weight", "w"), ("bias", "b")):
        gradient = study.gradients[f"{layer}.{short}"]
        for place, value in enumerate(entries(gradient)):
            index = place_of(place, gradient.shape)
            name = f"dL/d({entry_name(f'{layer}.{short}', gradient.shape, place)})"
            product = [back[index[0]], *(x[place] for place in index[1:])]
            formula = "dL/dz · x" if letter == "w" else "dL/dz"
            yield Line("backward", name, formula, value, worked_sum([product], value))


def _is_sum(tensor: Tensor) -> bool:
    return tensor.origin is not None and tensor.origin.primitive is weighted_sum


def _markdown(cells: tuple[str, str, str]) -> str:
    return f"| {' | '.join(text.replace('|', chr(92) + '|') for text in cells)} |"
