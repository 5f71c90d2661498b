"""The graph of an expression shows every value with its gradient, as text and as a picture."""

import math
import re
from fractions import Fraction
from itertools import combinations
from xml.etree import ElementTree as ET

import pytest

import chainrule as cr
from chainrule.errors import DataError, KindError, OptionError
from chainrule.report.boundary import ROOM, STEPS, side
from chainrule.report.graph_drawing import Box, drawn
from chainrule.report.graph_layout import place

SVG = "{http://www.w3.org/2000/svg}"


def micrograd_neuron():
    """The neuron of A. Karpathy's lecture on micrograd, whose numbers stand in its notebook."""
    given = {"x1": 2.0, "x2": 0.0, "w1": -3.0, "w2": 1.0, "b": 6.8813735870195432}
    x1, x2, w1, w2, b = (cr.Tensor(value, name=name) for name, value in given.items())
    return cr.tanh(x1 * w1 + x2 * w2 + b)


def by_name(graph):
    return {node.name: node for node in graph.nodes}


def svg(graph):
    return ET.fromstring(graph._repr_svg_())


def texts(root):
    return [text.text for text in root.iter(f"{SVG}text")]


def test_value_and_gradient_of_every_node_are_those_of_the_lecture():
    nodes = by_name(cr.draw(micrograd_neuron()))
    gradients = {name: nodes[name].gradient.item() for name in ("x1", "w1", "x2", "w2", "b")}
    assert gradients == pytest.approx({"x1": -1.5, "w1": 1.0, "x2": 0.5, "w2": 0.0, "b": 0.5})
    assert nodes["v9"].value.item() == pytest.approx(0.8814, abs=1e-4)
    assert nodes["v10"].value.item() == pytest.approx(0.7071, abs=1e-4)


def test_text_and_picture_show_each_value_with_its_gradient():
    graph = cr.draw(micrograd_neuron())
    lines = str(graph).splitlines()
    assert lines[1].split() == ["made", "by", "value", "gradient"]
    assert lines[2].split() == ["x1", "leaf", "2", "-1.5"]
    assert lines[-1].split() == ["v10", "tanh(v9)", "0.7071", "1"]
    shown = texts(svg(graph))
    for node in graph.nodes:
        at = shown.index(node.name)
        made_by, value, gradient = shown[at + 1 : at + 4]
        assert made_by == (node.made_by or "leaf")
        assert value == f"value {node.value.item():.4g}"
        assert gradient == f"gradient {node.gradient.item():.4g}"


def test_nothing_of_the_tensors_is_changed():
    w = cr.Tensor(5.0, name="w")
    loss = (w - 3) ** 2
    cr.draw(loss)
    assert (w.gradient, loss.gradient, loss.name) == (None, None, None)


def test_an_array_shows_its_shape_and_a_few_numbers():
    w = cr.Tensor([[1.0, 2.0], [3.0, 4.0]], name="w")
    graph = cr.draw(cr.sum(w * w))
    assert "w (2, 2)" in texts(svg(graph))
    assert "value 1, 2, 3, …" in texts(svg(graph))
    assert "gradient 2, 4, 6, …" in texts(svg(graph))
    assert "sum(v2)" in str(graph)


def test_the_gradients_of_a_result_of_several_entries_are_those_of_its_sum():
    w = cr.Tensor([1.0, 2.0], name="w")
    graph = cr.draw(w * w)
    assert graph.title.endswith("with the gradient of the sum of v2")
    assert by_name(graph)["w"].gradient.tolist() == [2.0, 4.0]


def test_options_and_constants_stand_in_the_call():
    w = cr.Tensor([[1.0, 2.0]], name="w")
    made = [node.made_by for node in cr.draw(cr.sum(w * [[3.0, 4.0]] - 2, axis=1)).nodes]
    assert made == ["", "multiply(w, array (1, 2))", "subtract(v2, 2)", "sum(v3, axis=1)"]


