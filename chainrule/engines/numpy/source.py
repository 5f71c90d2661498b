"""A planned program as Python source: what is made once, and what runs in every call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

import numpy as np

from chainrule.engines.naming import free_name
from chainrule.engines.numpy.blocks import Block, find_blocks
from chainrule.engines.numpy.calls import is_stack_of_outer, lines
from chainrule.engines.numpy.kernel import Kernel
from chainrule.engines.numpy.kernel_compiler import DECORATOR, HEADER
from chainrule.engines.numpy.kernel_source import KernelSource, KernelText, OuterProducts
from chainrule.engines.numpy.memory import Memory
from chainrule.engines.program import NUMBER, Instruction, Program, Variable, literal, parts
from chainrule.engines.structure import KeyPath, paths, written

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
        accelerate: Whether kernels may be called.

    Attributes:
        constants: The long constants, by name.
        kernels: The kernels that are called, by name.
    """

    def __init__(
        self,
        program: Program,
        memory: Memory,
        given_away: Mapping[Variable, Variable],
        returned: Mapping[KeyPath, Variable],
        *,
        accelerate: bool = False,
    ) -> None:
        self.program = program
        self.accelerate = accelerate
        self.memory = memory
        self.given_away = given_away
        self.constants: dict[str, Any] = {}
        self.kernels: dict[str, KernelText] = {}
        self._makers = {x: i for i in program.instructions for x in i.results}
        self._imports: set[str] = set()
        self._names: dict[Any, str] = {}
        every = (*program.input_variables, *self._makers)
        self._taken = {*program.parameters, *(x.name for x in every)}
        self._blocks = 0
        self._once: list[str] = []
        self._body: list[str] = []
        self._block: Block | None = None
        self.say(*_entry(program, given_away, self))
        self._write_calls()
        self.say(*_results(program, memory, returned, self))

    def text(self, *, kernels: bool = True) -> str:
        """The source, with or without the kernels that it calls."""
        names = [*(x.name for x in self.given_away), *self.constants]
        imported = sorted(self._imports - {"np"})
        lines = ["import numpy as np"] if "np" in self._imports else []
        if imported:
            lines += ["from numpy import (", *(f"    {name}," for name in imported), ")"]
        if kernels and self.kernels:
            lines += ["", *HEADER.splitlines()]
            for name, kernel in self.kernels.items():
                lines += ["", "", DECORATOR, kernel.text.replace("def kernel(", f"def {name}(")]
        lines += ["", "", f"def prepare({', '.join(names)}):"]
        lines += [f"    {line}" for line in self._once]
        lines += ["", f"    def program({', '.join(self.program.parameters)}):"]
        lines += [f"        {line}" for line in self._body]
        return "\n".join([*lines, "", "    return program", ""])

    # What the calls ask for.

    def say(self, *said: str) -> None:
        """Add lines to what runs in every call."""
        self._body += said

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
        name = self.place(x)
        return self._block.part(name, x.shape) if self._block else name

    def view(self, x: Any, expression: str, like: np.dtype[Any] | None = None) -> str:
        """A view of an operand, made once if the operand's memory stays."""
        source = self.operand(x, like)
        once = type(x) is not Variable or self.stays(x)
        return self.named((source, expression), f"{source}_view", expression.format(source), once)

    def filled(self, shape: tuple[int, ...], value: Any, dtype: str) -> str:
        """An array with the same number everywhere."""
        if self._block and shape:
            shape = self._block.shape(shape)
        size = "x".join(map(str, shape))
        word = str(value).replace("-", "minus_").replace(".", "_").replace("+", "")
        hint = f"all_{word}_{size}" if size else f"number_{word}"
        expression = f"{self.use('full')}({shape}, {literal(value)}, {dtype!r})"
        name = self.named((shape, repr(value), dtype), hint, expression)
        return self._block.part(name, shape, whole=False) if self._block and shape else name

    def scratch(self, shape: tuple[int, ...], dtype: str) -> str:
        """An array that holds nothing from one call to the next."""
        expression = f"{self.use('empty')}({shape}, {dtype!r})"
        return self.named(("scratch", shape, dtype), "mask", expression)

    def named(self, key: Any, hint: str, expression: str, once: bool = True) -> str:
        """The name of what an expression gives, made once or, else, in every call."""
        if key not in self._names:
            name = self._names[key] = free_name(hint, self._taken)
            self._taken.add(name)
            (self._once if once else self._body).append(f"{name} = {expression}")
        return self._names[key]

    def is_given(self, x: Variable) -> bool:
        """Whether a value comes with the call."""
        return x not in self._makers and x not in self.given_away

    def stays(self, x: Variable) -> bool:
        """Whether a value lies in the same memory in every call."""
        root = self.memory.root(x)
        maker = self._makers.get(root)
        if maker is None:
            return root in self.given_away
        return root not in self.memory.fresh or maker.function == "constant"

    def place(self, x: Variable) -> str:
        """The name of a variable, whose definition has been written when this returns."""
        if x in self._names or x not in self._makers:
            return x.name
        maker, memory = self._makers[x], self.memory
        if x in memory.views:
            self._define(x, self._look(maker))
        elif maker.function == "constant":
            self._define(x, self._written_constant(x, maker.options["value"]))
        elif x in memory.fresh:
            return x.name
        elif x in memory.replacing:
            self._define(x, memory.replacing[x].name)
        elif x in memory.parts:
            whole, start = memory.parts[x]
            shape = "" if len(x.shape) == 1 else f".reshape({x.shape})"
            self._define(x, f"{self._whole(whole)}[{start}:{start + x.size}]{shape}")
        else:
            self._define(x, self._buffer(x))
        return x.name

    def _whole(self, x: Variable) -> str:
        """A concatenation, whose memory is there before its first part."""
        if x in self.memory.fresh and x not in self._names:
            over = self.memory.over.get(x)
            new = over.name if over else f"{self.use('empty')}({x.shape}, {x.dtype!r})"
            self._define(x, new)
        return self.place(x)

    def _as_array(self, x: Variable, like: np.dtype[Any] | None) -> str:
        """A number that was computed in this call, as an array; it is filled in every call."""
        if like is None or like.kind != "f":
            return x.name
        if (x, like) not in self._names:
            name = self.named(
                (x, like), f"{x.name}_array", f"{self.use('empty')}((), {str(like)!r})"
            )
            self.say(f"{name}[()] = {x.name}")
        return self._names[x, like]

    def _define(self, x: Variable, expression: str) -> None:
        self._names[x] = x.name
        (self._once if self.stays(x) else self._body).append(f"{x.name} = {expression}")

    def _buffer(self, x: Variable) -> str:
        owner = self.memory.buffers[x]
        if owner is not x:
            shape = "" if owner.shape == x.shape else f".reshape({x.shape})"
            return f"{self.place(owner)}{shape}"
        shape_here = self._block.temporary(x) if self._block else x.shape
        return f"{self.use('empty')}({shape_here}, {x.dtype!r})"

    def _look(self, maker: Instruction | Kernel) -> str:
        """A view, as NumPy's quickest way to make it."""
        assert isinstance(maker, Instruction)
        source, result = self.place(maker.operands[0]), maker.result
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

    def _write_calls(self) -> None:
        blocks = find_blocks(self.program, self.memory, self.stays)
        inside = {i for block in blocks.values() for i in block.instructions}
        for instruction in self.program.instructions:
            if isinstance(instruction, Kernel):
                self.say(*_kernel_call(instruction, self.kernels, self))
            elif instruction.result in blocks:
                self._write_block(blocks[instruction.result])
            elif instruction not in inside:
                self._write(instruction)

    def _write(self, instruction: Instruction) -> None:
        result = instruction.result
        if result in self.memory.views or instruction.function == "constant":
            return
        if self.accelerate and is_stack_of_outer(instruction) and result.dtype.startswith("float"):
            self.say(*_kernel_call(OuterProducts(instruction), self.kernels, self))
            return
        alone = result in self.memory.fresh and result not in self._names
        out = None if alone else self.operand(result)
        self.say(*lines(instruction, out, self))

    def _write_block(self, block: Block) -> None:
        """The calls of a block for one stretch of rows after another."""
        for instruction in block.instructions:  # numbers are prepared outside the loop
            for x in instruction.reads:
                if x.dtype == NUMBER or self.memory.root(x) not in block.results:
                    self.operand(x, np.dtype(instruction.result.dtype))
        self._block, before = block, self._body
        self._body = []
        for instruction in block.instructions:
            self._write(instruction)
        inside, self._body, self._block = self._body, before, None
        self._blocks += 1
        name = f"blocks{self._blocks}"
        self._once += block.stretches(name)
        self.say(f"for {', '.join(block.names)} in {name}:", *(f"    {line}" for line in inside))


