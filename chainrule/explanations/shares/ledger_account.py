"""The running totals of a ledger: one loss, on the same examples at every step."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any, final

from chainrule.arrays import namespace_of
from chainrule.arrays.random import Generator
from chainrule.engines import Engine
from chainrule.explanations.shares.ledger import Ledger
from chainrule.explanations.shares.ledger_step import Basis, LedgerStep
from chainrule.explanations.shares.path_integral import Evaluation, PathIntegral, path_integral
from chainrule.nn import Layout
from chainrule.train import Source

MOST_ROWS = 1000
"""The examples that the loss is measured on at most."""


@final
class LedgerAccount:
    """Shares out one step after the other, and keeps running totals.

    Args:
        engine: Whose arrays they are.
        evaluate: The loss and its gradient at flat weights and a batch; see `loss_and_gradient`.
        layout: Where each parameter lies in a flat vector.
        batch: Inputs `x` and encoded targets `t` of the examples, in float64.
        of_rows: How many examples there were to choose from.
        weights: The flat weights that training starts from, in float64.
        keep_each: Whether to keep the shares of every step.
    """

    def __init__(
        self,
        engine: Engine,
        evaluate: Callable[[Any, dict[str, Any]], Evaluation],
        layout: Layout,
        batch: dict[str, Any],
        of_rows: int,
        weights: Any,
        *,
        keep_each: bool = False,
    ) -> None:
        self._engine = engine
        self._evaluate = evaluate
        self._layout = layout
        self._batch = batch
        self._of_rows = of_rows
        self._at = self._measure(weights)
        self._flat = self._moved = namespace_of(weights).zeros_like(weights)
        self._steps: list[LedgerStep] = []
        self._each: list[Any] | None = [] if keep_each else None
        self._gradients = 1

    @property
    def basis(self) -> Basis:
        """What the loss is measured on, and how many gradients that took so far."""
        return Basis(self._batch["x"].shape[0], self._of_rows, self._gradients)

    def seconds_per_gradient(self, weights: Any) -> float:
        """The time that one more gradient takes, in seconds; the first has compiled it."""
        began = perf_counter()
        self._measure(weights)
        return perf_counter() - began

    def enter(self, step: int, start: Any, end: Any) -> None:
        """Share out the change of the loss along one step.

        Args:
            step: Its number.
            start: The flat weights before it, where the step before has ended.
            end: The flat weights after it.
        """
        found = path_integral(self._measure, start, end, first=self._at)
        self._at = found.end
        self._gradients += found.gradients
        self._flat = self._flat + found.entries
        xp = namespace_of(end)
        stayed = xp.equal(start, end)
        self._moved = xp.where(stayed, self._moved, 1.0)
        self._steps.append(self._record(step, found, self._layout.size - _count(stayed)))
        if self._each is not None:
            self._each.append(found.entries)

    def ledger(self, *, penalty: float = 0.0, held_out: Ledger | None = None) -> Ledger:
        """The account as it stands.

        Args:
            penalty: How the penalty on the weights has changed.
            held_out: The account of the held-out examples.
        """
        study = self._engine.for_study
        return Ledger(
            self._layout,
            study(self._flat),
            study(self._moved),
            self._steps,
            self.basis,
            penalty=penalty,
            held_out=held_out,
            each=self._each and [study(shares) for shares in self._each],
        )

    def _measure(self, weights: Any) -> Evaluation:
        return self._evaluate(weights, self._batch)

    def _record(self, step: int, found: PathIntegral, moved: int) -> LedgerStep:
        xp, layers = namespace_of(found.entries), dict[str, float]()
        for name, where in self._layout.slices.items():
            layer = name.partition(".")[0]
            layers[layer] = layers.get(layer, 0.0) + float(xp.sum(found.entries[where]))
        return LedgerStep(
            step=step,
            measured=found.measured,
            explained=found.explained,
            helped=_count(xp.less(found.entries, 0)),
            hurt=_count(xp.greater(found.entries, 0)),
            moved=moved,
            splits=found.splits,
            trusted=found.trusted,
            layers=tuple(layers.values()),
        )


def examples(engine: Engine, source: Source, *, seed: int) -> dict[str, Any]:
    """The examples of a source that a ledger measures the loss on, as one batch in float64.

    All of them up to `MOST_ROWS`, else that many, drawn with a seed and kept in order.

    Args:
        engine: Whose arrays they are.
        source: The batches to draw from.
        seed: Decides which rows are drawn.
    """
    drawn = list(range(source.rows))
    if source.rows > MOST_ROWS:
        order = engine.permutation(Generator(seed).spawn("ledger"), source.rows)
        drawn = sorted(order[:MOST_ROWS].tolist())
    parts: list[tuple[Any, Any]] = []
    first = 0
    for x, t in source.batches(1):
        here = [row - first for row in drawn if first <= row < first + x.shape[0]]
        if here:
            parts.append((engine.rows(x, here), engine.rows(t, here)))
        first += x.shape[0]
    x, t = (engine.xp.concat(tables, axis=0) for tables in zip(*parts, strict=True))
    return {
        "x": engine.asarray(x, dtype="float64"),
        "t": engine.asarray(t, dtype="float64"),
    }


def _count(where: Any) -> int:
    xp = namespace_of(where)
    return round(float(xp.sum(xp.where(where, 1.0, 0.0))))
