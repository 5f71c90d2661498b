"""The gradient of every example's own loss, from one walk back."""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import Any

from chainrule.arrays import namespace_of
from chainrule.nn.layout import ReadOnly, entries
from chainrule.nn.study import NetworkStudy, Parameters
from chainrule.ops import weighted_sum


def per_example_gradients(study: NetworkStudy) -> dict[str, Any]:
    """`∂L_n/∂w` for every example n, not divided by their number.

    Up to the weights, row n of every gradient in the walk belongs to example n alone. The last
    rule would add the rows up; given each row as a batch of one, it leaves them apart.

    Returns:
        One array per parameter, of shape `(batch, *its shape)`.

    Source: Goodfellow, "Efficient per-example gradient computations" (2015), section 3.
    """
    gradients = {}
    for use in study.uses:
        xp = namespace_of(use.g)
        for index, name in ((1, use.weight), (2, use.bias)):
            apart = _last_rule(index, xp.expand_dims(use.g, axis=1), use.x)
            shape = study.parameters[name].shape
            gradients[name] = xp.reshape(apart, (use.g.shape[0], *shape))
    return gradients


def network_per_example_gradients(*network: Any) -> ReadOnly:
    """Those of what a `NetworkStudy` is made of; in this order, where JAX would sort a dict."""
    return ReadOnly(per_example_gradients(NetworkStudy(*network)))


def per_example_entry(study: NetworkStudy, parameter: str, index: tuple[int, ...]) -> list[Any]:
    """`∂L_n/∂w` of one weight for every example n, from its own neuron's column alone."""
    neuron, *entry = index
    use = next(use for use in study.uses if parameter in (use.weight, use.bias))
    g = namespace_of(use.g).expand_dims(use.g[:, neuron : neuron + 1], axis=1)
    apart = _last_rule(1 if entry else 2, g, use.x)
    return entries(apart[:, 0, entry[0] if entry else 0])


def _last_rule(index: int, g: Any, x: Any) -> Any:
    """What the weighted sum's rule makes of each example alone, given as a batch of one."""
    return weighted_sum.share(
        index, g, None, (namespace_of(g).expand_dims(x, axis=1), None, None), {}
    )


def per_example_along(study: NetworkStudy, direction: Parameters) -> Any:
    """Each example's gradient times a direction, of shape `(batch,)`, without forming one of them.

    A layer's gradient for one example is the outer product of what came back, `g`, and what went
    in, `x`, so `g_n · d` is `Σ_k g_nk (Σ_j d_kj x_nj + d_k)`: the forward pass of `d` itself.

    Args:
        study: The network and the examples.
        direction: One number for every weight, by name.
    """
    total: Any = 0.0
    for use in study.uses:
        forward = weighted_sum(use.x, direction[use.weight], direction[use.bias])
        total = total + namespace_of(use.g).sum(use.g * forward, axis=1)
    return total


def per_example_norms(study: NetworkStudy) -> Any:
    """The length of each example's gradient, of shape `(batch,)`, without forming one of them.

    Source: Goodfellow, "Efficient per-example gradient computations" (2015), section 3.
    """
    squares = []
    for use in study.uses:
        xp = namespace_of(use.g)
        came_back = xp.sum(use.g * use.g, axis=1)
        went_in = xp.sum(use.x * use.x, axis=1)
        squares.append(came_back * (went_in + 1))  # the bias is a weight whose input is always 1
    return xp.sqrt(reduce(add, squares))
