"""`python -m benchmarks.mutants`: break the package in small ways and see whether the tests notice.

cosmic-ray makes the mutants: another operator, bound, number or truth value, a loop that is never
entered. They are drawn by seed; what stands only in annotations, docstrings and samples is passed
over. coverage says which tests run the line that is changed: they are run in a copy of the project,
the file's own first, until one fails. A mutant that survives needs a test, or a sentence in
`equal_mutants.toml` why nothing is changed. What was killed is kept in `build/mutants`: another
call goes on from there, and tries what survived again.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import hashlib
import json
import math
import multiprocessing
import os
import random
import re
import resource
import shutil
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import hypothesis  # noqa: F401 - loaded here, so that no child takes the time for it
import numba  # noqa: F401 - as hypothesis
import numpy as np  # noqa: F401 - as hypothesis
import pytest
from coverage import CoverageData

PROJECT = Path(__file__).parent.parent
KEPT = PROJECT / "build" / "mutants"
ROOMS = ("ops", "autodiff", "nn", "train", "data", "explanations")
EQUAL = PROJECT / "benchmarks" / "equal_mutants.toml"
TESTS = sorted(
    str(folder.relative_to(PROJECT))
    for folder in (PROJECT / "tests").iterdir()
    if folder.is_dir() and folder.name not in ("benchmarks", "__pycache__")
)
TESTS += ["tests/test_docs.py::test_every_example_prints_what_it_shows_in"]
OUTCOMES = ("killed", "equal", "survived")
OPERATORS = re.compile(
    r"core/(AddNot|NumberReplacer|ZeroIterationForLoop|Replace(True|False|And|Or|Break|Continue)W.*"
    r"|ReplaceUnaryOperator_(USub_UAdd|Delete_USub|Delete_Not)"
    r"|ReplaceBinaryOperator_(Add_Sub|Sub_Add|Mul_Div|Div_Mul|Pow_Mul|FloorDiv_Mul|Mod_Add"
    r"|BitOr_BitAnd|BitAnd_BitOr)"
    r"|ReplaceComparisonOperator_(Lt_LtE|LtE_Lt|Gt_GtE|GtE_Gt|Eq_NotEq|NotEq_Eq|Lt_Gt|Gt_Lt"
    r"|Is_IsNot|IsNot_Is))"
)
NO_DEED = ("samples", "sample_options", "frozen", "strict", "kw_only")
"""Where an op is tried is not part of what it does, nor how a field is handed over, nor what must
never be: a record that changes, which `tests/test_records.py` sees, and two lists of which one is
longer."""
MEMORY = 4 << 30
"""The bytes that the tests of a mutant may take."""


def meaning(code: str) -> str:
    """What a file does, whatever its types, docstrings, samples and ways to hand over."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        for field in ("annotation", "returns"):
            if getattr(node, field, None) is not None:
                setattr(node, field, ast.Constant(None))
        if isinstance(node, ast.Call):
            node.keywords = [each for each in node.keywords if each.arg not in NO_DEED]
        if isinstance(node, ast.arguments):  # by place or by name is one
            node.args = [*node.posonlyargs, *node.args, *node.kwonlyargs]
            node.defaults += [each for each in node.kw_defaults if each is not None]
            node.posonlyargs, node.kwonlyargs, node.kw_defaults = [], [], []
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value = ast.Constant(None)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    # A constant of a file that only a sample uses.
    used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    left = [n for n in tree.body if not (isinstance(n, ast.Assign) and _own(n) - used)]
    return "".join(map(ast.dump, left))


def _own(node: ast.Assign) -> set[str]:
    names = {each.id for each in node.targets if isinstance(each, ast.Name)}
    return {name for name in names if name.startswith("_")}


def places(code: str) -> Iterator[tuple[Any, int]]:
    """What can be changed in a file: an operator of cosmic-ray's, and which of its places."""
    import parso.python.tree  # noqa: F401 - cosmic-ray cannot load its operators before it
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.plugins import get_operator, operator_names

    nodes = list(ast_nodes(get_ast(code)))
    for operator in (get_operator(name)() for name in operator_names() if OPERATORS.match(name)):
        count = sum(len(list(operator.mutation_positions(node))) for node in nodes)
        yield from ((operator, occurrence) for occurrence in range(count))


