"""Which weights help: the ledger of 784-100-50-10 trained by SGD, beside what its paper found.

MNIST-10k: the first 8,000 of MNIST's test images to train on, the last 2,000 held out. The paper
trains a fully connected network of these sizes with ReLU on MNIST's own training set and measures
the loss on all of it; here it is measured on 1,000 rows, as `fit(..., ledger=True)` does.
"""

from __future__ import annotations

from pathlib import Path
from statistics import mean
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.timing import Result
from chainrule.data.idx import read_idx
from chainrule.explanations.shares.ledger import Ledger
from chainrule.model import Network
from chainrule.nn import Dense
from chainrule.train import History

IMAGES = Path(__file__).parents[2] / "shared" / "data" / "t10k-images-idx3-ubyte.gz"
TRAINING_ROWS, EPOCHS = 8000, 6
PAPER = '"barely over 50%" of weights help at any step (Lan et al., NeurIPS 2019, abstract)'
TITLE = "ledger of 784-100-50-10 on MNIST-10k, SGD 0.05, batches of 250"


def run(*, quick: bool = False) -> Result:
    """Train once with the ledger and once without, and say what the ledger found."""
    if not IMAGES.exists():
        return Result(TITLE, "", notes=(f"left out: there is no {IMAGES.name}",))
    x, y = _images()
    rows, epochs = (1000, 1) if quick else (TRAINING_ROWS, EPOCHS)
    history, with_ledger = _train(x, y, rows, epochs, ledger=True)
    _, without = _train(x, y, rows, epochs, ledger=False)
    figures = {
        **_found(history.ledger),
        "held-out accuracy": f"{history.final.validation_metric:.1%}",
        "seconds": f"{with_ledger:.1f}, without a ledger {without:.1f}",
    }
    return Result(TITLE, "", notes=(f"paper: {PAPER}",), figures=figures)


def _images() -> tuple[Any, Any]:
    table = read_idx(IMAGES)
    pixels = [table.column(name) for name in table.names if name != table.target]
    labels = table.column(str(table.target))
    return np.array(pixels, dtype=np.float32).T / 255, np.array(labels, dtype=np.int64)


def _train(x: Any, y: Any, rows: int, epochs: int, *, ledger: bool) -> tuple[History, float]:
    net = Network(
        [Dense(784, 100, "relu"), Dense(100, 50, "relu"), Dense(50, 10, "softmax")],
        seed=0,
        engine="numpy",
    )
    began = perf_counter()
    history = net.fit(
        x[:rows],
        y[:rows],
        epochs=epochs,
        batch_size=250,
        optimizer="sgd",
        learning_rate=0.05,
        validation=(x[TRAINING_ROWS:], y[TRAINING_ROWS:]),
        ledger=ledger,
        progress=False,
    )
    return history, perf_counter() - began


def _found(ledger: Ledger) -> dict[str, str]:
    """What the ledger says, a line for each."""
    assert ledger.held_out
    helping = [share for share in ledger.helping if share is not None]
    quarter = len(helping) // 4
    basis, held_out = ledger.basis, ledger.held_out
    return {
        "helping weights per step": (
            f"{mean(helping):.1%} of those that moved; first quarter of the steps "
            f"{mean(helping[:quarter]):.1%}, last quarter {mean(helping[-quarter:]):.1%}, "
            f"from {min(helping):.1%} to {max(helping):.1%}"
        ),
        "training": f"{ledger.sentence()}, residual {ledger.residual / ledger.measured:.2e}",
        "held out": (
            f"{held_out.sentence()}, residual {held_out.residual / held_out.measured:.2e}, "
            f"{held_out.mean_helping:.1%} helping"
        ),
        "layers": ", ".join(f"{name} {share:.4f}" for name, share in ledger.by_layer().items()),
        "flagged": f"{ledger.flagged} and {held_out.flagged} of {len(ledger.steps)} steps",
        "never moved": f"{ledger.unmoved:,} of {ledger.layout.size:,} weights",
        "price": (
            f"{basis.gradients + held_out.basis.gradients:,} gradients over "
            f"{basis.of('training rows')} and {held_out.basis.of('held-out rows')}"
        ),
    }
