"""The page's modules one by one, imported by another page that draws with them."""

import re
from dataclasses import replace
from importlib.resources import files

import pytest

import chainrule as cr
from chainrule.report.diagram import diagram
from chainrule.report.page_data import as_json, weight_detail
from chainrule.words import percent

pytestmark = pytest.mark.extra("playwright")


@pytest.fixture
def live(browser):
    """A page of another site that imports the modules as they are, and runs a line of script."""

    def serve(route):
        name = re.search(r"/(\w+\.js)$", route.request.url)
        if name:
            source = (files("chainrule.report") / "page" / name[1]).read_text(encoding="utf-8")
            route.fulfill(body=source, content_type="text/javascript")
        else:
            route.fulfill(body="<!doctype html><div id=into></div>", content_type="text/html")

    page = browser.new_page()
    page.route("**/*", serve)
    page.goto("http://page.test/")

    def draw(module, data):
        return page.evaluate(
            """async ([module, data]) => {
                const into = document.getElementById("into");
                (await import(`/${module}.js`)).draw(into, data);
                return into.innerText;
            }""",
            [module, data],
        )

    draw.page = page
    yield draw
    page.close()


def test_a_live_page_can_import_each_drawing_by_itself(live, explanation):
    receipt = explanation().receipt("dense1.weight[0,0]").to_dict()
    assert "Where it comes from, level by level" in live("receipt", receipt)
    columns = [{"key": "n", "title": "n", "kind": "number"}]
    assert "1.5" in live("table", {"caption": "c", "columns": columns, "rows": [{"n": 1.5}]})


def test_long_names_that_differ_in_their_ends_stay_apart(live, explanation):
    names = [f"average_temperature_of_the_first_measurement_{n}" for n in range(7)]
    ex = explanation(names=names, rows=1)
    live("network", as_json(diagram(ex.network, ex.gradients, ex.weights.total)))
    inputs = live.page.locator("svg.network .node.input")
    drawn = ["".join(each.locator(".before").all_text_contents()[:2]) for each in inputs.all()]
    assert len(drawn) > 3
    assert all(any(text.endswith(f"ment_{n}") for n in range(7)) for text in drawn)
    assert len({*drawn}) == len(drawn)
    call = "async (name) => (await import('/figures.js')).short(name)"
    assert live.page.evaluate(call, names[3]) == "average_tem…surement_3"
    assert live.page.evaluate(call, "x" * 22) == "x" * 22


def test_the_page_writes_shares_as_the_text_does(live):
    shares = [0.0, 4e-5, 0.0006, 0.834, 0.9994, 0.99951, sum([0.1] * 10), 1.0]
    call = "async (shares) => shares.map((await import('/figures.js')).percent)"
    assert live.page.evaluate(call, shares) == [percent(share) for share in shares]


def test_a_picture_is_drawn_again_for_other_numbers_and_beside_another(live, explanation):
    first, second = (explanation(rows=rows) for rows in (1, 3))
    drawn = [as_json(diagram(ex.network, ex.gradients, ex.weights.total)) for ex in (first, second)]
    words = live.page.evaluate(
        """async ([first, second]) => {
            const { draw } = await import("/network.js");
            const box = () => document.body.appendChild(document.createElement("div"));
            const boxes = [box(), box()];
            const pictures = boxes.map((each) => draw(each, first));
            pictures[1].update(second);
            pictures[1].mark("dense1.weight[0,0]");
            const lines = (each) => [...each.querySelectorAll(".line[role]")];
            return boxes.map((each) => lines(each).map((line) => line.ariaLabel));
        }""",
        drawn,
    )
    assert [set(each) for each in words] == [
        {line["words"] for line in each["lines"]} for each in drawn
    ]
    assert live.page.locator("[id]:not(#into)").count() == 0
    assert live.page.locator(".line.selected").count() == 1


def test_pixels_are_drawn_as_the_image_that_they_are(live):
    x = [[0.0, 1.0, 0.5, 0.0, 1.0, 0.0, 0.25, 0.0, 1.0]]
    ex = cr.explain(cr.Network([cr.Dense(9, 2, "softmax")], seed=0, engine="python"), x, [1])
    study = replace(ex.network, input_names=tuple(f"pixel{n}" for n in range(9)))
    live("network", as_json(diagram(study, ex.gradients, ex.weights.total)))
    pixels = live.page.locator(".pixel")
    opacities = [float(each.get_attribute("fill-opacity")) for each in pixels.all()]
    assert opacities == [value for value in x[0] if value]
    assert live.page.get_by_role("img", name="The image of 3 × 3 pixels").count() == 1


