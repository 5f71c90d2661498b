"""The live page in a real browser: what belongs to one engine alone, and its layout."""

import json
import re
from hashlib import sha256
from urllib.request import urlopen

import pytest

from chainrule.playground import Session
from tests.playground.on_page import facts

pytestmark = pytest.mark.extra("playwright")


def test_the_page_stops_the_program(served):
    page = served.settled()
    page.get_by_role("button", name="stop", exact=True).click()
    page.wait_for_selector("text=chainrule play has ended")


def test_without_its_token_the_page_says_what_to_do(browser, served):
    page = browser.new_page()
    page.goto(served.url.partition("#")[0])
    page.wait_for_selector(".refusal:not(:empty)")
    assert "token" in page.locator(".refusal").inner_text()
    page.close()


@pytest.mark.parametrize("width", [1200, 800, 390])
@pytest.mark.parametrize("data", [None, "penguins", "digits"])  # None: as it begins, trained
def test_nothing_is_cut_off(served, width, data):
    options = data and {"data": data, "layers": [8]}
    page = served.settled(options=options, viewport={"width": width, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    page.evaluate("document.querySelectorAll('button.factor').forEach(each => each.click())")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_folder_holds_the_whole_licence_of_all_that_it_ships(site):
    def lines(name):
        return urlopen(site + name).read().decode().splitlines()

    assert "MIT License" in lines("LICENSE")[0]
    held = [line.split()[0] for line in lines("vendor/pyodide/NOTICE") if ".txt  " in line]
    sums = dict(line.split()[::-1] for line in lines("vendor/pyodide/SHA256SUMS"))
    assert sorted(held) == sorted(sums)
    for name in held:
        assert sha256(urlopen(f"{site}vendor/pyodide/{name}").read()).hexdigest() == sums[name]
    texts = [lines(f"vendor/pyodide/{name}") for name in held]
    assert texts[0][0] == "Mozilla Public License Version 2.0"
    assert "PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2" in texts[1]
    for name in ("zlib", "expat", "libffi", "libmpdec", "bzip2", "error-stack-parser"):
        assert any(name in line for line in texts[2]), name
    for text, holder in zip(
        texts[3:6], ("INRIA", "Emscripten authors", "Rich Felker"), strict=True
    ):
        assert any("Copyright" in line and holder in line for line in text), holder
    assert "LLVM Exceptions" in "".join(texts[6])


def test_the_notice_names_the_versions_that_the_runtime_names_itself(site):
    notice, lock, runtime = (
        urlopen(f"{site}vendor/pyodide/{name}").read()
        for name in ("NOTICE", "pyodide-lock.json", "pyodide.asm.wasm")
    )
    info = json.loads(lock)["info"]
    emscripten = info["platform"].removeprefix("emscripten_").replace("_", ".")
    [expat] = set(re.findall(rb"expat_([\d.]+)", runtime))
    [zlib] = set(re.findall(rb" inflate ([\d.]+) Copyright", runtime))
    for name, version in (
        ("CPython", info["python"]),
        ("Emscripten", emscripten),
        ("expat", expat.decode()),
        ("zlib", zlib.decode()),
    ):
        assert f"{name} {version}" in notice.decode()


def test_the_page_that_stands_by_itself_shows_the_first_example_and_then_learns(browser, site):
    page = browser.new_page()
    complaints, requests = [], []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(site)
    page.wait_for_selector("#why .equation")
    here = Session()
    assert page.locator("h1").inner_text() == here.call("answer")["headline"]
    page.get_by_role("button", name="one epoch").click()
    page.wait_for_function(
        "() => document.querySelector('.steps').innerText.startsWith('163')", timeout=120_000
    )
    loss = here.call("train", {"steps": 13})["curve"][-1][1]
    assert facts(page).endswith(f"mean loss {loss:.4g}")
    assert page.get_by_role("button", name="stop", exact=True).count() == 0
    assert complaints == []
    assert [url for url in requests if not url.startswith(site)] == []
    page.close()


def test_where_python_breaks_off_in_the_worker_the_page_is_told_at_which_call(worker):
    error = worker.call("look", 5)["error"]
    assert "broke off at “look” (TypeError" in error
    assert "try again" in error
    assert "error" not in worker.call("look")


def test_every_module_is_asked_for_at_once(served):
    page = served.settled()
    loaded = "() => performance.getEntriesByType('resource').map(({ name }) => name)"
    modules = {name.rpartition("/")[2] for name in page.evaluate(loaded) if name.endswith(".js")}
    ahead = """() => [...document.head.querySelectorAll("script, [rel=modulepreload]")]
        .map(({ src, href }) => src ?? href)"""
    named = [name.rpartition("/")[2] for name in page.evaluate(ahead)]
    assert sorted(named) == sorted(modules)


def test_python_is_asked_for_the_first_screen_before_the_page_is_there_and_not_again(served):
    page, asked = served.settled(), []

    def heard(request):
        if request.url.endswith("/call"):
            asked.append(request.post_data_json)

    page.on("request", heard)
    page.reload()
    page.wait_for_selector("#why .equation")
    names = [each["name"] for each in asked]
    assert names[:2] == ["state", "look"]
    assert len(set(names)) == len(names)
    asked.clear()
    page.route("**/play.js", lambda file: file.fulfill(body="", content_type="text/javascript"))
    with page.expect_request_finished(lambda _: len(asked) == 2):
        page.reload()


def test_a_refusal_is_seen_from_the_field_that_was_refused(served):
    page = served.settled(viewport={"width": 390, "height": 844})
    page.locator("#value").fill("two")
    page.locator("#value").press("Enter")
    page.wait_for_selector(".refusal:not(:empty)")
    assert 0 <= page.locator(".refusal").bounding_box()["y"] < 844