def test_exact_numbers_stay_exact():
    w = cr.Tensor(Fraction(1, 3), name="w")
    assert str(cr.draw(w * w)).splitlines()[-1].split() == ["v2", "multiply(w,", "w)", "1/9", "1"]


def test_a_network_shows_the_names_of_its_weights_and_layers():
    net = cr.Network([cr.Dense(2, 3, "tanh"), cr.Dense(3, 1)], seed=0, engine="python")
    study = cr.explain(net, [[1.0, 2.0]], [[0.5]]).study
    total, gradients = study.walk()
    nodes = by_name(cr.draw(total))
    assert {"dense1.weight", "dense1.z", "dense1.a", "dense2.bias", "loss"} <= set(nodes)
    for name, gradient in gradients.items():
        assert nodes[name].gradient.tolist() == gradient.tolist()


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_not_finite_is_said_in_words_and_not_by_colour_alone(bad):
    w = cr.Tensor([1.0, bad, 2.0, 3.0], name="w")
    graph = cr.draw(cr.sum(w * 2))
    assert "; 3 not finite" in graph.title
    assert f" 1, {bad}, 2, …; 1 of 4 not finite" in str(graph)
    assert texts(svg(graph)).count("not finite") == 3
    assert "stroke-dasharray" in graph._repr_svg_()
    assert "stroke-dasharray" not in cr.draw(micrograd_neuron())._repr_svg_()


def test_a_gradient_that_is_infinite_is_marked_where_the_value_is_sound():
    w = cr.Tensor(0.0, name="w")
    nodes = by_name(cr.draw(cr.sqrt(w)))
    assert nodes["w"].gradient.item() == math.inf
    assert not nodes["w"].finite
    assert nodes["v2"].finite


def test_where_an_op_has_no_derivative_no_gradient_passes():
    condition, w = cr.Tensor([1.0, 0.0], name="condition"), cr.Tensor([3.0, 4.0], name="w")
    nodes = by_name(cr.draw(cr.where(condition, w, -w)))
    assert nodes["condition"].gradient is None
    assert nodes["w"].gradient.tolist() == [1.0, -1.0]
    assert "none passes" in str(cr.draw(cr.where(condition, w, 0.0)))


def test_two_leaves_of_one_name_are_told_apart():
    graph = cr.draw(cr.Tensor(2.0, name="w") * cr.Tensor(3.0, name="w"))
    assert [node.name for node in graph.nodes] == ["w#1", "w#2", "v3"]


def chain(length):
    x = cr.Tensor(1.0, name="w")
    for _ in range(length):
        x = x * 2.0
    return x


def test_a_long_graph_shows_its_ends_and_says_how_much_is_left_out():
    graph = cr.draw(chain(999))
    assert len(graph.nodes) == 1000
    assert "… 940 values left out …" in str(graph)
    assert len(str(graph).splitlines()) < 70
    root = svg(graph)
    assert "… 940 values left out …" in texts(root)
    assert texts(root).count("leaf") == 1
    assert texts(root)[-4:-2] == ["v1000", "multiply(v999, 2)"]
    arrows = [path for path in root.iter(f"{SVG}path") if path.get("fill") == "none"]
    assert len(arrows) == 60  # 61 boxes one below the other
    assert "left out" not in str(cr.draw(chain(999), most=1000))


def test_a_name_that_looks_like_markup_is_shown_and_never_run():
    graph = cr.draw(cr.Tensor(1.0, name="<script>'&") * 2)
    assert "<script>" not in graph._repr_svg_() + graph._repr_html_()
    assert "<script>'&" in texts(svg(graph))


def test_the_picture_says_in_words_what_it_shows():
    graph = cr.draw(micrograd_neuron())
    root = svg(graph)
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == title.get("id")
    assert root.get("aria-describedby") == description.get("id")
    assert title.text == graph.title
    assert description.text == str(graph)
    assert title.get("id") != svg(cr.draw(chain(2))).find(f"{SVG}title").get("id")


