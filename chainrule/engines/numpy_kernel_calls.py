"""How a program calls its kernels."""

from __future__ import annotations

from typing import Any, Protocol, final

from chainrule.engines.kernel import Kernel
from chainrule.engines.kernel_source import KernelSource
from chainrule.engines.memory import Memory
from chainrule.engines.numpy_frame import Places
from chainrule.engines.program import NUMBER, Instruction, Variable, literal


@final
class OuterProducts:
    """A kernel for a stack of columns times rows, which NumPy has no quick way for.

    Args:
        instruction: The matrix product of `(n, i, 1)` with `(n, 1, j)`.
    """

    text = """\
def kernel(columns, rows, products):
    for n in range(products.shape[0]):
        for i in range(products.shape[1]):
            for j in range(products.shape[2]):
                products[n, i, j] = columns[n, i, 0] * rows[n, 0, j]"""

    def __init__(self, instruction: Instruction) -> None:
        self.outputs = (instruction.result,)
        self.arguments: list[Any] = [*instruction.operands, instruction.result]


KernelText = KernelSource | OuterProducts


class Caller(Places, Protocol):
    """Where things are, and where the lines go; see `numpy_source`."""

    memory: Memory

    def say(self, *said: str) -> None:
        """Add lines to what runs in every call."""


def kernel_call(
    kernel: Kernel | OuterProducts, known: dict[str, KernelText], to: Caller
) -> list[str]:
    """The lines of one call.

    Args:
        kernel: The kernel.
        known: The kernels of the program by name, to which this one is added if it is new.
        to: Where things are.
    """
    source = kernel if isinstance(kernel, OuterProducts) else _source(kernel, to)
    name = next((name for name, one in known.items() if one.text == source.text), "")
    if not name:
        name = f"kernel{len(known) + 1}"
        known[name] = source
    arguments = [_handed(x, source.outputs, to) for x in source.arguments]
    numbers = [x for x in source.outputs if x.shape == ()]
    return [
        f"{name}({', '.join(arguments)})",
        *(f"{x.name} = {x.name}_cell[0]" for x in numbers),
    ]


def _source(kernel: Kernel, to: Caller) -> KernelSource:
    over = {
        x: operand
        for x in kernel.outputs
        for operand in kernel.operands
        if operand.shape == x.shape and _same_memory(x, operand, to.memory)
    }
    return KernelSource(kernel, over)


def _same_memory(x: Variable, operand: Variable, memory: Memory) -> bool:
    root = memory.root(operand)
    if x in memory.kept:
        return memory.kept[x] is root
    return x in memory.buffers and memory.buffers[x] is memory.buffers.get(root)


def _handed(x: Any, outputs: tuple[Variable, ...], to: Caller) -> str:
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
    if to.stays(x):  # its entries change from call to kernel call
        return f"{to.use('ascontiguousarray')}({name})"
    ordered = f"{name} if {name}.flags.carray else {name}.copy()"
    return to.made(("ordered", x), f"{name}_ordered", ordered, once=False)


def _output(x: Variable, to: Caller) -> str:
    """Where an output goes; a single number goes into an array of one entry."""
    if x.shape == ():
        return to.made(("cell", x), f"{x.name}_cell", f"{to.use('empty')}(1, {x.dtype!r})")
    if x in to.memory.fresh:
        to.say(f"{x.name} = {to.use('empty')}({x.shape}, {x.dtype!r})")
    return to.place(x)
