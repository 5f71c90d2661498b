"""Names of a program's variables: the textbook's where they are known, else what was done."""

from __future__ import annotations

import keyword
import re
from collections import Counter
from collections.abc import Mapping

from chainrule.engines.functions import FUNCTIONS
from chainrule.engines.program import Program, Variable
from chainrule.engines.structure import paths

_SHORT = {"weight": "w", "bias": "b"}
_WORDS = {
    "add": "sum",
    "subtract": "difference",
    "multiply": "product",
    "divide": "quotient",
    "pow": "power",
    "matmul": "product",
    "matrix_transpose": "transpose",
    "permute_dims": "transpose",
    "broadcast_to": "broadcast",
    "expand_dims": "column",
    "getitem": "part",
    "reshape": "reshaped",
    "concat": "joined",
    "where": "choice",
    "argmax": "place",
}
_OF_SOURCES = (
    "absolute array asarray bitwise_and bitwise_xor bool_ copyto dot dtype empty "
    "float float32 float64 full given i inf int j kept kernel len may_share_memory min njit np own "
    "power prepare program range start stop xp zip"
)
RESERVED = {*FUNCTIONS, *_OF_SOURCES.split(), *keyword.kwlist}
"""Names that mean something else in the source of a program."""


def name_variables(program: Program, labels: Mapping[Variable, str]) -> None:
    """Give every variable a name of its own; the same recording gives the same names.

    `dense1.z` becomes `z1`, the gradient `dL/dense1.z` becomes `dL_dz1`, an input or output takes
    the last key that leads to it, and anything else is called by what made it: `exp1`, `max2`.

    Args:
        program: The program, whose variables are named in place.
        labels: The names of some of them.
    """
    arguments = dict(zip(program.parameters, program.inputs, strict=True))
    wanted = {leaf: _word(path) for path, leaf in paths(arguments) if type(leaf) is Variable}
    given = set(wanted.values())
    for variable, label in labels.items():
        wanted.setdefault(variable, textbook_name(label))
    for path, leaf in paths({"result": program.outputs}):
        if type(leaf) is Variable:
            word = _word(path)
            wanted.setdefault(leaf, f"new_{word}" if word in given else word)
    counts: Counter[str] = Counter()
    taken = RESERVED | set(program.parameters)
    for variable in program.input_variables:
        asked = wanted[variable]
        variable.name = asked if variable in program.inputs else free_name(asked, taken)
        taken.add(variable.name)
    for instruction in program.instructions:
        name = wanted.get(instruction.result)
        if name is None:
            word = _WORDS.get(instruction.function, instruction.function)
            counts[word] += 1
            name = f"{word}{counts[word]}"
        instruction.result.name = free_name(name, taken)
        taken.add(instruction.result.name)


def textbook_name(label: str) -> str:
    """A label as a Python name.

    Example:
        >>> textbook_name("dense2.weight"), textbook_name("dL/dense1.z")
        ('w2', 'dL_dz1')
    """
    if label.startswith("dL/"):
        return f"dL_d{textbook_name(label.removeprefix('dL/'))}"
    layer = re.fullmatch(r"dense(\d+)\.(\w+)", label)
    if layer:
        return f"{_SHORT.get(layer[2], layer[2])}{layer[1]}"
    return _word((label,))


def _word(path: tuple[str | int, ...]) -> str:
    """The last key as a Python name; a number follows the key before it."""
    words = [str(key) for key in path]
    last = words[-1] if not words[-1].isdigit() else "".join(words[-2:])
    clean = re.sub(r"\W+", "_", last).strip("_") or "value"
    return f"_{clean}" if clean[0].isdigit() or keyword.iskeyword(clean) else clean


def free_name(name: str, taken: set[str]) -> str:
    """The name, or the first of name_2, name_3, ... that nothing else has."""
    number, free = 2, name
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    return free
