"""Weights that never moved, and neurons that are each other's twins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from math import isclose
from typing import Any

from chainrule.arrays import namespace_of
from chainrule.diagnosis.finding import Finding
from chainrule.nn import NetworkStudy
from chainrule.words import listed, numbered, percent

STILL = 0.5
"""The part of a layer's weights that may stand still before it is told; inputs that are always 0,
such as the corners of an image, hold some back in any network."""

ALIKE = 1e-9
"""How far two weights of twins may differ, as a part of their size: rounding, and nothing more."""


def unmoved_weights(study: NetworkStudy, initial: Mapping[str, Any]) -> Iterator[Finding]:
    """Layers or whole neurons whose weights are what they were before training."""
    for name in study.dense:
        weight, before = study.parameters[f"{name}.weight"], initial[f"{name}.weight"]
        xp = namespace_of(weight)
        still = xp.where(xp.equal(weight, before), 1.0, 0.0)
        rows = xp.mean(still, axis=1).tolist()
        bias = xp.equal(study.parameters[f"{name}.bias"], initial[f"{name}.bias"]).tolist()
        units = [n for n, (row, b) in enumerate(zip(rows, bias, strict=True)) if row == 1 and b]
        share = sum(rows) / len(rows)
        if units or share > STILL:
            whole = f"; all those of {numbered('neuron', units)} are" if units else ""
            yield Finding(
                "weights that never moved",
                name,
                f"{percent(share, 0)} of the weights are exactly what they were before "
                f"training{whole}",
                share,
                0.0 if units else STILL,
                "of the layer's weights",
                "look for dead units here, for inputs that are always 0, and for a learning "
                "rate too small to count in this number kind",
                tuple(f"{name}[{n}]" for n in units),
                {"seed": 0} if units else {},  # what reads zeros alone stays still anyway
            )


def symmetric_twins(study: NetworkStudy, initial: Mapping[str, Any]) -> Iterator[Finding]:
    """Neurons that started alike and stay alike: together they can do no more than one of them.

    Source: Goodfellow, Bengio & Courville, "Deep Learning" (2016), section 8.4, on breaking
    symmetry.
    """
    for name in study.dense:
        began = _alike(name, initial)
        groups = [
            twins
            for group in _alike(name, study.parameters)
            for before in began
            if len(twins := sorted({*group} & {*before})) > 1
        ]
        if not groups:
            continue
        twins = sorted(n for group in groups for n in group)
        yield Finding(
            "symmetric twins",
            name,
            f"{len(twins)} neurons started alike and are alike still, in "
            f"{len(groups)} {'group' if len(groups) == 1 else 'groups'} "
            f"({'; '.join(listed([str(n) for n in group], most=8) for group in groups[:3])})",
            float(len(twins)),
            0.0,
            "neurons that are copies of another",
            "random initial weights: leave weight= out, or choose he or glorot",
            tuple(f"{name}[{n}]" for n in twins),
            {"seed": 0},
        )


def _alike(name: str, parameters: Mapping[str, Any]) -> list[list[int]]:
    """Groups of neurons whose weights and biases are the same, in order of their numbers.

    Sorted by their weights, the same come to lie side by side.
    """
    weights, biases = (parameters[f"{name}.{short}"].tolist() for short in ("weight", "bias"))
    rows = sorted(((*row, b), n) for n, (row, b) in enumerate(zip(weights, biases, strict=True)))
    groups: list[list[int]] = []
    for (row, n), (other, m) in pairwise(rows):
        if all(isclose(a, b, rel_tol=ALIKE) for a, b in zip(row, other, strict=True)):
            if groups and groups[-1][-1] == n:
                groups[-1].append(m)
            else:
                groups.append([n, m])
    return [sorted(group) for group in groups]
