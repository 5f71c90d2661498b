"""What every right gradient obeys, whatever the numbers: checks that cost no run of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from math import fsum, hypot, ulp
from typing import Any, NamedTuple

from chainrule.explanations.per_example import per_example_gradients
from chainrule.explanations.subject import Flat, Subject, flat
from chainrule.explanations.verdict import Verdict, shared_digits
from chainrule.nn import Architecture, Dense, Loss

HOMOGENEOUS = {"relu", "leaky_relu", "identity"}
"""Activations with `z · f'(z) = f(z)`: what they pass on is proportional to what they get."""

MOST_NUMBERS = 5_000_000
"""Per-example gradients are formed up to so many numbers."""


class _Balance(NamedTuple):
    """Two sums that must be equal, term by term, and the noise of each term."""

    left: list[float]
    right: list[float]
    noise: list[float]


def invariants(
    architecture: Architecture,
    loss: Loss,
    subject: Subject,
    given: Flat,
    noise: Flat,
    x: Any,
    t: Any,
) -> list[Verdict]:
    """Check the invariants that hold for a network's gradients.

    Args:
        architecture: The network.
        loss: What being wrong costs.
        subject: The mean loss as a function of the parameters.
        given: The gradient to check, of all parameters.
        noise: What rounding may do to each entry.
        x: Inputs, of shape `(batch, in_features)`.
        t: Encoded targets, of shape `(batch, out_features)`.
    """
    found = []
    for name, law, balances in (
        *_flows(architecture, subject, given, noise),
        *_shares(architecture, loss, subject, given, noise),
        *_averages(architecture, loss, subject, given, noise, x, t),
    ):
        found.append(_judged(name, law, balances))
    return found


_Law = tuple[str, str, list[tuple[str, _Balance]]]


def _flows(
    architecture: Architecture, subject: Subject, given: Flat, noise: Flat
) -> Iterator[_Law]:
    """What flows into a unit flows out: `Σ_in w·g + b·g_b = Σ_out w·g`, summed over the batch.

    Source: Du, Hu & Lee, "Algorithmic regularization in learning deep homogeneous models", NeurIPS
    31 (2018), theorem 2.1.
    """
    dense = [(n, layer) for n, layer in architecture.layers.items() if isinstance(layer, Dense)]
    for (name, layer), (after, _) in pairwise(dense):
        if layer.activation in HOMOGENEOUS:
            weight, bias, out = f"{name}.weight", f"{name}.bias", f"{after}.weight"
            units, fan_in = subject.shapes[weight]
            balances = []
            for j in range(units):
                row = range(j * fan_in, (j + 1) * fan_in)
                column = range(j, len(given[out]), units)
                into = [(weight, i) for i in row] + [(bias, j)]
                out_of = [(out, i) for i in column]
                balances.append((f"unit {j}", _balance(subject, given, noise, into, out_of)))
            law = "Σ_in w·g + b·g_b = Σ_out w·g for every unit"
            yield f"{name}, in = out", law, balances


def _shares(
    architecture: Architecture, loss: Loss, subject: Subject, given: Flat, noise: Flat
) -> Iterator[_Law]:
    """Shares add up to 1, so pushing all scores up together changes nothing: `Σ_k dL/dz_k = 0`."""
    if loss.name != "cross_entropy":
        return
    name = architecture.output_name
    weight, bias = f"{name}.weight", f"{name}.bias"
    _, fan_in = subject.shapes[weight]
    sums = [(bias, range(len(given[bias])))]
    sums += [(weight, range(i, len(given[weight]), fan_in)) for i in range(fan_in)]
    balances = [
        (
            f"column {place} of {where}" if where == weight else where,
            _Balance([given[where][i] for i in entries], [], [noise[where][i] for i in entries]),
        )
        for place, (where, entries) in enumerate(sums, start=-1)
    ]
    yield f"{name}, classes sum to 0", "Σ_k dL/dz_k = 0 over the classes", balances


def _averages(
    architecture: Architecture,
    loss: Loss,
    subject: Subject,
    given: Flat,
    noise: Flat,
    x: Any,
    t: Any,
) -> Iterator[_Law]:
    """The batch's gradient is the mean of its examples' gradients."""
    rows = x.shape[0]
    if rows * subject.size > MOST_NUMBERS:
        return
    own = per_example_gradients(architecture, loss, subject.point, x, t)
    balances = []
    for name, numbers in given.items():
        each = flat(own[name])
        size = len(numbers)
        balances += [
            (
                f"{name}, entry {i}",
                _Balance([g], [v / rows for v in each[i::size]], [noise[name][i]]),
            )
            for i, g in enumerate(numbers)
        ]
    yield "batch = mean of rows", "the gradient is the mean of the examples' gradients", balances


def _balance(
    subject: Subject,
    given: Flat,
    noise: Flat,
    into: Sequence[tuple[str, int]],
    out_of: Sequence[tuple[str, int]],
) -> _Balance:
    product: Callable[[tuple[str, int]], float] = lambda at: (  # noqa: E731 - one line, used twice
        subject.numbers[at[0]][at[1]] * given[at[0]][at[1]]
    )
    return _Balance(
        [product(at) for at in into],
        [product(at) for at in out_of],
        [subject.numbers[name][i] * noise[name][i] for name, i in (*into, *out_of)],
    )


def _judged(name: str, law: str, balances: list[tuple[str, _Balance]]) -> Verdict:
    """The verdict on the balance that is furthest off."""
    judged = []
    for place, balance in balances:
        left, right = fsum(balance.left), fsum(balance.right)
        tolerance = hypot(*balance.noise) + 4 * ulp(max(abs(left), abs(right)))
        scale = max(map(abs, (*balance.left, *balance.right)))
        judged.append((abs(left - right) / tolerance, place, (left, right, tolerance), scale))
    excess, place, (left, right, tolerance), scale = max(judged, key=lambda found: found[0])
    if excess <= 1:
        text = f"{law}: holds to {shared_digits(left, right, scale)} digits"
        return Verdict(name, "agrees", "invariant", left, right, tolerance, text, scale=scale)
    text = f"wrong: {law}, and at {place} the two sides are {left:.9g} and {right:.9g}"
    return Verdict(name, "wrong", "invariant", left, right, tolerance, text, scale=scale)
