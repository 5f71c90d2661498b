import json
import math
import re
from math import inf, nan

import pytest

import chainrule.arrays as xp
from chainrule import ops
from chainrule.checking.checked_function import CheckedFunction
from chainrule.checking.function_check import check_function
from chainrule.errors import KindError, ShapeError
from chainrule.model.check import check_gradients


def outcomes(check):
    return {verdict.name: verdict.outcome for verdict in check.verdicts}


def test_the_complex_step_finds_the_slope_of_the_published_example_to_the_last_digits():
    # Martins, Sturdza & Alonso, ACM TOMS 29 (2003), section 2.2: 4.05342789389862 at 1.5
    def f(p):
        x = p["x"]
        return xp.exp(x) / xp.sqrt(xp.sin(x) ** 3 + xp.cos(x) ** 3)

    slope = CheckedFunction(f, {"x": xp.asarray(1.5)}).complex_step({"x": [1.0]})
    assert slope == pytest.approx(4.05342789389862, abs=5e-15)


def test_chainrules_own_gradient_is_proved_when_none_is_given():
    check = check_function(lambda x: x[0] * x[1] + ops.exp(x[1]), [2.0, 3.0])
    assert check.passed
    assert check.verdicts[0].method == "complex step"
    assert check.verdicts[0].digits >= 14


@pytest.mark.parametrize(
    ("f", "point", "names"),
    [
        (lambda x: 3.0, 1.0, ["x"]),
        (lambda x: float(x > 0), 1.0, ["x"]),
        (lambda p: 3.0, {"w": [1.0, 2.0], "b": 0.5}, ["w", "b"]),
    ],
)
def test_what_depends_on_no_op_with_a_slope_has_the_gradient_0(f, point, names):
    check = check_function(f, point)
    assert [(v.name, v.outcome, v.given) for v in check.verdicts] == [
        (name, "agrees", 0.0) for name in names
    ]


def test_a_right_gradient_of_a_dict_of_arrays_passes():
    point = {"w": [2.0, 3.0], "b": {"c": 1.0}}
    given = {"w": [3.0, 2.0], "b": {"c": 1.0}}
    check = check_function(lambda p: p["w"][0] * p["w"][1] + p["b"]["c"], point, given)
    assert outcomes(check) == {"w": "agrees", "b.c": "agrees", "all together": "agrees"}


@pytest.mark.parametrize("factor", [1.001, 1 + 1e-9, -1])
def test_a_wrong_gradient_is_caught_however_small_the_error(factor):
    check = check_function(
        lambda w: ops.tanh(w) ** 2, 0.5, 2 * math.tanh(0.5) * factor / math.cosh(0.5) ** 2
    )
    assert not check.passed
    assert check.worst.name == "x"


def test_a_function_of_plain_math_is_checked_by_differences():
    check = check_function(
        lambda x: math.exp(math.sin(x)), 0.7, lambda x: math.cos(x) * math.exp(math.sin(x))
    )
    assert check.passed
    assert {v.method for v in check.verdicts} == {"h-sweep"}
    wrong = check_function(lambda x: math.hypot(*x), [3.0, 4.0], [0.6, 0.801])
    assert wrong.worst.entry == "x[1]"


def test_a_function_of_plain_math_without_a_gradient_is_refused_with_a_hint():
    with pytest.raises(KindError, match=r"cr\.exp"):
        check_function(math.exp, 1.0)


@pytest.mark.parametrize("value", [nan, inf, -inf])
def test_a_gradient_that_is_no_number_never_passes(value):
    check = check_function(lambda x: x[0] * x[1], [1.0, 2.0], [2.0, value])
    assert not check.passed
    assert "x[1]" in str(check.worst) or check.worst.method == "h-sweep"
    json.dumps(check.to_dict(), allow_nan=False)


@pytest.mark.parametrize("f", [lambda x: ops.log(x), lambda x: nan])
def test_a_function_that_is_no_number_never_passes(f):
    check = check_function(f, -1.0, -1.0)
    assert not check.passed
    assert "nan" in check.worst.sentence


