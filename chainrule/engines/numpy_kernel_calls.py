"""How a program calls its kernels."""

from __future__ import annotations

from typing import Any, Protocol

from chainrule.engines.kernel import Kernel
from chainrule.engines.kernel_source import KernelSource
from chainrule.engines.memory import Memory
from chainrule.engines.numpy_frame import Places
from chainrule.engines.program import NUMBER, Variable


class Caller(Places, Protocol):
    """Where things are, and where the lines go; see `numpy_source`."""

    memory: Memory

    def say(self, *said: str) -> None:
        """Add lines to what runs in every call."""


def kernel_call(kernel: Kernel, known: dict[str, KernelSource], to: Caller) -> list[str]:
    """The lines of one call.

    Args:
        kernel: The kernel.
        known: The kernels of the program by name, to which this one is added if it is new.
        to: Where things are.
    """
    over = {
        x: operand
        for x in kernel.outputs
        for operand in kernel.operands
        if operand.shape == x.shape and _same_memory(x, operand, to.memory)
    }
    source = KernelSource(kernel, over)
    name = next((name for name, one in known.items() if one.text == source.text), "")
    if not name:
        name = f"kernel{len(known) + 1}"
        known[name] = source
    arguments = [_handed(x, kernel, to) for x in source.arguments]
    numbers = [x for x in kernel.outputs if x.shape == ()]
    return [
        f"{name}({', '.join(arguments)})",
        *(f"{x.name} = {x.name}_cell[0]" for x in numbers),
    ]


def _same_memory(x: Variable, operand: Variable, memory: Memory) -> bool:
    root = memory.root(operand)
    if x in memory.kept:
        return memory.kept[x] is root
    return x in memory.buffers and memory.buffers[x] is memory.buffers.get(root)


def _handed(x: Any, kernel: Kernel, to: Caller) -> str:
    """An argument: an array whose entries lie in order, or a number."""
    if type(x) is not Variable:
        return repr(x)
    if x in kernel.outputs:
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
