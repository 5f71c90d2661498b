"""Every journey on the live page in a real browser, on both engines, the network cut."""

import runpy

import pytest

import chainrule as cr
from chainrule.cli.play import tour_stops
from chainrule.playground import Session
from tests.playground.on_page import changed, facts, wait_for_facts
from tests.source_files import PROJECT

pytestmark = pytest.mark.extra("playwright")

screens = runpy.run_path(str(PROJECT / "docs" / "screens.py"))


@pytest.fixture
def page(engine):
    return engine.settled()


def phase(page):
    return page.locator(".timeline [aria-current=step]").inner_text()


def test_the_first_screen_says_what_python_says(engine):
    page = engine.settled(viewport={"width": 1200, "height": 900})
    answer, look = engine.call("answer"), engine.call("look")
    assert page.locator("h1").inner_text() == answer["headline"]
    assert page.locator(".answer").inner_text() == " ".join(filter(None, answer["answer"]))
    assert answer["weight"] in page.locator("h2", has_text="Why: ").inner_text()
    assert f"row {look['row']}" in page.locator(".examples").inner_text()
    assert page.locator("svg.network .line[role]").count() == len(look["diagram"]["lines"])
    rows = page.locator(".groups:not(.listing) tbody tr:visible")
    assert rows.count() == len(answer["groups"])
    shown, g = page.locator("svg.network").text_content(), look["passes"][0]["g"][0]
    assert f"dL/dz {g:.3g}".replace("-", "\u2212") in shown


def test_a_weight_that_the_answer_calls_by_its_name_is_shown_at_a_click_there(engine):
    page, (name,) = engine.settled(), engine.call("answer")["said"]
    page.locator(".answer button", has_text=name).click()
    page.locator("h2", has_text=f"{name} = ").wait_for()


def test_the_timeline_goes_forward_and_back_through_true_states(engine):
    page = engine.settled(viewport={"width": 1200, "height": 900})
    names = page.locator(".timeline button").all_inner_texts()
    assert names == [
        *("input", "layer 1", "layer 2", "output", "loss"),
        *("back: output", "back: layer 2", "back: layer 1", "update"),
    ]
    page.get_by_role("button", name="input", exact=True).click()
    assert "dL/dz" not in page.locator("svg.network").text_content()
    assert page.locator("svg.network .line.above, svg.network .line.below").count() == 0
    came_back = {"back: output": 1, "back: layer 2": 5, "back: layer 1": 11, "update": 11}
    for name in names[1:]:
        page.keyboard.press("ArrowRight")
        assert phase(page) == name
        back = page.locator("svg.network").text_content().count("dL/dz")
        assert back == came_back.get(name, 0)
    page.keyboard.press("ArrowLeft")
    assert phase(page) == "back: layer 1"


def test_a_weight_is_edited_kept_and_undone(engine, page):
    before = facts(page)
    name = page.locator("#why .value span").inner_text().removesuffix(" = ").removesuffix(" =")
    field = page.locator("#value")
    field.fill("3")
    field.press("Enter")
    after = wait_for_facts(page, before)
    values = {row["name"]: row["value"] for row in engine.call("weights")["rows"]}
    assert values[name] == 3.0
    page.get_by_role("button", name="undo", exact=True).first.click()
    assert wait_for_facts(page, after) == before


def test_the_slider_shows_predicted_beside_measured_and_keeps_a_value(page):
    before = facts(page)
    slider = page.locator("#why input[type=range]")
    slider.focus()
    slider.press("End")
    said = page.locator("#why output").inner_text()
    assert "predicted" in said
    assert "measured" in said
    page.get_by_role("button", name="keep it").click()
    wait_for_facts(page, before)


def test_a_cell_of_the_table_is_edited_in_place_and_keeps_the_focus(engine, page):
    before = facts(page)
    cell = page.locator(".listing input").first
    label = cell.get_attribute("aria-label")
    cell.fill("-1.5")
    cell.press("Enter")
    wait_for_facts(page, before)
    page.wait_for_function("l => document.activeElement.ariaLabel === l", arg=label)
    values = {row["name"]: row["value"] for row in engine.call("weights")["rows"]}
    assert values[label.removeprefix("Value of ")] == -1.5


def listed(page):
    fields = page.locator(".listing tbody input").all()
    return [float(each.input_value()) for each in fields]


