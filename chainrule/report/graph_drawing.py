"""Boxes with lines of text, and arrows between them, as SVG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import final

from chainrule.report.graph_layout import Edge, place
from chainrule.words import safe, shortened

_LETTERS = 48
_LETTER, _LINE, _PAD, _BETWEEN, _MARGIN, _HEAD = 7.3, 17, 10, 40, 16, 28
_INK, _QUIET, _ODD = "#1c1e21", "#5b6068", "#b04a00"
_FONT = "font-family='ui-monospace,Menlo,Consolas,DejaVu Sans Mono,monospace' font-size='12'"


@final
@dataclass(frozen=True)
class Box:
    """What stands in a box.

    Attributes:
        lines: Its text, the name first.
        kind: "leaf" (round ends), "made" (corners), "result" (two frames) or "folded" (no frame).
        odd: What is wrong with it in a word, which is written and gives it a dashed frame.
    """

    lines: tuple[str, ...]
    kind: str
    odd: str = ""

    @property
    def shown(self) -> list[str]:
        """Its lines as far as there is room."""
        return [shortened(line, most=_LETTERS) for line in (*self.lines, self.odd) if line]

    @property
    def width(self) -> float:
        """How wide it is drawn."""
        return max(map(len, self.shown)) * _LETTER + 2 * _PAD

    @property
    def height(self) -> float:
        """How high it is drawn."""
        return len(self.shown) * _LINE + _PAD


def drawn(title: str, description: str, boxes: Sequence[Box], edges: Sequence[Edge]) -> str:
    """Boxes in layers, each below those that lead to it, as SVG that needs nothing else.

    Args:
        title: What it shows, which also stands above it.
        description: The same as text, for those who do not see it.
        boxes: The boxes, each after those that lead to it.
        edges: Pairs of places among them.
    """
    placed = place([box.width for box in boxes], edges)
    tops, heights = [float(_HEAD)], [0.0] * placed.layers
    for box, (_, layer) in zip(boxes, placed.places, strict=True):
        heights[layer] = max(heights[layer], box.height)
    for height in heights:
        tops.append(tops[-1] + height + _BETWEEN)
    width = max(placed.width, len(title) * _LETTER) + 2 * _MARGIN
    left = (width - placed.width) / 2
    across, down = f"{width:.0f}", f"{tops[-1] - _BETWEEN + _MARGIN:.0f}"
    name = f"graph-{sha256((title + description).encode()).hexdigest()[:8]}"
    shapes = [
        f"<title id='{name}-title'>{safe(title)}</title>",
        f"<desc id='{name}-desc'>{safe(description)}</desc>",
        "<rect width='100%' height='100%' rx='8' fill='white'/>",
        f"<text x='{_MARGIN}' y='18' fill='{_QUIET}' aria-hidden='true'>{safe(title)}</text>",
    ]
    for (source, _), points in placed.lines.items():
        way = []
        for at, (x, layer) in enumerate(points):
            top, middle = tops[layer], x + left
            first, last = at == 0, at == len(points) - 1
            if not first:
                way.append((middle, top))
            if not last:
                way.append((middle, top + (boxes[source].height if first else heights[layer])))
        shapes.append(_arrow(way))
    for box, (x, layer) in zip(boxes, placed.places, strict=True):
        shapes += _box(box, x + left - box.width / 2, tops[layer])
    head = (
        f"<svg xmlns='http://www.w3.org/2000/svg' role='img' aria-labelledby='{name}-title' "
        f"aria-describedby='{name}-desc' width='{across}' height='{down}' "
        f"viewBox='0 0 {across} {down}' {_FONT}>"
    )
    return "\n".join([head, *shapes, "</svg>\n"])


def _arrow(way: Sequence[tuple[float, float]]) -> str:
    """A line that leaves and arrives upright, with a head."""
    (x, y), *_ = way
    path = f"M{x:.1f} {y:.1f}"
    for (x0, y0), (x1, y1) in pairwise(way):
        bend = (y1 - y0) / 2
        path += f"C{x0:.1f} {y0 + bend:.1f} {x1:.1f} {y1 - bend:.1f} {x1:.1f} {y1:.1f}"
    x, y = way[-1]
    head = f"M{x:.1f} {y:.1f}l-4 -8h8z"
    return (
        f"<path d='{path}' fill='none' stroke='{_QUIET}' stroke-width='1.2'/>"
        f"<path d='{head}' fill='{_QUIET}'/>"
    )


def _box(box: Box, left: float, top: float) -> Iterator[str]:
    whole = "\n".join(filter(None, (*box.lines, box.odd)))
    colour = _ODD if box.odd else _INK if box.kind == "result" else _QUIET
    style = f"stroke='{colour}' stroke-width='{2.5 if box.odd else 1.2}'"
    style += " stroke-dasharray='6 3'" if box.odd else ""
    corner = 14 if box.kind == "leaf" else 2
    yield f"<g><title>{safe(whole)}</title>"
    for inset in {"folded": (), "result": (0, 3)}.get(box.kind, (0,)):
        yield (
            f"<rect x='{left + inset:.1f}' y='{top + inset:.1f}' "
            f"width='{box.width - 2 * inset:.1f}' height='{box.height - 2 * inset}' "
            f"rx='{corner}' fill='{'#eef4fb' if box.kind == 'leaf' else 'white'}' {style}/>"
        )
    for at, line in enumerate(box.shown):
        odd, y = at == len(box.lines), top + _PAD / 2 + _LINE * (at + 0.75)
        colour = _ODD if odd else _QUIET if at == 1 else _INK
        bold = " font-weight='700'" if at == 0 or odd else ""
        yield f"<text x='{left + _PAD:.1f}' y='{y:.1f}' fill='{colour}'{bold}>{safe(line)}</text>"
    yield "</g>"
