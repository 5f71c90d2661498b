"""Keeping the ledger: the watcher that shares out every step while a network learns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, final

from chainrule.arrays import namespace_of
from chainrule.errors import OptionError
from chainrule.explanations.shares.ledger import Basis
from chainrule.explanations.shares.ledger_account import LedgerAccount, examples
from chainrule.explanations.shares.path_integral import MOST_SPLITS, Price
from chainrule.nn import loss_and_gradient, penalty
from chainrule.train import Source, TrainingRun, Watcher

Keep = Literal["totals", "all"]

RESTORED = 0
"""The step number under which putting back the best weights is entered."""


@final
class LedgerKeeper(Watcher):
    """Shares out the loss change of every step among the weights, into `history.ledger`.

    Every step costs two gradients, one at its end and one in its middle, and more where the loss
    bends; as much again for held-out examples. Each of the two keeps a gradient and a running total
    of the size of the weights.

    Args:
        keep: "totals" for running totals alone, "all" for the shares of every step too.
        announce: Is told the price before the first step; nobody is if left out.

    Raises:
        OptionError: If `keep` is something else.

    Attributes:
        price: What it costs, known from the start of training on.
    """

    follows_weights, wants_before = True, False

    def __init__(
        self, *, keep: Keep = "totals", announce: Callable[[str], None] | None = None
    ) -> None:
        if keep not in ("totals", "all"):
            raise OptionError(
                f"a ledger keeps 'totals' or 'all' of the steps; found {keep!r}: choose one"
            )
        self.keep = keep
        self.price: Price | None = None
        self._announce = announce
        self._accounts: list[LedgerAccount] = []
        self._first_penalty = 0.0

    def begin(self, run: TrainingRun) -> None:
        """Choose the examples, measure where the weights stand, and say the price."""
        plan, engine = run.plan, run.engine
        evaluate = engine.compile(loss_and_gradient(plan.architecture, plan.loss), donate=(0,))
        weights = engine.for_study(run.parameters)
        first = self._account(run, run.source, evaluate, weights)
        self._accounts = [first]
        if run.held_out is not None:
            self._accounts.append(self._account(run, run.held_out, evaluate, weights, first))
        self._first_penalty = _penalty(run)
        steps = (plan.epochs - run.epoch) * run.source.steps * len(self._accounts)
        seconds = self._accounts[0].seconds_per_gradient(weights)
        self.price = Price(2 * steps, MOST_SPLITS * steps, seconds)
        if self._announce:
            bases = (account.basis for account in self._accounts)
            rows = map(Basis.of, bases, ("training rows", "held-out rows"))
            self._announce(f"The ledger takes {self.price}, on {' and '.join(rows)}.")

    def _account(
        self,
        run: TrainingRun,
        source: Source,
        evaluate: Any,
        weights: Any,
        beside: LedgerAccount | None = None,
    ) -> LedgerAccount:
        engine = run.engine
        batch = examples(engine, source, seed=run.plan.seed)

        def at(flat: Any) -> tuple[Any, Any]:
            loss, gradient = evaluate(engine.asarray(flat), batch)
            return loss, engine.for_study(gradient)

        return LedgerAccount(
            at,
            run.plan.architecture.layout,
            weights,
            rows=batch["x"].shape[0],
            of_rows=source.rows,
            keep_each=self.keep == "all",
            beside=beside,
        )

    def moved(self, run: TrainingRun, before: Any, batch: dict[str, Any]) -> None:
        """Share out the step that was just taken."""
        self._enter(run, run.epoch * run.source.steps + run.steps_in_epoch + 1)

    def end(self, run: TrainingRun) -> None:
        """Share out the way back to the best weights, if they were put back, and close."""
        if run.history.restored:
            self._enter(run, RESTORED)
        held_out = self._accounts[1].ledger() if len(self._accounts) > 1 else None
        change = _penalty(run) - self._first_penalty
        run.history.ledger = self._accounts[0].ledger(penalty=change, held_out=held_out)

    def _enter(self, run: TrainingRun, step: int) -> None:
        """Enter the move to the weights that the run has now, which the next step overwrites."""
        end = run.engine.look_at(run.state["parameters"], run.plan.architecture.layout)
        end = run.engine.for_study(end)
        for account in self._accounts:
            account.enter(step, end)
        kept = run.engine.for_study(run.parameters)
        for account in self._accounts:
            account.weights = kept


def _penalty(run: TrainingRun) -> float:
    """The penalty on the weights as they are."""
    plan, flat = run.plan, run.engine.for_study(run.parameters)
    weights = plan.architecture.layout.split(namespace_of(flat), flat)
    return float(penalty(weights, l1=plan.l1, l2=plan.l2))
