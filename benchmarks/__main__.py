"""`python -m benchmarks [--quick] [NAME ...]`: run, print, keep the results, draw them."""

from __future__ import annotations

import argparse
import sys

from benchmarks.machine import hold_to_cores
from benchmarks.publish import publish
from benchmarks.run import BENCHMARKS, keep, run_alone


def main(arguments: list[str]) -> int:
    """Run the named benchmarks, or all; results of the others are kept."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--quick", action="store_true", help="see that they run; keep nothing")
    chosen = parser.parse_args(arguments)
    unknown = [name for name in chosen.names if name not in BENCHMARKS]
    if unknown:
        print(f"no benchmark is called {unknown[0]!r}; there are {', '.join(BENCHMARKS)}")
        return 2
    hold_to_cores()
    for name in chosen.names or BENCHMARKS:
        result, machine = run_alone(name, quick=chosen.quick)
        print(result, end="\n\n", flush=True)
        if not chosen.quick:
            keep(name, result, machine)
    if not chosen.quick:
        publish()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
