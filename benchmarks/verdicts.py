"""`python -m benchmarks.verdicts [COUNT]`: what the checker says of right gradients, by kind.

None may be called wrong: agreement, or "unclear" where rounding leaves nothing to compare.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from struct import pack, unpack
from typing import Any

import chainrule as cr
from chainrule.arrays.random import Generator
from chainrule.nn import ACTIVATIONS, LOSSES, Dense

COUNT = 3000
"""How many gradients are checked when no number is given."""

COLUMNS = ("agrees", "rounded", "kink", "unclear", "jump", "wrong")
"""The outcomes in the table; a check counts under the last of these that one of its lines has."""

Draw = Callable[[Sequence[Any]], Any]


def confident(seed: int) -> cr.Check:
    """A classifier that is sure of itself: the loss is down to the rounding of `log(1 + small)`."""
    pick, normal = _drawing(seed)
    classes, inputs, rows = pick((2, 3, 5)), pick((1, 2, 4)), pick((1, 2, 5, 20))
    sure = pick((4.0, 8.0, 12.0, 16.0, 20.0, 24.0, 30.0, 40.0))
    if pick((True, False)):
        bias = [sure] + [-sure / 2] * (classes - 1)
        output, weight = pick(("softmax", "identity")), normal(classes, inputs)
        layers = [Dense(inputs, classes, output, weight=weight, bias=bias)]
        net = cr.Network(layers, engine="python")
        return cr.check_gradients(net, normal(rows, inputs), [0] * rows, "cross_entropy")
    net = cr.Network([Dense(inputs, 1, "sigmoid", weight=normal(1, inputs), bias=[sure])])
    return cr.check_gradients(net, normal(rows, inputs), [pick((1, 1, 0))] * rows)


def float32_inside(seed: int) -> cr.Check:
    """A function that computes in float32, with its derivative in float64 or float32."""
    pick, normal = _drawing(seed)
    function, slope = pick(tuple(FUNCTIONS.items()))
    numbers = [abs(w) + 0.1 for w in normal(1, pick((1, 2, 5)))[0]]
    single = pick((True, False))

    def loss(x: list[float]) -> float:
        total = 0.0
        for w in x:
            total = float32(total + float32(function(float32(w))))
        return total

    def gradient(x: list[float]) -> list[float]:
        return [float32(slope(w)) if single else slope(w) for w in x]

    return cr.check_gradients(loss, numbers, gradient=gradient)


def opaque(seed: int) -> cr.Check:
    """A function of `math`, scaled from tiny to huge, some gradients rounded by hand."""
    pick, normal = _drawing(seed)
    function, slope = pick(tuple(FUNCTIONS.items()))
    scale = 10.0 ** pick((-12, -6, -2, 0, 0, 2, 6, 12))
    numbers = [abs(w) + 0.1 for w in normal(1, pick((1, 2, 5)))[0]]
    own = [scale * slope(w) for w in numbers]
    places = pick((None, None, 4, 6))
    if places and scale == 1 and max(map(abs, own)) > 0.1:
        given: Any = [round(g, places) for g in own]
    else:
        given = pick((own, lambda x: [scale * slope(w) for w in x]))

    def loss(x: list[float]) -> float:
        return scale * math.fsum(map(function, x))

    return cr.check_gradients(loss, numbers, gradient=given)


FUNCTIONS: dict[Callable[[float], float], Callable[[float], float]] = {
    math.sin: math.cos,
    math.exp: math.exp,
    math.log: lambda x: 1 / x,
    math.sqrt: lambda x: 0.5 / math.sqrt(x),
    math.tanh: lambda x: 1 - math.tanh(x) ** 2,
    lambda x: x * x: lambda x: 2 * x,
    lambda x: (x - 1) ** 3: lambda x: 3 * (x - 1) ** 2,
    lambda x: 1 / x: lambda x: -1 / x**2,
    lambda x: math.fabs(x - 0.05): lambda x: math.copysign(1.0, x - 0.05),
}
"""Functions of positive numbers, and their derivatives."""


def float32(x: float) -> float:
    """The nearest number that a float32 can hold."""
    return float(unpack("f", pack("f", x))[0])


def worst_outcome(check: cr.Check) -> str:
    """Under which outcome a check counts."""
    return max((v.outcome for v in check.verdicts), key=COLUMNS.index)


def table(count: int, *, show: Callable[[str], None] = print) -> Counter[tuple[str, str]]:
    """Check so many right gradients, all kinds in turn, and print how many had each outcome.

    Args:
        count: How many.
        show: Where the lines go.
    """
    counts: Counter[tuple[str, str]] = Counter()
    for seed in range(count):
        kind = [*KINDS][seed % len(KINDS)]
        check = KINDS[kind](seed)
        outcome = worst_outcome(check)
        counts[kind, outcome] += 1
        if outcome == "wrong":
            show(f"{kind}, seed {seed}:\n{check}\n")
    show("".join([f"{'right gradients':16}", *(f"{column:>9}" for column in COLUMNS)]))
    for kind in (*KINDS, "all"):
        names = KINDS if kind == "all" else [kind]
        numbers = [sum(counts[name, column] for name in names) for column in COLUMNS]
        show("".join([f"{kind:16}", *(f"{number:9}" for number in numbers)]))
    return counts


def _drawing(seed: int) -> tuple[Draw, Callable[[int, int], list[list[float]]]]:
    generator = Generator(seed)

    def pick(choices: Sequence[Any]) -> Any:
        return choices[int(generator.random(1)[0] * len(choices))]

    def normal(rows: int, columns: int) -> list[list[float]]:
        numbers: list[list[float]] = generator.normal(0.0, 1.0, (rows, columns)).tolist()
        return numbers

    return pick, normal


def _network(
    seed: int, *, whole: bool = False, size: float = 1.0, rows: Sequence[int] = (1, 2, 5, 20)
) -> cr.Check:
    """A network with inputs, weights and targets of a size, or all of them whole numbers."""
    pick, normal = _drawing(seed)

    def numbers(height: int, width: int, scale: float) -> list[list[float]]:
        drawn = normal(height, width)
        return [[float(round(v)) if whole else v * scale for v in row] for row in drawn]

    depth, loss = pick((1, 2, 3)), LOSSES[pick(tuple(LOSSES))]
    widths = [pick((1, 2, 3, 4)) for _ in range(depth)]
    widths.append(pick((2, 3)) if loss.name == "cross_entropy" else pick((1, 2, 3)))
    names = [pick(tuple(ACTIVATIONS)) for _ in range(depth)]
    if loss.link:
        names[-1] = pick((loss.link, "identity"))
    elif names[-1] == "softmax" and widths[-1] == 1:
        names[-1] = "identity"
    small = min(size, 1.0)
    layers = []
    for a, b, name in zip(widths[:-1], widths[1:], names, strict=True):
        bias = pick(([0.0] * b, numbers(1, b, small)[0]))
        layers.append(Dense(a, b, name, weight=numbers(b, a, small), bias=bias))
    count = pick(rows)
    x, y = numbers(count, widths[0], size), numbers(count, widths[-1], size)
    if loss.targets == "signs":
        y = [[1.0 if v > 0 else -1.0 for v in row] for row in y]
    if loss.targets == "shares":
        y = [[abs(v) / (1 + sum(map(abs, row))) for v in row] for row in y]
    return cr.check_gradients(cr.Network(layers, engine="python"), x, y, loss.name)


KINDS: dict[str, Callable[[int], cr.Check]] = {
    "confident": confident,
    "float32_inside": float32_inside,
    "opaque": opaque,
    "kinked": partial(_network, whole=True),  # most of its sums stand on a corner
    "smooth": _network,
    "tiny": partial(_network, size=1e-5),
    "huge": partial(_network, size=1e4),
    "many_rows": partial(_network, rows=(50, 100, 200)),
}


if __name__ == "__main__":
    counted = table(int(sys.argv[1]) if sys.argv[1:] else COUNT)
    sys.exit(any(outcome == "wrong" for _, outcome in counted))