def test_a_gradient_in_another_form_is_refused():
    with pytest.raises(ShapeError, match=r"must have shape \(2,\); found \(3,\)"):
        check_function(lambda x: x[0] * x[1], [1.0, 2.0], [1.0, 2.0, 3.0])
    with pytest.raises(ShapeError, match="form of the point, w; found v"):
        check_function(lambda p: p["w"], {"w": 1.0}, {"v": 1.0})
    with pytest.raises(ShapeError, match="holds no number"):
        check_function(lambda p: ops.sum(p["w"]), {"w": []})


SHARED = {"w": [0.3, -0.7], "x": [1.5, 0.4]}


def used_twice(p):
    s = p["w"] * p["x"]
    return ops.sum(ops.tanh(s) * ops.exp(s))


def by_hand(through_tanh, through_exp):
    """The gradient of `used_twice`, with each of the two ways back to s counted so many times."""
    slopes = []
    for w, x in zip(*SHARED.values(), strict=True):
        s = w * x
        slopes.append(
            through_tanh * math.exp(s) * (1 - math.tanh(s) ** 2)
            + through_exp * math.tanh(s) * math.exp(s)
        )
    return {
        "w": [slope * x for slope, x in zip(slopes, SHARED["x"], strict=True)],
        "x": [slope * w for slope, w in zip(slopes, SHARED["w"], strict=True)],
    }


def test_a_value_used_twice_collects_both_shares():
    assert check_function(used_twice, SHARED, by_hand(1, 1)).passed


@pytest.mark.parametrize(
    ("through_tanh", "through_exp", "cause"),
    [
        (2, 1, r"back to tanh\(w·x\) is counted twice"),
        (1, 2, r"back to exp\(w·x\) is counted twice"),
        (1, -1, r"back to exp\(w·x\) has the wrong sign"),
        (1, 0, r"from exp\(w·x\) back to w·x is missing, as where gradients are not accumulated"),
        (0, 1, r"from tanh\(w·x\) back to w·x is missing, as where gradients are not accumulated"),
        (2, 2, "every gradient is counted twice"),
        (0, 0, "every gradient is missing"),
    ],
)
def test_a_shared_value_visited_the_wrong_number_of_times_is_named(
    through_tanh, through_exp, cause
):
    check = check_function(used_twice, SHARED, by_hand(through_tanh, through_exp))
    assert not check.passed
    causes = {v.cause for v in check.verdicts if v.name in SHARED}
    assert len(causes) == 1
    assert re.search(cause, str(causes.pop()))


def test_a_mistake_that_no_known_one_reproduces_has_no_cause():
    check = check_function(used_twice, SHARED, by_hand(1, 1.37))
    assert check.worst.outcome == "wrong"
    assert {v.cause for v in check.verdicts} == {None}
    assert "cause unknown" in str(check)


def test_one_number_is_no_evidence_for_a_mistake_with_a_free_number_in_it():
    verdict = check_function(lambda w: w**3, 2.0, 14.0).verdicts[0]
    assert verdict.outcome == "wrong"
    assert verdict.cause is None


def test_an_error_too_small_to_tell_mistakes_apart_has_no_cause():
    given = {name: [g * (1 + 1e-12) for g in slopes] for name, slopes in by_hand(1, 1).items()}
    check = check_function(used_twice, SHARED, given)
    assert not check.passed
    assert {v.cause for v in check.verdicts} == {None}


def test_a_corner_under_the_point_is_reported_with_both_slopes():
    check = check_function(lambda x: abs(x) + x, 0.0, 1.0)
    verdict = check.verdicts[0]
    assert check.passed
    assert verdict.passed is None
    assert "0 on the left and 2 on the right" in verdict.sentence


def test_a_corner_of_plain_math_is_reported_with_both_slopes():
    verdict = check_function(lambda x: math.fabs(x) + x, 0.0, 1.0).verdicts[0]
    assert verdict.passed is None
    assert "0 on the left and 2 on the right" in verdict.sentence


