"""How the live page looks: small, deep and wide networks, large letters, and a page beside it."""

import re
from itertools import pairwise

import pytest

import chainrule as cr
from chainrule.cli.play import COLUMNS, tour_stops
from chainrule.playground.readings import narrowed
from tests.playground.on_page import changed, facts

pytestmark = pytest.mark.extra("playwright")

LAST_COLUMN = """() => {
    const column = [...document.querySelectorAll("svg.network > g:last-of-type > g")].at(-1);
    return [...column.querySelectorAll(".unit text")].map((text) => {
        const { top, bottom } = text.getBoundingClientRect();
        return [top, bottom, text.textContent];
    });
}"""
LETTERS = """(selector) => [...document.querySelectorAll(`${selector} svg.curve .tick`)].map(
    (text) => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a)"""


@pytest.fixture(scope="module")
def deep(tmp_path_factory):
    path = tmp_path_factory.mktemp("deep") / "deep.safetensors"
    cr.train_on_table("moons", layers=[3] * 12, epochs=1, progress=False).net.save(path)
    return path


def test_a_network_of_one_layer_stands_at_the_slopes_of_its_output(served):
    page = served.settled(options={"data": "xor", "layers": []})
    names = page.locator(".timeline button").all_inner_texts()
    assert names == ["input", "output", "loss", "back: output", "update"]
    assert page.locator(".timeline [aria-current=step]").inner_text() == "back: output"


def test_a_page_follows_while_another_plays_and_not_only_when_it_stands(served):
    playing = served.settled(options={"data": "xor"})
    watching = playing.context.new_page()
    watching.goto(served.url)
    watching.wait_for_selector("#why .equation")
    before = watching.locator(".steps").inner_text()
    playing.get_by_role("button", name="play").click()
    changed(watching, ".steps", before)
    watching.wait_for_selector("h1:has-text('Learning')")
    step = watching.locator(".steps").inner_text()
    changed(watching, ".steps", step)
    assert "pause" in playing.locator(".actions button").first.inner_text()
    playing.get_by_role("button", name="pause").click()
    for page in (playing, watching):
        page.wait_for_selector("h1:not(:has-text('Learning'))")
    steps = served.call("state")["step"]
    said = re.compile(rf"^{steps:,} steps?,")
    watching.locator(".steps", has_text=said).wait_for()


def test_outputs_with_notes_and_long_names_stand_clear_of_each_other(served):
    page = served.settled(options={"data": "digits", "layers": [8]})
    texts = page.evaluate(LAST_COLUMN)
    assert {"said", "should be"} <= {text for *_, text in texts}
    met = [(a[2], b[2]) for a, b in pairwise(sorted(texts)) if b[0] < a[1] - 3]
    assert met == []
    assert page.locator(".unit.said").count() == 1


def test_numbers_beside_curves_are_as_large_as_other_small_print(served):
    page = served.settled(viewport={"width": 1280, "height": 900})
    for card in ("#why", ".drawers"):
        letters = page.evaluate(LETTERS, card)
        assert letters
        assert min(letters) >= 11, card


def test_the_equation_of_a_hidden_weight_stands_on_one_line(served):
    page = served.settled(viewport={"width": 1280, "height": 900})
    tops = "all => all.map(each => Math.round(each.getBoundingClientRect().top))"
    assert len(set(page.eval_on_selector_all("#why .why .factor", tops))) == 1


@pytest.mark.parametrize("columns", COLUMNS)
def test_no_sentence_of_the_tour_is_broken_twice(columns):
    for name in ("receipt", "backpropagation"):
        stop = next(stop for stop in tour_stops() if stop["name"] == name)
        lines = narrowed(stop, columns)["text"].split("\n")
        told = [line for line in lines if line.startswith(" " * 10)]
        assert told
        for line, after in pairwise(lines):
            goes_on = line.startswith(" " * 10) and after.startswith(" " * 10)
            if goes_on and not line.endswith("."):
                assert len(line) + 1 + len(after.split()[0]) > columns - 1, (line, after)


def test_a_page_that_is_hidden_goes_on_playing(served):
    page = served.settled()
    page.keyboard.press(" ")
    page.wait_for_selector("h1:has-text('Learning')")
    page.evaluate("""() => {
        Object.defineProperty(document, "hidden", { get: () => true });
        window.requestAnimationFrame = () => 0;
        document.dispatchEvent(new Event("visibilitychange"));
    }""")
    step = served.call("state")["step"]
    page.wait_for_function(
        "step => parseInt(document.querySelector('.steps').innerText) > step", arg=step
    )


def _played_and_followed(served):
    playing = served.settled(options={"data": "xor"})
    watching = playing.context.new_page()
    watching.goto(served.url)
    watching.wait_for_selector("#why .equation")
    playing.keyboard.press(" ")
    watching.wait_for_selector("h1:has-text('Learning')")
    return playing, watching


def test_a_page_that_follows_one_put_to_sleep_says_that_it_stands(served):
    playing, watching = _played_and_followed(served)
    held, awake = [], []
    playing.route("**/call", lambda it: it.continue_() if awake else held.append(it))  # as asleep
    watching.wait_for_selector("h1:not(:has-text('Learning'))")
    awake.append(True)
    held[0].continue_()
    watching.wait_for_selector("h1:has-text('Learning')")
    playing.evaluate("document.querySelector('.actions button').click()")
    watching.wait_for_selector("h1:not(:has-text('Learning'))")


