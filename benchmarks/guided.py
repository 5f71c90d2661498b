"""`python -m benchmarks.guided`: damage files so that they reach code that no file reached yet.

atheris watches which branches of the package a file takes, keeps each file that takes a new one,
and damages it further; `python -m benchmarks.fuzz` draws blindly, and damages more kinds. What is
a fault is the same. Of model files and checkpoints the description is damaged, and sealed anew.
"""

from __future__ import annotations

import argparse
import atexit
import signal
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["chainrule"]):
    from benchmarks import fuzz
    from chainrule.train import read_tensors, with_checksum, write_tensors

    fuzz.whole_files()  # what is imported only when it is used is watched as well

FILES = {"model": "flats.model", "checkpoint": "stopping.checkpoint", "csv": "flats.csv"}
FILES |= {"jsonl": "flats.jsonl", "idx": "a.idx"}
DESCRIPTIONS = {"model": "chainrule", "checkpoint": "chainrule.checkpoint"}


def main(arguments: list[str]) -> None:
    """Print how many cases ended how, and the faults as they come, with their bytes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.guided")
    parser.add_argument("kind", choices=FILES)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, fuzz.too_long)
    counts: Counter[str] = Counter()
    folder = Path(tempfile.mkdtemp(prefix="guided"))
    whole = (fuzz.whole_files() / FILES[asked.kind]).read_bytes()
    path, corpus = folder / f"case.{asked.kind}", folder / "corpus"
    corpus.mkdir()
    name = DESCRIPTIONS.get(asked.kind, "")
    tensors = {}
    if name:
        tensors, texts = read_tensors(fuzz.whole_files() / FILES[asked.kind])
        whole = texts[name].encode()
    (corpus / "whole").write_bytes(whole)

    def use() -> None:
        if asked.kind == "model":
            fuzz.use_model(path)
        elif asked.kind == "checkpoint":
            fuzz.resumed(path, 3, {"early_stopping": 3})
        else:
            labels = fuzz.whole_files() / "l.idx" if asked.kind == "idx" else None
            fuzz.use_table(path, labels)

    def case(data: bytes) -> None:
        if name:
            described = {name: data.decode(errors="replace")}
            write_tensors(path, tensors, with_checksum(tensors, described))
        else:
            path.write_bytes(data)
        how, what = fuzz.outcome(use)
        counts[how] += 1
        if how == "fault":
            print(f"{asked.kind}: {what}\n    {data!r}", flush=True)

    atexit.register(lambda: print(f"{asked.kind}: {counts.total():,} cases, {dict(counts)}"))
    limits = ["-timeout=0", "-rss_limit_mb=1024", f"-max_len={2 * len(whole)}", "-verbosity=0"]
    options = [f"-seed={asked.seed}", f"-atheris_runs={asked.count}", *limits, str(corpus)]
    atheris.Setup([sys.argv[0], *options], case)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
