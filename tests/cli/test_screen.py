"""The screen of the answer."""

from dataclasses import replace

import pytest
from click import unstyle

import chainrule as cr
from chainrule.cli.screen import _answer, _groups, _outputs, _why, _worst
from chainrule.words import wrapped


def of_inputs_named(*names):
    layers = [
        cr.Dense(2, 2, "tanh", weight=[[1.0, -0.5], [0.25, 2.0]], bias=[0.0, 0.1]),
        cr.Dense(2, 1, weight=[[1.5, -1.0]], bias=[0.0]),
    ]
    ex = cr.explain(cr.Network(layers, engine="python"), [[1.0, 2.0]], [[0.5]])
    return replace(ex, study=replace(ex.network, input_names=names))


def test_the_sentence_that_names_weights_is_bold(monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    dense = cr.Dense(2, 1, "sigmoid", weight=[[3.0, 0.2]], bias=[0.0])
    several = cr.explain(cr.Network([dense], engine="python"), [[1.0, 0.0], [0.0, 1.0]], [0, 1])
    several = replace(several, study=replace(several.network, input_names=("No. of rooms", "age")))
    named = "No. of rooms → dense1[0] (dense1.weight[0,0])"
    for ex, begins in (several, "The "), (several.of_row(0), "1 of the 3 weights "):
        lines = _answer(ex, 24)
        assert [*map(unstyle, lines)] == wrapped(ex.answer, 24)
        strong = [part.partition("\x1b[0m")[0] for part in "\n".join(lines).split("\x1b[1m")[1:]]
        bold = " ".join(strong)
        assert bold.startswith(begins)
        assert named in bold
        assert bold.endswith(".")
        assert ". " not in bold.replace(named, "")


def test_groups_have_no_bars_where_the_gradient_is_not_finite_or_zero():
    dense = cr.Dense(1, 1, weight=[[1e200]], bias=[0.0])
    for x, share in (1e200, "–"), (0.0, "0.0%"):
        lines = _groups(cr.explain(cr.Network([dense], engine="python"), [[x]], [[0.0]]), 80)
        assert all(f" {share} " in line for line in lines[1:-1])
        assert "█" not in "".join(lines)


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
