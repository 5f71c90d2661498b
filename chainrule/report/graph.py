"""The graph of an expression: every value with its gradient, as a picture and as text."""

from __future__ import annotations

from cmath import isfinite
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, final

from chainrule.arrays import namespace_of
from chainrule.autodiff import Tensor, backward, origin_of, pull_back, tape
from chainrule.errors import KindError, OptionError, require_whole
from chainrule.files import write_text
from chainrule.nn import entries
from chainrule.report.graph_drawing import Box, drawn
from chainrule.words import WIDTH, cell, number, paragraph, plural, safe, shortened

MOST = 60
"""So many values are shown; of more, the first third and the last two."""

NUMBERS = 3
"""How many numbers of an array are shown."""


@final
@dataclass(frozen=True)
class GraphNode:
    """One value of an expression.

    Attributes:
        name: What it is called: its own name, or `v` and its number.
        made_by: Such as `subtract(w, 3)`; empty for a leaf.
        inputs: The places of the values that it was made from.
        value: The array.
        gradient: That of the expression's result by it; None where none passes.
    """

    name: str
    made_by: str
    inputs: tuple[int, ...]
    value: Any
    gradient: Any

    @property
    def title(self) -> str:
        """Its name, and the shape of an array."""
        return f"{self.name} {tuple(self.value.shape)}" if self.value.shape else self.name

    @cached_property
    def shown(self) -> tuple[str, str]:
        """Value and gradient as text."""
        return text(self.value), text(self.gradient)

    @cached_property
    def finite(self) -> bool:
        """Whether value and gradient are finite numbers throughout."""
        return all(
            x is None or all(map(_is_finite, entries(x))) for x in (self.value, self.gradient)
        )

    def to_dict(self) -> dict[str, Any]:
        """Its parts by name, arrays as nested lists."""
        gradient = None if self.gradient is None else self.gradient.tolist()
        return {
            "name": self.name,
            "made_by": self.made_by,
            "shape": list(self.value.shape),
            "value": self.value.tolist(),
            "gradient": gradient,
        }


