"""Networks into files: weights, what they began as, and all it takes to use them again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule.errors import ModelFileError
from chainrule.train import read_tensors, write_described

if TYPE_CHECKING:
    from chainrule.model.network import Network

DESCRIPTION = "chainrule"
INITIAL = "initial."
LEDGER = "ledger."
"""The name of the description, and how those of first weights and of the ledger begin."""


def save(net: Network, path: str | Path) -> None:
    """Write a network into one file; see `Network.save`."""
    arrays = dict(net.parameters)
    arrays |= {INITIAL + name: value for name, value in net.initial_parameters.items()}
    if net.history is not None and net.history.ledger is not None:
        ledger = net.history.ledger.to_arrays()
        arrays |= {LEDGER + name: value for name, value in ledger.items()}
    write_described(path, arrays, DESCRIPTION, _describe(net, path))


def is_model(path: str | Path) -> bool:
    """Whether a file is a network that `save` has written, of whatever version."""
    try:
        return DESCRIPTION in read_tensors(path)[1]
    except ModelFileError:
        return False


def _describe(net: Network, path: str | Path) -> dict[str, Any]:
    """What the numbers alone do not tell, as plain values."""
    return {
        "layers": net.architecture.to_dict(),
        "loss": net.loss_name,
        "dtype": net.dtype,
        "seed": net.seed,
        "fits": net.fits,
        "questions": net.multi_label,
        "trained": net.trained_with,
        "recipe": net.recipe and net.recipe.to_dict(),
        "origin": net.data_source and net.data_source.beside(path).to_dict(),
        "history": None if net.history is None else net.history.to_dict(),
    }