def _entry(program: Program, given_away: Mapping[Variable, Variable], to: NumpySource) -> list[str]:
    """The lines that take the arguments apart and turn away those of another form.

    A given-away input that is not the array that the program returned before is copied into it.
    """
    lines: list[str] = []
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
                lines += [] if place == part.name else [f"{part.name} = {place}"]
                wrong += _differs(part, part.name, to)
    if wrong:
        lines += _turned_away(wrong)
    return lines + (_adopted(foreign, to) if foreign else [])


def _turned_away(wrong: list[str]) -> list[str]:
    lines = ["if (", *(f"    {'or ' if n else ''}{one}" for n, one in enumerate(wrong)), "):"]
    return [*lines, "    return NotImplemented"]


def _adopted(foreign: Mapping[Variable, str], to: NumpySource) -> list[str]:
    """Copy a state that is not the one that the last call returned."""
    other = " or ".join(f"{place} is not {x.name}" for x, place in foreign.items())
    wrong = [one for x, place in foreign.items() for one in _differs(x, place, to)]
    shared = f"any({to.use('may_share_memory')}(array, home) for home in own)"
    return [
        f"if {other}:",
        *(f"    {line}" for line in _turned_away(wrong)),
        f"    own = ({', '.join(x.name for x in foreign)},)",
        f"    given = ({', '.join(foreign.values())},)",
        f"    given = [array.copy() if {shared} else array for array in given]",
        "    for home, array in zip(own, given):",
        "        home[...] = array",
    ]


