"""Every op on all of its samples: its value, and what its rules give."""

from chainrule import ops  # noqa: F401 - which declares them
from chainrule.autodiff import PRIMITIVES, Tensor, backward

CASES = [
    (op, sample, options)
    for op in PRIMITIVES.values()
    for sample in op.samples
    for options in op.sample_options
]


def case_name(case):
    op, sample, options = case
    return f"{op.name}-{op.samples.index(sample)}-{options}"


def value_and_derivatives(op, options):
    """The value of an op and, where it has rules, the gradient of its sum of squares."""

    def function(*inputs):
        if not op.rules:
            return op(list(inputs), **options) if op.sequence else op(*inputs, **options)
        tensors = [
            Tensor(x, name=f"x{i}") if op.rule(i) is not None else x for i, x in enumerate(inputs)
        ]
        a = op(tensors, **options) if op.sequence else op(*tensors, **options)
        wanted = [x for x in tensors if type(x) is Tensor]
        return a.value, backward((a * a).sum(), wanted)

    return function