def draw(count: int, seed: int, rooms: tuple[str, ...]) -> Iterator[tuple[Path, str]]:
    """So many different mutants, one by one: a file, counted from the project, and its code.

    The seed gives every place a rank by its own name: a change of one file leaves the mutants of
    all others as they are.
    """
    from cosmic_ray.mutating import mutate_code

    ranked, drawn = [], set[tuple[Path, str]]()
    for room in rooms:
        for file in (PROJECT / "chainrule" / room).rglob("*.py"):
            path, code = file.relative_to(PROJECT), file.read_text()
            for operator, occurrence in places(code):
                name = f"{seed} {path.as_posix()} {type(operator).__name__} {occurrence}"
                rank = hashlib.sha256(name.encode()).hexdigest()
                ranked.append((rank, path, code, operator, occurrence))
    for _, path, code, operator, occurrence in sorted(ranked, key=lambda place: place[0]):
        with suppress(SyntaxError):
            changed = mutate_code(code, operator, occurrence)
            if changed and meaning(changed) != meaning(code) and (path, changed) not in drawn:
                drawn.add((path, changed))
                yield path, changed
        if len(drawn) == count:
            return


class Chosen:
    """Runs some of the tests, in order, and writes down what each one took and which failed first.

    Without an order it runs them all. Tests that are not known yet, since they are new, come first.
    """

    def __init__(self, log: Path, known: dict[str, float], order: list[str] | None = None) -> None:
        self.log, self.known, self.order = log, known, order
        self.seconds: dict[str, float] = {}
        self.failed: list[str] = []

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        if self.order is not None:
            by_name = {item.nodeid: item for item in items}
            mine = [item for item in items if item.nodeid.startswith(tuple(TESTS))]
            new = [item for item in mine if item.nodeid not in self.known]
            items[:] = new + [by_name[test] for test in self.order if test in by_name]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: Any) -> Any:
        began = sum(os.times()[:4])  # of the processor, children's too: however busy it is
        done = yield
        self.seconds[item.nodeid] = sum(os.times()[:4]) - began
        return done

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.failed += [report.nodeid] * report.failed

    def pytest_sessionfinish(self) -> None:
        self.log.write_text(json.dumps([self.seconds, self.failed]))


def _tests(copy: Path, words: list[str], chosen: Chosen) -> None:
    """What a child process does: run tests there, and end with pytest's exit code."""
    os.setsid()
    os.chdir(copy)
    sys.path.insert(0, str(copy))
    os.environ["PYTHONPATH"] = str(copy)
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    sys.dont_write_bytecode = False
    options = ["-q", "--assert=plain", "-p", "no:cacheprovider", "-p", "no:randomly", *words]
    os._exit(pytest.main(options, plugins=[chosen]))


def run_tests(copy: Path, words: list[str], seconds: float, *order: Any) -> tuple[int | None, Any]:
    """Run tests in a child process: pytest's exit code, and what `Chosen` wrote down."""
    log = copy / "log.json"
    log.unlink(missing_ok=True)
    process = multiprocessing.get_context("fork").Process(
        target=_tests, args=(copy, words, Chosen(log, *order))
    )
    process.start()
    process.join(seconds)
    with suppress(ProcessLookupError):  # whatever a test has started goes with it
        os.killpg(process.pid, 9)
    process.join()
    return process.exitcode, json.loads(log.read_text()) if log.exists() else ({}, [])


def file_of(test: str) -> str:
    return test.partition("::")[0]


class Trace:
    """Which test runs which line, and how long it takes: kept until the package changes."""

    def __init__(self, copy: Path) -> None:
        kept, digest = KEPT / "seconds.json", hashlib.sha256()
        for path in sorted((PROJECT / "chainrule").rglob("*.py")):
            digest.update(path.read_bytes())
        os.environ["COVERAGE_FILE"] = str(KEPT / "coverage")
        if not kept.exists() or json.loads(kept.read_text())[0] != digest.hexdigest():
            print("every test is run once, to see which lines it runs", flush=True)
            words = ["--cov=chainrule", "--cov-context=test", "--cov-report=", *TESTS]
            _, (seconds, failed) = run_tests(copy, words, 7200, {})
            if failed:
                print("these fail as they are and are left out:", *failed, sep="\n  ", flush=True)
            seconds |= dict.fromkeys(failed, math.inf)
            kept.write_text(json.dumps([digest.hexdigest(), seconds]))
        self.seconds: dict[str, float] = json.loads(kept.read_text())[1]
        self.copy, self.data = copy, CoverageData(str(KEPT / "coverage"))
        self.data.read()

    def order(self, path: Path, lines: set[int], seconds: float) -> list[str]:
        """The tests for these lines of a file, in order: none where nothing runs them."""
        contexts = self.data.contexts_by_lineno(str(self.copy / path))
        names = {name for line in lines for name in contexts.get(line, ())}
        if not names:
            return []
        direct = {name.partition("|")[0] for name in names}
        # What a test sets up may serve its file, and what the package keeps, whoever runs it.
        whole = {file_of(name) for name in names if name.endswith("|setup")}
        near = {name.partition("|")[0] for each in contexts.values() for name in each}
        room, own = f"tests/{path.parts[1]}/", f"/test_{path.stem}.py"

        def runs(test: str) -> bool:
            return test in direct or file_of(test) in whole

        def is_own(test: str) -> bool:
            return room in test and own in test

        def rank(test: str) -> tuple[Any, ...]:
            return not runs(test), not is_own(test), room not in test, self.seconds[test]

        near = {test for test in self.seconds if test in near or runs(test) or is_own(test)}
        # A default or a table is made while the package is loaded: no test runs its line.
        left = {True: seconds, False: seconds / 4 if any(map(runs, near)) else seconds}
        files = dict[str, list[str]]()
        for test in sorted(near, key=rank):
            left[runs(test)] -= self.seconds[test]
            if left[runs(test)] > 0:
                files.setdefault(file_of(test), []).append(test)
        return [test for tests in files.values() for test in tests]


