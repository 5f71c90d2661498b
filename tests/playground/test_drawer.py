"""Below the picture: the run so far, its ledger, and health with its cures, on both engines."""

import pytest

import chainrule as cr
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
    page.get_by_role("button", name="one step").click()  # both were of another state
    page.wait_for_selector("text=Each layer's share in the change of the loss", state="detached")
    assert page.locator("section:has(h2:text('Health')) :is(ul, p)").count() == 0


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


def cured(page, engine, button, check):
    """Press a cure, and wait until the check that asked for it finds nothing."""
    page.get_by_role("button", name="examine").click()
    page.get_by_role("button", name=button).click()
    again = """what => {
        const parts = [...document.querySelectorAll('section')];
        const health = parts.find((part) => part.innerText.startsWith('Health'));
        return health.querySelector('ul, p') && !health.innerText.includes(what);
    }"""  # what was found of the state before goes at once
    page.wait_for_function(again, arg=check)
    findings = engine.call("health")["findings"]
    return {finding["check"] for finding in findings}


def test_the_birth_place_of_a_loss_that_is_no_number_has_a_cure_at_a_click(engine):
    places = [f"dense2.weight[{unit},{entry}]" for unit in range(2) for entry in range(2)]
    places += [f"dense3.weight[0,{unit}]" for unit in range(2)]
    page = engine.settled(
        options={"data": "xor", "layers": [2, 2], "activation": "relu"},
        acts=[["edit", place, 1e200, 0] for place in places],
    )
    assert "loss inf" in facts(page)
    sick = facts(page)
    found = cured(page, engine, "apply fresh initial weights, gradients no longer than 1", "is inf")
    assert "birth place of NaN" not in found
    assert "loss inf" not in facts(page)
    options = engine.call("state")["options"]
    assert (options["seed"], options["clip_norm"]) == (1, 1.0)
    page.get_by_role("button", name="undo", exact=True).first.click()
    page.wait_for_function("t => document.querySelector('.facts-line').innerText === t", arg=sick)


def test_the_loss_curve_of_a_saved_run_has_a_cure_at_a_click(served, tmp_path):
    path = tmp_path / "still.safetensors"
    asked = {"layers": [3], "epochs": 6, "learning_rate": 1e-4, "seed": 1, "progress": False}
    cr.train_on_table("moons", engine="python", **asked).net.save(path)
    page = served.settled(options={"data": "xor", "layers": [3]})
    page.get_by_label("An own table or model").set_input_files(path)
    page.wait_for_selector(".about:has-text('2-3-1')")
    found = cured(page, served, "apply learning rate 0.001, 20 more epochs", "in 6 epochs")
    assert "loss curve" not in found
    assert served.call("state")["step"] == 20 * served.call("state")["steps_in_epoch"]


def test_a_click_on_the_loss_curve_goes_back_to_that_step(engine):
    page = engine.settled(viewport={"width": 1200, "height": 900})
    curve = page.locator("svg.picked")
    box = curve.bounding_box()
    curve.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    page.wait_for_function("() => !document.querySelector('.steps').innerText.startsWith('150')")
    step = engine.call("state")["step"]
    assert 50 <= step <= 90  # the middle of 0 to 150, beside an axis on the left
    assert page.locator(".steps").inner_text().startswith(f"{step} steps")
