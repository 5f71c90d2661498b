"""Rooms are entered by their doors, and no two files import each other.

A door is the `__init__` of a room's folder, or of a chapter's. What does not hold yet stands in
`still_allowed.txt`. That list can only get shorter: an entry that is no longer needed is a
complaint too, and `python -m tests.test_doors` strikes it out.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.source_files import (
    PROJECT,
    build_house,
    imported,
    imports,
    module_name,
    room_of,
    running,
    sources,
)

# The doors of these rooms are those of the folders in them: each is a chapter.
CHAPTERED = {"explanations", "interop"}
# The tape, the tensor that writes it and the walk along it tell one story; it reads best so.
CORE = {f"autodiff/{name}.py" for name in ("primitive", "tensor", "taken", "walk")}
# The command line is a door for the shell; loading the kinds of numbers teaches them what they can.
OWN_DOORS = {"cli", "kinds"}
STILL_ALLOWED = PROJECT / "tests" / "still_allowed.txt"


def side_entrances(project: Path) -> Iterator[str]:
    """Reports what is taken from behind a room's door, or from behind a chapter's."""
    unused = set(still_allowed("enters"))
    for path, tree in sources(project, "chainrule"):
        file = path.relative_to(project / "chainrule").as_posix()
        own = module_name(project, path)
        for line, name in imports(project, path, tree):
            if not f"{name}.".startswith("chainrule."):
                continue
            door = door_of(name)
            if name == door or f"{own}.".startswith(f"{door}."):
                continue
            if (file, name) in still_allowed("enters"):
                unused.discard((file, name))
            else:
                yield f"{file}:{line}: {name} is behind a door: import from {door}"
    for file, name in sorted(unused):
        yield f"{file} enters {name}: no longer needed in the list of what is still allowed"


def unfetched_names(project: Path) -> Iterator[str]:
    """Reports a name that a door brings in and that no file outside its room ever writes."""
    folders = ("chainrule", "tests", "benchmarks", "docs", "examples")
    words = {path: set(written_words(tree)) for path, tree in sources(project, *folders)}
    for path, tree in sources(project, "chainrule"):
        names = [a.asname or a.name for n in imports_of(tree) for a in n.names]
        if path.name == "__init__.py" and path.parent.name not in {"chainrule", *OWN_DOORS}:
            outside = [own for file, own in words.items() if path.parent not in file.parents]
            file = path.relative_to(project / "chainrule").as_posix()
            for name in sorted(set(names).difference(*outside)):
                yield f"{file}: {name} is fetched by nobody"


def imports_of(tree: ast.Module) -> Iterator[ast.ImportFrom]:
    return (node for node in tree.body if isinstance(node, ast.ImportFrom))


def written_words(tree: ast.AST) -> Iterator[str]:
    """The names that a file fetches or asks for, be it in a string."""
    for node in ast.walk(tree):
        if isinstance(node, ast.alias):
            yield node.name
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names = re.fullmatch(r"[\w.\s]+", node.value)  # mostly no sentences
            yield from re.split(r"[.\s]+", node.value) if names else ()


def door_of(module: str) -> str:
    parts = module.split(".")
    return ".".join(parts[: 3 if room_of(module) in CHAPTERED else 2])


def circles(project: Path) -> Iterator[str]:
    """Reports files that import each other, at once or by way of others, on loading or later."""
    allowed = [CORE, *map(set, still_allowed("circle"))]
    unused = list(map(set, still_allowed("circle")))
    for circle in circles_of(links(project)):
        fitting = [group for group in allowed if circle <= group]
        unused = [group for group in unused if group not in fitting]
        if not fitting:
            yield f"{', '.join(sorted(circle))}: they import each other"
    for group in unused:
        yield f"circle {' '.join(sorted(group))}: no longer needed in the list of the allowed"


def links(project: Path) -> dict[str, set[str]]:
    """The files that each file imports, but for what only type checkers read."""
    package = project / "chainrule"
    found: dict[str, set[str]] = {}
    for path, tree in sources(project, "chainrule"):
        names = {
            name
            for node in running(tree)
            for name in imported(project, path, node)
            if f"{name}.".startswith("chainrule.")
        }
        places = [project / name.replace(".", "/") for name in names]
        files = [p / "__init__.py" if p.is_dir() else p.with_suffix(".py") for p in places]
        found[path.relative_to(package).as_posix()] = {
            file.relative_to(package).as_posix() for file in files
        }
    return found


def circles_of(links: dict[str, set[str]]) -> list[set[str]]:
    """The largest groups in which every file leads to every other."""
    reached = {}
    for file in links:
        waiting, seen = [file], set()
        while waiting:
            new = links.get(waiting.pop(), set()) - seen
            seen |= new
            waiting.extend(new)
        reached[file] = seen
    groups = {
        frozenset(other for other in seen if file in reached.get(other, ()))
        for file, seen in reached.items()
        if file in seen
    }
    return sorted(map(set, groups), key=sorted)


def still_allowed(kind: str) -> list[tuple[str, ...]]:
    """The entries of one kind: `FILE enters MODULE`, or `circle FILE FILE ...`."""
    lines = [line.split() for line in STILL_ALLOWED.read_text(encoding="utf-8").splitlines()]
    return [tuple(word for word in line if word != kind) for line in lines if kind in line[:2]]


def strike_out_what_is_no_longer_needed() -> None:
    complaints = [*side_entrances(PROJECT), *circles(PROJECT)]
    done = {said.partition(":")[0] for said in complaints if "no longer needed" in said}
    lines = STILL_ALLOWED.read_text(encoding="utf-8").splitlines()
    STILL_ALLOWED.write_text("".join(f"{line}\n" for line in lines if line not in done))


@pytest.mark.parametrize(
    "check", [side_entrances, unfetched_names, circles], ids=lambda check: check.__name__
)
def test_this_project_gives_no_cause_for(check):
    complaints = list(check(PROJECT))
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def house(tmp_path, monkeypatch):
    """Builds a small project, to which nothing is still allowed."""
    still_allowed = tmp_path / "still_allowed.txt"
    still_allowed.touch()
    monkeypatch.setattr(sys.modules[__name__], "STILL_ALLOWED", still_allowed)
    return lambda file, text: build_house(tmp_path, file, text)


BAD_EXAMPLES = {
    "a room entered by a side door": (
        side_entrances,
        "train/a.py",
        "from chainrule.ops.losses import hinge",
    ),
    "a file fetched through the door": (side_entrances, "train/a.py", "from ..ops import deep"),
    "a room entered late": (
        side_entrances,
        "train/a.py",
        "def f():\n    import chainrule.ops.deep",
    ),
    "a chapter entered by a side door": (
        side_entrances,
        "explanations/shares/a.py",
        "from chainrule.explanations.receipt.paths import Path",
    ),
    "a name at a door that nobody fetches": (
        unfetched_names,
        "train/__init__.py",
        "from chainrule.train.a import deepest",
    ),
    "a file that imports itself": (circles, "ops/a.py", "from chainrule.ops.a import x"),
    "a file that imports what imports it": (circles, "ops/deep.py", "from . import deeper"),
    "a file that does so when called": (
        circles,
        "ops/deep.py",
        "def f():\n    from chainrule.ops.deeper import x",
    ),
}


@pytest.mark.parametrize("name", BAD_EXAMPLES)
def test_a_bad_example_is_found(name, house):
    check, file, text = BAD_EXAMPLES[name]
    complaints = list(check(house(f"chainrule/{file}", text)))
    assert len(complaints) == 1
    assert file in complaints[0]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("train/a.py", "from chainrule.ops import hinge"),
        ("train/a.py", "from chainrule.train.deep import x"),
        ("explanations/shares/a.py", "from chainrule.explanations.receipt import Path"),
        ("explanations/shares/a.py", "from .units import Unit"),
    ],
)
def test_an_import_from_the_door_or_from_the_same_room_is_no_complaint(file, text, house):
    assert list(side_entrances(house(f"chainrule/{file}", text))) == []


def test_a_name_that_is_called_like_its_file_comes_from_the_door(house):
    project = house("chainrule/train/a.py", "from chainrule.ops import deep")
    assert len(list(side_entrances(project))) == 1
    (project / "chainrule/ops/__init__.py").write_text("from chainrule.ops.deep import deep\n")
    assert list(side_entrances(project)) == []


def test_a_circle_of_three_is_found_and_one_for_type_checkers_is_none(house):
    project = house("chainrule/ops/deep.py", "import chainrule.ops.a")
    third = project / "chainrule/ops/a.py"
    third.write_text("if TYPE_CHECKING:\n    from chainrule.ops import deeper\n")
    assert list(circles(project)) == []
    third.write_text("from chainrule.ops import deeper\n")
    assert list(circles(project)) == [
        "ops/a.py, ops/deep.py, ops/deeper.py: they import each other"
    ]


def test_the_core_of_autodiff_may_be_a_circle(house):
    project = house("chainrule/autodiff/walk.py", "import chainrule.autodiff.tensor")
    (project / "chainrule/autodiff/tensor.py").write_text("import chainrule.autodiff.walk\n")
    assert list(circles(project)) == []


def test_what_is_still_allowed_is_no_complaint_and_can_only_get_shorter(house):
    project = house("chainrule/train/a.py", "import chainrule.ops.deep")
    STILL_ALLOWED.write_text(
        "train/a.py enters chainrule.ops.deep\ncircle ops/deep.py ops/deeper.py\n"
    )
    assert list(side_entrances(project)) == []
    assert len(list(circles(project))) == 1  # there is none, and so it need not be allowed
    (project / "chainrule/ops/deep.py").write_text("import chainrule.ops.deeper\n")
    (project / "chainrule/train/a.py").write_text("import chainrule.ops\n")
    assert list(circles(project)) == []
    assert len(list(side_entrances(project))) == 1


def test_what_is_no_longer_needed_is_struck_out(house, monkeypatch):
    project = house("chainrule/train/a.py", "import chainrule.ops.deep")
    monkeypatch.setattr(sys.modules[__name__], "PROJECT", project)
    needed = "# Why.\ntrain/a.py enters chainrule.ops.deep\n"
    STILL_ALLOWED.write_text(
        f"{needed}train/b.py enters chainrule.ops.deep\ncircle ops/a.py ops/b.py\n"
    )
    strike_out_what_is_no_longer_needed()
    assert STILL_ALLOWED.read_text() == needed


if __name__ == "__main__":
    strike_out_what_is_no_longer_needed()
