"""The page in a real browser: alone, by keyboard, on paper, on a phone, and module by module."""

import csv
import json
import re
from dataclasses import replace
from importlib.resources import files
from itertools import pairwise

import pytest

import chainrule as cr
from chainrule.report.diagram import diagram
from chainrule.report.page_data import as_json
from chainrule.words import percent

pytestmark = pytest.mark.extra("playwright")

SHOWN = "document.querySelector('article.weight h3').textContent"
FOCUSED = "document.activeElement.getAttribute('aria-label')"
WIDTH = "document.documentElement.scrollWidth"


@pytest.fixture
def visit(browser, written):
    """Opens a page; at the end, nothing may have been complained of or asked for."""
    contexts, complaints, requests = [], [], []

    def go(name="plain", **options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.on("request", lambda request: requests.append(request.url))
        page.goto((written / f"{name}.html").as_uri())
        return page

    yield go
    for context in contexts:
        context.close()
    assert complaints == []
    assert [url for url in requests if not url.partition("#")[0].endswith(".html")] == []


def numbers(page):
    return page.evaluate("JSON.parse(document.getElementById('data').textContent)")


def wait_for_row(page, name):
    """Until the page has drawn what its address names, which a browser tells it later."""
    page.locator("nav a[aria-current=true]", has_text=re.compile(f"^{name}$")).wait_for()


def open_drawer(page):
    page.locator("details.drawer > summary").click()


def test_the_first_screen_is_the_mistake_the_answer_the_picture_and_the_groups(visit):
    page = visit("one", viewport={"width": 1280, "height": 800})
    screen = numbers(page)["screen"]
    assert page.locator("h1").inner_text() == screen["headline"]
    assert page.locator(".answer").inner_text().strip() == " ".join(screen["answer"]).strip()
    assert page.locator("svg.network .line").count() == len(screen["diagram"]["lines"])
    rows = page.locator(".groups tbody tr:visible")
    assert rows.count() == len(screen["groups"])
    assert rows.first.inner_text().startswith(screen["groups"][0]["name"])
    assert page.locator("summary", has_text="More").bounding_box()["y"] < 1000


def test_a_long_answer_is_not_cut_off_beside_the_picture(visit):
    page = visit("one", viewport={"width": 1280, "height": 800})
    page.evaluate(
        """() => document.querySelectorAll(".groups tr:has(.opener)").forEach((row) => {
            row.querySelector(".opener").textContent = "flipper_length_mm → dense1[12]";
            row.lastElementChild.textContent = "Chinstrap penguin, over 99% ✓";
        })"""
    )
    for box in page.locator(".halves .scroll").all():
        assert box.evaluate("e => e.scrollWidth <= e.clientWidth")


def test_every_section_is_in_the_drawer(visit):
    page = visit()
    assert page.locator("article.weight").is_hidden()
    open_drawer(page)
    assert page.locator(".drawer h2").all_inner_texts() == [
        "Four questions, one weight",
        "The weights by their slopes",
        "The worst examples",
        "The classes",
        "Blame: what makes up today's error",
        "Ledger: which weights did the learning",
        "The training run",
        "Health",
        "The network",
    ]
    asked = page.locator(".question h4").all_inner_texts()
    assert asked == ["Slope", "Ledger", "Blame", "Counterfactual"]


def test_hostile_names_are_shown_and_do_nothing(visit, hostile):
    page = visit("hostile")
    assert "broken" not in page.title()
    assert page.query_selector_all("img") == []
    first = page.locator("svg.network").inner_html()
    assert "&lt;img" in first or "&lt;/script&gt;" in first
    assert page.evaluate(f"{WIDTH} <= innerWidth")


def test_every_line_is_reached_and_read_by_keyboard_alone(visit):
    page = visit("one")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.line')"):
            break
    walked = []
    wanted = [line["words"] for line in numbers(page)["screen"]["diagram"]["lines"]]
    for _ in wanted:
        walked.append(page.evaluate(FOCUSED))
        assert page.locator(".readout").inner_text() == walked[-1]
        page.keyboard.press("ArrowRight")
    assert sorted(walked) == sorted(wanted)
    assert page.evaluate(FOCUSED) == walked[0]
    assert page.locator("svg.network [tabindex='0']").count() == 1


def test_a_line_chooses_its_weight_by_keyboard_and_by_mouse(visit):
    page = visit("one")
    data = numbers(page)["screen"]
    opened = [detail["name"] for detail in data["details"]]
    lines = [line for line in data["diagram"]["lines"] if line["name"] in opened[1:]]
    for line, act in zip(lines, ("press", "click"), strict=False):
        drawn = page.get_by_role("button", name=line["words"], exact=True)
        drawn.press("Enter") if act == "press" else drawn.dispatch_event("click")
        assert page.evaluate(SHOWN) == line["name"]
        assert line["name"] in page.locator(".card[aria-label=Why] h2").inner_text()
        assert drawn.get_attribute("class").endswith("selected")
        assert line["name"] in page.locator(".unseen[role=status]").inner_text()


def test_a_group_opens_into_its_weights_and_keeps_them_below_it_when_sorted(visit):
    page = visit("one")
    groups = numbers(page)["screen"]["groups"]
    place = next(n for n, group in enumerate(groups) if len(group["weights"]) > 1)
    opener = page.locator(".groups .opener").nth(place)
    opener.press("Enter")
    assert opener.get_attribute("aria-expanded") == "true"
    names = page.locator(".groups tr.within:visible small").all_inner_texts()
    assert names == [weight["name"] for weight in groups[place]["weights"]]
    page.locator(".groups thead th", has_text="loss if cut").locator("button").click()
    after = "xpath=ancestor::tr/following-sibling::tr[1]//small"
    below = page.get_by_role("button", name=groups[place]["name"], exact=True)
    assert below.locator(after).inner_text() == names[0]
    choose = page.locator(".groups tr.within button.choose:visible").last
    choose.press("Enter")
    assert page.evaluate(SHOWN) == choose.get_attribute("title")
    assert choose.get_attribute("aria-pressed") == "true"


def test_other_values_of_a_weight_are_those_that_were_measured(visit):
    page = visit("one")
    detail = numbers(page)["screen"]["details"][0]
    slider = page.locator(".try input")
    slider.press("Home")
    value, measured = detail["counterfactual"]["curve"][0]
    words = page.locator(".try output").inner_text().replace("−", "-")
    assert f"w = {value:.3g}:" in words
    assert float(words.rpartition("to ")[2]) == pytest.approx(measured, rel=5e-3)
    page.get_by_role("button", name="undo").click()
    assert "now" in page.locator(".try output").inner_text()


def test_the_worst_rows_are_links_to_their_own_answers(visit):
    page = visit()
    data = numbers(page)
    second = data["rows"][1]
    open_drawer(page)
    page.locator(".drawer a", has_text=re.compile(f"^{second['row']}$")).click()
    wait_for_row(page, second["row"])
    assert page.locator("h1").inner_text() == second["headline"]
    page.go_back()
    wait_for_row(page, "all")
    assert page.locator("h1").inner_text() == data["screen"]["headline"]


def test_the_table_sorts_by_keyboard_and_says_so(visit):
    page = visit()
    open_drawer(page)
    heading = page.locator("#weights thead th", has_text="value")
    heading.locator("button").focus()
    for direction in ("descending", "ascending"):
        page.keyboard.press("Enter")
        assert heading.get_attribute("aria-sort") == direction
        cells = page.locator("#weights tbody td:nth-child(2)").all_inner_texts()
        values = [float(text.replace("−", "-")) for text in cells]
        assert values == sorted(values, reverse=direction == "descending")


@pytest.mark.parametrize("name", ["plain", "hostile", "one"])
def test_on_paper_the_drawer_is_open_black_on_white_on_at_most_four_pages(visit, name):
    page = visit(name, color_scheme="dark")
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) <= 4
    page.emulate_media(media="print", color_scheme="dark")
    assert page.locator("article.weight").is_visible()
    assert page.evaluate("getComputedStyle(document.documentElement).color") == "rgb(0, 0, 0)"


