"""How precisely a gradient was given is read from its numbers, or asked for."""

import builtins
import math
import re
from collections import Counter
from struct import pack, unpack
from types import SimpleNamespace

import pytest

import chainrule as cr
from chainrule.checking.precision import (
    asked_precision,
    common_factor,
    kind_precision,
    seen_precision,
)
from chainrule.checking.verdict import Measured
from chainrule.errors import OptionError
from chainrule.model.check import check_gradients

DRAWN = [0.7123456789123, -0.0987654321987, 0.3141592653589]
UNEVEN = [456.789012345678, -0.00123456789012]


def float32(x):
    return unpack("f", pack("f", x))[0]


def seen(given, right):
    found = seen_precision({"w": given}, {"w": right})
    return found and (found.words.removesuffix(" that it was given with"), found.digits)


@pytest.mark.parametrize(("kind", "rounding"), [("float16", 2.0**-11), ("bfloat16", 2.0**-8)])
def test_a_kind_of_two_bytes_may_be_off_by_eight_of_its_roundings_of_the_largest(kind, rounding):
    kinds = {"w": SimpleNamespace(dtype=f"torch.{kind}"), "b": SimpleNamespace(dtype="float64")}
    found = kind_precision(kinds, {"w": [2.0, -4.0], "b": [3.0]})
    assert found.words == f"the digits of {kind}, in which it was given"
    assert (found.digits, found.asked, found.unsure) == (3, False, 1.0)
    assert found.allowance == {"w": [4 * 8 * rounding] * 2, "b": [0.0]}


@pytest.mark.parametrize(("places", "told"), [(2, 0), (3, 1), (4, 1), (9, 1), (10, 0)])
def test_three_to_nine_decimals_are_seen(places, told):
    words = (f"the {places} decimals", places) if told else None
    assert seen([round(w, places) for w in DRAWN], DRAWN) == words


@pytest.mark.parametrize(("digits", "told"), [(2, 0), (3, 1), (4, 1), (9, 1), (10, 0)])
def test_three_to_nine_digits_are_seen(digits, told):
    words = (f"the {digits} digits", digits) if told else None
    assert seen([float(f"{w:.{digits - 1}e}") for w in UNEVEN], UNEVEN) == words


@pytest.mark.parametrize(
    ("given", "right", "told"),
    [
        # Half a unit of the last place, and a little more.
        ([0.1235], [0.12345], ("the 4 decimals", 4)),
        ([0.1235], [0.12344], None),
        # Half of the numbers were rounded at least; the others are exact.
        ([0.1, 0.1235], [0.1, 0.123456], ("the 4 decimals", 4)),
        ([0.1, 0.3, 0.1235], [0.1, 0.3, 0.123456], None),
        ([0.1, 0.0, 0.1235], [0.1, 0.0, 0.123456], ("the 4 decimals", 4)),
        # What is a multiple of 1/1024 is short by itself; one that is not tells for all.
        ([0.0009765625, 0.5], [0.000976562, 0.500000001], None),
        ([0.00048828125, 0.5], [0.000488281254, 0.5000000001], ("the 8 digits", 8)),
        # Of 15 digits it is the float that ends.
        ([123456789012.123, 0.123], [123456789012.123, 0.1234], ("the 3 decimals", 14)),
        ([1234567890123.123, 0.123], [1234567890123.123, 0.1234], None),
        # Of numbers with fewer than three digits behind the point it is the digits that count.
        ([0.00123], [0.001234], ("the 5 decimals", 5)),
        ([0.00012], [0.00012004], ("the 3 digits", 3)),
        # The digits before the point count as well.
        ([12.3456], [12.34561], ("the 4 decimals", 5)),
        ([9.3456], [9.34561], ("the 4 decimals", 4)),
        ([float("nan"), 0.1235], [0.0, 0.123456], None),
    ],
)
def test_what_is_rounded_ends_early_and_is_no_further_off_than_that(given, right, told):
    assert seen(given, right) == told


