"""`python -m benchmarks.mutants`: break the package in small ways and see whether the tests notice.

cosmic-ray makes the mutants: another operator, bound, number or truth value, a loop that is never
entered. They are drawn by seed, file by file and as often as a file has lines; what stands only in
annotations is passed over. Each is run in a copy of the project against the tests of its own room,
those of its own file first. One that survives needs a test, or a sentence why nothing is changed.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import math
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).parent.parent
ROOMS = ("ops", "autodiff", "nn", "train", "data", "explanations", "checking", "diagnosis")
OPERATORS = re.compile(
    r"core/(AddNot|NumberReplacer|ZeroIterationForLoop|Replace(True|False|And|Or|Break|Continue)W.*"
    r"|ReplaceUnaryOperator_(USub_UAdd|Delete_USub|Delete_Not)"
    r"|ReplaceBinaryOperator_(Add_Sub|Sub_Add|Mul_Div|Div_Mul|Pow_Mul|FloorDiv_Mul|Mod_Add"
    r"|BitOr_BitAnd|BitAnd_BitOr)"
    r"|ReplaceComparisonOperator_(Lt_LtE|LtE_Lt|Gt_GtE|GtE_Gt|Eq_NotEq|NotEq_Eq|Lt_Gt|Gt_Lt"
    r"|Is_IsNot|IsNot_Is))"
)
LEAST_SECONDS = 60


def meaning(code: str) -> str:
    """What a file says, without annotations, docstrings and samples."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        for field in ("annotation", "returns"):
            if getattr(node, field, None) is not None:
                setattr(node, field, ast.Constant(None))
        if isinstance(node, ast.Call):  # where an op is tried is not part of what it does
            node.keywords = [each for each in node.keywords if each.arg != "samples"]
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value = ast.Constant(None)
    return ast.dump(tree)


def mutant(code: str, chance: random.Random) -> str | None:
    """The code of a file with one change that means something; None where there is none."""
    import parso.python.tree  # noqa: F401 - cosmic-ray cannot load its operators before it
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator, operator_names

    nodes = list(ast_nodes(get_ast(code)))
    places = []
    for name in sorted(filter(OPERATORS.match, operator_names())):
        operator = get_operator(name)()
        count = sum(len(list(operator.mutation_positions(node))) for node in nodes)
        places += [(operator, occurrence) for occurrence in range(count)]
    chance.shuffle(places)
    whole = meaning(code)
    for operator, occurrence in places:
        changed = mutate_code(code, operator, occurrence)
        try:
            if changed is not None and meaning(changed) != whole:
                return str(changed)
        except SyntaxError:
            continue
    return None


def draw(count: int, chance: random.Random, rooms: tuple[str, ...]) -> Iterator[tuple[Path, str]]:
    """So many different mutants, one by one: a file, counted from the project, and its code."""
    files = sorted(path for room in rooms for path in (PROJECT / "chainrule" / room).rglob("*.py"))
    lines = [len(path.read_text().splitlines()) for path in files]
    drawn: set[str] = set()
    while len(drawn) < count:
        path = chance.choices(files, lines)[0]
        code = mutant(path.read_text(), chance)
        if code is not None and code not in drawn:
            drawn.add(code)
            yield path.relative_to(PROJECT), code


def tests_of(path: Path) -> list[str]:
    """The tests of a file's room, its own before the others."""
    room = Path("tests", *path.parts[1:2])
    own = sorted(PROJECT.joinpath(room).rglob(f"test_{path.stem}.py"))
    return [*(str(file.relative_to(PROJECT)) for file in own), str(room)]


def passes(copy: Path, tests: list[str], seconds: float) -> bool:
    """Whether tests pass there within a time."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    command += ["-p", "no:randomly", *tests]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(copy), *sys.path[1:]))}
    process = subprocess.Popen(
        command,
        cwd=copy,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return process.wait(seconds) == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        if process.poll() is None:
            os.killpg(process.pid, 9)
            process.wait()


def changed_lines(before: str, after: str) -> str:
    """The lines that differ."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return "\n".join(f"    {line}" for line in list(lines)[3:])


def main(arguments: list[str]) -> int:
    """Print the survivors as they come, and a table by room."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutants")
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=", ".join(ROOMS))
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=600, help="draw no more after so long")
    asked = parser.parse_args(arguments)
    began = time.monotonic()
    killed: Counter[str] = Counter()
    drawn: Counter[str] = Counter()
    limits: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        unneeded = shutil.ignore_patterns(".git", "__pycache__", ".venv*", "build")
        shutil.copytree(PROJECT, copy, ignore=unneeded, dirs_exist_ok=True)
        for path, code in draw(asked.count, random.Random(asked.seed), tuple(asked.rooms) or ROOMS):
            if time.monotonic() - began > 60 * asked.minutes:
                break
            room, whole = path.parts[1], (copy / path).read_text()
            if room not in limits:
                start = time.monotonic()
                if not passes(copy, [f"tests/{room}"], 3600):
                    print(
                        f"the tests of {room} do not pass as they are: it is left out", flush=True
                    )
                    start = math.inf
                limits[room] = LEAST_SECONDS + 3 * (time.monotonic() - start)
            if limits[room] < 0:
                continue
            (copy / path).write_text(code)
            survived = passes(copy, tests_of(path), limits[room])
            (copy / path).write_text(whole)
            drawn[room] += 1
            killed[room] += not survived
            if survived:
                print(f"survived: {path}\n{changed_lines(whole, code)}", flush=True)
    print(f"\n{'room':<14}{'mutants':>8}{'killed':>8}")
    for room in (*drawn, "all"):
        one = (drawn.total(), killed.total()) if room == "all" else (drawn[room], killed[room])
        print(f"{room:<14}{one[0]:>8}{one[1]:>8}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
