"""Every plot shows the record's own numbers, with words on its axes, on the axes it is given."""

import math
import sys
from itertools import pairwise
from random import Random

import pytest

import chainrule as cr
from chainrule.errors import DataError, KindError, MissingExtraError, OptionError
from chainrule.train import Epoch, History
from chainrule.words.plots import (
    BLUE,
    INK,
    ORANGE,
    draw_examples,
    draw_levels,
    draw_lines,
    draw_points,
    draw_reliability,
    draw_spreads,
    draw_table,
    draw_waterfall,
)

pytestmark = pytest.mark.extra("matplotlib")

X = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [0.3, 0.9], [0.9, 0.2]]


@pytest.fixture(autouse=True)
def plt():
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    yield plt
    plt.close("all")


@pytest.fixture(scope="module")
def trained():
    done = cr.train_on_table("iris", layers=[4], epochs=4, ledger=True, progress=False, seed=1)
    return done.net, cr.explain(done.net, cr.rows_for(done.net))


@pytest.fixture(scope="module")
def plane():
    """A network of two inputs with three classes, and six examples of which some are wrong."""
    net = cr.Network([cr.Dense(2, 5, "tanh"), cr.Dense(5, 3, "softmax")], seed=3, engine="python")
    y = [0, 1, 2, 1, 1, 2]
    net.fit(X, y, epochs=30, learning_rate=0.05, validation=None, progress=False)
    return net, cr.explain(net, X, [0, 1, 2, 1, 0, 2])


def line(ax, name):
    """The places and the values of a line, by what the legend calls it."""
    (found,) = (one for one in ax.get_lines() if one.get_label() == name)
    return list(found.get_xdata()), list(found.get_ydata())


def points(ax, name):
    (found,) = (one for one in ax.collections if one.get_label() == name)
    return [tuple(place) for place in found.get_offsets().tolist()]


def said(ax):
    return [text.get_text() for text in ax.texts]


