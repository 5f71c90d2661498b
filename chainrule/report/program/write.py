"""A recorded forward pass and walk back as a program: Python to read, or what an engine runs."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, final

from chainrule import arrays
from chainrule.engines import Engine, Program, Variable, choose_engine, textbook_name
from chainrule.errors import OptionError, is_one_of, shown
from chainrule.files import write_text
from chainrule.nn import NetworkStudy
from chainrule.report.program.formulas import Formulas, is_plain, readings
from chainrule.report.program.notation import Notation, NumberByNumber, WithLoops
from chainrule.report.program.steps import Passes, Step, Trace, trace
from chainrule.words import plural, printed, wrapped

WEIGHTS = 100
"""The most weights and biases that are written out number by number."""
PRODUCTS = 1000
"""The most products of a weight and an input that are: weights times examples."""

_COMMENT = 96
# As the formulas have it; `exp2` and `log2` would hide functions of `math`.
_SHORT = {"exp": "e", "expm": "e", "log": "ln", "log1p": "ln"}


def write_program(study: NetworkStudy, *, loops: bool | None = None) -> str:
    """Write forward pass, loss and every gradient as straight-line Python.

    Args:
        study: The network, its weights and the examples; list arrays of floats.
        loops: Whether to write loops over lists or a line for every number; if left out, small
            networks are written number by number.

    Returns:
        The source. It imports nothing but `math`, leaves the loss in `L` and the gradients by
        parameter in `gradients`, and prints them when it is run as a file.

    Example:
        >>> import chainrule.arrays as xp
        >>> from chainrule.nn import LOSSES, Architecture, Dense
        >>> weights = {"dense1.weight": xp.asarray([[1.5]]), "dense1.bias": xp.asarray([0.5])}
        >>> study = NetworkStudy(
        ...     Architecture([Dense(1, 1)]),
        ...     LOSSES["mean_squared_error"],
        ...     weights,
        ...     xp.asarray([[2.0]]),
        ...     xp.asarray([[4.0]]),
        ... )
        >>> for line in write_program(study).splitlines():
        ...     if line.startswith("dL_d"):
        ...         print(line)
        dL_dL = 1
        dL_dloss = dL_dL
        dL_da1 = dL_dloss * 2 * difference1
        dL_dz1 = dL_da1
        dL_dw1 = dL_dz1 * x
        dL_db1 = dL_dz1
    """
    if loops is None:
        weights = sum(array.size for array in study.parameters.values())
        loops = weights > WEIGHTS or weights * study.x.shape[0] > PRODUCTS
    notation: Notation = WithLoops() if loops else NumberByNumber()
    traced = trace(study)
    written = _written(traced.program, traced.textbook)
    _renumber(written, traced.textbook)
    body = [
        *_data(study, traced.program, notation),
        *_calculation(traced, written, notation),
        *_gradients(traced.program, notation),
    ]
    return "\n".join([*_opening(study, notation), *_imports(body), *body, *_ENDING, ""])


def _written(program: Program, textbook: frozenset[Variable]) -> list[Variable]:
    """The variables that get lines of their own, in order.

    Those are the ones that a textbook names, those that are read more than once, and choices that
    are summed up. Anything else is put in where it is read.
    """
    readers: dict[Variable, int] = Counter()
    summed: set[Variable] = set()
    written = []
    for call in reversed(program.instructions):
        x = call.result
        if call.family == "reduction":
            summed.update(call.reads)
        is_summed_choice = call.function == "where" and x in summed
        if x in textbook or is_summed_choice or (readers[x] > 1 and not is_plain(call)):
            written.append(x)
            times = 1
        else:
            times = readers[x]
        for operand in set(call.reads):
            readers[operand] += times * readings(call, operand)
    return [*program.input_variables, *reversed(written)]


def _renumber(written: list[Variable], textbook: frozenset[Variable]) -> None:
    """Call the variables that no textbook names after what they are, counted from 1 again."""
    taken = {x.name for x in written if x in textbook}
    counts: Counter[str] = Counter()
    for x in written:
        if x in textbook:
            continue
        word = x.name.rstrip("_0123456789")
        word = _SHORT.get(word, word)
        counts[word] += 1
        while f"{word}{counts[word]}" in taken:
            counts[word] += 1
        x.name = f"{word}{counts[word]}"


def _opening(study: NetworkStudy, notation: Notation) -> list[str]:
    sizes = [study.architecture.input.in_features]
    sizes += [layer.out_features for layer in study.dense.values()]
    rows = study.x.shape[0]
    first = (
        f"Network {'-'.join(map(str, sizes))}: forward pass, loss and every gradient, for "
        f"{plural(rows, 'example')}."
    )
    about = "x: input, w: weight, b: bias, z: weighted sum, a: activation, L: loss, dL_d: gradient."
    for number, layer in enumerate(study.dense.values(), start=1):
        if layer.in_features != 1 != layer.out_features:
            place = notation.place(f"w{number}", (1, 0))
            about += f" {place} is the weight of layer {number} from input 0 to neuron 1."
            break
    if rows != 1 != sizes[0]:
        about += f" {notation.place('x', (1, 0))} is input 0 of example 1."
    about += " Layers count from 1, all else from 0; a single one has no number."
    return [f'"""{first}', "", *wrapped(about, _COMMENT), '"""', ""]


def _imports(body: list[str]) -> list[str]:
    code = "\n".join(line for line in body if not line.startswith("#"))
    functions = sorted(set(re.findall(r"\b[a-z]\w*", code)) & vars(math).keys())
    return [f"from math import {', '.join(functions)}", ""] if functions else []


def _data(study: NetworkStudy, program: Program, notation: Notation) -> list[str]:
    """The examples and the weights, as numbers."""
    parameters, data = program.inputs
    values = [study.x, study.t, *study.parameters.values()]
    variables = [*data.values(), *parameters.values()]
    lines = [f"# The inputs {variables[0].name} and the targets {variables[1].name}."]
    layers = list(study.dense.values())
    for number, (x, array) in enumerate(zip(variables, values, strict=True)):
        place, is_bias = divmod(number, 2)
        if place and not is_bias:
            layer = layers[place - 1]
            sizes = f"{plural(layer.in_features, 'input')}, {plural(layer.out_features, 'neuron')}"
            lines += ["", f"# Layer {place}: {sizes}, {layer.activation}."]
        lines += notation.data(x.name, x.shape, array)
    return lines


def _calculation(traced: Trace, written: list[Variable], notation: Notation) -> list[str]:
    """Every step with its comment, in the order of the record."""
    formulas = Formulas(traced.program, frozenset(written), notation)
    lines: list[str] = []
    for step in traced.steps:
        block = [
            line
            for x in step.makes
            if x in formulas.written and x in formulas.makers
            for line in notation.lines(x.name, x.shape, lambda index, x=x: formulas.made(x, index))  # type: ignore[misc]
        ]
        if block:
            lines += ["", *_heading(step), *block]
    return lines


def _heading(step: Step) -> list[str]:
    lines = [step.title]
    for text in (step.formula, step.why):
        lines += wrapped(text, _COMMENT, first="  ")
    return [f"# {line}" for line in lines]


def _gradients(program: Program, notation: Notation) -> list[str]:
    lines = ["", "gradients = {"]
    for name, x in program.outputs["gradients"].items():
        first, *rest = notation.nested(x.name, x.shape)
        entry = [f'"{name}": {first}', *rest]
        lines += [f"    {line}" for line in entry[:-1]] + [f"    {entry[-1]},"]
    return [*lines, "}"]


_ENDING = [
    "",
    'if __name__ == "__main__":',
    '    print(f"L = {L}")',
    "    for name, gradient in gradients.items():",
    '        print(f"{name}: {gradient}")',
]


@final
class ProgramText:
    """The source of a program that gives the gradients of a network.

    Args:
        source: The program.
        run: Runs it and gives the gradient of each parameter, as nested lists.

    Example:
        >>> from chainrule.report.program import ProgramText
        >>> program = ProgramText('gradients = {"dense1.bias": [2 * 3]}')
        >>> program.run()
        {'dense1.bias': [6]}
    """

    def __init__(self, source: str, run: Callable[[], dict[str, Any]] | None = None) -> None:
        self.source = source
        self._run = run

    def run(self) -> dict[str, Any]:
        """The gradient of each parameter, as nested lists, from running the program."""
        return self._run() if self._run else executed(self.source)

    def save(self, path: str | Path) -> None:
        """Write the source into a file: all of it, or nothing.

        Args:
            path: The file, in a folder that exists; what was there is replaced.

        Raises:
            DataError: If it cannot be written; what was there stays as it was.
        """
        write_text(path, self.source, "the program")

    def _repr_html_(self) -> str:
        return printed(f"{self!r}\n{self}")

    def __str__(self) -> str:
        return self.source.rstrip("\n")

    def __repr__(self) -> str:
        return f"<program of {self.source.count(chr(10))} lines; print it, run it or save it>"


def executed(source: str) -> dict[str, Any]:
    """The gradients that a printed program leaves behind."""
    scope: dict[str, Any] = {"__name__": "program"}
    exec(compile(source, "<program>", "exec"), scope)
    gradients: dict[str, Any] = scope["gradients"]
    return gradients


def program_of(
    study: NetworkStudy, engine: Engine, *, dtype: str, written_for: str | None = None
) -> ProgramText:
    """The program of a network's gradients; see `Network.program`.

    Args:
        study: The network, its weights and the examples.
        engine: What the network runs on.
        dtype: The number kind that it computes in.
        written_for: "numpy" for what the NumPy engine runs; plain Python if left out.
    """
    if written_for is not None and not is_one_of(written_for, ("python", "numpy")):
        raise OptionError(
            f"a program was asked of engine={shown(written_for)}; plain Python is written when it "
            'is left out, and "numpy" shows what the NumPy engine makes of it'
        )
    if written_for == "numpy":
        return _numpy_program(study, engine, dtype)
    return ProgramText(write_program(_on_lists(study)))


def _on_lists(study: NetworkStudy) -> NetworkStudy:
    """The same with list arrays of float64."""

    def listed(array: Any) -> Any:
        return arrays.astype(arrays.asarray(array.tolist()), arrays.float64)

    parameters = {name: listed(array) for name, array in study.parameters.items()}
    return replace(study, parameters=parameters, x=listed(study.x), t=listed(study.t))


def _numpy_program(study: NetworkStudy, engine: Engine, dtype: str) -> ProgramText:
    """What the NumPy engine runs, with the numbers that the network has."""
    numpy: Any = choose_engine("numpy") if engine.name != "numpy" else engine
    kind = "float64" if dtype == "float64" else "float32"

    def entered(array: Any) -> Any:
        return numpy.asarray(array.tolist(), dtype=kind)

    parameters = {textbook_name(name): entered(w) for name, w in study.parameters.items()}
    data = {"x": entered(study.x), study.loss_function.op.inputs[1]: entered(study.t)}
    numpy_program = numpy.program(Passes(study), parameters, data)

    def run() -> dict[str, Any]:
        gradients = numpy_program.prepare({}, {})(parameters, data)["gradients"]
        return {name: gradient.tolist() for name, gradient in gradients.items()}

    return ProgramText(numpy_program.source(), run)
