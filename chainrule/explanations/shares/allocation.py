"""A change of the loss with its shares: what ledger and blame have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from heapq import nsmallest
from math import isfinite, isnan
from typing import Any, Literal, final, get_args

from chainrule.arrays import namespace_of
from chainrule.errors import require_known, require_whole
from chainrule.explanations.shares.path_integral import size_of, sum_of
from chainrule.nn import Layout, entry_name, row_sums, sums_by_layer, sums_by_neuron
from chainrule.words import Record, Records, number, printed, to_frame

Effect = Literal["helped", "hurt", "did nothing"]


@final
@dataclass(frozen=True)
class Share(Record):
    """The share of one weight, or of one input column, in a change of the loss.

    Attributes:
        name: Such as `dense1.weight[3,2]`, or the column's name.
        amount: What it did to the loss, in units of loss: below 0 it helped.
    """

    also = ("effect",)

    name: str
    amount: float

    @property
    def effect(self) -> Effect:
        """Whether it helped, hurt or did nothing."""
        return effect(self.amount)


def effect(amount: float) -> Effect:
    """What an amount in units of loss says.

    Example:
        >>> effect(-0.25), effect(0.5), effect(0.0)
        ('helped', 'hurt', 'did nothing')
    """
    return "helped" if amount < 0 else "hurt" if amount > 0 else "did nothing"


@dataclass(frozen=True, eq=False)
class Allocation(ABC):
    """A change of the loss, shared out among the weights.

    Attributes:
        layout: Where each parameter lies in the flat shares.
        flat: The share of every weight, of shape `(weights,)`, in units of loss: below 0 helped.
        measured: The change of the loss as measured, `L(after) - L(before)`.
    """

    layout: Layout
    flat: Any
    measured: float

    @property
    def entries(self) -> dict[str, Any]:
        """The share of every weight, as arrays by parameter name."""
        return self.layout.split(namespace_of(self.flat), self.flat)

    @property
    def explained(self) -> float:
        """The sum of all shares."""
        return sum_of(self.flat)

    @property
    def residual(self) -> float:
        """What the shares leave unexplained, `measured - explained`."""
        return self.measured - self.explained

    @property
    def size(self) -> float:
        """The sum of all shares, each without its sign."""
        return size_of(self.flat)

    @property
    @abstractmethod
    def trusted(self) -> bool:
        """Whether the shares add up to the measured change well enough to be believed."""

    def _shares(self, most: int) -> list[tuple[str, float]]:
        """The shares of the layers, and the largest of weights."""
        return [*self.by_layer().items(), *((w.name, w.amount) for w in self.top(most))]

    def _repr_html_(self) -> str:
        rows = [(name, amount, effect(amount)) for name, amount in self._shares(10)]
        return printed(str(self), "layers and weights", ("whose", "share", "it"), rows)

    def by_layer(self) -> dict[str, float]:
        """The share of each layer, weights and biases together; they add up to `explained`."""
        return sums_by_layer((n, sum(row_sums(share))) for n, share in self.entries.items())

    def by_neuron(self) -> dict[str, float]:
        """The share of each neuron, its weights and its bias; they add up to `explained`."""
        return sums_by_neuron((name, row_sums(share)) for name, share in self.entries.items())

    def top(self, count: int = 10, only: Effect | None = None) -> Records[Share]:
        """The weights with the largest shares, whichever way they went.

        Args:
            count: How many to list.
            only: "helped" or "hurt", to leave out the others.

        Raises:
            OptionError: If `count` is no whole number or below 0, or there is no such effect.
        """
        require_whole("the number of weights to list", count, least=0)
        if only is not None:
            require_known("effect", get_args(Effect), only)
        shares: list[float] = self.flat.tolist()
        places = [i for i, share in enumerate(shares) if only is None or effect(share) == only]
        largest = nsmallest(count, places, key=lambda i: -abs(shares[i]))
        named = (Share(place_name(self.layout, i), shares[i]) for i in largest)
        return Records(named, "shares of the change of the loss, the largest first")

    def to_dict(self, *, top: int = 10) -> dict[str, Any]:
        """The numbers for JSON: totals, and the neurons and weights that carry most.

        Args:
            top: How many neurons and weights to list.
        """
        require_whole("top", top, least=0)
        neurons = sorted(self.by_neuron().items(), key=lambda entry: -abs(entry[1]))
        return {
            "measured": self.measured,
            "explained": self.explained,
            "residual": self.residual,
            "trusted": self.trusted,
            "layers": self.by_layer(),
            "neurons": dict(neurons[:top]),
            "weights": [weight.to_dict() for weight in self.top(top)],
        }

    def to_frame(self, library: str = "pandas") -> Any:
        """One row for each weight, the largest share first, in a frame of "pandas" or "polars"."""
        return to_frame(self.top(self.layout.size), library)

    def sentence(self) -> str:
        """Both sums, and whether they agree: "explained -0.4127 of -0.4131"."""
        if not isfinite(self.residual):
            return (
                f"the shares cannot be trusted: the loss changed by {number(self.measured)} and "
                f"they add up to {number(self.explained)}"
            )
        text = f"explained {number(self.explained, 4)} of {number(self.measured, 4)}"
        return text if self.trusted else f"{text}, which is too far off to trust the shares"


def place_name(layout: Layout, place: int) -> str:
    """The name of the weight that lies at a place of the flat vector.

    Example:
        >>> place_name(Layout({"dense1.weight": (2, 3), "dense1.bias": (2,)}), 5)
        'dense1.weight[1,2]'
    """
    for name, where in layout.slices.items():
        if where.start <= place < where.stop:
            return entry_name(name, layout.shapes[name], place - where.start)
    raise IndexError(f"the flat vector has {layout.size} places; there is none at {place}")


def share_cells(amount: float, digits: int = 4) -> tuple[str, str]:
    """An amount and what it says, as cells of a table.

    Example:
        >>> share_cells(0.5), share_cells(-0.25), share_cells(float("nan"))
        (('+0.5', 'hurt'), ('-0.25', 'helped'), ('nan', ''))
    """
    if isnan(amount):
        return "nan", ""
    return f"{'+' * (amount > 0)}{number(amount, digits)}", effect(amount)