def test_a_sorted_table_keeps_its_order_through_steps_edits_and_other_examples(page):
    heading = page.locator(".listing").get_by_role("button", name="value")
    heading.click()
    heading.click()
    assert listed(page) == sorted(listed(page))
    for act in (
        lambda: page.get_by_role("button", name="one step").click(),
        lambda: page.get_by_role("button", name="→ ]").click(),
        lambda: page.locator(".listing input").first.fill("7"),
    ):
        page.evaluate("document.querySelector('.listing table').old = true")
        act()
        page.evaluate("document.activeElement.blur()")
        page.wait_for_function("() => !document.querySelector('.listing table').old")
        assert page.locator(".listing [aria-sort=ascending]").all_inner_texts() == ["value"]
        assert listed(page) == sorted(listed(page))


def chosen(page):
    return page.locator("#why h2 small").inner_text().partition(" = ")[0]


def pinned(page):
    labels = page.locator("section[aria-label^=Pinned]")
    return [each.get_attribute("aria-label").removeprefix("Pinned: ") for each in labels.all()]


def test_the_keys_walk_the_weights_as_their_table_stands(engine, page):
    heading = page.locator(".listing").get_by_role("button", name="value")
    heading.click()
    fields = page.locator(".listing tbody input").all()
    names = [each.get_attribute("aria-label").removeprefix("Value of ") for each in fields]
    assert names != [row["name"] for row in engine.call("weights")["rows"]]
    before = chosen(page)
    page.keyboard.press("ArrowDown")
    page.wait_for_function(
        "n => !document.querySelector('#why h2').innerText.includes(n)", arg=before
    )
    assert chosen(page) == names[(names.index(before) + 1) % len(names)]


def test_an_opened_group_stays_open_through_a_step(page):
    groups = page.locator(".groups:not(.listing)")
    opener = groups.locator(".opener").first
    opener.click()
    name = opener.inner_text()
    groups.locator("table").evaluate("table => { table.old = true; }")
    page.get_by_role("button", name="one step").click()
    page.wait_for_function("() => !document.querySelector('.groups:not(.listing) table').old")
    again = groups.get_by_role("button", name=name, exact=True)
    assert again.get_attribute("aria-expanded") == "true"
    assert groups.locator("tr.within:visible").count() > 0
    again.click()
    assert groups.locator("tr.within:visible").count() == 0


def test_two_pinned_weights_stand_beside_each_other_and_stay_through_steps(engine):
    page = engine.settled(viewport={"width": 1200, "height": 900})
    names = [row["name"] for row in engine.call("weights")["rows"]]
    first = chosen(page)
    page.get_by_role("button", name="pin it").click()
    page.wait_for_selector(f"section[aria-label='Pinned: {first}']")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("ArrowDown")
    page.wait_for_function(
        "n => !document.querySelector('#why h2').innerText.includes(n)", arg=first
    )
    second = chosen(page)
    page.keyboard.press("p")
    page.wait_for_selector(f"section[aria-label='Pinned: {second}']")
    assert pinned(page) == [first, second] == sorted([first, second], key=names.index)
    assert page.locator("p[role=status].unseen").inner_text() == f"Pinned: {first} and {second}"
    left, right = (
        each.bounding_box() for each in page.locator("section[aria-label^=Pinned]").all()
    )
    assert left["y"] == right["y"]
    assert left["x"] < right["x"]
    before = page.locator(".pins").inner_text()
    page.get_by_role("button", name="one step").click()
    changed(page, ".pins", before)
    assert pinned(page) == [first, second]
    for name in pinned(page):
        value = engine.call("why", {"weight": name})["slope"]["at"]
        shown = f"{value:.4g}".replace("-", "\u2212")
        assert shown in page.locator(f"section[aria-label='Pinned: {name}'] h2 small").inner_text()
    page.get_by_role("button", name=f"unpin {first}").click()
    page.wait_for_selector(f"section[aria-label='Pinned: {first}']", state="detached")
    assert pinned(page) == [second]


def test_what_is_no_number_gets_a_sentence_and_nothing_is_lost(page):
    before = facts(page)
    page.locator("#value").fill("two")
    page.locator("#value").press("Enter")
    assert "takes a number" in page.locator(".refusal").inner_text()
    assert facts(page) == before
    page.locator("#value").press("Escape")
    assert page.locator(".refusal").inner_text() == ""


