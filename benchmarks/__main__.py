"""`python -m benchmarks [NAME ...]`: run, print, and keep the results in one file."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from benchmarks.machine import describe

BENCHMARKS = ("imports", "moons", "ledger")
RESULTS = Path(__file__).with_name("results.json")


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all; results of the others are kept."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"no benchmark is called {unknown[0]!r}; there are {', '.join(BENCHMARKS)}")
        return 2
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for name in names or BENCHMARKS:
        result = import_module(f"benchmarks.{name}").run()
        print(result, end="\n\n", flush=True)
        kept[name] = {**asdict(result), "machine": describe()}
    RESULTS.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
