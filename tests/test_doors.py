"""Rooms are entered by their doors, and no two files import each other.

A door is the `__init__` of a room's folder, or of a chapter's.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.source_files import (
    PROJECT,
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


def side_entrances(project: Path) -> Iterator[str]:
    """Reports what is taken from behind a room's door, or from behind a chapter's."""
    for path, tree in sources(project, "chainrule"):
        file = path.relative_to(project / "chainrule").as_posix()
        own = module_name(project, path)
        for line, name in imports(project, path, tree):
            if not f"{name}.".startswith("chainrule."):
                continue
            door = door_of(name)
            if name != door and not f"{own}.".startswith(f"{door}."):
                yield f"{file}:{line}: {name} is behind a door: import from {door}"


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
    for circle in circles_of(links(project)):
        if not circle <= CORE:
            yield f"{', '.join(sorted(circle))}: they import each other"


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


@pytest.mark.parametrize(
    "check", [side_entrances, unfetched_names, circles], ids=lambda check: check.__name__
)
def test_this_project_gives_no_cause_for(check):
    complaints = list(check(PROJECT))
    assert not complaints, "\n".join(complaints)


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