PLACES = """async (text) => {
    const { breakable, element, put } = await import("/dom.js");
    const written = [element("p", {}, text), element("p"), element("p")];
    document.body.append(...written);
    written[1].replaceChildren(...breakable(text));
    put(written[2], text);
    return written.map(({ firstChild }) => [...firstChild.data].map((letter, at) => {
        const range = document.createRange();
        range.setStart(firstChild, at);
        range.setEnd(firstChild, at + 1);
        return letter === "\u200e" ? null : range.getBoundingClientRect().left;
    }).filter((place) => place !== null));
}"""


@pytest.mark.parametrize("word", ["\u05d7\u05ea\u05d5\u05dc", "\u0642\u0637\u0629 \u0643\u0628"])
def test_what_follows_a_word_from_right_to_left_stays_to_its_right(live, word):
    for places in live.page.evaluate(PLACES, f"{word}, 84%"):
        letters, behind = places[: len(word)], places[len(word) :]
        assert letters == sorted(letters, reverse=True)
        assert behind == sorted(behind)
        assert behind[0] > letters[0]


def test_what_the_outputs_say_below_zero_has_the_same_sign_as_elsewhere(live):
    net = cr.Network([cr.Dense(1, 2, weight=[[-1.0], [2.0]], bias=[0, 0])], engine="python")
    ex = cr.explain(net, [[2.5]], [[-4.0, 1.0]])
    live("network", as_json(diagram(ex.network, ex.gradients, ex.weights.total)))
    said = " ".join(live.page.locator("svg.network .over").all_text_contents())
    assert "−2.5 should be −4" in said
    assert "-" not in said


def test_a_note_below_what_would_have_been_is_a_sentence(live, explanation):
    detail = as_json(weight_detail(explanation(), "dense1.weight[0,0]"))
    detail["counterfactual"]["notes"] = ["the best value is an end: a lower loss may lie outside"]
    assert "The best value is an end: a lower loss may lie outside." in live("weight", detail)


@pytest.mark.parametrize(
    ("layers", "activation", "size"), [(3, "softplus", 10.4), (4, "leaky_relu", 13)]
)
def test_on_a_phone_what_each_layer_is_stands_whole_above_it(live, layers, activation, size):
    hidden = [cr.Dense(2, 2, activation) for _ in range(layers)]
    net = cr.Network([*hidden, cr.Dense(2, 2, "tanh")], seed=0, engine="python")
    ex = cr.explain(net, [[1.0, 2.0]], [[0.0, 1.0]])
    live.page.set_viewport_size({"width": 330, "height": 800})
    live.page.add_style_tag(content=f"svg text {{ font: {size}px monospace; }}")
    live("network", as_json(diagram(ex.network, ex.gradients, ex.weights.total)))
    heads = "".join(live.page.locator("svg.network g > text.small").all_text_contents())
    assert heads.count(activation) == layers


def test_what_is_not_explained_neither_helped_nor_hurt(live):
    way = [{"name": name, "amount": 1, "from": 0, "to": 1} for name in ("w", "not explained")]
    ends = {"start": {"name": "before", "level": 0}, "end": {"name": "now", "level": 2}}
    live("waterfall", {"title": "The way", **ends, "steps": way})
    assert live.page.locator("svg .before").all_text_contents()[1:3] == ["+1 hurt", "+1 "]


def test_a_number_of_the_drawing_is_never_broken(live):
    net = cr.Network([cr.Dense(1, 1, weight=[[1.0]], bias=[0.0])], engine="python")
    ex = cr.explain(net, [[286306.0]], [[353352.0]])
    live.page.set_viewport_size({"width": 390, "height": 800})
    live.page.add_style_tag(content="svg text { font: 12px sans-serif; }")
    live("network", as_json(diagram(ex.network, ex.gradients, ex.weights.total)))
    drawn = live.page.locator("svg.network text").all_text_contents()
    assert {"should be", "353,352"} <= set(drawn)


def test_a_factor_shows_its_formula_with_the_numbers_put_in(live, explanation):
    record = explanation(rows=1).receipt("dense1.weight[0,0]").to_dict()
    record["chain"][1]["worked"] = "1 - (-0.5)^2 = 0.75"
    record["chain"][0]["worked"] = " + ".join(["0.5 · 0.25"] * 9) + " = 1.125"
    live("receipt", record)
    small = live.page.locator(".equation .factor .small").all_text_contents()
    assert small[:3] == ["slope", "came back through 2 units", "1−(−0.5)2"]
    power = live.page.locator(".equation msup")
    assert power.evaluate("e => [...e.children].map(each => each.textContent)") == [")", "2"]
    assert live.page.locator(".equation mfrac").first.text_content() == "dLdw"