def test_the_theme_follows_the_system_until_another_is_chosen(visit):
    page = visit(color_scheme="dark")
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    dark = page.evaluate(paper)
    page.get_by_label("Theme").select_option("light")
    assert page.evaluate(paper) != dark
    page.get_by_label("Theme").select_option("auto")
    assert page.evaluate(paper) == dark


@pytest.mark.parametrize("name", ["plain", "one"])
def test_on_a_phone_nothing_of_the_first_screen_is_cut_off(visit, name):
    page = visit(name, viewport={"width": 390, "height": 844})
    assert page.evaluate(WIDTH) == 390
    for box in page.locator(".halves .scroll").all():
        assert box.evaluate("e => e.scrollWidth <= e.clientWidth")
    beyond = page.evaluate(
        """() => [...document.querySelectorAll('.halves text, h1, .answer, .groups td')]
        .filter(e => { const r = e.getBoundingClientRect(); return r.left < 0 || r.right > 390; })
        .map(e => e.textContent)"""
    )
    assert beyond == []


def test_ids_are_single_and_headings_skip_no_level(visit):
    page = visit()
    open_drawer(page)
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    levels = page.evaluate(
        "[...document.querySelectorAll('h1,h2,h3,h4,h5')].map(e => Number(e.tagName[1]))"
    )
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
@pytest.mark.parametrize("name", ["plain", "one"])
@pytest.mark.extra("axe_playwright_python")
def test_axe_finds_nothing(visit, name, scheme, width):
    from axe_playwright_python.sync_playwright import Axe

    page = visit(name, color_scheme=scheme, viewport={"width": width, "height": 800})
    open_drawer(page)
    page.evaluate("document.querySelectorAll('.opener').forEach(each => each.click())")
    found = Axe().run(page).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []


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


