"""Every op on every kind of number: exact where it is rational, 50 digits, formulas."""

from decimal import Decimal, localcontext
from fractions import Fraction

import pytest

from chainrule import arrays
from chainrule.arrays import Symbol
from chainrule.autodiff import PRIMITIVES
from chainrule.errors import KindError
from tests.ops.derivatives import (
    agree,
    as_arrays,
    case_id,
    cases,
    first,
    proved_places,
    run,
    seed_for,
)

RATIONAL = {
    *("add", "subtract", "multiply", "divide", "negative", "abs", "maximum", "minimum", "where"),
    *("sum", "mean", "max", "min", "matmul", "weighted_sum", "identity", "relu", "leaky_relu"),
    *("squared_error", "absolute_error", "huber", "hinge"),
    *("reshape", "expand_dims", "matrix_transpose", "permute_dims", "broadcast_to", "concat"),
    *("take", "zeros_like", "stack"),
}
# Which entry of formulas is the largest is not known before the formulas have values.
UNDECIDED = {"first_maximum": "value", "max": "slope", "min": "slope"}
EXACT = 44


def converted(sample, convert):
    """The sample with every float turned into another kind of number; truth values stay."""

    def each(value):
        if isinstance(value, list):
            return [each(v) for v in value]
        return value if isinstance(value, bool) else convert(value)

    return [arrays.asarray(each(value)) for value in sample]


def exactly(x):
    return Fraction(str(x))


def numbers(array):
    return arrays.reshape(array, (-1,)).tolist()


@pytest.mark.parametrize(("op", "sample", "options"), cases(), ids=case_id)
def test_fractions_stay_exact_or_are_refused_by_name(op, sample, options):
    inputs = converted(sample, exactly)
    try:
        output = run(op, inputs, options)
    except KindError as error:
        assert op.name not in RATIONAL
        assert "fraction" in str(error)  # noqa: PT017 - which of the two happens is the op's nature
        return
    assert str(output.dtype) in {"fraction", "bool"}
    expected = run(op, as_arrays(sample), options)
    assert agree(list(map(float, numbers(output))), list(map(float, numbers(expected))), 14)
    if not op.rules:
        return
    seed = converted([seed_for(output.shape).tolist()], exactly)[0]
    try:
        slopes = first(op, inputs, options, seed)
    except KindError:
        assert op.name == "pow"  # ln x, for the exponent
        return
    floats = first(op, as_arrays(sample), options, arrays.astype(seed, arrays.float64))
    for slope, float_slope in zip(slopes, floats, strict=True):
        assert str(slope.dtype) == "fraction"
        assert all(type(x) is Fraction for x in slope.data)
        assert agree(list(map(float, slope.data)), float_slope.data, 13)


@pytest.mark.parametrize("name", sorted(RATIONAL))
def test_what_is_rational_does_not_refuse_fractions(name):
    op = PRIMITIVES[name]
    output = run(op, converted(op.samples[0], exactly), op.sample_options[0])
    assert str(output.dtype) == "fraction"


def test_whole_powers_of_fractions_are_exact_with_their_slope():
    x = arrays.asarray([Fraction(2, 3)])
    power = PRIMITIVES["pow"]
    assert power(x, 3).tolist() == [Fraction(8, 27)]
    assert power(x, -2).tolist() == [Fraction(9, 4)]
    seed = arrays.ones_like(x)
    rule = power.rule(0).function
    assert rule(arrays, seed, power(x, 3), x, 3).tolist() == [Fraction(4, 3)]
    assert rule(arrays, seed, power(x, -2), x, -2).tolist() == [Fraction(-27, 4)]


@pytest.mark.parametrize(("op", "sample", "options"), cases(), ids=case_id)
def test_decimals_carry_fifty_digits(op, sample, options):
    """The rule at 50 digits agrees with differences of values at 120 digits, h = 1e-30."""
    inputs = converted(sample, lambda x: Decimal(str(x)))
    with localcontext() as context:
        context.prec = 50
        output = run(op, inputs, options)
        assert str(output.dtype) in {"decimal", "bool"}
        if not op.rules:
            return
        seed = converted([seed_for(output.shape).tolist()], lambda x: Decimal(str(x)))[0]
        slopes = first(op, inputs, options, seed)
        context.prec = 120
        for place, slope in zip(proved_places(op, inputs), slopes, strict=True):
            assert all(type(x) is Decimal for x in slope.data)
            measured = differences(op, inputs, options, seed, place)
            assert agree(slope.data, measured, EXACT)


def differences(op, inputs, options, seed, place, h=Decimal("1e-30")):
    def value(data):
        moved = arrays.reshape(arrays.asarray(data), inputs[place].shape)
        changed = [*inputs[:place], moved, *inputs[place + 1 :]]
        return (seed * run(op, changed, options)).sum().item()

    data = inputs[place].data
    return [
        (
            value([*data[:k], data[k] + h, *data[k + 1 :]])
            - value([*data[:k], data[k] - h, *data[k + 1 :]])
        )
        / (2 * h)
        for k in range(len(data))
    ]


def agree_exactly(x, y):
    return abs(x - y) < Decimal(10) ** -EXACT


def test_the_constants_of_gelu_have_fifty_digits_too():
    """z = 1: √(2/π) · 1.044715 by hand from π to 60 digits, and tanh by its exponentials."""
    with localcontext() as context:
        context.prec = 60
        pi = Decimal("3.14159265358979323846264338327950288419716939937510582097494")
        bend = (2 / pi).sqrt() * Decimal("1.044715")
        tanh = 1 - 2 / ((2 * bend).exp() + 1)
        expected = (1 + tanh) / 2
        context.prec = 50
        found = PRIMITIVES["gelu"](arrays.asarray([Decimal(1)])).item()
        assert agree_exactly(found, expected)


@pytest.mark.parametrize(("op", "sample", "options"), cases(), ids=case_id)
def test_symbols_write_formulas_of_the_value_and_the_slope(op, sample, options):
    plain = as_arrays(sample)
    names = {}

    def name(x):
        names[f"x{len(names)}"] = x
        return Symbol(f"x{len(names) - 1}")

    inputs = converted(sample, name)
    undecided = UNDECIDED.get(op.name)
    if undecided == "value":
        with pytest.raises(KindError, match="symbol"):
            run(op, inputs, options)
        return
    output = run(op, inputs, options)
    expected = run(op, plain, options)
    assert output.shape == expected.shape
    assert agree(evaluated(output, names), numbers(expected), 12)
    if not op.rules:
        return
    seed = seed_for(output.shape)
    if undecided == "slope":
        with pytest.raises(KindError, match="symbol"):
            first(op, inputs, options, seed)
        return
    slopes, floats = (first(op, x, options, seed) for x in (inputs, plain))
    for slope, float_slope in zip(slopes, floats, strict=True):
        assert agree(evaluated(slope, names), float_slope.data, 12)


def evaluated(array, names):
    return [x.evaluate(**names) if type(x) is Symbol else x for x in numbers(array)]


def test_the_formula_of_a_neuron_reads_like_the_textbook():
    w, x, b, y = (arrays.asarray([[Symbol(name)]]) for name in "wxby")
    z = PRIMITIVES["weighted_sum"](x, w, arrays.reshape(b, (1,)))
    assert str(z.item()) == "x * w + b"
    loss = PRIMITIVES["squared_error"]
    slope = loss.rule(0).function(arrays, arrays.ones_like(loss(z, y)), None, z, y)
    assert str(slope.item()) == "2 * (x * w + b - y)"