@pytest.mark.parametrize(
    ("roundings", "outcome"),
    [(2, "agrees"), (16, "agrees"), (18, "unclear"), (4000, "unclear"), (4200, "wrong")],
)
def test_what_float32_explains_agrees_and_what_it_may_explain_is_unclear(roundings, outcome):
    given = [1 + roundings * 2.0**-24, float32(1 / 3)]
    check = check_gradients(lambda w: w[0] + w[1] / 3, [0.3, 0.7], gradient=given)
    assert [v.outcome for v in check.verdicts if v.outcome != "agrees"][:1] in ([], [outcome])
    assert check.verdicts[0].outcome == outcome
    assert check.passed is (outcome != "wrong")


def test_as_much_is_allowed_as_is_asked_for():
    right = {"w": [0.25, -0.5], "b": [40.0]}
    digits = asked_precision(right, 3, None)
    assert digits.words == "the 3 digits asked for"
    assert digits.allowance == {"w": [pytest.approx(0.0005)] * 2, "b": [pytest.approx(0.05)]}
    assert asked_precision(right, 1, None).words == "the 1 digit asked for"
    tolerance = asked_precision(right, None, 0.125)
    assert tolerance.words == "within the tolerance of 0.125 asked for"
    assert (tolerance.digits, tolerance.allowance) == (17, {"w": [0.125] * 2, "b": [0.125]})
    assert asked_precision(right, 16, None).digits == 16
    assert asked_precision(right, None, None) is None


@pytest.mark.parametrize(
    ("digits", "tolerance", "said"),
    [
        (0, None, "digits is a whole number above 0 and at most 16, .* found 0"),
        (17, None, "found 17"),
        (True, None, "found True"),
        (2.5, None, "found 2.5"),
        (None, 0, "tolerance is 0: it must be above 0, and finite"),
        (None, float("inf"), "tolerance is inf: it must be above 0"),
        (None, True, "found True"),
        (None, "0.1", "tolerance is '0.1': it must be above 0"),
        (3, 0.1, "give one of them"),
    ],
)
def test_what_asks_for_nothing_is_refused(digits, tolerance, said):
    with pytest.raises(OptionError, match=said):
        asked_precision({"w": [1.0]}, digits, tolerance)


@pytest.mark.parametrize("change", [float32, lambda g: round(g, 4)])
def test_a_function_that_can_only_be_called_has_a_gradient_of_as_few_digits(change):
    def only_called(x):
        return math.exp(float(x[0])) * float(x[1]) + math.sin(float(x[1]))

    right = [math.exp(0.35) * 0.7, math.exp(0.35) + math.cos(0.7)]
    check = check_gradients(only_called, [0.35, 0.7], gradient=[change(g) for g in right])
    assert check.passed
    off = [change(right[0]), change(right[1]) + 0.001]
    assert not check_gradients(only_called, [0.35, 0.7], gradient=off).passed


def worksheet():
    first = cr.Dense(2, 2, "sigmoid", weight=[[0.5, -0.4], [0.3, 0.8]], bias=[0.1, -0.2])
    second = cr.Dense(2, 1, "sigmoid", weight=[[0.7, -0.6]], bias=[0.05])
    return cr.Network([first, second], engine="python"), [[1.0, 0.5]], [[1.0]], "mean_squared_error"


def given_by(net, x, y, loss, change):
    def through(numbers):
        return [through(n) if isinstance(n, list) else change(n) for n in numbers]

    return {name: through(g.tolist()) for name, g in net.gradients(x, y, loss).items()}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda g: round(g, 4), "the 4 decimals that it was given with"),
        (lambda g: round(g, 6), "the 6 decimals that it was given with"),
        (lambda g: float(f"{g:.2e}"), "the 3 digits that it was given with"),
        (float32, "the digits of float32, in which it was given"),
    ],
)
def test_a_gradient_agrees_to_the_digits_that_it_was_given_with(change, words):
    net, x, y, loss = worksheet()
    check = check_gradients(net, x, y, loss, gradient=given_by(net, x, y, loss, change))
    assert check.passed
    assert words in str([v.sentence for v in check.verdicts])