def changed_lines(before: str, after: str) -> tuple[set[int], str]:
    """The numbers of the lines of the statement that differs, and what differs."""
    diff = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0))
    start, _, count = diff[2].split()[1][1:].partition(",")
    lines = set(range(int(start), int(start) + int(count or 1)))
    for node in ast.walk(ast.parse(before)):  # from the outer to the inner ones
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            end = body[0].lineno - 1 if body else node.end_lineno
            span = set(range(node.lineno, max(end or 0, node.lineno) + 1))
            if span & lines:
                lines |= span
    return lines, "\n".join(f"    {line}" for line in diff[3:])


def why_equal(path: Path, difference: str) -> str | None:
    """The sentence why a change changes nothing, if there is one; `{n}` is any number in it."""
    found = "\n".join(line.strip() for line in difference.splitlines())
    for each in tomllib.loads(EQUAL.read_text()).get("equal", ()):
        lines = [re.escape(line.strip()) for line in each["change"].strip().splitlines()]
        change = "\n".join(lines).replace(re.escape("{n}"), r" ?-?[\d._]+")
        if each["file"] == str(path) and re.fullmatch(change, found):
            return str(each["why"])
    return None


def tried(copy: Path, path: Path, code: str, trace: Trace, tests: list[str]) -> str:
    """Which test fails, or how the tests end otherwise; nothing where they pass."""
    place, whole, stat = copy / path, (copy / path).read_text(), (copy / path).stat()
    own = [
        file.relative_to(copy)
        for file in (copy / "tests" / path.parts[1]).rglob(f"test_{path.stem}.py")
    ]
    files = dict.fromkeys([file_of(test) for test in tests] + [*map(str, own)])
    if not files:
        return ""
    place.write_text(code)
    # Compiled files go by the second: no two mutants may be of the same one.
    os.utime(place, (stat.st_mtime, stat.st_mtime - random.randrange(1, 10**8)))
    limit = 120 + 10 * sum(trace.seconds[test] for test in tests)
    ended, (_, failed) = run_tests(copy, ["-x", *files], limit, trace.seconds, tests)
    place.write_text(whole)
    os.utime(place, (stat.st_mtime, stat.st_mtime))
    return "" if ended in (0, 5) else str([*failed, f"the tests end by {ended}"][0])


def main(arguments: list[str]) -> int:
    """Print the survivors as they come, and a table by room."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutants")
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=", ".join(ROOMS))
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=20, help="of tests that run the line")
    parser.add_argument("--minutes", type=float, default=600, help="draw no more after so long")
    asked = parser.parse_args(arguments)
    copy, kept = KEPT / "copy", KEPT / "killed.json"
    shutil.rmtree(copy, ignore_errors=True)
    unneeded = shutil.ignore_patterns(".git", "__pycache__", ".venv*", "build")
    shutil.copytree(PROJECT, copy, ignore=unneeded)
    killed: dict[str, str] = json.loads(kept.read_text()) if kept.exists() else {}
    trace, began = Trace(copy), time.monotonic()
    table = {room: Counter[str]() for room in asked.rooms or ROOMS}
    for path, code in draw(asked.count, asked.seed, tuple(table)):
        if time.monotonic() - began > 60 * asked.minutes:
            break
        lines, difference = changed_lines((copy / path).read_text(), code)
        name = hashlib.sha256(f"{path}{code}".encode()).hexdigest()
        why, outcome = why_equal(path, difference), "equal"
        if why is None:
            tests = trace.order(path, lines, asked.seconds)
            killed[name] = killed.get(name) or tried(copy, path, code, trace, tests)
            kept.write_text(json.dumps(killed, indent=0))
            why, outcome = f"{len(tests)} tests pass", "killed" if killed[name] else "survived"
        table[path.parts[1]][outcome] += 1
        if outcome != "killed":
            print(f"{outcome}: {path}: {why}\n{difference}", flush=True)
    table["all"] = sum(table.values(), Counter())
    print(f"\n{'room':<14}{'mutants':>9}", *(f"{outcome:>10}" for outcome in OUTCOMES), sep="")
    for room, counts in table.items():
        print(f"{room:<14}{counts.total():>9}", *(f"{counts[o]:>10}" for o in OUTCOMES), sep="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
