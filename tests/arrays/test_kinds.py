"""Number kinds: which kind a result has, and what each kind computes."""

from decimal import Decimal, localcontext
from fractions import Fraction
from math import inf, isnan, nan

import pytest

import chainrule.arrays as xp
from chainrule.errors import KindError, NotANumberError

EXAMPLES = {
    xp.bool: True,
    xp.int64: 2,
    xp.fraction: Fraction(1, 3),
    xp.float64: 0.5,
    xp.decimal: Decimal("0.25"),
    xp.complex128: 1 + 2j,
    xp.symbol: xp.Symbol("w"),
}
ORDER = list(EXAMPLES)
STRANGERS = [{xp.decimal, xp.complex128}, {xp.complex128, xp.symbol}]


@pytest.mark.parametrize("kind", ORDER)
def test_every_kind_is_recognised_from_its_numbers(kind):
    assert xp.asarray([EXAMPLES[kind]]).dtype is kind


@pytest.mark.parametrize("first", ORDER)
@pytest.mark.parametrize("second", ORDER)
def test_two_kinds_meet_in_the_later_one_for_arrays_and_numbers(first, second):
    x, y = xp.asarray([EXAMPLES[first]]), xp.asarray([EXAMPLES[second]])
    if {first, second} in STRANGERS:
        with pytest.raises(KindError, match="no common kind"):
            x * y
        return
    expected = max(first, second, xp.int64, key=ORDER.index)
    for product in (x * y, x * EXAMPLES[second], EXAMPLES[first] * y):
        assert product.dtype is expected
        assert xp.asarray(product.tolist()).dtype is expected
    assert xp.result_type(x, second) is max(first, second, key=ORDER.index)


@pytest.mark.parametrize("kind", [xp.fraction, xp.decimal, xp.float64, xp.complex128, xp.int64])
@pytest.mark.parametrize("name", ["sum", "max", "min", "prod", "mean"])
def test_reductions_keep_the_kind(kind, name):
    x = xp.asarray([EXAMPLES[kind], EXAMPLES[kind]])
    result = getattr(xp, name)(x)
    expected = xp.float64 if (name, kind) == ("mean", xp.int64) else kind
    assert result.dtype is expected
    assert xp.asarray(result.item()).dtype is expected


@pytest.mark.parametrize("kind", [xp.fraction, xp.decimal, xp.float64, xp.complex128, xp.int64])
def test_constants_take_on_the_kind_of_their_neighbour(kind):
    x = xp.asarray([EXAMPLES[kind]])
    for result in (xp.maximum(x, 100), xp.where(x > 100, x, 0), xp.clip(x, 50, 60), xp.sign(x)):
        assert result.dtype is kind
        assert xp.asarray(result.tolist()).dtype is kind


def test_fractions_stay_exact():
    third = xp.asarray([Fraction(1, 3), Fraction(2, 3)])
    assert ((third * 3 - 1) ** 2 / 7).tolist() == [0, Fraction(1, 7)]
    assert xp.mean(third).item() == Fraction(1, 2)
    assert (third @ third).item() == Fraction(5, 9)
    assert (third**-2).tolist() == [9, Fraction(9, 4)]
    assert xp.floor(third * 4).tolist() == [1, 2]


@pytest.mark.parametrize("name", ["exp", "log", "tanh", "sqrt"])
def test_what_is_not_rational_is_refused_with_a_way_out(name):
    with pytest.raises(KindError, match=rf"{name} was asked of fraction numbers.*astype"):
        getattr(xp, name)(xp.asarray(Fraction(1, 2)))


def test_a_fraction_over_zero_is_refused_with_a_way_out():
    with pytest.raises(NotANumberError, match=r"1/2 / 0.*astype\(x, float64\)"):
        xp.asarray([Fraction(1, 2)]) / 0


def test_a_fraction_becomes_a_decimal_in_one_division():
    with localcontext() as context:
        context.prec = 30
        third = xp.astype(xp.asarray([Fraction(1, 3)]), xp.decimal)
    assert third.item() == Decimal("0." + 30 * "3")


def test_powers_that_leave_a_kind_are_refused():
    with pytest.raises(KindError, match=r"1/2 \*\* \(1/2\).*not rational"):
        xp.asarray([Fraction(1, 2)]) ** Fraction(1, 2)
    with pytest.raises(KindError, match=r"2 \*\* -1.*astype\(x, float64\)"):
        xp.asarray([2]) ** -1


# Fifty digits from the On-Line Encyclopedia of Integer Sequences: A001113 (e), A002162 (ln 2),
# A002193 (√2), A073742 (sinh 1), A073743 (cosh 1), A073744 (tanh 1).
FIFTY_DIGITS = [
    ("exp", 1, "2.7182818284590452353602874713526624977572470937000"),
    ("log", 2, "0.69314718055994530941723212145817656807550013436026"),
    ("log1p", 1, "0.69314718055994530941723212145817656807550013436026"),
    ("sqrt", 2, "1.4142135623730950488016887242096980785696718753769"),
    ("expm1", 1, "1.7182818284590452353602874713526624977572470937000"),
    ("sinh", 1, "1.1752011936438014568823818505956008151557179813341"),
    ("cosh", 1, "1.5430806348152437784779056207570616826015291123659"),
    ("tanh", 1, "0.76159415595576488811945828260479359041276859725794"),
]
# The first terms of the Taylor series at x = 10^-30, which are beyond fifty digits after these.
NEAR_ZERO = [
    ("expm1", "1.0000000000000000000000000000005000000000000000000E-30"),
    ("log1p", "9.9999999999999999999999999999950000000000000000000E-31"),
    ("sinh", "1E-30"),
    ("tanh", "1E-30"),
]