def _differs(x: Variable, place: str, to: NumpySource) -> list[str]:
    if x.dtype == NUMBER:
        return [f"{place}.__class__ not in (float, int)"]
    kind = to.named(("dtype", x.dtype), x.dtype, f"{to.use('dtype')}({x.dtype!r})")
    return [f"{place}.shape != {x.shape}", f"{place}.dtype != {kind}"]


def _results(
    program: Program, memory: Memory, returned: Mapping[KeyPath, Variable], to: NumpySource
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


def _copy(leaf: Variable, lines: list[str], to: NumpySource) -> str:
    name, line = f"{leaf.name}_now", f"{leaf.name}_now = {to.place(leaf)}.copy()"
    if line not in lines:
        lines.append(line)
    return name


def _kernel_call(
    kernel: Kernel | OuterProducts, known: dict[str, KernelText], to: NumpySource
) -> list[str]:
    """The lines of one call.

    Args:
        kernel: The kernel.
        known: The kernels of the program by name, to which this one is added if it is new.
        to: Where things are.
    """
    source = kernel if isinstance(kernel, OuterProducts) else _kernel_source(kernel, to)
    same = (name for name, one in known.items() if one.text == source.text)
    name = next(same, f"kernel{len(known) + 1}")
    known.setdefault(name, source)
    arguments = [_handed(x, source.outputs, to) for x in source.arguments]
    numbers = [f"{x.name} = {x.name}_cell[0]" for x in source.outputs if x.shape == ()]
    return [f"{name}({', '.join(arguments)})", *numbers]


def _kernel_source(kernel: Kernel, to: NumpySource) -> KernelSource:
    over = {
        x: operand
        for x in kernel.results
        for operand in kernel.operands
        if operand.shape == x.shape and _same_memory(x, operand, to.memory)
    }
    return KernelSource(kernel, over)


def _same_memory(x: Variable, operand: Variable, memory: Memory) -> bool:
    root = memory.root(operand)
    if x in memory.replacing:
        return memory.replacing[x] is root
    return x in memory.buffers and memory.buffers[x] is memory.buffers.get(root)


def _handed(x: Any, outputs: tuple[Variable, ...], to: NumpySource) -> str:
    """An argument: an array whose entries lie in order, or a number."""
    if type(x) is not Variable:
        return literal(x)
    if x in outputs:
        return _output(x, to)
    name = to.place(x)
    if x.dtype == NUMBER:
        return name
    if x.shape == ():
        return f"{name}[()]"
    if x in to.memory.contiguous and not to.is_given(to.memory.root(x)):
        return name
    ordered = f"{name} if {name}.flags.carray else {name}.copy()"
    if to.stays(x):  # its entries change from call to kernel call
        return ordered
    return to.named(("ordered", x), f"{name}_ordered", ordered, once=False)


def _output(x: Variable, to: NumpySource) -> str:
    """Where an output goes; a single number goes into an array of one entry."""
    if x.shape == ():
        return to.named(("cell", x), f"{x.name}_cell", f"{to.use('empty')}(1, {x.dtype!r})")
    if x in to.memory.fresh:
        to.say(f"{x.name} = {to.use('empty')}({x.shape}, {x.dtype!r})")
    return to.place(x)
