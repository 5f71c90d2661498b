"""A kernel as Python source: plain loops that a compiler turns into machine code.

The text depends on what is computed and not on sizes or on the names of one network, so that
kernels recur: the bias and ReLU of every layer of every network are the same lines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, final

from chainrule.engines.functions import OPERATORS
from chainrule.engines.naming import free_name
from chainrule.engines.numpy.kernel import ALIASES, CHEAP, REDUCTIONS, Kernel
from chainrule.engines.program import NUMBER, Instruction, Variable

_TEXTS = {name: f"{{0}} {sign} {{1}}" for name, (sign, _) in OPERATORS.items() if name in CHEAP}
_TEXTS |= {name: f"{name}({{0}})" for name in ("sqrt", "exp", "log", "tanh", "log1p", "expm1")}
_TEXTS |= {
    "negative": "-{0}",
    "positive": "{0}",
    "square": "{0} * {0}",
    "abs": "abs({0})",
    "logical_and": "{0} & {1}",
    "logical_or": "{0} | {1}",
    "logical_not": "not {0}",
    "where": "{1} if {0} else {2}",
    # The comparison with itself lets NaN through, as maximum and minimum do.
    "maximum": "{0} if ({0} >= {1}) | ({0} != {0}) else {1}",
    "minimum": "{0} if ({0} <= {1}) | ({0} != {0}) else {1}",
}
_GATHERED = {
    "sum": "{0} += {1}",
    "mean": "{0} += {1}",
    "max": "{0} = {1} if ({1} > {0}) | ({1} != {1}) else {0}",
    "min": "{0} = {1} if ({1} < {0}) | ({1} != {1}) else {0}",
}
_PLAIN = {0, 1, 2, -1}  # numbers that stand in the text; others are handed in


@final
class KernelSource:
    """The text of one kernel.

    Args:
        kernel: The kernel.
        over: Of each output that is written over one of the values read, that value.

    Attributes:
        arguments: What the function is called with, in order: variables and numbers. A single
            number that comes out is an array of one entry.
        outputs: Those of the arguments that it writes to.
    """

    def __init__(self, kernel: Kernel, over: Mapping[Variable, Variable]) -> None:
        self.kernel = kernel
        self.outputs = kernel.results
        self.arguments: list[Any] = []
        self._names: dict[Any, str] = {}
        self._used: set[str] = {"i", "j", "rows", "columns", "spare", "kernel", *_TEXTS}
        for x in kernel.operands:
            self._add(x)
        for instruction in kernel.instructions:
            for x in instruction.operands:
                if type(x) is not Variable and x not in _PLAIN and instruction.function in _TEXTS:
                    self._add(x)
        for x in self.outputs:
            if x in over:
                self._names[x] = self._names[over[x]]
            else:
                self._add(x)
        self._spare = self._spared()
        self._lines: list[str] = []
        self._write()

    @property
    def text(self) -> str:
        """The function `kernel`."""
        return "\n".join(self._lines)

    def _add(self, x: Any) -> None:
        """Hand something in under a name of its own."""
        if x not in self._names:
            self._named(x, _word(x) if type(x) is Variable else "number")
            self.arguments.append(x)

    def _named(self, key: Any, hint: str) -> str:
        """The name of something, a free one like the hint where it has none yet."""
        if key not in self._names:
            self._names[key] = free_name(hint, self._used)
            self._used.add(self._names[key])
        return self._names[key]

    def _spared(self) -> dict[Variable, int]:
        """Cell values that a later phase reads and no output keeps: each gets a row of its own."""
        kernel, spare_rows = self.kernel, dict[Variable, int]()
        for instruction in kernel.instructions:
            for x in instruction.reads:
                late = self._phase(instruction) > kernel.phases.get(x, 1 << 30)
                if kernel.kinds.get(x) == "cell" and late and x not in self.outputs:
                    spare_rows.setdefault(x, len(spare_rows))
        return spare_rows

    def _phase(self, instruction: Instruction) -> int:
        """The phase in which a call is made."""
        phase, kernel = self.kernel.phases[instruction.result], self.kernel
        row_wise = kernel.kinds[instruction.result] == "row"
        return phase - 1 if instruction.function in REDUCTIONS and row_wise else phase

    def _write(self) -> None:
        kernel = self.kernel
        flat = len(kernel.shape) == 1
        self._lines.append(f"def kernel({', '.join(self._names[x] for x in self.arguments)}):")
        table = next(x for x in (*kernel.operands, *self.outputs) if x.shape == kernel.shape)
        sizes = "rows = {}.shape[0]" if flat else "rows, columns = {}.shape"
        self._line(1, sizes.format(self._names[table]))
        for x in self.arguments:
            if type(x) is not Variable or (x.shape == () and x not in self.outputs):
                self._line(1, f"{self._names[x]} = {kernel.dtype}({self._names[x]})")
        if self._spare:
            self._line(1, f"spare = empty(({len(self._spare)}, columns), {kernel.dtype})")
        self._write_sums_before()
        self._line(1, "for i in range(rows):")
        if flat:
            self._write_cells(0, 2)
        for phase in range(0 if flat else kernel.last_phase + 1):
            self._write_rows(phase)
            self._write_phase(phase)
        self._write_sums_after()

    def _line(self, depth: int, text: str) -> None:
        self._lines.append("    " * depth + text)

    def _of_kind(self, *kinds: str) -> list[Instruction]:
        kernel = self.kernel
        return [i for i in kernel.instructions if kernel.kinds[i.result] in kinds]

    def _write_sums_before(self) -> None:
        for i in self._of_kind("column sum"):
            self._line(1, "for j in range(columns):")
            self._line(2, f"{self._names[i.result]}[j] = 0")
        for i in self._of_kind("total"):
            self._line(1, f"{self._local(i.result)} = 0.0")

    def _write_sums_after(self) -> None:
        for i in self._of_kind("column sum"):
            if i.function == "mean":
                self._line(1, "for j in range(columns):")
                self._line(2, f"{self._names[i.result]}[j] /= {self.kernel.dtype}(rows)")
        for i in self._of_kind("total"):
            one_a_row = self.kernel.kinds.get(i.operands[0]) == "row" or len(self.kernel.shape) == 1
            share = " / rows" if one_a_row else " / (rows * columns)"
            share = share if i.function == "mean" else ""
            self._line(1, f"{self._names[i.result]}[0] = {self._local(i.result)}{share}")

    def _write_rows(self, phase: int) -> None:
        """What is computed once a row, before its cells are gone through."""
        kernel = self.kernel
        for i in self._of_kind("row", "total"):
            if self._phase(i) != phase:
                continue
            if i.function not in REDUCTIONS:
                self._line(2, f"{self._local(i.result)} = {self._text(i)}")
                self._keep_row(i.result)
            elif kernel.kinds.get(i.operands[0]) == "row":
                self._line(2, f"{self._local(i.result)} += {self._value(i.operands[0])}")

    def _write_phase(self, phase: int) -> None:
        """One way along the row, with the reductions that it feeds."""
        reductions = [
            i for i in self._of_kind("row") if i.function in REDUCTIONS and self._phase(i) == phase
        ]
        if not reductions and not self._cells(phase):
            return
        dtype = self.kernel.dtype
        for i in reductions:
            if i.function == "argmax":
                self._line(2, f"{self._best(i)} = -{dtype}(inf)")
                self._line(2, f"{self._local(i.result)} = 0")
                continue
            start = {"max": f"-{dtype}(inf)", "min": f"{dtype}(inf)"}.get(i.function, f"{dtype}(0)")
            self._line(2, f"{self._local(i.result)} = {start}")
        self._line(2, "for j in range(columns):")
        self._write_cells(phase, 3)
        for i in reductions:
            if i.function == "mean":
                self._line(2, f"{self._local(i.result)} /= {dtype}(columns)")
            self._keep_row(i.result)

    def _cells(self, phase: int) -> list[Instruction]:
        """The calls made for each cell in a phase."""
        kernel = self.kernel
        return [
            i
            for i in kernel.instructions
            if self._phase(i) == phase
            and (
                kernel.kinds[i.result] in ("cell", "column sum")
                or (i.function in REDUCTIONS and kernel.kinds.get(i.operands[0]) != "row")
            )
        ]

    def _write_cells(self, phase: int, depth: int) -> None:
        kernel, calls = self.kernel, self._cells(phase)
        results = {i.result: None for i in calls if kernel.kinds[i.result] == "cell"}
        read = {x: None for i in calls for x in i.reads if x.shape != () and x not in results}
        for x in read:
            if kernel.kinds.get(x) != "row" and not self._is_outside_row(x):
                self._line(depth, f"{self._local(x)} = {self._stored(x)}")
        for i in calls:
            kind, name = kernel.kinds[i.result], self._local(i.result)
            value = self._value(i.operands[0])
            if kind == "cell":
                self._line(depth, f"{name} = {self._text(i)}")
            elif i.function == "argmax":  # the first of the largest, or of what is NaN
                best = self._best(i)
                odd = f"({value} != {value}) & ({best} == {best})"
                self._line(depth, f"if ({value} > {best}) | ({odd}):")
                self._line(depth + 1, f"{best} = {value}")
                self._line(depth + 1, f"{name} = j")
            else:
                into = f"{self._names[i.result]}[j]" if kind == "column sum" else name
                self._line(depth, _GATHERED[i.function].format(into, value))
        for x in results:
            if x in self.outputs or x in self._spare:
                self._line(depth, f"{self._stored(x)} = {self._local(x)}")

    def _keep_row(self, x: Variable) -> None:
        if x in self.outputs:
            place = "i, 0" if len(x.shape) == 2 else "i"
            self._line(2, f"{self._names[x]}[{place}] = {self._local(x)}")

    def _text(self, instruction: Instruction) -> str:
        values = [self._value(x) for x in instruction.operands]
        if instruction.function in ALIASES:
            return values[0]
        if instruction.function == "astype":
            return f"{self.kernel.dtype}({values[0]})"
        return _TEXTS[instruction.function].format(*values)

    def _value(self, x: Any) -> str:
        if type(x) is not Variable and x in _PLAIN:
            return f"{self.kernel.dtype}({x})"
        if type(x) is not Variable or x.dtype == NUMBER or x.shape == ():
            return self._names[x]
        if self._is_outside_row(x):
            return f"{self._names[x]}[{self._place(x)}]"
        return self._local(x)

    def _is_outside_row(self, x: Variable) -> bool:
        """Whether a value is one number per row that was made before."""
        outside = x not in self.kernel.kinds and len(self.kernel.shape) == 2
        return outside and self._place(x) in ("i", "i, 0")

    def _local(self, x: Variable) -> str:
        """The name of a single entry of a value."""
        return self._named(("entry", x), f"{_word(x)}_now")

    def _best(self, instruction: Instruction) -> str:
        """The name of the largest entry so far, whose place is looked for."""
        return self._named(("best", instruction), "best")

    def _stored(self, x: Variable) -> str:
        if x in self._spare:
            return f"spare[{self._spare[x]}, j]"
        return f"{self._names[x]}[{self._place(x)}]"

    def _place(self, x: Variable) -> str:
        """How an array is indexed by the loops."""
        if x.shape == self.kernel.shape:
            return "i" if len(x.shape) == 1 else "i, j"
        rows, columns = self.kernel.shape
        places = {(columns,): "j", (1, columns): "0, j", (rows, 1): "i, 0"}
        return places.get(x.shape, "i")


def _word(x: Variable) -> str:
    """The name of a variable without its number: kernels are the same text for every layer."""
    return re.sub(r"\d+$", "", x.name)


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
