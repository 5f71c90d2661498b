"""How each call of a program is said in NumPy, writing its result where the plan wants it.

The shortest way is not always the obvious one. A sum over rows or columns is a product with ones,
which BLAS does many times faster than a reduction. A choice is made with the bits of a mask: no
branch is mispredicted, and unlike a product with 0 and 1 it lets no infinity or NaN of the other
side through. A constant that is already an array saves NumPy the conversion in every call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.engines.numpy.kernel import Kernel
from chainrule.engines.program import NUMBER, Instruction, Variable, literal

if TYPE_CHECKING:
    from chainrule.engines.numpy.source import NumpySource

_SAME_NAME = (
    "add ceil cos cosh divide equal exp expm1 floor floor_divide greater greater_equal isfinite "
    "isinf isnan less less_equal log log1p logical_and logical_not logical_or maximum minimum "
    "multiply negative not_equal remainder sign sin sinh sqrt square subtract tan tanh trunc"
)
UFUNCS = {name: name for name in _SAME_NAME.split()} | {"abs": "absolute", "pow": "power"}
"""NumPy's name of each function that goes entry by entry and writes into a given array."""

_FEW = 4  # columns up to which comparing them one by one beats a reduction over rows
_LONG = 2048  # entries from which on NumPy's pairwise sum is the more accurate one
_ALIASING = {"flip", "real"}  # functions whose result may be a view of what they were given
_COPYING = {"astype", "broadcast_to", "concat", "reshape"}  # those that only put entries elsewhere


def writes(instruction: Instruction | Kernel) -> bool:
    """Whether the call can write its result into a given array."""
    if type(instruction) is Kernel:
        return True
    name, result, options = instruction.function, instruction.result, instruction.options
    if result.dtype == NUMBER or not any(x.dtype != NUMBER for x in instruction.reads):
        return False
    if name == "where":
        return _is_masked_choice(instruction)
    if name in ("sum", "mean", "max", "min"):
        operand = instruction.operands[0]
        return operand.dtype == result.dtype and result.dtype.startswith("float")
    if name == "argmax":
        return isinstance(options.get("axis"), int) and not options.get("keepdims")
    if name == "matmul":
        return all(x.dtype == result.dtype for x in instruction.reads) and len(result.shape) > 0
    flattens = name == "concat" and options.get("axis", 0) is None
    return name in UFUNCS or (name in _COPYING and not flattens)


def overwrites(instruction: Instruction | Kernel) -> tuple[int, ...]:
    """The positions of the operands over which the call can write its result."""
    if type(instruction) is Kernel:
        cells = [n for n, x in enumerate(instruction.operands) if x.shape == instruction.shape]
        return tuple(cells) if instruction.last_phase == 0 else ()
    if instruction.function == "where":
        return (1, 2) if _is_zero(instruction.operands[1]) else (1,)
    return tuple(range(len(instruction.operands))) if instruction.function in UFUNCS else ()


def lines(instruction: Instruction, out: str | None, to: NumpySource) -> list[str]:
    """The call as lines of Python.

    Args:
        instruction: The call.
        out: The name of the array to write into; None where a new one is wanted.
        to: The source that the lines go into, which says what things are called.
    """
    if instruction.result.dtype == NUMBER:
        return [f"{instruction.result.name} = {instruction.source()}"]
    if not writes(instruction) or (out is None and instruction.function in _COPYING):
        return [f"{instruction.result.name} = {_anything(instruction, to)}"]
    if instruction.function in UFUNCS:
        return [_elementwise(instruction, out, to)]
    special = {"where": _choice, "matmul": _product, "argmax": _place, "concat": _joined}
    special |= dict.fromkeys(("sum", "mean"), _total) | dict.fromkeys(("max", "min"), _extreme)
    return special.get(instruction.function, _copied)(instruction, out, to)


def _anything(instruction: Instruction, to: NumpySource) -> str:
    """The call without a place to write to, as the array API standard has it."""
    for operand in instruction.reads:
        to.operand(operand)
    text = instruction.source(prefix="np.")
    to.use("np")
    copies = instruction.function in _ALIASING or instruction.family == "view"
    return f"{text}.copy()" if copies else text


