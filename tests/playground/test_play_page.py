"""The live page in a real browser: what belongs to one engine alone, and its layout."""

import json
import re
from hashlib import sha256
from urllib.request import urlopen

import pytest

from chainrule.playground import Session
from tests.playground.on_page import facts, wait_for_facts

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


CUT = """() => [...document.querySelectorAll('.scroll')]
    .filter((box) => box.scrollWidth > box.clientWidth + 1).map((box) => box.ariaLabel)"""


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_no_table_or_picture_is_to_be_moved_sideways(served, width):
    page = served.settled(viewport={"width": width, "height": 800})
    assert page.evaluate(CUT) == []
    page.evaluate("document.querySelector('.drawers td:last-child .number').append('under 0.1%')")
    assert page.evaluate(CUT) == []


def test_on_paper_the_groups_have_the_width_of_the_sheet(served):
    page = served.settled(viewport={"width": 703, "height": 1000})
    page.evaluate("document.querySelectorAll('.opener').forEach(each => each.click())")
    page.emulate_media(media="print")
    assert page.evaluate(CUT) == []
    beyond = """() => [...document.querySelectorAll('.groups td')]
        .filter((cell) => cell.getBoundingClientRect().right > cell.closest('.card')
            .getBoundingClientRect().right).length"""
    assert page.evaluate(beyond) == 0


def test_on_paper_a_list_says_how_much_of_it_is_there(served):
    page = served.settled()
    page.emulate_media(media="print")
    rows = page.locator(".listing tbody tr")
    assert (rows.count(), rows.filter(visible=True).count()) == (51, 8)
    said = "getComputedStyle(document.querySelector('.listing'), '::after').content"
    assert page.evaluate(said) == '"On paper, the first 8 of them."'


def test_units_fit_a_phone_that_is_turned(served):
    page = served.settled(viewport={"width": 844, "height": 390})
    two = "() => document.querySelector('svg.network').textContent.includes(' · dL/dz')"
    assert page.evaluate(two)
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function(f"() => !({two})()")
    page.set_viewport_size({"width": 844, "height": 390})
    page.wait_for_function(two)


def test_a_table_dropped_in_gets_the_loss_that_suits_it(served):
    page = served.settled()
    for last, loss in (("yes", "binary_cross_entropy"), ("2.5", "mean_squared_error")):
        table = "a,b\n" + "".join(f"{i},{last if i % 2 else i}\n" for i in range(12))
        table = table if last != "yes" else re.sub(r",\d+", ",no", table)
        page.get_by_label("An own table or model").set_input_files(
            {"name": "t.csv", "mimeType": "text/csv", "buffer": table.encode()}
        )
        page.wait_for_selector(f".about:has-text('{loss}')")
    assert page.locator(".refusal").inner_text() == ""


def test_what_is_still_of_the_row_before_looks_so(served):
    page = served.settled()
    says = served.call("answer")["groups"][0]["says"]
    row = page.locator(".groups tbody tr.answers").inner_text()
    assert says in row.replace("\xa0", " ")
    held = []

    def holds(route):
        if not held and '"answer"' in route.request.post_data:
            held.append(route)
        else:
            route.continue_()

    page.route("**/call", holds)
    with page.expect_request(lambda asked: '"answer"' in (asked.post_data or "")):
        page.get_by_role("button", name="→ ]").click()
    assert (
        page.locator("h1[aria-busy=true], .groups[aria-busy=true], #why[aria-busy=true]").count()
        == 3
    )
    held[0].continue_()
    page.wait_for_selector("h1[aria-busy=false]")
    page.wait_for_selector("#why[aria-busy=false]")


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
    page.wait_for_selector(".facts-line:not(:has-text('from before'))")  # it has ended
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


def test_where_the_program_sleeps_while_it_learns_the_page_says_so_and_stands(served):
    page = served.settled()
    asleep = []
    page.route("**/*", lambda route: asleep.append(route))  # as after Ctrl-Z: nothing comes back
    page.keyboard.press(" ")
    page.wait_for_selector(".refusal:has-text('`fg` in its terminal')", timeout=20_000)
    assert page.locator(".actions button").first.inner_text() == "▶ play"
    page.unroute("**/*")
    before = facts(page)
    page.get_by_role("button", name="one step").click()
    wait_for_facts(page, before)
    assert page.locator(".refusal").inner_text() == ""


def test_a_program_that_only_works_for_long_is_waited_for(served):
    page, held = served.settled(), []
    before = facts(page)
    page.route("**/call", lambda route: route.continue_() if held else held.append(route))
    with page.expect_request("**/icon.svg"):
        page.get_by_role("button", name="→ ]").click()
    held[0].continue_()
    wait_for_facts(page, before)
    assert page.locator(".refusal").inner_text() == ""


def test_where_the_program_has_ended_what_is_asked_for_gets_a_sentence(browser, served):
    page = browser.new_page()
    page.goto(served.url)
    page.wait_for_selector("#why .equation")
    page.route("**/*", lambda route: route.abort())
    page.evaluate("dispatchEvent(new Event('focus'))")  # who comes back is told before a click
    page.wait_for_selector(".refusal:has-text('start `chainrule play` again')")
    for name in ("A slope", "stop"):
        page.evaluate("document.querySelector('.refusal').textContent = ''")
        page.get_by_role("button", name=name, exact=True).click()
        page.wait_for_selector(".refusal:has-text('start `chainrule play` again')")
    page.close()


