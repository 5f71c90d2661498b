"""Keeping a ledger: the running totals of one loss, and the watcher that enters every step.

The loss is measured on the same examples at every step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, InitVar, dataclass, replace
from time import perf_counter
from typing import Any, Literal, final

from chainrule.arrays import Generator, namespace_of
from chainrule.engines import Engine
from chainrule.errors import OptionError, ShapeError, require_callable, require_switch, shown
from chainrule.explanations.shares.ledger import Basis, Ledger, LedgerStep
from chainrule.explanations.shares.path_integral import (
    MOST_SPLITS,
    Evaluation,
    PathIntegral,
    Price,
    copied,
    path_integral,
    sum_of,
)
from chainrule.nn import (
    FunctionStudy,
    Layout,
    loss_and_gradient,
    named_arrays,
    penalty,
    sums_by_layer,
)
from chainrule.train import Source, TrainingRun, Watcher

Keep = Literal["totals", "all"]

RESTORED = 0
"""The step number under which putting back the best weights is entered."""

MOST_ROWS = 1000
"""The examples that the loss is measured on at most."""

MOST_KEPT = 10_000_000
"""The weights up to which the gradient at the end of a step is kept, since the next begins there.

Of more it takes memory that is dearer than time: it is worked out again, with the same numbers.
"""


@final
@dataclass(eq=False, repr=False)
class LedgerAccount:
    """Shares out one step after the other, and keeps running totals.

    Args:
        evaluate: The loss and its gradient at flat weights, which it may write over.
        layout: Where each parameter lies in a flat vector.
        weights: The flat weights that training starts from.
        rows: How many examples the loss is measured on.
        of_rows: How many there were to choose from; no more if left out.
        keep_each: Whether to keep the shares of every step.
        beside: The account of the same steps on other examples, which notes what weights moved.

    Attributes:
        weights: Where the next step starts, which whoever enters one says after it.
        basis: What the loss is measured on, and how many gradients that took so far.
    """

    evaluate: Callable[[Any], Evaluation]
    layout: Layout
    weights: Any
    _: KW_ONLY
    rows: InitVar[int]
    of_rows: InitVar[int | None] = None
    keep_each: InitVar[bool]
    beside: LedgerAccount | None = None

    def __post_init__(self, rows: int, of_rows: int | None, keep_each: bool) -> None:
        xp = namespace_of(self.weights)
        self.basis = Basis(rows, of_rows or rows, gradients=1)
        at = self.evaluate(copied(self.weights))
        self._keep_end = self.layout.size <= MOST_KEPT
        self._at: Evaluation | None = at if self._keep_end else None
        self._flat = xp.zeros_like(at[1])
        self._stayed = xp.equal(self._flat, 0) if self.beside is None else None
        self._steps: list[LedgerStep] = []
        self._each: list[Any] | None = [] if keep_each else None

    def moved(self, parameters: Mapping[str, Any]) -> None:
        """Share out one more step of a loop of one's own.

        Args:
            parameters: The arrays by name, as they are after the step.

        Raises:
            KindError: If they are no dict of numbers and arrays.
            ShapeError: If they are not those that the account was opened with.
        """
        xp = namespace_of(self.weights)
        arrays = {n: xp.asarray(a) for n, a in named_arrays(parameters).items()}
        for name, shape in self.layout.shapes.items():
            found = tuple(arrays[name].shape) if name in arrays else "none"
            if found != shape:
                raise ShapeError(f"the account's {name} has shape {shape}; found {found}")
        end = self.layout.join(xp, arrays)
        self.enter(len(self._steps) + 1, end)
        self.weights = end

    def enter(self, step: int, end: Any) -> None:
        """Share out the change of the loss along one step, from `weights` on.

        Args:
            step: Its number.
            end: The flat weights after it, which are not kept: they may be overwritten.
        """
        start = self.weights
        integral = path_integral(
            self.evaluate, start, end, first=self._given_up(), keep_end=self._keep_end
        )
        self._at = integral.end if self._keep_end else None
        gradients = self.basis.gradients + integral.gradients
        self.basis = replace(self.basis, gradients=gradients)
        self._flat = self._flat + integral.entries
        xp = namespace_of(end)
        stayed = xp.equal(start, end)
        if self.beside is None:
            self._stayed = xp.logical_and(self._stayed, stayed)
        self._steps.append(self._record(step, integral, self.layout.size - _count(stayed)))
        if self._each is not None:
            self._each.append(integral.entries)

    def _given_up(self) -> Evaluation | None:
        """Where the step before has ended, which is kept no longer: a gradient takes memory."""
        at, self._at = self._at, None
        return at

    def ledger(self, *, penalty: float = 0.0, held_out: Ledger | None = None) -> Ledger:
        """The account as it stands.

        Args:
            penalty: How the penalty on the weights has changed.
            held_out: The account of the held-out examples.
        """
        stayed = (self.beside or self)._stayed
        return Ledger(
            self.layout,
            self._flat,
            namespace_of(self._flat).where(stayed, 0.0, 1.0),
            list(self._steps),
            self.basis,
            penalty=penalty,
            held_out=held_out,
            each=self._each,
        )

    def _record(self, step: int, integral: PathIntegral, moved: int) -> LedgerStep:
        xp = namespace_of(integral.entries)
        layers = sums_by_layer(
            (name, sum_of(integral.entries[where])) for name, where in self.layout.slices.items()
        )
        return LedgerStep(
            step=step,
            measured=integral.measured,
            explained=integral.explained,
            helped=_count(xp.less(integral.entries, 0)),
            hurt=_count(xp.greater(integral.entries, 0)),
            moved=moved,
            splits=integral.splits,
            trusted=integral.trusted,
            layers=tuple(layers.values()),
        )


def open_ledger(
    losses: Callable[[dict[str, Any]], Any],
    parameters: Mapping[str, Any],
    *,
    keep_each: bool = False,
) -> LedgerAccount:
    """Keep the ledger of a training loop of one's own.

    Args:
        losses: Takes a dict of arrays and gives the loss of each example, or one number; written
            with operators and chainrule's ops.
        parameters: The arrays by name, as they are before the first step.
        keep_each: Whether to keep the shares of every step.

    Returns:
        An account: call `.moved(parameters)` after each step, and `.ledger()` in the end.

    Raises:
        KindError: If the parameters are no dict of numbers and arrays.
        ShapeError: If the function gives something else than losses.

    Example:
        >>> from chainrule import grad
        >>> losses = lambda p: (p["w"] * 2 + p["b"] - 4) ** 2
        >>> p = {"w": 1.0, "b": 0.0}
        >>> account = open_ledger(losses, p)
        >>> for _ in range(20):
        ...     gradients = grad(losses)(p)
        ...     p = {name: w - 0.05 * gradients[name] for name, w in p.items()}
        ...     account.moved(p)
        >>> print(account.ledger().sentence())
        explained -4 of -4
        >>> {name: round(share, 2) for name, share in account.ledger().by_layer().items()}
        {'w': -3.2, 'b': -0.8}
    """
    require_callable("losses", losses)
    study = FunctionStudy(losses, named_arrays(parameters))
    xp = namespace_of(next(iter(study.parameters.values())))
    flat = study.layout.join(xp, study.parameters)
    rows = len(study.rows)
    require_switch("keep_each", keep_each)
    return LedgerAccount(study.at, study.layout, flat, rows=rows, keep_each=keep_each)


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
    parts: list[tuple[Any, ...]] = []
    first = 0
    for tables in source.batches(1):
        rows = tables[0].shape[0]
        here = [row - first for row in drawn if first <= row < first + rows]
        if here:
            parts.append(tuple(_picked(engine.for_study(table), here) for table in tables))
        first += rows
    joined = (namespace_of(tables[0]).concat(tables, axis=0) for tables in zip(*parts, strict=True))
    named = zip(("x", "t", "weights"), joined, strict=False)
    return {name: engine.asarray(table, dtype="float64") for name, table in named}


def _picked(table: Any, rows: list[int]) -> Any:
    xp = namespace_of(table)
    return xp.take(table, xp.asarray(rows), axis=0)


def _count(where: Any) -> int:
    return round(sum_of(namespace_of(where).where(where, 1.0, 0.0)))


@final
class LedgerKeeper(Watcher):
    """Shares out the loss change of every step among the weights, into `history.ledger`.

    Every step costs two gradients, one at its end and one in its middle, and more where the loss
    bends; as much again for held-out examples. Each of the two keeps a gradient and a running total
    of the size of the weights; of more than `MOST_KEPT` weights no gradient, which costs one more.

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
                f"a ledger keeps 'totals' or 'all' of the steps; found {shown(keep)}: choose one"
            )
        self.keep = keep
        self.price: Price | None = None
        self._announce = announce
        self._accounts: list[LedgerAccount] = []
        self._first_penalty = 0.0
        self._entering = False

    def begin(self, run: TrainingRun) -> None:
        """Choose the examples, measure where the weights stand, and say the price."""
        self._entering = False
        plan, engine = run.plan, run.engine
        evaluate = engine.compile(loss_and_gradient(plan.architecture, plan.loss), donate=(0,))
        weights = engine.on_host(run.parameters)
        first = self._account(run, run.source, evaluate, weights)
        self._accounts = [first]
        if run.held_out is not None:
            self._accounts.append(self._account(run, run.held_out, evaluate, weights, first))
        self._first_penalty = _penalty(run)
        steps = (plan.epochs - run.epoch) * run.source.steps * len(self._accounts)
        began = perf_counter()
        first.evaluate(copied(weights))  # the first of all has compiled it
        seconds = perf_counter() - began
        again = int(plan.architecture.layout.size > MOST_KEPT)
        self.price = Price((2 + again) * steps, (MOST_SPLITS + again) * steps, seconds)
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
            loss, gradient = evaluate(engine.asarray(flat, dtype="float64"), batch)
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
        """Share out the way back to the best weights, if they were put back, and close.

        A second Ctrl-C may have broken off how a step was entered: then there is no ledger.
        """
        if self._entering:
            return
        if run.history.restored:
            self._enter(run, RESTORED)
        held_out = self._accounts[1].ledger() if len(self._accounts) > 1 else None
        change = _penalty(run) - self._first_penalty
        run.history.ledger = self._accounts[0].ledger(penalty=change, held_out=held_out)

    def _enter(self, run: TrainingRun, step: int) -> None:
        """Enter the move to the weights that the run has now, which the next step overwrites."""
        self._entering = True
        end = run.engine.look_at(run.state["parameters"], run.plan.architecture.layout)
        end = run.engine.on_host(end)
        for account in self._accounts:
            account.enter(step, end)
        kept = run.engine.on_host(run.parameters)
        for account in self._accounts:
            account.weights = kept
        self._entering = False


def _penalty(run: TrainingRun) -> float:
    """The penalty on the weights as they are."""
    plan, flat = run.plan, run.engine.for_study(run.parameters)
    weights = plan.architecture.layout.split(namespace_of(flat), flat)
    return float(penalty(weights, l1=plan.l1, l2=plan.l2))