def test_enter_takes_the_value_of_the_weight_to_be_typed_over(page):
    before = facts(page)
    page.keyboard.press("Enter")
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    wait_for_facts(page, before)
    page.wait_for_function("() => document.querySelector('#value')?.value === '2'")


NOTE_THE_ANSWER = """() => {
    const [about, answer] = [".about", ".answer"].map((each) => document.querySelector(each));
    const seen = new MutationObserver(() => (window.noted = answer.innerText));
    seen.observe(about, { childList: true, characterData: true, subtree: true });
}"""


def test_what_is_opened_anew_stands_still_without_the_words_of_the_one_before(page):
    page.evaluate(NOTE_THE_ANSWER)
    page.get_by_role("button", name="play").click()
    page.wait_for_selector("h1:has-text('Learning')")
    page.locator(".settings select").first.select_option("xor")
    page.get_by_role("button", name="open anew").click()
    page.wait_for_selector(".about:has-text('xor')")
    page.wait_for_selector(".answer mark")
    assert page.evaluate("noted") == ""
    assert page.locator(".steps").inner_text().startswith("0 steps")


def test_keys_walk_through_examples_and_weights(page):
    before = facts(page)
    page.keyboard.press("]")
    after = wait_for_facts(page, before)
    page.keyboard.press("[")
    assert wait_for_facts(page, after) == before
    heading = page.locator("#why h2").inner_text()
    page.keyboard.press("ArrowDown")
    changed(page, "#why h2", heading)
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "value"
    value = page.locator("#value").input_value()
    page.locator("#value").fill("9")
    page.keyboard.press("Escape")
    assert page.locator("#value").input_value() == value
    page.keyboard.press("?")
    assert page.locator("dialog").is_visible()


def test_what_is_being_typed_stays_while_the_answer_comes(engine, page):
    before = facts(page)
    page.keyboard.press("]")
    wait_for_facts(page, before)
    page.keyboard.press("Enter")
    page.keyboard.press("Home")
    page.keyboard.type("77")
    typed = page.locator("#value").input_value()
    headline = engine.call("answer")["headline"]
    page.wait_for_selector(f".unseen:has-text({headline!r})", state="attached")
    assert typed.startswith("77")
    assert page.locator("#value").input_value() == typed
    before = facts(page)
    page.keyboard.press("Enter")
    wait_for_facts(page, before)


def test_training_plays_pauses_and_rewinds_to_the_first_weights(engine, page):
    page.keyboard.press(" ")
    page.wait_for_function(
        "() => parseInt(document.querySelector('.steps').innerText.replaceAll(',', '')) > 165"
    )
    assert "Learning" in page.locator("h1").inner_text()
    page.keyboard.press(" ")
    page.wait_for_function("() => document.querySelector('h1').innerText.includes('Loss')")
    assert engine.call("state")["step"] > 165
    page.get_by_role("button", name="rewind").click()
    page.wait_for_function("() => document.querySelector('.steps').innerText.startsWith('0 steps')")
    first = Session()
    first.call("rewind", {"step": 0})
    [[step, loss]] = engine.call("state")["curve"]
    assert [step, loss] == pytest.approx(first.call("state")["curve"][0], rel=1e-12)


def test_other_settings_open_another_network(engine, page):
    page.get_by_label("hidden units").fill("3, 2")
    page.get_by_role("combobox", name="example").select_option("circles")
    page.get_by_role("button", name="open anew").click()
    page.wait_for_function("() => document.querySelector('.about').innerText.includes('2-3-2-1')")
    assert engine.call("state")["options"]["data"] == "circles"
    page.get_by_label("hidden units").fill("3, nought")
    page.get_by_role("button", name="open anew").click()
    page.wait_for_selector(".refusal:not(:empty)")
    assert "whole number from 1 to 256" in page.locator(".refusal").inner_text()
    assert "circles" in page.locator(".about").inner_text()


def test_another_learning_rate_is_gone_on_with_and_the_weights_stay(engine, page):
    weights = engine.call("weights")
    page.evaluate("document.querySelector('.go').old = true")
    page.get_by_label("learning rate").fill("0.5")
    page.get_by_role("button", name="go on with these").click()
    page.wait_for_function("() => !document.querySelector('.go').old")
    assert engine.call("state")["options"]["learning_rate"] == 0.5
    assert engine.call("weights") == weights
    page.get_by_label("rows a step").fill("none")
    page.get_by_role("button", name="go on with these").click()
    page.wait_for_selector(".refusal:not(:empty)")
    assert "it must be a whole number from 1 to 10,000" in page.locator(".refusal").inner_text()


