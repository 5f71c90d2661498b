"""Blame: which weights make up today's error, counted from a stated reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, final

from chainrule.arrays import namespace_of
from chainrule.engines import Engine
from chainrule.errors import KindError, OptionError, require_whole
from chainrule.explanations.shares.allocation import Allocation, share_cells
from chainrule.explanations.shares.path_integral import PathIntegral, Price, path_integral
from chainrule.explanations.shares.secant_path import (
    LEAST_SPLITS,
    MOST_SPLITS,
    gradients,
    mean_gradient,
    pieces_of,
    run_at,
    secant_path_integral,
)
from chainrule.nn import Architecture, Layout, Loss, NetworkStudy, Study, example_losses
from chainrule.train import ops_now
from chainrule.words import aligned, axes, draw_waterfall, number, paragraph, plural

PRICE = Price(least=gradients(3 * LEAST_SPLITS), most=gradients(2 * MOST_SPLITS - LEAST_SPLITS))
"""What blame costs: the first pieces and their halves, or so on up to the bound."""

REFERENCES = {
    "initial": "the initial weights",
    "given": "the given weights",
    "zero": "all weights zero",
}
"""Where blame may count from, and how a sentence says it."""

NEAR = "one share by itself may be off by a few percent of the largest; their sum is not"
"""How exact the shares are: halving the pieces settles them to about a hundredth of their size."""

COMPILED_FROM = 500_000
"""Weights times rows from which the walk is compiled: that saves memory and costs no time."""


@final
class Blame(Allocation):
    """The loss beyond that of a reference, shared out among the weights.

    `A_i = ∫ (∂L/∂w_i) dw_i` along the straight line from the reference to now, so that
    `Σ_i A_i = L(now) - L(reference)`. Another way between the two would share it out otherwise.

    Args:
        layout: Where each parameter lies in a flat vector.
        integral: The path integral.
        reference: What is counted from: "initial", "given" or "zero".
        loss: The loss now.

    Attributes:
        reference: What is counted from.
        loss: The loss now.
        points: How many gradients were worked out.
        price: The same as a `Price`.
        unmoved: Whether the weights are those of the reference, which leaves nothing to share out.

    Example:
        >>> import chainrule as cr
        >>> net = cr.Network([cr.Dense(1, 1, weight=[[1.5]], bias=[0.5])], engine="python")
        >>> blame = cr.explain(net, [[2.0]], [[4.0]], reference="zero").blame
        >>> blame.reference_loss, blame.loss, blame.top(1), blame.trusted
        (16.0, 0.25, [Share(name='dense1.weight[0,0]', amount=-13.5)], True)
    """

    def __init__(
        self, layout: Layout, integral: PathIntegral, *, reference: str, loss: float, unmoved: bool
    ) -> None:
        super().__init__(layout, integral.entries, integral.measured)
        self.reference = reference
        self.loss = loss
        self.unmoved = unmoved
        self.points = integral.gradients
        self.price = Price(integral.gradients, integral.gradients)
        self._trusted = integral.trusted

    @property
    def reference_loss(self) -> float:
        """The loss at the reference."""
        return self.loss - self.measured

    @property
    def trusted(self) -> bool:
        """Whether the shares add up to the difference within 0.1% of it, and have settled."""
        return self._trusted

    def sentence(self) -> str:
        """What was shared out, from where, and how far the shares add up."""
        if self.unmoved:
            return (
                f"loss {number(self.loss, 4)} now; no weight differs from "
                f"{REFERENCES[self.reference]}, so there is nothing to share out; in Python, "
                "count with reference='zero'"
            )
        text = (
            f"loss {number(self.loss, 4)} now and {number(self.reference_loss, 4)} with "
            f"{REFERENCES[self.reference]}: {super().sentence()}"
        )
        if not self.trusted and self.points >= PRICE.most:
            text += f"; the bound of {PRICE.most:,} gradients was reached"
        return text

    def way(self, top: int) -> list[tuple[str, float]]:
        """What leads from the reference's loss to today's: some weights, the rest, the residual."""
        steps = [(weight.name, weight.amount) for weight in self.top(top)]
        if (others := self.layout.size - len(steps)) > 0:
            rest = self.explained - sum(amount for _, amount in steps)
            steps.append((plural(others, "other weight"), rest))
        return [*steps, ("not explained", self.residual)]

    def plot(self, ax: Any = None, *, top: int = 8) -> Any:
        """The way from the reference's loss to today's as a waterfall, through matplotlib.

        Args:
            ax: Where to draw; a figure of its own if left out.
            top: How many weights to show; all others are one bar.

        Raises:
            OptionError: If `top` is no whole number, or below 0.
            MissingExtraError: If matplotlib is not installed.
        """
        require_whole("top", top, least=0)
        ax = axes(ax, title="blame: what makes up the loss", x="loss (mean of the rows)", y="")
        steps = self.way(top)[: -1 if self.trusted else None]
        start = REFERENCES[self.reference], self.reference_loss
        draw_waterfall(ax, start, steps, ("now", self.loss))
        return ax

    def to_dict(self, *, top: int = 10) -> dict[str, Any]:
        """The numbers of the blame, for JSON.

        Args:
            top: How many weights and neurons to list.
        """
        return {
            "reference": self.reference,
            "loss": self.loss,
            "reference_loss": self.reference_loss,
            "points": self.points,
            **super().to_dict(top=top),
        }

    def __repr__(self) -> str:
        return f"<blame for {self.measured:.6g} of loss; print it, or ask for .by_layer()>"

    def __str__(self) -> str:
        lines = [f"blame, counted from {REFERENCES[self.reference]}"]
        lines.append(paragraph(f"  {self.sentence()}"))
        if self.unmoved:
            return "\n".join(lines)
        lines += aligned([(name, *share_cells(share, 2)) for name, share in self._shares(10)])
        lines += [paragraph(f"  {NEAR}")] * self.trusted
        return "\n".join(lines)


def blame(study: Study, engine: Engine, *, reference: str, initial: Mapping[str, Any]) -> Blame:
    """Share out the loss on some examples, counted from a reference.

    Args:
        study: The model, its weights now and the examples.
        engine: What to compute the gradients on.
        reference: "initial" for the weights that training began with, "given" for others, "zero"
            for none at all.
        initial: The initial or the given weights by name.

    Raises:
        OptionError: If no initial weights are known.

    Example:
        >>> import chainrule.arrays as xp
        >>> from chainrule.engines import choose_engine
        >>> from chainrule.nn import Architecture, Dense, choose_loss
        >>> now = {"dense1.weight": xp.asarray([[1.5]]), "dense1.bias": xp.asarray([0.5])}
        >>> loss = choose_loss("mean_squared_error", "identity", 1)
        >>> study = NetworkStudy(
        ...     Architecture([Dense(1, 1)]), loss, now, xp.asarray([[2.0]]), xp.asarray([[4.0]])
        ... )
        >>> shares = blame(study, choose_engine("python"), reference="zero", initial={})
        >>> shares.sentence()
        'loss 0.25 now and 16 with all weights zero: explained -15.75 of -15.75'
        >>> {name: entry.tolist() for name, entry in shares.entries.items()}
        {'dense1.weight': [[-13.5]], 'dense1.bias': [-2.25]}
    """
    if reference != "zero" and not initial:
        raise OptionError(
            "the initial weights are not known: count with reference='zero', or from arrays of "
            "your own, given by name"
        )
    if reference != "zero" and initial.keys() != study.parameters.keys():
        raise OptionError(
            f"blame counts from one array for each of {', '.join(study.parameters)}; found "
            f"{', '.join(initial)}"
        )
    now = study.parameters
    if reference == "zero":
        start = {name: namespace_of(w).zeros_like(w) for name, w in now.items()}
    else:
        start = {name: initial[name] for name in now}
    large = study.layout.size * len(study.rows) >= COMPILED_FROM
    if large and isinstance(study, NetworkStudy) and study.weights is None:
        integral = _compiled(study, engine, start)
    else:
        try:
            with engine.scope():
                piece = pieces_of(study.losses, start, now)
                integral = secant_path_integral(piece, start, now, study.layout)
        except KindError:  # other weights take another branch of the function
            xp = namespace_of(next(iter(now.values())))
            ends = (study.layout.join(xp, arrays) for arrays in (start, now))
            integral = path_integral(study.at, *ends, of_measured=True)
    same = all(bool(namespace_of(w).all(w == start[name])) for name, w in now.items())
    unmoved = same and reference != "zero"
    loss = float(integral.end[0])
    return Blame(study.layout, integral, reference=reference, loss=loss, unmoved=unmoved)


def _compiled(study: NetworkStudy, engine: Engine, start: Mapping[str, Any]) -> PathIntegral:
    """The integral with the walk as the engine compiles it."""
    compiled = engine.compile(_walk(study.architecture, study.loss_function, ops_now()))
    with engine.scope():

        def taken(arrays: Mapping[str, Any]) -> dict[str, Any]:
            return {n: engine.asarray(array, dtype="float64") for n, array in arrays.items()}

        batch = taken({"x": study.x, "t": study.t})
        start, now = taken(start), taken(study.parameters)
        integral = secant_path_integral(
            lambda *places: compiled(
                start, now, *(engine.asarray(s, dtype="float64") for s in places), batch
            ),
            start,
            now,
            study.layout,
        )
    return replace(integral, entries=engine.for_study(integral.entries))


@lru_cache(maxsize=4)
def _walk(architecture: Architecture, loss: Loss, _ops: Any) -> Callable[..., Any]:
    """A piece of the walk, the same in the next blame: recording it takes as long as walking."""

    def piece(start: Any, end: Any, s0: Any, s1: Any, batch: Any) -> Any:
        def losses(p: Any) -> Any:
            return example_losses(architecture, loss, p, batch["x"], batch["t"])

        # Each from an end of its own: one difference of the ends for both would be held throughout.
        return mean_gradient(run_at(losses, start, end, s0), run_at(losses, end, start, 1 - s1))

    return piece
