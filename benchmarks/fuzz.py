"""`python -m benchmarks.fuzz`: damage files in many ways and see that each is read or refused.

A case is a kind of file and a seed: the same two make the same bytes again. Each is read and used
in a child process that may take 10 s and 1 GiB. It has to end
with a value or one of our own errors, whose message is no longer than a few lines; everything else
is a fault.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import random
import resource
import signal
import subprocess
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache, partial
from pathlib import Path
from typing import Any

import chainrule as cr
from chainrule.errors import ChainruleError
from chainrule.model import train_on_stream
from chainrule.train import Checkpoint, read_tensors, with_checksum, write_tensors

SECONDS, MEMORY, MESSAGE = 10, 1 << 30, 500
"""What a case may take, in seconds and bytes, and the characters of a message."""
AT_ONCE = 500
"""Cases in one child process."""
ODD: list[Any] = [
    *(None, True, False, 0, -1, 1, 2**31, 2**63, 10**30, 10**400, 1e308, -1e308, 1e-320, 0.5),
    *(float("nan"), float("inf"), float("-inf"), "", "a", "x" * 5000, "\0", "\ud800", "é", "NaN"),
    *("../../etc/passwd", "/dev/zero", "hinge", "float32", "2024-01-31", "iris", "%s{}", "<b>"),
    *([], [[]], {}, ["a"], [0], [1, 2], [None], {"kind": "numbers"}, {"a": 1}, [[[[[[[[]]]]]]]]),
]
CELLS = [
    *("", "NA", "nan", "inf", "-inf", "1e308", "-1e308", "1e400", "1e-320", "0", "-0", "1_000"),
    *("1,5", "1.234.567,8", "€ 5", "7 %", "2024-02-30", "12:61", "9" * 400, "x" * 5000, '"', '""'),
    *("\0", "\r", "\n", "é", "\ufeff", "\u2212" + "5", "True", "007", "=1+1", ";", "\t", "'"),
]


def damaged(data: bytes, chance: random.Random) -> bytes:
    """The bytes with some flipped, cut out, doubled or put in."""
    out = bytearray(data)
    for _ in range(chance.choice([1, 1, 1, 2, 5, 20])):
        place = chance.randrange(len(out) + 1) if chance.random() < 0.7 else chance.randrange(40)
        place = min(place, max(len(out) - 1, 0))
        end = place + chance.choice([1, 1, 2, 4, 8, 50, 500])
        match chance.randrange(6):
            case 0 if out:
                out[place] ^= 1 << chance.randrange(8)
            case 1:
                out[place:end] = chance.randbytes(min(end - place, len(out) - place))
            case 2:
                del out[place:end]
            case 3:
                out[place:place] = out[place:end]
            case 4:
                out[place:end] = chance.choice([b"\xff", b"\0", b"\x7f", b"\x80"]) * (end - place)
            case _ if chance.random() < 0.3:
                del out[place:]
    return bytes(out)


def damaged_record(record: Any, chance: random.Random) -> Any:
    """Plain data in which one value, somewhere, is another, is gone, or came in addition."""
    places = list(_places(record))
    inside, key = chance.choice(places)
    match chance.randrange(8):
        case 0 if isinstance(inside, dict):
            del inside[key]
        case 1 if isinstance(inside, dict):
            name = chance.choice(["kind", "extra", "", "x" * 5000, "rows"])
            inside[name] = deepcopy(chance.choice(ODD))
        case 2:
            other, name = chance.choice(places)
            inside[key] = json.loads(json.dumps(other[name]))
        case 3 if isinstance(inside, list):
            inside.append(inside[key])
        case 4 if isinstance(inside, list):
            del inside[key]
        case _:
            inside[key] = deepcopy(chance.choice(ODD))
    return record


def _places(record: Any) -> Iterator[tuple[Any, Any]]:
    for key in list(record) if isinstance(record, dict) else range(len(record)):
        yield record, key
        if isinstance(record[key], dict | list):
            yield from _places(record[key])


def _rewritten(original: Path, name: str, path: Path, chance: random.Random) -> None:
    """A safetensors file whose description is damaged, and sealed anew."""
    tensors, texts = read_tensors(original)
    record = json.loads(texts[name])
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        damaged_record(record, chance)
    texts = {name: json.dumps(record)}
    write_tensors(path, tensors, with_checksum(tensors, texts) if chance.random() < 0.7 else texts)


def _sealed_or_not(originals: list[Path], name: str, path: Path, chance: random.Random) -> None:
    original = chance.choice(originals)
    if chance.random() < 0.7:
        _rewritten(original, name, path, chance)
    else:
        path.write_bytes(damaged(original.read_bytes(), chance))


ROWS = 24
WORDS = ("red sea", "blue sea", "red sky", "grey sky")


def _columns() -> dict[str, list[Any]]:
    chance = random.Random(7)
    return {
        "size": [chance.choice([None, round(chance.gauss(50, 9), 2)]) for _ in range(ROWS)],
        "when": [f"2024-{1 + n % 12:02}-{1 + n:02}" for n in range(ROWS)],
        "said": [WORDS[n % 4] for n in range(ROWS)],
        "city": [chance.choice(["Oslo", "Bergen", None]) for _ in range(ROWS)],
        "price": [round(chance.gauss(3, 1), 3) for _ in range(ROWS)],
        "sold": [chance.choice(["yes", "no"]) for _ in range(ROWS)],
    }


def _csv() -> str:
    columns = _columns()
    lines = [
        ",".join("" if cell is None else str(cell) for cell in row)
        for row in zip(*columns.values(), strict=True)
    ]
    return "\n".join([",".join(columns), *lines]) + "\n"


@cache
def whole_files() -> Path:
    """Whole files of each kind, which are then damaged."""
    folder = Path(tempfile.mkdtemp(prefix="fuzz"))
    (folder / "flats.csv").write_text(_csv())
    quick: dict[str, Any] = {"epochs": 3, "engine": "numpy", "progress": False}
    for name, data, options in (
        ("xor", "xor", {}),
        ("flats", folder / "flats.csv", {"target": "price", "types": {"said": "text"}}),
        ("sold", folder / "flats.csv", {"layers": [3], "early_stopping": 2}),
    ):
        cr.train_on_table(data, **quick, **options).net.save(folder / f"{name}.model")
    for name, options in (("plain", {}), ("stopping", {"early_stopping": 3})):
        resumed(folder / f"{name}.checkpoint", 2, options)
    (folder / "a.idx").write_bytes(
        bytes([0, 0, 8, 3, *(0, 0, 0, 9, 0, 0, 0, 3, 0, 0, 0, 2)]) + bytes(range(54))
    )
    (folder / "l.idx").write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 9]) + bytes([0, 1, 2] * 3))
    columns = _columns()
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    (folder / "flats.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def _parquet(kind: str) -> Path:
    import pyarrow as pa
    from pyarrow import parquet

    path = whole_files() / f"{kind}.parquet"
    if not path.exists():
        parquet.write_table(pa.table(_columns()), path, compression=kind, row_group_size=10)
    return path


def resumed(path: Path, epochs: int, options: dict[str, Any]) -> None:
    chance = random.Random(1)
    x = [[chance.random(), chance.random()] for _ in range(9)]
    net = cr.Network([cr.Dense(2, 3, "tanh"), cr.Dense(3, 1, "sigmoid")], engine="numpy")
    history = net.fit(
        x,
        [int(a > b) for a, b in x],
        epochs=epochs,
        checkpoint=Checkpoint(path, resume=True),
        progress=False,
        validation=(x, [1] * 9),
        **options,
    )
    str(history)


def use_model(path: Path) -> None:
    net = cr.load(path, engine="numpy")
    str(net)
    if net.history is not None:
        str(net.history)
        net.history._repr_html_()
    net.save(path.with_suffix(".again"))
    if net.recipe is None:
        return
    net.recipe.describe()
    rows = cr.rows_for(net)
    net.predict(rows.examples)
    str(cr.score(net, linear=False))


def use_table(path: Path, labels: Path | None = None) -> None:
    done = cr.train_on_table(
        path, labels=labels, epochs=1, layers=[2], engine="numpy", progress=False
    )
    str(done.tested())


def use_stream(path: Path) -> None:
    done = train_on_stream(
        path, memory=100_000, epochs=2, layers=[2], engine="numpy", progress=False
    )
    str(done.tested())


def _make_text(text: str, path: Path, chance: random.Random) -> None:
    if chance.random() < 0.6:
        lines = [line.split(",") for line in text.split("\n")]
        for _ in range(chance.choice([1, 1, 2, 5, 30])):
            line = chance.choice(lines)
            line[chance.randrange(len(line))] = chance.choice(CELLS)
        if chance.random() < 0.2:  # a whole column of it
            column, cell = chance.randrange(6), chance.choice(CELLS)
            for line in lines[1:]:
                line[min(column, len(line) - 1)] = cell
        text = "\n".join(map(",".join, lines))
        path.write_bytes(
            text.encode(chance.choice(["utf-8", "utf-8", "utf-16", "cp1252"]), "replace")
        )
    else:
        path.write_bytes(damaged(text.encode(), chance))


def _make_lines(path: Path, chance: random.Random) -> None:
    rows = [json.loads(line) for line in (whole_files() / "flats.jsonl").read_text().splitlines()]
    if chance.random() < 0.6:
        for _ in range(chance.choice([1, 1, 2, 5])):
            damaged_record(rows, chance)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        path.write_bytes(damaged((whole_files() / "flats.jsonl").read_bytes(), chance))


def _case(kind: str, seed: int, folder: Path) -> Callable[[], None]:
    """Write the damaged file of a case; what uses it."""
    chance, whole = random.Random(f"{kind} {seed}"), whole_files()
    path = folder / f"case.{kind}"
    match kind:
        case "model":
            originals = [whole / f"{name}.model" for name in ("xor", "flats", "sold")]
            _sealed_or_not(originals, "chainrule", path, chance)
            return partial(use_model, path)
        case "checkpoint":
            name, options = chance.choice([("plain", {}), ("stopping", {"early_stopping": 3})])
            _sealed_or_not([whole / f"{name}.checkpoint"], "chainrule.checkpoint", path, chance)
            return partial(resumed, path, 3, options)
        case "csv":
            _make_text(_csv(), path, chance)
            return partial(use_table, path)
        case "jsonl":
            _make_lines(path, chance)
            return partial(use_table, path)
        case "parquet" | "stream":
            path = folder / "case.parquet"
            original = _parquet(chance.choice(["none", "snappy", "zstd"]))
            path.write_bytes(damaged(original.read_bytes(), chance))
            return partial(use_table if kind == "parquet" else use_stream, path)
        case _:
            labels = folder / "labels.idx"
            images = folder / "case.idx"
            pixels, classes = ((whole / name).read_bytes() for name in ("a.idx", "l.idx"))
            which = chance.random() < 0.7
            images.write_bytes(damaged(pixels, chance) if which else pixels)
            labels.write_bytes(classes if which else damaged(classes, chance))
            return partial(use_table, images, labels)


KINDS = ("model", "checkpoint", "csv", "jsonl", "idx", "parquet", "stream")
"""A stream is a file of Parquet, read again for every epoch."""


def outcome(use: Callable[[], None]) -> tuple[str, str]:
    """What became of a case: "value", "error" or "fault", and the error or where the fault is."""
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    # Native code hears no signal before it returns: then the process ends.
    faulthandler.dump_traceback_later(1.5 * SECONDS, exit=True)
    try:
        use()
    except ChainruleError as error:
        if len(str(error)) > MESSAGE:
            return "fault", f"a message of {len(str(error))} characters: {str(error)[:200]}"
        return "error", str(error)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a fault
        last = [f for f in traceback.extract_tb(error.__traceback__) if "chainrule" in f.filename]
        place = f"{Path(last[-1].filename).name}:{last[-1].lineno}" if last else "?"
        return "fault", f"{type(error).__name__} at {place}: {str(error)[:120]}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        faulthandler.cancel_dump_traceback_later()
    return "value", ""


def too_long(*_: object) -> None:
    raise TimeoutError(f"longer than {SECONDS} s")


def child(kind: str, first: int, count: int) -> None:
    """Run cases one after the other, and print what became of each."""
    warnings.simplefilter("ignore")
    whole_files()
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    signal.signal(signal.SIGALRM, too_long)
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first, first + count):
            print(json.dumps([seed, *outcome(_case(kind, seed, Path(folder)))]), flush=True)


def run(kind: str, count: int, first: int = 0) -> tuple[Counter[str], list[str]]:
    """Run cases in child processes: how many ended how, and the faults."""
    counts: Counter[str] = Counter()
    faults: list[str] = []
    seed = first
    while seed < first + count:
        many = min(AT_ONCE, first + count - seed)
        command = [sys.executable, "-m", "benchmarks.fuzz", "--child", kind, str(seed), str(many)]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=many * SECONDS
        )
        for line in done.stdout.splitlines():
            number, how, what = json.loads(line)
            counts[how] += 1
            seed = number + 1
            if how == "fault":
                faults.append(f"{kind} {number}: {what}")
        if done.returncode:
            counts["fault"] += 1
            faults.append(
                f"{kind} {seed}: the process ended by {done.returncode}: {done.stderr[-300:]}"
            )
            seed += 1
    return counts, faults


def main(arguments: list[str]) -> int:
    """Print a table, and the faults with what makes them again."""
    if arguments[:1] == ["--child"]:
        child(arguments[1], int(arguments[2]), int(arguments[3]))
        return 0
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz")
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("--count", type=int, default=600, help="cases of each kind")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    asked = parser.parse_args(arguments)
    wrong = 0
    print(f"{'kind':<12}{'cases':>8}{'a value':>9}{'our error':>11}{'a fault':>9}")
    for kind in asked.kinds or KINDS:
        counts, faults = run(kind, asked.count, asked.seed)
        wrong += len(faults)
        line = f"{kind:<12}{counts.total():>8,}{counts['value']:>9,}{counts['error']:>11,}"
        print(f"{line}{counts['fault']:>9,}", *faults, sep="\n", flush=True)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
