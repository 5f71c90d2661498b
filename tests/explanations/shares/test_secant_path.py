"""Along a long way the change of the loss is shared out by differences, however often it bends."""

from math import e, inf, log, nan
from random import Random

import pytest

import chainrule as cr
import chainrule.arrays as xp
from chainrule.arrays.random import Generator
from chainrule.data import load, prepare
from chainrule.explanations.shares.blame import PRICE
from chainrule.explanations.shares.secant_path import pieces_of, secant_path_integral
from chainrule.nn import Layout


def shared(losses, start, end):
    """The shares of a function's arguments, by name, and the whole record."""
    start, end = ({n: xp.asarray(w) for n, w in at.items()} for at in (start, end))
    layout = Layout({name: tuple(w.shape) for name, w in start.items()})
    record = secant_path_integral(pieces_of(losses, start, end), start, end, layout)
    return {n: e.tolist() for n, e in layout.split(xp, record.entries).items()}, record


def test_a_product_is_shared_equally():
    # ∫ b da = ∫ a db = 3 from (0, 0) straight to (2, 3).
    shares, record = shared(
        lambda p: p["a"] * p["b"], {"a": [0.0], "b": [0.0]}, {"a": [2.0], "b": [3.0]}
    )
    assert shares == {"a": [3.0], "b": [3.0]}
    assert (record.splits, record.trusted, record.gradients) == (2, True, PRICE.least)


@pytest.mark.parametrize("loss", [0.0, 5.0])
def test_a_loss_that_stays_is_shared_out_as_nothing_and_trusted(loss):
    shares, record = shared(lambda p: p["a"] * 0.0 + loss, {"a": [1.0]}, {"a": [2.0]})
    assert shares == {"a": [0.0]}
    assert (record.measured, record.trusted) == (0.0, True)


@pytest.mark.parametrize("joined", [cr.concat, cr.stack])
def test_arrays_that_are_put_together_keep_their_shares(joined):
    def losses(p):
        return cr.sum(joined([p["a"] * 2.0, p["b"] * 3.0]))

    shares, record = shared(losses, {"a": [0.0], "b": [0.0]}, {"a": [1.0], "b": [2.0]})
    assert (shares, record.trusted) == ({"a": [2.0], "b": [6.0]}, True)


@pytest.mark.parametrize("corner", [0.001, 0.3, 0.9999])
def test_a_corner_costs_nothing_wherever_it_lies(corner):
    shares, record = shared(lambda p: cr.relu(p["w"] - corner), {"w": [0.0]}, {"w": [1.0]})
    assert shares["w"] == pytest.approx([1 - corner])
    assert (record.gradients, record.trusted) == (PRICE.least, True)


def test_a_curve_is_shared_out_as_its_integral_says():
    # L = a² b: ∫ 2ab da = 2/3 · a² b and ∫ a² db = 1/3 · a² b along the diagonal.
    shares, record = shared(
        lambda p: p["a"] ** 2 * p["b"], {"a": [0.0], "b": [0.0]}, {"a": [2.0], "b": [3.0]}
    )
    # The error of plain pieces is in the square of their length alone, so nothing is left of it.
    assert shares["a"] == pytest.approx([8.0], rel=1e-12)
    assert shares["b"] == pytest.approx([4.0], rel=1e-12)
    assert record.residual == pytest.approx(0.0, abs=1e-12)


def test_two_weights_of_a_sum_keep_shares_of_their_own():
    shares, _ = shared(
        lambda p: cr.exp(p["a"] + p["b"]), {"a": [0.0], "b": [0.0]}, {"a": [4.0], "b": [-1.0]}
    )
    assert shares["a"][0] == pytest.approx(-4 * shares["b"][0])


def test_what_mixes_its_inputs_adds_up_as_well():
    shares, record = shared(
        lambda p: cr.max(p["w"]) - cr.softmax(p["w"])[0],
        {"w": [1.0, 0.0, -1.0]},
        {"w": [-1.0, 2.0, 3.0]},
    )
    assert record.trusted
    assert sum(shares["w"]) == pytest.approx(record.measured, rel=1e-3)


def test_what_mixes_its_inputs_is_averaged_over_two_places_of_a_piece():
    # The slope of ln(e^a + e^b) by a is 1 / (1 + e^(b - a)), and b - a goes from 0 to -2.
    ends = ({"w": xp.asarray(list(at))} for at in ((0.0, 0.0), (1.0, -1.0)))
    means, before, after = pieces_of(lambda p: cr.logsumexp(p["w"]), *ends)(0.0, 1.0)
    at_two = [1 / (1 + e ** (-2 * s)) for s in (0.5 - 12**-0.5, 0.5 + 12**-0.5)]
    assert means["w"].tolist()[0] == pytest.approx(sum(at_two) / 2, rel=1e-9)
    assert (float(before), float(after)) == (
        pytest.approx(log(2)),
        pytest.approx(log(e + 1 / e)),
    )


