"""Backpropagation with values that are no longer, or not yet, the right ones."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from chainrule.autodiff import Pull, Tensor, origin_of
from chainrule.checking.checked_function import CheckedFunction, Flat, like
from chainrule.checking.faulty_pulls import pulled
from chainrule.checking.tape_mutations import GROUP, Mutation
from chainrule.ops import weighted_sum


def outdated_mutations(checked: CheckedFunction, before: Mapping[str, Flat]) -> Iterator[Mutation]:
    """Walks over the right tape with values that another point has left behind.

    Args:
        checked: The function at its point.
        before: Earlier points by name.
    """
    for called, numbers in before.items():
        if all(list(numbers[name]) == checked.numbers[name] for name in checked.point):
            continue
        old = checked.at(numbers).tape
        values = {new.serial: tensor.value for new, tensor in zip(checked.tape, old, strict=True)}
        results = [tensor.serial for tensor in checked.tape if tensor.origin]
        sums = [
            t.serial for t in checked.tape if t.origin and t.origin.primitive.acts_as(weighted_sum)
        ]
        hidden = [serial for serial in results if sums and serial < sums[-1]]
        weights = values.keys() - set(results)
        for what, outdated in (
            ("the hidden activations are outdated", hidden),
            ("the activations are outdated, and the weights are not", results),
            ("the weights are outdated, and the activations are not", weights),
            ("activations and weights are outdated", values),
        ):
            held = {serial: values[serial] for serial in outdated}
            yield Mutation(GROUP, f"{what}: they are those of {called}", _with_values(held))


def walk_through_updated(
    checked: CheckedFunction, given: Flat, rate: float, weights: Collection[str]
) -> Flat:
    """The walk of someone who updates a layer before going back through it.

    Args:
        checked: The function at its point.
        given: The gradient by which the weights are updated.
        rate: The learning rate of that update.
        weights: The weights that are updated too early.
    """
    return checked.walk(_through_updated(given, rate, weights))


def _with_values(held: Mapping[int, Any]) -> Pull:
    def pull(tensor: Tensor, index: int, g: Any, _: bool = False) -> Any:
        inputs = [
            held.get(x.serial, x.value) if type(x) is Tensor else x
            for x in origin_of(tensor).inputs
        ]
        return pulled(tensor, index, g, output=held.get(tensor.serial), inputs=inputs)

    return pull


def _through_updated(given: Flat, rate: float, weights: Collection[str]) -> Pull:
    def pull(tensor: Tensor, index: int, g: Any, _: bool = False) -> Any:
        origin = origin_of(tensor)
        inputs = list(origin.values)
        if origin.primitive.acts_as(weighted_sum) and index == 0:
            weight = origin.inputs[1]
            if type(weight) is Tensor and weight.name and weight.name in {*weights} & given.keys():
                inputs[1] = inputs[1] - rate * like(weight.value, given[weight.name])
        return pulled(tensor, index, g, inputs=inputs)

    return pull
