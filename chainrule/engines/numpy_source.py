"""A planned program as Python source: what is made once, and what runs in every call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, final

import numpy as np

from chainrule.engines.memory import Memory
from chainrule.engines.numpy_blocks import Block, find_blocks
from chainrule.engines.numpy_calls import lines
from chainrule.engines.program import NUMBER, Instruction, Program, Variable
from chainrule.engines.structure import paths, written

_INLINE = 64  # entries up to which a constant is written out in the source


@final
class NumpySource:
    """The source of one program, and the constants that are too long to be written out.

    The source defines `prepare(...)`, which takes the given-away inputs and those constants, makes
    every array that the program needs and returns the function that runs it. That function returns
    `NotImplemented` when its arguments are not of the form that was recorded.

    Args:
        program: The program.
        memory: Where its values lie.
        given_away: Inputs whose memory is taken, each with the output that replaces it.
        returned: The paths of the outputs that replace them.
    """

    def __init__(
        self,
        program: Program,
        memory: Memory,
        given_away: Mapping[Variable, Variable],
        returned: Mapping[tuple[str | int, ...], Variable],
    ) -> None:
        self.program = program
        self.memory = memory
        self.given_away = given_away
        self.returned = returned
        self.constants: dict[str, Any] = {}
        self._makers = {i.result: i for i in program.instructions}
        self._imports: set[str] = set()
        self._names: dict[Any, str] = {}
        self._counts: Counter[str] = Counter()
        self._once: list[str] = []
        self._body: list[str] = []
        self._block: Block | None = None
        self._write_body()

    @property
    def text(self) -> str:
        """The source."""
        program = self.program
        names = [*(x.name for x in self.given_away), *self.constants]
        imported = sorted(self._imports - {"np"})
        head = ["import numpy as np"] if "np" in self._imports else []
        head += [f"from numpy import {', '.join(imported)}"] if imported else []
        return "\n".join(
            [
                *head,
                "",
                "",
                f"def prepare({', '.join(names)}):",
                *(f"    {line}" for line in self._once),
                "",
                f"    def {program.name}({', '.join(program.parameters)}):",
                *(f"        {line}" for line in self._body),
                "",
                f"    return {program.name}",
                "",
            ]
        )

    # The writer that `numpy_calls.lines` asks.

    def use(self, name: str) -> str:
        """A function of NumPy's, imported by name."""
        self._imports.add(name)
        return name

    def operand(self, x: Any, like: np.dtype[Any] | None = None) -> str:
        """The name of a variable, or of a number as an array of the kind that it meets."""
        if type(x) is not Variable:
            return self.filled((), x, str(np.result_type(like, x))) if like else repr(x)
        if x.dtype == NUMBER:
            return self._as_array(x, like)
        name = self._place(x)
        return self._block.part(name, x.shape) if self._block else name

    def view(self, x: Any, expression: str, like: np.dtype[Any] | None = None) -> str:
        """A view of an operand, made once if the operand's memory stays."""
        source = self.operand(x, like)
        stays = type(x) is not Variable or self._stays(x)
        return self._made((source, expression), f"{source}_view", expression.format(source), stays)

    def filled(self, shape: tuple[int, ...], value: Any, dtype: str) -> str:
        """An array with the same number everywhere."""
        if self._block and shape:
            shape = self._block.shape(shape)
        size = "x".join(map(str, shape))
        word = str(value).replace("-", "minus_").replace(".", "_").replace("+", "")
        hint = f"all_{word}_{size}" if size else f"number_{word}"
        made = f"{self.use('full')}({shape}, {_number(value)}, {dtype!r})"
        name = self._made((shape, repr(value), dtype), hint, made, True)
        return self._block.part(name, shape, whole=False) if self._block and shape else name

    def scratch(self, shape: tuple[int, ...], dtype: str) -> str:
        """An array that holds nothing from one call to the next."""
        made = f"{self.use('empty')}({shape}, {dtype!r})"
        return self._made(("scratch", shape, dtype), "mask", made, True)

    def stands_in_place(self, part: Variable, whole: Variable) -> bool:
        """Whether a part of a concatenation has been computed where it belongs."""
        return part is not whole and self.memory.root(part) is whole and self._moved(part, whole)

    def _moved(self, part: Variable, whole: Variable) -> bool:
        while part in self.memory.views:
            part = self.memory.views[part]
        return part in self.memory.parts and self.memory.parts[part][0] is whole

    # What is made once, and what in every call.

    def _made(self, key: Any, hint: str, expression: str, stays: bool) -> str:
        if key not in self._names:
            self._counts[hint] += 1
            number = self._counts[hint]
            self._names[key] = name = hint if number == 1 else f"{hint}_{number}"
            (self._once if stays else self._body).append(f"{name} = {expression}")
        return self._names[key]

    def _stays(self, x: Variable) -> bool:
        """Whether a value lies in the same memory in every call."""
        root = self.memory.root(x)
        maker = self._makers.get(root)
        if maker is None:
            return root in self.given_away
        return root not in self.memory.fresh or maker.function == "constant"

    def _as_array(self, x: Variable, like: np.dtype[Any] | None) -> str:
        if like is None or like.kind != "f":
            return x.name
        key = (x, like)
        if key not in self._names:
            made = f"{self.use('empty')}((), {str(like)!r})"
            self._body.append(f"{self._made(key, f'{x.name}_array', made, True)}[()] = {x.name}")
        return self._names[key]

    def _place(self, x: Variable) -> str:
        """The name of a variable, whose definition has been written when this returns."""
        if x in self._names or (x not in self._makers):
            return x.name
        maker, memory = self._makers[x], self.memory
        if x in memory.views:
            self._define(x, self._look(maker))
        elif maker.function == "constant":
            self._define(x, self._written_constant(x, maker.options["value"]))
        elif x in memory.fresh:
            return x.name
        elif x in memory.kept:
            self._define(x, memory.kept[x].name)
        elif x in memory.parts:
            whole, start = memory.parts[x]
            shape = "" if len(x.shape) == 1 else f".reshape({x.shape})"
            self._define(x, f"{self._place(whole)}[{start}:{start + x.size}]{shape}")
        else:
            self._define(x, self._buffer(x))
        return x.name

    def _define(self, x: Variable, expression: str) -> None:
        self._names[x] = x.name
        (self._once if self._stays(x) else self._body).append(f"{x.name} = {expression}")

    def _buffer(self, x: Variable) -> str:
        owner = self.memory.buffers[x]
        if owner is not x:
            shape = "" if owner.shape == x.shape else f".reshape({x.shape})"
            return f"{self._place(owner)}{shape}"
        shape_here = self._block.temporary(x) if self._block else x.shape
        return f"{self.use('empty')}({shape_here}, {x.dtype!r})"

    def _look(self, maker: Instruction) -> str:
        """A view, as NumPy's quickest way to make it."""
        source, result = self._place(maker.operands[0]), maker.result
        if maker.function == "matrix_transpose" and len(result.shape) == 2:
            return f"{source}.T"
        if maker.function in ("reshape", "expand_dims", "squeeze"):
            return f"{source}.reshape({result.shape})"
        if maker.function == "positive":
            return source
        self.use("np")
        return maker.source(prefix="np.")

    def _written_constant(self, x: Variable, value: Any) -> str:
        if x.size <= _INLINE and np.isfinite(value).all():
            return f"{self.use('asarray')}({value.tolist()}, {x.dtype!r}).reshape({x.shape})"
        name = f"{x.name}_given"
        self.constants[name] = value
        return name

    # The body.

    def _write_body(self) -> None:
        self._write_checks()
        rest = list(self.program.instructions)
        blocks = find_blocks(self.program, self.memory, self._stays)
        while rest:
            block = blocks.get(rest[0].result)
            if block is None:
                self._write(rest.pop(0))
            else:
                self._write_block(block)
                rest = [i for i in rest if i not in block.instructions]
        self._write_results()

    def _write_checks(self) -> None:
        """Take the arguments apart, turn away those of another form, adopt a state from outside."""
        made, wrong, foreign = [], [], {}
        for parameter, structure in zip(self.program.parameters, self.program.inputs, strict=True):
            for place, part in _parts(parameter, structure):
                if isinstance(part, dict | tuple | list):
                    wrong.append(f"len({place}) != {len(part)}")
                elif type(part) is not Variable:
                    wrong.append(f"{place} {'is not' if part is None else '!='} {part!r}")
                elif part in self.given_away:
                    foreign[part] = place
                else:
                    made += [] if place == part.name else [f"{part.name} = {place}"]
                    wrong.append(self._is_wrong(part, part.name))
        self._body += made
        if wrong:
            self._body += [f"if {' or '.join(wrong)}:", "    return NotImplemented"]
        if foreign:
            self._write_adoption(foreign)

    def _write_adoption(self, foreign: Mapping[Variable, str]) -> None:
        """Copy a state that is not the one that the last call returned."""
        other = " or ".join(f"{place} is not {x.name}" for x, place in foreign.items())
        wrong = " or ".join(self._is_wrong(x, place) for x, place in foreign.items())
        self._body += [
            f"if {other}:",
            f"    if {wrong}:",
            "        return NotImplemented",
            f"    given = [array.copy() for array in ({', '.join(foreign.values())},)]",
            f"    for kept, array in zip(({', '.join(x.name for x in foreign)},), given):",
            "        kept[...] = array",
        ]

    def _is_wrong(self, x: Variable, place: str) -> str:
        if x.dtype == NUMBER:
            return f"{place}.__class__ not in (float, int)"
        self._made(("dtype", x.dtype), x.dtype, f"{self.use('dtype')}({x.dtype!r})", True)
        return f"{place}.shape != {x.shape} or {place}.dtype != {x.dtype}"

    def _write(self, instruction: Instruction) -> None:
        result = instruction.result
        if result in self.memory.views or instruction.function == "constant":
            return
        out = None if result in self.memory.fresh else self.operand(result)
        self._body += lines(instruction, out, self)

    def _write_block(self, block: Block) -> None:
        """The calls of a block for one stretch of rows after another."""
        for instruction in block.instructions:  # numbers are prepared outside the loop
            for x in instruction.reads:
                if x.dtype == NUMBER or self.memory.root(x) not in block.results:
                    self.operand(x, np.dtype(instruction.result.dtype))
        self._block, before = block, len(self._body)
        for instruction in block.instructions:
            self._write(instruction)
        inside = self._body[before:]
        del self._body[before:]
        self._block = None
        self._counts["blocks"] += 1
        name = f"blocks{self._counts['blocks']}"
        self._once += block.made(name)
        self._body.append(f"for {', '.join(block.names)} in {name}:")
        self._body += [f"    {line}" for line in inside]

    def _write_results(self) -> None:
        memory = self.memory
        names: dict[tuple[str | int, ...], str] = {}
        for path, leaf in paths(self.program.outputs):
            if type(leaf) is not Variable or path in self.returned:
                continue
            names[path] = self._place(leaf)
            if (leaf.dtype != NUMBER and self._stays(leaf)) or leaf not in self._makers:
                names[path] = self._copy(leaf)
        copied = {p: q for p, q in memory.copied.items() if p is not q}
        sources = {
            p: self._copy(q) if memory.root(q) in self.given_away else self._place(q)
            for p, q in copied.items()
        }
        for before, source in sources.items():
            self._body.append(f"{self.use('copyto')}({before.name}, {source})")
        outputs = _with_paths(self.program.outputs)

        def write(entry: Any) -> str:
            path, leaf = entry.path, entry.leaf
            if path in self.returned:
                return self.returned[path].name
            return names[path] if type(leaf) is Variable else repr(leaf)

        self._body.append(f"return {written(outputs, write)}")

    def _copy(self, leaf: Variable) -> str:
        name = f"{self._place(leaf)}_now"
        if leaf.dtype == NUMBER:
            return leaf.name
        if ("copy", leaf) not in self._names:
            self._names["copy", leaf] = name
            self._body.append(f"{name} = {self._place(leaf)}.copy()")
        return name


@final
class _Placed:
    """A leaf that knows where it is."""

    def __init__(self, path: tuple[str | int, ...], leaf: Any) -> None:
        self.path = path
        self.leaf = leaf


def _with_paths(structure: Any, path: tuple[str | int, ...] = ()) -> Any:
    if isinstance(structure, dict):
        return {key: _with_paths(value, (*path, key)) for key, value in structure.items()}
    if isinstance(structure, tuple | list):
        entries = (_with_paths(value, (*path, n)) for n, value in enumerate(structure))
        return type(structure)(entries)
    return _Placed(path, structure)


def _parts(place: str, structure: Any) -> list[tuple[str, Any]]:
    """Every part of an argument, containers before what they hold, with the way to reach it."""
    found = [(place, structure)]
    if isinstance(structure, dict):
        for key, value in structure.items():
            found += _parts(f'{place}["{key}"]', value)
    elif isinstance(structure, tuple | list):
        for number, value in enumerate(structure):
            found += _parts(f"{place}[{number}]", value)
    return found


def _number(value: Any) -> str:
    return f'float("{value}")' if value != value or value in (np.inf, -np.inf) else repr(value)