@pytest.mark.parametrize("bad", [nan, inf])
def test_a_loss_that_is_no_finite_number_is_given_up_at_once(bad):
    _, record = shared(lambda p: p["w"] * bad, {"w": [0.0]}, {"w": [1.0]})
    assert not record.trusted
    assert record.splits == 1


def test_shares_that_are_one_percent_too_long_are_not_trusted():
    ends = ({"w": xp.asarray([0.0])}, {"w": xp.asarray([1.0])})
    right = pieces_of(lambda p: cr.exp(p["w"]), *ends)

    def piece(s0, s1):
        means, *losses = right(s0, s1)
        return {"w": means["w"] * 1.01}, *losses

    record = secant_path_integral(piece, *ends, Layout({"w": (1,)}))
    assert not record.trusted
    assert record.gradients == PRICE.most


def test_a_function_that_takes_another_branch_is_split_everywhere():
    def losses(p):
        w = p["w"]
        return w * w if float(w.value if hasattr(w, "value") else w) > 0 else w * 3

    blame = cr.explain(losses, {"w": 2.0}, reference={"w": -1.0}).blame
    assert blame.measured == pytest.approx(7.0)
    assert blame.explained == pytest.approx(7.0, rel=0.2)


@pytest.fixture(scope="module")
def moons():
    """The points of two moons, and networks that have learned them."""
    rows = prepare(load("moons"), validation=0, generator=Generator(0)).train
    x, y = [rows.row(i) for i in range(len(rows))], list(rows.y)

    def train(activation):
        layers = [cr.Dense(2, 16, activation), cr.Dense(16, 16, activation)]
        net = cr.Network([*layers, cr.Dense(16, 1, "sigmoid")], seed=1, engine="numpy")
        net.fit(x, y, epochs=60, learning_rate=0.01, validation=None, progress=False)
        return net, x, y

    return train


@pytest.mark.extra("numpy")
@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
@pytest.mark.parametrize("reference", ["initial", "zero"])
def test_single_rows_of_trained_networks_are_trusted_at_some_forty_gradients(
    moons, activation, reference
):
    net, x, y = moons(activation)
    shares = [
        cr.explain(net, x[row : row + 1], y[row : row + 1], reference=reference).blame
        for row in Random(3).sample(range(len(x)), 20)
    ]
    assert all(blame.trusted for blame in shares)
    assert sorted(blame.points for blame in shares)[10] <= 42
    for blame in shares:
        assert blame.explained == pytest.approx(blame.measured, rel=1e-3)


@pytest.mark.extra("numpy")
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_the_shares_are_those_of_the_path_integral(moons, activation):
    import numpy as np

    net, x, y = moons(activation)
    for row in range(3):
        explanation = cr.explain(net, x[row : row + 1], y[row : row + 1])
        study, layout = explanation.study, explanation.study.layout
        start = layout.join(np, explanation.initial_parameters)
        way = layout.join(np, study.parameters) - start
        points = 2000
        mean = sum(study.at(start + way * (k + 0.5) / points)[1] for k in range(points)) / points
        off = np.abs(explanation.blame.flat - way * mean).sum()
        assert off <= 0.015 * np.abs(way * mean).sum()


def test_what_rounding_does_to_a_large_loss_costs_no_trust():
    start, end = {"a": [0.0], "b": [1e6]}, {"a": [1.0], "b": [1e6]}
    shares, record = shared(lambda p: cr.sum(cr.concat([p["a"] * 1e-10, p["b"]])), start, end)
    assert shares["a"] == [1e-10]
    assert record.measured in (0.0, 2.0**-33)  # a million has no digits in between
    assert record.trusted


def test_shares_that_a_halving_still_moves_by_more_than_a_hundredth_have_not_settled():
    def piece(s0, s1):
        # In one (1, 0), from halves on (1.0165, -0.0165): moved by 0.033, of 1.033 in all, of
        # which a third is more than a hundredth and a quarter less.
        off = 0.0 if s1 - s0 == 1 else 0.0165
        return {"w": xp.asarray([1 + off, -off])}, s0, s1

    start, end = ({"w": xp.asarray([at, at])} for at in (0.0, 1.0))
    record = secant_path_integral(piece, start, end, Layout({"w": (2,)}))
    assert (record.splits, record.trusted) == (4, True)


def test_the_runs_of_a_short_way_are_not_made_twice():
    runs = []

    def losses(p):
        runs.append(float(p["a"].value[0]))
        return p["a"] ** 4 * p["b"]

    _, record = shared(losses, {"a": [0.0], "b": [0.0]}, {"a": [1.0], "b": [3.0]})
    assert record.splits > 2
    assert len(runs) == len(set(runs)) == record.splits + 1


def test_an_input_that_moves_by_rounding_alone_counts_by_its_slope():
    # The mean of e^(0 a), e^a and e^(1e-18 a): where the exponent stays, no secant can be taken.
    shares, record = shared(
        lambda p: cr.exp(p["a"] * xp.asarray([0.0, 1.0, 1e-18])), {"a": [0.0]}, {"a": [1.0]}
    )
    assert record.trusted
    assert shares["a"] == pytest.approx([(e - 1) / 3], rel=1e-3)
