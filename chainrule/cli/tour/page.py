"""What a step of the tour is given, and what it gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import chainrule as cr
from chainrule.words import WIDTH, Record, wrapped


@dataclass(frozen=True)
class TourNumbers:
    """The numbers of the tour's neuron.

    Attributes:
        x: Its input.
        w: Its weight.
        b: Its bias.
        y: What it should say.
        learning_rate: How far one update goes, per unit of slope.
    """

    x: float = 2.0
    w: float = 1.5
    b: float = 0.5
    y: float = 4.0
    learning_rate: float = 0.05

    def neuron(self) -> cr.Neuron:
        """The neuron that has this weight and bias."""
        return cr.Neuron([self.w], self.b)


@dataclass(frozen=True)
class TourPage(Record):
    """A step as it is read.

    Attributes:
        title: What it is about.
        text: The text for an 80-column screen.
        values: The numbers in it, by name.
    """

    title: str
    text: str
    values: dict[str, Any]


def page(title: str, *blocks: object, **values: Any) -> TourPage:
    """A page of paragraphs, which are wrapped, lists of lines, which are indented, and records.

    A record, such as a receipt, is printed as it prints itself.
    """
    return TourPage(title, "\n\n".join(map(_laid_out, blocks)), values)


def _laid_out(block: object) -> str:
    if isinstance(block, str):
        return "\n".join(wrapped(" ".join(block.split()), WIDTH))
    if isinstance(block, list):
        return "\n".join(f"  {line}".rstrip() for line in block)
    return str(block)


MAZUR_X, MAZUR_Y = [[0.05, 0.10]], [[0.01, 0.99]]
MAZUR_LOSS = "mean_squared_error"


def mazur() -> cr.Network:
    """The network of M. Mazur, "A Step by Step Backpropagation Example" (2015)."""
    hidden = cr.Dense(2, 2, "sigmoid", weight=[[0.15, 0.20], [0.25, 0.30]], bias=[0.35, 0.35])
    output = cr.Dense(2, 2, "sigmoid", weight=[[0.40, 0.45], [0.50, 0.55]], bias=[0.60, 0.60])
    return cr.Network([hidden, output], engine="python")