def _elementwise(instruction: Instruction, out: str | None, to: NumpySource) -> str:
    function, operands = UFUNCS[instruction.function], instruction.operands
    if instruction.function == "pow" and type(operands[1]) is not Variable:
        shortcut = {2: "square", 0.5: "sqrt"}.get(operands[1])
        function, operands = (shortcut, operands[:1]) if shortcut else (function, operands)
    # The kind of the arrays that plain numbers meet.
    like = np.result_type(*(np.dtype(x.dtype) for x in instruction.reads if x.dtype != NUMBER))
    result = instruction.result
    # A number as an array of its full size: only so are maximum and minimum vectorised.
    full = instruction.function in ("maximum", "minimum") and out is not None
    names = [
        to.filled(result.shape, x, result.dtype)
        if full and type(x) is not Variable
        else to.operand(x, like)
        for x in operands
    ]
    return _call(instruction, to.use(function), names, out)


def _call(instruction: Instruction, function: str, names: list[str], out: str | None) -> str:
    if out is None:
        return f"{instruction.result.name} = {function}({', '.join(names)})"
    return f"{function}({', '.join(names)}, out={out})"


def _is_zero(x: Any) -> bool:
    return type(x) is not Variable and x == 0


def _is_masked_choice(instruction: Instruction) -> bool:
    """Whether a choice is between floats of one kind by an array of truth values."""
    condition, *sides = instruction.operands
    result = instruction.result
    return (
        type(condition) is Variable
        and condition.dtype == "bool"
        and result.dtype in ("float32", "float64")
        and all(type(x) is not Variable or x.dtype == result.dtype for x in sides)
    )


def _choice(instruction: Instruction, out: str | None, to: NumpySource) -> list[str]:
    condition, x, y = instruction.operands
    result = instruction.result
    if out is None:
        return [f"{result.name} = {_anything(instruction, to)}"]
    bits, kind = result.dtype.replace("float", "int"), np.dtype(result.dtype)
    mask = to.scratch(result.shape, bits)
    yes = to.view(condition, '{}.view("int8")')
    names = [to.view(side, f"{{}}.view({bits!r})", kind) for side in (x, y)]
    target = to.view(result, f"{{}}.view({bits!r})")
    both = to.use("bitwise_and")
    if _is_zero(x):
        one = to.filled((), 1, "int8")
        return [
            f"{to.use('subtract')}({yes}, {one}, out={mask})",
            f"{both}({names[1]}, {mask}, out={target})",
        ]
    lines = [f"{to.use('negative')}({yes}, out={mask})"]
    if _is_zero(y):
        return [*lines, f"{both}({names[0]}, {mask}, out={target})"]
    differ = to.use("bitwise_xor")
    return [
        *lines,
        f"{differ}({names[0]}, {names[1]}, out={target})",
        f"{both}({target}, {mask}, out={target})",
        f"{differ}({target}, {names[1]}, out={target})",
    ]


def _product(instruction: Instruction, out: str | None, to: NumpySource) -> list[str]:
    if is_stack_of_outer(instruction):
        column, row = instruction.operands
        names = [to.view(column, "{}[:, :, 0]"), to.view(row, "{}[:, 0, :]")]
        return [_call(instruction, to.use("einsum"), ['"ni,nj->nij"', *names], out)]
    flat = all(len(x.shape) <= 2 for x in instruction.reads)
    floats = instruction.result.dtype in ("float32", "float64")
    function = to.use("dot" if flat and floats else "matmul")
    return [_call(instruction, function, [to.operand(x) for x in instruction.operands], out)]


def is_stack_of_outer(instruction: Instruction) -> bool:
    """Whether a call is the product of a column and a row, many times over.

    BLAS has no call for many of them; `einsum` goes through them several times faster than `matmul`
    and twice as fast as a multiplication of stretched arrays.
    """
    if instruction.function != "matmul":
        return False
    column, row = (x.shape if type(x) is Variable else () for x in instruction.operands)
    same = len(column) == len(row) == 3 and column[0] == row[0]
    return same and column[2] == row[1] == 1


