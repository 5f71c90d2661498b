"""A network's layers as modules of PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from chainrule.errors import KindError, missing
from chainrule.nn import ACTIVATIONS, Dense, Dropout, Layer

try:
    import torch
    from torch import nn
except ImportError as error:
    raise missing("PyTorch", "torch", error) from None

MODULES: dict[str, nn.Module] = {
    "elu": nn.ELU(),
    "gelu": nn.GELU(approximate="tanh"),
    "identity": nn.Identity(),
    "leaky_relu": nn.LeakyReLU(),
    "log_softmax": nn.LogSoftmax(dim=-1),
    "relu": nn.ReLU(),
    "sigmoid": nn.Sigmoid(),
    "silu": nn.SiLU(),
    "softmax": nn.Softmax(dim=-1),
    "softplus": nn.Softplus(threshold=30),
    "tanh": nn.Tanh(),
}
"""The module of each of our activations, with the options that make it the same function."""


def as_sequential(
    layers: Mapping[str, Layer], parameters: Mapping[str, Any], dtype: str
) -> nn.Sequential:
    """The layers, one after another, each with a copy of its weights.

    Args:
        layers: Layers by name.
        parameters: Their weights and biases by name.
        dtype: The number kind of the module's weights.

    Raises:
        KindError: If an activation is none of PyTorch's.
    """
    kind = getattr(torch, dtype)
    steps: list[nn.Module] = []
    for name, layer in layers.items():
        if isinstance(layer, Dropout):
            steps.append(nn.Dropout(layer.rate))
        elif isinstance(layer, Dense):
            linear = nn.Linear(layer.in_features, layer.out_features, dtype=kind)
            own = {s: parameters[f"{name}.{s}"].tolist() for s in ("weight", "bias")}
            linear.load_state_dict({s: torch.tensor(w, dtype=kind) for s, w in own.items()})
            steps.append(linear)
            known = ACTIVATIONS.known_as(layer.activation, MODULES)
            if known is None:
                raise KindError(
                    f"{name} has the activation {layer.activation!r}, and PyTorch has no module "
                    "for it: take one that it has, or write the module yourself"
                )
            if known != "identity":
                steps.append(deepcopy(MODULES[known]))
    return nn.Sequential(*steps)