def test_a_page_goes_on_following_when_a_third_one_is_opened(served):
    playing, watching = _played_and_followed(served)
    third = playing.context.new_page()
    third.goto(served.url)
    third.wait_for_selector("h1:has-text('Learning')")
    for _ in range(2):
        step = served.call("state")["step"]
        watching.wait_for_function(
            "step => parseInt(document.querySelector('.steps').innerText) > step", arg=step
        )
    playing.keyboard.press(" ")
    watching.wait_for_selector("h1:not(:has-text('Learning'))")


def test_playing_leaves_nothing_behind_that_waits_for_the_tab_to_be_hidden(served):
    page = served.settled(options={"data": "xor"})
    page.evaluate("""() => {
        window.waiting = 0;
        for (const [name, one] of [["addEventListener", 1], ["removeEventListener", -1]]) {
            const does = document[name].bind(document);
            document[name] = (what, ...more) => {
                if (what === "visibilitychange") waiting += one;
                does(what, ...more);
            };
        }
    }""")
    page.keyboard.press(" ")
    page.wait_for_function("() => parseInt(document.querySelector('.steps').innerText) > 100")
    page.keyboard.press(" ")
    page.wait_for_selector("h1:not(:has-text('Learning'))")
    page.wait_for_function("() => waiting === 0")


SEEN = """(name) => {
    const picture = document.querySelector("svg.network");
    const named = [...picture.querySelectorAll("text")].find((text) => text.textContent === name);
    const [box, head] = [picture.parentElement, named].map((it) => it.getBoundingClientRect());
    return head.left >= box.left && head.right <= box.right;
}"""


@pytest.mark.parametrize("width", [1280, 390])
def test_of_a_deep_network_the_line_of_the_chosen_weight_is_seen(served, deep, width):
    page = served.settled(viewport={"width": width, "height": 844})
    page.get_by_label("An own table or model").set_input_files(deep)
    page.wait_for_selector(".about:has-text('12×3')")
    page.wait_for_selector("#why .equation")
    layers = set()
    for _ in range(12):
        before = page.locator("#why h2").inner_text()
        page.keyboard.press("ArrowDown")
        changed(page, "#why h2", before)
        layer = page.locator(".listing tr.selected .choose").inner_text().partition(".")[0]
        assert page.evaluate(SEEN, layer), layer
        layers.add(layer)
    assert len(layers) > 1


def test_beside_a_deep_network_of_a_file_another_file_is_opened(served, deep):
    page = served.settled()
    chooser = page.get_by_label("An own table or model")
    chooser.set_input_files(deep)
    page.wait_for_selector(".about:has-text('12×3')")
    table = "a,b\n" + "".join(f"{at},{at * at}\n" for at in range(12))
    for file, about in ((table, "12 rows · 1-6-4-1"), (deep, "12×3")):
        named = {"name": "t.csv", "mimeType": "text/csv", "buffer": table.encode()}
        chooser.set_input_files(named if file is table else deep)
        page.wait_for_selector(f".about:has-text('{about}')")
        assert page.locator(".refusal").inner_text() == ""


CONTROLS = "button, input, select, summary"
TOO_SMALL = """(controls) => [...document.querySelectorAll(controls)].flatMap((each) => {
    const { width, height } = each.getBoundingClientRect();
    return each.checkVisibility() && Math.min(width, height) < 24 ? [each.outerHTML] : [];
})"""


def test_a_finger_can_hit_every_control_on_a_phone(served):
    page = served.settled(viewport={"width": 390, "height": 844})
    page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    assert page.evaluate(TOO_SMALL, CONTROLS) == []
    page.set_viewport_size({"width": 1280, "height": 844})
    assert page.evaluate(TOO_SMALL, CONTROLS)


def _opened(served, table, **options):
    page = served.settled(**options)
    named = {"name": "t.csv", "mimeType": "text/csv", "buffer": table.encode()}
    page.get_by_label("An own table or model").set_input_files(named)
    page.wait_for_selector(f".about:has-text('{table.count(chr(10)) - 1} rows')")
    page.wait_for_selector("#why .equation")
    return page


def test_a_large_answer_is_the_same_number_in_the_headline_and_in_the_facts(served):
    table = "a,price\n" + "".join(f"{at},{at * at * 1234 + 20_000}\n" for at in range(12))
    said = facts(_opened(served, table))
    got, wanted = served.call("answer")["headline"].partition(" is right")[0].split(", where ")
    assert "," in wanted
    assert f"wanted {wanted}\u00a0· got {got.replace('-', '−')}\u00a0" in said


@pytest.mark.parametrize("width", [1280, 390])
def test_what_the_network_says_is_seen_whole_where_it_is_one_long_word(served, width):
    words = ("Geschwindigkeitsbegrenzungen", "Donaudampfschifffahrtsgesellschaft")
    table = "a,kind\n" + "".join(f"{at},{words[at % 5 < 2]}\n" for at in range(40))
    page = _opened(served, table, viewport={"width": width, "height": 844})
    page.wait_for_selector(".groups tbody td:last-child:has-text('Geschwindigkeits')")
    wider = "each => each.scrollWidth - each.clientWidth"
    assert page.locator(".groups:not(.listing) .scroll").evaluate(wider) == 0
