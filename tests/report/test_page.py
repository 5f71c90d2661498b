"""The page in a real browser: alone, by keyboard, on paper, and on a phone."""

import csv
import json
import re
from itertools import pairwise

import pytest

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
    remarks = re.sub('"(.*?)"', r"“\1”", " ".join(screen["remarks"]))
    assert page.locator(".remarks").inner_text() == remarks
    assert "“" in remarks
    assert page.locator("summary", has_text="More").bounding_box()["y"] < 1000


def test_a_long_answer_is_not_cut_off_beside_the_picture(visit):
    page = visit("one", viewport={"width": 1280, "height": 800})
    page.evaluate(
        """() => document.querySelectorAll(".groups tr:has(.opener)").forEach((row) => {
            row.querySelector(".opener").textContent = "flipper_length_mm → dense1[12]";
            row.lastElementChild.textContent = "Chinstrap penguin, over 99% ✓";
        })"""
    )
    boxes = page.locator(".halves .scroll").all()
    assert boxes
    for box in boxes:
        assert box.evaluate("e => e.scrollWidth <= e.clientWidth")


def test_a_short_answer_stands_on_one_line_with_the_weights_that_it_is_said_without(visit):
    page = visit("one", viewport={"width": 1280, "height": 800})
    page.evaluate(
        """() => document.querySelectorAll(".groups tr:has(.opener)").forEach((row) => {
            const name = row.querySelector(".opener span");
            if (!name.textContent.includes("moved")) name.textContent = "is missing ×5 → dense1";
            row.lastElementChild.textContent = "Adelie, 91%\u00a0✓";
        })"""
    )
    heights = [row.bounding_box()["height"] for row in page.locator(".groups tr:visible").all()]
    assert max(heights) < 1.2 * min(heights)


BROKEN_WORDS = """() => {
    const broken = [];
    const part = document.createRange();
    for (const each of document.querySelectorAll("h1, h2, .answer, .groups th, .factor .small")) {
        const walk = document.createTreeWalker(each, NodeFilter.SHOW_TEXT);
        while (walk.nextNode()) {
            for (const word of walk.currentNode.data.matchAll(/[^ ]+/g)) {
                part.setStart(walk.currentNode, word.index);
                part.setEnd(walk.currentNode, word.index + word[0].length);
                const tops = [...part.getClientRects()].map(({ top }) => Math.round(top));
                if (new Set(tops).size > 1) broken.push(word[0]);
            }
        }
    }
    return broken;
}"""


BEYOND = """() => [...document.querySelectorAll("svg.network text")].filter((text) => {
    const { x, width } = text.getBBox();
    return x < 0 || x + width > text.ownerSVGElement.viewBox.baseVal.width;
}).map((text) => text.textContent)"""

HEADINGS_TOUCH = """() => {
    const heads = [...document.querySelectorAll("svg.network g > text.small:not(.over, .before)")];
    return heads.flatMap((one) => heads.filter((other) => {
        const [a, b] = [one.getBBox(), other.getBBox()];
        return one !== other && Math.abs(a.y - b.y) < 9 && a.x <= b.x && a.x + a.width > b.x - 2;
    }).map((other) => `${one.textContent} / ${other.textContent}`));
}"""


@pytest.mark.parametrize("name", ["long", "deep1", "deep9"])
@pytest.mark.parametrize("width", [320, 360, 1280])
def test_nothing_of_the_picture_is_cut_off_or_touches_where_layers_stand_close(visit, name, width):
    page = visit(name, viewport={"width": width, "height": 800})
    page.wait_for_function(f"() => !({BEYOND})().length")
    assert page.evaluate(HEADINGS_TOUCH) == []
    groups = page.locator(".groups .scroll")
    assert groups.evaluate("e => e.scrollWidth <= e.clientWidth")


def test_of_many_layers_the_timeline_names_the_ends_and_the_one_that_is_shown(visit):
    page = visit("deep9", viewport={"width": 1280, "height": 800})
    ends = ["input", "output", "loss", "back: output", "back: layer 1", "update"]
    names = page.locator(".timeline button:visible")
    assert names.all_inner_texts() == ends
    page.get_by_role("slider", name="Timeline").press("Home")
    page.keyboard.press("ArrowRight")
    assert names.all_inner_texts() == [ends[0], "layer 1", *ends[1:]]
    assert page.locator(".timeline [aria-current]").inner_text() == "layer 1"
    assert len(visit("one").locator(".timeline button:visible").all()) == 7


@pytest.mark.parametrize("width", [390, 700, 1000, 1280])
def test_long_names_break_where_their_words_meet_and_nothing_is_cut_off(visit, width):
    page = visit("long", viewport={"width": width, "height": 844})
    assert page.evaluate(WIDTH) == width
    boxes = page.locator(".halves .scroll").all()
    assert boxes
    for box in boxes:
        assert box.evaluate("e => e.scrollWidth <= e.clientWidth")
    assert page.evaluate(BROKEN_WORDS) == []
    assert page.evaluate(BEYOND) == []
    drawn = page.locator("svg.network").text_content()
    for node in numbers(page)["screen"]["diagram"]["layers"][-1]["nodes"]:
        assert node["value"] in drawn


def test_a_row_is_named_with_how_many_its_table_has(visit):
    assert "a made-up table · row 0 of 24" in visit("long").locator("header").inner_text()
    assert "a made-up table · 24 rows" in visit().locator("header").inner_text()


def test_the_way_through_an_example_is_shown_of_one_example_only(visit):
    page = visit()
    assert page.locator(".way").is_hidden()
    page.goto(f"{page.url}#row-{numbers(page)['rows'][0]['row']}")
    assert page.locator(".way input").is_visible()