def test_each_factor_opens_into_the_level_before_it_up_to_the_loss(live, explanation):
    record = explanation(rows=1).receipt("dense1.weight[0,0]").to_dict()
    live("receipt", record)
    buttons = live.page.locator("button.factor")
    buttons.first.press("Enter")
    inside = live.page.locator(".inside")
    for merge in record["merges"][1:]:
        inside.locator("summary", has_text=merge["value"]).press("Enter")
    assert inside.locator("details[open]").count() == len(record["merges"]) - 1
    assert record["merges"][-1]["value"] in inside.locator("p").last.inner_text()
    buttons.nth(1).click()
    assert inside.inner_text().endswith(record["chain"][1]["why"])
    assert buttons.first.get_attribute("aria-expanded") == "false"
    buttons.nth(1).click()
    assert inside.inner_text() == ""


def test_rows_that_pull_the_other_way_stand_apart_in_a_receipt(live, explanation):
    record = explanation().receipt("dense1.weight[0,0]").to_dict()
    sign = 1 if record["batch_gradient"] > 0 else -1
    record["examples"] = [[4, 0.5 * sign], [7, -0.25 * sign]]
    live("receipt", record)
    lists = live.page.locator(".chips").all_inner_texts()
    heads = live.page.locator(".chips").evaluate_all(
        "e => e.map(l => l.previousSibling.textContent)"
    )
    assert (lists[0][:5], heads[0]) == ("row 4", "for it")
    assert (lists[1][:5], heads[1]) == ("row 7", "against it")


def test_numbers_that_are_not_finite_are_marked_and_sorted_last(live):
    columns = [{"key": "n", "title": "n", "kind": "number"}]
    rows = [{"n": 1.0}, {"n": "nan"}, {"n": 2.0}]
    live("table", {"caption": "c", "columns": columns, "rows": rows})
    for order in (["2", "1", "nan"], ["1", "2", "nan"]):
        live.page.get_by_role("button", name="n").click()
        cells = live.page.locator("tbody th").all_text_contents()
        assert [cell.split(" ")[0] for cell in cells] == order
        assert cells[-1] == "nan (not a number to go by)"


def test_a_curve_without_finite_points_says_so(live):
    series = [{"name": "loss", "points": [[0, "nan"], [1, "inf"]]}]
    drawn = live("curve", {"title": "Loss", "words": "", "x": "w", "y": "loss", "series": series})
    assert drawn == "Loss: there are no finite numbers to draw."


def test_a_curve_that_only_rounding_bends_is_drawn_as_level(live):
    level = 1.711
    points = [[w / 10, level * (1 + 2.2e-16 * (w % 2))] for w in range(20)]
    series = [{"name": "loss", "points": points, "kind": "loss"}]
    live("curve", {"title": "Loss", "words": "", "x": "w", "y": "loss", "series": series})
    path = live.page.locator("path.stroke").get_attribute("d")
    assert len({pair.split()[1] for pair in re.findall(r"[\d.]+ [\d.]+", path)}) == 1
    assert live.page.locator("text.tick").count() < 20


def test_what_rounding_leaves_of_a_way_is_nothing(live):
    way = {"title": "way", "start": {"name": "before", "level": 2.0}}
    way |= {"end": {"name": "now", "level": 1.5}}
    steps = [("w", -0.5, 2.0, 1.5), ("not explained", 0, 1.5, 1.5)]
    keys = ("name", "amount", "from", "to")
    way["steps"] = [dict(zip(keys, step, strict=True)) for step in steps]
    live("waterfall", way)
    said = live.page.locator("svg").get_attribute("aria-label")
    assert said == "way: before 2; w \u22120.5 helped; not explained nothing; now 1.5"


def test_what_a_search_leaves_of_a_loss_is_nearly_0(live):
    call = "async ([value, others]) => (await import('/figures.js')).beside(value, others)"
    said = [live.page.evaluate(call, [x, [-3.0, 0.5, "nan"]]) for x in (7e-23, 0, 1e-9, "nan")]
    assert said == ["nearly 0", "0", "1e\u221209", "nan"]