def test_no_two_boxes_touch_and_each_stands_below_those_that_lead_to_it():
    widths = [40.0, 90.0, 60.0, 30.0, 70.0, 50.0, 80.0]
    edges = [(0, 2), (1, 2), (0, 4), (3, 4), (2, 5), (4, 5), (0, 6), (5, 6)]
    placed = place(widths, edges)
    for source, target in edges:
        assert placed.places[source][1] < placed.places[target][1]
    for one, other in combinations(range(7), 2):
        (x, layer), (other_x, other_layer) = placed.places[one], placed.places[other]
        if layer == other_layer:
            assert abs(x - other_x) >= (widths[one] + widths[other]) / 2
    assert min(x - w / 2 for (x, _), w in zip(placed.places, widths, strict=True)) >= 0
    points = placed.lines[0, 6]
    assert [layer for _, layer in points] == list(range(points[0][1], placed.layers))


def test_lines_do_not_cross_where_they_need_not():
    placed = place([50.0] * 4, [(0, 3), (1, 2)])
    (a, _), (b, _), (c, _), (d, _) = placed.places
    assert (a - b) * (d - c) > 0


def test_a_graph_is_saved_as_picture_and_as_text(tmp_path):
    graph = cr.draw(micrograd_neuron())
    graph.save(tmp_path / "graph.svg")
    graph.save(tmp_path / "graph.txt")
    assert (tmp_path / "graph.svg").read_text("utf-8") == graph._repr_svg_()
    assert (tmp_path / "graph.txt").read_text("utf-8") == f"{graph}\n"
    with pytest.raises(DataError, match="cannot be written"):
        graph.save(tmp_path / "nowhere" / "graph.svg")
    with pytest.raises(OptionError, match=r"as \.svg or \.txt; found .*graph\.png"):
        graph.save(tmp_path / "graph.png")


def test_what_is_not_a_tensor_is_refused_with_what_to_do():
    with pytest.raises(KindError, match=r"found 4\.0: make what goes in a cr\.Tensor"):
        cr.draw(4.0)
    with pytest.raises(OptionError, match="most"):
        cr.draw(chain(9), most=2)
    assert "left out" in str(cr.draw(chain(9), most=3))


@pytest.mark.extra("numpy")
def test_numpy_arrays_are_drawn_as_lists_are():
    import numpy as np

    def graph(kind):
        return str(cr.draw(cr.sum(cr.exp(cr.Tensor(kind([1.0, 2.0]), name="w")))))

    assert graph(np.asarray) == graph(list)


def test_lines_of_text_fit_a_screen():
    net = cr.Network([cr.Dense(30, 300, "relu"), cr.Dense(300, 3, "softmax")], engine="python")
    study = cr.explain(net, [[1e-5 * n for n in range(30)]], [1]).study
    assert not re.search(r".{81}", str(cr.draw(study.walk()[0])))


def test_the_result_alone_has_two_frames():
    boxes = svg(cr.draw(micrograd_neuron())).iter(f"{SVG}g")
    frames = [len(box.findall(f"{SVG}rect")) for box in boxes if box.find(f"{SVG}rect") is not None]
    assert frames == [1] * 9 + [2]


SUM = [Box(("aa", "1"), "leaf"), Box(("bb", "2"), "leaf"), Box(("sums", "3"), "result")]


