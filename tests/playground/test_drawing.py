"""What is drawn while it learns, and what is left as it is, on both engines."""

from itertools import pairwise

import pytest

from tests.playground.on_page import changed

pytestmark = pytest.mark.extra("playwright")


FRAMES = """async (count) => {
    const shown = [];
    for (let frame = 0; frame < count; frame += 1) {
        await new Promise(requestAnimationFrame);
        shown.push(parseInt(document.querySelector(".steps").innerText.replaceAll(",", "")));
    }
    return shown;
}"""
PRESS = """async () => {
    const button = document.querySelector(".actions button");
    button.click();
    await new Promise(requestAnimationFrame);
    return [button.innerText, document.querySelector("h1").innerText];
}"""


def test_stop_is_said_in_the_next_frame_and_no_step_comes_after_it(engine):
    page = engine.settled()
    page.keyboard.press(" ")
    page.wait_for_selector("h1:has-text('Learning')")
    button, heading = page.evaluate(PRESS)
    assert "play" in button
    assert "Learning" not in heading
    page.wait_for_selector("h1:has-text('taken for')")  # all that was asked for has come
    step = engine.call("state")["step"]
    assert set(page.evaluate(FRAMES, 20)) == {step}
    assert engine.call("state")["step"] == step


def test_training_is_drawn_at_least_every_five_steps(engine):
    page = engine.settled(options={"layers": [8, 8]})
    page.keyboard.press(" ")
    shown, steps = [0], []
    while shown[-1] < 50:
        shown = page.evaluate(FRAMES, 10)  # frames between two such calls are not seen
        steps += [after - before for before, after in pairwise(shown)]
    page.keyboard.press(" ")
    assert min(steps) >= 0
    assert max(steps) <= 5


WATCH = """() => {
    window.touched = new Set();
    const unit = (node) => (node.closest ? node : node.parentElement).closest(".line, .node");
    new MutationObserver((records) => records.forEach(({ target, addedNodes }) => {
        for (const node of [target, ...addedNodes]) window.touched.add(unit(node));
    })).observe(document.querySelector("svg.network"),
        { subtree: true, childList: true, characterData: true, attributes: true });
}"""
TOUCHED = "() => [...window.touched].filter(Boolean).length"


def test_a_step_along_the_timeline_draws_only_what_changes(engine):
    page = engine.settled(options={"layers": [8, 8]})
    page.get_by_role("button", name="input", exact=True).click()
    page.evaluate(WATCH)
    page.keyboard.press("ArrowRight")  # a layer says its numbers; all else stays
    units = engine.call("look")["diagram"]["layers"][1]["nodes"]
    assert page.evaluate(TOUCHED) == sum(len(unit["members"]) == 1 for unit in units)
    lasting = page.locator("svg.network .unit").first.element_handle()
    before = page.locator(".steps").inner_text()
    page.get_by_role("button", name="one step").click()
    changed(page, ".steps", before)
    assert lasting.evaluate("unit => unit.isConnected")  # other numbers, the same drawing


MOVED = """() => {
    window.moved = 0;
    const drawing = document.querySelector("svg.network > g");
    const options = { subtree: true, childList: true, attributeFilter: ["aria-label", "d"] };
    new MutationObserver((records) => { window.moved += records.length; })
        .observe(drawing, options);
}"""
ASKED = """(line) => {
    line.dispatchEvent(new PointerEvent("pointerenter"));
    return [line.ariaLabel, document.querySelector(".readout").textContent];
}"""


def test_while_it_learns_no_line_changes_its_place_and_each_says_its_words_when_asked(engine):
    page = engine.settled(options={"layers": [8, 8]})
    page.keyboard.press(" ")
    page.wait_for_selector("h1:has-text('Learning')")
    page.evaluate(MOVED)
    for _ in range(3):
        changed(page, ".steps", page.locator(".steps").inner_text())
    assert page.evaluate("moved") == 0
    label, readout = page.locator("svg.network .line").first.evaluate(ASKED)
    assert label == readout
    page.keyboard.press(" ")
    page.wait_for_selector("h1:has-text('taken for')")
    lines = engine.call("look")["diagram"]["lines"]
    labels = page.locator("svg.network .line[role]").evaluate_all(
        "lines => lines.map(({ ariaLabel }) => ariaLabel)"
    )
    assert sorted(labels) == sorted(line["words"] for line in lines)


TURNS = """() => {
    window.turns = [];
    new MutationObserver((records) => {
        const parts = records.map(({ target }) => target.closest?.(".line") ? "lines" : "units");
        window.turns.push([...new Set(parts)].join());
    }).observe(document.querySelector("svg.network"),
        { subtree: true, characterData: true, attributeFilter: ["stroke-width"] });
}"""
TOLD = """async ([look, phase]) => {
    const [network, passes] = await Promise.all([import("./network.js"), import("./passes.js")]);
    const page = document.querySelector("svg.network");
    const fresh = document.createElement("div");
    fresh.style.width = `${page.clientWidth}px`;
    page.parentNode.append(fresh);
    network.draw(fresh, passes.at(look, phase));
    const told = (svg) => [...svg.querySelectorAll("text, .ink")]
        .map((each) => each.textContent || each.getAttribute("stroke-width"));
    const both = [page, fresh.querySelector("svg")].map(told);
    fresh.remove();
    return both;
}"""


def test_lines_and_units_take_turns_while_it_learns_and_tell_of_one_step_once_it_stands(engine):
    page = engine.settled(options={"layers": [8, 8]})
    page.keyboard.press(" ")
    page.wait_for_selector("h1:has-text('Learning')")
    page.evaluate(TURNS)
    page.wait_for_function("() => window.turns.length > 6")
    turns = page.evaluate("window.turns")
    assert {frozenset(pair) for pair in pairwise(turns)} == {frozenset(("lines", "units"))}
    page.keyboard.press(" ")
    page.wait_for_selector("h1:has-text('taken for')")
    phase = int(page.locator(".way input").input_value())
    drawn, fresh = page.evaluate(TOLD, [engine.call("look"), phase])
    assert drawn == fresh


def test_the_loss_curve_stands_before_the_first_step_and_goes_on_in_the_same_drawing(engine):
    page = engine.settled(options={"layers": [8, 8]})
    curve = page.locator("svg.picked")
    lasting, start = curve.element_handle(), curve.locator(".stroke").get_attribute("d")
    assert "before the first step" in curve.get_attribute("aria-label")
    page.keyboard.press(" ")
    page.wait_for_function(
        "before => document.querySelector('svg.picked .stroke').getAttribute('d') !== before",
        arg=start,
    )
    page.keyboard.press(" ")
    page.wait_for_selector("h1:has-text('taken for')")
    assert lasting.evaluate("svg => svg.isConnected")
    losses = engine.call("state")["curve"]
    assert curve.locator(".stroke").get_attribute("d").count(" L ") == len(losses) - 1


SIDES = """(kind) => [...document.querySelectorAll(`#why .curve ${kind}`)].map((each) => {
    const { left, right } = each.getBoundingClientRect();
    return [each.textContent, left, right];
})"""


def test_the_name_of_a_spot_at_the_left_end_stands_beside_the_numbers_of_the_axis(served):
    page = served.settled(options={"layers": [8, 8]})
    [best] = [left for name, left, _ in page.evaluate(SIDES, ".spot-name") if name == "best"]
    numbers = [right for *_, right in page.evaluate(SIDES, ".tick.before")]
    assert max(numbers) < best < max(numbers) + 20