def test_rounding_by_hand_hides_nothing_larger_than_itself():
    net, x, y, loss = worksheet()
    given = given_by(net, x, y, loss, lambda g: round(g, 4))
    given["dense2.weight"][0][1] += 0.0001
    check = check_gradients(net, x, y, loss, gradient=given)
    assert not check.passed
    # right numbers are no sign of rounding: where most are exact, a small miss is a mistake
    exact = check_gradients(
        lambda w: cr.sum(w * w) + 2e-4 * w[2], [0.05, 0.15, 0.25], gradient=[0.1, 0.3, 0.5]
    )
    assert not exact.passed


def test_as_few_digits_as_asked_for_are_enough():
    assert not check_gradients(cr.exp, 1.0, gradient=2.7).passed
    assert check_gradients(cr.exp, 1.0, gradient=2.7, digits=2).passed
    assert not check_gradients(cr.exp, 1.0, gradient=2.7, digits=3).passed
    assert check_gradients(cr.exp, 1.0, gradient=2.7, tolerance=0.02).passed
    assert not check_gradients(cr.exp, 1.0, gradient=2.7, tolerance=0.01).passed
    net, x, y, loss = worksheet()
    given = given_by(net, x, y, loss, lambda g: 1.0005 * g)
    assert not check_gradients(net, x, y, loss, gradient=given).passed
    assert check_gradients(net, x, y, loss, gradient=given, digits=3).passed
    assert "digits=3 would let it pass" in str(check_gradients(net, x, y, loss, gradient=given))


@pytest.mark.parametrize(
    "asked",
    [
        *({"digits": wrong} for wrong in (0, -1, 2.5, 17, 50, math.nan, math.inf, "3", True)),
        *({"tolerance": wrong} for wrong in (0, -1, math.nan, math.inf, "3", True)),
        {"digits": 3, "tolerance": 0.1},
    ],
)
def test_digits_and_tolerances_that_say_nothing_are_refused(asked):
    with pytest.raises(OptionError, match=r"above 0|give one of them"):
        check_gradients(cr.exp, 1.0, **asked)


@pytest.mark.parametrize(
    ("function", "asked", "outcome"),
    [
        (cr.tanh, {"digits": 12}, "agrees"),
        (cr.tanh, {"digits": 16}, "unclear"),
        (math.tanh, {"digits": 7}, "agrees"),
        (math.tanh, {"digits": 15}, "unclear"),
        (math.tanh, {"tolerance": 1e-20}, "unclear"),
        (math.tanh, {"digits": 1}, "agrees"),
    ],
)
def test_more_digits_than_the_method_can_tell_are_neither_right_nor_wrong(function, asked, outcome):
    gradient = (1 - math.tanh(0.7) ** 2) * (1 + 1e-15)
    verdict = check_gradients(function, 0.7, gradient=gradient, **asked).verdicts[0]
    assert verdict.outcome == outcome
    if outcome == "unclear":
        assert re.match("cannot tell .* asked for: 0.63474 was given", verdict.sentence)


def test_no_method_says_more_digits_than_it_has_found():
    check = check_gradients(cr.tanh, 0.7, gradient=1 - math.tanh(0.7) ** 2, digits=12)
    assert [verdict.outcome for verdict in check.verdicts] == ["agrees", "agrees"]
    assert re.match(r"agrees to 1[01] digits by h-sweep", check.verdicts[1].sentence)


def test_few_digits_asked_for_make_no_cause_of_what_is_merely_near():
    """2.2·tanh is no 2·tanh, in which the derivative of tanh would be left out."""
    w = [0.9, -1.3, 0.6]
    for factor, known in ((2.0, True), (2.2, False)):
        given = [factor * math.tanh(x) for x in w]
        check = check_gradients(lambda w: cr.sum(cr.tanh(w) ** 2), w, gradient=given, digits=1)
        assert (check.passed, check.worst.cause is not None) == (False, known)


