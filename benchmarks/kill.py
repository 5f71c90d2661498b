"""`python -m benchmarks.kill`: end a training that is kept in a file at moments drawn by seed.

A training is killed, or interrupted by Ctrl-C, and gone on with, until it is whole. After every end
the file has to be absent or whole, and the weights at last have to be those of a training that was
never ended, to the bit. Then come the troubles of a place: a full disk, a folder that is protected,
an output that is closed, no terminal.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import chainrule as cr
from chainrule.errors import ModelFileError
from chainrule.train import Checkpoint, read_tensors, require_checksum

EPOCHS = 60
BEGUN, DONE = "begun", "done"
_DROP, _OVERRIDE = 24, 1
"""What prctl(2) calls dropping a capability, and that of writing where nobody may."""


def train(folder: Path) -> None:
    """The training: go on from what is kept, say when it begins, save the network at its end."""
    chance = random.Random(3)
    x = [[chance.gauss(0, 1), chance.gauss(0, 1)] for _ in range(300)]
    layers = [cr.Dense(2, 40, "tanh"), cr.Dropout(0.25), cr.Dense(40, 1, "sigmoid")]
    net = cr.Network(layers, seed=3, engine="numpy")
    print(BEGUN, flush=True)
    history = net.fit(
        x,
        [int(a * b > 0) for a, b in x],
        epochs=EPOCHS,
        batch_size=16,
        validation=0.2,
        early_stopping=EPOCHS,
        checkpoint=Checkpoint(folder / "run", resume=True),
        interruptible=True,
        progress=False,
    )
    if history.interrupted:
        sys.exit(130)
    net.save(folder / "model")
    print(DONE, flush=True)


def fingerprint(folder: Path) -> str:
    """Of the weights of a network that is saved; its history tells of seconds, which differ."""
    tensors, _ = read_tensors(folder / "model")
    digest = hashlib.sha256()
    for name, stored in sorted(tensors.items()):
        digest.update(name.encode() + bytes(stored.data))
    return digest.hexdigest()


def is_whole(path: Path) -> bool:
    """Whether a file is absent, or whole by its checksum."""
    if not path.exists():
        return True
    try:
        require_checksum(*read_tensors(path))
    except ModelFileError:
        return False
    return True


def start(folder: Path, **options: Any) -> subprocess.Popen[str]:
    """A process that trains."""
    command = [sys.executable, "-m", "benchmarks.kill", "--train", str(folder)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


def undisturbed(folder: Path) -> tuple[str, float]:
    """The weights of a run that nobody ends, and the seconds from its beginning to its end."""
    process = start(folder)
    assert process.stdout is not None
    process.stdout.readline()
    began = time.perf_counter()
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    return fingerprint(folder), time.perf_counter() - began


def ended_again_and_again(
    how: signal.Signals, chance: random.Random, most: int, whole: str, seconds: float
) -> tuple[int, list[str]]:
    """End one run until it is whole, at most so often: the number of ends, and what was wrong."""
    wrong, ends = [], 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        while True:
            process = start(folder)
            assert process.stdout is not None
            process.stdout.readline()
            if ends < most:
                time.sleep(chance.uniform(0, seconds / 2))
                process.send_signal(how)
            _, said = process.communicate(timeout=120)
            if not all(is_whole(folder / kept) for kept in ("run", "model")):
                wrong.append(f"a file is half written after {how.name}")
            if process.returncode == 0:
                break
            ends += 1
            # Ctrl-C before the first epoch is whole is Python's own end.
            if how is signal.SIGINT and process.returncode not in (130, -signal.SIGINT, 1):
                wrong.append(f"Ctrl-C ended by {process.returncode}: {said[-300:]}")
            if process.returncode == 1 and "KeyboardInterrupt" not in said:
                wrong.append(f"a traceback after {how.name}: {said[-300:]}")
        if fingerprint(folder) != whole:
            wrong.append(f"other weights after {ends} times {how.name}")
    return ends, wrong


def _command(*words: str, first: str = "", **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own, which runs some lines of Python first."""
    become = "os.execv(sys.executable, [sys.executable, '-m', 'chainrule', *sys.argv[1:]])"
    script = f"import os, sys\n{first}\n{become}"
    command = [sys.executable, "-c", script, *words]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=120, **options
    )


