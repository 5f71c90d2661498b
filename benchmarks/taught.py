"""Flipped labels: which way of ranking training rows names the rows whose label is wrong.

One label in twenty is flipped before a network is trained. Every way then orders the rows that were
learned from; what counts is how many of the flipped ones are among the first tenth. Last, the
network is trained again without the first twentieth of our own order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

from benchmarks.timing import Result
from chainrule.data import Table, load
from chainrule.explanations.culprits import compare
from chainrule.model import explain, train_on_table
from chainrule.nn import NetworkStudy

FLIPPED, FIRST = 0.05, 0.1
TABLES = ("iris", "penguins", "digits")
SEEDS = (1, 2, 3)


def run(*, quick: bool = False) -> Result:
    """Flip labels, train, and count the flipped ones in the first tenth of each order."""
    figures: dict[str, Any] = {}
    for name in TABLES[:1] if quick else TABLES:
        for seed in SEEDS[:1] if quick else SEEDS:
            figures[f"{name}, seed {seed}"] = _case(name, seed, {"epochs": 5} if quick else {})
    ours = "ours: the loss over the training and at its end; loss: at its end alone"
    gradient = "gradient: times that of the loss of the held-out rows whose label is right"
    group = "with, without: the loss of these, trained with and without the first twentieth of ours"
    notes = ours, gradient, group
    title = "One label in twenty is wrong: how many are in the first tenth"
    return Result(title, "", (), notes, figures)


def _case(name: str, seed: int, options: dict[str, Any]) -> dict[str, Any]:
    table, flipped = _flip(load(name), seed)
    done = train_on_table(table, seed=seed, progress=False, engine="numpy", **options)
    assert done.held_out is not None
    learned: NetworkStudy = explain(done.net, done.train).network
    right = [n for n, row in enumerate(done.held_out.numbers) if row not in flipped]
    examples = done.held_out.examples.subset(right)
    held_out = explain(done.net, replace(done.held_out, examples=examples))
    taught = held_out.taught_by(training=table, retrainings=2, progress=False)
    assert taught.together is not None
    wrong = flipped & set(learned.rows)

    def hits(rows: Sequence[int]) -> int:
        return len(wrong.intersection(rows[: round(FIRST * len(learned.rows))]))

    def order(scores: Sequence[float]) -> list[int]:
        places = sorted(range(len(scores)), key=lambda place: -scores[place])
        return [learned.rows[place] for place in places]

    return {
        "flipped": len(wrong),
        "ours": hits(taught.ranking),
        "loss": hits(order(learned.losses().tolist())),
        "gradient": hits(order(compare(held_out.network, learned)[0])),
        "with": round(taught.loss_retrained, 3),
        "without": round(taught.together.loss_without, 3),
    }


def _flip(table: Table, seed: int) -> tuple[Table, set[int]]:
    """A table with one label in twenty exchanged for another, and where."""
    random, at = Random(seed), table.index(table.target or table.names[-1])
    labels: list[Any] = list(table.columns[at])
    levels = sorted({label for label in labels if label is not None}, key=str)
    known = [row for row, label in enumerate(labels) if label is not None]
    flipped = random.sample(known, round(FLIPPED * len(known)))
    for row in flipped:
        labels[row] = random.choice([level for level in levels if level != labels[row]])
    columns = tuple(labels if n == at else column for n, column in enumerate(table.columns))
    return replace(table, columns=columns), set(flipped)
