"""The project's Python files, what each imports, and a small sound project for tests to spoil."""

import ast
from collections.abc import Iterator
from functools import lru_cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

PROJECT = Path(__file__).parent.parent
Function = ast.FunctionDef | ast.AsyncFunctionDef


def script(name: str) -> ModuleType:
    """A script that lies beside the pages, in a folder that is not a package."""
    spec = spec_from_file_location(Path(name).stem, PROJECT / "docs" / name)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sources(project: Path, *folders: str) -> Iterator[tuple[Path, ast.Module]]:
    for folder in folders or ("chainrule", "tests", "benchmarks", "examples"):
        for path in sorted((project / folder).rglob("*.py")):
            yield path, ast.parse(path.read_text(encoding="utf-8"), str(path))


def room_of(module: str) -> str:
    return [*module.split("."), "__init__"][1]


def module_name(project: Path, path: Path) -> str:
    parts = path.relative_to(project).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(project: Path, path: Path, node: ast.AST) -> list[str]:
    """The modules that one import statement asks for, by their full names."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    package = list(path.relative_to(project).parent.parts)
    start = package[: len(package) - node.level + 1] if node.level else []
    origin = ".".join([*start, *filter(None, [node.module])])
    return [
        f"{origin}.{alias.name}" if is_module(project, origin, alias.name) else origin
        for alias in node.names
    ]


def is_module(project: Path, package: str, name: str) -> bool:
    """Whether a package has a module of that name, and nothing else by which its door goes."""
    folder = project / package.replace(".", "/")
    door = folder / "__init__.py"
    if door.is_file() and name in bound_names(package, door.read_text(encoding="utf-8")):
        return False
    return (folder / name).is_dir() or (folder / f"{name}.py").is_file()


@lru_cache
def bound_names(package: str, text: str) -> frozenset[str]:
    """The names that a door brings in from the files behind it; the files themselves are none."""
    return frozenset(
        alias.asname or alias.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom) and node.module not in {None, package}
        for alias in node.names
    )


def imports(project: Path, path: Path, tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        for name in imported(project, path, node):
            yield node.lineno, name


def imports_on_loading(project: Path, path: Path, tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The imports that run when the file itself is imported: none of those inside functions."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, Function | ast.Lambda) or is_for_type_checkers(node):
            continue
        for name in imported(project, path, node):
            yield node.lineno, name
        yield from imports_on_loading(project, path, node)


def is_for_type_checkers(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def running(node: ast.AST) -> Iterator[ast.AST]:
    """Every part of a file that runs; a type checker's imports do not."""
    for child in ast.iter_child_nodes(node):
        if not is_for_type_checkers(child):
            yield child
            yield from running(child)


def build_house(folder: Path, file: str, text: str) -> Path:
    """Builds a well-kept project of a few files around the one file under test."""
    names = {"__init__": "", "ops/__init__": "", "train/__init__": "", "errors": ""}
    names |= {"ops/deep": "", "ops/deeper": "import chainrule.ops.deep"}
    sound = {f"chainrule/{name}.py": '"""Sound."""\n' + code for name, code in names.items()}
    for name, content in (sound | {file: text}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return folder