def test_a_tie_is_a_kink_of_the_tied_entries_alone():
    check = check_function(lambda v: ops.max(v) + v[0] * v[1], [1.0, 3.0, 3.0], [3.0, 2.0, 0.0])
    smooth, kink, _ = check.verdicts
    assert (smooth.outcome, kink.outcome) == ("agrees", "kink")
    assert "x[1] and 1 more on the corner of max" in kink.sentence
    assert not check_function(
        lambda v: ops.max(v) + v[0] * v[1], [1.0, 3.0, 3.0], [3.1, 2.0, 0.0]
    ).passed


def test_beside_a_corner_the_complex_step_is_right_where_differences_straddle_it():
    check = check_function(lambda x: abs(x) + ops.exp(x), 1e-12)
    assert check.passed
    step, sweep = check.verdicts
    assert step.outcome == "agrees"
    assert step.digits >= 14
    assert sweep.outcome == "kink"
    assert "crosses the corner of abs" in sweep.sentence


@pytest.mark.parametrize("size", [1e-6, 1e-9, 1e-12])
def test_numbers_in_tiny_units_are_checked_in_these(size):
    """Also where a zero stands among them, and at the second point."""

    def energy(v):
        return math.fsum((u / size) ** 2 + math.sin(u / size) for u in v)

    def slopes(v):
        return [(2 * u / size + math.cos(u / size)) / size for u in v]

    x = [0.3 * size, 0.0, -0.7 * size]
    right = check_function(energy, x, slopes)
    assert [verdict.outcome for verdict in right.verdicts] == ["agrees"]
    for wrong in range(3):
        bent = [g * 1.01 if i == wrong else g for i, g in enumerate(slopes(x))]
        assert not check_function(energy, x, bent).passed


@pytest.mark.extra("numpy")
def test_numpy_arrays_and_functions_are_taken_as_they_are():
    import numpy as np

    point = np.array([1.0, -2.0, 0.5])
    cubes = check_function(lambda x: float(np.sum(np.abs(x) ** 3)), point, lambda x: 3 * x * abs(x))
    assert cubes.passed
    matrix = np.arange(6.0).reshape(2, 3) / 3
    assert check_function(lambda v: ops.sum(ops.tanh(matrix @ v)), point).passed
    numbers = {"w": 0.5, "b": 0.1}  # beside data of NumPy
    assert check_function(lambda p: ops.sum((p["w"] * point + p["b"]) ** 2), numbers).passed
    proved = check_function(lambda v: ops.sum(ops.tanh(v)), point)
    assert proved.verdicts[0].method == "complex step"
    wrong = check_function(lambda x: float(np.sum(np.abs(x) ** 3)), point, lambda x: 3 * x * x)
    assert wrong.worst.entry == "x[1]"


@pytest.mark.parametrize(
    ("function", "at", "slope"),
    [
        (math.log, 0.05, lambda w: 1 / w),
        (math.sqrt, 0.05, lambda w: 0.5 / math.sqrt(w)),
        (math.acos, 0.95, lambda w: -1 / math.sqrt(1 - w * w)),
    ],
)
def test_a_function_is_checked_near_the_end_of_where_it_is_defined(function, at, slope):
    assert check_function(function, at, gradient=slope).passed
    assert not check_function(function, at, gradient=lambda w: 1.01 * slope(w)).passed


def test_a_missing_term_is_called_what_was_written():
    def loss(w):
        return (2 * w[0] + w[1] - 1.5) ** 2 + 0.1 * w[0] * w[0]

    def slopes(w):
        r = 2 * w[0] + w[1] - 1.5
        return [4 * r, 2 * r]

    check = check_function(loss, [0.7, -0.4], gradient=slopes)
    assert check.worst.cause == "the term 0.1·x[0]·x[0] is missing"


ROWS = [[0.5, -1.0], [1.5, 0.25], [-0.75, 2.0]]
WANTED = [1.0, -0.5, 2.0]


def line_of_math(w):
    errors = [w[0] * a + math.fsum([w[1] * b]) - y for (a, b), y in zip(ROWS, WANTED, strict=True)]
    return math.fsum(e * e for e in errors) / len(errors)