@final
class Graph:
    """Every value that an expression was made from, in the order of their making.

    Args:
        nodes: The values; the last one is the result.
        most: How many are drawn.

    Attributes:
        nodes: The values.
    """

    def __init__(self, nodes: Sequence[GraphNode], *, most: int = MOST) -> None:
        self.nodes = tuple(nodes)
        first, last = most // 3, len(nodes) - (most - most // 3)
        self._folded = range(first, last) if len(nodes) > most else range(0)

    @property
    def title(self) -> str:
        """What it shows, in a sentence."""
        result, leaves = self.nodes[-1], sum(not node.made_by for node in self.nodes)
        many = result.value.shape and len(entries(result.value)) > 1
        what = f"the sum of {result.name}" if many else result.name
        odd = sum(not node.finite for node in self.nodes)
        said = f"{what}; {odd:,} not finite" if odd else what
        return (
            f"graph of {result.name}: {plural(len(self.nodes), 'value')}, "
            f"{plural(leaves, 'leaf', many='leaves')} among them, each with the gradient of {said}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Every value by its parts."""
        return {"title": self.title, "nodes": [node.to_dict() for node in self.nodes]}

    def save(self, path: str | Path) -> None:
        """Write it into a file: as text if the name ends in `.txt`, as a picture if in `.svg`.

        Args:
            path: The file, in a folder that exists; what was there is replaced.

        Raises:
            OptionError: If the name ends otherwise.
            DataError: If it cannot be written; what was there stays as it was.
        """
        if not str(path).endswith((".svg", ".txt")):
            raise OptionError(f"a graph is written as .svg or .txt; found {path}")
        as_text = str(path).endswith(".txt")
        write_text(path, f"{self}\n" if as_text else self.to_svg(), "the graph")

    @property
    def _left_out(self) -> str:
        return f"… {plural(len(self._folded), 'value')} left out …"

    def _rows(self) -> Iterator[tuple[str, str, str, str]]:
        """Name, making, value and gradient of every value that is shown."""
        for at, node in enumerate(self.nodes):
            if at not in self._folded:
                yield node.title, node.made_by or "leaf", *node.shown
            elif at == self._folded[0]:
                yield self._left_out, "", "", ""

    def __str__(self) -> str:
        rows = [("", "made by", "value", "gradient"), *self._rows()]
        wide = [max(len(row[column]) for row in rows if row[1]) for column in range(4)]
        lines = [paragraph(self.title)]
        if sum(wide) + 8 <= WIDTH:
            table = ("  " + "  ".join(map(str.ljust, row, wide)).rstrip() for row in rows)
            return "\n".join([*lines, *table])
        for name, made_by, value, gradient in rows[1:]:
            lines.append(shortened(f"  {name}  {made_by}", most=WIDTH).rstrip())
            lines += [f"    value     {value}", f"    gradient  {gradient}"] * bool(made_by)
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<{self.title}; print it, save it, or show it in a notebook>"

    def _repr_html_(self) -> str:
        svg = f'<div style="overflow-x:auto">{self.to_svg()}</div>'
        return cell(
            svg, f"<details><summary>as text</summary><pre>{safe(str(self))}</pre></details>"
        )

    def _repr_svg_(self) -> str:
        return self.to_svg()

    def to_svg(self) -> str:
        """The graph as a picture that needs nothing else."""
        boxes: list[Box] = []
        box_of = {}
        for at, node in enumerate(self.nodes):
            box_of[at] = len(boxes)
            if at in self._folded:
                if at == self._folded[-1]:
                    boxes.append(Box((self._left_out,), "folded"))
                continue
            value, gradient = node.shown
            lines = (node.title, node.made_by or "leaf", f"value {value}", f"gradient {gradient}")
            kind = "made" if node.made_by else "leaf"
            kind = "result" if node is self.nodes[-1] else kind
            boxes.append(Box(lines, kind, "" if node.finite else "not finite"))
        edges = {
            (box_of[x], box_of[at]): None
            for at, node in enumerate(self.nodes)
            for x in node.inputs
            if box_of[x] != box_of[at]
        }
        return drawn(self.title, str(self), boxes, list(edges))


def draw(result: Any, *, most: int = MOST) -> Graph:
    """The graph of any expression of tensors: every value, with the result's gradient by it.

    A result of several entries is added up first. Nothing of the tensors is changed.

    Args:
        result: The tensor that an expression gives, such as a loss.
        most: So many values are shown, at least 3; of more, the first and the last ones.

    Returns:
        The graph: `print` it, `save` it, or show it in a notebook.

    Raises:
        KindError: If the result is not a tensor, so that nothing is known of its making.
        OptionError: If `most` is not a whole number of at least 3.

    Example:
        >>> import chainrule.ops
        >>> w = Tensor(5.0, name="w")
        >>> print(draw((w - 3) ** 2))
        graph of v3: 3 values, 1 leaf among them, each with the gradient of v3
              made by         value  gradient
          w   leaf            5      4
          v2  subtract(w, 3)  2      4
          v3  pow(v2, 2)      4      1
    """
    require_whole("most", most, least=3)
    if type(result) is not Tensor:
        raise KindError(
            f"a graph is drawn of a tensor, which knows how it was made; found {result!r:.60}: "
            "make what goes in a cr.Tensor, and leave the result one; of a network draw the loss, "
            "cr.explain(net, x, y).study.walk()[0]"
        )
    reached = {result.serial}  # those to which a gradient passes

    def pull(tensor: Tensor, index: int, g: Any, differentiable: bool = False) -> Any:
        """A step of the walk that brings nothing where the op has no derivative."""
        origin, value = origin_of(tensor), origin_of(tensor).values[index]
        if tensor.serial not in reached or origin.primitive.rule(index) is None:
            return namespace_of(value).zeros_like(value)
        reached.add(origin.inputs[index].serial)
        return pull_back(tensor, index, g, differentiable)

    tensors = tape(result)
    seed = namespace_of(result.value).ones_like(result.value)
    gradients = backward(result, tensors, seed, pull=pull)
    places = {tensor.serial: place for place, tensor in enumerate(tensors)}
    names = _names(tensors)
    nodes = [
        GraphNode(
            names[tensor.serial],
            _made_by(tensor, names),
            tuple(dict.fromkeys(places[x.serial] for x in _inputs(tensor))),
            tensor.value,
            gradient if tensor.serial in reached else None,
        )
        for tensor, gradient in zip(tensors, gradients, strict=True)
    ]
    return Graph(nodes, most=most)


def _inputs(tensor: Tensor) -> list[Tensor]:
    """The tensors that a tensor was made from."""
    inputs = tensor.origin.inputs if tensor.origin else ()
    return [x for x in inputs if type(x) is Tensor]


def _names(tensors: Sequence[Tensor]) -> dict[int, str]:
    """What each is called, by its serial: no two the same."""
    known = Counter(tensor.name for tensor in tensors)
    names = {}
    for place, tensor in enumerate(tensors, 1):
        own = f"{tensor.name}#{place}" if known[tensor.name] > 1 else tensor.name
        names[tensor.serial] = own if tensor.name and own else f"v{place}"
    return names


def _made_by(tensor: Tensor, names: Mapping[int, str]) -> str:
    """The call that made it, such as `subtract(w, 3)`; empty for a leaf."""
    if (origin := tensor.origin) is None:
        return ""
    inputs = [names[x.serial] if type(x) is Tensor else _constant(x) for x in origin.inputs]
    op = origin.primitive
    given = [f"{n}={v}" for n, v in origin.options.items() if op.options.get(n, ...) != v]
    return f"{op.name}({', '.join([*inputs, *given])})"


def _constant(x: Any) -> str:
    """What is not a tensor: a number as it is, an array by its shape."""
    return f"array {tuple(x.shape)}" if getattr(x, "shape", ()) else number(entries(x)[0], 4)


def text(array: Any) -> str:
    """A number, or the first ones of an array, and how many are not finite.

    Example:
        >>> from chainrule.arrays import asarray
        >>> text(asarray(0.5)), text(asarray([[1.0, 2.0], [3.0, float("nan")]])), text(None)
        ('0.5', '1, 2, 3, …; 1 of 4 not finite', 'none passes')
    """
    if array is None:
        return "none passes"
    numbers = entries(array)
    shown = ", ".join(number(entry, 3 if array.shape else 4) for entry in numbers[:NUMBERS])
    odd = sum(not _is_finite(entry) for entry in numbers)
    much = len(numbers) > NUMBERS
    return shown + ", …" * much + f"; {odd} of {len(numbers):,} not finite" * (much and odd > 0)


def _is_finite(entry: Any) -> bool:
    return not isinstance(entry, float | complex) or isfinite(entry)
