"""What every right gradient obeys, whatever the numbers: checks that cost no run of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import fsum, hypot, inf, isnan, ulp
from typing import NamedTuple, final

from chainrule.checking.checked_function import CheckedFunction, Flat, Place, each_number, flat
from chainrule.checking.gradient_verdicts import GradientVerdicts
from chainrule.checking.verdict import Verdict, shared_digits
from chainrule.nn import ACTIVATIONS, NetworkStudy, entry_name, per_example_gradients

MOST_NUMBERS = 5_000_000
"""Per-example gradients are formed up to so many numbers."""


class _Balance(NamedTuple):
    """Two sums that must be equal, term by term, and the rounding of each term."""

    place: str
    left: list[float]
    right: list[float]
    rounding: list[float]


@final
@dataclass(frozen=True)
class Invariants:
    """The laws that a network's gradient obeys.

    Args:
        study: The network and the examples, as list arrays.
        checked: The mean loss as a function of the parameters.
        given: The gradient to check, of all parameters.
        compared: What is known about its rounding and its kinks.
    """

    study: NetworkStudy
    checked: CheckedFunction
    given: Flat
    compared: GradientVerdicts

    def verdicts(self) -> list[Verdict]:
        """Compare the gradient with every law that applies to the network."""
        return [*self._flows(), *self._shares(), *self._averages()]

    def _flows(self) -> Iterator[Verdict]:
        """What flows into a unit flows out: `Σ_in w·g + b·g_b = Σ_out w·g`, summed over the batch.

        Source: Du, Hu & Lee, "Algorithmic regularization in learning deep homogeneous models",
        NeurIPS 31 (2018), theorem 2.1.
        """
        for (name, layer), (after, _) in pairwise(self.study.dense.items()):
            if not ACTIVATIONS[layer.activation].traits.homogeneous:
                continue
            weight, bias, out = f"{name}.weight", f"{name}.bias", f"{after}.weight"
            units, fan_in = self.checked.shapes[weight]
            w, balances = self.checked.numbers, []
            for j in range(units):
                into = [(weight, i) for i in range(j * fan_in, (j + 1) * fan_in)]
                out_of = [(out, i) for i in range(j, len(self.given[out]), units)]
                balances.append(self._balance(f"unit {j}", [*into, (bias, j)], out_of, w))
            yield _verdict(f"{name}, in = out", "Σ_in w·g + b·g_b = Σ_out w·g", balances)

    def _balance(
        self, place: str, into: Sequence[Place], out_of: Sequence[Place], weights: Flat
    ) -> _Balance:
        """The sums of the gradients at some places, each times its weight."""
        g, rounding = self.given, self.compared.rounding
        left, right, off = (
            [weights[name][i] * numbers[name][i] for name, i in places]
            for numbers, places in ((g, into), (g, out_of), (rounding, (*into, *out_of)))
        )
        return _Balance(place, left, right, off)

    def _shares(self) -> Iterator[Verdict]:
        """Pushing all scores up together changes no share: `Σ_k dL/dz_k = 0`."""
        if self.study.loss_function.link != "softmax":
            return
        output = self.study.architecture.output_name
        weight, bias = f"{output}.weight", f"{output}.bias"
        fan_in = self.checked.shapes[weight][1]
        sums = {bias: [(bias, k) for k in range(len(self.given[bias]))]}
        for i in range(fan_in):
            column = range(i, len(self.given[weight]), fan_in)
            sums[f"{weight}, column {i}"] = [(weight, k) for k in column]
        ones = each_number(lambda _: 1.0, self.given)
        balances = [self._balance(place, entries, [], ones) for place, entries in sums.items()]
        yield _verdict(f"{output}, classes sum to 0", "Σ_k dL/dz_k = 0", balances)

    def _averages(self) -> Iterator[Verdict]:
        """The batch's gradient is the mean of its examples' gradients, away from kinks."""
        rows = len(self.study.rows)
        if rows * self.checked.size > MOST_NUMBERS:
            return
        own = per_example_gradients(self.study)
        balances = []
        for name, numbers in self.given.items():
            each, shape = flat(own[name]), self.checked.shapes[name]
            for i, g in enumerate(numbers):
                if not self.compared.corners.touched[name][i]:
                    parts = [v / rows for v in each[i :: len(numbers)]]
                    rounding = [self.compared.rounding[name][i]]
                    balances.append(_Balance(entry_name(name, shape, i), [g], parts, rounding))
        if balances:
            yield _verdict(
                "batch = mean of rows", "the gradient is the mean of the rows'", balances
            )


def _verdict(name: str, law: str, balances: Sequence[_Balance]) -> Verdict:
    """The verdict on the balance that is furthest off."""
    excesses = []
    for balance in balances:
        left, right = fsum(balance.left), fsum(balance.right)
        tolerance = hypot(*balance.rounding) + 4 * ulp(max(abs(left), abs(right)))
        excess = abs(left - right) / tolerance
        excesses.append((inf if isnan(excess) else excess, left, right, tolerance, balance))
    excess, left, right, tolerance, balance = max(excesses, key=lambda row: row[0])
    scale = max(map(abs, (*balance.left, *balance.right)))
    if excess <= 1:
        outcome, text = "agrees", f"{law}: holds to {shared_digits(left, right, scale)} digits"
    else:
        sides = f"the two sides are {left:.9g} and {right:.9g}"
        outcome, text = "wrong", f"wrong: {law}, and at {balance.place} {sides}"
    return Verdict(name, outcome, "invariant", left, right, tolerance, text, scale=scale)