def test_an_own_table_is_opened_and_a_bad_one_gets_a_sentence(page):
    table = "a,b,kind\n" + "".join(f"{i},{i % 3},{'yes' if i > 5 else 'no'}\n" for i in range(12))
    chooser = page.get_by_label("An own table or model")
    chooser.set_input_files({"name": "t.csv", "mimeType": "text/csv", "buffer": table.encode()})
    page.wait_for_function("() => document.querySelector('.about').innerText.includes('12 rows')")
    chosen = page.locator(".settings select").first.evaluate("it => it.selectedOptions[0].text")
    assert chosen == "your file"
    page.get_by_label("hidden units").fill("3")
    page.get_by_role("button", name="open anew").click()
    page.wait_for_selector(".about:has-text('your file · 12 rows · 2-3-1')")
    chooser.set_input_files({"name": "u.csv", "mimeType": "text/csv", "buffer": b"only\n"})
    page.wait_for_selector(".refusal:not(:empty)")
    assert "12 rows" in page.locator(".about").inner_text()


def test_an_own_model_is_opened_by_file(engine, tmp_path):
    path = tmp_path / "own.safetensors"
    net = cr.train_on_table("moons", layers=[5], epochs=2, engine="python", progress=False).net
    net.save(path)
    page = engine.settled(options={"data": "xor", "layers": [3]})
    page.get_by_label("An own table or model").set_input_files(path)
    page.wait_for_selector(f".about:has-text('{len(net.recipe.feature_names)}-5-1')")
    assert page.get_by_label("hidden units").input_value() == "5"
    assert page.get_by_label("activation").input_value() == "relu"
    at = engine.call("why", {"weight": "dense1.bias[2]"})["slope"]["at"]
    assert at == pytest.approx(net.parameters["dense1.bias"].tolist()[2], rel=1e-12)


def test_a_link_leads_back_to_the_same_state(engine, page):
    page.get_by_role("button", name="one epoch").click()
    page.wait_for_function("() => document.querySelector('.steps').innerText.startsWith('163')")
    page.wait_for_selector(".facts-line:not(:has-text('from before'))")  # it has ended
    before = facts(page)
    page.get_by_role("button", name="link", exact=True).click()
    link = page.get_by_label("A link to this state").input_value()
    page.get_by_role("button", name="rewind").click()
    wait_for_facts(page, before)
    page.context.set_offline(False)  # for the icon, which a browser asks for at every address
    page.evaluate("link => { location.hash = link; }", link)  # pasted into the open page
    page.wait_for_function("t => document.querySelector('.facts-line').innerText === t", arg=before)
    other = engine.settled(link)
    assert facts(other) == before


def test_what_is_taken_away_is_a_file(page):
    for name, file in (("CSV", "weights.csv"), ("Python", "reproduce.py")):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=name, exact=True).click()
        assert waiting.value.suggested_filename == file


def guess_a_fault(page):
    """A fault is planted and guessed; what the page said before."""
    before = facts(page)
    page.get_by_role("button", name="plant a fault").click()
    wait_for_facts(page, before)
    page.get_by_role("button", name="it is dense").click()
    page.wait_for_selector("text=It is back where it was")
    return before


def test_a_planted_fault_is_guessed_and_the_score_is_kept(page):
    before = guess_a_fault(page)
    assert page.locator("text=the five steepest slopes").is_visible()
    page.wait_for_function("t => document.querySelector('.facts-line').innerText === t", arg=before)


def test_a_click_that_is_answered_late_is_heard_at_once(served):
    page, held = served.settled(), []
    before = facts(page)
    page.route("**/call", lambda route: route.continue_() if held else held.append(route))
    page.get_by_role("button", name="→ ]").click()
    page.wait_for_selector(".busy:has-text('Working')")
    held[0].continue_()
    wait_for_facts(page, before)
    page.wait_for_selector(".busy:empty", state="attached")


CUT = """() => [...document.querySelectorAll("input.field")]
    .filter((each) => each.scrollWidth > each.clientWidth).map(({ value }) => value)"""


