"""Backpropagation with values that are no longer, or not yet, the right ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chainrule import arrays
from chainrule.autodiff import Tensor
from chainrule.autodiff.walk import Pull
from chainrule.explanations.checking.faulty_pulls import origin_of, plain, pulled
from chainrule.explanations.checking.mutations import Mutation
from chainrule.explanations.checking.subject import Flat, Subject
from chainrule.ops import weighted_sum


def stale_mutations(subject: Subject, before: Mapping[str, Flat]) -> Iterator[Mutation]:
    """Walks over the right tape with values that another point has left behind.

    Args:
        subject: The function at its point.
        before: Earlier points by what people call them.
    """
    for called, numbers in before.items():
        old = Subject(
            subject.function,
            {
                name: arrays.reshape(arrays.asarray(numbers[name]), subject.shapes[name])
                for name in subject.point
            },
        )
        values = {
            new.serial: tensor.value for new, tensor in zip(subject.tape, old.tape, strict=True)
        }
        made = [tensor.serial for tensor in subject.tape if tensor.origin]
        sums = [t.serial for t in subject.tape if t.origin and t.origin.primitive is weighted_sum]
        hidden = [serial for serial in made if sums and serial < sums[-1]]
        weights = values.keys() - set(made)
        for what, stale in (
            ("the hidden activations are stale", hidden),
            ("the activations are stale, and the weights are not", made),
            ("the weights are stale, and the activations are not", weights),
            ("activations and weights are stale", values),
        ):
            held = {serial: values[serial] for serial in stale}
            yield Mutation(f"{what}: they are those of {called}", _with_values(held))


def updated_weights(
    subject: Subject, given: Flat, gradient: Flat, wrong: Sequence[str]
) -> tuple[str, Flat] | None:
    """The walk of someone who updates each layer before going back through it.

    The learning rate is read off the last wrong tensor, which only one updated layer has reached,
    and then has to explain all the others.

    Returns:
        The sentence and the gradient; None if the numbers suggest no learning rate.
    """
    walked = subject.walk(_through_updated(given, 1.0))
    last = [name for name in given if name in wrong][-1]
    moved = [m - g for m, g in zip(walked[last], gradient[last], strict=True)]
    square = sum(m * m for m in moved)
    if not square:
        return None
    apart = [a - g for a, g in zip(given[last], gradient[last], strict=True)]
    rate = sum(a * m for a, m in zip(apart, moved, strict=True)) / square
    sentence = (
        "the way back goes through weights that were updated already, with a learning rate of "
        f"{rate:.6g}"
    )
    return sentence, subject.walk(_through_updated(given, rate))


def _with_values(held: Mapping[int, Any]) -> Pull:
    def pull(tensor: Tensor, index: int, g: Any, _: bool = False) -> Any:
        inputs = [
            held.get(x.serial, x.value) if type(x) is Tensor else x
            for x in origin_of(tensor).inputs
        ]
        return pulled(tensor, index, g, output=held.get(tensor.serial), inputs=inputs)

    return pull


def _through_updated(given: Flat, rate: float) -> Pull:
    def pull(tensor: Tensor, index: int, g: Any, _: bool = False) -> Any:
        origin = origin_of(tensor)
        inputs = [plain(x) for x in origin.inputs]
        if origin.primitive is weighted_sum and index == 0:
            weight = origin.inputs[1]
            if type(weight) is Tensor and weight.name and weight.name in given:
                step = arrays.reshape(arrays.asarray(given[weight.name]), weight.shape)
                inputs[1] = inputs[1] - rate * step
        return pulled(tensor, index, g, inputs=inputs)

    return pull