@pytest.mark.parametrize(
    ("rows", "factor", "cause"),
    [
        ((0, 1, 2), -2, "every gradient has the wrong sign"),
        ((0, 1, 2), 6, "every gradient is not divided by the 3 examples"),
        ((2,), 2, "only the last example's part of the mean arrived"),
        ((0,), 6, "only the first example's gradient arrived"),
        ((0, 1), 2, "the last example is left out"),
    ],
)
def test_a_function_of_plain_math_gets_the_causes_that_need_no_tape(rows, factor, cause):
    def slopes(w):
        errors = [w[0] * ROWS[r][0] + w[1] * ROWS[r][1] - WANTED[r] for r in rows]
        return [
            factor / 3 * sum(e * ROWS[r][i] for e, r in zip(errors, rows, strict=True))
            for i in range(2)
        ]

    check = check_gradients(line_of_math, [0.7, -0.4], gradient=slopes)
    assert not check.passed
    assert {v.method for v in check.verdicts} == {"h-sweep"}
    assert check.worst.cause == cause


def test_a_factor_is_no_number_of_examples_where_nothing_is_their_mean():
    """Three rows again, but the loss is the logarithm of a sum over them."""

    def loss(w):
        return math.log(math.fsum(math.exp(w[0] * a + w[1] * b) for a, b in ROWS))

    def slopes(w):
        parts = [math.exp(w[0] * a + w[1] * b) for a, b in ROWS]
        mean = math.fsum(parts) / len(parts)
        pairs = list(zip(parts, ROWS, strict=True))
        return [math.fsum(p * row[i] for p, row in pairs) / mean for i in (0, 1)]

    worst = check_gradients(loss, [0.7, -0.4], gradient=slopes).worst
    assert worst.given == pytest.approx(3 * worst.found)
    assert (worst.outcome, worst.cause) == ("wrong", None)


def test_a_mistake_that_leaves_a_shape_that_the_way_back_does_not_take_is_passed_over():
    """Without the factor v, six numbers come back to the reshaping of two."""
    point = {"g": [0.7, -0.4], "v": [[0.3, 0.8, -0.2], [0.5, -0.9, 0.4]]}

    def loss(p):
        return ops.sum(ops.exp(ops.reshape(p["g"], (2, 1)) * p["v"]))

    rows = list(zip(point["g"], point["v"], strict=True))
    given = {
        "g": [1.3 * math.fsum(v * math.exp(g * v) for v in vs) for g, vs in rows],
        "v": [[g * math.exp(g * v) for v in vs] for g, vs in rows],
    }
    worst = check_gradients(loss, point, gradient=given).worst
    assert (worst.name, worst.outcome, worst.cause) == ("g", "wrong", None)


@pytest.mark.parametrize("unit", [1e-9, 1e-30])
@pytest.mark.parametrize(
    ("function", "steepness"),
    [
        (lambda v: math.tanh(v), 1.0),
        (lambda v: math.sin(v), 1.0),
        (lambda v: 1 / (1 + math.exp(-v)) - 0.5, 0.25),
    ],
    ids=["tanh", "sin", "sigmoid"],
)
def test_a_point_of_zeros_may_have_any_unit(unit, function, steepness):
    for factor, passed in ((1, True), (1.1, False), (0, False)):
        given = factor * steepness / unit
        check = check_function(lambda v: function(max(-700, min(v / unit, 700))), 0.0, given)
        assert check.passed is passed
        assert {v.outcome for v in check.verdicts} == {"agrees" if passed else "wrong"}


@pytest.mark.parametrize("factor", [1.0, 0.5])
def test_what_is_added_to_a_tiny_unit_leaves_its_slope(factor):
    check = check_function(lambda v: 1 + 1e-9 * math.tanh(v / 1e-9), 0.0, factor)
    assert check.passed is (factor == 1)


@pytest.mark.parametrize(("waves", "outcome"), [(1e8, "agrees"), (1e10, "unclear")])
def test_waves_are_no_noise_and_what_no_step_resolves_is_not_blamed(waves, outcome):
    at, slope = 0.3, waves * math.cos(waves * 0.3)
    check = check_function(lambda x: math.sin(waves * x), at, slope)
    assert check.worst.outcome == outcome
    assert check_function(lambda x: math.sin(waves * x), at, 1.1 * slope).passed is (
        outcome == "unclear"
    )


