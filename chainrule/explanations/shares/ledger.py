"""Ledger: which weights did the learning, step by step and over a whole run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, asdict, astuple, dataclass, field
from heapq import nlargest
from itertools import accumulate
from math import isfinite
from typing import Any, final

from chainrule.arrays import namespace_of
from chainrule.errors import OptionError, require_whole
from chainrule.explanations.shares.allocation import Allocation, Share, place_name, share_cells
from chainrule.explanations.shares.path_integral import TOLERANCE, sum_of
from chainrule.nn import Layout
from chainrule.words import (
    Record,
    aligned,
    axes,
    draw_lines,
    number,
    paragraph,
    percent,
    plural,
    to_frame,
)

WHOLE_RUN_TOLERANCE = 1e-2
"""How far the shares may be from the change of the loss over a run, as a part of that change."""

_HELD_OUT = "held_out."


@final
@dataclass(frozen=True)
class LedgerStep(Record):
    """One step of training in the ledger.

    Attributes:
        step: Its number, from 1; 0 for putting back the best weights of a run stopped early.
        measured: How it changed the loss.
        explained: What the shares of the weights add up to.
        helped: How many weights moved so that the loss fell.
        hurt: How many weights moved so that the loss rose.
        moved: How many weights moved.
        splits: Into how many parts its path was split.
        trusted: Whether the shares add up; a step where they do not is flagged.
        layers: The share of each layer, in order.
    """

    also = ("helping",)

    step: int
    measured: float
    explained: float
    helped: int
    hurt: int
    moved: int
    splits: int
    trusted: bool
    layers: tuple[float, ...]

    @property
    def helping(self) -> float | None:
        """The share of helping weights among those that moved, 0 to 1; None if none did."""
        return self.helped / self.moved if self.moved else None

    def to_row(self) -> list[float]:
        """Every number in a row, as a file keeps it."""
        *numbers, layers = astuple(self)
        return [*map(float, numbers), *layers]

    @classmethod
    def from_row(cls, row: Sequence[float]) -> LedgerStep:
        """The step that `to_row` wrote down."""
        step, measured, explained, helped, hurt, moved, splits, trusted, *layers = row
        counts = map(int, (helped, hurt, moved, splits))
        values: Any = [int(step), measured, explained, *counts, bool(trusted), tuple(layers)]
        return cls(*values)


@final
@dataclass(frozen=True)
class Basis:
    """What a ledger's loss was measured on, and what that cost.

    Attributes:
        rows: The number of examples.
        of_rows: How many there were to choose from.
        gradients: How many gradients were computed.

    Example:
        >>> Basis(120, 120, 401).of("rows"), Basis(1000, 8000, 401).of("rows")
        ('all 120 rows', '1,000 rows drawn from 8,000')
    """

    rows: int
    of_rows: int
    gradients: int

    def of(self, rows: str) -> str:
        """How many rows, and out of how many.

        Args:
            rows: What they are called, such as "training rows".
        """
        if self.rows == self.of_rows:
            return f"all {self.rows:,} {rows}" if self.rows > 1 else f"the one {rows[:-1]}"
        return f"{self.rows:,} {rows} drawn from {self.of_rows:,}"


@final
@dataclass(frozen=True, eq=False)
class Ledger(Allocation):
    """The change of the loss over a run, shared out among the weights whose moving made it.

    `A_i = Σ_steps ∫ (∂L/∂w_i) dw_i` along each step, so that `Σ_i A_i = L(end) - L(start)`. The
    loss is the data loss in prediction mode, on the same examples at every step.

    Args:
        layout: Where each parameter lies in a flat vector.
        flat: The share of every weight over the run.
        ever_moved: 1 for each weight that ever moved, else 0, flat.
        steps: The steps, in order.
        basis: What the loss was measured on.
        penalty: How the penalty on large weights changed, which is not part of the loss.
        held_out: The same steps with the loss on held-out examples, if there are any.
        each: The shares of every step, flat, if they were kept.

    Example:
        >>> from chainrule.model import Network
        >>> from chainrule.nn import Dense
        >>> net = Network([Dense(1, 1, weight=[[0.5]], bias=[1.0])], engine="python")
        >>> history = net.fit(
        ...     [[2.0]],
        ...     [[4.0]],
        ...     epochs=3,
        ...     optimizer="sgd",
        ...     learning_rate=0.1,
        ...     ledger=True,
        ...     progress=False,
        ... )
        >>> history.ledger.sentence()
        'explained -4 of -4'
        >>> {name: round(share, 6) for name, share in history.ledger.by_neuron().items()}
        {'dense1[0]': -4.0}

    Source: Lan, Liu, Zhou & Yosinski (2019), "LCA: Loss Change Allocation for Neural Network
    Training", sections 2 and 3.
    """

    measured: float = field(init=False)
    ever_moved: Any
    steps: Sequence[LedgerStep]
    basis: Basis
    _: KW_ONLY
    penalty: float = 0.0
    held_out: Ledger | None = None
    each: Sequence[Any] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "measured", sum(step.measured for step in self.steps))

    @property
    def flagged(self) -> int:
        """How many steps have shares that do not add up within bounds."""
        return sum(not step.trusted for step in self.steps)

    @property
    def trusted(self) -> bool:
        """Whether the shares add up to the change of the loss over the run.

        The residual may be 1% of the change or 0.1% of `Σ |A_i|`, whichever is more: shares that
        cancel leave a small change that says little of them.
        """
        allowed = max(WHOLE_RUN_TOLERANCE * abs(self.measured), TOLERANCE * self.size)
        return isfinite(self.residual) and abs(self.residual) <= allowed

    @property
    def helping(self) -> list[float | None]:
        """The share of helping weights among those that moved, step by step; None if none did."""
        return [step.helping for step in self.steps]

    @property
    def running(self) -> dict[str, list[float]]:
        """What each layer has done to the loss so far, after every step."""
        return {
            name: list(accumulate(step.layers[place] for step in self.steps))
            for place, name in enumerate(self.by_layer())
        }

    @property
    def mean_helping(self) -> float | None:
        """The mean of `helping` over the steps in which weights moved."""
        shares = [share for share in self.helping if share is not None]
        return sum(shares) / len(shares) if shares else None

    @property
    def moved(self) -> dict[str, Any]:
        """1 for each weight that ever moved, else 0, as arrays by parameter name."""
        return self.layout.split(namespace_of(self.ever_moved), self.ever_moved)

    @property
    def unmoved(self) -> int:
        """How many weights never moved; they neither helped nor hurt."""
        return self.layout.size - round(sum_of(self.ever_moved))

    def at_step(self, place: int) -> dict[str, Any]:
        """The shares of one step, as arrays by parameter name.

        Args:
            place: Its place in `steps`, from 0.

        Raises:
            OptionError: If only running totals were kept, or there is no such step.
        """
        if self.each is None:
            raise OptionError(
                "this ledger keeps running totals alone: fit with ledger='all' to keep every step"
            )
        require_whole("place", place, least=-len(self.each), most=len(self.each) - 1)
        return self.layout.split(namespace_of(self.flat), self.each[place])

    def helping_training_alone(self, count: int = 10) -> list[tuple[Share, Share]]:
        """The weights that helped on training rows and hurt on held-out rows, the worst first.

        Args:
            count: How many to list.

        Returns:
            For each its share of the training loss, below 0, and of the held-out loss, above 0.
        """
        require_whole("the number of weights to list", count, least=0)
        if self.held_out is None:
            return []
        pairs = zip(self.flat.tolist(), self.held_out.flat.tolist(), strict=True)
        apart = [(out, here, i) for i, (here, out) in enumerate(pairs) if here < 0 < out]
        return [
            (Share(name, here), Share(name, out))
            for out, here, i in nlargest(count, apart)
            for name in [place_name(self.layout, i)]
        ]

    def to_dict(self, *, top: int = 10) -> dict[str, Any]:
        """The numbers of the ledger, for JSON: totals, the steps, and the weights that carry most.

        Args:
            top: How many weights to list in each table.
        """
        return {
            **super().to_dict(top=top),
            "flagged": self.flagged,
            "mean_helping": self.mean_helping,
            "unmoved": self.unmoved,
            "penalty": self.penalty,
            **asdict(self.basis),
            "steps": [step.to_dict() for step in self.steps],
            "held_out": self.held_out and self.held_out.to_dict(top=top),
            "helping_training_alone": [
                {"name": here.name, "training": here.amount, "held_out": out.amount}
                for here, out in self.helping_training_alone(top)
            ],
        }

    def plot(self, ax: Any = None) -> Any:
        """What each layer has done to the loss so far, step by step, through matplotlib.

        Args:
            ax: Where to draw; a figure of its own if left out.

        Raises:
            MissingExtraError: If matplotlib is not installed.
        """
        below = "change of the loss since the start (below 0: helped)"
        ax = axes(ax, title=f"ledger: {self.sentence()}", x="step", y=below)
        measured = list(accumulate(step.measured for step in self.steps))
        sums = {"all, measured": measured, **self.running}
        ax.margins(y=0.3)  # room for the names
        lines = {name: [0.0, *each] for name, each in sums.items()}
        draw_lines(ax, range(len(self.steps) + 1), lines)
        return ax

    def steps_to_frame(self, library: str = "pandas") -> Any:
        """One row for each step, with the share of every layer, in "pandas" or "polars"."""
        layers = self.by_layer()
        rows = [s.to_dict() | dict(zip(layers, s.layers, strict=True)) for s in self.steps]
        return to_frame([{n: v for n, v in row.items() if n != "layers"} for row in rows], library)

    def to_arrays(self) -> dict[str, Any]:
        """The totals as named arrays, ready for a file; what was kept of each step is left out."""
        xp = namespace_of(self.flat)
        basis = self.basis
        numbers = [basis.rows, basis.of_rows, basis.gradients, self.penalty]
        arrays = {
            **self.entries,
            "moved": self.ever_moved,
            "steps": xp.asarray([step.to_row() for step in self.steps]),
            "basis": xp.asarray([float(value) for value in numbers]),
        }
        if self.held_out:
            inner = self.held_out.to_arrays()
            arrays |= {_HELD_OUT + name: array for name, array in inner.items()}
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any], layout: Layout) -> Ledger:
        """The ledger that `to_arrays` wrote down.

        Args:
            arrays: The arrays by name, of any engine.
            layout: The network's own; see `Architecture.layout`.

        Raises:
            KeyError: If an array is missing.
        """
        *numbers, penalty = arrays["basis"].tolist()
        own = [name for name in arrays if name.startswith(_HELD_OUT)]
        inner = {name.removeprefix(_HELD_OUT): arrays[name] for name in own}
        return cls(
            layout,
            layout.join(namespace_of(arrays["moved"]), arrays),
            arrays["moved"],
            [LedgerStep.from_row(row) for row in arrays["steps"].tolist()],
            Basis(*map(int, numbers)),
            penalty=penalty,
            held_out=cls.from_arrays(inner, layout) if inner else None,
        )

    def __repr__(self) -> str:
        return f"<ledger of {len(self.steps)} steps; print it, or ask for .by_layer()>"

    def __str__(self) -> str:
        taken = [step for step in self.steps if step.step]
        back = " and the way back to the best weights" * (len(taken) < len(self.steps))
        on = f"on {self.basis.of('training rows')}, in {plural(len(taken), 'step')}{back}"
        lines = [paragraph(f"change of the loss: {self.sentence()}, {on}")]
        lines += aligned([(name, *share_cells(share)) for name, share in self.by_layer().items()])
        if self.mean_helping is not None:
            helping = percent(self.mean_helping)
            lines.append(f"  helping weights per step: {helping} of those that moved")
        if self.unmoved:
            lines.append(f"  never moved: {self.unmoved:,} of {self.layout.size:,} weights")
        if self.flagged:
            flagged = plural(self.flagged, "step")
            lines.append(f"  flagged: {flagged} whose shares do not add up within bounds")
        if self.penalty:
            change = number(self.penalty, 4)
            lines.append(f"  change of the penalty on the weights, counted apart: {change}")
        lines += aligned([(w.name, *share_cells(w.amount)) for w in self.top(5)])
        if self.held_out:
            on = f"on {self.held_out.basis.of('held-out rows')}"
            lines.append(paragraph(f"change of the loss: {self.held_out.sentence()}, {on}"))
            alone = self.helping_training_alone(3)
            lines += ["  these helped on training rows and hurt on held-out rows:"] * bool(alone)
            rows = [(here.name, here.amount, out.amount) for here, out in alone]
            lines += aligned(rows, before="    ")
        return "\n".join(lines)
