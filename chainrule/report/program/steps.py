"""The record of a forward pass and a walk back, parted into the ops and rules it came from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, final

from chainrule.autodiff import Tensor, backward, origin_of, pull_back, tape
from chainrule.engines import (
    Instruction,
    Program,
    Variable,
    rebuild,
    record,
    textbook_name,
    without_duplicates,
    without_unused,
)
from chainrule.nn import ACTIVATIONS, NetworkStudy, named
from chainrule.ops import mean


@final
@dataclass(frozen=True)
class Step:
    """One op of the forward pass, or one rule of the walk back.

    Attributes:
        title: What is worked out, and by which op.
        formula: The op's formula, or the rule's.
        why: One sentence about it.
        makes: The variables that its calls make.
    """

    title: str
    formula: str
    why: str
    makes: tuple[Variable, ...]


@final
@dataclass(frozen=True)
class Trace:
    """A recorded forward pass and walk back.

    Attributes:
        program: What was computed; its outputs are a dict of "outputs", "L" and "gradients".
        steps: Where each part of it came from, in order.
        textbook: The variables that a textbook has a name for.
    """

    program: Program
    steps: tuple[Step, ...]
    textbook: frozenset[Variable]


def trace(study: NetworkStudy) -> Trace:
    """Run forward pass, loss and walk back once, and keep the record.

    Args:
        study: The network, its weights and the examples.

    Returns:
        The record, without results that nothing needs or that are there already. Its variables
        bear the textbook's names: `x`, `w1`, `z1`, `a1`, `L`, `dL_dz1`.
    """
    passes = Passes(study)
    parameters = {textbook_name(name): array for name, array in study.parameters.items()}
    data = {"x": study.x, study.loss_function.op.inputs[1]: study.t}
    program = record(passes, parameters, data)
    program, calls_by_mark = _with_copies(program, passes.marks)
    steps = tuple(
        _step(mark, calls) for mark, calls in zip(passes.marks, calls_by_mark, strict=True)
    )
    textbook = {step.makes[-1] for step in steps} | {program.outputs["L"], *passes.seeds}
    textbook |= set(program.input_variables) | set(program.output_variables)
    program = without_unused(without_duplicates(program))
    return Trace(program, steps, frozenset(textbook))


@final
@dataclass(frozen=True, eq=False)
class _Mark:
    """How far the notes had come when an op or a rule had been run.

    Attributes:
        tensor: The op's result; for a rule, the one that the gradient is pulled back through.
        index: Which of the op's inputs the rule is for; None for the op itself.
        end: The number of calls noted by then.
        result: What the op or the rule returned.
        name: What a textbook calls that.
    """

    tensor: Tensor
    index: int | None
    end: int
    result: Variable
    name: str


@final
class Passes:
    """Forward pass and walk back, as a function to record; it marks where each step ends.

    Args:
        study: The network and its loss.

    Attributes:
        marks: The end of each step, in order.
        seeds: What the walk back starts from.
    """

    def __init__(self, study: NetworkStudy) -> None:
        self.study = study
        self.marks: list[_Mark] = []
        self.seeds: list[Variable] = []

    def __call__(self, parameters: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
        """Outputs, loss and gradients.

        Args:
            parameters: Weights and biases, in the order of the study's.
            data: The inputs and the targets, in this order.
        """
        x, t = data.values()
        weights = {
            name: Tensor(array, name=name)
            for name, array in zip(self.study.parameters, parameters.values(), strict=True)
        }
        outputs, total = self._forward(weights, x, t)
        self._notes = x.recorder.instructions
        self.marks += _forward_marks(self._notes, outputs, total)
        gradients = backward(total, list(weights.values()), pull=self._pull)
        return {
            "outputs": outputs.value,
            "L": total.value,
            "gradients": dict(zip(weights, gradients, strict=True)),
        }

    def _forward(self, weights: dict[str, Tensor], x: Any, t: Any) -> tuple[Any, Any]:
        """The network's outputs and its mean loss."""
        architecture, loss = self.study.architecture, self.study.loss_function
        z = architecture.scores(weights, x)
        if loss.link in (None, ACTIVATIONS.link(architecture.output.activation)):
            outputs = architecture.activate(z)
        else:
            outputs = named(ACTIVATIONS[loss.link](z), "p")
        losses = named(loss.op(z if loss.link else outputs, t), "loss")
        return outputs, named(mean(losses), "L")

    def _pull(self, tensor: Tensor, index: int, g: Any, differentiable: bool) -> Any:
        if not self.seeds:
            self.seeds.append(g.variable)
        share = pull_back(tensor, index, g, differentiable)
        name = textbook_name(f"dL/{origin_of(tensor).inputs[index].name}")
        self.marks.append(_Mark(tensor, index, len(self._notes), share.variable, name))
        return share


def _forward_marks(notes: list[Instruction], outputs: Tensor, total: Tensor) -> Iterator[_Mark]:
    places = {instruction.result: place for place, instruction in enumerate(notes, start=1)}
    tensors = {x.serial: x for end in (outputs, total) for x in tape(end) if x.origin}
    for _, tensor in sorted(tensors.items()):
        variable = tensor.value.variable
        yield _Mark(tensor, None, places[variable], variable, textbook_name(str(tensor.name)))


def _with_copies(
    program: Program, marks: list[_Mark]
) -> tuple[Program, list[tuple[Variable, ...]]]:
    """The program in which every step makes a result of its own, and what each step makes.

    An op or rule that passes on what it got, such as the identity, becomes a copy with a name of
    its own, so that no link of the chain is missing from the page.
    """
    known: dict[Variable, Variable] = {}
    instructions: list[Instruction] = []
    results: list[tuple[Variable, ...]] = []

    def current(x: Any) -> Any:
        return known.get(x, x) if type(x) is Variable else x

    start = 0
    for mark in marks:
        calls = [
            replace(call, operands=tuple(map(current, call.operands)))
            for call in program.instructions[start : mark.end]
        ]
        if mark.result not in {call.result for call in calls}:
            copy = Variable(mark.result.shape, mark.result.dtype, mark.name)
            calls.append(Instruction("positive", (current(mark.result),), {}, copy))
            known[mark.result] = copy
        instructions += calls
        results.append(tuple(call.result for call in calls))
        start = max(start, mark.end)
    rest = program.instructions[start:]
    outputs = rebuild(program.outputs, current)
    return replace(program, instructions=(*instructions, *rest), outputs=outputs), results


def _step(mark: _Mark, makes: tuple[Variable, ...]) -> Step:
    """A step with the words for it."""
    origin = origin_of(mark.tensor)
    op = origin.primitive
    operands = ", ".join(
        textbook_name(str(x.name)) if type(x) is Tensor else x.variable.name for x in origin.inputs
    )
    call = f"{textbook_name(str(mark.tensor.name))} = {op.name}({operands})"
    if mark.index is None:
        return Step(f"Forward: {call}", op.formula, op.why, makes)
    rule = op.rule(mark.index)
    assert rule is not None
    return Step(f"Backward: {makes[-1].name}, through {call}", rule.formula, rule.why, makes)