def test_every_section_is_in_the_drawer(visit):
    page = visit()
    assert page.locator("article.weight").is_hidden()
    open_drawer(page)
    assert page.locator(".drawer h2").all_inner_texts() == [
        "Four questions, one weight",
        "The weights by their slopes",
        "The worst rows",
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


def test_the_line_that_keys_have_reached_has_an_edge_wider_than_any_line(visit):
    page = visit("one")
    page.locator("svg.network [tabindex='0']").focus()
    for _ in range(8):
        page.keyboard.press("ArrowRight")
        halo, ink = page.evaluate(
            """() => [...document.activeElement.querySelectorAll("path")].map((path) => {
                const { stroke, strokeWidth, strokeOpacity } = getComputedStyle(path);
                return { stroke, width: parseFloat(strokeWidth), opacity: Number(strokeOpacity) };
            })"""
        )
        assert halo["width"] >= ink["width"] + 6
        assert halo["opacity"] == 1
        assert halo["stroke"] == page.evaluate("getComputedStyle(document.body).color")


def test_a_line_chooses_its_weight_by_keyboard_and_by_mouse(visit):
    page = visit("one")
    data = numbers(page)["screen"]
    opened = [detail["name"] for detail in data["details"]]
    lines = [line for line in data["diagram"]["lines"] if line["name"] in opened[1:]]
    for line, act in zip(lines[:2], ("press", "click"), strict=True):
        drawn = page.get_by_role("button", name=line["words"], exact=True)
        drawn.press("Enter") if act == "press" else drawn.dispatch_event("click")
        assert page.evaluate(SHOWN) == line["name"]
        assert line["name"] in page.locator(".card[aria-label=Why] h2").inner_text()
        assert drawn.get_attribute("class").endswith("selected")
        assert line["name"] in page.locator(".unseen[role=status]").inner_text()


def test_every_weight_that_the_answer_calls_by_its_name_is_shown_when_it_is_chosen_there(visit):
    page, all_called = visit(), []
    for screen in (numbers(page)["screen"], *numbers(page)["rows"]):
        if screen["row"] is not None:
            page.goto(f"{page.url.partition('#')[0]}#row-{screen['row']}")
            wait_for_row(page, screen["row"])
        called = re.findall(r"(?<=\()dense\S+(?=\))", " ".join(screen["answer"]))
        buttons = page.locator(".answer button")
        assert buttons.all_inner_texts() == called == screen["said"]
        for button in buttons.all():
            button.press("Enter")
            assert page.evaluate(SHOWN) == button.inner_text()
            assert button.inner_text() in page.locator(".card[aria-label=Why] h2").inner_text()
        all_called += called
    assert len(all_called) > 2


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
    shown, words = page.locator(".try .value"), page.locator(".try output")
    assert shown.inner_text().replace("−", "-") == f"{value:.3g}"
    gone_to = words.inner_text().replace("−", "-").rpartition("to ")[2]
    assert float(gone_to) == pytest.approx(measured, rel=5e-3)
    page.get_by_role("button", name="undo").click()
    assert shown.inner_text().replace("−", "-") == f"{detail['slope']['at']:.3g}"
    assert "now" in words.inner_text()


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


def test_on_paper_nothing_is_to_be_slid_and_the_drawer_is_opened_for_every_browser(visit):
    page = visit("one")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator(".drawer").get_attribute("open") is not None
    assert not page.locator(".way").is_visible()


@pytest.mark.parametrize("name", ["plain", "many"])
def test_on_paper_no_table_stands_on_another(visit, name):
    page = visit(name, viewport={"width": 703, "height": 1000})  # A4 without its margins
    open_drawer(page)
    page.emulate_media(media="print")
    assert page.evaluate(WIDTH) <= 703
    tables = [page.locator(f"{each} table").bounding_box() for each in ("#examples", "#classes")]
    first, second = tables
    beside = first["x"] + first["width"] + 10 < second["x"]
    assert beside or first["y"] + first["height"] < second["y"]


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
    boxes = page.locator(".halves .scroll").all()
    assert boxes
    for box in boxes:
        assert box.evaluate("e => e.scrollWidth <= e.clientWidth")
    beyond = page.evaluate(
        """() => [...document.querySelectorAll('.halves text, h1, .answer, .groups td')]
        .filter(e => { const r = e.getBoundingClientRect(); return r.left < 0 || r.right > 390; })
        .map(e => e.textContent)"""
    )
    assert beyond == []


@pytest.mark.parametrize("width", [320, 360, 640])
def test_what_is_said_without_a_group_stands_apart_from_the_number_before_it(visit, width):
    page = visit("one", viewport={"width": width, "height": 800})
    rows = page.locator(".groups tr:visible").all()
    assert len(rows) > 1
    for row in rows:
        number, said = row.locator("th:visible, td:visible").all()[-2:]
        right = number.evaluate("e => parseFloat(getComputedStyle(e).paddingRight)")
        left = said.evaluate("e => parseFloat(getComputedStyle(e).paddingLeft)")
        assert right + left >= 8


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


def test_the_example_is_walked_through_forward_and_back(visit):
    page = visit("one")
    names = page.locator(".timeline button").all_inner_texts()
    forward, back = ("input", "layer 1", "output", "loss"), ("back: output", "back: layer 1")
    assert names == [*forward, *back, "update"]
    page.get_by_role("button", name="input", exact=True).click()
    assert page.locator(".phase").inner_text().startswith("Forward: 7 values come in, and a 1")
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
    page.keyboard.press("ArrowRight")
    said = page.locator(".phase").inner_text()
    assert f"to {numbers(page)['screen']['update']['loss']:.4g}, measured on a copy" in said


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
