"""Derivatives measured from values alone, put beside what the rules of an op say."""

import chainrule.ops  # noqa: F401 - fills the registry
from chainrule import arrays
from chainrule.arrays.random import Generator
from chainrule.autodiff import PRIMITIVES, Tensor, backward

STEP = 1e-25  # of the complex step: its square is out of a float's sight, so nothing cancels


def cases(with_rules=False):
    """Every op with every sample and every set of options that it was declared with."""
    return [
        (op, sample, options)
        for op in list(PRIMITIVES.values())
        if op.rules or not with_rules
        for sample in op.samples
        for options in op.sample_options
    ]


def case_id(value):
    return value.name if hasattr(value, "rules") else None


def run(op, inputs, options):
    return op(inputs, **options) if op.sequence else op(*inputs, **options)


def as_arrays(sample, xp=arrays):
    return [xp.asarray(value) for value in sample]


def seed_for(shape, number=1):
    return Generator(number).uniform(-1.0, 1.0, tuple(shape))


def proved_places(op, inputs):
    """The positions of the inputs that are numbers and have a rule."""
    return [i for i, x in enumerate(inputs) if op.rule(i) and str(x.dtype) != "bool"]


def first(op, inputs, options, seed):
    """Gradients of `Σ seed · op(inputs)` by the op's rules, one for each proved place."""
    places = proved_places(op, inputs)
    tensors = [Tensor(x) if i in places else x for i, x in enumerate(inputs)]
    return backward(run(op, tensors, options), [tensors[i] for i in places], seed)


def second(op, inputs, options, seed, weights):
    """Gradients of `Σ weights · first`, by differentiating the rules themselves."""
    places = proved_places(op, inputs)
    tensors = [Tensor(x) if i in places else x for i, x in enumerate(inputs)]
    wanted = [tensors[i] for i in places]
    slopes = backward(run(op, tensors, options), wanted, seed, differentiable=True)
    total = sum((w * g).sum() for w, g in zip(weights, slopes, strict=True))
    return backward(total, wanted)


def value_along(op, options, seed):
    def function(inputs):
        return (seed * run(op, inputs, options)).sum().item()

    return function


def slope_along(op, options, seed, weights):
    def function(inputs):
        slopes = first(op, inputs, options, seed)
        return sum((w * g).sum().item() for w, g in zip(weights, slopes, strict=True))

    return function


def by_complex_step(function, inputs, place):
    """`∂function/∂entry = Im function(entry + ih) / h` for every entry of one input."""
    x = inputs[place]
    return [
        function(_moved(inputs, place, [0j] * k + [STEP * 1j] + [0j] * (x.size - k - 1))).imag
        / STEP
        for k in range(x.size)
    ]


def by_differences(function, inputs, place, h=2e-3):
    """Central differences at h and h/2, whose leading errors cancel (Richardson)."""
    found = []
    for k in range(inputs[place].size):
        slopes = []
        for step in (h, h / 2):
            move = [0.0] * inputs[place].size
            move[k] = step
            back = [-m for m in move]
            up, down = (function(_moved(inputs, place, m)) for m in (move, back))
            slopes.append((up - down) / (2 * step))
        found.append((4 * slopes[1] - slopes[0]) / 3)
    return found


def _moved(inputs, place, move):
    x = inputs[place]
    changed = x + arrays.reshape(arrays.asarray(move), x.shape)
    return [*inputs[:place], changed, *inputs[place + 1 :]]


def complaints(op, sample, options):
    """What is wrong with the rules of an op at a sample; nothing, if they are right."""
    inputs = as_arrays(sample)
    seed = seed_for(run(op, inputs, options).shape)
    places = proved_places(op, inputs)
    slopes = first(op, inputs, options, seed)
    weights = [seed_for(inputs[i].shape, 2 + i) for i in places]
    bends = second(op, inputs, options, seed, weights)
    value = value_along(op, options, seed)
    slope = slope_along(op, options, seed, weights)
    found = []
    for i, g, h in zip(places, slopes, bends, strict=True):
        name = op.input_at(i)
        for what, ruled, measured, digits in (
            ("shape", list(g.shape + h.shape), list(inputs[i].shape * 2), 0),
            ("slope by complex step", g.data, by_complex_step(value, inputs, i), 12),
            ("slope by differences", g.data, by_differences(value, inputs, i), 7),
            ("bend by complex step", h.data, by_complex_step(slope, inputs, i), 11),
        ):
            if not agree(ruled, measured, digits):
                found.append(f"{op.name}, {name}: {what} is {measured}, the rule says {ruled}")
    return found


def agree(first_numbers, second_numbers, digits):
    """Whether two lists agree; NaN agrees with nothing."""
    pairs = list(zip(first_numbers, second_numbers, strict=False))
    return len(first_numbers) == len(second_numbers) and all(
        abs(x - y) * 10**digits <= 1 + abs(y) for x, y in pairs
    )