def test_pages_of_one_network_tell_of_each_other_and_follow_what_is_done(served):
    first = served.settled()
    shared = ".coming:has-text('This network is open on another page, too')"
    assert first.locator(shared).count() == 0
    second = first.context.new_page()
    second.goto(served.url)
    for page in (first, second):
        page.wait_for_selector(shared)
    first.wait_for_selector(".steps:has-text('150 steps')")
    before = facts(first)
    second.get_by_role("combobox", name="example").select_option("xor")
    second.get_by_role("button", name="open anew").click()
    first.wait_for_selector(".about:has-text('xor')")
    assert wait_for_facts(first, before) == facts(second)
    second.close(run_before_unload=True)
    first.wait_for_selector(".coming:empty", state="attached")


def test_where_there_are_too_many_inputs_to_list_the_page_says_so(served):
    page = served.settled()
    rows = [[*((n * n * at) % 127 for n in range(1, 102)), at % 2] for at in range(20)]
    lines = [[*(f"x{n}" for n in range(101)), "y"], *rows]
    table = "\n".join(",".join(map(str, line)) for line in lines)
    page.get_by_label("An own table or model").set_input_files(
        {"name": "t.csv", "mimeType": "text/csv", "buffer": table.encode()}
    )
    page.wait_for_selector(".about:has-text('20 rows · 101-')", timeout=20_000)
    page.get_by_text("Edit this example").click()
    said = "101 inputs are too many to be listed here."
    page.wait_for_selector(f".fields:has-text('{said}')")
    assert page.get_by_label("wanted y").count() == 1
    page.get_by_role("combobox", name="example").select_option("xor")
    page.get_by_role("button", name="open anew").click()
    page.wait_for_selector(".fields label:nth-child(3)")
    assert said not in page.locator(".fields").inner_text()


def test_a_share_stays_to_the_right_of_a_name_written_from_right_to_left(served):
    page = served.settled()
    rows = [[at, at % 3, "מערב" if at % 2 else "מזרח"] for at in range(12)]
    table = "\n".join(",".join(map(str, line)) for line in [["a", "b", "kind"], *rows])
    page.get_by_label("An own table or model").set_input_files(
        {"name": "t.csv", "mimeType": "text/csv", "buffer": table.encode()}
    )
    page.wait_for_selector(".about:has-text('12 rows')")
    said = page.locator(".answer").filter(has_text="%")
    assert re.search("[א-ת]\u200e, \\d+%", said.text_content())


def test_beside_the_mean_of_all_rows_one_row_is_named(served):
    page = served.settled()
    before = facts(page)
    assert before.startswith("wanted ")
    page.get_by_label("the mean of all rows").check()
    row = page.locator("nav output").inner_text()
    assert wait_for_facts(page, before) == f"{row}: {before}"


def test_what_another_browser_did_is_seen_on_coming_back(served):
    first, second = served.settled(), served.settled()  # each has a browser of its own
    before = facts(first)
    second.get_by_role("button", name="→ ]").click()
    after = wait_for_facts(second, before)
    assert facts(first) == before
    first.evaluate("dispatchEvent(new Event('focus'))")
    assert wait_for_facts(first, before) == after


def test_on_coming_back_nothing_is_drawn_again_where_nothing_was_done(served):
    page = served.settled()
    page.evaluate("document.querySelector('h1').firstChild.kept = true")
    page.evaluate("dispatchEvent(new Event('focus'))")
    with page.expect_response("**/call"):
        page.get_by_role("button", name="A slope", exact=True).click()
    page.wait_for_selector(".stop h3")
    assert page.evaluate("document.querySelector('h1').firstChild.kept")


def test_what_one_page_opens_is_not_learned_at_once_by_another_that_plays(served):
    first = served.settled()
    second = first.context.new_page()
    second.goto(served.url)
    second.wait_for_selector("#why .equation")
    first.keyboard.press(" ")
    first.wait_for_selector(".actions button:has-text('pause')")
    second.get_by_role("combobox", name="example").select_option("xor")
    second.get_by_role("button", name="open anew").click()
    first.wait_for_selector(".about:has-text('xor')")
    first.wait_for_selector(".actions button:has-text('▶ play')", timeout=5_000)


def test_the_page_stops_the_program_for_the_other_pages_too(served):
    first = served.settled()
    second = first.context.new_page()
    second.goto(served.url)
    second.get_by_role("button", name="stop", exact=True).click()
    first.wait_for_selector("text=chainrule play has ended")


def test_the_address_keeps_its_token_whatever_is_pasted_behind_it(browser, served):
    page = browser.new_page()
    page.goto(f"{served.url}&link=nothing")
    page.wait_for_selector("#why .equation")
    page.wait_for_selector(".refusal:has-text('This is not a link of this page')")
    page.evaluate("document.querySelector('.skip').click()")
    page.wait_for_function("url => location.href === url", arg=served.url)
    page.evaluate("location.hash = 'link=nothing'")
    page.wait_for_selector(".refusal:has-text('This is not a link of this page')")
    page.reload()
    page.wait_for_selector("#why .equation")
    page.evaluate("location.hash = 'token=of-another-run'")
    page.wait_for_selector(".refusal:has-text('token of this run: open the address')")
    page.close()