@pytest.mark.extra("numpy")
@pytest.mark.parametrize("seed", range(6))
def test_a_right_gradient_in_float32_is_not_blamed_for_what_cancels_in_it(seed):
    import numpy as np

    random = np.random.default_rng(seed)
    z, out = (random.normal(size=(4, 3)).astype(np.float32) for _ in range(2))
    z = {"z": 30 + z}

    def normalised(p):
        centred = p["z"] - p["z"].mean(axis=0)
        return centred / np.sqrt((centred**2).mean(axis=0) + 1e-5)

    def loss(p):
        return (normalised(p) * out).sum()

    def gradient(p, part=1):
        p = {"z": np.asarray(p["z"], np.float32)}
        h, scale = normalised(p), np.sqrt(p["z"].var(axis=0) + np.float32(1e-5))
        g = (out - part * out.mean(axis=0) - h * (out * h).mean(axis=0)) / scale
        return {"z": g.astype(np.float32)}

    for given in (gradient, gradient(z)):
        assert check_gradients(loss, z, gradient=given).passed
    for wrong in (lambda p: gradient(p, part=0), gradient(z, part=0), gradient(z, part=0.98)):
        assert not check_gradients(loss, z, gradient=wrong).passed


@pytest.mark.extra("numpy")
def test_a_gradient_function_that_answers_in_float64_is_held_to_it_at_a_point_in_float32():
    import numpy as np

    point = np.asarray([0.3, -1.2, 0.7], np.float32)

    def loss(x):
        return np.tanh(np.exp(3 * x)).sum()

    def gradient(x, factor=1.0):
        return 3 * np.exp(3 * x) * (1 - np.tanh(np.exp(3 * x)) ** 2) * factor

    right = check_gradients(loss, point, gradient=gradient)
    assert right.worst.sentence.startswith("agrees to"), right
    assert "float32" not in right.worst.sentence
    assert not check_gradients(loss, point, gradient=lambda x: gradient(x, 1 + 1e-5)).passed


@pytest.mark.extra("numpy")
@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
@pytest.mark.parametrize("digits", [None, 3])
def test_a_point_some_arrays_of_which_are_empty_is_checked_in_every_kind(kind, digits):
    import numpy as np

    point = {"w": np.asarray([0.3, 0.7], kind), "none": np.zeros(0, kind)}

    def loss(p):
        return math.sin(p["w"][0]) + 2 * math.sin(p["w"][1])

    def gradient(p):
        return {"w": np.asarray([1, 2] * np.cos(p["w"]), kind), "none": p["none"]}

    half = {name: g / 2 for name, g in gradient(point).items()}
    assert check_gradients(loss, point, gradient=gradient, digits=digits).passed
    assert not check_gradients(loss, point, gradient=half, digits=digits).passed


@pytest.mark.parametrize("digits", [None, 6])
def test_the_work_to_tell_a_wrong_gradient_grows_as_its_numbers_do(monkeypatch, digits):
    asked, plain = Counter(), abs

    def counted(x):
        asked[size] += 1
        return plain(x)

    for size in (1000, 4000):
        w = [math.sin(i) for i in range(size)]
        given = [1.3 * x for x in w]
        with monkeypatch.context() as counting:
            counting.setattr(builtins, "abs", counted)
            check = check_gradients(lambda w: cr.sum(w * w) / 2, w, gradient=given, digits=digits)
        assert not check.passed
    assert 1000 < asked[4000] < 6 * asked[1000]


@pytest.mark.extra("numpy")
def test_what_float32_may_explain_excuses_no_other_number_and_holds_beside_a_corner_too():
    import numpy as np

    point = np.asarray([0.0, 1.0], np.float32)
    for function, given, passed in (
        (cr.sum, [1.0001, 1.0], True),
        (cr.sum, [1.0001, 1.5], False),
        (lambda w: cr.sum(cr.relu(w)), [1.0001, 1.0], True),
        (lambda w: cr.sum(cr.relu(w)), [1.1, 1.0], False),
    ):
        check = check_gradients(function, point, gradient=np.asarray(given, np.float32))
        assert check.passed is passed, check
        assert passed or "unclear" not in {verdict.outcome for verdict in check.verdicts}, check