def ticks(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def test_history_shows_training_and_held_out_losses_and_the_best_epoch(trained):
    history = trained[0].history
    ax = history.plot()
    columns = history.columns()
    assert line(ax, "training") == (columns["epoch"], columns["loss"])
    assert line(ax, "held out") == (columns["epoch"], columns["validation_loss"])
    assert line(ax, f"best epoch: {history.best.epoch}")[0] == [history.best.epoch] * 2
    metric = history.plot(what="metric")
    assert line(metric, "training")[1] == columns["metric"]
    assert (ax.get_ylabel(), metric.get_ylabel()) == (
        "loss (mean of the rows)",
        "accuracy (1 is best)",
    )
    assert line(history.plot(what="seconds"), "training")[1] == columns["seconds"]
    with pytest.raises(OptionError, match="quantity of this history is called 'los'; did you mean"):
        history.plot(what="los")
    with pytest.raises(DataError, match="no epoch yet"):
        History().plot()


def test_gaps_and_what_is_not_finite_are_shown_as_such():
    losses = [1.0, math.nan, math.inf, 0.5]
    epochs = [Epoch(epoch=n, step=n, loss=loss) for n, loss in enumerate(losses)]
    ax = History(epochs).plot()
    assert line(ax, "training (2 not finite)")[1][::3] == [1.0, 0.5]
    epochs = [Epoch(epoch=n, step=n, loss=1.0, validation_loss=[0.5, None][n]) for n in (0, 1)]
    assert math.isnan(line(History(epochs).plot(), "held out")[1][1])


def test_ledger_adds_the_shares_of_each_layer_up(trained):
    ledger = trained[0].history.ledger
    ax = ledger.plot()
    for layer, share in ledger.by_layer().items():
        steps, sums = line(ax, layer)
        assert steps == list(range(len(ledger.steps) + 1))
        assert (sums[0], sums[-1]) == (0.0, pytest.approx(share))
    assert line(ax, "all, measured")[1][-1] == pytest.approx(ledger.measured)
    assert line(ax, "all, measured")[1][1] == ledger.steps[0].measured


def test_blame_is_a_waterfall_from_the_reference_to_now(trained):
    blame = trained[1].blame
    ax = blame.plot(top=3)
    totals, steps = ax.containers
    assert [bar.get_width() for bar in totals] == [blame.reference_loss, blame.loss]
    shown = [weight.amount for weight in blame.top(3)]
    rest = blame.explained - sum(shown)
    widths = [bar.get_width() for bar in steps]
    assert widths == pytest.approx([*shown, rest])
    at = blame.reference_loss
    for bar, amount in zip(steps, [*shown, rest], strict=True):
        assert bar.get_x() == pytest.approx(at)
        at += amount
    assert at == pytest.approx(blame.loss, abs=1e-3)
    names = [*(weight.name for weight in blame.top(3)), f"{blame.layout.size - 3} other weights"]
    assert ticks(ax.yaxis) == ["the initial weights", *names, "now"]
    assert {f"{amount:+.3g}" for amount in [*shown, rest]} <= set(said(ax))


def test_shares_that_do_not_add_up_have_a_bar_of_what_is_not_explained(trained, monkeypatch):
    monkeypatch.setattr(type(trained[1].blame), "trusted", False)
    assert "not explained" in ticks(trained[1].blame.plot().yaxis)


def test_confusion_shows_the_count_of_every_pair(trained):
    scores = cr.score(trained[0])
    ax = scores.plot()
    names = list(scores.classes)
    assert (ticks(ax.xaxis), ticks(ax.yaxis)) == (names, names)
    counts = {(truth, answer): rows for truth, answer, rows in scores.confusion}
    every = [str(counts.get((truth, answer), 0)) for truth in names for answer in names]
    assert said(ax) == every
    first = counts.get((names[0], names[0]), 0) / scores.classes[names[0]]["rows"]
    assert ax.images[0].get_array()[0, 0] == pytest.approx(first)


def test_reliability_shows_every_bin_with_its_rows(trained):
    scores = cr.score(trained[0])
    ax = scores.plot(what="reliability")
    bins = [(held.confidence, held.right) for held in scores.reliability]
    assert points(ax, "answers, with how many") == bins
    assert said(ax) == [str(held.rows) for held in scores.reliability]
    assert line(ax, "as often right as it is sure") == ([0, 1], [0, 1])


def test_curve_and_residuals():
    net = cr.Network([cr.Dense(2, 1, "sigmoid")], seed=0, engine="python")
    scores = cr.score(net, X, [0, 1, 1, 1, 0, 1])
    ax = scores.plot(what="roc")
    assert list(zip(*line(ax, f"the network, area {scores.auc:.3f}"), strict=True)) == list(
        scores.roc
    )
    assert line(ax, "by chance") == ([0, 1], [0, 1])
    with pytest.raises(OptionError, match="these scores have none: choose from confusion, relia"):
        scores.plot(what="residuals")
    with pytest.raises(OptionError, match="no picture of scores is called 'rok'; did you mean"):
        scores.plot(what="rok")
    values = cr.score(cr.Network([cr.Dense(2, 1)], seed=0, engine="python"), X, [[1.0]] * 6)
    assert points(values.plot(), "rows") == list(values.residuals)


def test_weights_by_layer_show_least_quartiles_and_largest(trained):
    ranking = trained[1].weights
    ax = ranking.plot()
    layers = dict.fromkeys(name.partition(".")[0] for name in ranking.parameters)
    assert [tick.splitlines()[0] for tick in ticks(ax.xaxis)] == list(layers)
    drawn = [one for one in ax.get_lines() if len(one.get_ydata())]
    for place, layer in enumerate(layers):
        values = sorted(w.value for w in ranking if w.name.startswith(f"{layer}."))
        own = [
            one
            for one in drawn
            if abs(sum(one.get_xdata()) / len(one.get_xdata()) - place - 1) < 0.2
        ]
        heights = [height for one in own for height in one.get_ydata()]
        (median,) = (one.get_ydata()[0] for one in own if one.get_color() == ORANGE)
        assert (min(heights), max(heights)) == (values[0], values[-1])
        assert median == pytest.approx(
            (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2
        )
        assert ticks(ax.xaxis)[place].splitlines()[1] == str(len(values))


def test_a_weight_far_out_is_shown_as_the_largest():
    weights = {"a": [0.0, 0.1, 0.2, 0.1, 0.05, 50.0]}
    ax = cr.explain(lambda p: cr.sum(p["a"] ** 2), weights).weights.plot()
    upright = [one for one in ax.get_lines() if one.get_marker() in ("None", "")]
    assert max(height for one in upright for height in one.get_ydata()) == 50.0


def test_gradient_flow_shows_the_root_mean_square_of_each_layer(trained):
    ranking = trained[1].weights
    ax = ranking.plot(what="slopes")
    layers = list(dict.fromkeys(name.partition(".")[0] for name in ranking.parameters))
    sizes = [
        [w.slope for w in ranking if w.name.startswith(f"{layer}.") and w.slope] for layer in layers
    ]
    roots = [math.sqrt(math.fsum(g * g for g in own) / len(own)) for own in sizes]
    assert line(ax, "root mean square")[1] == pytest.approx(roots)
    assert ax.get_yscale() == "log"
    with pytest.raises(OptionError, match="no plot of weights is called 'slope'; did you mean"):
        ranking.plot(what="slope")


def test_slopes_that_are_zero_or_not_finite_are_counted_in_words():
    net = cr.Network([cr.Dense(1, 2, weight=[[0.0], [1.0]]), cr.Dense(2, 1)], engine="python")
    net.set_parameters({"dense2.weight": [[math.nan, 1.0]]})
    ranking = cr.explain(net, [[1.0]], [[1.0]]).weights
    assert "1 not finite" in ticks(ranking.plot().xaxis)[1]
    assert "not finite" in ticks(ranking.plot(what="slopes").xaxis)[0]
    quiet = cr.explain(lambda p: p["a"] * 0.0 + (p["b"] - 1) ** 2, {"a": 1.0, "b": 3.0}).weights
    assert ticks(quiet.plot(what="slopes").xaxis) == ["a\n1\n1 are 0", "b\n1"]


def test_loss_along_a_weight_shows_curve_tangent_and_alternatives(trained):
    found = trained[1].counterfactual("dense1.bias[0]")
    ax = found.plot()
    curve = [tuple(point) for point in zip(*line(ax, "loss, run again"), strict=True)]
    assert curve == list(found.curve)
    for alternative in found.alternatives:
        at, loss = line(ax, f"{alternative.label}: {alternative.loss:.4g}")
        assert (at, loss) == ([alternative.value], [alternative.loss])
    (tangent,) = (one for one in ax.get_lines() if one.get_label().startswith("tangent"))
    assert tangent.get_slope() == found.slope
    assert tangent.get_xy1() == (found.now.value, found.now.loss)


def test_a_loss_that_is_not_finite_leaves_a_gap_in_the_curve():
    found = cr.explain(lambda p: cr.log(p["w"]), {"w": 0.5}, reference="zero").counterfactual("w")
    labels = [one.get_label() for one in found.plot().get_lines()]
    assert any(label.startswith("loss, run again (") for label in labels)
    assert "zero: -inf" in labels


def test_regions_say_what_the_network_says(plane):
    two = cr.Network([cr.Dense(2, 1, "sigmoid", weight=[[3.0, -2.0]])], engine="python")
    high = cr.explain(two, [[x, 2 * y] for x, y in X], [0, 1, 1, 0, 1, 0])
    for net, ex, count, times in [(*plane, 3, 1), (two, high, 2, 2)]:
        filled = [
            c for c in ex.plot().collections if type(c).__name__ == "QuadContourSet" and c.filled
        ]
        assert len(filled) == count
        for x, y in [(0.1, 0.2), (0.1, 0.9), (0.9, 0.1), (0.5, 0.5), (-0.05, 1.05)]:
            place = (x, times * y)
            inside = [any(p.contains_point(place) for p in area.get_paths()) for area in filled]
            assert inside.index(True) == net.predict([list(place)]).tolist()[0]
            assert inside.count(True) == 1


def test_examples_stand_in_the_plane_and_wrong_ones_have_a_ring(plane):
    _, ex = plane
    ax = ex.plot()
    truths = ex.study.truths
    for truth in (0, 1, 2):
        own = [tuple(x) for x, t in zip(X, truths, strict=True) if t == truth]
        assert points(ax, f"is {truth}") == own
    wrong = [tuple(X[e.row]) for e in sorted(ex.examples, key=lambda e: e.row) if not e.right]
    assert wrong
    assert points(ax, "answered wrongly") == wrong
    shapes = {one.get_paths()[0].vertices.tobytes() for one in ax.collections[-4:-1]}
    assert len(shapes) == 3


def test_one_output_and_one_value_are_drawn_and_other_networks_refused(trained):
    net = cr.Network([cr.Dense(2, 1, "sigmoid")], seed=0, engine="python")
    ax = cr.explain(net, X, [0, 1, 1, 0, 1, 0]).plot()
    w, b = net.parameters["dense1.weight"].tolist()[0], net.parameters["dense1.bias"].tolist()[0]
    (border, *_) = (
        c for c in ax.collections if type(c).__name__ == "QuadContourSet" and not c.filled
    )
    for x, y in border.get_paths()[0].vertices:
        assert w[0] * x + w[1] * y + b == pytest.approx(0, abs=1e-2)
    value = cr.Network([cr.Dense(2, 1)], seed=0, engine="python")
    assert "answer" in cr.explain(value, X, [[1.0]] * 6).plot().get_title()
    with pytest.raises(
        OptionError, match=r"over two inputs.* this network has 4 inputs and 3 outp"
    ):
        trained[1].plot()


@pytest.mark.parametrize("rows", [30, 200])
def test_two_columns_of_a_table_are_drawn_in_their_own_unit_however_they_are_laid_out(rows):
    random = Random(rows)
    width, height = ([random.uniform(100, 200) for _ in range(rows)] for _ in range(2))
    kind = ["a" if w * w < 170 * h else "b" for w, h in zip(width, height, strict=True)]
    table = {"width": width, "height": height, "kind": kind}
    net = cr.train_on_table(table, "kind", epochs=40, progress=False).net
    assert (len(net.recipe.feature_names) > 2) == (rows == 200)
    ax = cr.explain(net, table).plot()
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("width (input)", "height (input)")
    drawn = [*points(ax, "is a"), *points(ax, "is b")]
    held = [(w, h) for a in "ab" for k, w, h in zip(kind, width, height, strict=True) if k == a]
    assert drawn == [pytest.approx(place) for place in held]
    (regions, *_) = (c for c in ax.collections if type(c).__name__ == "QuadContourSet" and c.filled)
    at = [(w, h) for w in (120, 150, 180) for h in (115, 140, 165, 185)]
    said = net.predict([{"width": w, "height": h} for w, h in at])
    inside = [any(p.contains_point(place) for p in regions.get_paths()) for place in at]
    assert {*said} == {"a", "b"}
    assert [kind == "a" for kind in said] == inside


def test_columns_with_gaps_are_not_drawn_in_their_own_unit():
    table = {"a": [1.0, None, 3.0, 2.0] * 5, "b": [1.0, 3.0, 2.0, 4.0] * 5, "y": ["n", "p"] * 10}
    net = cr.train_on_table(table, "y", epochs=2, progress=False).net
    with pytest.raises(OptionError, match="this network has 3 inputs"):
        cr.explain(net, table).plot()
    del table["b"]
    net = cr.train_on_table(table, "y", epochs=2, progress=False).net
    ax = cr.explain(net, table).plot()
    assert ax.get_xlabel() == "a (input, scaled)"  # the other axis is whether it is missing


@pytest.fixture
def empty(plt):
    return plt.figure().add_subplot()


def test_points_of_a_line_are_marked_up_to_forty_and_no_two_lines_look_alike(empty):
    lines = {f"line {n}": [float(n)] * 40 for n in range(20)}
    draw_lines(empty, range(40), lines)
    looks = {(one.get_linestyle(), one.get_color()) for one in empty.get_lines()}
    assert len(looks) == 20
    assert {one.get_marker() for one in empty.get_lines()} == {"."}
    draw_lines(empty, range(41), {"longer": [0.0] * 41})
    assert empty.get_lines()[-1].get_marker() == ""
    draw_points(empty, {f"point {n}": (n, 0.12345) for n in range(8)})
    assert len({one.get_marker() for one in empty.get_lines()[-8:]}) == 8
    assert empty.get_lines()[-1].get_label() == "point 7: 0.1235"


def test_a_line_alone_has_no_legend(empty):
    draw_lines(empty, [0.5, 1.5], {"one": [1.0, 2.0]})
    assert empty.get_legend() is None
    draw_points(empty, {"two": (0.5, 1.0)})
    assert [text.get_text() for text in empty.get_legend().get_texts()] == ["one", "two: 1"]


def test_each_bar_of_a_waterfall_begins_where_the_one_before_it_ended(empty):
    draw_waterfall(empty, ("start", 2.0), [("up", 1.0), ("down", -0.5)], ("end", 2.5))
    totals, steps = empty.containers
    assert [(bar.get_x(), bar.get_width()) for bar in steps] == [(2.0, 1.0), (3.0, -0.5)]
    assert [bar.get_facecolor()[:3] for bar in steps] == [rgb(ORANGE), rgb(BLUE)]
    assert [bar.get_y() + bar.get_height() / 2 for bar in [*steps, *totals]] == [1, 2, 0, 3]
    # A line from each bar to the next, at the height where one ends and the other begins.
    drawn = [(list(one.get_xdata()), list(one.get_ydata())) for one in empty.get_lines()]
    assert drawn == [([x] * 2, [n - 0.4, n + 1.4]) for n, x in enumerate((2.0, 3.0, 2.5))]
    assert said(empty) == ["2", "2.5", "+1", "-0.5"]
    assert [text.xy for text in empty.texts[2:]] == [(3.0, 1.0), (3.0, 2.0)]
    assert empty.get_xlim() == pytest.approx((0.0, 3.45))  # 15 of 100 more than the largest, 3


def test_a_waterfall_below_zero_has_room_on_both_sides_and_one_of_nothing_has_some(plt):
    below, nothing = plt.figure().subplots(1, 2)
    draw_waterfall(below, ("start", -2.0), [("down", -2.0)], ("end", -4.0))
    assert below.get_xlim() == pytest.approx((-4.6, 0.6))
    draw_waterfall(nothing, ("start", 0.0), [("none", 0.0)], ("end", 0.0))
    assert nothing.get_xlim() == (0.0, 1.0)
    assert said(nothing) == ["0", "0", "0"]


def rgb(colour):
    return tuple(int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))


def test_a_table_says_its_counts_for_25_classes_and_turns_long_names(plt):
    few, many, turned = plt.figure().subplots(1, 3)
    draw_table(few, ["x"] * 25, [[3] * 25] * 25)
    assert len(few.texts) == 625
    draw_table(many, ["x"] * 26, [[3] * 26] * 26)
    assert not many.texts
    draw_table(few, ["x" * 10] * 4, [[3] * 4] * 4)
    draw_table(turned, ["x" * 10] * 3 + ["x" * 11], [[3] * 4] * 4)
    angles = [ax.get_xticklabels()[0].get_rotation() for ax in (few, turned)]
    assert angles == [0, 45]


def test_a_count_stands_white_on_dark_squares_and_black_on_pale_ones(empty):
    draw_table(empty, ["a", "b", "c"], [[6, 4, 0], [1, 2, 0], [0, 0, 0]])
    inks = [text.get_color() for text in empty.texts]
    assert inks == [INK, INK, INK, INK, "white", *[INK] * 4]
    assert {text.get_size() for text in empty.texts} == {10}
    assert empty.images[0].get_array().tolist()[2] == [0, 0, 0]  # none of a class is no share


def test_answers_by_confidence_are_as_large_as_they_are_many(empty):
    draw_reliability(empty, [(0.5, 0.25, 10), (0.9, 0.95, 40)])
    (dots,) = (one for one in empty.collections if one.get_label() == "answers, with how many")
    assert dots.get_sizes().tolist() == [30 + 220 / 4, 250]
    (gaps,) = (one for one in empty.collections if one.get_label() == "the gap")
    assert [part.tolist() for part in gaps.get_segments()] == [
        [[0.5, 0.5], [0.5, 0.25]],
        [[0.9, 0.9], [0.9, 0.95]],
    ]
    assert [text.xy for text in empty.texts] == [(0.5, 0.25), (0.9, 0.95)]
    (low, high), (left, right) = empty.get_ylim(), empty.get_xlim()
    assert low < 0 <= left < 1 < right < high
    empty.figure.draw_without_rendering()
    lowest = empty.get_legend().get_window_extent().y0
    assert lowest > empty.transData.transform((1, 1))[1]  # it lies on no answer


def test_groups_are_spread_on_one_axis_with_a_line_at_zero_or_on_one_of_sizes(plt):
    plain, sizes = plt.figure().subplots(1, 2)
    draw_spreads(plain, {f"group {n}": [float(n), -1.0] for n in range(7)})
    assert plain.get_lines()[-1].get_ydata() == [0, 0]
    assert plain.get_yscale() == "linear"
    small, usual = plain.get_xticklabels()[0].get_size(), sizes.get_xticklabels()[0].get_size()
    assert small < usual
    draw_spreads(sizes, {"a": [3.0, 4.0], "b": [0.0], "c": [2.0, -1.0]}, log=True)
    places, roots = line(sizes, "root mean square")
    assert places == [1, 2, 3]
    assert roots[::2] == pytest.approx([12.5**0.5, 2.0])
    assert math.isnan(roots[1])
    assert sizes.get_xticklabels()[0].get_size() == usual


def test_a_plane_of_one_value_has_no_levels_and_right_answers_have_no_ring(empty):
    draw_levels(empty, ([0.0, 1.0], [0.0, 1.0]), [[2.0, 2.0], [2.0, 2.0]])
    assert not empty.collections
    draw_levels(empty, ([0.0, 1.0], [0.0, 1.0]), [[2.0, 2.0], [2.0, 3.0]])
    assert len(empty.collections) == 1
    draw_examples(empty, [(0.0, 0.0), (1.0, 1.0)], ["a", "a"], ["a", "b"], [False, False])
    assert [one.get_label() for one in empty.collections[1:]] == ["a", "b"]
    draw_examples(empty, [(0.0, 0.0), (1.0, 1.0)], ["a", "a"], ["a"], [False, True])
    assert points(empty, "answered wrongly") == [(1.0, 1.0)]


def every_plot(trained, plane):
    net, ex = trained
    scores = cr.score(net)
    yield from (net.history.plot, net.history.ledger.plot, ex.blame.plot, ex.weights.plot)
    yield lambda ax=None: ex.weights.plot(ax, what="slopes")
    yield from (ex.counterfactual("dense1.bias[0]").plot, scores.plot, plane[1].plot)
    yield lambda ax=None: scores.plot(ax, what="reliability")


def test_each_draws_on_the_axes_given_or_on_its_own_and_names_both(trained, plane, plt, tmp_path):
    for plot in every_plot(trained, plane):
        figure, (left, right) = plt.subplots(1, 2)
        assert plot(right) is right
        assert not left.has_data()
        assert right.get_title()
        assert right.get_xlabel()
        own = plot()
        assert own.figure is not figure
        own.figure.savefig(tmp_path / "plot.png")
        assert (tmp_path / "plot.png").stat().st_size > 5000
        with pytest.raises(KindError, match=r"found Figure: give one, such as fig\.add_subplot"):
            plot(figure)
        plt.close("all")


def test_without_matplotlib_a_sentence_says_what_to_install(trained, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.axes", None)
    with pytest.raises(MissingExtraError, match=r'needs matplotlib: pip install "chainrule\[plot'):
        trained[0].history.plot()


def test_names_of_many_groups_do_not_touch(empty):
    ax = empty
    draw_spreads(ax, {f"dense{n}": [1.0, 2.0] for n in range(30)})
    ax.figure.canvas.draw()
    boxes = [label.get_window_extent() for label in ax.get_xticklabels()]
    assert ax.get_xticklabels()[3].get_text() == "dense3; 2"
    assert all(left.x1 < right.x0 for left, right in pairwise(boxes))
