"""A network from the file it was saved in."""

from __future__ import annotations

from pathlib import Path

from chainrule.engines import Engine
from chainrule.model.files import read_network
from chainrule.model.network import Network


def load(path: str | Path, *, engine: str | Engine = "auto") -> Network:
    """Read a network that `Network.save` has written.

    Args:
        path: The file.
        engine: What the network is to run on: "auto", "python", "numpy", "jax" or an engine; any
            of them reads what any other has trained.

    Raises:
        ModelFileError: If the file is missing, damaged, of another kind or of a later version.
        MissingExtraError: If the engine is not installed.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> from chainrule.model import Network
        >>> from chainrule.nn import Dense
        >>> with TemporaryDirectory() as folder:
        ...     Network([Dense(2, 1, weight=[[1.5, -2]])]).save(f"{folder}/model.safetensors")
        ...     load(f"{folder}/model.safetensors").parameters["dense1.weight"].tolist()
        [[1.5, -2.0]]
    """
    net: Network = read_network(path, Network, engine)
    return net
