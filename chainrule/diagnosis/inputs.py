"""Inputs on a scale that makes learning hard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from chainrule.arrays import namespace_of
from chainrule.diagnosis.finding import Finding
from chainrule.words import listed

LARGE = 10.0
"""The root mean square above which an input outweighs the others and saturates what reads it."""

SMALL = 0.01
"""The root mean square below which all inputs together hardly reach the first layer.

LeCun, Bottou, Orr & Müller, "Efficient BackProp" (1998), section 4.3: inputs with mean 0 and
deviation near 1. The two bounds leave room for pixels from 0 to 1 and for rare categories."""


def unscaled_inputs(x: Any, names: Sequence[str] = ()) -> Iterator[Finding]:
    """Inputs that are much larger than 1, or all much smaller.

    Args:
        x: Inputs, of shape `(batch, in_features)`.
        names: Their names; their numbers if left out.
    """
    xp = namespace_of(x)
    sizes = [square**0.5 for square in xp.mean(x * x, axis=0).tolist()]
    called = [names[n] if names else str(n) for n, size in enumerate(sizes) if not size <= LARGE]
    largest = max(sizes)
    if called:
        threshold, many = LARGE, f"{len(called)} of {len(sizes)} inputs are large"
        sentence = f"{many} ({listed(called, most=8)}), up to a typical size of {largest:.3g}"
    elif 0 < largest < SMALL:
        threshold = SMALL
        sentence = f"all inputs are small: the largest has a typical size of {largest:.2g}"
    else:
        return
    yield Finding(
        "unscaled inputs",
        "inputs",
        sentence,
        largest,
        threshold,
        "root mean square",
        "scale each input to mean 0 and deviation 1 (chainrule does it for tables)",
        tuple(called),
        {"scaled": True},
    )