def test_a_function_that_grows_out_of_the_floats_beside_the_point_is_measured():
    check = check_function(lambda v: math.exp(min(v / 1e-15, 700)), 0.0, 1e15)
    assert check.worst.outcome == "agrees"


@pytest.mark.parametrize("function", [lambda v: ops.sum(v * abs(v)), lambda v: ops.relu(v) ** 2])
def test_a_corner_that_leaves_no_corner_has_one_slope(function):
    assert {v.outcome for v in check_function(function, 0.0).verdicts} == {"agrees"}
    assert not check_function(function, 0.0, 1e-3).passed


def test_slopes_without_end_are_not_told_as_two():
    worst = check_function(lambda v: math.sqrt(abs(v)), 0.0, 0.0).worst
    assert worst.outcome == "unclear"
    assert "the slopes beside it change with every smaller step" in worst.sentence


@pytest.mark.parametrize("size", [1e-150, 1e6, 1e12, 1e100])
def test_beside_large_numbers_the_steps_are_as_large(size):
    point = [0.7 * size, -0.4 * size]

    def loss(w):
        return size * math.fsum((x / size) * (x / size) * (x / size) for x in w)

    for factor, passed in ((1.0, True), (1.01, False), (0.0, False)):
        check = check_function(loss, point, [factor * 3 * (x / size) ** 2 for x in point])
        assert check.passed is passed
        assert {v.outcome for v in check.verdicts} == {"agrees" if passed else "wrong"}


def test_a_millionth_of_the_gradient_is_not_called_missing():
    def mean(w):
        return math.fsum(1e6 * math.sin(x) for x in w)

    check = check_function(mean, [0.3, 0.7], lambda w: [0.5 * math.cos(x) for x in w])
    assert not check.passed
    assert "missing" not in str(check)


@pytest.mark.parametrize(
    ("returned", "found"),
    [([1.0], "found list"), ("a", "found str"), (1j, "found complex"), ({}, "found dict")],
)
def test_a_function_that_returns_no_number_is_told_so(returned, found):
    with pytest.raises(KindError, match=rf"returns one number; {found}; make one real number"):
        check_function(lambda w: returned, 2.0, 4.0)


def test_a_slope_of_nothing_is_zero_to_within_something():
    worst = check_function(lambda w: math.tanh(40 + w), 2.0, 0.0).worst
    assert worst.sentence.startswith("agrees: 0 to within ")


@pytest.mark.extra("torch")
@pytest.mark.parametrize("kind", ["float64", "float32"])
def test_a_point_of_torch_is_given_to_the_function_as_such(kind):
    import torch

    point = {"w": torch.tensor([[0.3, -0.7], [1.1, 0.4]], dtype=getattr(torch, kind)), "n": 2.0}

    def loss(p):
        return p["w"].square().mean() * p["n"]

    def gradient(p):
        return {"w": p["w"] * p["n"] / 2, "n": p["w"].square().mean()}

    assert check_function(loss, point, gradient).passed
    check = check_function(loss, point, lambda p: {**gradient(p), "w": p["w"] * p["n"]})
    assert {v.name for v in check.verdicts if v.outcome == "wrong"} == {"w"}


def test_at_most_eight_wrong_entries_are_swept_for_a_corner(monkeypatch):
    swept, own = [], CheckedFunction.sweep

    def counted(self, *given, **options):
        swept.append(1)
        return own(self, *given, **options)

    monkeypatch.setattr(CheckedFunction, "sweep", counted)

    def sweeps(wrong):
        swept.clear()
        at = [0.1 * k for k in range(1, wrong + 1)]
        assert not check_function(lambda w: ops.sum(w * w * w), at, gradient=[1.3] * wrong).passed
        return len(swept)

    assert sweeps(12) == sweeps(8) == sweeps(7) + 1


def test_a_jump_of_one_number_among_several_is_named_by_its_place():
    def leaps(x):
        return 2 * x[0] + ops.where(x[1] >= 1, x[1] + 3, x[1])

    check = check_function(leaps, [0.5, 1.0], gradient=[2.0, -25.0])
    assert "the function jumps at x[1], by 3" in " ".join(str(check).split())
