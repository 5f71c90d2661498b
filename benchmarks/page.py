"""How fast the live page is: `python -m benchmarks.page`, in Chromium, medians of several tries.

Its tests count steps and what is drawn; what a clock says of it stands here.
"""

from __future__ import annotations

import threading
from shutil import which
from statistics import median
from typing import Any

from chainrule.playground import Playground, Session

TRIES = 5
WIDE = {"width": 1200, "height": 900}
PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
FIRST = """Math.min(...performance.getEntriesByType('resource')
    .filter(({ name }) => name.endsWith('/call')).map(({ responseEnd }) => responseEnd))"""
SCRUB = """async (frames) => {
    const scrub = document.querySelector('.way input');
    const began = performance.now();
    for (let frame = 0; frame < frames; frame += 1) {
        scrub.value = String(frame % (Number(scrub.max) + 1));
        scrub.dispatchEvent(new Event('input'));
        await new Promise(requestAnimationFrame);
    }
    return 1000 * frames / (performance.now() - began);
}"""
TRAIN = """async (steps) => {
    const gaps = [];
    const shown = () => parseInt(document.querySelector('.steps').innerText.replaceAll(',', ''));
    const end = shown() + steps;
    document.querySelector('.actions button').click();
    for (let before = performance.now(); shown() < end;) {
        await new Promise(requestAnimationFrame);
        gaps.push(performance.now() - before);
        before = performance.now();
    }
    const [button, pressed] = [document.querySelector('.actions button'), performance.now()];
    button.click();
    await new Promise(requestAnimationFrame);
    const late = gaps.filter((gap) => gap > 25).length / gaps.length;
    const stop = performance.now() - pressed;
    return { stop, late, median: gaps.sort((a, b) => a - b)[gaps.length >> 1] };
}"""


def main() -> None:
    """Measure and print."""
    from playwright.sync_api import sync_playwright

    playground = Playground(Session())
    thread = threading.Thread(target=playground.run)
    thread.start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )

        def opened(**options: Any) -> Any:
            if options:
                playground.session.call("open", {"options": options})
            page = browser.new_page(viewport=WIDE)
            page.goto(playground.url)
            page.wait_for_selector("#why .equation")
            page.wait_for_timeout(500)
            return page

        pages = [opened() for _ in range(TRIES)]
        for words, script in (("first paint", PAINT), ("first answer of Python", FIRST)):
            print(f"{words}: {median(page.evaluate(script) for page in pages):.0f} ms")
        page = opened(data="digits", layers=[128, 64])
        rate = median(page.evaluate(SCRUB, 60) for _ in range(TRIES))
        print(f"64-128-64-10 scrubs at {rate:.0f} frames a second")
        runs = [opened(layers=[8, 8]).evaluate(TRAIN, 200) for _ in range(TRIES)]
        frame, late, stop = (median(run[key] for run in runs) for key in ("median", "late", "stop"))
        print(
            f"200 steps of 2-8-8-1: a frame in {frame:.1f} ms, {late:.0%} of them later than 25 ms"
        )
        print(f"stop is answered in {stop:.0f} ms")
        browser.close()
    playground.stop()
    thread.join()


if __name__ == "__main__":
    main()
