"""An explanation as text fits the screen."""

import chainrule as cr
from chainrule.report.explanation_text import as_html, as_text


def test_no_line_of_an_explanation_is_wider_than_a_screen():
    net = cr.Network([cr.Dense(2, 16), cr.Dense(16, 1, weight=[[1e6] * 16])], engine="python")
    x = [[0.25 * row, 1 / (row + 1)] for row in range(300)]
    y = [[1e-7 * row] for row in range(300)]
    explanation = cr.explain(net, x, y, rows=range(1_000_000, 1_000_300))
    text = f"{as_text(explanation)}\n{explanation.blame}"
    assert "together" in text
    assert max(map(len, text.splitlines())) <= 80


def test_a_long_note_goes_on_below_its_beginning():
    net = cr.Network([cr.Dense(1, 1, weight=[[0.0]], bias=[0.0])], engine="python")
    lines = as_text(cr.explain(net, [[1.0]], [[0.0]])).splitlines()
    assert any(line.startswith("note: ") for line in lines)
    assert max(map(len, lines)) <= 80


def test_what_an_infinite_weight_has_no_number_for_is_a_dash():
    net = cr.Network([cr.Dense(1, 1, weight=[[float("inf")]], bias=[0.0])], engine="python")
    text = as_text(cr.explain(net, [[1.0]], [[0.0]]))
    (row,) = [line for line in text.splitlines() if line.startswith("dense1.weight")]
    assert row.split()[-2:] == ["–", "–"]


def test_of_losses_that_are_no_numbers_no_part_is_said():
    net = cr.Network([cr.Dense(1, 1, weight=[[1e200]], bias=[0.0])], engine="python")
    for x in ([[1.0], [2.0]], [[float("nan")], [2.0]]):
        lines = as_text(cr.explain(net, x, [[1.0], [2.0]])).splitlines()
        (worst,) = [line for line in lines if line.startswith("  worst: row ")]
        assert "together" not in worst


def test_a_mean_of_weighted_rows_and_a_class_of_several_yeses_are_called_so():
    net = cr.Network([cr.Dense(1, 2, "sigmoid")], engine="python", seed=0)
    x, y = [[1.0], [2.0], [0.5]], [[1.0, 1.0], [0.0, 0.0], [1.0, 1.0]]
    text = as_text(cr.explain(net, x, y, sample_weight=[1.0, 2.0, 0.0]))
    assert "(binary_cross_entropy, mean of 2 weighted rows)" in text
    assert "(binary_cross_entropy, mean of 3 rows)" in as_text(cr.explain(net, x, y))
    assert "  1, 1 " in text


def test_the_first_of_each_list_are_shown_and_the_others_counted():
    net = cr.Network([cr.Dense(2, 11, "softmax")], seed=0, engine="python")
    ex = cr.explain(net, [[float(n), -1.0] for n in range(11)], list(range(11)))
    lines = as_text(ex).splitlines()
    start = next(at for at, line in enumerate(lines) if "true class" in line)
    listed = [line.split()[0] for line in lines[start + 1 : start + 11]]
    assert listed == [total.name for total in ex.classes[:10]]
    assert lines[start + 11].startswith("  and 1 more: ")
    bodies = [part.partition("</tbody>")[0] for part in as_html(ex).split("<tbody>")[1:]]
    assert [body.count("<tr>") for body in bodies] == [10, 5, 10]  # weights, examples, classes
