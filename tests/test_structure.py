"""The shape of the house: rooms import upwards only, files stay small, extras stay in adapters.

Every check takes a project folder and returns complaints, one line each. It runs on this project,
where it must find nothing, and on a small bad example, where it must find exactly the fault.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.source_files import (
    PROJECT,
    Function,
    imports,
    imports_on_loading,
    module_name,
    room_of,
    sources,
)

ROOMS = (
    *(
        "records",
        "words",
        "files",
        "arrays",
        "autodiff",
        "ops",
        "nn",
        "data",
        "engines",
        "train",
        "checking",
        "diagnosis",
        "explanations",
        "report",
    ),
    *("model", "exercises", "interop", "__init__", "playground", "cli", "__main__"),
)
OPEN_TO_ALL = {"errors"}
STANDARD = sys.stdlib_module_names
# Which libraries a file may import; everything else is the standard library or chainrule.
LIBRARIES = {
    "arrays/*numpy*.py": {"numpy"},
    "arrays/*jax*.py": {"jax"},
    "data/frames.py": {"pandas", "polars", "pyarrow"},
    "data/parquet.py": {"pyarrow"},
    "engines/numpy/*": {"numba", "numpy"},
    "engines/*jax*": {"filelock", "jax"},
    "engines/distributed.py": {"jax"},
    "train/progress.py": {"rich"},
    "words/records.py": {"pandas", "polars"},
    "words/plots.py": {"matplotlib"},
    "model/network.py": {"torch"},  # the type of what `to_torch` gives
    "model/torch_modules.py": {"torch"},
    "interop/sklearn.py": {"numpy", "sklearn"},
    "interop/torch.py": {"torch"},
    "interop/onnx.py": {"numpy", "onnx"},
    "cli/*": {"click", "rich"},
}
# Extras for contributors hold tools, which nothing imports.
FOR_CONTRIBUTORS = {"all", "bench", "dev", "docs", "mutants", "test", "test-all"}
IMPORTED_AS = {"scikit-learn": "sklearn"}
VAGUE_NAMES = {"base", "common", "helper", "helpers", "misc", "util", "utils"}
FILE_LINES, FUNCTION_LINES = 500, 60
TEXT_FILES = {".cfg", ".css", ".html", ".js", ".json", ".md", ".py", ".toml", ".yml", ""}
MACHINE_PATH = re.compile(r"(?<![\w.~:/-])/(?:home|mnt|opt|root|tmp|Users|work)/\w|\b[A-Z]:\\Users")


def downward_imports(project: Path) -> Iterator[str]:
    for path, tree in sources(project, "chainrule"):
        file = path.relative_to(project / "chainrule").as_posix()
        room = file.removesuffix(".py").split("/")[0]
        if room in OPEN_TO_ALL:
            continue
        if room not in ROOMS:
            yield f"{file}: '{room}' is not a room of the house"
            continue
        for line, name in imports(project, path, tree):
            if name.split(".")[0] != "chainrule" or room_of(name) in {room, *OPEN_TO_ALL}:
                continue
            if room_of(name) not in ROOMS[: ROOMS.index(room)]:
                yield f"{file}:{line}: '{room}' imports {name}, which stands below it"


def unused_extras(project: Path) -> Iterator[str]:
    """Reports what users could install although nothing of the package imports it."""
    file = project / "pyproject.toml"
    if not file.is_file():
        return
    extras = tomllib.loads(file.read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    used = {
        name.split(".")[0]
        for path, tree in sources(project, "chainrule")
        for _, name in imports(project, path, tree)
    }
    for extra, requirements in extras.items():
        for requirement in () if extra in FOR_CONTRIBUTORS else requirements:
            library = re.match(r"[\w-]+", requirement)[0]
            if IMPORTED_AS.get(library, library) not in used:
                yield f"pyproject.toml: the extra {extra} brings {library}, which nothing imports"


def stray_libraries(project: Path) -> Iterator[str]:
    for path, tree in sources(project, "chainrule"):
        file = path.relative_to(project / "chainrule").as_posix()
        allowed = {
            library
            for pattern, libraries in LIBRARIES.items()
            if fnmatch(file, pattern)
            for library in libraries
        }
        for line, name in imports(project, path, tree):
            if (library := name.split(".")[0]) not in allowed | {"chainrule", *STANDARD}:
                yield f"{file}:{line}: {library} is imported outside its adapter"


def libraries_loaded_with_the_package(project: Path) -> Iterator[str]:
    """Follows what `import chainrule` loads and reports each library met on the way."""
    files = {
        module_name(project, path): (path, tree) for path, tree in sources(project, "chainrule")
    }
    waiting, seen = ["chainrule"], {"chainrule"}
    while waiting:
        path, tree = files[waiting.pop()]
        for line, name in imports_on_loading(project, path, tree):
            parts = name.split(".")
            parents = {".".join(parts[: end + 1]) for end in range(len(parts))}
            if parts[0] not in {"chainrule", *STANDARD}:
                yield f"{path.relative_to(project)}:{line}: import chainrule would load {name}"
            for module in parents & files.keys() - seen:
                seen.add(module)
                waiting.append(module)


def long_files(project: Path) -> Iterator[str]:
    for path, _ in sources(project):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > FILE_LINES:
            yield f"{path.relative_to(project)}: {lines} lines, at most {FILE_LINES}"


def long_functions(project: Path) -> Iterator[str]:
    """Counts the lines of code: a docstring with its example may be as long as it needs."""
    for path, tree in sources(project):
        for node in (node for node in ast.walk(tree) if isinstance(node, Function)):
            code = node.body[1:] if ast.get_docstring(node) else node.body
            lines = (code[-1].end_lineno or 0) - code[0].lineno + 2 if code else 1
            if lines > FUNCTION_LINES:
                place = f"{path.relative_to(project)}:{node.lineno}"
                yield f"{place}: {node.name} has {lines} lines, at most {FUNCTION_LINES}"


def vague_names(project: Path) -> Iterator[str]:
    for path, _ in sources(project):
        for part in path.relative_to(project).with_suffix("").parts:
            if part.removeprefix("test_").strip("_") in VAGUE_NAMES:
                yield f"{path.relative_to(project)}: '{part}' says nothing about what it holds"


def names_with_two_meanings(project: Path) -> Iterator[str]:
    """Every class goes by a name of its own; an underscore before it makes no other name."""
    homes: dict[str, Path] = {}
    for path, tree in sources(project, "chainrule"):
        for node in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
            home = homes.setdefault(node.name.strip("_"), path)
            if home != path:
                place = f"{path.relative_to(project)}:{node.lineno}"
                yield f"{place}: another {node.name} stands in {home.relative_to(project)}"


def missing_docstrings(project: Path) -> Iterator[str]:
    for path, tree in sources(project, "chainrule"):
        file = path.relative_to(project)
        if not ast.get_docstring(tree):
            yield f"{file}: no docstring"
        for name, node in public_definitions(tree):
            if not ast.get_docstring(node) and not is_described_elsewhere(node):
                yield f"{file}:{node.lineno}: {name} has no docstring"


def public_definitions(
    tree: ast.Module | ast.ClassDef, inside: str = ""
) -> Iterator[tuple[str, Function | ast.ClassDef]]:
    for node in tree.body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            yield inside + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from public_definitions(node, f"{inside}{node.name}.")


def is_described_elsewhere(node: Function | ast.ClassDef) -> bool:
    decorators = [ast.unparse(decorator) for decorator in node.decorator_list]
    return any(name.endswith(("overload", "override", ".setter")) for name in decorators)


def machine_paths(project: Path) -> Iterator[str]:
    folders = ("chainrule", "tests", "benchmarks", "docs", "examples", ".ci")
    inside = (path for folder in folders for path in (project / folder).rglob("*"))
    for path in sorted([*project.glob("*"), *inside]):
        if not path.is_file() or path.suffix not in TEXT_FILES or "__pycache__" in path.parts:
            continue
        if path.name == ".git":  # a linked working tree's, which says where it is linked to
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if found := MACHINE_PATH.search(line):
                yield f"{path.relative_to(project)}:{number}: {found[0]} exists on one machine only"


CHECKS = (
    downward_imports,
    unused_extras,
    stray_libraries,
    libraries_loaded_with_the_package,
    long_files,
    long_functions,
    vague_names,
    names_with_two_meanings,
    missing_docstrings,
    machine_paths,
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_this_project_gives_no_cause_for(check):
    complaints = list(check(PROJECT))
    assert not complaints, "\n".join(complaints)


BARE_FUNCTION = '"""A."""\ndef double(x):\n    return 2 * x\n'
BARE_METHOD = '"""A."""\nclass B:\n    """B."""\n    def c(self): ...\n'
BAD_EXAMPLES = {
    "a downward import": (downward_imports, "ops/a.py", "from chainrule.train import fit"),
    "a downward import of the room": (downward_imports, "ops/a.py", "from chainrule import train"),
    "a relative downward import": (downward_imports, "ops/a.py", "from ..train import fit"),
    "a lazy downward import": (
        downward_imports,
        "ops/a.py",
        "def f():\n    import chainrule.train",
    ),
    "an import of the front door": (downward_imports, "ops/a.py", "import chainrule as cr"),
    "a room that nobody planned": (downward_imports, "attic/a.py", ""),
    "an extra for nothing": (
        unused_extras,
        "../pyproject.toml",
        "[project.optional-dependencies]\nplot = ['matplotlib>=3.9']\ndev = ['ruff']\n",
    ),
    "a lazy NumPy in an op": (stray_libraries, "ops/a.py", "def f():\n    import numpy as np"),
    "a framework in the wrong engine": (stray_libraries, "engines/jax.py", "import torch.nn"),
    "NumPy at the door": (libraries_loaded_with_the_package, "__init__.py", "import numpy"),
    "a class that loads NumPy": (
        libraries_loaded_with_the_package,
        "__init__.py",
        "try:\n    class A:\n        import numpy\nexcept ImportError:\n    pass",
    ),
    "a long file": (long_files, "ops/a.py", "x = 1\n" * 501),
    "a long function": (long_functions, "ops/a.py", "def f():\n" + "    x = 1\n" * 60),
    "a file of odds and ends": (vague_names, "ops/utils.py", ""),
    "a folder of odds and ends": (vague_names, "ops/_common/a.py", ""),
    "a bare module": (missing_docstrings, "ops/a.py", "x = 1"),
    "a bare function": (missing_docstrings, "ops/a.py", BARE_FUNCTION),
    "a bare method": (missing_docstrings, "ops/a.py", BARE_METHOD),
    "a path of one machine": (machine_paths, "ops/a.py", "open('/" + "home/ada/data.csv')"),
}


@pytest.mark.parametrize("name", BAD_EXAMPLES)
def test_a_bad_example_is_found(name, house):
    check, file, text = BAD_EXAMPLES[name]
    complaints = list(check(house(f"chainrule/{file}", text)))
    assert len(complaints) == 1
    assert Path(file).name in complaints[0] or "attic" in complaints[0]


def test_a_library_behind_another_file_is_found(house):
    project = house("chainrule/__init__.py", '"""Door."""\nfrom chainrule.train import loop\n')
    (project / "chainrule/train/loop.py").write_text('"""Loop."""\nimport numpy\n')
    assert len(list(libraries_loaded_with_the_package(project))) == 1


def test_a_library_imported_when_called_is_not_loaded_with_the_package(house):
    project = house("chainrule/__init__.py", '"""Door."""\ndef f():\n    import numpy\n')
    assert list(libraries_loaded_with_the_package(project)) == []


def test_a_name_for_two_classes_is_found(house):
    house("chainrule/ops/a.py", "class Layout: ...")
    (complaint,) = names_with_two_meanings(house("chainrule/ops/b.py", "class _Layout: ..."))
    assert complaint.startswith("chainrule/ops/b.py:1: another _Layout stands in")