def test_no_number_of_a_field_is_cut_off_on_a_narrow_screen(served):
    page = served.settled(viewport={"width": 390, "height": 844})
    assert page.locator(".listing input.field").count() == 51
    assert page.evaluate(CUT) == []


def test_who_wants_less_motion_gets_none(engine):
    moving = """() => [getComputedStyle(document.documentElement).scrollBehavior,
        document.getAnimations().length]"""
    page = engine.settled(reduced_motion="reduce")
    assert page.evaluate(moving) == ["auto", 0]
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(moving) == ["smooth", 0]


def test_the_tour_stops_with_its_words_at_its_place_on_the_timeline(page):
    page.get_by_role("button", name="One update").click()
    page.wait_for_selector(".stop h3:text('One update')")
    assert phase(page) == "update"


@pytest.mark.parametrize("width", [390, 360])
def test_on_a_telephone_the_tour_and_the_weights_need_no_sideways_scrolling(engine, width):
    page = engine.settled(viewport={"width": width, "height": 844})
    wider = "all => all.map(each => each.scrollWidth - each.clientWidth).filter(by => by > 1)"
    assert page.eval_on_selector_all(".listing .scroll", wider) == []
    for stop in tour_stops():
        page.get_by_role("button", name=stop["title"], exact=True).click()
        page.wait_for_selector(f".stop h3:text-is('{stop['title']}')")
        assert page.eval_on_selector_all(".stop pre", wider) == [], stop["title"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 390])
@pytest.mark.extra("axe_playwright_python")
def test_axe_finds_nothing(engine, scheme, width):
    from axe_playwright_python.sync_playwright import Axe

    page = engine.settled(color_scheme=scheme, viewport={"width": width, "height": 844})
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    page.evaluate("document.querySelectorAll('.opener').forEach(each => each.click())")
    page.get_by_role("button", name="One update").click()
    page.wait_for_selector(".stop h3:text('One update')")
    violations = Axe().run(page).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in violations] == []


@pytest.mark.extra("axe_playwright_python")
def test_axe_finds_nothing_in_pins_findings_truths_refusals_and_the_list_of_keys(engine):
    from axe_playwright_python.sync_playwright import Axe

    page = engine.settled(options={"data": "xor", "learning_rate": 5.0})
    page.keyboard.press("p")
    page.wait_for_selector(".pins .card")
    page.get_by_role("button", name="examine").click()
    page.wait_for_selector(".findings button")
    guess_a_fault(page)
    page.locator("#value").fill("two")
    page.locator("#value").press("Enter")
    page.wait_for_selector(".refusal:not(:empty)")
    page.evaluate("document.activeElement.blur()")
    page.wait_for_function("() => !document.querySelector('[aria-busy=true]')")
    for _ in range(2):
        violations = Axe().run(page).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in violations] == []
        page.keyboard.press("?")


def test_the_story_of_the_animation_runs(engine):
    page = engine.settled(viewport={"width": 1000, "height": 1240})
    before = facts(page)
    pictures = [picture for picture, _ in screens["story"](page)]
    assert len(set(pictures)) > 10
    assert facts(page) != before
    assert int(page.locator(".steps").inner_text().split()[0]) > 150


def test_a_table_is_opened_where_it_is_dropped(page):
    page.evaluate("""() => {
        const rows = [...Array(12).keys()].map((i) => `${i},${i % 3},${i > 5 ? "yes" : "no"}`);
        const held = new DataTransfer();
        held.items.add(new File([["a,b,kind", ...rows].join("\\n")], "t.csv"));
        const drop = new DragEvent("drop", { dataTransfer: held, bubbles: true, cancelable: true });
        document.querySelector(".drop").dispatchEvent(drop);
    }""")
    page.wait_for_function("() => document.querySelector('.about').innerText.includes('12 rows')")


def test_a_loss_that_is_no_number_stops_the_run_and_says_where_it_was_born(engine):
    options = {"data": "moons", "activation": "relu", "optimizer": "sgd", "learning_rate": 1e200}
    page = engine.settled(options=options)
    page.keyboard.press(" ")
    page.wait_for_selector(".refusal:not(:empty)")
    assert "dense" in page.locator(".refusal").inner_text()
    assert page.locator(".actions button").first.inner_text() == "▶ play"