def test_the_example_is_walked_through_forward_and_back(visit):
    page = visit("one")
    names = page.locator(".timeline button").all_inner_texts()
    assert names == [*("input", "layer 1", "output", "loss"), "back: output", "back: layer 1"]
    page.get_by_role("button", name="loss", exact=True).click()
    assert page.locator("svg.network .line.above, svg.network .line.below").count() == 0
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.locator(".timeline [aria-current]").inner_text() == "back: layer 1"
    g = numbers(page)["screen"]["passes"][0]["g"][0]
    drawn = page.locator("svg.network text").all_text_contents()
    # Half a screen has room for few digits; the head of the layer says what they are.
    assert drawn.count("dL/dz") == 1
    assert f"{g:.2g}".replace("-", "\u2212") in drawn


def test_rows_are_stepped_through_by_key_and_by_link(visit):
    page = visit()
    rows = [str(row["row"]) for row in numbers(page)["rows"]]
    page.keyboard.press("]")
    wait_for_row(page, rows[0])
    page.get_by_title("The next of the worst rows").click()
    wait_for_row(page, rows[1])
    key = "new KeyboardEvent('keydown', { key: '[', bubbles: true })"
    page.evaluate(f"for (let press = 0; press < 2; press++) document.body.dispatchEvent({key})")
    wait_for_row(page, "all")


def test_what_is_taken_away_holds_the_numbers_shown(visit, tmp_path):
    page = visit("one")
    text = {}
    for name in ("weights.csv", "explanation.json", "reproduce.py"):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=name).click()
        waiting.value.save_as(tmp_path / name)
        text[name] = (tmp_path / name).read_text(encoding="utf-8")
    data = numbers(page)
    assert json.loads(text["explanation.json"]) == data
    rows = list(csv.DictReader(text["weights.csv"].splitlines()))
    assert [float(row["slope"]) for row in rows] == [row["slope"] for row in data["weights"]]
    place = {}
    exec(text["reproduce.py"].replace("print", "str"), place)
    assert place["ex"].loss == pytest.approx(data["loss"], rel=1e-12)


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