def test_a_picture_is_measured_by_its_letters_lines_and_gaps():
    # A letter is 7.3 wide and a line 17 high, with 10 around them: 34.6 by 44, and 49.2 for "sums".
    # 24 between two boxes, 40 below them, 16 at the edges and 28 above for the title.
    picture = drawn("t", "two and one", SUM, [(0, 2), (1, 2)])
    assert "width='125' height='172' viewBox='0 0 125 172'" in picture
    for x, y, width, height, corner in [
        (16.0, 28.0, 34.6, 44, 14),
        (74.6, 28.0, 34.6, 44, 14),
        (38.0, 112.0, 49.2, 44, 2),
        (41.0, 115.0, 43.2, 38, 2),  # the second frame of a result
    ]:
        size = f"width='{width}' height='{height}' rx='{corner}'"
        assert picture.count(f"<rect x='{x}' y='{y}' {size}") == 1
    assert picture.count("<rect") == 5
    assert "d='M33.3 72.0C33.3 92.0 62.6 92.0 62.6 112.0'" in picture
    assert "d='M91.9 72.0C91.9 92.0 62.6 92.0 62.6 112.0'" in picture
    assert picture.count("d='M62.6 112.0l-4 -8h8z'") == 2
    assert "<text x='26.0' y='45.8' fill='#1c1e21' font-weight='700'>aa<" in picture
    assert "<text x='26.0' y='62.8' fill='#5b6068'>1<" in picture


def test_a_title_wider_than_its_boxes_has_them_in_the_middle():
    picture = drawn("a title of 20 letters", "", SUM, [(0, 2), (1, 2)])
    assert "width='185' height='172'" in picture  # 21 · 7.3 and 32
    assert "<rect x='46.0' y='28.0'" in picture


def test_what_is_odd_is_framed_in_dashes_and_what_is_folded_not_at_all():
    boxes = [Box(("n", "nan"), "made", "not finite"), Box(("9 more",), "folded")]
    picture = drawn("t", "", boxes, [(0, 1)])
    assert picture.count("<rect") == 2
    assert (
        "rx='2' fill='white' stroke='#b04a00' stroke-width='2.5' stroke-dasharray='6 3'/>"
        in picture
    )
    assert "fill='#b04a00' font-weight='700'>not finite<" in picture
    assert "height='27'" not in picture
    long = Box(("x" * 49, "y" * 48), "leaf")
    assert [len(line) for line in long.shown] == [48, 48]


def test_a_line_past_a_box_bends_in_each_layer_that_it_passes():
    # 0 leads to 1, 1 to 2, and 0 to 2 past it, with 12 between the line and the box; 0 and 2 stand
    # in the middle between both.
    placed = place([40.0, 40.0, 40.0], [(0, 1), (1, 2), (0, 2)])
    assert placed.places == ((36.0, 0), (20.0, 1), (36.0, 2))
    assert placed.lines[0, 2] == ((36.0, 0), (20.0 + 20 + 12, 1), (36.0, 2))
    assert (placed.width, placed.layers) == (36 + 20, 3)


def test_boxes_that_lead_to_one_stand_evenly_around_it_wherever_another_stands():
    # 0 leads to 3, which is wide; 1 and 2 lead to 4.
    placed = place([40.0, 40.0, 40.0, 200.0, 40.0], [(0, 3), (1, 4), (2, 4)])
    assert [x for x, _ in placed.places] == [100.0, 212.0, 276.0, 100.0, 244.0]


def test_a_value_that_is_left_out_leads_to_whatever_it_is_used_for():
    early = chain(50)
    late = early
    for _ in range(49):
        late = late * 2.0
    root = svg(cr.draw(early * late, most=5))
    arrows = [path for path in root.iter(f"{SVG}path") if path.get("fill") == "none"]
    # The first, what is left out, three and the last: a line past the three bends twice at each.
    assert sorted(path.get("d").count("C") for path in arrows) == [1, 1, 1, 1, 1, 7]


@pytest.mark.parametrize(
    ("values", "ends"), [([0.0, 0.5, 1.0], (-0.08, 1.08)), ([2.0, 2.0], (1.0, 3.0))]
)
def test_a_plane_reaches_a_little_beyond_its_examples(values, ends):
    places = side(values, STEPS, ROOM)
    assert len(places) == 61
    assert (places[0], places[-1]) == pytest.approx(ends)
    assert places[30] == pytest.approx(sum(ends) / 2)