@pytest.mark.extra("numpy")
@pytest.mark.parametrize("seed", [1, 4, 23, 57])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_right_gradient_of_saturated_units_in_float32_is_not_blamed(seed, dtype):
    """Such a function stands still over every step of a sweep."""
    import numpy as np

    draw = np.random.default_rng(seed)
    size, scale = draw.integers(2, 6), draw.choice([2.0, 4.0, 6.0, 8.0, 10.0, 12.0])
    weights = [(draw.normal(size=(size, size)) * scale).astype("float32") for _ in range(3)]
    x = draw.normal(size=size).astype("float32" if seed % 2 else "float64")

    def hidden(x, kind):
        states = [np.asarray(x, dtype=kind)]
        for w in weights:
            states.append(np.tanh(w.astype(kind) @ states[-1]))
        return states[1:]

    def gradient(x):
        g = np.ones(size, dtype)
        for w, a in zip(weights[::-1], hidden(x, dtype)[::-1], strict=True):
            g = w.astype(dtype).T @ (g * (1 - a * a))
        return g

    assert check_gradients(lambda x: hidden(x, "float32")[-1].sum(), x, gradient=gradient).passed
    steep = check_gradients(lambda x: hidden(x, "float32")[-1].sum(), x, gradient=np.ones(size))
    assert not steep.passed


@pytest.mark.parametrize(
    ("given", "slope", "factor"),
    [
        ((1.5, 1.5, 1.5), 1.0, 1.5),
        ((1.5, 1.5), 1.0, None),
        ((1.5, 1.5, 1.6), 1.0, None),
        ((1.0, 1.0, 1.0), 1.0, None),
        ((1e-9, 1e-9, 1e-9), 0.0, None),
    ],
)
def test_numbers_have_a_factor_in_common_that_are_three_alike_and_not_right(given, slope, factor):
    assert common_factor([Measured(number, slope, 0.0) for number in given]) == factor


@pytest.mark.extra("numpy")
@pytest.mark.parametrize("of_ops", [True, False])
@pytest.mark.parametrize("inside", [True, False])
def test_arrays_of_float32_beside_a_right_gradient_do_not_make_it_wrong(of_ops, inside):
    """Their own sums are rounded to float32 even where all that is asked is float64."""
    import numpy as np

    draw = np.random.default_rng(3)
    a, b = (draw.normal(0, 1, shape).astype("float32") for shape in ((4, 4), 4))
    x, total = draw.normal(0, 1, 4).astype("float32"), cr.sum if of_ops else np.sum

    def function(x):
        return total(x * (a @ x)) / 2 - total(b * x)

    def gradient(x):
        return (a + a.T) @ x / 2 - b if inside else (a @ x + a.T @ x) / 2 - b

    check = check_gradients(function, x, gradient=gradient)
    assert {v.outcome for v in check.verdicts} == {"agrees"}
    assert not check_gradients(function, x, gradient=lambda x: 1.00001 * gradient(x)).passed


@pytest.mark.extra("numpy")
def test_a_complex_step_is_not_lost_where_a_number_meets_arrays_of_float32():
    import numpy as np

    x = np.asarray([0.5, -1.25, 2.0], "float32")

    def function(w):
        return sum((w * each - 1) ** 2 for each in x)

    right = float(sum(2 * (0.3 * each - 1) * each for each in x.astype("float64")))
    assert check_gradients(function, 0.3, gradient=right).passed
    assert not check_gradients(function, 0.3, gradient=0.0).passed


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, r"agrees to (?:[6-9]|1\d) digits"),
        ({"digits": 3}, r"agrees to (?:[6-9]|1\d) digits"),
        ({"tolerance": 0.5}, "agrees to within the tolerance of 0.5 asked for"),
    ],
)
def test_of_all_together_more_digits_are_told_than_were_asked_for_where_there_are(options, said):
    w = [0.7, 1.3, -1.1]
    given = [3 * x * x for x in w]
    check = check_gradients(
        lambda p: cr.sum(p["w"] ** 3), {"w": w}, gradient={"w": given}, **options
    )
    together = check.verdicts[-1]
    assert (together.name, together.outcome) == ("all together", "agrees")
    assert re.match(f"{said} by h-sweep, step ", together.sentence)
