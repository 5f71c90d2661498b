"""The page in a real browser: alone, by keyboard, on paper, on a phone, and module by module."""

import re
from importlib.resources import files
from itertools import pairwise
from shutil import which

import pytest

pytestmark = pytest.mark.extra("playwright")

OPTIONS = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-quic"),
    *("--no-first-run", "--disable-component-update", "--disable-sync"),
)
SHOWN = "document.querySelector('article.weight:not([hidden]) h3').textContent"


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    found = which("chromium") or which("chromium-browser") or which("google-chrome")
    if not found:
        pytest.skip("needs a chromium on the search path")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=list(OPTIONS))
        yield started
        started.close()


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
    assert [url for url in requests if not url.endswith(("/plain.html", "/hostile.html"))] == []


def titles(page):
    return [heading.inner_text() for heading in page.query_selector_all("h2")]


def test_every_section_is_drawn(visit):
    assert titles(visit()) == [
        "The network",
        "The weights",
        "One weight",
        "The worst examples",
        "The classes",
        "Blame: what makes up today's error",
        "Ledger: which weights did the learning",
        "The training run",
        "Health",
    ]


def test_hostile_names_are_shown_and_do_nothing(visit, hostile):
    page = visit("hostile")
    assert page.title().startswith("Loss")
    assert page.query_selector_all("img") == []
    names = page.evaluate(
        "[...document.querySelectorAll('svg .name title')].map(t => t.textContent)"
    )
    assert hostile.inputs[0] in names
    assert "אבג\\u202eabc\u200f" in names
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_weight_is_chosen_by_keyboard_alone(visit):
    page = visit()
    buttons = page.locator("button.choose")
    second = buttons.nth(1).inner_text()
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == second:
            break
    page.keyboard.press("Enter")
    assert page.evaluate(SHOWN) == second
    assert buttons.nth(1).get_attribute("aria-pressed") == "true"
    assert buttons.nth(0).get_attribute("aria-pressed") == "false"
    assert second in page.locator("[role=status]").inner_text()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"


def test_a_line_of_the_drawing_chooses_its_weight(visit):
    page = visit()
    line = page.locator("svg.network .line.selectable").last
    name = line.locator("title").text_content().split(":")[0]
    line.dispatch_event("click")
    assert page.evaluate(SHOWN) == name


def test_the_table_sorts_by_keyboard_and_says_so(visit):
    page = visit()
    heading = page.locator("#weights thead th", has_text="value")
    heading.locator("button").focus()
    for direction in ("descending", "ascending"):
        page.keyboard.press("Enter")
        assert heading.get_attribute("aria-sort") == direction
        cells = page.locator("#weights tbody td:nth-child(2)").all_inner_texts()
        values = [float(text.replace("−", "-")) for text in cells]
        assert values == sorted(values, reverse=direction == "descending")


def test_on_paper_everything_is_open_and_black_on_white(visit):
    page = visit(color_scheme="dark")
    assert page.locator("article.weight:visible").count() == 1
    page.emulate_media(media="print", color_scheme="dark")
    assert page.locator("article.weight:visible").count() == page.locator("article.weight").count()
    assert page.locator("#drawing-words").is_visible()
    assert page.evaluate("getComputedStyle(document.documentElement).color") == "rgb(0, 0, 0)"


def test_the_theme_follows_the_system_until_another_is_chosen(visit):
    page = visit(color_scheme="dark")
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    dark = page.evaluate(paper)
    page.get_by_label("Theme").select_option("light")
    assert page.evaluate(paper) != dark
    page.get_by_label("Theme").select_option("auto")
    assert page.evaluate(paper) == dark


def test_a_phone_scrolls_tables_and_drawings_but_not_the_page(visit):
    page = visit(viewport={"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert page.evaluate("document.querySelector('#network .scroll').tabIndex") == 0


def test_everything_has_a_name_for_those_who_hear_the_page(visit):
    page = visit()
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('button, select, [role=img], [role=group], table')]
        .filter(e => !(e.textContent.trim() || e.getAttribute('aria-label')))
        .map(e => e.outerHTML.slice(0, 80))"""
    )
    assert nameless == []
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    levels = page.evaluate(
        "[...document.querySelectorAll('h1,h2,h3,h4,h5')].map(e => Number(e.tagName[1]))"
    )
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert page.locator("main").count() == 1


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


def test_numbers_that_are_not_finite_are_marked_and_sorted_last(live):
    columns = [{"key": "n", "title": "n", "kind": "number"}]
    rows = [{"n": 1.0}, {"n": "nan"}, {"n": 2.0}]
    for order in (["2", "1", "nan"], ["1", "2", "nan"]):
        live("table", {"caption": "c", "columns": columns, "rows": rows})
        for _ in range(2 if order[0] == "1" else 1):
            live.page.get_by_role("button", name="n").click()
        cells = live.page.locator("tbody th").all_text_contents()
        assert [cell.split(" ")[0] for cell in cells] == order
        assert cells[-1] == "nan (not a number to go by)"


def test_a_curve_without_finite_points_says_so(live):
    series = [{"name": "loss", "points": [[0, "nan"], [1, "inf"]]}]
    drawn = live("curve", {"title": "Loss", "words": "", "x": "w", "y": "loss", "series": series})
    assert drawn == "Loss: there are no finite numbers to draw."
