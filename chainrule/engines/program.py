"""A program: a computation as a straight line of calls, as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any, final

from chainrule.arrays import normalize_axes
from chainrule.engines.functions import OPERATORS, function
from chainrule.engines.structure import leaves, quoted, rebuild, written

NUMBER = "number"
"""The dtype of a variable that holds a plain Python number."""


@final
@dataclass(eq=False, slots=True)
class Variable:
    """One value of a program; two variables are the same only if they are one object.

    Attributes:
        shape: The sizes of its axes.
        dtype: The standard's name of its number kind, or `NUMBER`.
        name: What it is called in the source.
    """

    shape: tuple[int, ...]
    dtype: str
    name: str = ""

    @property
    def size(self) -> int:
        """The number of entries."""
        return prod(self.shape)

    def __repr__(self) -> str:
        return f"{self.name or 'variable'}{list(self.shape)}"


@final
@dataclass(frozen=True, eq=False, slots=True)
class Instruction:
    """One call: `result = function(*operands, **options)`.

    Attributes:
        function: Its name in the array API standard; see `functions`.
        operands: The arrays it takes, as variables, or plain numbers.
        options: Its other arguments.
        result: The variable that it makes.
    """

    function: str
    operands: tuple[Any, ...]
    options: dict[str, Any]
    result: Variable

    @property
    def reads(self) -> tuple[Variable, ...]:
        """The variables among the operands."""
        return tuple(x for x in self.operands if type(x) is Variable)

    @property
    def results(self) -> tuple[Variable, ...]:
        """The variables that it makes: the one."""
        return (self.result,)

    @property
    def family(self) -> str:
        """What kind of function it calls."""
        return function(self.function).family

    @property
    def axes(self) -> tuple[int, ...]:
        """The axes that a reduction runs over, counted from the front."""
        return normalize_axes(self.options.get("axis"), len(self.operands[0].shape))

    def source(self, prefix: str = "xp.") -> str:
        """The call as Python."""
        operands = list(map(_written_leaf, self.operands))
        if self.function in OPERATORS:
            return f"{operands[0]} {OPERATORS[self.function][0]} {operands[1]}"
        if self.function == "getitem":
            return f"{operands[0]}[{_subscript(self.options['key'])}]"
        if self.function == "negative":
            return f"-{operands[0]}"
        if self.result.dtype == NUMBER:  # Python's own functions
            return f"abs({operands[0]})" if self.function == "abs" else f"+{operands[0]}"
        if self.function == "constant":
            return f"{prefix}asarray({self.options['value'].tolist()!r})"
        called = function(self.function)
        if called.operands is None:
            operands = [f"[{', '.join(operands)}]"]
        for name, value in self.options.items():
            # None and False are meant without being said, but for these two.
            said = name == "fill_value" or (name == "axis" and self.function == "concat")
            if said or (value is not None and value is not False):
                shown = f"{prefix}{value}" if name in ("dtype", "to") else repr(value)
                keyword = name in ("axis", "keepdims", "dtype")
                operands.append(f"{name}={shown}" if keyword else shown)
        return f"{prefix}{self.function}({', '.join(operands)})"


@final
@dataclass(frozen=True, eq=False)
class Program:
    """A recorded function.

    Attributes:
        parameters: The names of its arguments.
        inputs: Its arguments, with a variable in the place of each array and number.
        instructions: What it computes, in order; every operand is made before it is used.
        outputs: Its result, with a variable in the place of each array.
    """

    parameters: tuple[str, ...]
    inputs: tuple[Any, ...]
    instructions: tuple[Instruction, ...]
    outputs: Any

    @property
    def input_variables(self) -> list[Variable]:
        """The variables that are given."""
        return [leaf for leaf in leaves(self.inputs) if type(leaf) is Variable]

    @property
    def output_variables(self) -> list[Variable]:
        """The variables that are returned; one may be returned twice."""
        return [leaf for leaf in leaves(self.outputs) if type(leaf) is Variable]

    def run(self, xp: Any, *arguments: Any) -> Any:
        """Run it, call by call, in any array namespace.

        Args:
            xp: The namespace: `chainrule.arrays`, `numpy`, or another of the standard.
            *arguments: As the recorded function takes them, with arrays of that namespace, which
                may hold any number kind.

        Returns:
            What the recorded function returns.
        """
        given = zip(leaves(self.inputs), leaves(arguments), strict=True)
        values: dict[Any, Any] = {x: value for x, value in given if type(x) is Variable}
        for instruction in self.instructions:
            operands = [values[x] if type(x) is Variable else x for x in instruction.operands]
            values[instruction.result] = function(instruction.function).call(
                xp, operands, instruction.options
            )
        return rebuild(self.outputs, lambda leaf: values[leaf] if type(leaf) is Variable else leaf)

    def source(self) -> str:
        """The program as a Python function of an array namespace and the arguments."""
        lines = [f"def program({', '.join(['xp', *self.parameters])}):"]
        for parameter, structure in zip(self.parameters, self.inputs, strict=True):
            for place, part in parts(parameter, structure):
                if type(part) is Variable and place != part.name:
                    lines.append(f"    {part.name} = {place}")
        lines += [f"    {i.result.name} = {i.source()}" for i in self.instructions]
        lines.append(f"    return {written(self.outputs, _written_leaf)}")
        return "\n".join(lines)

    __str__ = source


def parts(place: str, structure: Any) -> Iterator[tuple[str, Any]]:
    """Every part of an argument, containers before what they hold, as Python reaches it."""
    yield place, structure
    if isinstance(structure, dict):
        for key, value in structure.items():
            yield from parts(f"{place}[{quoted(key)}]", value)
    elif isinstance(structure, tuple | list):
        for number, value in enumerate(structure):
            yield from parts(f"{place}[{number}]", value)


def _written_leaf(leaf: Any) -> str:
    return leaf.name if type(leaf) is Variable else literal(leaf)


def literal(value: Any) -> str:
    """A number or another option as Python; infinities have no literal of their own."""
    if isinstance(value, float) and (value != value or value in (float("inf"), -float("inf"))):
        return f'float("{value}")'
    text = repr(value)
    return f"({text})" if text.startswith("-") else text


def _subscript(key: Any) -> str:
    """What stands between the brackets of `x[...]`."""
    if isinstance(key, tuple):
        return ", ".join(map(_subscript, key)) or "()"
    if isinstance(key, slice):
        ends = ["" if end is None else str(end) for end in (key.start, key.stop)]
        return ":".join(ends if key.step is None else [*ends, str(key.step)])
    return "..." if key is Ellipsis else str(key)
