"""`python -m benchmarks.size`: lines of code by room, without comments, docstrings and blank lines.

The room that grew is seen at once; a file that holds no code, only words, counts nothing.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Mapping
from pathlib import Path

PROJECT = Path(__file__).parent.parent
NO_CODE = {
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT),
    *(tokenize.ENCODING, tokenize.ENDMARKER),
}
DESCRIBED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def lines_of_code(text: str) -> int:
    """How many lines of a Python file hold code.

    A string that stands alone, as a docstring does, is no code; one that is used counts with every
    line that it spans.

    Example:
        >>> lines_of_code('"A file."\\n\\n# Twice as much.\\ndef double(x):\\n    return 2 * x\\n')
        2
    """
    words = {
        line
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    code = {
        line
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type not in NO_CODE
        for line in range(token.start[0], token.end[0] + 1)
    }
    return len(code - words)


def rooms(package: Path) -> dict[str, tuple[int, int]]:
    """The files and the lines of code of each room of a package, the largest room first.

    Files that lie beside the rooms count as one room, which bears the package's name.
    """
    sizes: dict[str, tuple[int, int]] = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).parts
        room = parts[0] if len(parts) > 1 else package.name
        files, lines = sizes.get(room, (0, 0))
        sizes[room] = files + 1, lines + lines_of_code(path.read_text("utf-8"))
    return dict(sorted(sizes.items(), key=lambda size: -size[1][1]))


def table(sizes: Mapping[str, tuple[int, int]]) -> str:
    """The sizes in lines of text, with their sum.

    Example:
        >>> print(table({"ops": (9, 800), "nn": (8, 1200)}))
        room          files   lines of code
        ops               9             800
        nn                8           1,200
        together         17           2,000
    """
    together = tuple(map(sum, zip(*sizes.values(), strict=True)))
    rows = [*sizes.items(), ("together", together)]
    head = f"{'room':<13} {'files':>5}   {'lines of code'}"
    return "\n".join([head, *(f"{room:<13} {n:>5}   {code:>13,}" for room, (n, code) in rows)])


if __name__ == "__main__":
    print(table(rooms(PROJECT / "chainrule")))
