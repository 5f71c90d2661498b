"""Takes the pictures of the live page in `docs/img`: what a person sees, and a short animation.

`python docs/screens.py [FOLDER]` writes them; it needs Chromium, Playwright and Pillow.
"""

import io
import sys
import threading
from pathlib import Path
from shutil import which

from chainrule.cli.play import tour_stops
from chainrule.playground import Playground, Session

SIZE = {"width": 1080, "height": 1340}  # two halves beside each other, down to the slider
LONG, SHORT = 1700, 550  # milliseconds that a picture of the animation stays


def story(page):
    """Walk along the timeline, change the weight, train: pictures, and how long each stays."""
    page.get_by_role("button", name="input", exact=True).click()
    yield page.screenshot(), LONG
    last = page.locator(".timeline button").count() - 2
    for place in range(last):
        page.keyboard.press("ArrowRight")
        yield page.screenshot(), LONG if place == last - 1 else SHORT
    slider = page.locator("#why .try input")
    for _ in range(3):
        for _ in range(4):
            slider.press("ArrowLeft")
        yield page.screenshot(), SHORT
    facts = page.locator(".facts-line")
    before = facts.inner_text()
    page.get_by_role("button", name="keep it").click()
    page.wait_for_function("t => document.querySelector('.facts-line').innerText !== t", arg=before)
    page.evaluate("document.activeElement.blur()")
    page.wait_for_timeout(1500)
    yield page.screenshot(), LONG
    page.keyboard.press(" ")
    page.get_by_role("heading", name="Learning", level=1).wait_for()
    for _ in range(6):
        page.wait_for_timeout(250)
        yield page.screenshot(), SHORT
    facts.filter(has_text="✓ right").wait_for()
    page.keyboard.press(" ")
    page.wait_for_timeout(3000)
    yield page.screenshot(), 2 * LONG


def main(folder):
    """Take every picture into a folder."""
    from PIL import Image
    from playwright.sync_api import sync_playwright

    playground = Playground(Session(tour=tour_stops()))
    thread = threading.Thread(target=playground.run, daemon=True)
    thread.start()

    def opened(browser, **options):
        page = browser.new_page(**options)
        page.goto(playground.url)
        page.wait_for_selector("#why .equation")
        page.wait_for_timeout(1000)
        return page

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = opened(browser, viewport={"width": 1200, "height": 900})
        stills = {"play.png": page.screenshot(full_page=True)}
        dark = opened(browser, viewport={"width": 1200, "height": 900}, color_scheme="dark")
        stills["play-dark.png"] = dark.screenshot()
        phone = opened(browser, viewport={"width": 390, "height": 844}, color_scheme="dark")
        stills["play-phone.png"] = phone.screenshot()
        pictures = list(story(opened(browser, viewport=SIZE)))
        browser.close()
    playground.stop()
    thread.join()
    for name, picture in stills.items():  # few colours make a small file; k-means keeps rare ones
        whole = Image.open(io.BytesIO(picture)).convert("RGB")
        few = whole.quantize(128, kmeans=2, dither=Image.Dither.NONE)
        few.save(folder / name, optimize=True)
    frames = [Image.open(io.BytesIO(picture)).convert("RGB") for picture, _ in pictures]
    small = [frame.resize((720, 720 * frame.height // frame.width)) for frame in frames]
    small[0].save(
        folder / "play.webp",
        save_all=True,
        append_images=small[1:],
        duration=[stays for _, stays in pictures],
        loop=0,
        quality=50,
        method=6,
    )


if __name__ == "__main__":
    main(Path(*sys.argv[1:]) if sys.argv[1:] else Path(__file__).parent / "img")
