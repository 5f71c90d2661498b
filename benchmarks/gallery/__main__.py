"""`python -m benchmarks.gallery`: every wrong pass, its truth, and what is said about it."""

import sys
from collections import Counter
from importlib.util import find_spec
from textwrap import shorten

from benchmarks.gallery import functions, plain_python, reported, updates
from benchmarks.gallery.entry import Entry, look_at, summed_up


def every_entry() -> list[Entry]:
    """All entries; those written with NumPy where it is installed."""
    families = plain_python, functions, reported, updates
    entries = [entry for family in families for entry in family.entries()]
    if find_spec("numpy"):
        from benchmarks.gallery import models, with_numpy

        entries += [*models.entries(), *with_numpy.entries()]
    return entries


def main(arguments: list[str]) -> int:
    entries = [e for e in every_entry() if all(word in e.name for word in arguments)]
    tally: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    for entry in entries:
        for as_function in (True, False):
            result = look_at(entry, as_function=as_function)
            tally[as_function][result.outcome] += 1
            if as_function or result.outcome in ("WRONG", "MISSED"):
                said = " | ".join(result.causes) or "cause unknown"
                how = "" if as_function else " (as numbers)"
                print(f"{result.outcome:8} {shorten(entry.name + how, 90):90} {said}")
    return summed_up(tally)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
