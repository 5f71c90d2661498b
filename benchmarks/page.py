"""How fast the live page is: `python -m benchmarks.page`, in Chromium, medians of several tries.

Its tests count steps and what is drawn; what a clock says of it stands here. Where `make site` has
written the folder, training and stop are measured there, too, with Python in the page's worker.
"""

from __future__ import annotations

import json
import threading
from bisect import bisect
from collections.abc import Iterable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from shutil import which
from statistics import median, quantiles
from typing import Any

from chainrule.playground import Playground, Session

TRIES = 5
SITE = Path(__file__).parent.parent / "build" / "site"
WIDE = {"width": 1200, "height": 900}
HIDDEN = "disabled-by-default-devtools.timeline"
TRACED = ["toplevel", "devtools.timeline", HIDDEN, f"{HIDDEN}.frame"]
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
    const words = () => document.querySelector('.steps').textContent;
    const shown = () => parseInt(words().replaceAll(',', ''));
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
    const stop = performance.now() - pressed;
    const late = 100 * gaps.filter((gap) => gap > 25).length / gaps.length;
    return { stop, late, frames: gaps.length };
}"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing: figures are printed here."""


def main() -> None:
    """Measure and print."""
    from playwright.sync_api import sync_playwright

    playground = Playground(Session())
    holder = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=SITE))
    threads = [threading.Thread(target=run) for run in (playground.run, holder.serve_forever)]
    for thread in threads:
        thread.start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=which("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            _served(browser, playground)
            if SITE.exists():
                _alone(browser, f"http://127.0.0.1:{holder.server_address[1]}/")
            browser.close()
    finally:
        playground.stop()
        holder.shutdown()
        for thread in threads:
            thread.join()


def _served(browser: Any, playground: Playground) -> None:
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
        print(f"{words}: {_spread(page.evaluate(script) for page in pages)} ms")
    page = opened(data="digits", layers=[128, 64])
    rates = _spread(page.evaluate(SCRUB, 60) for _ in range(TRIES))
    print(f"64-128-64-10 scrubs at {rates} frames a second")
    runs, works, dropped = [], [], []
    for _ in range(TRIES):
        page = opened(layers=[8, 8])
        browser.start_tracing(page=page, categories=TRACED)
        runs.append(page.evaluate(TRAIN, 200))
        work, lost = _work(browser.stop_tracing())
        works.append(work)
        dropped.append(lost)
        page.close()
    _print_runs("200 steps of 2-8-8-1", runs)
    for words, values in (
        ("of 100 frames 95 take the page at most", (quantiles(work, n=20)[-1] for work in works)),
        ("the longest takes it", map(max, works)),
    ):
        print(f"  {words} {_spread(values)} ms of its processor's time; a frame has 16.7 ms")
    over = [sum(each > 1000 / 60 for each in work) for work in works]
    print(f"  frames that the page itself could not draw in time: {_spread(over)}")
    print(f"  frames that Chromium says it dropped: {_spread(dropped)}")


def _alone(browser: Any, url: str) -> None:
    page = browser.new_page(viewport=WIDE)
    page.goto(url)
    page.wait_for_selector("#why .equation")
    print(f"the page by itself, first paint: {page.evaluate(PAINT):.0f} ms")
    page.wait_for_selector(".coming", state="hidden", timeout=120_000)
    page.wait_for_timeout(2000)
    runs = [page.evaluate(TRAIN, 40) for _ in range(TRIES)]
    _print_runs("40 steps of 2-6-4-1 there", runs)


def _print_runs(what: str, runs: list[dict[str, float]]) -> None:
    frames, late, stop = (_spread(run[key] for run in runs) for key in ("frames", "late", "stop"))
    print(
        f"{what}: {frames} frames, of 100 came {late} later than 25 ms; stop is said in {stop} ms"
    )


def _spread(values: Iterable[float]) -> str:
    """The median, and the least and largest of the tries."""
    known = sorted(values)
    return f"{median(known):.3g} ({known[0]:.3g} to {known[-1]:.3g})"


def _work(trace: bytes) -> tuple[list[float], int]:
    """The processor's time, in ms, that the page's own thread took for each frame of a training.

    That is from the click that begins it to the click that stops it. The clock on the wall also
    counts what the machine did for others meanwhile, and so do the frames that Chromium dropped,
    which are counted beside it.
    """
    events = json.loads(trace)["traceEvents"]
    first = next(each for each in events if each["name"] == "FireAnimationFrame")
    mine = [each for each in events if all(each[key] == first[key] for key in ("pid", "tid"))]
    clicks = [each["ts"] for each in mine if each.get("args", {}).get("data") == {"type": "click"}]
    starts = sorted(
        each["ts"]
        for each in mine
        if each["name"] == first["name"] and min(clicks) < each["ts"] < max(clicks)
    )
    tasks = sorted((each["ts"], each.get("tdur", 0)) for each in mine if each["name"] == "RunTask")
    edges = [bisect(tasks, (start, 0)) for start in starts]
    lost = sum(
        each["name"] == "DroppedFrame" and min(clicks) < each["ts"] < max(clicks) for each in events
    )
    return [sum(took for _, took in tasks[a:b]) / 1000 for a, b in pairwise(edges)], lost


if __name__ == "__main__":
    main()
