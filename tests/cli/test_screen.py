"""The screen of the answer."""

import re
from dataclasses import replace
from math import log
from types import SimpleNamespace

import pytest
from click import unstyle

import chainrule as cr
from chainrule.cli.screen import _answer, _groups, _outputs, _then, _why, _worst, show_answer
from chainrule.words import wrapped


def of_inputs_named(*names):
    layers = [
        cr.Dense(2, 2, "tanh", weight=[[1.0, -0.5], [0.25, 2.0]], bias=[0.0, 0.1]),
        cr.Dense(2, 1, weight=[[1.5, -1.0]], bias=[0.0]),
    ]
    ex = cr.explain(cr.Network(layers, engine="python"), [[1.0, 2.0]], [[0.5]])
    return replace(ex, study=replace(ex.network, input_names=names))


def coloured(monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")


def test_what_of_the_answer_names_weights_is_bold(monkeypatch):
    coloured(monkeypatch)
    dense = cr.Dense(2, 1, "sigmoid", weight=[[3.0, 0.2]], bias=[0.0])
    several = cr.explain(cr.Network([dense], engine="python"), [[1.0, 0.0], [0.0, 1.0]], [0, 1])
    several = replace(several, study=replace(several.network, input_names=("No. of rooms", "age")))
    named = "No. of rooms → dense1[0] (dense1.weight[0,0])"
    row = several.of_row(0)
    for ex, begins, ends in (several, "The ", "]):"), (row, "1 of the 3 weights ", "])."):
        lines = _answer(ex, 24)
        assert [*map(unstyle, lines)] == wrapped(ex.answer, 24)
        strong = [part.partition("\x1b[0m")[0] for part in "\n".join(lines).split("\x1b[1m")[1:]]
        bold = " ".join(strong)
        assert bold.startswith(begins)
        assert named in bold
        assert bold.endswith(ends)
        assert ". " not in bold.replace(named, "")


@pytest.mark.parametrize(("width", "room"), [(60, 27), (72, 39), (73, 40), (120, 40)])
def test_the_true_class_stands_first_then_what_is_said_then_the_likeliest(width, room, monkeypatch):
    shares = (0.1, 0.5, 0.25, 0.15)
    dense = cr.Dense(1, 4, "softmax", weight=[[log(p)] for p in shares], bias=[0.0] * 4)
    net = cr.Network([dense], engine="python")
    names = ("ant", "bee", "cat", "dog")
    for true, shown in (3, (3, 1, 2)), (1, (1, 2, 3)):
        ex = cr.explain(net, [[1.0]], [true])
        ex = replace(ex, study=replace(ex.network, class_names=names))
        rows = SimpleNamespace(probabilities=lambda: [list(shares)])
        loss, *lines = _outputs(ex, rows, width)
        assert loss == f"loss {-log(shares[true]):.4g} (cross_entropy)"
        full = [round(shares[k] * room) for k in shown]
        assert [line.count("━") for line in lines] == full
        assert [line.count("─") for line in lines] == [room - bar for bar in full]
        said = [line.replace("━", "").replace("─", "").split() for line in lines]
        notes = [["true"], ["said"], []] if true == 3 else [["true,", "said"], [], []]
        assert said == [
            [names[k], f"{shares[k]:.1%}", *note] for k, note in zip(shown, notes, strict=True)
        ]
        with monkeypatch.context() as on:
            coloured(on)
            colours = [re.findall(r"\x1b\[(3\d)m", line) for line in _outputs(ex, rows, width)[1:]]
        assert colours == ([["32"], ["31"], []] if true == 3 else [["32"], [], []])


@pytest.mark.parametrize("width", [60, 99, 120])
def test_the_names_of_classes_take_a_third_of_the_screen_at_most(width):
    net = cr.Network([cr.Dense(1, 2, "softmax", weight=[[1.0], [2.0]])], engine="python")
    ex = cr.explain(net, [[1.0]], [1])
    ex = replace(ex, study=replace(ex.network, class_names=("a" * 99, "b" * 99)))
    lines = _outputs(ex, SimpleNamespace(probabilities=lambda: [[0.25, 0.75]]), width)[1:]
    assert [len(line.split("  ")[0]) for line in lines] == [width // 3] * 2


def test_what_is_said_without_a_group_is_cut_at_a_quarter_of_the_screen():
    net = cr.Network([cr.Dense(1, 2, "softmax", weight=[[1.0], [2.0]])], engine="python")
    ex = cr.explain(net, [[1.0]], [1])
    ex = replace(ex, study=replace(ex.network, class_names=("a" * 99, "b" * 99)))
    group = ex.groups()[0]
    for width in 60, 80:
        said, colour = _then(replace(group, answer="b" * 99), ex, width // 4)
        assert (len(said), said[-2:], colour) == (width // 4 + 2, " ✓", "green")
        said, colour = _then(replace(group, answer="a" * 99), ex, width // 4)
        assert (len(said), colour) == (width // 4, None)
    several = cr.explain(net, [[1.0], [2.0]], [1, 0])
    assert _then(replace(group, right=1234), several, 20) == ("1,234 right", None)
    assert _then(replace(group, right=None), several, 20) == ("", None)
    values = cr.Network([cr.Dense(1, 1)], engine="python")
    for rows, then in (1, True), (2, False):
        ex = cr.explain(values, [[1.0]] * rows, [[0.5]] * rows)
        assert unstyle(_groups(ex, 80)[0]).endswith("then") is then


def test_groups_have_no_bars_where_the_gradient_is_not_finite_or_zero():
    dense = cr.Dense(1, 1, weight=[[1e200]], bias=[0.0])
    for x, share in (1e200, "–"), (0.0, "0.0%"):
        lines = _groups(cr.explain(cr.Network([dense], engine="python"), [[x]], [[0.0]]), 80)
        assert all(f" {share} " in line for line in lines[1:-1])
        assert "█" not in "".join(lines)


def test_a_loss_without_a_group_is_green_only_where_it_is_smaller(monkeypatch):
    coloured(monkeypatch)
    dense = cr.Dense(2, 1, weight=[[0.5, -0.25]], bias=[0.0])  # 0.25, and without them -0.25, 0.5
    ex = cr.explain(cr.Network([dense], engine="python"), [[1.0, 1.0]], [[0.5]])
    cuts = re.findall(r"\x1b\[(3\d)m *\S+ +(\S+)\x1b", "\n".join(_groups(ex, 80)))
    assert {("33", "0.5"), ("32", "-0.0625"), ("33", "0")} <= set(cuts)


@pytest.mark.parametrize("width", [60, 71, 72, 73, 80])
def test_names_that_are_too_long_are_cut_to_fill_the_screen(width):
    ex = of_inputs_named("x" * 99, "y" * 99)
    assert max(map(len, map(unstyle, _groups(ex, width)[:-1]))) == width
    title = unstyle(_why(ex, ex.weights[0], width)[0])
    assert len(title) == width


def test_the_first_layer_is_left_out_of_names_only_where_these_would_not_fit():
    ex = of_inputs_named("x" * 25, "y" * 25)
    whole = [width for width in range(60, 120) if " → dense1 " in "".join(_groups(ex, width))]
    assert whole == [*range(min(whole), 120)]
    for width, bar in (min(whole), 3), (min(whole) + 1, 4), (119, 20):
        lines = _groups(ex, width)[1:]
        assert max(line.count("█") for line in lines) == bar
    assert max(map(len, _groups(ex, min(whole))[:6])) == min(whole)


def test_an_answer_is_60_to_120_columns_wide_however_wide_the_screen_is(capsys, monkeypatch):
    monkeypatch.setattr(
        "chainrule.cli.screen._screen", lambda _explanation, _rows, width: (None, [str(width)])
    )
    for columns in (40, 59, 60, 61, 119, 120, 121, 300):
        monkeypatch.setenv("COLUMNS", str(columns))
        show_answer(None, None)
        assert int(capsys.readouterr().out) == min(max(columns, 60), 120)


def test_losses_have_four_digits_and_all_else_has_three():
    net = cr.Network([cr.Dense(1, 1, weight=[[1.23456]], bias=[0.0])], engine="python")
    one = cr.explain(net, [[1.0]], [[0.12345]])  # off by 1.11111
    two = cr.explain(net, [[1.0]] * 2, [[0.12345]] * 2)
    assert _outputs(one, None, 80) == ["loss 1.235 (mean_squared_error)"]
    assert _worst(two, 80)[0] == "loss 1.235 (mean_squared_error, mean of 2 rows)"
    weight = next(each for each in one.weights if each.name == "dense1.weight[0,0]")
    title, chain, *_ = map(unstyle, _why(one, weight, 80))
    assert title.endswith("dense1.weight[0,0] = 1.23")
    assert chain.strip().startswith("dL/dw 2.22 = 2.22 (")
    cut = next(line for line in map(unstyle, _groups(one, 80)) if " 0.0152 " in line)
    assert cut.split()[-2:] == ["-1.22", "0"]