@pytest.mark.parametrize(("name", "x", "digits"), FIFTY_DIGITS)
def test_decimals_have_as_many_digits_as_the_context(name, x, digits):
    with localcontext() as context:
        context.prec = 50
        found = getattr(xp, name)(xp.asarray([Decimal(x)])).item()
        assert abs(found - Decimal(digits)) <= Decimal("2E-49") * Decimal(digits)


@pytest.mark.parametrize(("name", "digits"), NEAR_ZERO)
@pytest.mark.parametrize("sign", [1, -1])
def test_decimals_keep_their_digits_near_zero(name, digits, sign):
    with localcontext() as context:
        context.prec = 50
        x = Decimal("1E-30")
        expected = Decimal(digits)
        if sign < 0 and name in ("expm1", "log1p"):  # the x² term changes its sign
            expected = 2 * x - expected
        found = getattr(xp, name)(xp.asarray([sign * x])).item()
        assert abs(found - sign * expected) <= Decimal("1E-79")


def test_decimals_reach_their_limits_without_raising():
    x = xp.asarray([Decimal(0), Decimal("1E-5000"), Decimal(10) ** 9, Decimal("-Infinity")])
    assert xp.tanh(x).tolist() == [0, Decimal("1E-5000"), 1, -1]
    assert xp.expm1(x[:2]).tolist() == [0, Decimal("1E-5000")]
    assert xp.isfinite(x).tolist() == [True, True, True, False]


def test_a_float_becomes_a_decimal_digit_for_digit():
    taken_over = xp.maximum(xp.asarray([Decimal(0)]), 0.5 + 2**-10)
    assert taken_over.item() == Decimal("0.5009765625")


H = 1e-200  # so small that the real parts do not see it, and its square is nothing
STEPS = [
    ("x**1.5", lambda x: x**1.5, 2.0, 1.5 * 2.0**0.5),
    ("1/x", lambda x: 1 / x, 2.0, -0.25),
    ("x**-2", lambda x: x**-2, -2.0, 0.25),
    ("exp", xp.exp, 1.0, 2.718281828459045),
    ("expm1", xp.expm1, -1e-3, 0.9990004998333750),
    ("log", xp.log, 4.0, 0.25),
    ("log1p", xp.log1p, 1e-9, 1 / (1 + 1e-9)),
    ("sqrt", xp.sqrt, 4.0, 0.25),
    ("tanh", xp.tanh, 0.0, 1.0),
    ("abs below", xp.abs, -3.0, -1.0),
    ("abs above", xp.abs, 3.0, 1.0),
    ("maximum", lambda x: xp.maximum(x, 0) * 3, 1.0, 3.0),
    ("maximum off", lambda x: xp.maximum(x, 0) * 3, -1.0, 0.0),
    ("where", lambda x: xp.where(x > 0, x * x, -x), -5.0, -1.0),
    ("clip", lambda x: xp.clip(x, -1, 1), 0.5, 1.0),
    ("sign", lambda x: xp.sign(x) * x, -2.0, -1.0),
    ("max", lambda x: xp.max(xp.concat([x, x * 2])), 1.0, 2.0),
]


@pytest.mark.parametrize(("f", "x", "slope"), [c[1:] for c in STEPS], ids=[c[0] for c in STEPS])
def test_a_complex_step_carries_the_derivative(f, x, slope):
    found = float(xp.imag(f(xp.asarray([complex(x, H)])))) / H
    assert found == pytest.approx(slope, rel=1e-14, abs=1e-300)


def test_complex_numbers_are_ordered_by_their_real_parts():
    z = xp.asarray([1 + 9j, 2 - 9j, 1 - 1j])
    assert (z < 2).tolist() == [True, False, True]
    assert (z == 1).tolist() == [True, False, True]
    assert xp.argmax(z).item() == 1
    assert xp.min(z).item() == 1 + 9j
    assert xp.argsort(z).tolist() == [0, 2, 1]
    assert xp.sort(z, descending=True).tolist() == [2 - 9j, 1 + 9j, 1 - 1j]


@pytest.mark.parametrize(
    ("result", "real"),
    [
        (xp.exp(xp.asarray([1000 + 1e-9j])), inf),
        (xp.cosh(xp.asarray([-1000 + 0j])), inf),
        (xp.sinh(xp.asarray([-1000 + 0j])), -inf),
        (xp.log(xp.asarray([0j])), -inf),
        (xp.log1p(xp.asarray([-1 + 0j])), -inf),
        (xp.expm1(xp.asarray([1000 + 0j])), inf),
        (xp.asarray([1 + 0j]) / 0, inf),
        (xp.asarray([-1 + 0j]) / xp.asarray([0j]), -inf),
        (xp.asarray([10 + 0j]) ** 400, inf),
        (xp.asarray([0j]) ** -1, inf),
        (xp.tanh(xp.asarray([1000 + 0j])), 1.0),
        (xp.sin(xp.asarray([complex(inf, 0)])), nan),
    ],
)
def test_complex_numbers_overflow_as_their_real_parts_do(result, real):
    found = result.item().real
    assert found == real or (isnan(found) and isnan(real))


def test_what_has_no_counterpart_in_a_kind_is_refused():
    with pytest.raises(KindError, match="complex128 numbers cannot become float64"):
        xp.astype(xp.asarray([1j]), xp.float64)
    assert xp.astype(xp.asarray([2.7]), xp.int64).tolist() == [2]
    assert xp.astype(xp.asarray([0.5]), xp.fraction).tolist() == [Fraction(1, 2)]
    assert xp.astype(xp.asarray([0.0, 2.0]), xp.bool).tolist() == [False, True]