def _total(instruction: Instruction, out: str | None, to: NumpySource) -> list[str]:
    """A sum or a mean, by a product with ones (or with 1/n) where that is the faster way."""
    x, result = instruction.operands[0], instruction.result
    axis = instruction.axes
    count = x.size // result.size if result.size else 0
    share = 1.0
    if instruction.function == "mean":
        share = 1 / count if count else float("nan")
    rank = len(x.shape)
    by_product = x.size and (
        (rank == 2 and axis in ((0,), (1,))) or (rank == 1 and count < _LONG and result.shape == ())
    )
    if by_product:
        names = [to.operand(x), to.filled((count,), share, result.dtype)]
        target = out and to.view(result, "{}.reshape(-1)") if len(result.shape) > 1 else out
        if axis == (0,) and rank == 2:
            names.reverse()
        if target is None and result.shape != ():
            return [f"{result.name} = {to.use('dot')}({', '.join(names)}).reshape({result.shape})"]
        return [_call(instruction, to.use("dot"), names, target)]
    lines = [_reduced("add", instruction, out, to)]
    if share != 1 and out is None:
        lines.append(f"{result.name} = {result.name} * {literal(share)}")
    elif share != 1:
        lines.append(f"{to.use('multiply')}({out}, {literal(share)}, out={out})")
    return lines


def _extreme(instruction: Instruction, out: str | None, to: NumpySource) -> list[str]:
    x, result = instruction.operands[0], instruction.result
    name = "maximum" if instruction.function == "max" else "minimum"
    rank = len(x.shape)
    if out is None or rank != 2 or instruction.axes != (1,) or not 2 <= x.shape[1] <= _FEW:
        return [_reduced(name, instruction, out, to)]
    columns = [to.view(x, f"{{}}[:, {number}]") for number in range(x.shape[1])]
    target = to.view(result, "{}.reshape(-1)") if len(result.shape) > 1 else out
    function = to.use(name)
    lines = [f"{function}({columns[0]}, {columns[1]}, out={target})"]
    return lines + [f"{function}({target}, {column}, out={target})" for column in columns[2:]]


def _place(instruction: Instruction, out: str | None, to: NumpySource) -> list[str]:
    """The array's own method, which takes half the time of the function."""
    call = f"{to.operand(instruction.operands[0])}.argmax({instruction.options['axis']}, {out})"
    return [call if out else f"{instruction.result.name} = {call}"]


def _reduced(name: str, instruction: Instruction, out: str | None, to: NumpySource) -> str:
    axis = instruction.axes
    where = axis[0] if len(axis) == 1 else axis
    keepdims = bool(instruction.options.get("keepdims"))
    x = to.operand(instruction.operands[0])
    call = f"{to.use(name)}.reduce({x}, {where}, None, {out}, {keepdims})"
    return call if out else f"{instruction.result.name} = {call}"


def _joined(instruction: Instruction, _out: str | None, to: NumpySource) -> list[str]:
    """The parts, but for those that stand in their place already."""
    axis = instruction.options.get("axis", 0) % len(instruction.result.shape)
    lines, start, memory = [], 0, to.memory
    for part in instruction.operands:
        stop = start + part.shape[axis]
        moved = memory.parts.get(memory.base(part)) == (instruction.result, start)
        if not (moved and memory.in_order(part)):  # else computed where it belongs
            place = to.view(instruction.result, f"{{}}[{':, ' * axis}{start}:{stop}]")
            lines.append(f"{to.use('copyto')}({place}, {to.operand(part)})")
        start = stop
    return lines


def _copied(instruction: Instruction, out: str | None, to: NumpySource) -> list[str]:
    """A copy, where the function only gives its entries another shape or kind."""
    x = instruction.operands[0]
    target = str(out)
    if instruction.function == "reshape":
        target = to.view(instruction.result, f"{{}}.reshape({x.shape})")
    return [f'{to.use("copyto")}({target}, {to.operand(x)}, casting="unsafe")']
