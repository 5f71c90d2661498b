"""The live page by keys alone: the focus stays, what scrolls is scrolled, there are ways past."""

import re

import pytest

pytestmark = pytest.mark.extra("playwright")


def test_the_focus_stays_with_the_control_that_is_drawn_again(served):
    page = served.settled()
    focused = "name => document.activeElement.innerText === name"
    for name, then in (("open anew", "open anew"), ("keep it", "keep it"), ("pin it", "unpin it")):
        button = page.get_by_role("button", name=name, exact=True)
        if name == "keep it":
            page.locator("#why input[type=range]").press("End")
        if name == "open anew":
            page.get_by_label("hidden units").fill("3")
        button.evaluate("button => { button.focus(); window.old = button; }")
        page.keyboard.press("Enter")
        if name != then:
            page.wait_for_function(focused, arg=then)
            continue
        page.wait_for_function("() => !old.isConnected")
        page.wait_for_selector("#why[aria-busy=false]")
        page.wait_for_function(focused, arg=then, timeout=5_000)


def test_what_scrolls_is_scrolled_by_the_arrow_keys(served):
    page = served.settled()
    weight = page.locator("#why h2").inner_text()
    page.locator(".listing .scroll").focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_function("() => document.querySelector('.listing .scroll').scrollTop > 0")
    assert page.locator("#why h2").inner_text() == weight


def test_links_at_the_top_lead_keys_past_the_weights(served):
    page = served.settled()
    for place in ("network", "why", "settings"):
        page.evaluate(f"document.querySelector('.skip[href=\"#{place}\"]').focus()")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == place


def test_what_is_pinned_quickly_is_said_at_once_and_each_weight_is_asked_for_once(served):
    page, asked = served.settled(), []
    page.on("request", lambda request: asked.append((request.post_data_json or {})["arguments"]))
    names = page.locator(".listing .choose").all_inner_texts()
    here = names.index(page.locator(".listing tr.selected .choose").inner_text())
    page.locator("p[role=status].unseen").evaluate(
        "told => { window.said = []; const note = () => said.push(told.innerText); "
        "new MutationObserver(note).observe(told, { childList: true, characterData: true, "
        "subtree: true }); }"
    )
    for key in ("p", "ArrowDown", "p"):
        page.keyboard.press(key)
    pinned = names[here : here + 2]
    assert f"Pinned: {' and '.join(pinned)}" in page.evaluate("said")
    page.wait_for_selector(f"section[aria-label='Pinned: {pinned[1]}']")
    page.wait_for_selector(f"#why h2:has-text('{pinned[1]}')")
    assert page.locator(".pins section").count() == 2
    assert asked == [{"weight": pinned[1]}]


def test_the_focus_stays_in_a_pinned_weight_whose_numbers_change(served):
    page = served.settled()
    page.keyboard.press("p")
    slider = page.locator(".pins input[type=range]")
    slider.evaluate("slider => { slider.focus(); window.old = slider; }")
    page.evaluate("document.querySelectorAll('.actions button')[1].click()")
    page.wait_for_function("() => !old.isConnected")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("Try")


def test_the_focus_goes_to_the_guess_and_back_and_what_is_asked_for_is_told(served):
    page = served.settled()
    for name, then in (("plant a fault", "it is "), ("it is ", "plant a fault")):
        page.get_by_role("button", name=name).press("Enter")
        page.wait_for_function("n => document.activeElement.innerText.startsWith(n)", arg=then)
    for button, told in (("examine", "Try: |learning"), ("take the run again", "Each layer")):
        page.get_by_role("button", name=button).press("Enter")
        page.get_by_role("status").filter(has_text=re.compile(told)).wait_for()
