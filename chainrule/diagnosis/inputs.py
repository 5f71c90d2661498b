"""Inputs on a scale that makes learning hard."""

from __future__ import annotations

from collections.abc import Sequence
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


def unscaled_inputs(x: Any, names: Sequence[str] = ()) -> list[Finding]:
    """Inputs that are much larger than 1, or all much smaller.

    Args:
        x: Inputs, of shape `(batch, in_features)`.
        names: Their names; their numbers if left out.
    """
    xp = namespace_of(x)
    sizes = [square**0.5 for square in xp.mean(x * x, axis=0).tolist()]
    large = [n for n, size in enumerate(sizes) if not size <= LARGE]
    advice = "scale each input to mean 0 and deviation 1 (chainrule does it for tables)"
    unit = "root mean square"
    if large:
        called = [names[n] if names else str(n) for n in large]
        return [
            Finding(
                "unscaled inputs",
                "inputs",
                f"{len(large)} of {len(sizes)} inputs are large ({listed(called, most=8)}), up to "
                f"a typical size of {max(sizes):.3g}",
                max(sizes),
                LARGE,
                unit,
                advice,
                tuple(called),
                {"scaled": True},
            )
        ]
    if 0 < max(sizes) < SMALL:
        sentence = f"all inputs are small: the largest has a typical size of {max(sizes):.2g}"
        size, cure = max(sizes), {"scaled": True}
        return [
            Finding("unscaled inputs", "inputs", sentence, size, SMALL, unit, advice, cure=cure)
        ]
    return []
