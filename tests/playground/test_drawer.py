"""Below the picture: the run so far, its ledger, and health with its cures, on both engines."""

import pytest

from tests.playground.on_page import facts, wait_for_facts

pytestmark = pytest.mark.extra("playwright")


def test_the_drawer_measures_health_and_takes_the_ledger(engine):
    page = engine.settled()
    page.get_by_role("button", name="rewind").click()
    page.wait_for_function("() => document.querySelector('.steps').innerText.startsWith('0 steps')")
    page.get_by_role("button", name="one epoch").click()
    page.wait_for_function(
        "() => document.querySelector('.steps').innerText.startsWith('13 steps')"
    )
    page.get_by_role("button", name="take the run again").click()
    page.wait_for_selector("text=Each layer's share in the change of the loss")
    page.get_by_role("button", name="examine").click()
    page.wait_for_selector("section:has(h2:text('Health')) :is(ul, p)")
    assert page.locator("canvas.plane").count() == 1


def test_a_cure_is_applied_at_a_click_and_undone(engine):
    page = engine.settled(options={"data": "xor", "learning_rate": 5.0})
    page.get_by_role("button", name="examine").click()
    page.get_by_role("button", name="apply learning rate").first.click()
    page.wait_for_function(
        "() => !document.querySelector('.findings')?.innerText.includes('too high')"
    )
    assert engine.call("state")["options"]["learning_rate"] < 5.0
    page.get_by_role("button", name="undo", exact=True).first.click()
    page.wait_for_function("() => document.querySelectorAll('.settings input')[1].value === '5'")
    assert engine.call("state")["options"]["learning_rate"] == 5.0


def test_inputs_far_out_are_scaled_at_a_click_and_undone(engine):
    page = engine.settled(options={"data": "xor", "layers": [3]})
    page.get_by_text("Edit this example").click()
    page.locator(".fields input").first.fill("1000")
    before = facts(page)
    page.locator(".fields input").first.press("Enter")
    far = wait_for_facts(page, before)
    page.get_by_role("button", name="examine").click()
    page.get_by_role("button", name="apply inputs and targets scaled").click()
    wait_for_facts(page, far)
    assert engine.call("state")["options"]["scaled"] is True
    page.wait_for_function(
        "() => !document.querySelector('.findings')?.innerText.includes('are large')"
    )
    page.get_by_role("button", name="undo", exact=True).first.click()
    page.wait_for_function("t => document.querySelector('.facts-line').innerText === t", arg=far)


def test_a_click_on_the_loss_curve_goes_back_to_that_step(engine):
    page = engine.settled(viewport={"width": 1200, "height": 900})
    curve = page.locator("svg.picked")
    box = curve.bounding_box()
    curve.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    page.wait_for_function("() => !document.querySelector('.steps').innerText.startsWith('150')")
    step = engine.call("state")["step"]
    assert 50 <= step <= 90  # the middle of 0 to 150, beside an axis on the left
    assert page.locator(".steps").inner_text().startswith(f"{step} steps")
