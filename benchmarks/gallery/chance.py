"""`python -m benchmarks.gallery.chance [NETWORKS]`: causes on networks of random round numbers.

The slips of the gallery, on networks that it does not hold. Where round numbers make several
mistakes alike, none may be named in place of the one that was made.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace

import numpy as np

from benchmarks.gallery import plain_python, with_numpy
from benchmarks.gallery.entry import Entry, Pair, look_at, summed_up

NETWORKS = 6
"""How many networks are drawn of each family when no number is given."""

ROUND = (
    (-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0),
    (-1.0, 0.0, 1.0),
    (-1.0, 1.0),
    (0.0, 1.0, 2.0),
    (-0.5, 0.5, 1.0),
)
"""What weights and inputs are drawn from, network by network."""


def drawn(*shape: int, seed: int) -> list:
    """A table of round numbers."""
    return np.random.default_rng(seed).choice(ROUND[seed // 1000 % len(ROUND)], shape).tolist()


def entries(seed: int) -> Iterator[Entry]:
    """Every slip on networks that are drawn anew."""
    yield from with_numpy.entries_on(f"round {seed}", drawn, 1000 * seed)
    weights = {
        name: drawn(*np.shape(numbers), seed=1000 * seed + place)
        for place, (name, numbers) in enumerate(plain_python.ROUND.items())
    }
    x, y = (drawn(3, 2, seed=1000 * seed + 50 + place) for place in (0, 1))
    yield from plain_python.entries_on(f"round {seed}", weights, x, y)


def without_effect(pair: Pair, *, nearby: bool) -> bool:
    """Whether a slip changes no number on its network; if `nearby`, nor with weights close by."""
    points = [{name: np.array(w.tolist()) for name, w in pair.net.parameters.items()}]
    for seed in range(3 * nearby):
        draw = np.random.default_rng(seed).uniform
        points.append({name: w + draw(-0.1, 0.1, w.shape) for name, w in points[0].items()})
    return all(
        np.allclose(right, wrong, rtol=1e-9, atol=1e-12)
        for parameters in points
        for right, wrong in zip(
            *(
                backward(SimpleNamespace(parameters=parameters), pair.x, pair.y).values()
                for backward in (pair.right, pair.wrong)
            ),
            strict=True,
        )
    )


def passed_as(entry: Entry, as_function: bool) -> str:
    """Why a slip was not caught: it changes nothing there, stays between the slopes at a kink, or
    was missed."""
    if entry.pair and without_effect(entry.pair, nearby=as_function):
        return "without effect"
    kink = any(verdict.outcome == "kink" for verdict in entry.check(as_function).verdicts)
    return "between the slopes at a kink" if kink else "MISSED"


def main(arguments: list[str]) -> int:
    count = int(arguments[0]) if arguments else NETWORKS
    tally: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    for seed in range(1, count + 1):
        for entry in entries(seed):
            for as_function, counts in tally.items():
                result = look_at(entry, as_function=as_function)
                outcome = result.outcome if result.caught else passed_as(entry, as_function)
                counts[outcome] += 1
                if outcome in ("WRONG", "MISSED"):
                    how = "function" if as_function else "numbers"
                    print(f"{outcome} as {how}: {entry.name}\n    {' | '.join(result.causes)}")
    return summed_up(tally)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
