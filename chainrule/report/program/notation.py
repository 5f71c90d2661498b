"""How entries are written: number by number, or with loops over lists.

In both, an axis of length 1 has no index: the weights of a single neuron are `w2_0`, `w2_1` or
`w2[0]`, `w2[1]`, and those of a single neuron with a single input just `w1`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import reduce
from itertools import product
from operator import add
from typing import Any, TypeAlias, final

from chainrule.arrays import ATOM, Symbol, call
from chainrule.engines import rebuild, written
from chainrule.words import wrapped

Position: TypeAlias = int | str
Index: TypeAlias = tuple[Position, ...]
Shape: TypeAlias = tuple[int, ...]
Term: TypeAlias = Callable[[Position], Symbol]
WIDTH = 100

_LETTERS = "ijklmnpq"


class Notation(ABC):
    """The form of lines, entries and sums."""

    def entry(self, name: str, shape: Shape, index: Index) -> Symbol:
        """An entry of a variable by its name."""
        places = tuple(place for size, place in zip(shape, index, strict=True) if size != 1)
        return Symbol.written(self.place(name, places), ATOM)

    def gathered(self, function: str, size: int, taken: Index, term: Term) -> Symbol:
        """The sum, "max" or "min" of `size` terms.

        Args:
            function: What is made of the terms.
            size: How many there are.
            taken: The places in use around it.
            term: The term at a place.
        """
        return term(0) if size == 1 else self._gathered(function, size, taken, term)

    @abstractmethod
    def place(self, name: str, places: Index) -> str:
        """A variable at some places."""

    @abstractmethod
    def _gathered(self, function: str, size: int, taken: Index, term: Term) -> Symbol: ...

    @abstractmethod
    def lines(self, name: str, shape: Shape, formula: Callable[[Index], Symbol]) -> list[str]:
        """The lines that give a variable its value."""

    @abstractmethod
    def data(self, name: str, shape: Shape, array: Any) -> list[str]:
        """The lines that give a variable the numbers of an array."""

    @abstractmethod
    def nested(self, name: str, shape: Shape) -> list[str]:
        """A variable as nested lists of its full shape, over several lines if it is long."""


@final
class NumberByNumber(Notation):
    """A name and a line for every number: `w1_0_2`.

    Example:
        >>> NumberByNumber().lines("a", (2,), lambda index: Symbol("z") * index[0])
        ['a_0 = 0', 'a_1 = z']
    """

    def place(self, name: str, places: Index) -> str:
        """See `Notation.place`."""
        return "_".join([name, *map(str, places)])

    def _gathered(self, function: str, size: int, taken: Index, term: Term) -> Symbol:
        terms = list(map(term, range(size)))
        return reduce(add, terms) if function == "sum" else call(function, *terms)

    def lines(self, name: str, shape: Shape, formula: Callable[[Index], Symbol]) -> list[str]:
        """See `Notation.lines`."""
        return [
            line
            for index in product(*map(range, shape))
            for line in assigned(str(self.entry(name, shape, index)), formula(index))
        ]

    def data(self, name: str, shape: Shape, array: Any) -> list[str]:
        """See `Notation.data`."""
        return self.lines(name, shape, lambda index: Symbol(array[index].item()))

    def nested(self, name: str, shape: Shape) -> list[str]:
        """See `Notation.nested`."""

        def level(index: Index) -> Any:
            if len(index) == len(shape):
                return str(self.entry(name, shape, index))
            return [level((*index, i)) for i in range(shape[len(index)])]

        return _listed(level(()))


@final
class WithLoops(Notation):
    """A list for every variable: `w1[0][2]`.

    Example:
        >>> print(*WithLoops().lines("a", (2, 1), lambda index: Symbol("z") * 2))
        a = [z * 2 for i in range(2)]
    """

    def place(self, name: str, places: Index) -> str:
        """See `Notation.place`."""
        return "".join([name, *(f"[{place}]" for place in places)])

    def _gathered(self, function: str, size: int, taken: Index, term: Term) -> Symbol:
        letter = next(letter for letter in _LETTERS if letter not in taken)
        return call(function, f"{bare(term(letter))} for {letter} in range({size})")

    def lines(self, name: str, shape: Shape, formula: Callable[[Index], Symbol]) -> list[str]:
        """See `Notation.lines`."""
        letters = iter(_LETTERS)
        index = tuple(0 if size == 1 else next(letters) for size in shape)
        loops = [(str(i), size) for i, size in zip(index, shape, strict=True) if size != 1]
        if not loops:
            return assigned(name, formula(index))
        text = bare(formula(index))
        for letter, size in reversed(loops[1:]):
            text = f"[{text} for {letter} in range({size})]"
        loop = f"for {loops[0][0]} in range({loops[0][1]})"
        if len(name) + len(text) + len(loop) + 6 <= WIDTH:
            return [f"{name} = [{text} {loop}]"]
        return [f"{name} = [", *_folded(text), f"    {loop}", "]"]

    def data(self, name: str, shape: Shape, array: Any) -> list[str]:
        """See `Notation.data`."""
        numbers = array.reshape(tuple(size for size in shape if size != 1)).tolist()
        first, *lines = _listed(rebuild(numbers, repr))
        return [f"{name} = {first}", *lines]

    def nested(self, name: str, shape: Shape) -> list[str]:
        """See `Notation.nested`."""
        if 1 not in shape:
            return [name]
        letters = iter(_LETTERS)
        index = tuple(0 if size == 1 else next(letters) for size in shape)
        text = str(self.entry(name, shape, index))
        for place, size in zip(reversed(index), reversed(shape), strict=True):
            text = f"[{text}]" if size == 1 else f"[{text} for {place} in range({size})]"
        return [text]


def assigned(name: str, value: Symbol) -> list[str]:
    """An assignment, over several lines in brackets if it is too long for one."""
    line = f"{name} = {bare(value)}"
    if len(line) <= WIDTH:
        return [line]
    return [f"{name} = (", *_folded(bare(value)), ")"]


def bare(value: Symbol) -> str:
    """A formula without brackets around all of it.

    Example:
        >>> bare(Symbol.written("(a if c else b)", ATOM)), bare(Symbol.written("(a) * (b)", ATOM))
        ('a if c else b', '(a) * (b)')
    """
    text = str(value)
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return text[1:-1] if text[0] == "(" and place == len(text) - 1 else text
    return text


def _listed(entries: Any) -> list[str]:
    """Nested lists of names or numbers as Python: in one line if that fits, else row by row."""
    line = written(entries, str)
    if len(line) <= WIDTH - 20:
        return [line]
    if not isinstance(entries[0], list):
        return ["[", *_folded(", ".join(entries) + ",", WIDTH - 8), "]"]
    rows = [f"{line}," if line.endswith("]") else line for row in entries for line in _listed(row)]
    return ["[", *(f"    {line}" for line in rows), "]"]


def _folded(text: str, width: int = WIDTH) -> list[str]:
    """Text over several lines; products stay together and sums break before their signs."""
    for sign in ("*", "/"):
        text = text.replace(f" {sign} ", f"\N{NO-BREAK SPACE}{sign}\N{NO-BREAK SPACE}")
    for sign in ("+", "-"):
        text = text.replace(f" {sign} ", f" {sign}\N{NO-BREAK SPACE}")
    lines = wrapped(text, width, first="    ")
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines]
