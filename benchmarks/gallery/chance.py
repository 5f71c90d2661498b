"""`python -m benchmarks.gallery.chance [NETWORKS]`: causes on networks of random round numbers.

The slips of the gallery, on networks that it does not hold. Where round numbers make several
mistakes alike, none may be named in place of the one that was made.
"""

import sys
from collections import Counter
from collections.abc import Iterator

import numpy as np

from benchmarks.gallery import plain_python, with_numpy
from benchmarks.gallery.entry import Entry, look_at

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


def main(arguments: list[str]) -> int:
    count = int(arguments[0]) if arguments else NETWORKS
    tally: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    for seed in range(1, count + 1):
        for entry in entries(seed):
            for as_function, counts in tally.items():
                result = look_at(entry, as_function=as_function)
                counts[result.outcome] += 1
                if result.outcome == "WRONG":
                    how = "function" if as_function else "numbers"
                    print(f"WRONG as {how}: {entry.name}\n    {' | '.join(result.causes)}")
    for as_function, counts in tally.items():
        how = "functions" if as_function else "numbers"
        named = ", ".join(f"{number} {outcome}" for outcome, number in counts.most_common())
        print(f"{sum(counts.values())} wrong passes given as {how}: {named}")
    return int(any(counts["WRONG"] for counts in tally.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
