"""The frame of a program's source: taking the arguments apart, and putting the results together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from chainrule.engines.memory import Memory
from chainrule.engines.program import NUMBER, Program, Variable, parts
from chainrule.engines.structure import Path, paths, written


class Places(Protocol):
    """Where things are; see `numpy_source`."""

    def use(self, name: str) -> str:
        """A function of NumPy's."""

    def made(self, key: Any, hint: str, expression: str, once: bool = True) -> str:
        """The name of what an expression gives."""

    def place(self, x: Variable) -> str:
        """The name of a variable."""

    def stays(self, x: Variable) -> bool:
        """Whether a value lies in the same memory in every call."""

    def is_given(self, x: Variable) -> bool:
        """Whether a value comes with the call."""


def entry(program: Program, given_away: Mapping[Variable, Variable], to: Places) -> list[str]:
    """The lines that take the arguments apart and turn away those of another form.

    A given-away input that is not the array that the program returned before is copied into it.
    """
    made: list[str] = []
    wrong: list[str] = []
    foreign: dict[Variable, str] = {}
    for parameter, structure in zip(program.parameters, program.inputs, strict=True):
        for place, part in parts(parameter, structure):
            if isinstance(part, dict | tuple | list):
                wrong.append(f"len({place}) != {len(part)}")
            elif type(part) is not Variable:
                wrong.append(f"{place} {'is not' if part is None else '!='} {part!r}")
            elif part in given_away:
                foreign[part] = place
            else:
                made += [] if place == part.name else [f"{part.name} = {place}"]
                wrong += _differs(part, part.name, to)
    if wrong:
        made += _turned_away(wrong)
    return made + (_adopted(foreign, to) if foreign else [])


def _turned_away(wrong: list[str]) -> list[str]:
    lines = ["if (", *(f"    {'or ' if n else ''}{one}" for n, one in enumerate(wrong)), "):"]
    return [*lines, "    return NotImplemented"]


def _adopted(foreign: Mapping[Variable, str], to: Places) -> list[str]:
    """Copy a state that is not the one that the last call returned."""
    other = " or ".join(f"{place} is not {x.name}" for x, place in foreign.items())
    wrong = [one for x, place in foreign.items() for one in _differs(x, place, to)]
    shared = f"any({to.use('may_share_memory')}(array, kept) for kept in own)"
    return [
        f"if {other}:",
        *(f"    {line}" for line in _turned_away(wrong)),
        f"    own = ({', '.join(x.name for x in foreign)},)",
        f"    given = ({', '.join(foreign.values())},)",
        f"    given = [array.copy() if {shared} else array for array in given]",
        "    for kept, array in zip(own, given):",
        "        kept[...] = array",
    ]


def _differs(x: Variable, place: str, to: Places) -> list[str]:
    if x.dtype == NUMBER:
        return [f"{place}.__class__ not in (float, int)"]
    kind = to.made(("dtype", x.dtype), x.dtype, f"{to.use('dtype')}({x.dtype!r})")
    return [f"{place}.shape != {x.shape}", f"{place}.dtype != {kind}"]


def results(
    program: Program, memory: Memory, returned: Mapping[Path, Variable], to: Places
) -> list[str]:
    """The lines at the end: what must be copied, and the result.

    Copies are taken before anything that was given away is written over.
    """
    lines: list[str] = []
    names: list[str] = []
    for path, leaf in paths(program.outputs):
        if path in returned:
            names.append(returned[path].name)
        elif type(leaf) is not Variable:
            names.append(repr(leaf))
        else:
            lasts = leaf.dtype != NUMBER and (to.stays(leaf) or to.is_given(memory.root(leaf)))
            names.append(_copy(leaf, lines, to) if lasts else to.place(leaf))
    copied = {p: q for p, q in memory.copied.items() if p is not q}
    sources = {
        p: _copy(q, lines, to) if memory.root(q) in copied else to.place(q)
        for p, q in copied.items()
    }
    lines += [f"{to.use('copyto')}({p.name}, {source})" for p, source in sources.items()]
    name = iter(names)
    return [*lines, f"return {written(program.outputs, lambda _: next(name))}"]


def _copy(leaf: Variable, lines: list[str], to: Places) -> str:
    name, line = f"{leaf.name}_now", f"{leaf.name}_now = {to.place(leaf)}.copy()"
    if line not in lines:
        lines.append(line)
    return name