_SMALL_DISK = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))"
# What root may do and other users may not is taken away.
_NO_OVERRIDE = f"""
import ctypes
if os.geteuid() == 0:
    ctypes.CDLL(None).prctl({_DROP}, {_OVERRIDE}, 0, 0, 0)
"""


def _in_one_sentence(done: subprocess.CompletedProcess[str], *parts: str) -> bool:
    return (
        done.returncode == 2
        and "Traceback" not in done.stderr + done.stdout
        and all(part in done.stderr for part in parts)
    )


def full_disk(folder: Path) -> bool:
    """A disk that takes 2,000 bytes: the old model stays, the error is a sentence."""
    words = ("train", "moons", "--epochs", "2", "--out", str(folder / "m"))
    whole = _command(*words)
    before = (folder / "m").read_bytes()
    again = _command(*words, first=_SMALL_DISK)
    return (
        whole.returncode == 0
        and _in_one_sentence(again, "cannot be written")
        and (folder / "m").read_bytes() == before
        and not list(folder.glob("*.tmp"))
    )


def read_only_folder(folder: Path) -> bool:
    """A folder that must not be written in: it is said before the training."""
    folder.chmod(0o555)
    words = ("train", "moons", "--epochs", "2", "--checkpoint", str(folder / "run"), "--out", "m")
    done = _command(*words, cwd=folder, first=_NO_OVERRIDE)
    folder.chmod(0o755)
    return _in_one_sentence(done, "write-protected") and not list(folder.iterdir())


def closed_output(folder: Path) -> bool:
    """A reader that goes away after the first line: no traceback, and no model half written."""
    words = f"-m chainrule train moons --epochs 2 --out {folder / 'm'}"
    command = f"'{sys.executable}' {words} | head -n 1"
    done = subprocess.run(
        command, shell=True, capture_output=True, text=True, check=False, timeout=120
    )
    return not done.stderr and is_whole(folder / "m")


def no_terminal(folder: Path) -> bool:
    """A session without a terminal and with nothing to read: it trains and saves."""
    done = _command(
        *("train", "moons", "--epochs", "2", "--out", str(folder / "m")),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        env={name: value for name, value in os.environ.items() if name != "TERM"},
    )
    return done.returncode == 0 and is_whole(folder / "m") and "\x1b" not in done.stdout


TROUBLES: tuple[Callable[[Path], bool], ...] = (
    full_disk,
    read_only_folder,
    closed_output,
    no_terminal,
)


def main(arguments: list[str]) -> int:
    """Print a table, and what was wrong."""
    if arguments[:1] == ["--train"]:
        train(Path(arguments[1]))
        return 0
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kill")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--interrupts", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(arguments)
    chance, every = random.Random(asked.seed), []
    with tempfile.TemporaryDirectory() as folder:
        whole, seconds = undisturbed(Path(folder))
    print(f"{'what':<20}{'times':>7}{'runs':>6}{'wrong':>7}")
    for how, times in ((signal.SIGKILL, asked.kills), (signal.SIGINT, asked.interrupts)):
        total = runs = 0
        wrong: list[str] = []
        while total < times:
            ends, complaints = ended_again_and_again(how, chance, times - total, whole, seconds)
            total, runs, wrong = total + ends, runs + 1, wrong + complaints
        print(f"{how.name:<20}{total:>7}{runs:>6}{len(wrong):>7}", flush=True)
        every += wrong
    for trouble in TROUBLES:
        with tempfile.TemporaryDirectory() as folder:
            well = trouble(Path(folder))
        print(f"{trouble.__name__.replace('_', ' '):<20}{1:>7}{1:>6}{not well:>7}", flush=True)
        every += [] if well else [f"{trouble.__name__} is not borne"]
    print("\n".join(dict.fromkeys(every)))
    return bool(every)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
