"""Copies of ops under other names, declared as a user declares an op."""

from types import FunctionType

from chainrule.autodiff import primitive


def twin(op, name):
    """A copy of an op, with all that it says of itself but its name."""
    own = op.function
    function = FunctionType(own.__code__, own.__globals__, name, own.__defaults__, own.__closure__)
    function.__kwdefaults__, function.__doc__ = own.__kwdefaults__, own.__doc__
    said = {k: v for k, v in op.traits._asdict().items() if k != "plain"}
    copy = primitive(
        op.formula,
        samples=op.samples,
        sample_options=op.sample_options,
        sequence=op.sequence,
        **said,
    )(function)
    for rule in op.rules.values():
        copy.vjp(rule.input, rule.formula, sizes=rule.sizes, taken=rule.taken)(rule.function)
    return copy
